"""The workbooks that units and the office fill: how they are made; cell formats, input rules, conditional marks."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from io import BytesIO
from typing import Any

from intake.form import COLUMN, POSITION, FormRow

_EDGE = {
    "border": 1,
    "border_color": "#BFBFBF",
    "valign": "vcenter",
    "text_wrap": True,
    "font_name": "宋体",
    "font_size": 10,
}
_YES_NO = {"zh": ["是", "否"], "en": ["yes", "no"]}
MARK_COLOURS = {"error": "#F8CBAD", "warning": "#FFE699"}


CREATED = datetime(2023, 1, 1)
"""The date in every workbook: never the clock's, so that the same content is the same bytes."""


def new_book(stream: BytesIO, **facts: str) -> Any:
    """Return an empty workbook in which no text becomes a formula, a link or a number; ``facts``: its properties."""
    import xlsxwriter

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(stream, options)
    book.set_properties({"created": CREATED, "author": "Kaohe", **facts})
    return book


class Styles:
    """The formats of one workbook, made when first used."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self._made: dict[str, Any] = {}

    def _format(self, name: str, **properties: Any) -> Any:
        if name not in self._made:
            self._made[name] = self.book.add_format({**_EDGE, **properties})
        return self._made[name]

    @cached_property
    def title(self) -> Any:
        """Return the format of the title."""
        return self.book.add_format(
            {"bold": True, "font_size": 16, "font_name": "黑体", "align": "center", "valign": "vcenter"}
        )

    @cached_property
    def legend(self) -> Any:
        """Return the format of the line of advice."""
        return self.book.add_format({"font_size": 9, "font_name": "宋体", "font_color": "#7F6000", "valign": "vcenter"})

    @cached_property
    def head(self) -> Any:
        """Return the format of headings."""
        return self._format("head", bold=True, bg_color="#D9E1F2", align="center")

    @cached_property
    def label(self) -> Any:
        """Return the format of labels."""
        return self._format("label", bold=True, bg_color="#F2F2F2")

    @cached_property
    def text(self) -> Any:
        """Return the format of known facts above the rows."""
        return self._format("text")

    @cached_property
    def fixed(self) -> Any:
        """Return the format of cells that are not filled by the unit."""
        return self._format("fixed", bg_color="#F7F7F7")

    @cached_property
    def closed(self) -> Any:
        """Return the format of input columns that do not apply to a row."""
        return self._format("closed", bg_color="#D9D9D9")

    @cached_property
    def score(self) -> Any:
        """Return the format of scores and points."""
        return self._format("score", bg_color="#F7F7F7", num_format="0.0")

    @cached_property
    def score_word(self) -> Any:
        """Return the format of the word that stands where there is no score."""
        return self._format("score_word", bg_color="#F7F7F7", font_size=8, align="center")

    @cached_property
    def free(self) -> Any:
        """Return the format of free text inputs."""
        return self._format("free", bg_color="#FFFDE7", locked=False, num_format="@")

    def entry(self, name: str, row: FormRow) -> Any:
        """Return the format of one input cell."""
        if name in ("evidence", "note"):
            return self.free
        if name == "value" and row.kind == "yes_no":
            return self._format("yes_no", bg_color="#FFFDE7", locked=False, align="center")
        whole = row.indicator.whole
        return self._format(
            "whole" if whole else "number", bg_color="#FFFDE7", locked=False, num_format="#,##0" if whole else "General"
        )

    def marked(self, severity: str) -> Any:
        """Return the format of a cell with a problem."""
        return self._format(f"mark-{severity}", bg_color=MARK_COLOURS[severity], locked=False, bold=severity == "error")

    def plain_mark(self, severity: str) -> Any:
        """Return the colour of a severity in a list."""
        return self._format(f"plain-{severity}", bg_color=MARK_COLOURS[severity])

    @cached_property
    def link(self) -> Any:
        """Return the format of a link to a cell."""
        return self._format("link", font_color="#0563C1", underline=1)

    def yes_no(self, form: Any, at: int, column: int, lang: str) -> None:
        """Offer yes and no in a cell."""
        form.data_validation(at, column, at, column, {"validate": "list", "source": _YES_NO[lang]})

    def validate(self, form: Any, at: int, column: int, name: str, row: FormRow, lang: str) -> None:
        """Attach dropdown or number rule and the input hint to one cell."""
        if name in ("evidence", "note"):
            return
        rule: dict[str, Any] = {"ignore_blank": True, "input_message": COLUMN[name].hint(lang)[:250]}
        if name == "value" and row.kind == "yes_no":
            rule |= {"validate": "list", "source": _YES_NO[lang]}
        else:
            low, high = _bounds(name, row)
            rule |= {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high}
            rule["error_title"] = "请填数字" if lang == "zh" else "A number, please"
            zh, en = f"请填 {low:g} 到 {high:g} 之间的数字。", f"A number from {low:g} to {high:g}."
            rule["error_message"] = zh if lang == "zh" else en
        form.data_validation(at, column, at, column, rule)

    def conditions(self, form: Any, rows: Sequence[FormRow], first: int) -> None:
        """Colour blank inputs of the rows that still wait for an answer."""
        blank = self.book.add_format({"bg_color": "#FFF2CC"})
        ranges: dict[str, list[str]] = {}
        for row in rows:
            for name in ("numerator", "denominator") if row.kind == "ratio" else ("value",):
                letter = chr(ord("A") + POSITION[name])
                ranges.setdefault(letter, []).append(f"{letter}{first + row.number}")
        for letter, cells in ranges.items():
            area = f"{cells[0]}:{letter}{cells[-1][1:]}"
            options = {"type": "blanks", "format": blank}
            form.conditional_format(area, {**options, "multi_range": " ".join(cells)})


def _bounds(name: str, row: FormRow) -> tuple[float, float]:
    if name == "self_score":
        return 0, 100
    indicator = row.indicator
    if name == "value" and not row.part:
        low = indicator.minimum if indicator.minimum is not None else (-1e15 if may_be_negative(row) else 0)
        return low, indicator.maximum if indicator.maximum is not None else 1e15
    return 0, 1e15


SIGNED_METHODS = frozenset(
    {"growth", "goalposts", "log_goalposts", "logistic", "minmax", "zscore", "percentile", "rank_points",
     "share_of_best", "distance_to_target", "threshold_benchmark", "bands", "deciles"}
)  # fmt: skip


def may_be_negative(row: FormRow) -> bool:
    """Say whether a value below zero can be meant: never for flows and counts."""
    return row.indicator.accumulation != "flow" and row.indicator.method.kind in SIGNED_METHODS
