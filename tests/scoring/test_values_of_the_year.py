"""The value used, period by period: year to date, gaps, what is asked when, growth."""

from typing import Any

import pytest

from tests.scoring.by_table import ANNUAL_SHARE, QUARTERS, VALUE_IS_SCORE, Result, plan, run

BOTH = ["2022Q1", "2022Q2", "2022Q3", "2022Q4", *QUARTERS]


def one(
    cells: str,
    period: str = "2023Q2",
    *,
    targets: str = "",
    on: str = "polars",
    periods: list[str] | None = None,
    **leaf: Any,
) -> Result:
    """One indicator `I` of one unit `U`; `cells` has the columns after those two."""
    head, *lines = [line.strip() for line in cells.strip().splitlines()]
    table = "\n".join([f"unit|indicator|{head}", *(f"U|I|{line}" for line in lines)])
    made = plan(
        [{"code": "I", "method": ANNUAL_SHARE, **leaf}],
        targets=targets
        or ("" if leaf.get("method", ANNUAL_SHARE)["kind"] != "attainment" else "indicator|name|value\nI|target|80"),
        periods=periods or QUARTERS,
        tree=[{"code": "ROOT", "clamp": "none"}],
    )
    return run(made, table, period=period, on=on)


# flows, stocks, stages


@pytest.mark.parametrize("on", ["duckdb", "polars"])
def test_increments_add_up_and_meet_the_share_that_is_due(on: str) -> None:
    # 22 in the first quarter: 22 of 80 × 0.25. 22 + 26 = 48 in the second, of 40 that are due: 120.
    cells = "period|value\n2023Q1|22\n2023Q2|26\n2023Q3|8\n2023Q4|24"
    due = {p: one(cells, p, accumulation="flow", on=on) for p in QUARTERS}
    assert [due[p].score("I") for p in QUARTERS] == pytest.approx([110, 120, 56 / 60 * 100, 100])
    assert [due[p].node("I")["value"] for p in QUARTERS] == pytest.approx([22, 48, 56, 80])
    assert [due[p].node("I")["target"] for p in QUARTERS] == pytest.approx([20, 40, 60, 80])


def test_a_schedule_of_its_own() -> None:
    # A tenth by the first quarter, half by the second.
    cells = "period|value\n2023Q1|8\n2023Q2|28"
    leaf = {"accumulation": "flow", "schedule": [0.1, 0.5, 0.9, 1.0]}
    assert one(cells, "2023Q1", **leaf).score("I") == pytest.approx(100)
    assert one(cells, "2023Q2", **leaf).score("I") == pytest.approx(90)


def test_against_the_annual_target_a_quarter_is_what_it_is() -> None:
    cells = "period|value\n2023Q1|20\n2023Q2|20"
    method = {"kind": "attainment", "target": "annual"}
    assert one(cells, method=method, accumulation="flow").score("I") == pytest.approx(50)


def test_a_report_of_the_year_to_date_is_not_added_up() -> None:
    cells = "period|value\n2023Q1|22\n2023Q2|30"
    assert one(cells, accumulation="flow", reported="year_to_date").score("I") == pytest.approx(75)


@pytest.mark.parametrize("accumulation", ["stock", "stage"])
def test_a_stock_is_its_latest_value(accumulation: str) -> None:
    cells = "period|value\n2023Q1|22\n2023Q2|30"
    assert one(cells, accumulation=accumulation).score("I") == pytest.approx(75)


def test_a_coverage_that_flows_adds_up_numerators_and_denominators() -> None:
    # 10/20 and 80/80 are 90/100, not the mean of 50 % and 100 %.
    cells = "period|numerator|denominator\n2023Q1|10|20\n2023Q2|80|80"
    assert one(cells, method={"kind": "coverage"}, accumulation="flow").score("I") == pytest.approx(90)
    assert one(cells, method={"kind": "coverage"}, accumulation="stock").score("I") == pytest.approx(100)


def test_a_rate_per_thousand() -> None:
    cells = "period|numerator|denominator\n2023Q2|3|1500"
    method = {"kind": "goalposts", "worst": 10, "best": 0}
    assert one(cells, method=method, per=1000).score("I") == pytest.approx(80)


def test_points_of_different_kinds_in_different_quarters_add_up() -> None:
    # 4 × 3 in the first quarter, 1 × 8 in the second: 20 of 40. Every quarter was reported.
    method = {"kind": "points", "per_item": {"采用": 3, "批示": 8}, "full_marks_at": 40}
    got = one("period|part|value\n2023Q1|采用|4\n2023Q2|批示|1", method=method, accumulation="flow")
    assert (got.score("I"), got.reason("I")) == (pytest.approx(50), None)


def test_points_capped_by_kind_over_the_year() -> None:
    method = {"kind": "points", "per_item": {"采用": 3, "批示": 8}, "cap_by_kind": {"采用": 15}, "full_marks_at": 40}
    cells = "period|part|value\n2023Q1|采用|4\n2023Q2|采用|4\n2023Q2|批示|1"
    # 24 → 15, and 8: 23 of 40.
    assert one(cells, method=method, accumulation="flow").score("I") == pytest.approx(57.5)


