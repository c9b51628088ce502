"""Every change leaves an event in a hash chain, so that a changed or missing row shows."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from warehouse.door import Warehouse, now

LAST = "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1"
ALL = "SELECT * FROM events ORDER BY seq"
START = "0" * 64


@dataclass(frozen=True)
class Event:
    """One change: what was done, to what, why, and further facts. ``detail`` never holds a person's data."""

    action: str
    subject: str
    reason: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def append_events(warehouse: Warehouse, changes: Sequence[Event], *, actor: str) -> str:
    """Append events to the chain, in order; return the chain's new head."""
    last = warehouse.con.execute(LAST).fetchone() or (0, START)
    seq, head = int(last[0]), str(last[1])
    rows = []
    for change in changes:
        seq += 1
        row: dict[str, Any] = {
            "seq": seq, "action": change.action, "subject": change.subject, "actor": actor, "reason": change.reason,
            "detail_json": json.dumps(change.detail, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
            "recorded_at": now(), "previous_hash": head,
        }  # fmt: skip
        head = row["hash"] = event_hash(row)
        rows.append(row)
    if rows:
        warehouse.insert("events", pl.DataFrame(rows, schema_overrides={"reason": pl.String}))
    return head


def append_event(
    warehouse: Warehouse, action: str, subject: str, *, actor: str, reason: str | None = None, detail: Any = None
) -> str:
    """Append one event and return its hash."""
    return append_events(warehouse, [Event(action, subject, reason, detail or {})], actor=actor)


def event_hash(row: dict[str, Any]) -> str:
    """Return the SHA-256 of an event's fields, without its own hash, as canonical JSON."""
    fields = {k: (v.isoformat() if k == "recorded_at" else v) for k, v in row.items() if k != "hash"}
    return hashlib.sha256(
        json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def events(warehouse: Warehouse) -> pl.DataFrame:
    """Return all events in order."""
    return warehouse.frame(ALL)


def verify_events(warehouse: Warehouse) -> int | None:
    """Return the number of the first event that does not fit the chain; None where all do."""
    previous = START
    for number, row in enumerate(events(warehouse).iter_rows(named=True), 1):
        if row["seq"] != number or row["previous_hash"] != previous or row["hash"] != event_hash(row):
            return number
        previous = row["hash"]
    return None


def audit_head(warehouse: Warehouse) -> str:
    """Return the chain's last hash, which published documents carry."""
    last = warehouse.con.execute(LAST).fetchone()
    return str(last[1]) if last else START
