"""From base to total, rank and grade: bonuses, deductions, caps and vetoes; one rounding; rank; grade; override.

Works on one row per unit, in memory.
"""

import polars as pl

from schemas.folder import Plan
from schemas.plan import BandedNodes, Condition, Grade, Total
from schemas.reasons import REASONS
from scoring.adjust import Rows, adjusted, complete, exact, exact_sum, note, quotient
from scoring.exact import nano_of

NAME = dict(enumerate(REASONS, 1))


def standing(
    plan: Plan, units: Rows, base: Rows, nodes: Rows, adjustments: Rows | None, unreported: list[str],
    history: Rows | None,
) -> Rows:  # fmt: skip
    """Return the columns of ``schemas.tables.Results`` (without the run), by unit code.

    Args:
        plan: the plan.
        units: unit_code, class_code and the registry's attributes.
        base: unit_code, base (null where nothing could be scored).
        nodes: unit_code, node_code, score, state (1 missing): of tie-breakers, node floors and banded nodes at least.
        adjustments: the rows of the period, columns of ``ADJUSTMENT``.
        unreported: units that reported nothing at all although asked.
        history: earlier results (unit_code, period, total, rank, class_size, grade) for rules on consecutive results.
    """
    rows = units.select("unit_code", "class_code", ranked_in(plan)).join(base, on="unit_code", how="left")
    rows = rows.with_columns(reason=pl.lit(None, dtype=pl.Int16))
    rows = adjusted(plan, rows, complete(adjustments), unreported)
    rows = _ranked(plan, _rounded(plan, rows), nodes)
    rows = _graded(plan, rows, nodes, history)
    codes = pl.col("reason").replace_strict(NAME, default=None, return_dtype=pl.String)
    return rows.select(
        "unit_code",
        "class_code",
        "base",
        "bonus",
        "deduction",
        "total",
        "rank",
        "class_size",
        "grade",
        reason_code=codes,
    ).sort("unit_code")


def ranked_in(plan: Plan) -> pl.Expr:
    """Return the column ``group`` of units: the group in which each is ranked."""
    within = plan.file.rank.within
    group = pl.lit("all") if within == "all" else pl.col("class_code" if within == "class" else within)
    return group.alias("group")


def _rounded(plan: Plan, rows: Rows) -> Rows:
    """Round the total once, decimally; ``exact`` keeps the unrounded one in integers of 1e-9."""
    rows = rows.with_columns(exact=exact(pl.col("total")))
    places, multiple = plan.file.total.places, plan.file.total.step
    if places == "none" and multiple is None:
        return rows.with_columns(rounded=pl.col("exact"))
    step = nano_step(plan.file.total)
    size = pl.col("exact").abs()
    down, rest = size // step, size % step
    up = {
        "half_up": rest * 2 >= step,
        "half_even": (rest * 2 > step) | ((rest * 2 == step) & (down % 2 == 1)),
        "down": pl.lit(False),
        "up": rest > 0,
    }[plan.file.total.rounding]
    number = (down + up.cast(pl.Int64)) * pl.col("exact").sign()
    total = quotient((number * step).cast(pl.Float64), 1e9)
    if multiple is None:
        total = quotient(number.cast(pl.Float64), 10.0 ** min(int(places), 9))
    return rows.with_columns(rounded=number * step, total=total)


def nano_step(total: Total) -> int:
    """Return what a total is rounded to, in integers of 1e-9: the plan's step, else its decimal places."""
    if total.step is not None:
        return max(round(total.step * 1e9), 1)
    return 1 if total.places == "none" or total.places > 9 else 10 ** (9 - total.places)


def _ranked(plan: Plan, rows: Rows, nodes: Rows) -> Rows:
    """Rank inside the group, 1 the best; tie-breakers in order; equal to the end means tied."""
    rank = plan.file.rank
    best_first = -1 if rank.order == "up" else 1
    rows = rows.with_columns(place=pl.col("rounded" if rank.on == "rounded" else "exact").rank("dense").over("group"))
    for code in rank.tie_breakers:
        scores = nodes.filter(pl.col("node_code") == code).select("unit_code", breaker="score")
        rows = rows.join(scores, on="unit_code", how="left")
        second = exact(pl.col("breaker")).rank("dense").over("group")
        second = second.fill_null(0 if rank.order == "up" else pl.len())
        both = pl.col("place").cast(pl.Int64) * (pl.len().cast(pl.Int64) + 1) + second.cast(pl.Int64)
        rows = rows.with_columns(place=both.rank("dense").over("group")).drop("breaker")
    ranked = pl.col("total").is_not_null()
    order = pl.when(ranked).then(best_first * pl.col("place").cast(pl.Int64))
    return rows.with_columns(
        order=order,
        rank=order.rank(rank.ties).over("group").cast(pl.Float64),
        class_size=ranked.sum().over("group").cast(pl.Int64),
    )


