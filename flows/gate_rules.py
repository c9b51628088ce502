"""What the two gates ask: completeness and integrity before scoring; bounds, ranks, quotas and drift before export."""

import math
from collections.abc import Sequence

import polars as pl

from flows.gate import Rule
from flows.wording import held_words
from schemas.asked import asked
from schemas.folder import Plan
from schemas.periods import Period
from schemas.plan import Check, Grade

BEFORE_SCORING, BEFORE_EXPORT = "before-scoring", "before-export"
# A plan sets others under `intake: checks: {completeness: {parameters: {...}}}` or `drift`.
COMPLETE_WARNING_PCT, COMPLETE_CRITICAL_PCT = 90.0, 50.0
DRIFT_POINTS = 15.0
NUMBERS = ("value", "numerator", "denominator")


def before_scoring(
    plan: Plan,
    period: Period,
    measurements: pl.DataFrame,
    counting_units: list[str],
    units: pl.DataFrame | None = None,
    outdated: pl.DataFrame | None = None,
    held: Sequence[str] = (),
) -> list[Rule]:
    """Return the rules on the stored data of a period.

    ``measurements`` are those that will be scored, also of earlier periods; ``counting_units`` have a submission that
    counts in this period. ``outdated``: verdicts on cells that were reported anew since. ``held``: what came too late
    and waits to be admitted.
    """
    registry = plan.units if units is None else units
    silent = registry.filter(~pl.col("unit_code").is_in(counting_units))
    share = _completeness(plan, period, counting_units, registry)
    warning = _parameter(plan, "completeness", "warning", COMPLETE_WARNING_PCT)
    critical = _parameter(plan, "completeness", "critical", COMPLETE_CRITICAL_PCT)
    rows = measurements.with_columns(
        unit_ok=pl.col("unit_code").is_in(registry["unit_code"].to_list()),
        indicator_ok=pl.col("indicator_code").is_in(list(plan.leaves)),
        finite_ok=pl.all_horizontal(
            pl.col(c).is_finite().fill_null(True) for c in ("value", "numerator", "denominator")
        ),
        rows_of_cell=pl.len().over("unit_code", "indicator_code", "period", "part"),
    )
    cell = ("unit_code", "indicator_code", "period", "part")
    classes = {code: (text.get("zh"), text.get("en")) for code, text in plan.file.classes.items()}
    return [
        Rule("completeness", f"各类单位已报比例不低于{critical:g}%", f"at least {critical:g}% of each class reported",
             share, "reported_pct", ("class_code",), critical, 100, words=classes, mark="%",
             remedy=_held_back(held, share.filter(pl.col("reported_pct") < critical), silent)),
        Rule("completeness_wanted", f"各类单位已报比例不低于{warning:g}%", f"{warning:g}% of each class reported",
             share, "reported_pct", ("class_code",), warning, 100, "warning", classes, "%"),
        Rule("units_known", "填报单位都已登记", "every unit is in the registry", rows, "unit_ok", cell, 1, 1),
        Rule("indicators_known", "指标都在方案中", "every indicator is in the plan", rows, "indicator_ok", cell, 1, 1),
        Rule("cells_assigned", "本期各填报值都有任务分解", "every value of the period is asked of its unit",
             _assigned(plan, period, rows, registry), "assigned_ok", cell, 1, 1),
        Rule("values_finite", "填报值都是有限数", "every value is a finite number", rows, "finite_ok", cell, 1, 1),
        Rule("cells_once", "同一单位、指标、周期、分项只有一个值", "one value per unit, indicator, period and part",
             rows, "rows_of_cell", cell, 1, 1),
        *([] if outdated is None else [_reviewed_again(plan, outdated)]),
    ]  # fmt: skip


def _reviewed_again(plan: Plan, outdated: pl.DataFrame) -> Rule:
    """Return the rule on verdicts whose report was replaced; the plan may make it critical."""
    chosen = plan.file.intake.checks.get("verdicts_current")
    rows = outdated.with_columns(current_ok=pl.lit(False))
    return Rule("verdicts_current", "核验后改报的都已重新核验", "what changed after a verdict is reviewed again",
                rows, "current_ok", ("unit_code", "indicator_code", "part", "period"), 1, 1,
                "critical" if chosen and chosen.severity == "error" else "warning")  # fmt: skip


def before_export(
    plan: Plan, period: Period, results: pl.DataFrame, scores: pl.DataFrame, previous: pl.DataFrame | None = None
) -> list[Rule]:
    """Return the rules on a run's scores and results; ``previous`` are the results of the run to compare with."""
    clamp = plan.file.total.clamp
    low, high = (None, None) if clamp == "none" else clamp
    drift = _parameter(plan, "drift", "points", DRIFT_POINTS)
    present = asked(plan, period).select("unit_code").unique().sort("unit_code")
    present = present.with_columns(result_ok=pl.col("unit_code").is_in(results["unit_code"].to_list()))
    rules = [
        Rule("scores_in_bounds", "得分在0到100之间", "every node's score lies between 0 and 100",
             _bounded(plan, scores), "score", ("unit_code", "node_code"), 0, 100 + 1e-9),
        Rule("every_unit_has_a_result", "应报单位都有结果", "every unit asked has a result",
             present, "result_ok", ("unit_code",), 1, 1),
        Rule("ranks_follow_totals", "同类中总分高的名次不后", "in a class a higher total never ranks lower",
             _rank_order(plan, results), "rank_ok", ("class_code", "unit_code"), 1, 1),
        Rule("quotas_kept", "各等次不超过名额", "no grade exceeds its quota",
             _quotas(plan, results), "over", ("class_code", "grade"), None, 0),
    ]  # fmt: skip
    if low is not None or high is not None:
        rules.append(Rule("totals_in_bounds", "总分在方案规定的范围内", "totals lie within the plan's limits",
                          results, "total", ("unit_code",), low, high))  # fmt: skip
    if previous is not None:
        rules.append(Rule("drift", f"各类均分变动不超过{drift:g}分", f"class means move by at most {drift:g} points",
                          _drift(results, previous), "change", ("class_code",), -drift, drift, "warning"))  # fmt: skip
    return rules


