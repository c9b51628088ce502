"""Texts in columns: how wide they stand where Chinese characters take two places, tables for a terminal, CSV cells."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

ON_TERMINALS, IN_SHEETS = "WF", "WFA"
"""The Unicode classes that take two places; the fonts of workbooks set ambiguous marks (“ ” …) wide as well."""
FORMULA = r"^\s*[=+\-@＝＋－＠\t\r\n]"
"""How a text begins that a spreadsheet program would take for a formula, as a pattern of Python and of Polars.

Some editions for East Asia read the wide marks as well (OWASP, "CSV Injection").
"""
WIDEST = 36
"""Places of a cell of free text in a table on a terminal."""


def width_of(text: str, wide: str = ON_TERMINALS) -> int:
    """Return how many places, of a Latin letter each, a text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in wide else 1 for c in text)


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Return a text filled up with spaces to a width in places; to the right side of it where ``right``."""
    space = " " * (width - width_of(text))
    return space + text if right else text + space


def cut(text: str, width: int) -> str:
    """Return a text that takes ``width`` places at most, with an ellipsis where something was cut off."""
    if width_of(text) <= width:
        return text
    while width_of(text) > width - 1:
        text = text[:-1]
    return text + "…"


def text_table(heads: Sequence[str], rows: Sequence[Sequence[Any]], widest: int | None = None) -> list[str]:
    """Return the lines of a table: columns padded, numbers to the right.

    ``widest``: what takes more places is put on one line and cut.
    """
    texts = [[_cell(cell, widest) for cell in row] for row in [heads, *rows]]
    numeric = [bool(rows) and all(isinstance(r[n], int | float) or r[n] == "" for r in rows) for n in range(len(heads))]
    widths = [max(width_of(row[n]) for row in texts) for n in range(len(heads))]
    return [
        "  ".join(padded(text, widths[n], right=numeric[n]) for n, text in enumerate(row)).rstrip() for row in texts
    ]


def _cell(value: Any, widest: int | None) -> str:
    return str(value) if widest is None else cut(" ".join(str(value).split()), widest)


def no_formula(value: Any) -> Any:
    """Return a value for a CSV file: a text that a spreadsheet would take for a formula gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and re.match(FORMULA, value) else value


def csv_table(heads: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a table as CSV for spreadsheet programs: UTF-8 with BOM, no text that acts as a formula."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(heads)
    table.writerows([no_formula(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")
