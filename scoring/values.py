"""The value used: from measurements, as reported or verified, to one row per unit and indicator.

Quarters that add up are summed; parts (checklist items, kinds of points, stages, raters' marks) are weighed; a numerator
is divided by its denominator only later, by the formula. Absent and impossible numbers become null here, with a reason.
"""

from typing import Any

import narwhals as nw
import polars as pl

from schemas.asked import periods_of
from schemas.errors import UserError
from schemas.methods import Checklist, Milestones, Panel
from schemas.periods import Period, parse_period
from schemas.reasons import REASONS
from scoring.compile import INDEX, Compiled, Leaf, part_weights
from scoring.engine import Engine, Source, collect
from scoring.exact import SCALE, from_units, to_units

REASON = {code: number for number, code in enumerate(REASONS, 1)}
Frame = nw.LazyFrame[Any]
NUMBERS = ("value", "numerator", "denominator")


def finite(name: str) -> nw.Expr:
    """Return the column with NaN and infinity as null."""
    number = nw.col(name).cast(nw.Float64)
    return nw.when(number.is_finite()).then(number)


def values(engine: Engine, compiled: Compiled, measurements: Source, verifications: pl.DataFrame | None = None) -> Frame:
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
        frames.append(_single(engine, rows, single, all_leaves=not several))
    if several:
        rows = engine.keep(rows)
        frames += [_gathered(engine, rows, [x for x in several if x.method.kind != "panel"])]  # type: ignore[attr-defined]
        marks = [x for x in several if isinstance(x.method, Panel)]
        frames += [_panel(engine, rows, marks)] if marks else []
    used = nw.concat(frames) if len(frames) > 1 else frames[0]
    return _with_previous(engine, compiled, used, rows)


def _codes(compiled: Compiled) -> pl.DataFrame:
    schema = {"indicator_code": pl.String, "leaf_no": INDEX["leaf_no"]}
    return pl.DataFrame([(x.indicator.code, x.number) for x in compiled.leaves], schema=schema, orient="row")


def _received(engine: Engine, compiled: Compiled, measurements: Source) -> Frame:
    """Give every measurement its numbers: unit_no, class_no, leaf_no, at (position, −1 last year), part, numbers, status."""
    raw = engine.frame(measurements)
    have = set(raw.collect_schema().names())
    units = engine.frame(compiled.units.select("unit_code", "unit_no", "class_no"))
    rows = raw.join(units, on="unit_code").join(engine.frame(_codes(compiled)), on="indicator_code")
    if "period" in have:
        places = engine.frame(_positions(compiled))
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


def _positions(compiled: Compiled) -> pl.DataFrame:
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
    places = dict(_positions(compiled).iter_rows())
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
        nw.when(verdict == "adjusted").then(nw.col(f"v_{n}")).when(verdict.is_null()).then(nw.col(n)).alias(n) for n in NUMBERS
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


def _settings(leaves: list[Leaf]) -> pl.DataFrame:
    """Return one row per indicator: leaf_no, asked_at (where its value stands), and how it takes a nil return."""
    rows = [(x.number, x.asked[-1], _nil(x)) for x in leaves]
    return pl.DataFrame(rows, schema={"leaf_no": INDEX["leaf_no"], "asked_at": pl.Int16, "nil": pl.Int16}, orient="row")


def _nil(leaf: Leaf) -> int:
    """Return what 零报告 means: 0 the number zero, 1 not applicable, 2 refused."""
    kind = leaf.method.kind  # type: ignore[attr-defined]
    if kind == "coverage":
        return 1
    return 0 if leaf.indicator.accumulation == "flow" or kind in ("points", "deductions") else 2


