"""What ``kaohe review list`` says: how far the verification of a period has come."""

from typing import Any

import polars as pl

from flows.reported import CELL, Reported, claims_of, load_reported
from flows.settings import Settings
from schemas.folder import Plan
from schemas.periods import Period


def verdict_lines(settings: Settings, plan: Plan, period: Period) -> list[str]:
    """Return how far the verification of a period has come: verdicts, the newest sample, what was reported anew since.

    Raises:
        UserError: nothing is reported.
    """
    from schemas.text_table import WIDEST, text_table
    from warehouse import read_warehouse

    with read_warehouse(settings.warehouse) as warehouse:
        found = load_reported(warehouse, plan, period)
    n = 0 if settings.lang == "zh" else 1
    lines = [_progress(period, found, n), *_sample_lines(found, n)]
    if found.verdicts.is_empty():
        return lines
    stale = set(_stale(found).select(*CELL).iter_rows())
    heads = (("单位", "指标", "分项", "填报值", "结论", "核定值", "理由"),
             ("unit", "indicator", "part", "reported", "verdict", "counts", "reason"))[n]  # fmt: skip
    rows = []
    now = {tuple(r[c] for c in CELL): r for r in found.cells.iter_rows(named=True)}
    for verdict in found.verdicts.iter_rows(named=True):
        key = tuple(verdict[c] for c in CELL)
        reason = verdict["reason"] + (("(核验后又报送)", " (reported anew since)")[n] if key in stale else "")
        rows.append([*_words(plan, verdict, now.get(key), n), reason])
    return lines + [f"  {line}" for line in text_table(heads, rows, WIDEST)]


def _words(plan: Plan, verdict: dict[str, Any], cell: dict[str, Any] | None, n: int) -> list[str]:
    from intake.form import FormRow
    from intake.numbers import raw_text
    from intake.review import reported, verdict_word

    form = FormRow(0, plan.leaves[verdict["indicator_code"]], verdict["part"], None)
    counts, lang = {**verdict, "status": "reported"}, ("zh", "en")[n]
    return [
        verdict["unit_code"], verdict["indicator_code"], verdict["part"],
        (raw_text(reported(form, cell, lang)) or "") if cell else "—",
        verdict_word(verdict["verdict"], lang),
        (raw_text(reported(form, counts, lang)) or "") if verdict["verdict"] == "adjusted" else "",
    ]  # fmt: skip


def _stale(found: Reported) -> pl.DataFrame:
    """Return the verdicts older than the report that counts now: the reviewer saw another one."""
    newer = found.cells.select(*CELL, stored="recorded_at")
    return found.verdicts.join(newer, on=CELL).filter(pl.col("stored") > pl.col("recorded_at"))


def _progress(period: Period, found: Reported, n: int) -> str:
    counts = dict(found.verdicts["verdict"].value_counts().iter_rows())
    accepted, adjusted, refused = (counts.get(v, 0) for v in ("accepted", "adjusted", "refused"))
    claims = claims_of(found.cells).height
    if n == 0:
        words = f"认可 {accepted}、调整 {adjusted}、不予认可 {refused}"
        return f"{period} 填报 {claims} 项,已核验 {found.verdicts.height} 项:{words}。"
    words = f"{accepted} accepted, {adjusted} adjusted, {refused} refused"
    return f"{period}: {claims} cells reported, {found.verdicts.height} verified: {words}."


def _sample_lines(found: Reported, n: int) -> list[str]:
    if found.drawn.is_empty():
        return []
    done = found.drawn.join(found.verdicts, on=CELL, how="semi").height
    name, total = found.drawn["sample_id"][0], found.drawn.height
    return [(f"  抽样 {name}:{total} 项,已核验 {done} 项。", f"  sample {name}: {done} of {total} cells verified.")[n]]
