"""A year as an office lives it: what was known when, what was published, and that none of it was overwritten."""

import importlib
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from itertools import permutations
from pathlib import Path

import duckdb
import polars as pl
import pytest

from flows.assess import assess_period
from flows.audit import audit
from flows.cli import main
from flows.diff import diff_runs
from flows.files import sha256_of
from flows.verify import verify_package
from schemas.asked import asked
from schemas.errors import UserError
from schemas.folder import load_plan
from schemas.periods import parse_period
from schemas.tables import Events, columns_of
from tests.history.played import EXAMPLE, JZ, WH, XH, Office, play_q1, play_q2, play_q3, play_q4, publish_q2_again, utc
from warehouse import (
    Warehouse,
    appeals,
    latest_run,
    load_registry,
    load_run,
    open_warehouse,
    period_state,
    plans,
    publications,
    read_warehouse,
    run_row,
    runs,
    scoring_inputs,
    submissions,
)
from warehouse.session import insert

EDITIONS = ("Q2 first", "Q2 second")
chain = importlib.import_module("warehouse.events")  # ``warehouse.events`` itself is the function


def bytes_of(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): sha256_of(p) for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def year(started: Office) -> Office:
    play_q1(started)
    play_q2(started)
    before = bytes_of(started.published["Q2 first"].folder)
    with pytest.raises(UserError, match="kaohe period reopen 2023Q2"):
        started.publish("2023Q2", "refused")
    publish_q2_again(started)
    assert bytes_of(started.published["Q2 first"].folder) == before, "the first edition must stay as it was"
    said = [json.loads((started.published[n].folder / "editions/2023Q2/edition.json").read_bytes()) for n in EDITIONS]
    assert "replaces" not in said[0] and said[1]["replaces"].endswith("公布的第 1 版。")
    assert said[1]["correction"] == "更正原因:抽查核减。", "for leadership: it may name a unit"
    play_q3(started)
    play_q4(started)
    return started


def state_of(submission: str) -> Callable[[Warehouse, str], object]:
    def ask(warehouse: Warehouse, day: str) -> object:
        rows = submissions(warehouse, as_of=utc(day)).filter(pl.col("submission_id") == submission)
        return rows["state"].to_list() or None

    return ask


def counting(unit: str, period: str) -> Callable[[Warehouse, str], object]:
    def ask(warehouse: Warehouse, day: str) -> object:
        rows = scoring_inputs(warehouse, [period], utc(day)).submissions
        return rows.filter(pl.col("unit_code") == unit)["revision"].to_list()

    return ask


def state(period: str) -> Callable[[Warehouse, str], object]:
    return lambda warehouse, day: period_state(warehouse, period, utc(day))


def editions(period: str) -> Callable[[Warehouse, str], object]:
    return lambda warehouse, day: publications(warehouse, period, utc(day)).height


def open_appeals(period: str) -> Callable[[Warehouse, str], object]:
    return lambda warehouse, day: (appeals(warehouse, period, utc(day))["state"] == "open").sum()


def adjustments(period: str) -> Callable[[Warehouse, str], object]:
    return lambda warehouse, day: scoring_inputs(warehouse, [period], utc(day)).adjustments.height


def assessed(period: str) -> Callable[[Warehouse, str], object]:
    def ask(warehouse: Warehouse, day: str) -> object:
        newest = latest_run(warehouse, period, utc(day))
        return load_run(warehouse, newest)[1]["unit_code"].to_list() if newest else None

    return ask


def successor(unit: str, period: str) -> Callable[[Warehouse, str], object]:
    """Who continued the unit, by the registry that the period's newest run used?"""

    def ask(warehouse: Warehouse, day: str) -> object:
        run = run_row(warehouse, latest_run(warehouse, period, utc(day)) or "")
        units = load_registry(warehouse, run["registry_hash"])
        return units.filter(pl.col("unit_code") == unit)["successor_code"][0]

    return ask


def versions() -> Callable[[Warehouse, str], object]:
    return lambda warehouse, day: plans(warehouse, utc(day))["version"].to_list()


