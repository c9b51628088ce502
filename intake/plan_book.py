"""The plan workbook: the same plan as its folder, for offices that do not write YAML. Written, read, marked."""

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intake.plan_rows import LISTS, REST, SHEETS, Book, Cell, Column, Row, list_columns, number_text, rule_columns
from intake.plan_words import GUIDE, PURPOSE, SHORT, STEPS, TABLE_CHOICES, TABLE_WORDS
from intake.styles import new_book
from schemas.csv_file import NUMBER, PLAN_TABLES, REQUIRED

HEAD_ROWS = 2
"""Rows above the data: what the column means, and its key, by which it is read."""
SPARE = 200
_FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter", "text_wrap": True, "border": 1,
         "border_color": "#BFBFBF"}  # fmt: skip
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "border": 0},
    "heading": {"bold": True, "font_size": 11, "border": 0, "font_color": "#1F3864"},
    "text": {"border": 0, "valign": "top"},
    "link": {"font_color": "#0563C1", "underline": 1},
    "code": {"num_format": "@"},
    "left": {"align": "left"},
    "head": {"bold": True, "bg_color": "#D9E1F2", "align": "center"},
    "must": {"bold": True, "bg_color": "#B4C6E7", "align": "center"},
    "key": {"font_size": 8, "font_color": "#7F7F7F", "bg_color": "#F2F2F2"},
    "fixed": {"bg_color": "#F7F7F7"},
    "cell": {},
    "error": {"bg_color": "#F8CBAD"}, "warning": {"bg_color": "#FFE699"}, "info": {"bg_color": "#DDEBF7"},
}  # fmt: skip
_WORDS = {"error": ("错误", "error"), "warning": ("提醒", "warning"), "info": ("说明", "note")}


@dataclass(frozen=True)
class Mark:
    """A problem at a place of the workbook; ``row`` and ``column`` None: in the sheet's headings."""

    sheet: str
    row: int | None
    column: str | None
    severity: str
    zh: str
    en: str

    def text(self, lang: str) -> str:
        """Return the sentence."""
        return self.zh if lang == "zh" else self.en


def columns_of(sheet: str, book: Book) -> list[Column]:
    """Return a sheet's columns; units may carry further ones."""
    if sheet == "rules":
        return [Column("key", "键", "key", required=True), Column("meaning", "含义", "meaning"),
                Column("value", "值(空白为默认)", "value (blank: default)"), Column("default", "默认值", "default"),
                Column("choices", "可用的词", "words")]  # fmt: skip
    if sheet == "classes":
        return [Column("code", "类别代码", "code", required=True, text=True),
                Column("title.zh", "名称(中文)", "Chinese title", text=True, either=True),
                Column("title.en", "名称(英文)", "English title", text=True, either=True)]  # fmt: skip
    if sheet in LISTS:
        return list_columns(sheet, [str(row["code"]) for row in book["classes"] if row.get("code")])
    known = list(PLAN_TABLES[sheet])
    further = [k for row in book[sheet] for k in row if k not in known]
    numbers = [c for c, kind in PLAN_TABLES[sheet].items() if kind == NUMBER]
    columns = []
    for name in dict.fromkeys(known + further):
        zh = TABLE_WORDS.get(f"{sheet}.{name}") or TABLE_WORDS.get(name, name)
        words, number = TABLE_CHOICES.get(f"{sheet}.{name}", ()), name in numbers
        must = name in REQUIRED[sheet]
        columns.append(Column(name, zh, name.replace("_", " "), words, required=must, text=not number, number=number))
    return columns


