"""The tree's arithmetic over arrays: units × replications, with weights that differ by replication.

The rules are those of ``scoring.tree``; a test holds the two together. Absent scores are NaN.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Rules = Mapping[str, Any]
KINDS = ("arithmetic", "geometric", "harmonic", "power", "min", "max", "sum")
_LEAST = 0.01
_NOTHING = 1e-13
_ZERO = np.float64(0.0)  # divides without an exception, unlike 0.0


@dataclass(frozen=True)
class Branch:
    """An inner node of one class: rules, children and their nominal weights as shares of the parent."""

    code: str
    rules: Rules
    leaves: tuple[str, ...]
    nodes: tuple[str, ...]
    weights: Array

    @property
    def children(self) -> tuple[str, ...]:
        """Return the children's codes in the order of ``weights``: indicators, then nodes."""
        return self.leaves + self.nodes


@dataclass(frozen=True)
class Tree:
    """One class in one period. ``branches`` from the bottom up; columns of the arrays are the indicators ``leaves``."""

    units: tuple[str, ...]
    leaves: tuple[str, ...]
    branches: tuple[Branch, ...]
    scores: Array
    assigned: Mask
    waived: Mask

    def columns(self, codes: tuple[str, ...]) -> list[int]:
        """Return the columns of some indicators."""
        places = {code: n for n, code in enumerate(self.leaves)}
        return [places[c] for c in codes]


@dataclass(frozen=True)
class Change:
    """What differs from the plan.

    ``factors``: code → one factor on the weight for each replication. ``removed``: code → in which replications the
    child does not exist. ``aggregates``: node → another kind of mean. ``scores``: other scores of the indicators.
    """

    replications: int = 1
    factors: Mapping[str, Array] = field(default_factory=dict)
    removed: Mapping[str, Mask] = field(default_factory=dict)
    aggregates: Mapping[str, str] = field(default_factory=dict)
    scores: Array | None = None


@dataclass
class Below:
    """A node's outcome: score and coverage (units × replications), and whether it is assigned and applies at all.

    ``coverage`` is None where no node of the tree asks for a minimum.
    """

    score: Array
    coverage: Array | None
    assigned: Mask
    waived: Mask


@dataclass
class Sums:
    """Sums over a node's children, each units × replications (or broadcastable to it).

    ``imputed`` and ``credited`` are what class means put in for missing children and for those that do not apply; fixed
    values follow from the weights. ``number`` of assigned children, ``count`` of scored ones.
    """

    terms: Any = _ZERO
    present: Any = _ZERO
    waived: Any = _ZERO
    assigned: Any = _ZERO
    covered: Any = _ZERO
    number: Any = _ZERO
    count: Any = _ZERO
    imputed: Any = _ZERO
    imputed_weight: Any = _ZERO
    credited: Any = _ZERO
    credited_weight: Any = _ZERO
    zeros: Any = False
    least: Any = np.inf
    greatest: Any = -np.inf

    def add(self, other: "Sums") -> None:
        """Add another group of children."""
        for name in _ADDED:
            mine, more = getattr(self, name), getattr(other, name)
            if more is not _ZERO:
                setattr(self, name, more if mine is _ZERO else mine + more)
        self.zeros = self.zeros | other.zeros
        self.least = np.minimum(self.least, other.least)
        self.greatest = np.maximum(self.greatest, other.greatest)


_ADDED = tuple(f.name for f in fields(Sums))[:-3]


@dataclass(frozen=True)
class Mean:
    """The kind of mean of a node: its name and, for means of powers, the exponent (0 for geometric)."""

    kind: str
    power: float

    @property
    def linear(self) -> bool:
        """Say whether scores enter as they are."""
        return self.kind in ("arithmetic", "sum", "min", "max")

    @property
    def stops_at_zero(self) -> bool:
        """Say whether one zero makes the mean zero."""
        return not self.linear and self.power <= 0


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
            done |= {c: _as_below(tree, c, scores) for c in branch.leaves}
        else:
            sums = _over_leaves(tree, branch, scores, weights, mean, change)
        kept = _best_nodes(tree, branch, apart, done, change)
        for number, code in enumerate(apart, len(branch.children) - len(apart)):
            sums.add(_over_node(branch, done[code], kept.get(code), weights[number], mean, change.removed.get(code)))
        done[branch.code] = _finish(branch, sums, mean, coverage=coverage)
    shape = (len(tree.units), change.replications)
    inner = {b.code: done[b.code] for b in tree.branches}
    return {c: Below(np.broadcast_to(b.score, shape), b.coverage, b.assigned, b.waived) for c, b in inner.items()}


