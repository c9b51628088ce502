"""Plans and registries are kept whole, once, under their hash."""

from pathlib import Path

import polars as pl
import pytest

from schemas.errors import UserError
from schemas.folder import Plan, load_plan
from tests.warehouse.tables import OFFICE, count_rows, writing
from warehouse import (
    load_plan_files,
    load_registry,
    plans,
    read_warehouse,
    record_plan,
    record_registry,
    registry_hash,
)

PLANS = Path(__file__).resolve().parents[2] / "data" / "plans"


@pytest.fixture(scope="module", params=["example-2023", "cast-2023"])
def plan(request: pytest.FixtureRequest) -> Plan:
    return load_plan(PLANS / request.param)


def test_a_recorded_plan_loads_again_as_the_same_plan(path: Path, plan: Plan, tmp_path: Path) -> None:
    with writing(path) as warehouse:
        record_plan(warehouse, plan, OFFICE)
        again = tmp_path / "again"
        again.mkdir()
        for name, content in load_plan_files(warehouse, plan.hash).items():
            (again / name).write_bytes(content)
        assert plans(warehouse)["plan_code"].to_list() == [plan.file.plan]
        assert warehouse.value("SELECT count(*) FROM targets") == plan.targets.height
        assert warehouse.value("SELECT count(*) FROM assignments") == plan.assignments.height
    assert load_plan(again).hash == plan.hash


def test_the_same_plan_and_units_again_change_nothing(path: Path, plan: Plan) -> None:
    with writing(path) as warehouse:
        record_plan(warehouse, plan, OFFICE)
        hashed = record_registry(warehouse, plan.units, OFFICE)
    before, file = count_rows(path), path.read_bytes()
    with writing(path) as warehouse:
        assert record_plan(warehouse, plan, OFFICE) == plan.hash
        assert record_registry(warehouse, plan.units.reverse(), OFFICE) == hashed
    assert count_rows(path) == before
    assert path.read_bytes() == file


def test_a_changed_unit_is_a_new_registry_beside_the_old(path: Path, plan: Plan) -> None:
    renamed = plan.units.with_columns(name=pl.col("name") + "(新)")
    with writing(path) as warehouse:
        old, new = (record_registry(warehouse, units, OFFICE) for units in (plan.units, renamed))
    with read_warehouse(path) as warehouse:
        assert old != new == registry_hash(renamed)
        for hashed, units in ((old, plan.units), (new, renamed)):
            assert load_registry(warehouse, hashed)["name"].sort().equals(units["name"].sort())


def test_an_unknown_plan_is_a_sentence(path: Path) -> None:
    with writing(path) as warehouse, pytest.raises(UserError, match="没有哈希为 abc 的考核方案"):
        load_plan_files(warehouse, "abc")
