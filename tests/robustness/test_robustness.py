"""Rank intervals, scenarios and importance on plans small enough to work out by hand; and the command's files."""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

import scoring.robustness as module
from flows.cli import main
from schemas.errors import UserError
from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from scoring import Inputs
from scoring.engine import Polars
from scoring.robustness import Robustness, quantiles, replicate, robustness
from scoring.robustness_model import build
from scoring.robustness_parts import Change
from scoring.robustness_rank import place
from scoring.robustness_tree import noisy_weights

PERIOD = parse_period("2023")
VALUES = """
unit | class | a   | b  | c
U1   | k     | 100 | 0  | 50
U2   | k     | 60  | 50 | 50
U3   | k     | 20  | 80 | 50
U4   | k     | 10  | 10 | 50
V1   | l     | 30  | 30 | 50
V2   | l     | 20  |    | 50
V3   | l     |     |    | 50
"""


def write_plan(folder: Path) -> Plan:
    """Three indicators with weights 45, 45 and 10 below one root; missing ones leave the denominator."""
    tree = [{"code": "ROOT", "title": {"zh": "总分", "en": "Total"}, "missing": "exclude"}]
    leaves = [
        {"code": c, "parent": "ROOT", "title": c, "weight": w, "method": {"kind": "goalposts", "worst": 0, "best": 100}}
        for c, w in (("a", 45), ("b", 45), ("c", 10))
    ]
    file = {
        "plan": "small",
        "title": "Small",
        "classes": {"k": {"zh": "甲类", "en": "Class K"}, "l": "L"},
        "tree": tree,
    }
    (folder / "plan.yaml").write_text(yaml.safe_dump(file, allow_unicode=True), encoding="utf-8")
    (folder / "indicators.yaml").write_text(yaml.safe_dump(leaves), encoding="utf-8")
    rows = [[c.strip() for c in line.split("|")] for line in VALUES.strip().splitlines()[1:]]
    units = ["unit_code,name,class_code", *(f"{u},单位<{u}>,{k}" for u, k, *_ in rows)]
    (folder / "units.csv").write_text("\n".join(units) + "\n", encoding="utf-8")
    measured = [f"{u},{c},{v}" for u, _, *values in rows for c, v in zip("abc", values, strict=True) if v]
    (folder / "measurements.csv").write_text(
        "\n".join(["unit_code,indicator_code,value", *measured]) + "\n", encoding="utf-8"
    )
    return load_plan(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("small")


@pytest.fixture(scope="module")
def plan(folder: Path) -> Plan:
    return write_plan(folder)


@pytest.fixture(scope="module")
def inputs(plan: Plan, folder: Path) -> Inputs:
    return Inputs(pl.read_csv(folder / "measurements.csv", schema_overrides={"value": pl.Float64}))


@pytest.fixture(scope="module")
def found(plan: Plan, inputs: Inputs) -> Robustness:
    return robustness(plan, inputs, PERIOD, replications=400, weight_noise=0.2)


def test_the_run_is_the_middle_and_the_interval_tells_what_noise_can_do(found: Robustness) -> None:
    # Totals by hand: U1 50, U2 54.5, U3 50, U4 14. U1 and U3 tie, and noise decides between them; U4 is always last.
    rows = {r["unit_code"]: r for r in found.intervals.to_dicts()}
    assert [(rows[u]["total"], rows[u]["rank"]) for u in ("U1", "U2", "U3", "U4")] == [
        (50, 2),
        (54.5, 1),
        (50, 2),
        (14, 4),
    ]
    assert (rows["U1"]["rank_p05"], rows["U1"]["rank_p95"]) == (2, 3) or rows["U1"]["rank_p05"] == 1
    assert (
        rows["U4"]["stable"]
        and rows["U4"]["stays_pct"] == 100
        and rows["U4"]["rank_min"] == rows["U4"]["rank_max"] == 4
    )
    assert not rows["U1"]["stable"] and rows["U1"]["stays_pct"] < 60
    assert rows["U1"]["total_p05"] < 50 < rows["U1"]["total_p95"]
    assert [rows[u]["rank"] for u in ("V1", "V2", "V3")] == [2, 3, 1]


def test_leaving_out_an_indicator_by_hand(found: Robustness) -> None:
    shifts = {(r["scenario"], r["unit_code"]): r["rank"] for r in found.shifts.to_dicts()}
    # Without a: b counts 45 of 55 and c 10. Without c nothing changes, as all have 50.
    assert [shifts["without_indicator:a", u] for u in ("U1", "U2", "U3", "U4")] == [4, 2, 1, 3]
    assert [shifts["without_indicator:b", u] for u in ("U1", "U2", "U3", "U4")] == [1, 2, 3, 4]
    row = found.scenarios.row(by_predicate=pl.col("scenario") == "without_indicator:c", named=True)
    # V2 and V3 lack indicators, so c still matters to them: V3 has no score left without it.
    assert row["moved"] >= 1
    assert shifts["without_indicator:c", "V3"] is None


def test_another_mean_by_hand(found: Robustness) -> None:
    shifts = {(r["scenario"], r["unit_code"]): r["rank"] for r in found.shifts.to_dicts()}
    # The geometric mean of a zero is zero: U1 falls behind U4.
    assert [shifts["aggregate:ROOT:geometric", u] for u in ("U1", "U2", "U3", "U4")] == [4, 1, 2, 3]


def test_importance_by_hand(found: Robustness) -> None:
    rows = {(r["class_code"], r["node_code"]): r for r in found.importance.to_dicts()}
    a, b, c = (rows["k", x] for x in "abc")
    assert (a["weight_pct"], b["weight_pct"], c["weight_pct"]) == (45, 45, 10)
    total = np.array([50, 54.5, 50, 14])
    expected = [np.corrcoef(x, total)[0, 1] for x in ([100, 60, 20, 10], [0, 50, 80, 10])]
    assert [a["correlation"], b["correlation"]] == pytest.approx(expected)
    squares = [r * r for r in expected]
    assert a["importance_pct"] == pytest.approx(100 * squares[0] / sum(squares))
    assert a["variance_pct"] + b["variance_pct"] + c["variance_pct"] == pytest.approx(100)
    assert c["correlation"] is None and c["importance_pct"] is None  # no unit differs: a weight without effect


def test_same_seed_same_result_whatever_the_pieces(plan: Plan, inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build(plan, inputs, PERIOD, Polars())
    whole = replicate(model, 50, 0.1, 7)
    monkeypatch.setattr(module, "_CELLS_AT_ONCE", 7 * 8)
    pieces = replicate(model, 50, 0.1, 7)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(whole, pieces, strict=True))
    other = replicate(model, 50, 0.1, 8)
    assert not np.array_equal(whole[0], other[0], equal_nan=True)


def test_noise_keeps_the_sum_of_weights(plan: Plan, inputs: Inputs) -> None:
    model = build(plan, inputs, PERIOD, Polars())
    ((trees, _),) = model.trees
    factors = {c: np.random.default_rng(1).uniform(0.5, 1.5, 20) for c in "abc"}
    weights = noisy_weights(trees[0].branches[0], Change(20, factors))
    assert np.allclose(weights.sum(axis=0), 1.0)
    assert weights.min() > 0


def test_without_noise_every_rank_is_stable(plan: Plan, inputs: Inputs) -> None:
    found = robustness(plan, inputs, PERIOD, replications=5, weight_noise=0.0)
    assert found.intervals["stable"].all()
    assert (found.intervals["stays_pct"] == 100).all()


@pytest.mark.parametrize("settings", [{"replications": 0}, {"weight_noise": 1.0}, {"weight_noise": -0.1}])
def test_senseless_settings_are_refused(plan: Plan, inputs: Inputs, settings: dict[str, float]) -> None:
    with pytest.raises(UserError) as caught:
        robustness(plan, inputs, PERIOD, **settings)  # type: ignore[arg-type]
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("ties", "expected"),
    [("min", [1, 2, 2, 4]), ("dense", [1, 2, 2, 3]), ("average", [1, 2.5, 2.5, 4]), ("max", [1, 3, 3, 4])],
)
def test_places_share_ties(ties: str, expected: list[float]) -> None:
    key = np.array([[5.0], [7.0], [7.0], [np.nan], [9.0]])
    places = place(key, ties)[:, 0]
    assert [places[i] for i in (0, 1, 2, 4)] == expected
    assert np.isnan(places[3])


