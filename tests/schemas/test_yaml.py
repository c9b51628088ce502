"""YAML as offices write it: codes keep their zeros, numbers stay numbers, only true and false are booleans."""

from pathlib import Path

import pytest

from schemas.errors import PlanError, UserError
from schemas.periods import parse_period
from schemas.yaml_file import _Loader, _QuickLoader, _read, parse_yaml, read_yaml, write_yaml

PLANS = Path(__file__).resolve().parents[2] / "data" / "plans"


def test_codes_are_read_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(
        "tree:\n- {code: 01, parent: 1.10, weight: 60}\n- {code: NO, assigned_to: [01, on]}\n"
        "bands: [{from: 1, to: 2.5, score: 3}]\nphases: [{from: 2023, to: 2024Q4}]\nexponent: 1e5\n",
        encoding="utf-8",
    )
    assert read_yaml(path)[0] == {
        "tree": [{"code": "01", "parent": "1.10", "weight": 60}, {"code": "NO", "assigned_to": ["01", "on"]}],
        "bands": [{"from": 1, "to": 2.5, "score": 3}],
        "phases": [{"from": "2023", "to": "2024Q4"}],
        "exponent": 1e5,
    }


WORDS = ["01", "1e5", "on", "null", "~", "[a", "{a", "1.10", "2023-01-01", "true", "'", "a: b"]


@pytest.mark.parametrize("text", WORDS)
def test_texts_come_back_as_texts(text: str) -> None:
    for flow in (None, True):
        assert parse_yaml(write_yaml({"k": text, "l": [text]}, flow=flow)) == {"k": text, "l": [text]}


@pytest.mark.parametrize("text", ["0000", "9999Q4", "0999", "2023Q5", "23Q1"])
def test_years_out_of_this_world_are_no_periods(text: str) -> None:
    with pytest.raises(UserError, match="is not a period"):
        parse_period(text)


@pytest.mark.parametrize("path", sorted(PLANS.rglob("*.yaml")), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_both_loaders_read_the_same_at_the_same_lines(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert _read(_QuickLoader(text), path) == _read(_Loader(text), path)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: [1,\n  2", 2, "expected ',' or ']', but got '<stream end>'"),  # libyaml says line 3, and less
        ("a: 1\n\tb: 2\n", 2, "cannot start any token"),
        ("[" * 100_000, None, "maximum recursion depth exceeded"),  # libyaml's own composer ends the process
        ("a: \x07", None, "special characters are not allowed"),
    ],
)
def test_what_is_no_yaml_is_said_with_its_line(tmp_path: Path, text: str, line: int | None, said: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError) as refused:
        read_yaml(path)
    (problem,) = refused.value.problems
    assert (problem.code, problem.line) == ("no_yaml", line) and said in problem.en
