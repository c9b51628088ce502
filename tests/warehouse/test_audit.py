"""Whatever SQL changes in a stored row shows against the events; appeals are recorded like everything else."""

import random
import shutil
from pathlib import Path

import duckdb
import pytest

from schemas.errors import UserError
from schemas.tables import TABLES
from tests.warehouse.quarter import a_quarter
from tests.warehouse.tables import OFFICE, cells, count_rows, send, shown, writing
from warehouse import (
    add_appeal,
    answer_appeal,
    appeals,
    erase_persons,
    export_parquet,
    now,
    read_all,
    read_warehouse,
    restore_parquet,
    verify_events,
    verify_rows,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with something in every table."""
    path = tmp_path_factory.mktemp("audit") / "warehouse.duckdb"
    with writing(path) as warehouse:
        a_quarter(warehouse)
        send(warehouse, "unit|period|file|state|person|T07-1\nHB-JZ|2023Q1|c|accepted|李小红|5")
        appeal = {"unit_code": "HB-JZ", "period": "2023Q1", "node_code": "T07-1"}
        add_appeal(warehouse, **appeal, text="少计一场", answer_due_on="2023-06-01", actor=OFFICE)
        answer_appeal(warehouse, "HB-JZ/2023Q1/A1", "rejected", "材料不足", actor=OFFICE)
    return path


@pytest.fixture
def whole(made: Path, path: Path) -> Path:
    return Path(shutil.copyfile(made, path))


def test_an_untouched_warehouse_agrees_with_its_events(whole: Path) -> None:
    with read_warehouse(whole) as warehouse:
        assert verify_rows(warehouse) == []


@pytest.mark.parametrize(
    ("change", "table", "subject", "kind"),
    [
        ("UPDATE measurements SET value = 24 WHERE submission_id = 'HB-WH/2023Q1/2'", "submissions", "HB-WH/2023Q1/2",
         "changed"),
        ("UPDATE measurements SET cell = 'G9' WHERE submission_id = 'HB-JZ/2023Q1/1'", "submissions", "HB-JZ/2023Q1/1",
         "changed"),
        ("DELETE FROM measurements WHERE submission_id = 'HB-JZ/2023Q1/1'", "submissions", "HB-JZ/2023Q1/1", "changed"),
        ("UPDATE submissions SET late_days = 0, received_at = '2023-01-01' WHERE submission_id = 'HB-JZ/2023Q1/1'",
         "submissions", "HB-JZ/2023Q1/1", "changed"),
        ("DELETE FROM submissions WHERE submission_id = 'HB-JZ/2023Q1/1'", "submissions", "HB-JZ/2023Q1/1", "absent"),
        ("DELETE FROM submission_states WHERE state = 'excluded'", "submission_states", "HB-WH/2023Q1/2", "absent"),
        ("UPDATE submission_states SET reason = '' WHERE state = 'excluded'", "submission_states", "HB-WH/2023Q1/2",
         "changed"),
        ("UPDATE items SET count = 3", "items", "i1", "changed"),
        ("INSERT INTO items SELECT * REPLACE ('i2' AS item_id) FROM items", "items", "i2", "unrecorded"),
        ("DELETE FROM verifications", "verifications", None, "absent"),
        ("UPDATE adjustments SET value = 5", "adjustments", "a1", "changed"),
        ("UPDATE adjustments SET recorded_at = '2023-01-01'", "adjustments", "a1", "changed"),
        ("DELETE FROM appeals WHERE state = 'rejected'", "appeals", "HB-JZ/2023Q1/A1", "absent"),
        ("UPDATE period_states SET state = 'published'", "period_states", "2023Q1", "changed"),
        ("UPDATE results SET total = 90", "runs", None, "changed"),
        ("UPDATE scores SET score = 90 WHERE node_code = 'S1'", "runs", None, "changed"),
        ("UPDATE runs SET scores_hash = 'x'", "runs", None, "changed"),
        ("DELETE FROM run_inputs", "runs", None, "changed"),
        ("UPDATE publications SET run_id = 'x'", "publications", "2023Q1/1", "changed"),
        ("UPDATE plans SET content_json = replace(content_json, '60', '61')", "plans", None, "absent"),
        ("UPDATE units SET class_code = 'society'", "units", None, "absent"),
    ],
)  # fmt: skip
def test_a_row_changed_by_sql_is_found_and_named(
    whole: Path, change: str, table: str, subject: str | None, kind: str
) -> None:
    with duckdb.connect(str(whole)) as connection:
        connection.execute(change)
    with read_warehouse(whole) as warehouse:
        assert verify_events(warehouse) is None
        first = verify_rows(warehouse)[0]
    assert (first.table, first.kind) == (table, kind)
    assert subject in (None, first.subject)


def test_a_flipped_byte_of_the_database_is_told_or_lies_in_free_space(whole: Path) -> None:
    """Anywhere in the file: a sentence that names the restore, or nothing that is stored is touched."""
    content, chance, told = whole.read_bytes(), random.Random(5), 0
    with read_warehouse(whole) as warehouse:
        stored = {name: warehouse.rows(f'SELECT * FROM "{name}"') for name in TABLES}
    for _ in range(40):
        at = chance.randrange(len(content))
        whole.write_bytes(content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :])
        try:
            with read_warehouse(whole) as warehouse:
                read_all(warehouse)
                assert all(warehouse.rows(f'SELECT * FROM "{n}"').equals(rows) for n, rows in stored.items()), at
        except UserError as error:
            assert "已损坏" in error.zh and "kaohe restore" in error.en
            told += 1
    assert told


def test_erasing_persons_changes_no_hash(whole: Path) -> None:
    with writing(whole) as warehouse:
        assert erase_persons(warehouse, unit_code="HB-JZ", actor=OFFICE, reason="期满") == 1
    assert count_rows(whole)["persons"] == 0
    assert "李小红".encode() not in whole.read_bytes()
    with read_warehouse(whole) as warehouse:
        assert verify_events(warehouse) is None
        assert verify_rows(warehouse) == []


def test_a_restored_warehouse_agrees_too(whole: Path, tmp_path: Path) -> None:
    with read_warehouse(whole) as warehouse:
        export_parquet(warehouse, tmp_path / "backup")
    with writing(tmp_path / "other.duckdb") as warehouse:
        restore_parquet(warehouse, tmp_path / "backup", actor=OFFICE)
        assert verify_rows(warehouse) == []


def test_an_appeal_is_answered_once_and_known_as_of_any_moment(path: Path) -> None:
    appeal = {"unit_code": "HB-JZ", "period": "2023Q1", "node_code": "T07-1", "text": "少计一场"}
    with writing(path) as warehouse:
        name = add_appeal(warehouse, **appeal, actor=OFFICE)
        assert add_appeal(warehouse, **appeal, actor=OFFICE) == name == "HB-JZ/2023Q1/A1"
        asked = now()
        assert answer_appeal(warehouse, name, "granted", "材料属实", actor=OFFICE)
        assert not answer_appeal(warehouse, name, "granted", "材料属实", actor=OFFICE)
        with pytest.raises(UserError, match="已经答复"):
            answer_appeal(warehouse, name, "rejected", "改判", actor=OFFICE)
        with pytest.raises(UserError, match=r"没有申诉“.*A9”。待答复的:无。kaohe appeal list"):
            answer_appeal(warehouse, "HB-JZ/2023Q1/A9", "rejected", "x", actor=OFFICE)
        with pytest.raises(UserError, match="没有申诉结果"):
            answer_appeal(warehouse, name, "perhaps", "x", actor=OFFICE)
        assert add_appeal(warehouse, **appeal, actor=OFFICE) == "HB-JZ/2023Q1/A2"
    with read_warehouse(path) as warehouse:
        assert shown(appeals(warehouse), "appeal_id", "state", "text") == cells("""
            appeal_id       | state   | text
            HB-JZ/2023Q1/A1 | granted | 材料属实
            HB-JZ/2023Q1/A2 | open    | 少计一场
        """)
        assert appeals(warehouse, "2023Q1", asked)["state"].to_list() == ["open"]
        assert appeals(warehouse, "2023Q2").is_empty()
