"""Leadership's questions on small tables: what an assessment officer would answer by hand."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from schemas.tables import Findings, columns_of
from scorecards.answers import (
    Answer,
    improved_answer,
    rectification_answer,
    red_answer,
    trend_answer,
)
from scorecards.comparable import breaks_between, breaks_of
from scorecards.edition import Edition
from scorecards.questions import improved, latest_pair, red_running, trend
from tests.scorecards.conftest import RESULT_COLUMNS, SCORE_COLUMNS, table

ALL = pl.lit(value=True)
NAMES = {"HB-WH": "武汉市科协", "HB-JZ": "荆州市科协"}


@pytest.fixture(scope="module")
def plan(root: Path) -> Plan:
    return load_plan(root / "data/plans/example-2023")


@pytest.fixture(scope="module")
def changed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The same plan from the third quarter on: one indicator has another title, another counts more."""
    folder = tmp_path_factory.mktemp("plan") / "changed"
    shutil.copytree(root / "data/plans/example-2023", folder)
    path = folder / "indicators.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count("weight: 70") == 1
    assert text.count("weight: 30") >= 1
    text = text.replace("weight: 70", "weight: 60").replace("weight: 30", "weight: 40", 1)
    start = text.index("code: T18-1")
    title = text.index("zh: ", start) + 4
    path.write_text(text[:title] + "新的" + text[title:], encoding="utf-8")
    return load_plan(folder)


def edition(plan: Plan, period: str, wuhan: float | None, jingzhou: float | None, s1: float = 50.0) -> Edition:
    """Make one period of two units of one class; ``s1`` is Jingzhou's score of the first section."""
    totals = {"HB-WH": wuhan, "HB-JZ": jingzhou}
    order = sorted((u for u, t in totals.items() if t is not None), key=lambda u: -(totals[u] or 0))
    rows = [
        f"{u} | city | {'' if t is None else t} | 0 | 0 | {'' if t is None else t} | "
        f"{'' if t is None else order.index(u) + 1} | {len(order)} | | "
        for u, t in totals.items()
    ]
    results = table("\n".join(rows), RESULT_COLUMNS).with_columns(pl.col("class_size").cast(pl.Int64))
    lines = [f"{u} | ROOT | {'' if t is None else t} | 100 | 100 | | |" for u, t in totals.items()]
    lines += [f"HB-JZ | S1 | {s1} | 60 | 60 | | |", "HB-WH | S1 | 95 | 60 | 60 | | |"]
    scores = table("\n".join(lines), SCORE_COLUMNS).with_columns(
        level=pl.col("node_code").replace_strict(plan.level, return_dtype=pl.Int64), coverage_pct=pl.lit(100.0)
    )
    return Edition(plan, parse_period(period), f"run-{period}", results, scores, dated="2023-10-20")


@pytest.fixture(scope="module")
def year(plan: Plan, changed: Plan) -> list[Edition]:
    """Wuhan falls and rises; Jingzhou is red in Q2 and Q3, its first section from Q1 on; the plan changes in Q3."""
    return [
        edition(plan, "2023Q1", 95.0, 61.0), edition(plan, "2023Q2", 58.0, 59.99),
        edition(changed, "2023Q3", 91.5, 30.0),
    ]  # fmt: skip


def test_a_trend_marks_where_the_plan_changed(year: list[Edition]) -> None:
    rows = trend(year).filter(pl.col("unit_code") == "HB-WH")
    assert rows["score"].to_list() == [95.0, 58.0, 91.5]
    assert rows["rank"].to_list() == [1.0, 2.0, 1.0]
    assert rows["light"].to_list() == ["green", "red", "green"]
    assert rows["breaks"].to_list() == [None, [], ["T18-1", "T07-1", "T09-1"]]


def test_a_node_breaks_only_by_what_lies_below_it(year: list[Edition]) -> None:
    broken = breaks_between(year[1], year[2])
    after = year[2].plan
    assert {(b.node_code, b.kind) for b in breaks_of(broken, after, "S1")} == {("T07-1", "weight"), ("T09-1", "weight")}
    assert [(b.node_code, b.kind) for b in breaks_of(broken, after, "S2")] == [("T18-1", "meaning")]
    assert trend(year, "S1").filter(pl.col("unit_code") == "HB-JZ")["breaks"].to_list()[1:] == [[], ["T07-1", "T09-1"]]
    assert breaks_between(year[0], year[1]) == ()


def test_an_indicator_that_came_or_went_breaks_what_stands_above(plan: Plan, year: list[Edition]) -> None:
    smaller = replace(plan, indicators=[i for i in plan.indicators if i.code != "T22-1"])
    object.__setattr__(smaller, "hash", "another")
    fewer = replace(year[1], plan=smaller)
    gone = breaks_between(year[0], fewer)
    assert [(b.node_code, b.kind) for b in gone] == [("T22-1", "removed")]
    assert breaks_of(gone, smaller, "ROOT") and not breaks_of(gone, smaller, "S1")
    assert [(b.node_code, b.kind) for b in breaks_between(fewer, year[1])] == [("T22-1", "added")]


def test_the_plan_may_say_from_when_on_an_indicator_compares(plan: Plan, year: list[Edition]) -> None:
    leaf = plan.leaves["T07-1"].model_copy(update={"comparable_from": "2023Q2"})
    told = replace(plan, indicators=[leaf if i.code == leaf.code else i for i in plan.indicators])
    first, second, third = (replace(e, plan=told) for e in year)
    assert [(b.node_code, b.kind) for b in breaks_between(first, second)] == [("T07-1", "meaning")]
    assert breaks_between(second, third) == ()


