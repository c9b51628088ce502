"""Sums that do not depend on their order, and decimal rounding.

Binary sums of doubles differ from run to run on several threads. Here a number is first scaled to an integer of 1e-12;
integers add up to the same sum in any order, on any engine and with any number of threads.
"""

import narwhals as nw

SCALE = 1e12


def to_units(value: nw.Expr) -> nw.Expr:
    """Scale a number (a score as a share, a weight as a share) to integers of 1e-12; null stays null.

    Magnitudes up to about 1e6 fit. ``floor(x + 1/2)`` is the same on every engine, where ``round`` is not.
    """
    return (value * SCALE + 0.5).floor().cast(nw.Int64)


def from_units(units: nw.Expr) -> nw.Expr:
    """Turn a sum of integers of 1e-12 back into a number."""
    return units.cast(nw.Float64) / SCALE


def snap(value: nw.Expr, digits: int = 9) -> nw.Expr:
    """Remove binary noise below ``digits`` decimals, so that 79.99999999999 meets a bound of 80."""
    return (value * 10.0**digits + 0.5).floor() / 10.0**digits


def half_up(value: nw.Expr, places: int = 0) -> nw.Expr:
    """Round decimally half up (away from zero), after snapping to 1e-7 of the last place."""
    size = snap(value.abs() * 10.0**places, 7)
    rounded = (size + 0.5).floor() / 10.0**places
    return nw.when(value < 0).then(-rounded).otherwise(rounded)


def half_even(value: nw.Expr, places: int = 0) -> nw.Expr:
    """Round decimally, halves to the even neighbour, after snapping to 1e-7 of the last place."""
    size = snap(value.abs() * 10.0**places, 7)
    below = size.floor()
    tie = (size - below) == 0.5
    odd = (below / 2).floor() * 2 != below
    rounded = nw.when(tie).then(nw.when(odd).then(below + 1).otherwise(below)).otherwise((size + 0.5).floor())
    scaled = rounded / 10.0**places
    return nw.when(value < 0).then(-scaled).otherwise(scaled)


def rounded(value: nw.Expr, places: int, mode: str) -> nw.Expr:
    """Round by the plan's mode, ``half_up`` or ``half_even``."""
    return half_up(value, places) if mode == "half_up" else half_even(value, places)
