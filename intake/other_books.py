"""Workbooks of Kaohe's own that were sent to the wrong command: which one it is, so that the right one can be named."""

from collections.abc import Mapping, Sequence
from typing import Any

from intake.form import META_SHEET
from intake.grid import Grid
from intake.register_form import ADJUSTMENTS, FINDINGS, ITEMS
from intake.review import REVIEW

OFFICE_LISTS: tuple[tuple[str, Grid], ...] = (
    ("review_book", REVIEW), ("register_book", ITEMS), ("register_book", ADJUSTMENTS), ("register_book", FINDINGS),
)  # fmt: skip
RESULTS: tuple[frozenset[str], ...] = (
    frozenset({"总览", "指标得分", "说明"}), frozenset({"Overview", "Indicator scores", "Notes"}),
    frozenset({"成绩单", "指标计分", "指标体系", "输入"}), frozenset({"Scorecard", "Indicators", "Tree", "Inputs"}),
    frozenset({"有变动的单位", "变动来源", "说明"}), frozenset({"Units that moved", "Parts", "Notes"}),
)  # fmt: skip
"""Sheets of what Kaohe writes for readers: ranking, unit workbook, diff. A test holds them to the writers' words."""
PLAN_SHEETS = (frozenset({"规则", "结构", "指标", "单位"}), frozenset({"Rules", "Tree", "Indicators", "Units"}))
MOST_COLUMNS = 2 / 3
"""A list is the office's where so many of its columns are there: a unit's own table has some of them too."""


def other_book(answer: Mapping[str, Any], wanted: str) -> str | None:
    """Return the check that names the workbook where it is another one of Kaohe's than ``wanted``; else None.

    ``answer``: what the parser found. ``wanted``: form_book, review_book, register_book or plan_book.
    """
    found = _kind(answer["sheets"]) if answer.get("kind") == "workbook" else None
    return None if found == wanted else found


def _kind(sheets: Sequence[Mapping[str, Any]]) -> str | None:
    names = {sheet["name"] for sheet in sheets}
    if META_SHEET in names:
        return "form_book"
    if any(some <= names for some in RESULTS):
        return "result_book"
    if any(some <= names for some in PLAN_SHEETS):
        return "plan_book"
    for code, grid in OFFICE_LISTS:
        for sheet in sheets:
            found = grid.headings(sheet["rows"])
            if found and len(found.columns) >= MOST_COLUMNS * len(grid.columns):
                return code
    return None
