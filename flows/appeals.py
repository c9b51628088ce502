"""Appeals of units during the notice period, and what is held after closing."""

from datetime import timedelta

import polars as pl

from flows.period import STATES, review_ends, today
from flows.progress import waiting
from flows.settings import Settings
from flows.wording import state_word
from schemas.codes import refuse_unknown_node, refuse_unknown_unit
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period


def appeal(
    settings: Settings, plan: Plan, period: Period, *, unit: str, node: str, text: str, decide: str | None = None
) -> str:
    """Record a unit's appeal on a node of the tree and return its id.

    Raises:
        UserError: unknown unit or node; the result is not up for review, or the days to appeal are over, and nobody
            decided otherwise.
    """
    from warehouse import add_appeal, open_warehouse, period_state

    refuse_unknown_unit(plan, unit)
    refuse_unknown_node(plan, node)
    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        ends = review_ends(warehouse, plan, period)
        day = today(plan)
        if not decide and (ends is None or day > ends):
            state = period_state(warehouse, str(period))
            when = f"申诉期已于 {ends} 结束" if ends else f"现为“{STATES[state][0]}”,结果尚未公示"
            raise UserError(
                f"{period} {when}。如仍受理,请写明 --decide 理由。",
                f"{period}: "
                + (f"appeals were possible until {ends}" if ends else f"it is {STATES[state][1]}, not up for review")
                + ". To take it all the same, give --decide REASON.",
            )
        due = day + timedelta(days=plan.file.calendar.answer_days)
        return add_appeal(
            warehouse, unit_code=unit, period=str(period), node_code=node, text=text, answer_due_on=due.isoformat(),
            actor=settings.actor, reason=decide,
        )  # fmt: skip


def answer(settings: Settings, appeal_id: str, outcome: str, reason: str) -> bool:
    """Record the answer to an appeal; False, and nothing changed, where it was given already."""
    from warehouse import answer_appeal, open_warehouse

    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        return answer_appeal(warehouse, appeal_id, outcome, reason, actor=settings.actor)


def admit(settings: Settings, submission_id: str, reason: str) -> str | None:
    """Let a held submission count; return its new state, or None, and nothing changed, where it counts already.

    Raises:
        UserError: no such submission, or it is not held.
    """
    from warehouse import COUNTING, open_warehouse, set_state, submissions

    if not reason.strip():
        raise UserError("请写明 --reason。", "Give a --reason.", exit_code=2)
    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        found = submissions(warehouse).filter(pl.col("submission_id") == submission_id)
        if found.is_empty():
            held = submissions(warehouse).filter(pl.col("state") == "held_late")["submission_id"].to_list()
            zh, en = "、".join(held) or "无", ", ".join(held) or "none"
            raise UserError(
                f"没有报送“{submission_id}”。待准予的有:{zh}。",
                f"There is no submission '{submission_id}'. Held: {en}.",
            )
        row = found.row(0, named=True)
        if row["arrival_state"] == "held_late" and row["state"] in (*COUNTING, "superseded"):
            return None
        if row["state"] != "held_late":
            raise UserError(
                f"{submission_id} 现为“{state_word(row['state'], 'zh')}”,不是待准予的报送。",
                f"{submission_id} is {state_word(row['state'], 'en')}, not held.",
            )
        state = _counts_as(warehouse, submission_id)
        set_state(warehouse, submission_id, state, reason, settings.actor)
    return state


def exclude(settings: Settings, submission_id: str, reason: str) -> bool:
    """Keep a submission, but let it count no more; False, and nothing changed, where it is excluded already.

    For what should not have been sent: by a unit merged into another, for a wrong period. An older revision does not
    take its place.

    Raises:
        UserError: no such submission, or no reason.
    """
    from warehouse import open_warehouse, set_state

    if not reason.strip():
        raise UserError("请写明 --reason。", "Give a --reason.", exit_code=2)
    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        return set_state(warehouse, submission_id, "excluded", reason, settings.actor)


def _counts_as(warehouse: object, submission_id: str) -> str:
    """Return the state that the submission would have had in time."""
    from warehouse import Warehouse, measurements_of, problems_of

    assert isinstance(warehouse, Warehouse)
    if problems_of(warehouse, submission_id).height:
        return "accepted_with_warnings"
    cells = measurements_of(warehouse, submission_id)
    return "nil" if cells.filter(pl.col("status") != "nil").is_empty() else "accepted"
