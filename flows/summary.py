"""What became of a batch, one row a file and unit: as a table, CSV and JSON."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flows.ingest import Ingested, Outcome
from flows.wording import state_word
from schemas.folder import Plan
from schemas.text_table import csv_table, text_table

COLUMNS = {
    "file_name": ("文件", "File"), "unit_code": ("单位代码", "Unit code"), "unit": ("单位", "Unit"),
    "period": ("周期", "Period"), "state_text": ("状态", "State"), "late_days": ("迟报天数", "Days late"),
    "errors": ("错误", "Errors"), "warnings": ("提示", "Warnings"), "answer": ("标注稿", "Marked copy"),
    "submission_id": ("报送编号", "Submission"), "file_hash": ("SHA-256", "SHA-256"),
}  # fmt: skip
SHOWN = ("file_name", "unit", "period", "state_text", "late_days", "errors", "warnings")


def summary_rows(done: Ingested, plan: Plan, lang: str) -> list[dict[str, Any]]:
    """Return one row per outcome, in the order of the files."""
    names = plan.unit_names(lang)
    return [_row(o, names.get(o.unit_code or "", ""), lang) for o in done.outcomes]


def _row(outcome: Outcome, unit: str, lang: str) -> dict[str, Any]:
    return {
        "file_name": outcome.file_name, "unit_code": outcome.unit_code or "", "unit": unit,
        "period": outcome.period or "", "state": outcome.state, "state_text": state_word(outcome.state, lang),
        "late_days": outcome.late_days, "errors": outcome.errors, "warnings": len(outcome.problems) - outcome.errors,
        "answer": str(outcome.answer or ""), "submission_id": outcome.submission_id or "",
        "file_hash": outcome.file_hash, "problems": list(outcome.problems),
    }  # fmt: skip


def summary_lines(rows: Sequence[dict[str, Any]], lang: str) -> list[str]:
    """Return the summary as a table for a terminal."""
    table = text_table([COLUMNS[n][lang != "zh"] for n in SHOWN], [[r[n] or "" for n in SHOWN] for r in rows])
    return [f"  {line}" for line in table]


def summary_csv(rows: Sequence[dict[str, Any]], lang: str) -> bytes:
    """Return the summary as CSV."""
    return csv_table([words[lang != "zh"] for words in COLUMNS.values()], ([r[n] for n in COLUMNS] for r in rows))


def summary_json(rows: Sequence[dict[str, Any]], counts: dict[str, int]) -> bytes:
    """Return the summary as JSON, with every problem as a sentence."""
    return (json.dumps({"counts": counts, "files": list(rows)}, ensure_ascii=False, indent=1) + "\n").encode()


def write_summary(done: Ingested, plan: Plan, lang: str, csv_file: Path | None, json_file: Path | None) -> list[Path]:
    """Write the summary as files; return those written."""
    from flows.files import write_whole

    rows, written = summary_rows(done, plan, lang), []
    for path, content in ((csv_file, summary_csv(rows, lang)), (json_file, summary_json(rows, done.counts))):
        if path:
            write_whole(path, content)
            written.append(path)
    return written
