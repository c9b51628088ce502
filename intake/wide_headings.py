"""Understand the headings of a wide sheet: which column holds which indicator, and which cannot be told."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intake.form import COLUMN, TOTALS
from intake.headings import SEARCHED_ROWS
from intake.known import Known
from intake.numbers import as_number, is_measure, key_text, normal_width, raw_text
from schemas.methods import parts_of

_UNIT_WORDS = frozenset({"单位", "单位名称", "单位代码", "填报单位", "unit", "unit_code", "unitcode"})
_RATIO_WORDS = {"分子": "numerator", "numerator": "numerator", "分母": "denominator", "denominator": "denominator"}


@dataclass(frozen=True)
class WideColumn:
    """What a column of the wide sheet holds; ``measure`` where the heading names one."""

    at: int
    code: str
    part: str
    field: str
    measure: str | None = None


@dataclass(frozen=True)
class WideHeadings:
    """The row above the units, their columns, the period's, the indicators', and what was not understood.

    ``unknown``: texts of other columns. ``unclear``: text and indicator of columns that hold something of an indicator,
    none can tell what. ``twice``: the same of columns that two headings claim.
    """

    row: int
    units: tuple[int, ...]
    period: int | None
    columns: tuple[WideColumn, ...]
    unknown: Mapping[int, str]
    unclear: Mapping[int, tuple[str, str]]
    twice: Mapping[int, tuple[str, str]]


def find_wide(known: Known, rows: Sequence[Sequence[Any]]) -> WideHeadings | None:
    """Return the headings of a wide sheet; None where it is none."""
    for n, row in enumerate(rows[:SEARCHED_ROWS]):
        units = tuple(at for at, v in enumerate(row) if isinstance(v, str) and key_text(v) in _UNIT_WORDS)
        found = _headings(known, rows, n, units) if units else None
        if found and found.columns and len(found.columns) >= len(found.unknown):
            return found
    return None


def _headings(known: Known, rows: Sequence[Sequence[Any]], n: int, units: tuple[int, ...]) -> WideHeadings:
    """Understand the row of headings, and a second one below it."""
    texts, last = _in_two_rows(rows, n, units)
    columns: list[WideColumn] = []
    unknown: dict[int, str] = {}
    unclear: dict[int, tuple[str, str]] = {}
    period = None
    for at, value in enumerate(texts):
        text = raw_text(value)
        if at in units or not text or key_text(text) in {"序号", "no."}:
            continue
        code, rest = _indicator_in(known, value)
        column = _column(known, at, code, rest) if code else None
        if column:
            columns.append(column)
        elif code:
            unclear[at] = text, code
        elif key_text(text) in ("考核周期", "周期", "period"):
            period = at
        else:
            unknown[at] = text
    owners: dict[tuple[str, str, str], list[int]] = {}
    for column in columns:
        owners.setdefault((column.code, column.part, column.field), []).append(column.at)
    twice = {at: (raw_text(texts[at]) or "", code) for (code, *_), ats in owners.items() if len(ats) > 1 for at in ats}
    read = tuple(c for c in columns if c.at not in twice)
    whole = {c.code for c in columns}
    unknown.update({at: text for at, (text, code) in unclear.items() if code in whole})
    unclear = {at: found for at, found in unclear.items() if at not in unknown}
    unclear.update(_without_heading(texts, rows[last + 1 :], units, columns))
    return WideHeadings(last, units, period, read, unknown, unclear, twice)


def _in_two_rows(rows: Sequence[Sequence[Any]], n: int, units: Sequence[int]) -> tuple[list[Any], int]:
    """Return the headings and their last row: where the row below has words and no unit, it says what is in parts."""
    top = list(rows[n])
    below = rows[n + 1] if n + 1 < len(rows) else ()
    words = {at: v for at, v in enumerate(below) if v is not None}
    if not words or any(not isinstance(v, str) or as_number(v) is not None for v in words.values()):
        return top, n
    if any(at in units for at in words) or any(key_text(v) in TOTALS for v in words.values()):
        return top, n
    top += [None] * (len(below) - len(top))
    above = None
    for at, text in enumerate(top):
        above = text if text is not None else above
        if at in words:
            top[at] = f"{raw_text(above) or ''}/{words[at]}"
    return top, n + 1


def _without_heading(
    texts: Sequence[Any], below: Sequence[Sequence[Any]], units: Sequence[int], columns: Sequence[WideColumn]
) -> dict[int, tuple[str, str]]:
    """Return the columns right of an indicator's that have numbers and no heading: cells above may have been merged."""
    owner = {c.at: c.code for c in columns}
    found: dict[int, tuple[str, str]] = {}
    for at in range(1, max(map(len, below), default=0)):
        if at not in owner and (at >= len(texts) or texts[at] is None) and at - 1 in owner:
            numbers = (as_number(row[at]) for row in below if at < len(row) and any(_filled(row, u) for u in units))
            if any(number is not None for number in numbers):
                found[at] = "", owner[at - 1]
                owner[at] = owner[at - 1]
    return found


def _filled(row: Sequence[Any], at: int) -> bool:
    return at < len(row) and row[at] is not None


def _indicator_in(known: Known, value: Any) -> tuple[str | None, str]:
    """Return the indicator that a heading begins with, by code or title, and what stands behind it.

    Where a spreadsheet program may have rewritten several codes to this one, "?" stands behind it.
    """
    text = normal_width(raw_text(value) or "")
    ends = [len(text), *(found.start() for found in reversed(list(re.finditer(r"[\s/:(]", text))))]
    for end in ends:
        head = text[:end].strip()
        codes = known.find_indicators(value if end == len(text) else head)
        if len(codes) > 1:
            return codes[0], "?"
        code = codes[0] if codes else known.titles.get(key_text(head))
        if code:
            return code, text[end:]
    return None, ""


def _column(known: Known, at: int, code: str, rest: str) -> WideColumn | None:
    """Understand what stands behind the indicator: a part, 分子 or 分母, its measure, its title; None for all else."""
    leaf = known.plan.leaves[code]
    parts = {key_text(p): p for p in parts_of(leaf.method)}
    whole = parts.get(key_text(rest.strip(" /:()\n")))
    if whole is not None:
        return WideColumn(at, code, whole, "value")
    part, field, measure = "", "value", None
    titles = [key_text(t) for t in (leaf.title.zh, leaf.title.en) if t]
    for word in filter(None, re.split(r"[\s/:()]+", rest)):
        key = key_text(word)
        if key in _RATIO_WORDS:
            field = _RATIO_WORDS[key]
        elif key in parts:
            part = parts[key]
        elif is_measure(word, leaf.measure):
            measure = word
        elif key not in _VALUE_WORDS and not any(key in title for title in titles):
            return None
    return WideColumn(at, code, part, field, measure)


_VALUE = COLUMN["value"]
_VALUE_WORDS = frozenset(map(key_text, (_VALUE.zh, _VALUE.en, *_VALUE.aliases, "完成")))
