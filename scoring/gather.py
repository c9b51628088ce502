"""From rows to one value: the single row that counts, or quarters that add up and parts that are weighed."""

import narwhals as nw
import polars as pl

from schemas.methods import Checklist, Milestones, Panel
from scoring.compile import Compiled, Leaf, part_weights
from scoring.engine import Engine, collect
from scoring.exact import exact_sum, from_units, to_units
from scoring.frames import NUMBERS, REASON, Frame
from scoring.nodes import INDEX
from scoring.unknown import cell_twice, sum_beside_part

WAIVED = ("not_applicable", "not_assigned")
"""Words of a row that take its cell out of the denominator: granted, or never asked."""
LARGEST = 1e15
MOST_PERIODS = 12
"""A year has at most so many periods: months."""


def _settings(leaves: list[Leaf]) -> pl.DataFrame:
    """Return one row per indicator: leaf_no, asked_at (where its value stands), and how it takes a nil return."""
    rows = [(x.number, x.asked[-1], nil_rule(x)) for x in leaves]
    return pl.DataFrame(rows, schema={"leaf_no": INDEX["leaf_no"], "asked_at": pl.Int16, "nil": pl.Int16}, orient="row")


def nil_rule(leaf: Leaf) -> int:
    """Return what 零报告 means: 0 the number zero, 1 not applicable, 2 refused."""
    kind = leaf.method.kind
    if kind == "coverage":
        return 1
    return 0 if leaf.indicator.accumulation == "flow" or kind in ("points", "deductions") else 2


def single_rows(engine: Engine, rows: Frame, leaves: list[Leaf]) -> Frame:
    """Take the one row that is the value: the period in which the indicator was last asked."""
    settings = engine.frame(_settings(leaves))
    found = rows.join(settings, on="leaf_no").filter(nw.col("at") == nw.col("asked_at"))
    nil = nw.col("status") == "nil"
    zero = nil & (nw.col("nil") == 0)
    counts = (nw.col("status") == "reported") & (nw.col("reason").is_null() | (nw.col("reason") == REASON["adjusted"]))
    waived = nw.col("status").is_in(WAIVED) | (nil & (nw.col("nil") == 1))
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


