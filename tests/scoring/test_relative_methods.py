"""Methods that compare with the others: a table is one reference group, unless it has a class or region column."""

from tests.scoring.by_table import check_method


def test_minmax_between_the_least_and_the_greatest() -> None:
    check_method(
        {"kind": "minmax"},
        """
        value | score | reason
        10    | 0     |
        15    | 25    |
        30    | 100   |
              |       | not_reported
        """,
    )


def test_minmax_where_lower_is_better_and_on_another_range() -> None:
    check_method(
        {"kind": "minmax", "direction": "down"},
        """
        value | score
        10    | 100
        15    | 75
        30    | 0
        """,
    )
    check_method(
        {"kind": "minmax", "range": [1, 100]},
        """
        value | score
        10    | 1
        20    | 50.5
        30    | 100
        """,
    )


def test_minmax_with_given_bounds() -> None:
    check_method(
        {"kind": "minmax", "lower": 0, "upper": 40},
        """
        value | score | reason
        10    | 25    |
        30    | 75    |
        50    | 100   | capped
        """,
    )
    check_method(
        {"kind": "minmax", "lower": 0, "upper": 40, "clamp": False},
        """
        value | score
        10    | 25
        50    | 125
        """,
    )


def test_minmax_of_equal_values_has_no_spread_and_earns_nothing() -> None:
    check_method(
        {"kind": "minmax"},
        """
        value | score | reason
        7     |       | no_spread
        7     |       | no_spread
        """,
    )


def test_zscore_of_the_sample() -> None:
    # Mean 20, sample deviation √(200/2) = 10: z = −1, 0, 1.
    check_method(
        {"kind": "zscore"},
        """
        value | score
        10    | 40
        20    | 50
        30    | 60
        """,
    )


def test_zscore_of_the_population() -> None:
    # 2, 4, 4, 4, 5, 5, 7, 9: mean 5, population deviation 2 (the textbook example).
    check_method(
        {"kind": "zscore", "deviation": "population"},
        """
        value | score
        2     | 35
        4     | 45
        4     | 45
        4     | 45
        5     | 50
        5     | 50
        7     | 60
        9     | 70
        """,
    )


def test_zscore_with_mean_and_deviation_given() -> None:
    # z = (115 − 100)/15 = 1; 20 points each around 60; lower is better turns the sign.
    check_method(
        {"kind": "zscore", "mean": 100, "sd": 15, "centre": 60, "per_sd": 20},
        """
        value | score | reason
        115   | 80    |
        100   | 60    |
        145   | 100   | capped
        40    | 0     | floored
        """,
    )
    check_method(
        {"kind": "zscore", "mean": 100, "sd": 15, "direction": "down", "clamp": False},
        """
        value | score
        115   | 40
        200   | -50/3
        """,
    )


def test_zscore_needs_two_values_that_differ() -> None:
    check_method(
        {"kind": "zscore"},
        """
        class | value | score | reason
        one   | 5     |       | group_too_small
        two   | 5     |       | no_spread
        two   | 5     |       | no_spread
        """,
    )


def test_percentile_exclusive_with_ties() -> None:
    # Ranks 1, 2.5, 2.5, 4 of 4: 0, 50, 50, 100. A unit without a value is not in n.
    check_method(
        {"kind": "percentile"},
        """
        value | score | reason
        10    | 0     |
        20    | 50    |
        20    | 50    |
        30    | 100   |
              |       | not_reported
        """,
    )


def test_percentile_inclusive_and_midpoint() -> None:
    check_method(
        {"kind": "percentile", "formula": "inclusive"},
        """
        value | score
        10    | 25
        20    | 62.5
        20    | 62.5
        30    | 100
        """,
    )
    check_method(
        {"kind": "percentile", "formula": "midpoint"},
        """
        value | score
        10    | 12.5
        20    | 50
        20    | 50
        30    | 87.5
        """,
    )


