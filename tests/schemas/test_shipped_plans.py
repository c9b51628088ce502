"""The plans that ship have no error; what the linter says about them is known."""

from pathlib import Path

import pytest

from schemas.folder import load_plan, plan_files, plan_hash
from schemas.lint import lint

PLANS = Path(__file__).parents[2] / "data" / "plans"


@pytest.mark.parametrize("name", sorted(p.name for p in PLANS.iterdir() if (p / "plan.yaml").is_file()))
def test_a_shipped_plan_has_no_error(name: str) -> None:
    problems = lint(load_plan(PLANS / name))
    assert [p for p in problems if p.severity == "error"] == []
    assert len(problems) <= 12  # a flood is not read


def test_the_real_plan_holds_to_its_limit_of_cells() -> None:
    plan = load_plan(PLANS / "cast-2023")
    assert plan.file.limits.cells_per_unit == 15
    assert {p.severity for p in lint(plan)} <= {"info"}


def test_the_example_plan_is_told_what_a_class_of_two_cannot_bear() -> None:
    told = {p.code: p.text("zh") for p in lint(load_plan(PLANS / "example-2023"))}
    assert told.keys() == {"quota_small", "weight_moves"}
    assert "city(2)、society(1)" in told["quota_small"]
    assert "society:名义权重的 15.0%" in told["weight_moves"]  # T99-1: half of S2's 30


def test_the_hash_knows_every_file_but_no_line_endings(tmp_path: Path) -> None:
    source = PLANS / "example-2023"
    assert sorted(plan_files(source)) == [
        "assignments.csv", "holidays.csv", "indicators.yaml", "plan.yaml", "targets.csv", "units.csv",
    ]  # fmt: skip
    for name, content in plan_files(source).items():
        (tmp_path / name).write_bytes(content.replace(b"\n", b"\r\n"))
    assert plan_hash(tmp_path) == plan_hash(source)
    (tmp_path / "units.csv").write_bytes(plan_files(source)["units.csv"] + b"HB-XX,\xe6\x9f\x90,,city,,,,,\n")
    assert plan_hash(tmp_path) != plan_hash(source)
