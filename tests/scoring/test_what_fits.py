"""Scores are computed when they are asked for: where memory ends only then, it is a sentence with a remedy too."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import UserError
from schemas.periods import parse_period
from scoring import Inputs, score
from scoring.engine import DuckDB
from scoring.run import Scored
from tests.scoring.by_table import VALUE_IS_SCORE, measured, plan

LEVELS = 5


@pytest.mark.parametrize(
    "asked_for",
    [
        lambda scored, folder: scored.scores_frame(),
        lambda scored, folder: scored.engine.write(scored.scores, folder / "scores.parquet"),
        lambda scored, folder: scored.engine.keep(scored.scores),
    ],
    ids=["in memory", "as a file", "kept"],
)
def test_a_tree_too_deep_for_the_memory_is_said_also_after_scoring(
    asked_for: Callable[[Scored, Path], Any], tmp_path: Path
) -> None:
    tree = [{"code": "ROOT"}, *({"code": f"N{i}", "parent": f"N{i - 1}" if i else "ROOT"} for i in range(LEVELS))]
    leaves = [{"code": f"I{i}", "parent": f"N{i}", "method": VALUE_IS_SCORE} for i in range(LEVELS)]
    cells = "unit|indicator|value\n" + "\n".join(f"U|I{i}|50" for i in range(LEVELS))
    engine = DuckDB(threads=1, memory="12MB")
    scored = score(plan(leaves, tree=tree), Inputs(measured(cells)), parse_period("2023"), engine=engine)
    with pytest.raises(UserError, match="KAOHE_MEMORY"):
        asked_for(scored, tmp_path)
