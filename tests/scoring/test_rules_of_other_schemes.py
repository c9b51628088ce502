"""Rules that schemes of other countries asked for: what an outside examiner could not say in a plan before.

Expected values are worked by hand from the rule in the comment.
"""

import math

import pytest

from schemas.errors import UserError
from tests.scoring.by_table import VALUE_IS_SCORE, check_method, check_standing, plan, run, scored, tree_of

WIDE = {"clamp": "none", "places": "none"}
LETTERS = [
    {"code": "A", "title": "A", "floor": 90},
    {"code": "B", "title": "B", "floor": 80},
    {"code": "C", "title": "C", "floor": 60},
    {"code": "D", "title": "D"},
]


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
        grades=LETTERS,
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


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_sums_of_millions_stay_exact(on: str) -> None:
    rows = "\n".join(f"i{n:02d} | 1000000" for n in range(12))
    amount = {"method": {"kind": "goalposts", "worst": 0, "best": 100, "clamp": False}}
    table = f"indicator | score\n{rows}"
    assert scored(table, on=on, leaf=amount, aggregate="sum", clamp="none") == 12_000_000


def test_no_binary_noise_in_a_mean_of_one() -> None:
    for score in ("110", "3.4", "7", "-7", "59.7"):
        got = tree_of(f"indicator|score\na|{score}", clamp="none", leaf={"method": {**VALUE_IS_SCORE}})
        assert got.roots() == float(score)


def test_a_total_that_only_reaches_its_cap_is_not_capped() -> None:
    check_standing("unit|base|total|reason\nA|110|110|\nB|110.5|110|total_capped", total={"clamp": [0, 110]})


# targets taken from the group


@pytest.mark.parametrize("on", ["polars", "duckdb"])
@pytest.mark.parametrize(
    ("target", "direction", "expected"),
    [
        ("group_mean", "up", [50, 100, 150]),  # mean of 10, 20, 30 is 20
        ("group_median", "up", [50, 100, 150]),
        ("group_best", "up", [100 / 3, 200 / 3, 100]),
        ("group_best", "down", [100, 0, 0]),  # 100 × (2 − value / 10)
    ],
)
def test_a_target_may_be_the_groups(target: str, direction: str, expected: list[float], on: str) -> None:
    method = {"kind": "attainment", "target": target, "direction": direction, "cap": 200}
    made = plan([{"code": "i", "method": method}], units="unit\nA\nB\nC\nD", missing_report="exclude")
    got = run(made, "unit|indicator|value\nA|i|10\nB|i|20\nC|i|30", on=on)
    assert [got.score("i", u) for u in "ABC"] == pytest.approx(expected)
    assert got.score("i", "D") is None


def test_the_group_is_the_class_unless_the_plan_says_otherwise() -> None:
    units = "unit|class\nA|x\nB|x\nC|y"
    cells = "unit|indicator|value\nA|i|10\nB|i|30\nC|i|20"
    for within, expected in (("class", [50, 150, 100]), ("all", [50, 150, 100]), ("unit_code", [100, 100, 100])):
        method = {"kind": "attainment", "target": "group_mean", "within": within, "cap": 200}
        got = run(plan([{"code": "i", "method": method}], units=units), cells)
        assert [got.score("i", u) for u in "ABC"] == pytest.approx(expected), within


def test_bands_of_attainment_of_the_groups_mean() -> None:
    # At the mean full marks, at 80 % of it 60.
    bands = [{"to": 80, "score": 0}, {"from": 80, "to": 100, "score": [60, 100]}, {"from": 100, "score": 100}]
    method = {"kind": "bands", "of": "attainment", "target": "group_mean", "bands": bands}
    made = plan([{"code": "i", "method": method}], units="unit\nA\nB\nC")
    got = run(made, "unit|indicator|value\nA|i|8\nB|i|9\nC|i|13")
    assert [got.score("i", u) for u in "ABC"] == pytest.approx([60, 80, 100])


