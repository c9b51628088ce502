"""Everything outside the tree: bonuses, deductions, penalties, caps, vetoes, overrides. One row per unit, in memory."""

from typing import Any

import polars as pl

from schemas.errors import UserError
from schemas.folder import Plan
from scoring.exact import nano_of
from scoring.frames import REASON

Rows = pl.DataFrame


ADJUSTMENT = {
    "unit_code": pl.String, "kind": pl.String, "code": pl.String, "value": pl.Float64, "grade": pl.String,
    "reason": pl.String, "document_no": pl.String,
}  # fmt: skip


def exact(value: pl.Expr) -> pl.Expr:
    """Return integers of 1e-9, free of binary noise: what ranks and roundings are made of."""
    return (value * 1e9 + 0.5).floor().cast(pl.Int64)


def exact_sum(value: pl.Expr) -> pl.Expr:
    """Sum points without regard to order, in integers of 1e-6 of a point."""
    return quotient((value * 1e6 + 0.5).floor().cast(pl.Int64).sum().cast(pl.Float64), 1e6)


def quotient(value: pl.Expr, by: float) -> pl.Expr:
    """Divide by a constant, correctly rounded (see ``scoring.exact.divided``)."""
    return value / (value * 0.0 + by)


def note(column: str, condition: pl.Expr, code: str) -> pl.Expr:
    """Keep the weightier (lower) of the reason in ``column`` and ``code`` where the condition holds."""
    mine = pl.when(condition.fill_null(False)).then(pl.lit(REASON[code], dtype=pl.Int16))
    return pl.min_horizontal(pl.col(column), mine)


def complete(adjustments: Rows | None) -> Rows:
    """Return the adjustments with exactly the columns of ``ADJUSTMENT``; no rows where there are none.

    Raises:
        UserError: the points of one are no finite number.
    """
    if adjustments is None:
        return pl.DataFrame(schema=ADJUSTMENT)
    if "value" in adjustments.columns:
        bad = adjustments.filter(~pl.col("value").cast(pl.Float64).is_finite())
        if not bad.is_empty():
            unit = bad["unit_code"][0]
            raise UserError(
                f"单位 {unit} 的加减分数值不是有限的数字。请改正。",
                f"The points of an adjustment of unit {unit} are no finite number. Correct them.",
            )
    missing = [pl.lit(None, dtype=t).alias(c) for c, t in ADJUSTMENT.items() if c not in adjustments.columns]
    return adjustments.with_columns(missing).select(pl.col(c).cast(t) for c, t in ADJUSTMENT.items())


def adjusted(plan: Plan, rows: Rows, adjustments: Rows, unreported: list[str]) -> Rows:
    """Add bonus, deduction, the unrounded total and the vetoes."""
    rows = _with_bonus(plan, rows, adjustments)
    rows = _with_deduction(plan, rows, adjustments, unreported)
    rule = plan.file.adjustments.deduction
    before = pl.col("base") + pl.col("bonus")
    after = before - pl.col("deduction")
    if rule.floor is not None:
        held = (pl.col("deduction") > 0) & (exact(after) < exact(pl.lit(rule.floor)))
        stop = pl.min_horizontal(before, pl.lit(rule.floor))
        rows = rows.with_columns(note("reason", held, "total_floored").alias("reason"))
        after = pl.when(held).then(stop).otherwise(after)
    rows = rows.with_columns(total=after)
    caps = adjustments.filter(pl.col("kind") == "cap").group_by("unit_code").agg(cap=pl.col("value").min())
    rows = rows.join(caps, on="unit_code", how="left")
    rows = _capped(rows, pl.col("cap"))
    low, high = (None, None) if plan.file.total.clamp == "none" else plan.file.total.clamp
    if high is not None:
        rows = _capped(rows, pl.lit(high))
    if low is not None:
        under = exact(pl.col("total")) < exact(pl.lit(low))
        rows = rows.with_columns(note("reason", under, "total_floored").alias("reason"))
        rows = rows.with_columns(total=pl.when(pl.col("total") < low).then(pl.lit(low)).otherwise(pl.col("total")))
    return _overridden(_vetoed(plan, rows, adjustments), adjustments)


def _capped(rows: Rows, cap: pl.Expr) -> Rows:
    over = (pl.col("total") > cap).fill_null(False)
    return rows.with_columns(
        note("reason", exact(pl.col("total")) > exact(cap), "total_capped").alias("reason"),
        pl.when(over).then(cap).otherwise(pl.col("total")).alias("total"),
    )


