"""Backup and restore of everything: the warehouse as Parquet, the archive and the published packages as they are."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from flows.archived import absent_files, changed_files
from flows.audit import package_faults
from flows.disk import told_when_full
from flows.progress import waiting
from flows.publish import PUBLISHED
from flows.settings import Settings, prepare_home
from schemas.errors import UserError

if TYPE_CHECKING:
    from warehouse import Warehouse

TABLES, ARCHIVE = "warehouse", "archive"


def backup(settings: Settings, folder: Path) -> tuple[dict[str, int], int]:
    """Write a backup and return rows by table and the number of files copied; what is there already is not copied.

    Raises:
        UserError: there is no warehouse, the folder holds something else, or the disk is full.
    """
    from warehouse import export_parquet, read_warehouse

    with told_when_full(folder):
        with read_warehouse(settings.warehouse) as warehouse:
            counts = export_parquet(warehouse, folder / TABLES)
        copied = _copy_new(settings.archive, folder / ARCHIVE)
        return counts, copied + _copy_new(settings.output / PUBLISHED, folder / PUBLISHED)


def restore(settings: Settings, folder: Path) -> tuple[dict[str, int], int]:
    """Restore a backup into an empty data folder and return rows by table and the number of files.

    Everything is checked on the way: tables, chain of events, archived files, published packages.

    Raises:
        UserError: the warehouse is not empty; the backup is incomplete, or was changed.
    """
    from warehouse import open_warehouse, restore_parquet

    tables = folder / TABLES
    if not tables.is_dir():
        raise UserError(
            f"{folder} 不是备份文件夹:缺少 {TABLES}。请写 kaohe backup 写出的文件夹。",
            f"{folder} is no backup: its folder {TABLES} is missing. Name the folder that kaohe backup wrote.",
        )
    _refuse_changed_archive(folder / ARCHIVE)
    with told_when_full(settings.home):
        prepare_home(settings)
        with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
            counts = restore_parquet(warehouse, tables, actor=settings.actor)
            _refuse_incomplete(warehouse, folder)
            copied = _copy_new(folder / ARCHIVE, settings.archive)
            copied += _copy_new(folder / PUBLISHED, settings.output / PUBLISHED)
    return counts, copied


def _refuse_incomplete(warehouse: "Warehouse", folder: Path) -> None:
    """Refuse a backup that lacks an archived file or a published package its tables name, or holds a changed one."""
    from warehouse import publications

    absent = absent_files(warehouse, folder / ARCHIVE)
    if absent.height:
        submission, name, _ = absent.row(0)
        raise UserError(
            f"备份不完整:档案缺少 {absent.height} 个收到的文件,如 {submission} 的 {name}。请换一份备份。",
            f"The backup is incomplete: its archive lacks received files ({absent.height}), such as {name} of "
            f"{submission}. Take another one.",
        )
    for row in publications(warehouse).iter_rows(named=True):
        faults = package_faults(folder / row["package_path"], row["package_hash"])
        if faults:
            raise UserError(f"备份中的{faults[0].zh}。请换一份备份。", f"In the backup, {faults[0].en}. Take another.")


def _refuse_changed_archive(archive: Path) -> None:
    for path in changed_files(archive):
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
