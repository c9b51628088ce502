"""From the base to total, rank and grade. The base is given; what is outside the tree is the table."""

import pytest

from tests.scoring.by_table import VALUE_IS_SCORE, check_standing, plan, run

WIDE = {"clamp": "none", "places": "none"}


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


ABCD = {
    "grades": [
        {"code": "A", "title": "A", "floor": 90},
        {"code": "B", "title": "B", "floor": 80},
        {"code": "C", "title": "C", "floor": 60},
        {"code": "D", "title": "D"},
    ]
}


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


# rounding


@pytest.mark.parametrize(
    ("mode", "places", "base", "total"),
    [
        ("half_up", 2, "80.845", "80.85"),
        ("half_up", 2, "80.8449999", "80.84"),
        ("half_up", 2, "1.005", "1.01"),
        ("half_up", 0, "2.5", "3"),
        ("half_up", 0, "3.5", "4"),
        ("half_up", 0, "-2.5", "-3"),
        ("half_up", 0, "-2.4", "-2"),
        ("half_up", 1, "0.05", "0.1"),
        ("half_up", 0, "0.49999", "0"),
        ("half_even", 0, "2.5", "2"),
        ("half_even", 0, "3.5", "4"),
        ("half_even", 0, "-2.5", "-2"),
        ("half_even", 0, "-3.5", "-4"),
        ("half_even", 2, "80.845", "80.84"),
        ("half_even", 2, "80.855", "80.86"),
        ("half_even", 2, "80.8450001", "80.85"),
        ("half_up", "none", "80.8449999", "80.8449999"),
        ("half_up", 3, "79.99951", "80"),
    ],
)
def test_rounding(mode: str, places: object, base: str, total: str) -> None:
    check_standing(
        f"unit | base | total\nA | {base} | {total}", total={"clamp": "none", "places": places, "rounding": mode}
    )


def test_the_total_is_rounded_once_and_never_before() -> None:
    # 80.0149 + 0.0002 = 80.0151 → 80.02; rounded before the bonus it would be 80.01 + 0.0002 → 80.01.
    check_standing(
        "unit | base | total\nA | 80.0149 | 80.02\nB | 80.0151 | 80.02",
        adjustments="unit|kind|code|value\nA|bonus|x|0.0002",
    )


# ranks


def test_ranks_inside_the_class() -> None:
    check_standing(
        """
        unit | class | base | rank | class_size
        A    | x     | 80   | 2    | 2
        B    | x     | 90   | 1    | 2
        C    | y     | 70   | 1    | 1
        D    | y     |      |      | 1
        """
    )


TIED = """
        unit | base | rank
        A    | 90   | {}
        B    | 90   | {}
        C    | 80   | {}
        D    | 80   | {}
        E    | 80   | {}
        F    | 70   | {}
        """


@pytest.mark.parametrize(
    ("ties", "ranks"),
    [
        ("min", [1, 1, 3, 3, 3, 6]),
        ("dense", [1, 1, 2, 2, 2, 3]),
        ("average", [1.5, 1.5, 4, 4, 4, 6]),
        ("max", [2, 2, 5, 5, 5, 6]),
    ],
)
def test_ties(ties: str, ranks: list[float]) -> None:
    check_standing(TIED.format(*ranks), rank={"ties": ties})


def test_ranks_on_the_rounded_or_the_unrounded_total() -> None:
    table = "unit | base | total | rank\nA | 80.004 | 80 | {}\nB | 80.001 | 80 | {}"
    check_standing(table.format(1, 1), rank={"on": "rounded"})
    check_standing(table.format(1, 2), rank={"on": "unrounded"})


def test_noise_of_binary_sums_is_no_difference_in_rank() -> None:
    check_standing(
        "unit | base | rank\nA | 80.00000000000001 | 1\nB | 80 | 1",
        rank={"on": "unrounded"}, total={"places": "none"},
    )  # fmt: skip


