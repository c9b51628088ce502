"""Plans and registries as they were used, whole, by their hash."""

import hashlib
import json

import polars as pl

from schemas.folder import Plan, plan_files
from schemas.tables import Units, columns_of
from warehouse.door import Warehouse, now
from warehouse.events import append_event

PLAN = "SELECT content_json FROM plans WHERE plan_hash = ?"
PLANS = "SELECT plan_hash, plan_code, version, recorded_at FROM plans ORDER BY recorded_at"
REGISTRY = "SELECT count(*) FROM units WHERE registry_hash = ?"


def record_plan(warehouse: Warehouse, plan: Plan, *, actor: str) -> bool:
    """Keep a plan's files, its assignments and targets; False where this very plan is there already."""
    if warehouse.value(PLAN, [plan.hash]) is not None:
        return False
    content = {name: data.decode("utf-8") for name, data in plan_files(plan.folder).items()}
    row = {
        "plan_hash": plan.hash, "plan_code": plan.file.plan, "version": plan.file.version,
        "content_json": json.dumps(content, ensure_ascii=False, sort_keys=True), "recorded_at": now(),
    }  # fmt: skip
    warehouse.insert("plans", pl.DataFrame([row]))
    hashed = pl.lit(plan.hash).alias("plan_hash")
    assigned = plan.assignments.with_columns(hashed, pl.col("state").fill_null("assigned"))
    warehouse.insert("assignments", _only(assigned, "assignments"))
    warehouse.insert("targets", _only(plan.targets.with_columns(hashed), "targets"))
    append_event(
        warehouse, "plan_recorded", f"{plan.file.plan}/{plan.file.version}", actor=actor, detail={"hash": plan.hash}
    )
    return True


def _only(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    from schemas.tables import TABLES

    return rows.select(c for c in columns_of(TABLES[name]) if c in rows.columns)


def load_plan_files(warehouse: Warehouse, plan_hash: str) -> dict[str, bytes]:
    """Return a recorded plan's files by name.

    Raises:
        KeyError: no such plan.
    """
    content = warehouse.value(PLAN, [plan_hash])
    if content is None:
        raise KeyError(plan_hash)
    return {name: text.encode("utf-8") for name, text in json.loads(content).items()}


def plans(warehouse: Warehouse) -> pl.DataFrame:
    """Return plan_hash, plan_code, version, recorded_at of every recorded plan."""
    return warehouse.frame(PLANS)


def registry_hash(units: pl.DataFrame) -> str:
    """Return the SHA-256 of a registry's rows, whatever their order."""
    columns = [c for c in sorted(units.columns) if c != "line"]
    rows = sorted(json.dumps(r, ensure_ascii=False) for r in units.select(columns).iter_rows())
    return hashlib.sha256("\n".join([json.dumps(columns), *rows]).encode()).hexdigest()


def record_registry(warehouse: Warehouse, units: pl.DataFrame, *, actor: str) -> str:
    """Keep a registry; return its hash. The same registry again writes nothing."""
    hashed = registry_hash(units)
    if warehouse.value(REGISTRY, [hashed]):
        return hashed
    wanted = [c for c in columns_of(Units) if c in units.columns]
    rows = units.select(wanted).with_columns(registry_hash=pl.lit(hashed), recorded_at=pl.lit(now()))
    warehouse.insert("units", rows)
    append_event(
        warehouse, "registry_recorded", hashed[:16], actor=actor, detail={"hash": hashed, "units": units.height}
    )
    return hashed
