"""Verdicts of reviewers: from a filled review workbook, or single ones, checked against what is reported now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from intake.batch import PROBLEM, frame
from intake.form import FormRow
from intake.grid import read_grid
from intake.known import Known
from intake.numbers import raw_text, read_number, read_yes_no, shown
from intake.other_books import other_book
from intake.pool import Parsers, parse_one
from intake.report import Report, Row
from intake.review import REVIEW, reported
from intake.row_rules import RULES, indicator_facts
from schemas.errors import typed
from schemas.folder import Plan
from schemas.tables import Verifications, columns_of

VERIFICATION = {
    k: v for k, v in columns_of(Verifications).items() if k not in ("verification_id", "recorded_at", "actor")
}
NUMBERS = ("value", "numerator", "denominator")
KEY = ("unit_code", "indicator_code", "period", "part")
HELD_TO = (
    "negative_not_allowed", "whole_number_expected", "out_of_range", "denominator_zero", "numerator_above_denominator",
)  # fmt: skip
"""The rules of reported values that an adjusted one must keep too."""
_COLUMN = {c.name: c for c in REVIEW.columns}


@dataclass(frozen=True)
class Reviews:
    """The verdicts of a review workbook, and its problems."""

    verifications: pl.DataFrame
    problems: pl.DataFrame

    @property
    def usable(self) -> bool:
        """Say whether there is no error."""
        return self.problems.filter(pl.col("severity") == "error").is_empty()


def read_reviews(
    path: Path,
    plan: Plan,
    *,
    measurements: pl.DataFrame | None = None,
    name: str = "",
    parsers: Parsers | None = None,
) -> Reviews:
    """Read a filled review workbook; lines without a verdict are left out; never raises for a bad file.

    ``measurements``: what counts now. A line on a cell that nobody reported, or that was reported anew since the
    workbook was written, is an error: the reviewer has not seen it. ``name``: for messages, where it is not the path's.
    """
    known, report = Known(plan), Report(plan)
    answer = parse_one(path, parsers)
    verdicts: list[Row] = []
    if "code" in answer:
        report.problem(answer["code"], answer["found"])
    elif other := other_book(answer, "review_book"):
        report.problem(other, typed(name or path.name))
    else:
        found = [(s, h) for s in answer["sheets"] if (h := REVIEW.headings(s["rows"])) and "verdict" in h.columns]
        if not found:
            report.problem("foreign_review", name or path.name)
        for sheet, headings in found:
            verdicts += read_grid(known, report, REVIEW, sheet, headings)
    return _checked(report, verdicts, measurements)


def check_verdict(plan: Plan, verdict: Row, measurements: pl.DataFrame | None = None) -> Reviews:
    """Check one verdict that was not read from a workbook: columns of ``VERIFICATION``, the value as text."""
    row = {**{c.name: None for c in REVIEW.columns}, **verdict, "_places": {}, "_sheet": None, "_cell": None}
    return _checked(Report(plan), [row], measurements)


def _checked(report: Report, rows: Iterable[Row], measurements: pl.DataFrame | None) -> Reviews:
    now = None if measurements is None else {tuple(r[n] for n in KEY): r for r in measurements.iter_rows(named=True)}
    seen: set[tuple[Any, ...]] = set()
    verdicts = [_verdict(report, row, now, seen) for row in rows]
    _hold_to_rules(report, verdicts)
    problems = [{**p, "key": 0, "number": n} for n, p in enumerate(report.problems, 1)]
    return Reviews(frame(verdicts, VERIFICATION), frame(problems, PROBLEM))


def _verdict(report: Report, row: Row, now: Mapping[Any, Row] | None, seen: set[tuple[Any, ...]]) -> Row:
    """Return the row as a verdict; note what is wrong with it."""
    row["part"] = row["part"] or ""
    indicator = report.plan.leaves.get(row["indicator_code"] or "")
    given = [n for n in NUMBERS if row[n] is not None]
    if indicator is not None:
        form = FormRow(0, indicator, row["part"], None)
        _read_value(report, row, form)
        _note_incomplete(report, row, form, given)
        if now is not None:
            _compare(report, row, form, now)
    else:
        row["value"] = None
    place = tuple(row[n] for n in KEY)
    if None not in place and place in seen:
        _problem(report, row, "entry_twice", "indicator_code", " ".join(filter(None, place)))
    seen.add(place)
    return row


def _note_incomplete(report: Report, row: Row, form: FormRow, given: list[str]) -> None:
    """Note what a verdict lacks, or has beside what it may have."""
    right = ("numerator", "denominator") if form.kind == "ratio" else ("value",)
    if row["verdict"] is None:
        _missing(report, row, "verdict")
    elif not (row["reason"] or "").strip():
        _missing(report, row, "reason")
    elif row["verdict"] != "adjusted" and given:
        _problem(report, row, "verdict_with_value", given[0], raw_text(row[given[0]]))
    elif row["verdict"] == "adjusted":
        for name in (n for n in given if n not in right):
            _problem(report, row, "verdict_wrong_column", name, raw_text(row[name]))
        for name in (n for n in right if n not in given):
            _missing(report, row, name)


def _read_value(report: Report, row: Row, form: FormRow) -> None:
    """Turn the text of the value that counts into a number: yes or no where that was asked."""
    text = row["value"]
    if text is None:
        return
    reading = read_yes_no(text) if form.kind == "yes_no" else read_number(text, form.measure)
    for code in filter(None, (reading.refusal, *reading.repairs)):
        _problem(report, row, code, "value", raw_text(text), reading.expected or shown(reading.value))
    row["value"] = reading.value


def _compare(report: Report, row: Row, form: FormRow, now: Mapping[Any, Row]) -> None:
    """Compare with what is reported now: the cell must be there, and be what the reviewer saw."""
    cell = now.get(tuple(row[n] for n in KEY))
    if cell is None:
        _problem(report, row, "verdict_without_report", "indicator_code", row["indicator_code"])
        return
    then, now_shown = raw_text(row.get("reported")), [raw_text(reported(form, cell, lang)) for lang in ("zh", "en")]
    if then is not None and then not in now_shown:
        _problem(report, row, "reported_anew", "reported", then, now_shown[0])


def _hold_to_rules(report: Report, rows: list[Row]) -> None:
    """Hold adjusted values to the rules of reported ones."""
    facts = pl.DataFrame(
        [{"at": n, **{c: r[c] for c in ("indicator_code", *NUMBERS)}} for n, r in enumerate(rows)],
        schema={"at": pl.Int64, "indicator_code": pl.String, **dict.fromkeys(NUMBERS, pl.Float64)},
    ).join(indicator_facts(report.plan), on="indicator_code", maintain_order="left")
    for rule in (r for r in RULES if r.code in HELD_TO):
        for fact in facts.filter(~rule.holds.fill_null(True)).iter_rows(named=True):
            low, high = fact["minimum"], fact["maximum"]
            bounds = f"{shown(low) or '−∞'}–{shown(high) or '∞'}"
            expected = bounds if rule.expected == "range" else shown(fact.get(rule.expected or ""))
            _problem(report, rows[fact["at"]], rule.code, rule.field, shown(fact[rule.field]), expected)


def _missing(report: Report, row: Row, name: str) -> None:
    """Note a blank cell of a line that has a verdict, unless the cell was filled and could not be understood."""
    place = row["_places"].get(name)
    if place is None or not any(p["cell"] == place for p in report.problems):
        _problem(report, row, "entry_missing", name)


def _problem(
    report: Report, row: Row, code: str, name: str, value: str | None = None, expected: str | None = None
) -> None:
    at = {"sheet": row["_sheet"], "indicator_code": row["indicator_code"], "part": row["part"]}
    cell = row["_places"].get(name, row["_cell"])
    report.problem(code, value, expected, at=at, cell=cell, column=_COLUMN[name])
