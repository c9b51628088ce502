"""What is outside the tree, after the base and before the rank: bonuses, deductions, caps, vetoes, overrides."""

from tests.scoring.by_table import ABCD, VALUE_IS_SCORE, check_standing, plan, run

# bonuses


def test_bonuses_add_up_to_their_cap() -> None:
    check_standing(
        """
        unit | base | bonus | total | reason
        A    | 80   | 3     | 83    |
        B    | 80   | 5     | 85    | bonus_capped
        C    | 80   | 0     | 80    |
        """,
        adjustments="""
        unit | kind  | code  | value
        A    | bonus | press | 1
        A    | bonus | prize | 2
        B    | bonus | press | 4
        B    | bonus | prize | 2.5
        """,
        adjustments_={"bonus": {"cap": 5}},
    )


def test_bonuses_of_one_kind_have_a_cap_of_their_own() -> None:
    # press 1.5 + 1.5 = 3 → 2; prize 4: 6 together, cap 5.5.
    check_standing(
        """
        unit | base | bonus | total
        A    | 80   | 5.5   | 85.5
        B    | 80   | 2     | 82
        """,
        adjustments="""
        unit | kind  | code  | value
        A    | bonus | press | 1.5
        A    | bonus | press | 1.5
        A    | bonus | prize | 4
        B    | bonus | press | 3
        """,
        adjustments_={"bonus": {"cap": 5.5, "cap_by_code": {"press": 2}}},
    )


def test_a_bonus_opens_at_a_base() -> None:
    check_standing(
        """
        unit | base              | bonus | total | reason
        A    | 80                | 3     | 83    |
        B    | 79.999            | 0     | 80    | bonus_closed
        C    | 79.99999999999999 | 3     | 83    |
        D    |                   | 0     |       | bonus_closed
        """,
        adjustments="unit|kind|code|value\nA|bonus|x|3\nB|bonus|x|3\nC|bonus|x|3\nD|bonus|x|3",
        adjustments_={"bonus": {"opens_at_base": 80}},
    )


def test_a_bonus_without_a_document_does_not_count() -> None:
    check_standing(
        """
        unit | base | bonus | total | reason
        A    | 80   | 3     | 83    |
        B    | 80   | 0     | 80    | bonus_undocumented
        C    | 80   | 2     | 82    | bonus_undocumented
        """,
        adjustments="""
        unit | kind  | code | value | document_no
        A    | bonus | x    | 3     | 鄂科协〔2023〕5号
        B    | bonus | x    | 3     |
        C    | bonus | x    | 3     |
        C    | bonus | x    | 2     | 鄂科协〔2023〕6号
        """,
        adjustments_={"bonus": {"document_required": True}},
    )


def test_the_total_is_limited_after_the_bonus() -> None:
    table = "unit | base | total | reason\nA | 98 | {} | {}"
    claim = "unit|kind|code|value\nA|bonus|x|4"
    check_standing(table.format(100, "total_capped"), adjustments=claim)
    check_standing(table.format(102, ""), adjustments=claim, total={"clamp": [0, 105]})
    check_standing(table.format(102, ""), adjustments=claim, total={"clamp": "none"})


# deductions


def test_deductions_stop_at_their_floor() -> None:
    check_standing(
        """
        unit | base | deduction | total | reason
        A    | 95   | 30        | 65    |
        B    | 70   | 30        | 60    | total_floored
        C    | 55   | 30        | 55    | total_floored
        """,
        adjustments="unit|kind|value\nA|deduction|30\nB|deduction|10\nB|deduction|20\nC|deduction|30",
        adjustments_={"deduction": {"floor": 60}},
    )


def test_without_a_floor_the_totals_own_limit_holds() -> None:
    table = "unit | base | deduction | total\nA | 20 | 30 | {}"
    loss = "unit|kind|value\nA|deduction|30"
    check_standing(table.format(0), adjustments=loss)
    check_standing(table.format(-10), adjustments=loss, total={"clamp": "none"})


def test_deductions_are_capped_together() -> None:
    check_standing(
        """
        unit | base | deduction | total
        A    | 80   | 8         | 72
        B    | 80   | 3         | 77
        """,
        adjustments="unit|kind|value\nA|deduction|6\nA|late|9\nB|deduction|3",
        adjustments_={"deduction": {"cap": 8}, "late": {"per_day": 1}},
    )


def test_late_reports_cost_by_the_day_after_days_of_grace_up_to_a_cap() -> None:
    check_standing(
        """
        unit | base | deduction | total
        A    | 80   | 0.5       | 79.5
        B    | 80   | 0         | 80
        C    | 80   | 3         | 77
        """,
        adjustments="unit|kind|value\nA|late|3\nB|late|2\nC|late|40",
        adjustments_={"late": {"per_day": 0.5, "cap": 3, "grace_days": 2}},
    )


def test_late_reports_cost_by_steps() -> None:
    check_standing(
        """
        unit | base | deduction
        A    | 80   | 1
        B    | 80   | 3
        C    | 80   | 5
        D    | 80   | 3
        """,
        adjustments="unit|kind|value\nA|late|1\nB|late|4\nC|late|11\nD|late|10",
        adjustments_={
            "late": {
                "steps": [{"from_day": 4, "points": 3}, {"from_day": 1, "points": 1}, {"from_day": 11, "points": 5}]
            }
        },
    )


