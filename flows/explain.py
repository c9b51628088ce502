"""``kaohe explain`` from the warehouse: a stored run's numbers, derived down to file, sheet and cell.

The scores, ranks and grades shown are the run's own, as stored. Only what stands between them is computed again, from
the rows that the run counted; so one unit of thousands is explained by reading its own rows, and those of others only
where a method compares with them.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl

from flows.diff_inputs import full_id, plan_of, recall
from flows.inputs import late_adjustments, scored_periods, system_items
from flows.settings import Settings
from schemas.asked import asked, is_mean_of_quarters
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.methods import reference_group
from schemas.periods import Period, parse_period
from schemas.plan import Indicator

if TYPE_CHECKING:
    from scoring import Inputs
    from scoring.explain_model import Explanation
    from warehouse import Lineage, Warehouse

Row = dict[str, Any]
CLASS_MEAN = "class_mean"


@dataclass(frozen=True)
class Explained:
    """An explanation, its run's row, where the run stands, and the received files that it rests on.

    ``edition``: the publication of this run, if any. ``newer``: the period's newest run where it is another one.
    ``files``: submission_id, file_name, file_hash, revision, received_on, place (inside the data folder; null where the
    archive lacks it), in the order of the derivation.
    """

    explanation: "Explanation"
    run: Row
    edition: str | None
    newer: str | None
    rules_changed: bool
    files: tuple[Row, ...]

    def to_dict(self) -> Row:
        """Return everything as plain values."""
        about = {"edition": self.edition, "newer_run": self.newer, "rules_changed": self.rules_changed}
        return {**self.explanation.to_dict(), "run": {**self.run, **about}, "files": list(self.files)}


def explain_run(
    settings: Settings, unit: str, node: str | None = None, *, period: Period | None = None, run: str | None = None
) -> Explained:
    """Explain a unit's total, or one node of it, in a run: the one named, else the period's newest.

    ``unit`` is a code, a name or an alias.

    Raises:
        UserError: nothing is recorded; no such run, unit or node; a run of another period.
    """
    from scoring import rules_hash
    from warehouse import latest_run, publications, read_warehouse

    with read_warehouse(settings.warehouse) as warehouse:
        run_id = _run_meant(warehouse, period, run)
        found = _explain(warehouse, run_id, unit, node)
        row, explanation = found.lineage.run, found.explanation
        shown = publications(warehouse, row["period"]).filter(pl.col("run_id") == run_id)["publication_id"].to_list()
        newest = latest_run(warehouse, row["period"])
    return Explained(
        explanation, row, shown[-1] if shown else None, newest if newest != run_id else None,
        row["rules_hash"] != rules_hash(), _files(settings, found),
    )  # fmt: skip


def explained_text(done: Explained, lang: str) -> str:
    """Return the derivation as text, the run above it and the files it rests on below."""
    from scoring.explain_text import to_text

    n = 0 if lang == "zh" else 1
    lines = [RUN[n].format(**done.run, edition=_edition(done, n), day=done.run["recorded_at"].date())]
    lines += [NEWER[n].format(done.newer)] if done.newer else []
    lines += [RULES[n]] if done.rules_changed else []
    files = [_file_line(f, n) for f in done.files]
    below = [FILES[n], *files] if files else []
    return "\n".join([*lines, to_text(done.explanation, lang).rstrip("\n"), *below]) + "\n"


RUN = ("批次 {run_id},{day} 计分{edition}", "run {run_id}, scored on {day}{edition}")
NEWER = ("该周期另有较新的批次 {}。", "The period has a newer run {}.")
RULES = (
    "注意:计分规则在该批次之后有变更;得分为当时所记,中间步骤按现行规则列出。",
    "Note: the scoring rules have changed since; scores are as recorded, the steps between follow today's rules.",
)
FILES = ("原件:", "received files:")


def _edition(done: Explained, n: int) -> str:
    word = (f",已公布({done.edition})", f", published as {done.edition}")[n]
    return word if done.edition else ""


def _file_line(file: Row, n: int) -> str:
    name = file["file_name"] or ("登记簿", "register")[n]
    facts = [file["submission_id"] or "", (f"{file['received_on']} 收到", f"received {file['received_on']}")[n]]
    place = file["place"] or ("档案中没有", "not in the archive")[n]
    shown = (",", ", ")[n].join(f for f in (facts if file["submission_id"] else []) if f)
    return f"  {name}" + (f"({shown})" if shown and n == 0 else f" ({shown})" if shown else "") + f" {place}"


@dataclass(frozen=True)
class _Found:
    plan: Plan
    lineage: "Lineage"
    explanation: "Explanation"


def _run_meant(warehouse: "Warehouse", period: Period | None, run: str | None) -> str:
    from warehouse import latest_run, run_row

    if run is None and period is None:
        raise UserError("请写明 --period 或 --run。", "Give --period or --run.", exit_code=2)
    found = full_id(warehouse, run) if run else latest_run(warehouse, str(period))
    if found is None:
        raise UserError(
            f"{period} 还没有计分。请先运行 kaohe assess {period}。",
            f"{period} has no run yet. Run kaohe assess {period} first.",
        )
    own = run_row(warehouse, found)["period"]
    if period is not None and own != str(period):
        raise UserError(f"批次 {found} 属于 {own},不属于 {period}。", f"Run {found} is one of {own}, not of {period}.")
    return found


def _explain(warehouse: "Warehouse", run_id: str, unit: str, node: str | None) -> _Found:
    from scoring.explain import Explainer
    from warehouse import lineage, run_row

    row = run_row(warehouse, run_id)
    period = parse_period(row["period"])
    plan = plan_of(warehouse, row["plan_hash"], row["registry_hash"])
    code = _unit_code(plan, unit)
    _refuse_unknown_node(plan, node)
    if is_mean_of_quarters(plan, period):  # each quarter has to be scored to be explained: all units of it
        inputs = recall(warehouse, run_id).state.inputs(period)
        return _Found(plan, lineage(warehouse, run_id, code), Explainer(plan, inputs, period).unit(code, node))
    codes, units = _compared(plan, code, node)
    part = lineage(
        warehouse, run_id, code, indicator_codes=codes, others=units, node_codes=_nodes_of_grades(plan, node),
        scores_of=units if _has_class_means(plan) else (),
    )  # fmt: skip
    if code not in part.results["unit_code"]:
        raise UserError(
            f"{plan.units.filter(pl.col('unit_code') == code)['name'][0]}({code})不在 {period} 的考核范围内。",
            f"{code} is not assessed in {period}.",
        )
    narrow = _of_units(plan, [code, *units])
    explainer = Explainer(narrow, _inputs(narrow, period, part, code), period, known=(part.results, part.scores))
    return _Found(plan, part, explainer.unit(code, node))


def _unit_code(plan: Plan, text: str) -> str:
    """Return the code of the unit that a code, name or alias means; the newest row of the registry wins."""
    for code, name, aliases in reversed(plan.units.select("unit_code", "name", "aliases").rows()):
        if text in (code, name, *(aliases or "").split("|")):
            return str(code)
    some = plan.units["unit_code"][:5].to_list()
    raise UserError(
        f"考核方案没有单位“{text}”。请写单位代码或全称,代码例如:{'、'.join(some)}。",
        f"The plan has no unit '{text}'. Write its code or full name; codes are, for example, {', '.join(some)}.",
    )


def _refuse_unknown_node(plan: Plan, node: str | None) -> None:
    if node is None or node in plan.nodes or node in plan.leaves:
        return
    some = [*plan.nodes, *plan.leaves][:8]
    raise UserError(
        f"考核方案没有节点或指标“{node}”。例如:{'、'.join(some)}。",
        f"The plan has no node or indicator '{node}'. There are, for example, {', '.join(some)}.",
    )


def _compared(plan: Plan, unit: str, node: str | None) -> tuple[set[str], set[str]]:
    """Return the indicators and the units of which rows are looked at beside the unit's own.

    They are the indicators whose method compares units, and the units of the groups in which it does; for a total the
    units among which it is ranked, where they are those of a column of the units.
    """
    shown = _sources(plan, node or plan.root)
    if any(plan.leaves[c].value_from in plan.nodes for c in shown):  # a node's score as value: whatever that rests on
        return shown, set(plan.units["unit_code"])
    groups = {c: _groups(plan.leaves[c]) for c in shown}
    codes = {source for c in shown if groups[c] for source in _sources(plan, c)}
    others = {"class"} if _has_class_means(plan) else set[str]()
    others |= {plan.file.rank.within} - {"class", "all"} if node is None else set()
    return codes, _mates(plan.units, unit, others).union(*(_mates(plan.units, unit, g) for g in groups.values()))


def _sources(plan: Plan, code: str) -> set[str]:
    """Return the indicators at or below a node, and those from which these take their values."""
    todo, seen = {code}, set[str]()
    while todo:
        seen |= todo
        values = {plan.leaves[c].value_from for c in todo & plan.leaves.keys()} - {None}
        todo = {str(v) for v in values}.union(*(plan.children.get(c, []) for c in todo)) - seen
    return seen & plan.leaves.keys()


def _groups(indicator: Indicator) -> set[str]:
    """Return the groups inside which an indicator's methods compare units: class, all, columns of the units."""
    return {g for m in indicator.methods if (g := reference_group(m)) is not None}


