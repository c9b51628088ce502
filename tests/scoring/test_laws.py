"""Laws that hold for every plan and all data, looked for in random ones.

A random plan has two sections of two to four indicators, any mean, any rule for what is absent. Scoring takes a tenth
of a second, so every law sees a few plans in each run, and others in the next.
"""

from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.folder import Plan
from tests.scoring.by_table import Result, measured, plan, run

UNITS = ["A", "B", "C", "D", "E"]
CLASSES = {"A": "x", "B": "x", "C": "x", "D": "y", "E": "y"}
SCALES = "unit | class\n" + "\n".join(f"{u} | {c}" for u, c in CLASSES.items())
SOMETIMES = settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
RARELY = settings(SOMETIMES, max_examples=2)

MEANS = ["arithmetic", "geometric", "harmonic", {"power": 2}, {"power": 0.5}, {"power": -1}]
ABSENT = ["exclude", "zero", {"value": 60}, "class_mean"]
GRANTED = ["redistribute", {"value": 70}, "class_mean"]
BANDS = [{"to": 40, "score": 20}, {"from": 40, "to": 90, "score": [20, 95]}, {"from": 90, "score": 100}]
# Every method here scores 0 to 100 and rises with the value, which lies between 0 and 100.
RISING: list[dict[str, Any]] = [
    {"kind": "goalposts", "worst": 0, "best": 100},
    {"kind": "attainment", "target": 80},
    {"kind": "attainment", "target": 50, "per_point_above": 0.5, "per_point_below": 1.5},
    {"kind": "coverage", "target": 90},
    {"kind": "bands", "bands": BANDS},
    {"kind": "growth", "baseline": 40, "target": 60, "at_zero": 30},
    {"kind": "log_goalposts", "worst": 1, "best": 100},
    {"kind": "logistic", "midpoint": 40, "steepness": 0.1},
    {"kind": "points", "per_item": 2, "full_marks_at": 150},
    {"kind": "threshold_benchmark", "threshold": 40, "benchmark": 90, "baseline": 20},
    {"kind": "deciles", "bounds": [10, 20, 30, 40, 50, 60, 70, 80, 90, 95]},
    {"kind": "boolean"},
]  # fmt: skip
RELATIVE: list[dict[str, Any]] = [
    {"kind": "minmax"},
    {"kind": "minmax", "within": "all", "outliers": {"winsorise": [0.1, 0.9]}},
    {"kind": "minmax", "within": "all", "outliers": {"winsorise_count": 1}},
    {"kind": "zscore"},
    {"kind": "percentile", "within": "all"},
    {"kind": "percentile", "formula": "midpoint", "ties": "min"},
    {"kind": "rank_points", "points": [10, 8, 6, 5]},
    {"kind": "rank_points", "within": "all", "ties": "average"},
    {"kind": "share_of_best"},
    {"kind": "share_of_total"},
    {"kind": "zscore", "cumulative": True, "within": "all"},
    {"kind": "distance_to_target", "target": 90},
]
Cells = dict[tuple[str, str], float | str | None]

values = st.one_of(
    st.integers(0, 1000).map(lambda n: n / 10),
    st.sampled_from([0.0, 50.0, 100.0, 33.3]),  # ties
)
cell = st.one_of(values, values, values, st.sampled_from([None, "not_applicable"]))


@st.composite
def trees(
    draw: st.DrawFn, means: list[Any] = MEANS, methods: list[dict[str, Any]] = RISING, absent: list[Any] = ABSENT
) -> dict[str, Any]:
    """Nodes and indicators with relative weights."""
    nodes: list[dict[str, Any]] = []
    for code in ("ROOT", "S1", "S2"):
        rules = {"missing": draw(st.sampled_from(absent)), "not_applicable": draw(st.sampled_from(GRANTED))}
        weight = {"parent": "ROOT", "weight": draw(st.integers(1, 9))} if code != "ROOT" else {}
        nodes.append(
            {"code": code, "weights": "relative", "aggregate": draw(st.sampled_from(means)), **rules, **weight}
        )
    leaves = [
        {"code": f"{s}-{n}", "parent": s, "weight": draw(st.integers(1, 9)), "method": draw(st.sampled_from(methods))}
        for s in ("S1", "S2")
        for n in range(draw(st.integers(2, 4)))
    ]
    return {"tree": nodes, "indicators": leaves}


