"""Ingest: archive every file, read and check the batch, decide, store in one transaction, answer the units."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from flows.archive import Kept, archive_file
from flows.files import write_whole
from flows.progress import waiting
from flows.settings import Settings, prepare_home
from flows.templates import earlier_measurements, safe_name, targets_due
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period, parse_period

if TYPE_CHECKING:
    from intake.batch import Batch
    from warehouse import Warehouse

Received = datetime | Literal["modified"] | None
RECEIVED_FILE = "received.csv"


@dataclass(frozen=True)
class Outcome:
    """What became of one file, or of one unit's part of it.

    ``state``: as in ``schemas.tables``; ``unchanged`` for bytes received before; ``refused`` where unit or period could
    not be told, so that nothing but the bytes is kept. ``problems`` are sentences.
    """

    file_name: str
    file_hash: str
    state: str
    unit_code: str | None = None
    period: str | None = None
    late_days: int = 0
    submission_id: str | None = None
    problems: tuple[str, ...] = ()
    errors: int = 0
    answer: Path | None = None


@dataclass(frozen=True)
class Ingested:
    """What became of a batch."""

    outcomes: tuple[Outcome, ...]
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def faulty(self) -> list[Outcome]:
        """Return what was returned or refused."""
        return [o for o in self.outcomes if o.state in ("returned", "refused")]


def files_of(paths: Sequence[Path]) -> list[Path]:
    """Return the files meant: those named, and those inside folders named, without office programs' lock files.

    Raises:
        UserError: a path does not exist, or there is no file at all.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (p for p in sorted(path.rglob("*")) if p.is_file())
            found += [p for p in inside if not p.name.startswith((".", "~$")) and p.name != RECEIVED_FILE]
        elif path.is_file():
            found.append(path)
        else:
            raise UserError(
                f"没有文件或文件夹 {path}。请检查路径。", f"There is no file or folder {path}. Check the path."
            )
    if not found:
        where = "、".join(map(str, paths))
        raise UserError(
            f"{where} 中没有文件。请把填报文件放入后重试。", f"There is no file in {where}. Put the submissions there."
        )
    return found


def ingest_batch(
    settings: Settings,
    plan: Plan,
    paths: Sequence[Path],
    period: Period | None = None,
    *,
    received_at: Received = None,
    reason: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Ingested:
    """Take in files and folders. What was received before, byte for byte, changes nothing.

    ``received_at``: now, one moment for all, or ``modified`` for each file's own time of change. Every file is in the
    archive before any is read; a file that cannot be told to a unit and period leaves nothing else behind.
    """
    prepare_home(settings)
    kept = {k.hash: k for k in (archive_file(settings.archive, path) for path in files_of(paths))}
    known = _received_before(settings, list(kept))
    fresh = [k for k in kept.values() if k.hash not in known]
    same = [Outcome(k.name, k.hash, "unchanged", submission_id=known[k.hash]) for k in kept.values() if k.hash in known]
    if not fresh:
        return _summary(same)
    batch, decided = _read(settings, plan, fresh, period, _moments(fresh, received_at), progress)
    attributed = decided.filter(pl.col("unit_code").is_not_null() & pl.col("period").is_not_null())
    ids, held = _store(settings, plan, batch, attributed, reason)
    outcomes = same
    for row in (r | held.get(r["key"], {}) for r in decided.iter_rows(named=True)):
        outcome = _outcome(batch, row, ids.get(row["key"]), settings.lang)
        faulty = outcome.state in ("returned", "refused")
        outcomes.append(_answer(settings, plan, batch, row["key"], outcome) if faulty else outcome)
    return _summary(outcomes)


def _summary(outcomes: list[Outcome]) -> Ingested:
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.state] = counts.get(outcome.state, 0) + 1
    return Ingested(tuple(outcomes), counts)


def _moments(kept: Sequence[Kept], received_at: Received) -> dict[str, datetime]:
    """Return when each file counts as received, by hash. The archive keeps a file's time of change."""
    if received_at == "modified":
        return {k.hash: datetime.fromtimestamp(k.path.stat().st_mtime, UTC) for k in kept}
    moment = received_at or datetime.now(UTC)
    return {k.hash: moment for k in kept}