def plan_workbook(book: Book, title: str, lang: str = "zh", marks: Sequence[Mark] = ()) -> bytes:
    """Return the workbook's bytes; ``marks`` colour their cells, say the problem there, and are listed first."""
    buffer = io.BytesIO()
    file = new_book(buffer, title=title, comments="Kaohe plan workbook")
    styles = {name: file.add_format({**_FONT, **given}) for name, given in _STYLES.items()}
    _guide(file, styles, title, book, lang)
    placed = {sheet: [m for m in marks if m.sheet == sheet] for sheet in SHEETS}
    if marks:
        _problems(file, styles, book, marks, lang)
    for sheet in SHEETS:
        _write(file, styles, sheet, book, placed[sheet], lang)
    file.close()
    return buffer.getvalue()


def _guide(file: Any, styles: Mapping[str, Any], title: str, book: Book, lang: str) -> None:
    zh = lang == "zh"
    sheet = file.add_worksheet("说明" if zh else "Guide")
    sheet.hide_gridlines(2)
    for column, width in enumerate((16, 58, 10)):
        sheet.set_column(column, column, width)
    sheet.merge_range(0, 0, 0, 2, title, styles["title"])
    sheet.set_row(0, 24 * _lines(title, 56))
    at = 2
    for n, texts in enumerate(GUIDE + STEPS):
        if n == len(GUIDE):
            sheet.write_string(at + 1, 0, "改好以后" if zh else "When done", styles["heading"])
            at += 2
        text = texts[not zh]
        sheet.merge_range(at, 0, at, 2, text, styles["text"])
        sheet.set_row(at, 15 * _lines(text, 92))
        at += 1
    heads = ("工作表", "内容", "行数") if zh else ("Sheet", "What it holds", "Rows")
    for column, head in enumerate(heads):
        sheet.write_string(at + 1, column, head, styles["head"])
    for n, (key, names) in enumerate(SHEETS.items(), at + 2):
        purpose = PURPOSE[key][not zh]
        filled = sum(row.get("value") not in (None, "") for row in book[key]) if key == "rules" else len(book[key])
        sheet.write_url(n, 0, f"internal:'{names[not zh]}'!A1", styles["link"], names[not zh])
        sheet.write_string(n, 1, purpose, styles["cell"])
        sheet.write_number(n, 2, filled, styles["cell"])
        sheet.set_row(n, 15 * _lines(purpose, 58))
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _problems(file: Any, styles: Mapping[str, Any], book: Book, marks: Sequence[Mark], lang: str) -> None:
    zh = lang == "zh"
    sheet = file.add_worksheet("问题" if zh else "Problems")
    for n, (word, width) in enumerate(zip(("程度", "位置", "问题和改法") if zh else ("", "Where", "Problem and remedy"),
                                          (8, 16, 100), strict=True)):  # fmt: skip
        sheet.set_column(n, n, width)
        sheet.write_string(0, n, word, styles["head"])
    for n, mark in enumerate(marks, 1):
        sheet.write_string(n, 0, _WORDS[mark.severity][not zh], styles[mark.severity])
        name = SHEETS[mark.sheet][not zh]
        place = place_name(mark, book)
        sheet.write_url(n, 1, f"internal:'{name}'!{place or 'A1'}", styles["cell"], f"{name} {place}".strip())
        sheet.write_string(n, 2, mark.text(lang), styles["cell"])
        sheet.set_row(n, 14 * _lines(mark.text(lang), 100))
    sheet.activate()
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def place_name(mark: Mark, book: Book) -> str:
    """Return the cell's name, such as C7; empty where the whole sheet is meant."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    if mark.row is None:
        return ""
    keys = [c.key for c in columns_of(mark.sheet, book)]
    return str(xl_rowcol_to_cell(HEAD_ROWS + mark.row, keys.index(mark.column) if mark.column in keys else 0))


def _write(file: Any, styles: Mapping[str, Any], name: str, book: Book, marks: Sequence[Mark], lang: str) -> None:
    sheet = file.add_worksheet(SHEETS[name][lang != "zh"])
    columns = columns_of(name, book)
    rows = _explained(book[name], lang) if name == "rules" else book[name]
    told = _by_cell(marks, columns)
    widths = [_width(name, c, [row.get(c.key) for row in rows], lang) for c in columns]
    folded = _folded(name, columns, rows)
    for n, column in enumerate(columns):
        _head(sheet, styles, name, n, column, widths[n], folded, lang)
        style = "fixed" if name == "rules" and column.key != "value" else "code" if column.text else "left"
        for at, row in enumerate(rows, HEAD_ROWS):
            found = told.get((at - HEAD_ROWS, column.key), [])
            _put(sheet, at, n, row.get(column.key), styles[_worst(found) if found else style], column)
            if found:
                text = "\n".join(f"{_WORDS[m.severity][lang != 'zh']}:{m.text(lang)}" for m in found)
                sheet.write_comment(at, n, text, {"author": "Kaohe", "x_scale": 3, "y_scale": 1.5})
    for at, row in enumerate(rows, HEAD_ROWS):
        lines = max((_lines(row.get(c.key), w) for c, w in zip(columns, widths, strict=True)), default=1)
        first = name == "rules" and at > HEAD_ROWS and _part(row) != _part(rows[at - HEAD_ROWS - 1])
        sheet.set_row(at, 14.5 * min(lines, 12) + (6 if first else 0))
    _hints(sheet, name, columns, rows, lang)
    heads = max(_lines(_short(c, lang), w * 0.9) for c, w in zip(columns, widths, strict=True))
    sheet.set_row(0, 15 * min(heads, 6) + 3)
    sheet.freeze_panes(HEAD_ROWS, 2 if name == "rules" else 1)
    if name != "rules" and rows:
        sheet.autofilter(HEAD_ROWS - 1, 0, HEAD_ROWS + len(rows) - 1, len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(8 if name == "indicators" else 9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, 1)


def _part(row: Row) -> str:
    """Return the part of the plan that a rule belongs to."""
    return str(row["key"]).split(".")[0] if "." in str(row["key"]) else ""


def _folded(name: str, columns: Sequence[Column], rows: Sequence[Row]) -> list[bool]:
    """Say which columns of a list nobody uses."""
    return [
        name in LISTS
        and not (column.required or column.either)
        and column.key != REST
        and all(row.get(column.key) in (None, "") for row in rows)
        for column in columns
    ]


def _head(
    sheet: Any,
    styles: Mapping[str, Any],
    name: str,
    n: int,
    column: Column,
    width: float,
    folded: list[bool],
    lang: str,
) -> None:
    options: dict[str, Any] = {"level": 1, "hidden": True} if folded[n] else {}
    if not folded[n] and n and folded[n - 1]:
        options = {"collapsed": True}
    sheet.set_column(n, n, width, styles["code"] if column.text and name != "rules" else None, options)
    if n == len(folded) - 1 and folded[n]:
        sheet.set_column(n + 1, n + 1, None, None, {"collapsed": True})
    star = "*" if column.required else "(*)" if column.either else ""
    sheet.write_string(0, n, _short(column, lang) + star, styles["must" if star else "head"])
    sheet.write_string(1, n, column.key, styles["key"])


def _short(column: Column, lang: str) -> str:
    """Return a column's name: its meaning up to the first stop, unless that is one of its words."""
    if column.key in SHORT:
        return SHORT[column.key][lang != "zh"]
    text = column.zh if lang == "zh" else column.en
    name = re.split(r"[:;;,,。]| \(", text)[0].strip()
    return text if any(name.startswith(word) for word in column.choices) or len(name) < 2 else name


