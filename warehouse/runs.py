"""Runs: one scoring of one period from recorded inputs, kept beside all others, never replaced."""

import hashlib
from datetime import datetime
from typing import Any

import polars as pl

from schemas.errors import UserError
from warehouse.door import Warehouse, now
from warehouse.events import append_event
from warehouse.inputs import content_hash

RUNS = "SELECT * FROM runs WHERE $period IS NULL OR period = $period ORDER BY recorded_at"
RUN = "SELECT * FROM runs WHERE run_id = ?"
RESULTS = "SELECT * EXCLUDE (run_id) FROM results WHERE run_id = ? ORDER BY unit_code"
SCORES = "SELECT * EXCLUDE (run_id) FROM scores WHERE run_id = ? ORDER BY rowid"
INPUTS = (
    "plan_hash",
    "registry_hash",
    "measurements_hash",
    "items_hash",
    "verifications_hash",
    "adjustments_hash",
    "rules_hash",
)


def run_id_of(period: str, hashes: dict[str, str]) -> str:
    """Return the id of the run that these inputs make: the first 16 hex digits of their hash."""
    text = "\n".join([period, *(f"{name}={hashes[name]}" for name in INPUTS)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def save_run(
    warehouse: Warehouse, *, period: str, hashes: dict[str, str], results: pl.DataFrame, scores: pl.DataFrame,
    counted: pl.DataFrame, actor: str, reason: str | None = None, as_of: datetime | None = None,
) -> tuple[str, bool]:  # fmt: skip
    """Keep a run; return its id and whether it is new. The same inputs write nothing.

    ``hashes`` has the names of ``INPUTS``; ``counted`` the submissions (submission_id, recorded_at) that went in.
    """
    run_id = run_id_of(period, hashes)
    if warehouse.value(RUN, [run_id]) is not None:
        return run_id, False
    scores_hash = hashlib.sha256((content_hash(results) + content_hash(scores)).encode()).hexdigest()
    row: dict[str, Any] = {
        "run_id": run_id, "period": period, **{n: hashes[n] for n in INPUTS}, "scores_hash": scores_hash,
        "as_of_at": as_of, "units": results.height, "actor": actor, "reason": reason, "recorded_at": now(),
    }  # fmt: skip
    warehouse.insert("runs", pl.DataFrame([row], schema_overrides={"as_of_at": pl.Datetime("us"), "reason": pl.String}))
    named = pl.lit(run_id).alias("run_id")
    warehouse.insert("results", results.with_columns(named))
    warehouse.insert("scores", scores.with_columns(named))
    inputs = counted.select(
        named, pl.lit("submission").alias("kind"), pl.col("submission_id").alias("input_id"), "recorded_at"
    )
    warehouse.insert("run_inputs", inputs)
    detail = {n: row[n] for n in (*INPUTS, "scores_hash", "units")}
    append_event(warehouse, "run_saved", run_id, actor=actor, reason=reason, detail={"period": period, **detail})
    return run_id, True


def runs(warehouse: Warehouse, period: str | None = None) -> pl.DataFrame:
    """Return the runs (of one period), oldest first."""
    return warehouse.frame(RUNS, {"period": period})


def latest_run(warehouse: Warehouse, period: str) -> str | None:
    """Return the id of the newest run of a period."""
    rows = runs(warehouse, period)
    return None if rows.is_empty() else str(rows["run_id"][-1])


def load_run(warehouse: Warehouse, run_id: str) -> tuple[dict[str, Any], pl.DataFrame, pl.DataFrame]:
    """Return a run's row, its results and its scores.

    Raises:
        UserError: no such run.
    """
    row = warehouse.frame(RUN, [run_id])
    if row.is_empty():
        raise UserError(
            f"没有计分批次 {run_id}。kaohe status 列出已有的批次。",
            f"There is no run {run_id}. kaohe status lists the runs.",
        )
    return row.row(0, named=True), warehouse.frame(RESULTS, [run_id]), warehouse.frame(SCORES, [run_id])
