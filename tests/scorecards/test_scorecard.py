"""The unit's scorecard as PDF: its text, its length, its fonts, and the same bytes each time."""

import re
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from pypdf import PdfReader

from flows.spread import spread
from schemas.asked import last_asked
from schemas.folder import Plan
from schemas.methods import Method
from scorecards.edition import Edition
from scorecards.measures import counted_in
from scorecards.pdf import Compiler, PageError, make_compiler, render
from scorecards.scorecard import Scorecards, value_text
from scorecards.write import file_stem, write_scorecards
from tests.scorecards.synthetic import make_edition, write_plan

METHOD: TypeAdapter[Method] = TypeAdapter(Method)


def scorecard_pdf(compiler: Compiler, edition: Edition, unit_code: str) -> bytes:
    return render(compiler, Scorecards(edition).data(unit_code), edition.day.isoformat())


def text_of(pdf: bytes) -> str:
    """All text without spaces, which the typesetter puts between Chinese and Latin."""
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages))


def test_it_says_unit_total_rank_grade_run_and_audit_head(example: Edition, compiler: Compiler) -> None:
    text = text_of(scorecard_pdf(compiler, example, "HB-WH"))
    for word in ("武汉市科协", "2023年第一季度", "79.73", "合格", "共2个单位参加排名", "0123456789abcdef", "ab" * 32):
        assert word in text
    assert "19.73/40.00" in text
    assert "+10.67" in text
    assert "零报告" in text


def test_a_corrected_edition_says_what_it_replaces(example: Edition, compiler: Compiler) -> None:
    replaces = "本次公布为第 2 版,替代 2023-05-01 公布的第 1 版。"
    again = replace(example, replaces=replaces, correction="更正原因:某单位核减。")
    said = text_of(scorecard_pdf(compiler, again, "HB-WH"))
    assert "替代2023-05-01公布的第1版。" in said and "核减" not in said, "why may name another unit"
    assert "替代" not in text_of(scorecard_pdf(compiler, example, "HB-WH"))


def test_it_shows_no_statistics_of_a_class_of_two(example: Edition) -> None:
    data = Scorecards(example).data("HB-WH")
    assert data["statistics"] == []
    assert all(section["mean"] is None for section in data["sections"])


def test_a_unit_without_total_has_a_scorecard_too(example: Edition, compiler: Compiler) -> None:
    text = text_of(scorecard_pdf(compiler, example, "HB-XH-001"))
    assert "不参加排名" in text
    assert "一票否决，停止计分" in text


def test_an_unreported_indicator_shows_what_its_parent_imputed(example: Edition) -> None:
    rows = {row["title"]: row for row in Scorecards(example).data("HB-JZ")["rows"]}
    missing = rows["院士专家地方行活动场次"]
    assert (missing["score"], missing["light"]["word"], missing["reason"]) == ("—", "未知", "未报送")
    assert missing["points"] == "0.00/70.00"


def test_yes_and_no_are_words_and_percentages_have_a_sign() -> None:
    cell = {"value": 1.0, "target": None, "measure": "是/否", "yes_no": True}
    assert [value_text(cell, key, "zh") for key in ("value", "target")] == ["是", "—"]
    assert value_text(cell | {"value": 0.0}, "value", "en") == "no"
    assert value_text({"value": 61.386, "measure": "%", "yes_no": False}, "value", "zh") == "61.39%"


def test_what_is_asked_only_later_in_the_year_is_named(big: tuple[Edition, Edition], compiler: Compiler) -> None:
    edition = big[0]
    assert edition.later["U011"]
    plan = edition.plan
    assert all(last_asked(plan, plan.leaves[code], edition.period) is None for code in edition.later["U011"])
    text = text_of(scorecard_pdf(compiler, edition, "U011"))
    for code in edition.later["U011"]:
        assert code not in text and re.sub(r"\s", "", edition.node_title(code)) in text, "by its title, not its code"


