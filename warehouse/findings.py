"""Findings and their rectification: appended only, the newest row of an id counts, and only allowed steps are taken."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import polars as pl

from schemas.errors import UserError
from schemas.findings import LEADS, STATES, WANTS_REASON
from schemas.tables import Findings, columns_of
from warehouse.clock import now, until
from warehouse.events import Change, append_events
from warehouse.hashing import row_hash
from warehouse.office import newest_query
from warehouse.session import Warehouse, insert

FINDINGS = f"""
WITH newest AS ({newest_query("findings", ("finding_id",))}),
     begun AS (
         SELECT finding_id, arg_min(due_on, recorded_at) AS first_due_on
         FROM findings WHERE recorded_at <= $as_of GROUP BY finding_id
     )
SELECT newest.*, begun.first_due_on FROM newest JOIN begun USING (finding_id)
ORDER BY period, unit_code, length(finding_id), finding_id
"""
IDENTITY = ("unit_code", "period", "found_on", "title")
"""What makes two rows without an id the same finding."""
_SAYS_NOTHING = ("reason", "source_hash", "actor", "recorded_at")


def findings(warehouse: Warehouse, as_of: datetime | None = None) -> pl.DataFrame:
    """Return every finding as it stood at a moment: columns of ``schemas.tables.Findings`` and ``first_due_on``.

    ``first_due_on`` is the due day that was set first; where ``due_on`` is another, it was moved. ``schemas.findings``
    makes a period's ledger, and what is still open, of these rows.
    """
    return warehouse.rows(FINDINGS, as_of=until(as_of))


def add_findings(warehouse: Warehouse, rows: pl.DataFrame, *, actor: str, reason: str | None = None) -> list[str]:
    """Store findings, or what became of them, all or none; return the ids of those that were new or changed.

    Columns of ``schemas.tables.Findings`` without actor and recorded_at; nullable ones may be absent, and so may
    finding_id: the finding of the same unit, period, day and title is continued, else it gets the next number,
    ``UNIT/PERIOD/F1``. A row that says nothing new changes nothing. ``reason`` holds for rows without one.

    Raises:
        UserError: everything that is wrong: a step that does not lead from where a finding stands, or wants a reason, a
            proof or a day.
    """
    known = {r["finding_id"]: r for r in findings(warehouse).drop("first_due_on").iter_rows(named=True)}
    changed: list[dict[str, Any]] = []
    faults: list[tuple[str, str]] = []
    for row in _with_ids(rows, known):
        whole = {n: row.get(n) for n in columns_of(Findings)} | {"reason": row.get("reason") or reason, "actor": actor}
        before = known.get(whole["finding_id"])
        if before is not None and whole["proof_hash"] is None and whole["proof"] == before["proof"]:
            whole["proof_hash"] = before["proof_hash"]  # a register names the proof, the archive holds it
        if before is not None and all(before[n] == whole[n] for n in whole if n not in _SAYS_NOTHING):
            continue
        name = f"{whole['finding_id']}“{whole['title']}”"
        faults += [(f"问题 {name}:{zh}", f"Finding {name}: {en}") for zh, en in _faults(whole, before)]
        changed.append({**whole, "recorded_at": now()})
    if faults:
        raise UserError("\n".join(zh for zh, _ in faults), "\n".join(en for _, en in faults))
    insert(warehouse, "findings", pl.DataFrame(changed, schema=columns_of(Findings)))
    append_events(warehouse, actor, map(_event, changed))
    return [row["finding_id"] for row in changed]


def _with_ids(rows: pl.DataFrame, known: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give every row its finding's id: its own, that of the same finding, or the next number."""
    by_identity = {tuple(r[n] for n in IDENTITY): name for name, r in known.items()}
    taken, seen = set(known), set()
    for row in rows.iter_rows(named=True):
        name = row.get("finding_id") or by_identity.get(tuple(row.get(n) for n in IDENTITY))
        if name is None:
            first = f"{row['unit_code']}/{row['period']}/F"
            number = 1 + max((int(x.removeprefix(first)) for x in taken if _is_numbered(x, first)), default=0)
            name = f"{first}{number}"
        if name in seen:
            raise UserError(f"问题 {name} 出现了两行。请只保留一行。", f"Finding {name} stands in two rows. Keep one.")
        seen.add(name)
        taken.add(name)
        by_identity[tuple(row.get(n) for n in IDENTITY)] = name
        yield {**row, "finding_id": name}


def _is_numbered(name: str, first: str) -> bool:
    return name.startswith(first) and name.removeprefix(first).isdecimal()


def _event(row: dict[str, Any]) -> Change:
    shown = ("unit_code", "period", "node_code", "state", "due_on", "closed_on", "proof", "proof_hash")
    said = {n: row[n] for n in shown if row[n] is not None}
    return Change("finding_recorded", row["finding_id"], row["reason"], {**said, "row_hash": row_hash(row)})


def _faults(row: dict[str, Any], before: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Yield why a row cannot follow the one before: what is wrong and what to do."""
    state, silent = row["state"], not (row["reason"] or "").strip()
    if state not in LEADS:
        words = ", ".join(LEADS)
        yield f"没有状态“{state}”。可用:{words}。", f"there is no state '{state}'. Known: {words}."
        return
    if row["due_on"] < row["found_on"]:
        yield "整改期限早于发现日期。请核对。", "it is due before it was found. Check the days."
    yield from _closing_faults(row)
    if before is None:
        return
    old = before["state"]
    if state != old and state not in LEADS[old]:
        zh = "、".join(STATES[s][0] for s in LEADS[old]) or "无"
        en = ", ".join(LEADS[old]) or "nothing"
        yield (
            f"现为“{STATES[old][0]}”,不能改为“{STATES[state][0]}”。可以改为:{zh}。",
            f"it is {old} and cannot become {state}. Possible: {en}.",
        )
    if silent and ((old, state) in WANTS_REASON or (state == "withdrawn" != old)):
        yield (
            f"由“{STATES[old][0]}”改为“{STATES[state][0]}”须写明理由。",
            f"to go from {old} to {state}, give a reason.",
        )
    if silent and row["due_on"] != before["due_on"]:
        yield (
            f"整改期限由 {before['due_on']} 改为 {row['due_on']} 须写明理由。",
            f"to move the due day from {before['due_on']} to {row['due_on']}, give a reason.",
        )
    for name in ("unit_code", "period"):
        if row[name] != before[name]:
            yield (
                "单位和发现周期不能改。请撤销后重新登记。",
                "unit and period cannot change. Withdraw it and record a new one.",
            )


def _closing_faults(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a closing: it needs a proof and a day; nothing else has a day of closing."""
    if row["state"] != "closed":
        if row["closed_on"] is not None:
            yield "写有销号日期,状态却不是“已销号”。请改状态或清空日期。", "it has a closing day but is not closed."
        return
    if not (row["proof"] or row["proof_hash"]):
        yield "销号须有佐证(文件或文号)。请补充佐证。", "closing needs a proof (a file or document number)."
    if row["closed_on"] is None:
        yield "销号须写明销号日期。", "closing needs its day."
    elif row["closed_on"] < row["found_on"]:
        yield "销号日期早于发现日期。请核对。", "it was closed before it was found. Check the days."
