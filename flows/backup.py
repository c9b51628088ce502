"""Backup and restore of everything: the warehouse as Parquet, the archive and the published packages as they are."""

import shutil
from pathlib import Path

from flows.files import sha256_of
from flows.progress import waiting
from flows.publish import PUBLISHED
from flows.settings import Settings, prepare_home
from schemas.errors import UserError

TABLES, ARCHIVE = "warehouse", "archive"


def backup(settings: Settings, folder: Path) -> tuple[dict[str, int], int]:
    """Write a backup and return rows by table and the number of files copied; what is there already is not copied.

    Raises:
        UserError: there is no warehouse, or the folder holds something else.
    """
    from warehouse import export_parquet, read_warehouse

    with read_warehouse(settings.warehouse) as warehouse:
        counts = export_parquet(warehouse, folder / TABLES)
    copied = _copy_new(settings.archive, folder / ARCHIVE)
    return counts, copied + _copy_new(settings.output / PUBLISHED, folder / PUBLISHED)


def restore(settings: Settings, folder: Path) -> tuple[dict[str, int], int]:
    """Restore a backup into an empty data folder and return rows by table and the number of files.

    Raises:
        UserError: the warehouse is not empty; the backup is incomplete, or was changed.
    """
    from warehouse import open_warehouse, restore_parquet

    tables = folder / TABLES
    if not tables.is_dir():
        raise UserError(
            f"{folder} 不是备份文件夹:缺少 {TABLES}。", f"{folder} is no backup: its folder {TABLES} is missing."
        )
    _refuse_changed_archive(folder / ARCHIVE)
    prepare_home(settings)
    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        counts = restore_parquet(warehouse, tables, actor=settings.actor)
        copied = _copy_new(folder / ARCHIVE, settings.archive)
        copied += _copy_new(folder / PUBLISHED, settings.output / PUBLISHED)
    return counts, copied


def _refuse_changed_archive(archive: Path) -> None:
    for path in sorted(p for p in archive.rglob("*") if p.is_file()):
        if path.name.split(".")[0] != sha256_of(path):
            raise UserError(
                f"备份中的 {path} 已被改动或损坏。请换一份备份。",
                f"{path} of the backup was changed. Take another one.",
            )


def _copy_new(source: Path, target: Path) -> int:
    """Copy the files that the target lacks, each whole or not at all; return their number."""
    copied = 0
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        inside = path.relative_to(source)
        if any(part.startswith(".") for part in inside.parts) or (target / inside).exists():
            continue
        place = target / inside
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{place.name}")
        shutil.copy2(path, temporary)
        temporary.replace(place)
        copied += 1
    return copied