def _graded(plan: Plan, rows: Rows, nodes: Rows, history: Rows | None) -> Rows:
    grades = plan.file.grades
    none = pl.lit(None, dtype=pl.String)
    if not grades:
        return _warned(plan, rows.with_columns(grade=none), history)
    rows = _measured(plan, rows, nodes)
    rows = _flagged(plan, rows, history)
    rows = rows.with_columns(grade=none)
    for number, grade in enumerate(grades):
        rows = _one_grade(plan, rows, nodes, grade, first=number == 0)
    worst = grades[-1].code
    rows = _lowered(plan, rows)
    lowest = pl.col("lowest_grade") & pl.col("total").is_not_null()
    left = pl.col("grade").is_null() & pl.col("total").is_not_null() & pl.lit(_open_end(grades[-1]))
    given = pl.coalesce("set_grade", pl.when(lowest | left).then(pl.lit(worst)).otherwise(pl.col("grade")))
    return _warned(plan, rows.with_columns(grade=given), history)


def _open_end(last: Grade) -> bool:
    return not last.bounds() and last.quota is None and last.top is None


def _lowered(plan: Plan, rows: Rows) -> Rows:
    """Take each unit down by its number of vetoes of one grade, at most to the last one. Its place stays taken."""
    codes = [g.code for g in plan.file.grades]
    at = pl.col("grade").replace_strict({c: n for n, c in enumerate(codes)}, default=len(codes) - 1)
    moved = (at + pl.col("one_grade_lower")).clip(upper_bound=len(codes) - 1)
    grade = moved.replace_strict(dict(enumerate(codes)), return_dtype=pl.String)
    struck = (pl.col("one_grade_lower") > 0) & pl.col("total").is_not_null()
    return rows.with_columns(grade=pl.when(struck).then(grade).otherwise("grade"))


def _measured(plan: Plan, rows: Rows, nodes: Rows) -> Rows:
    """Add what floors are compared with, in integers of 1e-9: the rounded total, or the mean of banded nodes."""
    rule = plan.file.grade_by
    if rule is None:
        return rows.with_columns(measure=pl.col("rounded"))
    return rows.join(banded(rule, plan, nodes, rows), on="unit_code", how="left")


