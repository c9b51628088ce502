"""Data files: what spreadsheets and programs read."""

import json
from pathlib import Path

import polars as pl
import pytest

from schemas.text_table import no_formula
from scorecards.data import csv_bytes, write_data
from scorecards.edition import Edition


def test_csv_parquet_and_summary_agree(big: tuple[Edition, Edition], tmp_path: Path) -> None:
    paths = {p.name: p for p in write_data(big[1], tmp_path)}
    stems = ["results_2023Q2", "scores_2023Q2"]
    assert set(paths) == {f"{s}.{e}" for s in stems for e in ("csv", "parquet")} | {"summary_2023Q2.json"}
    results = pl.read_parquet(paths["results_2023Q2.parquet"])
    assert dict(zip(results["unit_code"], results["total"], strict=True)) == dict(
        zip(big[1].results["unit_code"], big[1].results["total"], strict=True)
    )
    assert paths["results_2023Q2.csv"].read_bytes().startswith(b"\xef\xbb\xbf")
    assert pl.read_csv(paths["results_2023Q2.csv"])["total"].to_list() == results["total"].to_list()
    scores = pl.read_parquet(paths["scores_2023Q2.parquet"])
    assert scores.height == big[1].scores.height
    summary = json.loads(paths["summary_2023Q2.json"].read_bytes())
    assert summary["run_id"] == big[1].run_id
    assert sum(c["units"] for c in summary["classes"]) == 130


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\u3000=1", "\rx", "＝1+1"])
def test_text_that_looks_like_a_formula_is_neutral_in_csv(text: str) -> None:
    assert no_formula(text) == f"'{text}"
    content = csv_bytes(pl.DataFrame({"name": [text], "number": [-1.5]})).decode("utf-8-sig")
    assert f"'{text}" in content
    assert ",-1.5" in content


@pytest.mark.parametrize("value", ["a=1", "1-2", "", "武汉市科协", -1.5, None])
def test_other_values_stay_as_they_are(value: object) -> None:
    assert no_formula(value) == value


def test_the_name_with_an_equals_sign_is_neutral_in_csv_and_verbatim_in_parquet(
    big: tuple[Edition, Edition], tmp_path: Path
) -> None:
    csv, parquet = write_data(big[1], tmp_path)[:2]
    assert ",'=示例研究院" in csv.read_text(encoding="utf-8-sig")
    assert any(n.startswith("=示例研究院") for n in pl.read_parquet(parquet)["name"])


def test_same_input_same_bytes(big: tuple[Edition, Edition], tmp_path: Path) -> None:
    first, second = write_data(big[1], tmp_path / "a"), write_data(big[1], tmp_path / "b")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
