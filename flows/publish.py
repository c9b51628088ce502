"""Publication: the approved run, frozen as a package that needs nothing else to be verified, and a pointer to it."""

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from flows.disk import told_when_full
from flows.files import sweep
from flows.period import already, decided, refuse_while_pending, refuse_wrong_state, step_in
from flows.progress import waiting
from flows.settings import Settings
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period

if TYPE_CHECKING:
    from warehouse import Warehouse

PUBLISHED, TEMPORARY = "published", ".package-"
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Published:
    """One publication: its id, run and package; ``new`` is False where it was there already."""

    publication_id: str
    run_id: str
    folder: Path
    package_hash: str
    new: bool


def publish_period(
    settings: Settings,
    plan: Plan,
    period: Period,
    *,
    reason: str | None = None,
    decide: str | None = None,
    progress: Told | None = None,
) -> Published:
    """Publish the run that was approved: freeze its package, point to it, and let the period be published.

    The package is made beside first; only when it is whole it takes its place, in the transaction that records it. An
    earlier edition stays as it is. Publishing again what is published changes nothing.

    Raises:
        UserError: the period is not approved, or published already with another run; the notice period runs or
            appeals are open, and nobody decided to go on; the run cannot be repeated from what is recorded; the disk is
            full.
    """
    with told_when_full(settings.output):
        return _publish(settings, plan, period, reason, decide, progress)


def _publish(
    settings: Settings, plan: Plan, period: Period, reason: str | None, decide: str | None, progress: Told | None
) -> Published:
    from warehouse import add_publication, open_warehouse, period_state, publications, read_warehouse

    with read_warehouse(settings.warehouse) as warehouse:
        known = _published_already(settings, warehouse, period)
        if known:
            return known
        refuse_wrong_state(period, "publish", period_state(warehouse, str(period)))
        over = refuse_while_pending(
            warehouse, plan, period, decide, notice=False
        )  # it ended, or was decided on, at approval
        run_id = _approved(warehouse, period)
        edition_no = publications(warehouse, str(period)).height + 1
    place = settings.output / PUBLISHED / str(period)
    place.mkdir(parents=True, exist_ok=True)
    sweep(place, TEMPORARY)
    made = place / f"{TEMPORARY}{secrets.token_hex(8)}"
    made.mkdir()
    try:
        package_hash = _freeze(settings, plan, run_id, edition_no, made, progress)
        why = decided(reason, decide, over)
        with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
            _refuse_changed(warehouse, period, run_id, edition_no)
            folder = place / str(edition_no)
            shutil.rmtree(folder, ignore_errors=True)  # left by one that was killed before it was recorded
            made.replace(folder)
            name = add_publication(
                warehouse, str(period), run_id, package_path=folder.relative_to(settings.output).as_posix(),
                package_hash=package_hash, actor=settings.actor, reason=why,
            )  # fmt: skip
            step_in(warehouse, period, "publish", actor=settings.actor, reason=why, run_id=run_id)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Published(name, run_id, folder, package_hash, new=True)


def _published_already(settings: Settings, warehouse: "Warehouse", period: Period) -> Published | None:
    """Return the newest publication where the period is published with its newest run.

    Raises:
        UserError: it is published, and there is a newer run.
    """
    from warehouse import latest_run, publications

    if not already(warehouse, period, "publish"):
        return None
    row = publications(warehouse, str(period)).row(-1, named=True)
    newest = latest_run(warehouse, str(period))
    if newest != row["run_id"]:
        raise UserError(
            f"{period} 已公布批次 {row['run_id']},另有较新的批次 {newest}。如要更正公布,请先说明理由重新启用:"
            f"kaohe period reopen {period} --reason …。",
            f"{period} is published with run {row['run_id']}; there is a newer run {newest}. To publish a corrected "
            f"edition, reopen the period with a reason first: kaohe period reopen {period} --reason ….",
        )
    folder = settings.output / row["package_path"]
    return Published(row["publication_id"], row["run_id"], folder, row["package_hash"], new=False)


