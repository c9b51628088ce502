"""The value used: from measurements, as reported or verified, to one row per unit and indicator.

Quarters that add up are summed; parts (checklist items, kinds of points, stages, raters' marks) are weighed; a
numerator is divided by its denominator only later, by the formula. Absent and impossible numbers
become null here, with a reason.
"""

import narwhals as nw
import polars as pl

from schemas.asked import periods_of
from schemas.methods import Panel
from schemas.periods import Period
from scoring.compile import Compiled
from scoring.engine import Engine, Source
from scoring.frames import NUMBERS, REASON, Frame
from scoring.gather import gathered_rows, panel_rows, single_rows
from scoring.nodes import INDEX


def finite(name: str) -> nw.Expr:
    """Return the column with NaN and infinity as null."""
    number = nw.col(name).cast(nw.Float64)
    return nw.when(number.is_finite()).then(number)


def values(
    engine: Engine, compiled: Compiled, measurements: Source, verifications: pl.DataFrame | None = None
) -> Frame:
    """Return unit_no, class_no, leaf_no, value, numerator, denominator, previous, waived, reason.

    One row per unit and indicator for which anything was received; ``value`` and ``denominator`` null where it gives no
    number; ``reason`` a number of ``REASON`` or null; ``waived`` where the cell is not applicable.
    """
    rows = _received(engine, compiled, measurements)
    if verifications is not None and not verifications.is_empty():
        rows = _verified(engine, compiled, rows, verifications)
    single = [leaf for leaf in compiled.leaves if not leaf.gathered]
    several = [leaf for leaf in compiled.leaves if leaf.gathered]
    frames = []
    if single:
        frames.append(single_rows(engine, rows, single, all_leaves=not several))
    if several:
        rows = engine.keep(rows)
        frames += [gathered_rows(engine, rows, [x for x in several if x.method.kind != "panel"])]
        marks = [x for x in several if isinstance(x.method, Panel)]
        frames += [panel_rows(engine, rows, marks)] if marks else []
    used = nw.concat(frames) if len(frames) > 1 else frames[0]
    return _with_previous(engine, compiled, used, rows)


def _codes(compiled: Compiled) -> pl.DataFrame:
    schema = {"indicator_code": pl.String, "leaf_no": INDEX["leaf_no"]}
    return pl.DataFrame([(x.indicator.code, x.number) for x in compiled.leaves], schema=schema, orient="row")


def _received(engine: Engine, compiled: Compiled, measurements: Source) -> Frame:
    """Give every measurement its numbers: unit_no, class_no, leaf_no, at (position), part, numbers, status."""
    raw = engine.frame(measurements)
    have = set(raw.collect_schema().names())
    units = engine.frame(compiled.units.select("unit_code", "unit_no", "class_no"))
    rows = raw.join(units, on="unit_code").join(engine.frame(_codes(compiled)), on="indicator_code")
    if "period" in have:
        places = engine.frame(positions(compiled))
        rows = rows.with_columns(nw.col("period").cast(nw.String).fill_null(str(compiled.period)))
        rows = rows.join(places, on="period")
    else:
        rows = rows.with_columns(at=nw.lit(compiled.position, nw.Int16))
    numbers = [finite(n).alias(n) if n in have else nw.lit(None, nw.Float64).alias(n) for n in NUMBERS]
    given = nw.lit(False)
    bad = nw.lit(False)
    for name in NUMBERS:
        if name in have:
            given = given | ~nw.col(name).is_null()
            bad = bad | (~nw.col(name).is_null() & ~nw.col(name).cast(nw.Float64).is_finite())
    written = nw.col("status") if "status" in have else nw.lit(None, nw.String)
    status = nw.when(written.is_null()).then(nw.when(given).then(nw.lit("reported")).otherwise(nw.lit("missing")))
    return rows.select(
        "unit_no",
        "class_no",
        "leaf_no",
        "at",
        (nw.col("part").fill_null("") if "part" in have else nw.lit("")).alias("part"),
        *numbers,
        status.otherwise(written).alias("status"),
        nw.when(bad).then(nw.lit(REASON["not_finite"], nw.Int16)).alias("reason"),
    )


