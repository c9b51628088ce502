"""An absent or impossible number never earns a point and always has its reason, in every method and on every engine.

One plan holds every method; every bad value is a unit of its own, beside good units that the relative methods need.
"""

import math
from typing import Any

import polars as pl
import pytest

from schemas.errors import UserError
from schemas.methods import METHOD_MODELS, PARTS_METHODS, parameter_names
from tests.scoring.by_table import plan, run

# Every method, with parameters under which good values earn points. Names are kinds, or kinds and a variant.
METHODS: dict[str, dict[str, Any]] = {
    "attainment": {"target": 50},
    "attainment down": {"target": 50, "direction": "down"},
    "attainment reciprocal": {"target": 50, "direction": "down", "inverse": "reciprocal"},
    "attainment per point": {"target": 50, "per_point_above": 1, "per_point_below": 1, "floor": 20},
    "coverage": {"target": 80},
    "bands": {
        "bands": [{"to": 10, "score": 20}, {"from": 10, "to": 60, "score": [20, 80]}, {"from": 60, "score": 100}]
    },
    "bands of attainment": {
        "of": "attainment",
        "target": 50,
        "bands": [{"to": 90, "score": 20}, {"from": 90, "score": 100}],
    },
    "bands of difference": {
        "of": "difference",
        "target": 50,
        "bands": [{"to": -9, "score": 20}, {"from": -9, "score": 100}],
    },
    "milestones": {"stages": [{"code": "a"}, {"code": "b"}]},
    "boolean": {"not_met": 60},
    "checklist": {"items": ["a", "b"]},
    "growth": {"baseline": 20, "target": 100, "at_zero": 60},
    "growth difference": {"baseline": 20, "target": 100, "at_zero": 60, "mode": "difference", "direction": "down"},
    "points": {"per_item": {"a": 5, "b": 1}, "full_marks_at": 100},
    "deductions": {"per_case": {"a": 1, "b": 2}},
    "panel": {"groups": {"a": 1, "b": 1}},
    "goalposts": {"worst": 0, "best": 50},
    "goalposts down": {"worst": 80, "best": 0, "range": [1, 100]},
    "goalposts open": {"worst": 0, "best": 50, "clamp": False},
    "log_goalposts": {"worst": 1, "best": 100},
    "logistic": {"midpoint": 40, "steepness": 0.1},
    "minmax": {},
    "minmax down": {"direction": "down", "range": [1, 100]},
    "zscore": {},
    "zscore cumulative": {"cumulative": True},
    "percentile": {},
    "percentile down": {"direction": "down", "formula": "inclusive"},
    "rank_points": {},
    "rank_points down": {"direction": "down"},
    "share_of_best": {},
    "share_of_best down": {"direction": "down"},
    "share_of_total": {},
    "distance_to_target": {"target": 60},
    "threshold_benchmark": {"threshold": 20, "benchmark": 60, "baseline": 10},
    "threshold_benchmark down": {"threshold": 60, "benchmark": 20, "baseline": 70},
    "deciles": {"bounds": [10, 20, 30, 40, 50], "below": 5},
    "deciles down": {"bounds": [50, 40, 30, 20, 10], "below": 5},
}
GOOD = {"G1": 30.0, "G2": 40.0, "G3": 45.0}
BAD_VALUES = {"blank": None, "nan": math.nan, "inf": math.inf, "minus inf": -math.inf}
# numerator, denominator
BAD_RATIOS = {
    "zero denominator": (5.0, 0.0),
    "nothing of nothing": (0.0, 0.0),
    "minus zero": (5.0, -0.0),
    "negative denominator": (5.0, -10.0),
    "nan numerator": (math.nan, 10.0),
    "nan denominator": (5.0, math.nan),
    "inf numerator": (math.inf, 10.0),
    "inf denominator": (5.0, math.inf),
    "no numerator": (None, 10.0),
    "no denominator": (5.0, None),
}
REASONS = {
    "blank": {"not_reported"},
    "nan": {"not_finite"},
    "inf": {"not_finite"},
    "minus inf": {"not_finite"},
    "zero denominator": {"zero_denominator"},
    "nothing of nothing": {"zero_denominator"},
    "minus zero": {"zero_denominator"},
    "negative denominator": {"impossible_value"},
    "nan numerator": {"not_finite"},
    "nan denominator": {"not_finite"},
    "inf numerator": {"not_finite"},
    "inf denominator": {"not_finite"},
    "no numerator": {"not_reported"},
    "no denominator": {"not_reported"},
    "said missing": {"not_reported"},
    "no row": {"not_reported"},
    "not applicable": {"not_applicable"},
}
# A target, bound or statistic that is none; caps and floors are limits, not something to compute with.
LIMITS = {"cap", "floor", "reason_below", "met", "not_met", "at_zero", "per_point_above", "per_point_below"}