def _approved(warehouse: "Warehouse", period: Period) -> str:
    from warehouse import approved_run

    run_id = approved_run(warehouse, str(period))
    if run_id is None:
        raise UserError(f"{period} 还没有审定的批次。", f"{period} has no approved run yet.")
    return run_id


def _refuse_changed(warehouse: "Warehouse", period: Period, run_id: str, edition_no: int) -> None:
    """Refuse where somebody else moved the period while the package was made."""
    from warehouse import approved_run, period_state, publications

    refuse_wrong_state(period, "publish", period_state(warehouse, str(period)))
    if approved_run(warehouse, str(period)) != run_id or publications(warehouse, str(period)).height + 1 != edition_no:
        raise UserError(
            f"{period} 在制作公布包时已被他人变更。请重试。",
            f"{period} was changed by someone else while the package was made. Try again.",
        )


def _freeze(settings: Settings, plan: Plan, run_id: str, edition_no: int, folder: Path, progress: Told | None) -> str:
    """Fill the package's folder and return its hash."""
    from flows.diff_inputs import recall
    from flows.export import load_edition, pass_gate, write_documents
    from flows.package import seal, write_edition, write_inputs, write_plan
    from scoring import rules_hash
    from warehouse import audit_head, load_plan_files, load_run, read_warehouse

    run, edition, earlier = load_edition(settings, plan, run_id)
    pass_gate(settings, edition)
    replaces, correction = _replaces(settings, edition.period)
    edition = replace(edition, replaces=replaces, correction=correction)
    with read_warehouse(settings.warehouse) as warehouse:
        recalled = recall(warehouse, run_id)
        inputs = recalled.state.inputs(edition.period)
        head = audit_head(warehouse)
        rows = {e.run_id: load_run(warehouse, e.run_id)[0] for e in earlier} | {run_id: run}
        for name in {e.plan.hash for e in [*earlier, edition]}:
            write_plan(name, load_plan_files(warehouse, name), folder / "plans")
    write_inputs(inputs, folder / "inputs")
    for one in [*earlier, edition]:
        write_edition(rows[one.run_id], one, folder / "editions" / str(one.period))
    (folder / "documents").mkdir()
    documents = folder / "documents"
    write_documents(run, edition, earlier, documents, inputs=inputs, fonts=settings.fonts, progress=progress)
    package_hash = seal(folder, {
        "period": run["period"], "edition": edition_no, "run_id": run_id, "plan_hash": run["plan_hash"],
        "scores_hash": run["scores_hash"], "rules_hash": rules_hash(), "audit_head": head, "lang": settings.lang,
    })  # fmt: skip
    _refuse_unrepeatable(folder, run_id)
    return package_hash


def _replaces(settings: Settings, period: Period) -> tuple[str, str]:
    """Return as sentences which publication the next one replaces, and why; empty for a first one."""
    from warehouse import period_history, publications, read_warehouse

    with read_warehouse(settings.warehouse) as warehouse:
        before, states = publications(warehouse, str(period)), period_history(warehouse, str(period))
    if before.is_empty():
        return "", ""
    why = states.filter(pl.col("state") == "reopened")["reason"].to_list()[-1]
    day, number = f"{before['recorded_at'][-1]:%Y-%m-%d}", before.height
    if settings.lang == "zh":
        said = f"本次公布为第 {number + 1} 版,替代 {day} 公布的第 {number} 版。"
        return said, f"更正原因:{why}。"
    said = f"This is edition {number + 1}; it replaces edition {number}, published on {day}."
    return said, f" Reason: {why}."


def _refuse_unrepeatable(folder: Path, run_id: str) -> None:
    """Publish only what the package itself repeats."""
    from flows.package import Package
    from flows.verify import recompute

    faults = recompute(Package(folder))
    if faults:
        zh, en = faults[0].zh, faults[0].en
        raise UserError(
            f"批次 {run_id} 不能由已记录的数据重算出相同结果:{zh}。如计分规则已更新,请重新计分并审定后再公布。",
            f"Run {run_id} does not come out the same from what is recorded: {en}. Where the scoring rules have "
            "changed since, score and approve again, then publish.",
        )
