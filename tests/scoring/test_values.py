"""The value used: year to date, gaps, targets, exceptions in time, verified values, items of the office's registers."""

from typing import Any

import polars as pl
import pytest

from schemas.errors import UserError
from tests.scoring.by_table import VALUE_IS_SCORE, Result, frame, plan, run

QUARTERS = ["2023Q1", "2023Q2", "2023Q3", "2023Q4"]
BOTH = ["2022Q1", "2022Q2", "2022Q3", "2022Q4", *QUARTERS]
SHARE = {"kind": "attainment", "target": "annual_share", "cap": 200}


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
        [{"code": "I", "method": SHARE, **leaf}],
        targets=targets
        or ("" if leaf.get("method", SHARE)["kind"] != "attainment" else "indicator|name|value\nI|target|80"),
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


# which target


@pytest.mark.parametrize(
    ("rows", "score"),
    [
        ("I|||  |target|40", 50),
        ("I|||  |target|40\nI||x| |target|80", 25),
        ("I|||  |target|40\nI||x| |target|80\nI|U|| |target|20", 100),
        ("I|||2023|target|40\nI|||  |target|80", 50),
        ("I|||2023|target|40\nI||| |target|80\nI|||2023Q1|target|20", 100),
        ("I|||2022|target|40\nI||| |target|80", 25),
        ("I|||2023Q2|target|40\nI||| |target|80", 25),
        ("I|V|| |target|40\nI||| |target|80", 25),
        ("I||y| |target|40\nI||| |target|80", 25),
        # A unit's own row wins over a class's row for the very period.
        ("I|U|| |target|20\nI||x|2023Q1|target|80", 100),
    ],
)
def test_the_most_specific_target_wins(rows: str, score: float) -> None:
    made = plan(
        [{"code": "I", "method": {"kind": "attainment"}}],
        units="unit|class\nU|x\nV|x\nW|y",
        targets=f"indicator|unit|class|period|name|value\n{rows}",
        periods=QUARTERS,
    )
    assert run(made, "unit|indicator|value\nU|I|20", period="2023Q1").score("I") == pytest.approx(score)


def test_targets_given_beside_the_plan_replace_its_own() -> None:
    made = plan([{"code": "I", "method": {"kind": "attainment"}}], targets="indicator|name|value\nI|target|80")
    other = pl.DataFrame({"indicator_code": ["I"], "name": ["target"], "value": [40.0]})
    assert run(made, "unit|indicator|value\nU|I|20", targets=other).score("I") == pytest.approx(50)


def test_any_parameter_may_be_given_for_a_unit_or_a_class() -> None:
    made = plan(
        [{"code": "I", "method": {"kind": "attainment", "target": 10, "cap": 100}}],
        units="unit|class\nU|x\nV|x\nW|y",
        targets="indicator|unit|class|name|value\nI|U||cap|150\nI||y|cap|120\nI||y|target|5",
        tree=[{"code": "ROOT", "clamp": "none"}],
    )
    got = run(made, "unit|indicator|value\nU|I|14\nV|I|14\nW|I|14")
    assert [got.score("I", u) for u in "UVW"] == pytest.approx([140, 100, 120])


def test_the_cap_of_points_for_one_unit() -> None:
    made = plan(
        [{"code": "I", "method": {"kind": "points", "per_item": 5, "full_marks_at": 50}}],
        units="unit\nU\nV",
        targets="indicator|unit|name|value\nI|U|full_marks_at|25\nI|V|cap|30",
    )
    got = run(made, "unit|indicator|value\nU|I|4\nV|I|4")
    assert [got.score("I", u) for u in "UV"] == pytest.approx([80, 30])


# verified values


def verdicts(text: str) -> pl.DataFrame:
    table = frame(text).rename({"unit": "unit_code", "indicator": "indicator_code"})
    extra = {
        c: pl.lit(None, dtype=t)
        for c, t in (("value", pl.Float64), ("numerator", pl.Float64), ("denominator", pl.Float64), ("part", pl.String))
        if c not in table.columns
    }
    return table.with_columns(**extra)


CELLS = "unit|indicator|period|part|value\nU|I|2023||60\nV|I|2023||60\nW|I|2023||60"


@pytest.mark.parametrize("on", ["duckdb", "polars"])
def test_what_was_verified_stands_before_what_was_reported(on: str) -> None:
    made = plan([{"code": "I", "method": VALUE_IS_SCORE}], units="unit\nU\nV\nW", missing_report="exclude")
    reviewed = verdicts("""
        unit | indicator | period | verdict  | value | recorded_at
        U    | I         | 2023   | adjusted | 45    | 2024-01-02
        V    | I         | 2023   | refused  |       | 2024-01-02
        W    | I         | 2023   | accepted |       | 2024-01-02
    """)
    got = run(made, CELLS, verifications=reviewed, on=on)
    assert [got.score("I", u) for u in "UVW"] == [pytest.approx(45), None, pytest.approx(60)]
    assert [got.reason("I", u) for u in "UVW"] == ["adjusted", "refused", None]


