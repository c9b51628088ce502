"""Groups that lie wholly beyond a bound, quotas beside a number of places, tiny groups: rules found by random plans.

Expected values are worked by hand from docs/plan-format.md; a scorer in fractions, written from it alone, found these.
"""

import pytest

from schemas.periods import parse_period
from scoring import Inputs
from scoring.explain import Explainer
from scoring.explain_live import live_unit
from tests.scoring.by_table import VALUE_IS_SCORE, check_method, check_standing, measured, plan, run

ENGINES = pytest.mark.parametrize("on", ["polars", "duckdb"])


def test_no_distance_is_measured_where_even_the_worst_has_reached_the_target() -> None:
    # Target 3 is reached by everyone: between a worst of 300 and a target of 3 the formula would run backwards.
    reached = """
        value | score | reason
        300   |       | bad_parameter
        900   |       | bad_parameter
        1200  |       | bad_parameter
    """
    check_method({"kind": "distance_to_target", "target": 3}, reached)
    check_method({"kind": "distance_to_target", "target": 300, "clamp": False}, reached)
    check_method({"kind": "distance_to_target", "target": 5000, "direction": "down"}, reached)


def test_a_unit_alone_is_its_own_worst() -> None:
    check_method(
        {"kind": "distance_to_target", "target": 50},
        """
        class | value | score | reason
        a     | 40    | 0     |
        b     | 60    |       | bad_parameter
        """,
    )


def test_a_given_worst_says_itself_what_is_better() -> None:
    check_method(
        {"kind": "distance_to_target", "target": 0, "worst": 20},
        """
        value | score | reason
        5     | 75    |
        25    | 0     | floored
        """,
    )


def test_bounds_that_leave_the_group_no_room_give_no_score() -> None:
    # Least value 60, upper bound 50: nothing lies between them. Likewise a greatest value of 90 below a lower bound.
    beyond = """
        value | score | reason
        60    |       | bad_parameter
        75    |       | bad_parameter
        90    |       | bad_parameter
    """
    check_method({"kind": "minmax", "upper": 50}, beyond)
    check_method({"kind": "minmax", "upper": 60}, beyond)
    check_method({"kind": "minmax", "lower": 100, "direction": "down"}, beyond)
    check_method({"kind": "minmax", "lower": 100, "clamp": False}, beyond)


def test_bounds_inside_the_group() -> None:
    check_method(
        {"kind": "minmax", "upper": 80},
        """
        value | score | reason
        60    | 0     |
        75    | 75    |
        90    | 100   | capped
        """,
    )


def test_a_quota_and_a_number_of_places_hold_together() -> None:
    # A: a third of six units, but one at most. B: half of them are three, four places are not reached.
    check_standing(
        """
        unit | base | rank | grade | reason
        U    | 95   | 1    | A     |
        V    | 94   | 2    | B     | quota_reached
        W    | 93   | 3    | B     | quota_reached
        X    | 92   | 4    | B     | quota_reached
        Y    | 91   | 5    | C     | quota_reached
        Z    | 90   | 6    | C     | quota_reached
        """,
        grades=[
            {"code": "A", "title": "A", "quota": 0.34, "top": 1},
            {"code": "B", "title": "B", "quota": 0.5, "top": 4},
            {"code": "C", "title": "C"},
        ],
    )


def test_a_quota_too_small_for_a_place_is_not_opened_by_a_number_of_places() -> None:
    check_standing(
        "unit|base|grade\nU|95|B\nV|90|B",
        grades=[{"code": "A", "title": "A", "quota": 0.3, "top": 2}, {"code": "B", "title": "B"}],
    )


