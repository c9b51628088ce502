"""The tree over arrays obeys the engine's rules: replication 0 is the run, a change is what the engine makes of it."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from schemas.plan import Power
from scoring import Inputs, score
from scoring.engine import Polars
from scoring.robustness_model import Model, build, node_scores, standings
from scoring.robustness_parts import Change
from tests.explain.rules import inputs, write_plan

PERIOD = parse_period("2023")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules")


@pytest.fixture(scope="module")
def plan(folder: Path) -> Plan:
    return write_plan(folder)


@pytest.fixture(scope="module")
def model(plan: Plan) -> Model:
    return build(plan, inputs(), PERIOD, Polars())


def compared(model: Model, change: Change, engine: pl.DataFrame) -> None:
    found = node_scores(model, change, list(model.plan.nodes))
    for code, scores in found.items():
        theirs = engine.filter(pl.col("node_code") == code).select("unit_code", "score")
        run = pl.DataFrame({"unit_code": model.units}).join(theirs, on="unit_code", how="left", maintain_order="left")
        expected = run["score"].fill_null(np.nan).to_numpy()
        assert np.array_equal(np.isnan(expected), np.isnan(scores[:, 0])), code
        # Means of powers below zero magnify the engine's steps of 1e-12.
        near = 1e-8 if isinstance(model.plan.nodes[code].aggregate, Power) else 1e-9
        assert np.allclose(scores[:, 0], expected, rtol=0, atol=near, equal_nan=True), code


def test_replication_zero_is_the_run(model: Model) -> None:
    compared(model, Change(), model.scores)
    total, rank = standings(model, Change())
    run = pl.DataFrame({"unit_code": model.units}).join(
        model.results, on="unit_code", maintain_order="left", how="left"
    )
    assert np.array_equal(rank[:, 0], run["rank"].fill_null(np.nan).to_numpy(), equal_nan=True)
    expected = run["total"].fill_null(np.nan).to_numpy()
    assert np.allclose(total[:, 0], expected, atol=0.05 + 1e-9, equal_nan=True)


def altered(folder: Path, to: Path, change: Any) -> Plan:
    """Write the plan again with its tree and indicators altered."""
    to.mkdir()
    parts = {n: yaml.safe_load((folder / n).read_text(encoding="utf-8")) for n in ("plan.yaml", "indicators.yaml")}
    change(parts["plan.yaml"], parts["indicators.yaml"])
    for name, content in parts.items():
        (to / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    (to / "units.csv").write_bytes((folder / "units.csv").read_bytes())
    return load_plan(to)


def test_other_means_and_fewer_indicators_are_what_the_engine_makes_of_them(
    model: Model, folder: Path, tmp_path: Path
) -> None:
    kinds = dict(ROOT="geometric", DEEP="arithmetic", N0="geometric", N4="arithmetic", N13="geometric", N30="geometric")
    gone = ["N0-1", "N5-3", "D1-0", "BEST-2", "BEST0-0"]

    def change(file: Any, indicators: Any) -> None:
        for node in file["tree"]:
            node["aggregate"] = kinds.get(node["code"], node.get("aggregate", "arithmetic"))
        indicators[:] = [i for i in indicators if i["code"] not in gone]

    rest = inputs().measurements.filter(~pl.col("indicator_code").is_in(gone))
    engine = score(altered(folder, tmp_path / "plan", change), Inputs(rest), PERIOD, engine=Polars()).scores_frame()
    compared(model, Change(aggregates=kinds, removed={c: np.array([True]) for c in gone}), engine)


def test_without_a_section_and_with_other_weights(model: Model, folder: Path, tmp_path: Path) -> None:
    factors = {f"N0-{n}": np.array([1.0, f]) for n, f in enumerate((0.9, 1.1, 1.05, 0.95))}
    gone = {"DEEP", "D1", "D2"}

    def change(file: Any, indicators: Any) -> None:
        file["tree"] = [n for n in file["tree"] if n["code"] not in gone]
        file["rank"]["tie_breakers"] = []
        indicators[:] = [i for i in indicators if i["parent"] not in gone]
        mine = [i for i in indicators if i["parent"] == "N0"]
        for weights, name in (((40, 30, 20, 10), "a"), ((10, 20, 30, 40), "b")):
            changed = [w * float(factors[f"N0-{n}"][1]) for n, w in enumerate(weights)]
            for leaf, weight in zip(mine, changed, strict=True):
                leaf.setdefault("weight_by_class", {})[name] = weight / sum(changed) * 100

    rest = inputs().measurements.filter(~pl.col("indicator_code").str.starts_with("D"))
    engine = score(altered(folder, tmp_path / "plan", change), Inputs(rest), PERIOD, engine=Polars()).scores_frame()
    removed = {"DEEP": np.array([False, True])}
    found = node_scores(model, Change(2, factors, removed), ["ROOT", "N0"])
    for code, mine in found.items():
        theirs = engine.filter(pl.col("node_code") == code).sort("unit_code")["score"].fill_null(np.nan).to_numpy()
        assert np.allclose(mine[:, 1], theirs, rtol=0, atol=1e-9, equal_nan=True), code
