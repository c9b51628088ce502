"""The gate finds what it is for, names it, and its pages work without a network."""

import re
from pathlib import Path

import polars as pl
import pytest

from flows.gate import Rule, judge, stop_where_failed
from flows.gate_rules import before_export, before_scoring
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import parse_period

Q1 = parse_period("2023Q1")


@pytest.fixture(scope="module")
def units(plan: Plan) -> list[str]:
    return plan.units["unit_code"].to_list()


def measurements(plan: Plan, **change: object) -> pl.DataFrame:
    """Return one value for every cell asked; ``change`` replaces columns of the first."""
    from schemas.asked import asked

    cells = asked(plan, Q1).select("unit_code", "indicator_code")
    rows = cells.with_columns(
        period=pl.lit("2023Q1"), part=pl.lit(""), value=pl.lit(1.0), numerator=pl.lit(None, dtype=pl.Float64),
        denominator=pl.lit(None, dtype=pl.Float64), status=pl.lit("reported"),
    ).to_dicts()  # fmt: skip
    rows[0] |= change
    return pl.DataFrame(rows, schema_overrides={"numerator": pl.Float64, "denominator": pl.Float64})


def failed(rules: list[Rule]) -> set[str]:
    verdict = judge("test", rules)
    return {f.rule.name for f in (*verdict.failed, *verdict.warned)}


def test_sound_data_pass(plan: Plan, units: list[str]) -> None:
    assert not failed(before_scoring(plan, Q1, measurements(plan), units))


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"unit_code": "NOBODY"}, {"units_known", "cells_assigned"}),
        ({"indicator_code": "T99-9"}, {"indicators_known"}),
        ({"value": float("inf")}, {"values_finite"}),
        ({"value": float("nan")}, {"values_finite"}),
    ],
)
def test_unsound_data_are_named(plan: Plan, units: list[str], change: dict[str, object], rules: set[str]) -> None:
    assert failed(before_scoring(plan, Q1, measurements(plan, **change), units)) == rules


def test_a_cell_twice_is_named(plan: Plan, units: list[str]) -> None:
    rows = measurements(plan)
    assert failed(before_scoring(plan, Q1, pl.concat([rows, rows[:1]]), units)) == {"cells_once"}


def test_a_class_that_hardly_reported_stops_the_run_unless_let_pass(plan: Plan, tmp_path: Path) -> None:
    rules = before_scoring(plan, Q1, measurements(plan), [])
    verdict = judge("before-scoring", rules, tmp_path)
    with pytest.raises(UserError) as error:
        stop_where_failed(verdict, "2023Q1", tmp_path)
    assert "completeness" in error.value.zh and "--despite completeness" in error.value.en
    assert " 0%" in error.value.zh and "admit" not in error.value.zh
    waived = judge("before-scoring", rules, despite=["completeness"])
    assert not waived.failed and {f.rule.name for f in waived.waived} == {"completeness"}
    with pytest.raises(UserError, match=r"complete.*values_finite"):
        judge("before-scoring", rules, despite=["complete"])


def test_reports_that_are_held_are_named_with_the_way_to_admit_them(plan: Plan, units: list[str]) -> None:
    classes = dict(plan.units.select("unit_code", "class_code").iter_rows())
    short = classes[units[0]]
    others = [u for u in units if classes[u] != short]
    held = [f"{units[0]}/2023Q1/2", *(f"{u}/2023Q1/9" for u in others)]
    verdict = judge("before-scoring", before_scoring(plan, Q1, measurements(plan), others, held=held))
    assert [f.rule.name for f in verdict.failed] == ["completeness"]
    told = verdict.failed[0].text("en")
    assert f"1 report is held, too late: {held[0]}; kaohe admit SUBMISSION --reason WHY lets it count" in told
    assert f"(逾期待准 1 份:{held[0]};准予用 kaohe admit 编号 --reason 原因)" in verdict.failed[0].text("zh")


RESULTS = """
unit | total | rank | grade
U1   | 95    | 1    | A
U2   | 85    | 2    | B
U3   | 70    | 3    | C
"""


def results(text: str) -> pl.DataFrame:
    rows = [[c.strip() for c in line.split("|")] for line in text.strip().splitlines()[1:]]
    return pl.DataFrame(
        [
            {"unit_code": u, "class_code": "city", "total": float(t), "rank": float(r), "grade": g, "reason_code": None}
            for u, t, r, g in rows
        ],
        schema_overrides={"reason_code": pl.String},
    )


