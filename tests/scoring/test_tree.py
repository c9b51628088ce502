"""From children to their parent: means, weights, and what an absent child does."""

import pytest

from tests.scoring.by_table import VALUE_IS_SCORE, plan, run, scored, tree_of

# weights


def test_a_weighted_mean() -> None:
    assert scored("""
        indicator | weight | score
        meetings  | 60     | 80
        training  | 40     | 50
    """) == pytest.approx(68)


def test_no_weights_are_equal_weights() -> None:
    assert scored("""
        indicator | score
        meetings  | 80
        training  | 50
        visits    | 20
    """) == pytest.approx(50)


def test_relative_weights_are_normalised() -> None:
    # 3 : 1 is 75 to 25.
    assert scored(
        """
        indicator | weight | score
        meetings  | 3      | 80
        training  | 1      | 40
        """,
        weights="relative",
    ) == pytest.approx(70)


def test_weights_by_class() -> None:
    made = plan(
        [
            {"code": "a", "weight": 60, "weight_by_class": {"society": 20}, "method": VALUE_IS_SCORE},
            {"code": "b", "weight": 40, "weight_by_class": {"society": 80}, "method": VALUE_IS_SCORE},
        ],
        units="unit | class\nWH | city\nXH | society",
    )
    got = run(made, "unit | indicator | value\nWH | a | 100\nWH | b | 50\nXH | a | 100\nXH | b | 50")
    assert got.of("WH")["base"] == pytest.approx(80)
    assert got.of("XH")["base"] == pytest.approx(60)


# means


EIGHTY_TWENTY = """
    indicator | weight | score
    a         | 50     | 80
    b         | 50     | 20
"""


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("arithmetic", 50.0),
        ("geometric", 40.0),  # √(80 × 20)
        ("harmonic", 32.0),  # 2 / (1/80 + 1/20)
        ({"power": 2}, 58.309518948453),  # √((6400 + 400)/2)
        ({"power": 0.5}, 45.0),  # ((√80 + √20)/2)²
        ({"power": -1}, 32.0),
        ("min", 20.0),
        ("max", 80.0),
        ("sum", 50.0),  # points: half of 80 and half of 20
    ],
)
@pytest.mark.parametrize("on", ["duckdb", "polars"])
def test_every_kind_of_mean(aggregate: object, expected: float, on: str) -> None:
    assert scored(EIGHTY_TWENTY, aggregate=aggregate, on=on) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("geometric", 60.628662660416),  # 80^0.8 × 20^0.2 = 80 / 4^0.2
        ("harmonic", 50.0),  # 1 / (0.8/80 + 0.2/20)
        ({"power": 2}, 72.111025509280),  # √(0.8 × 6400 + 0.2 × 400) = √5200
    ],
)
def test_weighted_means(aggregate: object, expected: float) -> None:
    assert scored("indicator | weight | score\na | 80 | 80\nb | 20 | 20", aggregate=aggregate) == pytest.approx(
        expected
    )


@pytest.mark.parametrize("aggregate", ["geometric", "harmonic", {"power": -1}])
def test_one_zero_makes_these_means_zero(aggregate: object) -> None:
    assert scored("indicator | score\na | 80\nb | 0", aggregate=aggregate) == 0


def test_a_power_mean_above_zero_survives_a_zero() -> None:
    # ((√64 + √0)/2)² = 16
    assert scored("indicator | score\na | 64\nb | 0", aggregate={"power": 0.5}) == pytest.approx(16)


@pytest.mark.parametrize(("aggregate", "expected"), [("geometric", 0), ("harmonic", 0), ({"power": 0.5}, 20)])
def test_a_negative_score_counts_no_more_than_zero_where_the_mean_knows_no_negatives(
    aggregate: object, expected: float
) -> None:
    assert scored("indicator | score\na | 80\nb | -10", aggregate=aggregate) == pytest.approx(expected)


def test_a_sum_without_weights_adds_up_points() -> None:
    table = "indicator | score\ngold | 50\nsilver | 30\nbronze | 40"
    assert scored(table, aggregate="sum", clamp="none") == pytest.approx(120)


def test_only_the_best_two_count() -> None:
    table = """
        indicator | score
        a         | 90
        b         | 40
        c         | 70
        d         |
    """
    assert scored(table, best=2, missing="exclude") == pytest.approx(80)
    assert scored(table, best=2, missing="zero") == pytest.approx(80)


