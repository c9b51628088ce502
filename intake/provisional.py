"""The score a unit can expect for what it has filled in so far, as a live formula of the form (预估得分).

Only methods that need nothing but the unit's own cells, its target and its earlier reports; relative methods, growth
and panels have none. The engine's score counts; this one is shown to the unit before it sends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intake.form import POSITION, FormRow
from intake.report import cell_name
from schemas.methods import Attainment, Boolean, Checklist, Coverage, Deductions, Milestones, Points, parts_of


@dataclass(frozen=True)
class Provisional:
    """A formula and its value for the answers already there (None where it shows nothing yet)."""

    formula: str
    score: float | None


@dataclass(frozen=True)
class Given:
    """What the formula takes as given: target, sums reported earlier in the year by part, place in the year."""

    target: float | None
    so_far: Mapping[str, float]
    position: int
    yes: str


def provisional(
    rows: Sequence[FormRow], first: int, answers: Mapping[str, Mapping[str, Any]], known: Given
) -> Provisional | None:
    """Return the formula of one indicator, whose rows start at row ``first`` (from 0); None where there can be none."""
    indicator = rows[0].indicator
    if indicator.per != 1.0:
        return None
    at = {row.part: first + n for n, row in enumerate(rows)}
    match indicator.method:
        case Attainment() as method if not (
            method.per_point_above or method.per_point_below or method.direction == "down"
        ):
            target = method.target if isinstance(method.target, float) else known.target
            return _attainment(method, first, target, known.so_far.get("", 0.0), answers.get("", {}).get("value"))
        case Coverage() as method if indicator.accumulation != "flow":
            return _coverage(method, first, answers.get("", {}), known.target)
        case Boolean() as method:
            return _boolean(method, first, answers.get("", {}).get("value"), known.yes)
        case Checklist() as method:
            weights = parts_of(method)
            return _met(at, weights, sum(weights.values()), method.cap, answers, known.yes)
        case Milestones() as method:
            stages = method.stages if all(s.due is None for s in method.stages) else [
                s for s in method.stages if s.due is not None and s.due <= known.position
            ]  # fmt: skip
            return _met(at, parts_of(method), sum(s.weight for s in stages), method.cap, answers, known.yes)
        case Points() as method if not method.cap_by_kind and method.full_marks_at:
            return _counted(at, answers, known, method.per_item, 100 / method.full_marks_at, 0.0, (0.0, method.cap))
        case Deductions() as method:
            return _counted(at, answers, known, method.per_case, -1.0, method.full_marks or 0.0, (method.floor, None))
    return None


def _cell(row: int, column: str = "value") -> str:
    return cell_name(row, POSITION[column])


def _text(number: float) -> str:
    return f"{number:.15g}"


def _limited(inner: str, low: float | None, high: float | None) -> str:
    inner = inner if high is None else f"MIN({_text(high)},{inner})"
    return inner if low is None else f"MAX({_text(low)},{inner})"


def _limit(score: float, low: float | None, high: float | None) -> float:
    score = score if high is None else min(high, score)
    return score if low is None else max(low, score)


def _attainment(method: Attainment, row: int, target: float | None, so_far: float, value: Any) -> Provisional | None:
    if target is None or target <= 0:
        return None
    inner = f"100*({_cell(row)}+{_text(so_far)})/{_text(target)}"
    formula = f'=IF(ISNUMBER({_cell(row)}),{_limited(inner, method.floor, method.cap)},"")'
    score = _limit(100 * (value + so_far) / target, method.floor, method.cap) if _is_number(value) else None
    return Provisional(formula, score)


def _coverage(method: Coverage, row: int, answer: Mapping[str, Any], given: float | None) -> Provisional | None:
    target = method.target if isinstance(method.target, float) else given
    if target is None or target <= 0:
        return None
    upper, lower = _cell(row, "numerator"), _cell(row, "denominator")
    inner = _limited(f"100*(100*{upper}/{lower})/{_text(target)}", method.floor, method.cap)
    formula = f'=IF(AND(ISNUMBER({upper}),ISNUMBER({lower}),N({lower})>0),{inner},"")'
    top, bottom = answer.get("numerator"), answer.get("denominator")
    there = _is_number(top) and _is_number(bottom) and bottom > 0  # type: ignore[operator]
    score = _limit(100 * (100 * top / bottom) / target, method.floor, method.cap) if there else None  # type: ignore[operator]
    return Provisional(formula, score)


def _boolean(method: Boolean, row: int, value: Any, yes: str) -> Provisional:
    met, not_met = method.met or 0.0, method.not_met or 0.0
    formula = f'=IF({_cell(row)}="","",IF({_cell(row)}="{yes}",{_text(met)},{_text(not_met)}))'
    return Provisional(formula, None if value is None else met if value == 1 else not_met)


def _met(
    at: Mapping[str, int],
    weights: Mapping[str, float],
    full: float,
    cap: float | None,
    answers: Mapping[str, Any],
    yes: str,
) -> Provisional | None:
    """Weight of what is met over the full weight, in per cent."""
    if full <= 0:
        return None
    terms = "+".join(f'({_cell(at[p])}="{yes}")*{_text(w)}' for p, w in weights.items())
    blank = f"COUNTA({','.join(_cell(at[p]) for p in weights)})=0"
    values = {p: answers.get(p, {}).get("value") for p in weights}
    reached = sum(w for p, w in weights.items() if values[p] == 1)
    score = None if all(v is None for v in values.values()) else _limit(100 * reached / full, None, cap)
    return Provisional(f'=IF({blank},"",{_limited(f"100*({terms})/{_text(full)}", None, cap)})', score)


def _counted(
    at: Mapping[str, int],
    answers: Mapping[str, Any],
    known: Given,
    per: Mapping[str, float] | float,
    scale: float,
    start: float,
    limits: tuple[float | None, float | None],
) -> Provisional:
    """Start plus scale times the counts so far and now, each times its points."""
    each = {p: per.get(p, 0.0) if isinstance(per, Mapping) else per for p in at}
    before = sum(known.so_far.get(p, 0.0) * each[p] for p in at)
    terms = "+".join(f"N({_cell(row)})*{_text(each[p])}" for p, row in at.items())
    inner = _limited(f"{_text(start)}+({terms}+{_text(before)})*{_text(scale)}", *limits)
    values = {p: v for p in at if _is_number(v := answers.get(p, {}).get("value"))}
    counted = sum(v * each[p] for p, v in values.items()) + before
    score = _limit(start + counted * scale, *limits) if values else None
    blank = f"COUNT({','.join(_cell(row) for row in at.values())})=0"
    return Provisional(f'=IF({blank},"",{inner})', score)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
