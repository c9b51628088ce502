"""The score a unit can expect for what it has filled in so far, as a live formula of the form (预估得分).

The arithmetic is not written here: the scoring rules declare each method's Excel formula beside its expression, and
``flows.estimates`` hands it over with the parameters that hold for the unit. Here it is put over the form's cells. The
engine's score counts; this one is shown to the unit before it sends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from intake.form import POSITION, YES_NO, FormRow
from intake.formula_value import FormulaError, Value, formula_value
from intake.report import cell_name

Words = tuple[str, str]
NIL = {"zh": "零报告", "en": "nil"}
INVALID = {"zh": "无效", "en": "not valid"}
WAIVED = {"zh": "不适用", "en": "n/a"}


@dataclass(frozen=True)
class SoFar:
    """What earlier periods of the year add to one part: sums of values, numerators and denominators."""

    value: float = 0.0
    numerator: float = 0.0
    denominator: float = 0.0


@dataclass(frozen=True)
class Estimate:
    """How one indicator of one unit is scored, as far as its own cells decide it.

    ``formula``: Excel over ``{value}`` and names of ``numbers``; empty where there can be none, and ``why`` says why.
    ``guard``: a condition over ``{value}`` under which a value gets no score. ``low``, ``high``, ``range``, ``places``
    and ``rounding`` as in the scoring rules, ``points`` what one point of score makes where points are rounded (else
    1); ``value_places`` round the value before. ``weights``: what one in each part counts, ``caps`` the most that a
    part gives, ``once``: a part counts once only. ``nil``: what a nil return is (0 the number zero, 1 not applicable, 2
    not allowed). ``blank``: the score that a blank gets (0–100); None where it gets none, and ``blank_word`` says what
    becomes of it. ``too_few``: the score of a smaller denominator than ``min_denominator``, or missing or
    not_applicable.
    """

    formula: str = ""
    numbers: Mapping[str, float | None] = field(default_factory=dict)
    guard: str = ""
    low: float | None = None
    high: float | None = None
    range: tuple[float, float] = (0.0, 100.0)
    places: int | None = None
    points: float = 1.0
    rounding: str = "half_up"
    value_places: int | None = None
    value_rounding: str = "half_up"
    weights: Mapping[str, float] = field(default_factory=dict)
    caps: Mapping[str, float] = field(default_factory=dict)
    once: bool = False
    so_far: Mapping[str, SoFar] = field(default_factory=dict)
    credit: float = 1.0
    min_denominator: float | None = None
    too_few: float | str = "missing"
    nil: int = 2
    why: Words = ("", "")
    blank: float | None = 0.0
    blank_word: Words = ("", "")


@dataclass(frozen=True)
class Place:
    """Where the rows of one indicator stand: the first (from 0), the cell of the nil box, and the form's language."""

    first: int
    nil_box: str
    lang: str


def filled_condition(rows: Sequence[FormRow], place: Place, estimate: Estimate) -> str:
    """Return the Excel condition that all rows of an indicator are answered: every part counts as asked."""
    return _all([_filled(row, place.first + n, place, estimate) for n, row in enumerate(rows)])


def provisional(rows: Sequence[FormRow], place: Place, estimate: Estimate) -> str | None:
    """Return the formula of one indicator; None where there can be none."""
    if not estimate.formula:
        return None
    score = _score(_value(rows, place, estimate), estimate)
    invalid = f'"{INVALID[place.lang]}"'
    if estimate.guard:
        score = f"IF({estimate.guard.format(value=_value(rows, place, estimate))},{invalid},{score})"
    if rows[0].kind == "ratio" and estimate.min_denominator is not None:
        words = {"missing": invalid, "not_applicable": f'"{WAIVED[place.lang]}"'}
        flat = estimate.too_few
        few = words[flat] if isinstance(flat, str) else _limited(_text(flat), estimate)
        score = f"IF({_denominator(place.first, estimate)}<{_text(estimate.min_denominator)},{few},{score})"
    shown = f'IF({filled_condition(rows, place, estimate)},IFERROR({score},{invalid}),"")'
    if estimate.nil == 1 and not _earlier_cases(estimate):
        shown = f'IF({nil_condition(place.first, place)},"{WAIVED[place.lang]}",{shown})'
    return f"={shown}"


def cell_values(
    rows: Sequence[FormRow], place: Place, answers: Mapping[str, Mapping[str, Any]], *, nil_box: bool
) -> dict[str, Value]:
    """Return what the formulas look at, by address: the answers as the form shows them."""
    yes, no = YES_NO[place.lang]
    cells: dict[str, Value] = {place.nil_box.replace("$", ""): yes if nil_box else None}
    for at, row in enumerate(rows, place.first):
        answer = answers.get(row.part, {})
        for name in ("value", "numerator", "denominator", "note"):
            value = answer.get(name)
            if name == "value" and row.kind == "yes_no" and value in (0, 1):
                value = yes if value else no
            cells[_cell(at, name)] = value
    return cells


def result(formula: str, cells: Mapping[str, Value]) -> Value:
    """Return what a formula shows for these cells."""
    try:
        return formula_value(formula.replace("$", ""), cells)
    except FormulaError:
        return ""


