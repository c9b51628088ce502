"""The form's last columns: what each indicator is worth, its provisional score, what a blank costs, and their sums."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from intake.form import FIRST_ROW, POSITION, Answers, FormRow
from intake.formula_value import Value
from intake.provisional import Estimate, Place, cell_values, filled_condition, nil_condition, provisional, result
from intake.report import cell_name
from intake.styles import Styles

if TYPE_CHECKING:
    from intake.template import Forms

NO_ESTIMATE = "—"
_SUM = {
    "zh": "合计:分值;预估得分折算分;空白失分",
    "en": "Sums: points; points expected by now; points that blanks cost",
}


def write_scores(
    form: Any,
    styles: Styles,
    forms: "Forms",
    unit_code: str,
    rows: Sequence[FormRow],
    answers: Answers,
    estimates: Mapping[str, Estimate],
    *,
    nil: bool,
) -> None:
    """Write points, provisional score and cost of a blank beside the first row of each indicator; sums below."""
    box = cell_name(FIRST_ROW + len(rows) + 1, 3)
    nil_box = f"${box[0]}${box[1:]}"
    earned = lost = whole = 0.0
    for code, group in groupby(rows, key=lambda r: r.indicator.code):
        parts = list(group)
        place = Place(FIRST_ROW + parts[0].number - 1, nil_box, forms.lang)
        for row in range(place.first, place.first + len(parts)):
            for name in ("points", "provisional", "cost"):
                form.write_blank(row, POSITION[name], None, styles.fixed)
        worth = forms.points.get((unit_code, code))
        if worth is not None:
            form.write_number(place.first, POSITION["points"], worth, styles.score)
        mine = {r.part: answers[r.key] for r in parts if r.key in answers}
        cells = cell_values(parts, place, mine, nil_box=nil) if mine or nil else {}
        estimate = estimates.get(code, Estimate())
        score = _write_score(form, styles, parts, place, estimate, cells)
        cost = _write_cost(form, styles, parts, place, estimate, worth, cells)
        whole += worth or 0.0
        earned += (worth or 0.0) * score / 100
        lost += cost
    if whole:  # of a unit nothing of which counts, nothing is summed
        _write_sums(form, styles, len(rows), (whole, earned, lost), forms.lang)


def _write_score(
    form: Any, styles: Styles, rows: Sequence[FormRow], place: Place, estimate: Estimate, cells: Mapping[str, Value]
) -> float:
    """Write the provisional score, or the word why there can be none; return the score for the answers there."""
    column = POSITION["provisional"]
    formula = provisional(rows, place, estimate)
    if formula is None:
        why = estimate.why[place.lang != "zh"]
        form.write_string(place.first, column, why or NO_ESTIMATE, styles.score_word)
        return 0.0
    shown = result(formula, cells) if cells else ""
    form.write_formula(place.first, column, formula, styles.score, "" if shown is None else shown)
    return shown if isinstance(shown, float) else 0.0


def _write_cost(
    form: Any,
    styles: Styles,
    rows: Sequence[FormRow],
    place: Place,
    estimate: Estimate,
    worth: float | None,
    cells: Mapping[str, Value],
) -> float:
    """Write what a blank costs: what it is worth, less what the plan's rule for missing values leaves."""
    if worth is None:
        return 0.0
    filled = filled_condition(rows, place, estimate)
    word = estimate.blank_word[place.lang != "zh"]
    if estimate.nil == 1:
        filled = f"OR({filled},{nil_condition(place.first, place)})"
    cost = f'"{word}"' if estimate.blank is None else f"{worth * (1 - estimate.blank / 100):.15g}".upper()
    formula = f"=IF({filled},0,{cost})"
    shown = result(formula, cells) if cells else (word if estimate.blank is None else float(cost))
    form.write_formula(place.first, POSITION["cost"], formula, styles.score, shown)
    return shown if isinstance(shown, float) else 0.0


def _write_sums(form: Any, styles: Styles, count: int, sums: tuple[float, float, float], lang: str) -> None:
    at = FIRST_ROW + count
    points, scores, costs = (
        f"{cell_name(FIRST_ROW, POSITION[name])}:{cell_name(at - 1, POSITION[name])}"
        for name in ("points", "provisional", "cost")
    )
    form.set_row(at, 28)
    form.merge_range(at, POSITION["self_score"], at, POSITION["note"], _SUM[lang], styles.label)
    form.write_formula(at, POSITION["points"], f"=SUM({points})", styles.score, sums[0])
    form.write_formula(at, POSITION["provisional"], f"=SUMPRODUCT({points},{scores})/100", styles.score, sums[1])
    form.write_formula(at, POSITION["cost"], f"=SUM({costs})", styles.score, sums[2])
