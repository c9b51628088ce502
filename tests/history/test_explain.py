"""A stored run explains itself from the warehouse: its own numbers, down to file, sheet and cell."""

import json
from pathlib import Path
from typing import Any

import pytest

from flows.cli import main
from flows.diff_inputs import recall
from flows.explain import explain_run
from flows.settings import Settings
from schemas.periods import parse_period
from scoring.explain import Explainer
from tests.diff.office import INDICATORS, PLAN, RELATIVE
from tests.diff.office import Office as SmallOffice
from tests.history.played import JZ, WH, XH, Office
from warehouse import load_run, read_warehouse


@pytest.fixture(scope="module")
def played(started: Office) -> Office:
    """A quarter in which everything happened, scored twice, then a plan and units that are no longer the run's."""
    forms = started.on("2023-04-10").fill("2023Q1")
    started.receive("2023Q1", *(forms[u] for u in (WH, JZ)))
    started.on("2023-05-10").receive("2023Q1", forms[XH])
    started.admit("HB-XH-001/2023Q1/1", "系统故障")
    started.score("2023Q1", "first", "季度计分")
    started.verify_value(unit_code=WH, indicator_code="T07-1", period="2023Q1", verdict="adjusted", value=3.0,
                         reason="抽查核减")  # fmt: skip
    started.adjust(adjustment_id="b1", unit_code=JZ, period="2023Q1", kind="bonus", value=2.0, reason="表彰",
                   document_no="鄂科协〔2023〕9号")  # fmt: skip
    started.score("2023Q1", "second", "核减")
    started.change_plan("plan.yaml", ("weight: 60", "weight: 55"), ("weight: 40\n", "weight: 45\n"))
    return started


def plain(value: Any) -> Any:
    """Leave out where things were read from, which only the warehouse knows, and the last bits (engines differ)."""
    if isinstance(value, float):
        return round(value, 11)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k not in ("place", "run", "files")}
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


def alike(settings: Settings, run_id: str, units: list[str], nodes: list[str | None]) -> None:
    """What the warehouse explains from a few rows is what scoring everything again explains."""
    with read_warehouse(settings.warehouse) as warehouse:
        again = recall(warehouse, run_id)
    period = parse_period(again.row["period"])
    whole = Explainer(again.state.plan, again.state.inputs(period), period)
    for unit in units:
        for node in nodes:
            found = explain_run(settings, unit, node, run=run_id).to_dict()
            assert plain(found) == plain(whole.unit(unit, node).to_dict()), (unit, node)


def test_few_rows_explain_as_all_rows_do(played: Office) -> None:
    alike(played.settings, played.runs["first"], [WH, XH], [None, "T07-1"])
    alike(played.settings, played.runs["second"], [WH, JZ], [None, "S2", "T18-1"])


def test_the_numbers_are_the_stored_ones(played: Office) -> None:
    for name in ("first", "second"):
        with read_warehouse(played.settings.warehouse) as warehouse:
            row, results, scores = load_run(warehouse, played.runs[name])
        done = explain_run(played.settings, WH, run=row["run_id"]).explanation
        assert done.total and done.tree
        assert done.total.total == results.row(by_predicate=results_of(WH), named=True)["total"]
        shown = {n.node_code: n.score for n in done.tree.walk()}
        stored = dict(scores.filter(results_of(WH)).select("node_code", "score").iter_rows())
        assert shown == {code: stored[code] for code in shown}


def results_of(unit: str) -> Any:
    import polars as pl

    return pl.col("unit_code") == unit


@pytest.mark.parametrize("indicators", [RELATIVE, INDICATORS], ids=["relative", "class mean"])
def test_where_other_units_matter_their_rows_are_read_too(tmp_path: Path, indicators: str) -> None:
    office = SmallOffice(tmp_path, indicators)
    office.write(PLAN.replace("title: 总分}", "title: 总分, missing: class_mean}"), indicators)
    values = [(80, 60), (70, 70), (40, None)]
    for unit, (a, b) in zip(("U1", "U2", "U3"), values, strict=True):
        office.report(unit, A=a, **({"B": b} if b is not None and indicators is INDICATORS else {}))
    alike(office.settings, office.run(), ["U1", "U3"], [None, "A"])