def test_a_value_is_counted_in_what_it_was_weighed_to(example: Edition) -> None:
    """Four items at five points are 20 points, not 20 items; 200 points off for two silent quarters are no 200 %."""

    def of(kind: str, measure: str = "件", **method: object) -> tuple[str, str]:
        leaf = next(iter(example.plan.leaves.values())).model_copy(
            update={"measure": measure, "method": METHOD.validate_python({"kind": kind, **method})}
        )
        return counted_in(leaf, "zh"), counted_in(leaf, "en")

    assert of("attainment") == of("points") == of("deductions") == of("goalposts", worst=9, best=0) == ("件", "件")
    assert of("points", per_item={"a": 5, "b": 10}) == of("points", per_item=2) == ("分", "points")
    assert of("deductions", "%", per_case={"late_day": 10}) == ("分（扣）", "points off")
    assert of("checklist", "项", items=["x", "y"]) == of("milestones", "项", stages=[{"code": "s"}]) == ("项", "项")
    assert of("checklist", "项", items={"x": 1, "y": 2.5}) == ("分（共 3.5 分）", "of 3.5 points")
    assert of("milestones", stages=[{"code": "s", "weight": 60}, {"code": "t", "weight": 40}]) == ("%", "%")


@pytest.mark.parametrize("unit", ["U010", "U011", "U050", "U127"])
def test_two_or_three_pages_with_every_title_whole(big: tuple[Edition, Edition], compiler: Compiler, unit: str) -> None:
    pdf = scorecard_pdf(compiler, big[1], unit)
    reader = PdfReader(BytesIO(pdf))
    assert len(reader.pages) in (2, 3)
    text = text_of(pdf)
    cells = big[1].cells_of[unit].filter(level=3)
    for row in cells.iter_rows(named=True):
        if row["light"] != "none":
            assert re.sub(r"\s", "", row["title"]) in text
    assert big[1].unit_name(unit) in text


def test_the_trend_marks_a_period_that_cannot_be_compared(big: tuple[Edition, Edition], compiler: Compiler) -> None:
    unit = "U003"
    assert "≠" not in text_of(scorecard_pdf(compiler, big[1], unit))
    text = text_of(scorecard_pdf(compiler, replace(big[1], broken=("2023Q2",)), unit))
    assert "≠2023Q2" in text and "方案有变，与前一期不可直接比较" in text


def test_it_is_tagged_and_in_chinese(example: Edition, compiler: Compiler) -> None:
    root = PdfReader(BytesIO(scorecard_pdf(compiler, example, "HB-WH"))).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].lower().startswith("zh")


def test_same_input_same_bytes(example: Edition, compiler: Compiler) -> None:
    assert scorecard_pdf(compiler, example, "HB-WH") == scorecard_pdf(make_compiler(), example, "HB-WH")


def test_a_character_without_glyph_is_an_error_that_names_it(example: Edition, compiler: Compiler) -> None:
    data = Scorecards(example).data("HB-WH") | {"unit": "武汉市科协\U00013000"}
    with pytest.raises(PageError, match="\U00013000"):
        render(compiler, data, example.day.isoformat())


def test_english_has_no_chinese_of_ours(example: Edition, compiler: Compiler) -> None:
    text = text_of(scorecard_pdf(compiler, replace(example, lang="en"), "HB-WH"))
    assert "Assessmentscorecard" in text
    assert "Wuhan" in text
    assert not re.search("[\u4e00-\u9fff]", re.sub("[场项分件]", "", text))  # units of measure are the plan's


def test_full_marks_of_a_thousand(tmp_path: Path) -> None:
    plan: Plan = write_plan(tmp_path, units=8, full_marks=1000)
    edition = make_edition(plan)
    data = Scorecards(edition).data("U001")
    assert data["result"]["full"] == "1,000"
    assert sum(float(s["points"].split("/")[1]) for s in data["sections"]) == pytest.approx(1000, abs=0.05)


def test_all_units_are_written_whatever_the_number_of_processes(big: tuple[Edition, Edition], tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    few = replace(big[1], results=big[1].results.head(26))
    alone = write_scorecards(few, tmp_path / "one", progress=lambda done, of: told.append((done, of)))
    apart = write_scorecards(few, tmp_path / "two", spread=partial(spread, processes=2))
    assert told[-1] == (26, 26)
    assert list(alone) == list(apart)
    assert all(alone[u].read_bytes() == apart[u].read_bytes() for u in alone)


def test_file_names_never_lead_out_of_the_folder(example: Edition) -> None:
    stem = file_stem(example, "../../etc/passwd")
    assert "/" not in stem
    assert ".." not in stem
