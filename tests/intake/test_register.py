"""The office's register and the reviewers' verdicts, from workbook to table."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from intake.batch import CELL
from intake.read import read_files
from intake.register import ITEM, read_register, register_workbook
from intake.register_form import ADJUSTMENTS, ITEMS
from intake.review import REVIEW, review_workbook
from intake.verdicts import read_reviews
from schemas.folder import load_plan
from tests.intake.corpus import PERIOD, corpus_plan, sheet_bytes, workbook

CAST = load_plan(Path(__file__).resolve().parents[2] / "data" / "plans" / "cast-2023")
PLAN = corpus_plan()
ADOPTED = {
    "单位": "武汉市科协", "指标": "X-2", "周期": "2023Q1", "日期": "2023-03-05", "种类": "采用", "事项": "调研报告",
    "文号": "鄂办〔2023〕3号",
}  # fmt: skip
BONUS = {
    "单位": "HB-WH", "周期": "2023Q1", "类型": "加分", "分值": 2, "理由": "获国家奖励", "文号": "国科奖〔2023〕1号",
}  # fmt: skip


def registered(path: Path, sheet: str, *rows: dict[str, Any]) -> Any:
    """Fill rows into the register workbook and read it."""
    book = openpyxl.load_workbook(io.BytesIO(register_workbook(CAST)))
    heads = {c.value: c.column for c in book[sheet][2]}
    for n, row in enumerate(rows, 3):
        for head, value in row.items():
            book[sheet].cell(n, heads[head]).value = value
    book.save(path)
    return read_register(path, CAST)


def test_an_item_is_read(tmp_path: Path) -> None:
    found = registered(tmp_path / "r.xlsx", "台账", ADOPTED)
    assert found.usable and found.problems.is_empty()
    (row,) = found.items.to_dicts()
    assert (row["unit_code"], row["indicator_code"], row["happened_on"], row["kind"], row["count"], row["state"]) == (
        "HB-WH", "X-2", "2023-03-05", "采用", None, "valid",
    )  # fmt: skip
    assert found.items.schema == pl.Schema(ITEM)


def test_the_same_row_read_again_is_the_same_item(tmp_path: Path) -> None:
    first, second = (registered(tmp_path / f"{n}.xlsx", "台账", ADOPTED).items["item_id"][0] for n in (1, 2))
    assert first == second


def test_what_was_recorded_comes_back_unchanged(tmp_path: Path) -> None:
    items = registered(tmp_path / "r.xlsx", "台账", ADOPTED).items
    (tmp_path / "again.xlsx").write_bytes(register_workbook(CAST, items=items))
    again = read_register(tmp_path / "again.xlsx", CAST)
    assert again.usable
    assert again.items.drop("source_hash").equals(items.drop("source_hash"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"单位": "江城"}, "unknown_unit"),
        ({"指标": "X-99"}, "unknown_indicator"),
        ({"周期": "一季度"}, "unknown_period"),
        ({"日期": "三月"}, "date_expected"),
        ({"日期": "2023-02-30"}, "date_expected"),
        ({"种类": "表扬"}, "choice_expected"),
        ({"种类": None}, "entry_missing"),
        ({"数量": "两三"}, "number_expected"),
        ({"数量": -1}, "negative_not_allowed"),
        ({"指标": "T01-2"}, "item_not_taken"),
        ({"状态": "作废"}, "choice_expected"),
    ],
)
def test_a_wrong_item_is_named_with_its_cell(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    found = registered(tmp_path / "r.xlsx", "台账", {**ADOPTED, **change})
    (name,) = change
    (problem,) = [p for p in found.problems.to_dicts() if p["code"] == code]
    column = [c.zh for c in ITEMS.columns].index(name)
    assert (problem["severity"], problem["sheet"], problem["cell"]) == ("error", "台账", f"{chr(65 + column)}3")
    assert not found.usable


def test_the_same_item_twice(tmp_path: Path) -> None:
    assert registered(tmp_path / "r.xlsx", "台账", ADOPTED, ADOPTED).problems["code"].to_list() == ["entry_twice"]


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"理由": None}, ["entry_missing"]),
        ({"分值": None}, ["entry_missing"]),
        ({"分值": -2}, ["negative_not_allowed"]),
        ({"类型": "扣分", "分值": -2}, ["negative_not_allowed"]),
        ({"类型": "迟报天数"}, ["choice_expected"]),
        ({"文号": None}, ["document_missing"]),
        ({"类型": "奖励"}, ["choice_expected"]),
        ({"类型": "一票否决"}, ["choice_expected"]),
        ({"类型": "一票否决", "事项代码": "false_report"}, []),
        ({"类型": "调整等次", "等次": "S"}, ["choice_expected"]),
    ],
)
def test_adjustments(tmp_path: Path, change: dict[str, Any], codes: list[str]) -> None:
    found = registered(tmp_path / "r.xlsx", "加减分", {**BONUS, **change})
    assert found.problems["code"].to_list() == codes
    assert found.adjustments["unit_code"].to_list() == ["HB-WH"]
    assert [c.name for c in ADJUSTMENTS.columns] == found.adjustments.columns


@pytest.mark.parametrize("content", [b"", b"no workbook", sheet_bytes([["a", "b"], [1, 2]])])
def test_another_file_is_no_register(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.xlsx").write_bytes(content)
    assert not read_register(tmp_path / "x.xlsx", CAST).usable
    assert not read_reviews(tmp_path / "x.xlsx", CAST).usable


def reviewed(folder: Path, *lines: dict[str, Any]) -> Any:
    """Write verdicts into the review workbook of the good report, from its first line on, and read it."""
    (folder / "a.xlsx").write_bytes(workbook())
    cells = read_files([folder / "a.xlsx"], PLAN, period=PERIOD).cells
    risks = pl.DataFrame({"unit_code": ["C-01"], "indicator_code": ["A1"], "risk": ["超目标较多"]})
    book = openpyxl.load_workbook(io.BytesIO(review_workbook(PLAN, cells, risks=risks)))
    form = book[REVIEW.sheet]
    heads = {c.value: c.column for c in form[2]}
    assert form.cell(3, heads["关注点"]).value == "超目标较多"
    for n, line in enumerate(lines, 3):
        for head, value in line.items():
            form.cell(n, heads[head]).value = value
            if isinstance(value, float):  # as a reviewer sees it who typed 95%
                form.cell(n, heads[head]).number_format = "0%"
    book.save(folder / "reviewed.xlsx")
    return read_reviews(folder / "reviewed.xlsx", PLAN)


def test_verdicts_are_read_and_lines_without_one_left_out(tmp_path: Path) -> None:
    found = reviewed(
        tmp_path,
        {"核验结论": "认可", "核验理由": "抽查属实"},
        {"核验结论": "调整", "核定值": 1000, "核验理由": "重复计算200人次"},
        {"核验结论": "不予认可", "核验理由": "无佐证"},
    )
    assert found.usable and found.problems.is_empty()
    assert found.verifications.select("indicator_code", "verdict", "value").rows() == [
        ("A1", "accepted", None),
        ("A2", "adjusted", 1000.0),
        ("A3", "refused", None),
    ]


def test_sheets_are_named_in_the_readers_language(tmp_path: Path) -> None:
    books = {"r": register_workbook(CAST, lang="en"), "v": review_workbook(PLAN, pl.DataFrame(schema=CELL), lang="en")}
    names = {}
    for name, content in books.items():
        (tmp_path / f"{name}.xlsx").write_bytes(content)
        names[name] = openpyxl.load_workbook(tmp_path / f"{name}.xlsx").sheetnames
    assert names == {"r": ["Register", "Adjustments", "Findings"], "v": ["Review"]}
    assert read_register(tmp_path / "r.xlsx", CAST).problems.is_empty()
    assert read_reviews(tmp_path / "v.xlsx", PLAN).problems.is_empty()


def test_a_percentage_is_what_the_reviewer_sees(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [{} for _ in range(5)]
    lines[4] = {"核验结论": "调整", "核定值": 0.9, "核验理由": "复核为90%"}
    found = reviewed(tmp_path, *lines)
    assert found.verifications.select("indicator_code", "value").rows() == [("A5", 90.0)]
    assert found.problems["code"].to_list() == ["read_percent"]
    lines[1] = {"核验结论": "调整", "核定值": 0.9, "核验理由": "按九成计"}
    assert "percent_unexpected" in reviewed(tmp_path, *lines).problems["code"]


def test_a_date_is_one_day(tmp_path: Path) -> None:
    for text, codes in (("2023年3月5日", []), ("2023/3/5 9:30", []), ("2023-03-05至2023-03-08", ["date_expected"])):
        found = registered(tmp_path / "r.xlsx", "台账", {**ADOPTED, "日期": text})
        assert found.problems["code"].to_list() == codes


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"核验结论": "认可"}, "entry_missing"),
        ({"核验理由": "看过"}, "entry_missing"),
        ({"核验结论": "调整", "核验理由": "多报"}, "entry_missing"),
        ({"核验结论": "认可", "核定值": 5, "核验理由": "属实"}, "verdict_with_value"),
        ({"核验结论": "还行", "核验理由": "属实"}, "choice_expected"),
        ({"核验结论": "调整", "核定值": "约50", "核验理由": "多报"}, "number_expected"),
    ],
)
def test_a_verdict_needs_reason_and_value(tmp_path: Path, line: dict[str, Any], code: str) -> None:
    found = reviewed(tmp_path, line)
    assert found.problems["code"].to_list() == [code]
    assert not found.usable