def gathered_rows(engine: Engine, compiled: Compiled, rows: Frame, leaves: list[Leaf]) -> Frame:
    """Sum quarters, then weigh parts: several measurements become one value per unit and indicator."""
    wanted = _stands_for(leaves)
    plain = pl.DataFrame(
        [(x.number, nil_rule(x), x.needed, part_weights(x)[1] or 1.0, x.latest) for x in leaves],
        schema={
            "leaf_no": INDEX["leaf_no"],
            "nil": pl.Int16,
            "needed": pl.Int64,
            "any_weight": pl.Float64,
            "latest": pl.Boolean,
        },
        orient="row",
    )
    found = rows.join(engine.frame(wanted), on=["leaf_no", "at", "covers"]).join(engine.frame(plain), on="leaf_no")
    _refuse_overlaps(compiled, found)
    _refuse_twice(compiled, found)
    found = _less_excused(engine, compiled, found, leaves)
    found = _bounded(_latest(found, leaves))
    nil = nw.col("status") == "nil"
    zero = nil & (nw.col("nil") == 0)
    counts = (nw.col("status") == "reported") & (nw.col("reason").is_null() | (nw.col("reason") == REASON["adjusted"]))
    found = found.with_columns(
        value=nw.when(zero).then(nw.lit(0.0)).when(counts).then(nw.col("value")),
        numerator=nw.when(counts).then(nw.col("numerator")),
        denominator=nw.when(counts).then(nw.col("denominator")),
        waived=nw.col("status").is_in(WAIVED) | (nil & (nw.col("nil") == 1)),
        missed=(nw.col("status") == "missing").cast(nw.Int64),
        reason=_absence(nil),
    )
    # A flaw, such as a refusal, leaves no value whatever gaps may; a remark stands beside one.
    mild = nw.col("reason").is_in([REASON["nil"], REASON["adjusted"]])
    silent = nw.col("reason") == REASON["not_reported"]
    found = found.with_columns(
        flaw=nw.when(~mild & ~silent).then(nw.col("reason")), remark=nw.when(mild).then(nw.col("reason"))
    )
    keys = ["unit_no", "class_no", "leaf_no", "part"]
    by_part = found.group_by(*keys, "needed", "any_weight").agg(
        *(exact_sum(n).alias(n) for n in NUMBERS),
        *(nw.col(n).count().alias(f"n_{n}") for n in NUMBERS),
        nw.col("waived").cast(nw.Int64).max().alias("waived"),
        nw.col("missed").max().alias("missed"),
        nw.col("flaw").min().alias("flaw"),
        nw.col("remark").min().alias("remark"),
    )
    weighed = by_part.join(engine.frame(_part_table(leaves)), on=["leaf_no", "part"], how="left")
    amount = nw.col("value")
    amount = nw.when(nw.col("once") & (amount > 1)).then(nw.lit(1.0)).otherwise(amount)
    amount = nw.when(nw.col("once") & (amount < 0)).then(nw.lit(0.0)).otherwise(amount)
    points = amount * nw.coalesce(nw.col("part_weight"), nw.col("any_weight"))
    points = nw.when(points > nw.col("part_cap")).then(nw.col("part_cap")).otherwise(points)
    total = (
        weighed.with_columns(value=points)
        .group_by("unit_no", "class_no", "leaf_no", "needed")
        .agg(
            *(exact_sum(n).alias(n) for n in NUMBERS),
            *(nw.col(f"n_{n}").sum().alias(f"n_{n}") for n in NUMBERS),
            nw.col("waived").max().alias("waived"),
            nw.col("missed").max().alias("missed"),
            nw.col("flaw").min().alias("flaw"),
            nw.col("remark").min().alias("remark"),
        )
    )
    heard = found.group_by("unit_no", "leaf_no", "at").agg(nw.col("stands_for").max())
    heard = heard.group_by("unit_no", "leaf_no").agg(nw.col("stands_for").sum().alias("periods"))
    total = total.join(heard, on=["unit_no", "leaf_no"])
    gap = (nw.col("needed") > 0) & ((nw.col("periods") < nw.col("needed")) | (nw.col("missed") > 0))
    flaw = nw.col("flaw")
    usable = ~gap & flaw.is_null()
    absence = nw.when(nw.col("needed") > 1).then(nw.lit(REASON["gap"], nw.Int16))
    absence = absence.otherwise(nw.lit(REASON["not_reported"], nw.Int16))  # type: ignore[assignment]
    reason = nw.coalesce(flaw, nw.when(gap).then(absence).otherwise(nw.col("remark")))
    return total.select(
        "unit_no",
        "class_no",
        "leaf_no",
        *(nw.when(usable & (nw.col(f"n_{n}") > 0)).then(nw.col(n)).alias(n) for n in NUMBERS),
        # Not applicable is what has no number and no silence beside it, nor anything refused.
        (usable & (nw.col("waived") > 0) & (nw.col("n_value") == 0) & (nw.col("n_denominator") == 0)).alias("waived"),
        reason.alias("reason"),
    )


