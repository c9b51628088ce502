"""A unit's score as live formulas: what a workbook needs to compute it again from the raw values.

Everything a formula looks at is an input with a label: received numbers, parameters, statistics of the group, what a
rule put in for an absent child. Formulas name inputs and other cells in braces; ``scorecards.unit_workbook`` gives them
places.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, is_dataclass
from typing import Any

from schemas.methods import Checklist, Milestones, Panel, Relative
from schemas.plan import PlanFile
from scoring.compile import Leaf, part_weights
from scoring.explain import Explainer
from scoring.explain_formula import values_of
from scoring.explain_model import Child, Explanation, NodeDerivation, Words
from scoring.explain_value import Cell
from scoring.explain_words import PLACEHOLDER, VALUES, named
from scoring.formulas import formula_of
from scoring.nodes import LEAST_OF_POWERS, exponent

Row = dict[str, Any]


@dataclass(frozen=True)
class Input:
    """One number that is given: its name in formulas, what it is, and its value."""

    name: str
    title: Words
    value: float


@dataclass(frozen=True)
class LiveIndicator:
    """An indicator: inputs, the formula of its value (over received numbers), of its points, and of its score.

    ``formula`` uses names of inputs and {value}; ``score_formula`` uses {raw}. Without a score both are empty and
    ``reason`` says why.
    """

    code: str
    title: Words
    method: Words
    text: Words
    received: tuple[Input, ...]
    value_formula: str
    value: float | None
    inputs: tuple[Input, ...]
    formula: str
    raw: float | None
    score_formula: str
    score: float | None
    reason: Words | None


@dataclass(frozen=True)
class LiveChild:
    """A child in its parent: ``share_formula`` over {weight:CODE}; ``put_in``: what a rule counts instead of a score.

    ``counts`` is False for a child that left the denominator.
    """

    code: str
    title: Words
    weight_pct: float
    counts: bool
    share_formula: str
    share_pct: float
    put_in: float | None
    state: str


@dataclass(frozen=True)
class LiveNode:
    """An inner node: ``formula`` over {share:CODE} and {counted:CODE}, with range and rounding."""

    code: str
    title: Words
    level: int
    aggregate: Words
    children: tuple[LiveChild, ...]
    formula: str
    score: float | None
    reason: Words | None


@dataclass(frozen=True)
class LiveUnit:
    """One unit's workbook: ``root`` is the node whose score is the base; of a year of quarters, ``quarters`` are it.

    ``total_formula`` over {base}, {bonus}, {deduction}; empty where a decision or veto set the total.
    """

    unit_code: str
    root: str
    indicators: tuple[LiveIndicator, ...]
    nodes: tuple[LiveNode, ...]
    quarters: tuple[Input, ...]
    base_formula: str
    base: float | None
    bonus: float
    deduction: float
    total_formula: str
    total: float | None
    reason: Words | None
    steps: tuple[tuple[Words, Words, float | None], ...] = field(default=())

    def to_dict(self) -> Row:
        """Return plain dicts, lists, numbers and texts."""
        whole: Row = _plain(self)
        return whole


def _plain(value: Any) -> Any:
    """Turn models into dicts; unlike ``asdict`` nothing is copied."""
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return {n: _plain(v) for n, v in vars(value).items()} if is_dataclass(value) else value


def live_unit(explainer: Explainer, unit_code: str) -> LiveUnit:
    """Return what a workbook needs to compute one unit's score again.

    Raises:
        UserError: an unknown unit.
    """
    explanation = explainer.unit(unit_code)
    total = explanation.total
    assert total is not None
    nodes = list(explanation.tree.walk()) if explanation.tree else []
    quarters, base_formula = _quarters(explainer, explanation)
    decided = total.reason_code in ("override", "veto_stop_scoring") or total.total is None or total.base is None
    caps = explainer.caps_of(unit_code)
    return LiveUnit(
        unit_code=unit_code,
        root=explainer.plan.root,
        indicators=tuple(_indicator(explainer, unit_code, n) for n in nodes if n.indicator is not None),
        nodes=tuple(_node(explainer, unit_code, n) for n in nodes if n.node is not None),
        quarters=quarters,
        base_formula=base_formula,
        base=total.base,
        bonus=total.bonus,
        deduction=total.deduction,
        total_formula="" if decided else total_formula(explainer.plan.file, caps),
        total=total.total,
        reason=total.reason,
        steps=tuple((s.name, s.detail, s.result) for s in total.steps),
    )


def total_formula(file: PlanFile, caps: Sequence[float] = ()) -> str:
    """Return the formula of the total over {base}, {bonus} and {deduction}: floor, caps, range, one rounding."""
    points = "{base}+{bonus}-{deduction}"
    floor = file.adjustments.deduction.floor
    if floor is not None:
        held = f"AND({{deduction}}>0,{points}<{floor:.15g})"
        points = f"IF({held},MIN({{base}}+{{bonus}},{floor:.15g}),{points})"
    for cap in caps:
        points = f"MIN({points},{cap:.15g})"
    low, high = (None, None) if file.total.clamp == "none" else file.total.clamp
    points = _within(points, low, high)
    if file.total.step is not None:
        step = f"{file.total.step:.17g}"
        return f"{rounded(f'({points})/{step}', 0, file.total.rounding)}*{step}"
    return points if file.total.places == "none" else rounded(points, file.total.places, file.total.rounding)


def rounded(formula: str, places: int, mode: str) -> str:
    """Return the decimal rounding of a formula, halves as the plan says, after snapping to 1e-7 of the last place."""
    near = f"ROUND({formula},{places + 7})"
    whole = {"half_up": "ROUND", "down": "ROUNDDOWN", "up": "ROUNDUP"}.get(mode)
    if whole:
        return f"{whole}({near},{places})"
    scale = f"{10.0**places:.15g}"
    half = f"ABS(ABS({near})*{scale}-INT(ABS({near})*{scale})-0.5)<0.00000001"
    return f"IF({half},2*ROUND({near}*{scale}/2,0)/{scale},ROUND({near},{places}))"


def _within(formula: str, low: float | None, high: float | None) -> str:
    formula = formula if high is None else f"MIN({high:.15g},{formula})"
    return formula if low is None else f"MAX({low:.15g},{formula})"


def _quarters(explainer: Explainer, explanation: Explanation) -> tuple[tuple[Input, ...], str]:
    """Return the bases of a year's quarters and the formula of the year's base; nothing for any other period."""
    inputs, terms, weights = [], [], []
    for number, (quarter, share) in enumerate(
        zip(explanation.quarters, explainer.shares(explanation.unit_code), strict=True)
    ):
        base = quarter.total.base if quarter.total else None
        if base is not None:
            title = Words(f"{quarter.period} 基础分", f"base of {quarter.period}")
            inputs.append(Input(f"quarter{number}", title, base))
            terms.append(f"{{quarter{number}}}*{share:.15g}")
            weights.append(f"{share:.15g}")
    return tuple(inputs), f"({'+'.join(terms)})/({'+'.join(weights)})" if terms else ""


# ── indicators ──
def _indicator(explainer: Explainer, unit_code: str, node: NodeDerivation) -> LiveIndicator:
    derived = node.indicator
    assert derived is not None
    leaf = explainer.leaf(node.node_code)
    cell = explainer.cells(unit_code).get(leaf.number)
    formula = formula_of(leaf.method)
    received: tuple[Input, ...] = ()
    value_formula, excel, score_formula = "", "", ""
    inputs: list[Input] = []
    value = None if cell is None else cell.get("value")
    if node.score is not None and cell is not None:
        received, value_formula = _value(leaf, explainer.received(unit_code).get(node.node_code), cell)
        if leaf.indicator.value_places is not None:
            value_formula = rounded(value_formula, leaf.indicator.value_places, leaf.indicator.value_rounding)
        excel, inputs = _points(leaf, formula.excel, cell)
        if value is None:  # too few cases: a score of its own
            value_formula, excel, inputs = '""', f"{cell['raw']:.15g}", []
        score_formula = _within("{raw}", cell["limit_low"], cell["limit_high"])
        if formula.range != (0.0, 100.0):
            bottom, top = formula.range
            score_formula = f"({bottom:.15g})+({top:.15g}-({bottom:.15g}))*{score_formula}/100"
        if leaf.indicator.places is not None:
            worth, mode = f"{cell['points']:.17g}", explainer.plan.file.total.rounding
            score_formula = f"{rounded(f'({score_formula})*{worth}', leaf.indicator.places, mode)}/{worth}"
    return LiveIndicator(
        code=node.node_code, title=node.title, method=derived.method, text=named(formula.text), received=received,
        value_formula=value_formula, value=value, inputs=tuple(inputs), formula=excel, raw=derived.raw,
        score_formula=score_formula, score=node.score, reason=node.reason,
    )  # fmt: skip


def _points(leaf: Leaf, excel: str, cell: Row) -> tuple[str, list[Input]]:
    """Return the formula of the bare points with the inputs it names; a compared value that was not treated is live."""
    values = values_of(leaf.method, cell)
    if isinstance(leaf.method, Relative) and values.get("x") == values.get("value"):
        excel = excel.replace("{x}", "{value}")
    inputs = []
    for name in dict.fromkeys(PLACEHOLDER.findall(excel)):
        number = values.get(name)
        if name == "value":
            continue
        if number is None:  # a baseline that nobody has: the formula looks whether the cell is empty
            excel = excel.replace(f"{{{name}}}", '""')
            continue
        title = Words("处理后的值", "treated value") if name == "x" else VALUES.get(name, Words(name, name))
        inputs.append(Input(name, title, number))
    return excel, inputs


def _value(leaf: Leaf, received: Cell | None, cell: Row) -> tuple[tuple[Input, ...], str]:
    """Return the received numbers and the formula that makes the value of them; without rows the value is given."""
    value = cell["value"]
    if received is None or not received.used:
        origin = leaf.indicator.value_from
        title = Words(f"完成值(取自 {origin})", f"value (of {origin})") if origin else VALUES["value"]
        return (Input("r0", title, value),), "{r0}"
    rows = received.used
    if isinstance(leaf.method, Panel):
        inputs, formula = _marks(leaf.method, rows)
    elif any(r["denominator"] is not None for r in rows):
        inputs, formula = _ratio(leaf, rows)
    else:
        inputs, formula = _parts(leaf, rows)
    credit = cell.get("credit")
    if credit is not None and credit != 1.0:
        title = Words("主责、协作系数", "credit of lead and partner")
        inputs, formula = [*inputs, Input("credit", title, credit)], f"({formula})*{{credit}}"
    return tuple(inputs), formula


def _title(row: Row, what: str = "") -> Words:
    """Say which received number this is: period, part, numerator or denominator."""
    zh, en = {"numerator": ("分子", "numerator"), "denominator": ("分母", "denominator")}.get(what, ("", ""))
    parts = [str(row["period"] or ""), row["part"]]
    return Words(" ".join(p for p in [*parts, zh] if p), " ".join(p for p in [*parts, en] if p))


def _sum(inputs: list[Input], titles: Sequence[tuple[Words, float]]) -> str:
    """Add inputs and return their sum as a formula."""
    terms = []
    for title, number in titles:
        inputs.append(Input(f"r{len(inputs)}", title, number))
        terms.append(f"{{r{len(inputs) - 1}}}")
    return "+".join(terms) if len(terms) < 3 else f"SUM({','.join(terms)})"


def _ratio(leaf: Leaf, rows: Sequence[Row]) -> tuple[list[Input], str]:
    per = 100.0 if leaf.method.kind == "coverage" else leaf.indicator.per
    inputs: list[Input] = []
    top, bottom = (
        _sum(inputs, [(_title(r, n), r[n]) for r in rows if r[n] is not None]) for n in ("numerator", "denominator")
    )
    return inputs, f"{per:.15g}*({top})/({bottom})"


def _parts(leaf: Leaf, rows: Sequence[Row]) -> tuple[list[Input], str]:
    weights, any_weight = part_weights(leaf)
    caps = getattr(leaf.method, "cap_by_kind", {})
    once = isinstance(leaf.method, Checklist | Milestones)
    by_part: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_part[row["part"]].append(row)
    inputs: list[Input] = []
    terms = []
    for part, given in by_part.items():
        weight = weights.get(part, any_weight if any_weight is not None else 1.0)
        numbers = [(_title(r), 0.0 if r["status"] == "nil" else r["value"] or 0.0) for r in given]
        amount = _sum(inputs, numbers)
        amount = f"MIN(1,MAX(0,{amount}))" if once else f"({amount})"
        amount = amount if weight == 1.0 else f"{amount}*{weight:.15g}"
        terms.append(f"MIN({amount},{caps[part]:.15g})" if part in caps else amount)
    return inputs, "+".join(terms)


def _marks(method: Panel, rows: Sequence[Row]) -> tuple[list[Input], str]:
    """Average the marks of each group that are kept; those trimmed are left out, as the greatest and least."""
    marks: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["value"] is not None:
            marks[row["part"].split("/")[0]].append(row)
    inputs: list[Input] = []
    terms, weights = [], []
    for group, weight in method.groups.items():
        given = sorted(marks.get(group, []), key=lambda r: r["value"])
        if given:
            kept = given[method.trim : len(given) - method.trim] if len(given) > 2 * method.trim else given
            terms.append(f"({_sum(inputs, [(_title(r), r['value']) for r in kept])})/{len(kept)}*{weight:.15g}")
            weights.append(f"{weight:.15g}")
    return inputs, f"({'+'.join(terms)})/({'+'.join(weights)})"


# ── nodes ──
def _node(explainer: Explainer, unit_code: str, node: NodeDerivation) -> LiveNode:
    inner = node.node
    assert inner is not None
    rules = explainer.rules(unit_code, node.node_code)
    counted = [c for c in inner.children if c.counted is not None]
    live = rules["best"] is None
    children = tuple(_child(c, counted, kind=inner.aggregate, live=live) for c in inner.children)
    formula = ""
    if node.score is not None and counted:
        formula = _within(_mean(inner.aggregate, rules["power"], counted), rules["low"], rules["high"])
        if rules["places"] is not None:
            formula = rounded(formula, int(rules["places"]), explainer.plan.file.total.rounding)
    return LiveNode(
        node.node_code, node.title, node.level, inner.aggregate_name, children, formula, node.score, node.reason
    )


def _child(child: Child, counted: Sequence[Child], *, kind: str, live: bool) -> LiveChild:
    """Return a child; its share of the whole is live unless only the best children count."""
    counts = child.counted is not None
    if not counts:
        share = ""
    elif not live:
        share = f"{child.share_pct:.17g}"
    elif kind in ("sum", "product"):
        share = f"{{weight:{child.node_code}}}"
    else:
        share = f"{{weight:{child.node_code}}}/({'+'.join(f'{{weight:{c.node_code}}}' for c in counted)})*100"
    put_in = child.counted if child.rule is not None else None
    return LiveChild(
        child.node_code, child.title, child.weight_pct, counts, share, child.share_pct, put_in, child.state
    )


def _mean(kind: str, power: float | None, counted: Sequence[Child]) -> str:
    """Return a node's mean over shares (per cent) and counted scores, as ``scoring.explain_node.aggregate``."""
    weighing = [c for c in counted if c.weight_pct > 0] if kind not in ("arithmetic", "sum") else counted
    pairs = [(f"{{share:{c.node_code}}}", f"{{counted:{c.node_code}}}") for c in weighing]
    scores = ",".join(s for _, s in pairs)
    if kind in ("min", "max"):
        return f"{kind.upper()}({scores})"
    if kind in ("arithmetic", "sum"):
        return f"({'+'.join(f'{w}*{s}' for w, s in pairs)})/100"
    p = exponent(kind, power)
    if kind == "product":
        mean = f"100*EXP(({'+'.join(f'{w}*LN({s}/100)' for w, s in pairs)})/100)"
    elif p == 0:
        mean = f"EXP(({'+'.join(f'{w}*LN({s})' for w, s in pairs)})/100)"
    else:
        low = LEAST_OF_POWERS if p < 0 else 0.0
        inner = "+".join(f"{w}*MAX({s},{low:.15g})^({p:.15g})" for w, s in pairs)
        mean = f"(({inner})/100)^(1/({p:.15g}))"
    return f"IF(MIN({scores})<=0,0,{mean})" if p <= 0 else mean
