"""The tree's nodes: children, references to nodes, means that a zero would destroy, best-of, limits."""

from schemas.lint.rules import Findings, few, nearest
from schemas.methods import (
    Attainment,
    Bands,
    Boolean,
    Checklist,
    Coverage,
    Deductions,
    Goalposts,
    Growth,
    LogGoalposts,
    Milestones,
    Minmax,
    Percentile,
    Points,
    RankPoints,
    RankSteps,
)  # fmt: skip
from schemas.plan import Indicator, Node, Power

LEAST_POWER, MOST_POWER = -2.0, 10.0
"""Exponents with which scores of 0.01 and of 300 still add up exactly."""


def check_tree(found: Findings) -> None:
    """Check every inner node, and every place that names one."""
    for node in found.plan.file.tree:
        count = len(found.plan.children[node.code])
        if not count:
            zh = "没有下级节点或指标。请在 indicators.yaml 中为它添加指标,或删去它。"
            found.item("node_empty", node, ("code",), zh, "has no children; add an indicator below it, or remove it.")
            continue
        _counts(found, node, count)
        _clamp(found, node)
        _zero_in_mean(found, node)
    _values_of_nodes(found)
    _pers(found)
    _references(found)


def _counts(found: Findings, node: Node, count: int) -> None:
    if node.best is not None and not 1 <= node.best <= count:
        zh = f"best 为 {node.best},而下级有 {count} 个;应在 1 到 {count} 之间。"
        en = f"best is {node.best}, but there are {count} children; write 1 to {count}."
        found.item("best_count", node, ("best",), zh, en)
    if node.best is not None and len({c in found.plan.leaves for c in found.plan.children[node.code]}) > 1:
        zh = "best 的下级既有节点又有指标,不能一起比较。请把这些指标放到一个节点下,或各用一个节点。"
        en = "best cannot compare nodes with indicators; put a node above these indicators, or one above each."
        found.item("best_mixed", node, ("best",), zh, en)
    if node.best is not None:
        _best_rules(found, node)
    if isinstance(node.aggregate, Power) and not _exact(node.aggregate.power):
        power = node.aggregate.power
        zh = f"power 为 {power:g},应在 {LEAST_POWER:g} 到 {MOST_POWER:g} 之间,不为 0(几何平均写 geometric)。"
        en = f"power is {power:g}; write {LEAST_POWER:g} to {MOST_POWER:g} and not 0 (for which there is geometric)."
        found.item("power_range", node, ("aggregate",), zh, en)
    if not 0 <= node.min_coverage <= 1:
        zh = f"min_coverage 为 {node.min_coverage:g},应在 0 到 1 之间(一半写 0.5)。"
        en = f"min_coverage is {node.min_coverage:g}; write a share from 0 to 1 (0.5 for a half)."
        found.item("coverage_range", node, ("min_coverage",), zh, en)
    if node.min_count > count:
        zh = f"min_count 为 {node.min_count},而下级只有 {count} 个,永远达不到。"
        en = f"min_count is {node.min_count}, but there are only {count} children; lower it."
        found.item("count_high", node, ("min_count",), zh, en)


def _best_rules(found: Findings, node: Node) -> None:
    """The places that the best leave open are filled with one number, or not: which child's mean would stand there?"""
    has_leaves = any(c in found.plan.leaves for c in found.plan.children[node.code])
    if (node.missing or (found.plan.file.missing_report if has_leaves else "exclude")) == "class_mean":
        zh = "best 不能与 class_mean 同用:空名额用哪一项的均值不确定。请写 missing: exclude、zero 或 {value: 60}。"
        en = "best cannot go with missing: class_mean, as no one child's mean fits an open place; "
        found.item("best_rules", node, ("best",), zh, en + "write missing: exclude, zero or {value: 60}.")
    if node.not_applicable != "redistribute":
        zh = "best 只与 not_applicable: redistribute 同用:不适用的下级不占名额。请删去 not_applicable。"
        en = "best goes with not_applicable: redistribute alone: a child that does not apply takes no place; "
        found.item("best_rules", node, ("best",), zh, en + "remove not_applicable.")


def _exact(power: float) -> bool:
    return power != 0 and LEAST_POWER <= power <= MOST_POWER


def _clamp(found: Findings, node: Node) -> None:
    low, high = (None, None) if node.clamp == "none" else node.clamp
    if low is not None and high is not None and low >= high:
        zh, en = f"clamp [{low:g}, {high:g}] 应先低后高。", f"clamp [{low:g}, {high:g}] must run from low to high."
        found.item("clamp_order", node, ("clamp",), zh, en)


