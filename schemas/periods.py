"""Periods: ``2023Q1``, ``2023H1``, ``2023M07``, ``2023``. Always an explicit argument, never taken from the clock."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from schemas.errors import UserError

_PATTERN = re.compile(r"^(1\d{3}|[2-8]\d{3})(?:(Q)([1-4])|(H)([12])|(M)(0[1-9]|1[0-2]))?$")
_MONTHS = {"Q": 3, "H": 6, "M": 1, "": 12}


@dataclass(frozen=True, order=True)
class Period:
    """A stretch of whole months inside one year.

    ``kind`` is ``Q``, ``H``, ``M`` or empty for the year; ``number`` counts from 1 within the year.
    Periods sort by year, then by their last month, then the longer one last.
    """

    year: int
    last_month: int
    months: int

    @property
    def kind(self) -> str:
        """Return ``Q``, ``H``, ``M`` or the empty string for a year."""
        return {v: k for k, v in _MONTHS.items()}[self.months]

    @property
    def number(self) -> int:
        """Return the period's number within its year, from 1."""
        return self.last_month // self.months

    @property
    def first_month(self) -> int:
        """Return the first month, 1 to 12."""
        return self.last_month - self.months + 1

    @property
    def first_day(self) -> date:
        """Return the first day of the period."""
        return date(self.year, self.first_month, 1)

    @property
    def last_day(self) -> date:
        """Return the last day of the period."""
        following = date(self.year + self.last_month // 12, self.last_month % 12 + 1, 1)
        return following - timedelta(days=1)

    def contains(self, other: "Period") -> bool:
        """Say whether ``other`` lies wholly inside this period."""
        return self.first_day <= other.first_day and other.last_day <= self.last_day

    def previous(self) -> "Period":
        """Return the period of the same length just before this one."""
        if self.number > 1:
            return Period(self.year, self.last_month - self.months, self.months)
        return Period(self.year - 1, 12, self.months)

    def last_year(self) -> "Period":
        """Return the same period one year earlier."""
        return Period(self.year - 1, self.last_month, self.months)

    def title(self, lang: str) -> str:
        """Return the name used in documents: ``2023年第一季度`` or ``Q1 2023``."""
        n = "一二三四"[self.number - 1] if self.kind == "Q" else ""
        zh = {"Q": f"第{n}季度", "H": "上半年" if self.number == 1 else "下半年", "M": f"{self.number}月", "": ""}
        if lang == "zh":
            return f"{self.year}年{zh[self.kind]}" + ("度" if not self.kind else "")
        return f"{self.kind}{self.number} {self.year}" if self.kind else f"{self.year}"

    def __str__(self) -> str:
        """Return the code, for example ``2023Q1``."""
        if not self.kind:
            return f"{self.year}"
        width = 2 if self.kind == "M" else 1
        return f"{self.year}{self.kind}{self.number:0{width}d}"


def parse_period(text: str) -> Period:
    """Read a period's code.

    Raises:
        UserError: with exit code 2 where the text is no period.
    """
    match = _PATTERN.match(text.strip())
    if not match:
        raise UserError(
            f"“{text}”不是考核周期。请写成 2023Q1(季度)、2023H1(半年)、2023M07(月)或 2023(年)。",
            f"'{text}' is not a period. Write 2023Q1 (quarter), 2023H1 (half-year), 2023M07 (month) or 2023 (year).",
            exit_code=2,
        )
    kind = match[2] or match[4] or match[6] or ""
    number = int(match[3] or match[5] or match[7] or 1)
    return Period(int(match[1]), number * _MONTHS[kind], _MONTHS[kind])


def positions_of_year(periods: Sequence[str], year: int) -> list[Period]:
    """Return the plan's periods of one year, in order; a schedule's shares belong to them one by one."""
    return sorted(p for p in map(parse_period, periods) if p.year == year)


def add_working_days(day: date, count: int, holidays: dict[date, str]) -> date:
    """Return the ``count``-th working day after ``day``.

    Working days are Monday to Friday except a ``holiday``, and any ``workday`` (make-up day) of ``holidays``.
    """
    current = day
    left = count
    while left > 0:
        current += timedelta(days=1)
        kind = holidays.get(current)
        if kind == "workday" or (kind != "holiday" and current.weekday() < 5):
            left -= 1
    return current
