"""Read files: parse and understand them in child processes, gather whole tables, check; never raises for a bad file."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

import polars as pl

from intake.batch import CELL, PERSON, PROBLEM, SUBMISSION, Batch, columns_frame, frame
from intake.checks import check_batch
from intake.known import Known
from intake.pool import Parsers, Received
from intake.report import CELL_FIELDS, Row
from intake.understand import Answer, understood
from schemas.folder import Plan
from schemas.periods import Period

FEW = 24
"""Up to so many files the children only parse: to let them know the plan costs each of them half a second."""


def read_files(
    paths: Sequence[Path],
    plan: Plan,
    *,
    period: Period | None = None,
    previous: pl.DataFrame | None = None,
    targets_due: pl.DataFrame | None = None,
    names: Mapping[Path, str] | None = None,
    parsers: Parsers | None = None,
) -> Batch:
    """Read and check files.

    ``period``: the period being collected; a file of another one is an error. ``previous``: measurements of earlier
    periods, for comparison. ``targets_due``: unit_code, indicator_code, target. ``names``: names for messages where the
    paths are those of an archive.
    """
    files = [Received(path, (names or {}).get(path, path.name)) for path in paths]
    known = Known(plan, period)
    batch = next(read_chunks(known, files, max(1, len(files)), parsers=parsers), None)
    return check_batch(known, batch or _gathered([]), previous=previous, targets_due=targets_due)


def read_chunks(
    known: Known,
    files: Iterable[Received],
    size: int,
    *,
    parsers: Parsers | None = None,
    told: Callable[[int], None] | None = None,
) -> Iterator[Batch]:
    """Yield the files' contents, not yet checked, ``size`` files at a time; parsing goes on meanwhile.

    ``files`` may still arrive while others are read. ``told`` is called with the number of files read. Memory does not
    grow with their number.
    """
    files = iter(files)
    first = list(islice(files, FEW + 1))
    pool = parsers or Parsers(known=known if len(first) > FEW else None)
    read: list[tuple[Received, Answer]] = []
    try:
        for done, (file, answer) in enumerate(pool.parse_all(chain(first, files)), 1):
            read.append((file, _understood(known, file, answer)))
            if told:
                told(done)
            if len(read) == size:
                yield _gathered(read)
                read = []
        if read:
            yield _gathered(read)
    finally:
        if parsers is None:
            pool.__exit__(None, None, None)


def _understood(known: Known, file: Received, answer: Answer) -> Answer:
    """Return what a child understood; where it only parsed the file, understand it here."""
    return answer if "reports" in answer else understood(known, answer, file.name)


def _gathered(files: Sequence[tuple[Received, Answer]]) -> Batch:
    """Return the reports of files as one batch; what is not known of a report is left out of its cells."""
    submissions: list[Row] = []
    problems: list[Row] = []
    persons: list[Row] = []
    cells: dict[str, list[Any]] = {name: [] for name in CELL}
    for file, answer in files:
        facts = {"file_name": file.name, **_facts(file), "reader": answer["reader"]}
        for report in answer["reports"]:
            key = len(submissions)
            about = {"key": key, "unit_code": report["unit_code"], "period": report["period"]}
            submissions.append({
                **facts, **about, "template_version": answer["template_version"], "plan_hash": answer["plan_hash"],
                "nil": report["nil"], "explanation": report["explanation"],
            })  # fmt: skip
            height = len(report["cells"]["indicator_code"])
            for field in CELL_FIELDS:
                cells[field] += report["cells"][field]
            for field, value in about.items():
                cells[field] += [value] * height
            problems += [{**problem, "key": key} for problem in report["problems"]]
            persons += [{**about, **person} for person in report["persons"]]
    return Batch(
        frame(submissions, SUBMISSION), columns_frame(cells, CELL), frame(problems, PROBLEM), frame(persons, PERSON)
    )


def _facts(file: Received) -> Row:
    """Return what the system says of a file, and its hash."""
    facts = file.path.stat()
    modified = datetime.fromtimestamp(facts.st_mtime, UTC).replace(tzinfo=None)
    return {"file_hash": file.hash or _hash(file.path), "size_bytes": facts.st_size, "modified_at": modified}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
