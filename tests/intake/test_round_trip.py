"""A workbook that is generated, filled and read back gives the values that were filled in."""

import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.estimates import Estimates
from intake.form import COLUMNS, POSITION, FormRow
from intake.pool import Parsers
from intake.read import read_files
from intake.template import Forms
from schemas.errors import UserError
from schemas.folder import load_plan
from schemas.periods import parse_period
from schemas.tables import Measurements, columns_of
from tests.intake.corpus import PERIOD, Answers, corpus_plan, good, place, previous, targets_due, workbook

PLAN = corpus_plan()
FORMS = Forms(PLAN, PERIOD)
CAST = Path(__file__).resolve().parents[2] / "data" / "plans" / "cast-2023"


@pytest.fixture(scope="module")
def parsers() -> Any:
    with Parsers(1) as pool:
        yield pool


def excel(number: float) -> float:
    """The number with the 15 digits that a spreadsheet keeps."""
    return float(f"{number:.15g}")


def answer_of(row: FormRow) -> st.SearchStrategy[dict[str, Any]]:
    """Any valid answer to one row of the form: a value, nil, or nothing."""
    low, high = row.indicator.minimum, row.indicator.maximum
    number = st.integers(0, 10**9).map(float) if row.indicator.whole else st.floats(low or 0, high or 1e12).map(excel)
    value: st.SearchStrategy[dict[str, Any]] = {
        "number": st.builds(lambda v: {"value": v}, number),
        "yes_no": st.builds(lambda v: {"value": float(v)}, st.integers(0, 1)),
        "ratio": st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)).map(
            lambda pair: {"numerator": float(min(pair)), "denominator": float(max(pair))}
        ),
    }[row.kind]
    return st.one_of(value, st.just({"note": "零报告"}), st.just({}))


