"""When a quarter runs by itself, which period a run is about, and moments as they are written."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period, parse_period

HOUR = 6
LAST_SAFE_DAY = 28  # every month has it
YEARS = range(1900, 2200)
"""A moment of another year is a slip, and days are counted one by one up to it."""


def quarterly_cron(plan: Plan) -> str:
    """Return the schedule: at six on the day after reports are due, late enough for every period of the plan.

    Holidays move the due day, a cron line cannot; so the latest day of all the plan's periods is taken.
    """
    periods = _periods(plan)
    months, day = max(_day_after_due(plan, p) for p in periods)
    if day > LAST_SAFE_DAY:
        months, day = months + 1, 1
    when = sorted({(p.last_month - 1 + months) % 12 + 1 for p in periods})
    return f"0 {HOUR} {day} {','.join(map(str, when))} *"


def reminder_crons(plan: Plan) -> list[str]:
    """Return the schedules of reminders: at six, the plan's ``notice_days`` before each period is due."""
    from intake.calendar import due_day

    dues = (due_day(plan, p) for p in _periods(plan))
    days = {d - timedelta(days=plan.file.calendar.notice_days) for d in dues if d}
    return [f"0 {HOUR} {d.day} {d.month} *" for d in sorted(days)]


def period_of(plan: Plan, text: str) -> Period:
    """Return the period that a text names, where the plan has it or a longer one ending with one of its own.

    Raises:
        UserError: the text is no period (exit code 2), or not one of the plan's.
    """
    period = parse_period(text)
    own = [parse_period(p) for p in plan.file.periods]
    if not own or any(period.contains(p) and period.last_day == p.last_day for p in own):
        return period
    raise UserError(
        f"考核方案没有周期 {period}。可用:{'、'.join(plan.file.periods)},以及以其结尾的半年、全年。",
        f"The plan has no period {period}. Known: {', '.join(plan.file.periods)}, and what ends with them.",
    )


def moment(text: str | None, zone: str) -> datetime | None:
    """Return a moment from what was written, in the plan's time zone where it names none.

    Raises:
        UserError: it is no time.
    """
    if text is None:
        return None
    try:
        known = datetime.fromisoformat(text)
        if known.year not in YEARS:
            raise ValueError(text)
    except ValueError:
        raise UserError(
            f"时刻“{text}”不对,请写成 2023-05-01 或 2023-05-01T08:00。",
            f"'{text}' is no time; write 2023-05-01 or 2023-05-01T08:00.",
            exit_code=2,
        ) from None
    return known if known.tzinfo else known.replace(tzinfo=ZoneInfo(zone))


def _periods(plan: Plan) -> list[Period]:
    return [parse_period(p) for p in plan.file.periods] or [parse_period(f"2023Q{n}") for n in range(1, 5)]


def _day_after_due(plan: Plan, period: Period) -> tuple[int, int]:
    """Return how many months after the period's last month, and on which day, everything is in."""
    from intake.calendar import due_day

    due = due_day(plan, period) or period.last_day
    day = due + timedelta(days=1)
    return (day.year - period.year) * 12 + day.month - period.last_month, day.day


def period_ended_before(plan: Plan, moment: datetime) -> Period:
    """Return the period that ended last before a moment, in the plan's time zone.

    Raises:
        UserError: the plan does not have that period.
    """
    day = moment.astimezone(ZoneInfo(plan.file.time_zone)).date()
    months = min(p.months for p in _periods(plan))
    period = _last_ended(day, months)
    if plan.file.periods and str(period) not in plan.file.periods:
        raise UserError(
            f"按计划时间 {day} 应考核 {period},考核方案只有 {'、'.join(plan.file.periods)}。请换当年方案,或给出周期。",
            f"Scheduled on {day}, this run is about {period}, but the plan only has {', '.join(plan.file.periods)}. "
            "Use that year's plan, or name the period.",
        )
    return period


def _last_ended(day: date, months: int) -> Period:
    """Return the last period of that length whose last day lies before a day."""
    here = Period(day.year, -(-day.month // months) * months, months)
    return here.previous()
