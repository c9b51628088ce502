"""Every method as a table: one line, one unit. Expected scores are worked by hand from the rule."""

from tests.scoring.by_table import check_method, check_together, collected

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
QUARTERS = ["2023Q1", "2023Q2", "2023Q3", "2023Q4"]


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


# 是否、要件清单


def test_boolean() -> None:
    check_method(
        {"kind": "boolean"},
        """
        value | score
        1     | 100
        0     | 0
        """,
    )


def test_boolean_with_marks_of_its_own() -> None:
    check_method(
        {"kind": "boolean", "met": 100, "not_met": 60},
        """
        value | score | reason
        1     | 100   |
        0     | 60    |
              |       | not_reported
        """,
    )


SIX = ["机关", "企业", "乡村", "社区", "校园", "军营"]


def test_checklist_is_items_met_over_all_items() -> None:
    check_method(
        {"kind": "checklist", "items": SIX},
        """
        .机关 | .企业 | .社区 | score   | reason
        1     |       | 1     | 33.333… |
        1     | 1     | 1     | 50      |
        0     | 0     | 0     | 0       |
              |       |       |         | not_reported
        """,
        accumulation="stage",
    )


def test_a_checklist_item_counts_once_however_often_it_was_met() -> None:
    check_method(
        {"kind": "checklist", "items": ["a", "b", "c", "d"]},
        """
        .a | .b | score
        5  |    | 25
        5  | 3  | 50
        -4 | 1  | 25
        """,
        accumulation="stage",
    )


def test_checklist_items_with_weights() -> None:
    check_method(
        {"kind": "checklist", "items": {"charter": 60, "minutes": 30, "photo": 10}},
        """
        .charter | .minutes | .photo | score
        1        |          |        | 60
        1        | 1        |        | 90
                 | 1        | 1      | 40
        """,
        accumulation="stage",
    )


def test_a_checklist_may_be_reported_as_a_count() -> None:
    check_method(
        {"kind": "checklist", "items": SIX},
        """
        value | score   | reason
        2     | 33.333… |
        6     | 100     |
        7     | 100     | capped
        """,
        accumulation="stage",
    )


# 增幅


def test_growth_in_per_cent_on_a_baseline() -> None:
    # +8 % of the +10 % wanted: 80.
    check_method(
        {"kind": "growth", "target": 10},
        """
        value | baseline | score | reason
        54    | 50       | 80    |
        55    | 50       | 100   |
        60    | 50       | 100   | capped
        50    | 50       | 0     |
        45    | 50       | 0     | floored
        54    | 0        |       | bad_baseline
        54    | -5       |       | bad_baseline
        54    |          |       | no_baseline
        """,
    )


def test_growth_with_marks_for_standing_still() -> None:
    # 60 for no change, 100 for +10 %: +5 % is 80; −5 % is 40.
    check_method(
        {"kind": "growth", "target": 10, "at_zero": 60},
        """
        value | baseline | score
        105   | 100      | 80
        100   | 100      | 60
        95    | 100      | 40
        """,
    )


def test_growth_as_a_difference() -> None:
    # A difference needs no baseline above zero.
    check_method(
        {"kind": "growth", "mode": "difference"},
        """
        value | baseline | target | score | reason
        7     | 3        | 5      | 80    |
        3     | 0        | 5      | 60    |
        2     | -3       | 5      | 100   |
        7     | 3        | 0      |       | bad_target
        7     | 3        |        |       | no_target
        """,
    )


def test_growth_where_less_is_better() -> None:
    # 8 % less of the 10 % less wanted: 80.
    check_method(
        {"kind": "growth", "direction": "down", "target": 10},
        """
        value | baseline | score | reason
        92    | 100      | 80    |
        90    | 100      | 100   |
        105   | 100      | 0     | floored
        """,
    )


# 采用积分、扣分制


KINDS = {"采用": 3, "市领导批示": 5, "省领导批示": 50}


def test_points_by_kind_with_full_marks_at_a_stated_total() -> None:
    check_method(
        {"kind": "points", "per_item": KINDS, "full_marks_at": 60, "cap": 100},
        """
        .采用 | .市领导批示 | .省领导批示 | status | score   | reason
        4     |             |             |        | 20      |
        4     | 3           |             |        | 45      |
        1     |             | 1           |        | 88.333… |
        30    |             |             |        | 100     | capped
        0     |             |             |        | 0       |
              |             |             | nil    | 0       | nil
              |             |             |        |         | not_reported
        """,
        accumulation="flow",
    )


def test_points_capped_by_kind() -> None:
    # At most 12 points for 采用: 10 × 3 = 30 counts 12, and 2 × 5 = 10 beside it.
    check_method(
        {"kind": "points", "per_item": KINDS, "cap_by_kind": {"采用": 12}, "full_marks_at": 40},
        """
        .采用 | .市领导批示 | score
        10    |             | 30
        10    | 2           | 55
        3     |             | 22.5
        """,
    )


