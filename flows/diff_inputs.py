"""What a run was made of, recalled from the warehouse, and mixtures of two runs' inputs."""

import hashlib
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from flows.inputs import late_adjustments, periods_needed, scored_periods, system_items
from schemas.asked import asked
from schemas.errors import UserError
from schemas.folder import Plan, load_plan
from schemas.methods import Panel, parts_of
from schemas.periods import Period, parse_period
from scorecards.numbers import counted

if TYPE_CHECKING:
    from scoring import Inputs
    from warehouse import ScoringInputs, Warehouse

RECORDED = ("measurements", "items", "verifications", "adjustments")
EXPLAIN_ONLY = (
    "recorded_at", "submission_id", "sheet", "cell", "raw", "note", "self_score", "evidence", "verification_id",
    "actor", "reason", "title", "happened_on", "due_on", "closed_on", "source_hash",
)  # fmt: skip
"""Columns that cannot change a score."""


@dataclass(frozen=True)
class State:
    """Everything that one scoring is made of, as recorded. ``plan`` carries the registry that holds.

    ``counting``: the submission that counts per unit and period. ``history``: results of earlier periods.
    """

    plan: Plan
    measurements: pl.DataFrame
    counting: pl.DataFrame
    verifications: pl.DataFrame
    items: pl.DataFrame
    adjustments: pl.DataFrame
    history: pl.DataFrame | None

    def inputs(self, period: Period) -> "Inputs":
        """Return what scoring takes, with what the system itself adds, as ``flows.inputs.load_inputs`` does.

        Rows that the plan does not know (units, indicators, parts of another version) are left out.
        """
        from scoring import Inputs

        plan = self.plan
        here = str(scored_periods(plan, period)[-1])
        heard = self.counting.filter(pl.col("period") == here)["unit_code"].to_list()
        known = self.counting.filter(pl.col("unit_code").is_in(plan.units["unit_code"].implode()))
        items = pl.concat([self.items, system_items(plan, period, known)], how="diagonal_relaxed")
        late = late_adjustments(plan, period, known)
        return Inputs(
            _known_rows(plan, self.measurements, "part"),
            verifications=self.verifications,
            items=_known_rows(plan, items, "kind"),
            adjustments=pl.concat([self.adjustments, late], how="diagonal_relaxed"),
            history=self.history,
            unreported=sorted(set(asked(plan, period)["unit_code"]) - set(heard)),
        )


@dataclass(frozen=True)
class Recalled:
    """A stored run: its row, its results, its inputs, and which of them are no longer as they were."""

    row: dict[str, Any]
    results: pl.DataFrame
    state: State
    unlike: list[str]


def full_id(warehouse: "Warehouse", text: str) -> str:
    """Return the run that is meant by an id, by the beginning of one, or by a period: its newest run.

    ``2023Q1~1`` is the run before the newest of 2023Q1, ``2023Q1~2`` the one before that.

    Raises:
        UserError: none, or several.
    """
    from warehouse import runs

    rows = runs(warehouse)
    known = rows["run_id"].to_list()
    of_period = _of_period(rows.filter(pl.col("period") == text.partition("~")[0])["run_id"].to_list(), text)
    found = of_period or [r for r in known if r == text] or [r for r in known if text and r.startswith(text)]
    if len(found) == 1:
        return str(found[0])
    some = found or known[-5:]
    zh, en = "、".join(some), ", ".join(some)
    if found:
        raise UserError(
            f"“{text}”对应多个计分批次:{zh}。请多写几位。", f"'{text}' names several runs: {en}. Write more of it."
        )
    _refuse_too_few(text, rows)
    raise UserError(f"没有计分批次“{text}”。最近的:{zh}。", f"There is no run '{text}'. The newest: {en}.")


def _refuse_too_few(text: str, rows: pl.DataFrame) -> None:
    """Where a period is meant: say how many runs it has, and how to get the one that is missing."""
    try:
        period = parse_period(text.partition("~")[0])
    except UserError:
        return
    mine = rows.filter(pl.col("period") == str(period))["run_id"].to_list()
    if not mine:
        raise UserError(
            f"{period} 还没有计分。请先运行 kaohe assess {period}。",
            f"{period} has no run yet. Run kaohe assess {period} first.",
        )
    if text.partition("~")[2].isdigit():
        zh, en = "、".join(mine[-5:]), ", ".join(mine[-5:])
        raise UserError(
            f"{period} 只有 {len(mine)} 个计分批次:{zh}。数据更正后再运行 kaohe assess {period},才会有新的批次。",
            f"{period} has only {counted(len(mine), 'run')}: {en}. "
            f"Run kaohe assess {period} when its data have been corrected; that makes another.",
        )


def _of_period(run_ids: list[str], text: str) -> list[str]:
    """Return the run so many before the newest; nothing where there is none."""
    back = text.partition("~")[2] or "0"
    return run_ids[-1 - int(back) :][:1] if back.isdigit() and int(back) < len(run_ids) else []


def recall(warehouse: "Warehouse", run_id: str) -> Recalled:
    """Return a run with its inputs: the plan by its hash, what was recorded as of the run's moment.

    Raises:
        UserError: there is no such run, or its plan is not in the warehouse.
    """
    from warehouse import load_run

    row, results, _ = load_run(warehouse, run_id)
    period = parse_period(row["period"])
    plan = plan_of(warehouse, row["plan_hash"], row["registry_hash"])
    history, earlier = _history(warehouse, plan, period, row["recorded_at"])
    codes, rule = [str(p) for p in periods_needed(plan, period)], plan.file.intake.punctuality
    stored, unlike = _recorded(warehouse, row, codes, earlier, rule)
    state = State(
        plan, stored.measurements, stored.submissions, stored.verifications, stored.items, stored.adjustments, history
    )
    return Recalled(row, results, state, unlike)


