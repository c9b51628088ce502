"""Who is still to report, ready to send: by class, as text, workbook and CSV; written by hand and on schedule."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from flows.calendar import reminder_crons
from flows.cli import main
from flows.ingest import ingest_batch
from flows.settings import Settings
from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from tests.flows.forms import change_value

Q1 = parse_period("2023Q1")


def test_a_notice_for_each_class_that_is_not_complete(
    settings: Settings, plan: Plan, inbox: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One city has reported, one was returned; the society is silent."""
    books = sorted(p for p in inbox.glob("*.xlsx") if "学会" not in p.name)
    change_value(next(p for p in books if "荆州" in p.name), lambda _: "约50")
    ingest_batch(settings, plan, books, Q1, received_at=datetime(2023, 4, 5, tzinfo=UTC))

    def status(*words: str) -> str:
        made = ["status", "2023Q1", "--home", str(settings.home), "--plan", str(plan.folder), *words]
        assert main(made) == 0
        return capsys.readouterr().out

    text, table, book = (tmp_path / f"r{kind}" for kind in (".txt", ".csv", ".xlsx"))
    assert "催报 2 个单位" in status("--remind", str(text))
    city, society = text.read_text(encoding="utf-8").split("\n\n")
    assert "应报 2 个单位，尚有 1 个未完成。报送期限 2023-04-17，已逾期" in city
    assert "已退回待改（1）：荆州市科协（1处错误）。请按标注稿" in city and "武汉" not in city
    assert "未报送（1）" in society and "零报告" in society
    status("--remind", str(table))
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["单位代码"], r["情况"], r["报送期限"]) for r in rows] == [
        ("HB-JZ", "退回待改", "2023-04-17"), ("HB-XH-001", "未报送", "2023-04-17"),
    ]  # fmt: skip
    assert "2 units" in status("--remind", str(book), "--lang", "en")
    sheets = openpyxl.load_workbook(book)
    assert [s.max_row for s in sheets] == [4, 2] and "due" in str(sheets.worksheets[0]["F2"].value).lower()
    assert main(["status", "2023Q1", "--remind", "r.doc", "--home", str(settings.home)]) == 2


def test_before_anything_came_everybody_is_awaited(
    settings: Settings, plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["status", "2023Q1", "--as-of", "2023-04-10", "--remind", str(tmp_path / "r.txt")]
    assert main([*words, "--home", str(settings.home), "--plan", str(plan.folder)]) == 0
    assert "催报 3 个单位" in capsys.readouterr().out and not settings.warehouse.exists()
    assert (tmp_path / "r.txt").read_text(encoding="utf-8").count("还有7天") == 2


def test_they_go_out_before_each_period_is_due(root: Path) -> None:
    """Seven days before 17 April, 14 July, 18 October and 15 January."""
    cast = load_plan(root / "data" / "plans" / "cast-2023")
    assert reminder_crons(cast) == ["0 6 10 4 *", "0 6 7 7 *", "0 6 11 10 *", "0 6 8 1 *"]
