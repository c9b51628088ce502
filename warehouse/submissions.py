"""Submissions with what they hold: numbered, stored once, superseded by newer revisions, never changed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import polars as pl

from schemas.errors import UserError
from schemas.tables import SUBMISSION_STATES, Measurements, Persons, Problems, Submissions, SubmissionStates, columns_of
from warehouse.clock import now, until
from warehouse.events import Change, append_events
from warehouse.hashing import row_hash, row_hashes
from warehouse.session import Warehouse, conform, insert

COUNTING = ("accepted", "accepted_with_warnings", "nil")
"""States in which a submission's measurements count."""
GIVES_WAY = (*COUNTING, "held_late", "received")
"""States in which a submission is superseded when a newer revision counts."""

CURRENT = """
SELECT s.* EXCLUDE (state, reason, recorded_at),
       CASE WHEN c.submission_id IS NULL THEN s.state ELSE c.state END AS state,
       CASE WHEN c.submission_id IS NULL THEN s.reason ELSE c.reason END AS reason,
       s.state AS arrival_state, s.recorded_at, coalesce(c.recorded_at, s.recorded_at) AS state_at
FROM submissions AS s
LEFT JOIN (
    SELECT * FROM submission_states WHERE recorded_at <= $as_of
    QUALIFY row_number() OVER (PARTITION BY submission_id ORDER BY recorded_at DESC) = 1
) AS c USING (submission_id)
WHERE s.recorded_at <= $as_of
"""
PUNCTUAL = f"""
SELECT c.*, CASE WHEN $punctuality = 'counting' THEN c.late_days ELSE coalesce(min(
    CASE WHEN c.state NOT IN ('returned', 'excluded') THEN c.late_days END
) OVER (PARTITION BY c.unit_code, c.period), c.late_days) END AS days_late
FROM ({CURRENT}) AS c
"""
"""Every submission with the days that its unit counts as late (docs/decisions/0006): those of the first submission that
was neither returned nor excluded; its own where there is none, or the plan says ``punctuality: counting``."""
SUBMISSIONS = f"""
SELECT * FROM ({CURRENT})
WHERE $period IS NULL OR period = $period
ORDER BY period, unit_code, revision, submission_id
"""
ONE = f"SELECT * FROM ({CURRENT}) WHERE submission_id = $submission_id"
REVISIONS = """
SELECT unit_code, period, max(revision) AS last FROM submissions SEMI JOIN asked USING (unit_code, period) GROUP BY ALL
"""
STORED_FILES = """
SELECT a."key", min(s.submission_id) AS submission_id
FROM asked AS a JOIN submissions AS s ON s.file_hash = a.file_hash
    AND s.unit_code IS NOT DISTINCT FROM a.unit_code AND s.period IS NOT DISTINCT FROM a.period
GROUP BY a."key"
"""
STATES_NOW = f"SELECT * FROM ({CURRENT}) SEMI JOIN asked USING (unit_code, period)"
CLAIMED = f"""
SELECT DISTINCT m.unit_code, m.period, m.evidence FROM measurements AS m
SEMI JOIN asked USING (period, evidence)
SEMI JOIN (SELECT submission_id FROM ({CURRENT}) WHERE list_contains($counting, state)) USING (submission_id)
ORDER BY ALL
"""
PROBLEMS = "SELECT * FROM problems WHERE submission_id = $submission_id ORDER BY number"
MEASUREMENTS = """
SELECT * FROM measurements WHERE submission_id = $submission_id ORDER BY indicator_code, period, part
"""


def submissions(warehouse: Warehouse, period: str | None = None, as_of: datetime | None = None) -> pl.DataFrame:
    """Return all submissions of a period (or of all), by period, unit and revision.

    Columns of ``schemas.tables.Submissions``, where ``state`` and ``reason`` are those that hold at ``as_of`` (now);
    and ``arrival_state``, ``state_at`` (since when the state holds).
    """
    return warehouse.rows(SUBMISSIONS, period=period, as_of=until(as_of))


