"""Who may import whom, where SQL may stand, and what never enters a tracked file (DESIGN.md, section 2)."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MAY_IMPORT = {
    "schemas": set(),
    "scoring": {"schemas"},
    "warehouse": {"schemas"},
    "intake": {"schemas"},
    "scorecards": {"schemas"},
    "flows": {"schemas", "scoring", "warehouse", "intake", "scorecards"},
}
MAY_IMPORT_DUCKDB = {"warehouse", "scoring"}  # scoring as an engine for its expressions, without SQL text
SQL = re.compile(
    r"\s*(SELECT\s|WITH\s+\w+\s+AS\b|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|COPY\s|ATTACH\s"
    r"|(CREATE|DROP|ALTER)\s+(OR\s+REPLACE\s+)?(TEMP\s+|TEMPORARY\s+|UNIQUE\s+)?(TABLE|VIEW|INDEX|SCHEMA|SEQUENCE|MACRO)\s)"
)
LONGEST_MODULE = 400

# Written so that the patterns do not match themselves.
MACHINE_PATH = re.compile(r"(?<![\w.~$})-])/(?:work|root|home/[a-z][\w-]*)/")
REGISTRY = re.compile(
    r"(?m)^\s*--(?:extra-)?index-url\b|^\s*--find-links\b|https?://[^\s\"']*(?:/simple\b|pypi\.|[.]pythonhosted)"
)


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    """Top-level names of everything a module imports, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def direction_faults(package: str, source: str) -> list[str]:
    ours = set(MAY_IMPORT) | {"tests", "benchmarks"}
    allowed = MAY_IMPORT[package] | {package}
    names = set(imported(ast.parse(source)))
    faults = [f"imports {name}" for name in sorted(names & ours - allowed)]
    if "duckdb" in names and package not in MAY_IMPORT_DUCKDB:
        faults.append("imports duckdb")
    return faults


def sql_faults(package: str, source: str) -> list[str]:
    if package == "warehouse":
        return []
    strings = (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return [f"line {node.lineno}: SQL text" for node in strings if SQL.match(node.value)]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_only_downwards(package: str) -> None:
    faults = {
        str(path.relative_to(ROOT)): found
        for path in modules(package)
        if (found := direction_faults(package, path.read_text(encoding="utf-8")))
    }
    assert not faults


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_sql_stands_in_warehouse_alone(package: str) -> None:
    faults = {
        str(path.relative_to(ROOT)): found
        for path in modules(package)
        if (found := sql_faults(package, path.read_text(encoding="utf-8")))
    }
    assert not faults


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("schemas", "import scoring"),
        ("scoring", "def f():\n    from warehouse.runs import load"),
        ("warehouse", "from intake import read"),
        ("intake", "import scorecards.pdf"),
        ("scorecards", "from flows import settings"),
        ("intake", "import duckdb"),
        ("flows", "import duckdb"),
        ("flows", "import tests.helpers"),
    ],
)
def test_an_import_against_the_direction_is_seen(package: str, source: str) -> None:
    assert direction_faults(package, source)


@pytest.mark.parametrize(
    "text", ["SELECT 1", "\n  INSERT INTO t VALUES (1)", "CREATE TEMP TABLE t (a INT)", "WITH a AS (SELECT 1) SELECT 2"]
)
def test_sql_text_is_seen(text: str) -> None:
    assert sql_faults("scoring", f"QUERY = {text!r}")
    assert sql_faults("flows", f"def f(name):\n    return f{text + ' {name}'!r}")
    assert not sql_faults("warehouse", f"QUERY = {text!r}")


def test_no_module_is_a_drawer_for_everything() -> None:
    named_utils = [path for package in MAY_IMPORT for path in (ROOT / package).rglob("util*")]
    assert not named_utils


def test_no_module_is_longer_than_one_can_read() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for package in MAY_IMPORT
        for path in modules(package)
    }
    assert not {path: lines for path, lines in lengths.items() if lines > LONGEST_MODULE}


def tracked_texts() -> Iterator[tuple[str, str]]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listing.stdout.decode().split("\0")):
        path = ROOT / name
        content = path.read_bytes() if path.is_file() else b""
        if b"\0" not in content[:8192]:
            yield name, content.decode("utf-8", errors="replace")


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry address"])
def test_no_tracked_file_knows_this_machine(pattern: re.Pattern[str]) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: which files are tracked is unknown")
    found = {name: match.group() for name, text in tracked_texts() if (match := pattern.search(text))}
    assert not found


def test_machine_paths_and_registries_are_seen() -> None:
    # Put together here, so that this file itself holds neither.
    home, index = "/".join(["", "home", "li", "plan"]), "-".join(["-", "index", "url x"])
    assert MACHINE_PATH.search(f"open({home!r})")
    for before in ("..", "net", "https://example.org"):
        assert not MACHINE_PATH.search(f"see {before}{home}")
    assert REGISTRY.search(index)
