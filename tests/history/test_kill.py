"""SIGKILL of real processes at random moments of a quarter: nothing that was done is lost, and going on succeeds."""

import random
import shutil
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from flows.audit import audit
from flows.demo_data import write_submissions
from flows.settings import Settings, make_settings
from flows.verify import verify_package
from schemas.folder import load_plan
from schemas.periods import parse_period
from tests.history.forking import Workers, ended, kill
from tests.history.played import EXAMPLE
from warehouse import period_state, publications, read_warehouse, runs, submissions

ORDER = ["open", "closed", "scored", "in_review", "approved", "published"]
PER_HOME = {"ingest": 3, "assess": 3, "publish": 4}
GUESS_S = {"ingest": 0.8, "assess": 1.0, "publish": 2.0}


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of two units, which makes few documents, and what they send."""
    folder = tmp_path_factory.mktemp("given")
    shutil.copytree(EXAMPLE, folder / "plan")
    table = folder / "plan" / "units.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    table.write_text("\n".join([*lines[:2], lines[-1], ""]), encoding="utf-8")
    write_submissions(load_plan(folder / "plan"), parse_period("2023Q1"), folder / "inbox")
    return folder


def office_in(home: Path, given: Path) -> Settings:
    return replace(make_settings(home, given / "plan", "zh", {}), actor="office")


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def done_is_there(settings: Settings, phases: str) -> None:
    """Whatever a worker had said was done is there, and all of it is as its events say."""
    if not settings.warehouse.exists():
        assert ": done" not in phases
        return
    assert audit(settings).faults == []
    with read_warehouse(settings.warehouse) as warehouse:
        assert submissions(warehouse).height in ((2,) if "ingest: done" in phases else (0, 2))
        state = period_state(warehouse, "2023Q1")
        if "assess: done" in phases:
            assert runs(warehouse).height == 1
        for step, wanted in (("close", "closed"), ("review", "in_review"), ("approve", "approved")):
            if f"{step}: done" in phases:
                assert ORDER.index(state) >= ORDER.index(wanted)
        assert publications(warehouse).height == (state == "published")
        if "publish: done" in phases:
            assert state == "published"


class Durations:
    """How long each step takes here, from the newest time it ran to its end."""

    def __init__(self) -> None:
        self.seconds = dict(GUESS_S)

    def learn(self, phases: str) -> None:
        began: dict[str, float] = {}
        for line in phases.splitlines():
            moment, step, phase = line.split(" ", 2)
            step = step.rstrip(":")
            if phase == "begun":
                began[step] = float(moment)
            elif phase == "done" and step in self.seconds:
                self.seconds[step] = float(moment) - began[step]


def one_home(
    forking: Workers, folder: Path, given: Path, chance: random.Random, took: Durations, kills: int
) -> Counter[str]:
    """Play a quarter to its end, killed up to so many times on the way; return how often in which phase."""
    hit, home, phases = Counter[str](), folder / "home", folder / "phases"
    settings = office_in(home, given)
    targets = [step for step, times in PER_HOME.items() for _ in range(times)]
    for step in sorted(chance.sample(targets, min(kills, len(targets))), key=list(PER_HOME).index):
        if f"{step}: done" in text_of(phases):
            continue
        before = text_of(phases).count(f"{step}: begun")
        child = forking.quarter(home, given / "plan", given / "inbox", phases)
        while not ended(child) and text_of(phases).count(f"{step}: begun") == before:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, took.seconds[step]))
        finished = ended(child)
        kill(child)
        assert forking.wait(child) == (0 if finished else -9), text_of(phases)
        took.learn(text_of(phases))
        done_is_there(settings, text_of(phases))
        if not finished:
            hit[text_of(phases).splitlines()[-1].split(" ", 1)[1]] += 1
    child = forking.quarter(home, given / "plan", given / "inbox", phases)
    assert forking.wait(child) == 0, "what was interrupted must succeed when repeated"
    took.learn(text_of(phases))
    done_is_there(settings, "ingest: done assess: done publish: done")
    assert verify_package(settings.output / "published" / "2023Q1" / "1").faults == []
    shutil.rmtree(folder)
    return hit


def kill_again_and_again(forking: Workers, folder: Path, given: Path, kills: int, seed: int) -> Counter[str]:
    """Kill so many workers; return how many in which phase."""
    chance, hit, took, number = random.Random(seed), Counter[str](), Durations(), 0
    while hit.total() < kills:
        here = folder / str(number)
        here.mkdir()
        hit += one_home(forking, here, given, chance, took, kills - hit.total())
        number += 1
    return hit


def shown(hit: Counter[str]) -> str:
    return "\n".join(f"{kills:5} {'#' * kills} {phase}" for phase, kills in hit.most_common())


@pytest.mark.slow
def test_twenty_kills_lose_nothing(forking: Workers, given: Path, tmp_path: Path) -> None:
    hit = kill_again_and_again(forking, tmp_path, given, 20, seed=2023)
    print(shown(hit))
    assert hit.total() == 20
    assert {phase.split(":")[0] for phase in hit} >= {"ingest", "assess", "publish"}, shown(hit)


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing(
    forking: Workers, given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hit = kill_again_and_again(forking, tmp_path, given, 200, seed=int(time.time()))
    with capsys.disabled():
        print(f"\n{hit.total()} kills:\n{shown(hit)}")
    assert len(hit) >= 10, shown(hit)


def test_two_who_do_the_same_at_once_do_it_once(forking: Workers, given: Path, tmp_path: Path) -> None:
    """Two administrators take the same files in and score the same period; each waits for the other where it must."""
    settings = office_in(tmp_path / "home", given)
    where = ("--home", str(settings.home), "--plan", str(given / "plan"))
    for words in (
        ("ingest", str(given / "inbox"), "--period", "2023Q1", "--received", "2023-04-05"),
        ("assess", "2023Q1", "--reason", "季度计分"),
    ):
        logs = [tmp_path / name for name in ("one", "two")]
        children = [forking.begin(*words, *where, log=log) for log in logs]
        assert [forking.wait(c) for c in children] == [0, 0], [text_of(log) for log in logs]
    done_is_there(settings, "ingest: done assess: done")
