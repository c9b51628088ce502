"""From base to total: bonuses, deductions, penalties, limits, vetoes and overrides, each as a step with its numbers."""

import math
from dataclasses import dataclass
from typing import Any

from schemas.folder import Plan
from schemas.outside import Late
from scoring.explain_model import Step, Words
from scoring.explain_words import decimals, number

Row = dict[str, Any]
_KINDS = {
    "deduction": Words("扣分", "deduction"),
    "late": Words("迟报扣分", "late report"),
    "false_report": Words("虚报扣分", "false report"),
    "veto": Words("一票否决扣分", "veto"),
    "not_reported": Words("未报送扣分", "nothing reported"),
}


@dataclass(frozen=True)
class Entry:
    """One adjustment as it counts: its points and how it is described."""

    points: float
    words: Words


def total_steps(plan: Plan, result: Row, adjustments: list[Row], *, unreported: bool) -> list[Step]:
    """Return the steps from the base to the rounded total of one unit.

    Args:
        plan: the plan.
        result: the unit's row of the results.
        adjustments: its adjustments of the period (columns of ``scoring.adjust.ADJUSTMENT``).
        unreported: it sent nothing although asked.
    """
    base = result["base"]
    steps = [Step(Words("基础分", "base"), Words("指标体系得分,未取整", "score of the tree, unrounded"), base)]
    steps += _bonus(plan, base, adjustments)
    steps += _deduction(plan, adjustments, unreported=unreported)
    if base is None:
        return [*steps, *_decisions(plan, result, adjustments)]
    raw = base + result["bonus"] - result["deduction"]
    if result["bonus"] or result["deduction"]:
        text = f"{number(base)} + {number(result['bonus'])} − {number(result['deduction'])}"
        steps.append(Step(Words("合计", "sum"), Words(text, text), raw))
    steps += _limits(plan, base + result["bonus"], raw, result, adjustments)
    return [*steps, *_decisions(plan, result, adjustments)]


def _described(row: Row, points: float, name: Words) -> Entry:
    """Return one adjustment as text: kind or code, reason, document."""
    label = row.get("code") or ""
    more = [str(row[n]) for n in ("reason", "document_no") if row.get(n)]
    zh = f"{label or name.zh} {number(points)}" + (f"({','.join(more)})" if more else "")
    en = f"{label or name.en} {number(points)}" + (f" ({', '.join(more)})" if more else "")
    return Entry(points, Words(zh, en))


def _listed(entries: list[Entry]) -> Words:
    return Words(";".join(e.words.zh for e in entries), "; ".join(e.words.en for e in entries))


def _bonus(plan: Plan, base: float | None, adjustments: list[Row]) -> list[Step]:
    rule = plan.file.adjustments.bonus
    claims = [r for r in adjustments if r["kind"] == "bonus"]
    if not claims:
        return []
    word = Words("加分", "bonus")
    refused = [r for r in claims if rule.document_required and not (r["document_no"] or "").strip()]
    entries = [_described(r, r["value"] or 0.0, word) for r in claims]
    counted = [r for r in claims if r not in refused]
    by_code: dict[str | None, float] = {}
    for row in counted:
        by_code[row["code"]] = by_code.get(row["code"], 0.0) + (row["value"] or 0.0)
    limited = {c: min(v, rule.cap_by_code.get(c or "", math.inf)) for c, v in by_code.items()}
    points = math.fsum(limited.values())
    steps = [Step(word, _listed(entries), math.fsum(r["value"] or 0.0 for r in claims))]
    for row in refused:
        what = _described(row, row["value"] or 0.0, word).words
        steps.append(Step(Words("缺少文件依据", "no document"), what, None, "bonus_undocumented"))
    for code, value in limited.items():
        if value < by_code[code]:
            text = f"{code} {number(by_code[code])} → {number(value)}"
            steps.append(Step(Words("单项加分封顶", "cap of one kind"), Words(text, text), points, "bonus_capped"))
    if rule.cap is not None and points > rule.cap:
        text = f"{number(points)} > {number(rule.cap)}"
        points = rule.cap
        steps.append(Step(Words("加分封顶", "bonus cap"), Words(text, text), points, "bonus_capped"))
    if rule.opens_at_base is not None and points > 0 and (base is None or base < rule.opens_at_base - 5e-10):
        zh = f"基础分 {number(base)} 低于加分条件 {number(rule.opens_at_base)}"
        en = f"base {number(base)} is below {number(rule.opens_at_base)}, from which bonuses count"
        steps.append(Step(Words("加分不计", "bonus not counted"), Words(zh, en), 0.0, "bonus_closed"))
    return steps


