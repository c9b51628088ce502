"""What ``kaohe period show`` says."""

from typing import TYPE_CHECKING

import polars as pl

from flows.period import ROLES, STEPS, review_ends, state_title, step_command
from flows.settings import Settings
from flows.wording import recorded_words
from schemas.folder import Plan
from schemas.periods import Period

if TYPE_CHECKING:
    from warehouse import Warehouse

OUTCOMES = {
    "open": ("未答复", "open"), "granted": ("支持", "granted"), "rejected": ("不支持", "rejected"),
    "withdrawn": ("已撤回", "withdrawn"),
}  # fmt: skip


def period_lines(settings: Settings, plan: Plan, period: Period) -> list[str]:
    """Return state, history, runs, what is held, appeals, publications, and the next steps with whose they are.

    Raises:
        UserError: nothing is recorded yet.
    """
    from flows.review_lines import review_again
    from warehouse import period_state, read_warehouse

    n = 0 if settings.lang == "zh" else 1
    with read_warehouse(settings.warehouse) as warehouse:
        state = period_state(warehouse, str(period))
        lines = [f"{period} {period.title(settings.lang)}{(':', ': ')[n]}{state_title(state, settings.lang)}"]
        notice = notice_line(warehouse, plan, period, settings.lang)
        lines += [f"  {notice}"] if notice else []
        lines += [f"  {line}" for line in _history(warehouse, period, n)]
        lines += [f"  {line}" for line in _records(warehouse, period, n)]
        lines += review_again(warehouse, [str(period)], settings.lang)
    for name, step in STEPS.items():
        if state in step.leads:
            word = f"可以:{step.zh}({ROLES[step.role][0]})" if n == 0 else f"next: {step.en} ({ROLES[step.role][1]})"
            lines.append(f"  {word} {step_command(name, period)}")
    return lines


def notice_line(warehouse: "Warehouse", plan: Plan, period: Period, lang: str) -> str | None:
    """Return until when units may appeal, where the result is up for review."""
    from warehouse import period_state

    ends = review_ends(warehouse, plan, period)
    if ends is None or period_state(warehouse, str(period)) != "in_review":
        return None
    return f"公示和申诉到 {ends} 为止。" if lang == "zh" else f"Units may appeal until {ends}."


def appeal_line(row: dict[str, str], n: int) -> str:
    """Return one appeal in words."""
    state = OUTCOMES[row["state"]][n]
    until = row["answer_due_on"]
    due = (f"(答复期限 {until})", f" (answer due {until})")[n] if row["state"] == "open" else ""
    return f"{row['appeal_id']} {row['node_code']} {state}{due}{(':', ': ')[n]}{row['text']}"


def _history(warehouse: "Warehouse", period: Period, n: int) -> list[str]:
    from warehouse import period_history

    lang = ("zh", "en")[n]
    form = "{recorded_at:%Y-%m-%d %H:%M} UTC {word} {actor} {why}"
    return [
        form.format(**r, word=state_title(r["state"], lang), why=recorded_words(r["reason"], lang)).rstrip()
        for r in period_history(warehouse, str(period)).iter_rows(named=True)
    ]


def _records(warehouse: "Warehouse", period: Period, n: int) -> list[str]:
    """Return the newest run, what is held, the appeals and the publications."""
    from warehouse import appeals, latest_run, publications, submissions

    lines = []
    newest = latest_run(warehouse, str(period))
    if newest:
        lines.append(f"{('最新批次', 'newest run')[n]} {newest}")
    held = submissions(warehouse, str(period)).filter(pl.col("state") == "held_late")["submission_id"].to_list()
    if held:
        listed = ("、", ", ")[n].join(held)
        lines.append((f"逾期待准:{listed}(kaohe admit 编号 --reason …)", f"held: {listed} (kaohe admit)")[n])
    head = ("申诉", "appeal")[n]
    lines += [f"{head} {appeal_line(row, n)}" for row in appeals(warehouse, str(period)).iter_rows(named=True)]
    form = "{word} {publication_id} {recorded_at:%Y-%m-%d} {run_id} {package_path}"
    return lines + [
        form.format(**p, word=("公布", "published")[n])
        for p in publications(warehouse, str(period)).iter_rows(named=True)
    ]
