"""SIGKILL of real processes at random moments of a quarter: nothing that was done is lost, and going on succeeds."""

import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from flows.audit import audit
from flows.demo_data import write_submissions
from flows.settings import Settings, make_settings
from flows.verify import verify_package
from schemas.folder import load_plan
from schemas.periods import parse_period
from tests.history.played import EXAMPLE, ROOT
from warehouse import period_state, publications, read_warehouse, runs, submissions

Worker = subprocess.Popen[str]
AHEAD = 2  # workers that import while another one works
PHASES = 14  # how many a worker may enter before it is killed
SOON_S = 0.05


@contextmanager
def workers() -> Iterator[deque[Worker]]:
    """Workers that are ready, or soon will be."""
    waiting: deque[Worker] = deque(start() for _ in range(AHEAD))
    try:
        yield waiting
    finally:
        for worker in waiting:
            end(worker)


def start() -> Worker:
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.history.worker"]
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


def end(worker: Worker) -> None:
    worker.send_signal(signal.SIGKILL)
    worker.communicate()


def begin(worker: Worker, *paths: Path) -> None:
    assert worker.stdin and worker.stdout
    assert worker.stdout.readline() == "ready\n"
    worker.stdin.write(" ".join(map(str, paths)) + "\n")
    worker.stdin.flush()


def lines(phases: Path) -> int:
    return len(phases.read_text(encoding="utf-8").splitlines()) if phases.exists() else 0


def wait_for(worker: Worker, phases: Path, count: int) -> None:
    """Wait until so many phases have begun, or all is done."""
    while worker.poll() is None and lines(phases) < count:
        time.sleep(0.002)


def sent(folder: Path) -> Path:
    write_submissions(load_plan(EXAMPLE), parse_period("2023Q1"), folder)
    return folder


def done_is_there(settings: Settings, phases: str) -> None:
    """Whatever a worker had said was done is there, and all of it is as its events say."""
    if not settings.warehouse.exists():
        assert ": done" not in phases
        return
    assert audit(settings).faults == []
    with read_warehouse(settings.warehouse) as warehouse:
        assert submissions(warehouse).height in ((3,) if "ingest: done" in phases else (0, 3))
        state = period_state(warehouse, "2023Q1")
        if "assess: done" in phases:
            assert runs(warehouse).height == 1
        for step, wanted in (("close", "closed"), ("review", "in_review"), ("approve", "approved")):
            if f"{step}: done" in phases:
                assert ORDER.index(state) >= ORDER.index(wanted)
        assert publications(warehouse).height == (state == "published")
        if "publish: done" in phases:
            assert state == "published"


ORDER = ["open", "closed", "scored", "in_review", "approved", "published"]


def kill_again_and_again(folder: Path, kills: int, seed: int) -> Counter[str]:
    """Kill so many workers; return how many in which phase."""
    chance, hit, inbox = random.Random(seed), Counter[str](), sent(folder / "inbox")
    home, number = folder / "home-0", 0
    with workers() as waiting:
        while hit.total() < kills:
            settings = replace(make_settings(home, EXAMPLE, "zh", {}), actor="office")
            phases = folder / f"phases-{number}"
            worker = waiting.popleft()
            waiting.append(start())
            begin(worker, home, inbox, phases)
            wait_for(worker, phases, lines(phases) + chance.randint(1, PHASES))
            time.sleep(chance.expovariate(1 / SOON_S))
            finished = worker.poll()
            end(worker)
            noted = phases.read_text(encoding="utf-8") if phases.exists() else ""
            assert finished in (None, 0), noted
            done_is_there(settings, noted)
            if finished is None:
                hit[noted.splitlines()[-1] if noted else "before the first step"] += 1
            if "publish: done" in noted:
                assert verify_package(settings.output / "published" / "2023Q1" / "1").faults == []
                shutil.rmtree(home)
                number += 1
                home = folder / f"home-{number}"
        worker = waiting.popleft()
        begin(worker, home, inbox, phases)
        assert worker.wait(timeout=120) == 0, "what was interrupted must succeed when repeated"
        worker.communicate()
    done_is_there(replace(settings, home=home), "ingest: done assess: done publish: done")
    assert verify_package(home / "output" / "published" / "2023Q1" / "1").faults == []
    return hit


def shown(hit: Counter[str]) -> str:
    return "\n".join(f"{kills:5} {'#' * kills} {phase}" for phase, kills in hit.most_common())


@pytest.mark.slow
def test_six_kills_lose_nothing(tmp_path: Path) -> None:
    """With the fourteen of ``tests/warehouse/test_door.py`` twenty."""
    hit = kill_again_and_again(tmp_path, 6, seed=2023)
    print(shown(hit))
    assert len(hit) >= 3, shown(hit)


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hit = kill_again_and_again(tmp_path, 200, seed=int(time.time()))
    with capsys.disabled():
        print("\n" + shown(hit))
    assert len(hit) >= 10, shown(hit)
