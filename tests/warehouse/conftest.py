"""One empty place for a warehouse per test, and a warehouse in which everything is recorded."""

import shutil
from pathlib import Path

import pytest

from tests.warehouse.quarter import a_quarter
from tests.warehouse.tables import writing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("recorded") / "warehouse.duckdb"
    with writing(made) as warehouse:
        a_quarter(warehouse)
    return made


@pytest.fixture
def quarter(recorded: Path, path: Path) -> Path:
    """A copy of the recorded quarter, one per test."""
    return Path(shutil.copyfile(recorded, path))
