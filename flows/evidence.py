"""Evidence beside the workbooks: found, unpacked with care, archived by hash, linked to cells, stored.

A submission ``武汉.xlsx`` may come with a folder ``武汉.evidence`` (or ``武汉.佐证``), a zip of either name, or plain
``武汉.zip``. Names inside are texts: nothing is ever unpacked to a place that a name asks for.
"""

import errno
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from flows.archive import archive_file
from flows.files import decoded_name
from flows.settings import Settings
from intake.evidence import LINK, Bundle, EvidenceFile, link_evidence, links_of, wants_files
from schemas.folder import Plan

if TYPE_CHECKING:
    from intake.batch import Batch
    from warehouse import Warehouse

ENDINGS = (".evidence", ".佐证")
LARGEST_FILE = 200_000_000
LARGEST_BUNDLE = 500_000_000
MOST_FILES = 500
LARGEST_RATIO = 100.0
RATIO_FROM = 10_000_000
"""Below so many bytes a high ratio is harmless: an empty drawing or a form feed packs well."""
_IGNORED = re.compile(r"(^|/)(__MACOSX(/|$)|\.|~\$|Thumbs\.db$|desktop\.ini$)", re.I)
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}$")
_CHUNK = 1 << 20
_DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    NotImplementedError,
    EOFError,
    ValueError,
    RuntimeError,
    zlib.error,
)
Sources = dict[Path, list[Path]]


def is_evidence_folder(name: str) -> bool:
    """Say whether a folder's name says that it holds evidence."""
    return name.endswith(ENDINGS)


def is_evidence(file: Path) -> bool:
    """Say whether a file is evidence by its place or name, and no submission whatever stands beside it."""
    return _evidence_folder(file) is not None or file.suffix.lower() == ".zip"


def split_evidence(files: Sequence[Path]) -> tuple[list[Path], Sources]:
    """Return the submissions, and the files of evidence by the submission beside which they lie.

    Evidence that lies beside no submission stays among the files, so that it is answered and not overlooked.
    """
    folders = {f: folder for f in files if (folder := _evidence_folder(f))}
    candidates = [f for f in files if f not in folders]
    by_stem: dict[tuple[Path, str], list[Path]] = {}
    for file in candidates:
        if file.suffix.lower() != ".zip":
            by_stem.setdefault((file.parent, file.stem), []).append(file)
    sources: Sources = {}
    taken: set[Path] = set()
    for file in files:
        folder = folders.get(file)
        place = folder or (file if file.suffix.lower() == ".zip" else None)
        owners = by_stem.get((place.parent, evidence_stem(place.name)), []) if place else []
        for owner in owners:
            sources.setdefault(owner, []).append(file)
            taken.add(file)
    return [f for f in files if f not in taken], sources


def _evidence_folder(file: Path) -> Path | None:
    return next((p for p in reversed(file.parents) if is_evidence_folder(p.name)), None)


def evidence_stem(name: str) -> str:
    """Return the name of the submission that evidence of this name belongs to."""
    name = name[:-4] if name.lower().endswith(".zip") else name
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    return name


@dataclass
class Evidence:
    """The evidence of one batch. ``rest``: the files that are submissions. ``bundles``: by the submission's hash."""

    rest: list[Path]
    bundles: dict[str, Bundle] = field(default_factory=dict)
    links: list[pl.DataFrame] = field(default_factory=list)

    def linked(self, settings: Settings, plan: Plan, batch: "Batch") -> "Batch":
        """Return the batch with the problems of its evidence; the links are kept for ``store``."""
        there = set(batch.submissions["file_hash"])
        here = {h: b for h, b in self.bundles.items() if h in there}
        elsewhere = _elsewhere(settings, here, self.links)
        batch, links = link_evidence(batch, plan, here, elsewhere, _there_before(settings, plan, batch))
        self.links.append(links)
        return batch

    def store_late(self, settings: Settings, known: Mapping[str, str]) -> int:
        """Store files that came beside submissions received before (submission by file hash); return how many."""
        from warehouse import add_evidence, measurements_of, open_warehouse, submissions

        late = {h: i for h, i in known.items() if h in self.bundles and self.bundles[h].files}
        if not late:
            return 0
        with open_warehouse(settings.warehouse) as warehouse:
            rows = submissions(warehouse).filter(pl.col("file_hash").is_in(list(late)), pl.col("period").is_not_null())
            found = []
            for one in rows.iter_rows(named=True):
                cells = measurements_of(warehouse, one["submission_id"]).to_dicts()
                files, shared = self.bundles[one["file_hash"]].files, (rows["file_hash"] == one["file_hash"]).sum() > 1
                links = links_of({**one, "key": 0}, cells, files, shared=shared)
                found += [{**link, "submission_id": one["submission_id"]} for link in links]
            schema = {**LINK, "submission_id": pl.String}
            return add_evidence(warehouse, pl.DataFrame(found, schema=schema).drop("key"), actor=settings.actor)

    def store(self, warehouse: "Warehouse", ids: Mapping[int, str], actor: str) -> int:
        """Store the newest links, with the submissions' ids by their keys; return how many were new."""
        from warehouse import add_evidence

        links = self.links[-1] if self.links else None
        if links is None or links.is_empty():
            return 0
        names = pl.DataFrame(list(ids.items()), {"key": pl.Int64, "submission_id": pl.String}, orient="row")
        rows = links.join(names, on="key").filter(pl.col("period").is_not_null()).drop("key")
        return add_evidence(warehouse, rows, actor=actor) if rows.height else 0


