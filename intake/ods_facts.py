"""What the XML of an OpenDocument sheet says beside the values: which cells hold a formula or show a percentage.

Runs in a child process (``intake.child``); imports nothing heavy.
"""

import re
from html import unescape

from intake.guards import SheetFacts, column_letters

_TAG = re.compile(rb"<(table:table|table:table-row|table:table-cell|table:covered-table-cell)(\s[^<>]*)?>")
_REPEATED = re.compile(rb"table:number-(?:columns|rows)-repeated=[\"'](\d{1,7})[\"']")
_NAME = re.compile(rb"\stable:name=[\"']([^\"']*)[\"']")
_MOST = 1_000
"""A cell that holds something is repeated a few times; what is repeated to the sheet's end is blank."""


def ods_facts(content: bytes) -> dict[str, SheetFacts]:
    """Return by sheet the cells with a formula and those that show a percentage; declarations were refused before."""
    facts: dict[str, SheetFacts] = {}
    here = SheetFacts([], [])
    row, rows, column = 0, 0, 0
    for tag, given in _TAG.findall(content):
        times = int(found[1]) if (found := _REPEATED.search(given)) else 1
        if tag == b"table:table":
            name = _NAME.search(given)
            here = facts.setdefault(unescape(name[1].decode()) if name else "", SheetFacts([], []))
            row, rows = 0, 0
        elif tag == b"table:table-row":
            row, rows, column = row + rows, times, 0
        else:
            cells = [
                f"{column_letters(at)}{line + 1}"
                for line in range(row, row + min(rows, _MOST))
                for at in range(column, column + min(times, _MOST))
            ] if b"table:formula=" in given or b'"percentage"' in given else []  # fmt: skip
            if b"table:formula=" in given:
                here.formulas.extend(cells)
            if b'"percentage"' in given:
                here.percents.extend(cells)
            column += times
    return facts
