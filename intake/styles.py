"""The workbooks that units and the office fill: how they are made, and their cell formats."""

from datetime import datetime
from functools import cached_property
from io import BytesIO
from typing import Any

from intake.form import FormRow

_EDGE = {
    "border": 1,
    "border_color": "#BFBFBF",
    "valign": "vcenter",
    "text_wrap": True,
    "font_name": "宋体",
    "font_size": 10,
}
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
    def blank(self) -> Any:
        """Return what marks an input as long as it is blank."""
        return self.book.add_format({"bg_color": "#FFF2CC"})

    @cached_property
    def link(self) -> Any:
        """Return the format of a link to a cell."""
        return self._format("link", font_color="#0563C1", underline=1)
