"""A workbook of Kaohe's own that was sent to the wrong command is told by name, with the command that takes it."""

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from intake.child import parse
from intake.guards import Limits
from intake.ledger import ledger_workbook
from intake.other_books import RESULTS, other_book
from intake.plan_reader import read_plan_workbook
from intake.pool import Parsers
from intake.read import read_files
from intake.register import read_register, register_workbook
from intake.review import review_workbook
from intake.verdicts import read_reviews
from schemas.errors import UserError
from schemas.findings import ledger
from schemas.tables import Findings, empty
from scorecards.diff import word
from scorecards.unit_workbook import NAMES
from scorecards.wording import WORDS
from tests.intake.corpus import PERIOD, corpus_plan, sheet_bytes, workbook

PLAN = corpus_plan()


def result_book() -> bytes:
    """A ranking workbook's sheets; the scores would read as one wide sheet of reported values."""
    book = openpyxl.load_workbook(io.BytesIO(sheet_bytes([["单位代码", "A1", "A2"], ["C-01", 88.5, 90]])))
    book.worksheets[0].title = "指标得分"
    for name in ("总览", "说明"):
        book.create_sheet(name)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def plan_book() -> bytes:
    book = openpyxl.Workbook()
    for name in ("规则", "结构", "指标", "单位"):
        book.create_sheet(name)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def review_book(folder: Path, lang: str) -> bytes:
    (folder / "a.xlsx").write_bytes(workbook())
    return review_workbook(PLAN, read_files([folder / "a.xlsx"], PLAN, period=PERIOD).cells, lang=lang)


def empty_ledger() -> pl.DataFrame:
    rows = empty(Findings).with_columns(first_due_on=pl.lit(None, pl.String))
    return ledger(rows, None, date(2023, 8, 10))


BOOKS: dict[str, Callable[[Path], bytes]] = {
    "form_book": lambda _: workbook(),
    "review_book": lambda folder: review_book(folder, "zh"),
    "review_book in English": lambda folder: review_book(folder, "en"),
    "register_book": lambda _: register_workbook(PLAN),
    "register_book, the ledger alone": lambda _: ledger_workbook(PLAN, empty_ledger(), "整改台账"),
    "plan_book": lambda _: plan_book(),
    "result_book": lambda _: result_book(),
}


@pytest.mark.parametrize("name", BOOKS)
def test_every_workbook_is_known(tmp_path: Path, name: str) -> None:
    code, path = name.split(",")[0].split(" ")[0], tmp_path / "sent.xlsx"
    path.write_bytes(BOOKS[name](tmp_path))
    answer = parse(path, Limits())
    for wanted in ("form_book", "review_book", "register_book", "plan_book"):
        assert other_book(answer, wanted) == (None if wanted == code else code)


def test_a_units_own_table_is_none_of_ours(tmp_path: Path) -> None:
    """Also where its sheet is called 台账: too many of the register's columns are missing."""
    book = openpyxl.Workbook()
    book.worksheets[0].title = "台账"
    for row in (
        ["单位代码", "指标代码", "周期", "分项", "本期填报值", "备注"],
        ["C-01", "A1", "2023Q2", None, 5, None],
    ):
        book.worksheets[0].append(row)
    book.save(tmp_path / "own.xlsx")
    assert other_book(parse(tmp_path / "own.xlsx", Limits()), "form_book") is None


def test_every_command_says_so(tmp_path: Path) -> None:
    review, form = tmp_path / "核验.xlsx", tmp_path / "填报.xlsx"
    review.write_bytes(review_book(tmp_path, "zh"))
    form.write_bytes(workbook())
    with Parsers(1) as parsers:
        found = [
            read_files([review], PLAN, period=PERIOD, parsers=parsers).problems,
            read_register(review, PLAN, parsers=parsers).problems,
            read_reviews(form, PLAN, parsers=parsers).problems,
        ]
    said = [problems["message_zh"].to_list() for problems in found]
    assert ["kaohe review take 核验.xlsx" in said[0][0], "kaohe review take 核验.xlsx" in said[1][0]] == [True, True]
    assert "kaohe ingest 填报.xlsx" in said[2][0] and [len(s) for s in said] == [1, 1, 1]
    with pytest.raises(UserError, match="kaohe review take"):
        read_plan_workbook(review)


def test_results_are_known_by_the_sheets_that_are_written() -> None:
    for n, lang in enumerate(("zh", "en")):
        assert {WORDS[k][n] for k in ("overview", "indicators", "notes")} in RESULTS
        assert set(NAMES[lang]) in RESULTS
        assert {word(k, lang) for k in ("moves", "parts", "notes")} in RESULTS