def test_with_one_report_of_two_that_count_the_other_is_missing() -> None:
    table = "indicator | score\na | 90\nb |\nc |"
    assert scored(table, best=2, missing="zero") == pytest.approx(45)
    assert scored(table, best=2, missing="exclude") == pytest.approx(90)


def test_the_best_two_nodes_count() -> None:
    made = plan(
        [{"code": f"{n}-1", "parent": n, "method": VALUE_IS_SCORE} for n in "ABC"],
        tree=[{"code": "ROOT", "best": 2}, *({"code": n, "parent": "ROOT"} for n in "ABC")],
    )
    got = run(made, "unit | indicator | value\nU | A-1 | 90\nU | B-1 | 30\nU | C-1 | 60")
    assert got.of("U")["base"] == pytest.approx(75)


# missing


GAP = """
    indicator | weight | A  | B  | C
    meetings  | 60     | 80 | 60 | 40
    training  | 40     | 90 | 70 |
"""


@pytest.mark.parametrize(
    ("rule", "of_c"),
    [
        ("exclude", 40),
        ("zero", 24),  # 0.6 × 40
        ("class_mean", 56),  # 0.6 × 40 + 0.4 × (90 + 70)/2
        ({"value": 60}, 48),  # 0.6 × 40 + 0.4 × 60
    ],
)
@pytest.mark.parametrize("on", ["duckdb", "polars"])
def test_every_rule_for_what_was_not_reported(rule: object, of_c: float, on: str) -> None:
    got = scored(GAP, missing=rule, on=on)
    assert got == {"A": pytest.approx(84), "B": pytest.approx(64), "C": pytest.approx(of_c)}


@pytest.mark.parametrize("rule", ["zero", "class_mean", {"value": 60}])
def test_what_is_imputed_says_so(rule: object) -> None:
    tree = tree_of(GAP, missing=rule)
    assert tree.reason("ROOT", "C") == "imputed"
    assert tree.reason("training", "C") == "not_reported"
    assert tree.score("training", "C") is None
    assert tree.reason("ROOT", "A") is None


@pytest.mark.parametrize("rule", ["exclude", "zero", "class_mean", {"value": 60}])
def test_a_row_that_says_missing_is_the_same_as_no_row(rule: object) -> None:
    table = "indicator | weight | A | B\na | 50 | 80 | 60\nb | 50 | {} | 70"
    assert scored(table.format(""), missing=rule) == scored(table.format("missing"), missing=rule)


def test_a_missing_report_is_zero_unless_the_plan_says_otherwise() -> None:
    made = plan([{"code": c, "method": VALUE_IS_SCORE} for c in "ab"])
    assert run(made, "unit | indicator | value\nU | a | 80").of("U")["base"] == pytest.approx(40)
    made = plan([{"code": c, "method": VALUE_IS_SCORE} for c in "ab"], missing_report="exclude")
    assert run(made, "unit | indicator | value\nU | a | 80").of("U")["base"] == pytest.approx(80)


@pytest.mark.parametrize(
    ("aggregate", "rule", "expected"),
    [
        ("geometric", "exclude", 80),
        ("geometric", "zero", 0),
        ("geometric", {"value": 20}, 40),
        ("geometric", "class_mean", 40),
        ("harmonic", {"value": 20}, 32),
        ("harmonic", "class_mean", 32),
        ({"power": 0.5}, {"value": 20}, 45),
        ({"power": 0.5}, "zero", 20),
        ("min", "exclude", 80),
        ("min", "zero", 0),
        ("min", {"value": 20}, 20),
        ("min", "class_mean", 20),
        ("max", "zero", 80),
        ("max", {"value": 95}, 95),
        ("sum", "zero", 40),
        ("sum", "exclude", 40),
        ("sum", {"value": 20}, 50),
    ],
)
def test_missing_rules_under_every_mean(aggregate: object, rule: object, expected: float) -> None:
    # B lacks b; the class's mean of b is 20.
    got = scored("indicator | weight | A | B\na | 50 | 80 | 80\nb | 50 | 20 |", aggregate=aggregate, missing=rule)
    assert got["B"] == pytest.approx(expected, abs=1e-9)


