"""Submissions: what was received, what became of it, and which one counts."""

from datetime import datetime
from typing import Any

import polars as pl

from warehouse.door import Warehouse, now
from warehouse.events import Event, append_event, append_events

COUNTING = ("accepted", "accepted_with_warnings", "nil")
BY_HASH = "SELECT submission_id, file_hash, unit_code, period FROM submissions WHERE list_contains(?, file_hash)"
STATES = """
SELECT s.* EXCLUDE (state, reason),
    coalesce(t.state, s.state) AS state, coalesce(t.reason, s.reason) AS reason
FROM submissions s
LEFT JOIN (
    SELECT submission_id, arg_max(state, recorded_at) AS state, arg_max(reason, recorded_at) AS reason
    FROM submission_states WHERE recorded_at <= $as_of GROUP BY submission_id
) t USING (submission_id)
WHERE s.recorded_at <= $as_of AND ($period IS NULL OR s.period = $period)
ORDER BY s.unit_code NULLS LAST, s.period, s.revision, s.submission_id
"""
REVISIONS = "SELECT unit_code, period, max(revision) AS last FROM submissions GROUP BY unit_code, period"
PROBLEMS = "SELECT * FROM problems WHERE submission_id = ? ORDER BY number"
PROBLEM_COUNTS = """
SELECT submission_id, count(*) FILTER (severity = 'error') AS errors, count(*) FILTER (severity = 'warning') AS warnings
FROM problems GROUP BY submission_id
"""
ERASE = "DELETE FROM persons WHERE $submission_id IS NULL OR submission_id = $submission_id"
FAR = datetime(9999, 1, 1)


def find_submissions(warehouse: Warehouse, file_hashes: list[str]) -> pl.DataFrame:
    """Return submission_id, file_hash, unit_code, period of everything received with one of these hashes."""
    return warehouse.frame(BY_HASH, [file_hashes])


def submissions(warehouse: Warehouse, period: str | None = None, as_of: datetime | None = None) -> pl.DataFrame:
    """Return the submissions (of one period) with their present state and its reason, or those of a moment."""
    return warehouse.frame(STATES, {"as_of": as_of or FAR, "period": period})


def counting(warehouse: Warehouse, periods: list[str], as_of: datetime | None = None) -> pl.DataFrame:
    """Return the one submission that counts for each unit and period: the newest in a state that counts."""
    rows = submissions(warehouse, as_of=as_of)
    some = rows.filter(pl.col("period").is_in(periods) & pl.col("state").is_in(COUNTING))
    return some.sort("revision").unique(["unit_code", "period"], keep="last").sort("period", "unit_code")


def add_submissions(
    warehouse: Warehouse, received: pl.DataFrame, cells: pl.DataFrame, problems: pl.DataFrame, persons: pl.DataFrame,
    *, actor: str, reason: str | None = None,
) -> dict[int, str]:  # fmt: skip
    """Store a batch; return key -> submission_id.

    Args:
        warehouse: open for writing.
        received: one row per submission with ``key`` and the columns of ``Submissions`` (without id, revision and
            recorded_at); ``sequence``, where there, orders those of one unit and period.
        cells: measurements with ``key``.
        problems: problems with ``key``.
        persons: persons with ``key``.
        actor: who took them in.
        reason: why, for the event.

    The same bytes for the same unit and period again change nothing. A new submission that counts supersedes the one
    that counted, by a new state; nothing is overwritten.
    """
    known = find_submissions(warehouse, received["file_hash"].unique().to_list())
    same = ["file_hash", "unit_code", "period"]
    before = received.join(known, on=same, how="inner", nulls_equal=True).select("key", "submission_id")
    fresh = received.join(known.select(same), on=same, how="anti", nulls_equal=True)
    ids = {key: name for key, name in before.iter_rows()}
    if fresh.is_empty():
        return ids
    rows = _numbered(warehouse, fresh)
    counted = counting(warehouse, rows["period"].drop_nulls().unique().to_list())
    warehouse.insert("submissions", _columns("submissions", rows))
    mine = rows.select("key", "submission_id")
    at = pl.lit(now()).alias("recorded_at")
    for name, frame in (("measurements", cells), ("problems", problems), ("persons", persons)):
        warehouse.insert(name, _columns(name, frame.join(mine, on="key").with_columns(at)))
    _supersede(warehouse, rows, counted, actor)
    told = ("file_hash", "state", "late_days", "revision")
    changes = [
        Event("submission_added", row["submission_id"], reason, {k: row[k] for k in told})
        for row in rows.iter_rows(named=True)
    ]
    append_events(warehouse, changes, actor=actor)
    return ids | {key: name for key, name in mine.iter_rows()}


