"""Changing a filled workbook as a unit would."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from intake.form import FIRST_ROW, FORM_SHEET, POSITION


def first(folder: Path) -> Path:
    """Return the first workbook of a folder."""
    return sorted(folder.glob("*.xlsx"))[0]


def change_value(path: Path, change: Callable[[Any], Any], *, was: Any = None) -> Path:
    """Change the first number that the unit reported, or the value that ``was`` there."""
    book = openpyxl.load_workbook(path)
    form = book[FORM_SHEET["zh"]]
    cells = (form.cell(row, POSITION["value"] + 1) for row in range(FIRST_ROW + 1, form.max_row + 1))
    cell = next(c for c in cells if (c.value == was if was else isinstance(c.value, int | float)))
    cell.value = change(cell.value)
    book.save(path)
    return path
