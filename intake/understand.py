"""From the tables of one file to reports, and these to plain columns that travel from a child process.

Runs in the child (``intake.child``) where there are many files, in the parent where there are few.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from intake.form import META_SHEET
from intake.headings import find_headings, missing_columns
from intake.known import Known
from intake.long_table import Reports, read_long
from intake.other_books import other_book
from intake.report import CELL_FIELDS, Report, Row, cell_name
from intake.wide_headings import find_wide
from intake.wide_table import read_wide
from intake.workbook import find_form, hidden_facts, read_form
from schemas.errors import typed

TEXT_READERS = ("csv", "json", "parquet")
MANY_UNKNOWN = 3
Answer = dict[str, Any]


def understood(known: Known, answer: Mapping[str, Any], name: str) -> Answer:
    """Return what the parent collects of one file: reader, template version, and reports with cells by column.

    Whatever goes wrong with one file, it comes back as unreadable; a fault of ours must not stop the others.
    """
    try:
        reader, version, reports = understand(known, answer, name)
    except Exception as error:
        found = f"{type(error).__name__}: {error}"[:200]
        reader, version, reports = "none", None, [_refused(known, "unreadable_file", found)]
    distinct = {id(r): r for r in reports}.values()  # two spellings of one unit lead to the same report
    return {
        "reader": reader, "template_version": version, "plan_hash": known.plan.hash,
        "reports": [_plain(r) for r in distinct],
    }  # fmt: skip


def _plain(report: Report) -> Answer:
    belongs = report.unit_code and report.period
    cells = report.cells if belongs else []
    return {
        "unit_code": report.unit_code, "period": report.period, "nil": report.nil, "explanation": report.explanation,
        "cells": _columns(cells), "problems": report.problems, "persons": report.persons,
    }  # fmt: skip


_IN_ORDER = itemgetter(*CELL_FIELDS)


def _columns(cells: Sequence[Row]) -> dict[str, list[Any]]:
    columns = zip(*map(_IN_ORDER, cells), strict=True) if cells else [()] * len(CELL_FIELDS)
    return dict(zip(CELL_FIELDS, map(list, columns), strict=True))


def understand(known: Known, answer: Mapping[str, Any], name: str) -> tuple[str, str | None, list[Report]]:
    """Turn the tables of one file into reports; return reader, template version and at least one report."""
    if "code" in answer:
        packed = (answer["code"], answer["found"]) == ("foreign_file", "zip")
        code, found = ("packed_files", name) if packed else (answer["code"], answer["found"])
        return "none", None, [_refused(known, code, found)]
    sheets, kind = answer["sheets"], answer["kind"]
    facts = hidden_facts(sheets)
    if not facts and (other := other_book(answer, "form_book")):
        return "none", None, [_refused(known, other, typed(name))]
    reader, reports = _read(known, sheets, kind, name, bool(facts))
    if not reports:
        reader, reports = "none", [_refused(known, "foreign_file", name)]
    for report in reports:
        _another_plan(known, report)
        for code in answer["warnings"]:
            report.problem(code)
    return reader, facts.get("template_version"), reports


def _read(known: Known, sheets: Sequence[Any], kind: str, name: str, ours: bool) -> tuple[str, list[Report]]:
    """Try the readers in order: the unit form, a long table, a wide sheet."""
    visible = [s for s in sheets if s["name"] != META_SHEET]
    if not ours:
        long = [(s, h) for s in visible if (h := find_headings(s["rows"], long=True))]
        wide = [(s, w) for s in visible if (w := find_wide(known, s["rows"]))] if not long else []
        reports: Reports = {}
        for sheet, headings in long:
            read_long(known, sheet, headings, reports)
        for sheet, columns in wide:
            read_wide(known, sheet, columns, name, reports)
        if long or wide:
            read = [s for s, _ in [*long, *wide]]
            _note_others(known, reports, visible, read)
            return (kind if kind in TEXT_READERS else "workbook") if long else "wide", list(reports.values())
    form = find_form(sheets)
    if form:
        return "workbook", [read_form(known, sheets, *form)]
    return "workbook", [r for sheet in visible for r in _broken_form(known, sheet)][:1]


def _note_others(known: Known, reports: Reports, sheets: Sequence[Any], read: Sequence[Any]) -> None:
    """Note the sheets beside tables that were not read; one with values of another shape makes them uncertain."""
    for sheet in sheets:
        if any(sheet is one for one in read) or not any(any(v is not None for v in row) for row in sheet["rows"]):
            continue
        table = find_headings(sheet["rows"]) or find_wide(known, sheet["rows"])
        for report in {id(r): r for r in reports.values()}.values():
            name = sheet["name"]
            report.problem("second_form" if table else "other_sheet", name, read[0]["name"], sheet=name)


def _broken_form(known: Known, sheet: Mapping[str, Any]) -> list[Report]:
    """Return a report that names the missing columns of what is recognisably a form."""
    missing = missing_columns(sheet["rows"])
    if not missing:
        return []
    report = Report(known.plan)
    for heading in missing[1]:
        report.problem("column_missing", heading, sheet=sheet["name"], cell=cell_name(missing[0], 0))
    return [report]


def _another_plan(known: Known, report: Report) -> None:
    """Say once that the codes are another plan's, instead of once per row."""
    unknown = [p for p in report.problems if p["code"] == "unknown_indicator"]
    if len(unknown) >= MANY_UNKNOWN and len(unknown) > len(report.cells):
        report.problems[:] = [p for p in report.problems if p["code"] != "unknown_indicator"]
        codes = "、".join(str(p["value"]) for p in unknown[:3]) + "…"
        report.problem("wrong_plan", codes, known.plan.file.plan, sheet=unknown[0]["sheet"], cell=unknown[0]["cell"])


def _refused(known: Known, code: str, found: str) -> Report:
    report = Report(known.plan)
    report.problem(code, found)
    return report
