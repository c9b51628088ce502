"""The database's structure: DDL derived from the models, and the numbered steps from older structures to today's."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from schemas.errors import UserError
from schemas.tables import TABLES, columns_of
from warehouse.clock import now
from warehouse.literals import stated

if TYPE_CHECKING:
    from schemas.tables import Table

SQL_TYPES = {pl.String: "VARCHAR", pl.Int64: "BIGINT", pl.Float64: "DOUBLE", pl.Datetime: "TIMESTAMP"}


@dataclass(frozen=True)
class Migration:
    """One step: ``number`` is the version it leads to, ``statements`` are SQL."""

    number: int
    title: str
    statements: tuple[str, ...]


FIRST_VERSION = 1
MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        2,
        "files of evidence",
        (
            'CREATE TABLE "evidence_files" ("submission_id" VARCHAR NOT NULL, "unit_code" VARCHAR NOT NULL, '
            '"period" VARCHAR NOT NULL, "indicator_code" VARCHAR, "part" VARCHAR NOT NULL, '
            '"file_name" VARCHAR NOT NULL, "file_hash" VARCHAR NOT NULL, "size_bytes" BIGINT NOT NULL, '
            '"recorded_at" TIMESTAMP NOT NULL)',
        ),
    ),
    Migration(
        3,
        "samples for spot checks, findings and their rectification",
        (
            'CREATE TABLE "spot_checks" ("sample_id" VARCHAR NOT NULL, "unit_code" VARCHAR NOT NULL, '
            '"indicator_code" VARCHAR NOT NULL, "period" VARCHAR NOT NULL, "part" VARCHAR NOT NULL, '
            '"drawn_by" VARCHAR NOT NULL, "points" DOUBLE NOT NULL, "signs" VARCHAR, "why_zh" VARCHAR NOT NULL, '
            '"why_en" VARCHAR NOT NULL, "recorded_at" TIMESTAMP NOT NULL)',
            'CREATE TABLE "findings" ("finding_id" VARCHAR NOT NULL, "unit_code" VARCHAR NOT NULL, '
            '"period" VARCHAR NOT NULL, "node_code" VARCHAR, "source" VARCHAR, "found_on" VARCHAR NOT NULL, '
            '"title" VARCHAR NOT NULL, "demand" VARCHAR, "due_on" VARCHAR NOT NULL, "state" VARCHAR NOT NULL, '
            '"progress" VARCHAR, "proof" VARCHAR, "proof_hash" VARCHAR, "closed_on" VARCHAR, "document_no" VARCHAR, '
            '"reason" VARCHAR, "source_hash" VARCHAR, "actor" VARCHAR NOT NULL, "recorded_at" TIMESTAMP NOT NULL)',
        ),
    ),
)
"""Steps after the first structure, numbered from 2. A new database is made from the models and skips them all; the
models must therefore be changed together with the step that brings older databases there."""

CREATE_VERSIONS = """
CREATE TABLE schema_version (version BIGINT NOT NULL, applied_at TIMESTAMP NOT NULL)
"""
HAS_VERSIONS = """
SELECT count(*) FROM information_schema.tables
WHERE table_catalog = current_database() AND table_name = 'schema_version'
"""
VERSION = "SELECT max(version) FROM schema_version"
ADD_VERSION = "INSERT INTO schema_version VALUES ($version, $applied_at)"
STORED_COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable = 'YES' AS nullable
FROM information_schema.columns
WHERE table_catalog = current_database()
ORDER BY table_name, ordinal_position
"""


def create_statement(name: str, table: "type[Table]") -> str:
    """Return the DDL of a table: the model's columns in its order, NOT NULL where the model has no null, no index."""
    schema = table.to_schema().columns
    lines = [
        f'    "{column}" {_sql_type(dtype)}' + ("" if schema[column].nullable else " NOT NULL")
        for column, dtype in columns_of(table).items()
    ]
    return f'CREATE TABLE "{name}" (\n' + ",\n".join(lines) + "\n)"


def _sql_type(dtype: pl.DataType) -> str:
    return SQL_TYPES[dtype.base_type()]


def newest_version() -> int:
    """Return the version of the structure that this program works with."""
    return MIGRATIONS[-1].number if MIGRATIONS else FIRST_VERSION


def version_of(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the database's version; 0 for a new one."""
    if not _number(connection, HAS_VERSIONS):
        return 0
    return _number(connection, VERSION)


def migrate(connection: duckdb.DuckDBPyConnection) -> bool:
    """Bring the database to today's structure, inside the caller's transaction; say whether anything was done.

    Raises:
        UserError: the database was written by a newer program.
        RuntimeError: the structure is not the models' afterwards.
    """
    version = version_of(connection)
    refuse_newer(version)
    if version == newest_version():
        return False
    if version == 0:
        connection.execute(CREATE_VERSIONS)
        for name, table in TABLES.items():
            connection.execute(create_statement(name, table))
        _note(connection, newest_version())
    for step in (m for m in MIGRATIONS if 0 < version < m.number):
        for statement in step.statements:
            connection.execute(statement)
        _note(connection, step.number)
    wrong = differences(connection)
    if wrong:
        raise RuntimeError(f"tables that differ from their models: {wrong}")
    return True


def refuse_newer(version: int) -> None:
    """Refuse a database of a structure that this program does not know yet.

    Raises:
        UserError: with the two structures and the remedy.
    """
    if version > newest_version():
        raise UserError(
            f"数据库由更新版本的程序写成(结构版本 {version},本程序为 {newest_version()})。请升级 kaohe 后重试。",
            f"The database was written by a newer program (structure {version}; this program has {newest_version()}). "
            "Upgrade kaohe and try again.",
        )


def differences(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the tables whose stored columns, types or nulls are not exactly the model's."""
    stored: dict[str, list[tuple[str, str, bool]]] = {}
    for table_name, *column in connection.execute(STORED_COLUMNS).fetchall():
        stored.setdefault(table_name, []).append(tuple(column))
    return [name for name, table in TABLES.items() if stored.get(name) != _wanted(table)]


def _wanted(table: "type[Table]") -> list[tuple[str, str, bool]]:
    schema = table.to_schema().columns
    return [(c, _sql_type(dtype), bool(schema[c].nullable)) for c, dtype in columns_of(table).items()]


def _note(connection: duckdb.DuckDBPyConnection, version: int) -> None:
    connection.execute(stated(ADD_VERSION, {"version": version, "applied_at": now()}))


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None else 0
