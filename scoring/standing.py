"""From base to total, rank and grade: bonuses, deductions, caps and vetoes; one rounding; rank; grade; override.

Works on one row per unit, in memory.
"""

import polars as pl

from schemas.folder import Plan
from schemas.plan import BandedNodes, Condition, Grade
from schemas.reasons import REASONS
from scoring.exact import SCALE

NUMBER = {code: n for n, code in enumerate(REASONS, 1)}
NAME = dict(enumerate(REASONS, 1))
ADJUSTMENT = {
    "unit_code": pl.String, "kind": pl.String, "code": pl.String, "value": pl.Float64, "grade": pl.String,
    "reason": pl.String, "document_no": pl.String,
}  # fmt: skip
Rows = pl.DataFrame


def _exact(value: pl.Expr) -> pl.Expr:
    """Return integers of 1e-9, free of binary noise: what ranks and roundings are made of."""
    return (value * 1e9 + 0.5).floor().cast(pl.Int64)


def _exact_sum(value: pl.Expr) -> pl.Expr:
    return (value * SCALE / 1e6 + 0.5).floor().cast(pl.Int64).sum().cast(pl.Float64) * 1e6 / SCALE


def _note(column: str, condition: pl.Expr, code: str) -> pl.Expr:
    """Keep the weightier (lower) of the reason in ``column`` and ``code`` where the condition holds."""
    mine = pl.when(condition.fill_null(False)).then(pl.lit(NUMBER[code], dtype=pl.Int16))
    return pl.min_horizontal(pl.col(column), mine)


def standing(
    plan: Plan, units: Rows, base: Rows, nodes: Rows, adjustments: Rows | None, unreported: list[str],
    history: Rows | None,
) -> Rows:  # fmt: skip
    """Return the columns of ``schemas.tables.Results`` (without the run), by unit code.

    Args:
        plan: the plan.
        units: unit_code, class_code and the registry's attributes.
        base: unit_code, base (null where nothing could be scored).
        nodes: unit_code, node_code, score: of tie-breakers, node floors and banded nodes at least.
        adjustments: the rows of the period, columns of ``ADJUSTMENT``.
        unreported: units that reported nothing at all although asked.
        history: earlier results (unit_code, period, total, rank, class_size, grade) for rules on consecutive results.
    """
    rows = units.select("unit_code", "class_code", *_within(plan, units)).join(base, on="unit_code", how="left")
    rows = rows.with_columns(reason=pl.lit(None, dtype=pl.Int16))
    rows = _adjusted(plan, rows, _complete(adjustments), unreported)
    rows = _ranked(plan, _rounded(plan, rows), nodes)
    rows = _graded(plan, rows, nodes, history)
    codes = pl.col("reason").replace_strict(NAME, default=None, return_dtype=pl.String)
    return rows.select(
        "unit_code", "class_code", "base", "bonus", "deduction", "total", "rank", "class_size", "grade", reason_code=codes
    ).sort("unit_code")


def _within(plan: Plan, units: Rows) -> list[pl.Expr]:
    within = plan.file.rank.within
    group = pl.lit("all") if within == "all" else pl.col("class_code" if within == "class" else within)
    return [group.alias("group")]


def _complete(adjustments: Rows | None) -> Rows:
    if adjustments is None:
        return pl.DataFrame(schema=ADJUSTMENT)
    missing = [pl.lit(None, dtype=t).alias(c) for c, t in ADJUSTMENT.items() if c not in adjustments.columns]
    return adjustments.with_columns(missing).select(pl.col(c).cast(t) for c, t in ADJUSTMENT.items())


def _adjusted(plan: Plan, rows: Rows, adjustments: Rows, unreported: list[str]) -> Rows:
    """Add bonus, deduction, the unrounded total and the vetoes."""
    rows = _with_bonus(plan, rows, adjustments)
    rows = _with_deduction(plan, rows, adjustments, unreported)
    rule = plan.file.adjustments.deduction
    before = pl.col("base") + pl.col("bonus")
    after = before - pl.col("deduction")
    if rule.floor is not None:
        held = (pl.col("deduction") > 0) & (after < rule.floor)
        stop = pl.min_horizontal(before, pl.lit(rule.floor))
        rows = rows.with_columns(_note("reason", held, "total_floored").alias("reason"))
        after = pl.when(held).then(stop).otherwise(after)
    rows = rows.with_columns(total=after)
    caps = adjustments.filter(pl.col("kind") == "cap").group_by("unit_code").agg(cap=pl.col("value").min())
    rows = rows.join(caps, on="unit_code", how="left")
    rows = _capped(rows, pl.col("cap"))
    low, high = (None, None) if plan.file.total.clamp == "none" else plan.file.total.clamp
    if high is not None:
        rows = _capped(rows, pl.lit(high))
    if low is not None:
        rows = rows.with_columns(_note("reason", pl.col("total") < low, "total_floored").alias("reason"))
        rows = rows.with_columns(total=pl.when(pl.col("total") < low).then(pl.lit(low)).otherwise(pl.col("total")))
    return _overridden(_vetoed(plan, rows, adjustments), adjustments)


