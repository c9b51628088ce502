"""The chain of events: every change leaves a row whose hash covers the row before. No person's data enters it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from schemas.tables import Events, columns_of
from warehouse.clock import now, until
from warehouse.hashing import NO_HASH, canonical_json, text_hash
from warehouse.session import Warehouse, insert

LAST_EVENT = "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1"
ALL_EVENTS = "SELECT * FROM events WHERE recorded_at <= $as_of ORDER BY seq, recorded_at"


class Change(NamedTuple):
    """What was done, to what, and further facts."""

    action: str
    subject: str
    reason: str | None
    detail: Mapping[str, Any]


def append_event(
    warehouse: Warehouse,
    action: str,
    subject: str,
    actor: str,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Append one event in the open transaction; ``detail`` becomes canonical JSON and holds no person's data."""
    append_events(warehouse, actor, [Change(action, subject, reason, detail or {})])


def append_events(warehouse: Warehouse, actor: str, changes: Iterable[Change]) -> None:
    """Append events one after the other."""
    last, previous = _end(warehouse)
    rows = []
    for seq, change in enumerate(changes, last + 1):
        row: dict[str, Any] = {
            "seq": seq, "action": change.action, "subject": change.subject, "actor": actor, "reason": change.reason,
            "detail_json": canonical_json(dict(change.detail)), "recorded_at": now(), "previous_hash": previous,
        }  # fmt: skip
        previous = row["hash"] = _hash_of(row)
        rows.append(row)
    if rows:
        insert(warehouse, "events", pl.DataFrame(rows, schema=columns_of(Events)))


def audit_head(warehouse: Warehouse) -> str:
    """Return the chain's last hash, as published documents carry it; 64 zeros where nothing happened yet."""
    return _end(warehouse)[1]


def _end(warehouse: Warehouse) -> tuple[int, str]:
    """Return the last event's number and hash."""
    row = warehouse.connection.execute(LAST_EVENT).fetchone()
    return (int(row[0]), str(row[1])) if row else (0, NO_HASH)


def events(warehouse: Warehouse, as_of: datetime | None = None) -> pl.DataFrame:
    """Return all events in order, columns as in ``schemas.tables.Events``."""
    return warehouse.rows(ALL_EVENTS, as_of=until(as_of))


def verify_events(warehouse: Warehouse) -> int | None:
    """Return the seq of the first event that does not follow from the one before it; None where the chain holds.

    Sees a changed, inserted or removed row. A shortened end, or a chain written anew as a whole, shows only against a
    head printed earlier (``audit_head``).
    """
    previous = NO_HASH
    for expected, row in enumerate(events(warehouse).iter_rows(named=True), 1):
        if row["seq"] != expected or row["previous_hash"] != previous or row["hash"] != _hash_of(row):
            return expected
        previous = row["hash"]
    return None


def _hash_of(row: Mapping[str, Any]) -> str:
    moment: datetime = row["recorded_at"]
    covered = ("seq", "action", "subject", "actor", "reason", "detail_json", "previous_hash")
    values = {name: row[name] for name in covered}
    return text_hash(canonical_json({**values, "recorded_at": moment.isoformat(timespec="microseconds")}))
