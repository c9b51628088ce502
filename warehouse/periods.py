"""The life of a period, and its publications."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from schemas.errors import UserError
from schemas.tables import PERIOD_STATES, PeriodStates, Publications
from warehouse.clock import now, until
from warehouse.events import append_event
from warehouse.runs import load_run
from warehouse.session import Warehouse, conform, insert

PERIOD_STATE = """
SELECT state FROM period_states WHERE period = $period AND recorded_at <= $as_of ORDER BY recorded_at DESC LIMIT 1
"""
PERIOD_HISTORY = "SELECT * FROM period_states WHERE period = $period AND recorded_at <= $as_of ORDER BY recorded_at"
PUBLICATIONS = """
SELECT * FROM publications WHERE ($period IS NULL OR period = $period) AND recorded_at <= $as_of
ORDER BY period, edition
"""
LAST_APPROVAL = """
SELECT detail_json FROM events
WHERE action = 'period_state_set' AND subject = $period AND json_extract_string(detail_json, '$.to') = 'approved'
ORDER BY seq DESC LIMIT 1
"""
LAST_EDITION = "SELECT max(edition) FROM publications WHERE period = $period"


def set_period_state(
    warehouse: Warehouse,
    period: str,
    state: str,
    actor: str,
    reason: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> bool:
    """Give a period a new state; False, and nothing changed, where it has that state already.

    ``facts`` go into the event: the role whose step it is, the run that was approved.

    Raises:
        UserError: unknown state.
    """
    if state not in PERIOD_STATES:
        words = ", ".join(PERIOD_STATES)
        raise UserError(f"没有周期状态“{state}”。可用:{words}。", f"There is no state '{state}'. Known: {words}.")
    before = period_state(warehouse, period)
    if before == state:
        return False
    row = pl.DataFrame([{"period": period, "state": state, "actor": actor, "reason": reason}])
    insert(warehouse, "period_states", conform(row, PeriodStates, recorded_at=now()))
    append_event(warehouse, "period_state_set", period, actor, reason, {**(facts or {}), "from": before, "to": state})
    return True


def period_state(warehouse: Warehouse, period: str, as_of: datetime | None = None) -> str:
    """Return a period's state; ``open`` where none was ever set."""
    return warehouse.value(PERIOD_STATE, period=period, as_of=until(as_of)) or "open"


def period_history(warehouse: Warehouse, period: str, as_of: datetime | None = None) -> pl.DataFrame:
    """Return every state a period had, oldest first, columns as in ``schemas.tables.PeriodStates``."""
    return warehouse.rows(PERIOD_HISTORY, period=period, as_of=until(as_of))


def add_publication(
    warehouse: Warehouse,
    period: str,
    run_id: str,
    *,
    package_path: str,
    package_hash: str,
    actor: str,
    reason: str | None = None,
) -> str:
    """Point from a period to the run that counts and return the publication's id; a new edition each time.

    Raises:
        UserError: no such run, or a run of another period.
    """
    run, _, _ = load_run(warehouse, run_id)
    if run["period"] != period:
        raise UserError(
            f"批次 {run_id} 属于 {run['period']},不属于 {period}。",
            f"Run {run_id} is one of {run['period']}, not of {period}.",
        )
    edition = int(warehouse.value(LAST_EDITION, period=period) or 0) + 1
    name = f"{period}/{edition}"
    facts = {"period": period, "edition": edition, "run_id": run_id, "package_hash": package_hash}
    row = {**facts, "publication_id": name, "package_path": package_path, "actor": actor, "reason": reason}
    insert(warehouse, "publications", conform(pl.DataFrame([row]), Publications, recorded_at=now()))
    append_event(warehouse, "publication_added", name, actor, reason, {**facts, "scores_hash": run["scores_hash"]})
    return name


def publications(warehouse: Warehouse, period: str | None = None, as_of: datetime | None = None) -> pl.DataFrame:
    """Return the publications of a period (or all) by edition, columns as in ``schemas.tables.Publications``."""
    return warehouse.rows(PUBLICATIONS, period=period, as_of=until(as_of))


def approved_run(warehouse: Warehouse, period: str) -> str | None:
    """Return the run that the newest approval of a period named; None where none did."""
    detail = warehouse.value(LAST_APPROVAL, period=period)
    return json.loads(detail).get("run_id") if detail else None
