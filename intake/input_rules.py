"""What the form's inputs offer and accept: dropdowns, number rules with hints, marks of what is still blank.

Inputs of one rule share one entry in the file: a rule for every cell was half of a form's bytes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from intake.form import COLUMN, POSITION, YES_NO, FormRow, may_be_negative
from intake.numbers import LARGEST
from intake.report import cell_name
from intake.styles import Styles

Cell = tuple[int, int]
Area = tuple[int, int, int, int]
"""First row, first column, last row, last column, counted from 0."""


def write_input_rules(form: Any, rows: Sequence[FormRow], first: int, lang: str) -> None:
    """Attach to all inputs of the rows, which begin at row ``first``, their dropdowns, number rules and hints."""
    cells: dict[str, list[Cell]] = defaultdict(list)
    rules: dict[str, dict[str, Any]] = {}
    for row in rows:
        for name in (*answered_in(row), "self_score"):
            rule = _rule(name, row, lang)
            rules[str(rule)] = rule
            cells[str(rule)].append((first + row.number - 1, POSITION[name]))
    for key, rule in rules.items():
        area, *others = areas(cells[key])
        form.data_validation(*area, {**rule, "other_cells": others})


def offer_yes_no(form: Any, at: int, column: int, lang: str) -> None:
    """Offer yes and no in a cell."""
    form.data_validation(at, column, at, column, {"validate": "list", "source": list(YES_NO[lang])})


def mark_blanks(form: Any, styles: Styles, rows: Sequence[FormRow], first: int) -> None:
    """Colour, of the rows that begin at row ``first``, the inputs that still wait for an answer."""
    cells: dict[int, list[Cell]] = defaultdict(list)
    for row in rows:
        for name in answered_in(row):
            cells[POSITION[name]].append((first + row.number - 1, POSITION[name]))
    for column in sorted(cells):
        found = areas(cells[column])
        ranges = " ".join(f"{cell_name(*area[:2])}:{cell_name(*area[2:])}" for area in found)
        options = {"type": "blanks", "format": styles.blank, "multi_range": ranges}
        form.conditional_format(found[0][0], column, found[-1][2], column, options)


def answered_in(row: FormRow) -> tuple[str, ...]:
    """Return the columns in which a row is answered."""
    return ("numerator", "denominator") if row.kind == "ratio" else ("value",)


def areas(cells: Iterable[Cell]) -> list[Area]:
    """Return cells as areas, those right below one another as one; in the order of columns and rows."""
    found: list[Area] = []
    for row, column in sorted(cells, key=lambda c: (c[1], c[0])):
        if found and found[-1][2:] == (row - 1, column):
            found[-1] = (*found[-1][:2], row, column)
        else:
            found.append((row, column, row, column))
    return found


def _rule(name: str, row: FormRow, lang: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"ignore_blank": True, "input_message": COLUMN[name].hint(lang)[:250]}
    if name == "value" and row.kind == "yes_no":
        return rule | {"validate": "list", "source": list(YES_NO[lang])}
    return rule | _number_rule(*_bounds(name, row), lang)


def _number_rule(low: float | None, high: float | None, lang: str) -> dict[str, Any]:
    """Return the rule of a number between two bounds; without any, every number that the readers take."""
    if low is not None and high is not None:
        said = f"请填 {low:g} 到 {high:g} 之间的数字。", f"A number from {low:g} to {high:g}."
        rule: dict[str, Any] = {"criteria": "between", "minimum": low, "maximum": high}
    elif low is not None:
        said = f"请填不小于 {low:g} 的数字。", f"A number of at least {low:g}."
        rule = {"criteria": ">=", "value": low}
    elif high is not None:
        said = f"请填不大于 {high:g} 的数字。", f"A number of at most {high:g}."
        rule = {"criteria": "<=", "value": high}
    else:
        said = "请填一个数字。", "Write a number."
        rule = {"criteria": "between", "minimum": -LARGEST, "maximum": LARGEST}
    title = "请填数字", "A number, please"
    en = lang != "zh"
    return {"validate": "decimal", **rule, "error_title": title[en], "error_message": said[en]}


def _bounds(name: str, row: FormRow) -> tuple[float | None, float | None]:
    if name == "self_score":
        return 0, 100
    indicator = row.indicator
    if name == "value" and not row.part:
        low = indicator.minimum if indicator.minimum is not None else (None if may_be_negative(indicator) else 0)
        return low, indicator.maximum
    return 0, None
