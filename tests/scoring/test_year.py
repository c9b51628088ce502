"""From quarters to the year by each of the plan's rules."""

import pytest

from tests.scoring.by_table import VALUE_IS_SCORE, Result, plan, run

QUARTERS = ["2023Q1", "2023Q2", "2023Q3", "2023Q4"]


def year(cells: str, rule: object, adjustments: str = "", **settings: object) -> Result:
    """Units U and V with one indicator that is scored as it is reported: the quarters' scores, in order."""
    made = plan(
        [{"code": "I", "method": VALUE_IS_SCORE}],
        units="unit\nU\nV",
        periods=QUARTERS,
        year=rule,
        missing_report="exclude",
        total={"places": "none", "clamp": "none"},
        **{k.removesuffix("_"): v for k, v in settings.items()},
    )
    lines = [line.split() for line in cells.strip().splitlines()]
    rows = [f"{u}|I|{q}|{v}" for u, *values in lines for q, v in zip(QUARTERS, values, strict=True) if v != "-"]
    extra = {"adjustments": adjustments} if adjustments else {}
    return run(made, "\n".join(["unit|indicator|period|value", *rows]), period="2023", **extra)


FOUR = "U 60 70 80 90\nV 90 90 60 60"


@pytest.mark.parametrize(
    ("rule", "of_u", "of_v"),
    [
        ({"rule": "rescore_year_to_date"}, 90, 60),  # a stock: its latest value
        ({"rule": "last_quarter"}, 90, 60),
        ({"rule": "mean_of_quarters"}, 75, 75),
        ({"rule": {"weights": [1, 1, 1, 1]}}, 75, 75),
        ({"rule": {"weights": [10, 20, 30, 40]}}, 80, 69),  # 6 + 14 + 24 + 36; 9 + 18 + 18 + 24
        ({"rule": "weighted_quarters", "weights": [0.1, 0.2, 0.3, 0.4]}, 80, 69),
        # Half for the quarters' mean, half for the year to date at the end: 37.5 + 45, 37.5 + 30.
        ({"rule": {"weights": [1, 1, 1, 1], "year_end": 0.5}}, 82.5, 67.5),
    ],
)
def test_every_rule_of_the_year(rule: object, of_u: float, of_v: float) -> None:
    got = year(FOUR, rule)
    assert (got.of("U")["base"], got.of("V")["base"]) == (pytest.approx(of_u), pytest.approx(of_v))


def test_ranks_come_from_the_years_totals() -> None:
    got = year(FOUR, {"rule": {"weights": [10, 20, 30, 40]}})
    assert (got.of("U")["rank"], got.of("V")["rank"]) == (1, 2)
    assert (got.of("U")["class_size"], got.of("V")["class_size"]) == (2, 2)


def test_a_flow_is_rescored_once_or_averaged() -> None:
    # 30, 10, 20, 20 of 80, a quarter of it due each time: 150 → 100; 40 of 40: 100; 60 of 60: 100; 80 of 80: 100.
    # In the first quarter 10 instead: 50; 20 of 40: 50; 40 of 60: 66.67; 80 of 80: 100. Mean 66.67, rescored 100.
    leaf = {"code": "I", "accumulation": "flow", "method": {"kind": "attainment", "target": "annual_share"}}
    cells = "unit|indicator|period|value\nU|I|2023Q1|10\nU|I|2023Q2|10\nU|I|2023Q3|20\nU|I|2023Q4|40"
    base = {}
    for rule in ("rescore_year_to_date", "mean_of_quarters"):
        made = plan([leaf], periods=QUARTERS, year={"rule": rule}, targets="indicator|name|value\nI|target|80")
        base[rule] = run(made, cells, period="2023").of("U")["base"]
    assert base["rescore_year_to_date"] == pytest.approx(100)
    assert base["mean_of_quarters"] == pytest.approx((50 + 50 + 200 / 3 + 100) / 4)