QUESTIONS = [
    # what, on which day, answer
    (counting(WH, "2023Q1"), "2023-04-01", []),
    (counting(WH, "2023Q1"), "2023-04-11", [1]),
    (counting(WH, "2023Q1"), "2023-04-13", [2]),
    (state_of("HB-WH/2023Q1/1"), "2023-04-11", ["accepted"]),
    (state_of("HB-WH/2023Q1/1"), "2023-04-13", ["superseded"]),
    (state_of("HB-XH-001/2023Q1/1"), "2023-04-20", None),
    (state_of("HB-XH-001/2023Q1/1"), "2023-04-26", ["held_late"]),
    (state_of("HB-XH-001/2023Q1/1"), "2023-05-01", ["accepted"]),
    (counting(XH, "2023Q1"), "2023-04-26", []),
    (counting(XH, "2023Q1"), "2023-05-01", [1]),
    (state("2023Q1"), "2023-04-15", "open"),
    (state("2023Q1"), "2023-04-20", "closed"),
    (state("2023Q1"), "2023-04-26T20:00", "scored"),
    (state("2023Q1"), "2023-05-01", "in_review"),
    (state("2023Q1"), "2023-05-10T20:00", "approved"),
    (state("2023Q1"), "2023-06-01", "published"),
    (open_appeals("2023Q1"), "2023-05-01", 0),
    (open_appeals("2023Q1"), "2023-05-03", 1),
    (open_appeals("2023Q1"), "2023-05-06", 0),
    (adjustments("2023Q1"), "2023-05-01", 0),
    (adjustments("2023Q1"), "2023-05-06", 1),
    (editions("2023Q1"), "2023-05-01", 0),
    (editions("2023Q1"), "2023-12-31", 1),
    (editions("2023Q2"), "2023-08-10", 1),
    (state("2023Q2"), "2023-08-20T20:00", "published"),
    (editions("2023Q2"), "2023-09-01", 2),
    (state("2023Q4"), "2023-12-31", "open"),
    (state("2023Q4"), "2024-02-01", "published"),
    (assessed("2023Q3"), "2024-02-01", [JZ, WH, XH]),
    (assessed("2023Q4"), "2024-01-18T20:00", [JZ, WH, XH]),
    (assessed("2023Q4"), "2024-01-25", [WH, XH]),
    (successor(JZ, "2023Q3"), "2024-02-01", None),
    (successor(JZ, "2023Q4"), "2024-02-01", WH),
    (versions(), "2023-10-01", ["1"]),
    (versions(), "2023-12-31", ["1", "2"]),
]


@pytest.mark.slow
def test_every_question_about_the_past_has_its_answer(year: Office) -> None:
    with read_warehouse(year.settings.warehouse) as warehouse:
        answers = [ask(warehouse, day) for ask, day, _ in QUESTIONS]
    assert answers == [answer for _, _, answer in QUESTIONS]


def test_the_newest_run_of_any_day_is_known(year: Office) -> None:
    days = [("2023Q1", "2023-04-26T20:00", "Q1 without the society"), ("2023Q1", "2023-05-01", "Q1 with the society"),
            ("2023Q1", "2023-12-01", "Q1 after the appeal"), ("2023Q2", "2023-08-01", "Q2"),
            ("2023Q2", "2024-01-01", "Q2 verified")]  # fmt: skip
    with read_warehouse(year.settings.warehouse) as warehouse:
        for period, day, name in days:
            assert latest_run(warehouse, period, utc(day)) == year.runs[name], name


def test_the_run_after_a_granted_appeal_names_it(year: Office) -> None:
    with read_warehouse(year.settings.warehouse) as warehouse:
        reasons = {name: run_row(warehouse, run_id)["reason"] for name, run_id in year.runs.items()}
    assert reasons["Q1 after the appeal"] == "复核后重算; 申诉成立 HB-JZ/2023Q1/A1"
    assert reasons["Q1 with the society"] == "准予补报后重算"