def _hints(sheet: Any, name: str, columns: Sequence[Column], rows: Sequence[Row], lang: str) -> None:
    """Show what a column means where one of its cells is selected, and its words as a list."""
    if name == "rules":
        for at, column in enumerate(rule_columns(), HEAD_ROWS):
            if at - HEAD_ROWS < len(rows) and rows[at - HEAD_ROWS]["key"] == column.key:
                sheet.data_validation(at, 2, at, 2, _rule(column, lang))
        return
    for n, column in enumerate(columns):
        sheet.data_validation(HEAD_ROWS, n, HEAD_ROWS + len(rows) + SPARE, n, _rule(column, lang))


def _rule(column: Column, lang: str) -> dict[str, Any]:
    """Return the validation of a cell: other contents are allowed where words can be chosen."""
    text = column.zh if lang == "zh" else column.en
    if column.default:
        text += f"(默认 {column.default})" if lang == "zh" else f" (default {column.default})"
    if column.either:
        text += ";中文、英文至少填一个" if lang == "zh" else "; Chinese or English, or both"
    words = {"validate": "list", "source": list(column.choices), "error_type": "information"}
    if sum(len(w) + 1 for w in column.choices) > 250:  # more than a list can hold
        words = {}
    hint = {"input_title": column.key[:32], "input_message": text[:250]}
    return {**(words if column.choices and words else {"validate": "any"}), **hint}


