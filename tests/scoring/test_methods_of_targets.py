"""Methods against a target or a scale of marks: attainment, coverage, bands, milestones; in tables, worked by hand."""

from tests.scoring.by_table import QUARTERS, check_method

# 目标完成率


def test_attainment_is_value_over_target_with_floor_and_cap() -> None:
    check_method(
        {"kind": "attainment", "cap": 120, "floor": 10},
        """
        value | target | score   | reason
        22    | 20     | 110     |
        18    | 20     | 90      |
        20    | 60     | 33.333… |
        30    | 20     | 120     | capped
        24    | 20     | 120     |
        1     | 20     | 10      | floored
        -5    | 20     | 10      | floored
        0     | 20     | 10      | floored
        5     | 0      |         | bad_target
        5     | -3     |         | bad_target
        5     |        |         | no_target
              | 20     |         | not_reported
        """,
    )


def test_attainment_does_not_pass_100_unless_the_plan_says_so() -> None:
    check_method(
        {"kind": "attainment"},
        """
        value | target | score | reason
        25    | 20     | 100   | capped
        0     | 20     | 0     |
        """,
    )


def test_attainment_against_a_fixed_target_of_the_plan() -> None:
    check_method(
        {"kind": "attainment", "target": 80},
        """
        value | score
        60    | 75
        80    | 100
        """,
    )


def test_attainment_where_lower_is_better_mirrored() -> None:
    # 100 × (2 − 12/10) = 80: a fifth over the allowance costs a fifth.
    check_method(
        {"kind": "attainment", "direction": "down", "cap": 150},
        """
        value | target | score | reason
        10    | 10     | 100   |
        12    | 10     | 80    |
        8     | 10     | 120   |
        0     | 10     | 150   | capped
        20    | 10     | 0     |
        25    | 10     | 0     | floored
        5     | 0      |       | bad_target
        """,
    )


def test_attainment_where_lower_is_better_reciprocal() -> None:
    # 100 × 10/12.5 = 80. A value of zero divides by zero: no points, but a reason.
    check_method(
        {"kind": "attainment", "direction": "down", "inverse": "reciprocal", "cap": 150},
        """
        value | target | score | reason
        10    | 10     | 100   |
        12.5  | 10     | 80    |
        8     | 10     | 125   |
        5     | 10     | 150   | capped
        0     | 10     |       | zero_denominator
        """,
    )


def test_points_per_point_above_and_below_the_target() -> None:
    # Each per cent above gains 0.5, each below costs 2: 110 % → 105; 95 % → 90; 40 % → −20 → 0.
    check_method(
        {"kind": "attainment", "per_point_above": 0.5, "per_point_below": 2, "cap": 110},
        """
        value | target | score | reason
        20    | 20     | 100   |
        22    | 20     | 105   |
        19    | 20     | 90    |
        8     | 20     | 0     | floored
        30    | 20     | 110   | capped
        """,
    )


def test_points_per_point_given_on_one_side_only_leave_the_other_side_proportional() -> None:
    check_method(
        {"kind": "attainment", "per_point_below": 2, "cap": 120},
        """
        value | target | score
        22    | 20     | 110
        19    | 20     | 90
        """,
    )


# 覆盖率


def test_coverage_is_numerator_over_denominator_against_its_target() -> None:
    check_method(
        {"kind": "coverage", "target": 80, "cap": 110},
        """
        numerator | denominator | value | score | reason
        180       | 200         |       | 110   | capped
        160       | 200         |       | 100   |
        80        | 200         |       | 50    |
        0         | 200         |       | 0     |
                  |             | 60    | 75    |
        0         | 0           |       |       | zero_denominator
        5         | 0           |       |       | zero_denominator
        5         | -10         |       |       | impossible_value
        -5        | 10          |       |       | impossible_value
        """,
    )


def test_coverage_target_is_100_per_cent_unless_said() -> None:
    check_method(
        {"kind": "coverage"},
        """
        numerator | denominator | score
        180       | 200         | 90
        """,
    )


# 分档


STEPS = [
    {"to": 60, "score": 0},
    {"from": 60, "to": 80, "score": 60},
    {"from": 80, "to": 90, "score": 80},
    {"from": 90, "score": 100},
]


