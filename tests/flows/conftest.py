"""A small plan with three units, filled workbooks, and one Prefect server for all flow tests."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flows.demo_data import write_submissions
from flows.settings import Settings, make_settings
from schemas.folder import Plan, load_plan
from schemas.periods import Period, parse_period
from warehouse import export_parquet, read_warehouse

ROOT = Path(__file__).resolve().parents[2]
Q1 = parse_period("2023Q1")


@pytest.fixture(scope="session")
def plan_folder() -> Path:
    return ROOT / "data" / "plans" / "example-2023"


@pytest.fixture(scope="session")
def plan(plan_folder: Path) -> Plan:
    return load_plan(plan_folder)


@pytest.fixture
def settings(tmp_path: Path, plan_folder: Path) -> Settings:
    made = make_settings(tmp_path / "home", plan_folder, "zh", {})
    return replace(made, actor="office")


@pytest.fixture(scope="session")
def filled(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Period], Path]:
    """Return a folder with every unit's filled workbook of a period."""
    made: dict[Period, Path] = {}

    def folder(period: Period) -> Path:
        if period not in made:
            made[period] = tmp_path_factory.mktemp(f"filled-{period}")
            write_submissions(plan, period, made[period])
        return made[period]

    return folder


@pytest.fixture
def inbox(settings: Settings, filled: Callable[[Period], Path]) -> Path:
    """Return the data folder's own inbox, filled for 2023Q1."""
    return Path(shutil.copytree(filled(Q1), settings.inbox / "2023Q1"))


@pytest.fixture
def rows(settings: Settings, tmp_path: Path) -> Callable[[], dict[str, int]]:
    """Return the number of rows of every table."""

    def count() -> dict[str, int]:
        if not settings.warehouse.exists():
            return {}
        with read_warehouse(settings.warehouse) as warehouse:
            return export_parquet(warehouse, tmp_path / "rows")

    return count


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """One ephemeral Prefect server; it takes seconds to start."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=90), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
