"""Units that come, move and are excused within the year; rows of targets and assignments for single periods."""

from typing import Any

import polars as pl
import pytest

from schemas.errors import UserError
from schemas.periods import parse_period
from scoring import Inputs
from scoring.explain import explain
from tests.scoring.by_table import (
    ABCD,
    ANNUAL_SHARE,
    QUARTERS,
    VALUE_IS_SCORE,
    Result,
    check_standing,
    measured,
    plan,
    run,
)

FLOW = {"code": "I", "method": ANNUAL_SHARE, "accumulation": "flow"}
STOCK = {"code": "I", "method": {"kind": "attainment", "target": "annual"}}
OTHER = {"code": "J", "method": VALUE_IS_SCORE}
EIGHTY = "indicator|name|value\nI|target|80"


def flow(cells: str, period: str, *, units: str = "unit\nU", assignments: str = "", **leaf: Any) -> Result:
    """Indicator `I`, 80 a year, a quarter of it due each quarter, beside `J`, which is always 50."""
    made = plan(
        [{**FLOW, **leaf}, OTHER], units=units, assignments=assignments, targets=EIGHTY, periods=QUARTERS,
        tree=[{"code": "ROOT", "clamp": "none"}],
    )  # fmt: skip
    fifty = [f"U|J|{q}|50|" for q in QUARTERS]
    return run(made, "\n".join(["unit|indicator|period|value|status", *cells.split(), *fifty]), period=period)


LATER = "U|I|2023Q3|30| U|I|2023Q4|40|"


@pytest.mark.parametrize(
    ("units", "assignments"),
    [
        ("unit|valid_from\nU|2023-07-05", ""),  # founded, or merged from others, in the third quarter
        ("unit|valid_from\nU|2023-07-05", "indicator|unit|role\nI|U|lead"),  # a role asks for nothing before that
        ("unit\nU", "indicator|unit|period|state\nI|U|2023Q1|not_applicable\nI|U|2023Q2|not_assigned"),
        ("unit|class|valid_from|valid_to\nU|x||2023-06-30\nU|all|2023-07-01|", ""),  # of another class before
    ],
)
def test_a_quarter_in_which_a_unit_was_not_asked_is_no_gap(units: str, assignments: str) -> None:
    # 30 + 40 = 70 of 80; a unit that has less time is given its own target, where that is wanted.
    one = {"assigned_to": ["all"]} if "class" in units else {}
    got = flow(LATER, "2023Q4", units=units, assignments=assignments, **one)
    assert (got.score("I"), got.reason("I")) == (pytest.approx(87.5), None)
    # What was asked and not answered is a gap as ever.
    got = flow("U|I|2023Q3|30|", "2023Q4", units=units, assignments=assignments, **one)
    assert (got.score("I"), got.reason("I")) == (None, "gap")


def test_silence_said_in_words_where_nobody_asked_is_no_gap_either() -> None:
    granted = "indicator|unit|period|state\nI|U|2023Q1|not_applicable"
    cells = "U|I|2023Q1||missing U|I|2023Q2|20|"
    assert flow(cells, "2023Q2", assignments=granted).score("I") == pytest.approx(50)
    # The sum of both quarters stands for the second one, which was asked.
    assert flow("U|I|2023H1|20|", "2023Q2", assignments=granted).score("I") == pytest.approx(50)


@pytest.mark.parametrize("asked", [{"asked_in": [2]}, {"frequency": "half_year"}])
def test_a_unit_is_not_assigned_what_was_last_asked_before_it_came(asked: dict[str, Any]) -> None:
    made = plan(
        [{**STOCK, **asked}, OTHER], units="unit|valid_from\nU|2023-07-01\nV|", targets=EIGHTY, periods=QUARTERS
    )
    cells = "unit|indicator|period|value\nU|J|2023Q3|50\nV|J|2023Q3|50\nV|I|2023Q2|80"
    got = run(made, cells, period="2023Q3")
    assert (got.of("U")["base"], got.of("V")["base"]) == (pytest.approx(50), pytest.approx(75))
    assert got.node("I", "U") == {}


