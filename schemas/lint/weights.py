"""Weights: complete, summing to 100 for each class over all children, and how much of them moves."""

from collections import defaultdict

from schemas.lint.rules import Findings, few, nearest
from schemas.plan import Indicator, Node
from schemas.weights import Item, assigned_leaves, children_of, given_weights, nominal_weights

TOLERANCE = 1e-6
MOST = 9e6
"""What integers of 1e-12 hold of weights that are added up."""


def check_weights(found: Findings) -> None:
    """Check the weights below every node, for every class."""
    classes = found.plan.classes() or [""]
    for item in _items(found):
        _classes_known(found, item)
    for parent in found.plan.children:
        node = found.plan.nodes[parent]
        children = children_of(found.plan, parent)
        _negative(found, children)
        if not children:
            continue
        by_class = {c: given_weights(children, c) for c in classes}
        if _missing(found, children, by_class):
            continue
        _sum(found, node, children, by_class)
        if node.best is not None:
            _best(found, node, by_class)
    _moves(found)


def _items(found: Findings) -> list[Item]:
    return [*found.plan.file.tree, *found.plan.indicators]


def _classes_known(found: Findings, item: Item) -> None:
    known = found.plan.classes()
    if not known:
        return
    used: list[tuple[tuple[str | int, ...], str]] = [(("weight_by_class", c), c) for c in item.weight_by_class]
    if isinstance(item, Indicator):
        used += [(("assigned_to", n), c) for n, c in enumerate(item.assigned_to or [])]
    for path, code in used:
        if code not in known:
            zh, en = nearest(code, known)
            found.item("class_unknown", item, path, f"类别“{code}”不存在。{zh}", f"unknown class '{code}'. {en}")


def _negative(found: Findings, children: list[Item]) -> None:
    for child in children:
        places = [(("weight",), child.weight), *((("weight_by_class", c), w) for c, w in child.weight_by_class.items())]
        for path, weight in places:
            if weight is not None and weight < 0:
                zh, en = (
                    f"权重 {weight:g} 为负,请改为零或正数。",
                    f"the weight {weight:g} is negative; make it zero or more.",
                )
                found.item("weight_negative", child, path, zh, en)


def _missing(found: Findings, children: list[Item], by_class: dict[str, dict[str, float | None]]) -> bool:
    """Report children without a weight beside siblings that have one."""
    lacking: dict[str, list[str]] = defaultdict(list)
    for class_code, given in by_class.items():
        if any(w is not None for w in given.values()):
            for code, weight in given.items():
                if weight is None:
                    lacking[code].append(class_code)
    for child in children:
        if child.code in lacking:
            with_weight = [c.code for c in children if c.code not in lacking]
            zh_for, en_for = _for(lacking[child.code], len(by_class))
            zh = f"{zh_for}没有权重,而同级的 {few(with_weight)} 有。请补上权重,或删去同级的全部权重(等权)。"
            en = (
                f"has no weight{en_for}, but {few(with_weight, 'en')} beside it has. Add its weight, "
                "or remove all weights of the siblings (equal weights)."
            )
            found.item("weight_missing", child, ("code",), zh, en)
    return bool(lacking)


def _for(classes: list[str], of: int) -> tuple[str, str]:
    if len(classes) == of:
        return "", ""
    return f"对类别 {few(classes)} ", f" for class {few(classes, 'en')}"


