"""The result on the parent organisation's scale: marks an officer works out by hand."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import python_calamine

from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from schemas.plan import Conversion
from scorecards.data import converted_table, write_data
from scorecards.edition import Edition
from scorecards.workbook import ranking_workbook
from scoring.conversion import converted

RESULTS = pl.DataFrame(
    [
        ("HB-WH", "city", 79.73, 1, "C"), ("HB-JZ", "city", 59.995, 2, "D"),
        ("HB-XH-001", "society", None, None, None),
    ],
    schema=["unit_code", "class_code", "total", "rank", "grade"], orient="row",
)  # fmt: skip
SCORES = pl.DataFrame(
    [("HB-WH", "S1", 100.0), ("HB-JZ", "S1", 79.99999999999), ("HB-XH-001", "S1", None)],
    schema=["unit_code", "node_code", "score"], orient="row",
)  # fmt: skip


@pytest.fixture(scope="module")
def plan(root: Path) -> Plan:
    return load_plan(root / "data/plans/example-2023")


def with_conversions(plan: Plan, *given: dict[str, Any]) -> Plan:
    said = [Conversion.model_validate({"code": f"c{n}", "title": f"关键绩效{n}", **g}) for n, g in enumerate(given)]
    return replace(plan, file=plan.file.model_copy(update={"conversions": said}))


@pytest.mark.parametrize(
    ("rule", "marks"),
    [
        ({"full_marks": 10}, [7.97, 6.0, None]),  # 10 × 79.73 / 100; 5.9995 half up
        ({"full_marks": 5, "zero_at": 60}, [2.47, 0.0, None]),  # 5 × 19.73 / 40 = 2.46625; below 60: 0
        ({"full_marks": 5, "places": 0}, [4.0, 3.0, None]),
        ({"node": "S1", "full_marks": 20}, [20.0, 16.0, None]),
        ({"by": "bands", "bands": [{"from": 60, "points": 6}, {"from": 79.73, "points": 8}]}, [8.0, 0.0, None]),
        ({"by": "bands", "node": "S1", "bands": [{"from": 80, "points": 9}]}, [9.0, 9.0, None]),  # 79.99999999999 is 80
        ({"by": "grades", "grades": {"A": 10, "B": 9, "C": 7, "D": 0}}, [7.0, 0.0, None]),
        ({"by": "grades", "grades": {"A": 10}}, [None, None, None]),
    ],
)
def test_marks(plan: Plan, rule: dict[str, Any], marks: list[float | None]) -> None:
    table = converted(with_conversions(plan, rule), RESULTS, SCORES)
    assert table["mark"].to_list() == marks
    assert table["unit_code"].to_list() == RESULTS["unit_code"].to_list()


def test_no_conversion_gives_no_row(plan: Plan) -> None:
    assert converted(plan, RESULTS, SCORES).is_empty()


def test_the_documents_have_the_parents_form(plan: Plan, tmp_path: Path) -> None:
    told = with_conversions(plan, {"full_marks": 10}, {"by": "grades", "grades": {"A": 10, "B": 9, "C": 7, "D": 0}})
    results = RESULTS.with_columns(
        base=pl.col("total"), bonus=pl.lit(0.0), deduction=pl.lit(0.0), class_size=pl.lit(2),
        reason_code=pl.lit(None, pl.String),
    )  # fmt: skip
    scores = SCORES.with_columns(
        level=pl.lit(1), coverage_pct=pl.lit(100.0), weight_pct=pl.lit(60.0), effective_weight_pct=pl.lit(60.0),
        contribution=pl.col("score") * 0.6, reason_code=pl.lit(None, pl.String), value=pl.lit(None, pl.Float64),
        target=pl.lit(None, pl.Float64),
    )  # fmt: skip
    edition = Edition(told, parse_period("2023Q1"), "run", results, scores, converted=converted(told, results, scores))
    sheet = python_calamine.CalamineWorkbook.from_filelike(BytesIO(ranking_workbook(edition))).get_sheet_by_name("折算")
    rows = sheet.to_python()
    assert rows[3] == ["排名", "单位类别", "单位", "考核指标", "满分", "考核得分", "等次", "折算得分"]
    assert rows[4] == [1.0, "市州科协", "武汉市科协", "关键绩效0", 10.0, 79.73, "合格", 7.97]
    assert rows[7][2:] == ["武汉市科协", "关键绩效1", 10.0, 79.73, "合格", 7.0]
    assert rows[6][7] == "—"
    assert rows[-1][0] == "关键绩效1：满分 10 分，按总分：优秀 → 10、良好 → 9、合格 → 7、不合格 → 0。"
    assert converted_table(edition)["mark"].to_list()[:2] == [7.97, 6.0]
    write_data(edition, tmp_path)
    assert (tmp_path / "converted_2023Q1.csv").exists()
