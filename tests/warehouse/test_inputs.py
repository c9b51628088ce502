"""What a scoring may use: the submissions, items, verdicts and adjustments that count, as of any moment."""

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import UserError
from tests.warehouse.tables import OFFICE, cells, items, send, shown, writing
from warehouse import (
    Warehouse,
    add_adjustments,
    add_items,
    add_verifications,
    content_hash,
    now,
    read_warehouse,
    scoring_inputs,
    set_state,
)
from warehouse.inputs import ScoringInputs

SENT = """
    unit  | period | file | state    | late | T07-1 | T09-1
    HB-WH | 2023Q1 | a    | accepted | 0    | 22    | 90
    HB-JZ | 2023Q1 | b    | returned | 0    | 1     |
    HB-YC | 2023Q1 | c    | nil      | 2    |       |
    HB-WH | 2023Q2 | d    | accepted | 0    | 40    |
"""
ITEMS = """
    item_id | unit_code | indicator_code | period | kind    | count
    i1      | HB-WH     | T22-1          | 2023Q1 | central | 2
    i2      | HB-WH     | T22-1          | 2023Q1 | local   | 1
"""


def same(one: ScoringInputs, other: ScoringInputs) -> bool:
    frames = ("measurements", "items", "verifications", "adjustments", "submissions", "used")
    return one.hashes == other.hashes and all(getattr(one, f).equals(getattr(other, f)) for f in frames)


def test_only_the_submissions_that_count_give_measurements(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, SENT)
        found = scoring_inputs(warehouse, ["2023Q1"])
        assert shown(found.submissions, "unit_code", "period", "state", "late_days") == cells("""
            unit_code | period | state    | late_days
            HB-WH     | 2023Q1 | accepted | 0
            HB-YC     | 2023Q1 | nil      | 2
        """)
        assert shown(found.measurements, "unit_code", "indicator_code", "value", "submission_id", "cell") == cells("""
            unit_code | indicator_code | value | submission_id  | cell
            HB-WH     | T07-1          | 22    | HB-WH/2023Q1/1 | G10
            HB-WH     | T09-1          | 90    | HB-WH/2023Q1/1 | G11
        """)
        assert scoring_inputs(warehouse, ["2023Q1", "2023Q2"]).measurements.height == 3
        assert scoring_inputs(warehouse, []).measurements.is_empty()


def test_the_newest_row_of_an_item_counts_and_a_withdrawn_one_does_not(path: Path) -> None:
    with writing(path) as warehouse:
        assert add_items(warehouse, items(ITEMS), actor=OFFICE) == 2
        assert add_items(warehouse, items(ITEMS), actor=OFFICE) == 0
        corrected = items("""
            item_id | unit_code | indicator_code | period | kind    | count | state
            i1      | HB-WH     | T22-1          | 2023Q1 | central | 3     | valid
            i2      | HB-WH     | T22-1          | 2023Q1 | local   | 1     | withdrawn
        """)
        assert add_items(warehouse, corrected, actor=OFFICE, reason="重复登记") == 2
        assert shown(scoring_inputs(warehouse, ["2023Q1"]).items, "item_id", "count") == [["i1", "3"]]


def test_the_newest_verdict_on_a_measurement_counts(path: Path) -> None:
    def verdict(word: str, value: str, reason: str) -> pl.DataFrame:
        return items(f"""
            unit_code | indicator_code | period | verdict | value   | reason
            HB-WH     | T07-1          | 2023Q1 | {word}  | {value} | {reason}
        """)

    with writing(path) as warehouse:
        assert add_verifications(warehouse, verdict("accepted", "", "抽查"), actor="review") == 1
        assert add_verifications(warehouse, verdict("adjusted", "20", "两人重复"), actor="review") == 1
        assert add_verifications(warehouse, verdict("adjusted", "20", "两人重复"), actor="review") == 0
        assert shown(scoring_inputs(warehouse, ["2023Q1"]).verifications, "verdict", "value") == [["adjusted", "20"]]
        assert add_verifications(warehouse, verdict("accepted", "", "抽查"), actor="review") == 1
        assert shown(scoring_inputs(warehouse, ["2023Q1"]).verifications, "verdict", "value") == [["accepted", ""]]
        with pytest.raises(UserError, match="没有理由"):
            add_verifications(warehouse, verdict("refused", "", ""), actor="review")
        with pytest.raises(UserError, match="没有核定值"):
            add_verifications(warehouse, verdict("adjusted", "", "重复"), actor="review")


def test_an_adjustment_can_be_corrected_and_withdrawn_and_needs_a_reason(path: Path) -> None:
    def bonus(value: str, state: str, reason: str = "获全国表彰") -> pl.DataFrame:
        return items(f"""
            adjustment_id | unit_code | period | kind  | value   | state   | reason
            a1            | HB-WH     | 2023Q1 | bonus | {value} | {state} | {reason}
        """)

    with writing(path) as warehouse:
        for value, state, counts in (("2", "valid", [["2"]]), ("3", "valid", [["3"]]), ("3", "withdrawn", [])):
            assert add_adjustments(warehouse, bonus(value, state), actor=OFFICE) == 1
            assert shown(scoring_inputs(warehouse, ["2023Q1"]).adjustments, "value") == counts
        with pytest.raises(UserError, match="a1"):
            add_adjustments(warehouse, bonus("1", "valid", ""), actor=OFFICE)


