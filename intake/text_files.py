"""CSV, JSON and Parquet as a table of plain values, like a sheet. Runs in the child process."""

import csv
import io
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from intake.guards import Limits, Refused

Sheet = dict[str, Any]
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?\s*', re.IGNORECASE)
_END = "end of the table"


def _sheet(rows: list[list[Any]]) -> Sheet:
    return {"name": "", "rows": rows, "formulas": [], "percents": []}


def read_csv(content: bytes, suffix: str, limits: Limits) -> tuple[Sheet, list[str]]:
    """Read CSV (comma, semicolon or tab) in UTF-8 with or without BOM, UTF-16 with BOM, or GB18030.

    Returns the table and the codes of repairs.

    Raises:
        Refused: where it is no text, or not a table.
    """
    text, repairs = _decoded(content)
    if suffix not in (".csv", ".txt", ".tsv") and not _looks_like_table(text):
        raise Refused("foreign_file", suffix or "text")
    lines = list(io.StringIO(text, newline=""))
    delimiter = _delimiter(lines)
    _check_quotes(lines, delimiter)
    rows: list[list[Any]] = []
    for row in csv.reader(lines, delimiter=delimiter):
        rows.append([cell[: limits.text].strip() or None for cell in row])
        if len(rows) > limits.rows:
            raise Refused("too_many_cells", f"> {limits.rows} rows")
    if not any(any(row) for row in rows):
        raise Refused("empty_file")
    return _sheet(rows), repairs


def _delimiter(lines: list[str]) -> str:
    """Return what stands between cells; Excel's own first line ``sep=;`` is taken away."""
    told = _SEPARATOR_LINE.fullmatch(lines[0]) if lines else None
    if told:
        del lines[0]
        return told[1]
    first = [line for line in lines[:20] if line.strip(" ,;\t|\r\n")][:3]  # a title may stand above the headings
    return max(",;\t|", key=lambda d: max((line.count(d) for line in first), default=0))


def _check_quotes(lines: list[str], delimiter: str) -> None:
    """Refuse a table in which a quotation mark without its second one makes one cell of several lines.

    Raises:
        Refused: with the line in which it stands.
    """
    last = [f"{lines[-1]}\n"] if lines and not lines[-1].endswith(("\n", "\r")) else lines[-1:]
    closed = [*lines[:-1], *last, _END]
    reader, start = csv.reader(closed, delimiter=delimiter), 0
    for row in reader:
        if reader.line_num > len(lines) and row != [_END]:
            raise Refused("quote_open", str(start + 1))
        if reader.line_num > start + 1:
            try:
                list(csv.reader(lines[start : reader.line_num], delimiter=delimiter, strict=True))
            except csv.Error:
                raise Refused("quote_open", str(start + 1)) from None
        start = reader.line_num


def _decoded(content: bytes) -> tuple[str, list[str]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16"), ["text_encoding"]
    if b"\0" in content:
        raise Refused("foreign_file", "PDF" if content.startswith(b"%PDF") else "binary")
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("gb18030"), ["text_encoding"]
    except UnicodeDecodeError:
        raise Refused("unreadable_file", "neither UTF-8 nor GB18030") from None


def _looks_like_table(text: str) -> bool:
    lines = text[:4000].splitlines()[:3]
    return len(lines) > 1 and all("," in line or "\t" in line for line in lines)


def read_json(content: bytes, limits: Limits) -> Sheet:
    """Read a list of records, an object with such a list as its only list, or one record on each line.

    Raises:
        Refused: where it is something else.
    """
    try:
        data = _json(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refused("unreadable_file", f"JSON: {error}"[:200]) from None
    if isinstance(data, dict):
        lists = [v for v in data.values() if isinstance(v, list)]
        shared = {k: v for k, v in data.items() if isinstance(v, str | int | float)}
        data = [{**shared, **r} for r in lists[0] if isinstance(r, dict)] if len(lists) == 1 else None
    if not isinstance(data, list) or not data or not all(isinstance(r, dict) for r in data):
        raise Refused("foreign_file", "JSON")
    if len(data) > limits.rows:
        raise Refused("too_many_cells", f"{len(data)} records")
    names = list(dict.fromkeys(str(k) for r in data for k in r))
    return _sheet([names, *([_scalar(r.get(n), limits) for n in names] for r in data)])


def _json(text: str) -> Any:
    """Return what a text of JSON says; of two values under one key, none is meant for certain.

    Raises:
        ValueError: where it is none, or a key stands twice in a record.
    """
    try:
        return json.loads(text, object_pairs_hook=_record)
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if error.msg != "Extra data" or len(lines) < 2:
            raise
        return [json.loads(line, object_pairs_hook=_record) for line in lines]


def _record(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"'{next(name for name in names if names.count(name) > 1)}' twice")
    return record


def _scalar(value: Any, limits: Limits) -> Any:
    if isinstance(value, str):
        return value[: limits.text].strip() or None
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or isinstance(value, bool | int | float) else str(value)[:200]


def read_parquet(path: Path, limits: Limits) -> Sheet:
    """Read a Parquet file; its row count is looked at first.

    Raises:
        Refused: where it is too large.
    """
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    facts = file.metadata
    if facts.num_rows * max(1, facts.num_columns) > limits.cells or facts.num_rows > limits.rows:
        raise Refused("too_many_cells", f"{facts.num_rows} × {facts.num_columns}")
    table = file.read(use_threads=False)
    columns = [_plain_column(table.column(n)) for n in range(table.num_columns)]
    rows = [[_scalar(v, limits) for v in row] for row in zip(*columns, strict=True)]
    return _sheet([list(table.column_names), *rows])


def _plain_column(column: Any) -> list[Any]:
    """Return a column's values; a short float is the number that it was written for: 95.1, not 95.0999984741211."""
    import pyarrow as pa

    if not (pa.types.is_float32(column.type) or pa.types.is_float16(column.type)):
        return list(column.to_pylist())
    return [None if text is None else float(text) for text in column.cast(pa.string()).to_pylist()]
