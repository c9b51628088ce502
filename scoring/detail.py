"""The scores table: every unit and node with weight, effective weight, contribution and reason.

The effective weight goes down the tree: a child's share of what really counted in its parent, for this unit. Children
that left the denominator have none.
"""

import narwhals as nw
import polars as pl

from schemas.reasons import REASONS
from scoring.absent import absent_rows
from scoring.compile import Compiled
from scoring.engine import Engine
from scoring.exact import SCALE, divided, from_units
from scoring.frames import Frame
from scoring.means import leaf_means, uses_means
from scoring.nodes import AGGREGATES, MISSING_MODES
from scoring.tree import with_place

SCORES = [
    "unit_code", "node_code", "level", "score", "coverage_pct", "weight_pct", "effective_weight_pct", "contribution",
    "reason_code", "value", "target",
]  # fmt: skip
NONE = nw.lit(None, nw.Float64)


def scores_table(
    engine: Engine, compiled: Compiled, levels: dict[int, Frame], leaves: Frame | None, sums: Frame
) -> Frame:
    """Return the columns of ``schemas.tables.Scores`` (without the run) for the inner nodes, and indicators if given.

    Nodes and indicators that are not assigned to a unit have no row.
    """
    best = compiled.node_table["best"].is_not_null().any()
    means = uses_means(compiled)
    weighted: list[Frame] = []
    above: Frame | None = None
    for level, nodes in levels.items():
        rows = _root(nodes) if above is None else _below(nodes, above, best=best, means=means)
        above = engine.keep(rows) if level + 1 in levels or leaves is not None else rows
        weighted.append(above)
    codes = engine.frame(_node_codes(compiled))
    frames = [_named(rows, codes, "node_no", compiled, engine) for rows in weighted]
    if leaves is not None:
        everything = nw.concat([_as_parent(rows) for rows in weighted])
        everything = engine.keep(everything) if len(weighted) > 1 else everything
        cells = nw.concat([leaves, absent_rows(engine, compiled, sums)])
        if means:
            cells = cells.join(leaf_means(engine, leaves), on=["class_no", "leaf_no"], how="left")
        rows = _leaf_rows(cells if means else cells.with_columns(mean_score=NONE), everything, best=best)
        frames.append(_named(rows, engine.frame(_leaf_codes(compiled)), "leaf_no", compiled, engine))
    return nw.concat(frames) if len(frames) > 1 else frames[0]


def _root(nodes: Frame) -> Frame:
    return nodes.filter(nw.col("state") < 3).with_columns(
        effective=nw.lit(100.0), adds_up=_adds_up(), contribution=nw.col("score"), value=nw.lit(None, nw.Float64),
        target=nw.lit(None, nw.Float64),
    )  # fmt: skip


def _adds_up() -> nw.Expr:
    return nw.col("aggregate").is_in([AGGREGATES["arithmetic"], AGGREGATES["sum"]])


def _as_parent(rows: Frame) -> Frame:
    return rows.select(
        "unit_no",
        nw.col("node_no").alias("parent_no"),
        nw.col("whole").alias("up_whole"),
        nw.col("effective").alias("up_effective"),
        nw.col("adds_up").alias("up_adds_up"),
        nw.col("aggregate").alias("up_aggregate"),
        nw.when(nw.col("missing") == 1).then(nw.col("missing_value")).alias("up_missing_value"),
        nw.col("missing").alias("up_missing"),
        nw.when(nw.col("waived_mode") == 1).then(nw.col("waived_value")).alias("up_waived_value"),
        nw.col("best").alias("up_best"),
        nw.col("waived_mode").alias("up_waived"),
    )


def _below(nodes: Frame, above: Frame, *, best: bool, means: bool) -> Frame:
    mean = nw.col("score").mean().over("class_no", "node_no") if means else NONE
    rows = (
        nodes.with_columns(mean_score=mean)
        .filter(nw.col("state") < 3)
        .join(_as_parent(above), on=["unit_no", "parent_no"])
    )
    missing, waived = nw.col("state") == 1, nw.col("state") == 2
    rows = _effective(_counted(rows, "node_no", missing, best=best), missing=missing, waived=waived, best=best)
    return rows.with_columns(adds_up=_adds_up() & nw.col("up_adds_up"), value=NONE, target=NONE)