def _capped(rows: Rows, cap: pl.Expr) -> Rows:
    over = (pl.col("total") > cap).fill_null(False)
    return rows.with_columns(
        _note("reason", over, "total_capped").alias("reason"),
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
    by_code = claims.group_by("unit_code", "code").agg(value=_exact_sum(pl.col("value")))
    bonus = by_code.with_columns(pl.min_horizontal("value", limits).alias("value")).group_by("unit_code").agg(
        bonus=_exact_sum(pl.col("value"))
    )  # fmt: skip
    rows = rows.join(bonus, on="unit_code", how="left").with_columns(pl.col("bonus").fill_null(0.0))
    rows = rows.with_columns(_note("reason", pl.col("unit_code").is_in(undocumented), "bonus_undocumented").alias("reason"))
    if rule.cap is not None:
        over = pl.col("bonus") > rule.cap
        rows = rows.with_columns(_note("reason", over, "bonus_capped").alias("reason"))
        rows = rows.with_columns(bonus=pl.when(over).then(pl.lit(rule.cap)).otherwise("bonus"))
    if rule.opens_at_base is not None:
        shut = (pl.col("bonus") > 0) & (_exact(pl.col("base")) < int(rule.opens_at_base * 1e9 + 0.5)).fill_null(True)
        rows = rows.with_columns(_note("reason", shut, "bonus_closed").alias("reason"))
        rows = rows.with_columns(bonus=pl.when(shut).then(pl.lit(0.0)).otherwise("bonus"))
    return rows


def _with_deduction(plan: Plan, rows: Rows, adjustments: Rows, unreported: list[str]) -> Rows:
    """Add up deductions, late days, missing and false reports, and what a veto costs."""
    rules = plan.file.adjustments
    points = pl.when(pl.col("kind") == "deduction").then(pl.col("value"))
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
    sums = lost.group_by("unit_code").agg(deduction=_exact_sum(pl.col("points")))
    rows = rows.join(sums, on="unit_code", how="left").with_columns(pl.col("deduction").fill_null(0.0))
    if rules.not_reported and unreported:
        missed = pl.col("unit_code").is_in(unreported)
        extra = pl.when(missed).then(pl.lit(rules.not_reported.points)).otherwise(0.0)
        rows = rows.with_columns(pl.col("deduction") + extra, _note("reason", missed, "not_reported").alias("reason"))
    if rules.deduction.cap is not None:
        rows = rows.with_columns(pl.min_horizontal("deduction", pl.lit(rules.deduction.cap)).alias("deduction"))
    return rows


def _vetoed(plan: Plan, rows: Rows, adjustments: Rows) -> Rows:
    effects = {code: v.effect for code, v in plan.file.adjustments.vetoes.items()} or {"": ""}
    vetoes = adjustments.filter(pl.col("kind") == "veto").with_columns(
        effect=pl.col("code").replace_strict(effects, default=None, return_dtype=pl.String)
    )
    for effect in ("stop_scoring", "lowest_grade", "no_top_grade"):
        hit = vetoes.filter(pl.col("effect") == effect)["unit_code"].to_list()
        struck = pl.col("unit_code").is_in(hit)
        rows = rows.with_columns(struck.alias(effect), _note("reason", struck, f"veto_{effect}").alias("reason"))
    return rows.with_columns(total=pl.when(~pl.col("stop_scoring")).then("total"))


def _overridden(rows: Rows, adjustments: Rows) -> Rows:
    """Let an office's recorded decision set a total, or later a grade."""
    totals = adjustments.filter(pl.col("kind") == "override_total").select("unit_code", set_total="value")
    grades = adjustments.filter(pl.col("kind") == "override_grade").select("unit_code", set_grade="grade")
    rows = rows.join(totals.unique("unit_code", keep="last"), on="unit_code", how="left")
    rows = rows.join(grades.unique("unit_code", keep="last"), on="unit_code", how="left")
    changed = pl.col("set_total").is_not_null() | pl.col("set_grade").is_not_null()
    return rows.with_columns(
        pl.coalesce("set_total", "total").alias("total"), _note("reason", changed, "override").alias("reason")
    )


def _rounded(plan: Plan, rows: Rows) -> Rows:
    """Round the total once, decimally; ``exact`` keeps the unrounded one in integers of 1e-9."""
    rows = rows.with_columns(exact=_exact(pl.col("total")))
    places = plan.file.total.places
    if places == "none":
        return rows.with_columns(rounded=pl.col("exact"))
    step = 10 ** (9 - places) if places <= 9 else 1
    size = pl.col("exact").abs()
    down, rest = size // step, size % step
    up = (rest * 2 > step) | ((rest * 2 == step) & (pl.lit(plan.file.total.rounding == "half_up") | (down % 2 == 1)))
    number = (down + up.cast(pl.Int64)) * pl.col("exact").sign()
    return rows.with_columns(rounded=number * step, total=number.cast(pl.Float64) / 10.0**places)


def _ranked(plan: Plan, rows: Rows, nodes: Rows) -> Rows:
    """Rank inside the group, 1 the best; tie-breakers in order; equal to the end means tied."""
    rank = plan.file.rank
    rows = rows.with_columns(place=pl.col("rounded" if rank.on == "rounded" else "exact").rank("dense").over("group"))
    for code in rank.tie_breakers:
        scores = nodes.filter(pl.col("node_code") == code).select("unit_code", breaker="score")
        rows = rows.join(scores, on="unit_code", how="left")
        second = _exact(pl.col("breaker")).rank("dense").over("group").fill_null(0)
        both = pl.col("place") * (pl.len() + 1) + second
        rows = rows.with_columns(place=both.rank("dense").over("group")).drop("breaker")
    ranked = pl.col("total").is_not_null()
    order = pl.when(ranked).then(-pl.col("place").cast(pl.Int64))
    return rows.with_columns(
        order=order,
        rank=order.rank(rank.ties).over("group").cast(pl.Float64),
        class_size=ranked.sum().over("group").cast(pl.Int64),
    )


def _graded(plan: Plan, rows: Rows, nodes: Rows, history: Rows | None) -> Rows:
    grades = plan.file.grades
    none = pl.lit(None, dtype=pl.String)
    if not grades:
        return rows.with_columns(grade=none)
    rows = _measured(plan, rows, nodes)
    rows = _flagged(plan, rows, history)
    rows = rows.with_columns(grade=none)
    for number, grade in enumerate(grades):
        rows = _one_grade(plan, rows, nodes, grade, first=number == 0)
    worst = grades[-1].code
    lowest = pl.col("lowest_grade") & pl.col("total").is_not_null()
    left = pl.col("grade").is_null() & pl.col("total").is_not_null() & pl.lit(_open_end(grades[-1]))
    given = pl.coalesce("set_grade", pl.when(lowest | left).then(pl.lit(worst)).otherwise(pl.col("grade")))
    return _warned(plan, rows.with_columns(grade=given), history)


def _open_end(last: Grade) -> bool:
    return last.floor is None and last.quota is None and last.top is None


def _measured(plan: Plan, rows: Rows, nodes: Rows) -> Rows:
    """Add what floors are compared with, in integers of 1e-9: the rounded total, or the mean of banded nodes."""
    rule = plan.file.grade_by
    if rule is None:
        return rows.with_columns(measure=pl.col("rounded"))
    return rows.join(_banded(rule, plan, nodes), on="unit_code", how="left")


def _banded(rule: BandedNodes, plan: Plan, nodes: Rows) -> Rows:
    points = pl.lit(None, dtype=pl.Float64)
    for band in sorted(rule.bands, key=lambda b: b.from_):
        points = pl.when(_exact(pl.col("score")) >= int(band.from_ * 1e9)).then(pl.lit(band.points)).otherwise(points)
    weights = {c: (plan.nodes[c].weight or 1.0) if rule.weights == "tree" else 1.0 for c in rule.nodes}
    weight = pl.col("node_code").replace_strict(weights, default=None, return_dtype=pl.Float64)
    scored = nodes.filter(pl.col("node_code").is_in(rule.nodes)).with_columns(points=points, weight=weight)
    scored = scored.filter(pl.col("points").is_not_null())
    mean = _exact_sum(pl.col("points") * pl.col("weight")) / _exact_sum(pl.col("weight"))
    result = scored.group_by("unit_code").agg(measure=_exact(mean))
    if rule.places is None:
        return result
    step = 10 ** (9 - rule.places)
    return result.with_columns(measure=(pl.col("measure") + step // 2) // step * step)


def _one_grade(plan: Plan, rows: Rows, nodes: Rows, grade: Grade, *, first: bool) -> Rows:
    """Give one grade to those who meet its floors and find a place in its quota."""
    free = pl.col("grade").is_null() & pl.col("total").is_not_null() & ~pl.col("lowest_grade")
    if first:
        free = free & ~pl.col("no_top_grade")
    enough = pl.lit(True) if grade.floor is None else (pl.col("measure") >= int(grade.floor * 1e9 + 0.5)).fill_null(False)
    for code, floor in grade.node_floors.items():
        scores = nodes.filter(pl.col("node_code") == code).select("unit_code", part="score")
        rows = rows.join(scores, on="unit_code", how="left")
        low = (_exact(pl.col("part")) < int(floor * 1e9 + 0.5)).fill_null(True)
        rows = rows.with_columns(_note("reason", free & enough & low, "node_below_floor").alias("reason"), (~low).alias(f"ok_{code}"))
        rows = rows.drop("part")
        enough = enough & pl.col(f"ok_{code}")
    rows = rows.with_columns(candidate=free & enough)
    slots = _slots(plan, grade)
    if slots is None:
        return rows.with_columns(grade=pl.when("candidate").then(pl.lit(grade.code)).otherwise("grade"))
    order = pl.when("candidate").then(pl.col("order"))
    rows = rows.with_columns(
        slots=slots, first_place=order.rank("min").over("group"), last_place=order.rank("max").over("group")
    )
    exclude = plan.file.quota.edge_tie == "exclude"
    won = pl.col("candidate") & (pl.col("last_place" if exclude else "first_place") <= pl.col("slots"))
    edge = pl.col("candidate") & ~won & (pl.col("first_place") <= pl.col("slots"))
    full = pl.col("candidate") & ~won & ~edge
    rows = rows.with_columns(reason=_note("reason", full, "quota_reached")).with_columns(reason=_note("reason", edge, "quota_tie"))
    return rows.with_columns(grade=pl.when(won).then(pl.lit(grade.code)).otherwise("grade"))


def _slots(plan: Plan, grade: Grade) -> pl.Expr | None:
    """Return how many of the group may have the grade; None for any number."""
    if grade.top is not None:
        return pl.lit(grade.top, dtype=pl.Int64)
    if grade.quota is None and not grade.quota_by_class:
        return None
    quota = pl.col("class_code").replace_strict(
        grade.quota_by_class or {"": 0.0}, default=1.0 if grade.quota is None else grade.quota, return_dtype=pl.Float64
    )
    rule = plan.file.quota
    places = quota * pl.col("class_size") + {"floor": 1e-9, "ceil": 1 - 1e-9, "half_up": 0.5 + 1e-9}[rule.rounding]
    return pl.max_horizontal(places.floor().cast(pl.Int64), pl.lit(rule.minimum, dtype=pl.Int64))


def _flagged(plan: Plan, rows: Rows, history: Rows | None) -> Rows:
    """Let rules on consecutive results that bar a grade take effect before grades are given.

    A condition on the grade looks at earlier results only, since the present grade is what it decides.
    """
    for rule in plan.file.consecutive:
        if rule.effect != "flag":
            earlier = rule.periods if rule.condition.grade is not None else rule.periods - 1
            hit = _hit(rule.condition, history, earlier, now=rule.condition.grade is None)
            rows = rows.with_columns(_note("reason", hit, "consecutive").alias("reason"))
            rows = rows.with_columns((pl.col(rule.effect) | hit.fill_null(False)).alias(rule.effect))
    return rows


def _warned(plan: Plan, rows: Rows, history: Rows | None) -> Rows:
    """Mark units that meet a rule on consecutive results which only warns (黄牌)."""
    for rule in plan.file.consecutive:
        if rule.effect == "flag":
            hit = _hit(rule.condition, history, rule.periods - 1, now=True)
            rows = rows.with_columns(_note("reason", hit, "consecutive").alias("reason"))
    return rows


def _hit(condition: Condition, history: Rows | None, earlier: int, *, now: bool) -> pl.Expr:
    met = pl.lit(True)
    if condition.below is not None:
        met = met & (pl.col("total") < condition.below)
    if condition.bottom is not None:
        met = met & (pl.col("rank") > pl.col("class_size") - condition.bottom)
    if condition.grade is not None:
        met = met & (pl.col("grade") == condition.grade)
    present = met if now else pl.lit(True)
    before = pl.lit(True) if earlier == 0 else pl.col("unit_code").is_in(_met_before(history, met, earlier))
    return present & before & pl.col("total").is_not_null()


def _met_before(history: Rows | None, met: pl.Expr, count: int) -> list[str]:
    """Return the units whose last ``count`` earlier results all meet the condition."""
    if history is None:
        return []
    last = history.sort("period").group_by("unit_code", maintain_order=True).tail(count)
    kept = last.with_columns(met=met.fill_null(False)).group_by("unit_code").agg(met=pl.col("met").all(), n=pl.len())
    return kept.filter(pl.col("met") & (pl.col("n") == count))["unit_code"].to_list()
