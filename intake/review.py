"""The review workbook: what was reported, with room for a reviewer's verdict on each line (核验)."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from intake.form import FormRow
from intake.grid import Grid, GridColumn, write_grid
from intake.report import Row
from intake.styles import Styles, new_book
from schemas.folder import Plan

VERDICTS = {"accepted": "认可", "adjusted": "调整", "refused": "不予认可"}
STATUS = {
    "nil": ("零报告", "nil return"), "missing": ("未报", "not reported"),
    "not_applicable": ("不适用", "not applicable"), "not_assigned": ("未分解", "not assigned"),
}  # fmt: skip
YES_NO = {True: ("是", "yes"), False: ("否", "no")}
DRAWN = {"risk": ("风险", "risk"), "random": ("随机", "lot")}
NOTES = {"zh": "说明", "en": "Notes"}
A3 = 8
_HINT = ("只填黄色单元格;不核验的行留空。", "Fill the yellow cells only; leave a line blank where there is no verdict.")

REVIEW = Grid(
    "核验表",
    (
        GridColumn("unit_code", "单位代码", "Unit code", 11, kind="unit", required=True),
        GridColumn("unit_name", "单位名称", "Unit", 16),
        GridColumn("indicator_code", "指标代码", "Indicator", 8, kind="indicator", required=True),
        GridColumn("title", "指标名称", "Title", 26),
        GridColumn("period", "周期", "Period", 8, kind="period", required=True),
        GridColumn("part", "分项", "Part", 10),
        GridColumn("measure", "计量单位", "Measure", 8),
        GridColumn("reported", "填报值", "Reported", 10),
        GridColumn("previous", "上期值", "Last value", 10),
        GridColumn("evidence", "佐证材料", "Evidence", 20),
        GridColumn("note", "单位备注", "Unit's remark", 16),
        GridColumn("drawn", "抽查", "Drawn", 6),
        GridColumn("risk", "关注点", "Look at", 30),
        GridColumn("earlier", "已有结论", "Verdict so far", 16),
        GridColumn("verdict", "核验结论", "Verdict", 10, *_HINT, True, kind="choice", choices=VERDICTS),
        GridColumn(
            "value", "核定值", "Value that counts", 10, "只在“调整”时填;按是否填报的写“是”或“否”。",
            "Only for an adjustment; yes or no where that was asked.", True,
        ),
        GridColumn(
            "numerator", "核定分子", "Numerator", 9, "调整比率时填。", "To adjust a rate.", True, kind="number"
        ),
        GridColumn(
            "denominator", "核定分母", "Denominator", 9, "调整比率时填。", "To adjust a rate.", True, kind="number"
        ),
        GridColumn("reason", "核验理由", "Reason", 30, "有结论就须写理由。", "Required with a verdict.", True),
    ),
    "Review",
)  # fmt: skip
FIRST = 2
"""The first row below the headings, counted from 0."""


def review_workbook(
    plan: Plan,
    measurements: pl.DataFrame,
    *,
    previous: pl.DataFrame | None = None,
    risks: pl.DataFrame | None = None,
    verdicts: pl.DataFrame | None = None,
    notes: Sequence[tuple[str, str]] = (),
    lang: str = "zh",
) -> bytes:
    """Return the review workbook for measurements (columns of that table): one line each, verdicts still to be given.

    ``previous``: measurements of earlier periods, of which the last is shown. ``risks``: unit_code, indicator_code and
    risk (words on what to look at), optionally part and drawn (risk, random). ``verdicts``: the newest ones so far.
    ``notes``: label and text for a second sheet. The same tables give the same bytes.
    """
    rows = list(_rows(plan, measurements, _last(previous), _by_cell(risks), _by_cell(verdicts), lang))
    buffer = io.BytesIO()
    book = new_book(buffer)
    styles = Styles(book)
    sheet = book.add_worksheet(REVIEW.title(lang))
    write_grid(sheet, styles, REVIEW, rows, f"{plan.file.title.get(lang)} {REVIEW.title(lang)}", lang=lang)
    sheet.freeze_panes(FIRST, 4)
    sheet.set_paper(A3)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.protect("", {"autofilter": True, "format_columns": True, "format_rows": True})
    _marks(book, sheet, FIRST + max(1, len(rows)), verdict_word("adjusted", lang))
    if notes:
        _notes(book.add_worksheet(NOTES[lang]), styles, notes)
    book.close()
    return buffer.getvalue()


def _rows(
    plan: Plan, measurements: pl.DataFrame, last: Mapping[Any, Row], looks: Mapping[Any, Row],
    known: Mapping[Any, Row], lang: str,
) -> Iterable[Row]:  # fmt: skip
    names = dict(plan.units.select("unit_code", "name").iter_rows())
    for cell in measurements.sort("unit_code", "indicator_code", "part").iter_rows(named=True):
        row = FormRow(0, plan.leaves[cell["indicator_code"]], cell["part"] or "", None)
        key = (cell["unit_code"], cell["indicator_code"], cell["part"] or "")
        look = looks.get(key) or looks.get((*key[:2], None)) or {}
        yield {
            **{n: cell[n] for n in ("unit_code", "indicator_code", "period", "part", "evidence", "note")},
            "unit_name": names.get(cell["unit_code"], ""), "title": row.title(lang), "measure": row.shown_measure(lang),
            "reported": reported(row, cell, lang),
            "previous": reported(row, last[key], lang) if key in last else None,
            "drawn": DRAWN[look["drawn"]][lang != "zh"] if look.get("drawn") else None, "risk": look.get("risk"),
            "earlier": earlier_words(row, known[key], lang) if key in known else None,
        }  # fmt: skip


def _by_cell(rows: pl.DataFrame | None) -> dict[Any, Row]:
    """Return rows by unit, indicator and part; the part is None where the rows do not say."""
    if rows is None:
        return {}
    return {(r["unit_code"], r["indicator_code"], r.get("part")): r for r in rows.iter_rows(named=True)}


def _last(previous: pl.DataFrame | None) -> dict[Any, Row]:
    """Return the newest of earlier measurements by cell."""
    return _by_cell(None if previous is None else previous.sort("period"))


def reported(row: FormRow, cell: Row, lang: str = "zh") -> str | float | None:
    """Return what a cell holds as the workbook shows it."""
    if cell["status"] != "reported":
        return STATUS[cell["status"]][lang != "zh"]
    return _amount(row, cell, lang)


def _amount(row: FormRow, cell: Row, lang: str) -> str | float | None:
    if row.kind == "ratio" and cell["denominator"] is not None and cell["numerator"] is not None:
        return f"{cell['numerator']:.12g}/{cell['denominator']:.12g}"
    value: float | None = cell["value"]
    return value if value is None or row.kind != "yes_no" else YES_NO[bool(value)][lang != "zh"]


def verdict_word(verdict: str, lang: str) -> str:
    """Return a verdict in words."""
    return VERDICTS[verdict] if lang == "zh" else verdict


def earlier_words(row: FormRow, verdict: Row, lang: str = "zh") -> str:
    """Return a verdict in words: ``调整 20:两人重复``."""
    amount = _amount(row, verdict, lang) if verdict["verdict"] == "adjusted" else None
    shown = f"{amount:.12g}" if isinstance(amount, float) else amount
    said = " ".join(x for x in (verdict_word(verdict["verdict"], lang), shown) if x)
    return f"{said}{':' if lang == 'zh' else ': '}{verdict['reason']}"


def _marks(book: Any, sheet: Any, last: int, adjusted: str) -> None:
    """Mark what a verdict still lacks: its reason, the value of an adjustment, the verdict of a filled line."""
    at = {c.name: n for n, c in enumerate(REVIEW.columns)}
    letter = {name: chr(ord("A") + n) for name, n in at.items()}
    verdict, value, numerator, reason = (
        f"${letter[n]}{FIRST + 1}" for n in ("verdict", "value", "numerator", "reason")
    )
    wanted = {
        "reason": f'=AND({verdict}<>"",{reason}="")',
        "value": f'=AND({verdict}="{adjusted}",{value}="",{numerator}="")',
        "verdict": f'=AND({verdict}="",{reason}&{value}&{numerator}<>"")',
    }
    missing = book.add_format({"bg_color": "#F8CBAD"})
    for name, formula in wanted.items():
        rule = {"type": "formula", "criteria": formula, "format": missing}
        sheet.conditional_format(FIRST, at[name], last - 1, at[name], rule)


def _notes(sheet: Any, styles: Styles, notes: Sequence[tuple[str, str]]) -> None:
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 90)
    for at, (label, text) in enumerate(notes):
        sheet.write_string(at, 0, label, styles.label)
        sheet.write_string(at, 1, text, styles.text)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
