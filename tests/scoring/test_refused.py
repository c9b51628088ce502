"""A word that nobody knows is refused with a sentence; in silence it would cost or give points."""

import pytest

from schemas.errors import UserError
from tests.scoring.by_table import VALUE_IS_SCORE, frame, plan, run

PLAN = plan(
    [{"code": "I", "method": VALUE_IS_SCORE}],
    adjustments={"vetoes": {"fraud": {"effect": "stop_scoring"}}},
    grades=[{"code": "A", "title": "A", "floor": 90}, {"code": "B", "title": "B"}],
)
CELLS = "unit|indicator|value\nU|I|50"


def test_a_status_that_is_none() -> None:
    with pytest.raises(UserError, match="reporte"):
        run(PLAN, "unit|indicator|value|status\nU|I|50|reporte")


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("U|veto|froud||", "froud"),
        ("U|bonsu|x|3|", "bonsu"),
        ("X|bonus|x|3|", "X"),
        ("U|override_grade|||Z", "Z"),
    ],
    ids=["veto", "kind", "unit", "grade"],
)
def test_an_adjustment_with_an_unknown_word(row: str, word: str) -> None:
    with pytest.raises(UserError, match=word):
        run(PLAN, CELLS, adjustments=f"unit|kind|code|value|grade\n{row}")


def test_a_deduction_below_zero_never_gives_points() -> None:
    with pytest.raises(UserError, match="deduction of unit U is negative"):
        run(PLAN, CELLS, adjustments="unit|kind|value\nU|deduction|-5")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Z||target|5", "Unknown indicator code in the targets 'Z'"),
        ("I|X|target|5", "Unknown unit code in the targets 'X'"),
        ("I||tarjet|5", "Unknown parameter of indicator I 'tarjet'"),
    ],
)
def test_a_target_for_what_nobody_knows(row: str, said: str) -> None:
    targets = frame(f"indicator_code|unit_code|name|value\n{row}")
    with pytest.raises(UserError, match=said):
        run(PLAN, CELLS, targets=targets)
