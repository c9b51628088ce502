"""Audit: the chain of events, every stored row against its event, every archived file, every published package."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from flows.archived import absent_files, archived_files, changed_files
from flows.files import sha256_of
from flows.package import MANIFEST, Package
from flows.settings import Settings
from flows.verify import WRONG, Fault

if TYPE_CHECKING:
    from warehouse import Warehouse

KINDS = {
    "changed": ("与事件记录不符,已被改动", "is not as its event says: changed"),
    "absent": ("有事件记录,却没有数据", "has an event but is not there"),
    "unrecorded": ("没有事件记录", "has no event"),
}


@dataclass(frozen=True)
class Audited:
    """What was looked at, and everything that does not hold, the first first. ``head``: the chain's last hash."""

    faults: list[Fault]
    head: str
    counts: dict[str, int]
    files: int
    packages: int


def audit(settings: Settings) -> Audited:
    """Look at everything that is recorded; change nothing.

    Raises:
        UserError: there is no warehouse, or it is damaged.
    """
    from warehouse import audit_head, read_all, read_warehouse, row_counts

    with read_warehouse(settings.warehouse) as warehouse:
        read_all(warehouse)
        faults = _chain(warehouse) + _rows(warehouse)
        head, counts = audit_head(warehouse), row_counts(warehouse)
        archived, files = _archive(settings, warehouse)
        published, packages = _packages(settings, warehouse)
    return Audited(faults + archived + published, head, counts, files, packages)


def _chain(warehouse: "Warehouse") -> list[Fault]:
    from warehouse import events, verify_events

    broken = verify_events(warehouse)
    if broken is None:
        return []
    found = events(warehouse).filter(pl.col("seq") == broken)
    what = f"{found['action'][0]} {found['subject'][0]}" if found.height else ""
    return [
        Fault(
            f"事件链在第 {broken} 号断开({what or '缺失'}):该事件或其前后被改动。",
            f"The chain of events breaks at number {broken} ({what or 'missing'}): it or its neighbour was changed.",
        )
    ]


def _rows(warehouse: "Warehouse") -> list[Fault]:
    from warehouse import verify_rows

    return [
        Fault(f"{d.table} {d.subject}:{KINDS[d.kind][0]}", f"{d.table} {d.subject} {KINDS[d.kind][1]}")
        for d in verify_rows(warehouse)
    ]


def _archive(settings: Settings, warehouse: "Warehouse") -> tuple[list[Fault], int]:
    """Compare every archived file with its name, and every submission and file of evidence with the archive."""
    faults = [
        Fault(
            f"档案文件 {path} 与其哈希不符,已被改动或损坏", f"The archived file {path} does not have its hash: changed"
        )
        for path in changed_files(settings.archive)
    ]
    faults += [
        Fault(f"{i} 的原件 {n}({h})不在档案中", f"The file of {i}, {n} ({h}), is not in the archive")
        for i, n, h in absent_files(warehouse, settings.archive).iter_rows()
    ]
    return faults, len(archived_files(settings.archive))


def _packages(settings: Settings, warehouse: "Warehouse") -> tuple[list[Fault], int]:
    """Compare every published package with its pointer and its manifest, and its printed head with the chain."""
    from warehouse import events, publications

    heads = set(events(warehouse)["hash"])
    faults: list[Fault] = []
    rows = publications(warehouse)
    for row in rows.iter_rows(named=True):
        folder = settings.output / row["package_path"]
        found = package_faults(folder, row["package_hash"])
        faults += found or _head_faults(folder, heads)
    return faults, rows.height


def package_faults(folder: Path, package_hash: str) -> list[Fault]:
    """Compare a package's files with its manifest, and the manifest with the hash recorded at publication."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return [Fault(f"公布包 {folder} 缺失", f"The published package {folder} is missing")]
    if sha256_of(manifest) != package_hash:
        return [Fault(f"{manifest} 与公布记录不符,已被改动", f"{manifest} is not the one published: changed")]
    return [
        Fault(f"{folder / name}:{WRONG[kind][0]}", f"{folder / name} {WRONG[kind][1]}")
        for name, kind in Package(folder).faults_of_files()
    ]


def _head_faults(folder: Path, heads: set[str]) -> list[Fault]:
    head = Package(folder).manifest["audit_head"]
    if head in heads:
        return []
    return [
        Fault(
            f"公布包 {folder} 上印的链首 {head} 不在事件链中:事件链被整体改写或截短",
            f"The head {head} printed in {folder} is not in the chain: the chain was rewritten or cut",
        )
    ]
