"""The catalogue of checks: complete, in both languages, and the guide is its text."""

import ast
import re
import string
from pathlib import Path

import pytest

from intake.catalogue import CATALOGUE, LAYERS, catalogue_page
from intake.read import read_files
from tests.intake.corpus import PERIOD, changed, corpus_plan, csv_bytes, long_rows, workbook

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_in_the_guide_is_current() -> None:
    """Write it anew with: python -m intake.catalogue > docs/checks.md."""
    assert (ROOT / "docs" / "checks.md").read_text(encoding="utf-8") == catalogue_page()


@pytest.mark.parametrize("check", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_check_is_worded_in_both_languages(check: object) -> None:
    zh, en = check.zh, check.en  # type: ignore[attr-defined]
    names = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (zh, en)]
    assert names[0] <= {"value", "expected", "column", "title"}
    assert names[1] <= {"value", "expected", "column", "title"}
    assert (re.search("[\u4e00-\u9fff]", zh) and en.isascii()) or "→" in en
    assert zh.endswith(("。", "}", "?"))


def test_every_layer_has_checks() -> None:
    assert {c.layer for c in CATALOGUE.values()} == set(LAYERS)


def test_every_code_that_is_used_stands_in_the_catalogue_and_the_other_way() -> None:
    words = set()
    for path in (ROOT / "intake").glob("*.py"):
        if path.name != "catalogue.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            words |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    assert set(CATALOGUE) <= words


def test_lists_are_in_the_readers_language(tmp_path: Path) -> None:
    units = {"C-02": "鄂科协发〔2023〕77号", "S-01": "鄂科协发〔2023〕77号"}
    for unit, evidence in units.items():
        (tmp_path / f"{unit}.xlsx").write_bytes(workbook(changed("A1", unit=unit, evidence=evidence), unit=unit))
    (tmp_path / "p.csv").write_bytes(csv_bytes(long_rows(period="2029Q2")))
    problems = read_files(sorted(tmp_path.iterdir()), corpus_plan(), period=PERIOD).problems
    said = dict(problems.select("code", "message_en").iter_rows())
    assert "(Shancheng)" in said["evidence_used_twice"] or "(Example society A)" in said["evidence_used_twice"]
    assert "2023Q1, 2023Q2, 2023Q3" in said["unknown_period"]
