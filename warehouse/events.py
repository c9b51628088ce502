"""Every change leaves an event in a hash chain, so that a changed or missing row shows."""

import hashlib
import json
from typing import Any

import polars as pl

from warehouse.door import Warehouse, now

LAST = "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1"
ALL = "SELECT * FROM events ORDER BY seq"
START = "0" * 64


def append_event(
    warehouse: Warehouse, action: str, subject: str, *, actor: str, reason: str | None = None, detail: Any = None
) -> str:
    """Append one event and return its hash. ``detail`` holds facts and hashes of data, never a person's name."""
    last = warehouse.con.execute(LAST).fetchone() or (0, START)
    row = {
        "seq": last[0] + 1, "action": action, "subject": subject, "actor": actor, "reason": reason,
        "detail_json": json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        "recorded_at": now(), "previous_hash": last[1],
    }  # fmt: skip
    row["hash"] = event_hash(row)
    warehouse.insert("events", pl.DataFrame([row], schema_overrides={"reason": pl.String}))
    return str(row["hash"])


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
