"""What reading one file yields: reports (one per unit and period), each with its cells, problems and persons."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from intake.catalogue import CATALOGUE, severity
from intake.form import COLUMN, Column
from intake.guards import column_letters
from schemas.errors import UserError
from schemas.folder import Plan

Row = dict[str, Any]
CELL_FIELDS = (
    "indicator_code", "part", "value", "numerator", "denominator", "status", "self_score", "evidence", "note", "sheet",
    "cell", "raw", "denominator_cell", "evidence_cell",
)  # fmt: skip
"""What every cell of a report holds."""


def cell_name(row: int, column: int) -> str:
    """Return ``G12`` for row 11, column 6, both counted from 0."""
    return f"{column_letters(column)}{row + 1}"


class Places(Mapping[str, str]):
    """The cells of one row by the name of the column, worked out when asked for."""

    def __init__(self, row: int, columns: Mapping[str, int]) -> None:
        """``row`` and ``columns`` are counted from 0."""
        self._row, self._columns = row, columns

    def __getitem__(self, name: str) -> str:
        """Return the cell of a column."""
        return f"{column_letters(self._columns[name])}{self._row + 1}"

    def get(self, name: str, default: Any = None) -> Any:
        """Return the cell of a column, or the default where there is no such column."""
        return self[name] if name in self._columns else default

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the columns."""
        return iter(self._columns)

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self._columns)


@dataclass
class Report:
    """One unit's report for one period, as read from one file; unit and period are None where unknown."""

    plan: Plan
    unit_code: str | None = None
    period: str | None = None
    nil: bool = False
    explanation: str | None = None
    cells: list[Row] = field(default_factory=list)
    problems: list[Row] = field(default_factory=list)
    persons: list[Row] = field(default_factory=list)

    def problem(
        self,
        code: str,
        value: Any = None,
        expected: Any = None,
        *,
        at: Row | None = None,
        sheet: str | None = None,
        cell: str | None = None,
        field: str | None = None,
        column: Column | None = None,
    ) -> None:
        """Note a problem. ``at``: the row of cells that it concerns; ``field``: the form's column, or ``column``."""
        row = make_problem(self.plan, code, value, expected, at=at, sheet=sheet, cell=cell, field=field, column=column)
        if row is not None:
            self.problems.append(row)


def make_problem(
    plan: Plan,
    code: str,
    value: Any = None,
    expected: Any = None,
    *,
    at: Row | None = None,
    sheet: str | None = None,
    cell: str | None = None,
    field: str | None = None,
    column: Column | None = None,
) -> Row | None:
    """Return a problem with its wordings; None where the plan has switched the check off.

    ``expected``: what should stand there, or that in Chinese and English.
    """
    level = severity(plan, code)
    if level == "off":
        return None
    check, at = CATALOGUE[code], at or {}
    found, heading = _text(value), (column or COLUMN[field or "value"]).heading
    should, should_en = map(_text, expected if isinstance(expected, tuple) else (expected, expected))
    zh = check.zh.format(value=found, expected=should, column=heading("zh"), title=title_of(plan, at, "zh"))
    en = check.en.format(value=found, expected=should_en, column=heading("en"), title=title_of(plan, at, "en"))
    return {
        "code": code, "severity": level, "layer": check.layer, "sheet": sheet or at.get("sheet"),
        "cell": cell or at.get("cell"), "indicator_code": at.get("indicator_code"), "part": at.get("part"),
        "field": column.name if column else field, "value": found or None, "expected": should or None,
        "message_zh": zh, "message_en": en.strip(),
    }  # fmt: skip


def listed(words: Iterable[str]) -> tuple[str, str]:
    """Return words one after another as Chinese and English sentences list them."""
    several = list(words)
    return "、".join(several), ", ".join(several)


def _text(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def title_of(plan: Plan, at: Row, lang: str) -> str:
    """Return the indicator's title with its part, for a message."""
    leaf = plan.leaves.get(at.get("indicator_code") or "")
    title = leaf.title.get(lang) if leaf else str(at.get("indicator_code") or "")
    return f"{title}·{at['part']}" if at.get("part") else title


def problem_line(file_name: str, problem: Row, lang: str = "zh") -> str:
    """Return ``file,sheet,cell:sentence(code)``, the form in which people are told."""
    comma, colon = (",", ":") if lang == "zh" else (", ", ": ")
    place = comma.join(x for x in (file_name, problem["sheet"], problem["cell"]) if x)
    if lang == "zh":
        return f"{place}{colon}{problem['message_zh']}({problem['code']})"
    return f"{place}{colon}{problem['message_en']} ({problem['code']})"


def remarks_of(file_name: str, problems: Sequence[Row], lang: str) -> tuple[str, ...]:
    """Return the problems of a workbook that is taken whole or not at all as sentences.

    Raises:
        UserError: one of them is an error; it says all of them.
    """
    zh, en = ([problem_line(file_name, row, each) for row in problems] for each in ("zh", "en"))
    if any(row["severity"] == "error" for row in problems):
        raise UserError("\n".join(zh), "\n".join(en))
    return tuple(zh if lang == "zh" else en)
