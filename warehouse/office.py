"""What the office enters: items and adjustments, and (``warehouse.verdicts``) verdicts.

Appended only; the newest row of an id counts.
"""

from typing import Any

import polars as pl

from schemas.errors import UserError
from schemas.tables import TABLES, Adjustments, Items, columns_of
from warehouse.clock import now
from warehouse.events import Change, append_events
from warehouse.hashing import row_hash
from warehouse.session import Warehouse, conform, insert

MEASURED = ("unit_code", "indicator_code", "period", "part")
"""What a verdict is about."""


def add_items(warehouse: Warehouse, items: pl.DataFrame, *, actor: str, reason: str | None = None) -> int:
    """Store items and return how many were new or changed.

    Columns of ``schemas.tables.Items`` without recorded_at; nullable ones may be absent, state is ``valid`` where
    absent. The same item_id again corrects the item; a row equal to its newest one changes nothing.
    """
    if "state" not in items.columns:
        items = items.with_columns(state=pl.lit("valid"))
    return append_changed(warehouse, "items", conform(items, Items, recorded_at=now()), ("item_id",), actor, reason)


def add_adjustments(warehouse: Warehouse, adjustments: pl.DataFrame, *, actor: str, reason: str | None = None) -> int:
    """Store adjustments and return how many were new or changed.

    Columns of ``schemas.tables.Adjustments`` without recorded_at; nullable ones may be absent, actor and state
    (``valid``) too. The same adjustment_id again corrects it; a row equal to its newest one changes nothing.

    Raises:
        UserError: an adjustment without a reason.
    """
    rows = with_actor(adjustments, actor)
    if "state" not in rows.columns:
        rows = rows.with_columns(state=pl.lit("valid"))
    rows = conform(rows, Adjustments, recorded_at=now())
    refuse_without_reason(rows, "adjustment_id")
    return append_changed(warehouse, "adjustments", rows, ("adjustment_id",), actor, reason)


def newest_query(name: str, key: tuple[str, ...]) -> str:
    """Return the query of the newest row of each key up to ``$as_of``."""
    columns = ", ".join(f'"{column}"' for column in key)
    return f"""
SELECT * FROM "{name}" WHERE recorded_at <= $as_of
QUALIFY row_number() OVER (PARTITION BY {columns} ORDER BY recorded_at DESC) = 1
"""


def append_changed(
    warehouse: Warehouse,
    name: str,
    rows: pl.DataFrame,
    key: tuple[str, ...],
    actor: str,
    reason: str | None,
    *,
    beside: tuple[str, ...] = (),
    again: pl.DataFrame | None = None,
) -> int:
    """Append the rows that differ from the newest of their key in more than the columns ``beside`` and the time.

    ``again``: keys whose newest row says nothing any more, so that an equal one is appended too.
    """
    if rows.select(key).is_duplicated().any():
        raise ValueError(f"{name}: one batch names a key {key} twice")
    facts = [c for c in columns_of(TABLES[name]) if c not in (*beside, "recorded_at")]
    stored = warehouse.rows(newest_query(name, key), as_of=now())
    stored = stored if again is None else stored.join(again, on=key, how="anti")
    fresh = rows.join(stored, on=facts, how="anti", nulls_equal=True, maintain_order="left")
    insert(warehouse, name, fresh)
    singular = name.removesuffix("s")
    id_column = f"{singular}_id"
    append_events(
        warehouse,
        actor,
        (
            Change(f"{singular}_added", row[id_column], reason or row.get("reason"), _detail(row))
            for row in fresh.iter_rows(named=True)
        ),
    )
    return fresh.height


def _detail(row: dict[str, Any]) -> dict[str, Any]:
    """Return what the event says of a row: the facts that decide, and the hash of all of them."""
    shown = ("unit_code", "indicator_code", "period", "part", "kind", "verdict", "state", "count", "value")
    said = {name: row[name] for name in shown if row.get(name) not in (None, "")}
    return {**said, "row_hash": row_hash(row)}


def with_actor(rows: pl.DataFrame, actor: str) -> pl.DataFrame:
    """Return rows with who entered them, where they do not say."""
    return rows if "actor" in rows.columns else rows.with_columns(actor=pl.lit(actor))


def refuse_without_reason(rows: pl.DataFrame, names: str) -> None:
    """Refuse rows without a reason, and say which (by the column ``names``)."""
    silent = rows.filter(pl.col("reason").fill_null("").str.strip_chars() == "")
    if silent.height:
        which = "、".join(silent[names].unique(maintain_order=True).head(5).to_list())
        raise UserError(
            f"{silent.height} 条记录没有理由({which})。请填写理由。",
            f"{silent.height} rows have no reason ({which}). Give one.",
        )