def _mates(units: pl.DataFrame, unit: str, groups: set[str]) -> set[str]:
    """Return the units that share one of the groups with a unit, at any time."""
    found: set[str] = set()
    for group in groups:
        column = "class_code" if group == "class" else group
        if column not in units.columns:  # all; what is no column is refused when the plan is compiled
            return set(units["unit_code"])
        own = units.filter(pl.col("unit_code") == unit)[column]
        found |= set(units.filter(pl.col(column).is_in(own.implode(), nulls_equal=True))["unit_code"])
    return found


def _has_class_means(plan: Plan) -> bool:
    file = plan.file
    return CLASS_MEAN in {file.missing_report, *(f for n in file.tree for f in (n.missing, n.not_applicable))}


def _nodes_of_grades(plan: Plan, node: str | None) -> set[str]:
    """Return the nodes of which all units' scores are looked at to explain a grade."""
    file = plan.file
    floors = {c for g in file.grades for c in g.node_floors}
    return set() if node is not None else floors.union(file.grade_by.nodes if file.grade_by else [])


def _of_units(plan: Plan, codes: list[str]) -> Plan:
    """Return the plan as it is for some units alone."""
    mine = pl.col("unit_code").is_in(codes)
    return replace(
        plan, units=plan.units.filter(mine), assignments=plan.assignments.filter(mine),
        targets=plan.targets.filter(pl.col("unit_code").is_null() | mine),
    )  # fmt: skip


