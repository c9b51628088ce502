"""A Prefect server on loopback as a child process, with a password, and the deployments it serves."""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.settings import Settings
from schemas.errors import UserError
from schemas.folder import Plan

HOST = "127.0.0.1"
STARTUP_S = 90
USER = "kaohe"
CRASHED_AFTER_S = 180
FORM = {
    "period": (
        "考核周期 Period",
        "不选则为计划时间之前结束的那一期。 Without one: the period that ended before the scheduled time.",
    ),
    "reason": ("原因 Reason", "记入批次,不可修改。 Recorded with the run."),
    "as_of": (
        "数据截至 As of",
        "按这一时刻已知的数据计分;一般留空。 Score what was known at this time; usually empty.",
    ),
}


@dataclass(frozen=True)
class Access:
    """How to reach the server."""

    port: int
    password: str
    generated: bool

    @property
    def auth(self) -> str:
        """Return user and password as Prefect takes them."""
        return f"{USER}:{self.password}"

    @property
    def url(self) -> str:
        """Return the address of the pages."""
        return f"http://{HOST}:{self.port}"


def access(port: int) -> Access:
    """Return the access for a free port; the password is KAOHE_PASSWORD, else a new one.

    Raises:
        UserError: the port cannot be used; the password has other signs than Prefect can compare.
    """
    given = os.environ.get("KAOHE_PASSWORD")
    if given and not (given.isascii() and given.isprintable()):
        raise UserError(
            "KAOHE_PASSWORD 只能用英文字母、数字和半角符号。请换一个口令。",
            "KAOHE_PASSWORD may hold letters, digits and signs of ASCII only. Choose another one.",
        )
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            raise UserError(
                f"端口 {port} 不能使用:已被占用,或须有特权,或大于 65535。请停止占用它的程序,或用 --port 另选一个。",
                f"Port {port} cannot be used: it is taken, needs a privilege, or is above 65535. "
                "Stop what listens there, or choose another with --port.",
            ) from None
        port = probe.getsockname()[1]
    return Access(port, given or secrets.token_urlsafe(12), generated=not given)


def environment(settings: Settings, to: Access) -> dict[str, str]:
    """Return what the server, the runner and the runs need to know."""
    folder = settings.home / "prefect"
    return {
        "KAOHE_HOME": str(settings.home),
        "KAOHE_PLAN": str(settings.plan_folder),
        "KAOHE_ACTOR": settings.actor,
        "KAOHE_LANG": settings.lang,
        "PREFECT_HOME": str(folder),
        "PREFECT_UI_STATIC_DIRECTORY": str(folder / "ui"),
        "PREFECT_API_URL": f"{to.url}/api",
        "PREFECT_API_AUTH_STRING": to.auth,
        "PREFECT_SERVER_API_AUTH_STRING": to.auth,
        "PREFECT_SERVER_API_HOST": HOST,
        "PREFECT_SERVER_API_PORT": str(to.port),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_RUNNER_POLL_FREQUENCY": "3",
        "PREFECT_CLI_PROMPT": "false",
        "DO_NOT_TRACK": "1",
    }


@contextmanager
def running_server(settings: Settings, to: Access) -> Iterator["subprocess.Popen[bytes]"]:
    """Start the server, wait until it answers, and stop it at the end; its log is in the data folder.

    Raises:
        UserError: it does not come up.
    """
    folder = settings.home / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(to.port)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environment(settings, to)},
        )
    try:
        _wait_until_healthy(to, process, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(to: Access, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + STARTUP_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{to.url}/api/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise UserError(f"Prefect 服务没有启动,见 {log}。", f"The Prefect server did not start; see {log}.")


def deployments(plan: Plan) -> list[Any]:
    """Return the deployments: ``quarter`` and ``remind`` by the plan's calendar, ``rerun`` by hand."""
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    from flows.calendar import quarterly_cron, reminder_crons
    from flows.flows import quarter, remind, rerun

    cron = Cron(quarterly_cron(plan), timezone=plan.file.time_zone)
    shared: dict[str, Any] = {"entrypoint_type": EntrypointType.MODULE_PATH, "version": plan.hash[:12]}
    found: list[Any] = [
        quarter.to_deployment(
            "quarter", schedule=cron, tags=["kaohe"], parameters={"reason": "按计划"},
            description="每季度自动运行。 / Every quarter: take in, score, write the documents.", **shared,
        ),
        remind.to_deployment(
            "remind", tags=["kaohe"], schedules=[Cron(c, timezone=plan.file.time_zone) for c in reminder_crons(plan)],
            description="催报:期限前写出未报单位清单和提醒文字,不自动发送。 / Who is still to report; nothing is sent.",
            **shared,
        ),
        rerun.to_deployment(
            "rerun", tags=["kaohe"],
            description="重新计分:数据有变则新增批次,原批次保留。 / Score again; earlier runs stay.", **shared,
        ),
    ]  # fmt: skip
    for deployment in found:
        _shape_form(deployment._parameter_openapi_schema.properties, plan.file.periods)
    return found


def _shape_form(fields: dict[str, Any], periods: list[str]) -> None:
    """Word the form for an office, offer the plan's periods, and leave out what only the command line sets."""
    for name in ("inbox", "received"):
        fields.pop(name, None)
    for name, (title, description) in FORM.items():
        if name in fields:
            fields[name].update(title=title, description=description)
    period = fields["period"]
    choice = period["anyOf"][0] if "anyOf" in period else period
    if choice is period:  # required: there is no period by default
        period["description"] = ""
    if periods:
        choice["enum"] = periods


def mark_crashed_runs() -> None:
    """Let the server mark a run as crashed when its heartbeats stop; made once."""
    from prefect.automations import Automation
    from prefect.client.orchestration import get_client

    name = "kaohe: crashed runs"
    with get_client(sync_client=True) as client:
        if client.read_automations_by_name(name):
            return
    from prefect.events.actions import ChangeFlowRunState
    from prefect.events.schemas.automations import EventTrigger, Posture
    from prefect.server.schemas.states import StateType

    trigger = EventTrigger(
        after={"prefect.flow-run.heartbeat"},
        expect={"prefect.flow-run.heartbeat", "prefect.flow-run.Completed", "prefect.flow-run.Failed",
                "prefect.flow-run.Cancelled", "prefect.flow-run.Crashed"},
        match={"prefect.resource.id": "prefect.flow-run.*"},
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=CRASHED_AFTER_S,
    )  # fmt: skip
    action = ChangeFlowRunState(state=StateType.CRASHED, name="Crashed", message="No heartbeat: its process is gone.")
    Automation(name=name, trigger=trigger, actions=[action]).create()
