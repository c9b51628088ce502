"""`kaohe score` on the smallest files that it must accept, and what it writes."""

from pathlib import Path

import polars as pl
import pytest

from flows.cli import main
from tests.reference.command import kaohe_score

RESULTS = [
    "unit_code",
    "class_code",
    "base",
    "bonus",
    "deduction",
    "total",
    "rank",
    "class_size",
    "grade",
    "reason_code",
]
SCORES = [
    "unit_code", "node_code", "level", "score", "coverage_pct", "weight_pct", "effective_weight_pct", "contribution",
    "reason_code",
]  # fmt: skip
UNITS = pl.DataFrame({"unit_code": ["001", "002"], "name": ["一", "二"], "class_code": ["all", "all"]})
VALUES = pl.DataFrame({"unit_code": ["001", "002"], "indicator_code": ["I", "I"], "value": [80, 60]})


@pytest.fixture
def smallest(tmp_path: Path) -> Path:
    folder = tmp_path / "plan"
    folder.mkdir()
    (folder / "plan.yaml").write_text("plan: p\ntitle: p\ntree: [{code: ROOT, title: r}]\n", encoding="utf-8")
    leaf = "- {code: I, parent: ROOT, title: i, method: {kind: goalposts, worst: 0, best: 100}}\n"
    (folder / "indicators.yaml").write_text(leaf, encoding="utf-8")
    return folder


def test_the_smallest_plan_and_tables(smallest: Path, tmp_path: Path) -> None:
    out = kaohe_score(smallest, tmp_path / "o", ["2023"], detail="all", units=UNITS, measurements=VALUES)
    results = pl.read_parquet(out / "results.parquet")
    assert results.columns == RESULTS
    assert results.select("unit_code", "total", "rank", "grade").rows() == [("001", 80, 1, None), ("002", 60, 2, None)]
    assert pl.read_parquet(out / "scores.parquet").columns[: len(SCORES)] == SCORES
    text = (out / "results.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert pl.read_csv(text.removeprefix(b"\xef\xbb\xbf"), infer_schema=False)["unit_code"].to_list() == ["001", "002"]


def test_several_periods_give_a_column(smallest: Path, tmp_path: Path) -> None:
    both = pl.concat([VALUES.with_columns(period=pl.lit(y)) for y in ("2022", "2023")])
    out = kaohe_score(smallest, tmp_path / "o", ["2022", "2023"], detail="nodes", units=UNITS, measurements=both)
    for name in ("results", "scores"):
        assert pl.read_parquet(out / f"{name}.parquet")["period"].unique().sort().to_list() == ["2022", "2023"]


def test_parquet_gives_what_csv_gives(smallest: Path, tmp_path: Path) -> None:
    csv = kaohe_score(smallest, tmp_path / "csv", ["2023"], detail="all", units=UNITS, measurements=VALUES)
    for name, table in (("units", UNITS), ("measurements", VALUES)):
        table.write_parquet(tmp_path / f"{name}.parquet")
    words = ["score", "--plan", str(smallest), "--period", "2023", "--out", str(tmp_path / "pq")]
    tables = ["--units", str(tmp_path / "units.parquet"), "--measurements", str(tmp_path / "measurements.parquet")]
    assert main([*words, *tables]) == 0
    for name in ("results", "scores"):
        one, other = (pl.read_parquet(f / f"{name}.parquet") for f in (csv, tmp_path / "pq"))
        assert one.sort(one.columns[:2]).equals(other.sort(one.columns[:2]))


@pytest.mark.parametrize(
    ("column", "says"),
    [("value", "about 50"), ("unit_code", "009"), ("indicator_code", "J")],
)
def test_what_cannot_be_read_is_a_sentence_and_an_exit_code(
    smallest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], column: str, says: str
) -> None:
    bad = VALUES.cast(pl.String).with_columns(
        pl.when(pl.col("unit_code") == "002").then(pl.lit(says)).otherwise(column).alias(column)
    )
    UNITS.write_csv(tmp_path / "u.csv")
    bad.write_csv(tmp_path / "m.csv")
    words = ["score", "--plan", str(smallest), "--units", str(tmp_path / "u.csv"), "--period", "2023"]
    assert main([*words, "--measurements", str(tmp_path / "m.csv"), "--out", str(tmp_path / "o"), "--lang", "en"]) in (
        1,
        2,
    )
    assert says in capsys.readouterr().err


RULED = """plan: p
title: p
tree: [{code: ROOT, title: r}]
grades:
  - {code: A, title: A, floor: 70, node_floors: {ROOT: 75}}
  - {code: B, title: B}
consecutive:
  - {code: turn, title: Two in a row, condition: {below: 75, bottom: 1}}
"""


def test_results_of_earlier_periods_are_read_as_they_were_written(
    smallest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (smallest / "plan.yaml").write_text(RULED, encoding="utf-8")
    UNITS.write_csv(smallest / "units.csv")
    both = pl.concat([VALUES.with_columns(pl.lit(y).alias("period")) for y in ("2021", "2022", "2023")])
    both.write_csv(tmp_path / "m.csv")
    words = ["--lang", "en", "score", "--plan", str(smallest), "--measurements", str(tmp_path / "m.csv"), "--out"]
    assert main([*words, str(tmp_path / "old"), "--period", "2021", "--period", "2022"]) == 0
    assert "--history" not in capsys.readouterr().err
    assert main([*words, str(tmp_path / "new"), "--period", "2023"]) == 0
    assert "without --history no earlier result was looked at" in capsys.readouterr().err
    history = tmp_path / "old" / "results.csv"
    assert main([*words, str(tmp_path / "new"), "--period", "2023", "--history", str(history)]) == 0
    reasons = pl.read_parquet(tmp_path / "new" / "results.parquet")["reason_code"].to_list()
    assert reasons == [None, "consecutive"]  # a hurdle missed beside it does not hide the rule
    pl.read_csv(history).drop("class_size").write_csv(tmp_path / "short.csv")
    assert main([*words, str(tmp_path / "o"), "--period", "2023", "--history", str(tmp_path / "short.csv")]) == 1
    assert "short.csv lacks the column(s) class_size" in capsys.readouterr().err