def test_points_one_number_for_every_item_and_a_unit_with_full_marks_of_its_own() -> None:
    check_method(
        {"kind": "points", "per_item": 5, "cap": 120},
        """
        value | full_marks_at | score | reason
        4     |               | 20    |
        4     | 40            | 50    |
        10    | 40            | 120   | capped
        4     | 0             |       | bad_parameter
        """,
    )


def test_deductions_from_full_marks_not_below_the_floor() -> None:
    check_method(
        {"kind": "deductions", "per_case": {"通报批评": 10, "迟报": 2}, "floor": 40},
        """
        .通报批评 | .迟报 | status | score | reason
        1         | 3     |        | 84    |
        0         | 0     |        | 100   |
        7         |       |        | 40    | floored
                  |       | nil    | 100   | nil
                  |       |        |       | not_reported
        -1        |       |        |       | impossible_value
        """,
        accumulation="flow",
    )


def test_deductions_one_price_for_every_case_and_full_marks_of_its_own() -> None:
    check_method(
        {"kind": "deductions", "per_case": 4, "full_marks": 20},
        """
        value | score
        0     | 20
        2     | 12
        9     | 0
        """,
    )


# 评议


def test_panel_weighs_the_means_of_its_rater_groups() -> None:
    # Leaders (80 + 90)/2 = 85 × 0.6, peers 70 × 0.4: 79. A group that was not heard leaves the mean: 85.
    check_method(
        {"kind": "panel", "groups": {"leaders": 60, "peers": 40}},
        """
        .leaders/1 | .leaders/2 | .peers/1 | score | reason
        80         | 90         | 70       | 79    |
        80         | 90         |          | 85    |
                   |            | 70       | 70    |
                   |            |          |       | not_reported
        """,
    )


def test_panel_drops_the_highest_and_the_lowest_mark() -> None:
    # 100 and 20 go; 80, 85, 90 stay. With two marks there is nothing to drop.
    check_method(
        {"kind": "panel", "groups": {"jury": 1}, "trim": 1},
        """
        .jury/1 | .jury/2 | .jury/3 | .jury/4 | .jury/5 | score
        100     | 90      | 80      | 20      | 85      | 85
        60      | 80      |         |         |         | 70
        60      | 60      | 60      |         |         | 60
        """,
    )


def test_panel_on_a_scale_of_its_own() -> None:
    # Marks from 1 to 5: 4 is three quarters of the way.
    check_method(
        {"kind": "panel", "groups": {"jury": 1}, "scale": [1, 5]},
        """
        .jury/1 | .jury/2 | score
        4       | 4       | 75
        1       | 1       | 0
        5       | 4       | 87.5
        """,
    )


def test_panel_needs_enough_raters() -> None:
    check_method(
        {"kind": "panel", "groups": {"a": 1, "b": 1}, "min_raters": 3},
        """
        .a/1 | .a/2 | .b/1 | score | reason
        80   | 90   | 75   | 80    |
        80   | 90   |      |       | too_few_raters
        """,
    )


def test_a_mark_outside_the_scale_earns_nothing() -> None:
    # 150 on a scale to 100 is impossible; with a mark of 50 beside it the mean must not become 100.
    check_method(
        {"kind": "panel", "groups": {"jury": 1}},
        """
        .jury/1 | .jury/2 | score | reason
        150     | 50      |       | impossible_value
        -20     | 80      |       | impossible_value
        """,
    )


# 阈值标准化


def test_goalposts_up_and_down() -> None:
    check_method(
        {"kind": "goalposts"},
        """
        value | worst | best | score   | reason
        52.5  | 20    | 85   | 50      |
        20    | 20    | 85   | 0       |
        85    | 20    | 85   | 100     |
        90    | 20    | 85   | 100     | capped
        10    | 20    | 85   | 0       | floored
        5     | 20    | 0    | 75      |
        0     | 20    | 0    | 100     |
        30    | 20    | 0    | 0       | floored
        5     | 20    | 20   |         | bad_parameter
        5     | 20    |      |         | bad_parameter
        """,
    )


def test_goalposts_unclamped_and_on_another_range() -> None:
    check_method(
        {"kind": "goalposts", "worst": 0, "best": 50, "clamp": False},
        """
        value | score
        75    | 150
        -25   | -50
        """,
    )
    # From 1 to 100: the worst gets 1, half way 50.5.
    check_method(
        {"kind": "goalposts", "worst": 0, "best": 50, "range": [1, 100]},
        """
        value | score
        0     | 1
        25    | 50.5
        50    | 100
        -9    | 1
        """,
    )


