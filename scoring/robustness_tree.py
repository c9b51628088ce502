"""The tree's arithmetic over arrays: units × replications, with weights that differ by replication.

The rules are those of ``scoring.tree``; a test holds the two together. Absent scores are NaN.
"""

import numpy as np

from scoring.nodes import AGGREGATES, exponent
from scoring.robustness_parts import Array, Below, Branch, Change, Mean, Rules, Tree, backward, forward, rounded
from scoring.robustness_sums import Sums, as_below, best_nodes, over_leaves, over_node

KINDS = tuple(AGGREGATES)
_NOTHING = 1e-13


def evaluate(tree: Tree, change: Change) -> dict[str, Below]:
    """Return every inner node's outcome."""
    scores = tree.scores if change.scores is None else change.scores
    coverage = any(branch.rules["min_coverage"] > 0 for branch in tree.branches)
    done: dict[str, Below] = {}
    for branch in tree.branches:
        weights = noisy_weights(branch, change)
        mean = mean_of(branch, change)
        apart, sums = branch.nodes, Sums()
        if branch.rules["best"] is not None and any(c in change.removed for c in branch.leaves):
            # Which children are the best then depends on the replication: indicators are taken one by one as nodes are.
            apart = branch.children
            done |= {c: as_below(tree, c, scores) for c in branch.leaves}
        else:
            sums = over_leaves(tree, branch, scores, weights, mean, change)
        kept = best_nodes(tree, branch, apart, done, change)
        for number, code in enumerate(apart, len(branch.children) - len(apart)):
            sums.add(over_node(branch, done[code], kept.get(code), weights[number], mean, change.removed.get(code)))
        done[branch.code] = _finish(branch, sums, mean, coverage=coverage)
    shape = (len(tree.units), change.replications)
    inner = {b.code: done[b.code] for b in tree.branches}
    return {c: Below(np.broadcast_to(b.score, shape), b.coverage, b.assigned, b.waived) for c, b in inner.items()}


def mean_of(branch: Branch, change: Change) -> Mean:
    """Return the node's kind of mean, as planned or as changed."""
    kind = change.aggregates.get(branch.code, KINDS[branch.rules["aggregate"]])
    return Mean(kind, exponent(kind, branch.rules["power"]))


def noisy_weights(branch: Branch, change: Change) -> Array:
    """Return children × replications: weights with their factors, with the same sum as before; 0 where removed."""
    size = change.replications
    weights = np.repeat(branch.weights[:, None], size, axis=1)
    if any(c in change.factors for c in branch.children):
        ones = np.ones(size)
        weights = weights * np.stack([change.factors.get(c, ones) for c in branch.children])
        whole = weights.sum(axis=0)
        weights = weights * np.divide(branch.weights.sum(), whole, out=np.ones(size), where=whole > 0)
    for number, code in enumerate(branch.children):
        if code in change.removed:
            weights[number, change.removed[code]] = 0.0
    return weights


def _finish(branch: Branch, sums: Sums, mean: Mean, *, coverage: bool) -> Below:
    """Compute score, coverage and state from the sums: imputation, minimum coverage and count, range, rounding."""
    rules = branch.rules
    applicable = sums.assigned - sums.waived
    missing = applicable - sums.present
    if rules["best"] is not None:
        each = sums.assigned / np.maximum(sums.number, 1.0)
        missing = np.minimum(missing, np.maximum((rules["best"] - sums.count) * each, 0.0))
        applicable = sums.present + missing
    terms, whole = sums.terms + sums.imputed + sums.credited, sums.present + sums.imputed_weight + sums.credited_weight
    for mode, value, weight in (("missing", "missing_value", missing), ("waived_mode", "waived_value", sums.waived)):
        if rules[mode] == 1:
            terms, whole = terms + weight * forward(np.float64(rules[value]), mean), whole + weight
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = backward(terms / whole if mean.divided else terms, mean)
        raw = np.where(whole > _NOTHING, raw, np.nan)
        share = np.where(applicable > _NOTHING, sums.covered / applicable, np.nan) if coverage else None
    raw = _special(rules, sums, raw, whole, missing, mean)
    none = np.atleast_2d(sums.assigned <= _NOTHING)
    few = sums.count < rules["min_count"]
    dropped = none | few if share is None else none | few | (share < rules["min_coverage"] - 1e-12)
    score = np.clip(raw, rules["low"], rules["high"])
    score = np.where(dropped, np.nan, score) if dropped.any() else score
    if rules["places"] is not None:
        score = rounded(score, rules["places"], rules["rounding"])
    waived = np.atleast_2d((applicable <= _NOTHING) & (sums.waived > 0) & (whole <= _NOTHING))
    return Below(np.atleast_2d(score), share, ~none, waived)


def _special(rules: Rules, sums: Sums, raw: Array, whole: Array, missing: Array, mean: Mean) -> Array:
    """Zeros in geometric, harmonic and such means; least and greatest child."""
    if mean.stops_at_zero:
        zero = sums.zeros
        if rules["missing"] == 1 and rules["missing_value"] <= 0:
            zero = zero | (missing > _NOTHING)
        if rules["waived_mode"] == 1 and rules["waived_value"] <= 0:
            zero = zero | (sums.waived > 0)
        return np.where(zero & (whole > _NOTHING), 0.0, raw)
    if mean.kind not in ("min", "max"):
        return raw
    pick = np.minimum if mean.kind == "min" else np.maximum
    result = sums.least if mean.kind == "min" else sums.greatest
    for mode, value, weight in (("missing", "missing_value", missing), ("waived_mode", "waived_value", sums.waived)):
        if rules[mode] == 1:
            result = np.where(weight > _NOTHING, pick(result, rules[value]), result)
    return np.where(np.isinf(result), np.nan, result)
