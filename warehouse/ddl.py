"""The database's tables, derived from the pandera models, and the numbered migrations that lead to them."""

from typing import Any

import polars as pl

from schemas.tables import TABLES, columns_of

TYPES: dict[Any, str] = {
    pl.String: "VARCHAR", pl.Int64: "BIGINT", pl.Float64: "DOUBLE", pl.Boolean: "BOOLEAN", pl.Datetime: "TIMESTAMP",
}  # fmt: skip
VERSION_TABLE = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL, applied_at TIMESTAMP NOT NULL)"
READ_VERSION = "SELECT coalesce(max(version), 0) FROM schema_version"
WRITE_VERSION = "INSERT INTO schema_version VALUES (?, ?)"


def _type(dtype: Any) -> str:
    return TYPES[dtype if isinstance(dtype, type) else type(dtype)]


def create_table(name: str) -> str:
    """Return the statement that creates one table as its model describes it.

    No primary keys: on the big tables their index costs several times the insert; uniqueness is checked by query.
    """
    model = TABLES[name]
    nullable = {c: bool(column.nullable) for c, column in model.to_schema().columns.items()}
    lines = [
        f'    "{column}" {_type(dtype)}' + ("" if nullable[column] else " NOT NULL")
        for column, dtype in columns_of(model).items()
    ]
    body = ",\n".join(lines)
    return f'CREATE TABLE IF NOT EXISTS "{name}" (\n{body}\n)'


MIGRATIONS: list[list[str]] = [
    [create_table(name) for name in TABLES],
]
"""Version n is reached by the statements of ``MIGRATIONS[n - 1]``. A change of a table appends; nothing is edited."""