def _single(engine: Engine, rows: Frame, leaves: list[Leaf], *, all_leaves: bool) -> Frame:
    """Take the one row that is the value: the period in which the indicator was last asked."""
    settings = engine.frame(_settings(leaves))
    found = rows.join(settings, on="leaf_no").filter(nw.col("at") == nw.col("asked_at"))
    nil = nw.col("status") == "nil"
    zero = nil & (nw.col("nil") == 0)
    counts = (nw.col("status") == "reported") & (nw.col("reason").is_null() | (nw.col("reason") == REASON["adjusted"]))
    waived = (nw.col("status") == "not_applicable") | (nil & (nw.col("nil") == 1))
    return found.select(
        "unit_no",
        "class_no",
        "leaf_no",
        nw.when(zero).then(nw.lit(0.0)).when(counts).then(nw.col("value")).alias("value"),
        nw.when(counts).then(nw.col("numerator")).alias("numerator"),
        nw.when(counts).then(nw.col("denominator")).alias("denominator"),
        waived.alias("waived"),
        _absence(nil).alias("reason"),
    )


def _absence(nil: nw.Expr) -> nw.Expr:
    return (
        nw.when(~nw.col("reason").is_null())
        .then(nw.col("reason"))
        .when(nw.col("status") == "missing")
        .then(nw.lit(REASON["not_reported"], nw.Int16))
        .when(nil & (nw.col("nil") == 2))
        .then(nw.lit(REASON["nil_not_allowed"], nw.Int16))
        .when(nil & (nw.col("nil") == 0))
        .then(nw.lit(REASON["nil"], nw.Int16))
    )


