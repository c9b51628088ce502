"""A process to be killed: ``python -m tests.history.worker``, told on its standard input what to do.

It says ``ready`` when everything is imported, reads ``HOME INBOX PHASES``, and takes a quarter from inbox to
publication, in a home that an earlier one may have left half done. Each phase is noted in a file when it begins.
"""

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flows.assess
import flows.diff_inputs
import flows.export
import flows.gate
import flows.gate_rules
import flows.ingest
import flows.publish
import flows.verify
import warehouse.door
from flows.period import approve, take_step
from flows.settings import make_settings
from schemas.folder import load_plan
from schemas.periods import parse_period
from tests.history.played import EXAMPLE

Q1 = parse_period("2023Q1")


def main() -> None:
    flows.gate.preload()
    print("ready", flush=True)
    line = sys.stdin.readline()
    if line.strip():
        work(*map(Path, line.split()))


def work(home: Path, inbox: Path, phases: Path) -> None:
    """Take the quarter as far as it goes; the step that was interrupted is taken again."""
    note = Notes(phases)
    note.watch(flows.ingest, "archive_file", "archiving")
    note.watch(warehouse.door.shutil, "copyfile", "copying the database")
    note.watch(warehouse.door, "attach", "writing")
    note.watch(warehouse.door, "put_in_place", "putting in place")
    note.watch(flows.export, "write_documents", "documents")
    note.watch(flows.publish, "_refuse_changed", "publishing")
    plan = load_plan(EXAMPLE)
    settings = replace(make_settings(home, EXAMPLE, "zh", {}), actor="office")
    steps: dict[str, Callable[[], Any]] = {
        "ingest": lambda: flows.ingest.ingest_batch(
            settings, plan, [inbox], Q1, received_at=datetime(2023, 4, 5, tzinfo=UTC)
        ),
        "close": lambda: take_step(settings, Q1, "close"),
        "assess": lambda: flows.assess.assess_period(settings, plan, Q1, reason="季度计分"),
        "review": lambda: take_step(settings, Q1, "review"),
        "approve": lambda: approve(settings, plan, Q1, decide="示例"),
        "publish": lambda: flows.publish.publish_period(settings, plan, Q1),
    }
    for name, step in steps.items():
        if note.is_done(name):
            continue
        note.step = name
        note("begun")
        step()
        note("done")


class Notes:
    """The phases, one line each, on disk before the phase begins."""

    def __init__(self, path: Path) -> None:
        self.step = ""
        self.before = path.read_text(encoding="utf-8") if path.exists() else ""
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def __call__(self, phase: str) -> None:
        os.write(self.file, f"{self.step}: {phase}\n".encode())

    def is_done(self, step: str) -> bool:
        return f"{step}: done\n" in self.before

    def watch(self, module: Any, name: str, phase: str) -> None:
        """Note the phase whenever the function is called."""
        inner = getattr(module, name)

        @functools.wraps(inner)
        def told(*args: Any, **named: Any) -> Any:
            self(phase)
            return inner(*args, **named)

        setattr(module, name, told)


if __name__ == "__main__":
    main()
