"""Read a plan workbook back into the sheets of a plan."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from intake.catalogue import CATALOGUE
from intake.guards import Limits
from intake.other_books import other_book
from intake.plan_rows import LISTS, SHEETS, Book, Cell, Row, rule_columns
from intake.pool import Parsers
from schemas.csv_file import REQUIRED
from schemas.errors import UserError

_FIRST_KEY = {"rules": "key", **{sheet: "code" for sheet in ("classes", *LISTS)}}


class _Blank(dict[str, str]):
    """Words for a sentence; those that are not known are left out."""

    def __missing__(self, key: str) -> str:
        return ""


def read_plan_workbook(path: Path, limits: Limits | None = None) -> Book:
    """Return a plan workbook's sheets. Columns are found by their key, rows without any cell are left out.

    Raises:
        UserError: the file is no workbook, is unsafe, or lacks the sheets of a plan.
    """
    if not path.is_file():
        raise UserError(f"没有文件 {path}。请检查路径。", f"There is no file {path}. Check the path.")
    with Parsers(1, limits) as parsers:  # a child process: some files end the process that parses them
        found = parsers.parse(path)
    if found.get("kind") != "workbook":
        check = CATALOGUE.get(str(found.get("code")), CATALOGUE["unreadable_file"])
        why = [text.format_map(_Blank(value=found.get("found", ""))) for text in (check.zh, check.en)]
        raise UserError(
            f"{path.name} 不是方案工作簿:{why[0]}方案工作簿由 kaohe plan new 文件.xlsx 得到。",
            f"{path.name} is no plan workbook: {why[1]} kaohe plan new FILE.xlsx makes a plan workbook.",
        )
    if other := other_book(found, "plan_book"):
        raise UserError(*(text.format(value=path.name) for text in (CATALOGUE[other].zh, CATALOGUE[other].en)))
    by_name = {sheet["name"].strip(): sheet["rows"] for sheet in found["sheets"]}
    book: Book = {}
    for key, names in SHEETS.items():
        rows = next((by_name[n] for n in names if n in by_name), None)
        if rows is None and key in ("rules", "tree", "indicators", "units.csv"):
            raise UserError(
                f"{path.name} 中没有工作表“{names[0]}”,不是方案工作簿。",
                f"{path.name} has no sheet '{names[1]}'; it is no plan workbook.",
            )
        book[key] = _rows(key, rows or [], path.name)
    known = {c.key for c in rule_columns()}
    book["rules"] = [r for r in book["rules"] if r.get("value") not in (None, "") or r["key"] in known]
    return book


def _rows(sheet: str, rows: Sequence[Sequence[Any]], file: str) -> list[Row]:
    first = _FIRST_KEY.get(sheet) or REQUIRED[sheet][0]
    at = next((n for n, row in enumerate(rows[:10]) if first in [str(c).strip() for c in row if c is not None]), None)
    if at is None:
        if not any(cell not in (None, "") for row in rows for cell in row):
            return []
        zh, en = SHEETS[sheet]
        raise UserError(
            f"{file} 的工作表“{zh}”没有写着“{first}”的那一行,请恢复第二行的键。",
            f"{file}: sheet '{en}' has no row with the key '{first}'; restore its second row.",
        )
    keys = [str(c).strip() if c not in (None, "") else None for c in rows[at]]
    found = []
    for row in rows[at + 1 :]:
        cells = {k: _cell(v) for k, v in zip(keys, row, strict=False) if k is not None}
        if sheet == "rules":
            cells = {k: cells.get(k) for k in ("key", "value")}
        if cells.get("key", "") is not None and any(v is not None for v in cells.values()):
            found.append(cells)
    return found


def _cell(value: Any) -> Cell:
    if isinstance(value, dict):
        return str(value.get("date", ""))[:10] or None
    if isinstance(value, str):
        return value.strip() or None
    return value