def test_a_groups_target_of_zero_or_below_scores_nobody() -> None:
    method = {"kind": "attainment", "target": "group_mean"}
    got = run(plan([{"code": "i", "method": method}], units="unit\nA\nB"), "unit|indicator|value\nA|i|-5\nB|i|5")
    assert (got.score("i", "A"), got.reason("i", "A")) == (None, "bad_target")


# a node's score as a value


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_a_nodes_score_may_be_standardised_again(on: str) -> None:
    # US hospital star ratings: group scores are standardised before they are weighed. Group means 40, 60, 80: sample
    # mean 60, sd 20, so z −1, 0, 1 and 50 + 10 z: 40, 50, 60. The other part counts 90 for all. Half and half.
    made = plan(
        [
            {"code": "a", "parent": "G", "method": VALUE_IS_SCORE},
            {"code": "b", "parent": "G", "method": VALUE_IS_SCORE},
            {"code": "z", "method": {"kind": "zscore"}, "value_from": "G", "weight": 50},
            {"code": "c", "method": VALUE_IS_SCORE, "weight": 50},
        ],
        tree=[{"code": "ROOT"}, {"code": "G", "parent": "ROOT", "weight": 0, "clamp": "none"}],
        units="unit\nA\nB\nC",
    )
    rows = "A|a|30\nA|b|50\nB|a|60\nB|b|60\nC|a|100\nC|b|60\nA|c|90\nB|c|90\nC|c|90"
    got = run(made, f"unit|indicator|value\n{rows}", on=on)
    assert [got.node("z", u)["value"] for u in "ABC"] == pytest.approx([40, 60, 80])
    assert [got.score("z", u) for u in "ABC"] == pytest.approx([40, 50, 60])
    assert [got.of(u)["base"] for u in "ABC"] == pytest.approx([65, 70, 75])
    assert got.node("G", "A")["effective_weight_pct"] == 0


def test_criteria_on_sections_are_counted() -> None:
    # Least developed countries: each section that reaches its threshold is one criterion met.
    leaves = [{"code": f"s{n}", "parent": f"S{n}", "method": VALUE_IS_SCORE} for n in (1, 2, 3)]
    met = {"kind": "bands", "bands": [{"to": 66, "score": 0}, {"from": 66, "score": 100}]}
    leaves += [{"code": f"c{n}", "parent": "MET", "method": met, "value_from": f"S{n}"} for n in (1, 2, 3)]
    tree = [{"code": "ROOT"}, {"code": "MET", "parent": "ROOT", "weight": 100}]
    tree += [{"code": f"S{n}", "parent": "ROOT", "weight": 0} for n in (1, 2, 3)]
    got = run(plan(leaves, tree=tree), "unit|indicator|value\nU|s1|66\nU|s2|65.9\nU|s3|90")
    assert got.of("U")["base"] == pytest.approx(200 / 3)


def test_stages_build_on_each_other_and_what_is_missing_stays_missing() -> None:
    # I's score is turned round in II, II's in III: 100 − (100 − 30) = 30. B reported nothing for I.
    turned = {"kind": "goalposts", "worst": 100, "best": 0}
    made = plan(
        [
            {"code": "i", "parent": "I", "method": VALUE_IS_SCORE},
            {"code": "ii", "parent": "II", "method": turned, "value_from": "I"},
            {"code": "iii", "parent": "III", "method": turned, "value_from": "II"},
        ],
        tree=[
            {"code": "ROOT"},
            {"code": "III", "parent": "ROOT", "weight": 100, "missing": "exclude"},
            {"code": "II", "parent": "ROOT", "weight": 0, "missing": "exclude"},
            {"code": "I", "parent": "ROOT", "weight": 0, "missing": "exclude"},
        ],
        units="unit\nA\nB",
    )
    got = run(made, "unit|indicator|value\nA|i|30")
    assert got.of("A")["base"] == pytest.approx(30)
    assert (got.of("B")["base"], got.reason("iii", "B")) == (None, "not_reported")


