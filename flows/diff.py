"""``kaohe diff``: what moved between two runs of a period, and which part of each move came from what."""

from flows.diff_changes import input_changes
from flows.diff_inputs import Recalled, full_id, recall
from flows.diff_walk import NOISE, NOWHERE, Note, Walk, merged, others_matter, standings
from flows.settings import Settings
from schemas.errors import UserError
from schemas.periods import parse_period
from scorecards.diff import CAUSES, Move, RunDiff


def diff_runs(settings: Settings, run_a: str, run_b: str) -> RunDiff:
    """Compare two runs of one period.

    Raises:
        UserError: no such run; runs of different periods; a plan that is not in the warehouse.
    """
    from warehouse import read_warehouse

    with read_warehouse(settings.warehouse) as warehouse:
        old = recall(warehouse, full_id(warehouse, run_a))
        new = recall(warehouse, full_id(warehouse, run_b))
    if old.row["period"] != new.row["period"]:
        raise UserError(
            f"批次 {old.row['run_id']} 属于 {old.row['period']},{new.row['run_id']} 属于 {new.row['period']}。"
            "请比较同一周期的两个批次。",
            f"Run {old.row['run_id']} is one of {old.row['period']}, {new.row['run_id']} of {new.row['period']}. "
            "Compare two runs of one period.",
        )
    return compare(old, new)


def compare(old: Recalled, new: Recalled) -> RunDiff:
    """Attribute every unit's move from one recalled run to another."""
    period = parse_period(old.row["period"])
    walk = Walk(period)
    steps = walk.through(old, new)
    before, after = standings(old.results), standings(new.results)
    exact = not any(others_matter(r.state.plan) for r in (old, new))
    plans = [r.state.plan for r in (old, new)]
    both = {lang: {c: n for plan in plans for c, n in plan.unit_names(lang).items()} for lang in ("zh", "en")}
    names = {code: {lang: both[lang][code] for lang in both} for code in both["zh"]}
    moves = [
        Move(
            unit, before.get(unit, NOWHERE), after.get(unit, NOWHERE),
            tuple(merged(c, [s.part(unit, exact_totals=exact) for s in steps if s.cause == c]) for c in CAUSES),
        )
        for unit in sorted({*before, *after})
        if before.get(unit, NOWHERE) != after.get(unit, NOWHERE)
    ]  # fmt: skip
    file = new.state.plan.file
    classes = {**old.state.plan.file.classes, **file.classes}
    grades = {g.code: g.title for r in (old, new) for g in r.state.plan.file.grades}
    return RunDiff(
        period=old.row["period"],
        plan_title={lang: file.title.get(lang) for lang in ("zh", "en")},
        classes={code: {lang: title.get(lang) for lang in ("zh", "en")} for code, title in classes.items()},
        grades={code: {lang: title.get(lang) for lang in ("zh", "en")} for code, title in grades.items()},
        names=names,
        places=4 if file.total.places == "none" else file.total.places,
        old=old.row,
        new=new.row,
        units=len({*before, *after}),
        moves=tuple(sorted(moves, key=lambda m: (-abs(m.points), m.unit_code))),
        changes=tuple(input_changes(old.state, new.state)) if old.row["run_id"] != new.row["run_id"] else (),
        notes=(*_unlike(old), *_unlike(new), *_rules_note(old, new, moves), *walk.notes),
    )


def _unlike(run: Recalled) -> list[Note]:
    if not run.unlike:
        return []
    names = ", ".join(run.unlike)
    return [
        (
            f"批次 {run.row['run_id']} 的输入不能完全恢复({names}),差额列入“计分规则”。",
            f"Inputs of run {run.row['run_id']} cannot be recalled in full ({names}); the rest stands under scoring "
            "rules.",
        )
    ]


def _rules_note(old: Recalled, new: Recalled, moves: list[Move]) -> list[Note]:
    from scoring import rules_hash

    today = rules_hash()
    if old.row["rules_hash"] == new.row["rules_hash"] == today:
        return []
    if not any(abs(p.points) >= NOISE for m in moves for p in m.parts if p.cause == "rules"):
        return []
    return [
        (
            "计分规则的旧程序不保存:各部分按现行规则计算,现行规则不能解释的差额列入“计分规则”。",
            "The rules' old source is not kept: every part is computed by today's rules, and what they do not explain "
            "of the recorded results stands under scoring rules.",
        )
    ]