def test_the_newest_verdict_counts() -> None:
    made = plan([{"code": "I", "method": VALUE_IS_SCORE}], units="unit\nU\nV\nW", missing_report="exclude")
    reviewed = verdicts("""
        unit | indicator | period | verdict  | value | recorded_at
        U    | I         | 2023   | adjusted | 45    | 2024-01-02
        U    | I         | 2023   | adjusted | 50    | 2024-01-05
        V    | I         | 2023   | accepted |       | 2024-01-09
        V    | I         | 2023   | refused  |       | 2024-01-02
        W    | I         | 2022   | refused  |       | 2024-01-02
    """)
    got = run(made, CELLS, verifications=reviewed)
    assert [got.score("I", u) for u in "UVW"] == pytest.approx([50, 60, 60])


def test_an_adjusted_coverage() -> None:
    made = plan([{"code": "I", "method": {"kind": "coverage"}}])
    reviewed = verdicts("""
        unit | indicator | period | verdict  | numerator | denominator | recorded_at
        U    | I         | 2023   | adjusted | 90        | 120         | 2024-01-02
    """)
    got = run(made, "unit|indicator|period|numerator|denominator\nU|I|2023|100|100", verifications=reviewed)
    assert got.score("I") == pytest.approx(75)


def test_one_quarter_of_a_flow_adjusted() -> None:
    made = plan(
        [{"code": "I", "accumulation": "flow", "method": SHARE}],
        targets="indicator|name|value\nI|target|80",
        periods=QUARTERS,
    )
    reviewed = verdicts("""
        unit | indicator | period | verdict  | value | recorded_at
        U    | I         | 2023Q1 | adjusted | 4     | 2024-01-02
    """)
    got = run(
        made, "unit|indicator|period|value\nU|I|2023Q1|20\nU|I|2023Q2|16", period="2023Q2", verifications=reviewed
    )
    assert got.score("I") == pytest.approx(50)


def test_one_item_of_a_checklist_refused_is_not_met() -> None:
    made = plan(
        [{"code": "I", "accumulation": "stage", "method": {"kind": "checklist", "items": ["a", "b", "c", "d"]}}]
    )
    reviewed = verdicts("""
        unit | indicator | period | part | verdict | recorded_at
        U    | I         | 2023   | b    | refused | 2024-01-02
    """)
    got = run(made, "unit|indicator|period|part|value\nU|I|2023|a|1\nU|I|2023|b|1", verifications=reviewed)
    assert got.score("I") == pytest.approx(25)


# items of the registers


ITEMS = "unit|indicator|period|kind|count|mark|rater|role|state"


def office(method: dict[str, object], items: str, period: str = "2023Q1", **leaf: object) -> Result:
    made = plan(
        [{"code": "I", "method": method, "owner": "office", "accumulation": "flow", **leaf}],
        units="unit\nU\nV",
        periods=QUARTERS,
    )
    return run(made, "", period=period, items=f"{ITEMS}\n{items}")


def test_items_as_points_and_a_unit_without_items_has_none() -> None:
    method = {"kind": "points", "per_item": {"采用": 3, "批示": 5}, "full_marks_at": 20}
    got = office(
        method,
        "U|I|2023Q1|采用|1||||valid\nU|I|2023Q1|采用|2||||valid\nU|I|2023Q1|批示|||||valid\nU|I|2023Q1|批示|9||||withdrawn",
    )
    # 3 × 3 and 1 × 5: 14 of 20.
    assert [got.score("I", u) for u in "UV"] == pytest.approx([70, 0])
    assert got.reason("I", "V") == "nil"


def test_items_of_several_quarters_add_up_to_now() -> None:
    method = {"kind": "points", "per_item": 5, "full_marks_at": 40}
    items = "U|I|2023Q1|x|2||||valid\nU|I|2023Q3|x|2||||valid\nV|I|2023Q2|x|1||||valid"
    assert [office(method, items, p).score("I", "U") for p in QUARTERS] == pytest.approx([25, 25, 50, 50])
    assert office(method, items, "2023Q2").score("I", "V") == pytest.approx(12.5)


def test_items_as_cases_that_cost_points() -> None:
    got = office(
        {"kind": "deductions", "per_case": {"通报": 10, "迟报": 2}},
        "U|I|2023Q1|通报|1||||valid\nU|I|2023Q1|迟报|3||||valid",
    )
    assert [got.score("I", u) for u in "UV"] == pytest.approx([84, 100])


