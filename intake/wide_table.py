"""Read the wide sheet of a small office: one row per unit, one column per indicator (汇总表)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from intake.cells import Source, read_row
from intake.form import TOTALS
from intake.headings import labelled, note_shifted
from intake.known import Known
from intake.long_table import Reports, report_of
from intake.numbers import key_text, raw_text
from intake.report import Report, cell_name
from intake.wide_headings import WideColumn, WideHeadings

_PERIOD = re.compile(r"(20\d\d)\s*(?:年?第?([一二三四1-4])季度|Q([1-4])|年?(上|下)半年|H([12]))")


def read_wide(known: Known, sheet: Mapping[str, Any], headings: WideHeadings, file_name: str, reports: Reports) -> None:
    """Read the wide sheet into one report per unit; ``reports`` has those of the sheets before it."""
    rows, name = sheet["rows"], sheet["name"] or None
    default = _period_above(rows, headings.row) or _period_in(f"{name or ''} {file_name}")
    formulas, percents = frozenset(sheet["formulas"]), frozenset(sheet["percents"])
    own: dict[int, Report] = {}
    for n in range(headings.row + 1, len(rows)):
        row = rows[n]
        cells = _cells(headings.columns, row, n)
        unit, *names = (row[at] if at < len(row) else None for at in headings.units)
        holds = any(v is not None for _, _, texts, _ in cells for f, v in texts.items() if f != "measure")
        total = any(key_text(v).rstrip(":") in TOTALS for v in row if isinstance(v, str))
        if total or not (holds or known.find_unit(unit)):
            continue
        period = row[headings.period] if headings.period is not None and headings.period < len(row) else default
        source = Source(name, {"unit_code": cell_name(n, headings.units[0])})
        report = report_of(known, reports, unit, period, source, next(iter(names), None))
        own[id(report)] = report
        if report.unit_code and not note_shifted(report, sheet, headings.row, n):
            for code, part, texts, at in cells:
                read_row(known, report, code, {**texts, "part": part}, Source(name, at, formulas, percents))
    for report in own.values():
        for column, text in headings.unknown.items():
            report.problem("column_ignored", text, sheet=name, cell=cell_name(headings.row, column))
        for check, found in (("column_unclear", headings.unclear), ("column_twice", headings.twice)):
            for column, (text, code) in found.items():
                place = {"sheet": name, "cell": cell_name(headings.row, column), "indicator_code": code}
                report.problem(check, text, code, at=place)


Cell = tuple[str, str, dict[str, Any], dict[str, str]]


def _cells(columns: Sequence[WideColumn], row: Sequence[Any], n: int) -> list[Cell]:
    """Return code, part, texts and places of each cell of one unit's row; a coverage may span two columns."""
    found: dict[tuple[str, str], Cell] = {}
    for column in columns:
        value = row[column.at] if column.at < len(row) else None
        cell = found.setdefault((column.code, column.part), (column.code, column.part, {}, {}))
        cell[2][column.field] = value
        cell[2]["measure"] = column.measure
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