def test_scoring_as_of_a_day_is_the_run_of_that_day(year: Office) -> None:
    """What did we know on 1 May? The run that was made of it, and nothing is written again."""
    plan, known = load_plan(EXAMPLE), utc("2023-05-01").replace(tzinfo=UTC)
    assert plan.hash != year.plan.hash
    done = assess_period(year.settings, plan, parse_period("2023Q1"), as_of=known)
    assert (done.run_id, done.new) == (year.runs["Q1 with the society"], False)


def test_what_was_changed_shows_in_the_runs(year: Office) -> None:
    def total(name: str, unit: str) -> float:
        with read_warehouse(year.settings.warehouse) as warehouse:
            results = load_run(warehouse, year.runs[name])[1]
        return float(results.filter(pl.col("unit_code") == unit)["total"][0])

    assert total("Q1 after the appeal", JZ) == 88.5 != total("Q1 with the society", JZ)
    assert total("Q1 with the society", XH) > total("Q1 without the society", XH)
    assert total("Q2 verified", WH) < total("Q2", WH)
    assert total("Q2 verified", JZ) == total("Q2", JZ)


CAUSES = [
    # from, to: the units that moved by their own or the plan's doing, and by what
    ("Q1 without the society", "Q1 with the society", {XH: {"data"}}),
    ("Q1 with the society", "Q1 after the appeal", {JZ: {"adjustments"}}),
    ("Q2", "Q2 verified", {WH: {"verification"}}),
    ("Q3 by the first plan", "Q3", {WH: {"plan"}, JZ: {"plan"}}),
    ("Q4 before the merger", "Q4", {JZ: {"units"}}),
]


@pytest.mark.parametrize(("old", "new", "moved"), CAUSES, ids=[new for _, new, _ in CAUSES])
def test_every_diff_of_the_year_names_its_cause(year: Office, old: str, new: str, moved: dict[str, set[str]]) -> None:
    diff = diff_runs(year.settings, year.runs[old], year.runs[new])
    causes = {m.unit_code: {p.cause for p in m.parts if abs(p.points) > 1e-9} for m in diff.moves if m.points}
    assert causes == moved


def test_every_diff_of_the_year_adds_up(year: Office) -> None:
    with read_warehouse(year.settings.warehouse) as warehouse:
        by_period = runs(warehouse).group_by("period", maintain_order=True).agg("run_id")["run_id"].to_list()
    pairs = [pair for ids in by_period for pair in permutations(ids, 2)]
    assert len(pairs) == 3 * 2 + 2 + 2 + 2
    for old, new in pairs:
        diff = diff_runs(year.settings, old, new)
        assert diff.moves and diff.notes == ()
        for move in diff.moves:
            assert abs(math.fsum(p.points for p in move.parts) - move.points) <= 1e-9, (old, new, move)


def test_every_published_package_verifies_alone(year: Office) -> None:
    assert [p.publication_id for p in year.published.values()] == [
        "2023Q1/1", "2023Q2/1", "2023Q2/2", "2023Q3/1", "2023Q4/1",
    ]  # fmt: skip
    for name, published in year.published.items():
        done = verify_package(published.folder, documents=name == "Q2 first")
        assert done.faults == [], name
        assert (done.units, done.rules_changed) == (2 if name == "Q4" else 3, False)
        assert done.documents > 10 or name != "Q2 first"


def test_publishing_again_changes_nothing(year: Office) -> None:
    again = year.on("2024-02-01").publish("2023Q4", "Q4")
    assert not again.new and again.folder == year.published["Q4"].folder