def problems_of(warehouse: Warehouse, submission_id: str) -> pl.DataFrame:
    """Return a submission's problems in their order, columns as in ``schemas.tables.Problems``."""
    return warehouse.rows(PROBLEMS, submission_id=submission_id)


def measurements_of(warehouse: Warehouse, submission_id: str) -> pl.DataFrame:
    """Return what a submission reported, columns as in ``schemas.tables.Measurements``, whether it counts or not."""
    return warehouse.rows(MEASUREMENTS, submission_id=submission_id)


def evidence_claimed(warehouse: Warehouse, claims: pl.DataFrame) -> pl.DataFrame:
    """Return who has named the same evidence in the same period, in reports that count: unit_code, period, evidence.

    ``claims``: period and evidence.
    """
    return _asking(warehouse, CLAIMED, claims, counting=list(COUNTING), as_of=until(None))


def add_submissions(
    warehouse: Warehouse,
    submissions: pl.DataFrame,
    measurements: pl.DataFrame,
    problems: pl.DataFrame,
    persons: pl.DataFrame,
    *,
    actor: str,
    reason: str | None = None,
) -> dict[Any, str]:
    """Store a batch of submissions with all they hold.

    The four frames belong together by ``key`` (a number or text of the caller's), as in ``intake.batch.Batch``; they
    have the columns of their models except ``submission_id``, ``revision`` and ``recorded_at``, which are given here;
    further columns are left out. Several submissions of one unit and period are numbered by ``sequence`` where there
    is such a column, else in the order of the rows.

    A file whose bytes are stored already for the same unit and period changes nothing. A submission that counts
    (accepted, accepted_with_warnings, nil) supersedes the older revisions of its unit and period.

    Returns key → submission_id, also for what was stored before.
    """
    known = _already_stored(warehouse, submissions)
    fresh = _numbered(warehouse, submissions.filter(~pl.col("key").is_in(known["key"].implode())))
    stamp = now()
    tables = (("submissions", Submissions, fresh), ("measurements", Measurements, measurements),
              ("problems", Problems, problems), ("persons", Persons, persons))  # fmt: skip
    stored: dict[str, pl.DataFrame] = {}
    for name, table, frame in tables:
        rows = frame if name == "submissions" else frame.join(fresh.select("key", "submission_id"), on="key")
        given = {"recorded_at": stamp} if "recorded_at" in columns_of(table) else {}
        stored[name] = conform(rows, table, wider=True, **given)
        insert(warehouse, name, stored[name])
    append_events(
        warehouse,
        actor,
        (
            Change("submission_added", name, reason, detail)
            for name, detail in facts_of(stored["submissions"], stored["measurements"], stored["problems"])
        ),
    )
    supersede(warehouse, fresh.filter(pl.col("state").is_in(COUNTING)), actor)
    return dict(pl.concat([known, fresh.select("key", "submission_id")]).iter_rows())


def set_state(warehouse: Warehouse, submission_id: str, state: str, reason: str | None, actor: str) -> bool:
    """Give a submission a new state; returns False, and changes nothing, where it has that state already.

    Admitting one (held_late → accepted) supersedes older revisions as an arrival does, and is itself superseded where
    a newer revision counts.

    Raises:
        UserError: unknown submission or state.
    """
    if state not in SUBMISSION_STATES:
        words = ", ".join(SUBMISSION_STATES)
        raise UserError(f"没有状态“{state}”。可用:{words}。", f"There is no state '{state}'. Known: {words}.")
    row = warehouse.rows(ONE, submission_id=submission_id, as_of=until(None))
    if row.is_empty():
        raise UserError(f"没有报送“{submission_id}”。", f"There is no submission '{submission_id}'.")
    if row["state"][0] == state:
        return False
    _add_states(warehouse, row, state, reason, actor)
    supersede(warehouse, row, actor)
    return True


