"""Prefect for one command: an ephemeral server in the data folder, quiet, telling nobody, without heartbeats."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.settings import Settings

QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "60",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "true",
    "PREFECT_CLI_PROMPT": "false",
}


def use_local_prefect(home: Path) -> None:
    """Set Prefect's environment before it is imported: its own folder, apart from a served one's database.

    An address given by PREFECT_API_URL is respected: then the flows report to that server.
    """
    folder = home / "prefect-local"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(QUIET)
    os.environ["PREFECT_HOME"] = str(folder)
    os.environ.pop("PREFECT_PROFILE", None)


def start_early() -> threading.Thread:
    """Start the ephemeral server, which takes seconds, beside other work; a failure shows when it is used."""
    thread = threading.Thread(target=_knock, name="prefect-start", daemon=True)
    thread.start()
    return thread


def _knock() -> None:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        client.api_healthcheck()


@contextmanager
def without_heartbeats() -> Iterator[None]:
    """Spare every flow the second that its heartbeat thread sleeps on exit."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


def hand_on(settings: Settings) -> None:
    """Give the settings to the flows, which take them from the environment, and set Prefect up for this command."""
    os.environ["KAOHE_HOME"] = str(settings.home)
    os.environ["KAOHE_PLAN"] = str(settings.plan_folder)
    os.environ["KAOHE_ACTOR"] = settings.actor
    use_local_prefect(settings.home)