def test_a_class_mean_is_of_the_class_alone() -> None:
    made = plan(
        [{"code": c, "method": VALUE_IS_SCORE} for c in "ab"],
        units="unit | class\nA | x\nB | x\nC | y\nD | y",
        tree=[{"code": "ROOT", "missing": "class_mean"}],
    )
    got = run(made, "unit|indicator|value\nA|a|50\nA|b|90\nB|a|50\nC|a|50\nC|b|10\nD|a|50")
    assert got.of("B")["base"] == pytest.approx(70)
    assert got.of("D")["base"] == pytest.approx(30)


def test_where_nobody_of_the_class_reported_there_is_no_class_mean() -> None:
    got = scored("indicator | A | B\na | 50 | 70\nb | |", missing="class_mean")
    assert got == {"A": pytest.approx(50), "B": pytest.approx(70)}


# not applicable


def test_not_applicable_leaves_the_denominator() -> None:
    assert scored("""
        indicator | weight | score
        meetings  | 60     | 80
        training  | 40     | n/a
    """) == pytest.approx(80)


@pytest.mark.parametrize("word", ["n/a", "granted"])
@pytest.mark.parametrize(
    ("rule", "of_c"),
    [("redistribute", 40), ({"value": 100}, 64), ("class_mean", 56)],
)
def test_every_rule_for_what_does_not_apply(word: str, rule: object, of_c: float) -> None:
    # C: 0.6 × 40 + 0.4 × 100; 0.6 × 40 + 0.4 × (90 + 70)/2.
    table = GAP.replace("| 70 |", f"| 70 | {word}")
    assert scored(table, not_applicable=rule)["C"] == pytest.approx(of_c)


def test_what_is_not_assigned_leaves_the_denominator_whatever_the_rules_say() -> None:
    table = "indicator | weight | score\na | 60 | 40\nb | 40 | -"
    assert scored(table, not_applicable={"value": 100}, missing="zero") == pytest.approx(40)


def test_granted_stands_above_what_the_unit_reported() -> None:
    made = plan(
        [{"code": c, "method": VALUE_IS_SCORE} for c in "ab"],
        assignments="unit | indicator | state\nU | b | not_applicable",
    )
    got = run(made, "unit|indicator|value\nU|a|80\nU|b|0")
    assert got.of("U")["base"] == pytest.approx(80)
    assert got.reason("b") == "not_applicable"


# weights as they are shown


def test_effective_weights_and_contributions_after_redistribution() -> None:
    # S1 60: a. S2 40: b 50, c 50 of which c does not apply: b has the whole 40.
    made = plan(
        [
            {"code": "a", "parent": "S1", "method": VALUE_IS_SCORE},
            {"code": "b", "parent": "S2", "weight": 50, "method": VALUE_IS_SCORE},
            {"code": "c", "parent": "S2", "weight": 50, "method": VALUE_IS_SCORE},
        ],
        tree=[
            {"code": "ROOT"},
            {"code": "S1", "parent": "ROOT", "weight": 60},
            {"code": "S2", "parent": "ROOT", "weight": 40},
        ],
    )
    got = run(made, "unit|indicator|value|status\nU|a|80|\nU|b|50|\nU|c||not_applicable")
    shown = {c: got.node(c) for c in ("ROOT", "S1", "S2", "a", "b", "c")}
    assert [shown[c]["weight_pct"] for c in ("S1", "S2", "b", "c")] == pytest.approx([60, 40, 50, 50])
    assert [shown[c]["effective_weight_pct"] for c in shown] == pytest.approx([100, 60, 40, 60, 40, 0])
    assert [shown[c]["contribution"] for c in ("ROOT", "S1", "S2", "a", "b")] == pytest.approx([68, 48, 20, 48, 20])
    assert shown["c"]["reason_code"] == "not_applicable"
    assert [shown[c]["coverage_pct"] for c in ("ROOT", "S2", "a")] == pytest.approx([100, 100, 100])


def test_contributions_are_not_given_below_a_mean_that_is_no_sum() -> None:
    tree = tree_of(EIGHTY_TWENTY, aggregate="geometric")
    assert tree.node("ROOT", "score")["contribution"] == pytest.approx(40)
    assert tree.node("a", "score")["contribution"] is None
    assert tree.node("a", "score")["effective_weight_pct"] == pytest.approx(50)
