"""From the rank to the grade: floors, quotas, bands of sections, results in a row."""

import pytest

from tests.scoring.by_table import ABCD, check_standing

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


@pytest.mark.parametrize(("places", "grade"), [(None, "B"), (10, "B"), (9, "B"), (0, "A")])
def test_the_mean_of_bands_is_rounded_to_the_places_asked_for(places: int | None, grade: str) -> None:
    # 4, 4 and 3 have the mean 3.667: at four, and only rounded to whole numbers.
    check_standing(
        f"unit | S1 | S2 | S3 | grade\nA | 90 | 90 | 85 | {grade}",
        nodes=BANDED["nodes"],
        grade_by={**BANDED["grade_by"], "places": places},  # type: ignore[dict-item]
        grades=[{"code": "A", "title": "A", "floor": 4}, {"code": "B", "title": "B"}],
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
