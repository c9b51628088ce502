"""The quick way to read a row in which nothing is to be repaired, refused or said, as nearly all rows of a form are.

It says what ``intake.cells.read_row`` says of such a row (a test compares them), in a tenth of the time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from string import ascii_uppercase, digits
from typing import Any

from intake.form import Kind
from intake.guards import column_letters
from intake.known import Known
from intake.numbers import LARGEST, shown
from intake.report import Row

_READ = (
    "indicator_code", "part", "value", "numerator", "denominator", "self_score", "evidence", "note", "status", "title",
    "measure",
)  # fmt: skip
_YES_NO = {"是": 1.0, "否": 0.0}


def plain_reader(
    known: Known, columns: Mapping[str, int], sheet: str, special: Iterable[str]
) -> Callable[[int, Sequence[Any]], Row | None]:
    """Return what reads the n-th row (from 0) as a cell of the report; None where a second look is needed.

    ``columns``: the form's columns by name. ``special``: cells with a formula, or that show a percentage.
    """
    letters = {name: column_letters(columns[name]) for name in _READ if name in columns}
    take = itemgetter(*(columns.get(name, -1) for name in _READ))  # -1 is the blank put behind every row
    read = set(letters.values())
    odd = {int(cell.lstrip(ascii_uppercase)) for cell in special if cell.rstrip(digits) in read}
    forms = known.plain_rows
    upper_place, value_place = letters.get("numerator", letters["value"]), letters["value"]
    lower_place, evidence_place = letters.get("denominator"), letters.get("evidence")

    def plain(n: int, row: Sequence[Any]) -> Row | None:
        code, part, value, upper, lower, score, evidence, note, status, title, measure = take([*row, None])
        if n + 1 in odd or note is not None or status is not None:
            return None
        form = forms.get((code, part)) if code.__class__ is str and _is_text(part) else None
        answer = _answer(form.kind, value, upper, lower) if form and _is_text(evidence) else None
        if form is None or answer is None or not _is_number(score, 0.0, 100.0):
            return None
        if title not in form.own_texts or measure not in form.own_texts:
            return None
        value, upper, lower, raw = answer
        line = n + 1
        return {
            "indicator_code": code, "part": form.part, "value": value, "numerator": upper, "denominator": lower,
            "status": "missing" if raw is None else "reported", "self_score": score,
            "evidence": (evidence.strip() or None) if evidence else None, "note": None, "sheet": sheet,
            "cell": f"{upper_place if form.kind == 'ratio' else value_place}{line}", "raw": raw,
            "denominator_cell": lower_place and f"{lower_place}{line}",
            "evidence_cell": evidence_place and f"{evidence_place}{line}",
        }  # fmt: skip

    return plain


Answer = tuple[float | None, float | None, float | None, str | None]
_BLANK: Answer = (None, None, None, None)


def _answer(kind: Kind, value: Any, upper: Any, lower: Any) -> Answer | None:
    """Return value, numerator, denominator and what stood there; None where they are not plain."""
    if kind == "ratio":
        if value is not None or not (_is_number(upper) and _is_number(lower)):
            return None
        return None, upper, lower, None if upper is None and lower is None else f"{shown(upper)}/{shown(lower)}"
    if value is None:
        return _BLANK
    if kind == "yes_no" and value.__class__ is str:
        return (_YES_NO[value], None, None, value) if value in _YES_NO else None
    if not _is_number(value) or (kind == "yes_no" and value not in (0.0, 1.0)):
        return None
    return value, None, None, shown(value)


def _is_text(value: Any) -> bool:
    return value is None or value.__class__ is str


def _is_number(value: Any, low: float = -LARGEST, high: float = LARGEST) -> bool:
    return value is None or (value.__class__ is float and low <= value <= high)
