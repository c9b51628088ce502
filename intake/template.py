"""The unit workbook, written from the plan: blank, or already filled (for examples, for answers)."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import polars as pl

from intake.calendar import due_day
from intake.form import (
    BOTTOM_FIELDS, COLUMNS, FIRST_ROW, FORM_SHEET, GUIDE_SHEET, HEAD_ROW, META_SHEET, POSITION, ROLE_WORDS,
    TEMPLATE_VERSION, TOP_FIELDS, TOP_ROW, Answers, FormRow, answers_from, form_rows,
)  # fmt: skip
from intake.guide_sheet import write_guide
from intake.styles import Styles
from schemas.asked import asked
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period, parse_period

CREATED = datetime(2023, 1, 1)
Marks = Mapping[tuple[str, str, str], tuple[str, str]]


@dataclass(frozen=True)
class Forms:
    """All forms of one plan and period; what every unit's form shares is worked out once.

    ``previous`` has the columns of the measurements; the newest period before this one is shown. ``targets_due`` has
    unit_code, indicator_code and target.
    """

    plan: Plan
    period: Period
    previous: pl.DataFrame | None = None
    targets_due: pl.DataFrame | None = None
    lang: str = "zh"
    _cache: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def cells(self) -> dict[str, list[tuple[str, str | None]]]:
        """Return the asked indicators with their roles, by unit."""
        by_unit: dict[str, list[tuple[str, str | None]]] = {}
        for unit, code, role in asked(self.plan, self.period).select("unit_code", "indicator_code", "role").iter_rows():
            by_unit.setdefault(unit, []).append((code, role))
        return by_unit

    @cached_property
    def names(self) -> dict[str, str]:
        """Return the units' names by code."""
        return dict(self.plan.units.select("unit_code", "name").iter_rows())

    @cached_property
    def last_values(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        """Return the newest earlier answer by unit, indicator and part."""
        if self.previous is None:
            return {}
        rows = [r for r in self.previous.iter_rows(named=True) if parse_period(r["period"]) < self.period]
        rows.sort(key=lambda r: parse_period(r["period"]))
        return {(r["unit_code"], r["indicator_code"], r["part"] or ""): r for r in rows}

    @cached_property
    def due_targets(self) -> dict[tuple[str, str], float]:
        """Return the target due by unit and indicator."""
        if self.targets_due is None:
            return {}
        rows = self.targets_due.select("unit_code", "indicator_code", "target").iter_rows()
        return {(unit, code): target for unit, code, target in rows}

    def rows(self, unit_code: str) -> list[FormRow]:
        """Return the rows of one unit's form."""
        return form_rows(self.plan, self.cells.get(unit_code, []))

    def workbook(self, unit_code: str, answers: Answers | pl.DataFrame | None = None, **filled: Any) -> bytes:
        """Return one unit's workbook; ``filled`` are the fields below the rows, and ``marks``."""
        if unit_code not in self.names:
            raise UserError(
                f"考核方案没有单位“{unit_code}”。请检查单位代码。", f"The plan has no unit '{unit_code}'. Check the code."
            )
        given = answers_from(answers, unit_code) if isinstance(answers, pl.DataFrame) else answers or {}
        return _Writer(self, unit_code, given, filled.pop("marks", {}), filled).bytes()


def unit_workbook(
    plan: Plan,
    period: Period,
    unit_code: str,
    *,
    previous: pl.DataFrame | None = None,
    targets_due: pl.DataFrame | None = None,
    lang: str = "zh",
    answers: Answers | pl.DataFrame | None = None,
    **filled: Any,
) -> bytes:
    """Return the workbook of one unit and period.

    ``answers`` fills it: by (indicator_code, part) a mapping of value, numerator, denominator, self_score, evidence,
    note; or a frame with those columns. ``filled``: nil, explanation, reporter, responsible, phone.
    """
    return Forms(plan, period, previous, targets_due, lang).workbook(unit_code, answers, **filled)


def unit_workbooks(
    plan: Plan,
    period: Period,
    *,
    previous: pl.DataFrame | None = None,
    targets_due: pl.DataFrame | None = None,
    lang: str = "zh",
) -> Iterator[tuple[str, bytes]]:
    """Yield unit code and workbook of every unit that is asked anything, in the order of the codes."""
    forms = Forms(plan, period, previous, targets_due, lang)
    for unit_code in sorted(forms.cells):
        yield unit_code, forms.workbook(unit_code)


class _Writer:
    """Writes one workbook."""

    def __init__(self, forms: Forms, unit_code: str, answers: Answers, marks: Marks, filled: Mapping[str, Any]) -> None:
        import xlsxwriter

        self.forms, self.unit_code, self.answers, self.marks, self.filled = forms, unit_code, answers, marks, filled
        self.lang = forms.lang
        self.rows = forms.rows(unit_code)
        self.buffer = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.book = xlsxwriter.Workbook(self.buffer, options)
        self.book.set_properties({"created": CREATED, "title": self.title, "author": "Kaohe"})
        self.styles = Styles(self.book)

    @property
    def title(self) -> str:
        plan, period = self.forms.plan.file.title.get(self.lang), self.forms.period.title(self.lang)
        return f"{plan} {period}填报表" if self.lang == "zh" else f"{plan}: form for {period}"

    def bytes(self) -> bytes:
        write_guide(self.book.add_worksheet(GUIDE_SHEET[self.lang]), self.styles, self.title, self.lang)
        form = self.book.add_worksheet(FORM_SHEET[self.lang])
        form.activate()
        self._top(form)
        self._headings(form)
        for row in self.rows:
            self._row(form, FIRST_ROW + row.number - 1, row)
        self._bottom(form, FIRST_ROW + len(self.rows) + 1)
        self._finish(form)
        self._meta(self.book.add_worksheet(META_SHEET))
        self.book.close()
        return self.buffer.getvalue()

    def _top(self, form: Any) -> None:
        last = len(COLUMNS) - 1
        form.merge_range(0, 0, 0, last, self.title, self.styles.title)
        form.set_row(0, 30)
        due = due_day(self.forms.plan, self.forms.period)
        values = {
            "unit_name": self.forms.names[self.unit_code],
            "unit_code": self.unit_code,
            "period": str(self.forms.period),
            "due": due.isoformat() if due else "",
        }
        for item, (label, first, end) in zip(TOP_FIELDS, ((1, 2, 3), (4, 5, 6), (8, 9, 10), (12, 13, 13)), strict=True):
            form.write_string(TOP_ROW, label, item.label(self.lang), self.styles.label)
            if end > first:
                form.merge_range(TOP_ROW, first, TOP_ROW, end, values[item.name], self.styles.text)
            else:
                form.write_string(TOP_ROW, first, values[item.name], self.styles.text)
        legend = {
            "zh": "只填黄色单元格。空白不等于0:确为0请填0,确无发生请在备注写“零报告”。",
            "en": "Fill the yellow cells only. Blank is not 0: write 0 for zero, 'nil' in the note where there was nothing.",
        }
        form.merge_range(TOP_ROW + 1, 0, TOP_ROW + 1, last, legend[self.lang], self.styles.legend)

    def _headings(self, form: Any) -> None:
        other = "en" if self.lang == "zh" else "zh"
        form.set_row(HEAD_ROW, 32)
        for n, column in enumerate(COLUMNS):
            form.set_column(n, n, column.width)
            form.write_string(HEAD_ROW, n, column.heading(self.lang), self.styles.head)
            comment = f"{column.heading(other)}\n{column.hint(self.lang)}\n{column.hint(other)}"
            form.write_comment(HEAD_ROW, n, comment, {"author": "Kaohe"})

    def _row(self, form: Any, at: int, row: FormRow) -> None:
        plan, styles = self.forms.plan, self.styles
        role = ROLE_WORDS[row.role][self.lang != "zh"] if row.role else ""
        known = (plan.title(row.indicator.parent, self.lang), row.indicator.code, row.title(self.lang), row.part, row.measure, role)
        form.write_number(at, 0, row.number, styles.fixed)
        for n, text in enumerate(known, 1):
            form.write_string(at, n, text, styles.fixed)
        target = self.forms.due_targets.get((self.unit_code, row.indicator.code))
        self._put(form, at, POSITION["target_due"], None if row.part else target, styles.fixed)
        self._put(form, at, POSITION["previous"], self._previous(row), styles.fixed)
        answer = self.answers.get(row.key, {})
        for name in ("value", "numerator", "denominator", "self_score", "evidence", "note"):
            self._entry(form, at, row, name, answer.get(name))

    def _previous(self, row: FormRow) -> Any:
        last = self.forms.last_values.get((self.unit_code, *row.key))
        if last is None:
            return None
        if row.kind == "ratio":
            return f"{last['numerator']:g}/{last['denominator']:g}" if last["denominator"] else None
        return _shown(row, last["value"])

    def _entry(self, form: Any, at: int, row: FormRow, name: str, value: Any) -> None:
        styles, column = self.styles, POSITION[name]
        closed = (name == "value" and row.kind == "ratio") or (name in ("numerator", "denominator") and row.kind != "ratio")
        mark = self.marks.get((*row.key, name))
        style = styles.marked(mark[0]) if mark else styles.closed if closed else styles.entry(name, row)
        self._put(form, at, column, _shown(row, value) if name == "value" else value, style)
        if mark:
            form.write_comment(at, column, mark[1], {"author": "Kaohe", "x_scale": 2, "y_scale": 1.5, "color": "#FFF2CC"})
        if not closed:
            styles.validate(form, at, column, name, row, self.lang)

    @staticmethod
    def _put(form: Any, at: int, column: int, value: Any, style: Any) -> None:
        if value is None or value == "":
            form.write_blank(at, column, None, style)
        elif isinstance(value, bool | str):
            form.write_string(at, column, str(value), style)
        else:
            form.write_number(at, column, value, style)

    def _bottom(self, form: Any, at: int) -> None:
        for n, item in enumerate(BOTTOM_FIELDS):
            form.merge_range(at + n, 0, at + n, 2, item.label(self.lang), self.styles.label)
            value = self.filled.get(item.name)
            if item.name == "nil":
                value = ("是" if self.lang == "zh" else "yes") if value is True else value or None
                self.styles.yes_no(form, at + n, 3, self.lang)
            end = 14 if item.name == "explanation" else 4
            form.merge_range(at + n, 3, at + n, end, "" if value is None else str(value), self.styles.free)

    def _finish(self, form: Any) -> None:
        last = FIRST_ROW + len(self.rows) - 1
        if self.rows:
            self.styles.conditions(form, self.rows, FIRST_ROW)
        form.freeze_panes(HEAD_ROW + 1, POSITION["part"])
        form.set_landscape()
        form.set_paper(9)
        form.fit_to_pages(1, 0)
        form.repeat_rows(HEAD_ROW)
        form.print_area(0, 0, last + 2 + len(BOTTOM_FIELDS), len(COLUMNS) - 1)
        form.set_footer("&C&P / &N")
        form.protect("", {"format_columns": True, "format_rows": True, "select_locked_cells": True})

    def _meta(self, sheet: Any) -> None:
        plan = self.forms.plan
        facts = {
            "kaohe": "unit_form", "template_version": TEMPLATE_VERSION, "plan_code": plan.file.plan,
            "plan_version": plan.file.version, "plan_hash": plan.hash, "unit_code": self.unit_code,
            "period": str(self.forms.period), "lang": self.lang, "rows": str(len(self.rows)),
        }  # fmt: skip
        for n, (name, text) in enumerate(facts.items()):
            sheet.write_string(n, 0, name)
            sheet.write_string(n, 1, text)
        for n, row in enumerate(self.rows, len(facts)):
            sheet.write_string(n, 0, "row")
            sheet.write_number(n, 1, FIRST_ROW + row.number)
            sheet.write_string(n, 2, row.indicator.code)
            sheet.write_string(n, 3, row.part)
        sheet.protect()
        sheet.very_hidden()


def _shown(row: FormRow, value: Any) -> Any:
    """Return a value as the form shows it: 是 and 否 for 1 and 0 where that is the answer."""
    if row.kind == "yes_no" and isinstance(value, int | float) and value in (0, 1):
        return "是" if value else "否"
    return value
