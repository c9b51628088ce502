"""Files of evidence: which came with which submission, for which cell; found again in another unit's by their hash."""

from collections.abc import Sequence

import polars as pl

from schemas.tables import EvidenceFiles
from warehouse.clock import now
from warehouse.events import Change, append_events
from warehouse.hashing import row_hash
from warehouse.session import Warehouse, conform, insert

KEY = ["submission_id", "indicator_code", "part", "file_name", "file_hash"]
STORED = "SELECT * FROM evidence_files WHERE list_contains($submissions, submission_id)"
OF_PERIOD = """
SELECT * FROM evidence_files WHERE $period IS NULL OR period = $period
ORDER BY period, unit_code, indicator_code, part, file_name, file_hash, submission_id
"""
USERS = """
SELECT DISTINCT file_hash, unit_code FROM evidence_files WHERE list_contains($file_hashes, file_hash)
ORDER BY file_hash, unit_code
"""
SHARED = """
SELECT e.unit_code, e.indicator_code, e.file_hash, e.file_name,
       string_agg(DISTINCT o.unit_code, '|' ORDER BY o.unit_code) AS others
FROM evidence_files AS e JOIN evidence_files AS o ON o.file_hash = e.file_hash AND o.unit_code <> e.unit_code
WHERE e.period = $period
GROUP BY ALL ORDER BY ALL
"""


def add_evidence(warehouse: Warehouse, files: pl.DataFrame, *, actor: str, reason: str | None = None) -> int:
    """Store files of evidence and return how many were new.

    Columns of ``schemas.tables.EvidenceFiles`` without recorded_at. A row that is stored already changes nothing.
    """
    rows = conform(files.unique(KEY, maintain_order=True), EvidenceFiles, recorded_at=now())
    stored = warehouse.rows(STORED, submissions=rows["submission_id"].unique().to_list())
    fresh = rows.join(stored, on=KEY, how="anti", nulls_equal=True, maintain_order="left")
    insert(warehouse, "evidence_files", fresh)
    append_events(
        warehouse,
        actor,
        (
            Change(
                "evidence_added",
                row["submission_id"],
                reason,
                {"file_hash": row["file_hash"], "indicator_code": row["indicator_code"], "row_hash": row_hash(row)},
            )
            for row in fresh.iter_rows(named=True)
        ),
    )
    return fresh.height


def evidence_files(warehouse: Warehouse, period: str | None = None) -> pl.DataFrame:
    """Return the files of evidence of a period, or of all; columns of ``schemas.tables.EvidenceFiles``."""
    return warehouse.rows(OF_PERIOD, period=period)


def evidence_users(warehouse: Warehouse, file_hashes: Sequence[str]) -> pl.DataFrame:
    """Return file_hash and unit_code of every unit that ever sent one of these files as evidence."""
    return warehouse.rows(USERS, file_hashes=list(file_hashes))


def evidence_shared(warehouse: Warehouse, period: str) -> pl.DataFrame:
    """Return the evidence of a period that other units sent too, in whatever period.

    Columns: unit_code, indicator_code, file_hash, file_name, others (codes of the other units, separated by |).
    """
    return warehouse.rows(SHARED, period=period)
