"""Numbers as documents show them: decimal half-up, so that 80.845 is 80.85 everywhere."""

import math
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal


def half_up(number: float, places: int) -> Decimal:
    """Round the number as it reads in decimal, halves away from zero."""
    return Decimal(repr(float(number))).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def fixed(number: float | None, places: int = 2, absent: str = "—") -> str:
    """Return the number with exactly ``places`` decimals; ``absent`` where there is none."""
    if number is None:
        return absent
    rounded = half_up(number, places)
    return f"{abs(rounded) if rounded == 0 else rounded:,f}"


def plain(number: float | None, places: int = 2, absent: str = "—") -> str:
    """Return the number with at most ``places`` decimals and thousands separated."""
    text = fixed(number, places, absent)
    return text.rstrip("0").rstrip(".") if "." in text else text


def counted(number: int, thing: str) -> str:
    """Return how many there are in English: 1 finding, 2 findings, 2 classes."""
    return f"{number:,} {thing}" + ("" if number == 1 else "es" if thing.endswith("s") else "s")


def mean(numbers: Iterable[float]) -> float | None:
    """Return the mean, the same whatever the order; None of nothing."""
    values = list(numbers)
    return math.fsum(values) / len(values) if values else None


def median(numbers: Iterable[float]) -> float | None:
    """Return the median; None of nothing."""
    values = sorted(numbers)
    half = len(values) // 2
    if not values:
        return None
    return values[half] if len(values) % 2 else math.fsum(values[half - 1 : half + 1]) / 2
