"""Two writers and ten readers: ``python -m tests.warehouse.crowd PATH SECONDS``; prints what each did, as JSON.

Every writer's transaction keeps sums that a torn read would break. Each process is a fork of this one, which has
imported everything and run nothing, so that all of them begin within milliseconds.
"""

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.warehouse.tables import OFFICE, send
from tests.warehouse.test_runs import score
from warehouse import Warehouse, open_warehouse, read_warehouse, set_period_state, verify_events, verify_rows

WRITERS, READERS = 2, 10
LATE = ("pandas", "pyarrow.dataset", "pandera.backends.polars.builtin_checks", "schemas.tables.intake",
        "schemas.tables.office", "schemas.tables.runs")  # fmt: skip
WHOLE = """
SELECT (SELECT count(*) FROM submissions), (SELECT count(*) FROM measurements), (SELECT count(*) FROM runs),
       (SELECT count(*) FROM results), (SELECT count(*) FROM period_states), (SELECT count(*) FROM events),
       (SELECT max(seq) FROM events), (SELECT count(*) FROM events WHERE action = 'submission_added'),
       (SELECT count(*) FROM events WHERE action = 'run_saved')
"""
WAITING = ("正在写入 warehouse.duckdb,最多等待", "is writing warehouse.duckdb; waiting up to")


def main(path: Path, seconds: float) -> None:
    """Start all, wait for all, print what they did."""
    for name in LATE:  # what every child would import otherwise
        importlib.import_module(name)
    end = time.monotonic() + seconds
    names = [*(f"writer {n}" for n in range(WRITERS)), *(f"reader {n}" for n in range(READERS))]
    children = {name: os.fork() or child(name, path, end) for name in names}
    codes = {name: os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) for name, number in children.items()}
    done = {name: json.loads(note(path, name).read_text()) for name in names if codes[name] == 0}
    print(json.dumps({"codes": codes, "done": done}))


def note(path: Path, name: str) -> Path:
    """Return where a process says what it did."""
    return path.with_name(f"{name}.json")


def child(name: str, path: Path, end: float) -> int:
    """Work until the end, say what was done, and exit."""
    work: Callable[..., dict[str, Any]] = write if name.startswith("writer") else read
    try:
        note(path, name).write_text(json.dumps(work(path, end, int(name[-1]))))
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def write(path: Path, end: float, number: int) -> dict[str, Any]:
    """Store a submission of two cells, or score and close and open a period: the whole of it or nothing."""
    done, longest = 0, 0.0
    told: list[bool] = []

    def tell(zh: str, en: str) -> None:
        told.append(WAITING[0] in zh and WAITING[1] in en)

    while time.monotonic() < end:
        began = time.monotonic()
        with open_warehouse(path, on_wait=tell) as warehouse:
            longest = max(longest, time.monotonic() - began)
            unit = f"U{number}-{done:04}"
            send(warehouse, f"unit|period|file|state|T07-1|T09-1\n{unit}|2023Q1|{unit}|accepted|{done}|1")
            if number == 1:
                assert score(warehouse, float(done % 100))[1]
                set_period_state(warehouse, "2023Q1", ("closed", "open")[done % 2], OFFICE, "演练")
        done += 1
    assert all(told)
    return {"done": done, "waited": len(told), "longest_s": round(longest, 3)}


def read(path: Path, end: float, number: int) -> dict[str, Any]:
    """Read, and check that what is seen is whole and not older than before."""
    done, longest, before = 0, 0.0, (0,) * 9
    while time.monotonic() < end:
        began = time.monotonic()
        with read_warehouse(path) as warehouse:
            longest = max(longest, time.monotonic() - began)
            seen = look(warehouse)
            assert all(now >= then for now, then in zip(seen, before, strict=True)), (before, seen)
            if (done + number) % 20 == 0:
                assert verify_events(warehouse) is None
                assert verify_rows(warehouse) == []
        before, done = seen, done + 1
    return {"done": done, "waited": 0, "longest_s": round(longest, 3)}


def look(warehouse: Warehouse) -> tuple[int, ...]:
    """Return the counts, which belong together."""
    row = warehouse.connection.execute(WHOLE).fetchone()
    assert row is not None
    sent, cells, scored, results, states, events, newest, sent_events, run_events = row
    assert cells == 2 * sent == 2 * sent_events, row
    assert results == scored == states == run_events, row
    assert events == newest == sent + scored + states, row
    return tuple(row)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
