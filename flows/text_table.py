"""Tables on a terminal: columns that line up, also where Chinese characters take two places."""

import unicodedata
from collections.abc import Sequence


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]], widest: int = 36) -> list[str]:
    """Return the lines of a table; what is wider than ``widest`` is cut with an ellipsis."""
    cut = [[_cut(cell, widest) for cell in row] for row in [heads, *rows]]
    widths = [max(width_of(row[n]) for row in cut) for n in range(len(heads))]
    lines = ["  ".join(cell + " " * (w - width_of(cell)) for cell, w in zip(row, widths, strict=True)) for row in cut]
    return [line.rstrip() for line in lines]


def width_of(text: str) -> int:
    """Return how many places a text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cut(text: str, width: int) -> str:
    text = " ".join(text.split())
    if width_of(text) <= width:
        return text
    while width_of(text) > width - 1:
        text = text[:-1]
    return text + "…"
