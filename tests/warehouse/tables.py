"""Text tables in, text tables out: what an office sends, and how the warehouse shows it."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import polars as pl

from schemas.tables import Measurements, Persons, Problems, Submissions, columns_of
from warehouse import Warehouse, add_submissions, open_warehouse, read_warehouse, row_counts

OFFICE = "office"
RECEIVED = pl.lit("2023-04-10 09:00:00").str.to_datetime(time_unit="us")
NOT_INDICATORS = ("unit", "period", "file", "state", "late", "person")


def read(table: str) -> list[dict[str, str]]:
    """Cut a text table at its bars; the first line names the columns."""
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines() if line.strip()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def shown(frame: pl.DataFrame, *columns: str) -> list[list[str]]:
    """Return a frame's columns as texts, blank for null, whole numbers without a point."""
    return [["" if v is None else f"{v:g}" if isinstance(v, float) else str(v) for v in row]
            for row in frame.select(columns).iter_rows()]  # fmt: skip


def cells(table: str) -> list[list[str]]:
    """Return a text table's rows without its heading, to compare with ``shown``."""
    return [list(row.values()) for row in read(table)]


def send(warehouse: Warehouse, table: str, actor: str = OFFICE) -> dict[int, str]:
    """Store submissions: unit | period | file | state, optionally late and person, and a column per indicator.

    ``file`` stands for the file's bytes: the same word is the same file.
    """
    return add_submissions(warehouse, *batch(read(table)), actor=actor)


def batch(rows: list[dict[str, str]]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    received, measured, wrong, signed = [], [], [], []
    for key, row in enumerate(rows):
        unit, period = row["unit"] or None, row["period"] or None
        about = {"key": key, "unit_code": unit}
        received.append({
            **about, "period": period, "state": row["state"], "reader": "workbook", "file_name": f"{row['file']}.xlsx",
            "file_hash": row["file"], "size_bytes": 1, "late_days": int(row.get("late") or 0),
        })  # fmt: skip
        measured += [
            {**about, "period": period, "indicator_code": code, "part": "", "value": float(text), "status": "reported",
             "sheet": "填报表", "cell": f"G{n}"}
            for n, (code, text) in enumerate(row.items(), 5) if code not in NOT_INDICATORS and text
        ]  # fmt: skip
        if row["state"] == "returned":
            wrong.append({"key": key, "number": 1, "code": "number_expected", "severity": "error", "layer": "row",
                          "message_zh": "不是数字", "message_en": "not a number"})  # fmt: skip
        if row.get("person"):
            signed.append({**about, "role": "reporter", "name": row["person"], "phone": "13800000000"})
    return (
        _whole(received, Submissions).with_columns(received_at=RECEIVED),
        _whole(measured, Measurements), _whole(wrong, Problems), _whole(signed, Persons),
    )  # fmt: skip


def _whole(rows: list[dict[str, Any]], table: Any) -> pl.DataFrame:
    schema = {n: t for n, t in columns_of(table).items() if n not in ("submission_id", "revision", "recorded_at")}
    return pl.DataFrame(rows, schema={"key": pl.Int64, **schema})


def items(table: str) -> pl.DataFrame:
    """Return a text table as a frame: columns of numbers as numbers, blanks as null."""
    rows = [
        {k: (float(v) if k in ("count", "value") and v else v or None) for k, v in row.items()} for row in read(table)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def writing(path: Path) -> AbstractContextManager[Warehouse]:
    return open_warehouse(path, wait_seconds=5)


def count_rows(path: Path) -> dict[str, int]:
    with read_warehouse(path) as warehouse:
        return row_counts(warehouse)
