"""Read the wide sheet of a small office: one row per unit, one column per indicator (汇总表)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intake.cells import Source, read_row
from intake.headings import SEARCHED_ROWS, labelled
from intake.known import Known
from intake.long_table import report_of
from intake.numbers import key_text, normal_width, raw_text
from intake.report import Report, cell_name
from schemas.methods import parts_of

_PERIOD = re.compile(r"(20\d\d)\s*(?:年?第?([一二三四1-4])季度|Q([1-4])|年?(上|下)半年|H([12]))")
_UNIT_WORDS = frozenset({"单位", "单位名称", "单位代码", "填报单位", "unit", "unit_code", "unitcode"})
_RATIO_WORDS = {"分子": "numerator", "numerator": "numerator", "分母": "denominator", "denominator": "denominator"}


@dataclass(frozen=True)
class WideColumn:
    """What a column of the wide sheet holds."""

    at: int
    code: str
    part: str
    field: str


@dataclass(frozen=True)
class WideHeadings:
    """The row of headings, the unit's column, the period's, the indicators', and what was not understood."""

    row: int
    unit: int
    period: int | None
    columns: tuple[WideColumn, ...]
    unknown: Mapping[int, str]


def find_wide(known: Known, rows: Sequence[Sequence[Any]]) -> WideHeadings | None:
    """Return the headings of a wide sheet; None where it is none."""
    for n, row in enumerate(rows[:SEARCHED_ROWS]):
        unit = next((at for at, v in enumerate(row) if isinstance(v, str) and key_text(v) in _UNIT_WORDS), None)
        if unit is None:
            continue
        columns, unknown, period = [], {}, None
        for at, value in enumerate(row):
            text = raw_text(value)
            if at == unit or not text or key_text(text) in _UNIT_WORDS | {"序号", "no."}:
                continue
            column = _column(known, at, text)
            if column:
                columns.append(column)
            elif key_text(text) in ("考核周期", "周期", "period"):
                period = at
            else:
                unknown[at] = text
        if columns and len(columns) >= len(unknown):
            return WideHeadings(n, unit, period, tuple(columns), unknown)
    return None


def _column(known: Known, at: int, text: str) -> WideColumn | None:
    """Understand ``T07-1``, ``T07-1 场次``, a title alone, ``T18-1/机关``, ``T09-1/分子``."""
    pieces = [p for p in re.split(r"[/\n::]", normal_width(text)) if p.strip()]
    first = pieces[0].strip()
    code = known.indicator_codes.get(key_text(first)) or known.titles.get(key_text(first))
    code = code or known.indicator_codes.get(key_text(first.split()[0] if first.split() else ""))
    if code is None:
        return None
    rest = key_text(pieces[1]) if len(pieces) > 1 else ""
    if rest in _RATIO_WORDS:
        return WideColumn(at, code, "", _RATIO_WORDS[rest])
    parts = {key_text(p): p for p in parts_of(known.plan.leaves[code].method)}
    return WideColumn(at, code, parts.get(rest, pieces[1].strip() if parts and rest else ""), "value")


def read_wide(known: Known, sheet: Mapping[str, Any], headings: WideHeadings, file_name: str) -> list[Report]:
    """Return one report per unit of the wide sheet."""
    rows, name = sheet["rows"], sheet["name"] or None
    default = _period_above(rows, headings.row) or _period_in(f"{name or ''} {file_name}")
    reports: dict[tuple[str | None, str | None], Report] = {}
    formulas, percents = frozenset(sheet["formulas"]), frozenset(sheet["percents"])
    for n in range(headings.row + 1, len(rows)):
        row = rows[n]
        unit = row[headings.unit] if headings.unit < len(row) else None
        if unit is None or key_text(unit) in ("合计", "总计", "total"):
            continue
        period = row[headings.period] if headings.period is not None and headings.period < len(row) else default
        places = {"unit_code": cell_name(n, headings.unit)}
        report = report_of(known, reports, unit, period, Source(name, places))
        if report.unit_code:
            for code, part, texts, at in _cells(headings.columns, row, n):
                read_row(known, report, code, {**texts, "part": part}, Source(name, at, formulas, percents))
    for report in reports.values():
        for column, text in headings.unknown.items():
            report.problem("column_ignored", text, sheet=name, cell=cell_name(headings.row, column))
    return list(reports.values())


Cell = tuple[str, str, dict[str, Any], dict[str, str]]


def _cells(columns: Sequence[WideColumn], row: Sequence[Any], n: int) -> list[Cell]:
    """Return code, part, texts and places of each cell of one unit's row; a coverage may span two columns."""
    found: dict[tuple[str, str], Cell] = {}
    for column in columns:
        value = row[column.at] if column.at < len(row) else None
        cell = found.setdefault((column.code, column.part), (column.code, column.part, {}, {}))
        cell[2][column.field] = value
        cell[3][column.field] = cell_name(n, column.at)
    return list(found.values())


def _period_above(rows: Sequence[Sequence[Any]], before: int) -> str | None:
    value = labelled(rows, ("period",), 0, before).get("period", (None, ""))[0]
    if value is not None:
        return raw_text(value)
    return _period_in(" ".join(raw_text(v) or "" for row in rows[:before] for v in row))


def _period_in(text: str) -> str | None:
    """Return the period that a title or file name speaks of."""
    found = _PERIOD.search(text)
    if not found:
        return None
    year, zh, quarter, half, half_number = found.groups()
    if zh or quarter:
        return f"{year}Q{quarter or ('一二三四'.index(zh) + 1 if zh in '一二三四' else zh)}"
    return f"{year}H{half_number or (1 if half == '上' else 2)}"
