"""Writing documents so that nobody ever sees half of one."""

import errno
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LEFT_ALONE_S = 3600
TRIES = 20


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = beside(path)
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def beside(path: Path) -> Path:
    """Return a hidden name that nobody else has, beside the path of what is made there first.

    A file or folder made under it has the rights that the system's mask allows; those of ``tempfile`` have fewer.
    """
    return path.with_name(f".{path.name[:40]}-{secrets.token_hex(8)}")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; it takes the place of ``folder`` when all went well, else it is removed.

    Several may fill the same one at once: the last takes its place. What a killed one left is removed an hour later.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    sweep(folder.parent, f".{folder.name[:40]}-")
    fresh = beside(folder)
    fresh.mkdir()
    try:
        yield fresh
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
    old = beside(folder)
    old.mkdir()
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


def text_name(name: str) -> str:
    """Return a file's name, or its path, as text that can be stored and printed.

    Bytes that are no UTF-8 are read as GBK: so Windows in China names what it packs, and so Linux unpacks it.
    """
    return decoded_name(os.fsencode(name))


def decoded_name(raw: bytes) -> str:
    """Return a name of a file, or of an entry of a zip, from its bytes: UTF-8, else GBK."""
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode("utf-8", "replace")


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_below(folder: Path) -> dict[str, dict[str, str | int]]:
    """Return SHA-256 in hex (``sha256``) and length (``bytes``) of every file below a folder, by its path there."""
    return {
        p.relative_to(folder).as_posix(): {"sha256": sha256_of(p), "bytes": p.stat().st_size}
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }
