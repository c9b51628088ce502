"""Up the tree: children's scores become their parent's, by its mean, its rules for absent children, its limits.

Missing cells are never laid out: what a node lacks is its assigned weight less the weight that has scores and the
weight that does not apply. All means are of one kind, f⁻¹(Σ w·f(score) / Σ w), so imputing a
score v for a missing weight M adds M·f(v). Sums are of integers of 1e-12 and do not depend on order.
"""

from typing import Any

import narwhals as nw
import polars as pl

from scoring.absent import absent_rows, digit
from scoring.compile import Compiled
from scoring.engine import Engine, collect
from scoring.exact import SCALE, divided, exact_sum, from_units, nano, rounded, scale_of, to_units
from scoring.frames import REASON, Frame
from scoring.means import (
    MEANS,
    backward,
    class_mean_sums,
    exception_cells,
    exception_mean_sums,
    forward,
    imputed,
    is_zero,
    kinds_of,
    leaf_means,
    mean_parts,
    parent_rules,
    uses_extremes,
    uses_means,
    with_extremes,
    with_zeros,
    zeros_that_count,
)
from scoring.nodes import AGGREGATES, blocks
from scoring.unknown import cell_twice

LARGEST = 9_000_000
"""The size of all terms of a sum, in hundreds of points, that integers of 1e-12 hold."""


def node_scores(engine: Engine, compiled: Compiled, leaves: Frame) -> tuple[dict[int, Frame], Frame]:
    """Return the nodes, and the sums over indicators (with ``rows``, how many cells each node received).

    The nodes are, by level from the root (0) down, unit_no, class_no, node_no, parent_no, weight, state, score,
    coverage, whole (the denominator), reason.

    ``state`` 0 scored, 1 missing, 2 not applicable, 3 not assigned. ``coverage`` is the share (0-1) of the applicable
    weight below that was really reported.
    """
    rules = compiled.node_table
    means = leaf_means(engine, leaves) if uses_means(compiled) else None
    sums = engine.keep(_leaf_sums(engine, compiled, leaves, means))
    _refuse_duplicates(compiled, leaves, sums)
    extremes = _imputed_extremes(engine, compiled, sums, means)
    levels: dict[int, Frame] = {}
    below: Frame | None = None
    for level in range(max(rules["level"].to_list()), -1, -1):
        grid = engine.frame(compiled.units.select("unit_no", "class_no")).join(
            engine.frame(rules.filter(pl.col("level") == level)), on="class_no"
        )
        rows = _with_sums(engine, compiled, grid, sums, below, means)
        if extremes is not None:
            rows = rows.join(extremes, on=["unit_no", "parent_no"], how="left").with_columns(
                least=nw.min_horizontal("least", "imputed_least"),
                greatest=nw.max_horizontal("greatest", "imputed_greatest"),
            )
        levels[level] = engine.keep(_finish(compiled, rows))
        below = _child_sums(engine, compiled, levels[level]) if level else None
    return dict(sorted(levels.items())), sums