@pytest.mark.parametrize(
    ("asked", "row", "scored"),
    [
        ([2, 4], "2023Q2", "2023Q3"),  # the value of the second quarter stands in the third, and its target with it
        ([2, 4], "2023Q4", "2023"),  # the year is its last quarter's year to date
        ([2, 4], "2023Q4", "2023H2"),
        (None, "2023Q4", "2023"),
    ],
)
def test_rows_for_the_period_that_was_asked_hold_as_long_as_its_value(
    asked: list[int] | None, row: str, scored: str
) -> None:
    leaf = {**STOCK, "asked_in": asked}
    targets = f"indicator|name|value|period\nI|target|80|{row}\nI|target|50|"
    cells = "unit|indicator|period|value\n" + "\n".join(f"U|{i}|{q}|60" for i in "IJ" for q in QUARTERS)
    got = run(plan([leaf, OTHER], targets=targets, periods=QUARTERS), cells, period=scored)
    assert (got.score("I"), got.node("I")["target"]) == (pytest.approx(75), 80)
    granted = f"indicator|unit|period|state\nI|U|{row}|not_applicable"
    got = run(plan([leaf, OTHER], targets=targets, assignments=granted, periods=QUARTERS), cells, period=scored)
    assert (got.reason("I"), got.of("U")["base"]) == ("not_applicable", pytest.approx(60))


def test_the_scored_periods_own_row_comes_first() -> None:
    targets = "indicator|name|value|period\nI|target|60|2023\nI|target|80|2023Q4\nI|target|120|2023H2"
    cells = "unit|indicator|period|value\nU|I|2023Q4|60"
    made = plan([STOCK], targets=targets, periods=QUARTERS)
    assert [run(made, cells, period=p).score("I") for p in ("2023", "2023H2", "2023Q4")] == pytest.approx([100, 50, 75])


def test_the_year_to_date_of_what_is_not_asked_now_is_what_stood_when_it_was_asked() -> None:
    # A table without periods, scored for the third quarter: the half-year's indicator has its value too.
    made = plan([{**STOCK, "frequency": "half_year"}, OTHER], targets=EIGHTY, periods=QUARTERS)
    got = run(made, "unit|indicator|value\nU|I|40\nU|J|50", period="2023Q3")
    assert (got.score("I"), got.score("J")) == (pytest.approx(50), pytest.approx(50))
    refused = "unit|indicator|period|part|verdict|value|numerator|denominator|recorded_at\nU|I|2023Q3||refused||||2024"
    assert run(made, "unit|indicator|value\nU|I|40", period="2023Q3", verifications=refused).reason("I") == "refused"


@pytest.mark.parametrize(
    ("gaps", "first", "second", "reason"),
    [
        ("missing", "20|refused", "|not_applicable", "refused"),  # what was refused does not leave the denominator
        ("sum_known", "20|refused", "|missing", "refused"),
        ("missing", "", "|not_applicable", "gap"),
        ("missing", "|not_applicable", "|not_applicable", "not_applicable"),
        ("sum_known", "20|", "|missing", None),  # a score, and no word of silence beside it
    ],
)
def test_silence_and_refusal_beside_what_does_not_apply(gaps: str, first: str, second: str, reason: str | None) -> None:
    made = plan([{**FLOW, "gaps": gaps}], targets=EIGHTY, periods=QUARTERS)
    value, _, word = first.partition("|")
    rows = [f"U|I|2023Q1|{value}|{'' if word == 'refused' else word}"] if first else []
    rows.append(f"U|I|2023Q2|{second}")
    verdict = "unit|indicator|period|part|verdict|value|numerator|denominator|recorded_at\nU|I|2023Q1||refused||||2024"
    extra = {"verifications": verdict} if word == "refused" else {}
    got = run(made, "\n".join(["unit|indicator|period|value|status", *rows]), period="2023Q2", **extra)
    assert (got.reason("I"), got.score("I")) == (reason, 50 if reason is None else None)


def test_what_was_not_reported_shows_the_units_own_target() -> None:
    targets = "indicator|name|value|unit\nI|target|80|\nI|target|40|U"
    made = plan([STOCK, OTHER], targets=targets, units="unit\nU\nV", periods=QUARTERS)
    got = run(made, "unit|indicator|period|value\nU|J|2023Q1|50", period="2023Q1")
    assert (got.node("I", "U")["target"], got.node("I", "V")["target"]) == (40, 80)


