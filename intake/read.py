"""Read files: parse and understand them in child processes, gather whole tables, check; never raises for a bad file."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from intake.batch import CELL, PERSON, PROBLEM, SUBMISSION, Batch, columns_frame, frame
from intake.checks import check_batch
from intake.known import Known
from intake.pool import Parsers
from intake.report import CELL_FIELDS, Row
from intake.understand import understood
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
    progress: Callable[[int, int], None] | None = None,
) -> Batch:
    """Read and check files.

    ``period``: the period being collected; a file of another one is an error. ``previous``: measurements of earlier
    periods, for comparison. ``targets_due``: unit_code, indicator_code, target. ``names``: names for messages where the
    paths are those of an archive. ``progress`` is called with files done and files in all.
    """
    known = Known(plan, period)
    chunks = read_chunks(known, paths, max(1, len(paths)), names=names, parsers=parsers, progress=progress)
    batch = next(chunks, None) or _gathered([])
    return check_batch(known, batch, previous=previous, targets_due=targets_due)


def read_chunks(
    known: Known,
    paths: Sequence[Path],
    size: int,
    *,
    names: Mapping[Path, str] | None = None,
    hashes: Mapping[Path, str] | None = None,
    parsers: Parsers | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Batch]:
    """Yield the files' contents, not yet checked, ``size`` files at a time; parsing goes on meanwhile.

    ``hashes``: the files' SHA-256 where known. Memory does not grow with the number of files.
    """
    pool = parsers or Parsers(known=known if len(paths) > FEW else None)
    files: list[tuple[Path, str, Mapping[str, Any]]] = []
    try:
        for done, (path, answer) in enumerate(zip(paths, pool.parse_all(paths, names), strict=True), 1):
            name = (names or {}).get(path, path.name)
            files.append((path, name, answer if "reports" in answer else understood(known, answer, name)))
            if progress:
                progress(done, len(paths))
            if len(files) == size or done == len(paths):
                yield _gathered(files, hashes)
                files = []
    finally:
        if parsers is None:
            pool.__exit__(None, None, None)


def _gathered(files: Sequence[tuple[Path, str, Mapping[str, Any]]], hashes: Mapping[Path, str] | None = None) -> Batch:
    """Return the reports of files as one batch; what is not known of a report is left out of its cells."""
    submissions: list[Row] = []
    problems: list[Row] = []
    persons: list[Row] = []
    cells: dict[str, list[Any]] = {name: [] for name in CELL}
    for path, name, answer in files:
        facts = {"file_name": name, **_facts(path, hashes or {}), "reader": answer["reader"]}
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


def _facts(path: Path, hashes: Mapping[Path, str]) -> Row:
    """Return what the system says of a file, and its hash."""
    facts = path.stat()
    modified = datetime.fromtimestamp(facts.st_mtime, UTC).replace(tzinfo=None)
    if path in hashes:
        return {"file_hash": hashes[path], "size_bytes": facts.st_size, "modified_at": modified}
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file_hash": digest, "size_bytes": facts.st_size, "modified_at": modified}
