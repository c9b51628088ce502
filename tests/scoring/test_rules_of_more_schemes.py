"""Rules that a second round of real schemes asked for: weights of zero, grades with equal floors, banded sections.

Expected values are worked by hand from the rule in the comment.
"""

from typing import Any

import pytest

from schemas.lint import lint
from tests.scoring.by_table import VALUE_IS_SCORE, check_method, check_standing, plan, run

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


# binary noise


@ENGINES
@pytest.mark.parametrize(("part", "whole"), [(2, 3), (134, 300), (1e-6, 7), (22, 7)])
@pytest.mark.parametrize("deviation", ["sample", "population"])
def test_equal_values_have_no_spread_whatever_their_digits(part: float, whole: float, deviation: str, on: str) -> None:
    # All units at 2 of 3: the mean of 66.66666666666667 is that number, not one a trillionth beside it.
    made = plan(
        [{"code": "z", "per": 100, "method": {"kind": "zscore", "deviation": deviation}}],
        units="unit\nA\nB\nC", missing_report="exclude",
    )  # fmt: skip
    got = run(made, "unit|indicator|numerator|denominator" + "".join(f"\n{u}|z|{part}|{whole}" for u in "ABC"), on=on)
    assert [(got.score("z", u), got.reason("z", u)) for u in "ABC"] == [(None, "no_spread")] * 3


@ENGINES
def test_small_values_keep_their_digits_in_means_and_sums(on: str) -> None:
    # Rates of a few in a billion: 1, 2 and 6 billionths are 1/9, 2/9 and 6/9 of the sum; z of the middle one −1/√7.
    made = plan(
        [
            {"code": "share", "method": {"kind": "share_of_total"}},
            {"code": "z", "value_from": "share", "method": {"kind": "zscore"}},
            {"code": "mean", "value_from": "share", "method": {"kind": "attainment", "target": "group_mean"}},
        ],
        units="unit\nA\nB\nC", missing_report="exclude",
    )  # fmt: skip
    got = run(made, "unit|indicator|value\nA|share|1e-9\nB|share|2e-9\nC|share|6e-9", on=on)
    assert [got.score("share", u) for u in "ABC"] == pytest.approx([100 / 9, 200 / 9, 600 / 9], abs=1e-9)
    assert got.score("z", "B") == pytest.approx(50 - 10 / 7**0.5, abs=1e-9)
    assert got.score("mean", "A") == pytest.approx(100 / 3, abs=1e-9)


@ENGINES
def test_equal_scores_of_a_node_tie_however_they_came_about(on: str) -> None:
    # √(60·60), √(40·90) and √(30·120) are all 60.
    leaf = {"parent": "N", "method": {"kind": "goalposts", "worst": 0, "best": 100, "clamp": False}}
    taken = [{"code": k, "value_from": "N", "method": {"kind": k}} for k in ("rank_points", "percentile", "minmax")]
    made = plan(
        [{"code": "x", **leaf}, {"code": "y", **leaf}, *taken],
        tree=[{"code": "ROOT"}, {"code": "N", "parent": "ROOT", "aggregate": "geometric", "clamp": "none"}],
        units="unit\nA\nB\nC", missing_report="exclude",
    )  # fmt: skip
    rows = "\nA|x|60\nA|y|60\nB|x|40\nB|y|90\nC|x|30\nC|y|120"
    got = run(made, f"unit|indicator|value{rows}", on=on)
    assert [got.score("rank_points", u) for u in "ABC"] == [100, 100, 100]
    assert [got.score("percentile", u) for u in "ABC"] == [50, 50, 50]
    assert [got.reason("minmax", u) for u in "ABC"] == ["no_spread"] * 3


def test_a_ratio_per_hundred_meets_its_threshold() -> None:
    # 29 of 100 is 29 per hundred, the benchmark: all ten points. 0.29 × 100 would be 28.999999999999996.
    check_method(
        {"kind": "threshold_benchmark", "threshold": 20, "benchmark": 29},
        """
        numerator | denominator | score
        29        | 100         | 100
        58        | 200         | 100
        """,
        per=100,
    )


# the group's targets


