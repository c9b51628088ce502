"""An inner node's derivation: which children count with what share, what the rules put in for absent ones, limits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schemas.plan import Node, Power
from scoring.exact import SCALE
from scoring.explain_model import Child, Inner, Step, Words
from scoring.explain_words import AGGREGATES, decimals, inside, number
from scoring.nodes import LEAST_OF_POWERS, exponent

Row = dict[str, Any]


@dataclass(frozen=True)
class Term:
    """A score that takes part, with its weight within the parent (0–1)."""

    code: str
    weight: float
    score: float
    rule: str | None = None


def inner(
    node: Node, rules: Row, rows: Sequence[Row], titles: dict[str, Words], means: dict[str, float], mine: Row
) -> Inner:
    """Return the derivation of one node.

    Args:
        node: the node.
        rules: its row of ``Compiled.node_table`` for the unit's class.
        rows: the children's rows of the scores table, assigned ones only, in the plan's order.
        titles: titles by code.
        means: mean score by code in the unit's class, for ``class_mean``.
        mine: the node's own row of the scores table.
    """
    terms = _terms(rules, rows, means)
    kind = kind_of(node)
    raw = aggregate(kind, rules["power"], terms)
    whole = math.fsum(t.weight for t in terms)
    counted = {t.code: t for t in terms}
    children = []
    for row in rows:
        term = counted.get(row["node_code"])
        share = 0.0 if term is None or whole <= 0 else term.weight / (1.0 if kind == "sum" else whole)
        code, points, rule = row["node_code"], term.score if term else None, term.rule if term else None
        state, title = _state(row, term), titles[code]
        children.append(Child(code, title, state, row["score"], row["weight_pct"], share * 100.0, points, rule))
    formula, filled = _formula(kind, rules["power"], terms, whole)
    limits = tuple(_limits(rules, raw, mine))
    return Inner(kind, AGGREGATES[kind], formula, filled, tuple(children), raw, limits)


def kind_of(node: Node) -> str:
    """Return how a node combines its children: the word of the plan, or power."""
    return "power" if isinstance(node.aggregate, Power) else str(node.aggregate)


def _state(row: Row, term: Term | None) -> str:
    if row["score"] is not None:
        return "scored" if term is not None else "left_out"
    return "not_applicable" if row["reason_code"] == "not_applicable" else "missing"


def _terms(rules: Row, rows: Sequence[Row], means: dict[str, float]) -> list[Term]:
    scored = [r for r in rows if r["score"] is not None]
    absent = [r for r in rows if r["score"] is None]
    best = rules["best"]
    if best is not None:
        order = sorted(range(len(scored)), key=lambda i: (-scored[i]["score"], i))[:best]
        scored = [scored[i] for i in sorted(order)]
    terms = [Term(r["node_code"], r["weight_pct"] / 100.0, r["score"]) for r in scored]
    waived = [r for r in absent if r["reason_code"] == "not_applicable"]
    missing = [r for r in absent if r["reason_code"] != "not_applicable"]
    terms += _imputed(missing, rules["missing"], rules["missing_value"], means, "missing")
    terms += _imputed(waived, rules["waived_mode"], rules["waived_value"], means, "not_applicable")
    if best is not None:
        terms = _within_best(terms, len(scored), rows, best)
    return terms


def _imputed(rows: Sequence[Row], mode: int, value: float | None, means: dict[str, float], rule: str) -> list[Term]:
    """Return what a rule puts in: nothing, a fixed value, or the class's mean."""
    if mode == 1 and value is not None:
        return [Term(r["node_code"], r["weight_pct"] / 100.0, value, rule) for r in rows]
    if mode == 2:
        known = [r for r in rows if r["node_code"] in means]
        return [Term(r["node_code"], r["weight_pct"] / 100.0, means[r["node_code"]], rule) for r in known]
    return []


def _within_best(terms: list[Term], scored: int, rows: Sequence[Row], best: int) -> list[Term]:
    """Limit what is put in for missing children to the places that the best ones leave open, at the mean weight."""
    real = [t for t in terms if t.rule != "missing"]
    missing = [t for t in terms if t.rule == "missing"]
    each = sum(r["weight_pct"] for r in rows) / 100.0 / len(rows)
    allowed = max(0.0, (best - scored) * each)
    weight = sum(t.weight for t in missing)
    if weight <= allowed:
        return terms
    factor = allowed / weight
    return real + [Term(t.code, t.weight * factor, t.score, t.rule) for t in missing if factor > 0]


def weighing(terms: Sequence[Term]) -> list[Term]:
    """Return the terms that have a weight: the others make nothing zero, and are neither least nor greatest."""
    return [t for t in terms if t.weight > 0.5 / SCALE]