def test_a_section_that_does_not_apply_gives_a_value_that_does_not_apply() -> None:
    made = plan(
        [
            {"code": "i", "parent": "I", "method": VALUE_IS_SCORE},
            {"code": "x", "method": VALUE_IS_SCORE, "value_from": "I", "weight": 40},
            {"code": "y", "method": VALUE_IS_SCORE, "weight": 60},
        ],
        tree=[{"code": "ROOT"}, {"code": "I", "parent": "ROOT", "weight": 0}],
    )
    got = run(made, "unit|indicator|value|status\nU|i||not_applicable\nU|y|80|reported")
    assert (got.of("U")["base"], got.reason("x")) == (80, "not_applicable")


# measurements without a period, or of a longer one

QUARTERS = {"periods": ["2023Q1", "2023Q2", "2023Q3", "2023Q4"]}
FLOW = {"code": "i", "accumulation": "flow", "method": {"kind": "attainment", "target": 100}}


@pytest.mark.parametrize(
    ("period", "rows", "score"),
    [
        ("2023Q3", "U|i||60", 60),  # no period: the year to date
        ("2023Q4", "U|i|2023|80", 80),
        ("2023H1", "U|i|2023H1|40", 40),
        ("2023Q3", "U|i|2023H1|40\nU|i|2023Q3|15", 55),
        ("2023Q4", "U|i|2023H1|40\nU|i|2023H2|50", 90),
        ("2023Q3", "U|i|2023Q1|10\nU|i|2023Q3|15", None),  # a gap
        ("2023Q2", "U|i|2023Q1|10\nU|i|2023Q2|15", 25),
    ],
)
@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_a_flow_over_several_periods_is_their_sum(period: str, rows: str, score: float | None, on: str) -> None:
    made = plan([FLOW], missing_report="exclude", **QUARTERS)
    got = run(made, f"unit|indicator|period|value\n{rows}", period=period, on=on)
    assert got.score("i") == score
    assert got.reason("i") == (None if score is not None else "gap")


def test_a_flow_without_any_column_of_periods_is_the_year_to_date() -> None:
    assert run(plan([FLOW], **QUARTERS), "unit|indicator|value\nU|i|60", period="2023Q3").score("i") == 60


@pytest.mark.parametrize("other", ["2023Q1", "2023Q2"])
def test_a_sum_beside_one_of_its_periods_is_refused(other: str) -> None:
    with pytest.raises(UserError, match="i"):
        run(plan([FLOW], **QUARTERS), f"unit|indicator|period|value\nU|i|2023H1|40\nU|i|{other}|15", period="2023Q2")


# impossible values


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_a_value_outside_the_plans_limits_scores_nothing(on: str) -> None:
    check = {"minimum": 0, "maximum": 10, "whole": True}
    made = plan([{"code": "i", "method": VALUE_IS_SCORE, **check}], units="unit\nA\nB\nC\nD", missing_report="exclude")
    got = run(made, "unit|indicator|value\nA|i|10\nB|i|11\nC|i|-1\nD|i|5.5", on=on)
    assert [got.score("i", u) for u in "ABCD"] == [10, None, None, None]
    assert [got.reason("i", u) for u in "BCD"] == ["impossible_value"] * 3


def test_limits_that_intake_only_warns_of_do_not_take_the_score() -> None:
    made = plan(
        [{"code": "i", "method": VALUE_IS_SCORE, "maximum": 10}],
        intake={"checks": {"out_of_range": {"severity": "warning"}}},
    )
    assert run(made, "unit|indicator|value\nU|i|11").score("i") == 11


# no number is less than it is


def test_there_is_no_minus_zero() -> None:
    made = plan([{"code": "i", "method": {"kind": "minmax", "direction": "down"}}], units="unit\nA\nB")
    score = run(made, "unit|indicator|value\nA|i|5\nB|i|9").score("i", "B")
    assert (score, math.copysign(1, score or 0.0)) == (0, 1)


