"""When a period's reports are due and when intake closes, by the plan's calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.folder import Plan
from schemas.periods import Period, add_working_days
from schemas.plan import DueRule


def due_day(plan: Plan, period: Period) -> date | None:
    """Return the last day on which a report is in time; None where the plan sets none."""
    return _day(plan.file.calendar.due, plan, period)


def close_day(plan: Plan, period: Period) -> date | None:
    """Return the last day on which a report is taken without an administrator's leave."""
    return _day(plan.file.calendar.close, plan, period)


def _day(rule: DueRule, plan: Plan, period: Period) -> date | None:
    if rule.working_days_after_period is not None:
        return add_working_days(period.last_day, rule.working_days_after_period, plan.holidays)
    if rule.days_after_period is not None:
        return period.last_day + timedelta(days=rule.days_after_period)
    return None


def local_day(plan: Plan, moment: datetime) -> date:
    """Return the calendar day of a moment in the plan's time zone; a moment without zone is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(ZoneInfo(plan.file.time_zone)).date()


def late_days(plan: Plan, period: Period, moment: datetime) -> int:
    """Return the days after the due day, 0 where in time."""
    return days_after(due_day(plan, period), local_day(plan, moment))


def days_after(due: date | None, day: date) -> int:
    """Return how many days a day lies after the due day; 0 where in time, or where none is due."""
    return max(0, (day - due).days) if due else 0
