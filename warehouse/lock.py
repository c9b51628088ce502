"""One writer at a time: a lock on a file beside the database, which the system itself releases when a process dies."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import UserError

OnWait = Callable[[str, str], None]
"""Called once with the Chinese and the English sentence when waiting begins."""
_PAUSE_SECONDS = 0.05


@contextmanager
def writer_lock(path: Path, wait_seconds: float, on_wait: OnWait | None = None) -> Iterator[None]:
    """Hold the right to write ``path``. The lock file names the holder; it stays when it is free again.

    Raises:
        UserError: another process still writes after ``wait_seconds``.
    """
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _acquire(descriptor, path, wait_seconds, on_wait)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, wait_seconds: float, on_wait: OnWait | None) -> None:
    started = time.monotonic()
    told = on_wait is None
    while not _taken(descriptor):
        holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "?"
        if not told and on_wait is not None:
            on_wait(
                f"另一个进程(进程号 {holder})正在写入 {path.name},最多等待 {wait_seconds:g} 秒……",
                f"Another process (number {holder}) is writing {path.name}; waiting up to {wait_seconds:g} s…",
            )
            told = True
        if time.monotonic() - started >= wait_seconds:
            raise UserError(
                f"等待 {wait_seconds:g} 秒后,另一个进程(进程号 {holder})仍在写入 {path.name},"
                "本次未作任何更改。请待其完成后重试。",
                f"After {wait_seconds:g} s another process (number {holder}) is still writing {path.name}; "
                "nothing was changed. Try again when it has finished.",
            )
        time.sleep(_PAUSE_SECONDS)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
