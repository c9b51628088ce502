"""Who has reported, and who signed."""

from datetime import datetime

import polars as pl

from warehouse.clock import until
from warehouse.events import append_event
from warehouse.session import Warehouse
from warehouse.submissions import COUNTING, PUNCTUAL

STATUS = f"""
WITH counted AS (
    SELECT submission_id, count(*) FILTER (severity = 'error') AS errors,
           count(*) FILTER (severity = 'warning') AS warnings
    FROM problems GROUP BY submission_id
)
SELECT c.unit_code, c.state, c.revision, c.days_late AS late_days, coalesce(p.errors, 0) AS errors,
       coalesce(p.warnings, 0) AS warnings, c.received_at, c.submission_id, c.reason
FROM ({PUNCTUAL}) AS c LEFT JOIN counted AS p USING (submission_id)
WHERE c.period = $period AND c.unit_code IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY c.unit_code ORDER BY list_contains($counting, c.state) DESC, c.revision DESC
) = 1
"""
PERSONS = "SELECT * FROM persons ORDER BY submission_id, role"
CHOSEN_PERSONS = """
FROM persons
WHERE ($unit_code IS NULL OR unit_code = $unit_code) AND ($submission_id IS NULL OR submission_id = $submission_id)
"""
COUNT_PERSONS = f"SELECT count(*) {CHOSEN_PERSONS}"
ERASE_PERSONS = f"DELETE {CHOSEN_PERSONS}"


def status(
    warehouse: Warehouse,
    plan_units: pl.DataFrame,
    period: str,
    as_of: datetime | None = None,
    punctuality: str = "first",
) -> pl.DataFrame:
    """Return how every unit of ``plan_units`` (its unit_code, in its order) stands in a period.

    Columns: unit_code, state (``not_reported`` where nothing came), revision, late_days, errors, warnings, received_at,
    submission_id, reason; null where nothing came. Of several revisions the one that counts, else the newest; late_days
    are the unit's, by the plan's rule of punctuality.
    """
    found = warehouse.rows(STATUS, period=period, counting=list(COUNTING), as_of=until(as_of), punctuality=punctuality)
    rows = plan_units.select("unit_code").join(found, on="unit_code", how="left", maintain_order="left")
    return rows.with_columns(pl.col("state").fill_null("not_reported"))


def persons(warehouse: Warehouse) -> pl.DataFrame:
    """Return the persons who signed submissions, columns as in ``schemas.tables.Persons``."""
    return warehouse.rows(PERSONS)


def erase_persons(
    warehouse: Warehouse,
    *,
    unit_code: str | None = None,
    submission_id: str | None = None,
    actor: str,
    reason: str,
) -> int:
    """Erase the persons of a unit or of a submission (of all, where neither is given) and return how many there were.

    The file is written anew at the end, so that nothing of them stays in its free blocks. Archived files and backups
    are not touched here.
    """
    chosen = {"unit_code": unit_code, "submission_id": submission_id}
    count = int(warehouse.value(COUNT_PERSONS, **chosen))
    if count:
        warehouse.write(ERASE_PERSONS, **chosen)
        warehouse.rebuild = True
        subject = submission_id or unit_code or "all"
        append_event(warehouse, "persons_erased", subject, actor, reason, {"persons": count})
    return count