@ENGINES
def test_who_is_asked_nothing_below_a_node_is_not_asked_for_its_score(on: str) -> None:
    # Z compares the scores of S, which is asked of class a alone, and not of W: for V and W it is no silence, and no 0.
    made = plan(
        [
            {"code": "x", "parent": "R", "weight": 50, "method": VALUE_IS_SCORE},
            {"code": "Z", "parent": "R", "weight": 50, "method": {"kind": "rank_points"}, "value_from": "S"},
            {"code": "y", "parent": "S", "method": VALUE_IS_SCORE, "assigned_to": ["a"]},
        ],
        tree=[
            {"code": "ROOT"},
            {"code": "R", "parent": "ROOT", "weight": 100, "missing": "zero"},
            {"code": "S", "parent": "ROOT", "weight": 0, "missing": "exclude"},
        ],
        units="unit|class\nU|a\nM|a\nV|b\nW|a",
        classes={"a": "a", "b": "b"},
        assignments="indicator|unit|state\ny|W|not_assigned",
    )
    got = run(made, "unit|indicator|value\nU|x|60\nU|y|50\nM|x|60\nV|x|60\nW|x|60", on=on)
    assert [got.of(u)["base"] for u in "UMVW"] == pytest.approx([80, 30, 60, 60])
    assert [got.node("Z", u)["reason_code"] for u in "UMVW"] == [
        None,
        "not_reported",
        "not_applicable",
        "not_applicable",
    ]


def test_scores_close_to_zero_count_as_a_hundredth_in_a_harmonic_mean_and_its_derivation_says_so() -> None:
    made = plan([{"code": c, "method": VALUE_IS_SCORE} for c in "ab"], tree=[{"code": "ROOT", "aggregate": "harmonic"}])
    rows = "unit|indicator|value\nU|a|50\nU|b|0.000005"
    score = 2 / (1 / 50 + 1 / 0.01)
    assert run(made, rows).of("U")["base"] == pytest.approx(score)
    tree = Explainer(made, Inputs(measured(rows)), parse_period("2023")).unit("U").tree
    assert tree is not None and tree.node is not None and tree.node.filled == "100 / (50 / 50 + 50 / 0.01)"


VERDICTS = """
    unit_code | indicator_code | period | part | verdict  | value | numerator | denominator | recorded_at
    V         | x              | 2023   |      | adjusted | -5    |           |             | 2024-01-02
    W         | x              | 2023   |      | refused  |       |           |             | 2024-01-02
    X         | x              | 2023   |      | adjusted | 40    |           |             | 2024-01-02
"""
FOUR = "unit|indicator|value\nU|x|10\nV|x|30\nW|x|99\nX|x|90\nY|x|20"


@ENGINES
def test_a_group_is_made_of_what_counts_after_the_verdicts(on: str) -> None:
    # -5 is below the least possible value, as if V had reported it; 99 is refused, 90 cut to 40: 10, 40, 20 are left.
    made = plan(
        [{"code": "x", "method": {"kind": "minmax"}, "minimum": 0}],
        units="unit\nU\nV\nW\nX\nY",
        missing_report="exclude",
    )
    got = run(made, FOUR, verifications=VERDICTS, on=on)
    assert [got.score("x", u) for u in "UVWXY"] == [0, None, None, 100, pytest.approx(100 / 3)]
    assert [got.reason("x", u) for u in "UVWXY"] == [None, "impossible_value", "refused", "adjusted", None]


def test_bounds_that_the_plan_gives_are_not_told_as_the_groups() -> None:
    made = plan(
        [
            {"code": "x", "method": {"kind": "minmax", "upper": 200}},
            {"code": "z", "method": {"kind": "zscore", "mean": 50}},
        ],
        units="unit\nU\nV\nW\nX\nY",
    )
    rows = measured(FOUR + FOUR.removeprefix("unit|indicator|value").replace("|x|", "|z|"))
    tree = Explainer(made, Inputs(rows), parse_period("2023")).unit("U").tree
    assert tree is not None
    x, z = (n.indicator.group for n in tree.below if n.indicator is not None)
    assert x is not None and (x["n"], x["low"], "high" in x) == (5, 10, False)
    assert z is not None and ("mean" in z, z["sd"] > 0) == (False, True)


