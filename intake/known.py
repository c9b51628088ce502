"""What a reader looks up: units by code, name and alias; indicators by code and title; what is asked of whom."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import polars as pl

from intake.form import TOTALS, FormRow, form_rows
from intake.numbers import as_number, key_text
from intake.report import listed
from intake.template import Forms
from schemas.asked import asked
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.methods import parts_of
from schemas.periods import Period, parse_period, positions_of_year
from schemas.plan import Indicator


@dataclass(frozen=True)
class Known:
    """Look-ups of one plan. ``period`` is the period being collected, or None for any of the plan's."""

    plan: Plan
    period: Period | None = None
    _forms: dict[str, Forms] = field(default_factory=dict, repr=False, compare=False)
    _asked: dict[str | None, pl.DataFrame] = field(default_factory=dict, repr=False, compare=False)
    _rows: dict[tuple[str, str], FormRow | None] = field(default_factory=dict, repr=False, compare=False)
    _periods: set[str] = field(default_factory=set, repr=False, compare=False)

    def for_reading(self) -> "Known":
        """Return what readers look up, to be handed to another process: worked out, and without the plan's tables."""
        plan = self.plan
        tables = {name: getattr(plan, name).clear() for name in ("units", "targets", "assignments", "bodies")}
        light = Known(replace(plan, **tables, lines={}), self.period)
        light.__dict__.update({name: getattr(self, name) for name in _LOOKED_UP})
        return light

    @cached_property
    def unit_codes(self) -> dict[str, tuple[str, bool]]:
        """Return unit code and whether it is an alias, by the key of code, name or alias."""
        found: dict[str, tuple[str, bool]] = {}
        units = self.plan.units
        for code, aliases in units.select("unit_code", "aliases").drop_nulls().iter_rows():
            for text in filter(str.strip, aliases.split("|")):
                found.setdefault(key_text(text), (code, True))
        for column in ("name_en", "name", "unit_code"):  # the later ones count where texts are alike
            rows = units.select(pl.col("unit_code").alias("code"), column).drop_nulls().iter_rows()
            found.update({key_text(text): (code, False) for code, text in rows})
        return found

    @cached_property
    def unit_numbers(self) -> dict[float, list[str]]:
        """Return unit codes by the number that a spreadsheet program makes of them."""
        return _by_number(self.plan.units["unit_code"].unique(maintain_order=True))

    @cached_property
    def indicator_numbers(self) -> dict[float, list[str]]:
        """Return indicator codes by the number that a spreadsheet program makes of them."""
        return _by_number(self.plan.leaves)

    def find_unit(self, value: Any) -> tuple[str, bool] | None:
        """Return the unit that a cell names, and whether by an alias or a rewritten code; None where it is not certain.

        A number in a code's place may have lost zeros: where several codes come to it, none is meant for certain.
        """
        alike = self.unit_numbers.get(number, []) if (number := as_number(value)) is not None else []
        if len(alike) > 1 and not isinstance(value, str):
            return None
        exact = self.unit_codes.get(key_text(value))
        return exact or ((alike[0], True) if len(alike) == 1 else None)

    def find_indicators(self, value: Any) -> list[str]:
        """Return the indicators that a cell's code may mean: one where it is certain, none where it is no code."""
        alike = self.indicator_numbers.get(number, []) if (number := as_number(value)) is not None else []
        exact = self.indicator_codes.get(key_text(value)) if value is not None else None
        return alike if exact is None or (len(alike) > 1 and not isinstance(value, str)) else [exact]

    def near_unit(self, text: str) -> tuple[str, str]:
        """Return the name of the nearest unit as a hint in both languages, or empty."""
        near = difflib.get_close_matches(key_text(text), list(self.unit_codes), n=1, cutoff=0.6)
        if not near:
            return "", ""
        code = self.unit_codes[near[0]][0]
        return f"是否指“{self.unit_names[code]}”?", f"Did you mean '{self.english_names[code]}'?"

    @cached_property
    def unit_names(self) -> dict[str, str]:
        """Return names by code."""
        return self.plan.unit_names()

    @cached_property
    def english_names(self) -> dict[str, str]:
        """Return English names by code; the Chinese ones where there are no others."""
        return self.plan.unit_names("en")

    @cached_property
    def indicator_codes(self) -> dict[str, str]:
        """Return indicator codes by their key."""
        return {key_text(c): c for c in self.plan.leaves}

    @cached_property
    def titles(self) -> dict[str, str]:
        """Return indicator codes by the key of their titles, where these are unique."""
        seen: dict[str, list[str]] = {}
        for indicator in self.plan.indicators:
            row = FormRow(0, indicator, "", None)
            texts = {indicator.title.zh, indicator.title.en, row.title("zh"), row.title("en")}
            for key in {key_text(t) for t in texts if t}:
                seen.setdefault(key, []).append(indicator.code)
        return {key: codes[0] for key, codes in seen.items() if len(codes) == 1}

    def near_indicator(self, text: str) -> tuple[str, str]:
        """Return the nearest indicator code as a hint in both languages, or empty."""
        near = difflib.get_close_matches(text, list(self.plan.leaves), n=1, cutoff=0.6)
        return (f"是否指 {near[0]}?", f"Did you mean {near[0]}?") if near else ("", "")

    @cached_property
    def plain_rows(self) -> dict[tuple[str, str | None], FormRow]:
        """Return the form's rows by code and part exactly as the form writes them; a blank part is None."""
        rows = form_rows(self.plan, [(code, None) for code in self.plan.leaves if key_text(code) not in TOTALS])
        return {(row.indicator.code, row.part or None): row for row in rows if key_text(row.part) not in TOTALS}

    def form_row(self, code: str, part_text: str) -> FormRow | None:
        """Return the form's row of an indicator and a part as written; None where it has no such part."""
        key = (code, part_text)
        if key not in self._rows:
            part = part_of(self.plan.leaves[code], part_text)
            row = None if part is None else FormRow(0, self.plan.leaves[code], part, None)
            if len(self._rows) >= _ROWS_KEPT:
                return row
            self._rows[key] = row
        return self._rows[key]

    def forms(self, period: str) -> Forms:
        """Return the forms of a period (asked indicators by unit)."""
        if period not in self._forms:
            self._forms[period] = Forms(self.plan, parse_period(period))
        return self._forms[period]

    def asked(self, period: str | None) -> pl.DataFrame:
        """Return what is asked in a period: unit_code, indicator_code, period and true; worked out once."""
        if period not in self._asked:
            schema = {"unit_code": pl.String, "indicator_code": pl.String}
            cells = (
                asked(self.plan, parse_period(period)).select(list(schema)) if period else pl.DataFrame(schema=schema)
            )
            self._asked[period] = cells.with_columns(period=pl.lit(period, pl.String), asked=pl.lit(True))
        return self._asked[period]

    def knows_period(self, text: str) -> str | None:
        """Return the period's code where the plan can be asked about it; else None."""
        if text in self._periods:
            return text
        try:
            period = parse_period(key_text(text).upper())
            if self.plan.file.periods and not positions_of_year(self.plan.file.periods, period.year):
                return None
            _ = self.forms(str(period)).cells
        except UserError:
            return None
        self._periods.add(str(period))
        return str(period)

    @cached_property
    def periods_text(self) -> tuple[str, str]:
        """Return the plan's periods for a message, in both languages."""
        return listed(self.plan.file.periods or ("2023Q1", "2023H1", "2023"))


_ROWS_KEPT = 10_000
_LOOKED_UP = (
    "unit_codes", "unit_numbers", "unit_names", "english_names", "indicator_codes", "indicator_numbers", "titles",
    "periods_text",
)  # fmt: skip


def _by_number(codes: Iterable[str]) -> dict[float, list[str]]:
    found: dict[float, list[str]] = {}
    for code in codes:
        if (number := as_number(code)) is not None:
            found.setdefault(number, []).append(code)
    return found


def part_of(indicator: Indicator, text: str) -> str | None:
    """Return the indicator's part that a text names; None where it has no such part.

    Methods with one number for all kinds accept any part.
    """
    parts = parts_of(indicator.method)
    if not parts:
        open_kinds = indicator.method.kind in ("points", "deductions")
        return text.strip() if open_kinds or not text.strip() else None
    by_key = {key_text(p): p for p in parts}
    return by_key.get(key_text(text))
