"""A quarter in which everything that can be recorded is recorded once."""

from pathlib import Path

from schemas.folder import load_plan
from tests.warehouse.tables import OFFICE, items, send
from tests.warehouse.test_runs import score
from warehouse import (
    Warehouse,
    add_adjustments,
    add_items,
    add_publication,
    add_verifications,
    erase_persons,
    record_plan,
    record_registry,
    set_period_state,
    set_state,
)

ROOT = Path(__file__).resolve().parents[2]


def a_quarter(warehouse: Warehouse) -> None:
    """Everything that can be recorded, once."""
    plan = load_plan(ROOT / "data" / "plans" / "example-2023")
    record_plan(warehouse, plan, actor=OFFICE)
    record_registry(warehouse, plan.units, actor=OFFICE)
    send(warehouse, "unit|period|file|state|person|T07-1\nHB-WH|2023Q1|a|accepted|王小明|22")
    send(warehouse, "unit|period|file|state|person|T07-1\nHB-WH|2023Q1|b|accepted|王小明|23")
    set_state(warehouse, "HB-WH/2023Q1/2", "excluded", "误报", OFFICE)
    item = "item_id|unit_code|indicator_code|period|kind|count\ni1|HB-WH|T22-1|2023Q1|central|2"
    add_items(warehouse, items(item), actor=OFFICE)
    verdict = "unit_code|indicator_code|period|verdict|reason\nHB-WH|T07-1|2023Q1|accepted|抽查"
    add_verifications(warehouse, items(verdict), actor=OFFICE)
    bonus = "adjustment_id|unit_code|period|kind|value|reason\na1|HB-WH|2023Q1|bonus|2|表彰"
    add_adjustments(warehouse, items(bonus), actor=OFFICE)
    set_period_state(warehouse, "2023Q1", "closed", OFFICE)
    run_id, _ = score(warehouse)
    add_publication(warehouse, "2023Q1", run_id, package_path="out", package_hash="h", actor=OFFICE)
    erase_persons(warehouse, actor=OFFICE, reason="期满")