@st.composite
def cases(draw: st.DrawFn, cells: st.SearchStrategy[Any] = cell, **kinds: Any) -> tuple[dict[str, Any], Cells]:
    """A tree, and a cell for every unit and indicator."""
    tree = draw(trees(**kinds))
    return tree, {(u, leaf["code"]): draw(cells) for u in UNITS for leaf in tree["indicators"]}


def made(tree: dict[str, Any], **settings_: Any) -> Plan:
    return plan(tree["indicators"], tree=tree["tree"], units=SCALES, total={"places": "none"}, **settings_)


def rows(cells: Cells) -> pl.DataFrame:
    table = [
        {
            "unit": u,
            "indicator": i,
            "value": "" if isinstance(v, str | None) else repr(v),
            "status": v if isinstance(v, str) else "",
        }
        for (u, i), v in cells.items()
        if v is not None
    ]
    return measured(table) if table else measured("")


def bases(got: Result) -> dict[str, float | None]:
    return {r["unit_code"]: r["base"] for r in got.scored.results.iter_rows(named=True)}


def table(got: Result) -> pl.DataFrame:
    return got.scored.scores_frame()


@SOMETIMES
@given(cases(methods=RISING + RELATIVE))
def test_every_score_lies_between_0_and_100(case: tuple[dict[str, Any], Cells]) -> None:
    tree, cells = case
    scores = table(run(made(tree), rows(cells)))["score"].drop_nulls()
    assert scores.is_between(0, 100).all()


@SOMETIMES
@given(cases(), st.data())
def test_a_better_value_never_lowers_any_score_of_the_unit(
    case: tuple[dict[str, Any], Cells], data: st.DataObject
) -> None:
    tree, cells = case
    known = sorted(k for k, v in cells.items() if isinstance(v, float) and v < 100)
    assume(known)
    key = data.draw(st.sampled_from(known))
    better = dict(cells) | {key: data.draw(st.floats(cells[key], 100))}  # type: ignore[arg-type]
    own = pl.col("unit_code") == key[0]
    before, after = (table(run(made(tree), rows(c))).filter(own) for c in (cells, better))
    # A value without a score, as zero has under a logarithm, is absent: to become present may well lower a mean.
    assume(before.filter(node_code=key[1])["score"].null_count() == 0)
    both = before.join(after, on="node_code", suffix="_after").drop_nulls(["score", "score_after"])
    assert (both["score_after"] >= both["score"] - 1e-9).all()


@SOMETIMES
@given(st.sampled_from(RELATIVE), st.lists(values, min_size=5, max_size=5), st.integers(0, 4), values)
def test_a_better_value_never_lowers_a_relative_score(
    method: dict[str, Any], five: list[float], who: int, other: float
) -> None:
    assume(other > five[who])
    tree = {"tree": [{"code": "ROOT"}], "indicators": [{"code": "I", "method": method}]}
    better = [other if n == who else v for n, v in enumerate(five)]
    before, after = (
        run(made(tree), rows({(u, "I"): v for u, v in zip(UNITS, vs, strict=True)})).score("I", UNITS[who])
        for vs in (five, better)
    )
    assert before is None or after is None or after >= before - 1e-9


@SOMETIMES
@given(cases(), st.integers(2, 50))
def test_relative_weights_may_be_scaled(case: tuple[dict[str, Any], Cells], factor: int) -> None:
    tree, cells = case
    scaled = {
        part: [{**item, **({"weight": item["weight"] * factor} if "weight" in item else {})} for item in tree[part]]
        for part in ("tree", "indicators")
    }
    one, other = (bases(run(made(t), rows(cells))) for t in (tree, scaled))
    assert all((one[u] is None) == (other[u] is None) for u in UNITS)
    assert all(abs((one[u] or 0) - (other[u] or 0)) < 1e-9 for u in UNITS)


