"""The unit workbook, written from the plan: blank, or already filled (for examples, for answers)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from intake.form import Answers, FormRow, answers_from, form_rows
from intake.form_writer import FormWriter
from intake.provisional import Estimate
from schemas.asked import asked
from schemas.codes import refuse_unknown_unit
from schemas.folder import Plan
from schemas.periods import Period, parse_period

Facts = Mapping[str, Mapping[Any, Any]]
Order = tuple[str, Facts, Mapping[str, Any]]
"""A unit, the facts of its form, and what the form is filled with."""


@dataclass(frozen=True)
class Forms:
    """All forms of one plan and period; what every unit's form shares is worked out once.

    ``previous`` has the columns of the measurements; the newest period before this one is shown. ``targets_due`` has
    unit_code, indicator_code and target; ``weights`` unit_code, indicator_code and effective_weight_pct in the total.
    ``estimates`` returns, for a unit, how each of its indicators is scored (``flows.estimates``); without it the form
    shows no provisional score.
    """

    plan: Plan
    period: Period
    previous: pl.DataFrame | None = None
    targets_due: pl.DataFrame | None = None
    lang: str = "zh"
    weights: pl.DataFrame | None = None
    estimates: Callable[[str], Mapping[str, Estimate]] | None = None

    @cached_property
    def cells(self) -> dict[str, list[tuple[str, str | None]]]:
        """Return the asked indicators with their roles, by unit."""
        by_unit: dict[str, list[tuple[str, str | None]]] = {}
        for unit, code, role in asked(self.plan, self.period).select("unit_code", "indicator_code", "role").iter_rows():
            by_unit.setdefault(unit, []).append((code, role))
        return by_unit

    @cached_property
    def names(self) -> dict[str, str]:
        """Return the units' names by code, in English where that is the form's language and there is one."""
        return self.plan.unit_names(self.lang)

    @cached_property
    def last_values(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        """Return the newest earlier answer by unit, indicator and part."""
        if self.previous is None:
            return {}
        rows = [r for r in self.previous.iter_rows(named=True) if parse_period(r["period"]) < self.period]
        rows.sort(key=lambda r: parse_period(r["period"]))
        return {(r["unit_code"], r["indicator_code"], r["part"] or ""): r for r in rows}

    @cached_property
    def points(self) -> dict[tuple[str, str], float]:
        """Return what each indicator is worth in the total, by unit and indicator."""
        if self.weights is None:
            return {}
        rows = self.weights.select("unit_code", "indicator_code", "effective_weight_pct").iter_rows()
        return {(unit, code): weight * self.plan.file.full_marks / 100 for unit, code, weight in rows}

    @cached_property
    def due_targets(self) -> dict[tuple[str, str], float]:
        """Return the target due by unit and indicator."""
        if self.targets_due is None:
            return {}
        rows = self.targets_due.select("unit_code", "indicator_code", "target").iter_rows()
        return {(unit, code): target for unit, code, target in rows}

    def estimates_of(self, unit_code: str) -> Mapping[str, Estimate]:
        """Return how a unit's indicators are scored, by code; empty where nobody said."""
        return self.estimates(unit_code) if self.estimates else {}

    def rows(self, unit_code: str) -> list[FormRow]:
        """Return the rows of one unit's form."""
        return form_rows(self.plan, self.cells.get(unit_code, []))

    def facts_of(self, unit_code: str) -> "Facts":
        """Return what one unit's form needs beside the plan: small enough to be handed to another process."""
        keys = [(unit_code, *row.key) for row in self.rows(unit_code)]
        codes = [(unit_code, code) for code, _ in self.cells.get(unit_code, [])]
        return {
            "cells": {unit_code: self.cells.get(unit_code, [])},
            "names": {unit_code: self.names[unit_code]},
            "last_values": {key: self.last_values[key] for key in keys if key in self.last_values},
            "points": {key: self.points[key] for key in codes if key in self.points},
            "due_targets": {key: self.due_targets[key] for key in codes if key in self.due_targets},
            "estimates": {unit_code: self.estimates_of(unit_code)},
        }

    def workbook(self, unit_code: str, answers: Answers | pl.DataFrame | None = None, **filled: Any) -> bytes:
        """Return one unit's workbook.

        ``answers`` fills it: by (indicator_code, part) a mapping of value, numerator, denominator, self_score,
        evidence, note; or a frame with those columns. ``filled``: nil, explanation, reporter, responsible, phone;
        ``marks`` and ``problems`` of a copy that goes back.

        Raises:
            UserError: the plan does not know the unit.
        """
        refuse_unknown_unit(self.plan, unit_code)
        given = answers_from(answers, unit_code) if isinstance(answers, pl.DataFrame) else answers or {}
        return FormWriter(self, unit_code, given, filled.pop("marks", {}), filled).write()


def write_form(forms: Forms, order: Order) -> bytes:
    """Return a unit's workbook, made of the facts of its order alone; of ``forms`` count plan, period and language."""
    unit_code, facts, filled = order
    one = Forms(forms.plan, forms.period, lang=forms.lang, estimates=facts["estimates"].__getitem__)
    one.__dict__.update({name: fact for name, fact in facts.items() if name != "estimates"})
    return one.workbook(unit_code, **filled)
