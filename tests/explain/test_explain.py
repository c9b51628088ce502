# ruff: noqa: E501  (the plan and its measurements as tables)
"""An explanation's numbers lead from one to the next, and say where each comes from."""

import json
import math
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import yaml

from flows.cli import main
from schemas.errors import UserError
from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from scoring import Inputs
from scoring.explain import Explainer, explain
from scoring.explain_model import Explanation, NodeDerivation
from scoring.explain_text import to_text
from scoring.explain_words import number
from tests.explain.rules import UNITS, inputs, write_plan

Q1 = parse_period("2023Q1")
PLAN = {
    "plan": "demo", "title": {"zh": "示例方案", "en": "Demo"}, "periods": ["2023Q1", "2023Q2", "2023Q3", "2023Q4"],
    "classes": {"city": {"zh": "市州", "en": "Cities"}},
    "tree": [
        {"code": "ROOT", "title": {"zh": "总分", "en": "Total"}},
        {"code": "S1", "parent": "ROOT", "title": "S1", "weight": 60, "clamp": [0, 100]},
        {"code": "S2", "parent": "ROOT", "title": "S2", "weight": 40, "missing": {"value": 50}, "not_applicable": "redistribute"},
    ],
    "adjustments": {
        "bonus": {"cap": 3, "opens_at_base": 60, "document_required": True}, "deduction": {"floor": 0},
        "late": {"per_day": 0.5, "cap": 2, "grace_days": 1}, "vetoes": {"fraud": {"effect": "no_top_grade", "points": 2}},
    },
    "grades": [
        {"code": "A", "title": {"zh": "优秀", "en": "Excellent"}, "floor": 80, "quota": 0.5},
        {"code": "B", "title": {"zh": "良好", "en": "Good"}, "floor": 60, "node_floors": {"S2": 55}},
        {"code": "C", "title": {"zh": "合格", "en": "Pass"}},
    ],
}  # fmt: skip
LEAVES = [
    {"code": "A1", "parent": "S1", "title": {"zh": "活动场次", "en": "Events"}, "measure": "场", "weight": 70,
     "accumulation": "flow", "method": {"kind": "attainment", "target": "annual_share", "cap": 120}, "schedule": [0.4, 0.6, 0.8, 1]},
    {"code": "A2", "parent": "S1", "title": "覆盖率", "measure": "%", "weight": 30, "method": {"kind": "coverage", "target": 80}},
    {"code": "P1", "parent": "S2", "title": "积分", "weight": 50, "accumulation": "flow",
     "method": {"kind": "points", "per_item": {"采用": 3, "批示": 20}, "cap_by_kind": {"采用": 9}, "full_marks_at": 60}},
    {"code": "Z1", "parent": "S2", "title": "排名", "weight": 30, "method": {"kind": "minmax", "direction": "down"}},
    {"code": "G1", "parent": "S2", "title": "评议", "weight": 20, "method": {"kind": "panel", "groups": {"领导": 60, "专家": 40}, "trim": 1}},
]  # fmt: skip
TARGETS = """indicator_code,unit_code,class_code,period,name,value
A1,,,2023,target,40
A1,,city,2023,target,50
A1,U1,,2023,target,55
A1,U2,,,cap,110
"""
MEASURED = """unit_code,indicator_code,period,part,value,numerator,denominator,status,file_name,sheet,cell,raw
U1,A1,2023Q1,,10,,,reported,甲.xlsx,填报表,G12,10场
U1,A1,2023Q2,,25,,,reported,甲2.xlsx,填报表,G12,25
U1,A2,2023Q1,,,30,40,reported,,,,
U1,P1,2023Q1,采用,4,,,reported,,,,
U1,P1,2023Q1,批示,1,,,reported,,,,
U1,Z1,2023Q1,,5,,,reported,,,,
U1,G1,2023Q1,领导/1,80,,,reported,,,,
U1,G1,2023Q1,领导/2,90,,,reported,,,,
U1,G1,2023Q1,领导/3,100,,,reported,,,,
U1,G1,2023Q1,专家/1,70,,,reported,,,,
U2,A1,2023Q1,,40,,,reported,,,,
U2,A2,2023Q1,,,0,0,reported,,,,
U2,P1,2023Q1,,,,,nil,,,,
U2,Z1,2023Q1,,9,,,reported,,,,
U2,G1,2023Q1,,,,,not_applicable,,,,
U3,A1,2023Q1,,20,,,reported,,,,
U3,Z1,2023Q1,,7,,,reported,,,,
"""


