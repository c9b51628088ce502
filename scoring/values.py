"""The value used: from measurements, as reported or verified, to one row per unit and indicator.

Quarters that add up are summed; parts (checklist items, kinds of points, stages, raters' marks) are weighed; a
numerator is divided by its denominator only later, by the formula. Absent and impossible numbers
become null here, with a reason.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import narwhals as nw
import polars as pl

from schemas.asked import asked_positions, periods_of
from schemas.methods import Panel
from schemas.periods import Period
from schemas.plan import Value as FixedScore
from scoring.compile import Compiled, Leaf
from scoring.engine import Engine, Source
from scoring.frames import NUMBERS, REASON, Frame
from scoring.gather import gathered_rows, panel_rows, single_rows
from scoring.nodes import INDEX

TO_DATE = ""
"""The period of a measurement that names none: the year up to and with the period that is scored."""
WHOLE = 0
"""How many positions such a row is first said to cover: all, up to where its indicator was last asked."""
LAST_YEAR = -100
"""What is added to a position in the year for the same position last year."""


def finite(name: str) -> nw.Expr:
    """Return the column with NaN and infinity as null."""
    number = nw.col(name).cast(nw.Float64)
    return nw.when(number.is_finite()).then(number)


def values(
    engine: Engine,
    compiled: Compiled,
    measurements: Source,
    verifications: pl.DataFrame | None = None,
    computed: pl.DataFrame | None = None,
) -> Frame:
    """Return unit_no, class_no, leaf_no, value, numerator, denominator, previous, waived, reason.

    One row per unit and indicator for which anything was received; ``value`` and ``denominator`` null where it gives no
    number; ``reason`` a number of ``REASON`` or null; ``waived`` where the cell is not applicable. ``computed``: values
    of the period that were worked out and not reported (``scoring.staged``).
    """
    rows = received(engine, compiled, measurements, verifications, computed)
    single = [leaf for leaf in compiled.leaves if not leaf.gathered]
    several = [leaf for leaf in compiled.leaves if leaf.gathered]
    frames = []
    if single:
        frames.append(single_rows(engine, rows, single))
    if several:
        rows = engine.keep(rows)
        marks = [x for x in several if isinstance(x.method, Panel)]
        sums = [x for x in several if x not in marks]
        frames += [gathered_rows(engine, compiled, rows, sums)] if sums else []
        frames += [panel_rows(engine, rows, marks)] if marks else []
    used = nw.concat(frames) if len(frames) > 1 else frames[0]
    return _with_previous(engine, compiled, used, rows)


def received(
    engine: Engine,
    compiled: Compiled,
    measurements: Source,
    verifications: pl.DataFrame | None = None,
    computed: pl.DataFrame | None = None,
) -> Frame:
    """Return every measurement as it counts, verified or as reported.

    Columns: unit_no, class_no, leaf_no, at (position), covers (positions), part, value, numerator, denominator, status,
    reason (a number of ``REASON`` or null).
    """
    rows = _received(engine, compiled, measurements)
    if computed is not None:
        rows = nw.concat([rows, _received(engine, compiled, computed)])
    if verifications is not None and not verifications.is_empty():
        rows = _verified(engine, compiled, rows, verifications)
    return _where_asked(engine, compiled, rows)


def _where_asked(engine: Engine, compiled: Compiled, rows: Frame) -> Frame:
    """Give the year to date its place: of what is not asked now, that at which it was last asked."""
    to_date = nw.col("covers") == WHOLE
    at: nw.Expr = nw.lit(compiled.position, nw.Int16)
    if any(leaf.asked[-1] < compiled.position for leaf in compiled.leaves):
        table = pl.DataFrame(
            [(x.number, x.asked[-1]) for x in compiled.leaves],
            schema={"leaf_no": INDEX["leaf_no"], "asked_at": pl.Int16}, orient="row",
        )  # fmt: skip
        rows, at = rows.join(engine.frame(table), on="leaf_no"), nw.col("asked_at")
    rows = rows.with_columns(at=nw.when(to_date).then(at).otherwise(nw.col("at")))
    rows = rows.with_columns(covers=nw.when(to_date).then(nw.col("at")).otherwise(nw.col("covers")))
    return rows.drop("asked_at", strict=False)


def _codes(compiled: Compiled) -> pl.DataFrame:
    schema = {"indicator_code": pl.String, "leaf_no": INDEX["leaf_no"]}
    rows = [(x.indicator.value_from or x.indicator.code, x.number) for x in compiled.leaves]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _received(engine: Engine, compiled: Compiled, measurements: Source) -> Frame:
    """Give every measurement its numbers: unit_no, class_no, leaf_no, at (position), part, numbers, status."""
    raw = engine.frame(measurements)
    have = set(raw.collect_schema().names())
    units = engine.frame(compiled.units.select("unit_code", "unit_no", "class_no"))
    rows = raw.join(units, on="unit_code").join(engine.frame(_codes(compiled)), on="indicator_code")
    if "period" in have:
        places = engine.frame(positions(compiled))
        rows = rows.with_columns(nw.col("period").cast(nw.String).fill_null(TO_DATE)).join(places, on="period")
    else:
        to_date = nw.lit(compiled.position, nw.Int16)
        rows = rows.with_columns(at=to_date, covers=nw.lit(WHOLE, nw.Int16))
    numbers = [finite(n).alias(n) if n in have else nw.lit(None, nw.Float64).alias(n) for n in NUMBERS]
    given = nw.lit(False)
    bad = nw.lit(False)
    for name in NUMBERS:
        if name in have:
            given = given | ~nw.col(name).is_null()
            bad = bad | (~nw.col(name).is_null() & ~nw.col(name).cast(nw.Float64).is_finite())
    written = nw.col("status") if "status" in have else nw.lit(None, nw.String)
    bounded = [x for x in compiled.leaves if limits_of(x)]
    reason = nw.when(bad).then(nw.lit(REASON["not_finite"], nw.Int16))
    if bounded and "value" in have:
        rows = rows.join(engine.frame(_limits(bounded)), on="leaf_no", how="left")
        value = nw.col("value").cast(nw.Float64)
        outside = (value < nw.col("limit_low")) | (value > nw.col("limit_high"))
        outside = outside.fill_null(False) | (nw.col("limit_whole").fill_null(False) & (value != value.floor()))
        reason = reason.when(outside).then(nw.lit(REASON["impossible_value"], nw.Int16))
    status = nw.when(written.is_null()).then(nw.when(given).then(nw.lit("reported")).otherwise(nw.lit("missing")))
    return rows.select(
        "unit_no",
        "class_no",
        "leaf_no",
        "at",
        "covers",
        (nw.col("part").fill_null("") if "part" in have else nw.lit("")).alias("part"),
        *numbers,
        status.otherwise(written).alias("status"),
        reason.alias("reason"),
    )


def limits_of(leaf: Leaf) -> tuple[float | None, float | None, bool] | None:
    """Return least and greatest possible value and whether it is whole; None where the plan sets no such limit.

    A limit that the plan's intake only warns of, or does not check, is none here either.
    """
    checks = {code: check.severity for code, check in leaf.checks.items()}
    soft = {code for code, severity in checks.items() if severity in ("warning", "off")}
    low, high = (None, None) if "out_of_range" in soft else (leaf.indicator.minimum, leaf.indicator.maximum)
    whole = leaf.indicator.whole and "whole_number_expected" not in soft
    return None if low is None and high is None and not whole else (low, high, whole)


def _limits(leaves: list[Leaf]) -> pl.DataFrame:
    rows = [(x.number, *(limits_of(x) or (None, None, False))) for x in leaves]
    schema = {
        "leaf_no": INDEX["leaf_no"], "limit_low": pl.Float64, "limit_high": pl.Float64, "limit_whole": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def positions(compiled: Compiled) -> pl.DataFrame:
    """Return period code → position in the year, from 1, and how many positions it covers; last year's 100 lower.

    A longer period counts where its last month does and covers what it spans: 2023H1 with 2023Q2, two quarters. A
    row without a period (``TO_DATE``) is the year to date.
    """
    codes: dict[str, tuple[int, int]] = {TO_DATE: (compiled.position, WHOLE)}
    year = periods_of(compiled.plan, compiled.period)
    for shift in (LAST_YEAR, 0):
        for number, known in enumerate(year, 1):
            period = known.last_year() if shift else known
            longer = [Period(period.year, period.last_month, m) for m in (12, 6, 3, 1) if period.last_month % m == 0]
            codes |= {str(p): (number + shift, max(p.months // known.months, 1)) for p in [*longer, period]}
        scored = compiled.period.last_year() if shift else compiled.period
        codes[str(scored)] = (compiled.position + shift, max(scored.months // year[0].months, 1))
    rows = [(code, *place) for code, place in codes.items()]
    return pl.DataFrame(rows, schema={"period": pl.String, "at": pl.Int16, "covers": pl.Int16}, orient="row")


def _verified(engine: Engine, compiled: Compiled, rows: Frame, verdicts: pl.DataFrame) -> Frame:
    """Let the newest verdict on a cell stand before what was reported: adjusted numbers, or refused.

    A refused part (an item of a checklist, a kind of points) counts nothing; a refused mark of a rater is not heard;
    any other refused cell has no value.
    """
    places = {code: at for code, at, _ in positions(compiled).iter_rows()}
    newest = (
        verdicts.cast(dict.fromkeys(NUMBERS, pl.Float64))
        # Of one cell under two names (2023Q2, 2023H1; no part, an empty one) the newest word counts too.
        .with_columns(
            pl.col("part").fill_null(""),
            at=pl.col("period").replace_strict(places, default=None, return_dtype=pl.Int16),
        )
        .sort("recorded_at", maintain_order=True)
        .unique(["unit_code", "indicator_code", "at", "part"], keep="last", maintain_order=True)
        .join(compiled.units.select("unit_code", "unit_no"), on="unit_code")
        .join(_codes(compiled), on="indicator_code")
        .join(_limits([x for x in compiled.leaves if limits_of(x)]), on="leaf_no", how="left")
        .filter(pl.col("at").is_not_null() & (pl.col("verdict") != "accepted"))
        .select(
            "unit_no", "leaf_no", "at", "part", "verdict",
            *(pl.when(pl.col(n).is_finite()).then(pl.col(n).cast(pl.Float64)).alias(f"v_{n}") for n in NUMBERS),
            pl.any_horizontal(~pl.col(n).is_finite() for n in NUMBERS).fill_null(False).alias("v_bad"),
            v_outside=(pl.col("value") < pl.col("limit_low")).fill_null(False)
            | (pl.col("value") > pl.col("limit_high")).fill_null(False)
            | (pl.col("limit_whole") & (pl.col("value") != pl.col("value").floor())).fill_null(False),
        )
    )  # fmt: skip
    joined = rows.join(engine.frame(newest), on=["unit_no", "leaf_no", "at", "part"], how="left")
    verdict = nw.col("verdict")
    numbers: list[Any] = [
        nw.when(verdict == "adjusted").then(nw.col(f"v_{n}")).when(verdict.is_null()).then(nw.col(n)).alias(n)
        for n in NUMBERS
    ]
    several = [x.number for x in compiled.leaves if x.gathered and not isinstance(x.method, Panel)]
    marks = [x.number for x in compiled.leaves if isinstance(x.method, Panel)]
    part = (verdict == "refused") & nw.col("leaf_no").is_in(several) & (nw.col("part") != "")
    mark = (verdict == "refused") & nw.col("leaf_no").is_in(marks)
    numbers[0] = nw.when(part).then(nw.lit(0.0)).otherwise(numbers[0]).alias("value")
    reason = (
        nw.when(part)
        .then(nw.lit(REASON["adjusted"], nw.Int16))
        .when(verdict == "refused")
        .then(nw.lit(REASON["refused"], nw.Int16))
        .when(nw.col("v_bad"))
        .then(nw.lit(REASON["not_finite"], nw.Int16))
        .when(nw.col("v_outside"))
        .then(nw.lit(REASON["impossible_value"], nw.Int16))
        .when(verdict == "adjusted")
        .then(nw.lit(REASON["adjusted"], nw.Int16))
        .otherwise(nw.col("reason"))
    )
    status: Any = nw.when((verdict == "adjusted") | part).then(nw.lit("reported")).when(mark).then(nw.lit("missing"))
    status = status.otherwise(nw.col("status"))
    return joined.select(
        "unit_no", "class_no", "leaf_no", "at", "covers", "part", *numbers, status.alias("status"),
        reason.alias("reason"),
    )  # fmt: skip


def _with_previous(engine: Engine, compiled: Compiled, used: Frame, rows: Frame) -> Frame:
    """Add the earlier value that growth compares with, made up just as the present one."""
    earlier = [replace(x, asked=asked) for x in compiled.leaves if (asked := earlier_positions(compiled, x))]
    if not earlier:
        return used.with_columns(previous=nw.lit(None, nw.Float64))
    single = [x for x in earlier if not x.gathered]
    several = [x for x in earlier if x.gathered]
    frames = [single_rows(engine, rows, single)] if single else []
    frames += [gathered_rows(engine, compiled, rows, several)] if several else []
    before = nw.concat(frames) if len(frames) > 1 else frames[0]
    before = before.select("unit_no", "leaf_no", previous=number_of(compiled))
    return used.join(before, on=["unit_no", "leaf_no"], how="left")


def earlier_positions(compiled: Compiled, leaf: Leaf) -> tuple[int, ...]:
    """Return the positions whose measurements make up the earlier value; none where the method asks for none."""
    on = getattr(leaf.method, "on", "baseline")
    if on == "same_period_last_year":
        return tuple(p + LAST_YEAR for p in leaf.asked)
    if on != "previous_period":
        return ()
    if len(leaf.asked) > 1:
        return leaf.asked[:-1]
    return tuple(p + LAST_YEAR for p in asked_positions(compiled.plan, leaf.indicator, compiled.period))


def number_of(compiled: Compiled) -> nw.Expr:
    """Return the value: numerator over denominator (× ``per``) where there is a denominator, else the value."""
    # Multiplied first: 29 of 100 per 100 is 29, where 0.29 × 100 is 28.999999999999996.
    ratio = nw.col("numerator") * per_column(compiled) / nw.col("denominator")
    ratio = nw.when((nw.col("denominator") > 0) & ~too_few_cases(compiled)).then(ratio)
    return nw.when(nw.col("denominator").is_null()).then(nw.col("value")).otherwise(ratio)


def per_column(compiled: Compiled) -> nw.Expr:
    """Return what a ratio of the indicator is multiplied by."""
    scales: dict[float, list[int]] = {}
    for leaf in compiled.leaves:
        per = 100.0 if leaf.method.kind == "coverage" else leaf.indicator.per
        scales.setdefault(per, []).append(leaf.number)
    result = nw.lit(1.0)
    for per, leaves in scales.items():
        if per != 1.0:
            result = nw.when(nw.col("leaf_no").is_in(leaves)).then(nw.lit(per)).otherwise(result)
    return result


def too_few_cases(compiled: Compiled) -> nw.Expr:
    """Say where a ratio rests on fewer cases than the indicator's ``min_denominator``; then it is no value."""
    few = nw.lit(False)
    for leaf in compiled.leaves:
        if leaf.indicator.min_denominator is not None:
            low = nw.col("denominator") < leaf.indicator.min_denominator
            few = few | ((nw.col("leaf_no") == leaf.number) & (nw.col("denominator") > 0) & low)
    return few.fill_null(False)


def too_few_to_apply(compiled: Compiled) -> nw.Expr | None:
    """Say where an indicator does not apply because of too few cases; None where no rule says so."""
    return _by_rule(compiled, lambda rule: nw.lit(True) if rule == "not_applicable" else None, nw.lit(False))


def flat_score(compiled: Compiled) -> nw.Expr | None:
    """Return the score that too few cases get whatever their result; None where no rule gives one."""
    none = nw.lit(None, nw.Float64)
    return _by_rule(compiled, lambda rule: nw.lit(rule.value) if isinstance(rule, FixedScore) else None, none)


def _by_rule(compiled: Compiled, given: Callable[[Any], nw.Expr | None], otherwise: nw.Expr) -> nw.Expr | None:
    """Return what each indicator's rule on too few cases, none among them, gives; None where no rule gives anything."""
    result = None
    for leaf in compiled.leaves:
        low, then = leaf.indicator.min_denominator, given(leaf.indicator.too_few)
        if low is not None and then is not None:
            here = (nw.col("leaf_no") == leaf.number) & (nw.col("denominator") >= 0) & (nw.col("denominator") < low)
            result = nw.when(here.fill_null(False)).then(then).otherwise(otherwise if result is None else result)
    return result
