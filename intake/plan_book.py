"""The plan workbook: the same plan as its folder, for offices that do not write YAML. Written, read, marked."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intake.child import parse
from intake.guards import Limits, Refused
from intake.plan_rows import LISTS, REST, SHEETS, Book, Cell, Column, Row, list_columns, rule_columns
from schemas.csv_file import PLAN_TABLES, REQUIRED
from schemas.errors import UserError

HEAD_ROWS = 2
"""Rows above the data: what the column means, and its key, by which it is read."""
SPARE = 200
_FIRST_KEY = {"rules": "key", **{sheet: "code" for sheet in ("classes", *LISTS)}}
_FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter", "text_wrap": True, "border": 1,
         "border_color": "#BFBFBF"}  # fmt: skip
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14, "border": 0, "text_wrap": False},
    "text": {"border": 0},
    "head": {"bold": True, "bg_color": "#D9E1F2", "align": "center"},
    "must": {"bold": True, "bg_color": "#D9E1F2", "align": "center", "font_color": "#C00000"},
    "key": {"font_size": 8, "font_color": "#7F7F7F", "bg_color": "#F2F2F2"},
    "fixed": {"bg_color": "#F7F7F7"},
    "cell": {},
    "error": {"bg_color": "#F8CBAD"}, "warning": {"bg_color": "#FFE699"}, "info": {"bg_color": "#DDEBF7"},
}  # fmt: skip
_WORDS = {"error": ("错误", "error"), "warning": ("提醒", "warning"), "info": ("说明", "note")}
_GUIDE = (
    ("这是一份考核方案,和方案文件夹内容完全相同。每张表第一行是含义,第二行是键,请勿改动第二行。",
     "This is an assessment plan, the same as the plan's folder. Row 1 says what a column means, row 2 is its key."),
    ("“规则”表:空白表示采用默认值。“结构”“指标”表:一行一个节点或指标,上级写在 parent。",
     "Rules: blank means the default. Tree and Indicators: one row a node or indicator, below its parent."),
    ("列表写成 [a, b],映射写成 {a: 1};方法的其他参数写在 method.+ 列,如 {trim: 1}。",
     "Write lists as [a, b] and mappings as {a: 1}; further parameters of a method stand in method.+."),
    ("没有用到的列已折叠,点上方的加号展开。计分方法和各键的详细说明见 docs/plan-format.zh-CN.md。",
     "Unused columns are folded; the plus sign above unfolds them. docs/plan-format.md explains every key."),
    ("改好后:kaohe plan check 本文件.xlsx(问题会标在格子里),再 kaohe plan convert 本文件.xlsx 方案文件夹。",
     "When done: kaohe plan check THIS.xlsx marks every problem in its cell; kaohe plan convert THIS.xlsx FOLDER."),
)  # fmt: skip


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
        return [Column("code", "类别代码", "code", required=True), Column("title.zh", "名称(中文)", "Chinese title"),
                Column("title.en", "名称(英文)", "English title")]  # fmt: skip
    if sheet in LISTS:
        return list_columns(sheet, [str(row["code"]) for row in book["classes"] if row.get("code")])
    known = list(PLAN_TABLES[sheet])
    further = [k for row in book[sheet] for k in row if k not in known]
    return [Column(c, _TABLE_WORDS.get(c, c), c, required=c in REQUIRED[sheet]) for c in dict.fromkeys(known + further)]


_TABLE_WORDS = {
    "unit_code": "单位代码", "name": "名称", "name_en": "英文名称", "class_code": "类别代码",
    "parent_code": "上级单位", "aliases": "别名(用 | 分隔)", "valid_from": "生效日", "valid_to": "失效日",
    "successor_code": "承接单位", "note": "备注", "indicator_code": "指标代码", "value": "数值",
    "period": "周期或年份", "role": "角色(lead、partner)", "state": "状态", "date": "日期",
    "kind": "类型(holiday、workday)", "body": "通知中的单位", "target_kind": "对应类型", "target_code": "对应代码",
}  # fmt: skip


def plan_workbook(book: Book, title: str, lang: str = "zh", marks: Sequence[Mark] = ()) -> bytes:
    """Return the workbook's bytes; ``marks`` colour their cells, say the problem there, and are listed first."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    file = xlsxwriter.Workbook(buffer, options)
    file.set_properties({"title": title, "comments": "Kaohe plan workbook"})
    styles = {name: file.add_format({**_FONT, **given}) for name, given in _STYLES.items()}
    _guide(file, styles, title, lang)
    placed = {sheet: [m for m in marks if m.sheet == sheet] for sheet in SHEETS}
    if marks:
        _problems(file, styles, book, marks, lang)
    for sheet in SHEETS:
        _write(file, styles, sheet, book, placed[sheet], lang)
    file.close()
    return buffer.getvalue()


