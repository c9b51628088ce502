"""The plan workbook: a plan's folder as one Excel file and back, and checked with the problems in their cells."""

# ruff: noqa: E501  -- cases stand on one line each

import io
import subprocess
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import intake.plan_reader
from flows.cli import main
from flows.plan_convert import check_workbook, convert
from intake.child import answer
from intake.guards import Limits
from intake.plan_book import HEAD_ROWS, plan_workbook
from intake.plan_reader import read_plan_workbook
from intake.plan_rows import SHEETS, Book, files_of, from_cell, list_columns, rule_columns, to_cell
from schemas.errors import UserError
from schemas.folder import Plan, load_plan
from schemas.yaml_file import parse_yaml, write_yaml
from tests.intake.corpus import bomb, docx, entity, far, png, rezipped

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "data" / "plans" / "example-2023"
PLANS = sorted(
    path.parent for top in ("data/plans", "tests/schemes", "tests/reference") for path in (ROOT / top).glob("*/plan.yaml")
)  # fmt: skip
TABLES = ("units", "targets", "assignments", "bodies")
Edit = Callable[[Any], None]


@pytest.fixture(autouse=True)
def in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse here instead of in a child process, which takes a fifth of a second, where the test is not about that."""
    if "child" not in request.fixturenames:
        monkeypatch.setattr(intake.plan_reader, "Parsers", Here)


@pytest.fixture
def child() -> None:
    """Ask for the child process."""


class Here:
    """Stands for ``intake.pool.Parsers``."""

    def __init__(self, count: int, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()

    def __enter__(self) -> "Here":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def parse(self, path: Path) -> dict[str, Any]:
        return answer(str(path), self.limits)


@pytest.fixture(scope="module")
def example_book(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("book") / "plan.xlsx"
    convert(EXAMPLE, path)
    return path.read_bytes()


def same_plan(one: Plan, other: Plan) -> bool:
    frames = all(getattr(one, n).drop("line").equals(getattr(other, n).drop("line")) for n in TABLES)
    return (one.file, one.indicators, one.holidays) == (other.file, other.indicators, other.holidays) and frames


def edited(content: bytes, edit: Edit, path: Path) -> Path:
    """Change the workbook as an officer would, and save it at ``path``."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    edit(book)
    book.save(path)
    return path


def at(book: Any, sheet: str, row: int, key: str) -> Any:
    """The cell of a column's key; rows from 1 below the keys."""
    names = {cell.value: cell.column for cell in book[sheet][2]}
    return book[sheet].cell(HEAD_ROWS + row, names[key])


def rule(book: Any, key: str) -> Any:
    return next(row[2] for row in book["规则"].iter_rows(min_row=3) if row[0].value == key)


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
    assert openpyxl.load_workbook(tmp_path / "p.xlsx").sheetnames[:3] == ["Guide", "Rules", "Classes"]
    convert(tmp_path / "p.xlsx", tmp_path / "p")
    assert same_plan(load_plan(EXAMPLE), load_plan(tmp_path / "p"))


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


def test_two_of_a_kind_or_a_target_that_is_there_are_refused(
    example_book: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.xlsx").write_bytes(example_book)
    assert main(["--lang", "en", "plan", "convert", str(tmp_path / "p.xlsx"), str(tmp_path / "q.xlsx")]) == 2
    assert main(["--lang", "en", "plan", "convert", str(EXAMPLE), str(tmp_path / "p.xlsx")]) == 1
    assert "is there already. Choose another name." in capsys.readouterr().err
