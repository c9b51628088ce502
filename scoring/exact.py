"""Sums that do not depend on their order, and decimal rounding.

Binary sums of doubles differ from run to run on several threads. Here a number is first scaled to an integer of 1e-12;
integers add up to the same sum in any order, on any engine and with any number of threads.
"""

import math
from collections.abc import Mapping

import narwhals as nw

SCALE = 1e12


def to_units(value: nw.Expr) -> nw.Expr:
    """Scale a number (a score as a share, a weight as a share) to integers of 1e-12; null stays null.

    Magnitudes up to about 1e6 fit. ``floor(x + 1/2)`` is the same on every engine, where ``round`` is not.
    """
    return (value * SCALE + 0.5).floor().cast(nw.Int64)


def divided(value: nw.Expr, by: "float | nw.Expr") -> nw.Expr:
    """Divide by a constant, or by a column that may be one throughout, correctly rounded.

    Polars multiplies by the reciprocal instead, so that 8085 / 100 is 80.85000000000001; a divisor that is a column of
    several values is really divided by.
    """
    return value / (value * 0.0 + by)


def from_units(units: nw.Expr) -> nw.Expr:
    """Turn a sum of integers of 1e-12 back into a number."""
    return divided(units.cast(nw.Float64), SCALE)


def exact_sum(name: str) -> nw.Expr:
    """Sum a column of numbers up to 1e15 without regard to order: whole ones, and fractions in integers of 1e-12."""
    number = nw.col(name)
    whole = number.floor()
    return whole.cast(nw.Int64).sum().cast(nw.Float64) + from_units(to_units(number - whole).sum())


def nano(value: nw.Expr) -> nw.Expr:
    """Return whole billionths, free of binary noise, so that 79.99999999999 meets a bound of 80. Still a float."""
    return (value * 1e9 + 0.5).floor()


def nano_of(bound: float) -> float:
    """Return a constant as ``nano`` gives a column."""
    return math.floor(bound * 1e9 + 0.5) if abs(bound) < 1e290 else bound


Scale = float | nw.Expr
"""Ten to the power of the decimal places kept: one number, or a column where places differ by row."""


def _tenths_of_millionths(value: nw.Expr, scale: Scale) -> nw.Expr:
    """Return the size of a number in integers of 1e-7 of the last place kept."""
    size = value.abs() * scale * 1e7 + 0.5
    return nw.when(size > 9e18).then(nw.lit(9e18)).otherwise(size).floor().cast(nw.Int64)


def half_up(value: nw.Expr, scale: Scale = 1.0) -> nw.Expr:
    """Round decimally half up (away from zero), after snapping to 1e-7 of the last place. In integers throughout."""
    return _signed(value, (_tenths_of_millionths(value, scale) + 5_000_000) // 10_000_000, scale)


def half_even(value: nw.Expr, scale: Scale = 1.0) -> nw.Expr:
    """Round decimally, halves to the even neighbour, after snapping to 1e-7 of the last place."""
    size = _tenths_of_millionths(value, scale)
    below, rest = size // 10_000_000, size % 10_000_000
    up = (rest > 5_000_000) | ((rest == 5_000_000) & (below % 2 == 1))
    return _signed(value, below + nw.when(up).then(nw.lit(1)).otherwise(nw.lit(0)), scale)


def toward_zero(value: nw.Expr, scale: Scale = 1.0) -> nw.Expr:
    """Cut decimals off, after snapping to 1e-7 of the last place, so that 0.29999999999 is 0.3."""
    return _signed(value, _tenths_of_millionths(value, scale) // 10_000_000, scale)


def from_zero(value: nw.Expr, scale: Scale = 1.0) -> nw.Expr:
    """Round up (away from zero) whatever is left behind the last place, after snapping to 1e-7 of it."""
    return _signed(value, (_tenths_of_millionths(value, scale) + 9_999_999) // 10_000_000, scale)


def _signed(value: nw.Expr, whole: nw.Expr, scale: Scale) -> nw.Expr:
    number = whole.cast(nw.Float64)
    size = divided(number, scale)
    return nw.when(value < 0).then(0.0 - size).otherwise(size)


ROUNDINGS = {"half_up": half_up, "half_even": half_even, "down": toward_zero, "up": from_zero}


def rounded(value: nw.Expr, scale: Scale, mode: str) -> nw.Expr:
    """Round by the plan's mode: ``half_up``, ``half_even``, ``down`` (toward zero) or ``up`` (away from zero).

    A number whose scale is null stays as it is, and so does one that has no digits behind the last place (a number has
    some sixteen digits). ``value`` should be a column: it is looked at several times.
    """
    result = ROUNDINGS[mode](value, scale)
    whole = value.abs() * scale * 1e7 > 9e18
    kept = whole if isinstance(scale, float) else whole | scale.is_null()
    return nw.when(kept).then(value).otherwise(result)


def scale_of(places: Mapping[int, int], key: str) -> nw.Expr:
    """Return the scale by a column of numbers: ``places`` by number; null for any other."""
    by_places: dict[int, list[int]] = {}
    for number, kept in places.items():
        by_places.setdefault(kept, []).append(number)
    result = nw.lit(None, nw.Float64)
    for kept, numbers in by_places.items():
        result = nw.when(nw.col(key).is_in(numbers)).then(nw.lit(10.0**kept)).otherwise(result)
    return result