@ENGINES
@pytest.mark.parametrize(
    ("method", "scores"),
    [
        ({"kind": "rank_points"}, [95, 100, 95, 90]),
        ({"kind": "percentile"}, [0, 100, 50, 0]),
        ({"kind": "minmax"}, [0, 100, 100 / 3, 0]),
        ({"kind": "share_of_total"}, [40, 60, 30, 20]),
        ({"kind": "attainment", "target": "group_best"}, [200 / 3, 100, 60, 40]),
    ],
)
def test_units_without_a_region_are_a_group_of_their_own(
    method: dict[str, object], scores: list[float], on: str
) -> None:
    made = plan(
        [{"code": "x", "method": {**method, "within": "region"}}],
        units="unit|region\nU|N\nV|N\nW|\nX|\nY|",
        rank={"within": "region"},
    )
    got = run(made, "unit|indicator|value\nU|x|40\nV|x|60\nW|x|30\nX|x|20\nY|x|50", on=on)
    assert [got.score("x", u) for u in "UVWX"] == pytest.approx(scores)
    assert [got.of(u)["rank"] for u in "UVWXY"] == [2, 1, 2, 3, 1]


def test_too_few_cases_have_their_flat_score_in_the_workbook_too() -> None:
    rules = {"per": 100, "min_denominator": 1, "too_few": {"value": 60}}
    made = plan([{"code": "x", "method": {"kind": "rank_points", "points": [100, 80]}, **rules}], units="unit\nU\nV")
    rows = measured("unit|indicator|numerator|denominator\nU|x|9|0\nV|x|9|10")
    live = live_unit(Explainer(made, Inputs(rows), parse_period("2023")), "U").indicators[0]
    assert (live.score, live.raw, live.formula) == (60, 60, "60")


# the same digits on every engine


@ENGINES
def test_a_rounded_node_has_no_binary_digit_left_where_the_total_keeps_every_digit(on: str) -> None:
    # Polars multiplies by a reciprocal where a column holds one number throughout: 603 / 10 was 60.300000000000004.
    made = plan(
        [{"code": "x", "method": VALUE_IS_SCORE}],
        tree=[{"code": "ROOT", "places": 1}],
        units="unit\nU\nV\nW",
        total={"places": "none"},
    )
    got = run(made, "unit|indicator|value\nU|x|60.31\nV|x|35.29\nW|x|22.7", on=on)
    assert [got.of(u)["total"] for u in "UVW"] == [60.3, 35.3, 22.7]


def test_terms_that_lie_between_two_integers_are_rounded_alike_on_every_engine() -> None:
    # A third of n/8 often ends on half a unit of 1e-12: weights are divided by 1e12, not multiplied by a reciprocal.
    made = plan(
        [{"code": c, "weight": w, "method": VALUE_IS_SCORE} for c, w in (("a", 4), ("b", 2), ("c", 6), ("d", 6))],
        tree=[{"code": "ROOT", "weights": "relative", "missing": "exclude"}],
        total={"places": "none"},
        units="unit\nU\nV\nW\nX",
    )
    scores = {"U": (74.125, 70.5, 98.5), "V": (14.25, 32, 27.5), "W": (96.375, 57.25, 11.5), "X": (29.75, 44.125, 29.5)}
    rows = [f"{u}|{c}|{x}" for u, three in scores.items() for c, x in zip("abc", three, strict=True)]
    text = "\n".join(["unit|indicator|value", *rows])
    polars, duckdb = (run(made, text, on=on).scored.results["total"].to_list() for on in ("polars", "duckdb"))
    assert polars == duckdb
    assert polars == pytest.approx([85.7083333333, 23.8333333333, 47.4166666667, 32.0208333333])


@ENGINES
def test_a_quantile_that_falls_on_a_value_treats_nobody(on: str) -> None:
    # Between two equal logarithms an engine's interpolation may end a binary digit beside both: 8 and 7 are pulled.
    outliers = {"winsorise": [0.1, 0.9], "log": True, "offset": 1}
    made = plan(
        [{"code": "x", "method": {"kind": "minmax", "outliers": outliers}}],
        units="unit|class\nU|a\nV|a\nW|a\nX|b\nY|b\nZ|b",
        classes={"a": "a", "b": "b"},
    )
    got = run(made, "unit|indicator|value\nU|x|4\nV|x|4\nW|x|8\nX|x|7\nY|x|4\nZ|x|4", on=on)
    assert [u for u in "UVWXYZ" if got.reason("x", u) == "outlier_treated"] == ["W", "X"]
