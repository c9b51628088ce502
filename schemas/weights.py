"""Weights of the tree as the plan writes them, and what they come to for a class."""

from schemas.folder import Plan
from schemas.plan import Indicator, Node

Item = Node | Indicator


def children_of(plan: Plan, code: str) -> list[Item]:
    """Return the nodes and indicators below a node."""
    return [plan.nodes.get(c) or plan.leaves[c] for c in plan.children[code]]


def given_weights(children: list[Item], class_code: str) -> dict[str, float | None]:
    """Return the weight as written of each child, for a class."""
    return {c.code: c.weight_by_class.get(class_code, c.weight) for c in children}


def nominal_shares(node: Node, children: list[Item], class_code: str) -> dict[str, float]:
    """Return each child's share (0 to 1) of its parent for a class; equal where no weight is given."""
    given = given_weights(children, class_code)
    if all(w is None for w in given.values()):
        return dict.fromkeys(given, 1.0 if node.aggregate == "sum" else 1.0 / max(len(given), 1))
    known = {c: w or 0.0 for c, w in given.items()}
    whole = sum(known.values()) if node.weights == "relative" else 100.0
    return {c: w / (whole or 1.0) for c, w in known.items()}


def assigned_leaves(plan: Plan, class_code: str) -> set[str]:
    """Return the indicators that a class, or at least one of its units by name, is assigned."""
    whole = {i.code for i in plan.indicators if i.assigned_to is None or class_code in i.assigned_to}
    named = plan.assignments.filter(plan.assignments["state"].fill_null("assigned") == "assigned")
    registry = plan.units.select("unit_code", "class_code")
    rows = named.join(registry, on="unit_code").select("indicator_code", "class_code").unique().rows()
    return whole | {code for code, of in rows if of == class_code}


def nominal_weights(plan: Plan, class_code: str) -> dict[str, float]:
    """Return every code's share (0 to 1) of the total for a class: the product down the tree, nothing redistributed."""
    shares = {plan.root: 1.0}
    for code in sorted(plan.nodes, key=lambda c: plan.level[c]):
        for child, share in nominal_shares(plan.nodes[code], children_of(plan, code), class_code).items():
            shares[child] = shares[code] * share
    return shares


def effective_weights(plan: Plan, class_code: str) -> dict[str, float]:
    """Return the shares of the total after those of indicators that the class is not assigned have moved.

    What the class is not assigned is left out; an inner node without an assigned indicator below it likewise.
    """
    present = assigned_leaves(plan, class_code)
    for code in sorted(plan.nodes, key=lambda c: -plan.level[c]):
        if any(c in present for c in plan.children[code]):
            present = present | {code}
    shares = {plan.root: 1.0} if plan.root in present else {}
    for code in sorted(plan.nodes, key=lambda c: plan.level[c]):
        if code not in shares:
            continue
        node = plan.nodes[code]
        below = {c: s for c, s in nominal_shares(node, children_of(plan, code), class_code).items() if c in present}
        whole = 1.0 if node.aggregate == "sum" else sum(below.values()) or 1.0
        shares |= {c: shares[code] * s / whole for c, s in below.items()}
    return shares
