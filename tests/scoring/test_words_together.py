"""Words of the plan that meet: states of a cell with gaps, phases, the best only, least counts, penalties.

Expected values are worked by hand from docs/plan-format.md; a scorer in fractions, written from it alone, found these.
"""

from typing import Any

import pytest

from schemas.lint import lint
from tests.scoring.by_table import VALUE_IS_SCORE, plan, run, scored

ENGINES = pytest.mark.parametrize("on", ["polars", "duckdb"])
QUARTERS = ["2023Q1", "2023Q2", "2023Q3", "2023Q4"]


def of(indicators: list[dict[str, Any]], **settings: Any) -> Any:
    leaves = [{"method": VALUE_IS_SCORE, **i} for i in indicators]
    return plan(leaves, **{"periods": QUARTERS, **settings})


# states


@ENGINES
@pytest.mark.parametrize("more", [{}, {"accumulation": "flow"}, {"accumulation": "flow", "gaps": "sum_known"}])
def test_a_row_that_says_not_assigned_leaves_the_denominator(more: dict[str, Any], on: str) -> None:
    made = of([{"code": "x"}, {"code": "y", **more}], missing_report="zero")
    rows = "unit|indicator|period|value|status\nU|x|2023Q1|60|\nU|y|2023Q1||not_assigned"
    assert run(made, rows, period="2023Q1", on=on).of("U")["base"] == pytest.approx(60)


@ENGINES
def test_no_earlier_value_stands_in_for_what_does_not_apply(on: str) -> None:
    # V was granted not applicable in the third quarter; W only did not report then: its 40 stands.
    made = of([{"code": "x"}, {"code": "y", "gaps": "last_known"}], units="unit\nV\nW")
    rows = "unit|indicator|period|value|status"
    for unit in "VW":
        rows += f"\n{unit}|x|2023Q3|60|\n{unit}|y|2023Q1|20|\n{unit}|y|2023Q2|40|"
    got = run(made, rows + "\nV|y|2023Q3||not_applicable\nW|y|2023Q3||missing", period="2023Q3", on=on)
    assert (got.of("V")["base"], got.of("W")["base"]) == pytest.approx((60, 50))
    assert got.reason("y", "V") == "not_applicable"


@ENGINES
def test_a_section_of_which_only_a_weightless_child_is_asked_leaves_the_denominator(on: str) -> None:
    # S's only child with a weight is not assigned to V, which reported all that it was asked: its total is X's 80.
    made = of(
        [
            {"code": "x", "parent": "ROOT", "weight": 70},
            {"code": "y", "parent": "S", "weight": 100},
            {"code": "z", "parent": "S", "weight": 0},
        ],
        tree=[{"code": "ROOT", "missing": "zero"}, {"code": "S", "parent": "ROOT", "weight": 30}],
        units="unit\nV\nW",
        assignments="indicator|unit|state\ny|V|not_assigned",
    )
    got = run(made, "unit|indicator|value\nV|x|80\nV|z|10\nW|x|80\nW|z|10", on=on)
    assert (got.of("V")["base"], got.of("W")["base"]) == pytest.approx((80, 56))
    assert not got.node("S", "V")  # as whatever is not assigned


# phases


@ENGINES
def test_nobody_was_asked_before_a_phase_so_its_sum_has_no_gap(on: str) -> None:
    phases = [{"from": "2023Q2", "to": "2024Q4"}]
    made = of([{"code": "x", "accumulation": "flow", "phases": phases}])
    rows = "unit|indicator|period|value\nU|x|2023Q2|30\nU|x|2023Q3|40"
    got = run(made, rows, period="2023Q3", on=on)
    assert (got.score("x"), got.reason("x")) == (pytest.approx(70), None)
    missing = run(made, "unit|indicator|period|value\nU|x|2023Q3|40", period="2023Q3", on=on)
    assert (missing.score("x"), missing.reason("x")) == (None, "gap")


@ENGINES
@pytest.mark.parametrize(("period", "score"), [("2023Q2", 30), ("2023Q4", 80), ("2023", 80)])
def test_a_year_is_scored_by_the_phase_of_its_last_day(period: str, score: float, on: str) -> None:
    half = {"kind": "attainment", "target": 50, "cap": 1000}
    phases = [{"from": "2022Q1", "to": "2023Q2"}, {"from": "2023Q3", "to": "2024Q4", "method": half}]
    made = of([{"code": "x", "phases": phases}])
    rows = "unit|indicator|period|value\nU|x|2023Q2|30\nU|x|2023Q4|40"
    assert run(made, rows, period=period, on=on).score("x") == pytest.approx(score)


# the best only, least counts


def test_the_best_fill_open_places_by_one_number_or_none() -> None:
    # Best two of three: the missing third does not compete; with one report, 70 fills the place left: (20 + 70)/2.
    table = "indicator|U|V\na|80|20\nb|40|\nc||"
    assert scored(table, best=2, missing={"value": 70}) == {"U": pytest.approx(60), "V": pytest.approx(45)}


@pytest.mark.parametrize("rule", [{"missing": "class_mean"}, {"not_applicable": {"value": 50}}, {}])
def test_the_best_and_a_mean_for_absent_children_are_refused_together(rule: dict[str, Any]) -> None:
    made = of([{"code": c} for c in "abc"], tree=[{"code": "ROOT", "best": 1, **rule}], missing_report="class_mean")
    codes = {p.code for p in lint(made) if p.severity == "error"}
    assert codes == {"best_rules"}
    settled = {"code": "ROOT", "best": 1, "missing": "exclude"}
    calm = of([{"code": c} for c in "abc"], tree=[settled], missing_report="class_mean")
    assert not [p for p in lint(calm) if p.severity == "error"]


@ENGINES
def test_a_child_of_no_weight_does_not_help_to_the_least_count(on: str) -> None:
    made = of(
        [{"code": "x", "weight": 50}, {"code": "y", "weight": 50}, {"code": "z", "weight": 0}],
        tree=[{"code": "ROOT", "min_count": 2, "missing": "exclude"}],
        units="unit\nV\nW",
    )
    rows = "unit|indicator|value\nV|x|60\nV|z|90\nW|x|60\nW|y|80"
    got = run(made, rows, on=on)
    assert (got.of("V")["base"], got.of("W")["base"]) == (None, pytest.approx(70))
    assert got.reason("ROOT", "V") == "below_min_count"


# penalties and grades


@ENGINES
def test_who_was_asked_nothing_that_applies_did_not_fail_to_report(on: str) -> None:
    # A's only two indicators do not apply; B's one does and is missing; C reported.
    made = of(
        [{"code": "x"}, {"code": "y"}], units="unit\nA\nB\nC", adjustments={"not_reported": {"points": 4}},
    )  # fmt: skip
    rows = "unit|indicator|period|value|status\nA|x|2023Q1||not_applicable\nA|y|2023Q1||not_applicable"
    rows += "\nB|x|2023Q1||not_applicable\nB|y|2023Q1||missing\nC|x|2023Q1|60|"
    got = run(made, rows, period="2023Q1", on=on)
    assert [got.of(u)["deduction"] for u in "ABC"] == [0, 4, 0]
