"""A batch of files after reading: four frames that belong together by ``key``."""

from dataclasses import dataclass
from typing import Any

import polars as pl

SUBMISSION = {
    "key": pl.Int64, "file_name": pl.String, "file_hash": pl.String, "size_bytes": pl.Int64, "modified_at": pl.Datetime("us"),
    "reader": pl.String, "unit_code": pl.String, "period": pl.String, "template_version": pl.String,
    "plan_hash": pl.String, "nil": pl.Boolean, "explanation": pl.String,
}  # fmt: skip
CELL = {
    "key": pl.Int64, "unit_code": pl.String, "indicator_code": pl.String, "period": pl.String, "part": pl.String,
    "value": pl.Float64, "numerator": pl.Float64, "denominator": pl.Float64, "status": pl.String, "self_score": pl.Float64,
    "evidence": pl.String, "note": pl.String, "sheet": pl.String, "cell": pl.String, "raw": pl.String,
    "denominator_cell": pl.String, "evidence_cell": pl.String,
}  # fmt: skip
PROBLEM = {
    "key": pl.Int64, "number": pl.Int64, "code": pl.String, "severity": pl.String, "layer": pl.String, "sheet": pl.String,
    "cell": pl.String, "indicator_code": pl.String, "value": pl.String, "expected": pl.String, "message_zh": pl.String,
    "message_en": pl.String, "part": pl.String, "field": pl.String,
}  # fmt: skip
PERSON = {"key": pl.Int64, "unit_code": pl.String, "role": pl.String, "name": pl.String, "phone": pl.String}


@dataclass(frozen=True)
class Batch:
    """What was read from files. ``key`` numbers the submissions of the batch: one per file, unit and period.

    A unit workbook is one submission; a table of several units is one for each. ``cells`` are measurements, ``problems``
    the problems with, beyond the table's columns, ``part`` and ``field`` (column of the form) for marking.
    """

    submissions: pl.DataFrame
    cells: pl.DataFrame
    problems: pl.DataFrame
    persons: pl.DataFrame

    def of(self, key: int) -> "Batch":
        """Return the part of the batch that belongs to one submission."""
        frames = (self.submissions, self.cells, self.problems, self.persons)
        return Batch(*(f.filter(pl.col("key") == key) for f in frames))


def frame(rows: list[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    """Return rows as a frame with exactly these columns."""
    columns = {name: [row.get(name) for row in rows] for name in schema}
    return pl.DataFrame(columns, schema=schema, strict=True)
