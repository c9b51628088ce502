"""What an example unit reports: each unit has an ability, each of its indicators a factor around it, both seeded.

A cell depends on seed, unit, indicator and period alone, never on the order of calls; later periods continue earlier
ones (the year to date grows, stages stay reached).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from schemas.asked import asked_positions, periods_of, position
from schemas.base import Model
from schemas.folder import Plan
from schemas.methods import Checklist, Coverage, Growth, Milestones, parts_of
from schemas.periods import Period
from schemas.plan import Indicator

Answer = dict[str, Any]
Answers = dict[tuple[str, str], Answer]
CLASS_MEANS = {
    "dept": 0.94, "affiliate": 0.92, "city": 0.93, "society": 0.9, "university": 0.92, "enterprise": 0.9,
    "institute": 0.93,
}  # fmt: skip
BLANK_SHARE = 0.012
REMARK = "示例数据"


@dataclass(frozen=True)
class DemoValues:
    """The example values of one plan and seed."""

    plan: Plan
    seed: int

    def draw(self, *names: object) -> Random:
        """Return the source of chance that belongs to these names."""
        return Random("/".join(map(str, (self.seed, *names))))

    @cached_property
    def classes(self) -> dict[str, str]:
        """Return each unit's class."""
        return dict(self.plan.units.select("unit_code", "class_code").iter_rows())

    @cached_property
    def _targets(self) -> dict[tuple[str, str | None, str | None, str], float]:
        columns = self.plan.targets.select("indicator_code", "unit_code", "class_code", "name", "value")
        return {(code, unit, group, name): value for code, unit, group, name, value in columns.iter_rows()}

    def parameter(self, unit: str, indicator: Indicator, name: str) -> float | None:
        """Return a parameter of the method for a unit: the unit's own, its class's, everyone's, the plan's number."""
        for key in ((unit, None), (None, self.classes[unit]), (None, None)):
            if (found := self._targets.get((indicator.code, *key, name))) is not None:
                return found
        literal = getattr(indicator.method, name, None)
        return literal if isinstance(literal, float) else None

    def ability(self, unit: str) -> float:
        """Return how well a unit does: about 0.9, by class and chance."""
        mean = CLASS_MEANS.get(self.classes[unit], 0.9)
        return min(1.12, max(0.66, self.draw("ability", unit).gauss(mean, 0.09)))

    def factor(self, unit: str, code: str) -> float:
        """Return how well a unit does in one indicator."""
        return min(1.3, max(0.4, self.draw("factor", unit, code).gauss(self.ability(unit), 0.11)))

    def answers(self, unit: str, codes: list[str], period: Period) -> Answers:
        """Return the answers of one unit to the indicators asked in a period, by indicator and part."""
        result: Answers = {}
        for code in codes:
            indicator = self.plan.leaves[code]
            if self.draw("blank", unit, code, period).random() < BLANK_SHARE:
                continue
            result.update(self._with_evidence(unit, indicator, period, self._cells(unit, indicator, period)))
        if result:
            first = next(iter(result.values()))
            first.setdefault("note", REMARK)
        return result

    def _cells(self, unit: str, indicator: Indicator, period: Period) -> Answers:
        parts = self._parts(unit, indicator, position(self.plan, period))
        if parts:
            return {(indicator.code, part): {"value": value} for part, value in parts.items()}
        if isinstance(indicator.method, Coverage):
            return {(indicator.code, ""): self._ratio(unit, indicator)}
        if indicator.method.kind == "boolean":
            met = self.draw("met", unit, indicator.code).random() < 0.85 * self.ability(unit)
            return {(indicator.code, ""): {"value": float(met)}}
        value = self._number(unit, indicator, period)
        cell: Answer = {"value": value}
        if self.draw("self", unit).random() < 0.3:
            cell["self_score"] = float(min(100, round(100 * self.factor(unit, indicator.code))))
        if value == 0 and indicator.accumulation == "flow":
            cell = {"value": None, "note": "零报告"}
        return {(indicator.code, ""): cell}

    def _with_evidence(self, unit: str, indicator: Indicator, period: Period, cells: Answers) -> Answers:
        wanted = {"required": 1.0, "optional": 0.3, "none": 0.0}[indicator.evidence]
        if cells and self.draw("evidence", unit, indicator.code).random() < wanted:
            next(iter(cells.values()))["evidence"] = f"示例佐证-{unit}-{period}-{indicator.code}.pdf"
        return cells

    def _parts(self, unit: str, indicator: Indicator, at: int) -> dict[str, float]:
        """Return the answers of an indicator that is reported by parts; empty for any other."""
        parts = list(parts_of(indicator.method))
        match indicator.method:
            case Milestones():
                reached = self.stages_reached(unit, indicator, indicator.method, at)
                return {part: float(n < reached) for n, part in enumerate(parts)}
            case Checklist():
                chance = min(0.97, 0.85 * self.factor(unit, indicator.code))
                return {p: float(self.draw("item", unit, indicator.code, p).random() < chance) for p in parts}
        often = [2.6 * self.ability(unit) ** 2, 0.25, 0.1, 0.1]
        draws = [self.draw("kind", unit, indicator.code, p) for p in parts]
        return {p: float(small_count(draws[n], often[min(n, 3)])) for n, p in enumerate(parts)}

    def stages_reached(self, unit: str, indicator: Indicator, method: Milestones, at: int) -> int:
        """Return how many stages are done by a position of the year: as due, one behind, or one ahead."""
        due = sum(1 for s in method.stages if s.due is None or s.due <= at)
        chance = self.draw("stage", unit, indicator.code).random()
        behind = max(0.04, 0.95 - 0.85 * self.ability(unit))
        ahead = 0.12 * self.ability(unit)
        lag = -1 if chance < behind else 1 if chance > 1 - ahead else 0
        return min(len(method.stages), max(0, due + lag))

    def _ratio(self, unit: str, indicator: Indicator) -> Answer:
        chance = self.draw("ratio", unit, indicator.code)
        large = self.classes[unit] in ("dept", "affiliate")
        denominator = chance.randint(1_000, 4_000) if large else chance.randint(20, 160)
        target = self.parameter(unit, indicator, "target") or 100.0
        share = min(1.0, target / 100 * self.factor(unit, indicator.code))
        return {"numerator": float(round(denominator * share)), "denominator": float(denominator)}

    def _number(self, unit: str, indicator: Indicator, period: Period) -> float:
        """Return a number in the indicator's measure: this period's own, the year to date, or the state."""
        at = position(self.plan, period)
        value = self._so_far(unit, indicator, period, at)
        if indicator.accumulation == "flow" and indicator.reported == "increment":
            before = [p for p in asked_positions(self.plan, indicator, period) if p < at]
            value -= self._so_far(unit, indicator, period, before[-1]) if before else 0.0
        return round(value, 4)

    def _so_far(self, unit: str, indicator: Indicator, period: Period, at: int) -> float:
        """Return the year to date, or the state, at a position of the year; it never falls."""
        target = self.parameter(unit, indicator, "target") or 10.0
        factor = self.factor(unit, indicator.code)
        share = _share(indicator.method, indicator.schedule, at, len(periods_of(self.plan, period)))
        eager = 1.08 - 0.08 * share if indicator.reported == "increment" else 1.0
        exact = target * share * factor * eager
        if isinstance(indicator.method, Growth):
            before = self.parameter(unit, indicator, "baseline") or 10.0
            change = target * factor
            exact = before + (before * change / 100 if indicator.method.mode == "percent" else change)
        return self._rounding(unit, indicator)(exact)

    def _rounding(self, unit: str, indicator: Indicator) -> Callable[[float], float]:
        """Return how a unit rounds an indicator: to two places in 万, else up or down by one seeded chance."""
        if "万" in indicator.measure:
            return lambda exact: round(exact, 2)
        lift = self.draw("rounding", unit, indicator.code).random()
        return lambda exact: float(int(exact + lift))


def _share(method: Model, schedule: list[float] | None, at: int, length: int) -> float:
    """Return the share of the annual target due by a position of the year; 1 where the year's target counts at once."""
    if getattr(method, "target", None) != "annual_share":
        return 1.0
    return (schedule or [(n + 1) / length for n in range(length)])[at - 1]


def small_count(chance: Random, mean: float) -> int:
    """Return a small count around a mean: the whole part, one more or one less."""
    return max(0, int(mean + chance.random()) + chance.choice((-1, 0, 0, 1) if mean >= 1 else (0,)))