def kind_of(name: str) -> str:
    return name.split()[0]


def part_of(name: str) -> str:
    return {"panel": "a/1"}.get(kind_of(name), "a") if kind_of(name) in PARTS_METHODS else ""


def parameters_of(name: str) -> list[str]:
    method = METHOD_MODELS[kind_of(name)].model_validate({"kind": kind_of(name), **METHODS[name]})
    return [p for p in parameter_names(method) if p not in LIMITS]


Scores = dict[tuple[str, str], dict[str, Any]]


def score_all(cells: list[dict[str, Any]], on: str, targets: pl.DataFrame | None = None) -> Scores:
    """Score all methods in one plan; look up by method and unit."""
    schema = {c: pl.String for c in ("unit_code", "indicator_code", "part", "status")}
    numbers = {c: pl.Float64 for c in ("value", "numerator", "denominator")}
    units = list(dict.fromkeys(["no row", *(c["unit_code"] for c in cells)]))
    made = plan(
        [{"code": n, "method": {"kind": kind_of(n), **m}} for n, m in METHODS.items()],
        units="unit\n" + "\n".join(units),
        tree=[{"code": "ROOT", "clamp": "none"}],
    )
    extra = {} if targets is None else {"targets": targets}
    table = run(made, pl.DataFrame(cells, schema={**schema, **numbers}), on=on, **extra).scored.scores_frame()
    return {(r["node_code"], r["unit_code"]): r for r in table.filter(level=1).iter_rows(named=True)}


def good(name: str) -> list[dict[str, Any]]:
    return [{"indicator_code": name, "part": part_of(name), "unit_code": u, "value": v} for u, v in GOOD.items()]


@pytest.fixture(scope="module", params=["polars", "duckdb"])
def scores(request: pytest.FixtureRequest) -> Scores:
    cells: list[dict[str, Any]] = []
    for name in METHODS:
        cell = {"indicator_code": name, "part": part_of(name)}
        cells += good(name)
        cells += [{**cell, "unit_code": u, "value": v} for u, v in BAD_VALUES.items()]
        if not part_of(name):
            cells += [{**cell, "unit_code": u, "numerator": n, "denominator": d} for u, (n, d) in BAD_RATIOS.items()]
        states = {"said missing": "missing", "not applicable": "not_applicable", "nil": "nil"}
        cells += [{**cell, "part": "", "unit_code": u, "status": s} for u, s in states.items()]
    return score_all(cells, request.param)


@pytest.mark.parametrize(
    ("huge", "on"),
    [*((h, "polars") for h in (1e17, 1e30, 1e300, -1e300, 1e-300)), (1e17, "duckdb"), (-1e300, "duckdb")],
)
def test_enormous_numbers_stay_inside_the_limits(huge: float, on: str) -> None:
    """They are finite, so they may earn what the method gives; the sums must bear them."""
    bounded = {n: m for n, m in METHODS.items() if n != "goalposts open"}
    found = score_all([{**c, "value": huge} for n in bounded for c in good(n)[:1]], on)
    for name in bounded:
        score = found[name, "G1"]["score"]
        assert score is None or 0 <= score <= 100, f"{name}: {score}"
        assert score is not None or found[name, "G1"]["reason_code"]


def test_every_method_of_the_plan_format_is_here() -> None:
    assert {kind_of(n) for n in METHODS} == set(METHOD_MODELS)


@pytest.mark.parametrize("name", METHODS)
def test_good_values_earn_points_beside_bad_ones(scores: Scores, name: str) -> None:
    found = [scores[name, u]["score"] for u in GOOD]
    assert all(s is not None for s in found)
    assert max(found) > 0


