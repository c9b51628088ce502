"""An indicator's derivation: method, value, target, parameters in force, formula, limits."""

from collections.abc import Sequence
from typing import Any

from schemas import methods as m
from schemas.asked import holding_periods
from schemas.folder import Plan
from scoring.compile import Compiled, Leaf
from scoring.exact import nano_of
from scoring.explain_formula import put_in, values_of
from scoring.explain_model import Indicator, Parameter, Step, Words
from scoring.explain_value import Cell, value_from
from scoring.explain_words import METHODS, VALUES, decimals, inside, named, number
from scoring.formulas import Formula, formula_of

Row = dict[str, Any]
_GROUP = {f"g_{name}": name for name in ("n", "low", "high", "mean", "sd", "sum", "rank")}
_GIVEN = {"g_low": "p_lower", "g_high": "p_upper", "g_mean": "p_mean", "g_sd": "p_sd"}


def indicator(
    compiled: Compiled,
    leaf: Leaf,
    unit: Row,
    cell: Row | None,
    received: Cell | None,
    score: Row,
    targets: Sequence[Row],
) -> Indicator:
    """Return the derivation of one cell.

    Args:
        compiled: the plan for the period.
        leaf: the indicator.
        unit: the unit's row of the registry.
        cell: the engine's columns for the cell; None where nothing was received.
        received: the received rows; None where there are none.
        score: the cell's row of the scores table.
        targets: the indicator's rows of the targets that hold, the plan's or their replacement.
    """
    formula = formula_of(leaf.method)
    held = holding_periods(compiled.plan, leaf.indicator, compiled.period)
    parameters = in_force(leaf, unit, targets, held)
    scored = cell is not None and score["score"] is not None
    values = values_of(leaf.method, cell or {})
    return Indicator(
        kind=leaf.method.kind,
        method=METHODS[leaf.method.kind],
        measure=leaf.indicator.measure,
        formula=named(formula.text),
        filled=put_in(leaf.method, formula.text, values) if scored else None,
        value=score["value"],
        value_from=_where_from(compiled.plan, leaf, cell, received, score["value"]),
        sources=received.sources if received else (),
        target=score["target"],
        target_from=_target_from(leaf, parameters, score["target"]),
        parameters=parameters,
        group=_group(leaf, unit, cell) if scored and cell else None,
        raw=cell["raw"] if scored and cell else None,
        limits=tuple(_limits(leaf, formula, cell, score["score"])) if scored and cell else (),
    )


def _where_from(plan: Plan, leaf: Leaf, cell: Row | None, received: Cell | None, value: float | None) -> Words | None:
    """Return how the value was put together, or which node's score it is."""
    code = leaf.indicator.value_from
    if code in plan.nodes and value is not None:
        return Words(f"节点 {code} 的得分 = {number(value)}", f"score of node {code} = {number(value)}")
    return value_from(leaf, received.used, value, (cell or {}).get("credit")) if received else None


def in_force(leaf: Leaf, unit: Row, targets: Sequence[Row], held: list[str]) -> tuple[Parameter, ...]:
    """Return the parameters that have a value, each with the row that gave it: the most specific one wins.

    ``held``: the periods whose rows hold, the most special first.
    """
    periods = {name: order for order, name in enumerate([*held, None])}
    found = []
    for name in m.parameter_names(leaf.method):
        fitting = [
            (_origin(row), periods[row["period"]], row)
            for row in targets
            if row["name"] == name
            and row["period"] in periods
            and row["unit_code"] in (None, unit["unit_code"])
            and (row["class_code"] in (None, unit["class_code"]) or row["unit_code"] is not None)
        ]
        title = VALUES.get(name, Words(name, name))
        if fitting:
            origin, _, row = min(fitting, key=lambda f: (("unit", "class", "all").index(f[0]), f[1]))
            found.append(Parameter(name, title, row["value"], origin, row["period"]))
        elif isinstance(literal := getattr(leaf.method, name), float):
            found.append(Parameter(name, title, literal, "plan"))
    return tuple(found)


_GROUP_TARGETS = {
    "group_mean": ("平均值", "mean"), "group_median": ("中位数", "median"), "group_best": ("最优值", "best value"),
    "group_ratio": ("合计之比(Σ分子 / Σ分母)", "own ratio (Σ numerators / Σ denominators)"),
}  # fmt: skip


