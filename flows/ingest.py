"""Ingest: archive each file, then read, check, decide, answer the units and store, 1,500 files at a time.

Each part is stored in one transaction. What was stored before a crash is unchanged when the batch is taken in again,
the rest follows: nothing is lost and nothing is there twice (docs/decisions/0010).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from flows.arrivals import Arrivals, ReceivedAt, files_of, in_order
from flows.evidence import Evidence, collect_evidence
from flows.files import text_name, write_whole
from flows.progress import waiting
from flows.settings import Settings, prepare_home
from flows.templates import earlier_measurements, forms_of, safe_name, workbooks
from schemas.asked import valid_units
from schemas.folder import Plan
from schemas.periods import Period, parse_period

if TYPE_CHECKING:
    from intake.batch import Batch
    from warehouse import Warehouse

CHUNK = 1_500
"""Files that are checked and stored together: memory does not grow with the number of files."""


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


def ingest_batch(
    settings: Settings,
    plan: Plan,
    paths: Sequence[Path],
    period: Period | None = None,
    *,
    received_at: ReceivedAt = None,
    reason: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Ingested:
    """Take in files and folders. What was received before, byte for byte, changes nothing.

    ``received_at``: now, one moment for all, or ``modified`` for each file's own time of change. A file is in the
    archive before it is read; one that cannot be told to a unit and period leaves nothing else behind. Outcomes come in
    the order of the files.
    """
    prepare_home(settings)
    named = files_of(paths)
    evidence = collect_evidence(settings, named)
    arrivals = Arrivals(settings, in_order(plan, evidence.rest), received_at)
    became: dict[str, list[Outcome]] = {}
    for batch, decided in _read(settings, plan, arrivals, evidence, period, progress):
        arrivals.archive.flush()
        answers = _answer(settings, plan, batch, decided)
        attributed = decided.filter(pl.col("unit_code").is_not_null() & pl.col("period").is_not_null())
        ids, held = _store(settings, plan, batch, attributed, evidence, reason)
        lines = _lines(batch, settings.lang)
        for row in (r | held.get(r["key"], {}) for r in decided.iter_rows(named=True)):
            outcome = _outcome(row, ids.get(row["key"]), lines.get(row["key"], []), answers.get(row["key"]))
            became.setdefault(row["file_hash"], []).append(outcome)
    evidence.store_late(settings, {h: row["submission_id"] for h, row in arrivals.unchanged.items()})
    for name, stored in arrivals.unchanged.items():
        became[name] = [Outcome(text_name(arrivals.first[name].name), name, "unchanged", **stored)]
    place = {file: n for n, file in enumerate(named)}
    hashes = sorted(became, key=lambda name: place[arrivals.first[name]])
    return _summary([outcome for file_hash in hashes for outcome in became[file_hash]])


def _summary(outcomes: list[Outcome]) -> Ingested:
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.state] = counts.get(outcome.state, 0) + 1
    return Ingested(tuple(outcomes), counts)


def _read(
    settings: Settings,
    plan: Plan,
    arrivals: Arrivals,
    evidence: Evidence,
    period: Period | None,
    progress: Callable[[int, int], None] | None,
) -> Iterator[tuple["Batch", pl.DataFrame]]:
    """Read and check the files as they arrive; yield batches, and their submissions with state.

    A plan that refuses two files of one unit can only tell when all have been read: then they are one batch.
    """
    from flows.estimates import targets_due
    from intake.checks import check_batch
    from intake.decide import decide
    from intake.known import Known
    from intake.read import read_chunks

    known, files, fresh = Known(plan, period), len(arrivals.files), arrivals.fresh()
    first = next(fresh, None)
    if first is None:
        return
    previous: pl.DataFrame | None = None
    size = CHUNK if plan.file.intake.same_batch != "refuse" else files
    told = (lambda done: progress(done, files)) if progress else None
    with ThreadPoolExecutor(1, thread_name_prefix="targets") as beside:
        due = beside.submit(targets_due, plan, period) if period else None  # while the first files are read
        for number, chunk in enumerate(read_chunks(known, chain([first], fresh), size, told=told)):
            if number == 0 or period is None:  # without a period the batch before may hold earlier ones
                previous = earlier_measurements(settings, plan, period)
            targets, claimed = due.result() if due else None, _claimed(settings, chunk)
            checked = check_batch(known, chunk, previous=previous, targets_due=targets, claimed=claimed)
            batch = evidence.linked(settings, plan, checked)
            yield batch, decide(batch, plan, arrivals.moments)


def _claimed(settings: Settings, chunk: "Batch") -> pl.DataFrame | None:
    """Return who named the batch's evidence before, also in the batch before this one."""
    from warehouse import evidence_claimed, read_warehouse

    claims = chunk.cells.select("period", "evidence").drop_nulls().unique()
    if claims.is_empty() or not settings.warehouse.exists():
        return None
    with read_warehouse(settings.warehouse) as warehouse:
        return evidence_claimed(warehouse, claims)


