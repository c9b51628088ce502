"""Rules that schemes of other countries asked for: lower is better, bounds, vetoes, quotas, rounding, the best only.

Expected values are worked by hand from the rule in the comment.
"""

import pytest

from tests.scoring.by_table import ABCD, VALUE_IS_SCORE, check_method, check_standing, plan, run, scored, tree_of

WIDE = {"clamp": "none", "places": "none"}


# lower is better


def test_the_lowest_total_ranks_first_and_grades_have_ceilings() -> None:
    # Kenya's performance contracts: 1 is excellent, 5 poor; below 2.40 excellent, strictly.
    check_standing(
        """
        unit | base | rank | grade
        A    | 2.39 | 1    | excellent
        B    | 2.4  | 2    | very good
        C    | 3    | 3    | very good
        D    | 3.01 | 4    | poor
        E    |      |      |
        """,
        rank={"order": "down"},
        total=WIDE,
        grades=[
            {"code": "excellent", "title": "x", "below": 2.4},
            {"code": "very good", "title": "x", "ceiling": 3},
            {"code": "poor", "title": "x"},
        ],
    )


def test_a_quota_goes_to_the_lowest_where_lower_is_better() -> None:
    check_standing(
        """
        unit | base | grade
        A    | 1    | best
        B    | 2    | best
        C    | 3    | rest
        D    | 4    | rest
        """,
        rank={"order": "down"},
        grades=[{"code": "best", "title": "x", "quota": 0.5}, {"code": "rest", "title": "x"}],
    )


def test_equal_totals_are_told_apart_by_the_lower_section_and_who_lacks_it_comes_last() -> None:
    check_standing(
        """
        unit | S1 | S2 | rank
        A    | 10 | 20 | 1
        B    | 20 | 10 | 2
        C    |    | 15 | 3
        """,
        nodes=["S1", "S2"],
        rank={"order": "down", "tie_breakers": ["S1"]},
    )


def test_lights_are_turned_round_where_the_lowest_is_best() -> None:
    made = plan([{"code": "i", "method": VALUE_IS_SCORE}], rank={"order": "down"})
    assert (made.file.lights.green, made.file.lights.yellow) == (10, 40)


# bounds of grades


def test_bounds_may_exclude_their_edge() -> None:
    # Indonesia's SAKIP: AA is above 90, A above 80; 90.00 itself is A.
    check_standing(
        """
        unit | base  | grade
        A    | 90.01 | AA
        B    | 90    | A
        C    | 80.01 | A
        D    | 80    | B
        """,
        grades=[
            {"code": "AA", "title": "x", "above": 90},
            {"code": "A", "title": "x", "above": 80},
            {"code": "B", "title": "x"},
        ],
    )


def test_negative_floors_include_their_edge() -> None:
    check_standing(
        """
        unit | base | grade
        A    | -2.4 | B
        B    | -2.5 | C
        """,
        total=WIDE,
        grades=[{"code": "B", "title": "x", "floor": -2.4}, {"code": "C", "title": "x"}],
    )


# vetoes that take one grade away


def test_a_veto_takes_one_grade_and_several_add_up() -> None:
    check_standing(
        """
        unit | base | grade | reason
        A    | 95   | B     | veto_one_grade_lower
        B    | 95   | C     | veto_one_grade_lower
        C    | 65   | D     | veto_one_grade_lower
        D    | 50   | D     | veto_one_grade_lower
        E    | 95   | A     |
        """,
        adjustments="""
        unit | kind | code
        A    | veto | participation
        B    | veto | participation
        B    | veto | participation
        C    | veto | participation
        D    | veto | participation
        """,
        adjustments_={"vetoes": {"participation": {"effect": "one_grade_lower"}}},
        **ABCD,
    )


# cumulative quotas


