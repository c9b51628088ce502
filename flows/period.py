"""The life of a period: which step leads from which state to which, as a table; and the functions that take a step.

Whose step it is is recorded with every event and shown, not enforced: there are no accounts yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from flows.progress import waiting
from flows.settings import Settings
from schemas.errors import UserError
from schemas.periods import Period

if TYPE_CHECKING:
    from schemas.folder import Plan
    from warehouse import Warehouse


@dataclass(frozen=True)
class Step:
    """One step: its words, whose it is, from which state it leads to which, whether a reason is asked for."""

    zh: str
    en: str
    role: str
    leads: Mapping[str, str]
    needs_reason: bool = False


STEPS: dict[str, Step] = {
    "close": Step("截止收表", "close", "office", {"open": "closed"}),
    "score": Step("计分", "score", "office", {"closed": "scored", "reopened": "scored", "approved": "in_review"}),
    "review": Step("公示", "put up for review", "office", {"scored": "in_review"}),
    "approve": Step("审定", "approve", "leadership", {"in_review": "approved"}),
    "publish": Step("公布", "publish", "office", {"approved": "published"}),
    "reopen": Step("重新启用", "reopen", "leadership", {
        "closed": "open", "scored": "reopened", "in_review": "reopened", "approved": "reopened",
        "published": "reopened",
    }, needs_reason=True),
}  # fmt: skip
"""A scoring while the period is open is provisional and changes no state; a new run after approval asks for another
approval; one after publication stays beside until the period is reopened."""

STATES = {
    "open": ("收表中", "open"), "closed": ("已截止", "closed"), "scored": ("已计分", "scored"),
    "in_review": ("公示中", "in review"), "approved": ("已审定", "approved"), "published": ("已公布", "published"),
    "reopened": ("已重新启用", "reopened"),
}  # fmt: skip
ROLES = {"office": ("考核办", "the assessment office"), "leadership": ("领导", "leadership")}
TAKES_REPORTS = ("open",)
"""States in which what comes in counts without being admitted."""


def state_title(state: str, lang: str) -> str:
    """Return a period's state in words."""
    return STATES[state][0 if lang == "zh" else 1]


def take_step(
    settings: Settings,
    period: Period,
    name: str,
    *,
    reason: str | None = None,
    run_id: str | None = None,
) -> bool:
    """Take one step; False, and nothing changed, where it was taken already.

    Raises:
        UserError: the step does not start at the period's state, or wants a reason; nothing is scored yet.
    """
    from warehouse import open_warehouse, read_warehouse

    refuse_without_reason(name, reason)
    if settings.warehouse.exists():
        with read_warehouse(settings.warehouse) as warehouse:
            if already(warehouse, period, name):
                return False
    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        return step_in(warehouse, period, name, actor=settings.actor, reason=reason, run_id=run_id)


def approve(
    settings: Settings,
    plan: "Plan",
    period: Period,
    *,
    reason: str | None = None,
    run_id: str | None = None,
    decide: str | None = None,
) -> bool:
    """Approve a run, the newest where none is named; False, and nothing changed, where the period is approved already.

    Raises:
        UserError: the period is not in review, or still has to wait and nobody decided otherwise; no such run.
    """
    from warehouse import load_run, open_warehouse, period_state

    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        if already(warehouse, period, "approve"):
            return False
        refuse_wrong_state(period, "approve", period_state(warehouse, str(period)))
        if run_id and load_run(warehouse, run_id)[0]["period"] != str(period):
            raise UserError(f"批次 {run_id} 不属于 {period}。", f"Run {run_id} is not one of {period}.")
        over = refuse_while_pending(warehouse, plan, period, decide)
        why = decided(reason, decide, over)
        return step_in(warehouse, period, "approve", actor=settings.actor, reason=why, run_id=run_id)


def decided(reason: str | None, decide: str | None, over: list[str]) -> str | None:
    """Return the reason to record, with what was decided over."""
    return "; ".join(filter(None, [reason, f"经决定继续:{decide}({'、'.join(over)})" if over else None])) or None


def already(warehouse: "Warehouse", period: Period, name: str) -> bool:
    """Say whether the period is where a step leads, and the step does not start there."""
    from warehouse import period_state

    state, leads = period_state(warehouse, str(period)), STEPS[name].leads
    return state not in leads and state in leads.values()


