"""From problems and dates to the state of each submission (DESIGN.md, section 4)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from intake.batch import SUBMISSION, Batch
from intake.calendar import close_day, days_after, due_day, local_day
from intake.catalogue import CATALOGUE, severity
from intake.report import Row
from schemas.folder import Plan
from schemas.periods import parse_period

DECISION: dict[str, Any] = {
    **SUBMISSION, "sequence": pl.Int64, "received_at": pl.Datetime("us"), "late_days": pl.Int64, "state": pl.String,
    "reason": pl.String,
}  # fmt: skip


def decide(batch: Batch, plan: Plan, received_at: datetime | Mapping[str, datetime]) -> pl.DataFrame:
    """Return the submissions with state, late_days, reason, received_at and sequence.

    ``received_at``: one moment for all, or by file hash; without zone it is UTC. States: returned where there is an
    error; held_late after the plan's closing day; nil; accepted_with_warnings; accepted. ``sequence`` orders the
    submissions of one unit and period by the plan's rule; the last one counts.
    """
    levels = batch.problems.group_by("key").agg(
        errors=(pl.col("severity") == "error").sum(),
        warnings=(pl.col("severity") == "warning").sum(),
        first=pl.col("message_zh").filter(pl.col("severity") == "error").first(),
    )
    rows = batch.submissions.join(levels, on="key", how="left", maintain_order="left").with_columns(
        pl.col("errors", "warnings").fill_null(0)
    )
    days = {p: _days(plan, p) for p in rows["period"].unique() if p}
    decided = [_decided(plan, row, received_at, days) for row in rows.iter_rows(named=True)]
    _order(plan, decided)
    return pl.DataFrame({name: [r[name] for r in decided] for name in DECISION}, schema=DECISION)


Days = tuple[date | None, date | None]


def _days(plan: Plan, period: str) -> Days:
    """Return the due day and the closing day."""
    return due_day(plan, parse_period(period)), close_day(plan, parse_period(period))


def _decided(plan: Plan, row: Row, received_at: datetime | Mapping[str, datetime], days: Mapping[str, Days]) -> Row:
    moment = received_at if isinstance(received_at, datetime) else received_at[row["file_hash"]]
    if moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    due, close = days.get(row["period"] or "", (None, None))
    today = local_day(plan, moment)
    late, closed = days_after(due, today), bool(close and today > close)
    state, reason = _state(plan, row, f"截止日{close}之后收到,待考核办准予。" if closed else None)
    return {**row, "received_at": moment, "late_days": late, "state": state, "reason": reason}


def _state(plan: Plan, row: Row, closed: str | None) -> tuple[str, str | None]:
    if row["errors"]:
        return "returned", f"{row['errors']}处错误:{row['first']}"
    if row["unit_code"] is None or row["period"] is None:
        return "returned", "无法确定单位或周期。"
    if row["warnings"] and plan.file.intake.explain_warnings and not row["explanation"]:
        return "returned", f"{row['warnings']}处提示须在“情况说明”中解释。"
    if closed:
        return "held_late", closed
    if row["nil"]:
        return "nil", None
    return ("accepted_with_warnings", f"{row['warnings']}处提示。") if row["warnings"] else ("accepted", None)


def _order(plan: Plan, rows: list[Row]) -> None:
    """Give the submissions of one unit and period their sequence; under ``refuse`` all of them are returned."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        row["sequence"] = 1
        if row["unit_code"] and row["period"]:
            groups.setdefault((row["unit_code"], row["period"]), []).append(row)
    rule = plan.file.intake.same_batch
    for group in groups.values():
        if (
            rule == "refuse"
            and len({r["file_hash"] for r in group}) > 1
            and severity(plan, "same_batch_twice") == "error"
        ):
            for row in group:
                row.update(state="returned", reason=CATALOGUE["same_batch_twice"].zh)
        group.sort(
            key=lambda r: (
                (r["file_name"], r["modified_at"]) if rule == "last_name" else (r["modified_at"], r["file_name"])
            )
        )
        for n, row in enumerate(group, 1):
            row["sequence"] = n
