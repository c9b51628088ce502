"""Assess: recorded inputs through the gate into scoring; the run is kept beside earlier ones, once per inputs."""

import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from flows.disk import told_when_full
from flows.files import write_whole
from flows.gate import Verdict
from flows.inputs import Recorded, load_inputs
from flows.period import after_scoring, moves_when_scored
from flows.progress import waiting
from flows.settings import Settings
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period

if TYPE_CHECKING:
    from scoring import Inputs, Scored


ANSWER = "answer.json"


@dataclass(frozen=True)
class Assessed:
    """One scoring: its run, whether it is new, and by language what the gate remarked.

    ``held``: reports, corrections too, that came too late and wait to be admitted.
    """

    run_id: str
    new: bool
    units: int
    unreported: Sequence[str]
    remarks: Mapping[str, Sequence[str]]
    held: Sequence[str] = ()


def assess_period(
    settings: Settings,
    plan: Plan,
    period: Period,
    *,
    reason: str | None = None,
    as_of: datetime | None = None,
    despite: Collection[str] = (),
) -> Assessed:
    """Score a period from what is recorded, as of a moment; the same inputs give the same run and write nothing.

    ``despite``: critical rules of the gate that may fail this time; then a reason is required, and recorded.

    Raises:
        PlanError: the linter finds an error in the plan, for this period.
        UserError: nothing is stored for the period, a critical rule of the gate failed, or the disk is full.
    """
    with told_when_full(settings.home):
        return _assess(settings, plan, period, reason, as_of, despite)


def _assess(
    settings: Settings, plan: Plan, period: Period, reason: str | None, as_of: datetime | None, despite: Collection[str]
) -> Assessed:
    from flows.gate import judge, stop_where_failed
    from flows.gate_rules import BEFORE_SCORING, before_scoring
    from schemas.lint import refuse
    from warehouse import run_id_of

    if despite and not reason:
        raise UserError("用 --despite 时须写明 --reason。", "--despite needs a --reason.", exit_code=2)
    refuse(plan, [period])
    recorded = load_inputs(settings, plan, period, as_of)
    run_id, pages = run_id_of(str(period), recorded.hashes), settings.checks / str(period)
    settled = _is_settled(settings, period, run_id)
    if settled and (before := _answered(pages / BEFORE_SCORING / ANSWER, run_id)):
        return replace(before, held=recorded.held)
    rules = before_scoring(
        plan, period, recorded.measurements, recorded.reporting, outdated=recorded.outdated, held=recorded.held
    )
    with ThreadPoolExecutor(1) as aside:  # the gate is busy in Python, scoring in the engine: each on a core
        scoring = aside.submit(_scored, plan, recorded.inputs, period)
        verdict = judge(BEFORE_SCORING, rules, pages, despite=despite)
        stop_where_failed(verdict, str(period), pages / BEFORE_SCORING / "index.html")
        scored, scores = scoring.result()
    remarks = {lang: verdict.lines(lang) for lang in ("zh", "en")}
    known = Assessed(run_id, False, scored.results.height, recorded.unreported, remarks, recorded.held)
    if not verdict.waived:
        write_whole(pages / BEFORE_SCORING / ANSWER, json.dumps(asdict(known), ensure_ascii=False).encode())
    if settled:
        return known
    return replace(known, new=_save(settings, plan, recorded, scored, scores, _reason(reason, verdict)))


def _scored(plan: Plan, inputs: "Inputs", period: Period) -> tuple["Scored", pl.DataFrame]:
    from scoring import score

    scored = score(plan, inputs, period)
    return scored, scored.scores_frame()


def _is_settled(settings: Settings, period: Period, run_id: str) -> bool:
    """Say whether a run is stored, and would not move its period."""
    from warehouse import period_state, read_warehouse, runs

    with read_warehouse(settings.warehouse) as warehouse:
        known = run_id in runs(warehouse, str(period))["run_id"]
        return known and not moves_when_scored(period_state(warehouse, str(period)), new=False)


def _answered(answer: Path, run_id: str) -> Assessed | None:
    """Return what to say of a stored run, where its inputs were judged last and passed with nothing let pass."""
    try:
        before = Assessed(**json.loads(answer.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):  # never asked, or not to be read: the gate judges again
        return None
    return before if before.run_id == run_id else None


def _reason(reason: str | None, verdict: Verdict) -> str | None:
    """Return the reason to record, with the rules that were let pass."""
    names = ", ".join(sorted({f.rule.name for f in verdict.waived}))
    return f"{reason} (despite {names})" if names else reason


def _with_appeals(reason: str | None, granted: Sequence[str]) -> str | None:
    """Return the reason with the granted appeals that it does not name yet."""
    new = [name for name in granted if name not in (reason or "")]
    return "; ".join(filter(None, [reason, f"申诉成立 {', '.join(new)}" if new else None])) or None


def _save(
    settings: Settings, plan: Plan, recorded: Recorded, scored: "Scored", scores: pl.DataFrame, reason: str | None
) -> bool:
    """Store the run, and say whether it is new."""
    from warehouse import granted_appeals, open_warehouse, record_plan, record_registry, save_run

    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        reason = _with_appeals(reason, granted_appeals(warehouse, str(scored.period)))
        record_plan(warehouse, plan, actor=settings.actor)
        record_registry(warehouse, plan.units, actor=settings.actor)
        run_id, new = save_run(
            warehouse,
            period=str(scored.period),
            hashes=recorded.hashes,
            results=scored.results,
            scores=scores,
            counted=recorded.used,
            actor=settings.actor,
            reason=reason,
            origin=settings.origin,
            as_of=recorded.as_of_at,
        )
        after_scoring(warehouse, scored.period, run_id, new=new, actor=settings.actor)
    return new
