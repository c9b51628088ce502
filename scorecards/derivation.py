"""The derivation of every score, packed for the bulletin's page: the lines of ``kaohe explain``, each stored once.

A line in two languages mostly ends alike (the arithmetic, the cell it was read from) and begins with words that many
lines share. So a line is a head, kept once for all in both languages, and a tail.
"""

import re
from typing import Any

import polars as pl

from scorecards.typeset import typeset

Line = list[Any]  # head's number, tail
_CHINESE = re.compile("[\u3400-\u9fff]")
_ARITHMETIC = re.compile(r"[×/+=^−]| ≥ | < ")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_PLACE = " ← "
_WORD_CHARACTER = re.compile(r"[\w.%]")


class Packed:
    """Collects lines; ``heads`` holds the beginnings as pairs of Chinese and English."""

    def __init__(self) -> None:
        """Begin with no heads."""
        self._numbers: dict[tuple[str, str], int] = {}

    @property
    def heads(self) -> list[list[str]]:
        """Return the heads in the order of their numbers."""
        return [list(pair) for pair in self._numbers]

    def line(self, zh: str, en: str) -> Line:
        """Return one line as head and tail; where both languages are alike all of it is tail."""
        zh = set_line(zh)
        same = _common_end(zh, en)
        head = zh[: len(zh) - same], en[: len(en) - same]
        number = self._numbers.setdefault(head, len(self._numbers))
        return [number, zh[len(zh) - same :]]


def packed_lines(lines: pl.DataFrame, units: dict[str, int], nodes: dict[str, int]) -> dict[str, Any]:
    """Return heads and, by unit's and node's place (-1: the total), the lines; unknown units and nodes are left out.

    Args:
        lines: unit_code, node_code (null: the total), zh, en (lists of the same length).
        units: place by unit code.
        nodes: place by node code.
    """
    packed = Packed()
    found: dict[int, dict[int, list[Line]]] = {}
    for unit, node, zh, en in lines.select("unit_code", "node_code", "zh", "en").iter_rows():
        at = -1 if node is None else nodes.get(node)
        if unit in units and at is not None:
            found.setdefault(units[unit], {})[at] = [packed.line(z, e) for z, e in zip(zh, en, strict=True)]
    return {"heads": packed.heads, "lines": found}


def set_line(text: str) -> str:
    """Return a Chinese line as it is printed: words in full-width punctuation; formulas and file names as they are."""
    said, arrow, place = text.partition(_PLACE)

    def brackets(match: re.Match[str]) -> str:
        return f"（{match[1]}）" if _CHINESE.search(match[1]) and not _ARITHMETIC.search(match[1]) else match[0]

    said = _BRACKETS.sub(brackets, said)
    return typeset(said.replace("(", "\0").replace(")", "\1")).replace("\0", "(").replace("\1", ")") + arrow + place


def _common_end(one: str, other: str) -> int:
    """Return how many characters both texts end with alike, cut where a number or word begins."""
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    while 0 < count < len(one) and _WORD_CHARACTER.match(one[-count]) and _WORD_CHARACTER.match(one[-count - 1]):
        count -= 1
    return count
