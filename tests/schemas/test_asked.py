"""Who is asked for what: frequency, asked_in, phases, classes, exceptions."""

from pathlib import Path

import pytest

from schemas.asked import asked, asked_positions, exceptions, last_asked, position
from schemas.errors import UserError
from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from tests.schemas.folders import BASE, altered


def plan(tmp_path: Path, change: str = "code: A1 → code: A1", file: str = "indicators.yaml") -> Plan:
    return load_plan(altered(tmp_path, file, change))


@pytest.mark.parametrize(
    ("written", "quarters"),
    [
        ("frequency: month", [1, 2, 3, 4]),
        ("frequency: quarter", [1, 2, 3, 4]),
        ("frequency: half_year", [2, 4]),
        ("frequency: year", [4]),
        ("asked_in: [1, 3]", [1, 3]),
        ("phases: [{from: 2022, to: 2022}]", []),
        ("phases: [{from: 2023, to: 2025}]", [1, 2, 3, 4]),
    ],
)
def test_when_an_indicator_is_asked(written: str, quarters: list[int], tmp_path: Path) -> None:
    changed = plan(tmp_path, f"title: 投诉 → title: 投诉⏎  {written}")
    assert asked_positions(changed, changed.leaves["B3"], parse_period("2023Q2")) == quarters


@pytest.mark.parametrize(
    ("period", "number"), [("2023Q1", 1), ("2023Q4", 4), ("2023H1", 2), ("2023H2", 4), ("2023", 4)]
)
def test_a_longer_period_has_the_position_of_its_last_quarter(period: str, number: int) -> None:
    assert position(load_plan(BASE), parse_period(period)) == number


def test_between_askings_the_last_one_stands() -> None:
    base = load_plan(BASE)
    found = [last_asked(base, base.leaves["A2"], parse_period(f"2023Q{q}")) for q in (1, 2, 3, 4)]
    assert found == [None, 2, 2, 4]


def test_a_period_the_plan_does_not_know_is_told() -> None:
    with pytest.raises(UserError, match=r"no period 2023M01. Known: 2023Q1、2023Q2"):
        position(load_plan(BASE), parse_period("2023M01"))


def cells(changed: Plan, period: str, **options: str | None) -> set[tuple[str, str]]:
    frame = asked(changed, parse_period(period), **options)  # type: ignore[arg-type]
    return set(frame.select("unit_code", "indicator_code").rows())


def test_classes_are_asked_and_exceptions_win(tmp_path: Path) -> None:
    found = cells(load_plan(BASE), "2023Q1")
    assert ("X1", "B1") not in found  # not_applicable was granted for this quarter
    assert ("X2", "B1") in found
    assert ("C1", "A2") not in found  # asked in the second and fourth quarter only
    assert ("C1", "B7") not in found  # the office supplies it
    assert ("C1", "B7") in cells(load_plan(BASE), "2023Q1", owner=None)
    assert ("X1", "B1") in cells(load_plan(BASE), "2023Q2")


def test_a_unit_can_be_asked_by_name_alone(tmp_path: Path) -> None:
    change = "title: 投诉 → title: 投诉⏎  assigned_to: [] && assignments.csv: B1,X1 → B3,C3,lead,,⏎B1,X1"
    changed = plan(tmp_path, change)
    assert {u for u, i in cells(changed, "2023Q1") if i == "B3"} == {"C3"}
    roles = asked(changed, parse_period("2023Q1")).filter(unit_code="C3", indicator_code="B3")["role"].to_list()
    assert roles == ["lead"]


def test_the_period_itself_wins_over_its_year_and_over_no_period(tmp_path: Path) -> None:
    rows = "B3,X2,,,not_assigned⏎B3,X2,,2023,not_applicable⏎B3,X2,,2023Q2,assigned⏎"
    changed = plan(tmp_path, f"B1,X1 → {rows}B1,X1", "assignments.csv")
    states = [
        exceptions(changed, parse_period(p)).filter(unit_code="X2", indicator_code="B3")["state"].to_list()
        for p in ("2022Q1", "2023Q1", "2023Q2")
    ]
    assert states == [["not_assigned"], ["not_applicable"], ["assigned"]]