def write_demo(folder: Path, **changes: object) -> Plan:
    for name, content in (("plan.yaml", {**PLAN, **changes}), ("indicators.yaml", LEAVES)):
        (folder / name).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    (folder / "targets.csv").write_text(TARGETS, encoding="utf-8")
    (folder / "units.csv").write_text(
        "unit_code,name,class_code\nU1,甲市,city\nU2,乙市,city\nU3,丙市,city\n", encoding="utf-8"
    )
    (folder / "measurements.csv").write_text(MEASURED, encoding="utf-8")
    return load_plan(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def plan(folder: Path) -> Plan:
    return write_demo(folder)


@pytest.fixture(scope="module")
def given(plan: Plan, folder: Path) -> Inputs:
    numbers = {n: pl.Float64 for n in ("value", "numerator", "denominator")}
    table = pl.read_csv(folder / "measurements.csv", schema_overrides=numbers, infer_schema_length=None)
    adjustments = pl.DataFrame(
        [
            ("U1", "bonus", "论文", 5.0, "一篇", "文1"), ("U1", "bonus", None, 1.0, "口头", None),
            ("U1", "late", None, 4.0, "迟报", None), ("U2", "veto", "fraud", None, "虚报", "文2"),
            ("U3", "bonus", None, 2.0, "表彰", "文3"), ("U3", "deduction", None, 99.0, "通报", "文4"),
        ],
        schema=["unit_code", "kind", "code", "value", "reason", "document_no"], orient="row",
    )  # fmt: skip
    return Inputs(table, adjustments=adjustments)


@pytest.fixture(scope="module")
def explainer(plan: Plan, given: Inputs) -> Explainer:
    return Explainer(plan, given, Q1)


def node(explanation: Explanation, code: str) -> NodeDerivation:
    assert explanation.tree is not None
    return next(n for n in explanation.tree.walk() if n.node_code == code)


def test_every_inner_node_follows_from_its_children(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every mean, missing rule, waived rule, limit: the children's shares and points give the engine's score."""
    plan = write_plan(tmp_path_factory.mktemp("rules"))
    explainer = Explainer(plan, inputs(), parse_period("2023"))
    compared = 0
    for unit in UNITS:
        tree = explainer.unit(unit).tree
        assert tree is not None
        for found in tree.walk():
            if found.node is None or found.score is None or found.node.raw is None:
                continue
            last = found.node.limits[-1].result if found.node.limits else found.node.raw
            assert last is not None
            assert math.isclose(last, found.score, abs_tol=1e-8), (unit, found.node_code)
            if found.node.aggregate != "sum":
                assert math.isclose(sum(c.share_pct for c in found.node.children), 100, abs_tol=1e-6)
            compared += 1
    assert compared > 500


def test_an_increment_a_target_on_schedule_and_its_row(explainer: Explainer) -> None:
    a1 = node(explainer.unit("U1"), "A1")
    assert a1.indicator is not None and a1.score is not None
    # 10 of 55 × 0.4 = 22 due
    assert a1.indicator.filled == "100 × 10 / 22"
    assert math.isclose(a1.score, 1000 / 22)
    assert a1.indicator.target_from is not None and "55 × 0.4 = 22" in a1.indicator.target_from.zh
    origins = {p.name: (p.value, p.origin) for p in a1.indicator.parameters}
    assert origins == {"target": (55, "unit"), "cap": (120, "plan"), "floor": (0, "plan")}
    (first, second) = a1.indicator.sources
    assert (first.counted, second.counted) == (True, False)  # the second quarter is not part of the first
    assert first.place == {"file_name": "甲.xlsx", "sheet": "填报表", "cell": "G12", "raw": "10场"}


def test_the_most_specific_parameter_row_wins(explainer: Explainer) -> None:
    a1 = node(explainer.unit("U2"), "A1")
    assert a1.indicator is not None
    assert {p.name: (p.value, p.origin) for p in a1.indicator.parameters}["target"] == (50, "class")
    assert {p.name: (p.value, p.origin) for p in a1.indicator.parameters}["cap"] == (110, "unit")
    assert [s.reason_code for s in a1.indicator.limits] == ["capped"]  # 40 of 20: 200, at most 110
    assert a1.score == 110


@pytest.mark.parametrize(
    ("unit", "code", "text"),
    [
        ("U1", "A2", "30 / 40 × 100 = 75"),
        ("U1", "P1", "采用 min(4 × 3, 9) + 批示 1 × 20 = 29"),
        ("U1", "G1", "(领导 90 × 60 + 专家 70 × 40) / (60 + 40) = 82"),
        ("U2", "P1", "0"),
    ],
)
def test_how_a_value_was_put_together(explainer: Explainer, unit: str, code: str, text: str) -> None:
    found = node(explainer.unit(unit), code).indicator
    assert found is not None and found.value_from is not None
    assert found.value_from.zh == text


def test_a_relative_method_shows_its_group(explainer: Explainer) -> None:
    z1 = node(explainer.unit("U3"), "Z1")
    assert z1.indicator is not None and z1.indicator.group is not None
    assert {n: z1.indicator.group[n] for n in ("group", "n", "low", "high", "x")} == {"group": "city", "n": 3, "low": 5, "high": 9, "x": 7}  # fmt: skip
    assert z1.indicator.filled == "100 × (7 − 9) / (5 − 9)"
    assert z1.score == 50


def test_absent_children_say_what_became_of_them(explainer: Explainer) -> None:
    s2 = node(explainer.unit("U2"), "S2")
    assert s2.node is not None
    states = {c.node_code: (c.state, c.counted, round(c.share_pct, 3)) for c in s2.node.children}
    assert states["G1"] == ("not_applicable", None, 0)
    assert states["P1"] == ("scored", 0, 62.5)
    s2 = node(explainer.unit("U3"), "S2")
    assert s2.node is not None
    assert {c.node_code: (c.state, c.counted, c.rule) for c in s2.node.children}["P1"] == ("missing", 50, "missing")
    a2 = node(explainer.unit("U2"), "A2")
    assert a2.reason_code == "zero_denominator" and a2.reason is not None and a2.reason.zh == "分母为零"


def test_from_base_to_total_rank_and_grade(explainer: Explainer) -> None:
    total = explainer.unit("U1").total
    assert total is not None and total.base is not None and total.total is not None
    # S1 = 0.7 × 45.4545… + 0.3 × 93.75, S2 = 0.5 × 48.3333… + 0.3 × 100 + 0.2 × 82
    base = 0.6 * (0.7 * 1000 / 22 + 0.3 * 93.75) + 0.4 * (0.5 * 100 * 29 / 60 + 30 + 16.4)
    assert math.isclose(total.base, base)
    by_reason = {s.reason_code: s for s in total.steps if s.reason_code}
    assert by_reason["bonus_capped"].result == 3 and "bonus_undocumented" in by_reason
    late = next(s for s in total.steps if "迟报" in s.detail.zh)
    assert late.result == 1.5  # 4 days, 1 of grace, 0.5 a day
    assert math.isclose(total.total, base + 3 - 1.5, abs_tol=0.005)
    fallen = explainer.unit("U3").total
    assert fallen is not None and fallen.total == 0
    assert any(s.reason_code == "total_floored" and s.result == 0 for s in fallen.steps)


def test_why_a_grade_was_missed(explainer: Explainer) -> None:
    total = explainer.unit("U2").total
    assert total is not None
    texts = [f"{s.name.zh}:{s.detail.zh}" for s in total.steps]
    assert any(t.startswith("一票否决:fraud 虚报") for t in texts)
    assert "不是优秀:取消评优资格" in texts
    (good,) = (t for t in texts if t.startswith("不是良好:"))
    assert " < 60" in good and "S2 0 < 55" in good
    assert texts[-1].startswith("等次")


def test_a_unit_has_its_english_name_in_english_where_the_registry_has_one(plan: Plan, given: Inputs) -> None:
    english = pl.when(pl.col("unit_code") == "U1").then(pl.lit("First City")).alias("name_en")
    named = Explainer(replace(plan, units=plan.units.with_columns(english)), given, Q1)
    heads = [to_text(named.unit(u), lang).splitlines()[0] for u in ("U1", "U2") for lang in ("en", "zh")]
    assert heads == [
        "First City (U1), Q1 2023", "甲市(U1)2023年第一季度得分推导",
        "乙市 (U2), Q1 2023", "乙市(U2)2023年第一季度得分推导",
    ]  # fmt: skip


def test_a_verdict_is_shown_beside_what_was_reported(plan: Plan, given: Inputs) -> None:
    verdicts = pl.DataFrame(
        [("U1", "A1", "2023Q1", "", "adjusted", 8.0, None, None, "重复计算", "2023-05-01"),
         ("U1", "Z1", "2023Q1", "", "refused", None, None, None, "无证据", "2023-05-01")],
        schema={
            "unit_code": pl.String, "indicator_code": pl.String, "period": pl.String, "part": pl.String, "verdict": pl.String,
            "value": pl.Float64, "numerator": pl.Float64, "denominator": pl.Float64, "reason": pl.String, "recorded_at": pl.String,
        },
        orient="row",
    )  # fmt: skip
    found = Explainer(plan, replace(given, verifications=verdicts), Q1).unit("U1")
    a1 = node(found, "A1").indicator
    assert a1 is not None and a1.value == 8
    assert (a1.sources[0].verdict, a1.sources[0].value, a1.sources[0].reported["value"]) == ("adjusted", 8, 10)
    z1 = node(found, "Z1")
    assert z1.score is None and z1.reason_code == "refused"
    text = to_text(found, "zh")
    assert "核验调整,重复计算,原报 10" in text and "甲.xlsx 填报表!G12 “10场”" in text


def test_a_year_shows_its_quarters(tmp_path: Path, given: Inputs) -> None:
    plan = write_demo(tmp_path, year={"rule": "mean_of_quarters"})
    found = explain(plan, given, parse_period("2023"), "U1")
    assert found.total is not None and found.tree is None
    bases = [q.total.base for q in found.quarters if q.total]
    assert [q.period for q in found.quarters] == ["2023Q1", "2023Q2", "2023Q3", "2023Q4"]
    assert math.isclose(found.total.base or 0, sum(b for b in bases if b is not None) / len(bases), abs_tol=1e-8)
    assert "2023Q1" in found.total.steps[0].detail.zh
    assert "== 2023年第二季度 ==" in to_text(found, "zh")


def test_only_one_node(explainer: Explainer) -> None:
    found = explainer.unit("U1", "P1")
    assert found.total is None and found.tree is not None and found.tree.node_code == "P1"
    assert json.loads(json.dumps(found.to_dict()))["tree"]["indicator"]["value"] == 29


@pytest.mark.parametrize(("unit", "code"), [("U9", None), ("U1", "X")])
def test_the_unknown_is_named_with_examples(explainer: Explainer, unit: str, code: str | None) -> None:
    with pytest.raises(UserError, match=r"U1|ROOT"):
        explainer.unit(unit, code)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (79.73333333, "79.7333"), (100.0, "100"), (-5.0, "−5"), (1234567.5, "1234567.5"), (0.000012345, "0.000012345"), (1e-13, "0.0000000000001")],
)  # fmt: skip
def test_numbers_as_people_write_them(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_command_prints_text_or_json(
    folder: Path, plan: Plan, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    words = ["explain", "--plan", str(folder), "--measurements", str(folder / "measurements.csv"), "--period", "2023Q1"]
    assert main([*words, "--unit", "U1", "--lang", lang]) == 0
    text = capsys.readouterr().out
    assert ("目标完成率:100 × 完成值 / 目标值 = 100 × 10 / 22 = 45.4545" in text) == (lang == "zh")
    assert ("attainment: 100 × value / target = 100 × 10 / 22 = 45.4545" in text) == (lang == "en")
    assert main([*words, "--unit", "U1", "--json", "--lang", lang]) == 0
    assert json.loads(capsys.readouterr().out)["total"]["rank"] >= 1
    assert main([*words, "--unit", "nobody"]) == 1


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "unit_code,indicator_code,period,verdict,recorded_at\nU1,A1,2023Q1,refused,2023-05-01",
            "refused on verification",
        ),
        ("{}value\nU1,A1,2023Q1,,adjusted,2023-05-01,8", "100 × 8 / 22"),
        ("{}value\nU1,A9,2023Q1,,adjusted,2023-05-01,8", "v.csv, line 2: Unknown indicator code"),
        ("{}value\nU9,A1,2023Q1,,adjusted,2023-05-01,8", "v.csv, line 2: Unknown unit code"),
        ("{}value\nU1,A1,2023Q1,,reject,2023-05-01,", "v.csv, line 2: Unknown verdict 'reject'"),
        ("{}value\nU1,A1,2023Q1,,adjusted,2023-05-01,", "v.csv, line 2: A verdict of 'adjusted' without a number"),
        ("{}value\nU1,A1,2023Q9,,refused,2023-05-01,", "v.csv, line 2:"),
    ],
)
def test_the_file_of_verdicts_needs_no_parts_and_says_what_is_wrong(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str, said: str
) -> None:
    file = tmp_path / "v.csv"
    file.write_text(table.format("unit_code,indicator_code,period,part,verdict,recorded_at,"), encoding="utf-8")
    words = ["explain", "--plan", str(folder), "--measurements", str(folder / "measurements.csv"), "--period", "2023Q1"]
    done = main([*words, "U1", "A1", "--verifications", str(file), "--lang", "en"])
    told = capsys.readouterr()
    assert said in told.out + told.err
    assert done == (1 if "line 2" in said else 0)


def test_a_grade_by_the_mean_of_banded_nodes(tmp_path: Path, given: Inputs) -> None:
    bands = [{"from": 60, "points": 3}, {"from": 40, "points": 2}]
    grades = [
        {"code": "A", "title": "A", "floor": 3},
        {"code": "B", "title": "B", "floor": 2.5},
        {"code": "C", "title": "C"},
    ]
    plan = write_demo(tmp_path, grade_by={"nodes": ["S1", "S2"], "bands": bands}, grades=grades)
    total = Explainer(plan, given, Q1).unit("U1").total
    # S1 = 59.94: 2 points; S2 = 70.57: 3 points; mean 2.5
    assert total is not None and total.grade == "B"
    assert [s.detail.zh for s in total.steps[-2:]] == ["2.5 < 3", "2.5 ≥ 2.5"]


def test_growth_shows_the_earlier_value(tmp_path: Path, given: Inputs) -> None:
    plan = write_demo(tmp_path)
    leaves = yaml.safe_load((tmp_path / "indicators.yaml").read_text(encoding="utf-8"))
    leaves[3]["method"] = {"kind": "growth", "on": "same_period_last_year", "target": 10.0}
    (tmp_path / "indicators.yaml").write_text(yaml.safe_dump(leaves, allow_unicode=True), encoding="utf-8")
    plan = load_plan(tmp_path)
    assert isinstance(given.measurements, pl.DataFrame)
    before = pl.DataFrame({"unit_code": ["U1"], "indicator_code": ["Z1"], "period": ["2022Q1"], "value": [4.8]})
    table = pl.concat([given.measurements, before], how="diagonal_relaxed")
    z1 = node(Explainer(plan, Inputs(table), Q1).unit("U1"), "Z1").indicator
    assert z1 is not None
    assert z1.filled == "0 + (100 − 0) × (5 − 4.8) / 4.8 × 100 / 10"
    assert {s.period: s.kind for s in z1.sources} == {"2023Q1": "measurement", "2022Q1": "previous"}


def test_items_of_the_register_are_the_source(tmp_path: Path, given: Inputs) -> None:
    plan = write_demo(tmp_path)
    leaves = yaml.safe_load((tmp_path / "indicators.yaml").read_text(encoding="utf-8"))
    leaves[2]["owner"] = "office"
    (tmp_path / "indicators.yaml").write_text(yaml.safe_dump(leaves, allow_unicode=True), encoding="utf-8")
    plan = load_plan(tmp_path)
    items = pl.DataFrame(
        {"item_id": ["I1", "I2"], "unit_code": ["U1", "U1"], "indicator_code": ["P1", "P1"], "period": ["2023Q1"] * 2,
         "kind": ["采用", "批示"], "count": [2.0, 1.0], "title": ["专报", "内参"], "state": ["valid", "withdrawn"]}
    )  # fmt: skip
    assert isinstance(given.measurements, pl.DataFrame)
    rest = given.measurements.filter(pl.col("indicator_code") != "P1")
    p1 = node(Explainer(plan, Inputs(rest, items=items), Q1).unit("U1"), "P1").indicator
    assert p1 is not None and p1.value == 6
    assert [(s.kind, s.value, s.counted, s.place["title"]) for s in p1.sources] == [
        ("item", 2, True, "专报"),
        ("item", 1, False, "内参"),
    ]


REGIONS = """plan: regions
title: Regions
tree:
  - {{code: ROOT, title: All, aggregate: sum, weights: factors, clamp: none}}
  - {{code: X, parent: ROOT, title: Squared, weight: 2.5, aggregate: product, weights: factors}}
  - {{code: Y, parent: ROOT, title: Rating, weight: 1, aggregate: min}}
rank: {{within: region}}
total: {{clamp: none}}
grades:
  - {{code: A, title: A, floor: 50, quota: 0.5, node_floors: {{Y: 1}}}}
  - {{code: B, title: B}}
quota: {{counted: {counted}}}
"""
SQUARED = """- {code: x, parent: X, title: x, weight: 2, method: {kind: goalposts, worst: 0, best: 100}}
- code: y
  parent: Y
  title: y
  weight: 100
  method: {kind: bands, closed: both, bands: [{from: 1, to: 1, score: 0}, {from: 2, to: 2, score: 5}]}
"""


@pytest.mark.parametrize(
    ("counted", "unit", "grade"),
    [
        ("each", "a1", "not A: 202.5 ≥ 50; Y 0 < 1"),
        ("each", "b1", "grade A (A): 127.5 ≥ 50; Y 5 ≥ 1; 2 places, at place 1–2 of those who qualify (tied)"),
        ("cumulative", "b1", "not A: 127.5 ≥ 50; Y 5 ≥ 1; 2 places, at place 2–3 of all who are ranked (tied)"),
        ("each", "a2", "grade A (A): 207.5 ≥ 50; Y 5 ≥ 1; 1 place, at place 1 of those who qualify"),
    ],
)
def test_places_are_those_of_the_group_in_which_units_are_ranked(
    tmp_path: Path, counted: str, unit: str, grade: str
) -> None:
    (tmp_path / "plan.yaml").write_text(REGIONS.format(counted=counted), encoding="utf-8")
    (tmp_path / "indicators.yaml").write_text(SQUARED, encoding="utf-8")
    (tmp_path / "units.csv").write_text(
        "unit_code,name,class_code,region\na1,a1,a,n\na2,a2,a,s\na3,a3,a,n\nb1,b1,b,n\nb2,b2,b,s\nb3,b3,b,n\n",
        encoding="utf-8",
    )
    table = pl.DataFrame(
        [
            *((u, "x", x) for u, x in {"a1": 90.0, "a2": 90.0, "a3": 60.0, "b1": 70.0, "b2": 80.0, "b3": 70.0}.items()),
            *((u, "y", 1.0 if u == "a1" else 2.0) for u in ("a1", "a2", "a3", "b1", "b2", "b3")),
        ],
        schema=["unit_code", "indicator_code", "value"], orient="row",
    )  # fmt: skip
    text = to_text(explain(load_plan(tmp_path), Inputs(table), parse_period("2023"), unit), "en")
    assert grade in text
    assert ("shared with 1 more" in text) == (unit == "b1")
    if unit == "b1":
        assert "weighted sum: Σ(score × weight) = 49 × 2.5 + 5 = 127.5" in text
        assert "  X Squared = 49 (factor 2.5, adds 122.5 points)" in text
        assert "product: 100 × ∏ (score / 100)^weight = 100 × (70 / 100)^2 = 49" in text
        assert "    x = 70 (exponent 2)" in text
        assert "    y = 5\n" in text  # a weight says nothing below a least or greatest
        assert "bands: value → = 1: 0, = 2: 5 = 2 = 2: 5" in text


@pytest.mark.parametrize(
    ("effect", "told"),
    [
        ("flag", {"U1": ["grade A (A): 95 ≥ 80; 1 place, at place 1 of those who qualify"]}),
        (
            "no_top_grade",
            {
                "U1": ["not A: rule on consecutive results", "grade B (B): 95 ≥ 60"],
                "U2": ["grade A (A): 94 ≥ 80; 1 place, at place 1 of those who qualify"],
            },
        ),
        (
            "lowest_grade",
            {
                "U1": ["grade C (C): no condition [rule on consecutive results]"],
                "U2": ["grade A (A): 94 ≥ 80; 1 place, at place 1 of those who qualify"],
            },
        ),
    ],
)
def test_a_rule_on_consecutive_results_takes_no_place(tmp_path: Path, effect: str, told: dict[str, list[str]]) -> None:
    file = {
        "plan": "p", "title": "p", "tree": [{"code": "ROOT", "title": "r"}],
        "grades": [
            {"code": "A", "title": "A", "floor": 80, "quota": 0.5}, {"code": "B", "title": "B", "floor": 60},
            {"code": "C", "title": "C"},
        ],
        "consecutive": [{"code": "x", "title": "x", "condition": {"below": 99}, "effect": effect}],
    }  # fmt: skip
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(file), encoding="utf-8")
    leaf = "- {code: x, parent: ROOT, title: x, frequency: year, method: {kind: goalposts, worst: 0, best: 100}}\n"
    (tmp_path / "indicators.yaml").write_text(leaf, encoding="utf-8")
    (tmp_path / "units.csv").write_text("unit_code,name,class_code\nU1,U1,c\nU2,U2,c\n", encoding="utf-8")
    table = pl.DataFrame({"unit_code": ["U1", "U2"], "indicator_code": ["x", "x"], "value": [95.0, 94.0]})
    history = pl.DataFrame({"unit_code": ["U1"], "period": ["2022"], "total": [90.0]})
    explainer = Explainer(load_plan(tmp_path), Inputs(table, history=history), parse_period("2023"))
    for unit, steps in told.items():
        text = to_text(explainer.unit(unit), "en")
        assert all(step in text for step in steps), text
