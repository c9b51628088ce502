"""`kaohe serve` for real: a server on loopback behind a password, the schedule, and a rerun by its API."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flows.ingest import ingest_batch
from flows.server import access
from flows.settings import Settings
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import parse_period
from tests.flows.forms import change_value, first
from warehouse import load_run, read_warehouse, runs

PASSWORD = "three blind mice"
STARTUP_S, RUN_S = 120, 120
Call = Callable[..., Any]


@pytest.fixture
def server(settings: Settings, root: Path, inbox: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the command and wait for the address that it prints."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    environment |= {"KAOHE_PASSWORD": PASSWORD, "PYTHONPATH": str(root), "KAOHE_ACTOR": "office"}
    command = [sys.executable, "-m", "flows.cli", "serve", "--port", "0", "--lang", "en"]
    command += ["--home", str(settings.home), "--plan", str(settings.plan_folder)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd=settings.home, encoding="utf-8"
    )
    assert process.stdout
    try:
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        assert PASSWORD not in said
        yield process, said.split("Page: ")[1].split()[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


def caller(url: str, password: str = PASSWORD) -> Call:
    token = base64.b64encode(f"kaohe:{password}".encode()).decode()

    def call(path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        head = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(f"{url}/api{path}", data, head), timeout=30) as answer:
            return json.load(answer)

    return call


def run_again(call: Call, reason: str) -> str:
    """Trigger a rerun of 2023Q1 and wait for its end; return its state."""
    deployment = call("/deployments/name/rerun/rerun")
    made = call(
        f"/deployments/{deployment['id']}/create_flow_run", {"parameters": {"period": "2023Q1", "reason": reason}}
    )
    deadline = time.monotonic() + RUN_S
    while time.monotonic() < deadline:
        state = call(f"/flow_runs/{made['id']}")["state"]
        if state["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
            return f"{state['type']}: {state['message'] or ''}"
        time.sleep(0.5)
    return "still running"


@pytest.mark.slow
def test_schedule_and_rerun(
    server: tuple[subprocess.Popen[str], str], settings: Settings, plan: Plan, inbox: Path
) -> None:
    process, url = server
    call = caller(url)
    for bad in (caller(url, "wrong"), caller(url, "")):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            bad("/deployments/filter", {})

    quarter = call("/deployments/name/quarter/quarter")
    schedule = quarter["schedules"][0]["schedule"]
    assert schedule["timezone"] == "Asia/Shanghai" and schedule["cron"].endswith(" 1,4,7,10 *")
    assert quarter["parameter_openapi_schema"]["properties"]["period"]["anyOf"][0]["enum"] == plan.file.periods
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    if (planned := next_start(now, schedule["cron"])) < now + timedelta(days=99):
        assert planned in wait_for_schedule(call, quarter["id"])

    rerun = call("/deployments/name/rerun/rerun")
    assert rerun["parameter_openapi_schema"]["required"] == ["period", "reason"]
    with pytest.raises(urllib.error.HTTPError, match="409"):
        call(f"/deployments/{rerun['id']}/create_flow_run", {"parameters": {"period": "2031Q1", "reason": "x"}})

    in_time = datetime(2023, 4, 5, tzinfo=ZoneInfo("UTC"))
    ingest_batch(settings, plan, [inbox], parse_period("2023Q1"), received_at=in_time)
    assert run_again(call, "first").startswith("COMPLETED")
    mended = change_value(first(inbox), lambda _: 0)
    assert not ingest_batch(settings, plan, [mended], parse_period("2023Q1"), received_at=in_time).faulty
    assert run_again(call, "one corrected workbook").startswith("COMPLETED")

    with read_warehouse(settings.warehouse) as warehouse:
        found = runs(warehouse, "2023Q1")
        results = [load_run(warehouse, r)[1] for r in found["run_id"]]
    assert found["reason"].to_list() == ["first", "one corrected workbook"]
    assert not results[0].equals(results[1])
    folders = {p.name for p in (settings.output / "2023Q1").iterdir()}
    assert folders == set(found["run_id"])
    assert PASSWORD not in (settings.home / "prefect" / "server.log").read_text(encoding="utf-8")
    assert process.poll() is None


def next_start(now: datetime, cron: str) -> datetime:
    """Return the next time of a schedule such as ``0 6 18 1,4,7,10 *``."""
    minute, hour, day, months, _ = cron.split()
    times = [
        datetime(year, int(month), int(day), int(hour), int(minute), tzinfo=now.tzinfo)
        for year in (now.year, now.year + 1)
        for month in months.split(",")
    ]
    return min(t for t in times if t > now)


def wait_for_schedule(call: Call, deployment_id: str) -> list[datetime]:
    """Return the scheduled runs of a deployment as soon as the server has made some."""
    deadline = time.monotonic() + 60
    found: list[Any] = []
    while not found and time.monotonic() < deadline:
        wanted = {
            "deployments": {"id": {"any_": [deployment_id]}},
            "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        }
        found = call("/flow_runs/filter", wanted)
        time.sleep(0.5)
    return [datetime.fromisoformat(r["expected_start_time"]) for r in found]


def test_a_taken_port_is_a_sentence() -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        for port in (other.getsockname()[1], 65_536):
            with pytest.raises(UserError, match="--port"):
                access(port)


@pytest.mark.parametrize("password", ["考核2023", "caf\xe9", "a\tb"])
def test_a_password_that_prefect_cannot_compare_is_a_sentence(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOHE_PASSWORD", password)
    with pytest.raises(UserError, match="KAOHE_PASSWORD"):
        access(0)


def test_without_a_password_one_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAOHE_PASSWORD", raising=False)
    one, two = access(0), access(0)
    assert one.generated and len(one.password) >= 16 and one.password != two.password
    monkeypatch.setenv("KAOHE_PASSWORD", "given")
    assert access(0).auth == "kaohe:given"
