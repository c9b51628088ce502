"""Tables of a plan: read as text, headings and numbers checked, every problem with its line."""

import csv
import difflib
import io
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from schemas.errors import PlanProblem

TEXT, NUMBER = pl.String, pl.Float64
PLAN_TABLES: dict[str, dict[str, Any]] = {
    "units.csv": {
        "unit_code": TEXT, "name": TEXT, "class_code": TEXT, "name_en": TEXT, "parent_code": TEXT, "aliases": TEXT,
        "valid_from": TEXT, "valid_to": TEXT, "successor_code": TEXT, "note": TEXT,
    },
    "targets.csv": {
        "indicator_code": TEXT, "name": TEXT, "value": NUMBER, "unit_code": TEXT, "class_code": TEXT, "period": TEXT,
        "note": TEXT,
    },
    "assignments.csv": {
        "indicator_code": TEXT, "unit_code": TEXT, "role": TEXT, "period": TEXT, "state": TEXT, "note": TEXT,
    },
    "holidays.csv": {"date": TEXT, "kind": TEXT, "name": TEXT},
    "bodies.csv": {"body": TEXT, "target_kind": TEXT, "target_code": TEXT, "note": TEXT},
}  # fmt: skip
REQUIRED = {
    "units.csv": ["unit_code", "name", "class_code"],
    "targets.csv": ["indicator_code", "name", "value"],
    "assignments.csv": ["indicator_code", "unit_code"],
    "holidays.csv": ["date", "kind"],
    "bodies.csv": ["body", "target_kind", "target_code"],
}


def read_table(path: Path, problems: list[PlanProblem], table: str | None = None) -> pl.DataFrame:
    """Read one of the plan's tables; empty cells are null; a missing file is an empty table.

    ``table`` names the entry of ``PLAN_TABLES`` where the file has another name.
    """
    name = table or path.name
    nothing = pl.DataFrame(schema={**PLAN_TABLES[name], "line": pl.Int64})
    if not path.is_file():
        return nothing
    if not path.read_bytes().removeprefix(b"\xef\xbb\xbf").strip():
        zh, en = (
            f"文件是空的;第一行应为列名:{'、'.join(REQUIRED[name])}。",
            "is empty; its first line names the columns: ",
        )
        problems.append(PlanProblem("no_csv", path.name, None, zh, f"{en}{', '.join(REQUIRED[name])}."))
        return nothing
    try:
        raw = pl.read_csv(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), infer_schema=False, encoding="utf8")
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        if line := next(iter(uneven_lines(path.read_bytes())[1]), None):
            zh = "格数多于表头。请删去多余的逗号,或给含逗号的内容加引号。"
            en = "more cells than the heading. Remove the comma, or put quotes around a text that contains one."
            problems.append(PlanProblem("row_too_long", path.name, line, zh, en))
            return nothing
        why = str(error).splitlines()[0]
        zh, en = f"不是有效的 UTF-8 CSV 文件({why}),请另存。", f"is no valid UTF-8 CSV file ({why}); save it again."
        problems.append(PlanProblem("no_csv", path.name, None, zh, en))
        return nothing
    frame = table_from(raw, name, PLAN_TABLES[name], REQUIRED[name], problems)
    return nothing if frame is None else frame


def uneven_lines(content: bytes) -> tuple[list[int], list[int]]:
    """Return the lines with fewer, and those with more cells than the heading; blank lines and bad text are neither."""
    short: list[int] = []
    long: list[int] = []
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"), newline=""))
    with suppress(csv.Error):  # what stands before a line that cannot be read is compared
        width = len(next(rows, []))
        for row in rows:
            if row and len(row) != width:
                (short if len(row) < width else long).append(rows.line_num)
    return short, long


