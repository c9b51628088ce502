"""The contract of the tables: every column has a meaning and a type, every key exists, empty tables are valid."""

import pytest

from schemas.reasons import REASONS, reason_text
from schemas.tables import SUBMISSION_STATES, TABLES, Submissions, columns_of, empty, key_of


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_what_it_holds(name: str) -> None:
    table = TABLES[name]
    columns = table.to_schema().columns
    assert table.__doc__
    assert all(column.description for column in columns.values())
    assert set(key_of(table)) <= set(columns)
    table.validate(empty(table))


def test_states_are_limited_to_their_words() -> None:
    assert "returned" in SUBMISSION_STATES
    check = Submissions.to_schema().columns["state"].checks[0]
    assert set(check.statistics["allowed_values"]) == set(SUBMISSION_STATES)


def test_columns_keep_the_order_of_the_model() -> None:
    assert list(columns_of(Submissions))[:3] == ["submission_id", "unit_code", "period"]


def test_every_reason_has_a_text_in_both_languages() -> None:
    assert all(zh and en for zh, en in REASONS.values())
    assert reason_text("gap", "zh").startswith("以前季度缺报")
    assert reason_text(None, "en") == ""
