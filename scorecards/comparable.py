"""Where a comparison of two periods breaks: what changed in the plan between them, and which numbers that touches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schemas.diff import incomparable
from schemas.folder import Plan
from schemas.periods import Period, parse_period
from schemas.plan import Indicator, Node
from scorecards.edition import Edition


@dataclass(frozen=True)
class Break:
    """One reason why a number of a period cannot be set beside the one of an earlier period.

    ``node_code``: the indicator or node that changed; everything above it is touched too. ``kind``: meaning (it means
    something else), added, removed, weight.
    """

    node_code: str
    kind: str
    zh: str
    en: str

    def text(self, lang: str) -> str:
        """Return the reason in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


def breaks_between(old: Edition, new: Edition) -> tuple[Break, ...]:
    """Return every break between two editions, changed meanings first."""
    found = list(_meanings(old.plan, new.plan)) + list(_declared(new.plan, old.period, new.period))
    if old.plan.hash != new.plan.hash:
        found += _came_and_went(old.plan, new.plan) + _weights(old.plan, new.plan)
    return tuple(dict.fromkeys(found))


def breaks_of(found: Sequence[Break], plan: Plan, node_code: str) -> list[Break]:
    """Return the breaks that touch a node: of itself and of everything below it."""
    below = {node_code, *plan.below(node_code)}
    gone = [b for b in found if b.kind == "removed" and node_code == plan.root]
    return [b for b in found if b.node_code in below] + [b for b in gone if b.node_code not in below]


def _meanings(old: Plan, new: Plan) -> Iterable[Break]:
    if old.hash != new.hash:
        for code, (zh, en) in incomparable(old, new).items():
            yield Break(code, "meaning", f"{zh}有变", f"{en} changed")


def _declared(plan: Plan, old: Period, new: Period) -> Iterable[Break]:
    """The plan itself says from which period on an indicator can be compared."""
    for code, leaf in plan.leaves.items():
        since = parse_period(leaf.comparable_from) if leaf.comparable_from else None
        if since and old.last_day < since.first_day <= new.last_day:
            yield Break(code, "meaning", f"{since} 起可比", f"comparable from {since} on")


def _came_and_went(old: Plan, new: Plan) -> list[Break]:
    gone = [Break(c, "removed", "已删除", "removed") for c in old.leaves if c not in new.leaves]
    return [Break(c, "added", "新增", "added") for c in new.leaves if c not in old.leaves] + gone


def _weights(old: Plan, new: Plan) -> list[Break]:
    before: dict[str, Node | Indicator] = {**old.nodes, **old.leaves}
    after: dict[str, Node | Indicator] = {**new.nodes, **new.leaves}
    return [
        Break(code, "weight", "权重调整", "weight changed")
        for code, item in after.items()
        if code in before and (item.weight, item.weight_by_class) != (before[code].weight, before[code].weight_by_class)
    ]
