"""A plan workbook to change, parsed in this process unless a test asks for the child."""

from pathlib import Path
from typing import Any

import pytest

import intake.plan_reader
from flows.plan_convert import convert
from intake.child import answer
from intake.guards import Limits
from tests.plan_commands.books import EXAMPLE


@pytest.fixture(autouse=True)
def in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse here instead of in a child process, which takes a fifth of a second, where the test is not about that."""
    if "child" not in request.fixturenames:
        monkeypatch.setattr(intake.plan_reader, "Parsers", Here)


@pytest.fixture
def child() -> None:
    """Ask for the child process."""


class Here:
    """Stands for ``intake.pool.Parsers``."""

    def __init__(self, count: int, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()

    def __enter__(self) -> "Here":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def parse(self, path: Path) -> dict[str, Any]:
        return answer(str(path), self.limits)


@pytest.fixture(scope="module")
def example_book(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("book") / "plan.xlsx"
    convert(EXAMPLE, path)
    return path.read_bytes()
