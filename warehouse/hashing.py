"""Hashes that mean the same in every process and version: of a table's content, of a run's inputs, of a chained row."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import polars as pl

NO_HASH = "0" * 64
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _moment(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no canonical JSON for {type(value).__name__}")


_ROWS = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_moment
)  # fmt: skip


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and no spaces; NaN and infinity are errors."""
    return _CANONICAL.encode(value)


def text_hash(*texts: str) -> str:
    """Return the SHA-256 of texts, each with its length before it."""
    digest = hashlib.sha256()
    for text in texts:
        content = text.encode()
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()


def row_hash(*rows: Mapping[str, Any]) -> str:
    """Return the SHA-256 of rows in their order, moments as ISO texts; quick for one row, slow for a table."""
    return text_hash(_ROWS.encode(rows))


def row_hashes(frame: pl.DataFrame, by: str) -> dict[Any, tuple[int, str]]:
    """Return for each value of a column the number of its rows and their ``row_hash``, in the order of the frame.

    The rows' JSON is written by Polars, ten times as fast as row by row; groups with a number or text that it writes
    otherwise than ``canonical_json`` (exponents, escapes) are written row by row.
    """
    names = sorted(frame.columns)
    said = frame.select(
        pl.col(by).alias("by"),
        pl.struct(_said(frame.schema, n) for n in names).struct.json_encode().alias("text"),
        pl.any_horizontal(pl.lit(False), *(_otherwise(frame.schema, n) for n in names)).alias("otherwise"),
    )
    groups = said.group_by("by", maintain_order=True).agg(
        pl.len().alias("rows"), pl.col("text").str.join(","), pl.col("otherwise").any()
    )
    hashes = {}
    for group, rows, text, otherwise in groups.iter_rows():
        if otherwise:
            found = row_hash(*frame.filter(pl.col(by).eq_missing(pl.lit(group))).iter_rows(named=True))
        else:
            found = text_hash(f"[{text}]")
        hashes[group] = (rows, found)
    return hashes


def _said(schema: pl.Schema, name: str) -> pl.Expr:
    """Return the column as ``row_hash`` writes it: moments as ISO texts, without a fraction where that is zero."""
    column = pl.col(name)
    if not isinstance(schema[name], pl.Datetime):
        return column
    whole, fraction = column.dt.strftime("%Y-%m-%dT%H:%M:%S"), column.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
    return pl.when(column.dt.microsecond() == 0).then(whole).otherwise(fraction).alias(name)


def _otherwise(schema: pl.Schema, name: str) -> pl.Expr:
    """Say where Polars may write a value otherwise than Python does."""
    column = pl.col(name)
    if schema[name].is_float():
        size = column.abs()
        return ((size >= 1e15) | ((size < 1e-3) & (size > 0)) | ~column.is_finite()).fill_null(False)
    if schema[name] == pl.String:
        return column.str.contains(r'["\\\x00-\x1f\x7f]').fill_null(False)
    return pl.lit(False) if schema[name] in (pl.Int64, pl.Boolean) or schema[name].is_temporal() else pl.lit(True)


def content_hash(frame: pl.DataFrame, leave_out: Iterable[str] = ()) -> str:
    """Return the SHA-256 of a table's content, whatever the order of its rows and columns.

    Columns are taken by name, rows sorted by all columns (nulls first, texts by their UTF-8 bytes). Each column adds
    its name, its kind, one byte per row for present or null, and its values as bytes: integers and UTC microseconds as
    64-bit integers, numbers as IEEE doubles (-0 as 0), texts as byte lengths and UTF-8; little-endian, null as zero.
    So neither a library's way of printing numbers nor its hash functions matter.
    """
    names = sorted(set(frame.columns) - set(leave_out))
    rows = frame.select(_plain(frame.schema, name) for name in names)
    if telling := [name for name in names if rows[name].n_unique() > 1]:  # a column of one value orders nothing
        rows = rows.sort(telling, nulls_last=False)
    digest = hashlib.sha256(rows.height.to_bytes(8, "little"))
    for name in names:
        digest.update(f"{name}\0{rows.schema[name]}\0".encode())
        for part in _bytes(rows[name]):
            digest.update(part)
    return digest.hexdigest()


def _plain(schema: pl.Schema, name: str) -> pl.Expr:
    """Return the column as String, Int64 or Float64."""
    dtype, column = schema[name], pl.col(name)
    if dtype.is_integer() or dtype == pl.Boolean:
        return column.cast(pl.Int64)
    if dtype.is_float():
        number = column.cast(pl.Float64)
        return pl.when(number == 0).then(0.0).otherwise(number).alias(name)  # Polars leaves -0 as it is on adding 0
    if isinstance(dtype, pl.Datetime):
        return column.dt.epoch("us")
    if dtype in (pl.String, pl.Null):
        return column.cast(pl.String)
    raise TypeError(f"column {name}: no content hash for {dtype}")


def _bytes(column: pl.Series) -> Iterable[bytes]:
    yield column.is_not_null().cast(pl.UInt8).to_numpy().tobytes()
    if column.dtype == pl.String:
        texts = column.fill_null("")
        yield texts.str.len_bytes().cast(pl.Int64).to_numpy().astype("<i8").tobytes()
        yield texts.str.join().item().encode()
    else:
        kind = "<f8" if column.dtype == pl.Float64 else "<i8"
        yield column.fill_null(0).to_numpy().astype(kind).tobytes()
