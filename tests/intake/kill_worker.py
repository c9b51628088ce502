"""A process that has imported everything and forks: ``python -m tests.intake.kill_worker``.

It says ``ready``; each line ``HOME PLAN INBOX PHASES`` makes a fresh child that takes in the inbox, the number of which
is the answer; ``wait`` waits for it and answers with its exit code, negative for a signal. Forking saves each child the
seconds of importing, and is safe as nothing here has started a thread.
"""

import os
import sys
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandera.backends.polars.builtin_checks
import pandera.polars

import flows.archive
import flows.ingest
import intake.checks
import intake.decide
import intake.read
import scoring
import warehouse.door
from flows.settings import make_settings
from schemas.folder import load_plan
from tests.notes import Notes

assert pandera.polars and pandera.backends.polars.builtin_checks and scoring
CHUNK = 75


def main() -> None:
    """Fork a child for each line; it is not buried before that is asked for, so that its number stays its own."""
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(in_child(*map(Path, line.split())))
        print(child, flush=True)
        assert sys.stdin.readline() == "wait\n"
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def in_child(home: Path, plan_folder: Path, inbox: Path, phases: Path) -> int:
    """Take the inbox in, noting each phase when it begins."""
    try:
        note = Notes(phases)
        note.watch(flows.archive, "_write", "copying into the archive")
        note.watch(flows.archive, "_flush_folder", "flushing the archive's folders")
        note.watch(intake.read, "_gathered", "gathering")
        note.watch(intake.checks, "check_batch", "checking")
        note.watch(intake.decide, "decide", "deciding")
        note.watch(flows.ingest, "write_whole", "answering")
        note.watch(warehouse.door, "attach", "opening the database")
        note.watch(warehouse.door, "put_in_place", "putting in place")
        flows.ingest.CHUNK = CHUNK
        intake.read.FEW = 1000  # children that know no plan start in a tenth of the time
        settings = replace(make_settings(home, plan_folder, "zh", {}), actor="office")
        note("begun")
        received = datetime(2023, 4, 5, tzinfo=UTC)
        flows.ingest.ingest_batch(settings, load_plan(plan_folder), [inbox], received_at=received)
        note("done")
    except BaseException:
        traceback.print_exc()
        return 99
    return 0


if __name__ == "__main__":
    main()
