"""Findings and their rectification (专项督查台账): recorded, moved on, closed with a proof, listed, and counted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from flows.archive import archive_file
from flows.files import write_whole
from flows.period import today
from flows.progress import waiting
from flows.settings import Settings, prepare_home
from schemas.asked import periods_of
from schemas.codes import refuse_unknown_node, refuse_unknown_unit
from schemas.errors import UserError
from schemas.findings import ledger, open_findings, standing_words, state_word, tally
from schemas.folder import Plan
from schemas.methods import Coverage
from schemas.periods import Period, parse_period
from schemas.tables import Findings, Items, columns_of

if TYPE_CHECKING:
    from warehouse import Warehouse

COUNTED = ("found", "rectified")
"""The kinds of item that make up the rate of rectification."""


@dataclass(frozen=True)
class Step:
    """What is to become of a finding; None leaves a fact as it is. ``proof_file`` is archived."""

    state: str | None = None
    progress: str | None = None
    proof: str | None = None
    proof_file: Path | None = None
    closed_on: date | None = None
    due_on: date | None = None
    reason: str | None = None


def add_finding(settings: Settings, plan: Plan, period: Period, facts: dict[str, str | None]) -> tuple[str, bool]:
    """Record a finding; return its id and whether it is new: same unit, period, day and title are the same finding.

    ``facts``: unit_code, title, due_on; found_on (today where absent), node_code, source, demand, document_no.

    Raises:
        UserError: unknown unit or node; days that cannot be.
    """
    from warehouse import add_findings, findings, open_warehouse

    refuse_unknown_unit(plan, facts.get("unit_code") or "")
    if (node := facts.get("node_code")) is not None:
        refuse_unknown_node(plan, node)
    row = {"state": "open", **facts, "period": str(period), "found_on": facts.get("found_on") or str(today(plan))}
    same = ("unit_code", "period", "found_on", "title")
    prepare_home(settings)
    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        known = findings(warehouse).filter(pl.all_horizontal(pl.col(n) == row[n] for n in same))
        if known.height:
            return str(known["finding_id"][0]), False
        (name,) = add_findings(warehouse, _frame([row]), actor=settings.actor)
        count_findings(warehouse, plan, [name], actor=settings.actor)
    return name, True


def move_finding(settings: Settings, plan: Plan, finding_id: str, step: Step) -> bool:
    """Continue a finding; False, and nothing changed, where it stands so already.

    Raises:
        UserError: no such finding; the step does not lead from where it stands, or lacks a reason, a proof or a day.
    """
    from warehouse import add_findings, findings, open_warehouse

    proof = archive_file(settings.archive, step.proof_file) if step.proof_file else None
    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        found = findings(warehouse).filter(pl.col("finding_id") == finding_id)
        if found.is_empty():
            raise UserError(
                f"没有问题“{finding_id}”。kaohe finding list 列出全部编号。",
                f"There is no finding '{finding_id}'. kaohe finding list names all of them.",
            )
        row = {n: v for n, v in found.row(0, named=True).items() if n in _GIVEN}
        changes: dict[str, Any] = {
            "state": step.state, "progress": step.progress, "proof": step.proof or (proof.name if proof else None),
            "proof_hash": proof.hash if proof else None, "due_on": step.due_on and str(step.due_on),
        }  # fmt: skip
        row |= {n: v for n, v in changes.items() if v is not None} | {"reason": step.reason}
        if proof is None and step.proof:
            row["proof_hash"] = None
        row["closed_on"] = _closing_day(plan, row, step)
        moved = add_findings(warehouse, _frame([row]), actor=settings.actor)
        count_findings(warehouse, plan, moved, actor=settings.actor)
    return bool(moved)


def _closing_day(plan: Plan, row: dict[str, Any], step: Step) -> str | None:
    """Return the day of closing: the one given, the one recorded, else today; none where it is not closed."""
    if row["state"] != "closed":
        return None
    return str(step.closed_on) if step.closed_on else row["closed_on"] or str(today(plan))


_GIVEN = [n for n in columns_of(Findings) if n not in ("reason", "source_hash", "actor", "recorded_at")]


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    names = [*_GIVEN, "reason"]
    schema = {n: t for n, t in columns_of(Findings).items() if n in names}
    return pl.DataFrame([{n: r.get(n) for n in schema} for r in rows], schema=schema)


def count_findings(warehouse: "Warehouse", plan: Plan, changed: Collection[str], *, actor: str) -> int:
    """Let findings on an indicator that the office counts as a rate (整改完成率) be its items; return how many changed.

    Found counts in the finding's period, rectified in the period of the same year in which it was closed. One that is
    closed in a later year counts in none: that year's rate does not hold it. Items of withdrawn or reopened findings
    are withdrawn.
    """
    from warehouse import add_items, findings, scoring_inputs

    if not changed:
        return 0
    rows = findings(warehouse).filter(pl.col("finding_id").is_in(list(changed)))
    wanted = [item for row in rows.iter_rows(named=True) for item in _items(plan, row)]
    ids = [f"{name}/{kind}" for name in changed for kind in COUNTED]
    years = {parse_period(p).year for p in rows["period"]}
    periods = {str(p) for y in years for p in periods_of(plan, Period(y, 12, 12))} | set(rows["period"])
    schema = {n: t for n, t in columns_of(Items).items() if n != "recorded_at"}
    stored = scoring_inputs(warehouse, sorted(periods)).items.filter(pl.col("item_id").is_in(ids)).select(list(schema))
    gone = stored.filter(~pl.col("item_id").is_in([w["item_id"] for w in wanted]))
    items = pl.DataFrame([{n: w.get(n) for n in schema} for w in wanted], schema=schema)
    return add_items(warehouse, pl.concat([items, gone.with_columns(state=pl.lit("withdrawn"))]), actor=actor)


def _items(plan: Plan, row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items that a finding stands for; none where its indicator does not count findings."""
    leaf = plan.leaves.get(row["node_code"] or "")
    counts = leaf is not None and leaf.owner == "office" and isinstance(leaf.method, Coverage)
    if not counts or row["state"] == "withdrawn":
        return []
    about = {
        "unit_code": row["unit_code"], "indicator_code": row["node_code"], "count": 1.0, "state": "valid",
        "title": row["title"], "document_no": row["document_no"], "due_on": row["due_on"],
    }  # fmt: skip
    name = row["finding_id"]
    found = {**about, "item_id": f"{name}/found", "kind": "found", "period": row["period"],
             "happened_on": row["found_on"]}  # fmt: skip
    closing = _period_of_closing(plan, row)
    if closing is None:
        return [found]
    closed = {"happened_on": row["closed_on"], "closed_on": row["closed_on"], "period": str(closing)}
    return [found, {**about, **closed, "item_id": f"{name}/rectified", "kind": "rectified"}]


