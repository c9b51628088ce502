"""The whole warehouse leaves in an open format and comes back the same, or not at all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.errors import UserError
from schemas.tables import TABLES
from tests.warehouse.tables import OFFICE, count_rows, send, writing
from warehouse import events, export_parquet, latest_run, load_run, read_warehouse, restore_parquet, verify_events


@pytest.fixture
def backup(quarter: Path, tmp_path: Path) -> Path:
    with writing(quarter) as warehouse:
        send(warehouse, "unit|period|file|state|person\nHB-JZ|2023Q1|c|accepted|李小红")
    with read_warehouse(quarter) as warehouse:
        export_parquet(warehouse, tmp_path / "it's a backup")
    return tmp_path / "it's a backup"


def test_a_restored_warehouse_is_the_same_and_says_that_it_was_restored(
    path: Path, backup: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.duckdb"
    with writing(other) as warehouse:
        counts = restore_parquet(warehouse, backup, actor=OFFICE)
    assert counts == count_rows(path)
    assert count_rows(other) == {**counts, "events": counts["events"] + 1}
    with read_warehouse(path) as one, read_warehouse(other) as two:
        for name in set(TABLES) - {"events"}:
            query = f'SELECT * FROM "{name}" ORDER BY rowid'
            assert one.rows(query).equals(two.rows(query)), name
        assert events(two)["action"][-1] == "warehouse_restored"
        assert verify_events(two) is None
        run_id = latest_run(one, "2023Q1")
        assert run_id and load_run(one, run_id)[2].equals(load_run(two, run_id)[2])


def test_every_table_opens_in_another_program(backup: Path) -> None:
    assert pl.read_parquet(backup / "submissions.parquet")["unit_code"].to_list() == ["HB-WH", "HB-WH", "HB-JZ"]


def test_a_later_export_takes_the_place_of_an_earlier_one(path: Path, backup: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, "unit|period|file|state\nHB-YC|2023Q1|d|accepted")
        export_parquet(warehouse, backup)
    assert pl.read_parquet(backup / "submissions.parquet").height == 4
    assert not [p for p in backup.parent.iterdir() if p.name.endswith((".new", ".old"))]


def test_a_folder_with_other_files_is_left_alone(path: Path, backup: Path, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("x", encoding="utf-8")
    with read_warehouse(path) as warehouse, pytest.raises(UserError, match="有其他文件"):
        export_parquet(warehouse, tmp_path / "letters")


def test_persons_can_be_taken_out_of_a_backup_by_hand(backup: Path) -> None:
    persons = pl.read_parquet(backup / "persons.parquet")
    persons.with_columns(name=pl.lit(None, dtype=pl.String)).write_parquet(backup / "persons.parquet")
    with writing(backup.parent / "other.duckdb") as warehouse:
        assert restore_parquet(warehouse, backup)["persons"] == 1


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: (folder / "scores.parquet").unlink(), "缺少 scores.parquet。请重新取回整个备份文件夹"),
        (lambda folder: (folder / "manifest.json").unlink(), "不是备份文件夹.*请重新取回整个备份文件夹"),
        (lambda folder: one_byte(folder / "results.parquet"), "results.parquet 已损坏或被改动"),
        (lambda folder: one_byte(folder / "events.parquet"), "events.parquet 已损坏或被改动"),
        (lambda folder: (folder / "manifest.json").write_text("{", encoding="utf-8"), "manifest.json 已损坏或被改动"),
        (lambda folder: told(folder, lambda m: m.pop("audit_head")), "manifest.json 已损坏或被改动"),
        (lambda folder: told(folder, lambda m: m["tables"].pop("items")), "manifest.json 已损坏或被改动"),
        (lambda folder: told(folder, lambda m: m["tables"].update({"x": {}})), "manifest.json 已损坏或被改动"),
        (lambda folder: told(folder, lambda m: m["tables"]["scores"].pop("sha256")), "scores.parquet 已损坏或被改动"),
    ],
)
def test_a_harmed_backup_restores_nothing(backup: Path, harm, message: str) -> None:
    harm(backup)
    other = backup.parent / "other.duckdb"
    with pytest.raises(UserError, match=message), writing(other) as warehouse:
        restore_parquet(warehouse, backup)
    assert not other.exists()


def told(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what the manifest says."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def one_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_backup_is_not_mixed_into_what_is_there(path: Path, backup: Path) -> None:
    with pytest.raises(UserError, match="空的数据库"), writing(path) as warehouse:
        restore_parquet(warehouse, backup)
