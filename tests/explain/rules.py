"""A plan in which every node has other rules, and inputs with gaps, waived cells, zeros, ties and adjustments."""

from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from schemas.folder import Plan, load_plan
from scoring import Inputs

MEANS: list[Any] = [
    "arithmetic",
    "geometric",
    "harmonic",
    {"power": 0.5},
    {"power": -0.7},
    {"power": 2.0},
    "min",
    "max",
    "sum",
]
MISSING: list[Any] = ["zero", "exclude", {"value": 60}, "class_mean"]
WAIVED: list[Any] = ["redistribute", {"value": 100}, "class_mean"]
CLASSES = ("a", "b")
UNITS = [f"{c}{n:02d}" for c in CLASSES for n in range(12)]
CHILDREN = 4
# Whose third child has no weight in class b: of every mean but the sum, with every rule for what is missing.
WEIGHT_OF_ZERO = {f"N{n}" for n in range(1, 32, 3)}


def nodes() -> list[dict[str, Any]]:
    """Return one section for each mean and missing rule, with the other rules spread over them."""
    result: list[dict[str, Any]] = [{"code": "ROOT", "title": "Total", "weights": "relative", "missing": "exclude"}]
    for n, (mean, missing) in enumerate(product(MEANS, MISSING)):
        node = {
            "code": f"N{n}",
            "parent": "ROOT",
            "title": f"Node {n}",
            "weight": 1 + n % 5,
            "aggregate": mean,
            "missing": missing,
        }
        node["not_applicable"] = WAIVED[n % 3]
        node |= {"min_coverage": 0.5} if n % 4 == 1 else {}
        node |= {"min_count": 2} if n % 5 == 2 else {}
        node |= {"clamp": [10, 80]} if n % 6 == 3 else {}
        node |= {"places": n % 3} if n % 7 == 4 else {}
        result.append(node)
    # Deeper: a geometric mean of two sections, a node of nodes with a value for missing ones, the best two of four.
    result += [
        {
            "code": "DEEP",
            "parent": "ROOT",
            "title": "Deep",
            "weight": 4,
            "aggregate": "geometric",
            "missing": {"value": 30},
        },
        {"code": "D1", "parent": "DEEP", "title": "D1", "weight": 60, "min_coverage": 0.6},
        {"code": "D2", "parent": "DEEP", "title": "D2", "weight": 40, "missing": "exclude", "min_count": 3},
        {"code": "BEST", "parent": "ROOT", "title": "Best", "weight": 3, "best": 2, "missing": "exclude"},
        {"code": "BEST0", "parent": "ROOT", "title": "Best, zero", "weight": 3, "best": 3, "missing": "zero"},
    ]
    return deepcopy(result)


def write_plan(folder: Path, **changes: Any) -> Plan:
    """Write and load the plan; ``changes`` replace keys of plan.yaml."""
    tree = nodes()
    inner = {n["parent"] for n in tree if "parent" in n}
    leaves = []
    for node in tree:
        if node["code"] in inner:
            continue
        for n in range(CHILDREN):
            weight = 25 if node.get("aggregate") == "sum" else (40, 30, 20, 10)[n] if "aggregate" in node else 25
            leaf: dict[str, Any] = {
                "code": f"{node['code']}-{n}",
                "parent": node["code"],
                "title": "x",
                "weight": weight,
            }
            leaf["method"] = {"kind": "goalposts", "worst": 0, "best": 100}
            if n == 3 and int("".join(filter(str.isdigit, node["code"])) or 0) % 2:
                leaf["assigned_to"] = ["a"]
            if node["code"] in WEIGHT_OF_ZERO:
                leaf["weight_by_class"] = {"b": (50, 30, 0, 20)[n]}
            if node["code"] == "N0":
                leaf["weight_by_class"] = {"b": (10, 20, 30, 40)[n]}
            leaves.append(leaf)
    plan = {
        "plan": "rules", "title": "Rules", "classes": {c: c for c in CLASSES}, "tree": tree,
        "adjustments": {
            "bonus": {"cap": 4, "opens_at_base": 45}, "deduction": {"floor": 20},
            "vetoes": {"v": {"effect": "stop_scoring"}},
        },
        "total": {"clamp": [0, 100], "places": 1}, "rank": {"tie_breakers": ["N0", "DEEP"]},
        "grades": [
            {"code": "A", "title": "A", "floor": 45, "quota": 0.3, "node_floors": {"N0": 30}},
            {"code": "B", "title": "B", "top": 6},
            {"code": "C", "title": "C"},
        ],
        **changes,
    }  # fmt: skip
    for name, content in (("plan.yaml", plan), ("indicators.yaml", leaves)):
        (folder / name).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    (folder / "units.csv").write_text(
        "\n".join(["unit_code,name,class_code", *(f"{u},Unit {u},{u[0]}" for u in UNITS)]) + "\n", encoding="utf-8"
    )
    return load_plan(folder)


def inputs(seed: int = 1) -> Inputs:
    """Draw values with zeros and ties, a quarter missing, a tenth not applicable; one unit without anything."""
    generator = np.random.default_rng(seed)
    rows = []
    codes = [n["code"] for n in nodes()]
    above = {n["parent"] for n in nodes() if "parent" in n}
    for unit in UNITS[:-1]:
        for code in codes:
            if code in above:
                continue
            for n in range(CHILDREN):
                if unit[0] == "b" and n == 3 and int("".join(filter(str.isdigit, code)) or 0) % 2:
                    continue
                drawn = generator.uniform()
                status = "missing" if drawn < 0.2 else "not_applicable" if drawn < 0.3 else "reported"
                value = float(generator.choice([0.0, 50.0, generator.uniform(0, 110)], p=[0.08, 0.12, 0.8]))
                rows.append((unit, f"{code}-{n}", value if status == "reported" else None, status))
    columns = ["unit_code", "indicator_code", "value", "status"]
    adjustments = pl.DataFrame(
        [
            (UNITS[0], "bonus", "x", 3.0), (UNITS[1], "bonus", "x", 9.0), (UNITS[2], "deduction", None, 5.0),
            (UNITS[3], "deduction", None, 60.0), (UNITS[4], "veto", "v", None), (UNITS[5], "cap", None, 30.0),
            (UNITS[6], "override_total", None, 77.7), (UNITS[14], "bonus", "x", 2.0),
        ],
        schema={"unit_code": pl.String, "kind": pl.String, "code": pl.String, "value": pl.Float64}, orient="row",
    )  # fmt: skip
    return Inputs(pl.DataFrame(rows, schema=columns, orient="row"), adjustments=adjustments)