def test_the_audit_holds_at_the_end_and_says_what_it_saw(year: Office, capsys: pytest.CaptureFixture[str]) -> None:
    done = audit(year.settings)
    assert done.faults == []
    assert (done.packages, done.files) == (5, 13)
    assert main(["audit", "--home", str(year.settings.home)]) == 0
    said = capsys.readouterr().out
    assert "审计通过" in said and done.head in said


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE results SET total = total + 1 WHERE unit_code = 'HB-WH'", "runs "),
        ("UPDATE scores SET score = 100 WHERE node_code = 'S1'", "runs "),
        ("UPDATE events SET reason = '无' WHERE seq = 9", "第 9 号"),
        ("UPDATE measurements SET value = 7 WHERE submission_id = 'HB-JZ/2023Q3/1'", "submissions HB-JZ/2023Q3/1"),
        ("UPDATE appeals SET state = 'open'", "appeals HB-JZ/2023Q1/A1"),
        ("DELETE FROM events WHERE seq > 40", "链首"),
    ],
)  # fmt: skip
def test_what_sql_changed_is_named(
    year: Office, tmp_path: Path, statement: str, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    shutil.copytree(year.settings.home, home)
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(statement)
    assert main(["audit", "--home", str(home)]) == 1
    assert named in capsys.readouterr().err


def test_a_chain_written_anew_does_not_have_the_printed_heads(year: Office, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(year.settings.home, home)
    settings = replace(year.settings, home=home)
    with open_warehouse(settings.warehouse) as warehouse:
        rows, previous = chain.events(warehouse).to_dicts(), "0" * 64
        rows[8]["reason"] = "别的理由"
        for row in rows:
            row["previous_hash"], row["hash"] = previous, chain._hash_of({**row, "previous_hash": previous})
            previous = row["hash"]
        warehouse.write("DELETE FROM events")
        insert(warehouse, "events", pl.DataFrame(rows, schema=columns_of(Events)))
        assert chain.verify_events(warehouse) is None
    assert [f for f in audit(settings).faults if "整体改写" in f.zh]


def test_a_changed_archived_file_is_named(year: Office, capsys: pytest.CaptureFixture[str]) -> None:
    path = sorted(p for p in year.settings.archive.rglob("*.xlsx"))[0]
    kept = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    try:
        assert main(["audit", "--home", str(year.settings.home)]) == 1
        assert path.name in capsys.readouterr().err
    finally:
        path.write_bytes(kept)


def test_a_backup_restores_all_of_it(year: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, kept = tmp_path / "restored", str(tmp_path / "backup")
    assert main(["backup", kept, "--home", str(year.settings.home)]) == 0
    assert main(["restore", kept, "--home", str(home)]) == 0
    assert main(["audit", "--home", str(home)]) == 0
    assert main(["verify", str(home / "output" / "published" / "2023Q2" / "1")]) == 0
    assert main(["restore", kept, "--home", str(home)]) == 1
    assert "空的数据库" in capsys.readouterr().err

    def changed(path: Path) -> None:
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-1] + b"?")

    folder = tmp_path / "backup"
    for harm, path, named in (
        (changed, next((folder / "published" / "2023Q2").rglob("results.parquet")), "results.parquet"),
        (changed, next((folder / "archive").rglob("*.xlsx")), "已被改动"),
        (Path.unlink, next((folder / "archive").rglob("*.xlsx")), "缺少 1 个收到的文件"),
    ):
        content = path.read_bytes()
        harm(path)
        assert main(["restore", kept, "--home", str(tmp_path / "none")]) == 1
        assert named in capsys.readouterr().err
        assert not (tmp_path / "none" / "warehouse.duckdb").exists()
        path.write_bytes(content)


def test_a_merged_unit_is_asked_no_more(year: Office) -> None:
    for code, units in (("2023Q3", [JZ, WH, XH]), ("2023Q4", [WH, XH])):
        assert sorted(asked(year.plan, parse_period(code))["unit_code"].unique()) == units


def test_the_log_says_who_did_what_when_and_why(year: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "2023Q4", "--last", "30", "--home", str(year.settings.home)]) == 0
    said = capsys.readouterr().out
    assert "2024-01-18 12:00:00 UTC office 周期状态 2023Q4 收表中→已截止" in said
    assert f"报送状态 HB-JZ/2023Q4/1 接收→不计入(HB-JZ 并入 {WH})" in said
    assert f"计分 {year.runs['Q4']} @" in said and "2023Q3" not in said
    assert main(["--lang", "en", "log", "--last", "1", "--home", str(year.settings.home)]) == 0
    assert capsys.readouterr().out.count("\n") == 1