def test_where_nobody_has_a_score_no_mean_is_put_in_and_nothing_weighs() -> None:
    leaves = [{**STOCK, "weight": 20}, {**OTHER, "weight": 80}]
    tree = [{"code": "ROOT", "missing": "class_mean"}]
    made = plan(leaves, tree=tree, targets=EIGHTY, periods=QUARTERS, units="unit\nU\nV")
    got = run(made, "unit|indicator|period|value\nU|J|2023Q1|50", period="2023Q1")
    weights = {(u, i): got.node(i, u)["effective_weight_pct"] for u in "UV" for i in "IJ"}
    assert weights == pytest.approx({("U", "I"): 0, ("U", "J"): 100, ("V", "I"): 0, ("V", "J"): 100})


# the year


def year(cells: str, *, units: str = "unit\nU", **settings: Any) -> Result:
    """One indicator that is scored as it is reported; the year is the mean of its quarters."""
    settings = {"year": {"rule": "mean_of_quarters"}, **settings}
    made = plan([{"code": "I", "method": VALUE_IS_SCORE}], units=units, periods=QUARTERS, **settings)
    return run(made, "\n".join(["unit|indicator|period|value", *cells.split()]), period="2023")


ALL = " ".join(f"U|I|{q}|{{0}}" for q in QUARTERS)


def test_three_quarters_of_a_third_each_have_the_mean_of_three() -> None:
    thirds = {"year": {"rule": {"weights": [1, 1, 1, 0]}}}
    got = year(ALL.format(100), **thirds)
    assert (got.of("U")["base"], got.of("U")["reason_code"]) == (100, None)
    assert year(ALL.format(79.994999999), **thirds).of("U")["total"] == 79.99


def test_a_quarter_in_which_no_unit_was_there_leaves_the_mean() -> None:
    got = year("U|I|2023Q3|80 U|I|2023Q4|90", units="unit|valid_from\nU|2023-08-01")
    assert got.of("U")["base"] == pytest.approx(85)


def test_a_year_of_which_no_quarter_counts_is_told() -> None:
    with pytest.raises(UserError, match="No indicator counts in 2023"):
        made = plan([{**OTHER, "asked_in": [4]}], periods=QUARTERS, year={"rule": {"weights": [1, 0, 0, 0]}})
        run(made, "unit|indicator|period|value\nU|J|2023Q4|50", period="2023")


@pytest.mark.parametrize("rule", ["rescore_year_to_date", "mean_of_quarters"])
def test_a_year_takes_the_penalty_of_those_silent_in_its_last_quarter(rule: str) -> None:
    got = year(
        f"{ALL.format(80)} V|I|2023Q1|80 V|I|2023Q2|80 V|I|2023Q3|80", units="unit\nU\nV", year={"rule": rule},
        adjustments={"not_reported": {"points": 10}},
    )  # fmt: skip
    assert (got.of("U")["deduction"], got.of("V")["deduction"]) == (0, 10)


def test_a_closed_unit_of_a_registry_given_beside_the_plan_is_known() -> None:
    units = pl.DataFrame({"unit_code": ["U", "Y"], "class_code": "all", "valid_to": [None, "2023-02-01"]})
    rows = "unit|indicator|period|value\nU|J|2023Q4|80\nY|J|2022Q4|70"
    made = plan([OTHER], periods=QUARTERS)
    assert run(made, rows, period="2023Q4", units=units).of("U")["base"] == pytest.approx(80)
    with pytest.raises(UserError, match="unknown unit"):
        run(made, rows + "\nZ|J|2023Q4|1", period="2023Q4", units=units)


def test_hundreds_of_indicators_below_one_node() -> None:
    leaves = [{**OTHER, "code": f"I{n}", "weight": n % 7 + 1} for n in range(300)]
    made = plan(leaves, tree=[{"code": "ROOT", "weights": "relative"}], periods=QUARTERS)
    cells = [{"unit": "U", "indicator": f"I{n}", "period": "2023Q1", "value": str(n % 101)} for n in range(0, 300, 2)]
    got = run(made, measured(cells), period="2023Q1")
    whole = sum(n % 7 + 1 for n in range(300))
    assert got.of("U")["base"] == pytest.approx(sum((n % 7 + 1) * (n % 101) for n in range(0, 300, 2)) / whole)


# decisions and vetoes together


