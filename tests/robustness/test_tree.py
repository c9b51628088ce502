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
from scoring.robustness_tree import Change
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


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_replication_zero_is_the_run(plan: Plan, seed: int) -> None:
    model = build(plan, inputs(seed), PERIOD, Polars())
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


@pytest.mark.parametrize("kind", ["arithmetic", "geometric"])
def test_another_mean_is_what_the_engine_makes_of_it(
    plan: Plan, model: Model, folder: Path, tmp_path: Path, kind: str
) -> None:
    codes = ["ROOT", "DEEP", "N0", "N4", "N13", "N30"]

    def change(file: Any, _: Any) -> None:
        for node in file["tree"]:
            if node["code"] in codes:
                node["aggregate"] = kind

    engine = score(altered(folder, tmp_path / "plan", change), inputs(), PERIOD, engine=Polars()).scores_frame()
    compared(model, Change(aggregates=dict.fromkeys(codes, kind)), engine)


def test_leaving_indicators_out_is_a_plan_without_them(plan: Plan, model: Model, folder: Path, tmp_path: Path) -> None:
    codes = ["N0-1", "N5-3", "D1-0", "BEST-2", "BEST0-0"]

    def change(_: Any, indicators: Any) -> None:
        indicators[:] = [i for i in indicators if i["code"] not in codes]

    given = inputs()
    rest = given.measurements.filter(~pl.col("indicator_code").is_in(codes))
    reduced = altered(folder, tmp_path / "plan", change)
    engine = score(reduced, Inputs(rest), PERIOD, engine=Polars()).scores_frame()
    compared(model, Change(removed={c: np.array([True]) for c in codes}), engine)


def test_leaving_a_section_out_is_a_plan_without_it(plan: Plan, model: Model, folder: Path, tmp_path: Path) -> None:
    def change(file: Any, indicators: Any) -> None:
        gone = {"DEEP", "D1", "D2"}
        file["tree"] = [n for n in file["tree"] if n["code"] not in gone]
        file["rank"]["tie_breakers"] = []
        indicators[:] = [i for i in indicators if i["parent"] not in gone]

    reduced = altered(folder, tmp_path / "plan", change)
    rest = inputs().measurements.filter(~pl.col("indicator_code").str.starts_with("D"))
    engine = score(reduced, Inputs(rest), PERIOD, engine=Polars()).scores_frame()
    mine = node_scores(model, Change(removed={"DEEP": np.array([True])}), ["ROOT"])["ROOT"][:, 0]
    theirs = engine.filter(pl.col("node_code") == "ROOT").sort("unit_code")["score"].fill_null(np.nan).to_numpy()
    assert np.allclose(mine, theirs, atol=1e-9, equal_nan=True)


def test_other_weights_are_what_the_engine_makes_of_them(
    plan: Plan, model: Model, folder: Path, tmp_path: Path
) -> None:
    factors = {f"N0-{n}": np.array([1.0, f]) for n, f in enumerate((0.9, 1.1, 1.05, 0.95))}

    def change(_: Any, indicators: Any) -> None:
        for weights in ((40, 30, 20, 10), (10, 20, 30, 40)):
            changed = [w * float(factors[f"N0-{n}"][1]) for n, w in enumerate(weights)]
            whole = sum(changed)
            for n, leaf in enumerate([i for i in indicators if i["parent"] == "N0"]):
                if weights[0] == 40:
                    leaf["weight"] = changed[n] / whole * 100
                else:
                    leaf["weight_by_class"] = {"b": changed[n] / whole * 100}

    engine = score(altered(folder, tmp_path / "plan", change), inputs(), PERIOD, engine=Polars()).scores_frame()
    theirs = engine.filter(pl.col("node_code") == "N0").sort("unit_code")["score"].fill_null(np.nan).to_numpy()
    mine = node_scores(model, Change(2, factors), ["N0"])["N0"]
    assert np.allclose(mine[:, 1], theirs, atol=1e-9, equal_nan=True)
