"""Every file of data/examples/messy becomes what its table says: state and exact set of problem codes."""

import csv
from datetime import datetime

import polars as pl
import pytest

from intake.batch import Batch
from intake.catalogue import CATALOGUE
from intake.decide import decide
from intake.read import read_files
from tests.intake.corpus import FOLDER, PERIOD, corpus_plan, previous, targets_due
from tests.intake.corpus_cases import expected

TABLE = list(csv.DictReader((FOLDER / "expected.csv").read_text(encoding="utf-8").splitlines()))
Outcome = dict[tuple[str, str], tuple[str, set[str]]]
FILES = sorted((FOLDER / "files").iterdir())


@pytest.fixture(scope="module")
def batch() -> Batch:
    return read_files(FILES, corpus_plan(), period=PERIOD, previous=previous(), targets_due=targets_due())


@pytest.fixture(scope="module")
def outcome(batch: Batch) -> Outcome:
    decided = decide(batch, corpus_plan(), datetime(2023, 7, 5))
    codes = batch.problems.group_by("key").agg(pl.col("code").unique())
    several = {r["file"] for r in TABLE if r["unit"]}
    return {
        (r["file_name"], (r["unit_code"] or "") if r["file_name"] in several else ""): (
            r["state"],
            set(r["code"] or []),
        )
        for r in decided.join(codes, on="key", how="left").iter_rows(named=True)
    }


@pytest.mark.parametrize("row", TABLE, ids=lambda r: f"{r['file']} {r['unit']}".strip())
def test_file_becomes_what_the_table_says(row: dict[str, str], outcome: Outcome) -> None:
    assert outcome[row["file"], row["unit"]] == (row["state"], set(row["codes"].split()))


def test_every_file_stands_in_the_table_and_the_table_is_the_generators() -> None:
    assert {p.name for p in FILES} == {r["file"] for r in TABLE}
    assert list(expected()) == TABLE
    assert len(FILES) >= 60


def test_the_corpus_shows_every_check() -> None:
    elsewhere = {
        "file_too_big", "parser_gave_up", "nothing_asked", "too_many_problems", "year_to_date_suspected",
        "same_batch_twice", "read_text_number", "read_word", "entry_missing", "date_expected", "choice_expected",
        "item_not_taken", "document_missing", "entry_twice", "verdict_with_value", "verdict_wrong_column",
        "verdict_without_report", "reported_anew", "evidence_refused", "evidence_unlinked", "evidence_file_missing",
        "evidence_not_received", "form_book", "review_book", "register_book", "plan_book", "result_book",
        "foreign_register", "foreign_review", "unit_merged", "unit_closed", "unit_not_yet", "code_rewritten",
        "code_unclear",
    }  # fmt: skip
    shown = {code for row in TABLE for code in row["codes"].split()}
    assert shown | elsewhere == set(CATALOGUE)
    assert not shown & elsewhere


def test_names_of_files_tell_the_outcome() -> None:
    states = {
        "good": "accepted", "repair": "accepted_with_warnings", "warn": "accepted_with_warnings", "refuse": "returned",
    }  # fmt: skip
    assert not [r["file"] for r in TABLE if states.get(r["file"].split("_")[0], r["state"]) != r["state"]]
