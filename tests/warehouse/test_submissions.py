"""What is received is kept once; a newer revision takes the older one's place; nothing is overwritten."""

from pathlib import Path

import polars as pl
import pytest

from schemas.errors import UserError
from tests.warehouse.tables import OFFICE, cells, count_rows, send, shown, writing
from warehouse import (
    erase_persons,
    events,
    measurements_of,
    now,
    persons,
    problems_of,
    read_warehouse,
    set_state,
    status,
    submissions,
)

THREE_FILES = """
    unit  | period | file | state                  | late | person | T07-1 | T09-1
    HB-WH | 2023Q1 | wh1  | accepted               | 0    | 王小明 | 22    | 90
    HB-JZ | 2023Q1 | jz1  | returned               | 3    |        |       |
    HB-YC | 2023Q1 | yc1  | accepted_with_warnings | 1    | 李小红 | 5     |
"""


def test_a_second_identical_batch_changes_no_row(path: Path) -> None:
    with writing(path) as warehouse:
        first = send(warehouse, THREE_FILES)
    before, file = count_rows(path), path.read_bytes()
    with writing(path) as warehouse:
        assert send(warehouse, THREE_FILES) == first == {0: "HB-WH/2023Q1/1", 1: "HB-JZ/2023Q1/1", 2: "HB-YC/2023Q1/1"}
    assert count_rows(path) == before
    assert path.read_bytes() == file


def test_a_newer_revision_that_counts_supersedes_the_older_one(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, THREE_FILES)
        send(warehouse, """
            unit  | period | file | state    | T07-1
            HB-WH | 2023Q1 | wh2  | accepted | 23
            HB-JZ | 2023Q1 | jz2  | nil      |
            HB-YC | 2023Q1 | yc2  | returned |
        """)  # fmt: skip
        rows = submissions(warehouse, "2023Q1")
        assert shown(rows, "submission_id", "state", "arrival_state") == cells("""
            submission_id  | state                  | arrival_state
            HB-JZ/2023Q1/1 | returned               | returned
            HB-JZ/2023Q1/2 | nil                    | nil
            HB-WH/2023Q1/1 | superseded             | accepted
            HB-WH/2023Q1/2 | accepted               | accepted
            HB-YC/2023Q1/1 | accepted_with_warnings | accepted_with_warnings
            HB-YC/2023Q1/2 | returned               | returned
        """)
        assert measurements_of(warehouse, "HB-WH/2023Q1/1")["value"].to_list() == [22, 90]


def test_several_files_of_a_unit_in_one_batch_are_numbered_in_their_order(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, """
            unit  | period | file | state    | T07-1
            HB-WH | 2023Q1 | a    | accepted | 1
            HB-WH | 2023Q1 | b    | accepted | 2
            HB-WH | 2023Q2 | c    | accepted | 3
        """)  # fmt: skip
        assert shown(submissions(warehouse), "submission_id", "file_hash", "state") == cells("""
            submission_id  | file_hash | state
            HB-WH/2023Q1/1 | a         | superseded
            HB-WH/2023Q1/2 | b         | accepted
            HB-WH/2023Q2/1 | c         | accepted
        """)


def test_a_file_of_several_units_is_a_submission_of_each(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, """
            unit  | period | file | state
            HB-WH | 2023Q1 | both | accepted
            HB-JZ | 2023Q1 | both | accepted
        """)  # fmt: skip
        both = submissions(warehouse).filter(pl.col("file_hash") == "both")
        assert both["unit_code"].to_list() == ["HB-JZ", "HB-WH"]


def test_a_file_of_an_unknown_unit_is_kept_under_its_hash_once(path: Path) -> None:
    table = """
        unit | period | file   | state
             |        | strange | returned
    """
    with writing(path) as warehouse:
        assert send(warehouse, table) == {0: "strange"}
        assert send(warehouse, table) == {0: "strange"}
        assert shown(submissions(warehouse), "submission_id", "revision") == [["strange", "0"]]


def test_the_same_bytes_twice_in_a_batch_are_a_mistake_of_the_caller(path: Path) -> None:
    with writing(path) as warehouse, pytest.raises(ValueError, match="same bytes twice"):
        send(warehouse, """
            unit  | period | file | state
            HB-WH | 2023Q1 | a    | accepted
            HB-WH | 2023Q1 | a    | accepted
        """)  # fmt: skip