def test_what_was_known_at_each_moment_is_read_again_exactly(path: Path) -> None:
    known = []
    bonus = items("""
        adjustment_id | unit_code | period | kind  | value | reason
        a1            | HB-WH     | 2023Q1 | bonus | 2     | 获全国表彰
    """)
    steps: tuple[Callable[[Warehouse], object], ...] = (
        lambda w: send(w, SENT),
        lambda w: add_items(w, items(ITEMS), actor=OFFICE),
        lambda w: send(w, "unit|period|file|state|T07-1\nHB-WH|2023Q1|e|accepted|23"),
        lambda w: set_state(w, "HB-YC/2023Q1/1", "excluded", "非本单位", OFFICE),
        lambda w: add_adjustments(w, bonus, actor=OFFICE),
        lambda w: send(w, "unit|period|file|state|T07-1\nHB-JZ|2023Q1|f|accepted|7"),
    )
    for step in steps:
        with writing(path) as warehouse:
            step(warehouse)
        with read_warehouse(path) as warehouse:
            known.append((scoring_inputs(warehouse, ["2023Q1"]), now()))
    with read_warehouse(path) as warehouse:
        for then, clock in known:
            assert then.as_of_at is not None
            assert same(scoring_inputs(warehouse, ["2023Q1"], as_of=then.as_of_at), then)
            assert same(scoring_inputs(warehouse, ["2023Q1"], as_of=clock), then)
    assert len({tuple(then.hashes.values()) for then, _ in known}) == len(steps)


def test_a_writer_that_began_before_a_read_is_not_in_that_reads_moment(path: Path) -> None:
    """Rows stored later carry a later time than the newest event a reader saw, though the writer began earlier."""
    with writing(path) as warehouse:
        send(warehouse, SENT)
    with writing(path) as writer:
        send(writer, "unit|period|file|state|T07-1\nHB-JZ|2023Q1|f|accepted|7")
        with read_warehouse(path) as reader:
            seen = scoring_inputs(reader, ["2023Q1"])
    with read_warehouse(path) as reader:
        assert same(scoring_inputs(reader, ["2023Q1"], as_of=seen.as_of_at), seen)
        assert not same(scoring_inputs(reader, ["2023Q1"]), seen)


def test_cells_and_remarks_do_not_change_the_hash_but_days_late_do(path: Path, tmp_path: Path) -> None:
    def hash_of(name: str, table: str) -> str:
        with writing(tmp_path / name) as warehouse:
            send(warehouse, table)
            return scoring_inputs(warehouse, ["2023Q1"]).hashes["measurements"]

    first = hash_of("one", "unit|period|file|state|late|T07-1\nHB-WH|2023Q1|a|accepted|0|22")
    moved = hash_of("two", "unit|T07-1|period|file|state|late\nHB-WH|22|2023Q1|b|accepted|0")
    late = hash_of("three", "unit|period|file|state|late|T07-1\nHB-WH|2023Q1|a|accepted|4|22")
    assert first == moved != late


def test_the_content_hash_is_what_its_description_says() -> None:
    frame = pl.DataFrame({"unit": ["武", "a", None], "value": [1.5, -0.0, None]})
    expected = hashlib.sha256(
        struct.pack("<q", 3)
        + b"unit\0String\0" + bytes([0, 1, 1]) + struct.pack("<3q", 0, 1, 3) + "a武".encode()
        + b"value\0Float64\0" + bytes([0, 1, 1]) + struct.pack("<3d", 0, 0.0, 1.5)
    ).hexdigest()  # fmt: skip
    assert content_hash(frame) == expected


ROWS = st.lists(
    st.tuples(
        st.none() | st.text(max_size=3), st.none() | st.floats(allow_nan=False), st.none() | st.integers(-9, 9)
    ), min_size=1, max_size=6,
)  # fmt: skip


@given(rows=ROWS, other=ROWS, random=st.randoms())
def test_the_content_hash_sees_every_change_and_no_order(rows: list, other: list, random) -> None:
    schema = {"text": pl.String, "number": pl.Float64, "count": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    shuffled = pl.DataFrame(random.sample(rows, len(rows)), schema=schema, orient="row").select(
        "count", "text", "number"
    )
    assert content_hash(frame) == content_hash(shuffled)
    different = pl.DataFrame(other, schema=schema, orient="row")
    key = lambda values: sorted(values, key=repr)  # noqa: E731
    plain = [[(t, n if n is None else n + 0.0, c) for t, n, c in r] for r in (rows, other)]
    assert (content_hash(frame) == content_hash(different)) == (key(plain[0]) == key(plain[1]))