def reference_words(method: m.Method) -> Words | None:
    """Return the group on whose values a score depends, such as 本类别; None where it depends on its own alone."""
    within = m.reference_group(method)
    where = {None: None, "class": Words("本类别", "its class"), "all": Words("全部单位", "all units")}
    return where[within] if within in where else Words(f"同{within}", f"its {within}")


def group_target(method: m.Method) -> Words | None:
    """Return the target that a group makes, such as 本类别的中位数; None where the plan or the targets give it."""
    target, group = m.group_target_of(method), reference_words(method)
    if target is None or group is None:
        return None
    match target:
        case m.OfGroup(unit=str() as unit):
            return Words(f"单位 {unit} 的值", f"value of unit {unit}")
        case m.OfGroup(best=int() as best):
            zh, en = f"最优{best}个的平均值", f"mean of the best {best}"
        case m.OfGroup(quantile=quantile):
            zh, en = f"{number(quantile)} 分位数", f"{number(quantile)} quantile"
        case _:
            zh, en = _GROUP_TARGETS[str(target)]
    return Words(f"{group.zh}的{zh}", f"{en} of {group.en}")


def _origin(row: Row) -> str:
    if row["unit_code"] is not None:
        return "unit"
    return "class" if row["class_code"] is not None else "all"


def _target_from(leaf: Leaf, parameters: tuple[Parameter, ...], target: float | None) -> Words | None:
    """Return how the target on schedule comes from the annual one, such as ``80 × 0.25 = 20``, or from the group."""
    group = group_target(leaf.method)
    if group is not None and target is not None:
        return Words(f"{group.zh} = {number(target)}", f"{group.en} = {number(target)}")
    annual = next((p.value for p in parameters if p.name == "target"), None)
    if annual is None or target is None or getattr(leaf.method, "target", None) != "annual_share":
        return None
    text = f"{inside(annual)} × {number(leaf.schedule_share)} = {number(target)}"
    return Words(f"全年目标 × 序时进度:{text}", f"annual target × share due by now: {text}")


def _group(leaf: Leaf, unit: Row, cell: Row) -> dict[str, Any] | None:
    """Return the reference group of a relative method and its statistics."""
    if not isinstance(leaf.method, m.Relative):
        return None
    within = leaf.method.within
    group = {"class": unit["class_code"], "all": "all"}.get(within) or unit.get(within) or "–"
    # What the plan gives is told among the parameters; it is no statistic of the group.
    given = {column for column, parameter in _GIVEN.items() if cell.get(parameter) is not None}
    statistics = {n: cell[c] for c, n in _GROUP.items() if c not in given and cell.get(c) is not None}
    treated = cell.get("treated")
    return {"within": within, "group": group, **statistics, "x": cell.get("x"), "treated": bool(treated)}


def _limits(leaf: Leaf, formula: Formula, cell: Row, score: float) -> list[Step]:
    """Return what happened between the bare points and the score: cap or floor, range, rounding."""
    steps = []
    points, low, high = cell["raw"], cell["limit_low"], cell["limit_high"]
    if high is not None and nano_of(points) > nano_of(high):
        detail = f"{number(points)} > {number(high)}"
        steps.append(Step(Words("封顶", "capped"), Words(detail, detail), high, "capped"))
        points = high
    if low is not None and nano_of(points) < nano_of(low):
        detail = f"{number(points)} < {number(low)}"
        steps.append(Step(Words("保底", "floored"), Words(detail, detail), low, "floored"))
        points = low
    if formula.range != (0.0, 100.0):
        bottom, top = formula.range
        moved = bottom + (top - bottom) * points / 100.0
        detail = f"{inside(bottom)} + ({inside(top)} − {inside(bottom)}) × {inside(points)} / 100 = {number(moved)}"
        steps.append(Step(Words("换算到区间", "moved to the range"), Words(detail, detail), moved))
    if leaf.indicator.places is not None:
        zh, en = decimals(leaf.indicator.places)
        if leaf.indicator.places_of == "points":
            made = f"{number(score)} × {number(cell['points'])} = {number(score * cell['points'])}"
            zh, en = f"折成的分值{zh}:{made}", f"points, {en}: {made}"
        steps.append(Step(Words("取整", "rounded"), Words(zh, en), score))
    return steps
