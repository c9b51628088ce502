"""Audit: do the stored rows still say what their events say? Events are chained, so neither changes unseen.

Covered: submissions with their measurements, evidence and states, items, verdicts, adjustments, appeals, findings,
samples, periods' states, plans, registries, runs with results, scores and what they counted, publications. Persons are
in no hash, so that they can be erased.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import polars as pl

from schemas.plan_files import files_hash
from schemas.tables import TABLES
from warehouse.events import events
from warehouse.hashing import canonical_json, row_hash
from warehouse.registry import load_plan_files, registry_hash
from warehouse.runs import INPUTS, counted_hash, load_run, run_inputs, runs, scores_hash
from warehouse.session import Warehouse
from warehouse.spot_checks import sample_facts, spot_checks
from warehouse.submissions import facts_of

ALL = 'SELECT * FROM "{name}"'
EVERY_VALUE = 'SELECT bit_xor(hash(t)) FROM "{name}" AS t'


class Difference(NamedTuple):
    """A stored row and its event that do not agree. ``kind``: changed, absent (no row), unrecorded (no event)."""

    table: str
    subject: str
    kind: str


def read_all(warehouse: Warehouse) -> None:
    """Read every value of every table, so that a damaged block is met wherever it lies.

    Raises:
        UserError: the file is damaged (by way of ``read_warehouse``).
    """
    for name in TABLES:
        warehouse.value(EVERY_VALUE.format(name=name))


Facts = Iterable[tuple[str, Mapping[str, Any]]]
"""Of each row: its subject, and what its event must say."""


def verify_rows(warehouse: Warehouse) -> list[Difference]:
    """Return every stored row that does not agree with the events, in the order of tables and subjects."""
    recorded = events(warehouse)
    found: list[Difference] = []
    for table, actions, rows in CHECKS:
        said = Counter(_said(recorded, actions))
        stored = Counter((subject, _text(facts)) for subject, facts in rows(warehouse))
        missing, extra = {s for s, _ in said - stored}, {s for s, _ in stored - said}
        for subject in sorted(missing | extra):
            kind = "changed" if subject in missing & extra else "absent" if subject in missing else "unrecorded"
            found.append(Difference(table, subject, kind))
    return found


def _said(recorded: pl.DataFrame, actions: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    wanted = recorded.filter(pl.col("action").is_in(actions))
    for row in wanted.iter_rows(named=True):
        detail = json.loads(row["detail_json"])
        if row["action"] in WITH_ACTOR:
            detail = {"to": detail["to"], "actor": row["actor"], "reason": row["reason"]}
        yield row["subject"], _text({n: v for n, v in detail.items() if n in COMPARED[actions[0]]})


def _text(facts: Mapping[str, Any]) -> str:
    return canonical_json(dict(facts))


def _submissions(warehouse: Warehouse) -> Facts:
    frames = (warehouse.rows(ALL.format(name=n)) for n in ("submissions", "measurements", "problems"))
    for subject, facts in facts_of(*frames):
        yield subject, {n: facts[n] for n in COMPARED["submission_added"]}


def _states(table: str, subject: str) -> Callable[[Warehouse], Facts]:
    def facts(warehouse: Warehouse) -> Facts:
        for row in warehouse.rows(ALL.format(name=table)).iter_rows(named=True):
            yield row[subject], {"to": row["state"], "actor": row["actor"], "reason": row["reason"]}

    return facts


def _hashed(table: str, subject: str) -> Callable[[Warehouse], Facts]:
    def facts(warehouse: Warehouse) -> Facts:
        for row in warehouse.rows(ALL.format(name=table)).iter_rows(named=True):
            yield row[subject], {"row_hash": row_hash(row)}

    return facts


def _samples(warehouse: Warehouse) -> Facts:
    for (name,), rows in spot_checks(warehouse).group_by("sample_id", maintain_order=True):
        yield str(name), sample_facts(rows)


def _plans(warehouse: Warehouse) -> Facts:
    for name in warehouse.rows(ALL.format(name="plans"))["plan_hash"]:
        whole = files_hash(load_plan_files(warehouse, name)) == name
        yield (name if whole else f"{name} (content)"), {}


def _registries(warehouse: Warehouse) -> Facts:
    units = warehouse.rows(ALL.format(name="units"))
    for (name,), rows in units.group_by("registry_hash", maintain_order=True):
        whole = registry_hash(rows.drop("registry_hash", "recorded_at")) == name
        yield (str(name) if whole else f"{name} (content)"), {"units": rows.height}


def _runs(warehouse: Warehouse) -> Facts:
    for run in runs(warehouse).iter_rows(named=True):
        _, results, scores = load_run(warehouse, run["run_id"])
        facts = {n: run[n] for n in COMPARED["run_saved"] if n in run}
        found = scores_hash(results, scores)
        counted = counted_hash(run_inputs(warehouse, run["run_id"]))
        yield run["run_id"], {**facts, "scores_hash": _same(run["scores_hash"], found), "counted_hash": counted}


def _same(recorded: str, found: str) -> str:
    return recorded if recorded == found else f"{recorded}, but {found}"


def _publications(warehouse: Warehouse) -> Facts:
    for row in warehouse.rows(ALL.format(name="publications")).iter_rows(named=True):
        yield row["publication_id"], {n: row[n] for n in COMPARED["publication_added"]}


WITH_ACTOR = ("submission_state_set", "period_state_set")
_STATE = ("to", "actor", "reason")
COMPARED: dict[str, tuple[str, ...]] = {
    "plan_recorded": (), "registry_recorded": ("units",),
    "submission_added": ("row_hash", "measurements", "measurements_hash", "problems"),
    "evidence_added": ("row_hash",),
    "submission_state_set": _STATE, "period_state_set": _STATE, "item_added": ("row_hash",),
    "verification_added": ("row_hash",), "adjustment_added": ("row_hash",), "appeal_added": ("row_hash",),
    "finding_recorded": ("row_hash",), "sample_drawn": ("cells", "cells_hash"),
    "run_saved": ("period", *INPUTS, "scores_hash", "units", "counted_hash"),
    "publication_added": ("period", "edition", "run_id", "package_hash"),
}  # fmt: skip
"""What an event and its row must both say."""

CHECKS: tuple[tuple[str, tuple[str, ...], Callable[[Warehouse], Facts]], ...] = (
    ("plans", ("plan_recorded",), _plans),
    ("units", ("registry_recorded",), _registries),
    ("submissions", ("submission_added",), _submissions),
    ("evidence_files", ("evidence_added",), _hashed("evidence_files", "submission_id")),
    ("submission_states", ("submission_state_set",), _states("submission_states", "submission_id")),
    ("items", ("item_added",), _hashed("items", "item_id")),
    ("verifications", ("verification_added",), _hashed("verifications", "verification_id")),
    ("adjustments", ("adjustment_added",), _hashed("adjustments", "adjustment_id")),
    ("appeals", ("appeal_added", "appeal_answered"), _hashed("appeals", "appeal_id")),
    ("findings", ("finding_recorded",), _hashed("findings", "finding_id")),
    ("spot_checks", ("sample_drawn",), _samples),
    ("period_states", ("period_state_set",), _states("period_states", "period")),
    ("runs", ("run_saved",), _runs),
    ("publications", ("publication_added",), _publications),
)
