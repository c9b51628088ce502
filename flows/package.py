"""A published package: everything a result was made of and everything that was sent, in one folder, hashed.

``manifest.json`` names every file with its SHA-256 and describes the run; ``manifest.sha256`` holds the hash of the
manifest itself. ``plans``: the plans' files. ``inputs``: what was scored, as Parquet. ``editions``: results and scores
of the period and of the earlier ones that the documents compare with. ``documents``: as sent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from flows.export import with_history
from flows.files import files_below, sha256_of
from schemas.errors import UserError
from schemas.folder import Plan, load_plan
from schemas.periods import parse_period

if TYPE_CHECKING:
    from scorecards.edition import Edition
    from scoring import Inputs

FORMAT = 1
MANIFEST, MANIFEST_HASH = "manifest.json", "manifest.sha256"
INPUTS = ("measurements", "verifications", "items", "adjustments", "history")
LEFT_OUT = ("raw", "note")
"""Columns of the inputs that cannot change a score and may hold a person's words."""
FINDINGS = "findings.parquet"
FINDINGS_LEFT_OUT = ("actor", "reason", "source_hash")


def write_inputs(inputs: "Inputs", folder: Path) -> None:
    """Write what is scored."""
    folder.mkdir(parents=True)
    for name in INPUTS:
        table = getattr(inputs, name)
        if table is not None:
            table.drop(LEFT_OUT, strict=False).write_parquet(folder / f"{name}.parquet")
    _write_json(folder / "unreported.json", inputs.unreported)


def write_edition(run: dict[str, Any], edition: "Edition", folder: Path) -> None:
    """Write a run's tables, and what the documents print beside them."""
    folder.mkdir(parents=True)
    edition.results.write_parquet(folder / "results.parquet")
    edition.scores.write_parquet(folder / "scores.parquet")
    if edition.findings is not None:
        edition.findings.drop(FINDINGS_LEFT_OUT, strict=False).write_parquet(folder / FINDINGS)
    about = {
        "period": str(edition.period), "run_id": edition.run_id, "plan_hash": edition.plan.hash,
        "audit_head": edition.audit_head, "dated": edition.dated, "lang": edition.lang, "run": _plain(run),
        **({"replaces": edition.replaces, "correction": edition.correction} if edition.replaces else {}),
    }  # fmt: skip
    _write_json(folder / "edition.json", about)


def write_plan(plan_hash: str, files: Mapping[str, bytes], folder: Path) -> None:
    """Write a plan's files under its hash."""
    place = folder / plan_hash
    place.mkdir(parents=True)
    for name, content in files.items():
        (place / Path(name).name).write_bytes(content)


def seal(folder: Path, about: dict[str, Any]) -> str:
    """Write the manifest over all files there, and its own hash, which is returned."""
    _write_json(folder / MANIFEST, {**about, "format": FORMAT, "files": files_below(folder)})
    (folder / MANIFEST_HASH).write_bytes(_seal_of(folder))
    return sha256_of(folder / MANIFEST)


@dataclass(frozen=True)
class Package:
    """A package's folder, read back."""

    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Return the manifest.

        Raises:
            UserError: the folder is no package, or one of a newer program.
        """
        path = self.folder / MANIFEST
        try:
            manifest: dict[str, Any] = json.loads(path.read_bytes())
            known = manifest["format"] <= FORMAT and isinstance(manifest["files"], dict)
        except FileNotFoundError:
            raise UserError(
                f"{self.folder} 不是公布包:缺少 {MANIFEST}。请给出公布包的文件夹。",
                f"{self.folder} is no published package: {MANIFEST} is missing. Name the package's folder.",
            ) from None
        except (ValueError, KeyError, TypeError):
            raise UserError(f"{path} 已损坏,无法读取。", f"{path} is damaged and cannot be read.") from None
        if not known:
            raise UserError(f"{path} 的格式版本较新,请升级 kaohe。", f"{path} has a newer format; upgrade kaohe.")
        return manifest

    def faults_of_files(self) -> list[tuple[str, str]]:
        """Return each file that is changed, missing or too many, with what is wrong with it; the manifest first."""
        if not (self.folder / MANIFEST).is_file():
            return [(MANIFEST, "missing")] if self.manifest else []
        sealed = self.folder / MANIFEST_HASH
        if not sealed.is_file() or sealed.read_bytes() != _seal_of(self.folder):
            return [(f"{MANIFEST} / {MANIFEST_HASH}", "changed")]
        files = self.manifest["files"]
        there = {p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file()}
        faults = [(name, "missing") for name in sorted(set(files) - there)]
        faults += [(name, "unknown") for name in sorted(there - set(files) - {MANIFEST, MANIFEST_HASH})]
        changed = [n for n in sorted(set(files) & there) if sha256_of(self.folder / n) != files[n]["sha256"]]
        return faults + [(name, "changed") for name in changed]

    @cached_property
    def editions(self) -> dict[str, tuple[dict[str, Any], "Edition"]]:
        """Return by period the run's row and the edition, the earliest first, the package's own last."""
        from scorecards.edition import Edition

        plans: dict[str, Plan] = {}
        found: dict[str, tuple[dict[str, Any], Edition]] = {}
        places = sorted((self.folder / "editions").iterdir(), key=lambda p: parse_period(p.name))
        for place in places:
            about = json.loads((place / "edition.json").read_bytes())
            name = about["plan_hash"]
            plan = plans.setdefault(name, load_plan(self.folder / "plans" / Path(name).name))
            found[place.name] = about["run"], Edition(
                plan, parse_period(about["period"]), about["run_id"], pl.read_parquet(place / "results.parquet"),
                pl.read_parquet(place / "scores.parquet"), audit_head=about["audit_head"], dated=about["dated"],
                lang=about["lang"], findings=_findings(place / FINDINGS), replaces=about.get("replaces", ""),
                correction=about.get("correction", ""),
            )  # fmt: skip
        return found

    @cached_property
    def own(self) -> tuple[dict[str, Any], "Edition", list["Edition"]]:
        """Return the run's row, its edition, and the earlier ones."""
        period = str(self.manifest["period"])
        run, edition = self.editions[period]
        earlier = [e for p, (_, e) in self.editions.items() if p != period]
        return run, with_history(edition, earlier), earlier

    def inputs(self) -> "Inputs":
        """Return what was scored."""
        from scoring import Inputs

        place = self.folder / "inputs"
        tables = {n: pl.read_parquet(p) for n in INPUTS if (p := place / f"{n}.parquet").is_file()}
        unreported = json.loads((place / "unreported.json").read_bytes())
        return Inputs(**tables, unreported=unreported)


def _findings(path: Path) -> pl.DataFrame | None:
    """Return the ledger of a package; None of one made before there was any."""
    return pl.read_parquet(path) if path.is_file() else None


def _seal_of(folder: Path) -> bytes:
    return f"{sha256_of(folder / MANIFEST)}  {MANIFEST}\n".encode()


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {n: v.isoformat() if isinstance(v, datetime) else v for n, v in row.items()}


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    path.write_text(text, encoding="utf-8")