def banded(rule: BandedNodes, plan: Plan, nodes: Rows, units: Rows) -> Rows:
    """Return unit_code and measure: the mean of banded nodes, in integers of 1e-9; ``units`` have their class_code.

    A node that is missing, or below all bands, counts nothing; only one that does not apply stays out.
    """
    points = pl.lit(0.0)
    for band in sorted(rule.bands, key=lambda b: b.from_):
        points = pl.when(exact(pl.col("score")) >= nano_of(band.from_)).then(pl.lit(band.points)).otherwise(points)
    scored = nodes.filter(pl.col("node_code").is_in(rule.nodes)).with_columns(points=points)
    scored = scored.join(units.select("unit_code", "class_code"), on="unit_code").join(
        _band_weights(rule, plan, units), on=["class_code", "node_code"]
    )
    scored = scored.filter((pl.col("score").is_not_null() | (pl.col("state") == 1)) & (pl.col("weight") > 0))
    mean = exact_sum(pl.col("points") * pl.col("weight")) / exact_sum(pl.col("weight"))
    result = scored.group_by("unit_code").agg(measure=exact(mean))
    if rule.places is None:
        return result
    step = 10 ** max(9 - rule.places, 0)
    return result.with_columns(measure=(pl.col("measure") + step // 2) // step * step)


def _band_weights(rule: BandedNodes, plan: Plan, units: Rows) -> Rows:
    """Return class_code, node_code, weight of the banded nodes: equal ones, or those that the tree gives the class."""
    rows = []
    for class_code in units["class_code"].unique().to_list():
        for node in (plan.nodes[c] for c in rule.nodes):
            given = node.weight_by_class.get(class_code, node.weight) if rule.weights == "tree" else None
            rows.append((class_code, node.code, 1.0 if given is None else given))
    schema = {"class_code": pl.String, "node_code": pl.String, "weight": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _one_grade(plan: Plan, rows: Rows, nodes: Rows, grade: Grade, *, first: bool) -> Rows:
    """Give one grade to those who meet its floors and find a place in its quota."""
    free = pl.col("grade").is_null() & pl.col("total").is_not_null() & ~pl.col("lowest_grade")
    if first:
        free = free & ~pl.col("no_top_grade")
    enough = pl.lit(True)
    for bound, number in grade.bounds().items():
        at, limit = pl.col("measure"), nano_of(number)
        inside = {"floor": at >= limit, "above": at > limit, "ceiling": at <= limit, "below": at < limit}[bound]
        enough = enough & inside.fill_null(False)
    for code, floor in grade.node_floors.items():
        scores = nodes.filter(pl.col("node_code") == code).select("unit_code", part="score")
        rows = rows.join(scores, on="unit_code", how="left")
        low = (exact(pl.col("part")) < nano_of(floor)).fill_null(True)
        rows = rows.with_columns(
            note("reason", free & enough & low, "node_below_floor").alias("reason"), (~low).alias(f"ok_{code}")
        )
        rows = rows.drop("part")
        enough = enough & pl.col(f"ok_{code}")
    rows = rows.with_columns(candidate=free & enough)
    slots = _slots(plan, grade)
    if slots is None:
        return rows.with_columns(grade=pl.when("candidate").then(pl.lit(grade.code)).otherwise("grade"))
    cumulative = plan.file.quota.counted == "cumulative"
    order = pl.col("order") if cumulative else pl.when("candidate").then(pl.col("order"))
    rows = rows.with_columns(
        slots=slots, first_place=order.rank("min").over("group"), last_place=order.rank("max").over("group")
    )
    exclude = plan.file.quota.edge_tie == "exclude"
    won = pl.col("candidate") & (pl.col("last_place" if exclude else "first_place") <= pl.col("slots"))
    edge = pl.col("candidate") & ~won & (pl.col("first_place") <= pl.col("slots"))
    full = pl.col("candidate") & ~won & ~edge
    rows = rows.with_columns(reason=note("reason", full, "quota_reached")).with_columns(
        reason=note("reason", edge, "quota_tie")
    )
    return rows.with_columns(grade=pl.when(won).then(pl.lit(grade.code)).otherwise("grade"))


def _slots(plan: Plan, grade: Grade) -> pl.Expr | None:
    """Return how many of the group may have the grade, the fewer of quota and top; None for any number."""
    top = None if grade.top is None else pl.lit(grade.top, dtype=pl.Int64)
    if grade.quota is None and not grade.quota_by_class:
        return top
    quota = pl.col("class_code").replace_strict(
        grade.quota_by_class or {"": 0.0}, default=1.0 if grade.quota is None else grade.quota, return_dtype=pl.Float64
    )
    rule = plan.file.quota
    places = quota * pl.col("class_size") + {"floor": 1e-9, "ceil": 1 - 1e-9, "half_up": 0.5 + 1e-9}[rule.rounding]
    slots = pl.max_horizontal(places.floor().cast(pl.Int64), pl.lit(rule.minimum, dtype=pl.Int64))
    return slots if top is None else pl.min_horizontal(slots, top)


def _flagged(plan: Plan, rows: Rows, history: Rows | None) -> Rows:
    """Let rules on consecutive results that bar a grade take effect before grades are given.

    A condition on the grade looks at earlier results only, since the present grade is what it decides.
    """
    for rule in plan.file.consecutive:
        if rule.effect != "flag":
            earlier = rule.periods if rule.condition.grade is not None else rule.periods - 1
            hit = _hit(rule.condition, history, earlier, now=rule.condition.grade is None)
            rows = rows.with_columns(note("reason", hit, "consecutive").alias("reason"))
            rows = rows.with_columns((pl.col(rule.effect) | hit.fill_null(False)).alias(rule.effect))
    return rows


def _warned(plan: Plan, rows: Rows, history: Rows | None) -> Rows:
    """Mark units that meet a rule on consecutive results which only warns (黄牌)."""
    for rule in plan.file.consecutive:
        if rule.effect == "flag":
            hit = _hit(rule.condition, history, rule.periods - 1, now=True)
            rows = rows.with_columns(note("reason", hit, "consecutive").alias("reason"))
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
