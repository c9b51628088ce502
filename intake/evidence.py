"""Which cell a file of evidence belongs to: by the name written in the cell, else by the code its name begins with.

A file is told to a cell where the cell's 佐证材料 names it, or where its name, or a folder it lies in, begins with the
indicator's code (``A1_照片.jpg``, ``A1/照片.jpg``). What belongs nowhere is kept and said.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from intake.batch import PROBLEM, Batch, frame
from intake.catalogue import severity
from intake.numbers import key_text
from intake.report import Row, listed, make_problem
from schemas.folder import Plan

LINK: dict[str, Any] = {
    "key": pl.Int64, "unit_code": pl.String, "period": pl.String, "indicator_code": pl.String, "part": pl.String,
    "file_name": pl.String, "file_hash": pl.String, "size_bytes": pl.Int64,
}  # fmt: skip
BETWEEN = r"[;；、，,|\n]+"
"""What stands between the documents that one cell names."""
_FILE = re.compile(
    r"\.(pdf|ofd|docx?|xlsx?|pptx?|wps|et|dps|txt|csv|jpe?g|png|bmp|tiff?|heic|zip|rar|7z|mp[34]|mov|eml|html?)$", re.I
)


@dataclass(frozen=True)
class EvidenceFile:
    """One archived file of evidence: its name as received (never a path to anything), hash and length."""

    name: str
    hash: str
    size: int


@dataclass(frozen=True)
class Bundle:
    """What came beside one submission: files; and what was refused, with its name and why (both wordings)."""

    files: tuple[EvidenceFile, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def link_evidence(
    batch: Batch,
    plan: Plan,
    bundles: Mapping[str, Bundle],
    elsewhere: Mapping[str, Iterable[str]],
    before: Collection[tuple[str, str, str]] = (),
) -> tuple[Batch, pl.DataFrame]:
    """Return the batch with the problems of its evidence, and one row (``LINK``) for each file and cell.

    ``bundles``: by hash of the submission's file. ``elsewhere``: codes of units that sent a file before, by its hash.
    ``before``: unit, period and indicator for which files came with an earlier revision.
    A cell whose evidence column is blank names what was told to it by code; it then lacks evidence no longer.
    """
    if not bundles and not wants_files(plan):
        return batch, pl.DataFrame(schema=LINK)
    cells: dict[int, list[Row]] = defaultdict(list)
    for cell in batch.cells.iter_rows(named=True):
        cells[cell["key"]].append(cell)
    keys_of: dict[str, int] = defaultdict(int)
    for name in batch.submissions["file_hash"]:
        keys_of[name] += 1
    links: list[Row] = []
    problems: list[Row] = []
    attributed = batch.submissions.filter(pl.col("unit_code").is_not_null() & pl.col("period").is_not_null())
    for one in attributed.iter_rows(named=True):
        bundle = bundles.get(one["file_hash"])
        mine, found = cells[one["key"]], []
        if bundle:
            shared = keys_of[one["file_hash"]] > 1
            found = list(links_of(one, mine, bundle.files, shared=shared))
            problems += _bundle_problems(plan, one, mine, bundle, found)
        problems += _absent_files(plan, one, mine, {link["indicator_code"] for link in found}, before)
        links += found
    problems += _used_by_others(plan, links, elsewhere, {c["key"]: c for c in batch.cells.iter_rows(named=True)})
    return _with(batch, frame(links, LINK), problems), frame(links, LINK)


def wants_files(plan: Plan) -> bool:
    """Say whether the plan asks for a file where evidence is required."""
    return severity(plan, "evidence_file_missing") != "off"


def links_of(one: Row, cells: Sequence[Row], files: Sequence[EvidenceFile], *, shared: bool) -> Iterator[Row]:
    """Yield one row for each file and the cell it belongs to; a file that belongs nowhere without an indicator.

    A table of several units (``shared``) keeps each unit's files in a folder that is named by the unit's code.
    """
    codes = sorted({c["indicator_code"] for c in cells}, key=len, reverse=True)
    for file in files:
        name = file.name
        if shared:
            folder, _, name = name.partition("/")
            if key_text(folder) != key_text(one["unit_code"]):
                continue
        places = {(c["indicator_code"], c["part"]) for c in cells if _names(c["evidence"], name)}
        if not places:
            code = next((c for c in codes if _begins(name, c)), None)
            places = {(code, "")}
        for code, part in sorted(places, key=str):
            yield {
                "key": one["key"], "unit_code": one["unit_code"], "period": one["period"], "indicator_code": code,
                "part": part, "file_name": file.name, "file_hash": file.hash, "size_bytes": file.size,
            }  # fmt: skip


def _names(text: str | None, file_name: str) -> bool:
    """Say whether a cell's text names the file, with or without its ending."""
    if not text:
        return False
    last = file_name.rpartition("/")[2]
    wanted = {key_text(last), key_text(last.rpartition(".")[0] or last)}
    return any(key_text(word) in wanted for word in re.split(BETWEEN, text))


