"""The files of a batch: which are meant, in which order they count, and how they arrive in the archive."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from flows.archive import Archive, Kept
from flows.settings import Settings
from schemas.errors import UserError
from schemas.folder import Plan

if TYPE_CHECKING:
    from intake.pool import Received

ReceivedAt = datetime | Literal["modified"] | None
"""One moment for all files, each file's own time of change, or now."""
RECEIVED_FILE = "received.csv"


def files_of(paths: Sequence[Path]) -> list[Path]:
    """Return the files meant: those named, and those inside folders named, without office programs' lock files.

    Raises:
        UserError: a path does not exist, or there is no file at all.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (p for p in sorted(path.rglob("*")) if p.is_file())
            found += [p for p in inside if not _is_ours(p.relative_to(path)) and p.name != RECEIVED_FILE]
        elif path.is_file():
            found.append(path)
        else:
            raise UserError(
                f"没有文件或文件夹 {path}。请检查路径。", f"There is no file or folder {path}. Check the path."
            )
    if not found:
        where = "、".join(map(str, paths))
        raise UserError(
            f"{where} 中没有文件。请把填报文件放入后重试。", f"There is no file in {where}. Put the submissions there."
        )
    return found


def _is_ours(path: Path) -> bool:
    """Say whether a file is hidden, in a hidden folder, or the lock file of an office program."""
    return any(part.startswith((".", "~$")) for part in path.parts)


def in_order(plan: Plan, files: Sequence[Path]) -> list[Path]:
    """Return the files in the order in which the plan lets one unit's several files count, the last one last."""
    if plan.file.intake.same_batch == "last_name":
        return sorted(files, key=lambda f: (f.name, _modified(f)))
    return sorted(files, key=lambda f: (_modified(f), f.name))


def _modified(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # gone meanwhile: told when it is to be archived
        return 0.0


class Arrivals:
    """The files of a batch, archived while others are read already; each content once.

    Filled while ``fresh`` is gone through, by hash: the first file of that content (``first``), when it counts as
    received (``moments``; the archive keeps a file's time of change), and where it was stored before
    (``unchanged``: submission_id, unit_code, period).
    """

    def __init__(self, settings: Settings, files: Sequence[Path], received_at: ReceivedAt) -> None:
        """``files``: in the order in which they are to be read. Nothing is archived yet."""
        self.archive, self.files = Archive(settings.archive), files
        self._stored, self._received_at = _stored_files(settings), received_at
        self.first: dict[str, Path] = {}
        self.moments: dict[str, datetime] = {}
        self.unchanged: dict[str, dict[str, Any]] = {}
        self._now = datetime.now(UTC)

    def fresh(self) -> "Iterator[Received]":
        """Yield the files that were not received before, each as soon as it is in the archive."""
        from intake.pool import Received

        for file, kept in zip(self.files, self.archive.keep_all(self.files), strict=True):
            if kept.hash in self.first:
                continue
            self.first[kept.hash] = file
            if kept.hash in self._stored:
                self.unchanged[kept.hash] = self._stored[kept.hash]
            else:
                self.moments[kept.hash] = self._moment(kept)
                yield Received(kept.path, kept.name, kept.hash)

    def _moment(self, kept: Kept) -> datetime:
        if self._received_at == "modified":
            return datetime.fromtimestamp(kept.path.stat().st_mtime, UTC)
        return self._received_at or self._now


def _stored_files(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return submission_id, unit_code and period of every file that is stored already, by its hash.

    A file of several units or periods has the last submission's id, and no unit or period.
    """
    from warehouse import read_warehouse, submissions

    if not settings.warehouse.exists():
        return {}
    with read_warehouse(settings.warehouse) as warehouse:
        found = submissions(warehouse).sort("file_hash", "recorded_at", "submission_id")
    same = (pl.when(pl.col(n).n_unique() == 1).then(pl.col(n).first()).alias(n) for n in ("unit_code", "period"))
    rows = found.group_by("file_hash", maintain_order=True).agg(pl.col("submission_id").last(), *same)
    return {row.pop("file_hash"): row for row in rows.to_dicts()}