def mean_of(branch: Branch, change: Change) -> Mean:
    """Return the node's kind of mean, as planned or as changed."""
    kind = change.aggregates.get(branch.code, KINDS[branch.rules["aggregate"]])
    return Mean(kind, {"geometric": 0.0, "harmonic": -1.0}.get(kind, branch.rules["power"] or 0.0))


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


def forward(score: Any, mean: Mean) -> Any:
    """Return f(score / 100) of the node's mean; 0 where it is not defined or the score is NaN."""
    s = np.nan_to_num(score) / 100.0
    if mean.linear:
        return s
    if mean.power == 0:
        return np.log(np.where(s > 0, s, 1.0))
    least = _LEAST / 100.0 if mean.power < 0 else 0.0
    return np.where(s > 0, np.maximum(s, least, where=s > 0, out=np.ones_like(s)) ** mean.power, 0.0)


def backward(value: Any, mean: Mean) -> Any:
    """Return 100·f⁻¹(value)."""
    if mean.linear:
        return value * 100.0
    if mean.power == 0:
        return np.exp(value) * 100.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(value >= 0, np.abs(value) ** (1.0 / mean.power), np.nan) * 100.0


def _over_leaves(tree: Tree, branch: Branch, all_scores: Array, weights: Array, mean: Mean, change: Change) -> Sums:
    """Sum over the indicators below a node: matrix products, units × indicators by indicators × replications."""
    if not branch.leaves:
        return Sums()
    at = tree.columns(branch.leaves)
    w, rules = weights[: len(at)], branch.rules
    scores, assigned, waived = all_scores[:, at], tree.assigned[:, at], tree.waived[:, at]
    absent = assigned & np.isnan(scores) & ~waived
    scores = _best_of(scores, rules["best"])
    has = ~np.isnan(scores)
    kept: Array = np.ones((len(at), 1))
    if any(c in change.removed for c in branch.leaves):
        none = np.zeros(change.replications, bool)
        kept = np.stack([~change.removed.get(c, none) for c in branch.leaves]).astype(np.float64)
    sums = Sums(
        terms=forward(scores, mean) @ w, present=_times(has, w), waived=_times(waived, w), assigned=_times(assigned, w),
        number=_times(assigned, kept), count=_times(has, kept),
    )  # fmt: skip
    sums.covered = sums.present
    if mean.stops_at_zero:
        sums.zeros = _times(has & (scores <= 0), kept) > 0
    shown = scores
    for mode, mask, names in (("missing", absent, "imputed"), ("waived_mode", waived, "credited")):
        if rules[mode] == 2 and mask.any():
            means = _means(scores)
            known = (mask & ~np.isnan(means)).astype(np.float64)
            setattr(sums, names, known @ (forward(means, mean)[:, None] * w))
            setattr(sums, f"{names}_weight", known @ w)
            sums.zeros = sums.zeros | ((known * (np.nan_to_num(means) <= 0)) @ w > 0)
            shown = np.where(mask & np.isnan(shown), means, shown)
    if mean.kind in ("min", "max"):
        sums.least, sums.greatest = _extremes(shown, kept <= 0)
    return sums


def _times(mask: Mask, weights: Any) -> Array:
    """Return mask @ weights, short where the mask is all or nothing."""
    if not mask.any():
        return np.zeros((1, weights.shape[1]))
    if mask.all():
        return np.asarray(weights.sum(axis=0)[None, :])
    return np.asarray(mask.astype(np.float64) @ weights)


def _means(scores: Array) -> Array:
    """Return the mean over the units of each column that has any score, in the engine's steps of 1e-8."""
    count = (~np.isnan(scores)).sum(axis=0)
    steps = np.nansum(np.floor(scores * 1e8 + 0.5), axis=0)
    return np.where(count > 0, steps / 1e8 / np.maximum(count, 1), np.nan)


