"""Checks across the rows of one report, across periods, and across units."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from statistics import median

import polars as pl

from intake.batch import key_expr
from intake.catalogue import parameter
from intake.known import Known
from intake.numbers import shown
from intake.report import Row, listed, make_problem
from schemas.methods import parts_of
from schemas.periods import Period, parse_period

Place = tuple[str, str, str]


def _made(
    known: Known, row: Row, code: str, value: object = None, expected: object = None, field: str = "value"
) -> Iterator[Row]:
    cell = row["evidence_cell"] if field == "evidence" else None
    problem = make_problem(known.plan, code, value, expected, at=row, cell=cell, field=field)
    if problem:
        yield {**problem, "key": row["key"]}


def evidence_claims(facts: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that name evidence, with ``claim``: its text for comparison, null where it names no document."""
    return facts.filter(pl.col("evidence").is_not_null()).with_columns(claim=_claim())


def _claim() -> pl.Expr:
    """Return the key of the evidence where it names one document: long enough, with a digit in it."""
    key = key_expr(pl.col("evidence"))
    return pl.when((key.str.len_chars() >= 6) & key.str.contains(r"\d")).then(key)


def across_rows(known: Known, facts: pl.DataFrame, claims: pl.DataFrame) -> Iterator[Row]:
    """Yield the problems between rows of one report; ``claims`` as from ``evidence_claims``."""
    yield from _blank_parts(known, facts)
    yield from _skipped_milestones(known, facts.filter(pl.col("method") == "milestones"))
    yield from _identical(known, facts.filter((pl.col("kind") == "number") & pl.col("value").is_not_null()))
    yield from _evidence_reused(known, claims)


def _blank_parts(known: Known, facts: pl.DataFrame) -> Iterator[Row]:
    """Yield indicators of which some parts are answered and others blank: one blank part makes the whole missing."""
    asked = pl.col("asked") & pl.col("any_answer") & ~pl.col("nil_return") & ~pl.col("refused")
    blank = facts.filter(asked & (pl.col("status") == "missing") & (pl.col("part") != ""))
    for _, rows in blank.group_by("key", "indicator_code", maintain_order=True):
        yield from _made(known, {**rows.row(0, named=True), "part": ""}, "parts_blank", "、".join(rows["part"]))


def _skipped_milestones(known: Known, facts: pl.DataFrame) -> Iterator[Row]:
    for (_, code), rows in facts.group_by("key", "indicator_code", maintain_order=True):
        by_part = {r["part"]: r for r in rows.iter_rows(named=True)}
        for before, stage in pairwise(parts_of(known.plan.leaves[str(code)].method)):
            row = by_part.get(stage)
            if row and row["value"] == 1 and by_part.get(before, {}).get("value") == 0:
                yield from _made(known, row, "milestone_skipped", None, before)


def _identical(known: Known, facts: pl.DataFrame) -> Iterator[Row]:
    least = parameter(known.plan, "identical_values", "at_least", 5)
    counts = facts.group_by("key").agg(rows=pl.len(), values=pl.col("value").n_unique())
    alike = counts.filter((pl.col("rows") >= least) & (pl.col("values") == 1)).select("key", "rows")
    first = facts.unique("key", keep="first", maintain_order=True).join(alike, on="key", maintain_order="left")
    for row in first.iter_rows(named=True):
        yield from _made(known, {**row, "indicator_code": None}, "identical_values", shown(row["value"]), row["rows"])


def _evidence_reused(known: Known, claims: pl.DataFrame) -> Iterator[Row]:
    """Yield the evidence that an indicator names after another one of the same report."""
    first = pl.col("indicator_code").first().over("key", "claim")
    again = claims.filter(pl.col("claim").is_not_null(), pl.col("indicator_code") != first)
    for row in again.iter_rows(named=True):
        yield from _made(known, row, "evidence_reused", row["evidence"], field="evidence")


def across_units(known: Known, claims: pl.DataFrame, claimed: pl.DataFrame | None = None) -> Iterator[Row]:
    """Yield evidence that several units claim for the same period; ``claims`` as from ``evidence_claims``.

    ``claimed``: unit_code, period and evidence of reports that count already, as written there.
    """
    columns = ["period", "claim", "unit_code"]
    users = [claims.select(columns)]
    if claimed is not None:
        users.append(claimed.with_columns(claim=_claim()).select(columns))
    several = (
        pl.concat(users)
        .filter(pl.col("claim").is_not_null())
        .group_by("period", "claim")
        .agg(users=pl.col("unit_code").unique().sort())
        .filter(pl.col("users").list.len() > 1)
    )
    rows = claims.join(several, on=["period", "claim"], maintain_order="left")
    for row in rows.iter_rows(named=True):
        others = [u for u in row["users"] if u != row["unit_code"]][:3]
        zh, en = (listed(names.get(u, u) for u in others) for names in (known.unit_names, known.english_names))
        names = zh[0], en[1]
        yield from _made(known, row, "evidence_used_twice", row["evidence"], names, field="evidence")


