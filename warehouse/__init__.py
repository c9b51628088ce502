"""The warehouse: the only SQL, the only door to the DuckDB file.

``with open_warehouse(path) as warehouse:`` is one transaction of the one writer; ``with read_warehouse(path) as
warehouse:`` is the last committed state. Every function takes that warehouse first; tables go in and come out as
Polars frames with the columns of ``schemas.tables``; every change leaves an event in the same transaction.
"""

from warehouse.appeals import OUTCOMES, add_appeal, answer_appeal, appeals, granted_appeals
from warehouse.audit import Difference, read_all, verify_rows
from warehouse.backup import export_parquet, restore_parquet, row_counts
from warehouse.clock import now
from warehouse.disk import disk_full, is_disk_full
from warehouse.door import open_warehouse, read_warehouse
from warehouse.events import append_event, audit_head, events, verify_events
from warehouse.evidence import add_evidence, evidence_files, evidence_shared, evidence_users
from warehouse.findings import add_findings, findings
from warehouse.hashing import content_hash
from warehouse.inputs import ScoringInputs, scoring_inputs
from warehouse.lineage import Lineage, lineage, run_row
from warehouse.office import add_adjustments, add_items
from warehouse.periods import (
    add_publication,
    approved_run,
    period_history,
    period_state,
    publications,
    set_period_state,
)
from warehouse.registry import load_plan_files, load_registry, plans, record_plan, record_registry, registry_hash
from warehouse.reporting import erase_persons, persons, status
from warehouse.runs import latest_run, load_run, run_id_of, run_inputs, runs, save_run, scores_hash
from warehouse.session import Warehouse
from warehouse.spot_checks import add_sample, spot_checks
from warehouse.submissions import (
    COUNTING,
    add_submissions,
    evidence_claimed,
    measurements_of,
    problems_of,
    set_state,
    submissions,
)
from warehouse.verdicts import add_verifications, outdated_verdicts

__all__ = [
    "COUNTING",
    "OUTCOMES",
    "Difference",
    "Lineage",
    "ScoringInputs",
    "Warehouse",
    "add_adjustments",
    "add_appeal",
    "add_evidence",
    "add_findings",
    "add_items",
    "add_publication",
    "add_sample",
    "add_submissions",
    "add_verifications",
    "answer_appeal",
    "appeals",
    "append_event",
    "approved_run",
    "audit_head",
    "content_hash",
    "disk_full",
    "erase_persons",
    "events",
    "evidence_claimed",
    "evidence_files",
    "evidence_shared",
    "evidence_users",
    "export_parquet",
    "findings",
    "granted_appeals",
    "is_disk_full",
    "latest_run",
    "lineage",
    "load_plan_files",
    "load_registry",
    "load_run",
    "measurements_of",
    "now",
    "open_warehouse",
    "outdated_verdicts",
    "period_history",
    "period_state",
    "persons",
    "plans",
    "problems_of",
    "publications",
    "read_all",
    "read_warehouse",
    "record_plan",
    "record_registry",
    "registry_hash",
    "restore_parquet",
    "row_counts",
    "run_id_of",
    "run_inputs",
    "run_row",
    "runs",
    "save_run",
    "scores_hash",
    "scoring_inputs",
    "set_period_state",
    "set_state",
    "spot_checks",
    "status",
    "submissions",
    "verify_events",
    "verify_rows",
]