def assert_same(one: Result, other: Result, *, exact: bool) -> None:
    """Equal to the last bit; or, where an engine's own exp and log are not, by far within what ranks look at."""
    near: dict[str, Any] = {"check_exact": True} if exact else {"abs_tol": 1e-11, "rel_tol": 0}
    assert_frame_equal(one.scored.results, other.scored.results, **near)
    assert one.scored.results["rank"].to_list() == other.scored.results["rank"].to_list()
    keys = ["unit_code", "node_code"]
    assert_frame_equal(table(one).sort(keys), table(other).sort(keys), **near)


def shuffled_again(tree: dict[str, Any], cells: Cells, random: Any, on: str) -> Result:
    """Score with indicators, units and rows in another order."""
    lines = [f"{u} | {c}" for u, c in random.sample(list(CLASSES.items()), len(CLASSES))]
    leaves = random.sample(tree["indicators"], len(tree["indicators"]))
    again = plan(leaves, tree=tree["tree"], units="\n".join(["unit | class", *lines]), total={"places": "none"})
    return run(again, rows(dict(random.sample(list(cells.items()), len(cells)))), on=on)


@SOMETIMES
@given(cases(methods=RISING + RELATIVE), st.randoms(use_true_random=False))
def test_the_order_of_rows_units_and_indicators_does_not_matter(
    case: tuple[dict[str, Any], Cells], random: Any
) -> None:
    tree, cells = case
    assert_same(run(made(tree), rows(cells)), shuffled_again(tree, cells, random, "polars"), exact=False)


@RARELY
@given(cases(methods=RISING + RELATIVE), st.randoms(use_true_random=False))
def test_the_order_does_not_matter_to_the_last_bit_on_duckdb(case: tuple[dict[str, Any], Cells], random: Any) -> None:
    tree, cells = case
    assert_same(run(made(tree), rows(cells), on="duckdb"), shuffled_again(tree, cells, random, "duckdb"), exact=True)


@SOMETIMES
@given(cases(methods=RISING + RELATIVE), st.sampled_from(["A", "D"]))
def test_renaming_units_only_renames_them(case: tuple[dict[str, Any], Cells], unit: str) -> None:
    """The order of the codes decides nothing, ties included."""
    tree, cells = case
    other = {u: u if u != unit else "Z" for u in UNITS}
    names = "unit | class\n" + "\n".join(f"{other[u]} | {c}" for u, c in CLASSES.items())
    renamed = plan(tree["indicators"], tree=tree["tree"], units=names, total={"places": "none"})
    first = bases(run(made(tree), rows(cells)))
    second = bases(run(renamed, rows({(other[u], i): v for (u, i), v in cells.items()})))
    assert {other[u]: b and pytest.approx(b, abs=1e-11) for u, b in first.items()} == second


@SOMETIMES
@given(cases(), st.data())
def test_not_applicable_is_as_if_it_had_never_been_asked(
    case: tuple[dict[str, Any], Cells], data: st.DataObject
) -> None:
    tree, cells = case
    tree = {**tree, "tree": [{**n, "not_applicable": "redistribute"} for n in tree["tree"]]}
    code = data.draw(st.sampled_from([leaf["code"] for leaf in tree["indicators"]]))
    waived = {k: ("not_applicable" if k[1] == code else v) for k, v in cells.items()}
    without = {**tree, "indicators": [i for i in tree["indicators"] if i["code"] != code]}
    left = {k: v for k, v in cells.items() if k[1] != code}
    one, other = bases(run(made(tree), rows(waived))), bases(run(made(without), rows(left)))
    assert all((one[u] is None) == (other[u] is None) for u in UNITS)
    # The remaining weights are normalised once here and twice there.
    assert all(abs((one[u] or 0) - (other[u] or 0)) < 1e-8 for u in UNITS)