def collect_evidence(settings: Settings, files: Sequence[Path]) -> Evidence:
    """Archive all evidence among the files, and return it with the files that are submissions.

    Raises:
        UserError: a file cannot be read, or the disk refuses to take it.
    """
    rest, sources = split_evidence(files)
    evidence = Evidence(rest)
    for owner, members in sources.items():
        bundle = _bundle(settings, members)
        name = archive_file(settings.archive, owner).hash
        known = evidence.bundles.get(name, Bundle())
        evidence.bundles[name] = Bundle(
            tuple(dict.fromkeys(known.files + bundle.files)), known.refused + bundle.refused
        )
    return evidence


def _bundle(settings: Settings, members: Sequence[Path]) -> Bundle:
    files: list[EvidenceFile] = []
    refused: list[tuple[str, str]] = []
    for member in members:
        kept = archive_file(settings.archive, member)
        folder = _evidence_folder(member)
        size = member.stat().st_size
        if folder is None:
            try:
                files += _unpacked(settings, member)
            except Refused as refusal:
                refused.append((member.name, str(refusal)))
        elif size and not _IGNORED.search(member.relative_to(folder).as_posix()):
            files.append(EvidenceFile(shown_name(member.relative_to(folder).as_posix()), kept.hash, size))
    return Bundle(tuple(files), tuple(refused))


class Refused(Exception):
    """A zip that is not unpacked, and why."""


def _unpacked(settings: Settings, path: Path) -> Iterator[EvidenceFile]:
    """Archive every file of a zip; yield them.

    Raises:
        Refused: a bomb, a password, a damaged zip.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _checked(archive, path.stat().st_size)
            with tempfile.TemporaryDirectory(prefix=".evidence-", dir=settings.home) as folder:
                for entry in entries:
                    yield _kept(settings, archive, entry, Path(folder))
    except _DAMAGED as error:
        raise Refused(f"{type(error).__name__}: {error}"[:120]) from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the file's begin; others are the disk's
            raise
        raise Refused(f"{type(error).__name__}: {error}"[:120]) from None


def _checked(archive: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    """Look at the list of entries before anything is unpacked."""
    entries = [e for e in archive.infolist() if not e.is_dir()]
    unpacked = sum(e.file_size for e in entries)
    if len(entries) > MOST_FILES:
        raise Refused(f"{len(entries)} > {MOST_FILES}")
    if unpacked > LARGEST_BUNDLE or any(e.file_size > LARGEST_FILE for e in entries):
        raise Refused(f"{size} → {unpacked} bytes")
    if unpacked > RATIO_FROM and unpacked > LARGEST_RATIO * size:
        raise Refused(f"{size} → {unpacked} bytes")
    if any(e.flag_bits & 1 for e in entries):
        raise Refused("encrypted")
    if other := {e.compress_type for e in entries} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise Refused(f"compression {min(other)}")
    if any(stat.S_ISLNK(e.external_attr >> 16) for e in entries):
        raise Refused("symbolic link")
    return [e for e in entries if e.file_size and not _IGNORED.search(shown_name(_entry_name(e)))]


def _kept(settings: Settings, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> EvidenceFile:
    """Stream one entry to a file whose name is ours, and archive that; a length that lies is a damaged zip."""
    name = shown_name(_entry_name(entry))
    suffix = found[0] if (found := _SUFFIX.search(name.lower())) else ""
    temporary, size = folder / f"entry{suffix}", 0
    with archive.open(entry) as source, temporary.open("wb") as target:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > entry.file_size:
                raise Refused(f"{name}: > {entry.file_size} bytes")
            target.write(chunk)
    kept = archive_file(settings.archive, temporary)
    temporary.unlink()
    return EvidenceFile(name, kept.hash, size)


def _entry_name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name; Chinese Windows writes GBK without saying so, which Python reads as CP437."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    return decoded_name(raw)


def shown_name(name: str) -> str:
    """Return a name as text: the last folders and the file, without ``..``, drives and characters that do not print."""
    parts = [p for p in re.split(r"[\\/]+", name) if p not in ("", ".", "..") and not re.fullmatch(r"[A-Za-z]:", p)]
    text = "/".join(parts[-3:])
    return "".join(c if c.isprintable() else "�" for c in text)[-200:] or "?"


def _there_before(settings: Settings, plan: Plan, batch: "Batch") -> set[tuple[str, str, str]]:
    """Return unit, period and indicator for which files came with an earlier revision; only where a check asks."""
    from warehouse import evidence_files, read_warehouse

    if not wants_files(plan) or not settings.warehouse.exists():
        return set()
    with read_warehouse(settings.warehouse) as warehouse:
        rows = evidence_files(warehouse).filter(pl.col("unit_code").is_in(batch.submissions["unit_code"].to_list()))
    return set(rows.select("unit_code", "period", "indicator_code").iter_rows())


def _elsewhere(
    settings: Settings, bundles: Mapping[str, Bundle], earlier: Sequence[pl.DataFrame]
) -> dict[str, list[str]]:
    """Return the units that sent one of these files before, by the file's hash: stored ones, and this batch's."""
    from warehouse import evidence_users, read_warehouse

    hashes = {f.hash for b in bundles.values() for f in b.files}
    users: dict[str, list[str]] = {}
    frames = [f.select("file_hash", "unit_code") for f in earlier]
    if hashes and settings.warehouse.exists():
        with read_warehouse(settings.warehouse) as warehouse:
            frames.append(evidence_users(warehouse, sorted(hashes)))
    for frame in frames:
        for name, unit in frame.filter(pl.col("file_hash").is_in(sorted(hashes))).iter_rows():
            users.setdefault(name, []).append(unit)
    return users