@pytest.mark.parametrize("bad", REASONS)
@pytest.mark.parametrize("name", METHODS)
def test_a_bad_value_earns_nothing_and_says_why(scores: Scores, name: str, bad: str) -> None:
    if bad in BAD_RATIOS and part_of(name):
        return  # what has parts is not reported as a ratio
    got = scores[name, bad]
    assert got["score"] is None
    assert got["value"] is None
    assert got["reason_code"] in REASONS[bad]
    assert not got["contribution"]


@pytest.mark.parametrize("name", METHODS)
def test_a_nil_return_is_a_number_only_where_things_are_counted(scores: Scores, name: str) -> None:
    got = scores[name, "nil"]
    if kind_of(name) in ("points", "deductions"):
        assert (got["score"], got["reason_code"]) == (100 if kind_of(name) == "deductions" else 0, "nil")
    elif kind_of(name) == "coverage":
        assert (got["score"], got["reason_code"]) == (None, "not_applicable")
    else:
        assert (got["score"], got["reason_code"]) == (None, "nil_not_allowed")


@pytest.mark.parametrize(("name", "parameter"), [(n, p) for n in METHODS for p in parameters_of(n)])
def test_a_parameter_that_is_no_number_is_refused(name: str, parameter: str) -> None:
    made = plan([{"code": "I", "method": {"kind": kind_of(name), **METHODS[name]}}])
    cells = pl.DataFrame({"unit_code": ["U"], "indicator_code": ["I"], "part": [part_of(name)], "value": [40.0]})
    for bad in (math.nan, math.inf, -math.inf):
        targets = pl.DataFrame({"indicator_code": ["I"], "unit_code": ["U"], "name": [parameter], "value": [bad]})
        with pytest.raises(UserError, match=parameter):
            run(made, cells, targets=targets)


@pytest.mark.parametrize("on", ["polars", "duckdb"])
def test_bad_numbers_in_a_quarter_of_a_flow(on: str) -> None:
    made = plan(
        [{"code": "I", "accumulation": "flow", "method": {"kind": "attainment", "target": 10}}],
        units="unit\nnan\ninf\nblank\nzero\ngood",
        periods=["2023Q1", "2023Q2"],
    )
    cells = "unit|indicator|period|value\n" + "\n".join(
        f"{u}|I|2023Q1|{v}\n{u}|I|2023Q2|9" for u, v in (("nan", "nan"), ("inf", "inf"), ("blank", ""), ("zero", "0"))
    )
    got = run(made, f"{cells}\ngood|I|2023Q1|1\ngood|I|2023Q2|2", period="2023Q2", on=on)
    found = {u: (got.score("I", u), got.reason("I", u)) for u in ("nan", "inf", "blank", "zero", "good")}
    assert found == {
        "nan": (None, "not_finite"),
        "inf": (None, "not_finite"),
        "blank": (None, "gap"),
        "zero": (pytest.approx(90), None),
        "good": (pytest.approx(30), None),
    }


def test_a_verified_number_that_is_none_earns_nothing() -> None:
    made = plan(
        [
            {"code": "I", "method": {"kind": "goalposts", "worst": 20, "best": 0}},
            {"code": "J", "accumulation": "flow", "method": {"kind": "deductions", "per_case": {"a": 1}}},
        ]
    )
    verdicts = pl.DataFrame(
        {
            "unit_code": ["U", "U"], "indicator_code": ["I", "J"], "period": ["2023", "2023"], "part": ["", "a"],
            "verdict": ["adjusted", "adjusted"], "value": [math.nan, -math.inf], "numerator": [None, None],
            "denominator": [None, None], "recorded_at": ["2024-01-01", "2024-01-01"],
        }
    )  # fmt: skip
    got = run(made, "unit|indicator|period|part|value\nU|I|2023||5\nU|J|2023|a|2", verifications=verdicts)
    assert [(got.score(c), got.reason(c)) for c in "IJ"] == [(None, "not_finite"), (None, "not_finite")]


@pytest.mark.parametrize("bad", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("kind", ["bonus", "deduction", "late", "cap", "override_total"])
def test_an_adjustment_that_is_no_number_is_refused(kind: str, bad: str) -> None:
    method = {"kind": "attainment", "target": 100}
    made = plan([{"code": "I", "method": method}], adjustments={"late": {"per_day": 1}})
    with pytest.raises(UserError, match=r"no finite number|is negative"):
        run(made, "unit|indicator|value\nU|I|80", adjustments=f"unit|kind|code|value\nU|{kind}|x|{bad}")
