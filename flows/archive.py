"""Every received file is kept by its SHA-256 before anything reads it. The same bytes twice are kept once."""

import hashlib
import os
import re
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from flows.files import text_name
from schemas.errors import UserError

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}$")
_CHUNK = 1 << 20
_SMALL = 1 << 24
_INCOMING, _STALE_S = ".incoming-", 86_400.0
WRITERS, AHEAD = 4, 64


@dataclass(frozen=True)
class Kept:
    """One received file: its name as received, its hash, and where the archive holds it."""

    name: str
    hash: str
    path: Path


def archive_file(folder: Path, source: Path) -> Kept:
    """Archive one file, as ``Archive`` does; it is on disk when this returns."""
    archive = Archive(folder)
    kept = archive.keep(source)
    archive.flush()
    return kept


class Archive:
    """The archive: a folder of files named by hash and suffix; a received name never becomes a path.

    Each file is written under a temporary name, flushed to disk, then renamed; its time of change is kept. What the
    archive holds is looked up once for each of its shelves. Several threads may keep files.
    """

    def __init__(self, folder: Path) -> None:
        """Nothing is read yet."""
        self.folder = folder
        self._lock = threading.Lock()
        self._shelves: dict[str, _Shelf] = {}

    def keep_all(self, sources: Iterable[Path]) -> Iterator[Kept]:
        """Keep files and yield them in their order, each as soon as its bytes are on disk; a few ahead.

        Several at a time, as flushing is waiting. Raises as ``keep`` does.
        """
        files = iter(sources)
        with ThreadPoolExecutor(WRITERS, thread_name_prefix="archive") as threads:
            waiting = deque(threads.submit(self.keep, file) for file in islice(files, AHEAD))
            try:
                while waiting:
                    kept = waiting.popleft().result()
                    waiting.extend(threads.submit(self.keep, file) for file in islice(files, 1))
                    yield kept
            finally:
                threads.shutdown(cancel_futures=True)

    def keep(self, source: Path) -> Kept:
        """Put one file into the archive where its bytes are not there yet.

        Raises:
            UserError: the file does not exist or cannot be read, or the disk refuses to take it.
        """
        name = text_name(source.name)
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
        try:
            shelf = self._shelf(known)
            with shelf.lock:  # the same bytes under another name wait until they are there
                if known in shelf.names:
                    return Kept(name, known, shelf.folder / shelf.names[known])
                target = shelf.folder / f"{known}{suffix}"
                chunks = [content] if content else _chunks(source, known)
                _write(target, chunks, (facts.st_atime, facts.st_mtime))
                shelf.names[known], shelf.flushed = target.name, False
        except OSError as error:
            raise UserError(
                f"{name} 无法存入档案 {self.folder}:{error.strerror}。请检查磁盘空间和权限后重试;原文件未动。",
                f"{name} cannot be archived in {self.folder}: {error.strerror}. "
                "Check disk space and permissions and try again.",
            ) from None
        except _Changed:
            raise UserError(
                f"{name} 在读取时被改动。请保存并关闭该文件后重试。",
                f"{name} changed while it was read. Save and close it, then try again.",
            ) from None
        return Kept(name, known, target)

    def flush(self) -> None:
        """Make the names of what was kept so far durable, where the system can: before anything refers to them."""
        with ThreadPoolExecutor(WRITERS) as threads:
            list(threads.map(_Shelf.flush, list(self._shelves.values())))

    def _shelf(self, known: str) -> "_Shelf":
        with self._lock:
            name = known[:2]
            if name not in self._shelves:
                self._shelves[name] = _Shelf(self.folder / name)
            return self._shelves[name]


class _Shelf:
    """One folder of the archive: the names in it by hash. Who writes holds the lock."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.lock, self.flushed = folder, threading.Lock(), True
        self.names = _names_in(folder)

    def flush(self) -> None:
        """Make new names durable, where the system can."""
        with self.lock:
            if not self.flushed:
                _flush_folder(self.folder)
            self.flushed = True


def _names_in(place: Path) -> dict[str, str]:
    """Return the archived names by hash; what a killed process left half written long ago is removed."""
    names = {}
    for path in sorted(place.iterdir(), reverse=True):
        if not path.name.startswith(_INCOMING):
            names[path.stem] = path.name
        elif path.stat().st_mtime < time.time() - _STALE_S:
            path.unlink(missing_ok=True)
    return names


class _Changed(Exception):
    """The file is not what it was when it was hashed."""


def _chunks(source: Path, known: str) -> Iterator[bytes]:
    """Yield the bytes of a file that is too large to be held in memory between hashing and writing.

    Raises:
        _Changed: at the end, where they are not those hashed before.
    """
    digest = hashlib.sha256()
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            yield chunk
    if digest.hexdigest() != known:
        raise _Changed


def _write(target: Path, chunks: Iterable[bytes], times: tuple[float, float]) -> None:
    """Write the file whole or not at all."""
    temporary = target.with_name(f"{_INCOMING}{os.getpid()}-{target.name}")
    try:
        with temporary.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.utime(temporary, times)
        temporary.chmod(0o444)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _flush_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