def test_marks_of_a_panel_keep_all_their_digits() -> None:
    # (80 + 80 + 85) / 3 on a scale of 100 and (8 + 8 + 8.5) / 3 on one of 10 are the same score.
    for scale in ([0, 10], [0, 100]):
        made = plan([{"code": "p", "method": {"kind": "panel", "groups": {"g": 1}, "scale": scale}}])
        marks = [m * scale[1] / 10 for m in (8, 8, 8.5)]
        rows = "\n".join(f"U|p|g/{n}|{m}" for n, m in enumerate(marks))
        assert run(made, f"unit|indicator|part|value\n{rows}").score("p") == pytest.approx(245 / 3, abs=1e-10)


def test_lights_are_turned_round_where_the_lowest_is_best() -> None:
    made = plan([{"code": "i", "method": VALUE_IS_SCORE}], rank={"order": "down"})
    assert (made.file.lights.green, made.file.lights.yellow) == (10, 40)


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
def test_a_value_at_the_mean_has_the_standard_score_of_the_mean(on: str) -> None:
    method = {"kind": "zscore", "centre": 0, "per_sd": 1, "clamp": False}
    made = plan([{"code": "i", "method": method}], units="unit\nA\nB\nC", tree=[{"code": "ROOT", "clamp": "none"}])
    got = run(made, "unit|indicator|value\nA|i|80\nB|i|90\nC|i|70", on=on)
    assert [got.score("i", u) for u in "ABC"] == [0, 1, -1]


def test_many_roundings_are_quick_to_build_on_duckdb() -> None:
    # Each rule is a step of its own; nested, twelve of them would take minutes.
    leaves = [
        {"code": f"i{n}", "method": VALUE_IS_SCORE, "places": n, "value_places": 12 - n, "value_rounding": "half_even"}
        for n in range(1, 9)
    ]
    made = plan(leaves, total={"rounding": "half_even", "places": 2}, tree=[{"code": "ROOT", "places": 3}])
    rows = "\n".join(f"U|i{n}|12.3456789" for n in range(1, 9))
    assert run(made, f"unit|indicator|value\n{rows}", on="duckdb").score("i2") == 12.35


# what a scorer written apart from the documentation found


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


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_steep_power_means_of_tiny_scores_fit(on: str) -> None:
    # ((0.5^-2 + 0.25^-2) / 2)^(-1/2) per cent of 100, and of 0.02 and 0.01 likewise.
    got = tree_of("indicator|A|B\ni|50|0.02\nj|25|0.01", aggregate={"power": -2}, on=on)
    assert got.roots() == pytest.approx({"A": 100 / math.sqrt(10), "B": 0.02 / math.sqrt(2.5)}, rel=1e-9)


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_more_places_than_a_number_has_digits_change_nothing(on: str) -> None:
    amount = {"kind": "goalposts", "worst": 0, "best": 100, "clamp": False}
    made = plan(
        [{"code": "i", "method": amount, "places": 15}, {"code": "j", "method": amount, "places": 6}],
        tree=[{"code": "ROOT", "clamp": "none", "places": 12}],
        total={"clamp": "none", "places": 20},
    )
    got = run(made, "unit|indicator|value\nU|i|12.5\nU|j|987654", on=on)
    assert (got.score("i"), got.score("j"), got.of("U")["total"]) == (12.5, 987654, 493833.25)


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_a_product_of_amounts_beyond_all_measure_is_told(on: str) -> None:
    amount = {"kind": "goalposts", "worst": 0, "best": 1, "clamp": False}
    made = plan(
        [{"code": "i", "method": amount}, {"code": "j", "method": amount}],
        tree=[{"code": "ROOT", "clamp": "none", "aggregate": {"power": 4}}],
    )
    with pytest.raises(UserError, match="larger unit of measure"):
        run(made, "unit|indicator|value\nU|i|9999\nU|j|9999", on=on)


def test_the_registry_may_have_columns_of_any_name() -> None:
    made = plan([{"code": "i", "method": VALUE_IS_SCORE}], units="unit|class_no|unit_no|base\nA|x|1|5\nB|y|2|6")
    got = run(made, "unit|indicator|value\nA|i|10\nB|i|20")
    assert [got.of(u)["rank"] for u in "AB"] == [2, 1]
