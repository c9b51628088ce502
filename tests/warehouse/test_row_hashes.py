"""The hashes of many rows at once are those of the rows one by one."""

from datetime import datetime

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.hashing import row_hash, row_hashes

SCHEMA = {"id": pl.String, "value": pl.Float64, "note": pl.String, "count": pl.Int64, "at": pl.Datetime("us")}
numbers = st.one_of(
    st.none(), st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**6), 10**6).map(float),
    st.floats(-1e6, 1e6), st.decimals(0, 1000, places=3).map(float),
)  # fmt: skip
texts = st.one_of(
    st.none(), st.text(max_size=8), st.sampled_from(["", 'a"b', "a\\b", "\n", "\x7f", "\x00", "考核", "/", "<&>"])
)
moments = st.one_of(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)), st.just(datetime(2023, 4, 1)))
rows = st.tuples(st.sampled_from("abc"), numbers, texts, st.one_of(st.none(), st.integers(-(2**62), 2**62)), moments)


@settings(max_examples=200)
@given(st.lists(rows, min_size=1, max_size=6))
def test_many_at_once_are_the_same_as_one_by_one(table: list[tuple[object, ...]]) -> None:
    frame = pl.DataFrame(table, schema=SCHEMA, orient="row")
    each = {
        name: (part.height, row_hash(*part.iter_rows(named=True)))
        for (name,), part in frame.group_by("id", maintain_order=True)
    }
    assert row_hashes(frame, "id") == each


def test_plain_rows_take_the_short_way(monkeypatch: object) -> None:
    frame = pl.DataFrame([("a", 1.5, "考核", 3, datetime(2023, 4, 1, 9))], schema=SCHEMA, orient="row")
    expected = row_hash(*frame.iter_rows(named=True))
    monkeypatch.setattr("warehouse.hashing.row_hash", None)  # type: ignore[attr-defined]
    assert row_hashes(frame, "id") == {"a": (1, expected)}


def test_no_rows_have_no_hashes() -> None:
    assert row_hashes(pl.DataFrame(schema=SCHEMA), "id") == {}