def _sum(found: Findings, node: Node, children: list[Item], by_class: dict[str, dict[str, float | None]]) -> None:
    """Report sums other than 100, once for all classes that share the same weights."""
    groups: dict[tuple[float | None, ...], list[str]] = defaultdict(list)
    for class_code, given in by_class.items():
        groups[tuple(given.values())].append(class_code)
    for weights, classes in groups.items():
        known = [w for w in weights if w is not None]
        total = sum(known)
        relative = node.weights in ("relative", "factors") or node.aggregate in ("min", "max")
        added = node.aggregate in ("sum", "product")
        least = 0.0 if added else TOLERANCE
        if not known or (least <= total <= MOST if relative or added else abs(total - 100) <= TOLERANCE):
            if known and added and not relative and abs(total - 100) > TOLERANCE:
                _factors(found, node, children, weights)
            continue
        shown = " + ".join(f"{c.code} {w:g}" for c, w in zip(children, weights, strict=True) if w is not None)
        zh_for, en_for = _for(classes, len(by_class))
        named = [c for c in children if any(k in c.weight_by_class for k in classes)]
        at, path = (named[0], ("weight_by_class",)) if named else (children[0], ("weight",))
        should_zh, should_en = ("应大于 0", "must be above 0") if relative else ("应为 100", "must be 100")
        if total > MOST:
            should_zh, should_en = "太大,请用更大的计量单位", "too large; use a larger unit of measure"
        zh = f"{node.code} 的下级{zh_for}权重合计 {total:.6g},{should_zh}:{shown}。"
        en = f"the weights below {node.code}{en_for} sum to {total:.6g}, {should_en}: {shown}."
        if named:
            zh += f"该类别另定权重的只有 {few([c.code for c in named])};权重有变的下级都要写出。"
            en += f" Only {few([c.code for c in named], 'en')} override it; name every child whose weight changes."
        found.item("weights_sum", at, path, zh, en)


def _factors(found: Findings, node: Node, children: list[Item], weights: tuple[float | None, ...]) -> None:
    """Say that weights below a sum or a product are per cent, where they look as if they were to count as written."""
    child, weight = next((c, w) for c, w in zip(children, weights, strict=True) if w is not None)
    zh_use, en_use = {"sum": ("系数", "factors"), "product": ("指数", "exponents")}[str(node.aggregate)]
    zh = (
        f"{node.code} 的下级权重是百分数:{child.code} 的 {weight:g} 当作{zh_use} {weight / 100:g}。"
        f"若权重就是{zh_use},请为 {node.code} 写 weights: factors。"
    )
    en = (
        f"the weights below {node.code} are per cent: {child.code}'s {weight:g} counts as {weight / 100:g}. If they "
        f"are {en_use}, give {node.code} weights: factors."
    )
    found.item("weights_factors", child, ("weight",), zh, en)


def _best(found: Findings, node: Node, by_class: dict[str, dict[str, float | None]]) -> None:
    unequal = [c for c, given in by_class.items() if len(set(given.values())) > 1]
    if unequal:
        zh = "best 只取最好几项,下级须等权。请删去下级的权重。"
        found.item("best_weights", node, ("best",), zh, "best needs children of equal weight; remove their weights.")


def _moves(found: Findings) -> None:
    """Say for each class how much nominal weight lies on indicators that it is not assigned."""
    plan = found.plan
    for class_code in plan.classes():
        shares = nominal_weights(plan, class_code)
        present = assigned_leaves(plan, class_code)
        moved: dict[str, float] = defaultdict(float)
        for leaf in plan.indicators:
            if leaf.code not in present:
                moved[leaf.parent] += shares[leaf.code]
        _tell_moved(found, class_code, moved, sum(shares[i.code] for i in plan.indicators), shares)


def _tell_moved(
    found: Findings, class_code: str, moved: dict[str, float], whole: float, shares: dict[str, float]
) -> None:
    total = sum(moved.values())
    if whole <= 0 or total <= TOLERANCE:
        return
    path = ("classes", class_code)
    if total >= whole - TOLERANCE:
        zh, en = f"类别 {class_code} 没有任何指标。", f"class {class_code} has no indicator; assign some, or remove it."
        found.plan_key("class_idle", path, f"{zh}请分解指标,或删去该类别。", en)
        return
    order = sorted(moved, key=lambda c: -moved[c])
    parts = [f"{c} {100 * moved[c] / shares[c]:.0f}%" for c in order if moved[c] > TOLERANCE]
    pct = 100 * total / whole
    zh = f"类别 {class_code}:名义权重的 {pct:.1f}% 在未分解给它的指标上,由其余指标分担(占本节点:{few(parts, most=6)})。"
    en = (
        f"class {class_code}: {pct:.1f} % of the nominal weight lies on indicators it is not assigned and moves to the "
        f"others (share of the node: {few(parts, 'en', most=6)})."
    )
    found.plan_key("weight_moves", path, zh, en)