def test_an_event_shared_by_lead_and_partner() -> None:
    method = {"kind": "points", "per_item": 10, "full_marks_at": 20}
    got = office(
        method, "U|I|2023Q1|x|1|||lead|valid\nV|I|2023Q1|x|1|||partner|valid", credit={"lead": 1, "partner": 0.4}
    )
    assert [got.score("I", u) for u in "UV"] == pytest.approx([50, 20])


def test_items_as_marks_of_raters() -> None:
    method = {"kind": "panel", "groups": {"leaders": 60, "peers": 40}}
    items = "U|I|2023Q1|leaders||80|1||valid\nU|I|2023Q1|leaders||90|2||valid\nU|I|2023Q1|peers||70|1||valid"
    got = office(method, items, accumulation="stock")
    assert got.score("I", "U") == pytest.approx(79)
    assert got.score("I", "V") is None


def test_items_found_and_rectified_as_a_coverage() -> None:
    items = "U|I|2023Q1|found|4||||valid\nU|I|2023Q1|rectified|3||||valid"
    got = office({"kind": "coverage"}, items)
    assert got.score("I", "U") == pytest.approx(75)
    assert got.reason("I", "V") == "not_applicable"  # nothing was found: nothing to rectify


def test_credit_for_lead_and_partner_of_a_reported_value() -> None:
    made = plan(
        [{"code": "I", "method": {"kind": "attainment", "target": 10}, "credit": {"lead": 1, "partner": 0.5}}],
        units="unit\nU\nV\nW",
        assignments="indicator|unit|role\nI|U|lead\nI|V|partner",
    )
    got = run(made, "unit|indicator|value\nU|I|8\nV|I|8\nW|I|8")
    assert [got.score("I", u) for u in "UVW"] == pytest.approx([80, 40, 80])


# what is refused


@pytest.mark.parametrize(
    ("period", "cells"),
    [
        ("2023Q1", "U|I|2023Q1||5\nU|I|2023Q1||6"),
        ("2023Q2", "U|I|2023Q1||5\nU|I|2023Q1||6\nU|I|2023Q2||7"),
        ("2023Q1", "U|K|2023Q1|a|1\nU|K|2023Q1|a|1"),
        ("2023Q2", "U|I|2023Q1||5\nU|I|2023Q2||6\nU|I|2023H1||11"),
    ],
)
def test_one_cell_twice_is_refused(period: str, cells: str) -> None:
    made = plan(
        [
            {"code": "I", "accumulation": "flow", "method": VALUE_IS_SCORE},
            {"code": "K", "accumulation": "flow", "method": {"kind": "points", "per_item": {"a": 1, "b": 2}}},
        ],
        periods=QUARTERS,
    )
    with pytest.raises(UserError, match="U"):
        run(made, f"unit|indicator|period|part|value\n{cells}", period=period)


@pytest.mark.parametrize(
    "line", ["X|I|2023||5", "U|J|2023||5", "U|I|2023年||5", "U|K|2023|z|5"], ids=["unit", "indicator", "period", "part"]
)
def test_what_nobody_knows_is_refused(line: str) -> None:
    made = plan(
        [{"code": "I", "method": VALUE_IS_SCORE}, {"code": "K", "method": {"kind": "points", "per_item": {"a": 1}}}]
    )
    with pytest.raises(UserError):
        run(made, f"unit|indicator|period|part|value\n{line}")


def test_items_do_not_hide_an_unknown_unit() -> None:
    made = plan(
        [
            {"code": "I", "method": VALUE_IS_SCORE},
            {
                "code": "K",
                "owner": "office",
                "accumulation": "flow",
                "method": {"kind": "points", "per_item": {"a": 5}},
            },
        ]
    )
    items = f"{ITEMS}\nU|K|2023|a|1||||valid"
    assert run(made, "unit|indicator|value\nU|I|80", items=items).of("U")["base"] == pytest.approx(42.5)
    with pytest.raises(UserError, match="X"):
        run(made, "unit|indicator|value\nU|I|80\nX|I|70", items=items)


def test_reports_of_other_years_are_no_mistake() -> None:
    made = plan([{"code": "I", "method": VALUE_IS_SCORE}])
    got = run(made, "unit|indicator|period|value\nU|I|2019|5\nU|I|2023|80\nU|I|2024|6")
    assert got.of("U")["base"] == pytest.approx(80)


def test_units_that_are_not_valid_on_the_last_day_are_not_scored() -> None:
    made = plan(
        [{"code": "I", "method": VALUE_IS_SCORE}],
        units="unit|valid_from|valid_to\nU|2020-01-01|2023-12-30\nV|2024-01-01|\nW||2023-12-31",
    )
    got = run(made, "unit|indicator|value\nU|I|5\nV|I|6\nW|I|80")
    assert got.scored.results["unit_code"].to_list() == ["W"]
