"""Appeals of units on nodes: what they say, by when an answer is due, and what became of them."""

from datetime import datetime
from typing import Any

import polars as pl

from schemas.errors import UserError
from schemas.tables import Appeals, columns_of
from warehouse.clock import now, until
from warehouse.events import append_event
from warehouse.hashing import row_hash
from warehouse.office import newest_query
from warehouse.session import Warehouse, insert

APPEALS = f"""
SELECT * FROM ({newest_query("appeals", ("appeal_id",))}) WHERE $period IS NULL OR period = $period
ORDER BY period, unit_code, appeal_id
"""
GRANTED = f"""
SELECT appeal_id FROM ({newest_query("appeals", ("appeal_id",))})
WHERE state = 'granted' AND period = $period
    AND recorded_at > coalesce((SELECT max(recorded_at) FROM runs WHERE period = $period), '-infinity'::TIMESTAMP)
ORDER BY appeal_id
"""
NUMBER = "SELECT count(DISTINCT appeal_id) FROM appeals WHERE unit_code = $unit_code AND period = $period"
OUTCOMES = ("granted", "rejected", "withdrawn")


def add_appeal(
    warehouse: Warehouse,
    *,
    unit_code: str,
    period: str,
    node_code: str,
    text: str,
    answer_due_on: str | None = None,
    actor: str,
    reason: str | None = None,
) -> str:
    """Record a unit's appeal and return its id, ``UNIT/PERIOD/A1``; the same open one again changes nothing."""
    mine = {"unit_code": unit_code, "period": period, "node_code": node_code, "text": text, "state": "open"}
    for row in appeals(warehouse, period).iter_rows(named=True):
        if all(row[name] == value for name, value in mine.items()):
            return str(row["appeal_id"])
    number = int(warehouse.value(NUMBER, unit_code=unit_code, period=period)) + 1
    appeal_id = f"{unit_code}/{period}/A{number}"
    _append(warehouse, "appeal_added", {**mine, "appeal_id": appeal_id, "answer_due_on": answer_due_on}, actor, reason)
    return appeal_id


def answer_appeal(warehouse: Warehouse, appeal_id: str, outcome: str, text: str, *, actor: str) -> bool:
    """Record the answer; False, and nothing changed, where it was answered so already.

    Raises:
        UserError: no such appeal, an unknown outcome, or another answer was given before.
    """
    if outcome not in OUTCOMES:
        words = ", ".join(OUTCOMES)
        raise UserError(f"没有申诉结果“{outcome}”。可用:{words}。", f"There is no outcome '{outcome}'. Known: {words}.")
    known = appeals(warehouse)
    found = known.filter(pl.col("appeal_id") == appeal_id)
    if found.is_empty():
        unanswered = known.filter(pl.col("state") == "open")["appeal_id"].to_list()[:5]
        zh, en = "、".join(unanswered) or "无", ", ".join(unanswered) or "none"
        raise UserError(
            f"没有申诉“{appeal_id}”。待答复的:{zh}。kaohe appeal list 列出全部申诉。",
            f"There is no appeal '{appeal_id}'. Not answered yet: {en}. kaohe appeal list shows them all.",
        )
    row = found.row(0, named=True)
    if (row["state"], row["text"]) == (outcome, text):
        return False
    if row["state"] != "open":
        raise UserError(
            f"申诉 {appeal_id} 已经答复({row['state']})。如有新情况,请另行登记申诉。",
            f"Appeal {appeal_id} was answered already ({row['state']}). Record a new appeal if something is new.",
        )
    _append(warehouse, "appeal_answered", {**row, "state": outcome, "text": text}, actor, text)
    return True


def appeals(warehouse: Warehouse, period: str | None = None, as_of: datetime | None = None) -> pl.DataFrame:
    """Return every appeal as it stands, columns as in ``schemas.tables.Appeals``."""
    return warehouse.rows(APPEALS, period=period, as_of=until(as_of))


def granted_appeals(warehouse: Warehouse, period: str) -> list[str]:
    """Return the appeals granted since the period's newest run: what the next run is for."""
    found: list[str] = warehouse.rows(GRANTED, period=period, as_of=until(None))["appeal_id"].to_list()
    return found


def _append(warehouse: Warehouse, action: str, row: dict[str, Any], actor: str, reason: str | None) -> None:
    whole = {n: row.get(n) for n in columns_of(Appeals)} | {"actor": actor, "recorded_at": now()}
    insert(warehouse, "appeals", pl.DataFrame([whole], schema=columns_of(Appeals)))
    shown = {n: whole[n] for n in ("unit_code", "period", "node_code", "state")}
    detail = {**shown, "row_hash": row_hash(whole)}
    append_event(warehouse, action, str(row["appeal_id"]), actor, reason, detail)
