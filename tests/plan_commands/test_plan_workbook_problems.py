"""A wrong plan workbook: every problem in its cell, a sentence for what is no plan, and no harm from a hostile file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from flows.cli import main
from flows.plan_convert import check_workbook, convert
from intake.plan_rows import SHEETS
from schemas.errors import UserError
from schemas.folder import load_plan
from tests.intake.corpus import bomb, docx, entity, far, png, rezipped
from tests.plan_commands.books import EXAMPLE, Edit, at, edited, rule, same_plan

# ── what is wrong stands in its cell ──

WRONG: list[tuple[Edit, str, str, str]] = [
    (lambda b: setattr(at(b, "指标", 1, "weight"), "value", 71), "指标", "weight", "sum to 101"),
    (lambda b: setattr(at(b, "指标", 3, "accumulation"), "value", "flows"), "指标", "accumulation", "flow, stock"),
    (lambda b: setattr(at(b, "指标", 1, "method.kind"), "value", "atainment"), "指标", "method.kind", "attainment"),
    (lambda b: setattr(at(b, "指标", 1, "parent"), "value", "S9"), "指标", "parent", "S9"),
    (lambda b: setattr(rule(b, "adjustments.bonus.cap_by_code"), "value", "many"), "规则", "value", "write a mapping"),
    (lambda b: setattr(rule(b, "total.clamp"), "value", "[105, 0]"), "规则", "value", "must run from low to high"),
    (
        lambda b: setattr(at(b, "单位", 2, "class_code"), "value", "cities"),
        "单位",
        "unit_code",
        "unknown class 'cities'",
    ),
    (lambda b: setattr(at(b, "目标", 1, "value"), "value", "四十"), "目标", "value", "'四十' in column value"),
    (lambda b: setattr(at(b, "等次", 1, "quota"), "value", 30), "等次", "quota", "must lie between 0 and 1"),
    (lambda b: setattr(at(b, "结构", 2, "weight"), "value", "sixty"), "结构", "weight", "write a number"),
]


@pytest.mark.parametrize(("edit", "sheet", "key", "says"), WRONG)
def test_a_problem_stands_in_its_cell(
    edit: Edit, sheet: str, key: str, says: str, example_book: bytes, tmp_path: Path
) -> None:
    checked = check_workbook(edited(example_book, edit, tmp_path / "p.xlsx"), lang="en")
    assert checked.copy == tmp_path / "p.marked.xlsx"
    book = openpyxl.load_workbook(checked.copy)
    cells = [(s.title, cell) for s in book for row in s.iter_rows() for cell in row if cell.comment]
    found = [(name, cell) for name, cell in cells if says in cell.comment.text]
    assert found, checked.told
    name, cell = found[0]
    assert name == dict(SHEETS.values())[sheet]
    assert book[name].cell(2, cell.column).value == key
    assert cell.fill.start_color.rgb not in ("00000000", None)
    assert any(says in sentence and f"{name} {cell.coordinate}" in sentence for _, sentence in checked.told)


def test_a_marked_copy_can_be_mended_and_used(example_book: bytes, tmp_path: Path) -> None:
    checked = check_workbook(edited(example_book, WRONG[0][0], tmp_path / "p.xlsx"))
    assert checked.copy
    mended = edited(
        checked.copy.read_bytes(), lambda b: setattr(at(b, "指标", 1, "weight"), "value", 70), tmp_path / "q.xlsx"
    )
    convert(mended, tmp_path / "q")
    assert same_plan(load_plan(EXAMPLE), load_plan(tmp_path / "q"))


def test_the_command_prints_places_and_ends_with_1(
    example_book: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = edited(example_book, WRONG[0][0], tmp_path / "p.xlsx")
    assert main(["plan", "check", str(path)]) == 1
    said = capsys.readouterr().out
    assert "错误 指标 " in said
    assert "已标在" in said
    assert main(["plan", "new", str(tmp_path / "new.xlsx")]) == 0
    assert main(["plan", "check", str(tmp_path / "new.xlsx")]) == 0


# ── what is no plan workbook ──


def spoilt_keys(book: Any) -> None:
    book["指标"].delete_rows(2)


def no_mapping(book: Any) -> None:
    at(book, "指标", 1, "method.+").value = "[1, 2]"


def no_yaml(book: Any) -> None:
    at(book, "指标", 2, "assigned_to").value = "[city"


@pytest.mark.parametrize(
    ("edit", "zh", "en"),
    [
        (lambda b: b.remove(b["指标"]), "没有工作表“指标”", "has no sheet 'Indicators'; it is no plan workbook"),
        (lambda b: b.remove(b["单位"]), "没有工作表“单位”", "has no sheet 'Units'"),
        (
            spoilt_keys,
            "“指标”没有写着“code”",
            "sheet 'Indicators' has no row with the key 'code'; restore its second row",
        ),
        (
            no_mapping,
            "工作表“指标” T07-1 method.+:应写成",
            "sheet 'Indicators' T07-1 method.+: write {parameter: value}",
        ),
        (
            no_yaml,
            "工作表“指标” T09-1 assigned_to:“[city”写得不对",
            "sheet 'Indicators' T09-1 assigned_to: '[city' cannot",
        ),
    ],
)
def test_what_is_not_a_plan_is_a_sentence(edit: Edit, zh: str, en: str, example_book: bytes, tmp_path: Path) -> None:
    path = edited(example_book, edit, tmp_path / "p.xlsx")
    with pytest.raises(UserError) as caught:
        convert(path, tmp_path / "p")
    assert zh in caught.value.zh
    assert en in caught.value.en
    assert not (tmp_path / "p").exists()


UNITS_XML = "xl/worksheets/sheet7.xml"
HOSTILE: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("far cell", lambda b: rezipped(b, {UNITS_XML: far})),
    ("entities", lambda b: rezipped(b, {UNITS_XML: entity})),
    ("zip bomb", lambda _: bomb()),
    ("cut off", lambda b: b[: len(b) // 2]),
    ("empty", lambda _: b""),
    ("a picture", lambda _: png()),
    ("a Word file", lambda _: docx()),
    ("CSV by another name", lambda _: b"unit_code,name\n1,a\n"),
    ("JSON by another name", lambda _: b'[{"unit_code": 1}]'),
    ("broken XML", lambda b: rezipped(b, {UNITS_XML: lambda x: x[:-40]})),
]


@pytest.mark.usefixtures("child")
@pytest.mark.parametrize(("name", "make"), HOSTILE, ids=[n for n, _ in HOSTILE])
def test_a_hostile_file_is_a_sentence(
    name: str, make: Callable[[bytes], bytes], example_book: bytes, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = tmp_path / "p.xlsx"
    path.write_bytes(make(example_book))
    assert main(["--lang", "en", "plan", "convert", str(path), str(tmp_path / "p")]) == 1
    said = capsys.readouterr().err
    assert "p.xlsx is no plan workbook" in said or "p.xlsx has no sheet" in said
    assert not (tmp_path / "p").exists()


def test_names_that_lead_elsewhere_are_refused(example_book: bytes, tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        rule(book, "calendar.holidays").value = "../../x.csv"

    with pytest.raises(UserError, match="file name"):
        convert(edited(example_book, edit, tmp_path / "p.xlsx"), tmp_path / "p")


def test_two_of_a_kind_or_a_target_that_is_there_are_refused(
    example_book: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.xlsx").write_bytes(example_book)
    assert main(["--lang", "en", "plan", "convert", str(tmp_path / "p.xlsx"), str(tmp_path / "q.xlsx")]) == 2
    assert main(["--lang", "en", "plan", "convert", str(EXAMPLE), str(tmp_path / "p.xlsx")]) == 1
    assert "is there already. Choose another name." in capsys.readouterr().err
