"""What an indicator's value is counted in: parts that weigh something else than one make points of pieces."""

from schemas.methods import Checklist, Deductions, Milestones, Points
from schemas.plan import Indicator
from scorecards.numbers import plain
from scorecards.typeset import typeset

POINTS = {"zh": "分", "en": "points"}
OFF = {"zh": "分（扣）", "en": "points off"}


def counted_in(leaf: Indicator, lang: str) -> str:
    """Return the unit of measure of the value that is scored, which is not always the one that is reported.

    Four items adopted at five points each are 20 points, not 20 items; a stage of weight 40 is 40 % of the way.
    """
    method = leaf.method
    weights = _weights(method)
    if all(weight == 1.0 for weight in weights):
        return typeset(leaf.measure, lang)
    if isinstance(method, Points | Deductions):
        return (OFF if isinstance(method, Deductions) else POINTS)[lang]
    whole = sum(weights)
    if whole == 100.0:
        return "%"
    return f"{POINTS['zh']}（共 {plain(whole)} 分）" if lang == "zh" else f"of {plain(whole)} points"


def _weights(method: object) -> list[float]:
    """Return what one of each part counts; none where nothing is weighed."""
    if isinstance(method, Milestones):
        return [stage.weight for stage in method.stages]
    if isinstance(method, Checklist):
        return list(method.items.values()) if isinstance(method.items, dict) else []
    each = method.per_item if isinstance(method, Points) else getattr(method, "per_case", 1.0)
    return list(each.values()) if isinstance(each, dict) else [each]
