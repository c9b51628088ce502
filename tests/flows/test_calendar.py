"""When a quarter runs by itself, and which period it is about."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.calendar import period_ended_before, quarterly_cron
from schemas.errors import UserError
from schemas.folder import Plan, load_plan


def test_the_schedule_follows_the_latest_due_day_of_the_plan(plan: Plan, root: Path) -> None:
    """Ten working days: 14, 17 and 14 July … and, after the October holidays, 18 October in 2023."""
    cast = load_plan(root / "data" / "plans" / "cast-2023")
    assert quarterly_cron(cast) == "0 6 19 1,4,7,10 *"
    assert quarterly_cron(plan).endswith(" 1,4,7,10 *")


@pytest.mark.parametrize(
    ("moment", "period"),
    [
        ("2023-04-18T22:00", "2023Q1"),  # 19 April, six in the morning, in Shanghai
        ("2023-03-31T15:59", "2022Q4"),  # still 31 March there
        ("2023-03-31T16:00", "2023Q1"),  # 1 April
        ("2023-07-01T00:00", "2023Q2"),
        ("2024-01-10T00:00", "2023Q4"),
    ],
)
def test_a_scheduled_run_is_about_the_period_that_ended_before(plan: Plan, moment: str, period: str) -> None:
    when = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    if period in plan.file.periods:
        assert str(period_ended_before(plan, when)) == period
    else:
        with pytest.raises(UserError, match=period):
            period_ended_before(plan, when)
