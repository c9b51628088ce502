"""Writing every unit's scorecard: the data is prepared once, the pages are set here or in other processes."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from schemas.errors import UserError
from scorecards.edition import Edition
from scorecards.pdf import Compiler, PageError, make_compiler, render
from scorecards.scorecard import Scorecards

Progress = Callable[[int, int], None]
Live = Callable[[str], dict[str, Any] | None]
Job = tuple[Path, str, str]  # where to write, the scorecard's data as JSON, the date that stands in the file
Spread = Callable[..., Iterator[Path]]


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
    spread: Spread | None = None,
    progress: Progress | None = None,
) -> dict[str, Path]:
    """Write all units' scorecards and return their paths by unit; beside each, where ``live`` tells it, a workbook.

    ``spread``: sets the pages in several processes (``flows.spread``); without it here. ``progress`` is told the number
    done and the number of all.

    Raises:
        UserError: where a page cannot be set, naming the file and, for a missing glyph, the character.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cards = Scorecards(edition)
    paths = {unit: folder / f"{file_stem(edition, unit)}.pdf" for unit in cards.units()}
    dated = edition.day.isoformat()
    jobs = [(path, json.dumps(cards.data(unit), ensure_ascii=False), dated) for unit, path in paths.items()]
    _workbooks(edition, paths, live)
    try:
        for done, _ in enumerate((spread or _here)(_write, jobs, make_compiler, font_folder), 1):
            if progress is not None:
                progress(done, len(jobs))
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


def _here(
    work: Callable[..., Path], jobs: Iterable[Job], start: Callable[..., Compiler], *given: Any
) -> Iterator[Path]:
    state = start(*given)
    return (work(state, job) for job in jobs)


def _write(compiler: Compiler, job: Job) -> Path:
    path, data, dated = job
    try:
        path.write_bytes(render(compiler, data, dated))
    except PageError as error:
        raise PageError(f"{path.name}: {error}") from None
    return path
