"""Short commands answer at once: what takes long to import is imported by what needs it alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.diff.office import Office

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "duckdb", "great_expectations", "intake.pool", "jinja2", "narwhals", "numpy", "openpyxl", "pandas", "pandera",
    "polars", "prefect", "pyarrow", "pydantic", "scoring.run", "sqlalchemy", "typst", "xlsxwriter", "yaml",
}  # fmt: skip
TABLES = {"duckdb", "polars"}
PLAN = {*TABLES, "pydantic", "yaml"}
NEEDS = {
    "--help": set[str](),
    "explain --help": set[str](),
    "log": TABLES,
    "period show 2023Q1": PLAN,
    "status": PLAN,
    "status 2023Q1": PLAN,
    "explain U1 --period 2023Q1": {*PLAN, "narwhals", "scoring.run"},
    "explain U1 A --period 2023Q1 --json": {*PLAN, "narwhals", "scoring.run"},
}
PROGRAM = """
import sys
from flows.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as end:
    code = end.code
print(*sorted(sys.modules), file=sys.stderr)
raise SystemExit(code)
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A quarter that was scored."""
    office = Office(tmp_path_factory.mktemp("office"))
    for unit in ("U1", "U2", "U3"):
        office.report(unit, A=80, B=60)
    office.run()
    return office


@pytest.mark.parametrize("words", NEEDS)
def test_a_short_command_loads_only_what_it_needs(office: Office, words: str) -> None:
    home = {"KAOHE_HOME": str(office.settings.home), "KAOHE_PLAN": str(office.folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, *words.split()]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **home}, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert HEAVY & set(done.stderr.split()) == NEEDS[words]
