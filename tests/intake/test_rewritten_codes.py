"""Codes that a spreadsheet program took for numbers: read where only one can be meant, refused where several can."""

import json
from pathlib import Path

import pytest

from intake.read import read_files
from schemas.folder import Plan, load_plan
from schemas.periods import parse_period

CODES = ("1.1", "1.10", "01", "1E5", "3-1", "2.1")
PLAN = """
plan: codes
title: Codes
periods: [2024Q1, 2024Q2, 2024Q3, 2024Q4]
classes: {city: Cities}
tree: [{code: ROOT, title: Total}]
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("plan")
    leaf = (
        '- {{code: "{0}", parent: ROOT, title: Number {1}, measure: count, method: {{kind: attainment, target: 10}}}}\n'
    )
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    leaves = "".join(leaf.format(code, "abcdef"[n]) for n, code in enumerate(CODES))
    (folder / "indicators.yaml").write_text(leaves, encoding="utf-8")
    (folder / "units.csv").write_text(
        "unit_code,name,class_code\n0101,North,city\n7,South,city\n07,East,city\n", encoding="utf-8"
    )
    return load_plan(folder)


@pytest.mark.parametrize(
    ("unit", "code", "title", "read_as", "said"),
    [
        ("0101", "1.1", None, "1.1", set()),
        ("0101", "1.10", None, "1.10", set()),
        ("0101", 1.1, None, None, {"code_unclear"}),
        ("0101", 1.1, "Number b", "1.10", {"code_rewritten"}),
        ("0101", 1.1, "Number c", None, {"code_unclear"}),
        ("0101", 2.1, None, "2.1", set()),
        ("0101", 1, None, "01", {"code_rewritten"}),
        ("0101", "1", None, "01", {"code_rewritten"}),
        ("0101", 100000, None, "1E5", {"code_rewritten"}),
        ("0101", "1.00E+05", None, "1E5", {"code_rewritten"}),
        ("0101", "2024-03-01", None, None, {"unknown_indicator"}),
        (101, "2.1", None, "2.1", {"unit_by_alias"}),
        ("101", "2.1", None, "2.1", {"unit_by_alias"}),
        ("07", "2.1", None, "2.1", set()),
        (7, "2.1", None, None, {"unknown_unit"}),
    ],
)
def test_a_rewritten_code(
    plan: Plan, tmp_path: Path, unit: object, code: object, title: str | None, read_as: str | None, said: set[str]
) -> None:
    row = {"unit_code": unit, "period": "2024Q1", "indicator_code": code, "value": 5, "title": title}
    (tmp_path / "a.json").write_text(json.dumps([row]), encoding="utf-8")
    batch = read_files([tmp_path / "a.json"], plan, period=parse_period("2024Q1"))
    values = {r["indicator_code"] for r in batch.cells.iter_rows(named=True) if r["value"] == 5}
    left_out = {"indicator_left_out", "no_rows", "nothing_filled"}
    assert (values, set(batch.problems["code"]) - left_out) == ({read_as} - {None}, said)