def test_tie_breakers_in_order() -> None:
    # All have the mean 80. The first breaker is S1, then S2; equal in both stay tied.
    check_standing(
        """
        unit | S1 | S2 | S3 | rank
        A    | 90 | 70 | 80 | 3
        B    | 95 | 65 | 80 | 1
        C    | 90 | 75 | 75 | 2
        D    | 90 | 70 | 80 | 3
        E    | 60 | 99 | 81 | 5
        F    | 99 | 60 | 66 | 6
        """,
        nodes=["S1", "S2", "S3"],
        rank={"tie_breakers": ["S1", "S2"]},
    )


def test_who_lacks_the_tie_breaker_comes_after_those_who_have_it() -> None:
    check_standing(
        "unit | S1 | S2 | rank\nA |  | 80 | 2\nB | 80 | 80 | 1",
        nodes=["S1", "S2"],
        rank={"tie_breakers": ["S1"]},
    )


def test_ranks_over_all_units_or_a_column_of_the_registry() -> None:
    table = """
        unit | class | region | base | rank | class_size
        A    | x     | north  | 90   | {}
        B    | x     | south  | 80   | {}
        C    | y     | north  | 85   | {}
        D    | y     | south  | 70   | {}
        """
    check_standing(table.format("1 | 4", "3 | 4", "2 | 4", "4 | 4"), rank={"within": "all"})
    check_standing(table.format("1 | 2", "1 | 2", "2 | 2", "2 | 2"), rank={"within": "region"})


def test_ranks_of_seventy_thousand_units() -> None:
    """Two sections so that the tie-breaker's number, place × size + second, grows past 2³²."""
    import polars as pl

    n = 70_000
    codes = [f"U{i:05d}" for i in range(n)]
    units = pl.DataFrame({"unit_code": codes, "name": codes, "class_code": ["all"] * n})
    rows = pl.DataFrame({"unit_code": codes, "indicator_code": ["a"] * n, "value": [i / 1000 for i in range(n)]})
    made = plan(
        [{"code": "a", "parent": "S", "method": VALUE_IS_SCORE}],
        tree=[{"code": "ROOT"}, {"code": "S", "parent": "ROOT"}],
        rank={"tie_breakers": ["S"]},
        total={"places": 3},
    )
    got = run(made, rows, units=units, detail="totals").scored.results
    assert got.sort("unit_code")["rank"].to_list() == [float(n - i) for i in range(n)]


# grades


def test_grades_by_floors() -> None:
    check_standing(
        """
        unit | base   | total | grade
        A    | 90     | 90    | A
        B    | 89.996 | 90    | A
        C    | 89.994 | 89.99 | B
        D    | 80     | 80    | B
        E    | 60     | 60    | C
        F    | 59.99  | 59.99 | D
        G    |        |       |
        """,
        **ABCD,
    )


def test_no_grades_where_the_plan_has_none() -> None:
    check_standing("unit | base | grade\nA | 90 |")


TEN = ["99", "98", "97", "96", "95", "94", "93", "92", "91", "90"]


def ten(grades: str, bases: list[str] | None = None) -> str:
    lines = [f"U{i} | {b} | {g}" for i, (b, g) in enumerate(zip(bases or TEN, grades, strict=True))]
    return "unit | base | grade\n" + "\n".join(lines)


def quotas(**quota: object) -> dict[str, object]:
    return {
        "grades": [
            {"code": "A", "title": "A", "quota": 0.25},
            {"code": "B", "title": "B", "quota": 0.5},
            {"code": "C", "title": "C"},
        ],
        "quota": quota,
    }


def test_grades_by_quotas() -> None:
    # 25 % of 10 is 2.5: two, or with ceil and half_up three.
    check_standing(ten("AABBBBBCCC"), **quotas())
    check_standing(ten("AAABBBBBCC"), **quotas(rounding="ceil"))
    check_standing(ten("AAABBBBBCC"), **quotas(rounding="half_up"))


def test_a_quota_has_a_minimum() -> None:
    check_standing("unit | base | grade\nU | 90 | A\nV | 80 | B\nW | 70 | C", **quotas(minimum=1))
    check_standing("unit | base | grade\nU | 90 | B\nV | 80 | C\nW | 70 | C", **quotas())