def test_a_late_file_is_held_until_it_is_admitted(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, """
            unit  | period | file | state     | late
            HB-WH | 2023Q1 | a    | held_late | 20
        """)  # fmt: skip
        before = now()
        assert set_state(warehouse, "HB-WH/2023Q1/1", "accepted", "主任批准", OFFICE)
        assert not set_state(warehouse, "HB-WH/2023Q1/1", "accepted", "再次", OFFICE)
        assert shown(submissions(warehouse), "state", "reason") == [["accepted", "主任批准"]]
        assert shown(submissions(warehouse, as_of=before), "state", "reason") == [["held_late", ""]]


def test_an_older_file_that_is_admitted_does_not_take_a_newer_ones_place(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, """
            unit  | period | file | state
            HB-WH | 2023Q1 | a    | excluded
            HB-WH | 2023Q1 | b    | accepted
        """)  # fmt: skip
        set_state(warehouse, "HB-WH/2023Q1/1", "accepted", "误操作", OFFICE)
        assert submissions(warehouse)["state"].to_list() == ["superseded", "accepted"]


def test_an_unknown_submission_or_state_is_a_sentence(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, THREE_FILES)
        with pytest.raises(UserError, match="没有报送"):
            set_state(warehouse, "HB-XX/2023Q1/1", "excluded", "重复", OFFICE)
        with pytest.raises(UserError, match="no state 'gone'"):
            set_state(warehouse, "HB-WH/2023Q1/1", "gone", "重复", OFFICE)


def test_status_names_every_unit_of_the_plan(path: Path) -> None:
    units = pl.DataFrame({"unit_code": ["HB-WH", "HB-JZ", "HB-XG", "HB-YC"]})
    with writing(path) as warehouse:
        send(warehouse, THREE_FILES)
        before = now()
        send(warehouse, """
            unit  | period | file | state    | late
            HB-JZ | 2023Q1 | jz2  | accepted | 5
            HB-YC | 2023Q1 | yc2  | returned | 6
        """)  # fmt: skip
        columns = ("unit_code", "state", "revision", "late_days", "errors", "warnings")
        assert shown(status(warehouse, units, "2023Q1"), *columns) == cells("""
            unit_code | state                  | revision | late_days | errors | warnings
            HB-WH     | accepted               | 1        | 0         | 0      | 0
            HB-JZ     | accepted               | 2        | 5         | 0      | 0
            HB-XG     | not_reported           |          |           |        |
            HB-YC     | accepted_with_warnings | 1        | 1         | 0      | 0
        """)
        assert shown(status(warehouse, units, "2023Q1", as_of=before), *columns)[1] == [
            "HB-JZ", "returned", "1", "3", "1", "0",
        ]  # fmt: skip
        assert status(warehouse, units, "2023Q2")["state"].to_list() == ["not_reported"] * 4


def test_problems_come_back_in_their_order(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, THREE_FILES)
        assert problems_of(warehouse, "HB-JZ/2023Q1/1")["code"].to_list() == ["number_expected"]
        assert problems_of(warehouse, "HB-WH/2023Q1/1").is_empty()


def test_persons_are_in_no_event_and_can_be_erased_to_the_last_byte(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, THREE_FILES)
        assert not [e for e in events(warehouse)["detail_json"] if "王小明" in e or "13800000000" in e]
    assert "王小明".encode() in path.read_bytes()
    before = count_rows(path)
    with writing(path) as warehouse:
        assert erase_persons(warehouse, unit_code="HB-WH", actor=OFFICE, reason="本人要求") == 1
        assert erase_persons(warehouse, unit_code="HB-WH", actor=OFFICE, reason="本人要求") == 0
    file = path.read_bytes()
    assert "王小明".encode() not in file
    assert "李小红".encode() in file
    with read_warehouse(path) as warehouse:
        assert persons(warehouse)["name"].to_list() == ["李小红"]
    after = count_rows(path)
    assert after == {**before, "persons": before["persons"] - 1, "events": before["events"] + 1}
