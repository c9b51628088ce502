"""Read a batch of files: parse in child processes, understand, check; never raises for a bad file."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from intake.batch import CELL, PERSON, PROBLEM, SUBMISSION, Batch, frame
from intake.checks import check_batch
from intake.form import META_SHEET
from intake.headings import find_headings, missing_columns
from intake.known import Known
from intake.long_table import read_long
from intake.pool import Parsers
from intake.report import Report, Row, cell_name
from intake.wide_table import find_wide, read_wide
from intake.workbook import find_form, hidden_facts, read_form
from schemas.folder import Plan
from schemas.periods import Period

TEXT_READERS = ("csv", "json", "parquet")
MANY_UNKNOWN = 3


def read_files(
    paths: Sequence[Path],
    plan: Plan,
    *,
    period: Period | None = None,
    previous: pl.DataFrame | None = None,
    targets_due: pl.DataFrame | None = None,
    names: Mapping[Path, str] | None = None,
    parsers: Parsers | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Batch:
    """Read and check files.

    ``period``: the period being collected; a file of another one is an error. ``previous``: measurements of earlier
    periods, for comparison. ``targets_due``: unit_code, indicator_code, target. ``names``: names for messages where the
    paths are those of an archive. ``progress`` is called with files done and files in all.
    """
    known = Known(plan, period)
    rows: dict[str, list[Row]] = {"submissions": [], "cells": [], "problems": [], "persons": []}
    own = parsers is None
    pool = parsers or Parsers()
    try:
        for done, (path, answer) in enumerate(zip(paths, pool.parse_all(paths), strict=True), 1):
            name = (names or {}).get(path, path.name)
            reader, version, found = understand(known, answer, name)
            _collect(rows, path, name, reader, version, found)
            if progress:
                progress(done, len(paths))
    finally:
        if own:
            pool.__exit__(None, None, None)
    batch = Batch(
        frame(rows["submissions"], SUBMISSION), frame(rows["cells"], CELL), frame(rows["problems"], PROBLEM),
        frame(rows["persons"], PERSON),
    )  # fmt: skip
    return check_batch(known, batch, previous=previous, targets_due=targets_due)


def understand(known: Known, answer: Mapping[str, Any], name: str) -> tuple[str, str | None, list[Report]]:
    """Turn the tables of one file into reports; return reader, template version and at least one report."""
    if "code" in answer:
        return "none", None, [_refused(known, answer["code"], answer["found"])]
    sheets, kind = answer["sheets"], answer["kind"]
    facts = hidden_facts(sheets)
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
        for sheet in visible:
            headings = find_headings(sheet["rows"], long=True)
            if headings:
                return (kind if kind in TEXT_READERS else "workbook"), read_long(known, sheet, headings)
        for sheet in visible:
            wide = find_wide(known, sheet["rows"])
            if wide:
                return "wide", read_wide(known, sheet, wide, name)
    form = find_form(sheets)
    if form:
        return "workbook", [read_form(known, sheets, *form)]
    return "workbook", [r for sheet in visible for r in _broken_form(known, sheet)][:1]


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


def _collect(
    rows: dict[str, list[Row]], path: Path, name: str, reader: str, version: str | None, reports: Sequence[Report]
) -> None:
    """Add one file's reports to the rows of the batch."""
    facts = path.stat()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    modified = datetime.fromtimestamp(facts.st_mtime, UTC).replace(tzinfo=None)
    for found in {id(r): r for r in reports}.values():  # two spellings of one unit lead to the same report
        key = len(rows["submissions"])
        rows["submissions"].append({
            "key": key, "file_name": name, "file_hash": digest.hexdigest(), "size_bytes": facts.st_size,
            "modified_at": modified, "reader": reader, "unit_code": found.unit_code, "period": found.period,
            "template_version": version, "plan_hash": found.plan.hash, "nil": found.nil,
            "explanation": found.explanation,
        })  # fmt: skip
        about = {"key": key, "unit_code": found.unit_code, "period": found.period}
        rows["cells"] += [{**about, **cell} for cell in found.cells if found.unit_code and found.period]
        rows["problems"] += [{**problem, "key": key} for problem in found.problems]
        rows["persons"] += [{**about, **person} for person in found.persons]
