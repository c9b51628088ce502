"""The office's register: its workbook taken in as items, adjustments and findings, and written again."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from flows.archive import archive_file
from flows.files import write_whole
from flows.findings import count_findings
from flows.period import today
from flows.progress import waiting
from flows.register_repeats import ADJUSTMENT_ALIKE, ITEM_ALIKE, repeats
from flows.settings import Settings, prepare_home
from schemas.folder import Plan


@dataclass(frozen=True)
class Entered:
    """How many entries a register held, and how many of them were new or changed."""

    items: int
    adjustments: int
    new_items: int
    new_adjustments: int
    findings: int
    new_findings: int
    remarks: tuple[str, ...]


def take_register(settings: Settings, plan: Plan, path: Path, *, reason: str | None = None) -> Entered:
    """Archive a register workbook, read it, and store all of it or nothing; the same entries again change nothing.

    Raises:
        UserError: with every error of the workbook, each with its cell and remedy.
    """
    from intake.register import read_register
    from intake.report import remarks_of
    from warehouse import add_adjustments, add_findings, add_items, open_warehouse, scoring_inputs

    prepare_home(settings)
    kept = archive_file(settings.archive, path)
    found = read_register(kept.path, plan, name=kept.name)
    remarks = remarks_of(kept.name, found.problems.to_dicts(), settings.lang)
    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        if not (found.items.is_empty() and found.adjustments.is_empty()):
            stored = scoring_inputs(warehouse, plan.file.periods)
            remarks += (
                *repeats(found.items, stored.items, "item_id", ITEM_ALIKE, settings.lang),
                *repeats(found.adjustments, stored.adjustments, "adjustment_id", ADJUSTMENT_ALIKE, settings.lang),
            )
        items = add_items(warehouse, found.items, actor=settings.actor, reason=reason)
        adjustments = add_adjustments(warehouse, found.adjustments, actor=settings.actor, reason=reason)
        changed = add_findings(warehouse, found.findings, actor=settings.actor, reason=reason)
        count_findings(warehouse, plan, changed, actor=settings.actor)
    return Entered(
        found.items.height, found.adjustments.height, items, adjustments, found.findings.height, len(changed), remarks,
    )  # fmt: skip


def write_register(settings: Settings, plan: Plan, path: Path) -> Path:
    """Write the register workbook with what is recorded so far for the plan's periods, to be continued."""
    from intake.ledger import ledger_rows
    from intake.register import register_workbook
    from schemas.findings import ledger
    from warehouse import findings, read_warehouse, scoring_inputs

    items: pl.DataFrame | None = None
    adjustments: pl.DataFrame | None = None
    rows = []
    if settings.warehouse.exists():
        with read_warehouse(settings.warehouse) as warehouse:
            stored, found = scoring_inputs(warehouse, plan.file.periods), findings(warehouse)
        items, adjustments = stored.items, stored.adjustments
        rows = ledger_rows(plan, ledger(found, None, today(plan)), settings.lang)
    book = register_workbook(plan, items=items, adjustments=adjustments, findings=rows, lang=settings.lang)
    write_whole(path, book)
    return path
