"""Does an archive hold what its names and the tables say? Asked by the audit and on restoring a backup."""

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from flows.files import sha256_of

if TYPE_CHECKING:
    from warehouse import Warehouse


def archived_files(archive: Path) -> list[Path]:
    """Return the archive's files, without what is being put there."""
    return sorted(p for p in archive.rglob("*") if p.is_file() and not p.name.startswith("."))


def changed_files(archive: Path) -> list[Path]:
    """Return the files whose content does not have the hash that is their name."""
    return [path for path in archived_files(archive) if _hash_named(path) != sha256_of(path)]


def absent_files(warehouse: "Warehouse", archive: Path) -> pl.DataFrame:
    """Return submission_id, file_name, file_hash of what was received, evidence too, and is not in the archive."""
    from warehouse import evidence_files, submissions

    there = list({_hash_named(path) for path in archived_files(archive)})
    names = ("submission_id", "file_name", "file_hash")
    recorded = pl.concat([submissions(warehouse).select(names), evidence_files(warehouse).select(names)])
    return recorded.filter(~pl.col("file_hash").is_in(there))


def _hash_named(path: Path) -> str:
    return path.name.split(".")[0]