def test_a_tie_at_the_edge_of_a_quota() -> None:
    # Two places, the second and the third are equal: nobody of them, or both.
    bases = ["99", "98", "98", "96", "95", "94", "93", "92", "91", "90"]
    check_standing(ten("ABBBBBCCCC", bases), **quotas(edge_tie="exclude"))
    check_standing(ten("AAABBBBBCC", bases), **quotas(edge_tie="include"))


def test_who_missed_a_quota_is_told_why() -> None:
    check_standing(
        """
        unit | base | grade | reason
        A    | 99   | A     |
        B    | 98   | B     | quota_tie
        C    | 98   | B     | quota_tie
        D    | 97   | B     | quota_reached
        """,
        grades=[{"code": "A", "title": "A", "floor": 90, "quota": 0.5}, {"code": "B", "title": "B"}],
    )


def test_floor_and_quota_together() -> None:
    # 30 % of 10 are three places, but only two have 90.
    check_standing(
        ten("AABBBBBCCD", ["95", "90", "89.99", "85", "84", "83", "82", "70", "60", "50"]),
        grades=[
            {"code": "A", "title": "A", "floor": 90, "quota": 0.3},
            {"code": "B", "title": "B", "floor": 80, "quota": 0.5},
            {"code": "C", "title": "C", "floor": 60},
            {"code": "D", "title": "D"},
        ],
    )


def test_top_n() -> None:
    check_standing(
        "unit | base | grade\nA | 90 | first\nB | 80 | next\nC | 70 | next\nD | 60 |",
        grades=[{"code": "first", "title": "1", "top": 1}, {"code": "next", "title": "2", "top": 2}],
    )


def test_quotas_are_counted_in_each_class_by_its_own_share() -> None:
    check_standing(
        """
        unit | class | base | grade
        A1   | a     | 99   | A
        A2   | a     | 98   | A
        A3   | a     | 97   | B
        A4   | a     | 96   | B
        B1   | b     | 60   | A
        B2   | b     | 59   | B
        B3   | b     | 58   | B
        B4   | b     | 57   | B
        """,
        grades=[{"code": "A", "title": "A", "quota": 0.25, "quota_by_class": {"a": 0.5}}, {"code": "B", "title": "B"}],
    )


def test_a_vetoed_unit_takes_no_place_of_the_quota() -> None:
    # Four ranked units, half of them are two places: B is barred, so C follows. E was stopped and is not counted.
    check_standing(
        """
        unit | base | rank | grade
        A    | 99   | 1    | A
        B    | 98   | 2    | B
        C    | 97   | 3    | A
        D    | 96   | 4    | B
        E    | 99   |      |
        """,
        adjustments="unit|kind|code\nB|veto|late\nE|veto|fatal",
        adjustments_={"vetoes": {"late": {"effect": "no_top_grade"}, "fatal": {"effect": "stop_scoring"}}},
        grades=[{"code": "A", "title": "A", "quota": 0.5}, {"code": "B", "title": "B"}],
    )


def test_a_grade_may_ask_for_floors_in_sections() -> None:
    check_standing(
        """
        unit | S1 | S2 | total | grade | reason
        A    | 95 | 91 | 93    | A     |
        B    | 99 | 89 | 94    | B     | node_below_floor
        C    | 99 |    | 99    | B     | node_below_floor
        D    | 70 | 90 | 80    | B     |
        """,
        nodes=["S1", "S2"],
        grades=[{"code": "A", "title": "A", "floor": 90, "node_floors": {"S2": 90}}, {"code": "B", "title": "B"}],
    )


BANDED = {
    "nodes": ["S1", "S2", "S3"],
    "grade_by": {
        "nodes": ["S1", "S2", "S3"],
        "bands": [
            {"from": 0, "points": 1},
            {"from": 60, "points": 2},
            {"from": 80, "points": 3},
            {"from": 90, "points": 4},
        ],
    },
    "grades": [
        {"code": "A", "title": "A", "floor": 3.5},
        {"code": "B", "title": "B", "floor": 2.5},
        {"code": "C", "title": "C"},
    ],
}


