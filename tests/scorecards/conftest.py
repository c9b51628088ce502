"""Editions for the tests of documents: a large synthetic plan, and the example plan with numbers worked by hand."""

from pathlib import Path

import polars as pl
import pytest

from schemas.folder import load_plan
from schemas.periods import parse_period
from scorecards.edition import Edition
from scorecards.pdf import Compiler, make_compiler
from tests.scorecards.synthetic import make_edition, write_plan


@pytest.fixture(scope="session")
def big(tmp_path_factory: pytest.TempPathFactory) -> tuple[Edition, Edition]:
    """Two periods of a plan of 90 indicators and 130 units; one unit's name starts with an equals sign."""
    plan = write_plan(tmp_path_factory.mktemp("synthetic"))
    first = make_edition(plan, "2023Q1")
    history = first.results.with_columns(period=pl.lit("2023Q1"))
    return first, make_edition(plan, "2023Q2", seed=2, previous=first.results, history=history)


SCORES = """
HB-WH     | ROOT  | 79.73333333333333 | 100.0 | 100.0 | 79.73333333333333  |              |     |
HB-WH     | S1    | 100.0             | 60.0  | 60.0  | 60.0               | clamped      |     |
HB-WH     | S2    | 49.33333333333333 | 40.0  | 40.0  | 19.733333333333334 |              |     |
HB-WH     | T07-1 | 110.0             | 70.0  | 42.0  | 46.2               |              | 22  | 20
HB-WH     | T09-1 | 90.0              | 30.0  | 18.0  | 16.2               |              | 90  | 100
HB-WH     | T18-1 | 33.33333333333333 | 40.0  | 16.0  | 5.333333333333333  |              | 2   | 6
HB-WH     | T22-1 | 20.0              | 30.0  | 12.0  | 2.4                |              | 12  | 60
HB-WH     | T99-1 | 100.0             | 30.0  | 12.0  | 12.0               | nil          | 0   | 0
HB-JZ     | ROOT  | 0.0               | 100.0 | 100.0 | 0.0                |              |     |
HB-JZ     | S1    | 0.0               | 60.0  | 100.0 | 0.0                | imputed      |     |
HB-JZ     | S2    |                   | 40.0  |       |                    | not_reported |     |
HB-JZ     | T07-1 |                   | 70.0  | 70.0  | 0.0                | not_reported |     | 20
HB-JZ     | T09-1 |                   | 30.0  | 30.0  | 0.0                | not_reported |     | 100
HB-XH-001 | ROOT  |                   | 100.0 | 100.0 |                    |              |     |
HB-XH-001 | T99-1 |                   | 30.0  |       |                    | not_assigned |     |
"""
RESULTS = """
HB-WH     | city    | 79.73333333333333 | 0 | 0  | 79.73 | 1 | 2 | C |
HB-JZ     | city    | 0.0               | 0 | 10 | 0.0   | 2 | 2 | D | total_floored
HB-XH-001 | society |                   | 0 | 0  |       |   | 0 |   | veto_stop_scoring
"""
SCORE_COLUMNS = "unit_code node_code score weight_pct effective_weight_pct contribution reason_code value target"
RESULT_COLUMNS = "unit_code class_code base bonus deduction total rank class_size grade reason_code"
TEXTS = {"unit_code", "node_code", "reason_code", "class_code", "grade"}


def table(text: str, heads: str) -> pl.DataFrame:
    """Read a table written with bars; empty cells are null."""
    columns = heads.split()
    rows = [[cell.strip() or None for cell in line.split("|")] for line in text.strip().splitlines()]
    rows = [row + [None] * (len(columns) - len(row)) for row in rows]
    frame = pl.DataFrame(rows, schema={c: pl.String for c in columns}, orient="row")
    return frame.with_columns(pl.col(c).cast(pl.Float64) for c in columns if c not in TEXTS)


@pytest.fixture(scope="session")
def example(root: Path) -> Edition:
    """The example plan's 2023Q1, with the numbers that its README works out by hand for HB-WH."""
    plan = load_plan(root / "data/plans/example-2023")
    scores = table(SCORES, SCORE_COLUMNS).with_columns(
        level=pl.col("node_code").replace_strict(plan.level, return_dtype=pl.Int64), coverage_pct=pl.lit(100.0)
    )
    results = table(RESULTS, RESULT_COLUMNS).with_columns(pl.col("class_size").cast(pl.Int64))
    return Edition(plan, parse_period("2023Q1"), "0123456789abcdef", results, scores, audit_head="ab" * 32)


@pytest.fixture(scope="session")
def compiler() -> Compiler:
    return make_compiler()
