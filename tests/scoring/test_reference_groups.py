"""Whom relative methods compare with, and what they do with extreme values and with numbers of many sizes."""

from tests.scoring.by_table import check_method

# reference groups


GROUPS = """
        class  | region | value | score
        city   | north  | 10    | {}
        city   | south  | 20    | {}
        county | north  | 30    | {}
        county | south  | 50    | {}
        """


def test_the_reference_group_is_the_class() -> None:
    check_method({"kind": "minmax"}, GROUPS.format(0, 100, 0, 100))


def test_the_reference_group_may_be_a_column_of_the_registry() -> None:
    check_method({"kind": "minmax", "within": "region"}, GROUPS.format(0, 0, 100, 100))


def test_ranks_within_a_column_of_the_registry() -> None:
    check_method({"kind": "rank_points", "points": [9, 5], "within": "region"}, GROUPS.format(5, 5, 9, 9))


def test_the_reference_group_may_be_all_units() -> None:
    check_method({"kind": "minmax", "within": "all"}, GROUPS.format(0, 25, 50, 100))
    check_method({"kind": "zscore", "within": "class", "deviation": "population"}, GROUPS.format(40, 60, 40, 60))
    check_method({"kind": "percentile", "within": "all"}, GROUPS.format(0, "100/3", "200/3", 100))
    check_method({"kind": "rank_points", "points": [9, 5], "within": "all"}, GROUPS.format(0, 0, 5, 9))
    check_method({"kind": "share_of_best", "within": "all"}, GROUPS.format(20, 40, 60, 100))
    check_method({"kind": "distance_to_target", "target": 110, "within": "all"}, GROUPS.format(0, 10, 20, 40))


# extreme values


def test_winsorise_by_quantiles() -> None:
    # 10, 20, 30, 40, 1000: the quantiles 0.25 and 0.75 are 20 and 40; every value is pulled in between them.
    check_method(
        {"kind": "minmax", "outliers": {"winsorise": [0.25, 0.75]}},
        """
        value | score | reason
        10    | 0     | outlier_treated
        20    | 0     |
        30    | 50    |
        40    | 100   |
        1000  | 100   | outlier_treated
        """,
    )


def test_winsorise_interpolates_between_two_values() -> None:
    # The 0.9 quantile of 0, 10, 20, 30, 110 lies at place 3.6 of 0 … 4: 30 + 0.6 × 80 = 78.
    check_method(
        {"kind": "minmax", "outliers": {"winsorise": [0, 0.9]}},
        """
        value | score    | reason
        0     | 0        |
        10    | 1000/78  |
        20    | 2000/78  |
        30    | 3000/78  |
        110   | 100      | outlier_treated
        """,
    )


def test_winsorise_by_count() -> None:
    # One at each end is pulled in to its neighbour.
    check_method(
        {"kind": "minmax", "outliers": {"winsorise_count": 1}},
        """
        value | score | reason
        1     | 0     | outlier_treated
        10    | 0     |
        20    | 50    |
        30    | 100   |
        1000  | 100   | outlier_treated
        """,
    )


def test_winsorise_by_count_never_turns_a_small_group_round() -> None:
    # With two units there is no neighbour to be pulled in to: the better one must not end below the worse.
    check_method(
        {"kind": "minmax", "outliers": {"winsorise_count": 1}},
        """
        value | score
        1     | 0
        9     | 100
        """,
    )


def test_logarithm_before_comparing() -> None:
    # 1, 10, 100 lie evenly on logarithms. Zero has none.
    check_method(
        {"kind": "minmax", "outliers": {"log": True}},
        """
        value | score | reason
        1     | 0     |
        10    | 50    |
        100   | 100   |
        0     |       | impossible_value
        """,
    )