def _counted(rows: Frame, child: str, missing: nw.Expr, *, best: bool) -> Frame:
    """Add counted where nodes take only their best children: which part of a child's weight counts.

    Missing children share the places that are left open.
    """
    if not best:
        return rows
    siblings = ["unit_no", "parent_no"]
    rows = with_place(rows.with_columns(absent=missing.cast(nw.Float64)), child)
    rows = rows.with_columns(
        absent=nw.col("absent").sum().over(*siblings), present=nw.col("place").count().over(*siblings)
    )
    open_share = (nw.col("up_best").cast(nw.Float64) - nw.col("present")) / nw.col("absent")
    share = nw.when(open_share < 0).then(nw.lit(0.0)).when(open_share > 1).then(nw.lit(1.0)).otherwise(open_share)
    among = nw.when(nw.col("place") <= nw.col("up_best")).then(nw.lit(1.0)).otherwise(nw.lit(0.0))
    part = nw.when(nw.col("up_best").is_null()).then(nw.lit(1.0)).when(missing).then(share).otherwise(among)
    return rows.with_columns(counted=part)


def _effective(rows: Frame, *, missing: nw.Expr, waived: nw.Expr, best: bool) -> Frame:
    """Add effective (0-100) and contribution (points of the total; null where an ancestor is no sum).

    ``rows`` have mean_score, the class's mean, where it may be put in; where nobody has a score there is none.
    """
    put_in = {
        mode: (nw.col(mode) == MISSING_MODES["value"])
        | ((nw.col(mode) == MISSING_MODES["class_mean"]) & ~nw.col("mean_score").is_null())
        for mode in ("up_missing", "up_waived")
    }
    counted = (~missing & ~waived) | (missing & put_in["up_missing"]) | (waived & put_in["up_waived"])
    share = nw.col("weight").cast(nw.Float64) / nw.col("up_whole").cast(nw.Float64)
    whole_sum = nw.col("up_aggregate") == AGGREGATES["sum"]
    share = nw.when(whole_sum).then(from_units(nw.col("weight"))).otherwise(share)
    share = share * nw.col("counted") if best else share
    effective = nw.when(counted & (nw.col("up_whole") > 0)).then(nw.col("up_effective") * share).otherwise(nw.lit(0.0))
    imputed = nw.when(missing).then(nw.col("up_missing_value")).when(waived).then(nw.col("up_waived_value"))
    points = nw.coalesce(nw.col("score"), imputed)
    rows = rows.with_columns(effective=effective)
    contribution = nw.when(nw.col("up_adds_up")).then(divided(points * nw.col("effective"), 100.0))
    return rows.with_columns(contribution=contribution)


def _leaf_rows(cells: Frame, parents: Frame, *, best: bool) -> Frame:
    rows = cells.join(parents, on=["unit_no", "parent_no"])
    waived = nw.col("waived")
    missing = nw.col("score").is_null() & ~waived
    rows = _effective(_counted(rows, "leaf_no", missing, best=best), missing=missing, waived=waived, best=best)
    covered = nw.when(waived).then(nw.lit(None, nw.Float64)).when(nw.col("score").is_null()).then(nw.lit(0.0))
    return rows.with_columns(coverage=covered.otherwise(nw.lit(1.0)))


def _named(rows: Frame, codes: Frame, key: str, compiled: Compiled, engine: Engine) -> Frame:
    units = engine.frame(compiled.units.select("unit_no", "unit_code"))
    reasons = engine.frame(
        pl.DataFrame(
            {"reason": range(1, len(REASONS) + 1), "reason_code": list(REASONS)}, schema_overrides={"reason": pl.Int16}
        )
    )
    rows = rows.join(units, on="unit_no").join(codes, on=key).join(reasons, on="reason", how="left")
    return rows.with_columns(
        coverage_pct=nw.col("coverage") * 100.0,
        weight_pct=divided(nw.col("weight").cast(nw.Float64) * 100.0, SCALE),
        effective_weight_pct=nw.col("effective"),
    ).select(SCORES)


def _node_codes(compiled: Compiled) -> pl.DataFrame:
    rows = [(number, code, compiled.plan.level[code]) for code, number in compiled.node_numbers.items()]
    return pl.DataFrame(rows, schema={"node_no": pl.Int16, "node_code": pl.String, "level": pl.Int64}, orient="row")


def _leaf_codes(compiled: Compiled) -> pl.DataFrame:
    rows = [(x.number, x.indicator.code, compiled.plan.level[x.indicator.code]) for x in compiled.leaves]
    return pl.DataFrame(rows, schema={"leaf_no": pl.Int16, "node_code": pl.String, "level": pl.Int64}, orient="row")
