"""The Prefect flows: a quarter from inbox to documents, and its steps. Each calls what the command line calls, too.

Settings come from the environment (``flows.settings``), so that a form in the UI asks only for what the office decides.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import flow_run

from flows.assess import Assessed, assess_period
from flows.calendar import period_ended_before, period_of
from flows.export import Exported, export_run
from flows.flow_artifacts import tell_documents, tell_problems, tell_ranking, tell_reminders
from flows.ingest import Ingested, ingest_batch
from flows.one_at_a_time import one_at_a_time
from flows.progress import Progress
from flows.reminders import remind as write_today
from flows.reminders import reminder_texts
from flows.settings import Settings, make_settings
from schemas.errors import UserError
from schemas.folder import Plan, load_plan
from schemas.periods import Period

RETRIES: dict[str, Any] = {
    "retries": 2,
    "retry_delay_seconds": [2, 20],
    "cache_policy": NO_CACHE,
    "persist_result": False,
}


def _worth_a_retry(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    """Retry what may pass by itself, such as a full or slow disk; never a user's mistake or a defect."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, OSError)


@task(name="ingest", retry_condition_fn=_worth_a_retry, **RETRIES)
def take_in(
    settings: Settings, plan: Plan, period: Period, folder: Path, received: Literal["now", "modified"]
) -> Ingested:
    """Take in what lies in a folder; an absent or empty one is nothing to do."""
    if not folder.is_dir() or not any(p.is_file() for p in folder.rglob("*")):
        return Ingested(())
    moment: Literal["modified"] | None = "modified" if received == "modified" else None
    label = f"{period} 读取填报" if settings.lang == "zh" else f"{period} reading"
    with Progress(label) as progress:
        return ingest_batch(settings, plan, [folder], period, received_at=moment, progress=progress)


@task(name="assess", retry_condition_fn=_worth_a_retry, **RETRIES)
def score_period(settings: Settings, plan: Plan, period: Period, reason: str, as_of: datetime | None) -> Assessed:
    """Score the period from what is recorded."""
    return assess_period(settings, plan, period, reason=reason, as_of=as_of)


@task(name="export", retry_condition_fn=_worth_a_retry, **RETRIES)
def write_documents(settings: Settings, plan: Plan, period: str, run_id: str) -> Exported:
    """Write a run's documents."""
    label = f"{period} 成绩单" if settings.lang == "zh" else f"{period} scorecards"
    with Progress(label) as progress:
        return export_run(settings, plan, run_id, progress=progress)


def _run_name() -> str:
    given = flow_run.parameters
    return f"{flow_run.flow_name}-{given.get('period') or 'scheduled'}"


@flow(name="remind", flow_run_name=_run_name, persist_result=False)
def remind(period: str | None = None) -> list[Path]:
    """Write who is still to report, ready to send (催报清单); nothing is sent.

    Without ``period``: the one that ended before the time for which the run was scheduled.
    """
    settings, plan = _ready()
    known = period_of(plan, period) if period else period_ended_before(plan, flow_run.scheduled_start_time)
    board, paths = write_today(settings, plan, known)
    tell_reminders(known, "\n\n".join(reminder_texts(board).values()), paths[0].parent)
    return paths


@flow(name="ingest", flow_run_name=_run_name, persist_result=False)
def ingest(period: str, inbox: str | None = None, received: Literal["now", "modified"] = "now") -> Ingested:
    """Take in the submissions of a period (收取填报)."""
    settings, plan = _ready()
    known = period_of(plan, period)
    with one_at_a_time(known):
        taken = take_in(settings, plan, known, _inbox(settings, known, inbox), received)
    tell_problems(known, taken)
    return taken


@flow(name="assess", flow_run_name=_run_name, persist_result=False)
def assess(period: str, reason: str = "assess", as_of: datetime | None = None) -> Assessed:
    """Score a period from what is recorded (计分)."""
    settings, plan = _ready()
    known = period_of(plan, period)
    with one_at_a_time(known):
        return score_period(settings, plan, known, reason, as_of)


@flow(name="export", flow_run_name=_run_name, persist_result=False)
def export(period: str, run_id: str) -> Exported:
    """Write the documents of a run (出具成绩单)."""
    settings, plan = _ready()
    written = write_documents(settings, plan, period, run_id)
    tell_documents(written.period, written)
    return written


@flow(name="quarter", flow_run_name=_run_name, persist_result=False)
def quarter(
    period: str | None = None,
    reason: str = "quarter",
    inbox: str | None = None,
    received: Literal["now", "modified"] = "now",
    as_of: datetime | None = None,
) -> tuple[Ingested, Assessed, Exported]:
    """Take in, score and write the documents of a period (一个季度从收表到成绩单).

    Without ``period``: the one that ended before the time for which the run was scheduled.
    """
    settings, plan = _ready()
    known = period_of(plan, period) if period else period_ended_before(plan, flow_run.scheduled_start_time)
    return _whole(settings, plan, known, reason, inbox, received, as_of)


@flow(name="rerun", flow_run_name=_run_name, persist_result=False)
def rerun(period: str, reason: str, as_of: datetime | None = None) -> tuple[Ingested, Assessed, Exported]:
    """Score a period again (重新计分): with changed inputs a new run beside the old one, else the run that is there."""
    if not reason.strip():
        raise UserError("请写明重新计分的原因。", "Give the reason of the rerun.")
    settings, plan = _ready()
    return _whole(settings, plan, period_of(plan, period), reason, None, "now", as_of)


def _whole(
    settings: Settings, plan: Plan, period: Period, reason: str, inbox: str | None,
    received: Literal["now", "modified"], as_of: datetime | None,
) -> tuple[Ingested, Assessed, Exported]:  # fmt: skip
    with one_at_a_time(period):
        taken = take_in(settings, plan, period, _inbox(settings, period, inbox), received)
        tell_problems(period, taken)
        scored = score_period(settings, plan, period, reason, as_of)
        written = write_documents(settings, plan, str(period), scored.run_id)
    tell_ranking(period, written)
    tell_documents(period, written)
    return taken, scored, written


def _ready() -> tuple[Settings, Plan]:
    settings = make_settings()
    return settings, load_plan(settings.plan_folder)


def _inbox(settings: Settings, period: Period, inbox: str | None) -> Path:
    return Path(inbox) if inbox else settings.inbox / str(period)
