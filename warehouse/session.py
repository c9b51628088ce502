"""An open transaction on the warehouse: run a query, insert a checked table. All other modules go through it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl

from schemas.tables import TABLES, columns_of, key_of
from warehouse.literals import stated

if TYPE_CHECKING:
    from schemas.tables import Table


@dataclass
class Warehouse:
    """One transaction of a writer, or one unchanging view of a reader.

    ``changed``: something was written. ``rebuild``: rows were erased, so the file is to be written anew without them.
    """

    connection: duckdb.DuckDBPyConnection
    writable: bool
    changed: bool = False
    rebuild: bool = False

    def rows(self, query: str, **parameters: Any) -> pl.DataFrame:
        """Return a query's rows; parameters stand in it as ``$name``.

        They come as a stream of Arrow, which needs no pyarrow.
        """
        try:
            return pl.DataFrame(self.connection.sql(stated(query, parameters)))
        except pl.exceptions.ComputeError as error:  # DuckDB's own, met after the first rows
            raise duckdb.Error(str(error).removeprefix("got external error: ")) from error

    def value(self, query: str, **parameters: Any) -> Any:
        """Return the first value of a query's first row; None where there is none."""
        row = self.connection.execute(stated(query, parameters)).fetchone()
        return row[0] if row else None

    def write(self, statement: str, **parameters: Any) -> None:
        """Run a statement that changes something."""
        if not self.writable:
            raise ValueError("the warehouse was opened for reading; write inside open_warehouse")
        self.changed = True
        self.connection.execute(stated(statement, parameters))


def insert(warehouse: Warehouse, name: str, frame: pl.DataFrame) -> None:
    """Append rows to a table, all or none, checked by its model.

    There is no index: uniqueness is asked for by query, once per batch (a four-column primary key made 10^7 rows take
    four times as long).

    Raises:
        pandera.errors.SchemaErrors: the rows are not as the model wants them.
        ValueError: a number is not finite, or a key exists already.
    """
    if frame.is_empty():
        return
    table = TABLES[name]
    checked = table.validate(frame, lazy=True).select(list(columns_of(table)))
    _refuse_not_finite(name, checked)
    if checked.select(key_of(table)).is_duplicated().any():
        raise ValueError(f"{name}: two rows with one key {key_of(table)}")
    warehouse.connection.register("incoming", checked.to_arrow())
    try:
        if warehouse.value(_known_key_query(name)):
            raise ValueError(f"{name}: a key {key_of(table)} is stored already")
        warehouse.write(f'INSERT INTO "{name}" BY NAME SELECT * FROM incoming')
    finally:
        warehouse.connection.unregister("incoming")


def _known_key_query(name: str) -> str:
    same = " AND ".join(f'i."{column}" IS NOT DISTINCT FROM t."{column}"' for column in key_of(TABLES[name]))
    return f'SELECT count(*) FROM incoming AS i SEMI JOIN "{name}" AS t ON {same}'


def _refuse_not_finite(name: str, frame: pl.DataFrame) -> None:
    for column, dtype in frame.schema.items():
        if dtype == pl.Float64 and not frame[column].drop_nulls().is_finite().all():
            raise ValueError(f"{name}.{column}: NaN or infinity; a number that cannot be is null with a reason")


def conform(frame: pl.DataFrame, table: "type[Table]", *, wider: bool = False, **given: Any) -> pl.DataFrame:
    """Return the frame with exactly the table's columns and types.

    ``given`` are columns that the warehouse itself fills, the same for every row. A nullable column that is absent
    becomes null and a column that the table does not have is an error; with ``wider`` it is the other way round:
    further columns are left out, and absent ones are errors.

    Raises:
        ValueError: names the columns that are absent or too many.
    """
    columns = columns_of(table)
    schema = table.to_schema().columns
    beside = [] if wider else [c for c in frame.columns if c not in columns]
    absent = [c for c in columns if c not in frame.columns and c not in given and (wider or not schema[c].nullable)]
    if absent or beside:
        raise ValueError(f"{table.__name__}: absent {absent}, not in the table {beside}")
    return frame.select(_typed(frame, name, dtype, given) for name, dtype in columns.items())


def _typed(frame: pl.DataFrame, name: str, dtype: Any, given: dict[str, Any]) -> pl.Expr:
    """Return the column in its type where that loses nothing; other types are left for the model to refuse."""
    if name in given or name not in frame.columns:
        return pl.lit(given.get(name), dtype=dtype).alias(name)
    found, column = frame.schema[name], pl.col(name)
    if isinstance(found, pl.Datetime) and found.time_zone:
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    same_kind = (found.is_numeric() and dtype in (pl.Float64, pl.Int64)) or isinstance(found, pl.Datetime)
    return column.cast(dtype) if found == pl.Null or same_kind else column


def newest_event_at(warehouse: Warehouse) -> datetime | None:
    """Return when the newest event was stored: everything that this transaction can see was stored by then."""
    moment: datetime | None = warehouse.value(NEWEST_EVENT_AT)
    return moment


NEWEST_EVENT_AT = "SELECT max(recorded_at) FROM events"
