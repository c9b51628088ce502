"""One measurement for two indicators, and ratios on too few cases."""

from pathlib import Path

import polars as pl

from schemas.folder import load_plan
from schemas.periods import parse_period
from scoring import Inputs, score

PLAN = """
plan: shared
title: shared
classes: {all: all}
tree:
  - {code: ROOT, title: total}
missing_report: exclude
"""
INDICATORS = """
- {code: rate, parent: ROOT, title: rate, method: {kind: coverage, target: 100}, min_denominator: 20}
- {code: again, parent: ROOT, title: again, value_from: rate, method: {kind: goalposts, worst: 0, best: 50}, per: 100}
"""
# unit | numerator | denominator | rate (100·n/d, at least 20 cases) | again (the same ratio, 50 % is best) | total
CASES = [
    ("many", 10, 40, 25.0, 50.0, 37.5),
    ("twenty", 5, 20, 25.0, 50.0, 37.5),
    ("few", 5, 19, None, 100 * 500 / 19 / 50, 100 * 500 / 19 / 50),
]


def test_a_value_may_serve_two_indicators_and_few_cases_are_no_value(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "indicators.yaml").write_text(INDICATORS)
    units = pl.DataFrame({"unit_code": [c[0] for c in CASES], "class_code": ["all"] * len(CASES)})
    cells = units.select("unit_code", indicator_code=pl.lit("rate")).with_columns(
        numerator=pl.Series([float(c[1]) for c in CASES]), denominator=pl.Series([float(c[2]) for c in CASES])
    )
    scored = score(load_plan(tmp_path), Inputs(cells, units=units), parse_period("2023"))
    found = {(r["unit_code"], r["node_code"]): r for r in scored.scores_frame().iter_rows(named=True)}
    for unit, _, _, rate, again, total in CASES:
        assert found[unit, "rate"]["score"] == rate
        assert abs(found[unit, "again"]["score"] - again) < 1e-9
        assert abs(found[unit, "ROOT"]["score"] - total) < 1e-9
    assert found["few", "rate"]["reason_code"] == "too_few_cases"
