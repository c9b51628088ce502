"""The office's register workbook: adoptions, cases, marks → items; bonuses, vetoes → adjustments; findings → findings.

All of it is read or none: the caller stores nothing where there is an error.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from intake.batch import PROBLEM, frame
from intake.grid import Grid, GridColumn, read_grid, write_grid
from intake.known import Known
from intake.numbers import shown
from intake.other_books import other_book
from intake.pool import Parsers, parse_one
from intake.register_form import ADJUSTMENTS, FINDINGS, ITEMS, KINDS, RATIO_KINDS
from intake.report import Report, Row, listed
from intake.styles import Styles, new_book
from schemas.errors import typed
from schemas.folder import Plan
from schemas.methods import parts_of
from schemas.periods import Period
from schemas.plan import Indicator
from schemas.tables import Adjustments, Findings, Items, columns_of

_COLUMN = {(grid.columns[0].name, c.name): c for grid in (ITEMS, ADJUSTMENTS, FINDINGS) for c in grid.columns}
ITEM = {k: v for k, v in columns_of(Items).items() if k != "recorded_at"}
FINDING = {k: v for k, v in columns_of(Findings).items() if k not in ("recorded_at", "actor", "proof_hash")}
ADJUSTMENT = {k: v for k, v in columns_of(Adjustments).items() if k not in ("recorded_at", "actor")}


@dataclass(frozen=True)
class Register:
    """What a register workbook holds, and its problems. Times and actor are given when it is stored."""

    items: pl.DataFrame
    adjustments: pl.DataFrame
    findings: pl.DataFrame
    problems: pl.DataFrame

    @property
    def usable(self) -> bool:
        """Say whether there is no error."""
        return self.problems.filter(pl.col("severity") == "error").is_empty()


def register_workbook(
    plan: Plan,
    *,
    items: pl.DataFrame | None = None,
    adjustments: pl.DataFrame | None = None,
    findings: Iterable[Row] = (),
    lang: str = "zh",
) -> bytes:
    """Return the register workbook, with what is recorded so far and blank rows to fill.

    ``findings``: rows of the ledger as ``intake.ledger`` words them.
    """
    buffer = io.BytesIO()
    book = new_book(buffer)
    styles = Styles(book)
    stored = [[] if f is None else f.to_dicts() for f in (items, adjustments)]
    for grid, rows in ((ITEMS, stored[0]), (ADJUSTMENTS, stored[1]), (FINDINGS, list(findings))):
        title = f"{plan.file.title.get(lang)} {grid.title(lang)}"
        write_grid(book.add_worksheet(grid.title(lang)), styles, grid, rows, title, spare=40, lang=lang)
    book.close()
    return buffer.getvalue()


def read_register(
    path: Path, plan: Plan, *, period: Period | None = None, name: str = "", parsers: Parsers | None = None
) -> Register:
    """Read a register workbook; never raises for a bad file. ``name``: for messages, where it is not the path's."""
    known, report = Known(plan, period), Report(plan)
    answer = parse_one(path, parsers)
    if "code" in answer:
        report.problem(answer["code"], answer["found"])
        return _result(report, [], [], [])
    if other := other_book(answer, "register_book"):
        report.problem(other, typed(name or path.name))
        return _result(report, [], [], [])
    source = hashlib.sha256(path.read_bytes()).hexdigest()
    items = list(_known_items(report, _rows(known, report, answer, ITEMS), known))
    adjustments = list(_known_adjustments(report, _rows(known, report, answer, ADJUSTMENTS), known))
    findings = list(_known_findings(report, _rows(known, report, answer, FINDINGS), known))
    if not any(grid.headings(s["rows"]) for s in answer["sheets"] for grid in (ITEMS, ADJUSTMENTS, FINDINGS)):
        report.problem("foreign_register", name or path.name)
    items, findings = ([{**r, "source_hash": source} for r in rows] for rows in (items, findings))
    return _result(report, items, adjustments, findings)


def _result(report: Report, items: list[Row], adjustments: list[Row], findings: list[Row]) -> Register:
    problems = [{**p, "key": 0, "number": n} for n, p in enumerate(report.problems, 1)]
    return Register(
        frame(items, ITEM), frame(adjustments, ADJUSTMENT), frame(findings, FINDING), frame(problems, PROBLEM)
    )


def _rows(known: Known, report: Report, answer: Mapping[str, Any], grid: Grid) -> Iterator[Row]:
    for sheet in answer["sheets"]:
        headings = grid.headings(sheet["rows"])
        if headings:
            yield from read_grid(known, report, grid, sheet, headings)


def kinds_of(indicator: Indicator) -> list[str] | None:
    """Return the kinds of item an indicator takes; None where any will do."""
    if indicator.method.kind == "coverage":
        return list(RATIO_KINDS)
    return list(parts_of(indicator.method)) or None