def _begins(file_name: str, code: str) -> bool:
    """Say whether a name, or a folder on its way, begins with the code and then with something else than the code's."""
    for word in file_name.split("/"):
        rest = word[len(code) :]
        if word.casefold().startswith(code.casefold()) and not re.match(r"-?[0-9a-z]", rest, re.I):
            return True
    return False


def _bundle_problems(plan: Plan, one: Row, cells: Sequence[Row], bundle: Bundle, links: Sequence[Row]) -> Iterator[Row]:
    """Yield what is wrong with what came: refused, belonging nowhere, or named in a cell and not there."""
    for name, why in bundle.refused:
        yield from _keyed(one["key"], make_problem(plan, "evidence_refused", name, why))
    for link in links:
        if link["indicator_code"] is None:
            yield from _keyed(one["key"], make_problem(plan, "evidence_unlinked", link["file_name"]))
    names = [f.name for f in bundle.files]
    for cell in cells if not bundle.refused else ():
        for word in (w.strip() for w in re.split(BETWEEN, cell["evidence"] or "")):
            if _FILE.search(word) and not any(_names(word, n) for n in names):
                yield from _keyed(one["key"], _at(plan, "evidence_not_received", cell, word))


def _absent_files(
    plan: Plan, one: Row, cells: Sequence[Row], there: set[str], before: Collection[tuple[str, str, str]]
) -> Iterator[Row]:
    """Yield the indicators that need evidence, have something to prove, and came without a file, now and before."""
    done = set(there)
    for cell in cells:
        code = cell["indicator_code"]
        amount = cell["value"] if cell["value"] is not None else cell["numerator"]
        wanted = plan.leaves[code].evidence == "required" and (amount or 0) > 0 and code not in done
        if wanted and (one["unit_code"], one["period"], code) not in before:
            done.add(code)
            yield from _keyed(one["key"], _at(plan, "evidence_file_missing", {**cell, "part": ""}, None))


def _used_by_others(
    plan: Plan, links: Sequence[Row], elsewhere: Mapping[str, Iterable[str]], some_cell: Mapping[int, Row]
) -> Iterator[Row]:
    """Yield the files that another unit sent too, in this batch or before."""
    zh_names, en_names = plan.unit_names(), plan.unit_names("en")
    users: dict[str, set[str]] = {h: set(units) for h, units in elsewhere.items()}
    for link in links:
        users.setdefault(link["file_hash"], set()).add(link["unit_code"])
    said: set[tuple[int, str]] = set()
    for link in links:
        others = sorted(users[link["file_hash"]] - {link["unit_code"]})
        if others and (link["key"], link["file_hash"]) not in said:
            said.add((link["key"], link["file_hash"]))
            cell = {"sheet": some_cell[link["key"]]["sheet"]} if link["key"] in some_cell else {}
            at = {**cell, "indicator_code": link["indicator_code"], "part": link["part"]}
            words = (
                listed(zh_names.get(u, u) for u in others[:3])[0], listed(en_names.get(u, u) for u in others[:3])[1],
            )  # fmt: skip
            found = make_problem(plan, "evidence_used_twice", link["file_name"], words, at=at, field="evidence")
            yield from _keyed(link["key"], found)


def _at(plan: Plan, code: str, cell: Row, value: str | None) -> Row | None:
    return make_problem(plan, code, value, at=cell, cell=cell["evidence_cell"], field="evidence")


def _keyed(key: int, problem: Row | None) -> Iterator[Row]:
    if problem:
        yield {**problem, "key": key}


def _with(batch: Batch, links: pl.DataFrame, problems: Sequence[Row]) -> Batch:
    """Add names to blank evidence cells, drop "evidence missing" where files came, append and number the problems."""
    told = links.filter(pl.col("indicator_code").is_not_null())
    names = told.group_by("key", "indicator_code", maintain_order=True).agg(
        told=pl.col("file_name").unique(maintain_order=True).str.join(";")
    )
    cells = batch.cells.join(names, on=["key", "indicator_code"], how="left", maintain_order="left")
    first = pl.int_range(pl.len()).over("key", "indicator_code") == 0
    unnamed = pl.col("evidence").is_null().all().over("key", "indicator_code")
    cells = cells.with_columns(evidence=pl.when(first & unnamed).then("told").otherwise("evidence")).drop("told")
    satisfied = (pl.col("code") == "evidence_missing") & pl.col("told").is_not_null()
    kept = (
        batch.problems.join(names, on=["key", "indicator_code"], how="left", maintain_order="left")
        .filter(~satisfied.fill_null(False))
        .drop("told")
    )
    last = dict(kept.group_by("key").agg(pl.col("number").max()).iter_rows())
    rows = []
    for problem in problems:
        last[problem["key"]] = last.get(problem["key"], 0) + 1
        rows.append({**problem, "number": last[problem["key"]]})
    together = pl.concat([kept, frame(rows, PROBLEM)]) if rows else kept
    return replace(batch, cells=cells, problems=together.sort("key", "number", maintain_order=True))
