"""The tests' side of ``tests.history.worker``: ask it for children, wait for them, kill them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.history.played import ROOT


class Workers:
    """A process that forks children."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout and process.stdin
        self._said, self._asked = process.stdout, process.stdin
        assert self._said.readline() == "ready\n"

    def _answer(self, **asked: object) -> int:
        self._asked.write(json.dumps(asked, default=str) + "\n")
        self._asked.flush()
        return int(self._said.readline())

    def quarter(self, home: Path, plan: Path, inbox: Path, phases: Path) -> int:
        """Begin a quarter, or go on with it; return the child's number."""
        return self._answer(quarter=[home, plan, inbox, phases])

    def begin(self, *words: str, log: Path, file_bytes: int | None = None) -> int:
        """Begin a command; return the child's number."""
        return self._answer(command=words, log=log, file_bytes=file_bytes)

    def command(self, *words: str, log: Path, file_bytes: int | None = None) -> int:
        """Run a command to its end and return its exit code."""
        return self.wait(self.begin(*words, log=log, file_bytes=file_bytes))

    def wait(self, child: int) -> int:
        """Return the child's exit code, negative for a signal, when it has ended."""
        return self._answer(wait=child)


@contextmanager
def workers() -> Iterator[Workers]:
    """A process that has imported everything."""
    command = [sys.executable, "-m", "tests.history.worker"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Workers(process)
        finally:
            process.kill()


def kill(child: int) -> None:
    """End a child at once; one that has ended already stays as it is until it is waited for."""
    os.kill(child, signal.SIGKILL)


def ended(child: int) -> bool:
    """Say whether a child, not yet waited for, has ended."""
    return Path(f"/proc/{child}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
