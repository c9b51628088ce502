"""The tables of all methods once more, in one plan on DuckDB: each formula must meet its own lines only."""

from types import ModuleType

from tests.scoring import (
    test_methods_of_bounds,
    test_methods_of_items,
    test_methods_of_targets,
    test_reference_groups,
    test_relative_methods,
)
from tests.scoring.by_table import MethodTable, check_together, collected


def tables_of(*modules: ModuleType) -> list[MethodTable]:
    """The tables that the tests of these modules check."""
    with collected() as tables:
        for module in modules:
            for name, test in vars(module).items():
                if name.startswith("test_"):
                    test()
    return tables


def test_methods_with_a_scale_of_their_own() -> None:
    tables = tables_of(test_methods_of_targets, test_methods_of_items, test_methods_of_bounds)
    assert len(tables) > 40
    check_together(tables, on="duckdb")


def test_methods_that_compare_with_others() -> None:
    tables = tables_of(test_relative_methods, test_reference_groups)
    assert len(tables) > 30
    # `within: all` means all units of the plan, so those tables cannot stand beside others.
    alone = [t for t in tables if t.method.get("within") == "all"]
    check_together([t for t in tables if t not in alone], on="duckdb")
    check_together(alone[:1], on="duckdb")
