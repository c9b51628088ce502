"""Every rule of loader and linter: a failing plan, the line it names, and part of its sentence (mistakes.txt)."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from schemas.errors import PlanError
from schemas.folder import load_plan
from schemas.lint import RULES, lint
from schemas.lint.rules import LOADER_RULES
from tests.schemas.folders import BASE, altered, problems_of


class Mistake(NamedTuple):
    code: str
    place: str
    change: str
    sentence: str


def mistakes() -> list[Mistake]:
    text = (Path(__file__).parent / "mistakes.txt").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [Mistake(*(cell.strip() if n != 2 else cell for n, cell in enumerate(row.split(" | ")))) for row in rows]


@pytest.mark.parametrize("mistake", mistakes(), ids=lambda m: f"{m.code}-{m.sentence}")
def test_a_mistake_is_told_with_its_line_and_remedy(mistake: Mistake, tmp_path: Path) -> None:
    file, change = mistake.change.split(": ", 1)
    problems = problems_of(altered(tmp_path, file, change))
    told = [p for p in problems if p.code == mistake.code]
    assert told, problems
    assert any(p.text("en").startswith(f"{mistake.place}: ") and mistake.sentence in p.en for p in told), told
    for problem in told:
        assert re.search(r"[\u4e00-\u9fff]", problem.zh)


def test_the_plan_that_is_altered_has_no_finding() -> None:
    assert lint(load_plan(BASE)) == []


def test_every_rule_has_a_failing_plan() -> None:
    apart = {"no_plan", "not_comparable"}  # tested below: no change inside one folder shows them
    assert {m.code for m in mistakes()} | apart == RULES.keys() | LOADER_RULES.keys()


def test_every_code_is_listed_with_its_meaning() -> None:
    schemas = Path(__file__).parents[2] / "schemas"
    sources = "\n".join(p.read_text(encoding="utf-8") for p in schemas.rglob("*.py"))
    used = set(re.findall(r"PlanProblem\(\s*\"(\w+)\"", sources)) | set(
        re.findall(r"_problem\(path, \w+, \"(\w+)\"", sources)
    )
    used |= set(re.findall(r"found\.(?:item|row|plan_key)\(\s*\"(\w+)\"", sources))
    assert used <= RULES.keys() | LOADER_RULES.keys()
    assert len(used) > 80


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="there is no such plan folder"):
        load_plan(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("title: 投诉 → title: 投诉件数", "title"),
        ("title: 满意度 → title: 满意度⏎  measure: 分", "measure"),
        ("accumulation: flow → accumulation: stock", "accumulation"),
        ("maximum: 100 → maximum: 120", "maximum"),
        ("kind: percentile → kind: minmax", "method"),
        ("full_marks_at: 60 → full_marks_at: 80", "full marks"),
        ("cap: 120 → cap: 100", "full marks"),
    ],
)
def test_an_indicator_that_changed_says_from_when_it_is_comparable(change: str, what: str, tmp_path: Path) -> None:
    changed = load_plan(altered(tmp_path, "indicators.yaml", change))
    told = [p for p in lint(changed, previous=load_plan(BASE)) if p.code == "not_comparable"]
    assert len(told) == 1
    assert f"({what} changed); write comparable_from: 2023Q1" in told[0].en
    assert told[0].file == "indicators.yaml" and told[0].line is not None


def test_saying_it_is_enough(tmp_path: Path) -> None:
    change = "title: 投诉 → title: 投诉件数⏎  comparable_from: 2023Q1"
    changed = load_plan(altered(tmp_path, "indicators.yaml", change))
    assert lint(changed, previous=load_plan(BASE)) == []


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    change = "weight: 60 → wieght: 60 && indicators.yaml: cap: 120 → cpa: 120 && targets.csv: target,80 → target,x"
    told = problems_of(altered(tmp_path, "plan.yaml", change))
    assert [(p.file, p.code) for p in told] == [
        ("plan.yaml", "unknown_key"), ("indicators.yaml", "unknown_key"), ("targets.csv", "number_expected"),
    ]  # fmt: skip
