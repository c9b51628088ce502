"""The ledger of findings by command and by workbook: recorded, carried over, closed with a proof, counted."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from flows.cli import main
from flows.files import sha256_of
from flows.settings import Settings
from intake.register_form import FINDINGS
from warehouse import findings, read_warehouse, scoring_inputs, verify_rows

F1 = "HB-WH/2023Q1/F1"


class Office:
    """The commands of an office."""

    def __init__(self, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
        self.settings = settings
        self._capsys = capsys

    def says(self, *words: str, code: int = 0) -> str:
        ends = main([*words, "--home", str(self.settings.home), "--plan", str(self.settings.plan_folder)])
        said = self._capsys.readouterr()
        assert ends == code, said
        return said.out + said.err

    def add(self, *words: str, due: str = "2023-05-10") -> str:
        about = ("--title", "档案不全", "--found", "2023-03-20", "--due", due, "--source", "专项督查")
        return self.says("finding", "add", "2023Q1", "--unit", "HB-WH", *about, *words)

    def items(self, *periods: str) -> list[tuple[Any, ...]]:
        with read_warehouse(self.settings.warehouse) as warehouse:
            found = scoring_inputs(warehouse, periods).items
        return found.select("indicator_code", "period", "kind", "count").rows()


@pytest.fixture
def office(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Office:
    return Office(settings, capsys)


def test_a_finding_from_its_recording_to_its_closing(office: Office, tmp_path: Path) -> None:
    assert office.add() == f"已登记问题 {F1}。\n"
    assert office.add() == f"此前已登记为 {F1},未作更改。\n"
    assert "未整改" in office.says("finding", "list", "2023Q1", "--on", "2023-04-01")
    assert "逾期42天(结转)" in office.says("finding", "list", "2023Q2", "--open", "--on", "2023-06-21")
    office.says("finding", "update", F1, "--state", "submitted", "--progress", "已补齐12份")
    assert "须写明理由" in office.says("finding", "update", F1, "--state", "rectifying", code=1)
    assert "须有佐证" in office.says("finding", "close", F1, code=1)
    proof = tmp_path / "补齐清单.pdf"
    proof.write_bytes(b"%PDF-1.4 proof")
    assert office.says("finding", "close", F1, "--proof", str(proof), "--on", "2023-06-25") == f"{F1} 已销号。\n"
    assert office.says("finding", "close", F1, "--proof", str(proof)) == f"{F1} 没有变化。\n"
    assert "没有需要整改的问题" in office.says("finding", "list", "2023Q2", "--open", "--on", "2023-06-30")
    assert "已销号(逾期46天、结转)" in office.says("finding", "list", "2023Q2", "--on", "2023-06-30")
    assert "没有需要整改的问题" in office.says("finding", "list", "2023Q3", "--on", "2023-07-30")
    with read_warehouse(office.settings.warehouse) as warehouse:
        row = findings(warehouse).row(0, named=True)
        assert (row["proof"], row["proof_hash"]) == ("补齐清单.pdf", sha256_of(proof))
        assert verify_rows(warehouse) == []
    assert [p.read_bytes() for p in office.settings.archive.rglob("*.pdf")] == [b"%PDF-1.4 proof"]


def test_a_moved_due_day_shows(office: Office) -> None:
    office.add()
    assert "须写明理由" in office.says("finding", "update", F1, "--due", "2023-06-10", code=1)
    office.says("finding", "update", F1, "--due", "2023-06-10", "--reason", "汛期顺延")
    assert "未整改(已改期)" in office.says("finding", "list", "2023Q1", "--on", "2023-05-20")


def test_a_rate_of_rectification_counts_its_findings(office: Office, tmp_path: Path) -> None:
    """T09-1 becomes the share of findings that were put right: found in Q1, closed in Q2, reopened, withdrawn."""
    folder = Path(shutil.copytree(office.settings.plan_folder, tmp_path / "plan"))
    text = (folder / "indicators.yaml").read_text(encoding="utf-8")
    assert "- code: T09-1\n" in text
    (folder / "indicators.yaml").write_text(text.replace("- code: T09-1\n", "- code: T09-1\n  owner: office\n"))
    office.settings = replace(office.settings, plan_folder=folder)
    office.add("--node", "T09-1")
    found, rectified = ("T09-1", "2023Q1", "found", 1.0), ("T09-1", "2023Q2", "rectified", 1.0)
    assert office.items("2023Q1", "2023Q2") == [found]
    office.says("finding", "close", F1, "--proof-no", "8号", "--on", "2023-04-20")
    assert office.items("2023Q1", "2023Q2") == [found, rectified]
    office.says("finding", "update", F1, "--state", "rectifying", "--reason", "反弹")
    assert office.items("2023Q1", "2023Q2") == [found]
    office.says("finding", "update", F1, "--state", "withdrawn", "--reason", "复核不成立")
    assert office.items("2023Q1", "2023Q2") == []


def test_a_finding_on_another_node_counts_nowhere(office: Office) -> None:
    office.add("--node", "T07-1")
    assert office.items("2023Q1", "2023Q2") == []


def sheet_of(path: Path) -> tuple[Any, Any, dict[str, int]]:
    book = openpyxl.load_workbook(path)
    sheet = book[FINDINGS.sheet]
    return book, sheet, {c.value: c.column for c in sheet[2]}


def test_the_ledger_is_written_filled_in_and_taken_in(office: Office, tmp_path: Path) -> None:
    office.add()
    path = tmp_path / "ledger.xlsx"
    office.says("finding", "list", "2023Q1", "--on", "2023-05-20", "--out", str(path))
    book, sheet, heads = sheet_of(path)
    assert sheet.cell(3, heads["现状"]).value == "逾期10天"
    new = {"单位": "荆州市科协", "发现周期": "2023Q2", "发现日期": "2023年6月1日", "发现问题": "经费台账不一致",
           "整改期限": "2023-07-01"}  # fmt: skip
    for head, value in new.items():
        sheet.cell(4, heads[head]).value = value
    for head, value in {"整改状态": "已销号", "销号佐证": "武科协〔2023〕8号", "销号日期": "2023-05-21"}.items():
        sheet.cell(3, heads[head]).value = value
    book.save(path)
    assert "整改台账 2 条,其中新增或变更 2 条" in office.says("item", str(path))
    assert "整改台账 2 条,其中新增或变更 0 条" in office.says("item", str(path))
    with read_warehouse(office.settings.warehouse) as warehouse:
        assert findings(warehouse).select("finding_id", "state", "closed_on").rows() == [
            (F1, "closed", "2023-05-21"), ("HB-JZ/2023Q2/F1", "open", None),
        ]  # fmt: skip
    register = tmp_path / "register.xlsx"
    office.says("item", "--write", str(register))
    assert "整改台账 2 条,其中新增或变更 0 条" in office.says("item", str(register))


WRONG = [
    ("单位", "江城", "unknown_unit"),
    ("发现周期", "一季度", "unknown_period"),
    ("整改期限", None, "entry_missing"),
    ("整改期限", "三月", "date_expected"),
    ("整改状态", "差不多", "choice_expected"),
    ("涉及指标", "T99", "unknown_indicator"),
]


def test_every_wrong_cell_of_the_ledger_is_named_and_nothing_stored(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    office.says("item", "--write", str(path))
    book, sheet, heads = sheet_of(path)
    right = {"单位": "武汉市科协", "发现周期": "2023Q1", "发现日期": "2023-03-20", "整改期限": "2023-05-10"}
    for at, (head, value, _) in enumerate(WRONG, 3):
        for name, text in {**right, "发现问题": f"问题{at}", head: value}.items():
            sheet.cell(at, heads[name]).value = text
    book.save(path)
    said = office.says("item", str(path), code=1).splitlines()
    cells = [f"整改台账,{sheet.cell(at, heads[head]).coordinate}" for at, (head, _, _) in enumerate(WRONG, 3)]
    assert [cell in line and f"({code})" in line for line, cell, (_, _, code) in zip(said, cells, WRONG, strict=True)]
    assert not office.settings.warehouse.exists()


def test_unknown_words_are_sentences(office: Office) -> None:
    assert "没有单位" in office.says(
        "finding", "add", "2023Q1", "--unit", "X", "--title", "t", "--due", "2023-05-01", code=1
    )
    assert "没有节点或指标" in office.says(
        "finding", "add", "2023Q1", "--unit", "HB-WH", "--title", "t", "--due", "2030-05-01", "--node", "X", code=1
    )
    office.add()
    assert "kaohe finding list" in office.says("finding", "update", "X/2023Q1/F9", "--progress", "y", code=1)
    assert "1 finding: 1 not begun" in office.says("finding", "list", "--on", "2023-04-01", "--lang", "en")
