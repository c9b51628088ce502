"""Find the row of headings in a sheet and which column is which, also where they were moved or renamed by alias."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

from intake.form import COLUMNS, FIELD, TOP_FIELDS, Column
from intake.numbers import key_text, raw_text, read_number
from intake.report import Report, cell_name

SEARCHED_ROWS = 40
FEWEST = 3
"""Columns that a form or table has at least."""
Rows = Sequence[Sequence[Any]]

LONG_COLUMNS: tuple[Column, ...] = (
    Column("unit_code", "单位代码", "unit_code", 0, aliases=("单位", "单位名称", "unit", "填报单位")),
    Column("period", "考核周期", "period", 0, aliases=("周期", "季度")),
    Column("status", "状态", "status", 0),
)

_SHOWN_ONLY = frozenset(("role", "target_due", "previous", "points", "provisional", "cost"))
"""What the form shows and nobody fills in: not read back."""
ALL_COLUMNS = (*COLUMNS, *LONG_COLUMNS)


@dataclass(frozen=True)
class Headings:
    """The row of headings (from 0), the column of each name, and the headings that were not understood.

    ``again``: those of them that would mean a column that there is already, with its name.
    """

    row: int
    columns: Mapping[str, int]
    renamed: Mapping[str, str]
    unknown: Mapping[int, str]
    again: Mapping[int, str] = field(default_factory=dict)

    def texts(self, row: Sequence[Any]) -> dict[str, Any]:
        """Return the cells that are read of a row, by the names of their columns; a row may end early."""
        if len(row) > self.last:
            return {name: row[at] for name, at in self._read}
        return {name: row[at] if at < len(row) else None for name, at in self._read}

    @cached_property
    def _read(self) -> list[tuple[str, int]]:
        return [(name, at) for name, at in self.columns.items() if name not in _SHOWN_ONLY]

    @cached_property
    def last(self) -> int:
        """Return the last column that has a name."""
        return max(self.columns.values(), default=0)


def names_of(columns: Sequence[Column]) -> dict[str, tuple[str, bool]]:
    """Return column name and whether the word is only an alias, by key."""
    found: dict[str, tuple[str, bool]] = {}
    for column in columns:
        for alias in column.aliases:
            found.setdefault(key_text(alias), (column.name, True))
    for column in columns:
        for word in (column.zh, column.en, column.name):
            found[key_text(word)] = (column.name, False)
    return found


_FORM_NAMES = names_of(COLUMNS)
_LONG_NAMES = names_of((*COLUMNS, *LONG_COLUMNS))


def find_headings(rows: Rows, *, long: bool = False) -> Headings | None:
    """Return the headings of a form, or (``long``) of a table with a unit column; None where there are none."""
    names = _LONG_NAMES if long else _FORM_NAMES
    needed = {"indicator_code", "unit_code"} if long else set()
    for n, row in enumerate(rows[:SEARCHED_ROWS]):
        if not _may_be_headings(row):
            continue
        found = _with_unit_name(match_headings(n, row, names)) if long else match_headings(n, row, names)
        has_values = ({"value", "numerator"} if long else {"value"}) & set(found.columns)
        has_rows = {"indicator_code", "title"} & set(found.columns)
        if has_values and has_rows and needed <= set(found.columns) and len(found.columns) >= FEWEST:
            return found
        if long:  # a title may stand above a table; a form, whose fields stand above it, is none
            return None
    return None


def _with_unit_name(found: Headings) -> Headings:
    """Take the second column that names the unit as its name, to be compared with its code."""
    second = next((at for at, name in found.again.items() if name == "unit_code"), None)
    if second is None:
        return found
    unknown = {at: text for at, text in found.unknown.items() if at != second}
    return replace(found, columns={**found.columns, "unit_name": second}, unknown=unknown)


def _may_be_headings(row: Sequence[Any]) -> bool:
    return sum(1 for value in row if value is not None) >= FEWEST


def missing_columns(rows: Rows) -> tuple[int, list[str]] | None:
    """Return row and absent columns of a form whose headings are there but for the value's or the indicator's."""
    for n, row in enumerate(rows[:SEARCHED_ROWS]):
        found = match_headings(n, row, _FORM_NAMES)
        if len(found.columns) >= 5:
            return n, [c.zh for c in COLUMNS if c.name in ("indicator_code", "value") and c.name not in found.columns]
    return None


def match_headings(n: int, row: Sequence[Any], names: Mapping[str, tuple[str, bool]]) -> Headings:
    """Return what a row would mean as headings; a heading's own word wins over another column's alias."""
    columns: dict[str, int] = {}
    renamed: dict[str, str] = {}
    unknown: dict[int, str] = {}
    again: dict[int, str] = {}
    ordered = sorted(enumerate(row), key=lambda c: names.get(key_text(c[1]), ("", True))[1])
    for at, value in ordered:
        text = raw_text(value)
        if not text:
            continue
        name, alias = names.get(key_text(text), ("", False))
        if not name or name in columns:
            unknown[at] = text
            if name:
                again[at] = name
            continue
        columns[name] = at
        if alias:
            renamed[text] = name
    return Headings(n, columns, renamed, unknown, again)


def note_headings(
    report: Report,
    found: Headings,
    rows: Rows,
    sheet: str | None,
    columns: Sequence[Column] = ALL_COLUMNS,
) -> None:
    """Note renamed and unknown headings; unknown ones only where something stands below them."""
    by_name = {c.name: c for c in columns}
    for text, name in found.renamed.items():
        place = cell_name(found.row, found.columns[name])
        report.problem("heading_renamed", text, (by_name[name].zh, by_name[name].en), sheet=sheet, cell=place)
    for at, text in found.unknown.items():
        below = [row for row in rows[found.row + 1 :] if at < len(row) and row[at] is not None]
        name, cell = found.again.get(at, ""), cell_name(found.row, at)
        if name in NUMBERS and any(_other_number(row, at, found.columns[name]) for row in below):
            report.problem("column_twice", text, (by_name[name].zh, by_name[name].en), sheet=sheet, cell=cell)
        elif below:
            report.problem("column_ignored", text, sheet=sheet, cell=cell)


NUMBERS = ("value", "numerator", "denominator")


def _other_number(row: Sequence[Any], at: int, column: int) -> bool:
    """Say whether a row has a number in one column that is not the one it has in the other."""
    number = read_number(row[at]).value
    return number is not None and number != (read_number(row[column]).value if column < len(row) else None)


def labelled(rows: Rows, names: Sequence[str], first: int, last: int) -> dict[str, tuple[Any, str]]:
    """Return value and cell of the labelled fields between two rows: the next filled cell right of each label."""
    keys = _label_keys(tuple(names))
    found: dict[str, tuple[Any, str]] = {}
    for n in range(first, min(last, len(rows))):
        row = rows[n]
        for at, value in enumerate(row):
            name = keys.get(key_text(value).rstrip(":"), "") if isinstance(value, str) else ""
            if not name or name in found:
                continue
            right = _right_of(row, at, keys)
            found[name] = (
                row[right] if right is not None else None,
                cell_name(n, right if right is not None else at + 1),
            )
    return found


@cache
def _label_keys(names: tuple[str, ...]) -> dict[str, str]:
    """Return the fields' names by the keys of their labels."""
    items = [FIELD[name] for name in names]
    return {key_text(word).rstrip(":"): item.name for item in items for word in (item.zh, item.en, *item.aliases)}


def _right_of(row: Sequence[Any], at: int, keys: Mapping[str, str]) -> int | None:
    for right in range(at + 1, len(row)):
        if row[right] is not None:
            return None if key_text(row[right]).rstrip(":") in keys else right
    return None


def note_shifted(report: Report, sheet: Mapping[str, Any], heading_row: int, n: int) -> bool:
    """Note a row of a text table that has more cells than there are headings: say whether it is one."""
    if sheet["name"]:
        return False
    rows = sheet["rows"]
    cells, heads = len(rows[n]), max(map(len, rows[: heading_row + 1]))  # headings may stand in two rows
    if cells <= heads:
        return False
    report.problem("row_shifted", cells, heads, cell=cell_name(n, 0))
    return True


TOP_NAMES = tuple(f.name for f in TOP_FIELDS)
