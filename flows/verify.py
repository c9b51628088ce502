"""Verification of a published package, from the package alone: every hash, every score, every document."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from flows.files import sha256_of
from flows.package import Package
from schemas.errors import UserError

WRONG = {
    "changed": ("与清单不符,已被改动或损坏", "is not as the manifest says: changed or damaged"),
    "missing": ("缺失", "is missing"),
    "unknown": ("不在清单中", "is not in the manifest"),
}


@dataclass(frozen=True)
class Fault:
    """One thing that does not hold, in both languages."""

    zh: str
    en: str

    def text(self, lang: str) -> str:
        """Return the sentence."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Verified:
    """What was verified, and every fault; ``rules_changed``: the program's scoring rules are not the package's."""

    faults: list[Fault]
    files: int = 0
    units: int = 0
    scores: int = 0
    documents: int = 0
    rules_changed: bool = False
    manifest: dict[str, Any] = field(default_factory=dict)


def verify_package(
    folder: Path,
    *,
    documents: bool = False,
    fonts: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Check every file's hash, recompute every score, and where asked make every document again and compare.

    Raises:
        UserError: the folder is no package.
    """
    from scoring import rules_hash

    package = Package(folder)
    faults = [
        Fault(f"{folder / name}:{WRONG[kind][0]}", f"{folder / name} {WRONG[kind][1]}")
        for name, kind in package.faults_of_files()
    ]
    if faults or (faults := _unreadable(package)):
        return Verified(faults)
    made, faults = 0, recompute(package)
    _, edition, _ = package.own
    units, scores = edition.results.height, edition.scores.height
    if not faults and documents:
        made, faults = _documents_again(package, fonts, progress)
    manifest = package.manifest
    return Verified(
        faults, len(manifest["files"]), units, scores, made, manifest["rules_hash"] != rules_hash(), manifest
    )


def _unreadable(package: Package) -> list[Fault]:
    """Return a fault where what a package must hold cannot be read, though all hashes fit: they were made again."""
    try:
        _ = package.own, package.inputs()
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError, UserError) as error:
        detail = f"{type(error).__name__}: {error}"[:200]
        return [
            Fault(
                f"{package.folder} 的内容不全或无法读取({detail}),不能重算。请向公布单位索取原包。",
                f"What {package.folder} holds is incomplete or cannot be read ({detail}); nothing can be recomputed. "
                "Ask the publisher for the original package.",
            )
        ]
    return []


def recompute(package: Package) -> list[Fault]:
    """Score from the package's plan and inputs, and compare exactly with the tables it holds."""
    from scoring import score
    from warehouse import registry_hash, scores_hash

    run, edition, _ = package.own
    plan = edition.plan
    faults = [
        Fault(f"{name}与批次记录不符", f"{en} is not the one of the run")
        for name, en, found, said in (
            ("考核方案", "the plan", plan.hash, run["plan_hash"]),
            ("单位名册", "the registry", registry_hash(plan.units), run["registry_hash"]),
            ("得分", "the table of scores", scores_hash(edition.results, edition.scores), run["scores_hash"]),
        )
        if found != said
    ]
    scored = score(plan, package.inputs(), edition.period)
    faults += _unlike(edition.results, scored.results, ["unit_code"])
    return faults + _unlike(edition.scores, scored.scores_frame(), ["unit_code", "node_code"])


def _unlike(stored: pl.DataFrame, found: pl.DataFrame, key: list[str]) -> list[Fault]:
    """Return one fault for the first row, in order, that is not exactly the same."""
    columns = [c for c in stored.columns if c != "run_id"]
    one, other = (f.select(columns).cast(stored.select(columns).schema).sort(key) for f in (stored, found))
    if one.equals(other):
        return []
    for row, again in zip(one.iter_rows(named=True), other.iter_rows(named=True), strict=False):
        wrong = [c for c in columns if row[c] != again[c]]
        if wrong:
            where, column = " ".join(str(row[k]) for k in key), wrong[0]
            return [
                Fault(
                    f"{where} 的 {column} 为 {row[column]},重算为 {again[column]}",
                    f"{where}: {column} is {row[column]}, recomputed it is {again[column]}",
                )
            ]
    return [Fault(f"行数 {one.height},重算为 {other.height}", f"{one.height} rows, recomputed {other.height}")]


def _documents_again(
    package: Package, fonts: Path | None, progress: Callable[[int, int], None] | None
) -> tuple[int, list[Fault]]:
    """Make the documents from the package and compare byte for byte."""
    from flows.export import write_documents

    run, edition, earlier = package.own
    sent = package.folder / "documents"
    with tempfile.TemporaryDirectory(prefix="kaohe-verify-") as name:
        again = Path(name)
        write_documents(run, edition, earlier, again, inputs=package.inputs(), fonts=fonts, progress=progress)
        names = sorted(
            {p.relative_to(root).as_posix() for root in (sent, again) for p in root.rglob("*") if p.is_file()}
        )
        unlike = [n for n in names if not _same(sent / n, again / n)]
    return len(names), [
        Fault(f"{sent / n}:重新生成后不一致", f"{sent / n} comes out different when made again") for n in unlike
    ]


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and sha256_of(one) == sha256_of(other)
