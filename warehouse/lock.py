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

    Whoever waits first holds the queue, a second lock that every writer takes before: so one that writes again and
    again does not keep the others out.

    Raises:
        UserError: another process still writes after ``wait_seconds``.
    """
    limit = time.monotonic() + wait_seconds
    with _opened(path, ".queue") as queue, _opened(path, ".lock") as lock:
        tell = _Teller(path, lock, wait_seconds, on_wait)
        _acquire(queue, limit, tell)
        _acquire(lock, limit, tell)
        fcntl.flock(queue, fcntl.LOCK_UN)
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield


@contextmanager
def _opened(path: Path, suffix: str) -> Iterator[int]:
    """Open a file beside ``path``; closing it gives up its lock."""
    descriptor = os.open(path.with_name(path.name + suffix), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, limit: float, tell: "_Teller") -> None:
    while not _taken(descriptor):
        tell.waiting()
        if time.monotonic() >= limit:
            raise tell.too_long()
        time.sleep(_PAUSE_SECONDS)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class _Teller:
    """Says once that a writer waits, and for whom."""

    def __init__(self, path: Path, lock: int, wait_seconds: float, on_wait: OnWait | None) -> None:
        self.name, self.lock, self.wait_seconds, self.on_wait = path.name, lock, wait_seconds, on_wait

    def holder(self) -> str:
        """Return the process number in the lock file."""
        return os.pread(self.lock, 20, 0).decode(errors="replace").strip() or "?"

    def waiting(self) -> None:
        """Tell the caller, the first time."""
        on_wait, self.on_wait = self.on_wait, None
        if on_wait:
            holder, seconds = self.holder(), self.wait_seconds
            on_wait(
                f"另一个进程(进程号 {holder})正在写入 {self.name},最多等待 {seconds:g} 秒……",
                f"Another process (number {holder}) is writing {self.name}; waiting up to {seconds:g} s…",
            )

    def too_long(self) -> UserError:
        """Return the sentence for the end of the wait."""
        holder, seconds = self.holder(), self.wait_seconds
        return UserError(
            f"等待 {seconds:g} 秒后,另一个进程(进程号 {holder})仍在写入 {self.name},"
            "本次未作任何更改。请待其完成后重试。",
            f"After {seconds:g} s another process (number {holder}) is still writing {self.name}; nothing was changed. "
            "Try again when it has finished.",
        )
