"""What the parts of an indicator count, in words: items, cases, stages, raters (the rule book's lines on methods)."""

from collections.abc import Mapping

from schemas.methods import Checklist, Deductions, Milestones, Panel, Points
from schemas.plan import Indicator
from scorecards.numbers import plain

SYSTEM = {"late_day": ("迟报一天", "a day late"), "not_reported": ("未报送", "no report")}
"""The kinds of cases that the system itself counts, where it supplies the indicator."""


def parts_rule(item: Indicator, lang: str) -> str:
    """Return what each kind of item gives, each case costs, and each item, stage or group of raters weighs."""
    method, zh = item.method, lang == "zh"
    if isinstance(method, Points):
        said = _each(method.per_item, *(("每项", "{} {} 分") if zh else ("each", "{} {} points")), zh=zh)
        for kind, cap in method.cap_by_kind.items():
            said.append(f"{kind}合计不超过 {plain(cap)} 分" if zh else f"{kind} at most {plain(cap)} points in all")
        return _joined(said, zh=zh)
    if isinstance(method, Deductions):
        each = ("每次", "{}扣 {} 分") if zh else ("each case", "{} costs {} points")
        return _joined(_each(method.per_case, *each, zh=zh), zh=zh)
    if isinstance(method, Checklist):
        items = method.items if isinstance(method.items, dict) else dict.fromkeys(method.items, 1.0)
        return _listed("要件", "items", _weighed(items), zh=zh)
    if isinstance(method, Milestones):
        names = {s.code: s.code if s.due is None else _due(s.code, s.due, zh=zh) for s in method.stages}
        return _listed("节点", "stages", _weighed({names[s.code]: s.weight for s in method.stages}), zh=zh)
    if isinstance(method, Panel):
        return _listed("评委组", "raters", _weighed(method.groups), zh=zh)
    return ""


def _each(each: Mapping[str, float] | float, whole: str, pattern: str, *, zh: bool) -> list[str]:
    """Return what each kind counts; ``whole`` names the one where there are no kinds."""
    kinds = each if isinstance(each, Mapping) else {whole: each}
    return [pattern.format(SYSTEM.get(k, (k, k))[0 if zh else 1], plain(v, 6)) for k, v in kinds.items()]


def _due(code: str, position: int, *, zh: bool) -> str:
    return f"{code}(第 {position} 期前)" if zh else f"{code} (due in period {position})"


def _weighed(parts: Mapping[str, float]) -> list[str]:
    """Return the names, with their weights where these are not all the same."""
    if len(set(parts.values())) < 2:
        return list(parts)
    return [f"{name} {plain(weight, 6)}" for name, weight in parts.items()]


def _listed(zh_head: str, en_head: str, names: list[str], *, zh: bool) -> str:
    return f"{zh_head}:{'、'.join(names)}" if zh else f"{en_head}: {', '.join(names)}"


def _joined(said: list[str], *, zh: bool) -> str:
    return ("、" if zh else ", ").join(said)
