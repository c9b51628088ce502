"""The value used: the target that holds, verified values, items of the office's registers, what is refused."""

import polars as pl
import pytest

from schemas.errors import UserError
from tests.scoring.by_table import ANNUAL_SHARE, QUARTERS, VALUE_IS_SCORE, Result, frame, plan, run

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
        [{"code": "I", "accumulation": "flow", "method": ANNUAL_SHARE}],
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
    with pytest.raises(UserError, match="Unit U has 2 rows for indicator"):
        run(made, f"unit|indicator|period|part|value\n{cells}", period=period)


@pytest.mark.parametrize(
    ("gaps", "period", "cells", "said"),
    [
        ("missing", "2023Q2", "U|I|2023Q1|5\nU|I|2023Q2|6\nU|I|2023H1|11", "2023Q1 to 2023Q2 stands beside 2023Q1,"),
        ("missing", "2023Q2", "U|I|2023H1|11\nU|I|2023Q1|5", "2023Q1 to 2023Q2 stands beside 2023Q1,"),
        ("missing", "2023Q2", "U|I|2023H1|11\nU|I|2023Q2|6", "2023Q1 to 2023Q2 stands beside 2023Q2,"),
        ("missing", "2023Q4", "U|I|2023H1|11\nU|I|2023Q1|5\nU|I|2023Q3|6", "2023Q1 to 2023Q2 stands beside 2023Q1,"),
        ("sum_known", "2023Q4", "U|I|2023H1|11\nU|I|2023Q1|5", "2023Q1 to 2023Q2 stands beside 2023Q1,"),
        (
            "sum_known",
            "2023Q4",
            "U|I|2023|20\nU|I|2023H1|11",
            "2023Q1 to 2023Q4 stands beside the sum of 2023Q1 to 2023Q2,",
        ),
        ("missing", "2023Q2", "U|I||11\nU|I|2023Q1|5", "2023Q1 to 2023Q2 stands beside 2023Q1,"),
    ],
)
def test_a_sum_beside_one_of_its_periods_is_refused(gaps: str, period: str, cells: str, said: str) -> None:
    """Also where other periods are missing, so that the number of periods looks right."""
    made = plan([{"code": "I", "accumulation": "flow", "method": VALUE_IS_SCORE, "gaps": gaps}], periods=QUARTERS)
    with pytest.raises(UserError) as error:
        run(made, f"unit|indicator|period|value\n{cells}", period=period)
    assert said in error.value.en and "请只留合计" in error.value.zh


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("X|I|2023||5", r"unknown unit\(s\): X\."),
        ("U|J|2023||5", r"unknown indicator\(s\): J\."),
        ("U|I|2023年||5", "'2023年' is not a period"),
        ("U|K|2023|z|5", "K has no part 'z'"),
    ],
)
def test_what_nobody_knows_is_refused(line: str, said: str) -> None:
    made = plan(
        [{"code": "I", "method": VALUE_IS_SCORE}, {"code": "K", "method": {"kind": "points", "per_item": {"a": 1}}}]
    )
    with pytest.raises(UserError, match=said):
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
    with pytest.raises(UserError, match=r"unknown unit\(s\): X\."):
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
