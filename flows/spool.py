"""A spool: a folder into which mail or web drop files. They are taken in when they are whole, and nothing is deleted.

What a look finds is noted first (``flows.spool_folder``), then taken in as a batch, then moved: to ``done/PERIOD``, or
to ``refused/PERIOD`` beside its answer, with one line each in the ledger. Taking in the same bytes twice changes
nothing, so a process killed at any moment is made good by the next look.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from flows.evidence import evidence_stem, is_evidence, is_evidence_folder, split_evidence
from flows.files import sha256_of, write_whole
from flows.ingest import Ingested, Outcome, copy_path, ingest_batch
from flows.settings import Settings
from flows.spool_folder import DONE, REFUSED, Spool, only_one
from flows.templates import safe_name
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period

MOST = 300
"""Files in one batch; more wait for the next one, so that little has to be done again after a crash."""
Tell = Callable[["Ingested | UserError"], None]
"""Called after each batch with what became of it, or with what stood in its way."""


def watch(
    settings: Settings,
    plan: Plan,
    folder: Path,
    period: Period | None = None,
    *,
    once: bool = False,
    settle_s: float = 5.0,
    every_s: float = 5.0,
    tell: Tell = lambda done: None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Take in what is dropped into a folder; return how many files were taken in.

    ``once``: look, wait ``settle_s``, take in what is whole, end. Otherwise go on until ``stopping`` says so.

    Raises:
        UserError: the folder does not exist, or another process watches it.
    """
    if not folder.is_dir():
        raise UserError(f"没有文件夹 {folder}。请检查路径。", f"There is no folder {folder}. Check the path.")
    _refuse_own_data(settings, folder)
    spool, taken = Spool(folder, settle_s), 0
    with only_one(folder):
        spool.remember()
        spool.look(time.time())
        if once and any(time.time() - s.since < settle_s for s in spool.seen.values()):
            time.sleep(settle_s)
        while not stopping():
            whole = spool.look(time.time())
            with _told(tell, once):
                whole = _without_late_evidence(settings, plan, spool, whole)
            for batch in _batches(plan, spool, whole):
                with _told(tell, once):
                    taken += take_in(settings, plan, spool, batch, period, tell)
                if stopping():
                    break
            if once:
                break
            _pause(every_s, stopping)
    return taken


@contextmanager
def _told(tell: Tell, once: bool) -> Iterator[None]:
    """Tell what stood in the way, such as a full disk, and go on: what was not taken in is there at the next look."""
    try:
        yield
    except UserError as error:
        if once:
            raise
        tell(error)


def _refuse_own_data(settings: Settings, folder: Path) -> None:
    """Never take Kaohe's own data for submissions: they would be moved away."""
    home, here = settings.home.resolve(), folder.resolve()
    inside = home in here.parents and settings.inbox.resolve() not in (here, *here.parents)
    if here == home or here in home.parents or inside:
        raise UserError(
            f"不能守候 {folder}:数据文件夹 {home} 在其中或包含它。请另选一个文件夹。",
            f"{folder} cannot be watched: it holds, or lies in, the data folder {home}. Choose another folder.",
        )


