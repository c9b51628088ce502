"""The life of a period, and publications: pointers from a period to the one run that counts."""

import polars as pl

from warehouse.door import Warehouse, now
from warehouse.events import append_event

STATE = "SELECT state FROM period_states WHERE period = ? ORDER BY recorded_at DESC LIMIT 1"
PUBLICATIONS = "SELECT * FROM publications WHERE $period IS NULL OR period = $period ORDER BY recorded_at"


def period_state(warehouse: Warehouse, period: str) -> str:
    """Return the period's present state; ``open`` where nothing was said yet."""
    return str(warehouse.value(STATE, [period]) or "open")


def set_period_state(warehouse: Warehouse, period: str, state: str, *, actor: str, reason: str | None = None) -> None:
    """Record a new state of a period."""
    row = {"period": period, "state": state, "actor": actor, "reason": reason, "recorded_at": now()}
    warehouse.insert("period_states", pl.DataFrame([row], schema_overrides={"reason": pl.String}))
    append_event(warehouse, f"period_{state}", period, actor=actor, reason=reason)


def publications(warehouse: Warehouse, period: str | None = None) -> pl.DataFrame:
    """Return the publications (of one period), oldest first."""
    return warehouse.frame(PUBLICATIONS, {"period": period})


def add_publication(
    warehouse: Warehouse, period: str, run_id: str, *, package_path: str, package_hash: str, actor: str,
    reason: str | None = None,
) -> str:  # fmt: skip
    """Record that a run was published; return the publication's id. A further one is a new edition beside the old."""
    edition = publications(warehouse, period).height + 1
    name = f"{period}/{edition}"
    row = {
        "publication_id": name, "period": period, "edition": edition, "run_id": run_id, "package_path": package_path,
        "package_hash": package_hash, "actor": actor, "reason": reason, "recorded_at": now(),
    }  # fmt: skip
    warehouse.insert("publications", pl.DataFrame([row], schema_overrides={"reason": pl.String}))
    append_event(
        warehouse,
        "published",
        name,
        actor=actor,
        reason=reason,
        detail={"run_id": run_id, "package_hash": package_hash},
    )
    return name