def test_adjustments_of_all_quarters_enter_once_after_the_mean() -> None:
    table = """
        unit | kind      | code | value | period
        U    | bonus     | x    | 3     | 2023Q1
        U    | bonus     | x    | 3     | 2023Q3
        V    | deduction |      | 2     | 2023Q2
        V    | deduction |      | 1     | 2023
        """
    got = year(FOUR, {"rule": "mean_of_quarters"}, table, adjustments_={"bonus": {"cap": 5}})
    assert (got.of("U")["bonus"], got.of("U")["total"]) == (5, pytest.approx(80))
    assert (got.of("V")["deduction"], got.of("V")["total"]) == (3, pytest.approx(72))


def test_the_mean_is_of_unrounded_bases() -> None:
    # 80.004 each time is 80.00 in every quarter's document, and 80.004 in the mean.
    got = year("U 80.004 80.004 80.004 80.004\nV 1 1 1 1", {"rule": "mean_of_quarters"})
    assert got.of("U")["base"] == pytest.approx(80.004)


def test_a_quarter_without_a_base_leaves_the_mean() -> None:
    got = year("U 60 - 90 -\nV - - - -", {"rule": "mean_of_quarters"})
    assert got.of("U")["base"] == pytest.approx(75)
    assert (got.of("V")["base"], got.of("V")["total"], got.of("V")["rank"]) == (None, None, None)


def test_a_quarter_without_a_base_leaves_the_weights() -> None:
    got = year("U 60 - 90 -\nV 50 50 50 50", {"rule": {"weights": [10, 20, 30, 40]}})
    assert got.of("U")["base"] == pytest.approx((6 + 27) / 0.4)


def test_the_nodes_of_the_year_are_averaged_too() -> None:
    got = year(FOUR, {"rule": {"weights": [10, 20, 30, 40]}})
    assert got.score("I", "U") == pytest.approx(80)
    assert got.node("I", "U")["contribution"] == pytest.approx(80)
    assert got.node("ROOT", "V")["score"] == pytest.approx(69)


def test_a_single_quarter_is_not_touched_by_the_rule_of_the_year() -> None:
    made = plan([{"code": "I", "method": VALUE_IS_SCORE}], periods=QUARTERS, year={"rule": "mean_of_quarters"})
    cells = "unit|indicator|period|value\nU|I|2023Q1|60\nU|I|2023Q2|90"
    assert run(made, cells, period="2023Q2").of("U")["base"] == pytest.approx(90)


def test_half_years_make_a_year_as_quarters_do() -> None:
    made = plan(
        [{"code": "I", "method": VALUE_IS_SCORE}], periods=["2023H1", "2023H2"], year={"rule": {"weights": [1, 3]}}
    )
    cells = "unit|indicator|period|value\nU|I|2023H1|60\nU|I|2023H2|80"
    assert run(made, cells, period="2023").of("U")["base"] == pytest.approx(75)


def test_who_joined_in_the_middle_of_the_year_is_averaged_over_its_quarters() -> None:
    made = plan(
        [{"code": "I", "method": VALUE_IS_SCORE}],
        units="unit|valid_from\nU|2023-08-01\nV|2020-01-01",
        periods=QUARTERS,
        year={"rule": "mean_of_quarters"},
    )
    rows = [
        f"{u}|I|{q}|{v}"
        for u, v in (("U", 80), ("V", 60))
        for q in QUARTERS
        if (u, q) not in (("U", "2023Q1"), ("U", "2023Q2"))
    ]
    got = run(made, "\n".join(["unit|indicator|period|value", *rows]), period="2023")
    assert (got.of("U")["base"], got.of("V")["base"]) == (pytest.approx(80), pytest.approx(60))


def test_a_quarter_in_which_nothing_is_asked_leaves_the_mean() -> None:
    made = plan(
        [{"code": "I", "method": VALUE_IS_SCORE, "frequency": "half_year"}],
        periods=QUARTERS,
        year={"rule": "mean_of_quarters"},
    )
    cells = "unit|indicator|period|value\nU|I|2023Q2|60\nU|I|2023Q4|90"
    # Nothing counts in the first quarter; in the third the value of the second still stands: 60, 60, 90.
    assert run(made, cells, period="2023").of("U")["base"] == pytest.approx(70)
