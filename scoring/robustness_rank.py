"""From bases to totals and ranks over arrays, by the rules of ``scoring.adjust`` and ``scoring.standing``."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from schemas.folder import Plan
from scoring.adjust import adjusted, complete
from scoring.exact import nano_of
from scoring.robustness_parts import Array, Mask, whole
from scoring.standing import nano_step

_OPEN = 1e6


@dataclass(frozen=True)
class Outside:
    """What lies outside the tree, by unit: bonus if it counts, deduction, cap, stop, total set by decision."""

    bonus: Array
    deduction: Array
    cap: Array
    stopped: Mask
    set_total: Array


def outside(plan: Plan, units: Sequence[str], adjustments: pl.DataFrame | None, unreported: list[str]) -> Outside:
    """Return the adjustments of the units; the bonus as if the base were high enough for it."""
    rows = pl.DataFrame({"unit_code": list(units)}, schema={"unit_code": pl.String}).with_columns(
        base=pl.lit(_OPEN), reason=pl.lit(None, dtype=pl.Int16)
    )
    table = adjusted(plan, rows, complete(adjustments), unreported)
    table = pl.DataFrame({"unit_code": list(units)}).join(table, on="unit_code", how="left", maintain_order="left")

    def numbers(name: str) -> Array:
        return table[name].cast(pl.Float64).fill_null(np.nan).to_numpy()

    return Outside(
        numbers("bonus"), numbers("deduction"), numbers("cap"), table["stop_scoring"].to_numpy(), numbers("set_total")
    )


def totals(plan: Plan, base: Array, extra: Outside) -> Array:
    """Return the unrounded totals (units × replications); NaN where there is none."""
    rules = plan.file.adjustments
    bonus = extra.bonus[:, None]
    opens = rules.bonus.opens_at_base
    if opens is not None:
        bonus = np.where(exact(base) >= nano_of(opens), bonus, 0.0)
    before = base + bonus
    total = before - extra.deduction[:, None]
    floor = rules.deduction.floor
    if floor is not None:
        held = (extra.deduction[:, None] > 0) & (total < floor)
        total = np.where(held, np.minimum(before, floor), total)
    total = np.fmin(total, np.where(np.isnan(total), np.nan, extra.cap[:, None]))
    low, high = (None, None) if plan.file.total.clamp == "none" else plan.file.total.clamp
    total = np.clip(total, low, high)
    total = np.where(extra.stopped[:, None], np.nan, total)
    chosen = extra.set_total[:, None]
    return np.where(np.isnan(chosen), total, chosen)


def exact(value: Array) -> Array:
    """Return whole numbers of 1e-9, free of binary noise; NaN stays."""
    return np.floor(value * 1e9 + 0.5)


def round_totals(plan: Plan, total: Array) -> Array:
    """Return the rounded totals in whole numbers of 1e-9."""
    units = exact(total)
    step = nano_step(plan.file.total)
    if step == 1:
        return units
    return np.sign(units) * whole(np.abs(units) / step, plan.file.total.rounding) * step


def ranks(plan: Plan, total: Array, breakers: Sequence[Array], groups: Sequence[Mask]) -> Array:
    """Return the ranks (units × replications), 1 the best; NaN without a total.

    ``breakers``: scores of the tie-breaking nodes in order. ``groups``: the units ranked among each other.
    """
    key = round_totals(plan, total) if plan.file.rank.on == "rounded" else exact(total)
    result = np.full(total.shape, np.nan)
    for group in groups:
        here = key[group]
        for scores in breakers:
            first = place(here, "dense")
            worst = 0.0 if plan.file.rank.order == "up" else len(here)
            second = np.nan_to_num(place(exact(scores[group]), "dense"), nan=worst)
            here = np.where(np.isnan(here), np.nan, first * (len(here) + 1.0) + second)
        result[group] = place(-here if plan.file.rank.order == "up" else here, plan.file.rank.ties)
    return result


def place(key: Array, ties: str) -> Array:
    """Return each value's place in its column, 1 the least; equal values share it by ``ties``; NaN has none."""
    rows = np.ascontiguousarray(key.T)
    order = np.argsort(rows, axis=1, kind="stable")
    ordered = np.take_along_axis(rows, order, axis=1)
    width = rows.shape[1]
    new = np.ones(rows.shape, dtype=bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    if ties == "dense":
        found = np.cumsum(new, axis=1).astype(np.float64)
    else:
        spots = np.arange(width)
        first = np.maximum.accumulate(np.where(new, spots, 0), axis=1)
        found = first + 1.0
        if ties in ("average", "max"):
            ends = np.ones(rows.shape, dtype=bool)
            ends[:, :-1] = new[:, 1:]
            last = np.minimum.accumulate(np.where(ends, spots, width)[:, ::-1], axis=1)[:, ::-1]
            found = (first + last) / 2.0 + 1.0 if ties == "average" else last + 1.0
    result = np.empty(rows.shape)
    np.put_along_axis(result, order, np.where(np.isnan(ordered), np.nan, found), axis=1)
    return result.T
