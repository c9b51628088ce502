"""What `kaohe diff` prints and writes."""

import base64
import hashlib
import re
from html import unescape
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from flows import diff_walk
from flows.cli import main
from flows.diff import diff_runs
from scorecards.diff import CAUSES, Change, RunDiff, diff_text
from scorecards.diff_page import diff_page
from scorecards.diff_sheet import diff_workbook
from tests.diff.office import PLAN, RELATIVE, Office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """U3's first indicator is corrected from 40 to 50: 20 to 25 points, past U2's 21."""
    office = Office(tmp_path_factory.mktemp("office"))
    for unit, value in (("U1", 80), ("U2", 42), ("U3", 40)):
        office.report(unit, A=value, B=0)
    return office


@pytest.fixture(scope="module")
def two(office: Office) -> tuple[str, str]:
    a = office.run()
    office.report("U3", A=50, B=0)
    return a, office.run()


@pytest.fixture(scope="module")
def diff(office: Office, two: tuple[str, str]) -> RunDiff:
    return diff_runs(office.settings, *two)


def test_the_text(
    office: Office, two: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["diff", *two, "--home", str(office.settings.home)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"2023Q1:批次 {two[0]} → {two[1]}。3 个单位中 2 个有变动。"
    assert lines[2] == "U3 U3单位  总分 20.00 → 25.00 (+5.00)  排名 3 → 2"
    assert lines[3].split() == ["填报数据", "+5.00", "排名", "上升", "1"]
    assert lines[4].strip() == "A 甲 2023Q1:40 → 50"
    assert lines[7].split() == ["填报数据", "0", "排名", "下降", "1(本单位", "不变,其他单位", "下降", "1)"]
    assert main(["--lang", "en", "diff", two[0][:8], two[1][:8], "--home", str(office.settings.home)]) == 0
    english = capsys.readouterr().out
    assert f"2023Q1: run {two[0]} → {two[1]}. 2 of 3 units moved." in english
    assert not re.search("[一-鿿]", english.replace("单位", "").replace("甲", ""))


def test_the_workbook(diff: RunDiff) -> None:
    book = openpyxl.load_workbook(BytesIO(diff_workbook(diff)))
    assert book.sheetnames == ["有变动的单位", "变动来源", "改变的输入", "说明"]
    heads, first, second = book["有变动的单位"].iter_rows(values_only=True)
    row = dict(zip(heads, first, strict=True))
    assert (row["单位代码"], row["原总分"], row["现总分"], row["变动"]) == ("U3", 20, 25, 5)
    assert row["填报数据"] == 5 and row["填报数据: 其他单位"] == 0
    assert str(row["各部分合计 − 变动"]).startswith("=ROUND(")
    assert dict(zip(heads, second, strict=True))["现排名"] == 3
    values = openpyxl.load_workbook(BytesIO(diff_workbook(diff)), data_only=True)["有变动的单位"]
    assert [r[-1] for r in values.iter_rows(min_row=2, values_only=True)] == [0, 0]
    assert diff_workbook(diff) == diff_workbook(diff)
    english = openpyxl.load_workbook(BytesIO(diff_workbook(diff, "en")))
    assert english["Units that moved"]["A1"].value == "Unit code"


def test_text_from_outside_stays_text(diff: RunDiff) -> None:
    evil = Change("data", "U3", '=HYPERLINK("x")<script>', '=HYPERLINK("x")<script>')
    from dataclasses import replace

    spoilt = replace(diff, changes=(evil,))
    cell = openpyxl.load_workbook(BytesIO(diff_workbook(spoilt)))["改变的输入"]["D2"]
    assert (cell.data_type, cell.value) == ("s", evil.zh)
    assert evil.zh not in diff_page(spoilt) and "&lt;script&gt;" in diff_page(spoilt)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_needs_no_network(diff: RunDiff, lang: str) -> None:
    page = diff_page(diff, lang)
    assert "U3单位" in page and "20.00 → 25.00" in page
    rank, cell, when = {
        "zh": ("填报数据 0；排名 下降 1（本单位 不变，其他单位 下降 1）", "A 甲 2023Q1:40 → 50", "2023年第一季度"),
        "en": ("data 0; Rank down 1 (own same, others down 1)", "A 甲 2023Q1: 40 → 50", "Q1 2023"),
    }[lang]
    assert rank in page and cell in page and f"{when}</h1>" in page
    assert not re.search(r"(?:src|href)=|https?://|@import", page)
    hashes = re.findall(r"sha256-[\w+/=]+", unescape(page))
    for kind, allowed in zip(("script", "style"), hashes, strict=True):
        (inline,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert allowed == f"sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}"


@pytest.mark.parametrize("suffix", ["xlsx", "html", "txt"])
def test_files(
    office: Office, two: tuple[str, str], suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / f"diff.{suffix}"
    assert main(["diff", *two, "--out", str(out), "--home", str(office.settings.home)]) == 0
    assert out.stat().st_size > 100
    assert str(out) in capsys.readouterr().out


def test_another_kind_of_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "a", "b", "--out", str(tmp_path / "x.pdf")]) == 2
    assert ".xlsx" in capsys.readouterr().err


def test_a_period_stands_for_its_newest_runs(
    office: Office, two: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(office.settings.home)]
    assert main(["diff", *two, *home]) == 0
    told = capsys.readouterr().out
    for words in (["2023Q1"], ["2023Q1~1", "2023Q1"], ["2023Q1~1", two[1]]):
        assert main(["diff", *words, *home]) == 0
        assert capsys.readouterr().out == told
    assert main(["--lang", "en", "diff", "2023Q1~2", "2023Q1", *home]) == 1
    assert f"2023Q1 has only 2 runs: {two[0]}, {two[1]}. Run kaohe assess 2023Q1" in capsys.readouterr().err
    assert main(["--lang", "en", "diff", "2023Q4", *home]) == 1
    said = capsys.readouterr().err
    assert "2023Q4 has no run yet. Run kaohe assess 2023Q4 first." in said and two[0] not in said and "~" not in said
    assert main(["--lang", "en", "diff", two[0], *home]) == 2
    assert f"'{two[0]}' is none. Give a period, or two runs." in capsys.readouterr().err


def test_grades_have_their_titles(tmp_path: Path) -> None:
    titles = "{code: 优, title: {zh: 优秀, en: Excellent}, top: 1}, {code: 良, title: {zh: 良好, en: Good}}"
    office = Office(tmp_path)
    office.write(PLAN.replace("{code: 优, title: 优秀, top: 1}, {code: 良, title: 良好}", titles))
    for unit, value in (("U1", 80), ("U2", 42)):
        office.report(unit, A=value, B=0)
    a = office.run()
    office.adjustment("x1", "U1", "override_grade", None, "良")
    diff = diff_runs(office.settings, a, office.run())
    for lang, step, said in (
        ("zh", "优秀 → 良好", "裁定等次 良好"),
        ("en", "Excellent → Good", "grade set Good"),
    ):
        text, page = diff_text(diff, lang), diff_page(diff, lang)
        assert step in text and step in page and said in text and said in page
        book = openpyxl.load_workbook(BytesIO(diff_workbook(diff, lang)))
        cells = {c.value for sheet in book for row in sheet for c in row}
        assert {*step.split(" → "), step} <= cells and not {"优", "良", "优 → 良"} & cells
        assert "优 →" not in text + page and "→ 良<" not in page


def test_an_unknown_run_is_told(office: Office, two: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "nix", two[1], "--home", str(office.settings.home)]) == 1
    assert two[1] in capsys.readouterr().err  # the runs there are


def test_inputs_that_move_nothing_are_told(diff: RunDiff) -> None:
    from dataclasses import replace

    idle = replace(diff, moves=(), changes=(Change("data", "U2", "A 2023Q1:1 → 2", "A 2023Q1: 1 → 2"),))
    assert diff_text(idle).splitlines()[1:] == ["", "输入有变而结果未变:", "  U2 U2单位 A 2023Q1:1 → 2"]
    assert "Inputs that changed and moved nothing" in diff_page(idle, "en")


def test_too_many_to_score_each_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff_walk, "LIMIT", 1)
    office = Office(tmp_path, RELATIVE)
    for unit, value in (("U1", 10), ("U2", 20), ("U3", 30)):
        office.report(unit, A=value)
    a = office.run()
    for unit, value in (("U2", 40), ("U3", 50)):
        office.report(unit, A=value)
    office.report("U1", A=35)
    diff = diff_runs(office.settings, a, office.run())  # 0, 50, 100 -> 0, 33.33, 100
    (move,) = diff.moves
    part = move.parts[list(CAUSES).index("data")]
    assert (move.unit_code, part.own, part.others) == ("U2", None, None)
    assert part.points == move.points == pytest.approx(33.33 - 50)
    assert "未分开" in diff_text(diff)