def _deduction(plan: Plan, adjustments: list[Row], *, unreported: bool) -> list[Step]:
    entries = [e for row in adjustments if (e := _lost(plan, row)) is not None]
    rules = plan.file.adjustments
    if unreported and rules.not_reported:
        name = _KINDS["not_reported"]
        points = rules.not_reported.points
        entries.append(Entry(points, Words(f"{name.zh} {number(points)}", f"{name.en} {number(points)}")))
    if not entries:
        return []
    points = math.fsum(e.points for e in entries)
    steps = [Step(Words("扣分", "deductions"), _listed(entries), points)]
    if rules.deduction.cap is not None and points > rules.deduction.cap:
        text = f"{number(points)} > {number(rules.deduction.cap)}"
        steps.append(Step(Words("扣分封顶", "deduction cap"), Words(text, text), rules.deduction.cap))
    return steps


def _lost(plan: Plan, row: Row) -> Entry | None:
    """Return what one adjustment takes; None where it takes nothing."""
    rules = plan.file.adjustments
    kind, value = row["kind"], row["value"] or 0.0
    if kind == "deduction":
        return _described(row, value, _KINDS[kind])
    if kind == "late" and rules.late:
        points = _late(rules.late, value)
        days = Words(f"迟报 {number(value)} 天 {number(points)}", f"{number(value)} days late {number(points)}")
        return Entry(points, days)
    if kind == "false_report" and rules.false_report:
        return _described(row, rules.false_report.points, _KINDS[kind])
    if kind == "veto" and (veto := rules.vetoes.get(row["code"] or "")) and veto.points:
        return _described(row, veto.points, _KINDS[kind])
    return None


def _late(rule: Late, days: float) -> float:
    points = max(days - rule.grace_days, 0.0) * rule.per_day
    for step in sorted(rule.steps, key=lambda s: s.from_day):
        points = step.points if days >= step.from_day else points
    return points if rule.cap is None else min(points, rule.cap)


def _limits(plan: Plan, before: float, raw: float, result: Row, adjustments: list[Row]) -> list[Step]:
    """Return floor of deductions, caps of single units, the range of totals: each where it changed anything."""
    steps = []
    points = raw
    floor = plan.file.adjustments.deduction.floor
    if floor is not None and result["deduction"] > 0 and raw < floor:
        points = min(before, floor)
        text = f"{number(raw)} < {number(floor)}"
        name = Words("扣分不低于下限", "deductions stop at the floor")
        steps.append(Step(name, Words(text, text), points, "total_floored"))
    caps = [r["value"] for r in adjustments if r["kind"] == "cap" and r["value"] is not None]
    low, high = (None, None) if plan.file.total.clamp == "none" else plan.file.total.clamp
    for cap in (min(caps, default=None), high):
        if cap is not None and points > cap:
            text = f"{number(points)} > {number(cap)}"
            steps.append(Step(Words("总分封顶", "total capped"), Words(text, text), cap, "total_capped"))
            points = cap
    if low is not None and points < low:
        text = f"{number(points)} < {number(low)}"
        steps.append(Step(Words("总分保底", "total floored"), Words(text, text), low, "total_floored"))
    return steps


def _decisions(plan: Plan, result: Row, adjustments: list[Row]) -> list[Step]:
    """Return vetoes, an overriding decision, and the one rounding."""
    steps = []
    for row in adjustments:
        veto = plan.file.adjustments.vetoes.get(row["code"] or "") if row["kind"] == "veto" else None
        if veto is not None:
            code, more = str(row["code"]), row["reason"] or ""
            zh, en = (code, code) if veto.title is None else (veto.title.get("zh"), veto.title.get("en"))
            struck = Words(f"{zh} {more}".strip(), f"{en} {more}".strip())
            steps.append(Step(Words("一票否决", "veto"), struck, None, f"veto_{veto.effect}"))
    for row in [r for r in adjustments if r["kind"] in ("override_total", "override_grade")]:
        what = row["grade"] if row["kind"] == "override_grade" else number(row["value"])
        more = ",".join(str(row[n]) for n in ("reason", "document_no") if row.get(n))
        name = Words("经批准调整", "overridden by decision")
        value = row["value"] if row["kind"] == "override_total" else None
        steps.append(Step(name, Words(f"{what} {more}".strip(), f"{what} {more}".strip()), value, "override"))
    places = plan.file.total.places
    if result["total"] is not None:
        mode = {"half_up": Words("四舍五入", "half up"), "half_even": Words("四舍六入五成双", "half to even"),
                "down": Words("舍去尾数", "down"), "up": Words("进一", "up")}  # fmt: skip
        rule = mode[plan.file.total.rounding]
        detail = Words("不取整", "not rounded")
        if plan.file.total.step is not None:
            step = number(plan.file.total.step)
            detail = Words(f"{rule.zh}到 {step} 的倍数", f"rounded {rule.en} to a multiple of {step}")
        elif places != "none":
            detail = Words(f"{rule.zh}到{places}位小数", f"rounded {rule.en}: {decimals(places)[1]}")
        steps.append(Step(Words("总分", "total"), detail, result["total"]))
    return steps