FILLED = st.fixed_dictionaries({row.key: answer_of(row) for row in FORMS.rows("C-01")})


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=FILLED)
def test_any_valid_answers_come_back(
    answers: Answers, parsers: Parsers, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("filled") / "a.xlsx"
    path.write_bytes(FORMS.workbook("C-01", answers))
    batch = read_files([path], PLAN, period=PERIOD, parsers=parsers)
    assert batch.problems.filter(severity="error").is_empty(), batch.problems["message_en"].to_list()
    for row in batch.cells.iter_rows(named=True):
        filled = answers[row["indicator_code"], row["part"]]
        assert {n: row[n] for n in ("value", "numerator", "denominator")} == {
            n: filled.get(n) for n in ("value", "numerator", "denominator")
        }
        expected = "nil" if "note" in filled else "reported" if filled else "missing"
        assert row["status"] == expected


GOOD = workbook()


def test_same_inputs_same_bytes() -> None:
    assert workbook() == GOOD
    assert FORMS.workbook("C-01") == Forms(PLAN, PERIOD).workbook("C-01")


def test_cells_have_the_columns_of_the_measurements(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(GOOD)
    cells = read_files([tmp_path / "a.xlsx"], PLAN).cells
    stored = cells.with_columns(submission_id=pl.lit("x"), recorded_at=pl.lit(datetime(2023, 7, 5), pl.Datetime("us")))
    Measurements.validate(stored.select(list(columns_of(Measurements))))
    row = cells.row(by_predicate=(pl.col("indicator_code") == "A3"), named=True)
    assert (row["sheet"], row["cell"], row["raw"]) == ("填报表", place("A3", "numerator"), "180/200")


def test_persons_stand_apart(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(GOOD)
    batch = read_files([tmp_path / "a.xlsx"], PLAN)
    assert batch.persons.select("role", "name", "phone").rows() == [
        ("reporter", "张三", "027-00000000"),
        ("responsible", "李四", None),
    ]
    assert not any(
        "张三" in str(row) for frame in (batch.submissions, batch.cells, batch.problems) for row in frame.rows()
    )


def test_the_form_asks_only_what_the_unit_must_report() -> None:
    assert [r.key for r in FORMS.rows("S-01")] == [k for k in good() if k[0] != "A4"]
    with pytest.raises(UserError, match="C-99"):
        FORMS.workbook("C-99")


def test_known_fields_are_filled_in_and_only_inputs_are_open() -> None:
    book = openpyxl.load_workbook(io.BytesIO(Forms(PLAN, PERIOD, previous(), targets_due()).workbook("C-01")))
    form = book["填报表"]
    assert book.sheetnames == ["填报说明", "填报表", "_kaohe"]
    assert book["_kaohe"].sheet_state == "veryHidden"
    assert [c.value for c in form[4]] == [c.zh for c in COLUMNS]
    assert form[place("A1", "target_due")].value == 40
    assert form[place("A1", "previous")].value == 40
    assert form[place("A3", "previous")].value == "150/200"
    assert form[place("B2", "previous", "方案")].value == "是"
    assert form[place("A1", "role")].value == "主责"
    assert form.protection.sheet
    assert not form[place("A1")].protection.locked
    assert form[place("A3")].protection.locked and form[place("A1", "title")].protection.locked


def test_text_never_becomes_a_formula() -> None:
    answers = {**good(), ("A2", ""): {"value": "=1+1", "note": '=HYPERLINK("http://x")', "evidence": "+1"}}
    estimates = Estimates(PLAN, PERIOD)
    forms = Forms(PLAN, PERIOD, weights=estimates.weights, estimates=estimates.of)
    content = forms.workbook("C-01", answers, reporter="=cmd|' /C calc'!A0")
    form = openpyxl.load_workbook(io.BytesIO(content))["填报表"]
    formulas = {c.column - 1 for row in form.iter_rows() for c in row if c.data_type == "f"}
    assert formulas == {POSITION[n] for n in ("points", "provisional", "cost")}


def test_the_english_form_is_read_too(tmp_path: Path) -> None:
    content = Forms(PLAN, PERIOD, lang="en").workbook("C-01", good(), responsible="Li Si")
    (tmp_path / "a.xlsx").write_bytes(content)
    batch = read_files([tmp_path / "a.xlsx"], PLAN, period=PERIOD)
    assert batch.problems.is_empty()
    assert batch.cells["value"].to_list() == [a.get("value") for a in good().values()]


def test_all_units_of_the_real_plan_come_back_in_seconds(tmp_path: Path) -> None:
    plan, period = load_plan(CAST), parse_period("2023Q1")
    forms = Forms(plan, period)
    for unit in forms.cells:
        answers = {
            r.key: {"numerator": 8, "denominator": 9} if r.kind == "ratio" else {"value": 1} for r in forms.rows(unit)
        }
        (tmp_path / f"{unit}.xlsx").write_bytes(forms.workbook(unit, answers))
    batch = read_files(sorted(tmp_path.iterdir()), plan, period=period)
    assert set(batch.submissions["unit_code"]) == set(forms.cells)
    assert batch.cells.height == sum(len(forms.rows(u)) for u in forms.cells)
    assert set(batch.cells["status"]) == {"reported"}


def test_a_unit_is_known_by_its_english_name(tmp_path: Path) -> None:
    english = pl.when(pl.col("unit_code") == "C-01").then(pl.lit("Rivertown Association")).alias("name_en")
    plan = replace(PLAN, units=PLAN.units.with_columns(english))
    content = Forms(plan, PERIOD, lang="en").workbook("C-01", {("A2", ""): {"value": 5.0}})
    (tmp_path / "a.xlsx").write_bytes(content)
    (tmp_path / "b.csv").write_text("unit,A2\nrivertown association,5\n", encoding="utf-8")
    form = openpyxl.load_workbook(io.BytesIO(content)).active
    assert form and "Rivertown Association" in [cell.value for cell in form[2]]
    batch = read_files(sorted(tmp_path.iterdir()), plan, period=PERIOD)
    assert batch.submissions["unit_code"].to_list() == ["C-01", "C-01"]
    assert batch.cells.filter(pl.col("value") == 5)["indicator_code"].to_list() == ["A2", "A2"]
    assert not {"unit_by_alias", "unit_mismatch"} & set(batch.problems["code"])


def test_hints_and_measures_are_in_the_readers_language(tmp_path: Path) -> None:
    rows = "unit_code,period,indicator_code,value\nC-01,2023Q2,A22,5\nJiangchen,2023Q2,A2,5\nC-02,2023Q2,zzz,1\n"
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8")
    problems = read_files([tmp_path / "a.csv"], PLAN, period=PERIOD).problems
    said = problems.filter(pl.col("code").is_in(["unknown_indicator", "unknown_unit"])).sort("value")
    assert [en.rpartition(".")[2].strip() or en for en in said["message_en"]][:2] == [
        "Did you mean A2?", "Did you mean 'Jiangcheng'?",
    ]  # fmt: skip
    assert "是否指 A2?" in said["message_zh"][0] and "是否指“江城市科协”?" in said["message_zh"][1]
    assert said["message_en"][2].endswith("Restore the template's code.")
    form = openpyxl.load_workbook(io.BytesIO(Forms(PLAN, PERIOD, lang="en").workbook("C-01"))).active
    shown = {cell.value for row in form.iter_rows() for cell in row} if form else set()
    assert "yes/no" in shown and "是/否" not in shown
