"""From problems and dates to a state."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from intake.batch import Batch
from intake.calendar import close_day, due_day
from intake.decide import decide
from intake.read import read_files
from schemas.folder import Plan
from schemas.plan import Intake
from tests.intake.corpus import PERIOD, changed, corpus_plan, edited, good, previous, workbook

PLAN = corpus_plan()


def filed(folder: Path, *files: bytes, plan: Plan = PLAN, **options: Any) -> Batch:
    for n, content in enumerate(files, 1):
        (folder / f"{n}.xlsx").write_bytes(content)
    return read_files(sorted(folder.iterdir()), plan, period=PERIOD, **options)


def with_intake(**rules: Any) -> Plan:
    return replace(PLAN, file=PLAN.file.model_copy(update={"intake": Intake.model_validate(rules)}))


def test_days_of_the_calendar() -> None:
    assert due_day(PLAN, PERIOD) == datetime(2023, 7, 14).date()
    assert close_day(PLAN, PERIOD) == datetime(2023, 7, 28).date()


@pytest.mark.parametrize(
    ("received_utc", "late_days", "state"),
    [
        ("2023-07-01 00:00", 0, "accepted"),
        ("2023-07-14 15:59", 0, "accepted"),  # 23:59 in Shanghai
        ("2023-07-14 16:00", 1, "accepted"),  # the next day there
        ("2023-07-17 01:00", 3, "accepted"),
        ("2023-07-28 15:59", 14, "accepted"),
        ("2023-07-28 16:00", 15, "held_late"),
    ],
)
def test_late_and_held(tmp_path: Path, received_utc: str, late_days: int, state: str) -> None:
    decided = decide(filed(tmp_path, workbook()), PLAN, datetime.fromisoformat(received_utc)).row(0, named=True)
    assert (decided["late_days"], decided["state"]) == (late_days, state)


def test_a_late_file_with_errors_is_returned_not_held(tmp_path: Path) -> None:
    batch = filed(tmp_path, workbook(changed("A2", value="约50")))
    decided = decide(batch, PLAN, datetime(2023, 9, 1)).row(0, named=True)
    assert decided["state"] == "returned"
    assert decided["reason"].startswith("1处错误:本期填报值“约50”不是数字")


def test_moments_by_file_hash(tmp_path: Path) -> None:
    batch = filed(tmp_path, workbook(), workbook(unit="S-02"))
    first, second = batch.submissions["file_hash"]
    decided = decide(batch, PLAN, {first: datetime(2023, 7, 1), second: datetime(2023, 7, 20)})
    assert decided["late_days"].to_list() == [0, 6]


def test_nil_return_makes_every_cell_nil(tmp_path: Path) -> None:
    batch = filed(tmp_path, workbook({}, nil=True))
    assert decide(batch, PLAN, datetime(2023, 7, 1))["state"].to_list() == ["nil"]
    assert set(batch.cells["status"]) == {"nil"}


@pytest.mark.parametrize("day", [1, 31], ids=["in time", "after the closing day"])
def test_a_blank_form_is_returned_whenever_it_comes(tmp_path: Path, day: int) -> None:
    batch = filed(tmp_path, workbook({}))
    decided = decide(batch, PLAN, datetime(2023, 7, day))
    assert decided["state"].to_list() == ["returned"]
    assert batch.problems["code"].to_list() == ["nothing_filled"]
    assert "零报告" in batch.problems["message_zh"][0]


def test_one_answer_is_a_report_and_so_is_a_nil_note(tmp_path: Path) -> None:
    one, nil = workbook({("A2", ""): {"value": 0}}), workbook({("A2", ""): {"note": "零报告"}}, unit="S-01")
    batch = filed(tmp_path, one, nil)
    assert decide(batch, PLAN, datetime(2023, 7, 1))["state"].to_list() == ["accepted_with_warnings"] * 2


def test_a_plan_may_take_blank_forms(tmp_path: Path) -> None:
    plan = with_intake(checks={"nothing_filled": {"severity": "off"}})
    batch = filed(tmp_path, workbook({}), plan=plan)
    assert decide(batch, plan, datetime(2023, 7, 1))["state"].to_list() == ["accepted_with_warnings"]
    assert batch.problems["code"].to_list() == ["missing_value"] * 10


def test_an_edited_hidden_row_is_noticed(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        rows = {row[0].value: row[1] for row in book["_kaohe"].iter_rows()}
        rows["template_version"].value = "0"

    batch = filed(tmp_path, edited(edit), edited(lambda _: None))
    assert batch.problems.filter(key=0)["code"].to_list() == ["meta_edited", "older_template"]
    assert batch.problems.filter(key=1).is_empty()
    assert decide(batch, PLAN, datetime(2023, 7, 1))["state"].to_list() == ["returned", "accepted"]


@pytest.mark.parametrize(
    ("severity", "state"), [("error", "returned"), ("warning", "accepted_with_warnings"), ("off", "accepted")]
)
def test_the_plan_sets_severities(tmp_path: Path, severity: str, state: str) -> None:
    plan = with_intake(checks={"evidence_missing": {"severity": severity}})
    batch = filed(tmp_path, workbook(changed("A1", evidence=None)), plan=plan)
    assert decide(batch, plan, datetime(2023, 7, 1))["state"].to_list() == [state]


def test_the_plan_sets_parameters(tmp_path: Path) -> None:
    content = workbook(changed("B4", "省级采用", value=40))
    assert "slip_of_ten" in set(filed(tmp_path, content, previous=previous()).problems["code"])
    plan = with_intake(checks={"slip_of_ten": {"parameters": {"at_least": 50}}})
    assert "slip_of_ten" not in set(filed(tmp_path, content, plan=plan, previous=previous()).problems["code"])


def test_warnings_need_an_explanation_where_the_plan_says_so(tmp_path: Path) -> None:
    plan = with_intake(explain_warnings=True)
    silent, explained = workbook(changed("A2", value=None)), workbook(changed("A2", value=None), explanation="系统升级")
    decided = decide(filed(tmp_path, silent, explained, plan=plan), plan, datetime(2023, 7, 1))
    assert decided["state"].to_list() == ["returned", "accepted_with_warnings"]


@pytest.mark.parametrize(
    ("rule", "states", "sequence"),
    [("last_modified", ["accepted", "accepted"], [2, 1]), ("last_name", ["accepted", "accepted"], [1, 2]),
     ("refuse", ["returned", "returned"], [2, 1])],
)  # fmt: skip
def test_two_files_of_one_unit_in_one_batch(tmp_path: Path, rule: str, states: list[str], sequence: list[int]) -> None:
    plan = with_intake(same_batch=rule)
    batch = filed(tmp_path, workbook(), workbook(changed("A2", value=1250)), plan=plan)
    newer = pl.when(pl.col("file_name") == "1.xlsx").then(datetime(2023, 7, 2)).otherwise(datetime(2023, 7, 1))
    batch = replace(batch, submissions=batch.submissions.with_columns(modified_at=newer.cast(pl.Datetime("us"))))
    decided = decide(batch, plan, datetime(2023, 7, 3))
    assert (decided["state"].to_list(), decided["sequence"].to_list()) == (states, sequence)


def test_year_to_date_written_for_the_quarters_own_number(tmp_path: Path) -> None:
    from intake.template import Forms
    from schemas.periods import parse_period

    third = parse_period("2023Q3")
    rows = [("C-01", "A2", p, "", v) for p, v in (("2023Q1", 1000.0), ("2023Q2", 1200.0))]
    past = pl.DataFrame(rows, schema=["unit_code", "indicator_code", "period", "part", "value"], orient="row")
    (tmp_path / "a.xlsx").write_bytes(Forms(PLAN, third).workbook("C-01", {**good(), ("A2", ""): {"value": 3400}}))
    batch = read_files([tmp_path / "a.xlsx"], PLAN, period=third, previous=past)
    assert batch.problems["code"].to_list() == ["year_to_date_suspected"]
