"""Writes one unit's workbook with XlsxWriter: instructions, form, hidden facts."""

import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from intake.calendar import due_day
from intake.form import (
    BOTTOM_FIELDS,
    COLUMNS,
    ENTRIES,
    FIRST_ROW,
    FORM_SHEET,
    GUIDE_SHEET,
    HEAD_ROW,
    META_SHEET,
    POSITION,
    PROBLEM_SHEET,
    ROLE_WORDS,
    TEMPLATE_VERSION,
    TOP_FIELDS,
    TOP_ROW,
    YES_NO,
    Answers,
    Column,
    FormRow,
    meta_digest,
)  # fmt: skip
from intake.guide_sheet import write_guide
from intake.input_rules import mark_blanks, offer_yes_no, write_input_rules
from intake.problem_sheet import write_problems
from intake.report import Row, cell_name
from intake.score_columns import write_scores
from intake.styles import Styles, new_book

if TYPE_CHECKING:
    from intake.template import Forms

Marks = Mapping[tuple[str, str, str], tuple[str, str]]


class FormWriter:
    """One workbook in the making. ``marks``: by indicator, part and column, severity and text of a problem."""

    def __init__(
        self, forms: "Forms", unit_code: str, answers: Answers, marks: Marks, filled: Mapping[str, Any]
    ) -> None:
        self.forms, self.unit_code, self.answers, self.marks, self.filled = forms, unit_code, answers, marks, filled
        self.lang = forms.lang
        self.problems: Sequence[Row] = filled.get("problems", ())
        self.rows = forms.rows(unit_code)
        self.estimates = forms.estimates_of(unit_code)
        self.buffer = io.BytesIO()
        self.book = new_book(self.buffer, title=self.title)
        self.styles = Styles(self.book)

    @property
    def title(self) -> str:
        """Return the title of the form."""
        plan, period = self.forms.plan.file.title.get(self.lang), self.forms.period.title(self.lang)
        return f"{plan} {period}填报表" if self.lang == "zh" else f"{plan}: form for {period}"

    def write(self) -> bytes:
        """Write all sheets and return the file."""
        write_guide(self.book.add_worksheet(GUIDE_SHEET[self.lang]), self.styles, self.title, self.lang)
        form = self.book.add_worksheet(FORM_SHEET[self.lang])
        form.activate()
        self._top(form)
        self._headings(form)
        for row in self.rows:
            self._row(form, FIRST_ROW + row.number - 1, row)
        nil = self.filled.get("nil") is True
        write_scores(form, self.styles, self.forms, self.unit_code, self.rows, self.answers, self.estimates, nil=nil)
        self._bottom(form, FIRST_ROW + len(self.rows) + 1)
        self._finish(form)
        if self.problems:
            self._problems(self.book.add_worksheet(PROBLEM_SHEET[self.lang]))
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
            "en": "Fill the yellow cells only. Blank is not 0: write 0 for zero, 'nil' in the note for nothing at all.",
        }
        form.merge_range(TOP_ROW + 1, 0, TOP_ROW + 1, last, legend[self.lang], self.styles.legend)

    def _headings(self, form: Any) -> None:
        other = "en" if self.lang == "zh" else "zh"
        widths = [_column_width(column, self.lang) for column in COLUMNS]
        lines = [_width(c.heading(self.lang)) / (width - 1) for c, width in zip(COLUMNS, widths, strict=True)]
        form.set_row(HEAD_ROW, max(32.0, 4 + 14.0 * math.ceil(max(lines))))
        for n, column in enumerate(COLUMNS):
            form.set_column(n, n, widths[n])
            form.write_string(HEAD_ROW, n, column.heading(self.lang), self.styles.head)
            comment = f"{column.heading(other)}\n{column.hint(self.lang)}\n{column.hint(other)}"
            form.write_comment(HEAD_ROW, n, comment, {"author": "Kaohe"})

    def _row(self, form: Any, at: int, row: FormRow) -> None:
        plan, styles = self.forms.plan, self.styles
        role = ROLE_WORDS[row.role][self.lang != "zh"] if row.role else ""
        known = (
            plan.title(row.indicator.parent, self.lang),
            row.indicator.code,
            row.title(self.lang),
            row.part,
            row.shown_measure(self.lang),
            role,
        )
        form.set_row(at, max(_height(known), self._words_height(row)))
        form.write_number(at, 0, row.number, styles.fixed)
        for n, text in enumerate(known, 1):
            form.write_string(at, n, text, styles.fixed)
        target = self.forms.due_targets.get((self.unit_code, row.indicator.code))
        self._put(form, at, POSITION["target_due"], None if row.part else target, styles.fixed)
        self._put(form, at, POSITION["previous"], self._previous(row), styles.fixed)
        answer = self.answers.get(row.key, {})
        for name in ENTRIES:
            self._entry(form, at, row, name, answer.get(name))

    def _words_height(self, row: FormRow) -> float:
        """Return the height that the words need which stand for a score or a cost, in the indicator's first row."""
        estimate = self.estimates.get(row.indicator.code)
        if estimate is None or (row.number > 1 and self.rows[row.number - 2].indicator is row.indicator):
            return 0.0
        return max(_small_height(words[self.lang != "zh"]) for words in (estimate.why, estimate.blank_word))

    def _previous(self, row: FormRow) -> Any:
        last = self.forms.last_values.get((self.unit_code, *row.key))
        if last is None:
            return None
        if row.kind == "ratio":
            return f"{last['numerator']:g}/{last['denominator']:g}" if last["denominator"] else None
        return _shown(row, last["value"], self.lang)

    def _entry(self, form: Any, at: int, row: FormRow, name: str, value: Any) -> None:
        styles, column = self.styles, POSITION[name]
        closed = (name == "value" and row.kind == "ratio") or (
            name in ("numerator", "denominator") and row.kind != "ratio"
        )
        mark = self.marks.get((*row.key, name))
        style = styles.marked(mark[0]) if mark else styles.closed if closed else styles.entry(name, row)
        self._put(form, at, column, _shown(row, value, self.lang) if name == "value" else value, style)
        if mark:
            form.write_comment(
                at, column, mark[1], {"author": "Kaohe", "x_scale": 2, "y_scale": 1.5, "color": "#FFF2CC"}
            )

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
                offer_yes_no(form, at + n, 3, self.lang)
            end = 14 if item.name == "explanation" else 4
            form.merge_range(at + n, 3, at + n, end, "" if value is None else str(value), self.styles.free)

    def _finish(self, form: Any) -> None:
        last = FIRST_ROW + len(self.rows) - 1
        if self.rows:
            write_input_rules(form, self.rows, FIRST_ROW, self.lang)
            mark_blanks(form, self.styles, self.rows, FIRST_ROW)
        form.freeze_panes(HEAD_ROW + 1, POSITION["part"])
        form.set_landscape()
        form.set_paper(9)
        form.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        form.center_horizontally()
        form.fit_to_pages(1, 0)
        form.repeat_rows(HEAD_ROW)
        form.print_area(0, 0, last + 2 + len(BOTTOM_FIELDS), len(COLUMNS) - 1)
        form.set_footer("&C&P / &N")
        form.protect("", {"format_columns": True, "format_rows": True, "select_locked_cells": True})

    def _problems(self, sheet: Any) -> None:
        name = FORM_SHEET[self.lang]
        places = {
            (*row.key, column): f"'{name}'!{cell_name(FIRST_ROW + row.number - 1, POSITION[column])}"
            for row in self.rows
            for column in POSITION
        }
        write_problems(sheet, self.styles, self.problems, places, self.title, self.lang)

    def _meta(self, sheet: Any) -> None:
        plan = self.forms.plan
        facts = {
            "kaohe": "unit_form", "template_version": TEMPLATE_VERSION, "plan_code": plan.file.plan,
            "plan_version": plan.file.version, "plan_hash": plan.hash, "unit_code": self.unit_code,
            "period": str(self.forms.period), "lang": self.lang, "rows": str(len(self.rows)),
        }  # fmt: skip
        facts["digest"] = meta_digest(facts.items())
        for n, (name, value) in enumerate(facts.items()):
            sheet.write_string(n, 0, name)
            sheet.write_string(n, 1, value)
        sheet.protect()
        sheet.very_hidden()


def _column_width(column: Column, lang: str) -> float:
    """Return the column's width; in English wide enough for the longest word of its heading, in bold."""
    if lang == "zh":
        return column.width
    return max(column.width, 1.5 + 1.15 * max(map(len, re.split(r"[ -]", column.heading(lang)))))


def _height(known: Sequence[str]) -> float:
    """Return a row's height from the longest of its known texts, which start at the second column and wrap."""
    widths = [_width(text) / (COLUMNS[n].width - 1) for n, text in enumerate(known, 1)]
    return 4 + 13.0 * max(1, math.ceil(max(widths)))


def _small_height(word: str) -> float:
    """Return the height of a word in the small print of the narrow columns at the end, where it wraps."""
    return 4 + 11.0 * math.ceil(_width(word) / 9)


def _width(text: str) -> int:
    """Return how many letters wide a text is; a Chinese character counts two."""
    return sum(1 + (ord(c) > 0x2E7F) for c in text)


def _shown(row: FormRow, value: Any, lang: str) -> Any:
    """Return a value as the form shows it: 是 and 否 for 1 and 0 where that is the answer."""
    if row.kind == "yes_no" and isinstance(value, int | float) and value in (0, 1):
        return YES_NO[lang][0 if value else 1]
    return value