def test_grade_by_the_mean_of_banded_sections() -> None:
    # A: 4, 3, 4 → 3.667. B: 4, 4, 2 → 3.333. C: 4, 2, 1 → 2.333. D lacks S3, which counts nothing: 4, 3, 0 → 2.333.
    check_standing(
        """
        unit | S1 | S2 | S3    | grade
        A    | 90 | 80 | 95    | A
        B    | 99 | 90 | 79.99 | B
        C    | 99 | 60 | 59    | C
        D    | 90 | 80 |       | C
        """,
        **BANDED,
    )


def test_a_section_below_all_bands_never_helps() -> None:
    bands = [b for b in BANDED["grade_by"]["bands"] if b["from"] > 0]  # type: ignore[index]
    check_standing(
        """
        unit | S1 | S2 | S3 | grade
        A    | 90 | 90 | 60 | B
        B    | 90 | 90 | 59 | B
        """,
        **{**BANDED, "grade_by": {**BANDED["grade_by"], "bands": bands}},  # type: ignore[dict-item]
    )


# results in a row

YEARS = """
        unit | period | total | rank | class_size | grade
        A    | 2021   | 62    | 3    | 3          | C
        A    | 2022   | 61    | 3    | 3          | C
        B    | 2021   | 70    | 2    | 3          | C
        B    | 2022   | 95    | 1    | 3          | A
        C    | 2021   | 95    | 1    | 3          | A
        C    | 2022   | 90    | 2    | 3          | A
        """


def test_two_years_at_the_bottom_is_flagged() -> None:
    check_standing(
        """
        unit | base | rank | reason
        A    | 60   | 3    | consecutive
        B    | 91   | 1    |
        C    | 90   | 2    |
        """,
        history=YEARS,
        consecutive=[{"code": "yellow", "title": "黄牌", "periods": 2, "condition": {"bottom": 1}}],
    )


def test_three_years_below_a_bound_is_graded_lowest() -> None:
    check_standing(
        """
        unit | base | grade | reason
        A    | 64   | D     | consecutive
        B    | 64   | C     |
        C    | 91   | A     |
        """,
        history=YEARS,
        consecutive=[
            {"code": "low", "title": "三年", "periods": 3, "condition": {"below": 65}, "effect": "lowest_grade"}
        ],
        **ABCD,
    )


def test_two_earlier_top_grades_bar_a_third() -> None:
    check_standing(
        """
        unit | base | grade | reason
        A    | 95   | A     |
        B    | 96   | A     |
        C    | 97   | B     | consecutive
        """,
        history=YEARS,
        consecutive=[
            {"code": "turn", "title": "轮流", "periods": 2, "condition": {"grade": "A"}, "effect": "no_top_grade"}
        ],
        **ABCD,
    )


def test_results_of_the_same_or_a_later_period_are_not_earlier_results() -> None:
    # An old year is scored again: what came after it does not count for it.
    later = YEARS.replace("2022", "2024").replace("2021", "2023")
    check_standing(
        "unit | base | rank | reason\nA | 60 | 3 |\nB | 91 | 1 |\nC | 90 | 2 |",
        history=later,
        consecutive=[{"code": "yellow", "title": "黄牌", "periods": 2, "condition": {"bottom": 1}}],
        **ABCD,
    )


def test_quarters_do_not_count_in_a_row_of_years() -> None:
    # A was at the bottom in 2022Q4 but not in 2022.
    history = "unit|period|total|rank|class_size|grade\nA|2022|90|1|3|A\nA|2022Q4|50|3|3|D"
    check_standing(
        "unit | base | rank | reason\nA | 60 | 3 |\nB | 91 | 1 |\nC | 90 | 2 |",
        history=history,
        consecutive=[{"code": "yellow", "title": "黄牌", "periods": 2, "condition": {"bottom": 1}}],
        **ABCD,
    )


def test_without_history_nothing_is_consecutive() -> None:
    check_standing(
        "unit | base | reason\nA | 60 |\nB | 91 |",
        consecutive=[{"code": "yellow", "title": "黄牌", "periods": 2, "condition": {"bottom": 1}}],
    )
