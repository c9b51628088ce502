"""Periods as they are written, and working days."""

from datetime import date

import pytest

from schemas.errors import UserError
from schemas.periods import Period, add_working_days, parse_period, positions_of_year


@pytest.mark.parametrize(
    ("code", "first", "last", "zh", "en", "previous", "last_year"),
    [
        ("2023Q1", "2023-01-01", "2023-03-31", "2023年第一季度", "Q1 2023", "2022Q4", "2022Q1"),
        ("2023Q4", "2023-10-01", "2023-12-31", "2023年第四季度", "Q4 2023", "2023Q3", "2022Q4"),
        ("2023H1", "2023-01-01", "2023-06-30", "2023年上半年", "H1 2023", "2022H2", "2022H1"),
        ("2023H2", "2023-07-01", "2023-12-31", "2023年下半年", "H2 2023", "2023H1", "2022H2"),
        ("2023M07", "2023-07-01", "2023-07-31", "2023年7月", "M7 2023", "2023M06", "2022M07"),
        ("2024M02", "2024-02-01", "2024-02-29", "2024年2月", "M2 2024", "2024M01", "2023M02"),
        ("2023", "2023-01-01", "2023-12-31", "2023年度", "2023", "2022", "2022"),
    ],
)
def test_a_period(code: str, first: str, last: str, zh: str, en: str, previous: str, last_year: str) -> None:
    period = parse_period(code)
    assert str(period) == code
    assert (period.first_day.isoformat(), period.last_day.isoformat()) == (first, last)
    assert (period.title("zh"), period.title("en")) == (zh, en)
    assert (str(period.previous()), str(period.last_year())) == (previous, last_year)


@pytest.mark.parametrize("text", ["", "2023Q5", "2023Q0", "2023H3", "2023M13", "2023M7", "23Q1", "2023q1", "2023 Q1"])
def test_what_is_no_period_is_told_with_examples(text: str) -> None:
    with pytest.raises(UserError, match="2023Q1") as told:
        parse_period(text)
    assert told.value.exit_code == 2


def test_periods_sort_by_their_end_the_longer_last() -> None:
    codes = ["2023", "2023Q4", "2023H1", "2023Q1", "2022", "2023Q2", "2023M06"]
    assert sorted(codes, key=parse_period) == ["2022", "2023Q1", "2023M06", "2023Q2", "2023H1", "2023Q4", "2023"]


def test_a_year_contains_its_quarters_and_no_others() -> None:
    year = parse_period("2023")
    assert [year.contains(parse_period(p)) for p in ("2023Q1", "2023H2", "2022Q4", "2023")] == [True, True, False, True]
    assert not parse_period("2023Q2").contains(parse_period("2023H1"))


def test_positions_are_those_of_one_year_in_order() -> None:
    positions = positions_of_year(["2023Q2", "2022Q4", "2023Q1"], 2023)
    assert positions == [Period(2023, 3, 3), Period(2023, 6, 3)]


@pytest.mark.parametrize(
    ("count", "due"),
    # After Friday 31 March 2023: 5 April was 清明节; Sunday 23 April a make-up working day.
    [
        (0, "2023-03-31"),
        (1, "2023-04-03"),
        (2, "2023-04-04"),
        (3, "2023-04-06"),
        (10, "2023-04-17"),
        (15, "2023-04-23"),
    ],
)
def test_working_days_skip_weekends_and_holidays(count: int, due: str) -> None:
    holidays = {date(2023, 4, 5): "holiday", date(2023, 4, 23): "workday"}
    assert add_working_days(date(2023, 3, 31), count, holidays).isoformat() == due