def positions(compiled: Compiled) -> pl.DataFrame:
    """Return period code → position in the year, from 1; the same period last year and the one before as −1 and 0.

    A longer period counts where its last month does: 2023H1 with 2023Q2.
    """
    codes: dict[str, int] = {}
    year = periods_of(compiled.plan, compiled.period)
    for number, period in enumerate(year, 1):
        for months in (12, 6, 3, 1):
            if period.last_month % months == 0:
                codes[str(Period(period.year, period.last_month, months))] = number
        codes[str(period)] = number
    codes[str(compiled.period)] = compiled.position
    here = year[compiled.position - 1]
    codes.setdefault(str(here.last_year()), -1)
    codes.setdefault(str(compiled.period.last_year()), -1)
    if compiled.position == 1 and here.months != 12:
        codes.setdefault(str(here.previous()), 0)
    return pl.DataFrame(list(codes.items()), schema={"period": pl.String, "at": pl.Int16}, orient="row")


def _verified(engine: Engine, compiled: Compiled, rows: Frame, verdicts: pl.DataFrame) -> Frame:
    """Let the newest verdict on a cell stand before what was reported: adjusted numbers, or refused."""
    places = dict(positions(compiled).iter_rows())
    newest = (
        verdicts.sort("recorded_at", maintain_order=True)
        .unique(["unit_code", "indicator_code", "period", "part"], keep="last", maintain_order=True)
        .join(compiled.units.select("unit_code", "unit_no"), on="unit_code")
        .join(_codes(compiled), on="indicator_code")
        .with_columns(at=pl.col("period").replace_strict(places, default=None, return_dtype=pl.Int16))
        .filter(pl.col("at").is_not_null() & (pl.col("verdict") != "accepted"))
        .select(
            "unit_no", "leaf_no", "at", pl.col("part").fill_null(""), "verdict",
            *(pl.col(n).cast(pl.Float64).alias(f"v_{n}") for n in NUMBERS),
        )
    )  # fmt: skip
    joined = rows.join(engine.frame(newest), on=["unit_no", "leaf_no", "at", "part"], how="left")
    verdict = nw.col("verdict")
    numbers = [
        nw.when(verdict == "adjusted").then(nw.col(f"v_{n}")).when(verdict.is_null()).then(nw.col(n)).alias(n)
        for n in NUMBERS
    ]
    reason = (
        nw.when(verdict == "refused")
        .then(nw.lit(REASON["refused"], nw.Int16))
        .when(verdict == "adjusted")
        .then(nw.lit(REASON["adjusted"], nw.Int16))
        .otherwise(nw.col("reason"))
    )
    status = nw.when(verdict == "adjusted").then(nw.lit("reported")).otherwise(nw.col("status"))
    return joined.select(
        "unit_no", "class_no", "leaf_no", "at", "part", *numbers, status.alias("status"), reason.alias("reason")
    )


def _with_previous(engine: Engine, compiled: Compiled, used: Frame, rows: Frame) -> Frame:
    """Add the earlier value that growth compares with: the period before, or the same period last year."""
    wanted = []
    for leaf in compiled.leaves:
        on = getattr(leaf.method, "on", "baseline")
        if on == "previous_period":
            wanted.append((leaf.number, leaf.asked[-2] if len(leaf.asked) > 1 else 0))
        elif on == "same_period_last_year":
            wanted.append((leaf.number, -1))
    if not wanted:
        return used.with_columns(previous=nw.lit(None, nw.Float64))
    table = pl.DataFrame(wanted, schema={"leaf_no": INDEX["leaf_no"], "at": pl.Int16}, orient="row")
    before = rows.join(engine.frame(table), on=["leaf_no", "at"]).filter(nw.col("part") == "")
    ratio = nw.when(nw.col("denominator") > 0).then(nw.col("numerator") / nw.col("denominator"))
    before = before.select("unit_no", "leaf_no", previous=nw.coalesce(nw.col("value"), ratio))
    return used.join(before, on=["unit_no", "leaf_no"], how="left")
