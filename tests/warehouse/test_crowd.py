"""Two writers and ten readers at once: nobody fails, writers wait their turn, no reader ever sees half a change."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.tables import count_rows, send, writing
from tests.warehouse.test_door import ROOT
from warehouse import read_warehouse, verify_events, verify_rows


def crowd(path: Path, seconds: float) -> dict[str, dict[str, Any]]:
    """Let them work and return what each did."""
    with writing(path) as warehouse:
        send(warehouse, "unit|period|file|state|T07-1|T09-1\nHB-WH|2023Q1|first|accepted|1|2")
    command = [sys.executable, "-m", "tests.warehouse.crowd", str(path), str(seconds)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds * 3 + 60)
    assert ran.stdout, ran.stderr
    said = json.loads(ran.stdout)
    assert set(said["codes"].values()) == {0}, ran.stderr
    done: dict[str, dict[str, Any]] = said["done"]
    written = [done[f"writer {n}"]["done"] for n in (0, 1)]
    assert all(d["done"] for d in done.values()), done
    counts = count_rows(path)
    assert counts["submissions"] == 1 + sum(written)
    assert counts["runs"] == counts["period_states"] == written[1]
    with read_warehouse(path) as warehouse:
        assert verify_events(warehouse) is None
        assert verify_rows(warehouse) == []
    return done


def shown(done: dict[str, dict[str, Any]]) -> str:
    return "\n".join(f"{name}: {d['done']} done, longest wait {d['longest_s']} s" for name, d in done.items())


def test_two_writers_and_ten_readers_for_a_few_seconds(path: Path) -> None:
    print(shown(crowd(path, 5)))


@pytest.mark.soak
def test_two_writers_and_ten_readers_for_a_minute(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = crowd(path, 60)
    with capsys.disabled():
        print("\n" + shown(done))
