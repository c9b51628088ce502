"""A value written into a query is read back as itself, whatever is in it, and never as a part of the query."""

from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.literals import literal, stated

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), TEXTS,
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)),
)  # fmt: skip
CONNECTION = duckdb.connect(":memory:")


def read_back(query: str) -> Any:
    row = CONNECTION.execute(query).fetchone()
    assert row
    return row[0]


@given(VALUES)
def test_a_value_is_read_back_as_itself(value: Any) -> None:
    found = read_back(f"SELECT {literal(value)}")
    assert (found, type(found)) == (value, type(value))


@given(st.lists(TEXTS))
def test_a_list_is_read_back_as_itself(texts: list[str]) -> None:
    assert read_back(f"SELECT {literal(texts)}") == texts


HOSTILE = [
    "'",
    "''",
    "\\",
    "\\'",
    "'; DROP TABLE t; --",
    "$other",
    "$$",
    "/*",
    "--",
    "\0",
    "a\0'b",
    "\n",
    "\u00a0\u2019",
    "名",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_ends_its_quotes(text: str) -> None:
    assert read_back(stated("SELECT $text || $other", {"text": text, "other": "$text"})) == text + "$text"


def test_each_name_gets_its_own_value() -> None:
    assert stated("$period $periods '$.to' $a_b", {"period": 1, "periods": [2], "a_b": None}) == "1 [2] '$.to' NULL"


@pytest.mark.parametrize("value", [date(2023, 1, 1), b"x", {"a": 1}, object()])
def test_another_kind_of_value_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=type(value).__name__):
        literal(value)


def test_a_parameter_that_is_not_given_is_refused() -> None:
    with pytest.raises(KeyError, match="period"):
        stated("SELECT $period", {})
