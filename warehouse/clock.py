"""The moment a row is stored: UTC without zone, in microseconds, never the same twice."""

from datetime import UTC, datetime, timedelta
from threading import Lock

FOREVER = datetime(9999, 12, 31)
_guard = Lock()
_last = datetime.min


def wall_clock() -> datetime:
    """Return the machine's time, UTC without zone; tests that play a year put another clock here."""
    return datetime.now(UTC).replace(tzinfo=None)


def now() -> datetime:
    """Return the moment, UTC without zone; strictly later than the one returned before in this process."""
    global _last
    with _guard:
        moment = wall_clock()
        _last = max(moment, _last + timedelta(microseconds=1)) if _last > datetime.min else moment
        return _last


def not_before(moment: datetime) -> None:
    """Let every later ``now()`` lie after ``moment``.

    The writer calls it with the time of the newest event, so that the order of storing holds across processes, also
    where a machine's clock was set back.
    """
    global _last
    with _guard:
        _last = max(_last, moment)


def until(as_of: datetime | None) -> datetime:
    """Return the last moment that an as-of read sees: ``as_of`` in UTC without zone; everything for None."""
    if as_of is None:
        return FOREVER
    return as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
