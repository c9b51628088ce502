"""What every test gets: a quiet environment of its own, and one way to ask for a tool that may be missing.

A test that needs a program says so by marker (`@pytest.mark.office`) or, where it wants the program's path, by the
fixture `needs_tool`. Without the program the test is skipped with the Debian package's name; with CI=true any skip
fails, so nothing goes untested there unnoticed.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() == "true"

DEBIAN_PACKAGES = {
    "soffice": "libreoffice-calc libreoffice-writer",
    "chromium": "chromium",
    "chromedriver": "chromium-driver",
    "pdftoppm": "poppler-utils",
    "pdftotext": "poppler-utils",
    "java": "default-jre-headless",
}
TOOLS_OF_MARKER = {
    "office": ("soffice",),
    "browser": ("chromium", "chromedriver"),
    "poppler": ("pdftoppm", "pdftotext"),
    "java": ("java",),
}

# The Spark tests run in an environment of their own (make test-spark).
collect_ignore = [] if find_spec("pyspark") else ["spark"]

# Hundreds of processes are started: each would compile our modules anew where the environment forbids keeping them.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Set before any test module is imported: Prefect and Great Expectations read their settings on import.
_PREFECT_HOME = tempfile.mkdtemp(prefix="kaohe-prefect-")
os.environ.update(
    PREFECT_HOME=_PREFECT_HOME,
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    DO_NOT_TRACK="1",
    GX_ANALYTICS_ENABLED="false",
)
for name in ("KAOHE_LANG", "KAOHE_HOME", "PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_PROFILE"):
    os.environ.pop(name, None)

hypothesis_settings.register_profile("local", deadline=None)
hypothesis_settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis_settings.load_profile("ci" if IN_CI else "local")


def find_tool(name: str) -> str:
    """Return the program's path, or skip the test with a sentence that names the package."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed; on Debian: apt-get install {DEBIAN_PACKAGES[name]}")
    return path


@pytest.fixture(scope="session")
def needs_tool() -> Callable[[str], str]:
    """`soffice = needs_tool("soffice")`: the program's path, or the test is skipped (fails with CI=true)."""
    return find_tool


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout's top folder."""
    return ROOT


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that hold slow tests, so that no process is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, tools in TOOLS_OF_MARKER.items():
        if item.get_closest_marker(marker):
            for tool in tools:
                find_tool(tool)


def _fail_instead_of_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"CI=true: a skip fails. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    _fail_instead_of_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    _fail_instead_of_skip(report)
    return report


def pytest_unconfigure() -> None:
    shutil.rmtree(_PREFECT_HOME, ignore_errors=True)
