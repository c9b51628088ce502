"""The same plan on Spark as on DuckDB: equal numbers (1e-9) and equal ranks, through `kaohe score --engine spark`.

Needs Java 17 and pyspark: `make test-spark` installs them apart and runs this.
"""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from flows.cli import main
from tests.reference.command import kaohe_score
from tests.reference.published import HDI, hdi_tables, text_table
from tests.scoring.by_table import plan, run

pytestmark = pytest.mark.java
EXAMPLE = Path(__file__).parents[2] / "data" / "plans" / "example-2023"


@pytest.fixture(scope="module", autouse=True)
def interpreted() -> None:
    """A session that interprets its plans: for tables of a few rows, compiling Java code is most of the time."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    for key, value in {
        "adaptive.enabled": "false", "codegen.wholeStage": "false", "codegen.factoryMode": "NO_CODEGEN",
        "shuffle.partitions": "2", "ansi.enabled": "false",
    }.items():  # fmt: skip
        builder = builder.config(f"spark.sql.{key}", value)
    builder.getOrCreate().sparkContext.setLogLevel("ERROR")


def assert_same(one: Path, other: Path) -> None:
    for name in ("results", "scores"):
        left, right = (pl.read_parquet(folder / f"{name}.parquet") for folder in (one, other))
        keys = ["unit_code", *(["node_code"] if name == "scores" else [])]
        assert left.height > 0
        assert_frame_equal(left.sort(keys), right.sort(keys), abs_tol=1e-9, rel_tol=0)
        if name == "results":
            assert left.sort(keys)["rank"].to_list() == right.sort(keys)["rank"].to_list()


def test_the_example_plan(tmp_path: Path) -> None:
    for engine in ("duckdb", "spark"):
        words = ["score", "--plan", str(EXAMPLE), "--measurements", str(EXAMPLE / "measurements.csv")]
        assert main([*words, "--period", "2023Q1", "--out", str(tmp_path / engine), "--engine", engine]) == 0
    assert_same(tmp_path / "duckdb", tmp_path / "spark")
    totals = dict(pl.read_parquet(tmp_path / "spark" / "results.parquet").select("unit_code", "total").iter_rows())
    assert (totals["HB-WH"], totals["HB-JZ"]) == (79.73, 0.0)  # worked by hand in the plan format's README


def test_hdi_of_2022(tmp_path: Path) -> None:
    one, other = (
        kaohe_score(HDI, tmp_path / e, ["2022"], engine=e, detail="all", **hdi_tables("2022"))
        for e in ("duckdb", "spark")
    )
    assert_same(one, other)
    published = text_table("hdi_expected.csv").filter(year="2022").select("iso3", pl.col("hdi_rank").cast(pl.Float64))
    ranks = pl.read_parquet(other / "results.parquet").join(published, left_on="unit_code", right_on="iso3")
    assert ranks.filter(pl.col("rank") == pl.col("hdi_rank")).height == 193


def test_methods_and_means_side_by_side() -> None:
    from tests.scoring.test_bad_values import METHODS, kind_of, part_of

    means = ["geometric", "harmonic", {"power": 0.5}, "min"]
    kinds = ("attainment", "bands", "panel", "log_goalposts", "zscore", "percentile", "threshold_benchmark", "deciles")
    names = [n for n in METHODS if n in kinds]
    tree = [{"code": "ROOT", "clamp": "none", "missing": "class_mean"}]
    tree += [{"code": f"S{n}", "parent": "ROOT", "aggregate": m, "missing": "class_mean"} for n, m in enumerate(means)]
    leaves = [
        {"code": n, "parent": f"S{i % len(means)}", "method": {"kind": kind_of(n), **METHODS[n]}}
        for i, n in enumerate(names)
    ]
    made = plan(leaves, tree=tree, units="unit | class\nA | x\nB | x\nC | y\nD | y\nE | y")
    cells = pl.DataFrame(
        [
            {"unit_code": u, "indicator_code": n, "part": part_of(n), "value": float((7 * i + 11 * j) % 60 + 1)}
            for i, n in enumerate(names)
            for j, u in enumerate("ABCDE")
            if (i + j) % 5
        ]
    )
    one, other = (run(made, cells, on=e).scored for e in ("duckdb", "spark"))
    assert_frame_equal(one.results, other.results, abs_tol=1e-9, rel_tol=0)
    assert one.results["rank"].to_list() == other.results["rank"].to_list()
    assert_frame_equal(one.scores_frame(), other.scores_frame(), abs_tol=1e-9, rel_tol=0)