def test_bands_closed_on_the_left() -> None:
    check_method(
        {"kind": "bands", "bands": STEPS},
        """
        value       | score
        -7          | 0
        59.99       | 0
        60          | 60
        79.99       | 60
        80          | 80
        90          | 100
        400         | 100
        """,
    )


def test_bands_closed_on_the_right() -> None:
    check_method(
        {"kind": "bands", "bands": STEPS, "closed": "right"},
        """
        value | score
        60    | 0
        60.01 | 60
        80    | 60
        90    | 80
        90.01 | 100
        """,
    )


def test_bands_linear_inside() -> None:
    # 功效系数: from 60 points at 20 to 100 points at 40. 30 lies half way: 80.
    check_method(
        {
            "kind": "bands",
            "bands": [{"to": 20, "score": 0}, {"from": 20, "to": 40, "score": [60, 100]}, {"from": 40, "score": 100}],
        },
        """
        value | score
        19    | 0
        20    | 60
        30    | 80
        39    | 98
        40    | 100
        """,
    )


def test_bands_over_attainment_of_the_target() -> None:
    check_method(
        {"kind": "bands", "of": "attainment", "bands": STEPS},
        """
        value | target | score | reason
        45    | 50     | 100   |
        40    | 50     | 80    |
        10    | 50     | 0     |
        45    | 0      |       | bad_target
        45    |        |       | no_target
        """,
    )


def test_a_value_in_no_band_has_no_score() -> None:
    check_method(
        {"kind": "bands", "bands": [{"from": 0, "to": 50, "score": 40}, {"from": 50, "to": 100, "score": 80}]},
        """
        value | score | reason
        -1    |       | out_of_bands
        0     | 40    |
        50    | 80    |
        100   | 80    |
        100.5 |       | out_of_bands
        """,
    )


def test_a_bound_is_met_in_spite_of_binary_noise() -> None:
    # 0.1 + 0.2 is 0.30000000000000004 in binary; 0.7 × 3 less noise is 2.0999999999999996.
    check_method(
        {"kind": "bands", "bands": [{"from": 0, "to": 2.1, "score": 50}, {"from": 2.1, "to": 9, "score": 90}]},
        """
        value              | score
        2.0999999999999996 | 90
        2.1                | 90
        """,
    )


# 里程碑


def test_milestones_without_due_dates_are_a_share_of_all_stages() -> None:
    check_method(
        {
            "kind": "milestones",
            "stages": [{"code": "plan", "weight": 20}, {"code": "build", "weight": 50}, {"code": "open", "weight": 30}],
        },
        """
        .plan | .build | .open | score | reason
        1     |        |       | 20    |
        1     | 1      |       | 70    |
        1     | 1      | 1     | 100   |
        0     | 0      | 0     | 0     |
        1     | 0      | 1     | 50    |
              |        |       |       | not_reported
        """,
        accumulation="stage",
    )


DUE = [
    {"code": "plan", "weight": 20, "due": 1},
    {"code": "build", "weight": 30, "due": 2},
    {"code": "open", "weight": 50, "due": 4},
]


def test_milestones_behind_on_and_ahead_of_schedule() -> None:
    from tests.scoring.by_table import plan, run

    # In the second quarter plan and build are due: 50. Reached: 20, 50, 100 of those 50.
    made = plan(
        [{"code": "I", "accumulation": "stage", "method": {"kind": "milestones", "stages": DUE, "cap": 150}}],
        units="unit\nbehind\non\nahead",
        tree=[{"code": "ROOT", "clamp": "none"}],
        periods=QUARTERS,
    )
    got = run(
        made,
        """
        unit   | indicator | period | part  | value
        behind | I         | 2023Q2 | plan  | 1
        on     | I         | 2023Q2 | plan  | 1
        on     | I         | 2023Q2 | build | 1
        ahead  | I         | 2023Q2 | plan  | 1
        ahead  | I         | 2023Q2 | build | 1
        ahead  | I         | 2023Q2 | open  | 1
        """,
        period="2023Q2",
    )
    assert [got.score("I", u) for u in ("behind", "on", "ahead")] == [40, 100, 150]
    assert got.reason("I", "ahead") == "capped"
