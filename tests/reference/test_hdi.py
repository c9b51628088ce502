"""The Human Development Index, all countries and years of the Human Development Report 2023-24, from the plan `hdi`."""

from pathlib import Path

import polars as pl
import pytest

from tests.reference.command import kaohe_score
from tests.reference.published import HDI, hdi_tables, text_table

YEARS = [str(y) for y in range(1990, 2023)]
TIERS = {"VH": "Very High", "H": "High", "M": "Medium", "L": "Low"}


def beside_published(result: Path, years: list[str]) -> pl.DataFrame:
    """Our results beside the published ones; the index is the total, which is on 0 to 100, with three decimals."""
    ours = pl.read_parquet(result / "results.parquet")
    if "period" not in ours.columns:
        ours = ours.with_columns(period=pl.lit(years[0]))
    expected = text_table("hdi_expected.csv").filter(pl.col("year").is_in(years))
    both = expected.join(ours, left_on=["iso3", "year"], right_on=["unit_code", "period"], how="left")
    ours_as_text = pl.Series("ours", [None if t is None else f"{t / 100:.3f}" for t in both["total"]], dtype=pl.String)
    theirs = both["hdi"].cast(pl.Float64).map_elements(lambda h: f"{h:.3f}", return_dtype=pl.String)
    return both.with_columns(ours_as_text, theirs=theirs)


def test_all_5808_index_values_to_the_last_published_digit(tmp_path: Path) -> None:
    result = kaohe_score(HDI, tmp_path, YEARS, engine="polars", **hdi_tables())
    both = beside_published(result, YEARS)
    assert both.height == 5808
    assert both.filter(pl.col("ours") == pl.col("theirs")).height == 5808


@pytest.fixture(scope="module")
def of_2022(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    result = kaohe_score(HDI, tmp_path_factory.mktemp("hdi"), ["2022"], detail="all", **hdi_tables("2022"))
    return beside_published(result, ["2022"])


def test_the_index_of_2022_on_duckdb(of_2022: pl.DataFrame) -> None:
    assert of_2022.height == 193
    assert of_2022.filter(pl.col("ours") == pl.col("theirs")).height == 193


def test_all_193_ranks_of_2022(of_2022: pl.DataFrame) -> None:
    assert of_2022["hdi_rank"].cast(pl.Float64).to_list() == of_2022["rank"].to_list()


def test_the_tiers_of_2022(of_2022: pl.DataFrame) -> None:
    named = of_2022.drop_nulls("hdicode")
    assert named["hdicode"].to_list() == [TIERS[g] for g in named["grade"]]
    # The published file leaves one tier blank: the Republic of Korea, 0.929.
    blank = of_2022.filter(pl.col("hdicode").is_null())
    assert blank.select("iso3", "ours", "grade").rows() == [("KOR", "0.929", "VH")]


def test_ranking_the_unrounded_index_would_meet_only_166_published_ranks(tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    plan.mkdir()
    text = (HDI / "plan.yaml").read_text(encoding="utf-8")
    assert "on: rounded" in text
    (plan / "plan.yaml").write_text(text.replace("on: rounded", "on: unrounded"), encoding="utf-8")
    (plan / "indicators.yaml").write_bytes((HDI / "indicators.yaml").read_bytes())
    both = beside_published(kaohe_score(plan, tmp_path, ["2022"], engine="polars", **hdi_tables("2022")), ["2022"])
    assert both.filter(pl.col("hdi_rank").cast(pl.Float64) == pl.col("rank")).height == 166
