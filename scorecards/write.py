"""Writing every unit's scorecard: the data is prepared once, the pages are set by two processes."""

import json
import multiprocessing
import os
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from schemas.errors import UserError
from scorecards.edition import Edition
from scorecards.pdf import Compiler, PageError, make_compiler, render
from scorecards.scorecard import Scorecards

Progress = Callable[[int, int], None]
Live = Callable[[str], dict[str, Any] | None]
Job = tuple[Path, str]  # where to write, the scorecard's data as JSON
PROCESSES = 2
WORTH_A_PROCESS = 24  # fewer units are set sooner than a process starts
CHUNK = 8


def file_stem(edition: Edition, unit_code: str) -> str:
    """Return a file name for a unit, without characters that could lead out of the folder."""
    parts = [unit_code, edition.unit_name(unit_code), str(edition.period)]
    return "_".join(re.sub(r"[^\w（）-]+", "-", part).strip("-")[:60] for part in parts)


def write_scorecards(
    edition: Edition,
    folder: Path,
    *,
    font_folder: Path | None = None,
    live: Live | None = None,
    processes: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Path]:
    """Write all units' scorecards and return their paths by unit; beside each, where ``live`` tells it, a workbook.

    ``progress`` is told the number done and the number of all. Chunks go to ``processes`` (two, or one on one core).

    Raises:
        UserError: where a page cannot be set, naming the file and, for a missing glyph, the character.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cards = Scorecards(edition)
    paths = {unit: folder / f"{file_stem(edition, unit)}.pdf" for unit in cards.units()}
    jobs = [(path, json.dumps(cards.data(unit), ensure_ascii=False)) for unit, path in paths.items()]
    chunks = [jobs[i : i + CHUNK] for i in range(0, len(jobs), CHUNK)]
    _workbooks(edition, paths, live)
    dated = edition.day.isoformat()
    count = processes or min(PROCESSES, os.cpu_count() or 1)
    try:
        if count == 1 or len(jobs) < WORTH_A_PROCESS:
            _report(_here(chunks, dated, font_folder), len(jobs), progress)
        else:
            _apart(chunks, dated, font_folder, count, len(jobs), progress)
    except PageError as error:
        raise UserError(
            f"成绩单无法排版：{error}。如果字体缺字，请把含有该字的字体放入字体文件夹后重试。",
            f"The scorecard cannot be set: {error}. If a glyph is missing, add a font that has it to the font folder.",
        ) from None
    return paths


def _workbooks(edition: Edition, paths: dict[str, Path], live: Live | None) -> None:
    from scorecards.unit_workbook import unit_workbook

    for unit, path in paths.items():
        told = live(unit) if live else None
        if told is not None:
            path.with_suffix(".xlsx").write_bytes(unit_workbook(edition, told))


def _report(done: Iterable[int], total: int, progress: Progress | None) -> None:
    count = 0
    for number in done:
        count += number
        if progress is not None:
            progress(count, total)


def _here(chunks: list[list[Job]], dated: str, font_folder: Path | None) -> Iterable[int]:
    compiler = make_compiler(font_folder)
    for chunk in chunks:
        yield _write(compiler, chunk, dated)


def _apart(
    chunks: list[list[Job]], dated: str, font_folder: Path | None, count: int, total: int, progress: Progress | None
) -> None:
    # Spawned, not forked: a fork of a process with threads (Polars, Prefect) may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_start, initargs=(font_folder,)) as pool:
        futures = [pool.submit(_work, chunk, dated) for chunk in chunks]
        try:
            _report((f.result() for f in as_completed(futures)), total, progress)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


_compiler: list[Compiler] = []  # this process's own, made by _start


def _start(font_folder: Path | None) -> None:
    _compiler.append(make_compiler(font_folder))


def _work(chunk: list[Job], dated: str) -> int:
    return _write(_compiler[0], chunk, dated)


def _write(compiler: Compiler, chunk: list[Job], dated: str) -> int:
    for path, data in chunk:
        try:
            path.write_bytes(render(compiler, data, dated))
        except PageError as error:
            raise PageError(f"{path.name}: {error}") from None
    return len(chunk)
