"""All checks after reading, in layers: what is asked and absent, rows, across rows, across periods and units."""

from collections.abc import Iterable, Iterator

import polars as pl

from intake.across import across_periods, across_rows, across_units, evidence_claims
from intake.batch import CELL, PROBLEM, Batch, frame
from intake.known import Known
from intake.report import Row, make_problem
from intake.row_rules import row_problems, with_facts
from schemas.methods import parts_of
from schemas.periods import parse_period

LISTED = 300
_CELL_KEY = ["key", "indicator_code", "part"]
NOT_ASKED = ("nothing_asked", "unit_merged", "unit_closed", "unit_not_yet")
"""Nothing is asked of the unit: said once, and not of every row again."""
UNREAD = (
    "number_expected", "two_numbers", "date_for_number", "other_measure", "percent_unexpected", "yes_no_expected",
    "ratio_expected", "excel_error", "number_too_large", "formula_not_calculated", "part_unknown", "part_missing",
)  # fmt: skip


def check_batch(
    known: Known,
    batch: Batch,
    *,
    previous: pl.DataFrame | None = None,
    targets_due: pl.DataFrame | None = None,
    claimed: pl.DataFrame | None = None,
) -> Batch:
    """Return the batch with the problems of all layers, numbered; asked cells that are absent are added as missing.

    ``claimed``: unit_code, period and evidence of other reports that count, for evidence used twice.
    """
    problems = batch.problems.to_dicts()
    cells, found = _without_repeats(known, batch.cells)
    problems += found
    cells, found = _completed(known, batch.submissions, cells, batch.problems)
    problems += found
    refused = batch.problems.filter(pl.col("code").is_in(UNREAD)).select("key", "indicator_code", "part")
    nil = batch.submissions.select("key", nil_return="nil")
    facts = with_facts(known, cells, refused, nil)
    forms = batch.submissions.filter(pl.col("reader") == "workbook")["key"]
    blank = _blank_forms(known, facts.filter(pl.col("key").is_in(forms.implode())), unread=problems)
    idle = {p["key"] for p in problems if p["code"] in NOT_ASKED}
    told = (p for p in row_problems(known, facts) if p["key"] not in idle)
    problems += [p for p in told if p["key"] not in blank or p["code"] != "missing_value"]
    problems += blank.values()
    problems += _nil_problems(known, facts)
    facts = facts.filter("asked")
    claims = evidence_claims(facts)
    problems += across_rows(known, facts, claims)
    problems += across_periods(known, facts, previous, targets_due)
    problems += across_units(known, claims, claimed)
    return Batch(batch.submissions, _kept(facts), _numbered(known, problems), batch.persons)


def _without_repeats(known: Known, cells: pl.DataFrame) -> tuple[pl.DataFrame, list[Row]]:
    """Keep the first of rows that report the same cell; every further one is a problem."""
    first = cells.select(pl.struct(_CELL_KEY).is_first_distinct()).to_series()
    found = [
        {**p, "key": r["key"]}
        for r in cells.filter(~first).iter_rows(named=True)
        if (p := make_problem(known.plan, "duplicate_row", at=r))
    ]
    return cells.filter(first), found