def _store(
    settings: Settings, plan: Plan, batch: "Batch", decided: pl.DataFrame, evidence: Evidence, reason: str | None
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
        evidence.store(warehouse, ids, settings.actor)
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


def _lines(batch: "Batch", lang: str) -> dict[int, list[tuple[str, bool]]]:
    """Return by key the problems as sentences, and whether each is an error."""
    from intake.report import problem_line

    names = dict(batch.submissions.select("key", "file_name").iter_rows())
    lines: dict[int, list[tuple[str, bool]]] = {}
    for problem in batch.problems.sort("key", "number").iter_rows(named=True):
        line = problem_line(names[problem["key"]], problem, lang)
        lines.setdefault(problem["key"], []).append((line, problem["severity"] == "error"))
    return lines


def _outcome(
    row: dict[str, Any], submission_id: str | None, lines: list[tuple[str, bool]], answer: Path | None
) -> Outcome:
    """Return what became of one submission; without an id nothing of it was stored."""
    state = row["state"] if submission_id else "refused"
    sentences = [line for line, _ in sorted(lines, key=lambda said: not said[1])]  # errors first: few are printed
    if not sentences and row["reason"]:
        sentences = [f"{row['file_name']}:{row['reason']}"]
    return Outcome(
        row["file_name"], row["file_hash"], state, row["unit_code"], row["period"], row["late_days"], submission_id,
        tuple(sentences), sum(error for _, error in lines), answer,
    )  # fmt: skip


def _answer(settings: Settings, plan: Plan, batch: "Batch", decided: pl.DataFrame) -> dict[int, Path]:
    """Write what goes back to the units: the marked copy, its problems beside it as CSV and JSON; return the copies.

    Before anything is stored: what was stored is not read again, so a copy that a crash left out would never be made.
    """
    from intake.answer import problems_csv, problems_json

    returned = decided.filter(pl.col("state") == "returned")
    few = batch.of(*returned["key"])
    paths = {row["key"]: copy_path(settings, row) for row in returned.iter_rows(named=True)}
    for key, content in _marked_copies(settings, plan, few, returned):
        one = few.of(key)
        write_whole(paths[key].with_suffix(".csv"), problems_csv(one))
        write_whole(paths[key].with_suffix(".json"), problems_json(one))
        write_whole(paths[key], content)
    return paths


def _marked_copies(
    settings: Settings, plan: Plan, batch: "Batch", returned: pl.DataFrame
) -> Iterator[tuple[int, bytes]]:
    """Yield each returned submission's key and marked copy; where there is no form to mark, the problems alone."""
    from intake.answer import marked_copy, problem_list

    for (period,), rows in returned.group_by("period", maintain_order=True):
        here = parse_period(str(period)) if period else None
        units = valid_units(plan.units, here)["unit_code"].to_list() if here else []
        filled = rows.filter(pl.col("unit_code").is_in(units))  # a unit that was merged or closed has no form
        if here and filled.height:
            forms = forms_of(settings, plan, here, set(filled["unit_code"]))
            wanted = (
                (r["unit_code"], marked_copy(batch.of(r["key"]), forms.lang)) for r in filled.iter_rows(named=True)
            )
            yield from zip(filled["key"], workbooks(forms, wanted), strict=True)
        for key in rows.filter(~pl.col("key").is_in(filled["key"].implode()))["key"]:
            yield key, problem_list(batch.of(key), settings.lang)


def copy_path(settings: Settings, row: Mapping[str, Any]) -> Path:
    """Return the place of the marked copy of a returned submission, from its file_name, file_hash and period."""
    name = safe_name(f"{Path(row['file_name']).stem}-{row['file_hash'][:8]}")
    return settings.returned / (row["period"] or "unknown") / f"{name}.xlsx"
