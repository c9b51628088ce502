"""Numbers at the edge of what doubles hold: very large, very small, many places, zero; worked by hand."""

import math

import pytest

from schemas.errors import UserError
from tests.scoring.by_table import VALUE_IS_SCORE, check_method, check_standing, plan, run, scored, tree_of


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_sums_of_millions_stay_exact(on: str) -> None:
    rows = "\n".join(f"i{n:02d} | 1000000" for n in range(12))
    amount = {"method": {"kind": "goalposts", "worst": 0, "best": 100, "clamp": False}}
    table = f"indicator | score\n{rows}"
    assert scored(table, on=on, leaf=amount, aggregate="sum", clamp="none") == 12_000_000


def test_no_binary_noise_in_a_mean_of_one() -> None:
    for score in ("110", "3.4", "7", "-7", "59.7"):
        got = tree_of(f"indicator|score\na|{score}", clamp="none", leaf={"method": {**VALUE_IS_SCORE}})
        assert got.roots() == float(score)


def test_a_total_that_only_reaches_its_cap_is_not_capped() -> None:
    check_standing("unit|base|total|reason\nA|110|110|\nB|110.5|110|total_capped", total={"clamp": [0, 110]})


def test_a_score_that_only_reaches_its_cap_is_not_capped() -> None:
    # In doubles 100 × 0.69 / 0.69 is a bit more than 100, as it is for one value in 300.
    check_method(
        {"kind": "attainment", "cap": 100},
        """
        value | target | score | reason
        0.69  | 0.69   | 100   |
        5.27  | 5.27   | 100   |
        0.69  | 0.68   | 100   | capped
        """,
    )


def test_there_is_no_minus_zero() -> None:
    made = plan([{"code": "i", "method": {"kind": "minmax", "direction": "down"}}], units="unit\nA\nB")
    score = run(made, "unit|indicator|value\nA|i|5\nB|i|9").score("i", "B")
    assert (score, math.copysign(1, score or 0.0)) == (0, 1)


def test_marks_of_a_panel_keep_all_their_digits() -> None:
    # (80 + 80 + 85) / 3 on a scale of 100 and (8 + 8 + 8.5) / 3 on one of 10 are the same score.
    for scale in ([0, 10], [0, 100]):
        made = plan([{"code": "p", "method": {"kind": "panel", "groups": {"g": 1}, "scale": scale}}])
        marks = [m * scale[1] / 10 for m in (8, 8, 8.5)]
        rows = "\n".join(f"U|p|g/{n}|{m}" for n, m in enumerate(marks))
        assert run(made, f"unit|indicator|part|value\n{rows}").score("p") == pytest.approx(245 / 3, abs=1e-10)


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_a_value_at_the_mean_has_the_standard_score_of_the_mean(on: str) -> None:
    method = {"kind": "zscore", "centre": 0, "per_sd": 1, "clamp": False}
    made = plan([{"code": "i", "method": method}], units="unit\nA\nB\nC", tree=[{"code": "ROOT", "clamp": "none"}])
    got = run(made, "unit|indicator|value\nA|i|80\nB|i|90\nC|i|70", on=on)
    assert [got.score("i", u) for u in "ABC"] == [0, 1, -1]


def test_many_roundings_are_quick_to_build_on_duckdb() -> None:
    # Each rule is a step of its own; nested, twelve of them would take minutes.
    leaves = [
        {"code": f"i{n}", "method": VALUE_IS_SCORE, "places": n, "value_places": 12 - n, "value_rounding": "half_even"}
        for n in range(1, 9)
    ]
    made = plan(leaves, total={"rounding": "half_even", "places": 2}, tree=[{"code": "ROOT", "places": 3}])
    rows = "\n".join(f"U|i{n}|12.3456789" for n in range(1, 9))
    assert run(made, f"unit|indicator|value\n{rows}", on="duckdb").score("i2") == 12.35


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_steep_power_means_of_tiny_scores_fit(on: str) -> None:
    # ((0.5^-2 + 0.25^-2) / 2)^(-1/2) per cent of 100, and of 0.02 and 0.01 likewise.
    got = tree_of("indicator|A|B\ni|50|0.02\nj|25|0.01", aggregate={"power": -2}, on=on)
    assert got.roots() == pytest.approx({"A": 100 / math.sqrt(10), "B": 0.02 / math.sqrt(2.5)}, rel=1e-9)


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_more_places_than_a_number_has_digits_change_nothing(on: str) -> None:
    amount = {"kind": "goalposts", "worst": 0, "best": 100, "clamp": False}
    made = plan(
        [{"code": "i", "method": amount, "places": 15}, {"code": "j", "method": amount, "places": 6}],
        tree=[{"code": "ROOT", "clamp": "none", "places": 12}],
        total={"clamp": "none", "places": 20},
    )
    got = run(made, "unit|indicator|value\nU|i|12.5\nU|j|987654", on=on)
    assert (got.score("i"), got.score("j"), got.of("U")["total"]) == (12.5, 987654, 493833.25)


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_a_product_of_amounts_beyond_all_measure_is_told(on: str) -> None:
    amount = {"kind": "goalposts", "worst": 0, "best": 1, "clamp": False}
    made = plan(
        [{"code": "i", "method": amount}, {"code": "j", "method": amount}],
        tree=[{"code": "ROOT", "clamp": "none", "aggregate": {"power": 4}}],
    )
    with pytest.raises(UserError, match="larger unit of measure"):
        run(made, "unit|indicator|value\nU|i|9999\nU|j|9999", on=on)


AMOUNT = {"method": {"kind": "goalposts", "worst": 0, "best": 100, "clamp": False}}


@pytest.mark.parametrize("on", ["polars", "duckdb"])
@pytest.mark.parametrize(("score", "weight"), [(8_000_000, 60), (100, 2_400_000)])
def test_terms_that_are_small_each_and_too_large_together_are_told(on: str, score: float, weight: float) -> None:
    rows = "\n".join(f"i{n} | {weight} | {score}" for n in range(4))
    with pytest.raises(UserError, match="larger unit of measure"):
        table = f"indicator | weight | score\n{rows}"
        scored(table, on=on, leaf=AMOUNT, aggregate="sum", weights="factors", clamp="none")


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_a_score_beyond_all_sums_is_none_and_never_cut_off(on: str) -> None:
    table = "indicator | A | B | C\ni | 2000000 | 9000001 | -9000001\nj | 50 | 50 | 50"
    got = tree_of(table, on=on, leaf=AMOUNT, aggregate="product", clamp="none", missing="exclude")
    assert got.roots() == {"A": pytest.approx(1_000_000), "B": pytest.approx(50), "C": pytest.approx(50)}
    assert [got.node("i", u)["reason_code"] for u in "ABC"] == [None, "too_large", "too_large"]
