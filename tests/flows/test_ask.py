"""``kaohe ask``, the rule book and the rectification sheets, as commands on a small office with two quarters."""

import csv
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from flows.assess import assess_period
from flows.cli import main
from flows.export import export_run, load_edition
from flows.ingest import ingest_batch
from flows.leaders import compared_periods
from flows.settings import Settings, make_settings
from schemas.folder import Plan
from schemas.periods import Period, parse_period
from schemas.tables import Findings, columns_of
from warehouse import add_findings, add_publication, load_run, open_warehouse, run_inputs, save_run
from warehouse.runs import INPUTS

Q1, Q2 = parse_period("2023Q1"), parse_period("2023Q2")
Office = tuple[Settings, dict[Period, str]]


@pytest.fixture(scope="module")
def office(
    plan: Plan, plan_folder: Path, filled: Callable[[Period], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """Two scored quarters; the first is published, then scored once more; one finding of it is still open."""
    made = make_settings(tmp_path_factory.mktemp("ask") / "home", plan_folder, "zh", {})
    settings = replace(made, actor="office")
    known = {}
    for period in (Q1, Q2):
        inbox = Path(shutil.copytree(filled(period), settings.inbox / str(period)))
        ingest_batch(settings, plan, [inbox], period, received_at=datetime(2023, period.last_month + 1, 5, tzinfo=UTC))
        with open_warehouse(settings.warehouse) as warehouse:
            add_findings(warehouse, finding(str(period)), actor="office", reason="inspection")
        known[period] = assess_period(settings, plan, period).run_id
        if period == Q1:
            publish_and_score_again(settings, known[Q1])
    yield settings, known


def finding(period: str) -> pl.DataFrame:
    row = {
        "unit_code": "HB-JZ", "period": period, "found_on": "2023-04-10", "title": f"({period})=台账不全",
        "demand": "补齐台账", "due_on": "2023-05-31", "state": "open", "source": "专项督查",
    }  # fmt: skip
    return pl.DataFrame([row], schema_overrides={c: t for c, t in columns_of(Findings).items() if c in row})


def publish_and_score_again(settings: Settings, run_id: str) -> None:
    """Publish the first quarter, then store a newer run of it with other totals, which nobody published."""
    with open_warehouse(settings.warehouse) as warehouse:
        add_publication(warehouse, "2023Q1", run_id, package_path="x", package_hash="0" * 64, actor="office")
        row, results, scores = load_run(warehouse, run_id)
        hashes = {name: str(row[name]) for name in INPUTS} | {"items_hash": "1" * 64}
        counted = run_inputs(warehouse, run_id).drop("run_id")
        changed = results.with_columns(pl.col("total") - 1)
        save_run(
            warehouse, period="2023Q1", hashes=hashes, results=changed, scores=scores, counted=counted, actor="office"
        )


def ask(office: Office, *words: str, lang: str = "zh") -> int:
    settings = office[0]
    return main(["--lang", lang, "ask", *words, "--home", str(settings.home), "--plan", str(settings.plan_folder)])


def test_answers_rest_on_published_runs_and_say_so(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    known = office[1]
    assert ask(office, "trend", "2023Q2") == 0
    told = capsys.readouterr().out
    assert f"2023年第一季度：公布批次 {known[Q1]}" in told
    assert f"2023年第二季度：未公布，最新批次 {known[Q2]}" in told
    assert ask(office, "trend", "2023Q2", "--latest") == 0
    assert f"公布批次 {known[Q1]}" not in capsys.readouterr().out
    assert ask(office, "trend", "2023Q2", "--only-published") == 1
    assert "还没有公布" in capsys.readouterr().err
    assert ask(office, "trend", "2023Q1", "--only-published") == 0


def test_the_bulletin_too_compares_with_what_was_published(office: Office, plan: Plan) -> None:
    settings, known = office
    _, edition, earlier = load_edition(settings, plan, known[Q2])
    assert [e.run_id for e in earlier] == [known[Q1]]
    assert edition.previous is not None and edition.previous.equals(earlier[0].results)
    assert [e.run_id for e in compared_periods(settings, plan, Q2).editions] == [known[Q1], known[Q2]]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("question", ["trend", "red", "improved", "rectification"])
def test_every_question_is_answered(
    office: Office, question: str, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(office, question, "2023Q2", "--class", "city", lang=lang) == 0
    told = capsys.readouterr()
    assert told.err == "" and len(told.out.splitlines()) > 1


def test_an_answer_as_csv_and_json(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(office, "improved", "2023Q2", "--out", str(tmp_path / "a.csv")) == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text(encoding="utf-8-sig"))))
    assert {r["单位"] for r in rows} == {"武汉市科协", "荆州市科协", "示例学会一"}
    moved = {r["单位"]: round(float(r["总分"]) - float(r["上期总分"]), 2) for r in rows}
    assert [r["总分变化"] for r in rows] == [f"{'↑' if m > 0 else '↓'}{abs(m):.2f}" for m in moved.values()]
    assert [r["进步名次"] for r in rows if r["单位类别"] == "市州科协"] == ["1", "2"]
    assert rows[0]["单位"] == max(("武汉市科协", "荆州市科协"), key=lambda name: moved[name])
    assert ask(office, "red", "2023Q2", "--level", "all", "--out", str(tmp_path / "a.json")) == 0
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["notes"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("red", "2023Q2", "--times", "0"), 2, "--times"),
        (("trend", "2023Q2", "--node", "NOPE"), 1, "NOPE"),
        (("trend", "2023Q2", "--unit", "NOPE"), 1, "NOPE"),
        (("trend", "2023Q2", "--class", "nope"), 1, "city"),
        (("improved", "2023Q1"), 1, "2022Q4"),
        (("trend", "2023Q4"), 1, "kaohe assess 2023Q4"),
        (("trend", "2023Q2", "--out", "x.doc"), 2, ".csv"),
        (("rectification", "2023Q2", "--on", "gestern"), 2, "2023-07-20"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(
    office: Office, words: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(office, *words) == code
    told = capsys.readouterr()
    assert said in told.err and "Traceback" not in told.err


def test_findings_stand_in_the_documents_and_are_carried(office: Office, plan: Plan, tmp_path: Path) -> None:
    settings, known = office
    done = export_run(settings, plan, known[Q2], tmp_path / "out")
    sheets = sorted((done.folder / "rectification").iterdir())
    assert [p.name.split("_")[0] for p in sheets] == ["HB-JZ"]
    with zipfile.ZipFile(sheets[0]) as file:
        text = re.sub("<[^>]+>", "", file.read("word/document.xml").decode())
    assert "(2023Q1)=台账不全（上期转来）" in text and "(2023Q2)=台账不全" in text and "逾期" in text
    with zipfile.ZipFile(done.places["notice"]) as file:
        notice = re.sub("<[^>]+>", "", file.read("word/document.xml").decode())
    assert "本期台账共 2 项，其中上期转来 1 项" in notice


def test_the_rule_book_is_the_same_each_time(plan_folder: Path, tmp_path: Path) -> None:
    for suffix in (".docx", ".pdf"):
        paths = [tmp_path / f"{n}{suffix}" for n in (1, 2)]
        for path in paths:
            assert main(["plan", "book", str(plan_folder), "--out", str(path)]) == 0
        assert paths[0].read_bytes() == paths[1].read_bytes()
    assert main(["plan", "book", str(plan_folder), "--out", str(tmp_path / "x.txt")]) == 2
