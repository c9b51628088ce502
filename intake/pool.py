"""A pool of child processes that parse files: what kills or stalls a child costs that one file only."""

import json
import os
import pickle
import queue
import select
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from intake.guards import TIME_IS_UP, Limits

if TYPE_CHECKING:
    from intake.known import Known

AT_ONCE = 8
"""Files that a child is given at once, so that it need not wait for the parent between two of them."""
AHEAD = 1_500
"""Files that are parsed ahead while the parent checks and stores; their answers wait as bytes."""
READY_S = 120.0
PATIENCE = 12
"""So many times a file's processor time may pass by the clock: no honest file is too slow for a busy machine."""
STARTS = 3
_HOME = str(Path(__file__).resolve().parent.parent)
_PIPE_BYTES = 1 << 20
_FRUGAL = {
    "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_IO_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
}  # fmt: skip
"""Environment of a child. Its limit is on addresses, of which Arrow's own allocator alone takes a gigabyte for the
smallest Parquet file, and each thread's arena 64 MB: the files after it went short."""


class Received(NamedTuple):
    """A file to be read: where it is, what it was called, and its SHA-256 where that is known."""

    path: Path
    name: str
    hash: str | None = None


class _Child:
    """One child process and its pipes."""

    def __init__(self, limits: Limits, known: bytes) -> None:
        """Start it and wait until it can parse, so that its start does not count as a file's time."""
        paths = [_HOME, *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **_FRUGAL}
        command = [sys.executable, "-m", "intake.child", json.dumps(asdict(limits)), str(len(known))]
        self._left = b""
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            bufsize=0,
            pipesize=_PIPE_BYTES,
        )
        try:
            self._write(known)
            self.answer(READY_S)
        except BaseException:
            self.end(kill=True)
            raise

    def ask(self, files: Sequence[Received]) -> None:
        """Hand over files; their answers come one by one.

        Raises:
            EOFError: where the child died.
        """
        self._write(json.dumps([(str(file.path), file.name) for file in files]).encode() + b"\n")

    def _write(self, content: bytes) -> None:
        assert self.process.stdin
        try:
            while content:
                content = content[self.process.stdin.write(content) :]
        except BrokenPipeError:
            raise EOFError from None

    def answer(self, seconds: float) -> bytes:
        """Return the child's next answer.

        Raises:
            EOFError: where the child died.
            TimeoutError: where it took too long.
        """
        deadline = time.monotonic() + seconds
        while b"\n" not in self._left:
            self._left += self._some(deadline)
        head, _, body = self._left.partition(b"\n")
        parts, missing = [body], int(head) - len(body)
        while missing > 0:
            parts.append(self._some(deadline))
            missing -= len(parts[-1])
        content = b"".join(parts)
        self._left = content[int(head) :]
        return content[: int(head)]

    def _some(self, deadline: float) -> bytes:
        assert self.process.stdout
        descriptor = self.process.stdout.fileno()
        if not select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError
        content = os.read(descriptor, _PIPE_BYTES)
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
    """Parses many files, a few at a time; use as a context manager.

    With ``known`` the children also understand what they parse, and answer as ``intake.understand.understood``;
    without, they answer with tables.
    """

    def __init__(self, count: int | None = None, limits: Limits | None = None, known: "Known | None" = None) -> None:
        """Children are started when first needed, at most ``count``."""
        self.limits = limits or Limits()
        self.count = count or min(4, os.cpu_count() or 1)
        self._known = pickle.dumps(known.for_reading()) if known else b""
        self._idle: queue.SimpleQueue[_Child] = queue.SimpleQueue()
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
        """Return the answer on one file, or ``code`` and ``found`` of its refusal; never raises for a bad file."""
        return _decoded(self._some([Received(path, path.name)])[0])

    def parse_all(self, files: Iterable[Received]) -> Iterator[tuple[Received, dict[str, Any]]]:
        """Yield the files, in their order, with the answers on them; memory does not grow with their number."""
        ahead = max(AHEAD // AT_ONCE, 4 * self.count)
        waiting: deque[tuple[list[Received], Future[list[bytes]]]] = deque()
        files = iter(files)
        while some := list(islice(files, AT_ONCE)):
            waiting.append((some, self._threads.submit(self._some, some)))
            if len(waiting) > ahead:
                yield from _answered(*waiting.popleft())
        while waiting:
            yield from _answered(*waiting.popleft())

    def _some(self, files: Sequence[Received]) -> list[bytes]:
        """Return the answers on a few files, each held to its own time; a dead child is replaced for the rest.

        Who kills a child need not be the file (the system may, when memory is short): it has a second child's chance.
        """
        answers: list[bytes] = []
        died_at = -1
        while len(answers) < len(files):
            child = self._ready()
            try:
                child.ask(files[len(answers) :])
                while len(answers) < len(files):
                    answers.append(child.answer(PATIENCE * self.limits.seconds_for(files[len(answers)].path)))
            except EOFError:
                child.end(kill=True)
                died_before, died_at = died_at, len(answers)
                if -child.process.returncode == TIME_IS_UP:
                    answers.append(_GAVE_UP["time"])
                elif died_before == died_at:
                    answers.append(_GAVE_UP["memory"])
            except (TimeoutError, ValueError) as error:
                child.end(kill=True)
                answers.append(_GAVE_UP["time" if isinstance(error, TimeoutError) else "memory"])
            except BaseException:
                child.end(kill=True)
                raise
            else:
                self._idle.put(child)
        return answers

    def _ready(self) -> _Child:
        """Return a child that waits for files; started by the thread that needs one, at most one for each thread."""
        with suppress(queue.Empty):
            return self._idle.get_nowait()
        for _ in range(STARTS):
            with suppress(EOFError, TimeoutError):
                return _Child(self.limits, self._known)
        raise RuntimeError(f"a process that parses files died {STARTS} times while it started; is memory short?")


def parse_one(path: Path, parsers: Parsers | None = None) -> dict[str, Any]:
    """Return the answer on one file, by ``parsers`` where there are any, else by a child of its own."""
    if parsers:
        return parsers.parse(path)
    with Parsers(1) as own:
        return own.parse(path)


_GAVE_UP = {
    found: json.dumps({"code": "parser_gave_up", "found": found}).encode() for found in ("time", "memory")
}  # fmt: skip


def _answered(files: Sequence[Received], answers: Future[list[bytes]]) -> Iterator[tuple[Received, dict[str, Any]]]:
    return zip(files, map(_decoded, answers.result()), strict=True)


def _decoded(content: bytes) -> dict[str, Any]:
    """Return an answer; a child that a file took over may have answered with anything."""
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    return answer if isinstance(answer, dict) else dict(json.loads(_GAVE_UP["memory"]))
