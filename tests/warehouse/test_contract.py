"""The database is what the models say: every table, every column, every type, and rows come back as they went in."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pandera.errors
import polars as pl
import pytest

from schemas.errors import UserError
from schemas.tables import TABLES, Units, columns_of, key_of
from tests.warehouse.tables import writing
from warehouse import read_warehouse, structure
from warehouse.registry import REGISTRY_COLUMNS
from warehouse.session import conform, insert

ROOT = Path(__file__).resolve().parents[2]
NEXT = structure.newest_version() + 1
SQL = {pl.String: "VARCHAR", pl.Int64: "BIGINT", pl.Float64: "DOUBLE", pl.Datetime: "TIMESTAMP"}
EXAMPLES: dict[Any, Any] = {
    pl.String: "武汉'市\"科协|\n", pl.Int64: 2**53 + 1, pl.Float64: 0.1 + 0.2,
    pl.Datetime: datetime(2023, 4, 1, 8, 30, 0, 123456),
}  # fmt: skip


def example(name: str, *, full: bool) -> pl.DataFrame:
    """One row of a table: every column filled, or only those that must be."""
    schema = TABLES[name].to_schema().columns
    row = {}
    for column, dtype in columns_of(TABLES[name]).items():
        words = [c.statistics["allowed_values"] for c in schema[column].checks if c.name == "isin"]
        value = words[0][0] if words else EXAMPLES[dtype.base_type()]
        row[column] = value if full or not schema[column].nullable else None
    return pl.DataFrame([row], schema=columns_of(TABLES[name]))


def test_every_table_has_exactly_its_models_columns(path: Path) -> None:
    with writing(path):
        pass
    with read_warehouse(path) as warehouse:
        stored = warehouse.rows(structure.STORED_COLUMNS)
    found = {name: rows.drop("table_name").rows() for (name,), rows in stored.group_by("table_name")}
    assert set(found) == {*TABLES, "schema_version"}
    for name, table in TABLES.items():
        nullable = {c: bool(column.nullable) for c, column in table.to_schema().columns.items()}
        wanted = [(c, SQL[t.base_type()], nullable[c]) for c, t in columns_of(table).items()]
        assert found[name] == wanted, name


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("full", [True, False], ids=["full", "with nulls"])
def test_a_row_comes_back_as_it_went_in(path: Path, name: str, full: bool) -> None:
    row = example(name, full=full)
    with writing(path) as warehouse:
        insert(warehouse, name, row)
    with read_warehouse(path) as warehouse:
        back = warehouse.rows(f'SELECT * FROM "{name}"')
    assert back.equals(row)
    assert back.schema == row.schema


def test_the_same_key_twice_is_refused(path: Path) -> None:
    with writing(path) as warehouse:
        for name in TABLES:
            row = example(name, full=False)
            insert(warehouse, name, row)
            with pytest.raises(ValueError, match="stored already"):
                insert(warehouse, name, row)
            with pytest.raises(ValueError, match="two rows with one key"):
                insert(warehouse, name, pl.concat([row, row]))
            assert key_of(TABLES[name])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_cannot_be_is_refused(path: Path, value: float) -> None:
    row = example("measurements", full=True).with_columns(value=pl.lit(value))
    with writing(path) as warehouse, pytest.raises(ValueError, match="NaN or infinity"):
        insert(warehouse, "measurements", row)


def test_what_the_model_refuses_is_refused(path: Path) -> None:
    row = example("measurements", full=True).with_columns(status=pl.lit("perhaps"))
    with writing(path) as warehouse, pytest.raises(pandera.errors.SchemaErrors):
        insert(warehouse, "measurements", row)


def test_a_misspelled_or_absent_column_is_named() -> None:
    row = example("items", full=True).drop("recorded_at")
    with pytest.raises(ValueError, match="absent \\['unit_code'\\], not in the table \\['unit_kode'\\]"):
        conform(row.rename({"unit_code": "unit_kode"}), TABLES["items"], recorded_at=datetime(2023, 1, 1))


def test_an_older_database_is_brought_up_by_its_first_writer_or_reader(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(path) as warehouse:
        insert(warehouse, "plans", example("plans", full=True))
    step = structure.Migration(NEXT, "a further table", ("CREATE TABLE further (n BIGINT)",))
    monkeypatch.setattr(structure, "MIGRATIONS", (step,))
    with read_warehouse(path) as warehouse:
        assert warehouse.value("SELECT count(*) FROM further") == 0
        assert warehouse.value("SELECT count(*) FROM plans") == 1
        assert warehouse.rows("SELECT version FROM schema_version")["version"].to_list() == [NEXT - 1, NEXT]


def test_a_step_that_does_not_reach_the_models_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing(path):
        pass
    step = structure.Migration(NEXT, "a mistake", ("ALTER TABLE items DROP COLUMN mark",))
    monkeypatch.setattr(structure, "MIGRATIONS", (step,))
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="items"), writing(path):
        pass
    assert path.read_bytes() == before


def test_a_newer_database_is_refused_with_a_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(structure, "MIGRATIONS", (structure.Migration(NEXT + 5, "the future", ()),))
        with writing(path):
            pass
    with pytest.raises(UserError, match="升级"), writing(path):
        pass
    with pytest.raises(UserError, match="Upgrade"), read_warehouse(path):
        pass


def test_the_hash_of_a_registry_covers_every_column_of_the_model() -> None:
    assert {*REGISTRY_COLUMNS, "registry_hash", "recorded_at"} == set(columns_of(Units))


def test_reading_needs_no_pandera() -> None:
    """Importing it takes half a second, which an explanation does not have."""
    program = "import sys, flows.explain, scoring.explain, warehouse; sys.exit('pandera' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
