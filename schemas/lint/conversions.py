"""Conversions to the parent organisation's scale: what each way of converting needs."""

from schemas.lint.rules import Findings, nearest
from schemas.plan import Conversion


def check_conversions(found: Findings) -> None:
    """Check nodes, grades, bands and bounds of the conversions."""
    codes: set[str] = set()
    for number, one in enumerate(found.plan.file.conversions):
        if one.code in codes:
            zh, en = f"折算“{one.code}”重复。请改用别的代码。", f"the conversion '{one.code}' occurs twice; rename one."
            found.plan_key("conversion_incomplete", ("conversions", number, "code"), zh, en)
        codes.add(one.code)
        _node(found, number, one)
        for zh, en in _incomplete(found, one):
            found.plan_key("conversion_incomplete", ("conversions", number), zh, en)
        _grades(found, number, one)


def _node(found: Findings, number: int, one: Conversion) -> None:
    if one.node is not None and one.node not in found.plan.nodes and one.node not in found.plan.leaves:
        hint_zh, hint_en = nearest(one.node, found.plan.nodes)
        zh, en = f"节点“{one.node}”不存在。{hint_zh}", f"unknown node '{one.node}'. {hint_en}"
        found.plan_key("node_unknown", ("conversions", number, "node"), zh, en)


def _incomplete(found: Findings, one: Conversion) -> list[tuple[str, str]]:
    """Return what a way of converting lacks."""
    faults = []
    if one.by == "bands" and not one.bands:
        faults.append((f"折算“{one.code}”按 bands,请写出 bands。", f"'{one.code}' converts by bands; give them."))
    absent = [g.code for g in found.plan.file.grades if g.code not in one.grades]
    if one.by == "grades" and (absent or not found.plan.file.grades):
        named = "、".join(absent) or "grades"
        zh = f"折算“{one.code}”按等次,缺少:{named}。"
        faults.append((zh, f"'{one.code}' converts by grade and lacks {', '.join(absent) or 'grades'}."))
    if one.by == "linear" and not 0 <= one.zero_at < 100:
        zh = f"折算“{one.code}”的 zero_at 应在 0 到 100 之间(不含100)。"
        faults.append((zh, f"zero_at of '{one.code}' must lie from 0 to below 100."))
    points = [b.points for b in one.bands] if one.by == "bands" else list(one.grades.values())
    if one.full_marks <= 0 or max(points, default=0.0) > one.full_marks:
        zh = f"折算“{one.code}”的分值应在 0 到满分 {one.full_marks:g} 之间。"
        faults.append((zh, f"points of '{one.code}' must lie between 0 and its full marks {one.full_marks:g}."))
    return faults


def _grades(found: Findings, number: int, one: Conversion) -> None:
    known = [g.code for g in found.plan.file.grades]
    for code in one.grades:
        if code not in known:
            zh, en = f"没有等次“{code}”。", f"unknown grade '{code}'. Known: {', '.join(known)}."
            found.plan_key("grade_unknown", ("conversions", number, "grades", code), zh, en)
