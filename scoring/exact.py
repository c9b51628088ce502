"""Sums that do not depend on their order, and decimal rounding.

Binary sums of doubles differ from run to run on several threads. Here a number is first scaled to an integer of 1e-12;
integers add up to the same sum in any order, on any engine and with any number of threads.
"""

import math

import narwhals as nw

SCALE = 1e12


def to_units(value: nw.Expr) -> nw.Expr:
    """Scale a number (a score as a share, a weight as a share) to integers of 1e-12; null stays null.

    Magnitudes up to about 1e6 fit. ``floor(x + 1/2)`` is the same on every engine, where ``round`` is not.
    """
    return (value * SCALE + 0.5).floor().cast(nw.Int64)


def divided(value: nw.Expr, by: float) -> nw.Expr:
    """Divide by a constant, correctly rounded.

    Polars multiplies by the reciprocal instead, so that 8085 / 100 is 80.85000000000001; a divisor that is a column is
    really divided by.
    """
    return value / (value * 0.0 + by)


def from_units(units: nw.Expr) -> nw.Expr:
    """Turn a sum of integers of 1e-12 back into a number."""
    return divided(units.cast(nw.Float64), SCALE)


def nano(value: nw.Expr) -> nw.Expr:
    """Return whole billionths, free of binary noise, so that 79.99999999999 meets a bound of 80. Still a float."""
    return (value * 1e9 + 0.5).floor()


def nano_of(bound: float) -> float:
    """Return a constant as ``nano`` gives a column."""
    return math.floor(bound * 1e9 + 0.5) if abs(bound) < 1e290 else bound


def _tenths_of_millionths(value: nw.Expr, places: int) -> nw.Expr:
    """Return the size of a number in integers of 1e-7 of the last place kept."""
    size = value.abs() * 10.0**places * 1e7 + 0.5
    return nw.when(size > 9e18).then(nw.lit(9e18)).otherwise(size).floor().cast(nw.Int64)


def half_up(value: nw.Expr, places: int = 0) -> nw.Expr:
    """Round decimally half up (away from zero), after snapping to 1e-7 of the last place. In integers throughout."""
    whole = (_tenths_of_millionths(value, places) + 5_000_000) // 10_000_000
    return _signed(value, whole, places)


def half_even(value: nw.Expr, places: int = 0) -> nw.Expr:
    """Round decimally, halves to the even neighbour, after snapping to 1e-7 of the last place."""
    size = _tenths_of_millionths(value, places)
    below, rest = size // 10_000_000, size % 10_000_000
    up = (rest > 5_000_000) | ((rest == 5_000_000) & (below % 2 == 1))
    return _signed(value, below + nw.when(up).then(nw.lit(1)).otherwise(nw.lit(0)), places)


def toward_zero(value: nw.Expr, places: int = 0) -> nw.Expr:
    """Cut decimals off, after snapping to 1e-7 of the last place, so that 0.29999999999 is 0.3."""
    return _signed(value, _tenths_of_millionths(value, places) // 10_000_000, places)


def from_zero(value: nw.Expr, places: int = 0) -> nw.Expr:
    """Round up (away from zero) whatever is left behind the last place, after snapping to 1e-7 of it."""
    return _signed(value, (_tenths_of_millionths(value, places) + 9_999_999) // 10_000_000, places)


def _signed(value: nw.Expr, whole: nw.Expr, places: int) -> nw.Expr:
    size = divided(whole.cast(nw.Float64), 10.0**places)
    return nw.when(value < 0).then(0.0 - size).otherwise(size)


def rounded(value: nw.Expr, places: int, mode: str) -> nw.Expr:
    """Round by the plan's mode: ``half_up``, ``half_even``, ``down`` (toward zero) or ``up`` (away from zero)."""
    return {"half_up": half_up, "half_even": half_even, "down": toward_zero, "up": from_zero}[mode](value, places)
