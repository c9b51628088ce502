"""The ledger of findings as a workbook (专项督查整改台账): to print, to fill in, and to be taken in as a register."""

import io
from collections.abc import Sequence
from typing import Any

import polars as pl

from intake.grid import write_grid
from intake.register_form import FINDINGS
from intake.report import Row, cell_name
from intake.review import A3
from intake.styles import Styles, new_book
from schemas.findings import standing_words
from schemas.folder import Plan

MARKS = {"overdue": "#F8CBAD", "closed": "#E2EFDA"}
"""Colours beside the words of the column on the standing, never instead of them."""
HEAD_ROWS = 2


def ledger_rows(plan: Plan, rows: pl.DataFrame, lang: str = "zh") -> list[Row]:
    """Return the rows of ``schemas.findings.ledger`` as the columns of the list show them.

    The unit is named where its name is one unit's alone; the reason stays blank, for it is to say why the *next* row
    is entered.
    """
    named = plan.units.select("unit_code", "name").filter(~pl.col("name").is_duplicated())
    names = dict(named.iter_rows())
    return [
        {**row, "unit_code": names.get(row["unit_code"], row["unit_code"]), "standing": standing_words(row, lang),
         "reason": None}
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip


def ledger_workbook(
    plan: Plan, rows: pl.DataFrame, title: str, *, summary: Sequence[str] = (), spare: int = 10, lang: str = "zh"
) -> bytes:
    """Return the ledger's workbook with ``spare`` blank rows; ``kaohe item`` takes it in again when it is filled in.

    ``rows``: ``schemas.findings.ledger``. ``summary``: sentences printed below the title of each page.
    """
    shown = ledger_rows(plan, rows, lang)
    buffer = io.BytesIO()
    book = new_book(buffer)
    styles = Styles(book)
    sheet = book.add_worksheet(FINDINGS.title(lang))
    write_grid(sheet, styles, FINDINGS, shown, title, spare=spare, lang=lang)
    mark_standing(book, sheet, [row["standing"] for row in rows.iter_rows(named=True)])
    sheet.set_paper(A3)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
    sheet.set_footer(f"&L&9{' '.join(summary)}&R&9&P / &N")
    book.close()
    return buffer.getvalue()


def mark_standing(book: Any, sheet: Any, standings: Sequence[str]) -> None:
    """Colour the standing of what is overdue and of what is closed."""
    at = [c.name for c in FINDINGS.columns].index("standing")
    for number, standing in enumerate(standings, HEAD_ROWS):
        if standing in MARKS:
            cell = cell_name(number, at)
            mark = book.add_format({"bg_color": MARKS[standing], "bold": standing == "overdue"})
            sheet.conditional_format(cell, {"type": "no_blanks", "format": mark})