def _completed(
    known: Known, submissions: pl.DataFrame, cells: pl.DataFrame, problems: pl.DataFrame
) -> tuple[pl.DataFrame, list[Row]]:
    """Add a missing cell for every asked indicator that a report leaves out."""
    named = submissions.filter(pl.col("unit_code").is_not_null() & pl.col("period").is_not_null())
    place = ["key", "indicator_code"]
    there = pl.concat([cells.select(place), problems.select(place)]).drop_nulls().unique()
    asked = [known.asked(p) for p in named["period"].unique().sort()] or [known.asked(None)]
    expected = named.join(pl.concat(asked), on=["unit_code", "period"], maintain_order="left_right")
    is_asked, reported = set(expected["key"]), set(there["key"])
    absent: dict[int, list[str]] = {}
    for key, code in expected.select(place).join(there, on=place, how="anti", maintain_order="left").iter_rows():
        absent.setdefault(key, []).append(code)
    unread = set(problems.filter(pl.col("severity") == "error", pl.col("layer") != "row")["key"])
    rows: list[Row] = []
    found: list[Row] = []
    for one in named.iter_rows(named=True):
        key, plan = one["key"], known.plan
        if key not in is_asked:
            found += _keyed(key, make_problem(plan, *why_not_asked(known, one["unit_code"], one["period"])))
        elif key not in reported and key not in unread and not one["nil"]:
            found += _keyed(key, make_problem(plan, "no_rows"))
        for code in absent.get(key, []):
            about = {
                "key": key,
                "unit_code": one["unit_code"],
                "period": one["period"],
                "indicator_code": code,
                "status": "missing",
            }
            rows += [{**about, "part": part} for part in (parts_of(plan.leaves[code].method) or [""])]
            if not one["nil"] and key in reported:
                found += _keyed(key, make_problem(plan, "indicator_left_out", at={"indicator_code": code}))
    left_out = frame(rows, CELL).with_columns(left_out=pl.lit(True))
    return pl.concat([cells.with_columns(left_out=pl.lit(False)), left_out]), found


def why_not_asked(known: Known, unit_code: str, period: str) -> tuple[str, str, str | None]:
    """Return check, value and expected for a unit of which nothing is asked: merged, closed, not there yet, or else."""
    last = parse_period(period).last_day.isoformat()
    lines = known.plan.units.filter(pl.col("unit_code") == unit_code).sort("valid_to", nulls_last=True)
    unit = lines.row(-1, named=True)
    since, until, successor = unit["valid_from"], unit["valid_to"], unit["successor_code"]
    if until and until < last:
        name = known.unit_names.get(successor or "")
        return ("unit_merged", until, f"{name}({successor})") if name else ("unit_closed", until, None)
    if since and since > last:
        return "unit_not_yet", since, None
    return "nothing_asked", known.unit_names[unit_code], None


def _keyed(key: int, problem: Row | None) -> Iterator[Row]:
    if problem:
        yield {**problem, "key": key}


def _blank_forms(known: Known, facts: pl.DataFrame, unread: list[Row]) -> dict[int, Row]:
    """Return by key the one problem of a form in which nothing is filled in: no value, no nil, nothing unreadable.

    A form alone comes blank: who writes a row of a table that says "missing" has said something.
    """
    answered = ((pl.col("status") != "missing") | pl.col("refused")).any() | pl.col("nil_return").any()
    states = facts.filter("asked").group_by("key").agg(answered=answered).filter(~pl.col("answered"))
    faulty = {p["key"] for p in unread if p["severity"] == "error"}
    blank = (k for k in states["key"].sort() if k not in faulty)
    return {k: p for k in blank for p in _keyed(k, make_problem(known.plan, "nothing_filled"))}


def _nil_problems(known: Known, facts: pl.DataFrame) -> Iterator[Row]:
    """A ticked nil box beside values."""
    values = facts.filter(pl.col("nil_return") & (pl.col("status") == "reported"))
    for key, count in values.group_by("key").len().sort("key").iter_rows():
        yield from _keyed(key, make_problem(known.plan, "nil_return_with_values", count))


def _kept(facts: pl.DataFrame) -> pl.DataFrame:
    """Return the cells' own columns; a nil return turns every blank cell into nil."""
    nil = pl.when(pl.col("nil_return") & (pl.col("status") == "missing")).then(pl.lit("nil")).otherwise("status")
    return facts.with_columns(status=nil).select(list(CELL))


def _numbered(known: Known, problems: Iterable[Row]) -> pl.DataFrame:
    """Number the problems of each submission: by layer as found; a flood is cut, and says so."""
    by_key: dict[int, list[Row]] = {}
    for problem in problems:
        by_key.setdefault(problem["key"], []).append(problem)
    rows: list[Row] = []
    for key in sorted(by_key):
        found = by_key[key]
        if len(found) > LISTED:
            errors_first = sorted(found, key=lambda p: p["severity"] != "error")
            found = [
                *errors_first[:LISTED],
                *_keyed(key, make_problem(known.plan, "too_many_problems", len(found), LISTED)),
            ]
        rows += [{**p, "number": n} for n, p in enumerate(found, 1)]
    return frame(rows, PROBLEM)
