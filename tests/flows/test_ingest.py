"""What is received is archived, checked, stored once, and answered."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from flows.ingest import ingest_batch
from flows.settings import Settings
from flows.status import status_lines
from intake.checks import why_not_asked
from intake.known import Known
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import parse_period
from tests.flows.forms import change_value, first
from warehouse import problems_of, read_warehouse, submissions

Q1 = parse_period("2023Q1")
IN_TIME = datetime(2023, 4, 5, tzinfo=UTC)
Rows = Callable[[], dict[str, int]]


def test_a_second_ingest_changes_no_row(settings: Settings, plan: Plan, inbox: Path, rows: Rows) -> None:
    done = ingest_batch(settings, plan, [inbox], Q1, received_at="modified")
    assert sum(done.counts.values()) == 3 and not done.faulty
    before, archived = rows(), sorted(settings.archive.rglob("*"))
    again = ingest_batch(settings, plan, [inbox], Q1, received_at="modified")
    assert again.counts == {"unchanged": 3}
    assert [(o.unit_code, o.period) for o in again.outcomes] == [(o.unit_code, o.period) for o in done.outcomes]
    assert (rows(), sorted(settings.archive.rglob("*"))) == (before, archived)


def test_a_returned_file_keeps_problems_but_no_values(settings: Settings, plan: Plan, inbox: Path) -> None:
    path = change_value(first(inbox), lambda _: "约50")
    done = ingest_batch(settings, plan, [inbox], Q1, received_at=IN_TIME)
    (bad,) = done.faulty
    assert bad.state == "returned" and bad.answer and bad.answer.is_file()
    assert any(path.name in p and "约50" in p for p in bad.problems)
    with read_warehouse(settings.warehouse) as warehouse:
        stored = submissions(warehouse)
        assert bad.submission_id and problems_of(warehouse, bad.submission_id).height == len(bad.problems)
    assert sorted(stored["state"].to_list())[-1] == "returned"
    text = "\n".join(status_lines(settings, plan))
    assert "退回 1" in text and bad.unit_code and bad.unit_code in text


def test_the_problems_come_back_as_csv_and_json_too(settings: Settings, plan: Plan, inbox: Path) -> None:
    change_value(first(inbox), lambda _: "约50")
    (bad,) = ingest_batch(settings, plan, [inbox], Q1, received_at=IN_TIME).faulty
    assert bad.answer
    told = json.loads(bad.answer.with_suffix(".json").read_text("utf-8"))
    rows = list(csv.DictReader(bad.answer.with_suffix(".csv").read_text("utf-8-sig").splitlines()))
    with read_warehouse(settings.warehouse) as warehouse:
        stored = problems_of(warehouse, str(bad.submission_id))
    for listed in (told, rows):
        assert [p["code"] for p in listed] == stored["code"].to_list()
        assert [p["cell"] for p in listed] == stored["cell"].to_list()
    assert "number_expected" in stored["code"].to_list()


def test_the_marked_copy_can_be_corrected_and_sent_again(settings: Settings, plan: Plan, inbox: Path) -> None:
    change_value(first(inbox), lambda _: "约50")
    (bad,) = ingest_batch(settings, plan, [inbox], Q1, received_at=IN_TIME).faulty
    assert bad.answer
    corrected = Path(shutil.copy(bad.answer, inbox / "corrected.xlsx"))
    change_value(corrected, lambda _: 50, was="约50")
    done = ingest_batch(settings, plan, [corrected], Q1, received_at=IN_TIME)
    assert not done.faulty
    assert done.outcomes[0].unit_code == bad.unit_code


def test_a_unit_that_is_not_there_any_more_is_told_who_reports_instead(
    settings: Settings, plan: Plan, inbox: Path
) -> None:
    """One sentence, not one a row; also where no unit of the batch is valid, so that no form can be made."""
    merged, new, here = plan.units["unit_code"].sort()
    columns = {"valid_from": {new: "2023-04-01"}, "valid_to": {merged: "2023-02-28"}, "successor_code": {merged: here}}
    life = {n: pl.col("unit_code").replace_strict(d, default=None) for n, d in columns.items()}
    later = replace(plan, units=plan.units.with_columns(**life))
    books = [p for p in sorted(inbox.glob("*.xlsx")) if plan.units.row(2, named=True)["name"] not in p.name]
    done = ingest_batch(settings, later, books, Q1, received_at=IN_TIME)
    said = {o.unit_code: " ".join(o.problems) for o in done.outcomes if o.unit_code != here}
    assert {(o.state, o.errors, bool(o.answer)) for o in done.outcomes if o.unit_code != here} == {
        ("returned", 1, True)
    }
    assert "到2023-02-28为止,由“" in said[merged] and here in said[merged] and "自2023-04-01起" in said[new]
    closed = replace(later, units=later.units.with_columns(successor_code=pl.lit(None, pl.String)))
    assert why_not_asked(Known(closed), merged, "2023Q1") == ("unit_closed", "2023-02-28", None)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.xlsx", b""),
        ("no workbook.xlsx", b"PK\x03\x04 but no more"),
        ("foreign.csv", "日期,天气\n2023-01-01,晴\n".encode()),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(64)),
        ("unknown unit.csv", "单位代码,考核周期,指标代码,本期填报值\nNOBODY,2023Q1,T05-1,5\n".encode()),
        ("unknown period.csv", "单位代码,考核周期,指标代码,本期填报值\nWH,2031Q9,T05-1,5\n".encode()),
    ],
)
def test_what_belongs_to_nobody_is_archived_and_nothing_else(
    settings: Settings, plan: Plan, tmp_path: Path, rows: Rows, inbox: Path, name: str, content: bytes
) -> None:
    ingest_batch(settings, plan, [inbox], Q1, received_at="modified")
    before = rows()
    path = tmp_path / name
    path.write_bytes(content)
    done = ingest_batch(settings, plan, [path], received_at=IN_TIME)
    assert [o.state for o in done.outcomes] == ["refused"]
    assert all(name in p for o in done.outcomes for p in o.problems)
    assert done.outcomes[0].problems
    assert rows() == before
    kept = [p for p in settings.archive.rglob("*") if p.name.startswith(done.outcomes[0].file_hash)]
    assert [p.read_bytes() for p in kept] == [content]


def test_a_late_file_counts_its_days(settings: Settings, plan: Plan, inbox: Path) -> None:
    late = datetime(2023, 4, 21, 9, tzinfo=UTC)
    done = ingest_batch(settings, plan, [inbox], Q1, received_at=late)
    assert all(o.late_days > 0 and o.state.startswith("accepted") for o in done.outcomes)
    again = change_value(first(inbox), lambda v: v + 1)
    closed = ingest_batch(settings, plan, [again], Q1, received_at=datetime(2023, 9, 1, tzinfo=UTC))
    assert closed.counts == {"held_late": 1}


def test_no_file_is_a_sentence(settings: Settings, plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    for path in (tmp_path / "nothing", tmp_path / "absent"):
        with pytest.raises(UserError) as error:
            ingest_batch(settings, plan, [path])
        assert str(path) in error.value.zh
    assert not settings.warehouse.exists()
