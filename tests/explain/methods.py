# ruff: noqa: E501  (a table: one method a line)
"""Every method with several parameters and values, as one plan: what the three-way comparison works through."""

from pathlib import Path
from typing import Any

import polars as pl
import yaml

from schemas.folder import Plan, load_plan

BANDS = [{"to": 60, "score": 0}, {"from": 60, "to": 80, "score": [60, 80]}, {"from": 80, "to": 100, "score": 100}]
DECILES = [10.5, 20, 33.3, 45, 60, 72, 81, 90, 95]

# code: (method, targets, values of the eight units)
METHODS: dict[str, tuple[dict[str, Any], dict[str, float], list[float | None]]] = {
    "attain": ({"kind": "attainment", "cap": 120}, {"target": 80}, [0, 1, 40.5, 79.999, 80, 96, 97, None]),
    "attain_down": ({"kind": "attainment", "direction": "down", "cap": 150}, {"target": 30}, [0, 10, 29, 30, 31, 60, 61, 7.7]),
    "attain_reciprocal": (
        {"kind": "attainment", "direction": "down", "inverse": "reciprocal", "cap": 130, "floor": 20}, {"target": 30},
        [0, 10, 29, 30, 31, 60, 600, 23.5],
    ),
    "attain_points": (
        {"kind": "attainment", "per_point_above": 0.5, "per_point_below": 2, "cap": 110}, {"target": 64},
        [0, 32, 63, 64, 65, 70.25, 200, None],
    ),
    "attain_points_one": ({"kind": "attainment", "per_point_below": 1.5}, {"target": 7}, [1, 2, 3, 6.99, 7, 8, 9, 10]),
    "attain_points_down": (
        {"kind": "attainment", "direction": "down", "per_point_above": 1, "per_point_below": 3, "cap": 140}, {"target": 8},
        [1, 2, 3, 7.9, 8, 8.5, 9, 10],
    ),
    "coverage": ({"kind": "coverage", "target": 95}, {}, [0, 12.5, 50, 94, 95, 96, 100, None]),
    "bands": ({"kind": "bands", "bands": BANDS}, {}, [-5, 59.9999, 60, 71.3, 79.99, 80, 100, 101]),
    "bands_right": ({"kind": "bands", "bands": BANDS, "closed": "right"}, {}, [-5, 59.9999, 60, 71.3, 79.99, 80, 100, 101]),
    "bands_single": (
        {"kind": "bands", "closed": "both", "bands": [{"from": -1, "to": -1, "score": -3}, {"from": 1, "to": 1, "score": 40}, {"from": 1, "to": 2, "score": [60, 80]}, {"from": 4, "to": 4, "score": 100}]},
        {}, [-1, 0, 1, 1.0000000001, 1.5, 2, 4, 5],
    ),
    "bands_attainment": (
        {"kind": "bands", "of": "attainment", "bands": BANDS, "cap": 90}, {"target": 30}, [1, 17.9, 18, 20, 23.9, 24, 30, 31],
    ),
    "growth": ({"kind": "growth", "at_zero": 60, "cap": 130}, {"target": 10, "baseline": 50}, [40, 50, 52.5, 55, 60, 70, 0, None]),
    "growth_difference": (
        {"kind": "growth", "mode": "difference", "floor": -50}, {"target": 3, "baseline": -1}, [-9, -1, 0, 1, 2, 2.5, 3, 9],
    ),
    "growth_down": (
        {"kind": "growth", "direction": "down", "at_zero": 50}, {"target": 20, "baseline": 80}, [80, 72, 64, 60, 90, 100, 79, 1],
    ),
    "boolean": ({"kind": "boolean", "not_met": 20}, {}, [0, 1, 2, 0.5, 0, 1, 1, None]),
    "goalposts": ({"kind": "goalposts", "worst": 20, "best": 85}, {}, [0, 20, 21, 50, 84.9, 85, 100, None]),
    "goalposts_down": (
        {"kind": "goalposts", "worst": 20, "best": -3, "range": [1, 100]}, {}, [-9, -3, 0, 7.25, 19, 20, 21, 3],
    ),
    "goalposts_free": ({"kind": "goalposts", "worst": 5, "best": 6, "clamp": False}, {}, [0, 5, 5.5, 6, 7, 8, 9, 10]),
    "log_goalposts": ({"kind": "log_goalposts", "worst": 100, "best": 75000}, {}, [50, 100, 101, 2500, 75000, 80000, 3, None]),
    "bands_difference": (
        {"kind": "bands", "of": "difference", "target": "group_median", "bands": [{"to": -2, "score": 0}, {"from": -2, "to": 3, "score": [10, 95]}, {"from": 3, "score": 100}]},
        {}, [-5, 0, 0.5, 2, 2.25, 3, 9, 1],
    ),
    "bands_apart": (
        {"kind": "bands", "of": "difference", "closed": "right", "bands": [{"to": 0, "score": [0, 50], "from": -10}, {"from": 0, "score": 80}]},
        {"target": -3}, [-13, -9, -3, -2.9, 0, 5, -3.5, None],
    ),
    "attain_best_two": (
        {"kind": "attainment", "target": {"best": 2}, "direction": "down", "inverse": "reciprocal", "cap": None}, {},
        [3, 7, 9.5, 11, 12, 20, 21.25, None],
    ),
    "attain_quantile": ({"kind": "attainment", "target": {"quantile": 0.75}, "within": "all"}, {}, [3, 7, 9.5, 11, 12, 20, 21.25, 4]),
    "attain_unit": ({"kind": "attainment", "target": {"unit": "u3"}, "cap": 150}, {}, [3, 7, 9.5, 11, 12, 20, 21.25, None]),
    "distance_best_three": ({"kind": "distance_to_target", "target": {"best": 3}}, {}, [3, 7, 9.5, 11, 12, 20, 21.25, None]),
    "distance_log": (
        {"kind": "distance_to_target", "worst": 2, "outliers": {"log": True, "offset": 1}}, {"target": 18},
        [0, 2, 3, 7, 12, 18, 40, None],
    ),
    "distance_log_best": (
        {"kind": "distance_to_target", "direction": "down", "target": {"best": 2}, "outliers": {"log": True}}, {},
        [3, 7, 9.5, 11, 12, 20, 21.25, None],
    ),
    "minmax_log": (
        {"kind": "minmax", "lower": 2, "upper": 50, "outliers": {"log": True, "offset": 0.5}}, {}, [0, 2, 3, 7, 12, 50, 80, -0.5],
    ),
    "share_log": ({"kind": "share_of_best", "best": 90, "outliers": {"log": True}}, {}, [1, 2, 3, 7, 12, 90, 80, None]),
    "log_offset": ({"kind": "log_goalposts", "worst": 0, "best": 99, "offset": 1}, {}, [0, 1, 2.5, 9, 50, 99, 120, -1]),
    "percentile_exponential": (
        {"kind": "percentile", "formula": "inclusive", "exponential": 23, "direction": "down"}, {}, [3, 7, 7, 11, 12, 20, 21.25, None],
    ),
    "percentile_exponential_range": (
        {"kind": "percentile", "exponential": 40, "range": [10, 90]}, {}, [3, 7, 7, 11, 12, 20, 21.25, 8],
    ),
    "logistic": ({"kind": "logistic", "midpoint": 50, "steepness": 0.1}, {}, [-400, 0, 37.5, 50, 51, 88, 100, None]),
    "logistic_down": ({"kind": "logistic"}, {"midpoint": 3, "steepness": -1.5}, [-9, 0, 2, 3, 3.25, 4, 9, 1]),
    "minmax": ({"kind": "minmax"}, {}, [3, 7, 9.5, 11, 12, 20, 21.25, None]),
    "minmax_down": ({"kind": "minmax", "direction": "down", "lower": 5, "range": [10, 90]}, {}, [3, 7, 9.5, 11, 12, 20, 21, 8]),
    "minmax_winsorised": (
        {"kind": "minmax", "outliers": {"winsorise": [0.1, 0.9]}}, {}, [3, 7, 9.5, 11, 12, 20, 2100, 8],
    ),
    "zscore": ({"kind": "zscore"}, {}, [3, 7, 9.5, 11, 12, 20, 21.25, None]),
    "zscore_down": (
        {"kind": "zscore", "direction": "down", "deviation": "population", "centre": 60, "per_sd": 15}, {},
        [3, 7, 9.5, 11, 12, 20, 210, 8],
    ),
    "zscore_cumulative": ({"kind": "zscore", "cumulative": True}, {}, [3, 7, 9.5, 11, 12, 20, 21.25, None]),
    "zscore_tails": (
        {"kind": "zscore", "cumulative": True, "direction": "down"}, {"mean": 10, "sd": 0.5}, [3, 7, 9.5, 9.75, 10, 12, 14, 5.5],
    ),
    "percentile": ({"kind": "percentile"}, {}, [3, 7, 7, 11, 12, 20, 21.25, None]),
    "percentile_midpoint": ({"kind": "percentile", "formula": "midpoint", "direction": "down"}, {}, [3, 7, 7, 11, 12, 20, 21, 8]),
    "percentile_inclusive": ({"kind": "percentile", "formula": "inclusive"}, {}, [3, 7, 7, 11, 12, 20, 21, 8]),
    "rank_steps": ({"kind": "rank_points", "points": {"first": 100, "step": 15, "floor": 20}}, {}, [3, 7, 7, 11, 12, 20, 21, 8]),
    "rank_list": ({"kind": "rank_points", "points": [100, 90, 75, 70], "ties": "average"}, {}, [3, 7, 7, 11, 12, 12, 21, 8]),
    "share": ({"kind": "share_of_best"}, {}, [3, 7, 7, 11, 12, 20, 21.25, None]),
    "share_down": ({"kind": "share_of_best", "direction": "down"}, {}, [3, 7, 7, 11, 12, 20, 21.25, 8]),
    "share_given": ({"kind": "share_of_best", "best": 15, "cap": 110}, {}, [3, 7, 7, 11, 12, 20, 21.25, 8]),
    "share_of_total": ({"kind": "share_of_total"}, {}, [3, 0, 7, 11, 12, 20, 21.25, -4]),
    "distance": ({"kind": "distance_to_target"}, {"target": 18}, [3, 7, 7, 11, 12, 20, 21.25, None]),
    "distance_down": (
        {"kind": "distance_to_target", "direction": "down", "clamp": False}, {"target": 5}, [3, 7, 7, 11, 12, 20, 21.25, 8],
    ),
    "threshold": (
        {"kind": "threshold_benchmark"}, {"threshold": 0.5, "benchmark": 0.9, "baseline": 0.4},
        [0.3, 0.42, 0.5, 0.61, 0.7222, 0.89, 0.9, 0.95],
    ),
    "threshold_down": (
        {"kind": "threshold_benchmark"}, {"threshold": 1.2, "benchmark": 0.4, "baseline": 1.5}, [2, 1.4, 1.3, 1.2, 1, 0.7, 0.4, 0.1],
    ),
    "threshold_past": (
        {"kind": "threshold_benchmark"}, {"threshold": 0.5, "benchmark": 0.9, "baseline": 0.95}, [0.3, 0.5, 0.6, 0.8, 0.89, 0.9, 0.93, 0.97],
    ),
    "threshold_plain": (
        {"kind": "threshold_benchmark", "round_points": "none", "points": 8}, {"threshold": 10, "benchmark": 20, "baseline": 5},
        [1, 6, 10, 12.5, 15, 19, 20, 30],
    ),
    "threshold_only": (
        {"kind": "threshold_benchmark", "improvement": False}, {"threshold": 10, "benchmark": 20}, [1, 6, 10, 12.5, 15, 19, 20, 30],
    ),
    "threshold_new": ({"kind": "threshold_benchmark"}, {"threshold": 10, "benchmark": 20}, [1, 6, 10, 12.5, 15, 19, 20, 30]),
    "deciles": ({"kind": "deciles", "bounds": DECILES}, {}, [0, 10.5, 15, 33.3, 50, 89.9, 95, 100]),
    "deciles_down": (
        {"kind": "deciles", "bounds": [90, 70, 50, 30], "first": 3, "inside_cap": 0.9, "below": 5, "cap": 58}, {},
        [100, 90, 89, 71, 50, 31, 30, 2],
    ),
    "deciles_step": ({"kind": "deciles", "bounds": DECILES, "inside": "step", "cap": 70}, {}, [0, 10.5, 15, 33.3, 50, 89.9, 95, 100]),
    "panel": ({"kind": "panel", "groups": {"g": 1}, "scale": [-5, 5]}, {}, [-5, -2, 0, 1.5, 3, 4.75, 5, 2]),
}  # fmt: skip
# Methods over parts: (method, part, values)
PARTS: dict[str, tuple[dict[str, Any], str, list[float | None]]] = {
    "milestones": (
        {"kind": "milestones", "stages": [{"code": "a", "weight": 30}, {"code": "b", "weight": 40}]}, "a", [0, 1, 0.5, 2, 1, 1, 0, 1],
    ),
    "checklist": ({"kind": "checklist", "items": {"a": 1, "b": 2.5}}, "b", [0, 1, 0.5, 2, 1, 1, 0, None]),
    "points": (
        {"kind": "points", "per_item": {"a": 3, "b": 50}, "full_marks_at": 60, "cap_by_kind": {"a": 45}}, "a", [0, 1, 4, 14, 15, 16, 30, None],
    ),
    "deductions": ({"kind": "deductions", "per_case": 2.5, "floor": 40}, "", [0, 1, 4, 14, 23, 24, 30, None]),
}  # fmt: skip
UNITS = [f"U{n}" for n in range(1, 9)]