def _pause(seconds: float, stopping: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while not stopping() and (left := end - time.monotonic()) > 0:
        time.sleep(min(0.2, left))


def _batches(plan: Plan, spool: Spool, whole: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield the files in batches of one day's arrivals, evidence with its submission.

    A batch has one time of receipt, and days late are whole days: so a file that waited over night, because nothing
    ran, still counts as of the day on which it was there.
    """
    from intake.calendar import local_day

    rest, sources = split_evidence(whole)
    days: dict[date, list[Path]] = {}
    for file in rest:
        days.setdefault(local_day(plan, datetime.fromtimestamp(spool.since(file), UTC)), []).append(file)
    for _, files in sorted(days.items()):
        files.sort(key=lambda p: (p.stat().st_mtime_ns, p.name))
        if plan.file.intake.same_batch == "last_name":
            files.sort(key=lambda p: p.name)
        for start in range(0, len(files), MOST):
            yield [f for one in files[start : start + MOST] for f in (one, *sources.get(one, ()))]


def take_in(
    settings: Settings,
    plan: Plan,
    spool: Spool,
    batch: Sequence[Path],
    period: Period | None,
    tell: Tell,
) -> int:
    """Take one batch in and move its files; return how many submissions it held."""
    rest, sources = split_evidence(batch)
    moment = datetime.fromtimestamp(max(spool.since(f) for f in rest), UTC)
    hashes = {file: sha256_of(file) for file in rest}
    done = ingest_batch(settings, plan, list(batch), period, received_at=moment)
    by_hash: dict[str, list[Outcome]] = {}
    for outcome in done.outcomes:
        by_hash.setdefault(outcome.file_hash, []).append(outcome)
    for file in rest:
        outcomes = [_known(settings, o) for o in by_hash.get(hashes[file], [])]
        _move(spool, file, hashes[file], outcomes, sources.get(file, ()))
    tell(done)
    return len(rest)


def _without_late_evidence(settings: Settings, plan: Plan, spool: Spool, whole: Sequence[Path]) -> list[Path]:
    """Put evidence whose submission was taken in before beside it, and link it; return the other files.

    Mail brings attachments one by one: what comes minutes after its submission still belongs to it.
    """
    rest, sources = split_evidence(whole)
    strays: dict[Path, list[Path]] = {}
    for file in rest:
        if is_evidence(file):
            strays.setdefault(_top(spool.folder, file), []).append(file)
    placed: set[Path] = set()
    for top, files in strays.items():
        owner = _taken_in_before(spool.folder, evidence_stem(top.name))
        moved = _beside(owner, top, files) if owner else []
        if owner and moved:
            ingest_batch(settings, plan, [owner, *moved])
            spool.record({
                "at": datetime.now(UTC).isoformat(timespec="seconds"), "file": top.relative_to(spool.folder).as_posix(),
                "state": "evidence", "moved_to": owner.parent.relative_to(spool.folder).as_posix(),
            })  # fmt: skip
            placed.update(files)
    return [f for one in rest if one not in placed for f in (one, *sources.get(one, ()))]


def _taken_in_before(folder: Path, stem: str) -> Path | None:
    """Return the newest submission of that name among those that were taken in."""
    found = [p for p in (folder / DONE).glob("*/*") if p.is_file() and p.stem == stem and not is_evidence(p)]
    return max(found, key=lambda p: p.stat().st_mtime_ns, default=None)


def _beside(owner: Path, top: Path, files: Sequence[Path]) -> list[Path]:
    """Move late evidence to where it is known as this submission's; nowhere where both names of a zip are taken."""
    if top.is_dir():
        folder = owner.with_name(f"{owner.stem}.evidence")
        targets = [folder / f.relative_to(top) for f in files]
        for file, target in zip(files, targets, strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(file, _free(target.parent, target))
        return [p for p in folder.rglob("*") if p.is_file()]
    free = [t for ending in (".zip", ".evidence.zip") if not (t := owner.with_name(f"{owner.stem}{ending}")).exists()]
    if not free:
        return []
    shutil.move(top, free[0])
    return [free[0]]


def _known(settings: Settings, outcome: Outcome) -> Outcome:
    """Return for a file that was received before what became of it then: its move may be what a crash left undone."""
    from warehouse import read_warehouse, submissions

    if outcome.state != "unchanged" or not outcome.submission_id:
        return outcome
    with read_warehouse(settings.warehouse) as warehouse:
        rows = submissions(warehouse).filter(submission_id=outcome.submission_id)
    row = rows.row(0, named=True)
    answer = copy_path(settings, row)
    return replace(
        outcome, state=row["arrival_state"], unit_code=row["unit_code"], period=row["period"],
        answer=answer if answer.is_file() else None,
    )  # fmt: skip


def _move(
    spool: Spool,
    file: Path,
    file_hash: str,
    outcomes: Sequence[Outcome],
    evidence: Sequence[Path],
) -> None:
    """Put its answers into the target, move the evidence, note it in the ledger, move the file.

    In this order: a crash in between leaves the file where it is, and the next look does the rest again.
    """
    faulty = [o for o in outcomes if o.state in ("returned", "refused")]
    first = (faulty or list(outcomes) or [Outcome(file.name, file_hash, "refused")])[0]
    target = spool.folder / (REFUSED if faulty or not outcomes else DONE) / (first.period or "unknown")
    target.mkdir(parents=True, exist_ok=True)
    for number, outcome in enumerate((o for o in faulty if o.answer), 1):
        assert outcome.answer
        ending = "" if number == 1 else f"-{number}"
        answer = target / f"{safe_name(f'{file.stem}-{file_hash[:8]}-退回{ending}')}.xlsx"
        write_whole(answer, outcome.answer.read_bytes())
    for member in dict.fromkeys(_top(spool.folder, e) for e in evidence):
        if member.exists():  # two submissions of one name share it, and the first has moved it
            shutil.move(member, _free(target, member))
    place = _free(target, file)
    spool.record({
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "file": file.relative_to(spool.folder).as_posix(),
        "sha256": file_hash, "state": first.state, "unit_code": first.unit_code, "period": first.period,
        "moved_to": place.relative_to(spool.folder).as_posix(),
    })  # fmt: skip
    shutil.move(file, place)


def _top(root: Path, evidence: Path) -> Path:
    """Return what is moved for a file of evidence: its folder, or the zip."""
    folders = [p for p in evidence.relative_to(root).parents if is_evidence_folder(p.name)]
    return root / folders[-1] if folders else evidence


def _free(folder: Path, path: Path) -> Path:
    """Return a place in a folder under the file's own name, or with a number: what is there stays."""
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}-{number}{path.suffix}"
    return target
