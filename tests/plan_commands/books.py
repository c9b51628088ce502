"""The plan that the tests of the plan workbook start from, and changing its workbook as an officer would."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from intake.plan_book import HEAD_ROWS
from schemas.folder import Plan

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "data" / "plans" / "example-2023"
TABLES = ("units", "targets", "assignments", "bodies")
Edit = Callable[[Any], None]


def same_plan(one: Plan, other: Plan) -> bool:
    frames = all(getattr(one, n).drop("line").equals(getattr(other, n).drop("line")) for n in TABLES)
    return (one.file, one.indicators, one.holidays) == (other.file, other.indicators, other.holidays) and frames


def edited(content: bytes, edit: Edit, path: Path) -> Path:
    """Change the workbook as an officer would, and save it at ``path``."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    edit(book)
    book.save(path)
    return path


def at(book: Any, sheet: str, row: int, key: str) -> Any:
    """The cell of a column's key; rows from 1 below the keys."""
    names = {cell.value: cell.column for cell in book[sheet][2]}
    return book[sheet].cell(HEAD_ROWS + row, names[key])


def rule(book: Any, key: str) -> Any:
    return next(row[2] for row in book["规则"].iter_rows(min_row=3) if row[0].value == key)
