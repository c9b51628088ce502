"""Progress on standard error: one line that renews itself on a terminal, now and then a line elsewhere."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

SILENT_S = 2.0
TERMINAL_EVERY_S = 0.1
LOG_EVERY_S = 5.0


class Progress:
    """``with Progress("…") as progress: progress(done, total)``; says nothing about work of under two seconds.

    Calling it is cheap, so it may be called once per unit.
    """

    def __init__(self, label: str, stream: TextIO | None = None) -> None:
        """``label`` is what is being done."""
        self.label = label
        self.stream = stream or sys.stderr
        self._terminal = self.stream.isatty()
        self._last = time.monotonic() + SILENT_S
        self._width = 0

    def __call__(self, done: int, total: int) -> None:
        """Show how far the work is."""
        now = time.monotonic()
        if now < self._last:
            return
        self._last = now + (TERMINAL_EVERY_S if self._terminal else LOG_EVERY_S)
        text = f"{self.label} {done}/{total}"
        if not self._terminal:
            print(text, file=self.stream, flush=True)
            return
        self._width = max(self._width, len(text) * 2)
        print(f"\r{text}", end="", file=self.stream, flush=True)

    def __enter__(self) -> "Progress":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the line."""
        if self._width:
            print(f"\r{' ' * self._width}\r", end="", file=self.stream, flush=True)


def waiting(lang: str) -> Callable[..., None]:
    """Return what tells, in the user's language, that another process writes and is waited for."""

    def tell(zh: str, en: str) -> None:
        print(zh if lang == "zh" else en, file=sys.stderr, flush=True)

    return tell
