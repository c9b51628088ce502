"""Many files are taken in some at a time: what counts, and what is noticed, does not depend on how many at a time."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from flows.ingest import Ingested, ingest_batch
from flows.settings import Settings, make_settings
from schemas.folder import Plan
from schemas.plan import Intake
from tests.intake.corpus import FOLDER, PERIOD, Answers, changed, corpus_plan, good, workbook
from warehouse import measurements_of, read_warehouse, submissions

PLAN = corpus_plan()
NOW = datetime(2023, 7, 5, tzinfo=UTC)
SAME = "鄂科协发〔2023〕77号"


@pytest.fixture
def office(tmp_path: Path) -> Settings:
    return replace(make_settings(tmp_path / "home", FOLDER / "plan", "zh", {}), actor="office")


def send(folder: Path, name: str, answers: Answers, unit: str = "C-01", day: int = 1) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(workbook(answers, unit=unit))
    os.utime(path, (datetime(2023, 7, day, tzinfo=UTC).timestamp(),) * 2)
    return path


def take(office: Settings, *paths: Path, plan: Plan = PLAN) -> Ingested:
    return ingest_batch(office, plan, list(paths), PERIOD, received_at=NOW)


def states(done: Ingested) -> dict[str, str]:
    return {o.file_name: o.state for o in done.outcomes}


@pytest.mark.parametrize("chunk", [1, 2, 1000])
def test_the_newest_of_one_units_files_counts(
    office: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("flows.ingest.CHUNK", chunk)
    inbox = tmp_path / "inbox"
    send(inbox, "a.xlsx", changed("A2", value=1300), day=3)
    send(inbox, "b.xlsx", changed("A2", value=1100), day=1)
    send(inbox, "c.xlsx", changed("A2", value=1200), day=2)
    take(office, inbox)
    with read_warehouse(office.warehouse) as warehouse:
        rows = submissions(warehouse).sort("revision")
        newest = measurements_of(warehouse, rows["submission_id"][-1])
    assert rows["file_name"].to_list() == ["b.xlsx", "c.xlsx", "a.xlsx"]
    assert rows["state"].to_list() == ["superseded", "superseded", "accepted"]
    assert newest.filter(pl.col("indicator_code") == "A2")["value"].to_list() == [1300]


@pytest.mark.parametrize("chunk", [1, 1000])
def test_a_plan_that_refuses_two_files_refuses_both(
    office: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("flows.ingest.CHUNK", chunk)
    plan = replace(PLAN, file=PLAN.file.model_copy(update={"intake": Intake(same_batch="refuse")}))
    send(tmp_path / "inbox", "a.xlsx", good())
    send(tmp_path / "inbox", "b.xlsx", changed("A2", value=1250))
    send(tmp_path / "inbox", "c.xlsx", good("S-02"), unit="S-02")
    assert states(take(office, tmp_path / "inbox", plan=plan)) == {
        "a.xlsx": "returned", "b.xlsx": "returned", "c.xlsx": "accepted",
    }  # fmt: skip


def test_evidence_of_another_unit_is_noticed_days_later(office: Settings, tmp_path: Path) -> None:
    first = send(tmp_path / "1", "a.xlsx", changed("A1", evidence=SAME))
    assert states(take(office, first)) == {"a.xlsx": "accepted"}
    other = send(tmp_path / "2", "b.xlsx", changed("A1", unit="C-02", evidence=SAME), unit="C-02")
    done = take(office, other)
    assert states(done) == {"b.xlsx": "accepted_with_warnings"}
    assert "江城市科协" in done.outcomes[0].problems[0] and "(evidence_used_twice)" in done.outcomes[0].problems[0]


def test_a_units_own_evidence_sent_again_is_no_second_use(office: Settings, tmp_path: Path) -> None:
    take(office, send(tmp_path / "1", "a.xlsx", changed("A1", evidence=SAME)))
    again = changed("A1", evidence=SAME) | {("A2", ""): {"value": 1250}}
    assert states(take(office, send(tmp_path / "2", "a.xlsx", again))) == {"a.xlsx": "accepted"}


def test_outcomes_come_in_the_order_of_the_files(office: Settings, tmp_path: Path) -> None:
    take(office, send(tmp_path / "inbox", "b.xlsx", good(), day=3))
    send(tmp_path / "inbox", "a.xlsx", good("S-02"), unit="S-02", day=2)
    send(tmp_path / "inbox", "c.xlsx", good("S-01"), unit="S-01", day=1)
    done = take(office, tmp_path / "inbox")
    assert states(done) == {"a.xlsx": "accepted", "b.xlsx": "unchanged", "c.xlsx": "accepted"}
    assert [o.file_name for o in done.outcomes] == ["a.xlsx", "b.xlsx", "c.xlsx"]
