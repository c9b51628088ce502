"""Sums over a node's children, from which its score follows: matrix products for indicators, one by one for nodes."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from scoring.robustness_parts import Array, Below, Branch, Change, Mask, Mean, Tree, forward

_ZERO = np.float64(0.0)  # divides without an exception, unlike 0.0


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


def over_leaves(tree: Tree, branch: Branch, all_scores: Array, weights: Array, mean: Mean, change: Change) -> Sums:
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
    counts = kept * (w > 0)
    sums = Sums(
        terms=forward(scores, mean) @ w, present=_times(has, w), waived=_times(waived, w), assigned=_times(assigned, w),
        number=_times(assigned, kept), count=_times(has, counts),
    )  # fmt: skip
    sums.covered = sums.present
    if mean.stops_at_zero:
        sums.zeros = _times(has & (scores <= 0), counts) > 0
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
        sums.least, sums.greatest = _extremes(shown, counts <= 0)
    return sums


def _times(mask: Mask, weights: Any) -> Array:
    """Return mask @ weights, short where the mask is all or nothing."""
    if not mask.any():
        return np.zeros((1, weights.shape[1]))
    if mask.all():
        return np.asarray(weights.sum(axis=0)[None, :])
    return np.asarray(mask.astype(np.float64) @ weights)


def _means(scores: Array) -> Array:
    """Return the mean over the units of each column that has any score."""
    count = (~np.isnan(scores)).sum(axis=0)
    return np.where(count > 0, np.nansum(scores, axis=0) / np.maximum(count, 1), np.nan)


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


def over_node(branch: Branch, child: Below, kept: Array | None, weight: Array, mean: Mean, gone: Mask | None) -> Sums:
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
        number=exists * 1.0, count=(w > 0) * (np.ones((1, 1)) if whole else has * 1.0),
    )  # fmt: skip
    if waived.any():
        sums.waived = waived * w
    sums.covered = sums.present if child.coverage is None else np.nan_to_num(child.coverage) * exists * w
    if mean.stops_at_zero:
        sums.zeros = has & (score <= 0) & (w > 0)
    shown = score
    absent = exists & np.isnan(child.score) & ~waived if rules["missing"] == 2 else waived
    for mode, mask, names in (("missing", absent, "imputed"), ("waived_mode", waived, "credited")):
        if rules[mode] == 2 and mask.any():
            means = _means(score)[None, :]
            known = mask & ~np.isnan(means)
            setattr(sums, names, known * w * forward(means, mean))
            setattr(sums, f"{names}_weight", known * w)
            sums.zeros = sums.zeros | (known & (means <= 0) & (w > 0))
            shown = np.where(known, means, shown)
    if mean.kind in ("min", "max"):
        there = ~np.isnan(shown) & (w > 0)
        sums.least, sums.greatest = np.where(there, shown, np.inf), np.where(there, shown, -np.inf)
    return sums


def as_below(tree: Tree, code: str, scores: Array) -> Below:
    """Return an indicator as if it were a node."""
    at = tree.columns((code,))
    return Below(scores[:, at], (~np.isnan(scores[:, at])).astype(np.float64), tree.assigned[:, at], tree.waived[:, at])


def best_nodes(
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
