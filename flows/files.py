"""Writing documents so that nobody ever sees half of one."""

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LEFT_ALONE_S = 3600
TRIES = 20


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; it takes the place of ``folder`` when all went well, else it is removed.

    Several may fill the same one at once: the last takes its place. What a killed one left is removed an hour later.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    sweep(folder.parent, f".{folder.name}-")
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        yield fresh
        fresh.chmod(0o755)
        _take_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def sweep(parent: Path, prefix: str) -> None:
    """Remove what killed processes left under this prefix, not what another one is making right now."""
    for left in parent.glob(f"{prefix}*"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > LEFT_ALONE_S:
                shutil.rmtree(left, ignore_errors=True)


def _take_place(fresh: Path, folder: Path) -> None:
    old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        for _ in range(TRIES):
            with suppress(FileNotFoundError):
                folder.replace(old / folder.name)
            try:
                fresh.replace(folder)
                return
            except OSError as error:  # another one's folder took the place in between: that one goes too
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                shutil.rmtree(old / folder.name, ignore_errors=True)
        raise TimeoutError(f"{folder}: others took its place {TRIES} times")
    finally:
        shutil.rmtree(old, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