def write_plan(folder: Path) -> Plan:
    """Write and load the plan; the indicators stand below one root, all with the same weight."""
    plan = {
        "plan": "methods",
        "title": "Methods",
        "classes": {"k": "K"},
        "tree": [{"code": "ROOT", "title": "Total", "clamp": "none"}],
    }
    indicators = [{"code": c, "parent": "ROOT", "title": c, "method": m[0]} for c, m in {**METHODS, **PARTS}.items()]
    for name, content in (("plan.yaml", plan), ("indicators.yaml", indicators)):
        (folder / name).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    units = ["unit_code,name,class_code", *(f"{u},{u},k" for u in UNITS)]
    targets = ["indicator_code,unit_code,class_code,period,name,value"]
    targets += [f"{c},,,,{name},{value}" for c, (_, given, _) in METHODS.items() for name, value in given.items()]
    (folder / "units.csv").write_text("\n".join(units) + "\n", encoding="utf-8")
    (folder / "targets.csv").write_text("\n".join(targets) + "\n", encoding="utf-8")
    return load_plan(folder)


def measurements() -> pl.DataFrame:
    """Return the values as reported; None: not reported."""
    rows: list[dict[str, Any]] = []
    for code, (method, _, values) in METHODS.items():
        for unit, value in zip(UNITS, values, strict=True):
            part = "g/1" if method["kind"] == "panel" else ""
            row = {"unit_code": unit, "indicator_code": code, "part": part, "value": value}
            if method["kind"] == "coverage" and value is not None:
                row |= {"value": None, "numerator": value * 2, "denominator": 200.0}
            rows.append(row)
    for code, (_, part, values) in PARTS.items():
        rows += [
            {"unit_code": u, "indicator_code": code, "part": part, "value": v}
            for u, v in zip(UNITS, values, strict=True)
        ]
    numbers = {n: pl.Float64 for n in ("value", "numerator", "denominator")}
    return pl.DataFrame(rows, schema_overrides={**numbers, "part": pl.String}, infer_schema_length=None).cast(numbers)
