"""A batch of files after reading: four frames that belong together by ``key``."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from schemas.tables import Measurements, Persons, Problems, Submissions, Table, columns_of

_LATER = ("submission_id", "recorded_at")  # given when the batch is stored


def _as_read(table: type[Table], *left_out: str) -> dict[str, Any]:
    """Return the table's columns without those that are known only when it is stored, and with ``key``."""
    columns = columns_of(table)
    return {"key": pl.Int64, **{name: columns[name] for name in columns if name not in (*_LATER, *left_out)}}


SUBMISSION = {
    **_as_read(Submissions, "revision", "state", "late_days", "reason", "received_at"),
    "modified_at": pl.Datetime("us"), "nil": pl.Boolean, "explanation": pl.String,
}  # fmt: skip
CELL = {**_as_read(Measurements), "denominator_cell": pl.String, "evidence_cell": pl.String}
PROBLEM = {**_as_read(Problems), "part": pl.String, "field": pl.String}
PERSON = _as_read(Persons)


@dataclass(frozen=True)
class Batch:
    """What was read from files. ``key`` numbers the submissions of the batch: one per file, unit and period.

    A unit workbook is one submission; a table of several units is one for each. ``cells`` are measurements;
    ``problems`` have, beyond the table's columns, ``part`` and ``field`` (column of the form) for marking.
    """

    submissions: pl.DataFrame
    cells: pl.DataFrame
    problems: pl.DataFrame
    persons: pl.DataFrame

    def of(self, *keys: int) -> "Batch":
        """Return the part of the batch that belongs to these submissions."""
        frames = (self.submissions, self.cells, self.problems, self.persons)
        return Batch(*(f.filter(pl.col("key").is_in(keys)) for f in frames))


def frame(rows: list[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    """Return rows as a frame with exactly these columns."""
    return columns_frame({name: [row.get(name) for row in rows] for name in schema}, schema)


def columns_frame(columns: dict[str, list[Any]], schema: dict[str, Any]) -> pl.DataFrame:
    """Return columns of plain values as a frame with exactly these columns."""
    return pl.DataFrame({name: columns[name] for name in schema}, schema=schema, strict=True)


def key_expr(text: pl.Expr) -> pl.Expr:
    """Return texts for comparison, as ``intake.numbers.key_text`` does one by one."""
    return text.str.normalize("NFKC").str.replace_all(r"[\s\u200b\ufeff]+", "").str.to_lowercase()