def test_percentile_with_other_ties_and_where_lower_is_better() -> None:
    check_method(
        {"kind": "percentile", "ties": "min"},
        """
        value | score
        10    | 0
        20    | 100/3
        20    | 100/3
        30    | 100
        """,
    )
    check_method(
        {"kind": "percentile", "ties": "max", "direction": "down"},
        """
        value | score
        10    | 100
        20    | 200/3
        20    | 200/3
        30    | 0
        """,
    )


def test_percentile_of_one_unit_alone() -> None:
    check_method(
        {"kind": "percentile"},
        """
        value | score | reason
        10    |       | group_too_small
        """,
    )


def test_rank_points_from_a_list() -> None:
    # 10 points for the first, 6 for the second, 3 for the third, none after. Two firsts: the next is third.
    check_method(
        {"kind": "rank_points", "points": [10, 6, 3]},
        """
        value | score
        90    | 10
        90    | 10
        80    | 3
        70    | 0
        """,
    )


def test_rank_points_with_dense_and_average_ties() -> None:
    check_method(
        {"kind": "rank_points", "points": [10, 6, 3], "ties": "dense"},
        """
        value | score
        90    | 10
        90    | 10
        80    | 6
        70    | 3
        """,
    )
    # Ranks 1.5 and 1.5 share the points of the first and the second: 8 each.
    check_method(
        {"kind": "rank_points", "points": [10, 6, 3], "ties": "average"},
        """
        value | score
        90    | 8
        90    | 8
        80    | 3
        70    | 0
        """,
    )


def test_rank_points_by_steps_where_lower_is_better() -> None:
    check_method(
        {"kind": "rank_points", "points": {"first": 100, "step": 15, "floor": 60}, "direction": "down"},
        """
        value | score
        1     | 100
        2     | 85
        3     | 70
        4     | 60
        5     | 60
        """,
    )


def test_share_of_best() -> None:
    check_method(
        {"kind": "share_of_best"},
        """
        value | score | reason
        40    | 100   |
        30    | 75    |
        0     | 0     |
        -4    |       | impossible_value
        """,
    )
    # Lower is better: 100 × least / x. The least of all is zero: there is nothing to compare with.
    check_method(
        {"kind": "share_of_best", "direction": "down"},
        """
        class | value | score   | reason
        a     | 20    | 100     |
        a     | 30    | 66.666… |
        b     | 0     |         | bad_parameter
        b     | 30    |         | bad_parameter
        """,
    )


def test_share_of_a_given_best_with_a_cap_above_100() -> None:
    check_method(
        {"kind": "share_of_best", "best": 50, "cap": 110},
        """
        value | score | reason
        40    | 80    |
        54    | 108   |
        60    | 110   | capped
        """,
    )


def test_share_of_best_when_all_are_zero_earns_nothing() -> None:
    check_method(
        {"kind": "share_of_best"},
        """
        value | score | reason
        0     |       | bad_parameter
        0     |       | bad_parameter
        """,
    )


def test_distance_to_target_from_the_worst_of_the_group() -> None:
    # Worst 10, target 50: 30 is half way.
    check_method(
        {"kind": "distance_to_target", "target": 50},
        """
        value | score | reason
        10    | 0     |
        30    | 50    |
        60    | 100   | capped
        """,
    )


def test_distance_to_target_from_a_given_worst() -> None:
    check_method(
        {"kind": "distance_to_target", "clamp": False},
        """
        value | target | worst | score | reason
        30    | 50     | 0     | 60    |
        60    | 50     | 0     | 120   |
        30    | 50     | 50    |       | bad_parameter
        30    |        | 0     |       | no_target
        """,
    )
    # Lower is better: worst is the greatest value of the group.
    check_method(
        {"kind": "distance_to_target", "direction": "down", "target": 10},
        """
        value | score
        50    | 0
        30    | 50
        10    | 100
        """,
    )
