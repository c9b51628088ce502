"""``kaohe plan show``: the tree with nominal and effective weights, methods, frequency, and the defaults in force."""

from collections.abc import Iterator
from typing import Any

from schemas.base import Model
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.plan import Indicator, Node
from schemas.text_table import cut, padded, width_of
from schemas.weights import children_of, effective_weights, given_weights, nominal_shares

_WORDS = {
    "zh": {
        "class": "类别", "node": "节点或指标", "weight": "权重", "effective": "占总分", "method": "计分方法",
        "when": "频次", "month": "每月", "quarter": "每季度", "half_year": "每半年", "year": "每年",
        "defaults": "未写而按默认值执行的设置", "of_indicators": "指标的默认值", "of_nodes": "节点的默认值",
        "positions": "第 {} 期", "office": "考核办录入", "system": "系统生成", "units": "{} 个单位",
        "legend": "权重:在上级中的百分比。占总分:未分解给该类别的指标退出分母后占总分的百分比;– 未分解。"
        "逐个列名的单位各有不同。",
    },
    "en": {
        "class": "Class", "node": "Node or indicator", "weight": "Weight", "effective": "Of total", "method": "Method",
        "when": "Asked", "month": "monthly", "quarter": "quarterly", "half_year": "half-yearly", "year": "yearly",
        "defaults": "Defaults in force", "of_indicators": "Defaults of indicators", "of_nodes": "Defaults of nodes",
        "positions": "period {}", "office": "by the office", "system": "by the system", "units": "{} units",
        "legend": "Weight: per cent of the parent. Of total: per cent of the total once indicators that the class is "
        "not assigned have left the denominator; – not assigned. Units named one by one may differ.",
    },
}  # fmt: skip
WIDEST_METHOD = 76


def show(plan: Plan, class_code: str | None = None, lang: str = "zh") -> str:
    """Return the plan as text, for one class or for all.

    Raises:
        UserError: a class that the plan does not know.
    """
    classes = plan.classes()
    if class_code is not None and class_code not in classes:
        known = "、".join(classes)
        raise UserError(
            f"没有类别“{class_code}”。可用:{known}。", f"No class '{class_code}'. Known: {known}.", exit_code=2
        )
    word = _WORDS["zh" if lang == "zh" else "en"]
    blocks = [f"{plan.file.title.get(lang)}  {plan.file.plan} {plan.file.version}  {plan.hash[:12]}"]
    blocks += [_tree(plan, code, lang) for code in ([class_code] if class_code else classes)]
    blocks.append(word["legend"])
    blocks.append("\n".join([f"{word['defaults']}:", *(f"  {k}: {v}" for k, v in defaults(plan))]))
    blocks.append(_item_defaults(lang))
    return "\n\n".join(blocks) + "\n"


def defaults(plan: Plan) -> list[tuple[str, str]]:
    """Return the settings of ``plan.yaml`` that the plan does not write, with the value that holds."""
    every = dict(_flat(plan.file.model_dump(by_alias=True, exclude={"tree", "grades", "classes", "note", "title"})))
    written = dict(_flat(plan.file.model_dump(by_alias=True, exclude_unset=True)))
    return [(k, v) for k, v in every.items() if k not in written]


def method_text(method: Model) -> str:
    """Return a method's kind and the parameters that the plan writes."""
    given = method.model_dump(by_alias=True, exclude_defaults=True)
    given.pop("kind", None)
    kind = str(getattr(method, "kind", ""))
    return " ".join([kind, *(f"{k}={_short(v)}" for k, v in given.items())])


def _tree(plan: Plan, class_code: str, lang: str) -> str:
    word = _WORDS["zh" if lang == "zh" else "en"]
    effective = effective_weights(plan, class_code)
    rows = [(word["node"], word["weight"], word["effective"], word["method"], word["when"])]
    for item, depth, weight in _walk(plan, plan.root, class_code, 0, 100.0):
        share = effective.get(item.code)
        rows.append(
            (
                f"{'  ' * depth}{item.code} {cut(item.title.get(lang), 36)}",
                f"{weight:.4g}",
                "–" if share is None else f"{100 * share:.2f}",
                cut(method_text(item.method), WIDEST_METHOD) if isinstance(item, Indicator) else _rule(item),
                _when(item, word) if isinstance(item, Indicator) else "",
            )
        )
    widths = [max(width_of(row[n]) for row in rows) for n in range(4)]
    name = plan.class_title(class_code, lang)
    size = plan.units.filter(plan.units["class_code"] == class_code).height
    lines = [f"{word['class']} {class_code} {name}" + (f"  ({word['units'].format(size)})" if size else "")]
    return "\n".join([*lines, *(_line(row, widths) for row in rows)])


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    name, weight, share, method, when = row
    cells = [padded(name, widths[0]), padded(weight, widths[1], right=True), padded(share, widths[2], right=True)]
    return "  ".join([*cells, padded(method, widths[3]), when]).rstrip()


def _walk(
    plan: Plan, code: str, class_code: str, depth: int, weight: float
) -> Iterator[tuple[Node | Indicator, int, float]]:
    """Visit a node and all below it, depth first, each with its weight within the parent."""
    node = plan.nodes[code]
    yield node, depth, weight
    children = children_of(plan, code)
    given = given_weights(children, class_code)
    shares = nominal_shares(node, children, class_code)
    for child in children:
        written = given[child.code]
        below = 100 * shares[child.code] if written is None else written
        if isinstance(child, Node):
            yield from _walk(plan, child.code, class_code, depth + 1, below)
        else:
            yield child, depth + 1, below


def _rule(node: Node) -> str:
    told = {"aggregate", "missing", "not_applicable", "min_coverage", "min_count", "best", "weights", "places"}
    given = node.model_dump(exclude_defaults=True, include=told)
    return " ".join(f"{k}={_short(v)}" for k, v in given.items())


def _when(leaf: Indicator, word: dict[str, str]) -> str:
    asked = word["positions"].format(",".join(map(str, leaf.asked_in))) if leaf.asked_in else word[leaf.frequency]
    return asked if leaf.owner == "unit" else f"{asked} {word[leaf.owner]}"


def _item_defaults(lang: str) -> str:
    word = _WORDS["zh" if lang == "zh" else "en"]
    lines = []
    for title, model in (("of_nodes", Node), ("of_indicators", Indicator)):
        optional = {f.alias or n: f for n, f in model.model_fields.items() if not f.is_required()}
        values = {k: f.get_default(call_default_factory=True) for k, f in optional.items()}
        shown = [f"{k}: {_short(v)}" for k, v in values.items() if v not in (None, "", [], {})]
        lines.append(f"{word[title]}:{'' if lang == 'zh' else ' '}{', '.join(shown)}")
    return "\n".join(lines)


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif value not in (None, "", [], {}):
        yield name, _short(value)


def _short(value: Any) -> str:
    if isinstance(value, dict):
        inside = ", ".join(f"{k}: {_short(v)}" for k, v in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_short, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