STAGED = """\
- {code: A, parent: PART, title: 甲, weight: 50, method: {kind: goalposts, worst: 0, best: 100}}
- {code: B, parent: PART, title: 乙, weight: 50, method: {kind: minmax}}
- {code: C, parent: ROOT, title: 丙, weight: 60, value_from: PART, method: {kind: minmax}}
"""


def test_an_indicator_that_compares_scores_of_a_node_reads_what_they_rest_on(tmp_path: Path) -> None:
    office = SmallOffice(tmp_path)
    office.write(
        PLAN.replace("title: 总分}", "title: 总分}\n  - {code: PART, parent: ROOT, title: 部分, weight: 40}"), STAGED
    )
    for unit, a, b in (("U1", 80, 60), ("U2", 70, 70), ("U3", 40, 20)):
        office.report(unit, A=a, B=b)
    alike(office.settings, office.run(), ["U1", "U3"], [None, "C", "PART"])


SILENT = """\
- {code: A, parent: ROOT, title: 甲, weight: 50, method: {kind: goalposts, worst: 0, best: 100}}
- {code: D, parent: ROOT, title: 丁, weight: 50, accumulation: flow, owner: system,
   method: {kind: deductions, per_case: {late_day: 1, not_reported: 30}}}
"""


def test_a_unit_that_never_reported_is_explained_by_every_period_that_others_reported(tmp_path: Path) -> None:
    office = SmallOffice(tmp_path, SILENT)
    office.report("U1", A=80)
    run_id = office.run(parse_period("2023Q2"))
    alike(office.settings, run_id, ["U1", "U2"], [None, "D"])
    explained = explain_run(office.settings, "U2", "D", run=run_id).explanation.tree
    assert explained and explained.score == 40 and explained.indicator and explained.indicator.value == 60


def test_a_year_of_quarters_is_explained_by_its_quarters(tmp_path: Path) -> None:
    office = SmallOffice(tmp_path)
    office.write(PLAN + "year: {rule: mean_of_quarters}\n")
    office.report("U1", A=80, B=60)
    office.report("U2", A=70, B=70)
    run_id = office.run(parse_period("2023"))
    alike(office.settings, run_id, ["U1"], [None])
    assert len(explain_run(office.settings, "U1", run=run_id).explanation.quarters) == 4


def test_the_command_names_file_sheet_and_cell(played: Office, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(played.settings.home)]
    assert main(["explain", "武汉市科协", "T07-1", "--period", "2023Q1", *home]) == 0
    said = capsys.readouterr().out
    assert f"批次 {played.runs['second']}" in said and "抽查核减" in said
    assert "武汉市科协_2023Q1.xlsx 填报表!" in said
    place = played.settings.home / said.rstrip().rsplit(" ", 1)[1]
    assert place.is_file() and place.parent.parent == played.settings.archive

    assert main(["--lang", "en", "explain", WH, "--run", "2023Q1~1", "--json", *home]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["run"]["run_id"], found["run"]["newer_run"]) == (played.runs["first"], played.runs["second"])
    assert [f["submission_id"] for f in found["files"]] == ["HB-WH/2023Q1/1"]
    assert found["files"][0]["received_on"] == "2023-04-10"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ("explain", 2, "Name the unit"),
        (f"explain {WH}", 2, "Give --period or --run"),
        (f"explain {WH} --period 2023Q4", 1, "Run kaohe assess 2023Q4 first"),
        ("explain HB-XX --period 2023Q1", 1, "has no unit 'HB-XX'"),
        (f"explain {WH} S9 --period 2023Q1", 1, "no node or indicator 'S9'"),
        (f"explain {WH} --period 2023Q2 --run 2023Q1", 1, "is one of 2023Q1, not of 2023Q2"),
        (f"explain {WH} --run zz", 1, "There is no run 'zz'"),
        (f"explain {WH} --measurements x.csv", 2, "give --plan and --period"),
    ],
)
def test_what_cannot_be_explained_is_said(
    played: Office, words: str, code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", "en", *words.split(), "--home", str(played.settings.home)]) == code
    assert sentence in capsys.readouterr().err