def across_periods(
    known: Known, facts: pl.DataFrame, previous: pl.DataFrame | None, targets_due: pl.DataFrame | None
) -> Iterator[Row]:
    """Yield the problems of values against earlier periods and against the target due."""
    past = _past(facts, previous)
    periods = {p: parse_period(p) for p in facts["period"].unique()}
    for row in _worth_a_look(known, facts, targets_due, past).iter_rows(named=True):
        period, place = periods[row["period"]], (row["unit_code"], row["indicator_code"], row["part"])
        earlier = [(p, v) for p, v in past.get(place, []) if p < period]
        if row["far_above"]:
            yield from _made(known, row, "far_above_target", shown(row["value"]), shown(row["due"]))
        if earlier:
            yield from _against_past(known, row, period, earlier)


def _worth_a_look(
    known: Known, facts: pl.DataFrame, targets_due: pl.DataFrame | None, past: Mapping[Place, object]
) -> pl.DataFrame:
    """Return the rows with a value that have a past or lie far above the target due (``far_above``, ``due``)."""
    place = ["unit_code", "indicator_code"]
    schema = {**dict.fromkeys(place, pl.String), "due": pl.Float64}
    due = pl.DataFrame(schema=schema) if targets_due is None else targets_due.select(*place, due="target")
    times = parameter(known.plan, "far_above_target", "times", 10)
    above = (pl.col("due") > 0) & (pl.col("part") == "") & (pl.col("value") > times * pl.col("due"))
    rows = (
        facts.filter(pl.col("value").is_not_null())
        .join(due.unique(place, keep="last"), on=place, how="left", maintain_order="left")
        .with_columns(far_above=((pl.col("kind") == "number") & above).fill_null(False))
    )
    if not past:
        return rows.filter("far_above")
    known_places = pl.DataFrame(list(past), schema=[*place, "part"], orient="row").with_columns(has_past=pl.lit(True))
    rows = rows.join(known_places, on=[*place, "part"], how="left", maintain_order="left")
    return rows.filter(pl.col("far_above") | pl.col("has_past").fill_null(False))


def _past(facts: pl.DataFrame, previous: pl.DataFrame | None) -> Mapping[Place, list[tuple[Period, float]]]:
    """Return earlier values by unit, indicator and part, oldest first; the batch's own rows win over stored ones."""
    columns = ["unit_code", "indicator_code", "part", "period", "value"]
    frames = [facts.select(columns)]
    if previous is not None:
        frames.append(previous.join(facts.select("unit_code").unique(), on="unit_code", how="semi").select(columns))
    rows = (
        pl.concat(frames).filter(pl.col("value").is_not_null()).unique(columns[:4], keep="first", maintain_order=True)
    )
    if rows["period"].n_unique() < 2:
        return {}
    periods = {p: parse_period(p) for p in rows["period"].unique()}
    past: dict[Place, list[tuple[Period, float]]] = defaultdict(list)
    for unit, code, part, period, value in rows.iter_rows():
        past[unit, code, part or ""].append((periods[period], value))
    for values in past.values():
        values.sort()
    return past


def _against_past(known: Known, row: Row, period: Period, earlier: list[tuple[Period, float]]) -> Iterator[Row]:
    value, last = row["value"], earlier[-1][1]
    this_year = [v for p, v in earlier if p.year == period.year]
    if row["kind"] == "yes_no":
        if this_year and this_year[-1] == 1 and value == 0:
            yield from _made(known, row, "stage_lost")
        return
    if row["accumulation"] == "flow" and this_year:
        if row["reported"] == "year_to_date" and value < this_year[-1]:
            yield from _made(known, row, "year_to_date_below_previous", shown(value), shown(this_year[-1]))
        elif row["reported"] == "increment" and len(this_year) > 1 and value >= sum(this_year) > 0:
            yield from _made(known, row, "year_to_date_suspected", shown(value), shown(sum(this_year)))
    if _slipped(known, value, last):
        yield from _made(known, row, "slip_of_ten", shown(value), shown(last))
    elif _outlier(known, value, [v for _, v in earlier]):
        middle = median(v for _, v in earlier)
        yield from _made(known, row, "outlier_own_history", shown(value), shown(middle))


def _slipped(known: Known, value: float, last: float) -> bool:
    """Say whether a value is near a power of ten times the last one, and large enough for that to mean something."""
    least = parameter(known.plan, "slip_of_ten", "at_least", 20)
    near = 1 + parameter(known.plan, "slip_of_ten", "tolerance_pct", 20) / 100
    if min(value, last) <= 0 or max(value, last) < least:
        return False
    ratio = max(value, last) / min(value, last)
    return any(ten / near <= ratio <= ten * near for ten in (10, 100, 1_000, 10_000))


def _outlier(known: Known, value: float, history: list[float]) -> bool:
    """Say whether a value is far from the unit's own history: many median deviations from its median."""
    if len(history) < parameter(known.plan, "outlier_own_history", "at_least", 4):
        return False
    middle = median(history)
    spread = max(median(abs(v - middle) for v in history), abs(middle) * 0.05, 1e-9)
    return abs(value - middle) > parameter(known.plan, "outlier_own_history", "times", 8) * spread
