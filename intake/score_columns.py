"""The form's last two columns: what each indicator is worth, its provisional score as live formula, and sums."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from intake.form import FIRST_ROW, POSITION, Answers, FormRow
from intake.provisional import Given, provisional
from intake.report import cell_name
from intake.styles import Styles

if TYPE_CHECKING:
    from intake.template import Forms

NO_ESTIMATE = "—"
_SUM = {
    "zh": "合计:未填指标的分值;已填指标的预估得分",
    "en": "Sum: points of indicators still blank; provisional points of the others",
}


def write_scores(
    form: Any, styles: Styles, forms: "Forms", unit_code: str, rows: Sequence[FormRow], answers: Answers
) -> None:
    """Write points and provisional score beside the first row of each indicator, and their sum below."""
    blank = earned = 0.0
    for code, group in groupby(rows, key=lambda r: r.indicator.code):
        parts = list(group)
        at, place = FIRST_ROW + parts[0].number - 1, (unit_code, code)
        for row in range(at, at + len(parts)):
            form.write_blank(row, POSITION["points"], None, styles.fixed)
            form.write_blank(row, POSITION["provisional"], None, styles.fixed)
        worth = forms.points.get(place)
        if worth is not None:
            form.write_number(at, POSITION["points"], worth, styles.score)
        yes = "是" if forms.lang == "zh" else "yes"
        given = Given(forms.due_targets.get(place), forms.so_far.get(place, {}), forms.position, yes)
        found = provisional(parts, at, {r.part: answers.get(r.key, {}) for r in parts}, given)
        if found is None:
            form.write_string(at, POSITION["provisional"], NO_ESTIMATE, styles.score)
            continue
        form.write_formula(
            at, POSITION["provisional"], found.formula, styles.score, "" if found.score is None else found.score
        )
        blank += worth or 0.0 if found.score is None else 0.0
        earned += (worth or 0.0) * (found.score or 0.0) / 100
    if forms.points and rows:
        _write_sums(form, styles, len(rows), blank, earned, forms.lang)


def _write_sums(form: Any, styles: Styles, count: int, blank: float, earned: float, lang: str) -> None:
    at = FIRST_ROW + count
    points, scores = (
        f"{cell_name(FIRST_ROW, POSITION[name])}:{cell_name(at - 1, POSITION[name])}"
        for name in ("points", "provisional")
    )
    form.set_row(at, 28)
    form.merge_range(at, POSITION["self_score"], at, POSITION["note"], _SUM[lang], styles.label)
    form.write_formula(at, POSITION["points"], f'=SUMPRODUCT(({scores}="")*{points})', styles.score, blank)
    form.write_formula(at, POSITION["provisional"], f"=SUMPRODUCT({points},{scores})/100", styles.score, earned)
