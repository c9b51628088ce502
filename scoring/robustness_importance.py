"""Weight against importance: what each child really does to its parent's differences, within each class."""

from typing import Any

import numpy as np
import polars as pl

from scoring.robustness_model import Model
from scoring.robustness_parts import Array

SCHEMA = {
    "class_code": pl.String, "parent_code": pl.String, "node_code": pl.String, "units": pl.Int64,
    "weight_pct": pl.Float64, "correlation": pl.Float64, "importance_pct": pl.Float64, "variance_pct": pl.Float64,
    "correlation_with_total": pl.Float64,
}  # fmt: skip
_ENOUGH = 3


def importance(model: Model) -> pl.DataFrame:
    """Return one row per class and child of a node.

    ``weight_pct``: nominal, as a share of the children assigned. ``correlation``: Pearson's with the parent's score.
    ``importance_pct``: squared correlation as a share of the siblings' (the linear form of Becker et al.'s correlation
    ratio). ``variance_pct``: weight × covariance with the parent as a share of the siblings' sum. Null where fewer than
    three units have both scores, or they do not differ.
    """
    joined = model.scores.join(model.results.select("unit_code", "class_code", "base"), on="unit_code")
    rows: list[dict[str, Any]] = []
    for class_code in sorted(joined["class_code"].unique().to_list()):
        mine = joined.filter(pl.col("class_code") == class_code)
        wide = mine.pivot(on="node_code", index="unit_code", values="score").sort("unit_code")
        weights = {
            r["node_code"]: r["weight_pct"]
            for r in mine.group_by("node_code").agg(pl.col("weight_pct").mean()).to_dicts()
        }
        scores = {c: wide[c].cast(pl.Float64).fill_null(np.nan).to_numpy() for c in wide.columns if c != "unit_code"}
        for parent, children in model.plan.children.items():
            there = [c for c in children if c in scores]
            if parent in scores and there:
                rows += _siblings(class_code, parent, there, scores, weights, scores[model.plan.root])
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _siblings(
    class_code: str, parent: str, children: list[str], scores: dict[str, Array], weights: dict[str, float], total: Array
) -> list[dict[str, Any]]:
    whole = sum(weights[c] for c in children) or 1.0
    found = {c: _related(scores[c], scores[parent]) for c in children}
    squares = sum(r * r for _, r, _ in found.values() if r is not None)
    shares = {c: weights[c] * cov for c, (_, _, cov) in found.items() if cov is not None}
    variance = sum(shares.values())
    return [
        {
            "class_code": class_code, "parent_code": parent, "node_code": c, "units": found[c][0],
            "weight_pct": weights[c] / whole * 100.0, "correlation": r,
            "importance_pct": None if r is None or squares <= 0 else r * r / squares * 100.0,
            "variance_pct": None if c not in shares or abs(variance) < 1e-12 else shares[c] / variance * 100.0,
            "correlation_with_total": _related(scores[c], total)[1],
        }
        for c, (_, r, _) in found.items()
    ]  # fmt: skip


def _related(child: Array, parent: Array) -> tuple[int, float | None, float | None]:
    """Return how many units have both scores, Pearson's correlation, and the covariance."""
    both = ~np.isnan(child) & ~np.isnan(parent)
    n = int(both.sum())
    if n < _ENOUGH:
        return n, None, None
    x, y = child[both] - child[both].mean(), parent[both] - parent[both].mean()
    covariance = float((x * y).sum() / n)
    spread = float(np.sqrt((x * x).sum() * (y * y).sum()))
    if spread <= 1e-9:
        return n, None, covariance
    return n, float(np.clip((x * y).sum() / spread, -1.0, 1.0)), covariance