def test_quantiles_are_observed_values() -> None:
    numbers = np.array([[1.0, 2, 3, 4, np.nan], [np.nan] * 5])
    low, middle, high = quantiles(numbers, (0.05, 0.5, 1.0))
    assert (low[0], middle[0], high[0]) == (1, 2, 4)
    assert np.isnan(low[1])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_command_writes_tables_summary_and_pictures(
    folder: Path, plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    out = tmp_path / "out"
    measurements = str(folder / "measurements.csv")
    words = ["robustness", "--plan", str(folder), "--measurements", measurements, "--period", "2023", "--out", str(out)]
    assert main([*words, "--replications", "30", "--lang", lang]) == 0
    said = capsys.readouterr().out
    assert ("摘要" in said) == (lang == "zh") and "summary.md" in said
    for name in ("intervals", "scenarios", "shifts", "importance"):
        assert pl.read_parquet(out / f"{name}.parquet").height == pl.read_csv(out / f"{name}.csv").height > 0
    summary = (out / "summary.md").read_text(encoding="utf-8")
    assert ("## 甲类" in summary) == (lang == "zh") and ("## Class K" in summary) == (lang == "en")
    assert "ranks_k.svg" in summary
    picture = ET.fromstring((out / "ranks_k.svg").read_text(encoding="utf-8"))
    texts = [t.text for t in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "单位<U2>" in texts and len([t for t in picture.iter("{http://www.w3.org/2000/svg}circle")]) == 4 + 1


def test_a_wrong_noise_ends_with_a_sentence(
    folder: Path, plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measurements = str(folder / "measurements.csv")
    words = [
        "robustness",
        "--plan",
        str(folder),
        "--measurements",
        measurements,
        "--period",
        "2023",
        "--out",
        str(tmp_path),
    ]
    assert main([*words, "--weight-noise", "3"]) == 2
    assert "权重扰动" in capsys.readouterr().err