def _part_table(leaves: list[Leaf]) -> pl.DataFrame:
    """Return leaf_no, part, part_weight, part_cap, whole_or_nothing: what one in each part counts."""
    rows: list[tuple[int, str, float, float | None, bool]] = []
    for leaf in leaves:
        weights, _ = part_weights(leaf)
        caps = getattr(leaf.method, "cap_by_kind", {})
        once = isinstance(leaf.method, Checklist | Milestones)
        rows += [(leaf.number, part, weight, caps.get(part), once) for part, weight in weights.items()]
    schema = {
        "leaf_no": INDEX["leaf_no"], "part": pl.String, "part_weight": pl.Float64, "part_cap": pl.Float64,
        "once": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _gathered(engine: Engine, rows: Frame, leaves: list[Leaf]) -> Frame:
    """Sum quarters, then weigh parts: several measurements become one value per unit and indicator."""
    terms = [(x.number, p) for x in leaves for p in _terms(x)]
    wanted = pl.DataFrame(terms, schema={"leaf_no": INDEX["leaf_no"], "at": pl.Int16}, orient="row")
    plain = pl.DataFrame(
        [(x.number, _nil(x), _needed(x), part_weights(x)[1] or 1.0, x.latest) for x in leaves],
        schema={"leaf_no": INDEX["leaf_no"], "nil": pl.Int16, "needed": pl.Int64, "any_weight": pl.Float64, "latest": pl.Boolean},
        orient="row",
    )
    found = rows.join(engine.frame(wanted), on=["leaf_no", "at"]).join(engine.frame(plain), on="leaf_no")
    found = _latest(found, leaves)
    nil = nw.col("status") == "nil"
    zero = nil & (nw.col("nil") == 0)
    counts = (nw.col("status") == "reported") & (nw.col("reason").is_null() | (nw.col("reason") == REASON["adjusted"]))
    found = found.with_columns(
        value=nw.when(zero).then(nw.lit(0.0)).when(counts).then(nw.col("value")),
        numerator=nw.when(counts).then(nw.col("numerator")),
        denominator=nw.when(counts).then(nw.col("denominator")),
        waived=(nw.col("status") == "not_applicable") | (nil & (nw.col("nil") == 1)),
        missed=(nw.col("status") == "missing").cast(nw.Int64),
        reason=_absence(nil),
    )
    keys = ["unit_no", "class_no", "leaf_no", "part"]
    by_part = found.group_by(*keys, "needed", "any_weight").agg(
        *(_exact_sum(n).alias(n) for n in NUMBERS),
        *(nw.col(n).count().alias(f"n_{n}") for n in NUMBERS),
        nw.col("at").n_unique().alias("periods"),
        nw.col("waived").cast(nw.Int64).max().alias("waived"),
        nw.col("missed").max().alias("missed"),
        nw.col("reason").min().alias("reason"),
    )
    weighed = by_part.join(engine.frame(_part_table(leaves)), on=["leaf_no", "part"], how="left")
    amount = nw.col("value")
    amount = nw.when(nw.col("once") & (amount > 1)).then(nw.lit(1.0)).otherwise(amount)
    amount = nw.when(nw.col("once") & (amount < 0)).then(nw.lit(0.0)).otherwise(amount)
    points = amount * nw.coalesce(nw.col("part_weight"), nw.col("any_weight"))
    points = nw.when(points > nw.col("part_cap")).then(nw.col("part_cap")).otherwise(points)
    total = weighed.with_columns(value=points).group_by("unit_no", "class_no", "leaf_no", "needed").agg(
        *(_exact_sum(n).alias(n) for n in NUMBERS),
        *(nw.col(f"n_{n}").sum().alias(f"n_{n}") for n in NUMBERS),
        nw.col("periods").max().alias("periods"),
        nw.col("waived").max().alias("waived"),
        nw.col("missed").max().alias("missed"),
        nw.col("reason").min().alias("reason"),
    )
    gap = (nw.col("needed") > 0) & ((nw.col("periods") < nw.col("needed")) | (nw.col("missed") > 0))
    reason = nw.col("reason")
    harmless = reason.is_null() | (reason == REASON["nil"]) | (reason == REASON["adjusted"]) | (reason == REASON["not_reported"])
    usable = ~gap & harmless
    several = nw.when((nw.col("needed") > 1) & gap & harmless).then(nw.lit(REASON["gap"], nw.Int16)).otherwise(reason)
    return total.select(
        "unit_no",
        "class_no",
        "leaf_no",
        *(nw.when(usable & (nw.col(f"n_{n}") > 0)).then(nw.col(n)).alias(n) for n in NUMBERS),
        ((nw.col("waived") > 0) & (nw.col("n_value") == 0) & (nw.col("n_denominator") == 0)).alias("waived"),
        several.alias("reason"),
    )


def _exact_sum(name: str) -> nw.Expr:
    """Sum large or small numbers without regard to order: integers of 1e-6 and of the 1e-12 below."""
    number = nw.col(name)
    coarse = (number * 1e6).floor()
    fine = to_units((number * 1e6 - coarse) / 1e6)
    return coarse.cast(nw.Int64).sum().cast(nw.Float64) / 1e6 + fine.sum().cast(nw.Float64) / SCALE


def _terms(leaf: Leaf) -> tuple[int, ...]:
    """Return the positions whose measurements make up the value."""
    sums = leaf.indicator.accumulation == "flow" and leaf.indicator.reported == "increment"
    return leaf.asked if sums or leaf.latest else leaf.asked[-1:]


def _needed(leaf: Leaf) -> int:
    """Return how many periods must have been reported; 0 where gaps are allowed."""
    return 0 if leaf.indicator.gaps != "missing" else len(_terms(leaf))


def _latest(rows: Frame, leaves: list[Leaf]) -> Frame:
    """Where an earlier value may stand in, keep only the latest reported rows."""
    if not any(leaf.latest and _terms(leaf) != leaf.asked[-1:] for leaf in leaves):
        return rows
    reported = nw.when(nw.col("status").is_in(["reported", "nil"])).then(nw.col("at"))
    rows = rows.with_columns(newest=reported.max().over("unit_no", "leaf_no"))
    flow = [x.number for x in leaves if x.indicator.accumulation == "flow" and x.indicator.reported == "increment"]
    keep = ~nw.col("latest") | nw.col("leaf_no").is_in(flow) | (nw.col("at") == nw.col("newest"))
    return rows.filter(keep).drop("newest")


def _panel(engine: Engine, rows: Frame, leaves: list[Leaf]) -> Frame:
    """Average raters' marks inside each group, least and greatest trimmed, then weigh the groups that were heard."""
    settings = [(x.number, x.asked[-1], x.method.trim, x.method.min_raters) for x in leaves]  # type: ignore[attr-defined]
    schema = {"leaf_no": INDEX["leaf_no"], "at": pl.Int16, "trim": pl.Int64, "min_raters": pl.Int64}
    plain = engine.frame(pl.DataFrame(settings, schema=schema, orient="row"))
    weights = engine.frame(_part_table(leaves).select("leaf_no", "part_weight", rater_group="part"))
    marks = rows.join(plain, on=["leaf_no", "at"]).with_columns(rater_group=nw.col("part").str.replace_all("/.*", ""))
    marks = marks.filter(~nw.col("value").is_null() & (nw.col("status") == "reported")).join(weights, on=["leaf_no", "rater_group"])
    keys = ["unit_no", "class_no", "leaf_no", "rater_group"]
    place = nw.col("value").rank("ordinal").over(*keys)
    marks = marks.with_columns(place=place, heard=nw.len().over(*keys))
    trim = nw.when(nw.col("heard") > nw.col("trim") * 2).then(nw.col("trim")).otherwise(nw.lit(0))
    kept = marks.filter((nw.col("place") > trim) & (nw.col("place") <= nw.col("heard") - trim))
    groups = kept.group_by(*keys, "part_weight", "min_raters").agg(
        to_units(nw.col("value") / 1e3).sum().alias("sum"), nw.len().alias("n"), nw.col("heard").max().alias("heard")
    )
    mean = from_units(nw.col("sum")) * 1e3 / nw.col("n")
    totals = _group_means(groups, mean)
    enough = nw.col("heard") >= nw.col("min_raters")
    none = nw.lit(None, nw.Float64)
    return totals.select(
        "unit_no",
        "class_no",
        "leaf_no",
        nw.when(enough & (nw.col("weight") > 0)).then(nw.col("sum").cast(nw.Float64) / nw.col("weight").cast(nw.Float64)).alias("value"),
        none.alias("numerator"),
        none.alias("denominator"),
        nw.lit(False).alias("waived"),
        nw.when(~enough).then(nw.lit(REASON["too_few_raters"], nw.Int16)).alias("reason"),
    )


def _group_means(groups: Frame, mean: nw.Expr) -> Frame:
    weighed = groups.with_columns(
        mark=to_units(mean * nw.col("part_weight") / 1e3), weight=to_units(nw.col("part_weight") / 1e3)
    )
    return weighed.group_by("unit_no", "class_no", "leaf_no", "min_raters").agg(
        nw.col("mark").sum().alias("sum"), nw.col("weight").sum().alias("weight"), nw.col("heard").sum().alias("heard")
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


def refuse_unknown(engine: Engine, compiled: Compiled, measurements: Source) -> None:
    """Say which units, indicators, periods or parts of the measurements nobody knows.

    Raises:
        UserError: naming the first of them.
    """
    raw = engine.frame(measurements)
    have = set(raw.collect_schema().names())
    known_units = compiled.plan.units["unit_code"].to_list() + compiled.units["unit_code"].to_list()
    checks = [("unit_code", set(known_units), "单位代码", "unit"), ("indicator_code", set(compiled.plan.leaves), "指标代码", "indicator")]
    for column, known, zh, en in checks:
        found = collect(raw.select(column).unique())[column].to_list()
        unknown = sorted(str(c) for c in found if c not in known)
        if unknown:
            shown = "、".join(unknown[:5])
            raise UserError(
                f"填报数据中有 {len(unknown)} 个不认识的{zh}:{shown}。请更正或删除这些行。",
                f"The measurements name {len(unknown)} unknown {en}(s): {shown}. Correct or remove these rows.",
            )
    if "period" in have:
        for text in collect(raw.select("period").unique())["period"].drop_nulls().cast(pl.String).to_list():
            parse_period(text)
    if "part" in have:
        _refuse_parts(engine, compiled, raw)


def _refuse_parts(engine: Engine, compiled: Compiled, raw: Frame) -> None:
    found = collect(raw.select("indicator_code", "part").unique()).drop_nulls()
    leaves = {x.indicator.code: x for x in compiled.leaves}
    for code, part in sorted(found.iter_rows()):
        leaf = leaves.get(code)
        group = part.split("/")[0] if leaf is not None and isinstance(leaf.method, Panel) else part
        if leaf is not None and part != "" and leaf.parts and group not in leaf.parts:
            known = "、".join(leaf.parts)
            raise UserError(
                f"指标 {code} 没有分项“{part}”。可用:{known}。", f"Indicator {code} has no part '{part}'. Known: {known}."
            )