def _columns(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    from schemas.tables import TABLES, columns_of

    return rows.select(c for c in columns_of(TABLES[name]) if c in rows.columns)


def _numbered(warehouse: Warehouse, fresh: pl.DataFrame) -> pl.DataFrame:
    """Give revision, id and moment; revisions go on where the unit's last one for the period ended."""
    last = warehouse.frame(REVISIONS).with_columns(pl.col("last").cast(pl.Int64))
    ordered = fresh.sort("sequence", maintain_order=True) if "sequence" in fresh.columns else fresh
    group = ["unit_code", "period"]
    rows = ordered.join(last, on=group, how="left", maintain_order="left").with_columns(
        revision=pl.col("last").fill_null(0) + pl.int_range(1, pl.len() + 1).over(group)
    )
    placed = pl.col("unit_code").is_not_null() & pl.col("period").is_not_null()
    named = pl.format("{}/{}/{}", "unit_code", "period", "revision")
    return rows.with_columns(
        revision=pl.when(placed).then("revision").otherwise(pl.lit(0)),
        submission_id=pl.when(placed).then(named).otherwise(pl.col("file_hash").str.slice(0, 16)),
        recorded_at=pl.lit(now()),
    )


def _supersede(warehouse: Warehouse, rows: pl.DataFrame, counted: pl.DataFrame, actor: str) -> None:
    """Say of every submission that counted until now, or earlier in this batch, that a newer one took its place."""
    group = ["unit_code", "period"]
    new = rows.filter(pl.col("state").is_in(COUNTING)).select(*group, "revision", "submission_id")
    every = pl.concat([counted.select(new.columns), new]).filter(pl.len().over(group) > 1)
    old = every.filter((pl.col("revision") < pl.col("revision").max().over(group)) & pl.col("unit_code").is_not_null())
    states = old.select("submission_id").with_columns(
        state=pl.lit("superseded"), reason=pl.lit("由新的报送替代"), actor=pl.lit(actor), recorded_at=pl.lit(now())
    )
    warehouse.insert("submission_states", states)


def set_state(warehouse: Warehouse, submission_id: str, state: str, *, reason: str, actor: str) -> None:
    """Change a submission's state, for example to admit one held as late or to exclude one; a reason is required."""
    row = {"submission_id": submission_id, "state": state, "reason": reason, "actor": actor, "recorded_at": now()}
    warehouse.insert("submission_states", pl.DataFrame([row]))
    append_event(warehouse, f"submission_{state}", submission_id, actor=actor, reason=reason)


def problems_of(warehouse: Warehouse, submission_id: str) -> pl.DataFrame:
    """Return a submission's problems in order."""
    return warehouse.frame(PROBLEMS, [submission_id])


def status(warehouse: Warehouse, units: pl.DataFrame, period: str) -> pl.DataFrame:
    """Return for every unit (unit_code, …) its newest submission: state or ``not_reported``, revision, late_days,
    errors, warnings, received_at, submission_id.
    """  # noqa: D205
    rows = submissions(warehouse, period).filter(pl.col("state") != "superseded")
    newest = rows.sort("revision").unique("unit_code", keep="last")
    found = newest.join(warehouse.frame(PROBLEM_COUNTS), on="submission_id", how="left").select(
        "unit_code", "state", "revision", "late_days", "errors", "warnings", "received_at", "submission_id"
    )
    return units.join(found, on="unit_code", how="left", maintain_order="left").with_columns(
        pl.col("state").fill_null("not_reported"), pl.col("errors", "warnings").fill_null(0)
    )


def erase_persons(warehouse: Warehouse, *, actor: str, reason: str, submission_id: str | None = None) -> None:
    """Erase names and telephone numbers (of one submission, or all). No score and no hash depends on them."""
    parameters: dict[str, Any] = {"submission_id": submission_id}
    warehouse.con.execute(ERASE, parameters)
    append_event(warehouse, "persons_erased", submission_id or "all", actor=actor, reason=reason)
