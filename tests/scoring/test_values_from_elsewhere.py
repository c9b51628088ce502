"""Targets taken from the group, values taken from a node, reports of no period or a longer one, impossible values.

Schemes of other countries asked for them; expected values are worked by hand from the rule in the comment.
"""

import pytest

from tests.scoring.by_table import QUARTERS, VALUE_IS_SCORE, plan, run

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
    made = plan([FLOW], missing_report="exclude", periods=QUARTERS)
    got = run(made, f"unit|indicator|period|value\n{rows}", period=period, on=on)
    assert got.score("i") == score
    assert got.reason("i") == (None if score is not None else "gap")


def test_a_flow_without_any_column_of_periods_is_the_year_to_date() -> None:
    assert run(plan([FLOW], periods=QUARTERS), "unit|indicator|value\nU|i|60", period="2023Q3").score("i") == 60


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
