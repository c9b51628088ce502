"""DuckDB: the only SQL, the only door to the database. Tables are append-only; every change leaves an event."""

from warehouse.backup import export_parquet, restore_parquet
from warehouse.door import Warehouse, now, open_warehouse, read_warehouse
from warehouse.events import append_event, audit_head, events, verify_events
from warehouse.facts import add_adjustments, add_items, add_verifications
from warehouse.inputs import ScoringInputs, scoring_inputs
from warehouse.periods import add_publication, period_state, publications, set_period_state
from warehouse.registry import load_plan_files, plans, record_plan, record_registry, registry_hash
from warehouse.runs import latest_run, load_run, run_id_of, runs, save_run
from warehouse.submissions import (
    add_submissions,
    counting,
    erase_persons,
    find_submissions,
    problems_of,
    set_state,
    status,
    submissions,
)

__all__ = [
    "ScoringInputs",
    "Warehouse",
    "add_adjustments",
    "add_items",
    "add_publication",
    "add_submissions",
    "add_verifications",
    "append_event",
    "audit_head",
    "counting",
    "erase_persons",
    "events",
    "export_parquet",
    "find_submissions",
    "latest_run",
    "load_plan_files",
    "load_run",
    "now",
    "open_warehouse",
    "period_state",
    "plans",
    "problems_of",
    "publications",
    "read_warehouse",
    "record_plan",
    "record_registry",
    "registry_hash",
    "restore_parquet",
    "run_id_of",
    "runs",
    "save_run",
    "scoring_inputs",
    "set_period_state",
    "set_state",
    "status",
    "submissions",
    "verify_events",
]