def _with_bonus(plan: Plan, rows: Rows, adjustments: Rows) -> Rows:
    rule = plan.file.adjustments.bonus
    claims = adjustments.filter(pl.col("kind") == "bonus")
    documented = pl.col("document_no").fill_null("").str.strip_chars() != ""
    undocumented: list[str] = []
    if rule.document_required:
        undocumented = claims.filter(~documented)["unit_code"].to_list()
        claims = claims.filter(documented)
    limits = pl.col("code").replace_strict(rule.cap_by_code or {"": 0.0}, default=None, return_dtype=pl.Float64)
    by_code = claims.group_by("unit_code", "code").agg(value=exact_sum(pl.col("value")))
    bonus = by_code.with_columns(pl.min_horizontal("value", limits).alias("value")).group_by("unit_code").agg(
        bonus=exact_sum(pl.col("value"))
    )  # fmt: skip
    rows = rows.join(bonus, on="unit_code", how="left").with_columns(pl.col("bonus").fill_null(0.0))
    rows = rows.with_columns(
        note("reason", pl.col("unit_code").is_in(undocumented), "bonus_undocumented").alias("reason")
    )
    if rule.cap is not None:
        over = pl.col("bonus") > rule.cap
        rows = rows.with_columns(note("reason", over, "bonus_capped").alias("reason"))
        rows = rows.with_columns(bonus=pl.when(over).then(pl.lit(rule.cap)).otherwise("bonus"))
    if rule.opens_at_base is not None:
        shut = (pl.col("bonus") > 0) & (exact(pl.col("base")) < nano_of(rule.opens_at_base)).fill_null(True)
        rows = rows.with_columns(note("reason", shut, "bonus_closed").alias("reason"))
        rows = rows.with_columns(bonus=pl.when(shut).then(pl.lit(0.0)).otherwise("bonus"))
    return rows


def _with_deduction(plan: Plan, rows: Rows, adjustments: Rows, unreported: list[str]) -> Rows:
    """Add up deductions, late days, missing and false reports, and what a veto costs."""
    rules = plan.file.adjustments
    points: Any = pl.when(pl.col("kind") == "deduction").then(pl.col("value"))
    if rules.late:
        days = pl.col("value") - rules.late.grace_days
        late = pl.max_horizontal(days, pl.lit(0.0)) * rules.late.per_day
        for step in sorted(rules.late.steps, key=lambda s: s.from_day):
            late = pl.when(pl.col("value") >= step.from_day).then(pl.lit(step.points)).otherwise(late)
        late = late if rules.late.cap is None else pl.min_horizontal(late, pl.lit(rules.late.cap))
        points = points.when(pl.col("kind") == "late").then(late)
    if rules.false_report:
        points = points.when(pl.col("kind") == "false_report").then(pl.lit(rules.false_report.points))
    costs = {code: v.points for code, v in rules.vetoes.items()} or {"": 0.0}
    cost = pl.col("code").replace_strict(costs, default=0.0, return_dtype=pl.Float64)
    points = points.when(pl.col("kind") == "veto").then(cost)
    lost = adjustments.with_columns(points=points).filter(pl.col("points").is_not_null())
    sums = lost.group_by("unit_code").agg(deduction=exact_sum(pl.col("points")))
    rows = rows.join(sums, on="unit_code", how="left").with_columns(pl.col("deduction").fill_null(0.0))
    if rules.not_reported and unreported:
        missed = pl.col("unit_code").is_in(unreported)
        extra = pl.when(missed).then(pl.lit(rules.not_reported.points)).otherwise(0.0)
        rows = rows.with_columns(pl.col("deduction") + extra, note("reason", missed, "not_reported").alias("reason"))
    if rules.deduction.cap is not None:
        rows = rows.with_columns(pl.min_horizontal("deduction", pl.lit(rules.deduction.cap)).alias("deduction"))
    return rows


def _vetoed(plan: Plan, rows: Rows, adjustments: Rows) -> Rows:
    effects: dict[str, str] = {code: v.effect for code, v in plan.file.adjustments.vetoes.items()} or {"": ""}
    vetoes = adjustments.filter(pl.col("kind") == "veto").with_columns(
        effect=pl.col("code").replace_strict(effects, default=None, return_dtype=pl.String)
    )
    lower = vetoes.filter(pl.col("effect") == "one_grade_lower").group_by("unit_code").agg(
        one_grade_lower=pl.len().cast(pl.Int64)
    )  # fmt: skip
    rows = rows.join(lower, on="unit_code", how="left").with_columns(pl.col("one_grade_lower").fill_null(0))
    lowered = pl.col("one_grade_lower") > 0
    rows = rows.with_columns(note("reason", lowered, "veto_one_grade_lower").alias("reason"))
    decided = adjustments.filter((pl.col("kind") == "override_total") & pl.col("value").is_not_null())
    for effect in ("stop_scoring", "lowest_grade", "no_top_grade"):
        hit = vetoes.filter(pl.col("effect") == effect)["unit_code"].to_list()
        if effect == "stop_scoring":  # a recorded decision on the total is the last word
            hit = [unit for unit in hit if unit not in set(decided["unit_code"])]
        struck = pl.col("unit_code").is_in(hit)
        rows = rows.with_columns(struck.alias(effect), note("reason", struck, f"veto_{effect}").alias("reason"))
    return rows.with_columns(total=pl.when(~pl.col("stop_scoring")).then("total"))


def _overridden(rows: Rows, adjustments: Rows) -> Rows:
    """Let an office's recorded decision set a total, or later a grade."""
    totals = adjustments.filter(pl.col("kind") == "override_total").select("unit_code", set_total="value")
    grades = adjustments.filter(pl.col("kind") == "override_grade").select("unit_code", set_grade="grade")
    rows = rows.join(totals.unique("unit_code", keep="last"), on="unit_code", how="left")
    rows = rows.join(grades.unique("unit_code", keep="last"), on="unit_code", how="left")
    changed = pl.col("set_total").is_not_null() | pl.col("set_grade").is_not_null()
    return rows.with_columns(
        pl.coalesce("set_total", "total").alias("total"), note("reason", changed, "override").alias("reason")
    )