def test_stages_reached_earlier_need_not_be_reported_again_where_the_last_report_stands() -> None:
    method = {"kind": "milestones", "stages": [{"code": "a"}, {"code": "b"}]}
    cells = "period|part|value\n2023Q1|a|1"
    assert one(cells, method=method, accumulation="stage").score("I") is None
    assert one(cells, method=method, accumulation="stage", gaps="last_known").score("I") == pytest.approx(50)


# gaps


GAP = "period|value\n2023Q1|20\n2023Q3|28"


@pytest.mark.parametrize(
    ("gaps", "score", "reason"),
    [("missing", None, "gap"), ("sum_known", 80, None), ("last_known", 80, None)],
)
@pytest.mark.parametrize("on", ["duckdb", "polars"])
def test_a_gap_in_a_flow(gaps: str, score: float | None, reason: str | None, on: str) -> None:
    # 20 + nothing + 28 of 60 that are due.
    got = one(GAP, "2023Q3", accumulation="flow", gaps=gaps, on=on)
    assert (got.score("I"), got.reason("I")) == (score if score is None else pytest.approx(score), reason)


def test_a_nil_return_is_no_gap() -> None:
    cells = "period|value|status\n2023Q1|20|\n2023Q2||nil\n2023Q3|28|"
    assert one(cells, "2023Q3", accumulation="flow").score("I") == pytest.approx(80)


def test_a_quarter_said_to_be_missing_is_a_gap() -> None:
    cells = "period|value|status\n2023Q1|20|\n2023Q2||missing\n2023Q3|28|"
    got = one(cells, "2023Q3", accumulation="flow")
    assert (got.score("I"), got.reason("I")) == (None, "gap")


def test_the_last_value_of_a_stock_may_stand() -> None:
    cells = "period|value\n2023Q1|20\n2023Q2|60"
    method = {"kind": "attainment", "target": "annual"}
    assert one(cells, "2023Q3", method=method).score("I") is None
    assert one(cells, "2023Q3", method=method, gaps="last_known").score("I") == pytest.approx(75)


def test_last_years_value_never_stands_for_this_year() -> None:
    cells = "period|value\n2022Q4|60"
    got = one(cells, "2023Q1", gaps="last_known", periods=BOTH)
    assert (got.score("I"), got.reason("I")) == (None, "not_reported")


# when an indicator is asked


def test_an_indicator_of_the_half_year_carries_its_value_until_it_is_asked_again() -> None:
    cells = "period|value\n2023Q2|40\n2023Q4|80"
    method = {"kind": "attainment", "target": "annual"}
    got = {p: one(cells, p, method=method, frequency="half_year").node("I") for p in QUARTERS[1:]}
    assert [got[p]["score"] for p in QUARTERS[1:]] == pytest.approx([50, 50, 100])


def test_before_it_is_first_asked_an_indicator_does_not_count() -> None:
    made = plan(
        [{"code": "I", "method": VALUE_IS_SCORE, "frequency": "year"}, {"code": "J", "method": VALUE_IS_SCORE}],
        periods=QUARTERS,
    )
    got = run(made, "unit|indicator|period|value\nU|J|2023Q1|80", period="2023Q1")
    assert got.of("U")["base"] == pytest.approx(80)
    assert got.node("I") == {}


def test_asked_in_named_quarters() -> None:
    cells = "period|value\n2023Q1|40\n2023Q3|80"
    method = {"kind": "attainment", "target": "annual"}
    scores = [one(cells, p, method=method, asked_in=[1, 3]).score("I") for p in QUARTERS]
    assert scores == pytest.approx([50, 50, 100, 100])


def test_a_flow_asked_by_the_half_year_adds_up_two_reports() -> None:
    cells = "period|value\n2023Q2|30\n2023Q4|50"
    assert one(cells, "2023Q4", accumulation="flow", frequency="half_year").score("I") == pytest.approx(100)
    assert one(cells, "2023Q2", accumulation="flow", frequency="half_year").score("I") == pytest.approx(75)


def test_the_half_year_and_the_year_as_periods_of_a_plan_of_quarters() -> None:
    cells = "period|value\n2023Q1|22\n2023Q2|26\n2023Q3|8\n2023Q4|24"
    assert one(cells, "2023H1", accumulation="flow").score("I") == pytest.approx(120)
    assert one(cells, "2023H2", accumulation="flow").score("I") == pytest.approx(100)
    assert one(cells, "2023", accumulation="flow").score("I") == pytest.approx(100)


def test_a_plan_of_half_years_and_a_plan_of_years() -> None:
    halves = one("period|value\n2023H1|30\n2023H2|50", "2023H1", accumulation="flow", periods=["2023H1", "2023H2"])
    assert halves.score("I") == pytest.approx(75)
    year = one("period|value\n2022|70\n2023|60", "2023", accumulation="flow", periods=["2022", "2023"])
    assert year.score("I") == pytest.approx(75)