def test_a_cumulative_quota_counts_the_better_grades_in() -> None:
    # The first fifth at most A; the first three fifths at least B. A's floor leaves its places to nobody, and B still
    # ends at the third place.
    grades = [
        {"code": "A", "title": "x", "quota": 0.4, "floor": 95},
        {"code": "B", "title": "x", "quota": 0.6},
        {"code": "C", "title": "x"},
    ]
    table = """
        unit | base | grade
        A    | 96   | A
        B    | 94   | B
        C    | 93   | B
        D    | 92   | {fourth}
        E    | 91   | C
        """
    check_standing(table.format(fourth="C"), grades=grades, quota={"counted": "cumulative"})
    check_standing(table.format(fourth="B"), grades=grades)


# rounding


@pytest.mark.parametrize(
    ("mode", "base", "total"),
    [
        ("down", "89.999", "89.99"),
        ("down", "-1.239", "-1.23"),
        ("down", "0.29999999999999999", "0.3"),
        ("up", "80.001", "80.01"),
        ("up", "-1.231", "-1.24"),
        ("up", "80.00000000000001", "80"),
    ],
)
def test_totals_are_cut_off_or_rounded_up(mode: str, base: str, total: str) -> None:
    check_standing(
        f"unit | base | total\nA | {base} | {total}",
        total={"clamp": "none", "places": 2, "rounding": mode},
    )


def test_scores_of_indicators_and_nodes_are_cut_off_too() -> None:
    # 66.666… and 33.333… to 66.6 and 33.3; their mean 49.95, cut to 49.9.
    made = plan(
        [
            {"code": "a", "method": {"kind": "attainment", "target": 3}, "places": 1},
            {"code": "b", "method": {"kind": "attainment", "target": 3}, "places": 1},
        ],
        tree=[{"code": "ROOT", "places": 1}],
        total={"rounding": "down", "places": 2},
    )
    got = run(made, "unit|indicator|value\nU|a|2\nU|b|1")
    assert (got.score("a"), got.score("b"), got.score("ROOT")) == pytest.approx((66.6, 33.3, 49.9))


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_values_are_truncated_before_they_are_judged(on: str) -> None:
    # US air quality: concentrations are truncated to one decimal, then the bands apply, closed at both ends.
    made = plan(
        [
            {
                "code": "pm",
                "value_places": 1,
                "value_rounding": "down",
                "method": {
                    "kind": "bands",
                    "closed": "both",
                    "bands": [
                        {"from": 0, "to": 9.0, "score": [0, 50]},
                        {"from": 9.1, "to": 35.4, "score": [51, 100]},
                        {"from": 35.5, "score": 100},
                    ],
                },
            }
        ],
        units="unit\nA\nB\nC\nD",
    )
    got = run(made, "unit|indicator|value\nA|pm|9.09\nB|pm|9.1\nC|pm|35.49\nD|pm|4.5", on=on)
    assert [got.score("pm", u) for u in "ABCD"] == pytest.approx([50, 51, 100, 25])
    assert got.node("pm", "A")["value"] == 9.0


def test_between_bands_closed_at_both_ends_there_is_no_score() -> None:
    bands = [{"from": 0, "to": 9, "score": 50}, {"from": 9.1, "score": 100}]
    check_method(
        {"kind": "bands", "bands": bands, "closed": "both"},
        """
        value | score | reason
        9     | 50    |
        9.05  |       | out_of_bands
        9.1   | 100   |
        """,
    )


# products and factors


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_a_product_multiplies_shares(on: str) -> None:
    # Quality 80 times difficulty 1.25: 100; 90 % of 50 %: 45.
    made = plan(
        [{"code": "q", "method": VALUE_IS_SCORE}, {"code": "d", "method": VALUE_IS_SCORE}],
        tree=[{"code": "ROOT", "aggregate": "product", "clamp": "none"}],
        units="unit\nA\nB\nC\nD",
        missing_report="exclude",
    )
    got = run(made, "unit|indicator|value\nA|q|80\nA|d|125\nB|q|90\nB|d|50\nC|q|0\nC|d|50\nD|q|70", on=on)
    assert [got.of(u)["base"] for u in "ABCD"] == pytest.approx([100, 45, 0, 70], abs=1e-9)


