"""What moved between two runs, and why: run A's inputs are replaced by run B's one after the other, each step scored.

A step's effect is its part. Inside it, what a unit's own inputs do is found by scoring a world in which only they (and
what is common to all, as a weight) are run B's; the rest is the effect of other units' values. Both need scoring only
where they can differ: a unit whose inputs did not change has no effect of its own, a step that changes one unit has no
others, and without relative methods or class means others move ranks and grades but no total.

The rules' old source is not kept. Every step is scored by today's rules; what they do not explain of the two recorded
results is the part of the scoring rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from flows.diff_inputs import Recalled, State
from flows.diff_worlds import STEPS, World
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.methods import reference_group
from schemas.periods import Period
from scorecards.diff import CAUSES, Part, Standing

if TYPE_CHECKING:
    from scoring.engine import Engine

Standings = Mapping[str, Standing]
Note = tuple[str, str]
LIMIT, CELLS = 200, 50_000
"""At most so many units are scored each in a world of its own; fewer where units x indicators exceed ``CELLS``."""
NOWHERE = Standing()
NOISE = 1e-9


@dataclass(frozen=True)
class Step:
    """One cause: standings before and after; ``own``: by unit, what its own inputs alone lead to (None: not told)."""

    cause: str
    before: Standings
    after: Standings
    own: Mapping[str, Standing | None]

    def part(self, unit_code: str, *, exact_totals: bool) -> Part:
        """Return what the step did to a unit; ``exact_totals``: no total depends on other units."""
        before, after = self.before.get(unit_code, NOWHERE), self.after.get(unit_code, NOWHERE)
        own = self.own.get(unit_code, before)
        points = _less(after, before)
        mine = points if own is None and exact_totals else None if own is None else _less(own, before)
        if mine is not None and abs(points - mine) < NOISE:
            mine = points
        return Part(
            self.cause, points, mine, None if mine is None else points - mine, _places(after, before),
            None if own is None else _places(own, before), (before.grade, after.grade),
        )  # fmt: skip


def _less(after: Standing, before: Standing) -> float:
    return (after.total or 0.0) - (before.total or 0.0)


def _places(after: Standing, before: Standing) -> float | None:
    return None if after.rank is None or before.rank is None else after.rank - before.rank


def merged(cause: str, parts: list[Part]) -> Part:
    """Add up the parts of one cause (the rules come in two); a cause without a step did nothing."""

    def total(values: list[float | None]) -> float | None:
        known = [v for v in values if v is not None]
        return sum(known) if len(known) == len(values) else None

    grades = tuple(g for p in parts if len(set(p.grades)) > 1 for g in p.grades)
    return Part(
        cause, sum(p.points for p in parts), total([p.own for p in parts]), total([p.others for p in parts]),
        total([p.rank_move for p in parts]), total([p.rank_own for p in parts]), grades,
    )  # fmt: skip


class Walk:
    """The way from one run's inputs to another's, scored step by step."""

    def __init__(self, period: Period) -> None:
        from scoring import open_engine

        self.period = period
        self.notes: list[Note] = []
        self.left = LIMIT
        self._engine: Engine = open_engine("polars")

    def through(self, old: Recalled, new: Recalled) -> list[Step]:
        """Return the steps in the order of ``CAUSES``; the rules' first half comes first, its second last."""
        if old.row["run_id"] == new.row["run_id"]:
            return []
        recorded_a, recorded_b = standings(old.results), standings(new.results)
        state, here = old.state, self.score(old.state)
        cells = len(recorded_a) * len(old.state.plan.indicators)
        self.left = max(1, min(LIMIT, LIMIT * CELLS // max(cells, 1)))
        steps, carried = [_rules(recorded_a, here)], False
        for cause in (c for c in CAUSES if c != "rules"):
            moved = STEPS[cause](state, new.state)
            if moved is None:
                continue
            units, common, world = moved
            state = world(units)
            try:
                after = self.score(state)
            except UserError as error:
                carried = True  # its effect is part of the next step's, as something common to all
                self._cannot(cause, error)
                continue
            steps.append(Step(cause, here, after, self._own(units, common or carried, world, here, after)))
            here, carried = after, False
        return [*steps, _rules(here, recorded_b)]

    def score(self, state: State) -> Standings:
        """Score a state by today's rules."""
        from scoring import score

        scored = score(state.plan, state.inputs(self.period), self.period, detail="totals", engine=self._engine)
        return standings(scored.results)

    def _own(
        self, units: set[str], common: bool, world: "World", before: Standings, after: Standings
    ) -> dict[str, Standing | None]:
        """Return, by unit, where its own changed inputs (and what is common to all) alone lead to."""
        try:
            rest = after if not units else self.score(world(set())) if common else before
        except UserError:
            return dict.fromkeys({*before, *after})
        own: dict[str, Standing | None] = {u: rest.get(u, NOWHERE) for u in {*before, *after} - units}
        if len(units) == 1:
            return {**own, **{u: after.get(u, NOWHERE) for u in units}}
        for unit in sorted(units):
            own[unit] = self._alone(unit, world)
        return own

    def _alone(self, unit: str, world: "World") -> Standing | None:
        if self.left <= 0:
            note = (
                f"数据有变的单位过多:只对前 {LIMIT} 个以内单独试算,其余单位“本单位、其他单位”未分开(记为 –)。",
                "Too many units changed to score each alone: for the rest, own and others are not told apart (–).",
            )
            if note not in self.notes:
                self.notes.append(note)
            return None
        self.left -= 1
        try:
            return self.score(world({unit})).get(unit, NOWHERE)
        except UserError:
            return None

    def _cannot(self, cause: str, error: UserError) -> None:
        zh, en = CAUSES[cause]
        self.notes.append(
            (
                f"“{zh}”的影响不能单独计算({error.zh}),计入其后的部分。",
                f"The effect of '{en}' cannot be computed apart ({error.en}); it is part of what follows.",
            )
        )


def _rules(before: Standings, after: Standings) -> Step:
    """Return what today's rules, or inputs that cannot be recalled, make of a recorded result."""
    units = {*before, *after}
    return Step("rules", before, after, {u: after.get(u, NOWHERE) for u in units})


def standings(results: pl.DataFrame) -> Standings:
    """Return unit code → where it stands."""
    rows = results.select("unit_code", "class_code", "total", "rank", "grade").iter_rows()
    return {unit: Standing(*rest) for unit, *rest in rows}


def others_matter(plan: Plan) -> bool:
    """Say whether a unit's total can depend on other units' values: relative methods and class means."""
    methods = [m for i in plan.indicators for m in i.methods]
    fills = [plan.file.missing_report, *(f for n in plan.file.tree for f in (n.missing, n.not_applicable))]
    return any(reference_group(m) is not None for m in methods) or "class_mean" in fills
