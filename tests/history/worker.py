"""A process that has imported everything and forks: ``python -m tests.history.worker``.

It says ``ready``, then answers each line of JSON on its standard input with the number of a fresh child that does the
work. ``{"quarter": [HOME, PLAN, INBOX, PHASES]}`` takes a quarter from inbox to publication, in a home that an earlier
child may have left half done, and notes each phase in a file when it begins. ``{"command": [WORD, ...], "log": FILE,
"file_bytes": N}`` runs a command of ``kaohe``, where no file may grow beyond N bytes. ``{"wait": NUMBER}`` waits for
that child and answers with its exit code, negative for a signal.

Forking saves each child the seconds of importing. That is safe here because nothing has run before: Polars and DuckDB
start the threads that do their work with the first query, and what libraries start on import (jemalloc, OpenBLAS, an
idle cleaner) either prepares for a fork or is not missed.
"""

import contextlib
import importlib
import json
import os
import resource
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flows.archive
import flows.assess
import flows.cli
import flows.diff_inputs
import flows.export
import flows.gate
import flows.gate_rules
import flows.ingest
import flows.package
import flows.publish
import flows.verify
import intake.read
import scoring
import warehouse.door
from flows.period import approve, take_step
from flows.settings import make_settings
from schemas.errors import UserError
from schemas.folder import load_plan
from schemas.periods import parse_period
from tests.notes import Notes

Q1 = parse_period("2023Q1")
LATE = (
    "docx", "jinja2", "xlsxwriter", "typst", "pyarrow.dataset", "great_expectations.checkpoint",
    "pandera.backends.polars.builtin_checks", "intake.decide", "intake.read", "intake.answer", "scoring.explain",
    "scorecards.bulletin", "scorecards.write", "scorecards.workbook", "scorecards.data",
)  # fmt: skip


def main() -> None:
    """Fork a child for each line."""
    preload()
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            print(os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1]), flush=True)
        elif child := os.fork():
            print(child, flush=True)
        else:
            os._exit(in_child(asked))


def preload() -> None:
    """Import what is imported late otherwise."""
    flows.gate.preload()
    for name in LATE:
        importlib.import_module(name)
    assert threading.active_count() == 1, threading.enumerate()


def in_child(asked: dict[str, Any]) -> int:
    """Do what was asked and return the exit code."""
    try:
        if "command" in asked:
            return command(asked["command"], Path(asked["log"]), asked.get("file_bytes"))
        quarter(*map(Path, asked["quarter"]))
        return 0
    except BaseException:
        traceback.print_exc()
        return 99


def command(words: list[str], log: Path, file_bytes: int | None) -> int:
    """Run a command, with what it says in a file."""
    with log.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        if file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, resource.RLIM_INFINITY))
        try:
            return flows.cli.main(words)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def quarter(home: Path, plan_folder: Path, inbox: Path, phases: Path) -> None:
    """Take the quarter as far as it goes; the step that was interrupted is taken again."""
    note = StepNotes(phases)
    note.watch(flows.archive, "_write", "archiving")
    note.watch(warehouse.door.shutil, "copyfile", "copying the database")
    note.watch(warehouse.door, "migrate", "writing the copy")
    note.watch(warehouse.door, "put_in_place", "putting in place")
    note.watch(intake.read, "read_files", "reading")
    note.watch(flows.gate, "judge", "the gate")
    note.watch(scoring, "score", "scoring")
    note.watch(flows.export, "write_documents", "documents")
    note.watch(flows.package, "seal", "sealing the package")
    note.watch(flows.publish, "_refuse_changed", "publishing")
    plan = load_plan(plan_folder)
    settings = replace(make_settings(home, plan_folder, "zh", {}), actor="office")
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
        try:
            step()
        except UserError as error:
            note(f"refused {error.en}")
            raise
        note("done")


class StepNotes(Notes):
    """The phases of each step, with their moments."""

    def __init__(self, path: Path) -> None:
        self.step = ""
        self.before = path.read_text(encoding="utf-8") if path.exists() else ""
        super().__init__(path)

    def __call__(self, phase: str) -> None:
        super().__call__(f"{time.monotonic():.3f} {self.step}: {phase}")

    def is_done(self, step: str) -> bool:
        return f" {step}: done\n" in self.before


if __name__ == "__main__":
    main()