def _read(
    settings: Settings,
    plan: Plan,
    fresh: Sequence[Kept],
    period: Period | None,
    moments: Mapping[str, datetime],
    progress: Callable[[int, int], None] | None,
) -> tuple["Batch", pl.DataFrame]:
    """Read and check the archived files; return the batch and its submissions with state."""
    from intake.decide import decide
    from intake.read import read_files

    previous = earlier_measurements(settings, plan, period)
    batch = read_files(
        [k.path for k in fresh],
        plan,
        period=period,
        previous=previous,
        targets_due=targets_due(plan, period) if period else None,
        names={k.path: k.name for k in fresh},
        progress=progress,
    )
    return batch, decide(batch, plan, moments)


def _received_before(settings: Settings, hashes: Sequence[str]) -> dict[str, str]:
    """Return the submission of every hash that is stored already."""
    from warehouse import find_submissions, read_warehouse

    if not settings.warehouse.exists():
        return {}
    with read_warehouse(settings.warehouse) as warehouse:
        found = find_submissions(warehouse, list(hashes))
    return dict(found.select("file_hash", "submission_id").iter_rows())


def _store(
    settings: Settings, plan: Plan, batch: "Batch", decided: pl.DataFrame, reason: str | None
) -> tuple[dict[int, str], dict[int, dict[str, Any]]]:
    """Store submissions, their problems and, of those not returned, values and persons.

    Returns ids by key; and by key state and reason of what is held because its period takes no more reports.
    """
    from warehouse import add_submissions, open_warehouse, record_plan, record_registry

    if decided.is_empty():
        return {}, {}
    every, taken = decided["key"].to_list(), decided.filter(pl.col("state") != "returned")["key"].to_list()
    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        record_plan(warehouse, plan, actor=settings.actor)
        record_registry(warehouse, plan.units, actor=settings.actor)
        held = _held(warehouse, decided)
        ids = add_submissions(
            warehouse,
            pl.DataFrame([r | held.get(r["key"], {}) for r in decided.to_dicts()], schema=decided.schema),
            batch.cells.filter(pl.col("key").is_in(taken)),
            batch.problems.filter(pl.col("key").is_in(every)),
            batch.persons.filter(pl.col("key").is_in(taken)),
            actor=settings.actor,
            reason=reason,
        )
    return ids, held


def _held(warehouse: "Warehouse", decided: pl.DataFrame) -> dict[int, dict[str, Any]]:
    """Return by key the new state of what would count, but comes when its period takes no more reports."""
    from flows.period import TAKES_REPORTS, state_title
    from warehouse import COUNTING, period_state

    states = {p: period_state(warehouse, p) for p in decided["period"].unique()}
    return {
        row["key"]: {"state": "held_late", "reason": f"该周期{state_title(states[row['period']], 'zh')},待考核办准予。"}
        for row in decided.iter_rows(named=True)
        if row["state"] in COUNTING and states[row["period"]] not in TAKES_REPORTS
    }


def _outcome(batch: "Batch", row: dict[str, Any], submission_id: str | None, lang: str) -> Outcome:
    """Return what became of one submission; without an id nothing of it was stored."""
    from intake.answer import problem_lines

    one = batch.of(row["key"])
    state = row["state"] if submission_id else "refused"
    lines = problem_lines(one, lang)
    if not lines and row["reason"]:
        lines = [f"{row['file_name']}:{row['reason']}"]
    return Outcome(
        row["file_name"], row["file_hash"], state, row["unit_code"], row["period"], row["late_days"], submission_id,
        tuple(lines), one.problems.filter(pl.col("severity") == "error").height,
    )  # fmt: skip


def _answer(settings: Settings, plan: Plan, batch: "Batch", key: int, outcome: Outcome) -> Outcome:
    """Write the marked copy that goes back to the unit."""
    from intake.answer import annotated_workbook
    from intake.template import Forms

    period = outcome.period
    forms = Forms(plan, parse_period(period), lang=settings.lang) if period else None
    name = safe_name(f"{Path(outcome.file_name).stem}-{outcome.file_hash[:8]}")
    path = settings.returned / (period or "unknown") / f"{name}.xlsx"
    write_whole(path, annotated_workbook(batch, key, forms))
    return replace(outcome, answer=path)