@SOMETIMES
@given(trees(methods=RISING[:1]), st.sampled_from([0.0, 12.5, 60.0, 100.0]), st.data())
def test_not_applicable_neither_lowers_nor_raises_by_itself(
    tree: dict[str, Any], level: float, data: st.DataObject
) -> None:
    """Where all else is equal, the unit keeps its score whatever does not apply."""
    tree = {**tree, "tree": [{**n, "not_applicable": "redistribute"} for n in tree["tree"]]}
    codes = [leaf["code"] for leaf in tree["indicators"]]
    waived = data.draw(st.sets(st.sampled_from(codes), max_size=len(codes) - 1))
    cells: Cells = {("A", c): "not_applicable" if c in waived else level for c in codes}
    base = bases(run(made(tree), rows(cells)))["A"]
    assert base is not None
    assert abs(base - level) < 1e-8


@SOMETIMES
@given(cases(cells=values, means=["arithmetic"]))
def test_harmonic_is_at_most_geometric_is_at_most_arithmetic(case: tuple[dict[str, Any], Cells]) -> None:
    tree, cells = case
    found = []
    for mean in ("harmonic", "geometric", "arithmetic"):
        nodes = [{**n, "aggregate": mean if n["code"] == "ROOT" else "arithmetic"} for n in tree["tree"]]
        found.append(bases(run(made({**tree, "tree": nodes}), rows(cells))))
    for u in UNITS:
        low, middle, high = (f[u] for f in found)
        assert low is not None and middle is not None and high is not None
        assert low <= middle + 1e-9
        assert middle <= high + 1e-9


@RARELY
@given(cases(methods=RISING + RELATIVE))
def test_the_same_again_is_the_same_to_the_last_bit(case: tuple[dict[str, Any], Cells]) -> None:
    tree, cells = case
    assert_same(*(run(made(tree), rows(cells), on="duckdb") for _ in range(2)), exact=True)


@SOMETIMES
@given(cases(methods=RISING + RELATIVE))
def test_less_detail_is_the_same_result(case: tuple[dict[str, Any], Cells]) -> None:
    tree, cells = case
    whole = run(made(tree), rows(cells))
    near: dict[str, Any] = {"abs_tol": 1e-11, "rel_tol": 0}
    for detail in ("totals", "nodes"):
        some = run(made(tree), rows(cells), detail=detail)
        assert_frame_equal(whole.scored.results, some.scored.results, **near)
    nodes = table(whole).filter(pl.col("node_code").is_in(["ROOT", "S1", "S2"]))
    assert_frame_equal(nodes, table(some), **near)


@SOMETIMES
@given(cases(means=["arithmetic"], methods=RISING[:3] + RELATIVE[:1]))
def test_contributions_of_the_indicators_add_up_to_the_base(case: tuple[dict[str, Any], Cells]) -> None:
    tree, cells = case
    absent = ["exclude" if n["missing"] == "class_mean" else n["missing"] for n in tree["tree"]]
    plain = [{**n, "missing": m, "not_applicable": "redistribute"} for n, m in zip(tree["tree"], absent, strict=True)]
    got = run(made({**tree, "tree": plain}), rows(cells))
    for level in (1, 2):
        parts = (
            table(got)
            .filter(pl.col("level") == level)
            .group_by("unit_code")
            .agg(pl.col("contribution", "effective_weight_pct").sum())
        )
        sums = {r["unit_code"]: r for r in parts.iter_rows(named=True)}
        for unit, base in bases(got).items():
            # A missing section that counts for points has no indicators to show them.
            if base is None or (level == 2 and plain[0]["missing"] not in ("exclude", "zero")):
                continue
            assert abs(sums[unit]["contribution"] - base) < 1e-8
            if level == 1:
                assert abs(sums[unit]["effective_weight_pct"] - 100) < 1e-8


@RARELY
@given(cases(methods=RISING + RELATIVE))
def test_duckdb_and_polars_agree(case: tuple[dict[str, Any], Cells]) -> None:
    tree, cells = case
    one, other = (run(made(tree), rows(cells), on=on) for on in ("duckdb", "polars"))
    assert_frame_equal(one.scored.results, other.scored.results, abs_tol=1e-9, rel_tol=0)
    assert one.scored.results["rank"].to_list() == other.scored.results["rank"].to_list()
    assert_frame_equal(table(one), table(other), abs_tol=1e-9, rel_tol=0)
