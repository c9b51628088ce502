"""From the total to the rank: rounding, ties, tie-breakers, groups."""

import polars as pl
import pytest

from tests.scoring.by_table import VALUE_IS_SCORE, check_standing, plan, run

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


def test_the_registry_may_have_columns_of_any_name() -> None:
    made = plan([{"code": "i", "method": VALUE_IS_SCORE}], units="unit|class_no|unit_no|base\nA|x|1|5\nB|y|2|6")
    got = run(made, "unit|indicator|value\nA|i|10\nB|i|20")
    assert [got.of(u)["rank"] for u in "AB"] == [2, 1]
