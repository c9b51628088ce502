"""A year as the mean of its quarters, as its last quarter, or as weighted quarters with a year-end part."""

import polars as pl

from schemas.asked import last_asked, periods_of, valid_units
from schemas.folder import Plan
from schemas.periods import Period
from scoring.detail import scores_table
from scoring.engine import Engine
from scoring.exact import SCALE
from scoring.run import (
    Detail,
    Inputs,
    Scored,
    adjustments_of,
    base_scores,
    compile_inputs,
    earlier_results,
    node_frame,
    nothing_counts,
    plan_order,
    silent_units,
)  # fmt: skip
from scoring.staged import NOT_ASSIGNED, SCORED
from scoring.standing import standing


def score_year(plan: Plan, inputs: Inputs, period: Period, *, detail: Detail, engine: Engine) -> Scored:
    """Score a year from the unrounded bases of its quarters, before adjustments; adjustments of the year enter once.

    mean_of_quarters: the mean over the quarters in which the unit has a base. last_quarter: the last one.
    A unit that reported nothing in the last quarter although asked pays for that once, as everywhere.
    weighted_quarters: quarters by ``year.weights``, and the year to date of the last quarter by ``year.year_end``; what
    a unit lacks leaves the denominator.
    """
    weights = counting_quarters(plan, inputs, period)
    total = sum(weight for _, weight in weights)
    nodes, scores = [], []
    for quarter, weight in weights:
        compiled = compile_inputs(plan, inputs, quarter)
        levels, leaves, sums = base_scores(engine, compiled, inputs, detail=detail)
        nodes.append(node_frame(compiled, levels).with_columns(share=pl.lit(weight / total)))
        if detail != "totals":
            table = scores_table(engine, compiled, levels, leaves if detail == "all" else None, sums)
            part = Scored(quarter, pl.DataFrame(), table, engine, plan_order(plan)).scores_frame()
            scores.append(part.with_columns(share=pl.lit(weight / total)))
    if not nodes:
        raise nothing_counts(period)
    mean = _year_nodes(pl.concat(nodes))
    whole = compile_inputs(plan, inputs, period)
    base = mean.filter(pl.col("node_code") == plan.root).select("unit_code", base="score")
    results = standing(
        plan, whole.units, base, mean, adjustments_of(plan, inputs.adjustments, period),
        silent_units(engine, whole, inputs), earlier_results(inputs.history, period),
    )  # fmt: skip
    lazy = engine.frame(_year_scores(pl.concat(scores))) if scores else None
    return Scored(period, results, lazy, engine, plan_order(plan))


def counting_quarters(plan: Plan, inputs: Inputs, period: Period) -> list[tuple[Period, float]]:
    """Return the quarters that make up a year, with their shares; those where nobody was, or was asked, leave it."""
    units = plan.units if inputs.units is None else inputs.units
    return [
        (quarter, share)
        for quarter, share in quarter_weights(plan, periods_of(plan, period))
        if not valid_units(units, quarter).is_empty()
        and any(last_asked(plan, indicator, quarter) is not None for indicator in plan.indicators)
    ]


def quarter_weights(plan: Plan, quarters: list[Period]) -> list[tuple[Period, float]]:
    """Return the quarters that make up the year, each with its share; shares need not sum to 1."""
    rule = plan.file.year
    if rule.rule == "last_quarter":
        return [(quarters[-1], 1.0)]
    if rule.rule == "mean_of_quarters":
        return [(q, 1.0) for q in quarters]
    weights = rule.weights or [1.0] * len(quarters)
    # The year-end part is the last quarter's year to date: the quarter itself may carry a weight of its own beside it.
    total = sum(weights) or 1.0
    shares = [w / total * (1.0 - rule.year_end) for w in weights]
    shares[-1] += rule.year_end
    return [(q, s) for q, s in zip(quarters, shares, strict=True) if s > 0]


def _mean(rows: pl.DataFrame, keys: list[str], columns: list[str]) -> pl.DataFrame:
    """Average columns over the quarters that have them, in exact sums."""
    aggregates = []
    for column in columns:
        has = pl.col(column).is_not_null()
        # A third is 0.3333333333 both above and below, or the mean of three 100s were a little more.
        share = (pl.col("share") * SCALE / 100.0 + 0.5).floor()
        terms = (pl.col(column) * share + 0.5).floor().cast(pl.Int64).filter(has).sum().cast(pl.Float64)
        weight = share.cast(pl.Int64).filter(has).sum().cast(pl.Float64)
        aggregates.append(pl.when(weight > 0).then(terms / weight).alias(column))
    return rows.group_by(keys, maintain_order=True).agg(aggregates)


def _year_nodes(rows: pl.DataFrame) -> pl.DataFrame:
    """Average the nodes' scores; one without any is missing or does not apply as in the last quarter that asked it."""
    keys = ["unit_code", "node_code"]
    last = rows.group_by(keys, maintain_order=True).agg(
        state=pl.col("state").filter(pl.col("state") < NOT_ASSIGNED).last().fill_null(NOT_ASSIGNED)
    )
    joined = _mean(rows, keys, ["score"]).join(last, on=keys, how="left", maintain_order="left")
    scored = pl.col("score").is_not_null()
    return joined.with_columns(state=pl.when(scored).then(pl.lit(SCORED, pl.Int16)).otherwise("state"))


def _year_scores(rows: pl.DataFrame) -> pl.DataFrame:
    """Average scores, weights and contributions by node; value, target and reason are the last quarter's."""
    means = ["score", "coverage_pct", "weight_pct", "effective_weight_pct", "contribution"]
    averaged = _mean(rows, ["unit_code", "node_code", "level"], means)
    last = rows.group_by("unit_code", "node_code", maintain_order=True).agg(
        pl.col("reason_code", "value", "target").last()
    )
    joined = averaged.join(last, on=["unit_code", "node_code"], how="left")
    return joined.select("unit_code", "node_code", "level", *means, "reason_code", "value", "target")
