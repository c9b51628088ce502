"""Who has reported in a period, what was returned or is held, and which runs there are."""

import polars as pl

from flows.settings import Settings
from flows.wording import STATES, recorded_words, state_word
from schemas.asked import asked
from schemas.folder import Plan
from schemas.periods import Period, parse_period

NAMED = 10


def status_lines(settings: Settings, plan: Plan, period: Period | None = None) -> list[str]:
    """Return the status of one period, or of every period with anything recorded.

    Raises:
        UserError: nothing is recorded yet.
    """
    from flows.period import state_title
    from flows.review_lines import review_again
    from warehouse import period_state, read_warehouse, runs, status, submissions

    lines: list[str] = []
    with read_warehouse(settings.warehouse) as warehouse:
        known = {parse_period(p) for p in [*submissions(warehouse)["period"].drop_nulls(), *runs(warehouse)["period"]]}
        for here in [period] if period else sorted(known):
            units = asked(plan, here).select("unit_code").unique().sort("unit_code")
            rows = status(warehouse, units, str(here), punctuality=plan.file.intake.punctuality)
            state = state_title(period_state(warehouse, str(here)), settings.lang)
            lines += _period_lines(plan, here, rows, state, settings.lang)
            lines += _run_lines(runs(warehouse, str(here)), settings.lang)
            lines += review_again(warehouse, [str(here)], settings.lang)
    return lines


def run_lines(settings: Settings, period: Period) -> list[str]:
    """Return the runs of a period, one a line, and what is to be reviewed again."""
    from flows.review_lines import review_again
    from warehouse import read_warehouse, runs

    with read_warehouse(settings.warehouse) as warehouse:
        lines = _run_lines(runs(warehouse, str(period)), settings.lang)
        return [*lines, *review_again(warehouse, [str(period)], settings.lang)]


def _period_lines(plan: Plan, period: Period, rows: pl.DataFrame, state: str, lang: str) -> list[str]:
    zh = lang == "zh"
    title = period.title(lang)
    lines = [
        f"{period} {title}({state}):应报 {rows.height} 个单位"
        if zh
        else f"{period} {title} ({state}): {rows.height} units asked"
    ]
    names = plan.unit_names(lang)
    for code in STATES:
        found = rows.filter(pl.col("state") == code)
        if found.is_empty():
            continue
        who = ""
        if code in ("returned", "held_late", "not_reported"):
            form = "{}({})" if zh else "{} ({})"
            listed = [form.format(names.get(u, u), u) for u in found["unit_code"][:NAMED]]
            who = (":" if zh else ": ") + ("、" if zh else ", ").join(listed) + ("…" if found.height > NAMED else "")
        lines.append(f"  {state_word(code, lang)} {found.height}{who}")
    late = rows.filter((pl.col("late_days") > 0) & ~pl.col("state").is_in(["returned", "held_late"]))
    if late.height:
        lines.append(f"  其中迟报 {late.height}" if zh else f"  of these late {late.height}")
    return lines


def _run_lines(rows: pl.DataFrame, lang: str) -> list[str]:
    zh = lang == "zh"
    form = (
        "  批次 {run_id}:{at},{units} 个单位,{actor},{why}"
        if zh
        else "  run {run_id}: {at}, {units} units, {actor}, {why}"
    )
    return [
        form.format(**r, at=f"{r['recorded_at']:%Y-%m-%d %H:%M} UTC", why=recorded_words(r["reason"], lang) or "—")
        for r in rows.iter_rows(named=True)
    ]
