"""Whole sections: coverage and counts, deep trees, limits and rounding of nodes, exceptions for single units."""

import pytest

from tests.scoring.by_table import VALUE_IS_SCORE, plan, run, scored, tree_of

# whole sections


def sections(
    cells: str, *, s2: dict[str, object] | None = None, root: dict[str, object] | None = None, **more: str
) -> object:
    """Root of S1 (60: a) and S2 (40: b 50, c 50); the base of unit U, with unit V in full marks beside it."""
    made = plan(
        [
            {"code": "a", "parent": "S1", "method": VALUE_IS_SCORE},
            {"code": "b", "parent": "S2", "weight": 50, "method": VALUE_IS_SCORE},
            {"code": "c", "parent": "S2", "weight": 50, "method": VALUE_IS_SCORE},
        ],
        tree=[
            {"code": "ROOT", **(root or {})},
            {"code": "S1", "parent": "ROOT", "weight": 60},
            {"code": "S2", "parent": "ROOT", "weight": 40, **(s2 or {})},
        ],
        units="unit\nU\nV",
        **more,
    )
    full = "V|a|100|\nV|b|100|\nV|c|100|"
    return run(made, f"unit|indicator|value|status\n{full}\n{cells}").of("U")["base"]


HALF = "U|a|80|\nU|b|50|"


def test_a_section_below_its_coverage_is_missing_to_its_parent_and_excluded() -> None:
    # c counts 0 in S2: 25, with half of the weight reported. 0.6 × 80 + 0.4 × 25 = 58.
    assert sections(HALF) == pytest.approx(58)
    assert sections(HALF, s2={"min_coverage": 0.5}) == pytest.approx(58)
    # More is asked for: S2 is missing, the root is S1 alone.
    assert sections(HALF, s2={"min_coverage": 0.6}) == pytest.approx(80)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("exclude", 80), ("zero", 48), ({"value": 60}, 72), ("class_mean", 88)],
)
def test_every_rule_for_a_missing_section(rule: object, expected: float) -> None:
    # 0.6 × 80 = 48; + 0.4 × 60 = 72; + 0.4 × 100, what V has, = 88.
    assert sections(HALF, s2={"min_coverage": 1}, root={"missing": rule}) == pytest.approx(expected)


def test_a_section_with_too_few_children_is_missing() -> None:
    assert sections(HALF, s2={"min_count": 1}) == pytest.approx(58)
    assert sections(HALF, s2={"min_count": 2}) == pytest.approx(80)


def test_min_count_of_a_node_of_nodes() -> None:
    # One of two sections is there; the root asks for two.
    assert sections(HALF, s2={"min_count": 2}, root={"min_count": 2}) is None


NONE_OF_S2 = "U|a|80|\nU|b||not_applicable\nU|c||not_applicable"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("redistribute", 80), ({"value": 100}, 88), ("class_mean", 88)],
)
def test_every_rule_for_a_section_that_does_not_apply(rule: object, expected: float) -> None:
    assert sections(NONE_OF_S2, root={"not_applicable": rule}) == pytest.approx(expected)


def test_a_section_that_does_not_apply_is_not_missing() -> None:
    assert sections(NONE_OF_S2, root={"missing": "zero"}) == pytest.approx(80)


def test_coverage_counts_what_applies_only() -> None:
    # b is reported, c does not apply: all that applies was reported.
    cells = "U|a|80|\nU|b|50|\nU|c||not_applicable"
    assert sections(cells, s2={"min_coverage": 1}) == pytest.approx(68)


def test_an_imputed_value_is_not_coverage() -> None:
    assert sections("U|a|80|", s2={"missing": {"value": 60}, "min_coverage": 0.1}) == pytest.approx(80)
    assert sections("U|a|80|", s2={"missing": {"value": 60}}) == pytest.approx(72)


def test_nothing_reported_at_all() -> None:
    assert sections("", s2={"min_coverage": 0.5}) == pytest.approx(0)
    made = plan([{"code": "a", "method": VALUE_IS_SCORE}], missing_report="exclude")
    got = run(made, "unit|indicator|value\nU|a|")
    assert got.of("U")["base"] is None
    assert got.reason("ROOT") == "not_reported"


