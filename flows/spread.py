"""Work spread over processes: results come in the order of the jobs, and no process outlives the one that began it."""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from typing import Any, TypeVar

State = TypeVar("State")
Job = TypeVar("Job")
Result = TypeVar("Result")

PROCESSES = min(4, os.cpu_count() or 1)
WORTH_PROCESSES = 24
"""Fewer jobs, of some hundredths of a second each, are done sooner than a process starts."""
AHEAD = 8
"""Jobs handed out ahead, for each process."""


def spread(
    work: Callable[[State, Job], Result],
    jobs: Iterable[Job],
    start: Callable[..., State],
    *given: Any,
    processes: int = PROCESSES,
) -> Iterator[Result]:
    """Yield ``work(state, job)`` for each job, in their order; ``state`` is ``start(*given)``, made once in a process.

    ``work`` and ``start`` are functions of a module, and what goes between the processes can be pickled. Few jobs are
    done in this process. What a job raises is raised here.
    """
    rest = iter(jobs)
    first = list(islice(rest, WORTH_PROCESSES))
    if len(first) < WORTH_PROCESSES or processes == 1:
        state = start(*given)
        return (work(state, job) for job in chain(first, rest))
    return _apart(work, chain(first, rest), start, given, processes)


def _apart(
    work: Callable[[State, Job], Result],
    jobs: Iterator[Job],
    start: Callable[..., State],
    given: tuple[Any, ...],
    processes: int,
) -> Iterator[Result]:
    # Spawned, not forked: a fork of a process with threads (Polars, Prefect) may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(start, given)) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            waiting.extend(pool.submit(_work, work, job) for job in islice(jobs, processes * AHEAD))
            while waiting:
                done = waiting.popleft().result()
                waiting.extend(pool.submit(_work, work, job) for job in islice(jobs, 1))
                yield done
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_state: list[Any] = []  # this process's own, made by _begin


def _begin(start: Callable[..., Any], given: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _state.append(start(*given))


def _end_with_parent() -> None:
    """End this process when the one that began it is gone, killed perhaps: it would wait for jobs for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(work: Callable[[Any, Job], Result], job: Job) -> Result:
    return work(_state[0], job)