def _period_of_closing(plan: Plan, row: dict[str, Any]) -> Period | None:
    """Return the period of the finding's year that holds the day of closing, never one before the finding's own."""
    if row["closed_on"] is None:
        return None
    own, day = parse_period(row["period"]), date.fromisoformat(row["closed_on"])
    year = [p for p in periods_of(plan, own) if p >= own]
    return next((p for p in year if day <= p.last_day), None)


def load_ledger(
    settings: Settings, plan: Plan, period: Period | None, on: date | None = None, *, still_open: bool = False
) -> pl.DataFrame:
    """Return a period's ledger as it stands on a day (today): ``schemas.findings.ledger``, or the open ones alone."""
    from warehouse import findings, read_warehouse

    with read_warehouse(settings.warehouse) as warehouse:
        rows = findings(warehouse)
    return (open_findings if still_open else ledger)(rows, period, on or today(plan))


def ledger_lines(plan: Plan, rows: pl.DataFrame, lang: str) -> list[str]:
    """Return a ledger as a table, with how many stand where."""
    from schemas.text_table import WIDEST, text_table

    n = 0 if lang == "zh" else 1
    if rows.is_empty():
        return [("没有需要整改的问题。", "There are no findings.")[n]]
    names = plan.unit_names(lang)
    heads = (("编号", "单位", "发现问题", "期限", "现状", "进展或佐证"),
             ("finding", "unit", "what was found", "due", "standing", "progress or proof"))[n]  # fmt: skip
    table = [
        [row["finding_id"], names.get(row["unit_code"], row["unit_code"]), row["title"], row["due_on"],
         standing_words(row, lang), row["proof"] or row["progress"] or ""]
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    return [tally_line(rows, lang), *(f"  {line}" for line in text_table(heads, table, WIDEST))]


def tally_line(rows: pl.DataFrame, lang: str) -> str:
    """Return how many findings stand where, in one sentence."""
    counts = tally(rows)
    if lang == "zh":
        return f"共 {rows.height} 个问题:" + "、".join(f"{state_word(s, lang)} {c}" for s, c in counts.items()) + "。"
    from scorecards.numbers import counted

    stand = ", ".join(f"{c} {state_word(s, lang)}" for s, c in counts.items())
    return f"{counted(rows.height, 'finding')}: {stand}."


def write_ledger(settings: Settings, plan: Plan, period: Period | None, rows: pl.DataFrame, path: Path) -> Path:
    """Write a ledger as a workbook that can be printed, filled in and taken in by ``kaohe item``."""
    from intake.ledger import ledger_workbook

    zh = settings.lang == "zh"
    when = period.title(settings.lang) if period else ""
    title = f"{plan.file.title.get(settings.lang)} {when}专项督查整改台账" if zh else f"Ledger of findings {when}"
    book = ledger_workbook(plan, rows, title, summary=[tally_line(rows, settings.lang)], lang=settings.lang)
    write_whole(path, book)
    return path
