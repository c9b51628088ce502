"""The tables of all methods with a scale of their own, once more, in one plan."""

from tests.scoring import test_methods_of_bounds, test_methods_of_items, test_methods_of_targets
from tests.scoring.by_table import check_together, collected


def test_all_these_tables_again_in_one_plan_on_duckdb() -> None:
    """Some hundred formulas stand side by side there, and each must meet its own lines only."""
    with collected() as tables:
        for module in (test_methods_of_targets, test_methods_of_items, test_methods_of_bounds):
            for name, test in vars(module).items():
                if name.startswith("test_"):
                    test()
    assert len(tables) > 40
    check_together(tables, on="duckdb")