def test_the_target_is_the_mean_of_the_best_three() -> None:
    # SDSN's index takes the mean of the best five; here three: (90 + 80 + 70)/3 = 80; a class of two has but its two.
    check_method(
        {"kind": "attainment", "target": {"best": 3}},
        """
        class | value | score
        a     | 90    | 100
        a     | 80    | 100
        a     | 70    | 87.5
        a     | 40    | 50
        a     |       |
        b     | 10    | 50
        b     | 30    | 100
        """,
    )


def test_the_target_is_a_quantile() -> None:
    # 0.75 of 10, 20, 30, 40 is 32.5.
    check_method(
        {"kind": "bands", "of": "difference", "target": {"quantile": 0.75}, "bands": [
            {"to": 0, "score": 40}, {"from": 0, "score": 100}]},
        """
        value | score
        10    | 40
        20    | 40
        30    | 40
        40    | 100
        """,
    )  # fmt: skip


def test_the_target_is_the_groups_own_ratio_and_not_the_mean_of_ratios() -> None:
    # (1 + 90 + 0)/(10 + 100 + 90) = 45.5 %; a unit with 0 of 0 has no ratio and adds nothing.
    check_method(
        {"kind": "coverage", "target": "group_ratio", "within": "all", "cap": None},
        """
        class | numerator | denominator | score
        a     | 1         | 10          | 2000/91
        b     | 90        | 100         | 18000/91
        b     | 0         | 90          | 0
        b     | 0         | 0           |
        """,
    )


@ENGINES
def test_who_has_just_the_groups_ratio_has_full_marks_exactly(on: str) -> None:
    # 7/25 of 100 is 28, also where 7/25 times 100 is a little more in binary; alone, a unit is its group.
    method = {"kind": "coverage", "target": "group_ratio", "cap": None}
    got = run(plan([{"code": "x", "method": method}]), "indicator|numerator|denominator|unit\nx|7|25|U", on=on)
    assert got.score("x") == 100


@ENGINES
def test_the_target_is_the_value_of_one_unit_of_another_class(on: str) -> None:
    # The European Innovation Scoreboard: 100 × score / the Union's own score, which is no member's.
    made = plan(
        [{"code": "x", "method": VALUE_IS_SCORE, "parent": "N"},
         {"code": "rel", "value_from": "N", "method": {"kind": "attainment", "target": {"unit": "EU"}, "cap": None}}],
        tree=[{"code": "ROOT"}, {"code": "N", "parent": "ROOT"}],
        units="unit|class\nEU|union\nDK|member\nRO|member", missing_report="exclude",
    )  # fmt: skip
    got = run(made, "unit|indicator|value\nEU|x|50\nDK|x|70\nRO|x|15", on=on)
    assert [got.score("rel", u) for u in ("EU", "DK", "RO")] == pytest.approx([100, 140, 30], abs=1e-9)
    none = run(made, "unit|indicator|value\nDK|x|70", on=on)
    assert none.reason("rel", "DK") == "no_target"


# logarithms and ranks


def test_bounds_beside_logarithms_are_written_in_the_measure() -> None:
    # 10 lies half way from 1 to 100.
    check_method(
        {"kind": "minmax", "lower": 1, "upper": 100, "outliers": {"log": True}},
        "value | score\n1 | 0\n10 | 50\n100 | 100\n0 |",
    )
    check_method(
        {"kind": "distance_to_target", "worst": 1, "target": 100, "outliers": {"log": True}},
        "value | score\n1 | 0\n10 | 50\n1000 | 100",
    )


def test_counts_from_zero_have_a_logarithm_with_an_offset() -> None:
    # ln(x + 1): 9 lies half way from 0 to 99.
    check_method(
        {"kind": "log_goalposts", "worst": 0, "best": 99, "offset": 1},
        "value | score\n0 | 0\n9 | 50\n99 | 100\n-1 |",
    )
    check_method({"kind": "minmax", "outliers": {"log": True, "offset": 1}}, "value | score\n0 | 0\n9 | 50\n99 | 100")


def test_places_spread_out_exponentially() -> None:
    # Scottish Indices of Deprivation 2003, appendix 5: −23·ln(1 − R·(1 − e^(−100/23))), R the rank among the areas.
    check_method(
        {"kind": "percentile", "formula": "inclusive", "exponential": 23},
        """
        value | score
        1     | 6.5177332…
        2     | 15.6467900…
        3     | 31.0091435…
        4     | 100
        """,
    )