def test_log_goalposts() -> None:
    # ln 1000 lies half way between ln 100 and ln 10000.
    check_method(
        {"kind": "log_goalposts", "worst": 100, "best": 10000},
        """
        value | score | reason
        1000  | 50    |
        100   | 0     |
        10000 | 100   |
        50    | 0     | floored
        20000 | 100   | capped
        0     |       | impossible_value
        -5    |       | impossible_value
        """,
    )
    check_method(
        {"kind": "log_goalposts", "clamp": False},
        """
        value  | worst | best  | score | reason
        100000 | 100   | 10000 | 150   |
        1000   | 0     | 10000 |       | bad_parameter
        1000   | 100   | 100   |       | bad_parameter
        """,
    )


# 达标与改进


def test_threshold_and_benchmark_the_better_of_achievement_and_improvement() -> None:
    # From the statute: threshold 50, benchmark 90, baseline 30.
    # 60: achievement 9 × 10/40 + 0.5 = 2.75 → 3; improvement 10 × 30/60 − 0.5 = 4.5 → 5: 5 of 10 points.
    # 80 without a baseline: 9 × 30/40 + 0.5 = 7.25 → 7. 45 from 40: 0 against 10 × 5/50 − 0.5 = 0.5 → 1.
    check_method(
        {"kind": "threshold_benchmark", "threshold": 50, "benchmark": 90},
        """
        value | baseline | score | reason
        60    | 30       | 50    |
        80    |          | 70    |
        90    | 30       | 100   |
        95    |          | 100   |
        50    | 60       | 10    |
        49    | 60       | 0     |
        45    | 40       | 10    |
        40    | 40       | 0     |
        """,
    )


def test_threshold_and_benchmark_where_lower_is_better() -> None:
    # Threshold 0.8, benchmark 0.4. 0.6 is half way: 9 × 0.5 + 0.5 = 5.
    # From 1.0 to 0.9: 10 × 0.1/0.6 − 0.5 = 1.1667 → 1.
    check_method(
        {"kind": "threshold_benchmark", "threshold": 0.8, "benchmark": 0.4},
        """
        value | baseline | score
        0.6   |          | 50
        0.4   |          | 100
        0.9   | 1.0      | 10
        0.9   |          | 0
        """,
    )


def test_threshold_and_benchmark_without_rounding_and_without_improvement() -> None:
    check_method(
        {"kind": "threshold_benchmark", "threshold": 50, "benchmark": 90, "round_points": "none", "improvement": False},
        """
        value | baseline | score
        60    | 30       | 27.5
        """,
    )
    check_method(
        {"kind": "threshold_benchmark"},
        """
        value | threshold | benchmark | score | reason
        60    | 50        | 50        |       | bad_parameter
        60    | 50        |           |       | bad_parameter
        """,
    )


def test_points_between_threshold_and_benchmark_are_rounded_half_up_in_decimals() -> None:
    # 9 × 1/9 + 0.5 = 1.5 → 2, though 0.7/6.3 is 0.11111111111111109 in binary.
    check_method(
        {"kind": "threshold_benchmark", "threshold": 0, "benchmark": 6.3},
        """
        value | score
        0.7   | 20
        """,
    )


# 十分位

RISING = [10, 20, 30, 40, 50, 60, 70, 80, 90, 98]
FALLING = [50, 45, 40, 35, 30, 25, 20, 15, 10, 5]


def test_deciles_linear_inside() -> None:
    # 35 lies in the third decile (30 to 40) half way: 10 × 3.5.
    check_method(
        {"kind": "deciles", "bounds": RISING},
        """
        value | score
        35    | 35
        30    | 30
        10    | 10
        9.9   | 0
        94    | 95
        98    | 100
        100   | 100
        """,
    )


def test_deciles_where_lower_is_better() -> None:
    check_method(
        {"kind": "deciles", "bounds": FALLING},
        """
        value | score
        37    | 36
        50    | 10
        51    | 0
        5     | 100
        0     | 100
        """,
    )


def test_deciles_in_steps_capped_and_from_the_third_on() -> None:
    check_method(
        {"kind": "deciles", "bounds": RISING, "inside": "step", "below": 3},
        """
        value | score
        35    | 30
        9     | 3
        """,
    )
    check_method(
        {"kind": "deciles", "bounds": RISING, "cap": 70},
        """
        value | score | reason
        65    | 65    |
        85    | 70    | capped
        99    | 70    | capped
        """,
    )
    # Points in tenths: 39.9 is 3.9 points, never 3.99.
    check_method(
        {"kind": "deciles", "bounds": [30, 40, 50, 60, 70, 80, 90, 98], "first": 3, "inside_cap": 0.9, "below": 30},
        """
        value | score
        39.9  | 39
        35    | 35
        98    | 100
        12    | 30
        """,
    )


# all of the above at once


def test_all_these_tables_again_in_one_plan_on_duckdb() -> None:
    """Some hundred formulas stand side by side there, and each must meet its own lines only."""
    with collected() as tables:
        for name, test in list(globals().items()):
            if name.startswith("test_") and name != "test_all_these_tables_again_in_one_plan_on_duckdb":
                test()
    assert len(tables) > 40
    check_together(tables, on="duckdb")
