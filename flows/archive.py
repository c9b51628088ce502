"""Every received file is kept by its SHA-256 before anything reads it. The same bytes twice are kept once."""

import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import UserError

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}$")
_CHUNK = 1 << 20
WRITERS = 8


@dataclass(frozen=True)
class Kept:
    """One received file: its name as received, its hash, and where the archive holds it."""

    name: str
    hash: str
    path: Path
    new: bool


def archive_file(folder: Path, source: Path) -> Kept:
    """Archive one file, as ``archive_files`` does."""
    return archive_files(folder, [source])[0]


def archive_files(folder: Path, sources: Sequence[Path]) -> list[Kept]:
    """Copy files into the archive: each a temporary file, flushed to disk, then renamed; times of change are kept.

    The archived name is the hash with the file's suffix; a received name never becomes a path. Several at a time, as
    flushing is waiting; when this returns, all of them are on disk.

    Raises:
        UserError: a file does not exist or cannot be read, or the disk refuses to take it.
    """
    with ThreadPoolExecutor(min(WRITERS, len(sources) or 1)) as threads:
        hashes = list(threads.map(_hash_of, sources))
        unlike = dict(zip(reversed(hashes), reversed(sources), strict=True))
        places = dict(zip(unlike, threads.map(lambda h: _place(folder, h, unlike[h]), unlike), strict=True))
        list(threads.map(_flush_folder, {path.parent for path, new in places.values() if new}))
    return [Kept(s.name, h, *places[h]) for s, h in zip(sources, hashes, strict=True)]


def _hash_of(source: Path) -> str:
    try:
        with source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(
            f"{source} 无法打开:{error.strerror}。请检查路径和权限。",
            f"{source} cannot be opened: {error.strerror}. Check path and permissions.",
        ) from None


def _place(folder: Path, known: str, source: Path) -> tuple[Path, bool]:
    """Return where the archive holds the file of this hash, and whether it is new there."""
    place = folder / known[:2]
    if there := sorted(place.glob(f"{known}*")):
        return there[0], False
    name = source.name
    suffix = found[0] if (found := _SUFFIX.search(name.lower())) else ""
    target = place / f"{known}{suffix}"
    try:
        facts = source.stat()
        written = _copy(source, target, (facts.st_atime, facts.st_mtime))
    except OSError as error:
        raise UserError(
            f"{name} 无法存入档案 {folder}:{error.strerror}。请检查磁盘空间和权限后重试;原文件未动。",
            f"{name} cannot be archived in {folder}: {error.strerror}. Check disk space and permissions and try again.",
        ) from None
    if written != known:
        raise UserError(
            f"{name} 在读取时被改动。请保存并关闭该文件后重试。",
            f"{name} changed while it was read. Save and close it, then try again.",
        )
    return target, True


def _copy(source: Path, target: Path, times: tuple[float, float]) -> str:
    """Write the file whole or not at all; return the hash of what was written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".incoming-")
    try:
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as file, source.open("rb") as original:
            while chunk := original.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.utime(temporary, times)
        if target.name.startswith(digest.hexdigest()):
            Path(temporary).chmod(0o444)
            Path(temporary).replace(target)
        return digest.hexdigest()
    finally:
        Path(temporary).unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """Make the new name itself durable, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
