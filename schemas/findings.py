"""The ledger of findings (专项督查台账): the words of its states, which leads to which, and what is still open when.

Pure: the rows come from ``warehouse.findings``; nothing here looks at the clock.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl

from schemas.periods import Period, parse_period

STATES = {
    "open": ("未整改", "not begun"), "rectifying": ("整改中", "being put right"),
    "submitted": ("待销号", "reported as done"), "closed": ("已销号", "closed"), "withdrawn": ("已撤销", "withdrawn"),
    "overdue": ("逾期", "overdue"),
}  # fmt: skip
"""``overdue`` is never stored: it is an unsettled finding after its due day."""

UNSETTLED = ("open", "rectifying", "submitted")
LEADS: dict[str, tuple[str, ...]] = {
    "open": ("rectifying", "submitted", "closed", "withdrawn"),
    "rectifying": ("submitted", "closed", "withdrawn"),
    "submitted": ("rectifying", "closed", "withdrawn"),
    "closed": ("rectifying",),
    "withdrawn": (),
}
"""Which state leads to which; the same state again adds facts."""
WANTS_REASON = (("submitted", "rectifying"), ("closed", "rectifying"))
"""Sent back, and reopened because it came up again; to withdraw and to move the due day want a reason too."""


def state_word(state: str, lang: str) -> str:
    """Return a state in words."""
    return STATES[state][0 if lang == "zh" else 1]


def ledger(findings: pl.DataFrame, period: Period | None, on: date) -> pl.DataFrame:
    """Return the findings that a period's ledger holds, as they stand on a day, the oldest due first.

    ``findings``: columns of ``schemas.tables.Findings``, one row a finding (``warehouse.findings``). A ledger holds
    what was found in the period, and what was found earlier and not closed before the period began: a finding is
    carried from period to period until it is closed. None for ``period``: all of them.

    What was found later than that day is not in it, and what was closed later was still being put right.

    Adds standing (the state, or ``overdue``), days_over (days after the due day, of the closing for a closed one; null
    where in time), carried (found in an earlier period) and closed_late. Withdrawn ones are left out.
    """
    rows = findings.filter(pl.col("state") != "withdrawn", pl.col("found_on") <= on.isoformat())
    if period is not None:
        here = _codes(rows["period"], lambda p: p == period or period.contains(p))
        before = _codes(rows["period"], lambda p: p < period and not period.contains(p))
        lasting = pl.col("closed_on").is_null() | (pl.col("closed_on") >= period.first_day.isoformat())
        rows = rows.filter(pl.col("period").is_in(here) | (pl.col("period").is_in(before) & lasting))
        carried = pl.col("period").is_in(before)
    else:
        carried = pl.lit(False)
    closed_later = (pl.col("closed_on") > on.isoformat()).fill_null(False)
    unsettled = pl.col("state").is_in(UNSETTLED) | closed_later
    until = pl.when(unsettled).then(pl.lit(on.isoformat())).otherwise("closed_on").str.to_date()
    over = (until - pl.col("due_on").str.to_date()).dt.total_days()
    late = (over > 0).fill_null(False)
    return rows.with_columns(
        standing=pl.when(unsettled & late)
        .then(pl.lit("overdue"))
        .when(closed_later)
        .then(pl.lit("rectifying"))
        .otherwise("state"),
        days_over=pl.when(late).then(over),
        carried=carried,
        closed_late=~unsettled & late,
    ).sort("due_on", "finding_id")


def open_findings(findings: pl.DataFrame, period: Period | None, on: date) -> pl.DataFrame:
    """Return what is still unsettled of a period's ledger (整改未销号), the oldest due first; columns of ``ledger``."""
    return ledger(findings, period, on).filter(pl.col("standing") != "closed")


def _codes(periods: pl.Series, chosen: Callable[[Period], bool]) -> list[str]:
    return [code for code in periods.unique().to_list() if chosen(parse_period(code))]


def standing_words(row: Mapping[str, Any], lang: str) -> str:
    """Return where a row of a ledger stands, in words: ``逾期12天(结转、已改期)``."""
    zh = lang == "zh"
    word, days = state_word(row["standing"], lang), row["days_over"]
    if row["standing"] == "overdue":
        word = f"逾期{days}天" if zh else f"overdue {days} days"
    beside = [
        *([("逾期{}天" if zh else "{} days late").format(days)] if row["closed_late"] else []),
        *(["结转" if zh else "carried over"] if row["carried"] else []),
        *(["已改期" if zh else "due day moved"] if row["first_due_on"] != row["due_on"] else []),
    ]
    if not beside:
        return word
    return f"{word}({'、'.join(beside)})" if zh else f"{word} ({', '.join(beside)})"


def tally(rows: pl.DataFrame) -> dict[str, int]:
    """Return how many findings of a ledger stand where, in the order of ``STATES``; ``overdue`` is counted apart."""
    counts = dict(rows["standing"].value_counts().iter_rows())
    return {state: counts[state] for state in _order(STATES) if state in counts}


def _order(states: Iterable[str]) -> list[str]:
    """Return the states with what is most pressing first."""
    return sorted(states, key=lambda s: s != "overdue")
