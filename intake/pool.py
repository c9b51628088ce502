"""A pool of child processes that parse files: what kills or stalls a child costs that one file only."""

import json
import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from intake.guards import Limits

_HOME = str(Path(__file__).resolve().parent.parent)


class _Child:
    """One child process and its pipes."""

    def __init__(self, limits: Limits) -> None:
        paths = [_HOME, *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "POLARS_MAX_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", "intake.child", json.dumps(asdict(limits))]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            bufsize=0,
        )

    def ask(self, path: Path, seconds: float) -> dict[str, Any]:
        """Return the child's answer.

        Raises:
            EOFError: where the child died.
            TimeoutError: where it took too long.
        """
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(json.dumps(str(path)).encode() + b"\n")
        except BrokenPipeError:
            raise EOFError from None
        deadline = time.monotonic() + seconds
        buffer = b""
        while b"\n" not in buffer:
            buffer += self._some(deadline)
        head, _, body = buffer.partition(b"\n")
        parts, missing = [body], int(head) - len(body)
        while missing > 0:
            parts.append(self._some(deadline))
            missing -= len(parts[-1])
        answer: dict[str, Any] = json.loads(b"".join(parts))
        return answer

    def _some(self, deadline: float) -> bytes:
        assert self.process.stdout
        descriptor = self.process.stdout.fileno()
        if not select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError
        content = os.read(descriptor, 1 << 20)
        if not content:
            raise EOFError
        return content

    def end(self, *, kill: bool = False) -> None:
        """Close the pipes and wait for the process."""
        if kill:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Parsers:
    """Parses many files, a few at a time; use as a context manager."""

    def __init__(self, count: int | None = None, limits: Limits | None = None) -> None:
        """Children are started when first needed, at most ``count``."""
        self.limits = limits or Limits()
        self.count = count or min(4, os.cpu_count() or 1)
        self._idle: queue.SimpleQueue[_Child] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(self.count, thread_name_prefix="intake")

    def __enter__(self) -> "Parsers":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all children."""
        self._threads.shutdown(cancel_futures=True)
        while not self._idle.empty():
            self._idle.get().end()

    def parse(self, path: Path) -> dict[str, Any]:
        """Return the tables of one file, or ``code`` and ``found`` of its refusal; never raises for a bad file."""
        try:
            child = self._idle.get_nowait()
        except queue.Empty:
            child = _Child(self.limits)
        try:
            answer = child.ask(path, self.limits.seconds)
        except (EOFError, TimeoutError, ValueError) as error:
            child.end(kill=True)
            found = "time" if isinstance(error, TimeoutError) else "memory"
            return {"code": "parser_gave_up", "found": found}
        except BaseException:
            child.end(kill=True)
            raise
        self._idle.put(child)
        return answer

    def parse_all(self, paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
        """Yield the answers in the order of the paths; memory does not grow with their number."""
        waiting: list[Any] = []
        for path in paths:
            waiting.append(self._threads.submit(self.parse, path))
            if len(waiting) > 4 * self.count:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()
