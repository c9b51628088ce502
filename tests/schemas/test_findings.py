"""The ledger of findings: what it holds in each period, and where each finding stands on a day."""

from datetime import date

import polars as pl
import pytest

from schemas.findings import LEADS, STATES, ledger, open_findings, standing_words, tally
from schemas.periods import parse_period
from schemas.tables import FINDING_STATES, Findings, columns_of

FOUND = """
    id | period | found      | due        | first      | state      | closed
    F1 | 2023Q1 | 2023-02-01 | 2023-03-01 | 2023-03-01 | closed     | 2023-02-20
    F2 | 2023Q1 | 2023-02-01 | 2023-03-01 | 2023-03-01 | closed     | 2023-04-10
    F3 | 2023Q1 | 2023-03-01 | 2023-05-01 | 2023-04-01 | rectifying |
    F4 | 2023Q2 | 2023-05-01 | 2023-07-15 | 2023-07-15 | submitted  |
    F5 | 2023Q2 | 2023-05-01 | 2023-07-15 | 2023-07-15 | withdrawn  |
    F6 | 2023Q3 | 2023-08-01 | 2023-09-01 | 2023-09-01 | open       |
"""


def found(table: str = FOUND) -> pl.DataFrame:
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    schema = {n: t for n, t in columns_of(Findings).items() if n not in ("recorded_at",)}
    facts = [
        {"finding_id": r["id"], "unit_code": "U", "title": r["id"], "period": r["period"], "found_on": r["found"],
         "due_on": r["due"], "first_due_on": r["first"], "state": r["state"], "closed_on": r["closed"] or None,
         "actor": "office"}
        for r in rows
    ]  # fmt: skip
    return pl.DataFrame(facts, schema={**schema, "first_due_on": pl.String})


def standings(period: str | None, day: str) -> dict[str, str]:
    rows = ledger(found(), parse_period(period) if period else None, date.fromisoformat(day))
    return {r["finding_id"]: standing_words(r, "zh") for r in rows.sort("finding_id").iter_rows(named=True)}


@pytest.mark.parametrize(
    ("period", "day", "expected"),
    [
        ("2023Q1", "2023-03-31", {"F1": "已销号", "F2": "逾期30天", "F3": "整改中(已改期)"}),
        ("2023Q2", "2023-06-30", {"F2": "已销号(逾期40天、结转)", "F3": "逾期60天(结转、已改期)", "F4": "待销号"}),
        ("2023Q3", "2023-08-10", {"F3": "逾期101天(结转、已改期)", "F4": "逾期26天(结转)", "F6": "未整改"}),
        ("2023H1", "2023-06-30", {"F1": "已销号", "F2": "已销号(逾期40天)", "F3": "逾期60天(已改期)", "F4": "待销号"}),
        (None, "2023-02-15", {"F1": "整改中", "F2": "整改中"}),
    ],
)
def test_a_finding_is_carried_from_period_to_period_until_it_is_closed(
    period: str | None, day: str, expected: dict[str, str]
) -> None:
    assert standings(period, day) == expected


def test_only_what_is_not_closed_is_open_and_the_oldest_due_comes_first() -> None:
    rows = open_findings(found(), parse_period("2023Q3"), date(2023, 9, 30))
    assert rows.select("finding_id", "standing", "days_over").rows() == [
        ("F3", "overdue", 152), ("F4", "overdue", 77), ("F6", "overdue", 29),
    ]  # fmt: skip
    assert tally(ledger(found(), None, date(2023, 8, 10))) == {"overdue": 2, "open": 1, "closed": 2}


def test_on_the_due_day_nothing_is_overdue() -> None:
    rows = ledger(found(), parse_period("2023Q2"), date(2023, 7, 15)).filter(pl.col("finding_id") == "F4")
    assert rows["standing"].to_list() == ["submitted"]


def test_an_empty_ledger_is_a_ledger() -> None:
    nothing = found().clear()
    assert ledger(nothing, parse_period("2023Q1"), date(2023, 4, 1)).is_empty()
    assert tally(open_findings(nothing, None, date(2023, 4, 1))) == {}


def test_every_state_has_words_and_a_way_on() -> None:
    assert set(LEADS) == set(FINDING_STATES) == set(STATES) - {"overdue"}
    assert {s for leads in LEADS.values() for s in leads} <= set(LEADS)