def test_deep_trees() -> None:
    # Five levels: each is half of the one above and a leaf of 100. 100 − 100/2⁵ … here by hand from the bottom:
    # L4 = 20; L3 = (20 + 100)/2 = 60; L2 = (60 + 100)/2 = 80; L1 = 90; ROOT = 95.
    names = ["ROOT", "L1", "L2", "L3", "L4"]
    tree = [{"code": n, **({"parent": names[i - 1]} if i else {})} for i, n in enumerate(names)]
    leaves = [{"code": f"{n}-x", "parent": n, "method": VALUE_IS_SCORE} for n in names]
    cells = "\n".join(f"U|{n}-x|{20 if n == 'L4' else 100}" for n in names)
    got = run(plan(leaves, tree=tree), f"unit|indicator|value\n{cells}")
    assert [got.score(n) for n in names] == pytest.approx([95, 90, 80, 60, 20])


# limits and rounding of nodes


def test_a_node_is_clamped_to_0_and_100() -> None:
    tree = tree_of("indicator | over | under\na | 120 | -30\nb | 104 | 10")
    assert tree.roots() == {"over": 100, "under": 0}
    assert tree.reason("ROOT", "over") == tree.reason("ROOT", "under") == "clamped"


def test_a_node_without_clamp() -> None:
    got = scored("indicator | over | under\na | 120 | -30\nb | 104 | 10", clamp="none")
    assert got == {"over": pytest.approx(112), "under": pytest.approx(-10)}


def test_a_node_with_limits_of_its_own() -> None:
    assert scored("indicator | score\na | 120", clamp=[0, 110]) == 110
    assert scored("indicator | score\na | 12", clamp=[20, None]) == 20


def test_a_node_may_be_rounded_before_it_goes_up() -> None:
    # The mean of 80.5, 80 and 80 is 80.1666…; S2 rounds to 80.17 before it counts.
    assert scored("indicator | score\na | 80.5\nb | 80\nc | 80", places=2) == pytest.approx(80.17, abs=1e-12)


def test_an_indicator_may_be_rounded_before_it_goes_up() -> None:
    # 2/3 of 100 is 66.7 to one place; the mean of 66.7 and 100 is 83.35.
    made = plan(
        [
            {"code": "a", "places": 1, "method": {"kind": "goalposts", "worst": 0, "best": 3}},
            {"code": "b", "method": VALUE_IS_SCORE},
        ]
    )
    assert run(made, "unit|indicator|value\nU|a|2\nU|b|100").of("U")["base"] == pytest.approx(83.35, abs=1e-12)


# exceptions for single units


def test_an_indicator_of_one_class_given_to_a_unit_of_another() -> None:
    made = plan(
        [
            {"code": "a", "weight": 50, "method": VALUE_IS_SCORE},
            {"code": "b", "weight": 50, "method": VALUE_IS_SCORE, "assigned_to": ["city"]},
        ],
        units="unit | class\nC | city\nS | society\nT | society",
        classes={"city": "city", "society": "society"},
        assignments="unit | indicator | state | role\nS | b | assigned | lead",
    )
    got = run(made, "unit|indicator|value\nC|a|80\nC|b|40\nS|a|80\nS|b|40\nT|a|80\nT|b|40")
    assert {u: got.of(u)["base"] for u in "CST"} == {
        "C": pytest.approx(60),
        "S": pytest.approx(60),
        "T": pytest.approx(80),
    }
    assert got.node("b", "T") == {}


def test_an_exception_holds_for_its_period_only() -> None:
    made = plan(
        [{"code": c, "method": VALUE_IS_SCORE} for c in "ab"],
        assignments="unit | indicator | state | period\nU | b | not_applicable | 2022\nU | a | not_assigned | 2024",
    )
    cells = "unit|indicator|value|period\nU|a|80|2022\nU|b|0|2022\nU|a|80|2023\nU|b|0|2023\nU|a|80|2024\nU|b|0|2024"
    assert [run(made, cells, period=y).of("U")["base"] for y in ("2022", "2023", "2024")] == pytest.approx([80, 40, 0])
