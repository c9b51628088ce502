"""An official document (公文) as data: what it says in which order; ``official_docx`` and ``official_pdf`` set it.

Layout by GB/T 9704-2012: A4, margins 37/35/28/26 mm, 22 lines of 28 characters, title 22 pt, body 16 pt, headings
一、(一) 1. in 黑体, 楷体, 仿宋, page numbers — n — outside.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

TOP_MM, BOTTOM_MM, LEFT_MM, RIGHT_MM = 37, 35, 28, 26
TEXT_MM = 210 - LEFT_MM - RIGHT_MM
PITCH_PT = 28.95
TITLE_PT, BODY_PT, TABLE_PT, PAGE_PT, NOTE_PT = 22, 16, 10.5, 14, 9
RED = "C00000"
CELL_EDGE_PT = 3.5
LETTER_EM, WIDE_LETTER_EM = 0.62, 0.98
"""Widths that no usual Latin letter exceeds, in parts of the letter size: documents are opened with fonts unknown."""
WORD = re.compile(r"[!-~‐-―←-⇿■-◿À-ɏ]+")
DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True)
class Heading:
    """A heading: level 1 is 一、, level 2 (一). The number is part of the text."""

    level: Literal[1, 2]
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of the body, its first line indented by two characters; ``lead`` stands before it in 楷体.

    ``keep``: it announces the table that follows and is never parted from it.
    """

    text: str
    lead: str = ""
    keep: bool = False


@dataclass(frozen=True)
class Table:
    """A table with headings; ``widths`` are shares of the text's width; ``centred`` are columns set in the middle."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    caption: str = ""
    centred: frozenset[int] = frozenset()

    @property
    def fitted(self) -> list[float]:
        """Return the widths of the columns in points, so that no word is broken; nearest to the shares that allows it.

        Where the words are wider than the page, every column shrinks alike.
        """
        page = TEXT_MM * 72 / 25.4
        columns = zip(self.heads, *self.rows, strict=True)
        least = [max(map(_longest, cells)) * TABLE_PT + 2 * CELL_EDGE_PT for cells in columns]
        if sum(least) >= page:
            return [page * need / sum(least) for need in least]
        held: set[int] = set()
        while True:
            left = page - sum(least[n] for n in held)
            whole = sum(w for n, w in enumerate(self.widths) if n not in held)
            made = [least[n] if n in held else left * w / whole for n, w in enumerate(self.widths)]
            narrow = {n for n, width in enumerate(made) if width < least[n] - 1e-9}
            if not narrow:
                return made
            held |= narrow


@dataclass(frozen=True)
class Annex:
    """An annex (附件): begins on a new page, named by ``label`` (附件1) and ``title``."""

    label: str
    title: str


Block = Heading | Paragraph | Table | Annex


@dataclass(frozen=True)
class Official:
    """One document. ``mark``: the issuer's name in red on top; ``number``: 文号; ``dated``: ISO date, or empty.

    ``foot``: what identifies the result it rests on, in small print below the first page's text: behind the signature
    it would now and then have a page to itself.
    """

    title: str
    blocks: Sequence[Block]
    lang: str = "zh"
    mark: str = ""
    number: str = ""
    addressee: str = ""
    signed: str = ""
    dated: str = ""
    foot: str = ""

    @property
    def body(self) -> list[Block]:
        """Return what stands before the signature."""
        return list(self.blocks[: self._end])

    @property
    def annexed(self) -> list[Block]:
        """Return the annexes, behind the signature."""
        return list(self.blocks[self._end :])

    @property
    def _end(self) -> int:
        return next((n for n, b in enumerate(self.blocks) if isinstance(b, Annex)), len(self.blocks))

    @property
    def annexes(self) -> list[str]:
        """Return the annexes as they are listed above the signature."""
        found = [b for b in self.blocks if isinstance(b, Annex)]
        return [f"{n}. {b.title}" if len(found) > 1 else b.title for n, b in enumerate(found, 1)]

    @property
    def date_text(self) -> str:
        """Return the date as such documents write it: 2023年4月20日, no leading zeros."""
        if not self.dated:
            return ""
        day = date.fromisoformat(self.dated)
        return f"{day.year}年{day.month}月{day.day}日" if self.lang == "zh" else f"{day.day} {day:%B %Y}"


def _longest(text: str) -> float:
    """Return the width of the widest word in parts of the letter size; Chinese may break behind every character."""
    words = WORD.findall(text)
    wide = [sum(WIDE_LETTER_EM if c in "mwMW@%■▲●○" else LETTER_EM for c in word) for word in words]
    return max(wide, default=1.0)


def ordinal(number: int) -> str:
    """Return a number below 100 in Chinese: 一, 十, 十一, 二十."""
    tens, ones = divmod(number, 10)
    if tens == 0:
        return DIGITS[ones]
    return ("" if tens == 1 else DIGITS[tens]) + "十" + (DIGITS[ones] if ones else "")


class Outline:
    """Numbers headings: 一、 and （一） in Chinese, 1. and 1.1 in English."""

    def __init__(self, lang: str) -> None:
        """Begin at nothing."""
        self._zh = lang == "zh"
        self._first = self._second = 0

    def part(self, text: str) -> Heading:
        """Return the next heading of the first level."""
        self._first, self._second = self._first + 1, 0
        return Heading(1, f"{ordinal(self._first)}、{text}" if self._zh else f"{self._first}. {text}")

    def section(self, text: str) -> Heading:
        """Return the next heading of the second level."""
        self._second += 1
        return Heading(2, f"（{ordinal(self._second)}）{text}" if self._zh else f"{self._first}.{self._second} {text}")


def annex_labels(titles: Iterable[str], lang: str) -> list[Annex]:
    """Return the annexes with their labels; one alone has no number."""
    known = list(titles)
    word = "附件" if lang == "zh" else "Annex "
    return [Annex(word.strip() if len(known) == 1 else f"{word}{n}", title) for n, title in enumerate(known, 1)]