def _inputs(plan: Plan, period: Period, part: "Lineage", unit_code: str) -> "Inputs":
    """Return what the run scored, as ``flows.inputs.load_inputs`` did, of the units that are looked at."""
    from scoring import Inputs

    counting = part.submissions
    here = str(scored_periods(plan, period)[-1])
    heard = counting.filter(pl.col("period") == here)["unit_code"]
    unit = plan.units.filter(pl.col("unit_code") == unit_code)
    return Inputs(
        part.measurements,
        verifications=part.verifications,
        items=pl.concat([part.items, system_items(plan, period, counting, part.periods)], how="diagonal_relaxed"),
        adjustments=pl.concat([part.adjustments, late_adjustments(plan, period, counting)], how="diagonal_relaxed"),
        unreported=sorted(set(asked(plan, period, units=unit)["unit_code"]) - set(heard)),
    )


def _files(settings: Settings, found: _Found) -> tuple[Row, ...]:
    """Return the received files that the derivation names, in its order."""
    about = {
        r["submission_id"]: r
        for r in found.lineage.submissions.select("submission_id", "file_name", "file_hash", "received_at").to_dicts()
    }
    zone = ZoneInfo(found.plan.file.time_zone)
    files: dict[str, Row] = {}
    for place in _places(found.explanation):
        row = about.get(place.get("submission_id", ""))
        known = row["file_hash"] if row else place.get("source_hash")
        if not known or known in files:
            continue
        received = row["received_at"].replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date() if row else None
        files[known] = {
            "submission_id": row["submission_id"] if row else None, "file_name": row["file_name"] if row else None,
            "file_hash": known, "received_on": received.isoformat() if received else None,
            "place": _archived(settings, known),
        }  # fmt: skip
    return tuple(files.values())


def _places(explanation: "Explanation") -> list[Row]:
    trees = [e.tree for e in (explanation, *explanation.quarters) if e.tree is not None]
    return [s.place for tree in trees for n in tree.walk() if n.indicator is not None for s in n.indicator.sources]


def _archived(settings: Settings, file_hash: str) -> str | None:
    there = sorted((settings.archive / file_hash[:2]).glob(f"{file_hash}*"))
    return there[0].relative_to(settings.home).as_posix() if there else None
