"""US Medicare's Hospital Value-Based Purchasing, fiscal year 2024: 2,474 hospitals, from the plan `hvbp`."""

from pathlib import Path

import polars as pl
import pytest

from tests.reference.command import kaohe_score
from tests.reference.published import HVBP, HVBP_MEASURES, hvbp_expected, hvbp_tables, text_table

DOMAINS = {
    "CLINICAL": "Unweighted Normalized Clinical Outcomes Domain Score",
    "PERSON": "Unweighted Person And Community Engagement Domain Score",
    "SAFETY": "Unweighted Normalized Safety Domain Score",
    "EFFICIENCY": "Unweighted Normalized Efficiency And Cost Reduction Domain Score",
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kaohe_score(HVBP, tmp_path_factory.mktemp("hvbp"), ["2024"], detail="all", **hvbp_tables())


def off_by(scores: pl.DataFrame, expected: pl.DataFrame, *, factor: float = 1.0) -> pl.DataFrame:
    both = expected.join(scores, on=["unit_code", "node_code"], how="left")
    return both.with_columns(off=(pl.col("score") * factor - pl.col("published")).abs())


def test_all_2474_total_performance_scores(result: Path) -> None:
    totals = pl.read_parquet(result / "results.parquet").select("unit_code", node_code=pl.lit("TPS"), score="total")
    both = off_by(totals, hvbp_expected({"TPS": "Total Performance Score"}))
    assert both.height == 2474
    # The publisher prints twelve decimals.
    assert both.filter(pl.col("off") < 1e-9).height == 2474


def test_every_measure_score(result: Path) -> None:
    scores = pl.read_parquet(result / "scores.parquet").select("unit_code", "node_code", "score")
    both = off_by(scores, hvbp_expected({code: f"{code} Measure Score" for code in HVBP_MEASURES}), factor=0.1)
    assert both["node_code"].n_unique() == 11
    assert both.height > 17_000
    assert both.filter(pl.col("off") < 1e-9).height == both.height


def test_no_measure_is_scored_that_the_publisher_did_not_score_for_want_of_a_rate(result: Path) -> None:
    scores = pl.read_parquet(result / "scores.parquet").filter(pl.col("node_code").is_in(HVBP_MEASURES))
    rated = hvbp_expected({code: f"{code} Performance Rate" for code in HVBP_MEASURES})
    unrated = scores.join(rated, on=["unit_code", "node_code"], how="anti")
    assert unrated.height > 1_000
    assert unrated["score"].null_count() == unrated.height
    assert unrated["reason_code"].unique().to_list() == ["not_reported"]


def test_every_domain_score(result: Path) -> None:
    scores = pl.read_parquet(result / "scores.parquet").select("unit_code", "node_code", "score")
    both = off_by(scores, hvbp_expected(DOMAINS))
    assert both.height > 9_000
    assert both.filter(pl.col("off") < 1e-9).height == both.height


def test_437_hospitals_have_three_domains(result: Path) -> None:
    scores = pl.read_parquet(result / "scores.parquet").filter(pl.col("node_code").is_in(list(DOMAINS)))
    present = scores.drop_nulls("score").group_by("unit_code").len()
    assert present.filter(pl.col("len") == 3).height == 437
    assert present.filter(pl.col("len") == 4).height == 2474 - 437
    assert text_table("hvbp.csv").height == 2474