def _score(value: str, estimate: Estimate) -> str:
    names = {n: '""' if v is None else _text(v) for n, v in estimate.numbers.items()}
    return _limited(estimate.formula.format(**{**names, "value": value, "x": value}), estimate)


def _limited(score: str, estimate: Estimate) -> str:
    """Put limits, range and rounding around a score, in the order of the scoring rules."""
    score = score if estimate.high is None else f"MIN({_text(estimate.high)},{score})"
    score = score if estimate.low is None else f"MAX({_text(estimate.low)},{score})"
    bottom, top = estimate.range
    if (bottom, top) != (0.0, 100.0):
        score = f"{_text(bottom)}+({_text(top - bottom)})*({score})/100"
    if estimate.places is None:
        return score
    if estimate.points == 1.0:
        return rounded_formula(score, estimate.places, estimate.rounding)
    points = f"ROUND(({score})*{_text(estimate.points)},10)"
    return f"{rounded_formula(points, estimate.places, estimate.rounding)}/{_text(estimate.points)}"


def rounded_formula(number: str, places: int, mode: str) -> str:
    """Round as the plan says; what binary fractions add in the last digits is cut off first."""
    if mode == "half_up":
        return f"ROUND({number},{places})"
    exact = f"ROUND({number},10)"
    if mode in ("down", "up"):
        return f"{'ROUNDDOWN' if mode == 'down' else 'ROUNDUP'}({exact},{places})"
    scale = _text(10.0**places)
    tie = f"ABS(MOD(ROUND({number}*{scale},9),1)-0.5)<0.0000001"
    return f"IF({tie},2*ROUND({exact}*{scale}/2,0)/{scale},ROUND({exact},{places}))"


def _value(rows: Sequence[FormRow], place: Place, estimate: Estimate) -> str:
    """Return the value used: own cell and earlier periods, parts weighed, a rate from numerator and denominator."""
    if rows[0].kind == "ratio":
        earlier = estimate.so_far.get("", SoFar())
        upper = _sum(_cell(place.first, "numerator"), earlier.numerator)
        value = f"(100*{upper}/{_denominator(place.first, estimate)})"
    else:
        terms = [_part(row, at, place, estimate) for at, row in enumerate(rows, place.first)]
        value = terms[0] if len(terms) == 1 else f"({'+'.join(terms)})"
        value = value if estimate.credit == 1.0 else f"({value}*{_text(estimate.credit)})"
    places = estimate.value_places
    return value if places is None else rounded_formula(value, places, estimate.value_rounding)


def _part(row: FormRow, at: int, place: Place, estimate: Estimate) -> str:
    cell, earlier = _cell(at), estimate.so_far.get(row.part, SoFar()).value
    own = f'({cell}="{YES_NO[place.lang][0]}")' if row.kind == "yes_no" else f"N({cell})"
    amount = _sum(own if row.kind != "yes_no" else f"IF({own},1,0)", earlier)
    if estimate.once and earlier:
        amount = f"MIN(1,{amount})"
    weight, cap = estimate.weights.get(row.part, 1.0), estimate.caps.get(row.part)
    points = amount if weight == 1.0 else f"{amount}*{_text(weight)}"
    return points if cap is None else f"MIN({_text(cap)},{points})"


def _denominator(at: int, estimate: Estimate) -> str:
    return _sum(_cell(at, "denominator"), estimate.so_far.get("", SoFar()).denominator)


def _sum(cell: str, earlier: float) -> str:
    return cell if not earlier else f"({cell}+{_text(earlier)})"


def _earlier_cases(estimate: Estimate) -> bool:
    """Say whether a rate has cases of earlier periods: then a nil return adds none, and the rate stands."""
    return bool(estimate.so_far.get("", SoFar()).denominator)


def _filled(row: FormRow, at: int, place: Place, estimate: Estimate) -> str:
    nil = estimate.nil
    if row.kind == "ratio":
        lower = _cell(at, "denominator")
        filled = f"AND(ISNUMBER({_cell(at, 'numerator')}),ISNUMBER({lower}),{_denominator(at, estimate)}>0)"
        return f"OR({filled},{nil_condition(at, place)})" if nil == 1 and _earlier_cases(estimate) else filled
    cell = _cell(at)
    yes, no = YES_NO[place.lang]
    tests = [f'{cell}="{yes}"', f'{cell}="{no}"'] if row.kind == "yes_no" else [f"ISNUMBER({cell})"]
    tests += [nil_condition(at, place)] if nil == 0 else []
    return tests[0] if len(tests) == 1 else f"OR({','.join(tests)})"


def nil_condition(at: int, place: Place) -> str:
    """Return the Excel condition that a row, or the whole form, is a nil return."""
    word, yes = NIL[place.lang], YES_NO[place.lang][0]
    return f'OR({_cell(at, "note")}="{word}",{_cell(at)}="{word}",{place.nil_box}="{yes}")'


def _all(tests: Sequence[str]) -> str:
    return tests[0] if len(tests) == 1 else f"AND({','.join(tests)})"


def _cell(row: int, column: str = "value") -> str:
    return cell_name(row, POSITION[column])


def _text(number: float) -> str:
    """Write a number with the 15 digits that a spreadsheet keeps; a negative one in brackets."""
    text = f"{number:.15g}".upper()
    return f"({text})" if number < 0 else text
