"""Time of rank intervals and scenarios: units × indicators × replications, against one second of plain NumPy work.

Run: python benchmarks/robustness.py [--units 1000] [--indicators 100] [--replications 1000]
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder, which has a scoring.py too

from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from scoring.engine import Polars
from scoring.robustness import replicate
from scoring.robustness_importance import importance
from scoring.robustness_model import build
from scoring.robustness_scenarios import scenarios
from scoring.run import Inputs

PERIOD = parse_period("2023")


def write_plan(folder: Path, indicators: int, *, missing: bool) -> Plan:
    """Write a plan of ten sections; ``missing``: with coverage rules, a geometric section and class means."""
    tree: list[dict[str, Any]] = [{"code": "ROOT", "title": "Total"}]
    for n in range(10):
        node: dict[str, Any] = {"code": f"S{n}", "parent": "ROOT", "title": f"Section {n}", "weight": 10}
        if missing:
            node |= {"min_coverage": 0.3, "missing": ("zero", "exclude", "class_mean")[n % 3]}
            node |= {"aggregate": "geometric"} if n == 5 else {}
        tree.append(node)
    leaves = [
        {
            "code": f"I{n}",
            "parent": f"S{n % 10}",
            "title": f"Indicator {n}",
            "method": {"kind": "goalposts", "worst": 0, "best": 100},
        }
        for n in range(indicators)
    ]
    file = {"plan": "bench", "title": "Benchmark", "tree": tree}
    (folder / "plan.yaml").write_text(yaml.safe_dump(file), encoding="utf-8")
    (folder / "indicators.yaml").write_text(yaml.safe_dump(leaves), encoding="utf-8")
    return load_plan(folder)


def inputs(units: int, indicators: int, *, missing: bool) -> Inputs:
    """Draw values; ``missing``: every tenth is not there."""
    generator = np.random.default_rng(7)
    values = generator.uniform(1, 99, (units, indicators))
    if missing:
        values[generator.uniform(size=values.shape) < 0.1] = np.nan
    unit = [f"U{n:06d}" for n in range(units)]
    table = pl.DataFrame(
        {
            "unit_code": np.repeat(unit, indicators),
            "indicator_code": np.tile([f"I{n}" for n in range(indicators)], units),
        }
    ).with_columns(value=pl.Series(values.ravel()).fill_nan(None))
    registry = pl.DataFrame({"unit_code": unit, "name": unit, "class_code": [f"c{n % 5}" for n in range(units)]})
    return Inputs(table, units=registry)


def timed(action: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """Return the median time and the last result."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        result = action()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), result


def baseline(units: int, indicators: int, replications: int) -> None:
    """Do the least that the question needs: one matrix product of scores and weights, and one sort per replication."""
    generator = np.random.default_rng(1)
    weights = generator.uniform(0.9, 1.1, (indicators, replications))
    totals = generator.uniform(0, 100, (units, indicators)) @ (weights / weights.sum(axis=0))
    np.argsort(np.argsort(-totals.T, axis=1), axis=1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    for name, default in (("units", 1000), ("indicators", 100), ("replications", 1000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    a = parser.parse_args()
    least, _ = timed(lambda: baseline(a.units, a.indicators, a.replications))
    print(f"{a.units} units x {a.indicators} indicators x {a.replications} replications, medians of 3")
    print(f"{'part':<34}{'plain plan, s':>15}{'gaps and rules, s':>19}")
    print(f"{'bare product and sort (baseline)':<34}{least:>15.2f}{least:>19.2f}")
    rows: dict[str, list[float]] = {}
    for missing in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            plan = write_plan(Path(folder), a.indicators, missing=missing)
        given = inputs(a.units, a.indicators, missing=missing)
        built, model = timed(lambda: build(plan, given, PERIOD, Polars()))  # noqa: B023
        noise, (_, rank) = timed(lambda: replicate(model, a.replications, 0.1, 1))  # noqa: B023
        other, _ = timed(lambda: scenarios(model, rank[:, 0]))  # noqa: B023
        weigh, _ = timed(lambda: importance(model))  # noqa: B023
        for name, seconds in (
            ("scoring the period", built),
            ("rank intervals", noise),
            ("scenarios", other),
            ("importance", weigh),
        ):
            rows.setdefault(name, []).append(seconds)
    for name, (plain, gaps) in rows.items():
        print(f"{name:<34}{plain:>15.2f}{gaps:>19.2f}")
    print(f"{'all':<34}{sum(r[0] for r in rows.values()):>15.2f}{sum(r[1] for r in rows.values()):>19.2f}")


if __name__ == "__main__":
    main()