def _lines(cell: Cell, width: float) -> int:
    """Return how many lines a cell takes in a column of a width."""
    return sum(max(1, math.ceil(_width_of(line) / max(width - 1, 1))) for line in str(cell or "").split("\n"))


def _width_of(line: str) -> float:
    """Return about how wide a line is, in digits: Latin letters are narrower, Chinese ones twice as wide."""
    return sum(2.0 if ord(c) > 0x2E80 else 0.92 for c in line)


def _size(text: str) -> int:
    return sum(1 + (ord(c) > 0x2E80) for c in text)


def _by_cell(marks: Sequence[Mark], columns: Sequence[Column]) -> dict[tuple[int, str], list[Mark]]:
    """Return the marks of each row and column; in the first column where the problem names none."""
    keys = [c.key for c in columns]
    told: dict[tuple[int, str], list[Mark]] = {}
    for mark in marks:
        if mark.row is not None:
            told.setdefault((mark.row, mark.column if mark.column in keys else keys[0]), []).append(mark)
    return told


def _explained(rows: Sequence[Row], lang: str) -> list[Row]:
    """Add to each rule what it means, its default and its words."""
    known = {c.key: c for c in rule_columns()}
    return [
        {**row, "meaning": c.zh if lang == "zh" else c.en, "default": c.default, "choices": ", ".join(c.choices)}
        for row in rows
        if (c := known.get(str(row["key"]), Column(str(row["key"]), "", "")))
    ]


def _worst(marks: Sequence[Mark]) -> str:
    return min((m.severity for m in marks), key=list(_WORDS).index)


def _put(sheet: Any, row: int, column: int, cell: Cell, style: Any, kind: Column) -> None:
    if cell is None or cell == "":
        sheet.write_blank(row, column, None, style)
    elif isinstance(cell, bool):  # the words of the lists, rather than TRUE and FALSE
        sheet.write_string(row, column, number_text(cell), style)
    elif isinstance(cell, str) and kind.number and _is_plain_number(cell):
        sheet.write_number(row, column, float(cell), style)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell, style)
    else:
        sheet.write_number(row, column, cell, style)


def _is_plain_number(text: str) -> bool:
    """Say whether a text is the number as it would be written back."""
    try:
        number = float(text)
    except ValueError:
        return False
    return math.isfinite(number) and number_text(float(f"{number:.16G}")) == text


def _width(name: str, column: Column, cells: Sequence[Cell], lang: str) -> float:
    """Return a column's width in characters: of its longest cell, within limits; a heading takes three lines."""
    if name == "rules":
        return {"key": 40.0, "meaning": 46.0, "value": 32.0, "default": 16.0}.get(column.key, 40.0)
    sizes = [_size(str(cell)) * 1.1 + 1 for cell in cells if cell is not None]
    head = _size(_short(column, lang)) / 2.4 + 3
    return float(min(max([9, len(column.key) * 0.85 + 2, head, *sizes]), 42))
