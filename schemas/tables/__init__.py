"""Every table: one pandera model each, with type, key and the meaning of each column. The DDL is derived from it.

Column names: ``_code`` an identifier looked up in the plan, ``_pct`` 0 to 100, ``_share`` 0 to 1, ``_at`` a UTC
timestamp, ``_hash`` a SHA-256 in hex. Tables of the warehouse are append-only.
"""

from typing import TYPE_CHECKING, Any

import polars as pl

from schemas.tables.words import CELL_STATUS, FINDING_STATES, PERIOD_STATES, SUBMISSION_STATES

if TYPE_CHECKING:
    from schemas.tables.base import At, Table, col
    from schemas.tables.intake import EvidenceFiles, Measurements, Persons, Problems, Submissions, SubmissionStates
    from schemas.tables.office import Adjustments, Appeals, Events, Items, PeriodStates, Verifications
    from schemas.tables.registry import Assignments, Plans, Targets, Units
    from schemas.tables.review import Findings, SpotChecks
    from schemas.tables.runs import Publications, Results, RunInputs, Runs, Scores
else:
    from importlib import import_module

    from schemas.tables.late import Late

    MODELS = {
        "intake": ("EvidenceFiles", "Measurements", "Persons", "Problems", "SubmissionStates", "Submissions"),
        "office": ("Adjustments", "Appeals", "Events", "Items", "PeriodStates", "Verifications"),
        "registry": ("Assignments", "Plans", "Targets", "Units"),
        "review": ("Findings", "SpotChecks"),
        "runs": ("Publications", "Results", "RunInputs", "Runs", "Scores"),
    }
    globals().update({name: Late(module, name) for module, names in MODELS.items() for name in names})

    def __getattr__(name: str) -> Any:
        """Return what all models share, which needs pandera."""
        if name in ("At", "Table", "col"):
            return getattr(import_module("schemas.tables.base"), name)
        raise AttributeError(name)


__all__ = [
    "CELL_STATUS",
    "FINDING_STATES",
    "PERIOD_STATES",
    "SUBMISSION_STATES",
    "TABLES",
    "Adjustments",
    "Appeals",
    "Assignments",
    "At",
    "Events",
    "EvidenceFiles",
    "Findings",
    "Items",
    "Measurements",
    "PeriodStates",
    "Persons",
    "Plans",
    "Problems",
    "Publications",
    "Results",
    "RunInputs",
    "Runs",
    "Scores",
    "SpotChecks",
    "SubmissionStates",
    "Submissions",
    "Table",
    "Targets",
    "Units",
    "Verifications",
    "col",
    "columns_of",
    "empty",
    "key_of",
]

TABLES: dict[str, "type[Table]"] = {
    "plans": Plans, "units": Units, "assignments": Assignments, "targets": Targets, "submissions": Submissions,
    "submission_states": SubmissionStates, "measurements": Measurements, "problems": Problems, "items": Items,
    "evidence_files": EvidenceFiles,
    "verifications": Verifications, "adjustments": Adjustments, "period_states": PeriodStates, "runs": Runs,
    "run_inputs": RunInputs, "scores": Scores, "results": Results, "publications": Publications, "appeals": Appeals,
    "events": Events, "persons": Persons, "spot_checks": SpotChecks, "findings": Findings,
}  # fmt: skip


def key_of(table: "type[Table]") -> list[str]:
    """Return the columns that identify a row."""
    return list(table.Config.metadata["key"])  # type: ignore[attr-defined]


def columns_of(table: "type[Table]") -> dict[str, Any]:
    """Return column name -> polars type, in the order of the model."""
    return {name: column.dtype.type for name, column in table.to_schema().columns.items()}


def empty(table: "type[Table]") -> pl.DataFrame:
    """Return the table with no rows."""
    return pl.DataFrame(schema=columns_of(table))