def test_a_plan_of_months() -> None:
    months = [f"2023M{m:02d}" for m in range(1, 13)]
    got = one(
        "period|value\n2023M01|5\n2023M02|10\n2023M03|3",
        "2023M03",
        accumulation="flow",
        frequency="month",
        periods=months,
    )
    assert got.score("I") == pytest.approx(90)  # 18 of 80 × 3/12


def test_phases_over_several_years() -> None:
    phases = [
        {"from": "2022", "to": "2023", "method": {"kind": "attainment", "target": 100}},
        {"from": "2024", "to": "2025", "method": {"kind": "attainment", "target": 200}},
    ]
    made = plan([{"code": "I", "method": VALUE_IS_SCORE, "phases": phases}, {"code": "J", "method": VALUE_IS_SCORE}])
    cells = "unit|indicator|period|value\n" + "\n".join(f"U|{i}|{y}|60" for y in range(2021, 2027) for i in "IJ")
    got = {y: run(made, cells, period=str(y)) for y in (2021, 2023, 2024, 2026)}
    assert (got[2023].score("I"), got[2024].score("I")) == (pytest.approx(60), pytest.approx(30))
    assert got[2021].node("I") == got[2026].node("I") == {}
    assert got[2021].of("U")["base"] == pytest.approx(60)


def test_phases_within_a_year() -> None:
    phases = [
        {"from": "2023Q1", "to": "2023Q2", "method": {"kind": "attainment", "target": 100}},
        {"from": "2023Q3", "to": "2023Q4", "method": {"kind": "attainment", "target": 200}},
    ]
    made = plan([{"code": "I", "method": VALUE_IS_SCORE, "phases": phases}], periods=QUARTERS)
    cells = "unit|indicator|period|value\nU|I|2023Q2|60\nU|I|2023Q3|60"
    assert [run(made, cells, period=q).score("I") for q in ("2023Q2", "2023Q3")] == pytest.approx([60, 30])


# growth


def grown(cells: str, on: str, period: str, **leaf: object) -> Result:
    method = {"kind": "growth", "on": on, "target": 10}
    return one(cells, period, method=method, periods=BOTH, **leaf)


def test_growth_on_the_previous_period() -> None:
    cells = "period|value\n2023Q1|50\n2023Q2|54"
    assert grown(cells, "previous_period", "2023Q2").score("I") == pytest.approx(80)


def test_growth_on_the_previous_period_across_new_year() -> None:
    cells = "period|value\n2022Q4|50\n2023Q1|54"
    assert grown(cells, "previous_period", "2023Q1").score("I") == pytest.approx(80)


def test_growth_on_the_previous_year_in_a_plan_of_years() -> None:
    method = {"kind": "growth", "on": "previous_period", "target": 10}
    got = one("period|value\n2022|50\n2023|54", "2023", method=method, periods=["2022", "2023"])
    assert got.score("I") == pytest.approx(80)


def test_growth_on_the_previous_asking_of_an_indicator_asked_once_a_year() -> None:
    cells = "period|value\n2022Q4|50\n2023Q3|9\n2023Q4|54"
    assert grown(cells, "previous_period", "2023Q4", frequency="year").score("I") == pytest.approx(80)


def test_growth_on_the_same_period_last_year() -> None:
    cells = "period|value\n2022Q2|50\n2023Q1|99\n2023Q2|54"
    assert grown(cells, "same_period_last_year", "2023Q2").score("I") == pytest.approx(80)


def test_growth_of_a_flow_compares_the_year_to_date_with_last_years() -> None:
    # 20 + 34 = 54 against 30 + 20 = 50.
    cells = "period|value\n2022Q1|30\n2022Q2|20\n2023Q1|20\n2023Q2|34"
    assert grown(cells, "same_period_last_year", "2023Q2", accumulation="flow").score("I") == pytest.approx(80)


def test_growth_of_a_rate() -> None:
    # From 50 % to 54 %: +8 % of itself; as a difference +4 points.
    cells = "period|numerator|denominator\n2022Q2|50|100\n2023Q2|108|200"
    assert grown(cells, "same_period_last_year", "2023Q2", per=100).score("I") == pytest.approx(80)
    method = {"kind": "growth", "on": "same_period_last_year", "mode": "difference", "target": 5}
    assert one(cells, method=method, per=100, periods=BOTH).score("I") == pytest.approx(80)


@pytest.mark.parametrize(
    ("before", "reason"),
    [("", "no_baseline"), ("2022Q2||", "no_baseline"), ("2022Q2|0|", "bad_baseline"), ("2022Q2|nan|", "no_baseline")],
)
def test_growth_needs_something_to_grow_from(before: str, reason: str) -> None:
    got = grown(f"period|value|status\n2023Q2|54|\n{before}", "same_period_last_year", "2023Q2")
    assert (got.score("I"), got.reason("I")) == (None, reason)