def test_a_decision_on_the_total_is_the_last_word_also_after_a_veto() -> None:
    check_standing(
        """
        unit | base | total | rank | grade | reason
        A    | 95   | 65    | 2    | C     | override
        B    | 80   | 80    | 1    | B     |
        C    | 90   |       |      |       | veto_stop_scoring
        D    | 85   | 60    | 3    | D     | veto_lowest_grade
        """,
        """
        unit | kind           | code   | value
        A    | veto           | stop   |
        A    | override_total |        | 65
        C    | veto           | stop   |
        D    | veto           | lowest |
        D    | cap            |        | 60
        """,
        adjustments_={"vetoes": {"stop": {"effect": "stop_scoring"}, "lowest": {"effect": "lowest_grade"}}},
        **ABCD,
    )


def test_the_grade_of_a_decided_total_is_explained_by_its_bounds() -> None:
    made = plan([OTHER], **ABCD)
    table = {
        "unit_code": "U", "kind": ["override_total", "override_grade"], "value": [65.0, None], "grade": [None, "B"],
    }  # fmt: skip
    for rows, words in ((1, "65 ≥ 60"), (2, "set by decision")):
        inputs = Inputs(measured("unit|indicator|value\nU|J|95"), adjustments=pl.DataFrame(table).head(rows))
        total = explain(made, inputs, parse_period("2023"), "U").total
        assert total is not None and total.steps[-1].detail.en == words


def test_a_section_that_is_not_asked_stays_out_of_the_years_banded_mean() -> None:
    # S is asked and missing: 0. R is asked of V alone: for U the mean is of two, (90 + 0) / 2; for V (90 + 0 + 90) / 3.
    sections = ("P", "S", "R")
    leaves = [{"code": f"{n}1", "parent": n, "method": VALUE_IS_SCORE} for n in sections]
    leaves[2]["assigned_to"] = ["two"]
    made = plan(
        leaves, tree=[{"code": "ROOT"}, *({"code": n, "parent": "ROOT", "missing": "exclude"} for n in sections)],
        units="unit|class\nU|one\nV|two", classes={"one": "1", "two": "2"}, periods=QUARTERS,
        year={"rule": "mean_of_quarters"}, grade_by={"nodes": list(sections), "bands": [{"from": 80, "points": 90}]},
        grades=[{"code": n, "title": n, "floor": n} for n in (60, 45)] + [{"code": "0", "title": "0"}],
    )  # fmt: skip
    rows = [f"{u}|{i}1|{q}|85" for u, i in ("UP", "VP", "VR") for q in QUARTERS]
    got = run(made, "\n".join(["unit|indicator|period|value", *rows]), period="2023")
    assert (got.of("U")["grade"], got.of("V")["grade"]) == ("45", "60")


def test_of_two_verdicts_on_one_cell_under_two_names_the_newest_counts() -> None:
    made = plan([STOCK], targets=EIGHTY, periods=QUARTERS)
    table = """
        unit | indicator | period | part | verdict  | value | numerator | denominator | recorded_at
        U    | I         | 2023Q2 |      | refused  |       |           |             | 2023-07-01
        U    | I         | 2023H1 |      | adjusted | 20    |           |             | 2023-07-02
        """
    got = run(made, "unit|indicator|period|value\nU|I|2023Q2|60", period="2023Q2", verifications=table)
    assert (got.score("I"), got.reason("I")) == (pytest.approx(25), "adjusted")


def test_the_year_of_a_unit_that_came_later_is_explained_by_its_own_quarters() -> None:
    units = "unit|valid_from\nU|2023-08-01\nV|"
    made = plan([OTHER], units=units, periods=QUARTERS, year={"rule": {"weights": [1, 2, 3, 4]}})
    cells = [f"{u}|J|{q}|{n}" for n, q in ((60, "2023Q3"), (80, "2023Q4")) for u in "UV"]
    inputs = Inputs(measured("\n".join(["unit|indicator|period|value", *cells])))
    told = explain(made, inputs, parse_period("2023"), "U")
    assert told.total is not None and [q.period for q in told.quarters] == ["2023Q3", "2023Q4"]
    assert told.total.steps[0].detail.en.endswith("(2023Q3 60 × 0.3 + 2023Q4 80 × 0.4) / 0.7 = 71.4286")
