"""One sheet per class: rank, total and how it came about, change, the sections with their lights, reasons in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from scorecards.edition import Edition
from scorecards.lights import LIGHTS
from scorecards.sheet_styles import Styles, height_for, legend, set_up_page, sheet_name, write_title

Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """One column: heading, width, and what stands in it with which format."""

    heading: str
    width: float
    cell: Callable[[Row], tuple[str | float | None, Format]]


def write_classes(book: Workbook, edition: Edition, styles: Styles) -> None:
    """Write a sheet for every class that has results."""
    taken = {edition.word(key).lower() for key in ("overview", "indicators", "notes")}
    for code, ranking in edition.ranking_of.items():
        title = edition.class_title(code)
        sheet = book.add_worksheet(sheet_name(title, taken))
        set_up_page(sheet, edition)
        _write_class(sheet, edition, styles, title, ranking)


def _write_class(sheet: Worksheet, edition: Edition, styles: Styles, title: str, ranking: pl.DataFrame) -> None:
    top = write_title(sheet, edition, styles, edition.pair(title, edition.word("ranking")))
    columns = [*_result_columns(edition, styles), *_section_columns(edition, styles, ranking)]
    columns.append(Column(edition.word("reason"), 20, lambda r: (edition.reason(r["reason_code"]), styles.text)))
    for number, column in enumerate(columns):
        sheet.set_column(number, number, column.width)
        sheet.write_string(top, number, column.heading, styles.head)
    sheet.set_row(top, height_for([(c.heading, c.width) for c in columns], 13.5))
    for row_number, row in enumerate(ranking.iter_rows(named=True), top + 1):
        texts = []
        for number, column in enumerate(columns):
            value, style = column.cell(row)
            write_cell(sheet, row_number, number, value, style)
            texts += [(value, column.width)] if isinstance(value, str) else []
        sheet.set_row(row_number, height_for(texts))
    end = top + max(1, ranking.height)
    sheet.write_string(end + 2, 0, legend(edition), styles.plain())
    sheet.freeze_panes(top + 1, 2)
    sheet.autofilter(top, 0, end, len(columns) - 1)
    sheet.repeat_rows(top)


def write_cell(sheet: Worksheet, row: int, column: int, value: str | float | None, style: Format) -> None:
    """Write a number as number and everything else as text; text never becomes a formula."""
    if isinstance(value, str) or value is None:
        sheet.write_string(row, column, value or "", style)
    else:
        sheet.write_number(row, column, value, style)


def _result_columns(edition: Edition, styles: Styles) -> list[Column]:
    total = styles.get(num_format=styles.total, align="center")
    bold = styles.get(num_format=styles.total, align="center", bold=True)
    word = edition.word

    def number(key: str, style: Format) -> Callable[[Row], tuple[str | float | None, Format]]:
        return lambda row: ("—" if row[key] is None else row[key], style)

    def change(row: Row) -> tuple[str | float | None, Format]:
        new = word("new") if edition.previous is not None and row["rank"] is not None else "—"
        return new if row["change"] is None else row["change"], styles.get(num_format=styles.change, align="center")

    def light(row: Row) -> tuple[str | float | None, Format]:
        return LIGHTS[row["light"]].text(edition.lang), styles.light(row["light"])

    return [
        Column(word("rank"), 6.5, lambda r: (word("not_ranked") if r["rank"] is None else r["rank"], styles.centre)),
        Column(word("unit"), 29, lambda r: (r["name"], styles.text)),
        Column(word("base"), 8, number("base", total)),
        Column(word("bonus"), 7, number("bonus", total)),
        Column(word("deduction"), 7 if edition.lang == "zh" else 10.5, number("deduction", total)),
        Column(word("total"), 8.5, number("total", bold)),
        Column(word("grade"), 8.5, lambda r: (edition.grade_title(r["grade"]) or "—", styles.centre)),
        Column(word("light"), 12, light),
        Column(word("before"), 8.5, number("previous_total", total)),
        Column(word("change"), 8.5, change),
    ]


def _section_columns(edition: Edition, styles: Styles, ranking: pl.DataFrame) -> list[Column]:
    mine = pl.col("unit_code").is_in(ranking["unit_code"].implode())
    rows = edition.cells.filter(pl.col("node_code").is_in(edition.sections) & mine)
    known = {(r["unit_code"], r["node_code"]): r for r in rows.iter_rows(named=True)}

    def cell(code: str) -> Callable[[Row], tuple[str | float | None, Format]]:
        def find(row: Row) -> tuple[str | float | None, Format]:
            found = known.get((row["unit_code"], code))
            if found is None or found["light"] in ("none", "unknown"):
                light = "none" if found is None else found["light"]
                return LIGHTS[light].text(edition.lang), styles.light(light)
            return found["score"], styles.score(found["light"])

        return find

    asked = set(rows.filter(pl.col("light") != "none")["node_code"])
    return [Column(edition.node_title(c), 11.5, cell(c)) for c in edition.sections if c in asked]