def _parameter(plan: Plan, rule: str, name: str, default: float) -> float:
    return plan.file.intake.checks.get(rule, Check()).parameters.get(name, default)


def _completeness(plan: Plan, period: Period, counting_units: list[str], units: pl.DataFrame) -> pl.DataFrame:
    """Return class_code and reported_pct of the units asked anything."""
    known = asked(plan, period, units=units).select("unit_code").unique()
    here = units.select("unit_code", "class_code").join(known, on="unit_code", how="semi")
    reported = pl.col("unit_code").is_in(counting_units)
    return here.group_by("class_code").agg(reported_pct=reported.mean() * 100).sort("class_code")


def _held_back(held: Sequence[str], short: pl.DataFrame, units: pl.DataFrame) -> tuple[str, str]:
    """Return what to say of the held reports of silent units in the classes that are short of reports."""
    mine = units.join(short, on="class_code", how="semi")["unit_code"].to_list()
    waiting = [h for h in held if h.rsplit("/", 2)[0] in mine]
    return (f"({held_words(waiting, 'zh')})", f" ({held_words(waiting, 'en')})") if waiting else ("", "")


def _assigned(plan: Plan, period: Period, rows: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Return the period's reported rows of unit-owned indicators with ``assigned_ok``."""
    owned = [i.code for i in plan.indicators if i.owner == "unit"]
    here = rows.filter(
        (pl.col("period") == str(period)) & (pl.col("status") == "reported") & pl.col("indicator_code").is_in(owned)
    )
    cells = asked(plan, period, units=units).select("unit_code", "indicator_code", assigned_ok=pl.lit(True))
    return here.join(cells, on=["unit_code", "indicator_code"], how="left").with_columns(
        pl.col("assigned_ok").fill_null(False)
    )


def _bounded(plan: Plan, scores: pl.DataFrame) -> pl.DataFrame:
    """Return the scores of nodes; an indicator or node whose own limits the plan has widened is left out."""
    wide = [n.code for n in plan.file.tree if n.clamp != (0.0, 100.0)]
    return scores.filter(pl.col("node_code").is_in(list(plan.nodes)) & ~pl.col("node_code").is_in(wide))


def _rank_order(plan: Plan, results: pl.DataFrame) -> pl.DataFrame:
    """Return the ranked units with whether none of the class that is ranked below has more points."""
    ranked = results.filter(pl.col("rank").is_not_null() & pl.col("total").is_not_null())
    ranked = ranked.with_columns(points=pl.col("total") * (1 if plan.file.rank.order == "up" else -1))
    best_below = pl.col("points").reverse().cum_max().reverse().over("class_code")
    return ranked.sort("class_code", "rank", "points", descending=[False, False, True]).with_columns(
        rank_ok=pl.col("points") >= best_below
    )


def _quotas(plan: Plan, results: pl.DataFrame) -> pl.DataFrame:
    """Return class_code, grade and ``over``: units with the grade beyond its places, in each group that is ranked.

    What was set by hand or by a veto does not count. Groups by another column of the units are not looked at here.
    """
    rows = []
    within, set_apart = plan.file.rank.within, ("override", "veto_one_grade_lower", "veto_lowest_grade")
    if within not in ("class", "all"):
        results = results.clear()
    groups = results.with_columns(pl.lit("all").alias("class_code")) if within == "all" else results
    for keys, part in groups.group_by("class_code"):
        ranked = part["rank"].count()
        for grade in plan.file.grades:
            places = _places(plan, grade, str(keys[0]), ranked)
            mine = [grade.code]
            if plan.file.quota.counted == "cumulative":
                mine = [g.code for g in plan.file.grades[: plan.file.grades.index(grade) + 1]]
            by_rule = ~pl.col("reason_code").is_in(set_apart).fill_null(False)
            held = part.filter(pl.col("grade").is_in(mine) & by_rule).height
            if places is not None:
                rows.append({"class_code": keys[0], "grade": grade.code, "over": float(held - places)})
    schema = {"class_code": pl.String, "grade": pl.String, "over": pl.Float64}
    return pl.DataFrame(rows, schema=schema).sort("class_code", "grade")


def _places(plan: Plan, grade: Grade, class_code: str, ranked: int) -> int | None:
    """Return how many units of a class may have a grade; None where the plan sets no limit or lets ties exceed it."""
    rule, share = plan.file.quota, grade.quota_by_class.get(class_code, grade.quota)
    by_class = grade.quota_by_class and plan.file.rank.within == "all"
    if share is None or rule.edge_tie == "include" or by_class:
        return None
    exact = round(share * ranked, 9)
    rounded = {"floor": math.floor(exact), "ceil": math.ceil(exact), "half_up": math.floor(exact + 0.5)}[rule.rounding]
    return max(rounded, rule.minimum)


def _drift(results: pl.DataFrame, previous: pl.DataFrame) -> pl.DataFrame:
    """Return class_code and the change of the class's mean total."""
    now = results.group_by("class_code").agg(now=pl.col("total").mean())
    before = previous.group_by("class_code").agg(before=pl.col("total").mean())
    return (
        now.join(before, on="class_code")
        .select("class_code", change=pl.col("now") - pl.col("before"))
        .sort("class_code")
    )