def table_from(
    raw: pl.DataFrame, file: str, wanted: dict[str, Any], required: list[str], problems: list[PlanProblem]
) -> pl.DataFrame | None:
    """Check headings and numbers of a table read as text; add missing optional columns and ``line`` (2 = first row).

    Returns None where a required column is missing; every problem found is appended to ``problems``.
    """
    raw = raw.rename({c: c.strip() for c in raw.columns})
    attributes = [c for c in raw.columns if c not in wanted] if file == "units.csv" else []
    problems += _unknown_columns(raw.columns, file, list(wanted), attributes)
    absent = [c for c in required if c not in raw.columns]
    if absent:
        zh, en = f"缺少列:{'、'.join(absent)}。", f"missing columns: {', '.join(absent)}."
        problems.append(PlanProblem("column_missing", file, 1, zh, en))
        return None
    kept = [c for c in raw.columns if c in wanted or c in attributes]
    frame = raw.select(pl.col(c).cast(pl.String).str.strip_chars().replace("", None).alias(c) for c in kept)
    frame = frame.with_columns(line=pl.int_range(2, pl.len() + 2, dtype=pl.Int64))
    frame = frame.filter(~pl.all_horizontal(pl.col(c).is_null() for c in kept))
    for column, dtype in wanted.items():
        if column not in frame.columns:
            frame = frame.with_columns(pl.lit(None, dtype=dtype).alias(column))
        elif dtype == NUMBER:
            frame = _numbers(frame, column, file, problems)
    for column in required:
        for row in frame.filter(pl.col(column).is_null()).iter_rows(named=True):
            if not any(p.file == file and p.line == row["line"] and p.code == "number_expected" for p in problems):
                zh, en = f"列 {column} 为空,请填写。", f"column {column} is empty; fill it in."
                problems.append(PlanProblem("cell_empty", file, row["line"], zh, en, column=column))
    return frame.select(*wanted, *attributes, "line")


def _unknown_columns(columns: list[str], file: str, wanted: list[str], attributes: list[str]) -> list[PlanProblem]:
    """Refuse columns that the table does not have; units may carry attributes, for ``within: <column>``."""
    found = []
    for column in columns:
        near = difflib.get_close_matches(column, wanted, n=1, cutoff=0.75 if attributes else 0.6)
        if column in wanted or (column in attributes and (not near or near[0] in columns)):
            continue
        zh = f"不认识的列“{column}”。" + (f"是否想写“{near[0]}”?" if near else "可用:" + "、".join(wanted) + "。")
        hint = f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(wanted)}."
        found.append(PlanProblem("unknown_column", file, 1, zh, f"unknown column '{column}'. {hint}"))
    return found


def _numbers(frame: pl.DataFrame, column: str, file: str, problems: list[PlanProblem]) -> pl.DataFrame:
    """Convert a column to numbers; what is none becomes null and a problem."""
    number = pl.col(column).cast(NUMBER, strict=False)
    bad = frame.filter(pl.col(column).is_not_null() & (number.is_null() | ~number.is_finite()))
    for row in bad.iter_rows(named=True):
        zh = f"列 {column} 的“{row[column]}”不是数字,请填写数字。"
        en = f"'{row[column]}' in column {column} is not a number; write one."
        problems.append(PlanProblem("number_expected", file, row["line"], zh, en, column=column))
    return frame.with_columns(number)


def read_holidays(path: Path, problems: list[PlanProblem]) -> dict[date, str]:
    """Read holidays and make-up working days: date -> ``holiday`` or ``workday``."""
    days: dict[date, str] = {}
    for row in read_table(path, problems, "holidays.csv").drop_nulls(["date", "kind"]).iter_rows(named=True):
        line = row["line"]
        try:
            day = date.fromisoformat(row["date"])
        except ValueError:
            zh, en = f"“{row['date']}”不是日期,请写成 2023-04-05。", f"'{row['date']}' is no date; write 2023-04-05."
            problems.append(PlanProblem("bad_date", path.name, line, zh, en))
            continue
        if row["kind"] not in ("holiday", "workday"):
            zh, en = "kind 只能是 holiday 或 workday。", "kind must be holiday or workday."
            problems.append(PlanProblem("bad_value", path.name, line, zh, en))
        elif days.setdefault(day, row["kind"]) != row["kind"]:
            zh = f"{day} 既是 holiday 又是 workday,请只留一行。"
            en = f"{day} is both holiday and workday; keep one row."
            problems.append(PlanProblem("holiday_twice", path.name, line, zh, en))
    return days