def _known_items(report: Report, rows: Iterable[Row], known: Known) -> Iterator[Row]:
    seen: set[str] = set()
    for row in rows:
        indicator = known.plan.leaves.get(row["indicator_code"] or "")
        if indicator is not None:
            _check_item(report, row, indicator)
        row["state"] = row["state"] or "valid"
        row["item_id"] = row["item_id"] or _id_of("I", row, ITEMS.columns)
        _check_repeat(report, row, row["item_id"], seen)
        yield row


def _check_item(report: Report, row: Row, indicator: Indicator) -> None:
    """Check one item against its indicator: it takes items, of this kind, with a mark where raters give marks."""
    if indicator.owner == "unit":
        _problem(report, row, "item_not_taken", "indicator_code", indicator.code)
    kinds = kinds_of(indicator)
    if kinds is not None and row["kind"] is not None and row["kind"] not in kinds:
        _problem(report, row, "choice_expected", "kind", row["kind"], listed(kinds))
    if indicator.method.kind == "panel":
        low, high = indicator.method.scale
        if row["mark"] is None or not low <= row["mark"] <= high:
            _problem(report, row, "out_of_range", "mark", row["mark"], f"{low:g}–{high:g}")
        elif row["mark"] < (indicator.method.reason_below or low) and not row["title"]:
            _problem(report, row, "entry_missing", "title")
    if row["count"] is not None and row["count"] < 0:
        _problem(report, row, "negative_not_allowed", "count", f"{row['count']:g}")


def _known_adjustments(report: Report, rows: Iterable[Row], known: Known) -> Iterator[Row]:
    seen: set[str] = set()
    rules = known.plan.file.adjustments
    for row in rows:
        if row["kind"] == "veto" and row["code"] not in rules.vetoes:
            _problem(report, row, "choice_expected", "code", row["code"], listed(rules.vetoes or "-"))
        grades = [g.code for g in known.plan.file.grades]
        if row["kind"] == "override_grade" and row["grade"] not in grades:
            _problem(report, row, "choice_expected", "grade", row["grade"], listed(grades or "-"))
        if row["kind"] in ("late", "false_report") and getattr(rules, row["kind"]) is None:
            usable = {code: zh for code, zh in KINDS.items() if getattr(rules, code, "") is not None}
            words = "、".join(usable.values()), ", ".join(usable)
            _problem(report, row, "choice_expected", "kind", KINDS[row["kind"]], words)
        if row["kind"] in ("bonus", "deduction", "late", "cap", "override_total") and row["value"] is None:
            _problem(report, row, "entry_missing", "value")
        elif row["kind"] in ("bonus", "deduction", "late") and row["value"] < 0:
            _problem(report, row, "negative_not_allowed", "value", shown(row["value"]))
        if row["kind"] == "bonus" and rules.bonus.document_required and not row["document_no"]:
            _problem(report, row, "document_missing", "document_no")
        row["state"] = row["state"] or "valid"
        row["adjustment_id"] = row["adjustment_id"] or _id_of("A", row, ADJUSTMENTS.columns)
        _check_repeat(report, row, row["adjustment_id"], seen)
        yield row


def _known_findings(report: Report, rows: Iterable[Row], known: Known) -> Iterator[Row]:
    """Yield findings; which step may follow which is told when they are stored, where the earlier ones are known."""
    seen: set[str] = set()
    for row in rows:
        code = row["node_code"]
        if code is not None and code not in known.plan.nodes and code not in known.plan.leaves:
            _problem(report, row, "unknown_indicator", "node_code", code, known.near_indicator(code))
        row["state"] = row["state"] or "open"
        if row["finding_id"]:
            _check_repeat(report, row, row["finding_id"], seen)
        yield row


def _check_repeat(report: Report, row: Row, row_id: str, seen: set[str]) -> None:
    if row_id in seen:
        report.problem("entry_twice", row_id, sheet=row["_sheet"], cell=row["_cell"])
    seen.add(row_id)


def _problem(report: Report, row: Row, code: str, name: str, value: Any = None, expected: Any = None) -> None:
    at = {"sheet": row["_sheet"], "indicator_code": row.get("indicator_code")}
    column = next(_COLUMN[own, name] for own in ("item_id", "adjustment_id", "finding_id") if own in row)
    report.problem(code, value, expected, at=at, cell=row["_places"].get(name, row["_cell"]), column=column)


def _id_of(prefix: str, row: Row, columns: Iterable[GridColumn]) -> str:
    """Return an id from the row's content, so that the same row read again is the same entry."""
    text = "\0".join(str(row[c.name]) for c in columns[1:] if c.name != "state")  # type: ignore[index]
    return f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