def test_red_two_quarters_running(year: list[Edition]) -> None:
    rows = red_running(year).select("unit_code", "node_code", "periods", "since", "score_before", "score").rows()
    assert rows == [
        ("HB-JZ", "ROOT", 2, "2023Q2", 59.99, 30.0),
        ("HB-JZ", "S1", 3, "2023Q1", 50.0, 50.0),
    ]
    assert red_running(year, times=3)["node_code"].to_list() == ["S1"]
    assert red_running(year)["breaks"].to_list()[1] == ["T07-1", "T09-1"]


def test_a_missing_quarter_ends_the_run_of_reds(year: list[Edition]) -> None:
    assert red_running([year[0], year[2]]).is_empty()
    assert red_running(year[:1]).is_empty()
    assert red_running([]).is_empty()


def test_unknown_is_not_red(plan: Plan) -> None:
    quarters = [edition(plan, f"2023Q{n}", 95.0, None, s1=95.0) for n in (1, 2)]
    assert red_running(quarters).is_empty()


def test_ranking_by_improvement(year: list[Edition]) -> None:
    columns = ("place", "unit_code", "total_before", "total", "change", "climbed")
    assert improved(year[1], year[2]).filter(pl.col("class_code") == "city").select(columns).rows() == [
        (1, "HB-WH", 58.0, 91.5, 33.5, 1.0),
        (2, "HB-JZ", 59.99, 30.0, -29.99, -1.0),
    ]


def test_units_that_cannot_be_compared_have_no_place(plan: Plan) -> None:
    before, now = edition(plan, "2023Q1", None, 70.0), edition(plan, "2023Q2", 80.0, None)
    rows = {r["unit_code"]: r for r in improved(before, now).iter_rows(named=True)}
    assert (rows["HB-WH"]["place"], rows["HB-WH"]["absent"]) == (None, "no_total_before")
    assert (rows["HB-JZ"]["place"], rows["HB-JZ"]["absent"]) == (None, "no_total")
    moved = replace(before, results=before.results.with_columns(class_code=pl.lit("society"), total=pl.lit(1.0)))
    assert set(improved(moved, edition(plan, "2023Q2", 80.0, 70.0))["absent"]) == {"other_class"}


def test_improvement_is_measured_against_the_period_before(year: list[Edition]) -> None:
    assert latest_pair(year) == (year[1], year[2])
    assert latest_pair([year[0], year[2]]) is None
    assert latest_pair([]) is None


def test_answers_say_what_cannot_be_compared(year: list[Edition]) -> None:
    answer = trend_answer(year, None, ALL)
    wuhan = next(r for r in answer.rows if "武汉" in r[1])
    assert wuhan[2:] == ["95.00 (1/2) ●", "58.00 (2/2) ■", "≠91.50 (1/2) ●"]
    assert answer.notes[0].startswith("≠ 2023Q2 → 2023Q3")
    assert "T18-1" in answer.notes[0]
    assert improved_answer(year[1], year[2], ALL).notes
    assert not improved_answer(year[0], year[1], ALL).notes


def test_answers_in_both_languages(year: list[Edition]) -> None:
    english = [replace(e, lang="en") for e in year]
    assert "Red 2 periods running" in red_answer(english, 2, "total", ALL).text()
    assert red_answer(year, 2, "all", ALL).title == "截至2023年第三季度连续2期及以上红灯：1 个单位，2 项"
    assert len(red_answer(year, 2, "section", ALL).rows) == 1
    assert red_answer(year[:1], 2, "total", ALL).notes == ["只有连续 1 期结果，需要 2 期。"]


def findings(*rows: tuple[str, str, str, str, str | None]) -> pl.DataFrame:
    """Return a ledger: id, period, due day, state, closing day; all of Jingzhou."""
    columns = {**columns_of(Findings), "first_due_on": pl.String}
    given = [
        {
            "finding_id": i, "unit_code": "HB-JZ", "period": p, "node_code": "T22-1", "found_on": "2023-04-01",
            "title": f"问题{i}", "demand": "补齐", "due_on": due, "state": state, "closed_on": closed,
            "first_due_on": due, "actor": "office",
        }
        for i, p, due, state, closed in rows
    ]  # fmt: skip
    return pl.DataFrame(given, schema=columns)


LEDGER = findings(
    ("F1", "2023Q1", "2023-05-01", "open", None), ("F2", "2023Q1", "2023-05-01", "closed", "2023-04-20"),
    ("F3", "2023Q2", "2023-08-01", "rectifying", None), ("F4", "2023Q3", "2023-11-01", "open", None),
)  # fmt: skip


def test_rectification_still_open(year: list[Edition]) -> None:
    answer = rectification_answer(LEDGER, parse_period("2023Q2"), date(2023, 7, 20), year[1], ALL)
    assert [(r[1], r[5], r[6]) for r in answer.rows] == [
        ("问题F1（上期转来）", "逾期", "80"),
        ("问题F3", "整改中", "—"),
    ]
    assert answer.title == "整改未销号（2023-07-20）：逾期 1、整改中 1、已销号 1"


def test_csv_of_an_answer_has_no_formula() -> None:
    text = Answer("t", ["name", "n"], [["=1+1", "-3.5"], ["@x", "↑2"]]).csv().decode("utf-8-sig")
    assert text == "name,n\r\n'=1+1,-3.5\r\n'@x,↑2\r\n"
