"""SIGKILL of real processes that take in 300 files: repeated, no file is lost and none is there twice."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from flows.audit import audit
from flows.settings import Settings, make_settings
from warehouse import read_warehouse, submissions

ROOT = Path(__file__).resolve().parents[2]
FILES = 300
SOON_S = 0.03
PHASES = {
    "copying into the archive": FILES, "flushing the archive's folders": 50, "gathering": 4,
    "checking": 4, "deciding": 4, "answering": 1, "opening the database": 4, "putting in place": 4,
}  # fmt: skip
"""How often each phase is begun, at least, when nothing was done before."""
ONCE = [name for name in PHASES if "archive" not in name]


def make_plan(folder: Path) -> Path:
    """A plan with as many units as files, and two indicators."""
    folder.mkdir()
    (folder / "plan.yaml").write_text(
        "plan: kills\ntitle: 中断试验\nperiods: [2023Q1, 2023Q2, 2023Q3, 2023Q4]\n"
        "tree:\n  - {code: ROOT, title: 总分}\n  - {code: A, parent: ROOT, title: 甲, weight: 100}\n",
        encoding="utf-8",
    )
    leaf = "- {{code: {0}, parent: A, title: {0}, measure: 场, accumulation: flow, method: {{kind: attainment}}}}\n"
    (folder / "indicators.yaml").write_text(leaf.format("T1") + leaf.format("T2"), encoding="utf-8")
    units = "".join(f"U{n:03d},第{n}号单位,c\n" for n in range(FILES))
    (folder / "units.csv").write_text(f"unit_code,name,class_code\n{units}", encoding="utf-8")
    (folder / "targets.csv").write_text("indicator_code,period,name,value\nT1,2023,target,9\n", encoding="utf-8")
    return folder


def make_inbox(folder: Path) -> Path:
    """One file of each unit; one is wrong and goes back."""
    folder.mkdir()
    for n in range(FILES):
        value = "约50" if n == 100 else str(n % 7)
        rows = f"unit_code,period,indicator_code,value\nU{n:03d},2023Q1,T1,{value}\nU{n:03d},2023Q1,T2,{n}\n"
        (folder / f"{n:03d}.csv").write_text(rows, encoding="utf-8")
    return folder


@contextmanager
def forking() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.intake.kill_worker"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout and process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def begin(worker: subprocess.Popen[str], *paths: Path) -> int:
    assert worker.stdin and worker.stdout
    worker.stdin.write(" ".join(map(str, paths)) + "\n")
    worker.stdin.flush()
    return int(worker.stdout.readline())


def finished(worker: subprocess.Popen[str]) -> int:
    assert worker.stdin and worker.stdout
    worker.stdin.write("wait\n")
    worker.stdin.flush()
    return int(worker.stdout.readline())


def begun(phases: Path, name: str) -> int:
    return phases.read_text(encoding="utf-8").splitlines().count(name) if phases.exists() else 0


def running(child: int) -> bool:
    """Say whether the process, not yet waited for, has not ended."""
    return Path(f"/proc/{child}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"


def nothing_twice(settings: Settings, inbox: Path) -> int:
    """Whatever is stored is there once, as its events say, and its bytes are in the archive; return how many."""
    hashes = {hashlib.sha256(p.read_bytes()).hexdigest() for p in inbox.iterdir()}
    archived = [p for p in settings.archive.rglob("*") if p.is_file() and not p.name.startswith(".")]
    assert len(archived) == len({p.stem for p in archived})
    assert all(hashlib.sha256(p.read_bytes()).hexdigest() == p.stem for p in archived)
    if not settings.warehouse.exists():
        return 0
    assert audit(settings).faults == []
    with read_warehouse(settings.warehouse) as warehouse:
        stored = submissions(warehouse)
    assert stored["unit_code"].n_unique() == stored["file_hash"].n_unique() == stored.height
    assert set(stored["file_hash"]) <= hashes & {p.stem for p in archived}
    returned = stored.filter(state="returned")["file_hash"].to_list()
    copies = [p.stem.rpartition("-")[2] for p in settings.returned.rglob("*.xlsx")]
    assert {h[:8] for h in returned} <= set(copies), "a stored file went back to nobody"
    return stored.height


def kill_again_and_again(folder: Path, kills: int, seed: int) -> Counter[str]:
    """Kill so many children; return how many in which phase."""
    chance, hit, number = random.Random(seed), Counter[str](), 0
    plan, inbox = make_plan(folder / "plan"), make_inbox(folder / "inbox")
    base = replace(make_settings(folder / "home-0", plan, "zh", {}), actor="office")
    settings = base
    with forking() as worker:
        while True:
            phases = folder / f"phases-{number}"
            phases.unlink(missing_ok=True)
            child = begin(worker, settings.home, plan, inbox, phases)
            if hit.total() < kills:
                name = chance.choice(ONCE if settings.archive.exists() else list(PHASES))
                wanted = chance.randint(1, PHASES[name])
                while running(child) and begun(phases, name) < wanted:
                    time.sleep(0.002)
                time.sleep(chance.expovariate(1 / SOON_S))
                os.kill(child, signal.SIGKILL)
            code = finished(worker)
            noted = phases.read_text(encoding="utf-8").splitlines() if phases.exists() else []
            assert code in (0, -signal.SIGKILL), noted[-1:]
            stored = nothing_twice(settings, inbox)
            if code:
                hit[noted[-1] if noted else "before the first step"] += 1
                continue
            assert stored == FILES, "what was interrupted must succeed when repeated"
            if hit.total() >= kills:
                return hit
            shutil.rmtree(settings.home)
            number += 1
            settings = replace(base, home=folder / f"home-{number}")


def shown(hit: Counter[str]) -> str:
    return "\n".join(f"{kills:5} {'#' * kills} {phase}" for phase, kills in hit.most_common())


@pytest.mark.slow
def test_twenty_kills_lose_nothing(tmp_path: Path) -> None:
    hit = kill_again_and_again(tmp_path, 20, seed=2023)
    print(shown(hit))
    assert len(hit) >= 4, shown(hit)


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hit = kill_again_and_again(tmp_path, 200, seed=int(time.time()))
    with capsys.disabled():
        print("\n" + shown(hit))
    assert len(hit) >= 8, shown(hit)