def test_factors_are_used_as_written() -> None:
    # FIFA's ranking until 2018: the mean of each of four years, times 1, 0.5, 0.3, 0.2, added up.
    assert scored(
        """
        indicator | weight | score
        year1     | 1      | 500
        year2     | 0.5    | 400
        year3     | 0.3    | 100
        year4     | 0.2    | 50
        """,
        aggregate="sum",
        weights="factors",
        clamp="none",
    ) == pytest.approx(500 + 200 + 30 + 10)


# only the best count


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_contributions_of_the_best_add_up_to_the_base(on: str) -> None:
    # The best two of four: 90 and 60 give 75. With one report, 60 stands in for one of the missing three: a third each.
    got = tree_of(
        """
        indicator | A  | B
        i         | 90 | 90
        j         | 60 |
        k         | 30 |
        l         |    |
        """,
        best=2,
        missing={"value": 60},
        on=on,
    )
    assert got.roots() == {"A": 75, "B": 75}
    assert [got.node(c, "A")["contribution"] for c in "ijkl"] == pytest.approx([45, 30, 0, 0])
    assert [got.node(c, "A")["effective_weight_pct"] for c in "ijkl"] == pytest.approx([50, 50, 0, 0])
    assert [got.node(c, "B")["contribution"] for c in "ijkl"] == pytest.approx([45, 10, 10, 10])


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_only_the_best_children_cover_their_node(on: str) -> None:
    # N1 scores on all of its weight, N2 on a half; the better one alone is looked at.
    made = plan(
        [{"code": f"{n}{k}", "parent": n, "method": VALUE_IS_SCORE} for n in ("N1", "N2") for k in "ab"],
        tree=[
            {"code": "ROOT", "best": 1, "min_coverage": 0.6},
            *({"code": n, "parent": "ROOT", "missing": "exclude"} for n in ("N1", "N2")),
        ],
        units="unit\nA\nB",
    )
    rows = "A|N1a|50\nA|N1b|50\nA|N2a|80\nB|N1a|90\nB|N1b|70\nB|N2a|60"
    got = run(made, f"unit|indicator|value\n{rows}", on=on)
    assert (got.node("ROOT", "A")["coverage_pct"], got.of("A")["base"]) == (50, None)
    assert (got.node("ROOT", "B")["coverage_pct"], got.of("B")["base"]) == (100, 80)


# class means


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_what_a_unit_is_not_asked_has_no_class_mean(on: str) -> None:
    # C is not asked for j: of i alone 30; B lacks j and gets A's 90.
    made = plan(
        [{"code": "i", "method": VALUE_IS_SCORE}, {"code": "j", "method": VALUE_IS_SCORE}],
        tree=[{"code": "ROOT", "missing": "class_mean"}],
        units="unit\nA\nB\nC",
        assignments="indicator|unit|state\nj|C|not_assigned",
    )
    got = run(made, "unit|indicator|value\nA|i|10\nA|j|90\nB|i|50\nC|i|30", on=on)
    assert [got.of(u)["base"] for u in "ABC"] == pytest.approx([50, 70, 30])


@pytest.mark.parametrize(
    ("mean", "on"), [("geometric", "polars"), ("geometric", "duckdb"), ("product", "polars"), ("harmonic", "polars")]
)
def test_a_class_mean_of_zero_makes_a_product_zero(mean: str, on: str) -> None:
    got = tree_of(
        """
        indicator | A  | B  | C
        i         | 50 | 80 | 90
        j         |    | 0  | n/a
        """,
        aggregate=mean,
        missing="class_mean",
        not_applicable="class_mean",
        on=on,
    )
    assert got.roots() == {"A": 0, "B": 0, "C": 0}
