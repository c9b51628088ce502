"""What all sheets of the ranking workbook share: formats, print set-up, head and foot, the widths of Chinese text."""

import re
from collections.abc import Sequence
from datetime import datetime, time
from io import BytesIO
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from schemas.text_table import IN_SHEETS, width_of
from scorecards.edition import Edition
from scorecards.lights import LIGHTS
from scorecards.numbers import plain

HEAD = "#8B1A1A"
LINE = "#BFC7CF"
FONT = "等线"  # named, not supplied: Excel and WPS have it and fall back without loss


def new_book(stream: BytesIO, edition: Edition, title: str) -> Workbook:
    """Return an empty workbook: no text becomes a formula, link or number, and its date is the edition's."""
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }  # fmt: skip
    book = Workbook(stream, options)
    made = datetime.combine(edition.day, time())
    book.set_properties({"title": title, "comments": f"run {edition.run_id}", "created": made})
    return book


class Styles:
    """Formats by name, made once per workbook."""

    def __init__(self, book: Workbook, edition: Edition) -> None:
        """Make the formats; the number formats follow the plan's decimals and lights."""
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}
        self.total = "0" + ("." + "0" * edition.places if edition.places else "")
        lights = edition.plan.file.lights
        # Two conditions are all a number format has; the shape goes with the number, also in print.
        shapes = [LIGHTS[c].shape for c in ("green", "yellow", "red")]
        at = ">=" if lights.green > lights.yellow else "<="
        self.lit = f'[{at}{lights.green}]"{shapes[0]} "0.0;[{at}{lights.yellow}]"{shapes[1]} "0.0;"{shapes[2]} "0.0'
        self.change = f'"↑"0;"↓"0;"{edition.word("same")}"'

    def get(self, **properties: Any) -> Format:
        """Return a format of a body cell with these properties besides the common ones."""
        common = {"font_name": FONT, "font_size": 10, "valign": "vcenter", "border": 1, "border_color": LINE}
        merged = {**common, **properties}
        key = tuple(sorted(merged.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(merged)
        return self._made[key]

    def plain(self, **properties: Any) -> Format:
        """Return a format without borders, for titles and remarks."""
        return self.get(border=0, **properties)

    @property
    def head(self) -> Format:
        """Return the format of column headings."""
        return self.get(bold=True, font_color="#FFFFFF", bg_color=HEAD, align="center", text_wrap=True)

    @property
    def text(self) -> Format:
        """Return the format of wrapped text."""
        return self.get(text_wrap=True)

    @property
    def centre(self) -> Format:
        """Return the format of short centred text."""
        return self.get(align="center", text_wrap=True)

    def score(self, light: str) -> Format:
        """Return the format of a score: the number with its light's shape, on its light's colour."""
        return self.get(align="center", num_format=self.lit, bg_color=LIGHTS[light].fill)

    def light(self, code: str) -> Format:
        """Return the format of a cell that shows a light in words."""
        light = LIGHTS[code]
        return self.get(align="center", bg_color=light.fill, font_color=light.ink, text_wrap=True)


def sheet_name(title: str, taken: set[str]) -> str:
    """Return a name that Excel accepts: 31 characters at most, no brackets, colon, star, question mark or slash."""
    clean = re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:31] or "-"
    name, number = clean, 2
    while name.lower() in taken:
        name, number = f"{clean[:27]} {number}", number + 1
    taken.add(name.lower())
    return name


def set_up_page(sheet: Worksheet, edition: Edition, *, fit: bool = True) -> None:
    """Set A4 landscape with margins and a foot with run, audit chain head and page number."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
    if fit:
        sheet.fit_to_pages(1, 0)
    sheet.center_horizontally()
    foot = f"&L&8{edition.word('run')} {edition.run_id}  {edition.word('audit')} {edition.audit_head}&R&8&P / &N"
    sheet.set_footer(foot[:255])
    sheet.hide_gridlines(2)


def write_title(sheet: Worksheet, edition: Edition, styles: Styles, title: str) -> int:
    """Write the sheet's title and subtitle; return the next free row."""
    sheet.write_string(0, 0, title, styles.plain(bold=True, font_size=16, font_color=HEAD))
    said = [edition.title, edition.period_title, edition.dated, f"{edition.word('run')} {edition.run_id}"]
    sheet.write_string(1, 0, "　".join(s for s in said if s), styles.plain(font_color="#5B6670"))
    sheet.set_row(0, 26)
    return 3


def legend(edition: Edition) -> str:
    """Return the meaning of the lights with their bounds."""
    lights, lang = edition.plan.file.lights, edition.lang
    green, yellow = plain(lights.green), plain(lights.yellow)
    bounds = {"green": f"≥{green}", "yellow": f"{yellow}–{green}", "red": f"<{yellow}"}
    if lights.green < lights.yellow:  # the lowest is best
        bounds = {"green": f"≤{green}", "yellow": f"{green}–{yellow}", "red": f">{yellow}"}
    return "　".join(f"{light.text(lang)} {bounds.get(code, '')}".strip() for code, light in LIGHTS.items())


def height_for(texts: Sequence[tuple[str, float]], line: float = 14.0) -> float:
    """Return the row height that shows each text whole in its column's width."""
    lines = max((-(-width_of(text, IN_SHEETS) // max(1, int(width) - 1)) for text, width in texts), default=1)
    return max(18.0, line * max(1, lines) + 4)
