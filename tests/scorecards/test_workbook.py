"""The ranking workbook, read back by another library and opened in LibreOffice."""

import re
import subprocess
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from scorecards.edition import Edition
from scorecards.workbook import ranking_workbook


@pytest.fixture(scope="module")
def book(big: tuple[Edition, Edition]) -> bytes:
    return ranking_workbook(big[1])


def rows_of(content: bytes, sheet: str) -> list[list[object]]:
    return CalamineWorkbook.from_object(BytesIO(content)).get_sheet_by_name(sheet).to_python()


def test_sheets_are_overview_classes_indicators_notes(book: bytes) -> None:
    names = CalamineWorkbook.from_object(BytesIO(book)).sheet_names
    assert names[0] == "总览"
    assert names[-2:] == ["指标得分", "说明"]
    assert "市州、直管市、林区科协" in names
    assert len(names) == 10


def test_class_sheets_show_totals_ranks_and_grades(big: tuple[Edition, Edition], book: bytes) -> None:
    edition = big[1]
    for code, ranking in edition.ranking_of.items():
        rows = rows_of(book, edition.class_title(code))
        heads = rows[3]
        shown = [dict(zip(heads, row, strict=True)) for row in rows[4 : 4 + ranking.height]]
        assert [r["总分"] for r in shown] == ranking["total"].to_list()
        assert [r["排名"] for r in shown] == ranking["rank"].to_list()
        assert [r["单位"] for r in shown] == ranking["name"].to_list()
        assert [r["等次"] for r in shown] == [edition.grade_title(g) for g in ranking["grade"]]


def test_sections_stand_as_numbers_in_the_class_sheets(big: tuple[Edition, Edition], book: bytes) -> None:
    edition = big[1]
    code, ranking = next(iter(edition.ranking_of.items()))
    rows = rows_of(book, edition.class_title(code))
    column = rows[3].index(edition.node_title("S1"))
    cells = edition.cells_of[ranking["unit_code"][0]]
    assert rows[4][column] == pytest.approx(dict(zip(cells["node_code"], cells["score"], strict=True))["S1"])


def test_every_indicator_score_is_there_and_absence_is_said_in_words(big: tuple[Edition, Edition], book: bytes) -> None:
    rows = rows_of(book, "指标得分")
    heads = [str(h).split(" ")[0] for h in rows[4]]
    by_unit = {row[1]: dict(zip(heads, row, strict=True)) for row in rows[5:]}
    for row in big[1].cells_of["U010"].filter(is_indicator=True).iter_rows(named=True):
        shown = by_unit[big[1].unit_name("U010")].get(row["node_code"], "")
        if row["score"] is not None:
            assert shown == pytest.approx(row["score"])
        elif row["reason_code"] == "not_reported":
            assert shown == "○ 未报送"


def test_notes_carry_run_audit_head_and_every_reason(big: tuple[Edition, Edition], book: bytes) -> None:
    text = str(rows_of(book, "说明"))
    assert all(word in text for word in (big[1].run_id, big[1].audit_head, big[1].plan.hash, "not_reported", "未报送"))


def test_no_cell_is_a_formula_and_text_stays_text(book: bytes) -> None:
    parts = zipfile.ZipFile(BytesIO(book))
    sheets = [parts.read(n).decode() for n in parts.namelist() if n.startswith("xl/worksheets/sheet")]
    assert not any("<f>" in sheet or "<f " in sheet for sheet in sheets)
    assert "=示例研究院" in str(rows_of(book, "全省学会"))
    assert not any("hyperlink" in sheet for sheet in sheets)


def test_same_input_same_bytes(big: tuple[Edition, Edition], book: bytes) -> None:
    assert ranking_workbook(big[1]) == book


def test_a_run_without_totals_still_makes_a_workbook(example: Edition) -> None:
    rows = rows_of(ranking_workbook(example), "全省学会")
    assert rows[4][0] == "不参加排名"
    assert "一票否决，停止计分" in rows[4]


@pytest.mark.office
@pytest.mark.poppler
def test_libreoffice_opens_it_without_cutting_text(
    big: tuple[Edition, Edition], book: bytes, tmp_path: Path, needs_tool: Callable[[str], str]
) -> None:
    path = tmp_path / "ranking.xlsx"
    path.write_bytes(book)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    options = ["--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([needs_tool("soffice"), profile, *options, str(path)], check=True, capture_output=True, timeout=120)
    pdf = str(tmp_path / "ranking.pdf")
    text = subprocess.run([needs_tool("pdftotext"), pdf, "-"], check=True, capture_output=True).stdout.decode()
    assert "###" not in text
    joined = re.sub(r"\s", "", text)
    assert big[1].unit_name("U010") in joined
