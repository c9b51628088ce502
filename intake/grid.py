"""Sheets that are lists of typed columns: registers and verdicts. One description writes and reads them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from intake.form import Column
from intake.headings import Headings, match_headings, names_of, note_headings
from intake.known import Known
from intake.numbers import as_per_cent, key_text, raw_text, read_number, shown
from intake.report import Report, Row, cell_name
from schemas.text_table import IN_SHEETS, width_of

Kind = Literal["text", "number", "date", "choice", "unit", "indicator", "period"]
SEARCHED_ROWS = 20
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]\d{1,2}:\d{2}.*)?")


@dataclass(frozen=True)
class GridColumn(Column):
    """A column with the kind of its cells; ``choices`` maps a code to its Chinese word."""

    kind: Kind = "text"
    required: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Grid:
    """A list: its sheet's name, its columns, and those of them without which a row is blank."""

    sheet: str
    columns: tuple[GridColumn, ...]
    sheet_en: str = ""

    def title(self, lang: str) -> str:
        """Return the sheet's name."""
        return self.sheet if lang == "zh" else self.sheet_en or self.sheet

    def headings(self, rows: Sequence[Sequence[Any]]) -> Headings | None:
        """Return the row of headings in which every required column stands; None where there is none."""
        names = names_of(self.columns)
        required = {c.name for c in self.columns if c.required}
        found = (match_headings(n, row, names) for n, row in enumerate(rows[:SEARCHED_ROWS]))
        return next((f for f in found if required <= set(f.columns)), None)


def read_grid(known: Known, report: Report, grid: Grid, sheet: Mapping[str, Any], headings: Headings) -> Iterator[Row]:
    """Yield the rows below the headings, typed; ``_cell`` is the row's first cell, ``_places`` each column's.

    Every cell that cannot be understood is a problem of the report; its value is None.
    """
    note_headings(report, headings, sheet["rows"], sheet["name"], grid.columns)
    percents = frozenset(sheet["percents"])
    for n, cells in enumerate(sheet["rows"]):
        texts = {name: cells[at] if at < len(cells) else None for name, at in headings.columns.items()}
        entered = [c for c in grid.columns if c.entry and raw_text(texts.get(c.name)) is not None]
        if n <= headings.row or not entered:
            continue
        places = {name: cell_name(n, at) for name, at in headings.columns.items()}
        row: Row = {"_places": places, "_sheet": sheet["name"], "_cell": cell_name(n, 0)}
        for column in grid.columns:
            at = {"sheet": sheet["name"], "cell": places.get(column.name)}
            value = texts.get(column.name)
            shown_as = as_per_cent(value) if at["cell"] in percents else value
            row[column.name] = read_cell(known, report, column, shown_as, at)
        yield row


def read_cell(known: Known, report: Report, column: GridColumn, value: Any, at: Row) -> Any:
    """Return one cell's value by the column's kind; None where blank or not understood."""
    text = raw_text(value)
    if text is None:
        if column.required:
            report.problem("entry_missing", at=at, column=column)
        return None
    if column.kind == "number":
        return _number(report, column, value, at)
    if column.kind == "date":
        return _date(report, column, value, at)
    if column.kind == "choice":
        return _choice(report, column, text, at)
    return text if column.kind == "text" else _known(known, report, column, text, at)


def _known(known: Known, report: Report, column: GridColumn, text: str, at: Row) -> str | None:
    """Look a unit, indicator or period up."""
    found: str | None
    expected: str | tuple[str, str]
    if column.kind == "unit":
        found = known.unit_codes.get(key_text(text), (None, False))[0]
        code, expected = "unknown_unit", known.near_unit(text)
    elif column.kind == "indicator":
        found = known.indicator_codes.get(key_text(text)) or known.titles.get(key_text(text))
        code, expected = "unknown_indicator", known.near_indicator(text)
    else:
        found = known.knows_period(text)
        code, expected = "unknown_period", known.periods_text
    if found is None:
        report.problem(code, text, expected, at=at, column=column)
    return found


def _number(report: Report, column: GridColumn, value: Any, at: Row) -> float | None:
    reading = read_number(value)
    for code in filter(None, (reading.refusal, *reading.repairs)):
        report.problem(code, raw_text(value), reading.expected or shown(reading.value), at=at, column=column)
    return reading.value


def _date(report: Report, column: GridColumn, value: Any, at: Row) -> str | None:
    text = raw_text(value) or ""
    found = _DATE.fullmatch(text)
    try:
        if found:
            return date(*map(int, found.groups())).isoformat()
    except ValueError:
        pass
    report.problem("date_expected", text, "2023-04-05", at=at, column=column)
    return None


def _choice(report: Report, column: GridColumn, text: str, at: Row) -> str | None:
    words = {key_text(w): code for code, zh in column.choices.items() for w in (code, zh)}
    if key_text(text) not in words:
        expected = "、".join(column.choices.values()), ", ".join(column.choices)
        report.problem("choice_expected", text, expected, at=at, column=column)
    return words.get(key_text(text))


def write_grid(
    sheet: Any, styles: Any, grid: Grid, rows: Sequence[Row], title: str, *, spare: int = 0, lang: str = "zh"
) -> None:
    """Write title, headings and rows, with dropdowns; ``spare`` blank rows to fill follow."""
    sheet.merge_range(0, 0, 0, len(grid.columns) - 1, title, styles.title)
    sheet.set_row(0, 30)
    last = 1 + len(rows) + spare
    for n, column in enumerate(grid.columns):
        sheet.set_column(n, n, column.width)
        sheet.write_string(1, n, column.heading(lang), styles.head)
        sheet.write_comment(1, n, f"{column.en}\n{column.hint_zh}\n{column.hint_en}".strip(), {"author": "Kaohe"})
        style = styles.free if column.entry else styles.fixed
        for at in range(2, last + 1):
            value = rows[at - 2].get(column.name) if at - 2 < len(rows) else None
            if lang == "zh" and isinstance(value, str):
                value = column.choices.get(value, value)
            _put(sheet, at, n, value, style)
        if column.choices and column.entry and last > 1:
            words = list(column.choices.values() if lang == "zh" else column.choices)
            sheet.data_validation(2, n, last, n, {"validate": "list", "source": words})
    sheet.set_row(1, _height(grid, {c.name: c.heading(lang) for c in grid.columns}))
    for at, row in enumerate(rows, 2):
        sheet.set_row(at, _height(grid, row))
    sheet.freeze_panes(2, 0)
    sheet.autofilter(1, 0, max(last, 2), len(grid.columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(1)


def _height(grid: Grid, row: Row) -> float:
    """Return the height that shows every text of a row whole: not every program finds it by itself."""
    texts = ((str(v), c.width) for c in grid.columns if isinstance(v := row.get(c.name), str))
    lines = max((-(-width_of(text, IN_SHEETS) // max(1, int(width) - 1)) for text, width in texts), default=1)
    return min(400.0, 13.5 * max(1, lines) + 4)


def _put(sheet: Any, at: int, column: int, value: Any, style: Any) -> None:
    if value is None or value == "":
        sheet.write_blank(at, column, None, style)
    elif isinstance(value, str):
        sheet.write_string(at, column, value, style)
    else:
        sheet.write_number(at, column, value, style)
