"""Plans and registries of units, kept whole as they were used."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from schemas.errors import UserError
from schemas.plan_files import plan_files
from schemas.tables import Assignments, Plans, Targets, Units
from warehouse.clock import now, until
from warehouse.events import append_event
from warehouse.hashing import content_hash
from warehouse.session import Warehouse, conform, insert

if TYPE_CHECKING:
    from schemas.folder import Plan

KNOWN_PLAN = "SELECT count(*) FROM plans WHERE plan_hash = $plan_hash"
PLAN_CONTENT = "SELECT content_json FROM plans WHERE plan_hash = $plan_hash"
PLANS = """
SELECT plan_hash, plan_code, version, recorded_at FROM plans WHERE recorded_at <= $as_of ORDER BY recorded_at
"""
KNOWN_REGISTRY = "SELECT count(*) FROM units WHERE registry_hash = $registry_hash"
REGISTRY = "SELECT * FROM units WHERE registry_hash = $registry_hash ORDER BY unit_code, valid_from"


def record_plan(warehouse: Warehouse, plan: "Plan", actor: str) -> str:
    """Keep a plan's files, targets and assignments under its hash, which is returned; once for the same plan."""
    if warehouse.value(KNOWN_PLAN, plan_hash=plan.hash):
        return plan.hash
    content = {
        name: text.decode("utf-8") for name, text in plan_files(plan.folder, plan.file.calendar.holidays).items()
    }
    about = {
        "plan_hash": plan.hash, "plan_code": plan.file.plan, "version": plan.file.version,
        "content_json": json.dumps(content, sort_keys=True, ensure_ascii=False), "recorded_at": now(),
    }  # fmt: skip
    insert(warehouse, "plans", conform(pl.DataFrame([about]), Plans))
    insert(warehouse, "targets", conform(plan.targets, Targets, wider=True, plan_hash=plan.hash))
    assigned = plan.assignments.with_columns(pl.col("state").fill_null("assigned"))
    insert(warehouse, "assignments", conform(assigned, Assignments, wider=True, plan_hash=plan.hash))
    detail = {"plan_code": about["plan_code"], "version": about["version"], "files": sorted(content)}
    append_event(warehouse, "plan_recorded", plan.hash, actor, detail=detail)
    return plan.hash


def load_plan_files(warehouse: Warehouse, plan_hash: str) -> dict[str, bytes]:
    """Return the files of a recorded plan, name to bytes; written to a folder they load as that plan again.

    Raises:
        UserError: no plan with this hash was recorded.
    """
    content = warehouse.value(PLAN_CONTENT, plan_hash=plan_hash)
    if content is None:
        raise UserError(
            f"数据库中没有哈希为 {plan_hash} 的考核方案。", f"No plan with the hash {plan_hash} is in the warehouse."
        )
    return {name: text.encode() for name, text in json.loads(content).items()}


def plans(warehouse: Warehouse, as_of: datetime | None = None) -> pl.DataFrame:
    """Return plan_hash, plan_code, version and recorded_at of every recorded plan, oldest first."""
    return warehouse.rows(PLANS, as_of=until(as_of))


def registry_hash(units: pl.DataFrame) -> str:
    """Return the content hash of a registry: the columns of ``schemas.tables.Units``, whatever the order of rows.

    Further attributes of units.csv are part of the plan's hash.
    """
    return content_hash(units.select(REGISTRY_COLUMNS))


def record_registry(warehouse: Warehouse, units: pl.DataFrame, actor: str) -> str:
    """Keep the units as they stand (for example ``plan.units``) and return the registry's hash; once for the same."""
    found = registry_hash(units)
    if not warehouse.value(KNOWN_REGISTRY, registry_hash=found):
        rows = _registry(units).with_columns(registry_hash=pl.lit(found))
        insert(warehouse, "units", rows)
        append_event(warehouse, "registry_recorded", found, actor, detail={"units": units.height})
    return found


def load_registry(warehouse: Warehouse, registry_hash: str) -> pl.DataFrame:
    """Return the units of a recorded registry, columns as in ``schemas.tables.Units``; no rows where unknown."""
    return warehouse.rows(REGISTRY, registry_hash=registry_hash)


REGISTRY_COLUMNS = (
    "unit_code", "name", "name_en", "class_code", "parent_code", "aliases", "valid_from", "valid_to",
    "successor_code", "note",
)  # fmt: skip
"""Those of the model without registry_hash and recorded_at, named here so that asking for the hash needs no pandera."""


def _registry(units: pl.DataFrame) -> pl.DataFrame:
    return conform(units, Units, wider=True, registry_hash="", recorded_at=now())
