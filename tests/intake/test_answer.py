"""What goes back to the unit: marked in the cell, listed, corrected, sent again, accepted."""

import csv
import io
import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from intake.answer import marked_copy, problem_list, problems_csv, problems_json
from intake.batch import Batch
from intake.decide import decide
from intake.read import read_files
from intake.report import problem_line
from intake.template import Forms
from tests.intake.corpus import FOLDER, PERIOD, changed, corpus_plan, place, workbook

PLAN = corpus_plan()
FORMS = Forms(PLAN, PERIOD)


def filed(path: Path, content: bytes) -> Batch:
    path.write_bytes(content)
    return read_files([path], PLAN, period=PERIOD)


def marked(batch: Batch, key: int, forms: Forms) -> bytes:
    """The copy that goes back; where unit or period are unknown there is no form, and the problems come alone."""
    one = batch.of(key)
    unit, period = one.submissions.select("unit_code", "period").row(0)
    return forms.workbook(unit, **marked_copy(one, "zh")) if unit and period else problem_list(one, "zh")


def state(batch: Batch) -> str:
    return str(decide(batch, PLAN, datetime(2023, 7, 1))["state"][0])


@pytest.fixture
def returned(tmp_path: Path) -> Batch:
    answers = {
        **changed("A2", value="约50"),
        ("A3", ""): {"numerator": "约5", "denominator": 0},
        ("A5", ""): {"value": 120},
    }
    return filed(tmp_path / "江城市科协_2023Q2.xlsx", workbook(answers))


def test_sentences_name_file_sheet_cell_and_remedy(returned: Batch) -> None:
    first = returned.problems.sort("key", "number").row(0, named=True)
    assert problem_line("江城市科协_2023Q2.xlsx", first) == (
        f"江城市科协_2023Q2.xlsx,填报表,{place('A2')}:本期填报值“约50”不是数字。请填写数字,例如 50。(number_expected)"
    )
    assert problem_line("江城市科协_2023Q2.xlsx", first, "en").endswith(
        "Value '约50' is no number. Write a number, such as 50. (number_expected)"
    )


def test_problems_are_marked_in_the_cell(returned: Batch) -> None:
    form = openpyxl.load_workbook(io.BytesIO(marked(returned, 0, FORMS)))["填报表"]
    assert form[place("A2")].value == "约50"
    assert "不是数字" in form[place("A2")].comment.text
    assert form[place("A2")].fill.start_color.rgb == "FFF8CBAD"
    assert form[place("A3", "numerator")].value == "约5"
    assert "分母为0" in form[place("A3", "denominator")].comment.text
    assert form[place("A5")].value == 120
    assert form[place("A1")].comment is None


def test_problems_are_listed_with_links(returned: Batch) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(marked(returned, 0, FORMS)))["问题清单"]
    rows = list(sheet.iter_rows(min_row=4, values_only=True))
    assert [r[8] for r in rows] == returned.problems["code"].to_list()
    assert place("A2") in sheet["D4"].hyperlink.location


def test_corrected_and_sent_again_it_is_accepted(returned: Batch, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(marked(returned, 0, FORMS)))
    form = book["填报表"]
    form[place("A2")], form[place("A5")] = 50, 95
    form[place("A3", "numerator")], form[place("A3", "denominator")] = 5, 10
    book.save(tmp_path / "again.xlsx")
    assert state(returned) == "returned"
    assert state(read_files([tmp_path / "again.xlsx"], PLAN, period=PERIOD)) == "accepted"


@pytest.mark.office
def test_saved_by_libreoffice_it_is_still_accepted(returned: Batch, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(marked(returned, 0, FORMS)))
    for cell, value in (
        (place("A2"), 50),
        (place("A5"), 95),
        (place("A3", "numerator"), 5),
        (place("A3", "denominator"), 10),
    ):
        book["填报表"][cell] = value
    book.save(tmp_path / "again.xlsx")
    soffice = shutil.which("soffice")
    assert soffice
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [
        soffice,
        profile,
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        tmp_path / "out",
        tmp_path / "again.xlsx",
    ]
    subprocess.run(command, check=True, capture_output=True)
    assert state(read_files([tmp_path / "out" / "again.xlsx"], PLAN, period=PERIOD)) == "accepted"


def test_a_file_that_cannot_be_read_comes_back_as_a_list(tmp_path: Path) -> None:
    batch = filed(tmp_path / "x.xlsx", b"PK\x03\x04nonsense")
    book = openpyxl.load_workbook(io.BytesIO(problem_list(batch.of(0), "zh")))
    assert book.sheetnames == ["问题清单"]
    assert book["问题清单"]["I4"].value == "unreadable_file"


def test_every_file_of_the_corpus_can_be_answered() -> None:
    batch = read_files(sorted((FOLDER / "files").iterdir()), PLAN, period=PERIOD)
    for key in batch.submissions["key"]:
        assert marked(batch, key, FORMS).startswith(b"PK")


def test_lists_as_csv_and_json(tmp_path: Path) -> None:
    batch = filed(tmp_path / "x.xlsx", workbook(changed("A2", value="=1+1")))
    (row,) = csv.DictReader(io.StringIO(problems_csv(batch).decode("utf-8-sig")))
    assert (row["code"], row["value"]) == ("two_numbers", "'=1+1")
    (record,) = json.loads(problems_json(batch))
    assert (record["cell"], record["value"]) == (place("A2"), "=1+1")
