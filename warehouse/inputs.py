"""What a scoring may use: everything recorded that counts, as of a moment, with the hashes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from warehouse.clock import until
from warehouse.hashing import content_hash, text_hash
from warehouse.office import MEASURED, newest_query
from warehouse.session import Warehouse, newest_event_at
from warehouse.submissions import COUNTING, PUNCTUAL

COUNTING_SUBMISSIONS = f"""
SELECT submission_id, unit_code, period, revision, state, days_late AS late_days, received_at, recorded_at
FROM ({PUNCTUAL})
WHERE list_contains($counting, state) AND unit_code IS NOT NULL AND list_contains($periods, period)
QUALIFY row_number() OVER (PARTITION BY unit_code, period ORDER BY revision DESC) = 1
ORDER BY period, unit_code
"""
COUNTING_MEASUREMENTS = """
SELECT m.* FROM measurements AS m SEMI JOIN counting AS c USING (submission_id)
ORDER BY m.period, m.unit_code, m.indicator_code, m.part
"""
ITEMS = f"""
SELECT * FROM ({newest_query("items", ("item_id",))})
WHERE state = 'valid' AND list_contains($periods, period) ORDER BY period, unit_code, indicator_code, item_id
"""
VERIFICATIONS = f"""
SELECT * FROM ({newest_query("verifications", MEASURED)})
WHERE list_contains($periods, period) ORDER BY period, unit_code, indicator_code, part
"""
ADJUSTMENTS = f"""
SELECT * FROM ({newest_query("adjustments", ("adjustment_id",))})
WHERE state = 'valid' AND list_contains($periods, period) ORDER BY period, unit_code, adjustment_id
"""

EXPLAINS_ONLY = ("recorded_at", "sheet", "cell", "raw", "note")
"""Columns of measurements that explain a score and cannot change it: they are in no input hash."""


@dataclass(frozen=True)
class ScoringInputs:
    """Inputs of a run. Frames have the columns of ``schemas.tables``, sorted by period and unit.

    ``measurements``: of the counting submissions only, with submission_id, sheet and cell. ``submissions``: the one
    that counts per unit and period: submission_id, unit_code, period, revision, state, late_days (the unit's, by the
    plan's rule of punctuality), received_at, recorded_at.
    ``items`` and ``adjustments``: the newest row of each id, where valid. ``verifications``: the newest verdict on each
    unit, indicator, period and part.

    ``hashes``: measurements (with which submissions count, their state and days late), items, verifications,
    adjustments: ``content_hash`` of what can change a score.
    ``as_of_at``: an as-of read of this moment gives exactly these rows, whatever is stored later; None where the
    warehouse is empty. ``used``: the rows for the table of run_inputs (kind, input_id, recorded_at).
    """

    measurements: pl.DataFrame
    items: pl.DataFrame
    verifications: pl.DataFrame
    adjustments: pl.DataFrame
    submissions: pl.DataFrame
    hashes: dict[str, str]
    as_of_at: datetime | None
    used: pl.DataFrame


def scoring_inputs(
    warehouse: Warehouse, period_codes: Sequence[str], as_of: datetime | None = None, punctuality: str = "first"
) -> ScoringInputs:
    """Return everything recorded that counts for these periods, as it was known at ``as_of`` (UTC; None: now).

    ``punctuality`` is the plan's: by which submission a unit is late.
    """
    known = {"as_of": until(as_of), "periods": list(period_codes)}
    submissions = warehouse.rows(COUNTING_SUBMISSIONS, counting=list(COUNTING), punctuality=punctuality, **known)
    measurements = _measurements(warehouse, submissions)
    items = warehouse.rows(ITEMS, **known)
    verifications = warehouse.rows(VERIFICATIONS, **known)
    adjustments = warehouse.rows(ADJUSTMENTS, **known)
    counted = submissions.select("submission_id", "unit_code", "period", "state", "late_days")
    hashes = {
        "measurements": text_hash(content_hash(measurements, leave_out=EXPLAINS_ONLY), content_hash(counted)),
        "items": content_hash(items, leave_out=["recorded_at"]),
        "verifications": content_hash(verifications, leave_out=["recorded_at"]),
        "adjustments": content_hash(adjustments, leave_out=["recorded_at"]),
    }
    used = _used(submission=submissions, item=items, verification=verifications, adjustment=adjustments)
    moment = _exact_moment(warehouse, as_of)
    return ScoringInputs(measurements, items, verifications, adjustments, submissions, hashes, moment, used)


def _measurements(warehouse: Warehouse, submissions: pl.DataFrame) -> pl.DataFrame:
    warehouse.connection.register("counting", submissions.select("submission_id").to_arrow())
    try:
        return warehouse.rows(COUNTING_MEASUREMENTS)
    finally:
        warehouse.connection.unregister("counting")


def _used(**kinds: pl.DataFrame) -> pl.DataFrame:
    """Return kind, input_id and recorded_at of everything used."""
    rows = [
        frame.select(kind=pl.lit(kind), input_id=f"{kind}_id", recorded_at="recorded_at")
        for kind, frame in kinds.items()
    ]
    return pl.concat(rows)


def _exact_moment(warehouse: Warehouse, as_of: datetime | None) -> datetime | None:
    """Return the earlier of ``as_of`` and the newest event.

    A writer that began before this read and commits after it stamps its rows later than the newest event seen here;
    so the moment of that event, unlike the clock's, repeats this read exactly.
    """
    newest = newest_event_at(warehouse)
    return min(newest, until(as_of)) if newest else None
