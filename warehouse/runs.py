"""Runs: one scoring each, stored once, never replaced."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from schemas.errors import UserError
from schemas.tables import Results, RunInputs, Runs, Scores
from warehouse.clock import now, until
from warehouse.events import append_event
from warehouse.hashing import canonical_json, content_hash, text_hash
from warehouse.session import Warehouse, conform, insert

INPUTS = (
    "plan_hash", "registry_hash", "measurements_hash", "items_hash", "verifications_hash", "adjustments_hash",
    "rules_hash",
)  # fmt: skip
"""Everything a run's result depends on."""

RUN = "SELECT * FROM runs WHERE run_id = $run_id"
RUNS = """
SELECT * FROM runs WHERE ($period IS NULL OR period = $period) AND recorded_at <= $as_of ORDER BY recorded_at
"""
LATEST_RUN = """
SELECT run_id FROM runs WHERE period = $period AND recorded_at <= $as_of ORDER BY recorded_at DESC LIMIT 1
"""
RESULTS = "SELECT * EXCLUDE (run_id) FROM results WHERE run_id = $run_id ORDER BY unit_code"
SCORES = "SELECT * EXCLUDE (run_id) FROM scores WHERE run_id = $run_id ORDER BY rowid"
RUN_INPUTS = "SELECT * FROM run_inputs WHERE run_id = $run_id ORDER BY kind, input_id, recorded_at"


def run_id_of(period: str, hashes: Mapping[str, str]) -> str:
    """Return the id of the run that these inputs make: the first 16 hex digits of the hash of all of ``INPUTS``."""
    named = {name: hashes[name] for name in INPUTS}
    return text_hash(canonical_json({"period": period, **named}))[:16]


def save_run(
    warehouse: Warehouse,
    *,
    period: str,
    hashes: Mapping[str, str],
    results: pl.DataFrame,
    scores: pl.DataFrame,
    counted: pl.DataFrame,
    actor: str,
    reason: str | None = None,
    origin: str = "",
    as_of: datetime | None = None,
) -> tuple[str, bool]:
    """Store a run beside earlier ones; return its id and whether it is new. The same inputs write nothing.

    ``hashes`` has the names of ``INPUTS``. ``results``, ``scores``: the columns of their models without run_id; further
    columns are left out; the order of the scores is kept. ``counted``: ``ScoringInputs.used`` (kind, input_id,
    recorded_at), or the submissions alone (submission_id, recorded_at). ``origin``: from where it was asked for (a
    machine's name); it goes into the event. ``as_of``: ``ScoringInputs.as_of_at``.

    Raises:
        RuntimeError: the run is stored with other scores: the same inputs did not give the same result.
    """
    run_id = run_id_of(period, hashes)
    results = conform(results, Results, wider=True, run_id=run_id)
    scores = conform(scores, Scores, wider=True, run_id=run_id)
    found_hash = scores_hash(results, scores)
    stored = warehouse.rows(RUN, run_id=run_id)
    if stored.height:
        if stored["scores_hash"][0] != found_hash:
            raise RuntimeError(f"run {run_id} is stored with other scores: the same inputs gave another result")
        return run_id, False
    facts = {"period": period, **{n: hashes[n] for n in INPUTS}, "scores_hash": found_hash, "units": results.height}
    row = {**facts, "run_id": run_id, "as_of_at": as_of, "actor": actor, "reason": reason, "recorded_at": now()}
    insert(warehouse, "runs", conform(pl.DataFrame([row]), Runs))
    insert(warehouse, "results", results)
    insert(warehouse, "scores", scores)
    used = conform(_named(counted), RunInputs, run_id=run_id)
    insert(warehouse, "run_inputs", used)
    more = {"counted_hash": counted_hash(used), **({"origin": origin} if origin else {})}
    append_event(warehouse, "run_saved", run_id, actor, reason, {**facts, **more})
    return run_id, True


def _named(counted: pl.DataFrame) -> pl.DataFrame:
    if "submission_id" not in counted.columns:
        return counted
    return counted.select(kind=pl.lit("submission"), input_id="submission_id", recorded_at="recorded_at")


def scores_hash(results: pl.DataFrame, scores: pl.DataFrame) -> str:
    """Return the hash of a run's results and scores, without the run's id."""
    return text_hash(*(content_hash(frame, leave_out=["run_id"]) for frame in (results, scores)))


def counted_hash(used: pl.DataFrame) -> str:
    """Return the hash of what a run counted (columns of ``RunInputs``), without the run's id."""
    return content_hash(used, leave_out=["run_id"])


def runs(warehouse: Warehouse, period: str | None = None, as_of: datetime | None = None) -> pl.DataFrame:
    """Return the runs of a period (or all), oldest first, columns as in ``schemas.tables.Runs``."""
    return warehouse.rows(RUNS, period=period, as_of=until(as_of))


def load_run(warehouse: Warehouse, run_id: str) -> tuple[dict[str, Any], pl.DataFrame, pl.DataFrame]:
    """Return a run's row, its results (by unit) and its scores (in the order they were given), without run_id.

    Raises:
        UserError: there is no such run.
    """
    stored = warehouse.rows(RUN, run_id=run_id)
    if stored.is_empty():
        raise UserError(f"没有计分批次“{run_id}”。", f"There is no run '{run_id}'.")
    return stored.row(0, named=True), warehouse.rows(RESULTS, run_id=run_id), warehouse.rows(SCORES, run_id=run_id)


def latest_run(warehouse: Warehouse, period: str, as_of: datetime | None = None) -> str | None:
    """Return the id of the period's newest run; None where it was never scored."""
    run_id: str | None = warehouse.value(LATEST_RUN, period=period, as_of=until(as_of))
    return run_id


def run_inputs(warehouse: Warehouse, run_id: str) -> pl.DataFrame:
    """Return what a run counted: run_id, kind, input_id and recorded_at."""
    return warehouse.rows(RUN_INPUTS, run_id=run_id)
