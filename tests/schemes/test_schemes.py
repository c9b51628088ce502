"""Real schemes as plan folders. Each README names the rule text and works the cases by hand, as expected*.csv."""

from pathlib import Path

import polars as pl
import pytest

from flows.cli import main
from schemas.folder import load_plan
from tests.scoring.by_table import Row, same

HERE = Path(__file__).parent
SCHEMES = sorted(p.parent.name for p in HERE.glob("*/plan.yaml"))


def read(path: Path) -> list[Row]:
    table = pl.read_csv(path, infer_schema=False).fill_null("")
    return list(table.iter_rows(named=True))


@pytest.fixture(scope="module", params=SCHEMES)
def scheme(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The scheme's folder, and the folder of what `kaohe score` made of it."""
    folder, out = HERE / request.param, tmp_path_factory.mktemp(request.param)
    words = ["score", "--plan", str(folder), "--measurements", str(folder / "measurements.csv")]
    for period in sorted({row.get("period", "2023") for row in read(folder / "expected.csv")}):
        words += ["--period", period]
    if (folder / "adjustments.csv").exists():
        words += ["--adjustments", str(folder / "adjustments.csv")]
    assert main([*words, "--out", str(out), "--engine", "polars"]) == 0
    return folder, out


def check(found: pl.DataFrame, expected: list[Row], keys: list[str]) -> None:
    keys = [*keys, *(["period"] if "period" in expected[0] else [])]
    by_key = {tuple(r[k] for k in keys): r for r in found.iter_rows(named=True)}
    for row in expected:
        got = by_key[tuple(row[k] for k in keys)]
        for name in row.keys() - set(keys):
            assert same(got[name], row[name]), f"{row}: {name} is {got[name]}; all: {got}"


def test_totals_ranks_and_grades(scheme: tuple[Path, Path]) -> None:
    folder, out = scheme
    check(pl.read_parquet(out / "results.parquet"), read(folder / "expected.csv"), ["unit_code"])


def test_scores_of_nodes_and_indicators(scheme: tuple[Path, Path]) -> None:
    folder, out = scheme
    if (folder / "expected_scores.csv").exists():
        check(pl.read_parquet(out / "scores.parquet"), read(folder / "expected_scores.csv"), ["unit_code", "node_code"])


def test_contributions_of_indicators_add_up_to_the_base(scheme: tuple[Path, Path]) -> None:
    """Where every node is a mean or a sum: also for what is imputed, and for what is not among the best."""
    folder, out = scheme
    plan = load_plan(folder)
    if any(node.aggregate not in ("arithmetic", "sum") and node.weight != 0 for node in plan.file.tree):
        return  # nothing below minima, maxima and other means has a contribution
    scores, results = pl.read_parquet(out / "scores.parquet"), pl.read_parquet(out / "results.parquet")
    keys = ["unit_code", *(["period"] if "period" in results.columns else [])]
    sums = scores.filter(pl.col("node_code").is_in(list(plan.leaves))).group_by(keys).agg(pl.col("contribution").sum())
    both = results.filter(pl.col("base").is_not_null()).join(sums, on=keys)
    off = both.filter((pl.col("base") - pl.col("contribution")).abs() > 1e-9)
    assert off.is_empty(), off


def test_every_scheme_names_its_source() -> None:
    assert len(SCHEMES) >= 5
    for name in SCHEMES:
        text = (HERE / name / "README.md").read_text(encoding="utf-8")
        assert any(word in text for word in ("ource", "composite", "Rule:", "published", ".org"))