def plan_of(warehouse: "Warehouse", plan_hash: str, registry: str) -> Plan:
    """Return a recorded plan, with the registry of units of that hash.

    Raises:
        UserError: the plan is not in the warehouse.
    """
    from warehouse import load_registry

    plan = recorded_plan(warehouse, plan_hash)
    units = load_registry(warehouse, registry).drop("registry_hash", "recorded_at")
    names = units.columns
    same = units.sort(names).equals(plan.units.select(names).sort(names))  # hashing them would need NumPy
    return plan if same else replace(plan, units=units)


def recorded_plan(warehouse: "Warehouse", plan_hash: str) -> Plan:
    """Return a plan as it was when it was recorded, with its own units.

    Raises:
        UserError: the plan is not in the warehouse.
    """
    from warehouse import load_plan_files

    with tempfile.TemporaryDirectory(prefix="kaohe-plan-") as folder:
        for name, content in load_plan_files(warehouse, plan_hash).items():
            (Path(folder) / Path(name).name).write_bytes(content)
        return load_plan(Path(folder))


def _recorded(
    warehouse: "Warehouse", row: dict[str, Any], codes: list[str], earlier: list[str], punctuality: str
) -> tuple["ScoringInputs", list[str]]:
    """Read what was recorded as of the run, and name what does not have the hash that the run recorded."""
    from warehouse import run_inputs, scoring_inputs

    used = run_inputs(warehouse, row["run_id"])["recorded_at"].max()
    moments = [m for m in (row["as_of_at"], row["recorded_at"], used) if isinstance(m, datetime)]
    found: list[tuple[int, ScoringInputs, list[str]]] = []
    for number, moment in enumerate(moments):
        stored = scoring_inputs(warehouse, codes, moment, punctuality)
        unlike = [n for n in RECORDED if _hash(stored, n, earlier) != row[f"{n}_hash"]]
        found.append((number, stored, unlike))
        if not unlike:
            break
    _, stored, unlike = min(found, key=lambda f: (len(f[2]), f[0]))
    return stored, unlike


def _hash(stored: "ScoringInputs", name: str, earlier: list[str]) -> str:
    text = stored.hashes[name]
    if name == "adjustments" and earlier:
        return hashlib.sha256("\n".join([text, *earlier]).encode()).hexdigest()
    return text


def _history(
    warehouse: "Warehouse", plan: Plan, period: Period, before: datetime
) -> tuple[pl.DataFrame | None, list[str]]:
    """Return the earlier periods' results as the run found them, where the plan has rules that need them."""
    from warehouse import load_run, runs

    if not plan.file.consecutive:
        return None, []
    rows = runs(warehouse).filter((pl.col("period") != str(period)) & (pl.col("recorded_at") < before))
    rows = rows.unique("period", keep="last", maintain_order=True)
    earlier = [(r, p) for r, p in rows.select("run_id", "period").iter_rows() if parse_period(p) < period]
    frames = [load_run(warehouse, run_id)[1].with_columns(period=pl.lit(name)) for run_id, name in earlier]
    return (pl.concat(frames) if frames else None), sorted(r for r, _ in earlier)


def _known_rows(plan: Plan, rows: pl.DataFrame, part: str) -> pl.DataFrame:
    """Keep the rows of units, indicators and parts that the plan has."""
    units, codes = plan.units["unit_code"].unique(), list(plan.leaves)
    kept = rows.filter(pl.col("unit_code").is_in(units.implode()) & pl.col("indicator_code").is_in(codes))
    for code, leaf in plan.leaves.items():
        known = {p for m in leaf.methods for p in parts_of(m)}
        if known:
            name = pl.col(part).fill_null("")
            name = name.str.split("/").list.first() if isinstance(leaf.method, Panel) else name
            here = pl.col("indicator_code") == code
            kept = kept.filter(~here | name.is_in([*known, ""]))
    if part == "part":  # what the office itself supplies now is taken from its items, not from old reports
        office = [c for c, leaf in plan.leaves.items() if leaf.owner != "unit"]
        kept = kept.filter(~pl.col("indicator_code").is_in(office))
    return kept


def mixed(old: pl.DataFrame, new: pl.DataFrame, units: Collection[str]) -> pl.DataFrame:
    """Return the new rows of these units and the old rows of all others."""
    mine = pl.col("unit_code").is_in(sorted(units))
    return pl.concat([old.filter(~mine), new.filter(mine)], how="diagonal_relaxed")


def changed_units(old: pl.DataFrame, new: pl.DataFrame, columns: Collection[str] | None = None) -> set[str]:
    """Return the units with a row that only one of two tables has, in the columns that can change a score."""
    both = [c for c in dict.fromkeys([*old.columns, *new.columns]) if c not in (*EXPLAIN_ONLY, "line")]
    wanted = [c for c in both if columns is None or c in columns]
    frames = [
        f.with_columns(pl.lit(None).alias(c) for c in wanted if c not in f.columns).select(wanted) for f in (old, new)
    ]
    found: set[str] = set()
    for one, other in (frames, frames[::-1]):
        types = {c: t for c, t in one.schema.items() if t != pl.Null}
        rest = one.join(other.cast({c: t for c, t in types.items()}), on=wanted, how="anti", nulls_equal=True)
        found |= set(rest["unit_code"].drop_nulls().to_list())
    return found
