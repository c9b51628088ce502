"""The inner nodes as a table: weights and rules by class."""

from typing import Any

import polars as pl

from schemas.folder import Plan
from schemas.plan import Indicator, Node, Power, Value
from scoring.exact import SCALE

MISSING_MODES = {"exclude": 0, "value": 1, "class_mean": 2}
AGGREGATES = {"arithmetic": 0, "geometric": 1, "harmonic": 2, "power": 3, "min": 4, "max": 5, "sum": 6, "product": 7}
INDEX = {"unit_no": pl.Int32, "class_no": pl.Int16, "leaf_no": pl.Int16, "node_no": pl.Int16, "parent_no": pl.Int16}
LEAST_OF_POWERS = 0.01
"""What counts instead of a score that is closer to zero, in a mean of reciprocals or of powers below zero."""


def exponent(kind: str, power: float | None) -> float:
    """Return the exponent of a mean of powers, by its kind; 0, the logarithm, for geometric mean and product."""
    return {"geometric": 0.0, "product": 0.0, "harmonic": -1.0}.get(kind, power or 0.0)


def weights_of(plan: Plan, parent: str, classes: list[str]) -> dict[str, dict[str, int]]:
    """Return class → child → weight within the parent, in units of 1e-12 of the parent's whole."""
    children: list[Node | Indicator] = [plan.nodes.get(c) or plan.leaves[c] for c in plan.children[parent]]
    node = plan.nodes[parent]
    result = {}
    for class_code in classes:
        given = {c.code: c.weight_by_class.get(class_code, c.weight) for c in children}
        if all(w is None for w in given.values()):
            each = 1.0 if node.weights == "factors" else 100.0
            each = each if node.aggregate in ("sum", "product") else each / max(len(children), 1)
            given = dict.fromkeys(given, each)
        known = {c: w or 0.0 for c, w in given.items()}
        whole = {"relative": sum(known.values()), "factors": 1.0, "percent": 100.0}[node.weights]
        result[class_code] = {c: int(w / (whole or 1.0) * SCALE + 0.5) for c, w in known.items()}
    return result


def points_of(
    plan: Plan, classes: list[str], weights: dict[str, dict[str, dict[str, int]]]
) -> dict[str, dict[str, float]]:
    """Return class → code → the points of full marks that one point of its score makes; 1 where it makes none.

    ``weights``: by parent, what ``weights_of`` gives. Weights are as the plan writes them, before any moves.
    """
    result = {}
    for class_code in classes:
        worth = {plan.root: plan.file.full_marks / 100.0}
        for code in sorted(plan.nodes, key=lambda c: plan.level[c]):
            worth |= {child: worth[code] * weight / SCALE for child, weight in weights[code][class_code].items()}
        result[class_code] = {code: points or 1.0 for code, points in worth.items()}
    return result


def node_table(plan: Plan, classes: list[str], numbers: dict[str, int], leaf_table: pl.DataFrame) -> pl.DataFrame:
    """Return one row per class and node: weight and rules, and the weight, number and marks of assigned indicators."""
    sums = (
        leaf_table.filter("assigned")
        .group_by("class_no", node_no="parent_no")
        .agg(
            pl.col("weight").sum().alias("leaf_weight"),
            pl.len().cast(pl.Int64).alias("leaf_count"),
            *(pl.col("mark").filter(pl.col("block") == b).sum().alias(f"leaf_marks_{b}") for b in blocks(leaf_table)),
        )
    )
    rows = []
    for code, number in numbers.items():
        node = plan.nodes[code]
        weights = weights_of(plan, node.parent, classes) if node.parent else None
        for class_no, class_code in enumerate(classes):
            rows.append(
                {
                    "class_no": class_no,
                    "node_no": number,
                    "parent_no": numbers[node.parent] if node.parent else None,
                    "level": plan.level[code],
                    "weight": weights[class_code][code] if weights else int(SCALE),
                    **_rules(plan, node),
                }
            )
    schema = {
        **{c: INDEX[c] for c in ("class_no", "node_no", "parent_no")}, "level": pl.Int16, "weight": pl.Int64,
        "aggregate": pl.Int16, "power": pl.Float64, "missing": pl.Int16, "missing_value": pl.Float64,
        "waived_mode": pl.Int16, "waived_value": pl.Float64, "min_coverage": pl.Float64, "min_count": pl.Int64,
        "best": pl.Int64, "low": pl.Float64, "high": pl.Float64, "places": pl.Int16,
    }  # fmt: skip
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table.join(sums, on=["class_no", "node_no"], how="left").with_columns(
        pl.col("leaf_weight", "leaf_count", *(f"leaf_marks_{b}" for b in blocks(leaf_table))).fill_null(0)
    )


def _rules(plan: Plan, node: Node) -> dict[str, Any]:
    has_leaves = any(c in plan.leaves for c in plan.children[node.code])
    missing = node.missing or (plan.file.missing_report if has_leaves else "exclude")
    missing_mode, missing_value = _mode(missing)
    waived_mode, waived_value = _mode(node.not_applicable)
    clamp = (None, None) if node.clamp == "none" else node.clamp
    power = isinstance(node.aggregate, Power)
    return {
        "aggregate": AGGREGATES["power" if power else str(node.aggregate)],
        "power": node.aggregate.power if isinstance(node.aggregate, Power) else None,
        "missing": missing_mode,
        "missing_value": missing_value,
        "waived_mode": waived_mode,
        "waived_value": waived_value,
        "min_coverage": node.min_coverage,
        "min_count": node.min_count,
        "best": node.best,
        "low": clamp[0],
        "high": clamp[1],
        "places": node.places,
    }


def _mode(rule: str | Value) -> tuple[int, float | None]:
    if isinstance(rule, Value):
        return MISSING_MODES["value"], rule.value
    if rule == "zero":
        return MISSING_MODES["value"], 0.0
    return (MISSING_MODES["class_mean"], None) if rule == "class_mean" else (MISSING_MODES["exclude"], None)


def blocks(leaf_table: pl.DataFrame) -> list[int]:
    """Return the numbers of the columns of marks in use; nearly always only 0."""
    return sorted(leaf_table["block"].unique().to_list()) or [0]
