"""One year, played once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from flows import gate_docs
from flows.settings import make_settings
from schemas.folder import load_plan
from tests.history.forking import Workers, workers
from tests.history.played import EXAMPLE, Office
from warehouse import clock


def new_office(folder: Path, patch: pytest.MonkeyPatch) -> Office:
    patch.setattr(clock, "_last", datetime.min)
    patch.setattr(gate_docs, "build_docs", lambda *_: None)  # tests/flows looks at the gate's pages
    settings = replace(make_settings(folder / "home", EXAMPLE, "zh", {}), actor="office")
    return Office(settings, load_plan(EXAMPLE), patch, folder)


@pytest.fixture(scope="session")
def forking() -> Iterator[Workers]:
    """A process that has imported everything, to be forked."""
    with workers() as ready:
        yield ready


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office where nothing has happened yet."""
    with pytest.MonkeyPatch.context() as patch:
        yield new_office(tmp_path, patch)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The same, for all tests of a module."""
    with pytest.MonkeyPatch.context() as patch:
        yield new_office(tmp_path_factory.mktemp("year"), patch)