def scores(value: float = 80.0) -> pl.DataFrame:
    return pl.DataFrame({"unit_code": ["U1", "U1"], "node_code": ["ROOT", "S1"], "score": [value, None]})


@pytest.mark.parametrize(
    ("text", "value", "rules"),
    [
        (RESULTS, 80.0, set()),
        (RESULTS, 100.5, {"scores_in_bounds"}),
        (RESULTS, -1.0, {"scores_in_bounds"}),
        (RESULTS.replace("95", "106"), 80.0, {"totals_in_bounds"}),
        (RESULTS.replace("| 2 ", "| 1.5 ").replace("| 95    | 1 ", "| 80    | 1 "), 80.0, {"ranks_follow_totals"}),
        (RESULTS.replace("B", "A"), 80.0, {"quotas_kept"}),
    ],
)
def test_unsound_results_are_named(plan: Plan, text: str, value: float, rules: set[str]) -> None:
    found = failed(before_export(plan, Q1, results(text), scores(value)))
    assert found - {"every_unit_has_a_result"} == rules


def test_a_unit_without_result_is_named(plan: Plan) -> None:
    assert "every_unit_has_a_result" in failed(before_export(plan, Q1, results(RESULTS), scores()))


def test_a_class_that_moves_far_is_remarked_only(plan: Plan) -> None:
    before = results(RESULTS).with_columns(pl.col("total") - 20)
    rules = [r for r in before_export(plan, Q1, results(RESULTS), scores(), before) if r.name == "drift"]
    verdict = judge("test", rules)
    assert not verdict.failed
    assert verdict.warned[0].text("en") == "drift (class means move by at most 15 points): 1 failed: city 20"


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (250 / 3, "83.33"), (80.0, "80"), (0.0, "0"), (86.5, "86.5"),
        (89.99999, "89.99999"),  # as 90 it would not be below 90
        (1_234_567.5, "1,234,567.5"), (100.0000004, "100.0000004"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_a_person_writes_them(share: float, shown: str) -> None:
    frame = pl.DataFrame({"class_code": ["city"], "reported_pct": [share]})
    rule = Rule("wanted", "至少90%", "at least 90 %", frame, "reported_pct", ("class_code",), 90, 100)
    verdict = judge("test", [rule])
    assert [f.examples for f in verdict.failed] == [(f"city {shown}",)]


def test_the_page_of_rules_says_titles_in_both_languages(tmp_path: Path) -> None:
    frame = pl.DataFrame({"class_code": ["city"], "reported_pct": [50.0]})
    words = {"city": ("市州科协", "Local <associations>")}
    rule = Rule("wanted", "至少90%", "at least 90 %", frame, "reported_pct", ("class_code",), 90, 100, words=words)
    judge("test", [rule], tmp_path)
    index = (tmp_path / "test" / "index.html").read_text(encoding="utf-8")
    assert "<td>市州科协 50 · Local &lt;associations&gt; 50</td>" in index


def test_the_pages_ask_nobody_for_anything(plan: Plan, units: list[str], tmp_path: Path) -> None:
    judge("before-scoring", before_scoring(plan, Q1, measurements(plan, value=float("inf")), units), tmp_path)
    pages = list((tmp_path / "before-scoring").rglob("*.html"))
    assert (tmp_path / "before-scoring" / "index.html") in pages and len(pages) > 5
    index = (tmp_path / "before-scoring" / "index.html").read_text(encoding="utf-8")
    assert "✘ 不通过" in index and "values_finite" in index and "✔ 通过" in index
    links = re.findall(r'href="([^"]+)"', index)
    assert len(links) == 7 and all((tmp_path / "before-scoring" / link).is_file() for link in links)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"(?:src|href|url\()\s*=?\s*[\"']?https?://", text), page
        assert "<script" not in text


def test_what_a_text_has_of_markup_does_not_run(tmp_path: Path) -> None:
    frame = pl.DataFrame({"unit_code": ["<svg onload=alert(1)>"], "unit_ok": [False]})
    judge("test", [Rule("units_known", "都已登记", "known", frame, "unit_ok", ("unit_code",), 1, 1)], tmp_path)
    for page in (tmp_path / "test").rglob("*.html"):
        head, _, body = page.read_text(encoding="utf-8").partition("</head>")
        assert "<svg" not in head and "default-src 'none'" in head and "script-src" not in head, page
        assert page.name != "index.html" or "&lt;svg" in body