def _guide(file: Any, styles: Mapping[str, Any], title: str, lang: str) -> None:
    sheet = file.add_worksheet("说明" if lang == "zh" else "Guide")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 110)
    sheet.write_string(0, 0, title, styles["title"])
    for n, (zh, en) in enumerate(_GUIDE, 2):
        sheet.write_string(n, 0, zh if lang == "zh" else en, styles["text"])


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
    for n, column in enumerate(columns):
        cells = [row.get(column.key) for row in rows]
        used = any(c not in (None, "") for c in cells)
        folded = name in LISTS and not used and not column.required and column.key != REST
        sheet.set_column(n, n, _width(column, cells, lang), None, {"level": 1, "hidden": True} if folded else {})
        head = styles["must" if column.required else "head"]
        sheet.write_string(0, n, column.zh if lang == "zh" else column.en, head)
        sheet.write_string(1, n, column.key, styles["key"])
        style = styles["fixed" if name == "rules" and column.key != "value" else "cell"]
        for at, cell in enumerate(cells, HEAD_ROWS):
            found = told.get((at - HEAD_ROWS, column.key), [])
            _put(sheet, at, n, cell, styles[_worst(found)] if found else style)
            if found:
                text = "\n".join(f"{_WORDS[m.severity][lang != 'zh']}:{m.text(lang)}" for m in found)
                sheet.write_comment(at, n, text, {"author": "Kaohe", "x_scale": 3, "y_scale": 1.5})
    for first, last, n, words in _lists(name, columns, len(rows)):
        rule = {"validate": "list", "source": list(words), "error_type": "information"}
        sheet.data_validation(first, n, last, n, rule)
    sheet.set_row(0, 30)
    sheet.freeze_panes(HEAD_ROWS, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, 1)


def _by_cell(marks: Sequence[Mark], columns: Sequence[Column]) -> dict[tuple[int, str], list[Mark]]:
    """Return the marks of each row and column; in the first column where the problem names none."""
    keys = [c.key for c in columns]
    told: dict[tuple[int, str], list[Mark]] = {}
    for mark in marks:
        if mark.row is not None:
            told.setdefault((mark.row, mark.column if mark.column in keys else keys[0]), []).append(mark)
    return told


def _lists(name: str, columns: Sequence[Column], rows: int) -> list[tuple[int, int, int, tuple[str, ...]]]:
    """Return where words can be chosen: first and last row, column, words. Other contents are allowed there too."""
    if name == "rules":
        return [(HEAD_ROWS + n, HEAD_ROWS + n, 2, c.choices) for n, c in enumerate(rule_columns()) if c.choices]
    return [(HEAD_ROWS, HEAD_ROWS + rows + SPARE, n, c.choices) for n, c in enumerate(columns) if c.choices]


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


def _put(sheet: Any, row: int, column: int, cell: Cell, style: Any) -> None:
    if cell is None or cell == "":
        sheet.write_blank(row, column, None, style)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell, style)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell, style)
    else:
        sheet.write_number(row, column, cell, style)


def _width(column: Column, cells: Sequence[Cell], lang: str) -> float:
    """Return a column's width in characters: of its longest cell, between its key's and 42."""
    sizes = [sum(1 + (ord(c) > 0x2E80) for c in str(cell)) for cell in cells if cell is not None]
    head = sum(1 + (ord(c) > 0x2E80) for c in (column.zh if lang == "zh" else column.en)) / 2
    return float(min(max([7, len(column.key) * 0.8, head, *(s * 1.1 for s in sizes)]), 42))


def read_plan_workbook(path: Path, limits: Limits | None = None) -> Book:
    """Return a plan workbook's sheets. Columns are found by their key, rows without any cell are left out.

    Raises:
        UserError: the file is no workbook, is unsafe, or lacks the sheets of a plan.
    """
    if not path.is_file():
        raise UserError(f"没有文件 {path}。请检查路径。", f"There is no file {path}. Check the path.")
    try:
        found = parse(path, limits or Limits())
    except (Refused, OSError, ValueError) as error:
        why = getattr(error, "code", None) or type(error).__name__
        raise UserError(
            f"{path.name} 不能读取({why})。请用 kaohe plan new 文件.xlsx 得到方案工作簿后填写。",
            f"{path.name} cannot be read ({why}). Get a plan workbook by kaohe plan new FILE.xlsx and fill it in.",
        ) from None
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
        name = SHEETS[sheet][0]
        raise UserError(
            f"{file} 的工作表“{name}”没有写着“{first}”的那一行,请恢复第二行的键。",
            f"{file}: sheet '{name}' has no row with the key '{first}'; restore its second row.",
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