def step_in(
    warehouse: "Warehouse", period: Period, name: str, *, actor: str, reason: str | None, run_id: str | None = None
) -> bool:
    """Take a step inside an open transaction."""
    from warehouse import latest_run, period_state, set_period_state

    refuse_without_reason(name, reason)
    if already(warehouse, period, name):
        return False
    state = period_state(warehouse, str(period))
    refuse_wrong_state(period, name, state)
    facts: dict[str, Any] = {"role": STEPS[name].role}
    if name in ("score", "review", "approve", "publish"):
        facts["run_id"] = run_id or latest_run(warehouse, str(period))
    return set_period_state(warehouse, str(period), STEPS[name].leads[state], actor, reason, facts)


def after_scoring(warehouse: "Warehouse", period: Period, run_id: str, *, new: bool, actor: str) -> None:
    """Let a scoring move the period, inside the transaction that stored it."""
    from warehouse import period_state

    state = period_state(warehouse, str(period))
    if moves_when_scored(state, new=new):
        step_in(warehouse, period, "score", actor=actor, reason=f"批次 {run_id}", run_id=run_id)


def moves_when_scored(state: str, *, new: bool) -> bool:
    """Say whether a scoring moves a period on: an approved one only where the run is new."""
    return state in STEPS["score"].leads and (new or state != "approved")


def refuse_without_reason(name: str, reason: str | None) -> None:
    """Refuse a step that wants a reason and has none."""
    if STEPS[name].needs_reason and not (reason or "").strip():
        step = STEPS[name]
        raise UserError(f"{step.zh}须写明 --reason。", f"To {step.en} a period, give a --reason.", exit_code=2)


def refuse_wrong_state(period: Period, name: str, state: str) -> None:
    """Refuse a step that does not start at this state, and say which ones do."""
    step = STEPS[name]
    if state in step.leads:
        return
    open_steps = {n: s for n, s in STEPS.items() if state in s.leads}
    zh = "、".join(f"{s.zh}({step_command(n, period)})" for n, s in open_steps.items())
    en = ", ".join(step_command(n, period) for n in open_steps)
    raise UserError(
        f"{period} 现为“{STATES[state][0]}”,不能{step.zh}。现在可以:{zh}。",
        f"{period} is {STATES[state][1]}: not the time to {step.en}. Possible now: {en}.",
    )


def step_command(name: str, period: Period) -> str:
    """Return the command that takes a step."""
    if name == "score":
        return f"kaohe assess {period}"
    return f"kaohe period {name} {period}" + (" --reason …" if STEPS[name].needs_reason else "")


def review_ends(warehouse: "Warehouse", plan: "Plan", period: Period) -> date | None:
    """Return the last day on which a unit may appeal; None where the result is not up for review."""
    from intake.calendar import local_day
    from warehouse import period_history

    began = _review_began(period_history(warehouse, str(period)))
    return local_day(plan, began) + timedelta(days=plan.file.calendar.appeal_days) if began else None


def _review_began(history: pl.DataFrame) -> datetime | None:
    """Return when the last review began: a rerun during it, or after approval, does not begin another."""
    began: datetime | None = None
    for row in history.iter_rows(named=True):
        if row["state"] in ("open", "reopened", "closed", "scored"):
            began = None
        elif row["state"] == "in_review" and began is None:
            began = row["recorded_at"]
    return began


def today(plan: "Plan") -> date:
    """Return the day it is in the plan's time zone."""
    from intake.calendar import local_day
    from warehouse import now

    return local_day(plan, now())


def refuse_while_pending(
    warehouse: "Warehouse", plan: "Plan", period: Period, decide: str | None, *, notice: bool = True
) -> list[str]:
    """Refuse to go on while the notice period runs or appeals are open, unless decided with a reason.

    Returns what was decided over, as short words for the record.
    """
    from warehouse import appeals

    pending, zh, en = [], [], []
    ends = review_ends(warehouse, plan, period) if notice else None
    if ends is not None and today(plan) <= ends:
        pending.append(f"公示期到 {ends}")
        zh.append(f"公示期到 {ends} 为止")
        en.append(f"the notice period lasts until {ends}")
    waiting_for = appeals(warehouse, str(period)).filter(pl.col("state") == "open")["appeal_id"].to_list()
    if waiting_for:
        pending.append(f"申诉未答复 {'、'.join(waiting_for)}")
        zh.append(f"申诉未答复:{'、'.join(waiting_for)}")
        en.append(f"appeals are open: {', '.join(waiting_for)}")
    if pending and not (decide or "").strip():
        raise UserError(
            f"{period} 还不能继续:{';'.join(zh)}。请等待或先答复申诉;如已作出决定,写明 --decide 理由。",
            f"{period} has to wait: {'; '.join(en)}. Wait, or answer the appeals; where it was decided to go on, "
            "give --decide REASON.",
        )
    return pending
