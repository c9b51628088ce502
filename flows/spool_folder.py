"""What lies in a spool's folder and is whole; what was seen there (``.kaohe-spool/seen.json``), and the ledger."""

import csv
import fcntl
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from flows.evidence import is_evidence, split_evidence
from flows.files import text_name, write_whole
from schemas.errors import UserError
from schemas.text_table import no_formula

NOTES, DONE, REFUSED = ".kaohe-spool", "done", "refused"
HALF = (".part", ".partial", ".crdownload", ".tmp", ".temp", ".filepart", ".download", ".swp", ".!ut", ".opdownload")
OWNERLESS_S = 60.0
"""How long evidence may wait for the submission it belongs to; then it is answered as what it is, no submission."""
LEDGER = ("at", "file", "sha256", "state", "unit_code", "period", "moved_to")


@dataclass(frozen=True)
class Seen:
    """One file as it was last seen: size, time of change, and when it was first seen like that (Unix seconds)."""

    size: int
    changed_ns: int
    since: float


@dataclass
class Spool:
    """A watched folder. ``settle_s``: how long a file must stay as it is before it counts as whole."""

    folder: Path
    settle_s: float = 5.0
    seen: dict[str, Seen] = field(default_factory=dict)

    def look(self, now: float) -> list[Path]:
        """Note every file there; return those that are whole, with all files of evidence beside them.

        A submission waits for its evidence, and evidence for its submission's other files.
        """
        there = {p.relative_to(self.folder).as_posix(): p for p in files_in(self.folder)}
        before, self.seen = self.seen, {}
        for name, path in there.items():
            try:
                facts = path.stat()
            except FileNotFoundError:
                continue
            known = before.get(name)
            same = known and (known.size, known.changed_ns) == (facts.st_size, facts.st_mtime_ns)
            self.seen[name] = known if known and same else Seen(facts.st_size, facts.st_mtime_ns, now)
        if self.seen != before:
            self._note()
        ages = {there[n]: now - s.since for n, s in self.seen.items() if os.access(there[n], os.R_OK)}
        still = {f for f, age in ages.items() if age >= self.settle_s}
        rest, sources = split_evidence(sorted(there.values()))
        patient = {f for f in rest if is_evidence(f) and ages.get(f, 0.0) < max(OWNERLESS_S, self.settle_s)}
        whole = [f for f in rest if f in still - patient and all(e in still for e in sources.get(f, ()))]
        return [file for f in whole for file in (f, *sources.get(f, ()))]

    def since(self, path: Path) -> float:
        """Return since when a file has been there as it is."""
        return self.seen[path.relative_to(self.folder).as_posix()].since

    def remember(self) -> None:
        """Read what an earlier process noted, so that waiting goes on where it stood."""
        path = self.folder / NOTES / "seen.json"
        try:
            content = dict(json.loads(path.read_text(encoding="utf-8")))
            self.seen = {
                n: Seen(int(size), int(changed), float(since)) for n, (size, changed, since) in content.items()
            }
        except (FileNotFoundError, ValueError, TypeError):  # spoilt notes cost waiting once more, no file
            self.seen = {}

    def _note(self) -> None:
        content = {n: [s.size, s.changed_ns, s.since] for n, s in sorted(self.seen.items())}
        write_whole(self.folder / NOTES / "seen.json", json.dumps(content, indent=0).encode())

    def record(self, row: dict[str, str | None]) -> None:
        """Append one line to the ledger, and bring it to disk."""
        path = self.folder / NOTES / "ledger.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, LEDGER, lineterminator="\n")
        if not path.exists():
            text.write("\ufeff")
            table.writeheader()
        table.writerow({k: no_formula(text_name(row.get(k) or "")) for k in LEDGER})
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())
            file.flush()
            os.fsync(file.fileno())


def files_in(folder: Path) -> Iterator[Path]:
    """Yield the files that may be submissions or evidence: no links, nothing hidden, half written, or moved already."""
    with suppress(FileNotFoundError):
        yield from _files_in(folder)


def _files_in(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        name = path.name
        if name.startswith((".", "~$")) or name.lower().endswith(HALF) or path.is_symlink():
            continue
        if path.is_dir():
            if path.parent != folder or name not in (DONE, REFUSED):
                yield from files_in(path)
        elif path.is_file():
            yield path


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder; the system lets go of it when the process dies.

    Raises:
        UserError: another process watches it.
    """
    (folder / NOTES).mkdir(parents=True, exist_ok=True)
    with (folder / NOTES / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"另一个进程正在处理 {folder},本次不再处理。", f"Another process is working on {folder}; nothing to do."
            ) from None
        yield
