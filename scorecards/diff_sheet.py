"""The comparison of two runs as a workbook: one row a unit, with the sum of the parts checked by a live formula."""

from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell as cell
from xlsxwriter.worksheet import Worksheet

from scorecards.diff import CAUSES, Move, Part, RunDiff, grade_steps, head_lines, state_of, word

HEAD = {
    "bold": True, "font_color": "#FFFFFF", "bg_color": "#8B1A1A", "align": "center", "valign": "vcenter",
    "text_wrap": True, "border": 1,
}  # fmt: skip
FIXED = 11  # columns before the parts
HEIGHT = 48  # of headings: three lines
A4 = 9


class Book:
    """A workbook being written, with its formats."""

    def __init__(self, diff: RunDiff, lang: str) -> None:
        self.diff, self.lang = diff, lang
        self.stream = BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book = xlsxwriter.Workbook(self.stream, options)
        # The newer run's own time, so that the same comparison gives the same bytes.
        self.book.set_properties({"title": word("title", lang), "created": diff.new["recorded_at"]})
        digits = "0." + "0" * diff.places if diff.places else "0"
        make = self.book.add_format
        self.head = make(HEAD)
        self.text = make({"text_wrap": True, "align": "left", "valign": "vcenter", "indent": 1})
        self.total = make({"num_format": digits})
        self.signed = make({"num_format": f"+{digits};-{digits};0"})
        self.bold = make({"num_format": f"+{digits};-{digits};0", "bold": True})
        self.places = make({"num_format": "+0.#;-0.#;0"})

    def sheet(self, name: str, headings: list[str], widths: list[int]) -> Worksheet:
        """Add a sheet with headings in its first row."""
        sheet = self.book.add_worksheet(word(name, self.lang))
        for column, (heading, width) in enumerate(zip(headings, widths, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading, self.head)
        sheet.set_row(0, HEIGHT)
        sheet.freeze_panes(1, 2)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        return sheet

    def put(self, sheet: Worksheet, row: int, column: int, value: Any, style: Any = None) -> None:
        """Write text as text and numbers as numbers; nothing for None."""
        if isinstance(value, str):
            sheet.write_string(row, column, value, style or self.text)
        elif value is not None:
            sheet.write_number(row, column, value, style)


def diff_workbook(diff: RunDiff, lang: str = "zh") -> bytes:
    """Return the workbook: units that moved, their parts, the inputs that changed, notes."""
    book = Book(diff, lang)
    _moves(book)
    _parts(book)
    _changes(book)
    _notes(book)
    book.book.close()
    return book.stream.getvalue()


def _pair(name: str, lang: str) -> list[str]:
    gap = "" if lang == "zh" else " "
    return [f"{word(side, lang)}{gap}{word(name, lang).lower()}" for side in ("old", "new")]


def _moves(book: Book) -> None:
    lang = book.lang
    heads = [word("unit_code", lang), word("name", lang)]
    heads += [h for name in ("class", "total", "rank", "grade") for h in _pair(name, lang)] + [word("move", lang)]
    for cause in CAUSES:
        heads += [word(cause, lang), f"{word(cause, lang)}: {word('others', lang)}"]
    heads.append(word("check", lang))
    sheet = book.sheet("moves", heads, [12, 26, 20, 20, 9, 9, 7, 7, 10, 10, *[11] * (len(heads) - 10)])
    for number in range(len(CAUSES)):
        if not any(m.parts[number].points or m.parts[number].others for m in book.diff.moves):
            first = FIXED + 2 * number
            sheet.set_column(first, first + 1, 11, None, {"level": 1, "hidden": True})  # opens with the + above
    for row, move in enumerate(book.diff.moves, 1):
        _move(book, sheet, row, move)
    if book.diff.moves:
        sheet.autofilter(0, 0, len(book.diff.moves), len(heads) - 1)


def _move(book: Book, sheet: Worksheet, row: int, move: Move) -> None:
    old, new = move.old, move.new
    state = state_of(move, book.lang)
    names = [book.diff.class_name(s.class_code, book.lang) for s in (old, new)]
    name = book.diff.unit_name(move.unit_code, book.lang)
    texts = [move.unit_code, f"{name} ({state})" if state else name, *names]
    for column, text in enumerate(texts):
        book.put(sheet, row, column, text)
    for column, value in enumerate((old.total, new.total), 4):
        book.put(sheet, row, column, value, book.total)
    grades = [None if s.grade is None else book.diff.grade_name(s.grade, book.lang) for s in (old, new)]
    for column, other in enumerate((old.rank, new.rank, *grades), 6):
        book.put(sheet, row, column, other)
    book.put(sheet, row, 10, move.points, book.bold)
    for number, part in enumerate(move.parts):
        book.put(sheet, row, FIXED + 2 * number, part.points, book.signed)
        book.put(sheet, row, FIXED + 2 * number + 1, part.others, book.signed)
    parts = "+".join(cell(row, FIXED + 2 * number) for number in range(len(move.parts)))
    left = sum(p.points for p in move.parts) - move.points
    formula = f"=ROUND({parts}-{cell(row, 10)},9)"
    sheet.write_formula(row, FIXED + 2 * len(move.parts), formula, None, round(left, 9) + 0.0)


def _parts(book: Book) -> None:
    lang = book.lang
    names = ("unit_code", "name", "cause", "points", "own", "others", "rank_move")
    heads = [word(n, lang) for n in names]
    heads += [f"{word('rank_move', lang)}: {word(n, lang)}" for n in ("own", "others")] + [word("grade", lang)]
    sheet = book.sheet("parts", heads, [12, 26, 12, 11, 11, 11, 14, 14, 14, 18])
    pairs = [(m, p) for m in book.diff.moves for p in m.parts if not p.silent]
    for row, (move, part) in enumerate(pairs, 1):
        _part(book, sheet, row, move, part)


def _part(book: Book, sheet: Worksheet, row: int, move: Move, part: Part) -> None:
    for column, text in enumerate(
        (move.unit_code, book.diff.unit_name(move.unit_code, book.lang), word(part.cause, book.lang))
    ):
        book.put(sheet, row, column, text)
    for column, points in enumerate((part.points, part.own, part.others), 3):
        book.put(sheet, row, column, points, book.signed)
    for column, places in enumerate((part.rank_move, part.rank_own, part.rank_others), 6):
        book.put(sheet, row, column, places, book.places)
    if len(set(part.grades)) > 1:
        book.put(sheet, row, 9, grade_steps(book.diff, part, book.lang))


def _changes(book: Book) -> None:
    lang = book.lang
    names = ("cause", "unit_code", "name", "what")
    sheet = book.sheet("changes", [word(n, lang) for n in names], [14, 14, 26, 80])
    for row, change in enumerate(book.diff.changes, 1):
        code = change.unit_code
        name = word("all", lang) if code is None else book.diff.unit_name(code, lang)
        texts = (word(change.cause, lang), code or "", name, change.text(lang))
        for column, text in enumerate(texts):
            book.put(sheet, row, column, text)


def _notes(book: Book) -> None:
    lang = book.lang
    lines = [*head_lines(book.diff, lang), *(zh if lang == "zh" else en for zh, en in book.diff.notes)]
    sheet = book.sheet("notes", [word("title", lang)], [110])
    for row, line in enumerate([*lines, *run_lines(book.diff, lang)], 1):
        book.put(sheet, row, 0, line)


def run_lines(diff: RunDiff, lang: str) -> list[str]:
    """Return, for each of the two runs, when it was scored, by whom and why."""
    lines = []
    for row in (diff.old, diff.new):
        told = [row["run_id"], f"{row['recorded_at']:%Y-%m-%d %H:%M:%S} UTC", row["actor"], row["reason"] or ""]
        lines.append(f"{word('run', lang)} " + "  ".join(t for t in told if t))
    return lines