def _stands_for(leaves: list[Leaf]) -> pl.DataFrame:
    """Return leaf_no, at, covers, stands_for: for how many of the indicator's periods a row stands.

    A row without a period, or of a longer one than is collected (2023H1, 2023), is the sum of several.
    """
    rows = []
    for leaf in leaves:
        terms, spans = leaf.terms, range(1, MOST_PERIODS + 1)
        rows += [(leaf.number, p, span, sum(p - span < t <= p for t in terms)) for p in terms for span in spans]
    schema = {"leaf_no": INDEX["leaf_no"], "at": pl.Int16, "covers": pl.Int16, "stands_for": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _less_excused(engine: Engine, compiled: Compiled, rows: Frame, leaves: list[Leaf]) -> Frame:
    """Take the periods that a unit was not asked for out of those it must have reported; its silence there is none."""
    terms = pl.DataFrame(
        [(x.number, p) for x in leaves for p in x.terms if x.needed > 1],
        schema={"leaf_no": INDEX["leaf_no"], "at": pl.Int16}, orient="row",
    )  # fmt: skip
    excused = compiled.excused.join(terms, on=["leaf_no", "at"], how="semi")
    if excused.is_empty():
        return rows
    cell = ["unit_no", "leaf_no"]
    places = _stands_for(leaves).select("leaf_no", "at", "covers")
    spanned = (
        excused.rename({"at": "term"})
        .join(places, on="leaf_no")
        .filter((pl.col("term") <= pl.col("at")) & (pl.col("term") > pl.col("at") - pl.col("covers")))
    )
    fewer = spanned.group_by(*cell, "at", "covers").agg(fewer=pl.len().cast(pl.Int64))
    rows = rows.join(engine.frame(fewer), on=[*cell, "at", "covers"], how="left")
    unneeded = engine.frame(excused.group_by(*cell).agg(unneeded=pl.len().cast(pl.Int64)))
    rows = rows.join(unneeded, on=cell, how="left").with_columns(
        stands_for=nw.col("stands_for") - nw.col("fewer").fill_null(0),
        needed=nw.col("needed") - nw.col("unneeded").fill_null(0),
    )
    return rows.filter((nw.col("status") != "missing") | (nw.col("stands_for") > 0)).drop("fewer", "unneeded")


def _refuse_overlaps(compiled: Compiled, rows: Frame) -> None:
    """Refuse a sum over several periods beside one of its own periods: it would count twice."""
    cell = ["unit_no", "leaf_no", "part"]
    sums = rows.filter(nw.col("covers") > 1).select(*cell, last="at", length="covers")
    inside = (nw.col("at") <= nw.col("last")) & (nw.col("at") > nw.col("last") - nw.col("length"))
    both = rows.join(sums, on=cell).filter(inside & (nw.col("covers") < nw.col("length")))
    found = collect(both.select("unit_no", "leaf_no", "at", "covers", "last", "length"))
    if not found.is_empty():
        row = found.sort("unit_no", "leaf_no", "last", "at").row(0, named=True)
        whole, one = (row["last"], row["length"]), (row["at"], row["covers"])
        raise sum_beside_part(compiled, row["unit_no"], row["leaf_no"], whole, one)


def _bounded(rows: Frame) -> Frame:
    """Refuse numbers beyond 1e15, which no sum of doubles can hold exactly."""
    large = nw.lit(False)
    for name in NUMBERS:
        large = large | (nw.col(name).abs() > LARGEST).fill_null(False)
    numbers = [nw.when(nw.col(n).abs() <= LARGEST).then(nw.col(n)).alias(n) for n in NUMBERS]
    reason = nw.when(large).then(nw.lit(REASON["impossible_value"], nw.Int16)).otherwise(nw.col("reason"))
    return rows.with_columns(*numbers, reason=reason)


def _refuse_twice(compiled: Compiled, rows: Frame) -> None:
    """Refuse a cell of which one period and part came twice, before anything is added up."""
    counts = rows.group_by("unit_no", "leaf_no", "at", "part").agg(nw.len().alias("n")).filter(nw.col("n") > 1)
    twice = collect(counts)
    if not twice.is_empty():
        row = twice.sort("unit_no", "leaf_no", "at", "part").row(0, named=True)
        raise cell_twice(compiled, row["unit_no"], row["leaf_no"], row["n"])


def _latest(rows: Frame, leaves: list[Leaf]) -> Frame:
    """Where an earlier value may stand in, keep only the latest rows that say anything.

    What the office granted not applicable is no gap: no earlier value stands in for it.
    """
    if not any(leaf.latest and leaf.terms != leaf.asked[-1:] for leaf in leaves):
        return rows
    said = nw.when(nw.col("status") != "missing").then(nw.col("at"))
    rows = rows.with_columns(newest=said.max().over("unit_no", "leaf_no"))
    flow = [x.number for x in leaves if x.indicator.accumulation == "flow" and x.indicator.reported == "increment"]
    keep = ~nw.col("latest") | nw.col("leaf_no").is_in(flow) | (nw.col("at") == nw.col("newest"))
    return rows.filter(keep).drop("newest")


def panel_rows(engine: Engine, rows: Frame, leaves: list[Leaf]) -> Frame:
    """Average raters' marks inside each group, least and greatest trimmed, then weigh the groups that were heard."""
    settings = [
        (x.number, x.asked[-1], x.method.trim, x.method.min_raters, *x.method.scale, max(map(abs, x.method.scale)))
        for x in leaves
        if isinstance(x.method, Panel)
    ]
    schema = {
        "leaf_no": INDEX["leaf_no"], "at": pl.Int16, "trim": pl.Int64, "min_raters": pl.Int64, "lowest": pl.Float64,
        "highest": pl.Float64, "size": pl.Float64,
    }  # fmt: skip
    plain = engine.frame(pl.DataFrame(settings, schema=schema, orient="row"))
    share = pl.col("part_weight") / pl.col("part_weight").sum().over("leaf_no")
    weights = engine.frame(_part_table(leaves).select("leaf_no", "part_weight", share=share, rater_group="part"))
    marks = rows.join(plain, on=["leaf_no", "at"]).with_columns(rater_group=nw.col("part").str.replace_all("/.*", ""))
    outside = (nw.col("value") < nw.col("lowest")) | (nw.col("value") > nw.col("highest"))
    flaw = nw.when(outside).then(nw.lit(REASON["impossible_value"], nw.Int16)).otherwise(nw.col("reason"))
    inside = nw.when(~outside).then(nw.col("value"))
    marks = marks.with_columns(flaw=nw.when(flaw != REASON["adjusted"]).then(flaw), value=inside)
    heard_of = (nw.col("status") == "reported") & ~(nw.col("value").is_null() & nw.col("flaw").is_null())
    marks = marks.filter(heard_of).join(weights, on=["leaf_no", "rater_group"])
    keys = ["unit_no", "class_no", "leaf_no", "rater_group"]
    place = nw.col("value").rank("ordinal").over(*keys)
    marks = marks.with_columns(place=place, heard=nw.len().over(*keys))
    trim = nw.when(nw.col("heard") > nw.col("trim") * 2).then(nw.col("trim")).otherwise(nw.lit(0))
    inner = (nw.col("place") > trim) & (nw.col("place") <= nw.col("heard") - trim)
    kept = marks.filter(inner | nw.col("value").is_null())
    # Marks as parts of the greatest of their scale, weights as shares: integers of 1e-12 then lose nothing that counts.
    groups = kept.group_by(*keys, "share", "min_raters", "size").agg(
        to_units(nw.col("value") / nw.col("size")).sum().alias("sum"), nw.col("value").count().alias("n"),
        nw.col("heard").max().alias("heard"), nw.col("flaw").min().alias("flaw"),
    )  # fmt: skip
    mean = from_units(nw.col("sum")) / nw.when(nw.col("n") > 0).then(nw.col("n"))
    totals = _group_means(groups, mean)
    enough = (nw.col("heard") >= nw.col("min_raters")) & nw.col("flaw").is_null()
    none = nw.lit(None, nw.Float64)
    heard_cells = totals.select(
        "unit_no",
        "class_no",
        "leaf_no",
        nw.when(enough & (nw.col("weight") > 0))
        .then(nw.col("sum").cast(nw.Float64) / nw.col("weight").cast(nw.Float64) * nw.col("size"))
        .alias("value"),
        none.alias("numerator"),
        none.alias("denominator"),
        nw.lit(False).alias("waived"),
        nw.when(~enough).then(nw.coalesce(nw.col("flaw"), nw.lit(REASON["too_few_raters"], nw.Int16))).alias("reason"),
    )
    return nw.concat([heard_cells, _unheard(rows, plain, totals)])


def _unheard(rows: Frame, plain: Frame, heard: Frame) -> Frame:
    """Return the cells for which no mark but a word came: not applicable, or a nil return, which a panel refuses."""
    words = rows.join(plain, on=["leaf_no", "at"]).filter(nw.col("status").is_in([*WAIVED, "nil"]))
    cells = words.group_by("unit_no", "class_no", "leaf_no").agg(
        nw.col("status").is_in(WAIVED).cast(nw.Int64).max().alias("waived")
    )
    cells = cells.join(heard, on=["unit_no", "leaf_no"], how="anti")
    none = nw.lit(None, nw.Float64)
    return cells.select(
        "unit_no", "class_no", "leaf_no", none.alias("value"), none.alias("numerator"), none.alias("denominator"),
        (nw.col("waived") > 0).alias("waived"),
        nw.when(nw.col("waived") == 0).then(nw.lit(REASON["nil_not_allowed"], nw.Int16)).alias("reason"),
    )  # fmt: skip


def _group_means(groups: Frame, mean: nw.Expr) -> Frame:
    weighed = groups.with_columns(mark=to_units(mean * nw.col("share")), weight=to_units(nw.col("share")))
    return weighed.group_by("unit_no", "class_no", "leaf_no", "min_raters", "size").agg(
        nw.col("mark").sum().alias("sum"), nw.col("weight").sum().alias("weight"),
        nw.col("heard").sum().alias("heard"), nw.col("flaw").min().alias("flaw"),
    )  # fmt: skip