def _zero_in_mean(found: Findings, node: Node) -> None:
    """Warn where one zero makes a node's score zero (or undefined) whatever its other children reach."""
    aggregate = node.aggregate
    below_zero_power = isinstance(aggregate, Power) and aggregate.power <= 0
    if aggregate not in ("geometric", "harmonic") and not below_zero_power:
        return  # of a product, a zero is expected to make nothing
    children = found.plan.children[node.code]
    zero = [c for c in children if _least(found, c) <= 0]
    rule = node.missing or (
        found.plan.file.missing_report if any(c in found.plan.leaves for c in children) else "exclude"
    )
    filled = rule == "zero" or getattr(rule, "value", 1.0) <= 0
    if not zero and not filled:
        return
    why_zh = f"{few(zero, most=4)} 可能得0分" if zero else "缺报按0分计"
    why_en = f"{few(zero, 'en', most=4)} can score 0" if zero else "what is missing counts 0"
    zh = f"{why_zh},会使本节点为0分。请为其方法设 range: [1, 100] 或 floor,或改用 arithmetic。"
    en = f"{why_en}, and one zero makes this node 0. Give the method range: [1, 100] or a floor, or use arithmetic."
    found.item("zero_in_mean", node, ("aggregate",), zh, en)


def _least(found: Findings, code: str) -> float:
    """Return the least score a node or indicator can have."""
    node = found.plan.nodes.get(code)
    if node is None:
        return _least_of_leaf(found, found.plan.leaves[code])
    below = [_least(found, c) for c in found.plan.children[code]] or [0.0]
    low = None if node.clamp == "none" else node.clamp[0]
    least = max(below) if node.aggregate == "max" else min(below)
    return least if low is None else max(least, low)


def _least_of_leaf(found: Findings, leaf: Indicator) -> float:
    match leaf.method:
        case Goalposts(clamp=True, range=limits) | LogGoalposts(clamp=True, range=limits) | Percentile(range=limits):
            return limits[0]
        case Minmax(clamp=True, range=limits):
            return limits[0]
        case Attainment() | Coverage() | Growth() | Milestones() | Deductions():
            rows = found.plan.targets.filter(
                (found.plan.targets["indicator_code"] == leaf.code) & (found.plan.targets["name"] == "floor")
            )
            return min([leaf.method.floor or 0.0, *rows["value"].drop_nulls().to_list()])
        case Bands(bands=bands):
            return min((min(b.score) if isinstance(b.score, tuple) else b.score for b in bands), default=0.0)
        case Boolean(met=met, not_met=not_met):
            return min(met or 0.0, not_met or 0.0)
        case RankPoints(points=points):
            return points.floor if isinstance(points, RankSteps) else 0.0
        case Points() | Checklist():
            return 0.0
    return 0.0


def _values_of_nodes(found: Findings) -> None:
    """Refuse an indicator that takes the score of a node which depends on the indicator."""
    plan = found.plan
    for leaf in plan.indicators:
        if leaf.value_from not in plan.nodes:
            continue
        behind: set[str] = set()
        todo = {str(leaf.value_from)}
        while todo:
            behind |= todo
            todo = {below for c in todo for below in plan.taken_below(c)} - behind
        if any(leaf.code in plan.below(c) for c in behind):
            zh = f"取节点 {leaf.value_from} 的得分,而该节点的得分又取决于本指标。请改取别的节点。"
            en = f"takes the score of {leaf.value_from}, which depends on this indicator; take another node's."
            found.item("value_cycle", leaf, ("value_from",), zh, en)


def _pers(found: Findings) -> None:
    """Warn where an indicator takes another one's ratios and multiplies them otherwise: 0.95 beside 95."""
    leaves = found.plan.leaves
    for leaf in found.plan.indicators:
        source = leaves.get(leaf.value_from or "")
        if source is None or leaf.method.kind == "coverage":
            continue
        per = 100.0 if source.method.kind == "coverage" else source.per
        if leaf.per != per:
            zh = f"取 {source.code} 的填报值,但 per 为 {leaf.per:g},而 {source.code} 为 {per:g};通常应相同。"
            en = (
                f"takes the measurements of {source.code} with per {leaf.per:g}, where {source.code} has "
                f"{per:g}; they are mostly meant to be the same."
            )
            found.item("per_differs", leaf, ("value_from",), zh, en)


def _references(found: Findings) -> None:
    file = found.plan.file
    used: list[tuple[tuple[str | int, ...], str]] = [
        (("rank", "tie_breakers", i), c) for i, c in enumerate(file.rank.tie_breakers)
    ]
    used += [(("grades", i, "node_floors", c), c) for i, g in enumerate(file.grades) for c in g.node_floors]
    if file.grade_by:
        used += [(("grade_by", "nodes", i), c) for i, c in enumerate(file.grade_by.nodes)]
    for path, code in used:
        if code in found.plan.nodes:
            continue
        if code in found.plan.leaves:
            zh, en = (
                f"“{code}”是指标;这里要写节点,例如它的上级。",
                f"'{code}' is an indicator; name a node, such as its parent.",
            )
        else:
            hint_zh, hint_en = nearest(code, found.plan.nodes)
            zh, en = f"节点“{code}”不存在。{hint_zh}", f"unknown node '{code}'. {hint_en}"
        found.plan_key("node_unknown", path, zh, en)