def test_a_false_report_costs_what_the_plan_says() -> None:
    check_standing(
        """
        unit | base | deduction | total
        A    | 80   | 50        | 30
        B    | 80   | 0         | 80
        """,
        adjustments="unit|kind\nA|false_report",
        adjustments_={"false_report": {"points": 50}},
    )


def test_a_unit_that_reported_nothing_at_all_pays_for_it() -> None:
    made = plan(
        [
            {"code": "a", "method": VALUE_IS_SCORE},
            {"code": "b", "method": {"kind": "deductions"}, "accumulation": "flow"},
        ],
        units="unit\nsilent\nnil\nsome",
        adjustments={"not_reported": {"points": 10}, "deduction": {"floor": 0}},
    )
    got = run(made, "unit|indicator|value|status\nnil|b||nil\nsome|a|90|\nsilent|a||missing")
    assert {u: got.of(u)["deduction"] for u in ("silent", "nil", "some")} == {"silent": 10, "nil": 0, "some": 0}
    assert got.of("silent")["reason_code"] in ("total_floored", "not_reported")


def test_only_those_who_were_asked_can_have_failed_to_report() -> None:
    made = plan(
        [
            {"code": "a", "method": VALUE_IS_SCORE, "assigned_to": ["city"]},
            {"code": "b", "method": VALUE_IS_SCORE, "owner": "office"},
        ],
        units="unit | class\nC | city\nS | society",
        classes={"city": "city", "society": "society"},
        adjustments={"not_reported": {"points": 10}},
        missing_report="exclude",
    )
    got = run(made, "unit|indicator|value\nC|b|80\nS|b|80")
    assert (got.of("C")["deduction"], got.of("S")["deduction"]) == (10, 0)


def test_who_did_not_report_may_be_said_by_the_office() -> None:
    made = plan([{"code": "a", "method": VALUE_IS_SCORE}], adjustments={"not_reported": {"points": 10}})
    assert run(made, "unit|indicator|value\nU|a|80", unreported=["U"]).of("U")["total"] == 70


# caps and vetoes


def test_a_cap_on_the_total() -> None:
    check_standing(
        """
        unit | base | total | reason
        A    | 92   | 79    | total_capped
        B    | 70   | 70    |
        """,
        adjustments="unit|kind|value\nA|cap|89\nA|cap|79\nB|cap|79",
    )


def test_vetoes_of_three_strengths() -> None:
    check_standing(
        """
        unit    | base | total | rank | class_size | grade | reason
        stopped | 95   |       |      | 4          |       | veto_stop_scoring
        lowest  | 96   | 96    | 1    | 4          | D     | veto_lowest_grade
        nottop  | 94   | 94    | 2    | 4          | B     | veto_no_top_grade
        fined   | 93   | 83    | 4    | 4          | B     | veto_no_top_grade
        clean   | 91   | 91    | 3    | 4          | A     |
        """,
        adjustments="""
        unit    | kind | code
        stopped | veto | fatal
        lowest  | veto | fraud
        nottop  | veto | late
        fined   | veto | costly
        """,
        adjustments_={
            "vetoes": {
                "fatal": {"effect": "stop_scoring"},
                "fraud": {"effect": "lowest_grade"},
                "late": {"effect": "no_top_grade"},
                "costly": {"effect": "no_top_grade", "points": 10},
            }
        },
        **ABCD,
    )


def test_the_strongest_of_several_vetoes_holds() -> None:
    check_standing(
        """
        unit | base | total | grade | reason
        A    | 95   |       |       | veto_stop_scoring
        B    | 95   | 95    | D     | veto_lowest_grade
        """,
        adjustments="unit|kind|code\nA|veto|late\nA|veto|fatal\nB|veto|late\nB|veto|fraud",
        adjustments_={
            "vetoes": {
                "fatal": {"effect": "stop_scoring"},
                "fraud": {"effect": "lowest_grade"},
                "late": {"effect": "no_top_grade"},
            }
        },
        **ABCD,
    )


def test_an_adjustment_of_another_period_or_withdrawn_does_not_count() -> None:
    check_standing(
        """
        unit | base | total
        A    | 80   | 81
        """,
        adjustments="""
        unit | kind  | code | value | period | state
        A    | bonus | x    | 1     | 2023   | valid
        A    | bonus | x    | 2     | 2022   | valid
        A    | bonus | x    | 4     | 2023   | withdrawn
        """,
    )


# decisions of the office


def test_an_override_of_total_and_of_grade() -> None:
    check_standing(
        """
        unit | base | total | rank | grade | reason
        A    | 95   | 70    | 2    | C     | override
        B    | 85   | 85    | 1    | A     | override
        C    | 61   | 61    | 3    | C     |
        """,
        adjustments="unit|kind|value|grade\nA|override_total|70|\nB|override_grade||A",
        **ABCD,
    )
