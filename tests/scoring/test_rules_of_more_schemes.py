"""Rules that a second round of real schemes asked for: weights of zero, grades with equal floors, banded sections.

Expected values are worked by hand from the rule in the comment.
"""

from typing import Any

import pytest

from schemas.lint import lint
from tests.scoring.by_table import VALUE_IS_SCORE, check_standing, plan, run

ENGINES = pytest.mark.parametrize("on", ["polars", "duckdb"])


# a weight of zero


@ENGINES
@pytest.mark.parametrize("missing", ["zero", "exclude", "class_mean", {"value": 30}])
@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("geometric", 60), ("harmonic", 60), ({"power": -1.5}, 60), ("min", 60), ("max", 60), ("product", 60),
        ("arithmetic", 60), ({"power": 3}, 60), ("sum", 60),
    ],
)  # fmt: skip
def test_what_has_no_weight_in_a_class_changes_no_mean_there(
    aggregate: Any, expected: float, missing: Any, on: str
) -> None:
    # x⁰ is 1: in class b only the first indicator counts, whatever the second is (0, 90, not reported, not applicable).
    weights: dict[str, Any] = {"weights": "factors"} if aggregate in ("product", "sum") else {}
    full = 1 if weights else 100
    made = plan(
        [
            {"code": "x", "method": VALUE_IS_SCORE, "weight": full / 2, "weight_by_class": {"b": full}},
            {"code": "y", "method": VALUE_IS_SCORE, "weight": full / 2, "weight_by_class": {"b": 0}},
        ],
        tree=[{"code": "ROOT", "aggregate": aggregate, "missing": missing, **weights}],
        classes={"a": "a", "b": "b"},
        units="unit|class\nA|a\nB0|b\nB90|b\nB|b\nBn|b",
    )
    values = "unit|indicator|value|status\nA|x|60|\nA|y|60|\nB0|x|60|\nB0|y|0|\nB90|x|60|\nB90|y|90|\nB|x|60|\nBn|x|60|"
    got = run(made, values + "\nBn|y||not_applicable", on=on)
    assert [got.of(u)["base"] for u in ("B0", "B90", "B", "Bn")] == pytest.approx([expected] * 4, abs=1e-9)


@ENGINES
def test_only_children_without_a_weight_are_no_least_child(on: str) -> None:
    made = plan(
        [
            {"code": "x", "method": VALUE_IS_SCORE, "weight": 1},
            {"code": "y", "method": VALUE_IS_SCORE, "weight": 0},
        ],
        tree=[{"code": "ROOT", "aggregate": "min", "missing": "exclude"}],
    )
    assert run(made, "unit|indicator|value\nU|y|40", on=on).of("U")["base"] is None


def test_below_a_least_child_all_have_a_weight_or_none() -> None:
    made = plan(
        [
            {"code": "x", "method": VALUE_IS_SCORE},
            {"code": "y", "method": VALUE_IS_SCORE, "weight": 0},
        ],
        tree=[{"code": "ROOT", "aggregate": "min"}],
    )
    assert [p.code for p in lint(made) if p.severity == "error"] == ["weight_missing"]


# grades


def test_two_grades_may_have_one_floor_where_the_better_one_has_hurdles() -> None:
    # US public housing (24 CFR 902.11): 60 of 100 and 60 % of every indicator is standard, 60 alone substandard.
    check_standing(
        """
        unit | S1  | S2 | grade
        A    | 100 | 90 | high
        B    | 100 | 58 | substandard
        C    | 60  | 60 | standard
        D    | 61  | 59 | substandard
        E    | 61  | 58 | troubled
        """,
        nodes=["S1", "S2"],
        grades=[
            {"code": "high", "title": "x", "floor": 90, "node_floors": {"S1": 60, "S2": 60}},
            {"code": "standard", "title": "x", "floor": 60, "node_floors": {"S1": 60, "S2": 60}},
            {"code": "substandard", "title": "x", "floor": 60},
            {"code": "troubled", "title": "x"},
        ],
    )


@pytest.mark.parametrize(
    ("first", "second", "fine"),
    [
        ({"floor": 60, "node_floors": {"ROOT": 60}}, {"floor": 60}, True),
        ({"floor": 60, "quota": 0.3}, {"floor": 60}, True),
        ({"floor": 60, "top": 3}, {"floor": 60, "node_floors": {"ROOT": 70}}, True),
        ({"above": 60}, {"floor": 60}, True),
        ({"floor": 60}, {"above": 60}, False),
        ({"floor": 60}, {"floor": 60}, False),
        ({"floor": 60, "quota": 0.3}, {"floor": 61}, False),
        ({"below": 2}, {"ceiling": 2}, True),
        ({"ceiling": 2}, {"below": 2}, False),
        ({"ceiling": 2, "top": 1}, {"ceiling": 2}, True),
    ],
)
def test_equal_bounds_of_two_grades(first: dict[str, Any], second: dict[str, Any], fine: bool) -> None:
    grades = [{"code": "A", "title": "A", **first}, {"code": "B", "title": "B", **second}, {"code": "C", "title": "C"}]
    made = plan([{"code": "x", "method": VALUE_IS_SCORE}], grades=grades)
    assert ("grade_floors" not in [p.code for p in lint(made)]) is fine


def test_banded_sections_weigh_as_the_tree_says_for_the_class() -> None:
    # Bands 3, 2, 1. Class a: (3×3 + 1×1 + 0×…)/4 = 2.5; class b weighs them 1 and 3: (3 + 3)/4 = 1.5.
    tree = [
        {"code": "ROOT", "weights": "relative"},
        {"code": "S1", "parent": "ROOT", "weight": 3, "weight_by_class": {"b": 1}},
        {"code": "S2", "parent": "ROOT", "weight": 1, "weight_by_class": {"b": 3}},
        {"code": "S3", "parent": "ROOT", "weight": 0},
    ]
    bands = [{"from": 80, "points": 3}, {"from": 60, "points": 2}, {"from": 0, "points": 1}]
    made = plan(
        [{"code": f"i{n}", "parent": f"S{n}", "method": VALUE_IS_SCORE} for n in (1, 2, 3)],
        tree=tree, classes={"a": "a", "b": "b"}, units="unit|class\nA|a\nB|b",
        grade_by={"nodes": ["S1", "S2", "S3"], "bands": bands, "weights": "tree"},
        grades=[{"code": "good", "title": "x", "floor": 2.5}, {"code": "fair", "title": "x", "floor": 1.5},
                {"code": "poor", "title": "x"}],
    )  # fmt: skip
    rows = "".join(f"\n{u}|i1|90\n{u}|i2|10\n{u}|i3|10" for u in "AB")
    got = run(made, f"unit|indicator|value{rows}")
    assert [got.of(u)["grade"] for u in "AB"] == ["good", "fair"]