def supersede(warehouse: Warehouse, changed: pl.DataFrame, actor: str) -> None:
    """Supersede, for the units and periods of ``changed``, what is older than their newest counting revision."""
    rows = _asking(warehouse, STATES_NOW, changed.select("unit_code", "period").unique(), as_of=until(None))
    newest = rows.filter(pl.col("state").is_in(COUNTING)).group_by("unit_code", "period").agg(
        newest=pl.col("revision").max()
    )  # fmt: skip
    older = rows.join(newest, on=["unit_code", "period"]).filter(
        (pl.col("revision") < pl.col("newest")) & pl.col("state").is_in(GIVES_WAY)
    )
    for newer, part in older.sort("submission_id").group_by("newest", maintain_order=True):
        _add_states(warehouse, part, "superseded", f"第{newer[0]}次报送已采用", actor)


def _add_states(warehouse: Warehouse, rows: pl.DataFrame, state: str, reason: str | None, actor: str) -> None:
    new = rows.select("submission_id", state=pl.lit(state), reason=pl.lit(reason), actor=pl.lit(actor))
    insert(warehouse, "submission_states", conform(new, SubmissionStates, recorded_at=now()))
    append_events(
        warehouse,
        actor,
        (
            Change("submission_state_set", row["submission_id"], reason, {"from": row["state"], "to": state})
            for row in rows.iter_rows(named=True)
        ),
    )


def _already_stored(warehouse: Warehouse, submissions: pl.DataFrame) -> pl.DataFrame:
    """Return key and submission_id of those whose bytes are stored for this unit and period.

    Raises:
        ValueError: the same bytes twice in the batch, for one unit and period.
    """
    keys = ["file_hash", "unit_code", "period"]
    if submissions.select(keys).is_duplicated().any():
        raise ValueError("the batch holds the same bytes twice for one unit and period")
    found = _asking(warehouse, STORED_FILES, submissions.select("key", *keys))
    return found.cast({"key": submissions.schema["key"]})


def _numbered(warehouse: Warehouse, fresh: pl.DataFrame) -> pl.DataFrame:
    """Add revision and submission_id; 0 and the file's hash where unit or period is unknown."""
    group = ["unit_code", "period"]
    last = _asking(warehouse, REVISIONS, fresh.select(group).unique())
    order = pl.col("sequence") if "sequence" in fresh.columns else pl.int_range(pl.len())
    known = pl.all_horizontal(pl.col(group).is_not_null())
    place = order.rank("ordinal").over(group).cast(pl.Int64)
    rows = fresh.join(last, on=group, how="left", maintain_order="left").with_columns(
        revision=pl.when(known).then(pl.col("last").fill_null(0) + place).otherwise(0)
    )
    named = pl.format("{}/{}/{}", "unit_code", "period", "revision")
    return rows.drop("last").with_columns(submission_id=pl.when(known).then(named).otherwise("file_hash"))


def facts_of(
    submissions: pl.DataFrame, measurements: pl.DataFrame, problems: pl.DataFrame
) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield each submission's id and what its event says: the facts that decide, and hashes of all of its rows."""
    cells = row_hashes(measurements.sort("indicator_code", "period", "part"), "submission_id")
    none = (0, row_hash())
    wrong = dict(problems.group_by("submission_id").len().iter_rows())
    for row in submissions.iter_rows(named=True):
        reported, reported_hash = cells.get(row["submission_id"], none)
        yield row["submission_id"], {
            **{name: row[name] for name in _IN_EVENT}, "row_hash": row_hash(row),
            "measurements": reported, "measurements_hash": reported_hash,
            "problems": wrong.get(row["submission_id"], 0),
        }  # fmt: skip


_IN_EVENT = ("unit_code", "period", "revision", "state", "late_days", "file_hash", "size_bytes")


def _asking(warehouse: Warehouse, query: str, asked: pl.DataFrame, **parameters: Any) -> pl.DataFrame:
    """Run a query that joins the table ``asked``."""
    warehouse.connection.register("asked", asked.to_arrow())
    try:
        return warehouse.rows(query, **parameters)
    finally:
        warehouse.connection.unregister("asked")