def aggregate(kind: str, power: float | None, terms: Sequence[Term]) -> float | None:
    """Return the mean of the terms by the node's rule, before any limit; None without weight."""
    whole = math.fsum(t.weight for t in terms)
    if whole <= 0.5 / SCALE:
        return None
    scores = [t.score for t in weighing(terms)]
    if kind in ("min", "max"):
        return min(scores) if kind == "min" else max(scores)
    if kind == "sum":
        return math.fsum(t.weight * t.score for t in terms)
    if kind == "arithmetic":
        return math.fsum(t.weight * t.score for t in terms) / whole
    p = exponent(kind, power)
    if p <= 0 and min(scores) <= 0:
        return 0.0
    floor = LEAST_OF_POWERS if p < 0 else 0.0
    terms = weighing(terms)
    if kind == "product":
        return 100.0 * math.exp(math.fsum(t.weight * math.log(t.score / 100.0) for t in terms))
    if p == 0:
        return math.exp(math.fsum(t.weight * math.log(t.score) for t in terms) / whole)
    mean = math.fsum(t.weight * max(t.score, floor) ** p for t in terms) / whole
    return float(mean ** (1.0 / p))


def _formula(kind: str, power: float | None, terms: Sequence[Term], whole: float) -> tuple[Words, str | None]:
    p = number(power)
    texts = {
        "arithmetic": ("Σ(得分 × 权重) / Σ权重", "Σ(score × weight) / Σweight"),
        "sum": ("Σ(得分 × 权重)", "Σ(score × weight)"),
        "geometric": ("∏ 得分^(权重 / Σ权重)", "∏ score^(weight / Σweight)"),
        "harmonic": ("Σ权重 / Σ(权重 / 得分)", "Σweight / Σ(weight / score)"),
        "power": (f"(Σ(权重 × 得分^{p}) / Σ权重)^(1 / {p})", f"(Σ(weight × score^{p}) / Σweight)^(1 / {p})"),
        "product": ("100 × ∏ (得分 / 100)^权重", "100 × ∏ (score / 100)^weight"),
        "min": ("min(得分)", "min(score)"),
        "max": ("max(得分)", "max(score)"),
    }
    return Words(*texts[kind]), _filled(kind, power, terms, whole) if terms else None


def _filled(kind: str, power: float | None, terms: Sequence[Term], whole: float) -> str:
    counted = terms if kind in ("arithmetic", "sum") else weighing(terms)
    floor = LEAST_OF_POWERS if exponent(kind, power) < 0 and min(t.score for t in counted) > 0 else -math.inf
    pairs = [(inside(max(t.score, floor)), number(t.weight * 100.0)) for t in counted]
    total = number(whole * 100.0)
    if kind in ("min", "max"):
        return f"{kind}({', '.join(s for s, _ in pairs)})"
    if kind == "sum":
        return " + ".join(inside(t.score) + ("" if t.weight == 1.0 else f" × {number(t.weight)}") for t in counted)
    if kind == "arithmetic":
        text = " + ".join(f"{s} × {w}" for s, w in pairs)
        return f"({text}) / {total}"
    if kind == "product":
        powers = ["" if t.weight == 1.0 else f"^{number(t.weight)}" for t in counted]
        factors = [f"({s} / 100){p}" if p else f"{s} / 100" for (s, _), p in zip(pairs, powers, strict=True)]
        return f"100 × {' × '.join(factors)}"
    if kind == "geometric":
        return " × ".join(f"{s}^({w} / {total})" for s, w in pairs)
    if kind == "harmonic":
        return f"{total} / ({' + '.join(f'{w} / {s}' for s, w in pairs)})"
    p = number(power)
    return f"(({' + '.join(f'{w} × {s}^{p}' for s, w in pairs)}) / {total})^(1 / {p})"


def _limits(rules: Row, raw: float | None, mine: Row) -> list[Step]:
    """Return minimum coverage and count, the node's range, its rounding: each where it changed anything."""
    steps = []
    if mine["reason_code"] == "below_min_coverage":
        covered, least = number(mine["coverage_pct"], 2), number(rules["min_coverage"] * 100.0, 2)
        zh, en = f"已报权重 {covered}% 低于 {least}%", f"reported weight {covered}% is below {least}%"
        steps.append(Step(Words("不足,不计分", "too little: no score"), Words(zh, en), None, "below_min_coverage"))
    if mine["reason_code"] == "below_min_count":
        zh, en = f"已计分项少于 {rules['min_count']} 项", f"fewer than {rules['min_count']} children scored"
        steps.append(Step(Words("不足,不计分", "too little: no score"), Words(zh, en), None, "below_min_count"))
    if raw is None or mine["score"] is None:
        return steps
    points = raw
    for bound, over, sign in ((rules["high"], lambda a, b: a > b, ">"), (rules["low"], lambda a, b: a < b, "<")):
        if bound is not None and over(points, bound):
            detail = f"{number(points)} {sign} {number(bound)}"
            steps.append(Step(Words("限于范围", "limited to its range"), Words(detail, detail), bound, "clamped"))
            points = bound
    if rules["places"] is not None:
        zh, en = decimals(rules["places"])
        steps.append(Step(Words("取整", "rounded"), Words(zh, en), mine["score"]))
    return steps
