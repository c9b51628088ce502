"""The exported JSON Schemas are current, accept the shipped plans and refuse what the loader refuses."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from schemas.json_schema import HERE, json_schemas
from schemas.yaml_file import read_yaml
from tests.schemas.folders import BASE, altered

ROOT = Path(__file__).parents[2]
PLANS = [BASE, *sorted(p.parent for p in ROOT.glob("data/plans/*/plan.yaml"))]
FILES = {"plan.yaml": "plan.schema.json", "indicators.yaml": "indicators.schema.json"}


def validator(file: str) -> Any:
    schema = json.loads(json_schemas()[FILES[file]])
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", FILES.values())
def test_the_schemas_are_current(name: str) -> None:
    written = (HERE / name).read_text(encoding="utf-8")
    assert written == json_schemas()[name], "run: python -m schemas.json_schema"


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("folder", PLANS, ids=lambda p: p.name)
def test_shipped_plans_are_accepted(folder: Path, file: str) -> None:
    data, _ = read_yaml(folder / file)
    assert [e.message for e in validator(file).iter_errors(data)] == []


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("plan.yaml", "weight: 60 → wieght: 60"),
        ("plan.yaml", "weight: 60 → weight: sixty"),
        ("plan.yaml", "effect: lowest_grade → effect: lowest"),
        ("indicators.yaml", "cap: 120 → cpa: 120"),
        ("indicators.yaml", "kind: attainment → kind: atainment"),
        ("indicators.yaml", "title: 投诉⏎ → ⏎"),
    ],
)
def test_mistakes_are_refused(file: str, change: str, tmp_path: Path) -> None:
    data, _ = read_yaml(altered(tmp_path, file, change) / file)
    assert not validator(file).is_valid(data)
