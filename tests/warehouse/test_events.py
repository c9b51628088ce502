"""Every change leaves an event, and the chain of events shows where it was touched."""

from pathlib import Path

import polars as pl
import pytest

from tests.warehouse.tables import OFFICE, writing
from warehouse import append_event, audit_head, events, read_warehouse, verify_events


def test_every_change_leaves_an_event_that_says_who_and_what(quarter: Path) -> None:
    with read_warehouse(quarter) as warehouse:
        found = events(warehouse)
        assert found["action"].to_list() == [
            "plan_recorded", "registry_recorded", "submission_added", "submission_added", "submission_state_set",
            "submission_state_set", "item_added", "verification_added", "adjustment_added", "period_state_set",
            "run_saved", "publication_added", "persons_erased",
        ]  # fmt: skip
        assert set(found["actor"]) == {OFFICE}
        assert found["seq"].to_list() == list(range(1, 14))
        assert found["recorded_at"].is_sorted()
        assert verify_events(warehouse) is None
        assert audit_head(warehouse) == found["hash"][-1]
        assert not found["detail_json"].str.contains("王小明|1380000").any()


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE events SET actor = 'nobody' WHERE seq = 3", 3),
        ("UPDATE events SET detail_json = '{}' WHERE seq = 5", 5),
        ("UPDATE events SET reason = 'x' WHERE seq = 13", 13),
        ("UPDATE events SET recorded_at = recorded_at + INTERVAL 1 MICROSECOND WHERE seq = 1", 1),
        ("UPDATE events SET hash = repeat('0', 64) WHERE seq = 7", 7),
        ("DELETE FROM events WHERE seq = 4", 4),
        ("DELETE FROM events WHERE seq = 1", 1),
        ("INSERT INTO events SELECT * FROM events WHERE seq = 6", 7),
        ("UPDATE events SET seq = 20 - seq WHERE seq IN (9, 11)", 9),
    ],
)
def test_a_changed_row_is_found_and_named(quarter: Path, change: str, broken: int) -> None:
    with writing(quarter) as warehouse:
        warehouse.write(change)
        assert verify_events(warehouse) == broken


def test_a_shortened_chain_has_another_head(quarter: Path) -> None:
    with writing(quarter) as warehouse:
        printed = audit_head(warehouse)
        warehouse.write("DELETE FROM events WHERE seq = 13")
        assert verify_events(warehouse) is None
        assert audit_head(warehouse) != printed


def test_an_empty_chain_holds(path: Path) -> None:
    with writing(path) as warehouse:
        assert verify_events(warehouse) is None
        assert audit_head(warehouse) == "0" * 64
        assert isinstance(events(warehouse), pl.DataFrame)


def test_an_event_of_ones_own_joins_the_chain(path: Path) -> None:
    with writing(path) as warehouse:
        append_event(warehouse, "opened", "2023Q1", OFFICE, detail={"b": 1, "a": "武汉"})
        append_event(warehouse, "looked", "2023Q1", actor=OFFICE, reason="抽查")
        assert events(warehouse)["detail_json"].to_list() == ['{"a":"武汉","b":1}', "{}"]
        assert verify_events(warehouse) is None
