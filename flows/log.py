"""The log: every recorded change as a line, newest last; the chain behind it is ``kaohe audit``'s to verify."""

import json
from typing import Any

import polars as pl

from flows import period, wording
from flows.settings import Settings

ACTIONS = {
    "plan_recorded": ("记录方案", "plan recorded"),
    "registry_recorded": ("记录单位名册", "registry recorded"),
    "submission_added": ("收到报送", "submission"),
    "submission_state_set": ("报送状态", "submission's state"),
    "evidence_added": ("佐证材料", "evidence"),
    "sample_drawn": ("抽查样本", "sample drawn"),
    "review_taken": ("收取核验表", "review workbook taken in"),
    "finding_recorded": ("督查问题", "finding"),
    "item_added": ("台账条目", "item"),
    "verification_added": ("核验", "verdict"),
    "adjustment_added": ("加减分", "adjustment"),
    "appeal_added": ("申诉", "appeal"),
    "appeal_answered": ("答复申诉", "appeal answered"),
    "period_state_set": ("周期状态", "period's state"),
    "run_saved": ("计分", "run"),
    "publication_added": ("公布", "publication"),
    "persons_erased": ("清除人员信息", "persons erased"),
    "warehouse_restored": ("恢复备份", "backup restored"),
}
STATES = {**wording.STATES, **period.STATES}
"""Of submissions and of periods; no state of one is another thing for the other."""


def log_lines(settings: Settings, subject: str | None = None, last: int = 20) -> list[str]:
    """Return the newest changes whose subject begins with a text (a unit, a period, a run), oldest first.

    Raises:
        UserError: nothing is recorded yet.
    """
    from warehouse import events, read_warehouse

    with read_warehouse(settings.warehouse) as warehouse:
        found = events(warehouse)
    if subject:
        here = pl.col("subject").str.starts_with(subject) | pl.col("subject").str.contains(f"/{subject}", literal=True)
        in_detail = pl.col("detail_json").str.contains(f'"period":"{subject}"', literal=True)
        found = found.filter(here | in_detail)
    return [_line(row, settings.lang) for row in found.tail(last).iter_rows(named=True)]


def _line(row: dict[str, Any], lang: str) -> str:
    name = str(row["action"])
    word = ACTIONS.get(name, (name, name))[0 if lang == "zh" else 1]
    reason = wording.recorded_words(row["reason"], lang)
    why = f"({reason})" if lang == "zh" else f" ({reason})"
    change = _change(str(row["detail_json"]), lang)
    text = f"{row['seq']} {row['recorded_at']:%Y-%m-%d %H:%M:%S} UTC {row['actor']} {word} {row['subject']}{change}"
    return text + (why if row["reason"] else "")


def _change(detail_json: str, lang: str) -> str:
    """Return from which state to which, where the event says so, and from where a run was asked for."""
    detail, n = json.loads(detail_json), int(lang != "zh")
    before, after = (STATES.get(s, (s, s))[n] for s in (detail.get("from") or "", detail.get("to") or ""))
    moved = f" {before}→{after}" if "to" in detail else ""
    return moved + (f" @{detail['origin']}" if detail.get("origin") else "")
