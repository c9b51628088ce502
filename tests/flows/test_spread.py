"""Work spread over processes: the same results in the same order, and nothing left behind."""

import operator
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.spread import WORTH_PROCESSES, spread

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("jobs", "processes"), [(0, 2), (3, 2), (WORTH_PROCESSES + 40, 1), (WORTH_PROCESSES + 40, 2)])
def test_results_come_in_the_order_of_the_jobs(jobs: int, processes: int) -> None:
    assert list(spread(operator.mul, range(jobs), int, "3", processes=processes)) == [3 * n for n in range(jobs)]


def test_what_a_job_raises_is_raised_where_it_was_asked_for() -> None:
    divisors = [*range(1, WORTH_PROCESSES + 1), 0]
    done = spread(operator.truediv, divisors, float, "1", processes=2)
    assert next(done) == 1.0
    with pytest.raises(ZeroDivisionError):
        list(done)


def test_jobs_are_made_only_as_they_are_needed() -> None:
    made: list[int] = []
    done = spread(operator.mul, (made.append(n) or n for n in range(10_000)), int, "2", processes=2)  # type: ignore[func-returns-value]
    assert next(done) == 0
    assert len(made) < 100
    done.close()  # type: ignore[attr-defined]


SLOW = """
import multiprocessing, operator, pkgutil
from flows.spread import spread
done = spread(operator.call, [0.1] * 1000, pkgutil.resolve_name, "time:sleep", processes=2)
next(done)
print(*(child.pid for child in multiprocessing.active_children()), flush=True)
list(done)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_no_process_outlives_a_killed_one() -> None:
    parent = subprocess.Popen([sys.executable, "-c", SLOW], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    children = parent.stdout.readline().split()
    assert len(children) == 2
    assert all(map(runs, children))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while any(map(runs, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(runs, children))


def runs(pid: str) -> bool:
    """Say whether a process is there and not merely waiting to be forgotten."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
