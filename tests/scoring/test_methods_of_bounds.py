"""Methods between bounds and against the past: growth, goalposts, threshold and benchmark, deciles; in tables."""

from tests.scoring.by_table import check_method

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
