"""The pieces of a tree over arrays: units × replications, with weights that differ by replication. Absent is NaN."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.nodes import LEAST_OF_POWERS

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Rules = Mapping[str, Any]


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


@dataclass(frozen=True)
class Mean:
    """The kind of mean of a node: its name and, for means of powers, the exponent (0 for geometric and product)."""

    kind: str
    power: float

    @property
    def linear(self) -> bool:
        """Say whether scores enter as they are."""
        return self.kind in ("arithmetic", "sum", "min", "max")

    @property
    def divided(self) -> bool:
        """Say whether the terms are divided by their weight; those of a sum and a product are not."""
        return self.kind not in ("sum", "product")

    @property
    def stops_at_zero(self) -> bool:
        """Say whether one zero makes the mean zero."""
        return not self.linear and self.power <= 0


def forward(score: Any, mean: Mean) -> Any:
    """Return f(score / 100) of the node's mean; 0 where it is not defined or the score is NaN."""
    s = np.nan_to_num(score) / 100.0
    if mean.linear:
        return s
    if mean.power == 0:
        return np.log(np.where(s > 0, s, 1.0))
    least = LEAST_OF_POWERS / 100.0 if mean.power < 0 else 0.0
    return np.where(s > 0, np.maximum(s, least, where=s > 0, out=np.ones_like(s)) ** mean.power, 0.0)


def backward(value: Any, mean: Mean) -> Any:
    """Return 100·f⁻¹(value)."""
    if mean.linear:
        return value * 100.0
    if mean.power == 0:
        return np.exp(value) * 100.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(value >= 0, np.abs(value) ** (1.0 / mean.power), np.nan) * 100.0


def rounded(value: Array, places: int, mode: str) -> Array:
    """Round decimally as ``scoring.exact.rounded`` does, after snapping to 1e-7 of a place."""
    size = np.floor(np.abs(value) * 10.0**places * 1e7 + 0.5) / 1e7
    return np.sign(value) * whole(size, mode) / 10.0**places


def whole(size: Array, mode: str) -> Array:
    """Round numbers from zero on to whole ones: half_up, half_even, down or up."""
    below = np.floor(size)
    half = size - below
    if mode == "down":
        return below
    if mode == "up":
        return np.ceil(size)
    return below + np.where(half == 0.5, below % 2 if mode == "half_even" else 1.0, half > 0.5)