def _best_of(scores: Array, best: int | None) -> Array:
    """Keep the best children's scores (axis 1), earlier children first among equals; the others become NaN."""
    if best is None or scores.shape[1] <= best:
        return scores
    order = np.argsort(np.where(np.isnan(scores), np.inf, -scores), axis=1, kind="stable")
    place = np.argsort(order, axis=1, kind="stable")
    return np.where(place < best, scores, np.nan)


def _extremes(scores: Array, gone: Mask) -> tuple[Array, Array]:
    """Return least and greatest score of the children that exist in each replication."""
    least = np.full((scores.shape[0], gone.shape[1]), np.inf)
    greatest = -least
    for column in range(scores.shape[1]):
        here = np.where(gone[column][None, :], np.nan, scores[:, column][:, None])
        least, greatest = np.fmin(least, here), np.fmax(greatest, here)
    return least, greatest


def _over_node(branch: Branch, child: Below, kept: Array | None, weight: Array, mean: Mean, gone: Mask | None) -> Sums:
    """Return what one child node adds; ``kept``: its scores where it is among the best children that count."""
    w, rules = weight[None, :], branch.rules
    exists = child.assigned if gone is None else child.assigned & ~gone[None, :]
    waived = exists & child.waived
    score = child.score if kept is None else kept
    score = score if exists.all() else np.where(exists, score, np.nan)
    has = ~np.isnan(score)
    whole = bool(has.all())
    sums = Sums(
        terms=forward(score, mean) * w, present=w if whole else has * w, assigned=exists * w,
        number=exists * 1.0, count=np.ones((1, 1)) if whole else has * 1.0,
    )  # fmt: skip
    if waived.any():
        sums.waived = waived * w
    sums.covered = sums.present if child.coverage is None else np.nan_to_num(child.coverage) * exists * w
    if mean.stops_at_zero:
        sums.zeros = has & (score <= 0)
    shown = score
    absent = exists & np.isnan(child.score) & ~waived if rules["missing"] == 2 else waived
    for mode, mask, names in (("missing", absent, "imputed"), ("waived_mode", waived, "credited")):
        if rules[mode] == 2 and mask.any():
            means = _means(score)[None, :]
            known = mask & ~np.isnan(means)
            setattr(sums, names, known * w * forward(means, mean))
            setattr(sums, f"{names}_weight", known * w)
            sums.zeros = sums.zeros | (known & (means <= 0))
            shown = np.where(known, means, shown)
    if mean.kind in ("min", "max"):
        there = ~np.isnan(shown)
        sums.least, sums.greatest = np.where(there, shown, np.inf), np.where(there, shown, -np.inf)
    return sums


def _as_below(tree: Tree, code: str, scores: Array) -> Below:
    """Return an indicator as if it were a node."""
    at = tree.columns((code,))
    return Below(scores[:, at], (~np.isnan(scores[:, at])).astype(np.float64), tree.assigned[:, at], tree.waived[:, at])


def _best_nodes(
    tree: Tree, branch: Branch, codes: tuple[str, ...], done: dict[str, Below], change: Change
) -> dict[str, Array]:
    """Return the children's scores with those beyond the best taken out; nothing where all children count."""
    if branch.rules["best"] is None or not codes:
        return {}
    shape = (len(tree.units), change.replications)
    none = np.zeros(change.replications, bool)
    scores = [np.where(change.removed.get(c, none), np.nan, np.broadcast_to(done[c].score, shape)) for c in codes]
    kept = _best_of(np.stack(scores, axis=1), branch.rules["best"])
    return {code: kept[:, number] for number, code in enumerate(codes)}


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
        raw = terms * 100.0 if mean.kind == "sum" else backward(terms / whole, mean)
        raw = np.where(whole > _NOTHING, raw, np.nan)
        share = np.where(applicable > _NOTHING, sums.covered / applicable, np.nan) if coverage else None
    raw = _special(rules, sums, raw, whole, missing, mean)
    none = np.atleast_2d((sums.assigned <= 0) & (sums.number <= 0))
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


def rounded(value: Array, places: int, mode: str) -> Array:
    """Round decimally as ``scoring.exact.rounded`` does: half up or half even, after snapping to 1e-7 of a place."""
    size = np.floor(np.abs(value) * 10.0**places * 1e7 + 0.5) / 1e7
    below = np.floor(size)
    up = np.floor(size + 0.5)
    if mode == "half_even":
        up = np.where(size - below == 0.5, below + (below % 2), up)
    return np.sign(value) * up / 10.0**places
