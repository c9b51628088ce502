"""What the office enters: items, verdicts, adjustments. Appended; the newest row of an id counts."""

import polars as pl

from warehouse.door import Warehouse, now
from warehouse.events import Event, append_events
from warehouse.inputs import newest


def add_items(warehouse: Warehouse, items: pl.DataFrame, *, actor: str, reason: str | None = None) -> int:
    """Append items that are new or changed; return how many. Columns of ``Items``, ``recorded_at`` not needed."""
    return _add(warehouse, "items", "item_id", items, actor, reason)


def add_verifications(warehouse: Warehouse, verdicts: pl.DataFrame, *, actor: str, reason: str | None = None) -> int:
    """Append verdicts; return how many were new."""
    return _add(
        warehouse, "verifications", "verification_id", verdicts.with_columns(actor=pl.lit(actor)), actor, reason
    )


def add_adjustments(warehouse: Warehouse, adjustments: pl.DataFrame, *, actor: str, reason: str | None = None) -> int:
    """Append adjustments that are new or changed; return how many."""
    return _add(warehouse, "adjustments", "adjustment_id", adjustments.with_columns(actor=pl.lit(actor)), actor, reason)


def _add(warehouse: Warehouse, name: str, key: str, rows: pl.DataFrame, actor: str, reason: str | None) -> int:
    from schemas.tables import TABLES, columns_of

    wanted = {c: t for c, t in columns_of(TABLES[name]).items() if c != "recorded_at"}
    default = {"state": "valid", "part": ""}
    missing = [pl.lit(default.get(c), dtype=t).alias(c) for c, t in wanted.items() if c not in rows.columns]
    rows = rows.with_columns(missing).select(pl.col(c).cast(t) for c, t in wanted.items())
    facts = [c for c in wanted if c != "actor"]
    fresh = rows.join(newest(warehouse, name, None), on=facts, how="anti", nulls_equal=True)
    if fresh.is_empty():
        return 0
    warehouse.insert(name, fresh.with_columns(recorded_at=pl.lit(now())))
    changes = [
        Event(f"{name}_recorded", row[key], reason, {c: row[c] for c in facts if row[c] is not None and c != key})
        for row in fresh.iter_rows(named=True)
    ]
    append_events(warehouse, changes, actor=actor)
    return fresh.height
