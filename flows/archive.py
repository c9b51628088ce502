"""Every received file is kept by its SHA-256 before anything reads it. The same bytes twice are kept once."""

import hashlib
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import UserError

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}$")
_CHUNK = 1 << 20
_SMALL = 1 << 24
_INCOMING, _STALE_S = ".incoming-", 86_400.0
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
    shelves = _Shelves(folder)
    with ThreadPoolExecutor(min(WRITERS, len(sources) or 1)) as threads:
        kept = list(threads.map(shelves.keep, sources))
        list(threads.map(_flush_folder, {k.path.parent for k in kept if k.new}))
    return kept


class _Shelves:
    """What the archive holds, looked up once for each folder of it, and what is being put there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._names: dict[str, dict[str, str]] = {}

    def keep(self, source: Path) -> Kept:
        """Put one file into the archive where its bytes are not there yet."""
        name = source.name
        try:
            facts = source.stat()
            with source.open("rb") as file:
                content = file.read() if facts.st_size <= _SMALL else b""
                known = (hashlib.sha256(content) if content else hashlib.file_digest(file, "sha256")).hexdigest()
        except OSError as error:
            raise UserError(
                f"{source} 无法打开:{error.strerror}。请检查路径和权限。",
                f"{source} cannot be opened: {error.strerror}. Check path and permissions.",
            ) from None
        suffix = found[0] if (found := _SUFFIX.search(name.lower())) else ""
        target, new = self._reserve(known, f"{known}{suffix}")
        if new:
            try:
                written = _write(target, [content] if content else _chunks(source), (facts.st_atime, facts.st_mtime))
            except OSError as error:
                raise UserError(
                    f"{name} 无法存入档案 {self.folder}:{error.strerror}。请检查磁盘空间和权限后重试;原文件未动。",
                    f"{name} cannot be archived in {self.folder}: {error.strerror}. "
                    "Check disk space and permissions and try again.",
                ) from None
            if written != known:
                raise UserError(
                    f"{name} 在读取时被改动。请保存并关闭该文件后重试。",
                    f"{name} changed while it was read. Save and close it, then try again.",
                )
        return Kept(name, known, target, new)

    def _reserve(self, known: str, wanted: str) -> tuple[Path, bool]:
        """Return where the bytes of this hash are, or are to be, and whether the caller is to put them there."""
        place = self.folder / known[:2]
        with self._lock:
            if place.name not in self._names:
                place.mkdir(parents=True, exist_ok=True)
                self._names[place.name] = _names_in(place)
            names = self._names[place.name]
            new = known not in names
            return place / names.setdefault(known, wanted), new


def _names_in(place: Path) -> dict[str, str]:
    """Return the archived names by hash; what a killed process left half written long ago is removed."""
    names = {}
    for path in sorted(place.iterdir(), reverse=True):
        if not path.name.startswith(_INCOMING):
            names[path.stem] = path.name
        elif path.stat().st_mtime < time.time() - _STALE_S:
            path.unlink(missing_ok=True)
    return names


def _chunks(source: Path) -> Iterator[bytes]:
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _write(target: Path, chunks: Iterable[bytes], times: tuple[float, float]) -> str:
    """Write the file whole or not at all; return the hash of what was written."""
    temporary = target.with_name(f"{_INCOMING}{os.getpid()}-{target.name}")
    digest = hashlib.sha256()
    try:
        with temporary.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.utime(temporary, times)
        if target.name.startswith(digest.hexdigest()):
            temporary.chmod(0o444)
            temporary.replace(target)
        else:
            temporary.unlink()
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return digest.hexdigest()


def _flush_folder(folder: Path) -> None:
    """Make the new name itself durable, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
