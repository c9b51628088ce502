"""The plan workbook: a plan's folder as one Excel file and back without loss, and what an officer types into it."""

import subprocess
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows.plan_convert import convert
from intake.plan_book import plan_workbook
from intake.plan_reader import read_plan_workbook
from intake.plan_rows import SHEETS, Book, files_of, from_cell, list_columns, rule_columns, to_cell
from schemas.folder import load_plan
from schemas.yaml_file import parse_yaml, write_yaml
from tests.plan_commands.books import EXAMPLE, ROOT, at, edited, rule, same_plan

PLACES = ("data/plans", "tests/schemes", "tests/reference")
PLANS = sorted(path.parent for place in PLACES for path in (ROOT / place).glob("*/plan.yaml"))


# ── nothing is lost ──


@pytest.mark.parametrize("folder", PLANS, ids=lambda p: p.name)
def test_every_plan_comes_back_as_it_went(folder: Path, tmp_path: Path) -> None:
    convert(folder, tmp_path / "plan.xlsx")
    convert(tmp_path / "plan.xlsx", tmp_path / "back")
    assert same_plan(load_plan(folder), load_plan(tmp_path / "back"))


@pytest.mark.usefixtures("child")
def test_the_second_way_gives_the_same_bytes(example_book: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(example_book)
    convert(tmp_path / "a.xlsx", tmp_path / "one")
    convert(tmp_path / "one", tmp_path / "b.xlsx")
    convert(tmp_path / "b.xlsx", tmp_path / "two")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


SAMPLES = ["[x", "true", "007", "1e5", "null", '"a"', "~", "{a: 1}", " x", "x ", "a\nb", "a\r\nb", "_x000D_", "=1+1",
           "-", "#", "", "1.0", "½", "'7", "yes", "0x1F", "2023-01-01", "😀", "\ufeff", "a: b", "- a", "%"]  # fmt: skip
TEXTS = st.text(max_size=12) | st.sampled_from(SAMPLES)
NUMBERS = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9).map(lambda x: float(f"{x:.15g}"))
VALUES = st.recursive(
    TEXTS | NUMBERS | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(value=VALUES)
@example(value="[x")
@example(value={"a": "true", "b": ["007", "1e5", None]})
@settings(max_examples=150, deadline=None)
def test_a_cell_says_what_was_put_in(value: Any) -> None:
    assert from_cell(to_cell(value)) == value


@given(texts=st.lists(TEXTS, max_size=30))
@example(texts=SAMPLES)
@settings(max_examples=8, deadline=None)
def test_a_workbook_keeps_every_text(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Through the file: what the plan's YAML would hold comes back, whatever it looks like."""
    path = tmp_path_factory.mktemp("texts") / "plan.xlsx"
    book: Book = {sheet: [] for sheet in SHEETS}
    book["rules"] = [{"key": c.key, "value": None} for c in rule_columns()]
    keys = [c.key for c in list_columns("tree", [])]
    book["tree"] = [{**dict.fromkeys(keys), "code": f"N{n}", "source": to_cell(t)} for n, t in enumerate(texts)]
    book["units.csv"] = [{"unit_code": "007", "name": "x", "class_code": "1e5"}]
    path.write_bytes(plan_workbook(book, "texts"))
    files = files_of(read_plan_workbook(path))
    assert [node["source"] for node in parse_yaml(files["plan.yaml"])["tree"]] == texts
    assert files["units.csv"] == "unit_code,name,class_code\n007,x,1e5\n"


@given(data=st.dictionaries(TEXTS, VALUES, max_size=4))
@settings(max_examples=60, deadline=None)
def test_yaml_written_is_yaml_read(data: dict[str, Any]) -> None:
    for flow in (None, False, True):
        assert parse_yaml(write_yaml(data, flow=flow)) == data


@pytest.mark.office
def test_libreoffice_may_save_it_again(example_book: bytes, tmp_path: Path, needs_tool: Callable[[str], str]) -> None:
    (tmp_path / "plan.xlsx").write_bytes(example_book)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [needs_tool("soffice"), profile, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "out")]
    subprocess.run([*command, str(tmp_path / "plan.xlsx")], check=True, capture_output=True)
    convert(tmp_path / "out" / "plan.xlsx", tmp_path / "back")
    assert same_plan(load_plan(EXAMPLE), load_plan(tmp_path / "back"))


# ── what an officer types ──


def test_dates_and_numbers_of_excel_become_texts_and_codes(example_book: bytes, tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        at(book, "单位", 1, "unit_code").value = 2023
        at(book, "单位", 1, "valid_from").value = date(2023, 1, 1)
        at(book, "单位", 2, "valid_from").value = datetime(2023, 1, 2)
        at(book, "目标", 2, "unit_code").value = 2023.0
        at(book, "目标", 2, "period").value = 2023
        at(book, "目标", 1, "value").value = "40"
        at(book, "节假日", 1, "date").value = date(2023, 4, 5)
        at(book, "结构", 1, "title.zh").value = 2023
        at(book, "指标", 1, "measure").value = 1
        rule(book, "valid_from").value = date(2023, 1, 1)
        rule(book, "adjustments.bonus.document_required").value = True
        for sheet in ("例外", "机构"):
            book[sheet].delete_rows(3, 20)

    convert(edited(example_book, edit, tmp_path / "p.xlsx"), tmp_path / "p")
    plan = load_plan(tmp_path / "p")
    assert plan.units["unit_code"][0] == "2023"
    assert plan.units["valid_from"].to_list()[:2] == ["2023-01-01", "2023-01-02"]
    assert plan.targets.select("unit_code", "period", "value").row(1)[:2] == ("2023", "2023")
    assert plan.targets["value"][0] == 40
    assert date(2023, 4, 5) in plan.holidays
    assert plan.file.tree[0].title.get("zh") == "2023"
    assert plan.indicators[0].measure == "1"
    assert plan.file.valid_from == "2023-01-01"
    assert plan.file.adjustments.bonus.document_required is True


def test_codes_that_are_numbers_keep_together(tmp_path: Path, example_book: bytes) -> None:
    """A node called 7 in its own row and as parent, typed as numbers in both."""

    def edit(book: Any) -> None:
        for row in range(1, 4):
            for key in ("code", "parent"):
                cell = at(book, "结构", row, key)
                cell.value = 7 if cell.value == "S1" else cell.value
        for row in range(1, 6):
            cell = at(book, "指标", row, "parent")
            cell.value = 7.0 if cell.value == "S1" else cell.value
        rule(book, "rank.tie_breakers").value = "[7, S2]"

    convert(edited(example_book, edit, tmp_path / "p.xlsx"), tmp_path / "p")
    plan = load_plan(tmp_path / "p")
    assert "7" in plan.nodes
    assert plan.file.rank.tie_breakers == ["7", "S2"]


def test_blank_rows_sheets_and_columns_change_nothing(tmp_path: Path, example_book: bytes) -> None:
    def edit(book: Any) -> None:
        for sheet in ("单位", "指标", "规则"):
            book[sheet].insert_rows(4, 3)
        book["目标"].insert_cols(2)
        at(book, "单位", 9, "unit_code").value = "   "
        book.create_sheet("草稿")["A1"] = "scratch"
        del book["机构"], book["说明"]

    convert(edited(example_book, edit, tmp_path / "p.xlsx"), tmp_path / "p")
    assert same_plan(load_plan(EXAMPLE), load_plan(tmp_path / "p"))


def test_the_english_workbook_is_the_same_plan(tmp_path: Path) -> None:
    convert(EXAMPLE, tmp_path / "p.xlsx", "en")
    book = openpyxl.load_workbook(tmp_path / "p.xlsx")
    assert book.sheetnames[:3] == ["Guide", "Rules", "Classes"]
    heads = {
        sheet: {c[1].value: c[0].value for c in book[sheet].columns} for sheet in ("Classes", "Tree", "Indicators")
    }
    assert all(h["code"].endswith("e*") for h in heads.values())  # a title in one language is enough
    assert all(h[f"title.{lang}"].endswith("(*)") for h in heads.values() for lang in ("zh", "en"))
    convert(tmp_path / "p.xlsx", tmp_path / "p")
    assert same_plan(load_plan(EXAMPLE), load_plan(tmp_path / "p"))


def test_formulas_are_not_written_and_not_evaluated(tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    folder.mkdir()
    for path in EXAMPLE.iterdir():
        if path.suffix in (".yaml", ".csv"):
            (folder / path.name).write_bytes(path.read_bytes())
    units = folder / "units.csv"
    units.write_text(units.read_text(encoding="utf-8").replace("荆州市科协", "=HYPERLINK(1)"), encoding="utf-8")
    convert(folder, tmp_path / "p.xlsx")
    cells = [c for row in openpyxl.load_workbook(tmp_path / "p.xlsx")["单位"].iter_rows() for c in row]
    assert [c.data_type for c in cells if c.value == "=HYPERLINK(1)"] == ["s"]