def _sums_over(compiled: Compiled, rows: Frame, keys: list[str], *, means: bool, cover: nw.Expr | None) -> Frame:
    """Sum children by parent; an indicator covers its weight where it has a score (``cover`` None).

    ``rows``: keys, weight, waived, score; aggregate and power of the parent, mean_score where plan rules ask for them.
    """
    kinds = kinds_of(compiled)
    has = ~nw.col("score").is_null()
    weight = nw.col("weight")
    # A child of weight 0 makes no mean zero (x⁰ is 1), and is neither the least nor the greatest.
    counts = weight > 0
    term = to_units(from_units(weight) * forward(nw.col("score"), kinds))
    columns = {
        "present": nw.when(has).then(weight),
        "waived": nw.when(nw.col("waived")).then(weight),
        "terms": nw.when(has).then(term),
        "count": (has & counts).cast(nw.Int64),
    }
    if AGGREGATES["sum"] in kinds:
        columns["size"] = nw.when(has).then(term.abs() // int(SCALE))
    if cover is not None:
        columns["covered"] = to_units(from_units(weight) * cover)
    if kinds - {AGGREGATES[k] for k in ("arithmetic", "sum", "min", "max")}:
        columns["zeros"] = (has & counts & (nw.col("score") <= 0)).cast(nw.Int64)
    if means:
        mean = nw.col("mean_score")
        mean_term = to_units(from_units(weight) * forward(mean, kinds))
        known = ~mean.is_null()
        columns["mean_present"] = nw.when(has & known).then(mean_term)
        columns["mean_present_weight"] = nw.when(has & known).then(weight)
        columns["mean_waived"] = nw.when(nw.col("waived") & known).then(mean_term)
        columns["mean_waived_weight"] = nw.when(nw.col("waived") & known).then(weight)
        columns["mean_present_zeros"] = nw.when(has & counts).then(is_zero("mean_score"))
        columns["mean_waived_zeros"] = nw.when(nw.col("waived") & counts).then(is_zero("mean_score"))
    rows = rows.with_columns(**{f"s_{name}": expr for name, expr in columns.items()})
    aggregates = [nw.col(f"s_{name}").sum().alias(name) for name in columns]
    if uses_extremes(compiled):
        shown: nw.Expr = nw.col("score")
        if means:
            stands_in = (nw.col("waived") & (nw.col("waived_mode") == 2)) | (
                ~nw.col("waived") & (nw.col("missing") == 2)
            )
            shown = nw.coalesce(shown, nw.when(stands_in).then(nw.col("mean_score")))
        rows = rows.with_columns(shown=nw.when(counts).then(shown))
        aggregates += [nw.col("shown").min().alias("least"), nw.col("shown").max().alias("greatest")]
    if "mark" in rows.collect_schema().names():
        numbers = blocks(compiled.leaf_table)
        one = len(numbers) == 1
        here = {b: nw.col("mark") if one else nw.when(nw.col("block") == b).then(nw.col("mark")) for b in numbers}
        rows = rows.with_columns(**{f"marks_{b}": e for b, e in here.items()})
        aggregates += [*(nw.col(f"marks_{b}").sum().alias(f"marks_{b}") for b in numbers), nw.len().alias("rows")]
    return rows.group_by(*keys).agg(*aggregates)


def _leaf_sums(engine: Engine, compiled: Compiled, leaves: Frame, means: Frame | None) -> Frame:
    rows = leaves
    if kinds_of(compiled) != {AGGREGATES["arithmetic"]}:
        rules = parent_rules(compiled, "aggregate", "power", "missing", "waived_mode")
        rows = rows.join(engine.frame(rules), on="parent_no")
    if means is not None:
        rows = rows.join(means, on=["class_no", "leaf_no"], how="left")
    if compiled.node_table["best"].is_not_null().any():
        rows = _best_only(engine, compiled, rows, "leaf_no")
    return _sums_over(compiled, rows, ["unit_no", "parent_no"], means=means is not None, cover=None)


def _best_only(engine: Engine, compiled: Compiled, rows: Frame, child: str) -> Frame:
    """Where a node counts only its best children, take the others' scores, and what they cover, out."""
    best = parent_rules(compiled, "best").with_columns(
        pl.col("best").fill_null(1_000_000), every=pl.col("best").is_null()
    )  # fmt: skip
    rows = rows.join(engine.frame(best), on="parent_no", how="left")
    rows = engine.keep(with_place(rows, child))
    names = ["score", *({"coverage"} & set(rows.collect_schema().names()))]
    among = nw.col("every") | (nw.col("place") <= nw.col("best"))
    rows = rows.with_columns(nw.when(among).then(nw.col(n)).alias(n) for n in names)
    return rows.drop("best", "every", "order", "place")


def with_place(rows: Frame, child: str) -> Frame:
    """Add place: a child's place among its siblings, 1 the best; equal scores by the plan's order; null without one."""
    rows = rows.with_columns(order=(0.0 - nw.col("score")) * 1e6 + nw.col(child).cast(nw.Float64) / 1e6)
    return rows.with_columns(place=nw.col("order").rank("ordinal").over("unit_no", "parent_no"))


def _imputed_extremes(engine: Engine, compiled: Compiled, sums: Frame, means: Frame | None) -> Frame | None:
    """Return the least and greatest class mean that stand in for indicators of which nothing came (min, max)."""
    if means is None or not uses_extremes(compiled):
        return None
    rules = engine.frame(parent_rules(compiled, "missing").filter(pl.col("missing") == 2))
    cells = absent_rows(engine, compiled, sums).join(rules, on="parent_no").join(means, on=["class_no", "leaf_no"])
    cells = cells.filter(nw.col("weight") > 0)
    return cells.group_by("unit_no", "parent_no").agg(
        nw.col("mean_score").min().alias("imputed_least"), nw.col("mean_score").max().alias("imputed_greatest")
    )


def _refuse_duplicates(compiled: Compiled, leaves: Frame, sums: Frame) -> None:
    """Refuse measurements that came twice: a node's sum of marks then has a digit above 1, or too few digits."""
    twice = nw.lit(False)
    different = nw.lit(0)
    for block in blocks(compiled.leaf_table):
        marks = nw.col(f"marks_{block}").cast(nw.Int64).fill_null(0)
        for place in range(_siblings(compiled, block)):
            times = digit(marks, nw.lit(4**place, nw.Int64))
            twice = twice | (times > 1)
            different = different + times
    odd = sums.filter(twice | (different != nw.col("rows"))).select("unit_no", "parent_no")
    if collect(odd.head(1)).is_empty():
        return
    cells = leaves.join(odd, on=["unit_no", "parent_no"]).group_by("unit_no", "leaf_no").agg(nw.len().alias("n"))
    row = collect(cells.filter(nw.col("n") > 1)).sort("unit_no", "leaf_no").row(0, named=True)
    raise cell_twice(compiled, row["unit_no"], row["leaf_no"], row["n"])


def _siblings(compiled: Compiled, block: int) -> int:
    """Return how many places a column of marks uses at most."""
    marks = compiled.leaf_table.filter(pl.col("block") == block)["mark"]
    return 0 if marks.is_empty() else (int(marks.max()).bit_length() + 1) // 2  # type: ignore[arg-type]


def _child_sums(engine: Engine, compiled: Compiled, nodes: Frame) -> Frame:
    """Sum the nodes of one level by parent; also the weight and number of the children that are assigned at all."""
    rows = nodes.filter(nw.col("state") < 3).select(
        "unit_no", "class_no", "node_no", "parent_no", "weight", "score", "coverage", waived=nw.col("state") == 2
    )
    rows = rows.join(
        engine.frame(parent_rules(compiled, "aggregate", "power", "missing", "waived_mode")), on="parent_no"
    )
    if compiled.node_table["best"].is_not_null().any():
        rows = _best_only(engine, compiled, rows, "node_no")
    means = uses_means(compiled)
    if means:
        sums = rows.filter(~nw.col("score").is_null()).group_by("class_no", "node_no").agg(
            exact_sum("score").alias("sum"), nw.len().alias("n")
        )  # fmt: skip
        mean = sums.select("class_no", "node_no", mean_score=nw.col("sum") / nw.col("n"))
        rows = engine.keep(rows.join(mean, on=["class_no", "node_no"], how="left"))
        mean_term = to_units(from_units(nw.col("weight")) * forward(nw.col("mean_score"), kinds_of(compiled)))
        rows = rows.with_columns(
            mean_all=mean_term, mean_all_weight=nw.when(~nw.col("mean_score").is_null()).then(nw.col("weight")),
            mean_all_zeros=zeros_that_count(),
        )  # fmt: skip
    cover = nw.col("coverage").fill_null(0.0)
    keys = ["unit_no", "parent_no"]
    result = _sums_over(compiled, rows, keys, means=means, cover=cover)
    extra = [nw.col("weight").sum().alias("assigned_weight"), nw.len().alias("assigned_count")]
    if means:
        extra += [nw.col(n).sum() for n in MEANS]
    return result.join(rows.group_by(*keys).agg(*extra), on=keys)


def _with_sums(
    engine: Engine, compiled: Compiled, grid: Frame, leaf: Frame, nodes: Frame | None, means: Frame | None
) -> Frame:
    """Put the sums over indicators and over nodes beside each unit and node, and the assigned weight."""
    keys = ["unit_no", "parent_no"]
    leaf = leaf.with_columns(covered=nw.col("present"))
    names = [c for c in leaf.collect_schema().names() if c not in (*keys, "rows") and not c.startswith("marks_")]
    rows = grid.rename({"parent_no": "above_no", "node_no": "parent_no"}).join(leaf, on=keys, how="left")
    assigned = nw.col("leaf_weight")
    number = nw.col("leaf_count")
    if not compiled.exceptions.is_empty():
        rows = rows.join(engine.frame(_exception_sums(compiled)), on=keys, how="left")
        assigned = assigned + nw.col("x_weight").fill_null(0)
        number = number + nw.col("x_count").fill_null(0)
    totals = {n: nw.col(n).cast(nw.Float64 if n in ("least", "greatest") else nw.Int64) for n in names}
    totals = {n: e if n in ("least", "greatest") else e.fill_null(0) for n, e in totals.items()}
    if means is not None:
        rows = rows.join(class_mean_sums(engine, compiled, means), on=["class_no", "parent_no"], how="left")
        totals |= {n: nw.col(n).cast(nw.Int64).fill_null(0) for n in MEANS}
        if not compiled.exceptions.is_empty():
            rows = rows.join(exception_mean_sums(engine, compiled, means), on=keys, how="left")
            totals |= {n: totals[n] + nw.col(f"x_{n}").cast(nw.Int64).fill_null(0) for n in MEANS}
    rows = rows.with_columns(**totals, assigned_weight=assigned, assigned_count=number)
    if nodes is None:
        return rows
    more = [*totals, "assigned_weight", "assigned_count"]
    other = nodes.rename({n: f"n_{n}" for n in more})
    rows = rows.join(other, on=keys, how="left")
    combined = {}
    for n in more:
        node_sum = nw.col(f"n_{n}")
        if n == "least":
            combined[n] = nw.min_horizontal(n, f"n_{n}")
        elif n == "greatest":
            combined[n] = nw.max_horizontal(n, f"n_{n}")
        else:
            combined[n] = nw.col(n) + node_sum.cast(nw.Int64).fill_null(0)
    return rows.with_columns(**combined)


def _exception_sums(compiled: Compiled) -> pl.DataFrame:
    """Return unit_no, parent_no, and by how much weight and how many children single units differ from their class."""
    return exception_cells(compiled).group_by("unit_no", "parent_no").agg(
        x_weight=(pl.col("sign") * pl.col("weight")).sum(), x_count=pl.col("sign").sum()
    )  # fmt: skip


def _finish(compiled: Compiled, rows: Frame) -> Frame:
    """Compute each node's score, coverage, state and reason from its sums."""
    kinds = kinds_of(compiled)
    present, waived, assigned = nw.col("present"), nw.col("waived"), nw.col("assigned_weight")
    applicable = assigned - waived
    missing = applicable - present
    best = nw.col("best").cast(nw.Float64)
    if compiled.node_table["best"].is_not_null().any():
        # Only the best k children count: the rest is not missing, whatever was reported.
        each = assigned.cast(nw.Float64) / nw.col("assigned_count")
        open_places = (best - nw.col("count")) * each
        at_most = nw.when(open_places < 0).then(nw.lit(0.0)).otherwise(open_places)
        limited = nw.when(at_most < missing).then(at_most).otherwise(missing.cast(nw.Float64))
        missing = nw.when(best.is_null()).then(missing).otherwise(limited.cast(nw.Int64))
        applicable = nw.when(best.is_null()).then(applicable).otherwise(present + missing)
    means = mean_parts(compiled)
    more_m, weight_m = imputed(compiled, "missing", "missing_value", missing, means["missing"])
    more_w, weight_w = imputed(compiled, "waived_mode", "waived_value", waived, means["waived"])
    rows = rows.with_columns(
        applicable=applicable, missing_weight=missing, imputed_weight=weight_m + weight_w,
        whole=present + weight_m + weight_w, all_terms=nw.col("terms") + more_m + more_w,
    )  # fmt: skip
    whole = nw.col("whole")
    # A sum and a product are not divided by their weight.
    added = [AGGREGATES[k] for k in ("sum", "product") if AGGREGATES[k] in kinds]
    terms = nw.col("all_terms").cast(nw.Float64)
    if AGGREGATES["sum"] in kinds:
        terms = terms + _told_if_too_large()
    mean = terms / whole.cast(nw.Float64)
    if added:
        mean = nw.when(nw.col("aggregate").is_in(added)).then(divided(terms, SCALE)).otherwise(mean)
    score: nw.Expr = nw.when(whole > 0).then(backward(mean, kinds))
    score = with_zeros(compiled, score)
    score = with_extremes(compiled, score)
    coverage = nw.when(nw.col("applicable") > 0).then(
        nw.col("covered").cast(nw.Float64) / nw.col("applicable").cast(nw.Float64)
    )
    rows = rows.with_columns(raw=score, coverage=coverage)
    return _limited(compiled, rows)


def _told_if_too_large() -> nw.Expr:
    """Return 0; where terms of a sum are too large to be added up, a number that no engine casts (``what_fits``).

    Polars would add integers beyond their range without a word. Of means the weights, and so the terms, are shares.
    """
    beyond = nw.when(nw.col("size") > LARGEST).then(nw.col("size").cast(nw.Float64) * 1e30)
    return beyond.otherwise(nw.lit(0.0)).cast(nw.Int64).cast(nw.Float64)


def _limited(compiled: Compiled, rows: Frame) -> Frame:
    """Apply minimum coverage and count, the node's range and rounding; give state and reason."""
    low, high, raw = nw.col("low"), nw.col("high"), nw.col("raw")
    scarce = nw.col("coverage") < nw.col("min_coverage") - 1e-12
    few = nw.col("count") < nw.col("min_count")
    # Children of weight 0 alone are nothing to score: what the unit was not assigned leaves the denominator above.
    none = nw.col("assigned_weight") <= 0
    all_waived = (nw.col("applicable") <= 0) & (nw.col("waived") > 0) & (nw.col("whole") <= 0)
    clamped = ((nano(raw) > nano(high)) | (nano(raw) < nano(low))).fill_null(False)
    limited = nw.when(raw > high).then(high).when(raw < low).then(low).otherwise(raw)
    kept: nw.Expr = nw.when(~scarce.fill_null(False) & ~few & ~none).then(limited)
    number = {k: nw.lit(v, nw.Int16) for k, v in REASON.items()}
    reason: Any = (
        nw.when(none)
        .then(number["not_assigned"])
        .when(all_waived)
        .then(number["not_applicable"])
        .when(nw.col("whole") <= 0)
        .then(number["not_reported"])
        .when(scarce.fill_null(False))
        .then(number["below_min_coverage"])
        .when(few)
        .then(number["below_min_count"])
        .when(raw.is_null())
        .then(number["bad_parameter"])
        .when(nw.col("imputed_weight") > 0)
        .then(number["imputed"])
        .when(clamped)
        .then(number["clamped"])
    )
    state = (
        nw.when(none).then(nw.lit(3, nw.Int16)).when(all_waived).then(nw.lit(2, nw.Int16))
        .when(nw.col("score").is_null()).then(nw.lit(1, nw.Int16)).otherwise(nw.lit(0, nw.Int16))
    )  # fmt: skip
    rows = _rounded_nodes(compiled, rows.with_columns(score=kept, reason=reason)).with_columns(state=state)
    return rows.select(
        "unit_no", "class_no", nw.col("parent_no").alias("node_no"), nw.col("above_no").alias("parent_no"), "weight",
        "state", "score", "coverage", "whole", "aggregate", "missing", "missing_value", "waived_mode", "waived_value",
        "best", "reason",
    )  # fmt: skip


def _rounded_nodes(compiled: Compiled, rows: Frame) -> Frame:
    kept = compiled.node_table["places"].drop_nulls().unique().to_list()
    if not kept:
        return rows
    scale = scale_of({places: places for places in kept}, "places")
    return rows.with_columns(score=rounded(nw.col("score"), scale, compiled.plan.file.total.rounding))
