"""The whole warehouse in an open format, and back, checked on the way."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from schemas.errors import UserError
from schemas.tables import TABLES
from warehouse.events import append_event, audit_head, verify_events
from warehouse.literals import literal
from warehouse.session import Warehouse
from warehouse.structure import newest_version

MANIFEST = "manifest.json"
NOT_HASHED = ("persons",)
"""Persons' data is in no hash, so that it can be erased from a backup too."""

EXPORT = 'COPY (SELECT * FROM "{name}" ORDER BY rowid) TO {path} (FORMAT parquet)'
IMPORT = 'INSERT INTO "{name}" BY NAME SELECT * FROM read_parquet($path)'
COUNT = 'SELECT count(*) FROM "{name}"'


def export_parquet(warehouse: Warehouse, folder: Path) -> dict[str, int]:
    """Write every table as one Parquet file, with a manifest of counts and hashes; return the rows by table.

    An earlier export in the folder is replaced when the new one is whole.

    Raises:
        UserError: the folder holds something else.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise UserError(
            f"文件夹 {folder} 中有其他文件。请另选备份文件夹。",
            f"The folder {folder} holds other files. Choose another one for the backup.",
        )
    fresh, before = (folder.with_name(f"{folder.name}.{word}") for word in ("new", "old"))
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    tables = {name: _export(warehouse, name, fresh / f"{name}.parquet") for name in TABLES}
    manifest = {"structure": newest_version(), "audit_head": audit_head(warehouse), "tables": tables}
    (fresh / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if folder.exists():
        shutil.rmtree(before, ignore_errors=True)
        folder.rename(before)
    fresh.rename(folder)
    shutil.rmtree(before, ignore_errors=True)
    return {name: about["rows"] for name, about in tables.items()}


def _export(warehouse: Warehouse, name: str, path: Path) -> dict[str, Any]:
    warehouse.connection.execute(EXPORT.format(name=name, path=literal(path)))
    about: dict[str, Any] = {"rows": _count(warehouse, name)}
    return about if name in NOT_HASHED else {**about, "sha256": _sha256(path)}


def row_counts(warehouse: Warehouse) -> dict[str, int]:
    """Return the number of rows of every table."""
    return {name: _count(warehouse, name) for name in TABLES}


def restore_parquet(warehouse: Warehouse, folder: Path, *, actor: str = "office") -> dict[str, int]:
    """Fill an empty warehouse from such a folder; return the number of rows by table.

    Files, row counts, the chain of events and its head are checked; on any difference nothing is restored.

    Raises:
        UserError: the warehouse is not empty; the backup is incomplete or was changed.
    """
    if any(row_counts(warehouse).values()):
        raise UserError(
            "只能恢复到空的数据库。请先移走现有文件。",
            "Only an empty database can be restored. Move the present file away.",
        )
    manifest, head = _manifest(folder)
    counts = {}
    for name, about in manifest.items():
        path = folder / f"{name}.parquet"
        if not path.is_file():
            raise UserError(
                f"备份不完整,缺少 {path.name}。请重新取回整个备份文件夹,或换一份备份。",
                f"The backup is incomplete: {path.name} is missing. Fetch the whole folder anew, or take another.",
            )
        if name not in NOT_HASHED and about.get("sha256") != _sha256(path):
            raise _changed(path.name)
        warehouse.write(IMPORT.format(name=name), path=str(path))
        counts[name] = _count(warehouse, name)
        if counts[name] != about.get("rows"):
            raise _changed(path.name)
    if verify_events(warehouse) is not None or audit_head(warehouse) != head:
        raise _changed("events.parquet")
    append_event(warehouse, "warehouse_restored", head, actor, detail={"rows": counts})
    return counts


def _manifest(folder: Path) -> tuple[dict[str, dict[str, Any]], str]:
    """Return what is said of each table, and the head of the chain; the names go into queries, so they are ours."""
    path = folder / MANIFEST
    if not path.is_file():
        raise UserError(
            f"{folder} 不是备份文件夹:缺少 {MANIFEST}。请重新取回整个备份文件夹,或换一份备份。",
            f"{folder} is no backup: {MANIFEST} is missing. Fetch the whole folder anew, or take another.",
        )
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        structure, tables, head = manifest["structure"], dict(manifest["tables"]), manifest["audit_head"]
    except (ValueError, KeyError, TypeError):
        raise _changed(MANIFEST) from None
    if structure != newest_version():
        raise UserError(
            f"备份的结构版本是 {structure},本程序为 {newest_version()}。请用相应版本恢复。",
            f"The backup has structure {structure}, this program {newest_version()}. Use that one.",
        )
    if set(tables) != set(TABLES):
        raise _changed(MANIFEST)
    return tables, head


def _changed(name: str) -> UserError:
    return UserError(
        f"备份文件 {name} 已损坏或被改动。请换一份备份。", f"{name} of the backup is damaged or changed. Take another."
    )


def _count(warehouse: Warehouse, name: str) -> int:
    return int(warehouse.value(COUNT.format(name=name)))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
