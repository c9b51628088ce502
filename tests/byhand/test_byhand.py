"""The engine against totals worked by hand: 2023Q1.md and example.md, committed before the engine gave them.

expected*.csv hold exact fractions; calculate.py, the pocket calculator that gave them, knows nothing of the engine.
"""

import csv
import runpy
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from schemas.tables import Adjustments, Items, columns_of
from scoring.run import Inputs, Scored, score

HERE = Path(__file__).parent
PLANS = HERE.parent.parent / "data" / "plans"
Q1 = parse_period("2023Q1")
NUMBERS = {"value": pl.Float64, "numerator": pl.Float64, "denominator": pl.Float64}


def read(path: Path, numbers: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    frame = pl.read_csv(path, infer_schema=False)
    return frame.with_columns(pl.col(c).cast(t) for c, t in numbers.items())


def expected(name: str) -> list[dict[str, str]]:
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def cast_q1() -> tuple[Plan, Scored]:
    plan = load_plan(PLANS / "cast-2023")
    units = plan.units.filter(pl.col("unit_code").is_in(["HB-WH", "HB-XH-005", "HB-BM-02"]))
    inputs = Inputs(
        read(HERE / "measurements.csv", NUMBERS),
        units=units,
        items=_typed(read(HERE / "items.csv", {"count": pl.Float64}), columns_of(Items)),
        adjustments=_typed(read(HERE / "adjustments.csv", {"value": pl.Float64}), columns_of(Adjustments)),
    )
    return plan, score(plan, inputs, Q1)


def _typed(frame: pl.DataFrame, columns: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """Add the table's other columns, empty."""
    more = [pl.lit(None, dtype=t).alias(c) for c, t in columns.items() if c not in frame.columns]
    return frame.with_columns(more)


@pytest.fixture(scope="module")
def example_q1() -> tuple[Plan, Scored]:
    plan = load_plan(PLANS / "example-2023")
    return plan, score(plan, Inputs(read(PLANS / "example-2023" / "measurements.csv", NUMBERS)), Q1)


def differences(scored: Scored, wanted: list[dict[str, str]]) -> list[str]:
    """Return every node whose score or effective weight is not the hand's, to 1e-9."""
    found = {(r["unit_code"], r["node_code"]): r for r in scored.scores_frame().iter_rows(named=True)}
    result = []
    for row in wanted:
        mine = found.get((row["unit_code"], row["node_code"]), {})
        for column, got in (("score", counted(mine)), ("effective_weight_pct", mine.get("effective_weight_pct"))):
            if row[column] and (got is None or abs(got - float(Fraction(row[column]))) > 1e-9):
                result.append(f"{row['unit_code']} {row['node_code']} {column}: hand {row[column]}, engine {got}")
    return result


def counted(row: dict[str, Any]) -> float | None:
    """Return what a node counts in its parent.

    The hand writes 0 for an indicator that was not reported. The engine gives it no score of its own; its parent
    imputes, and says so: what was imputed shows in the contribution (score × effective weight / 100).
    """
    if row.get("reason_code") in ("not_reported", "nil_not_allowed"):
        assert row["score"] is None
        return float(row["contribution"]) * 100 / float(row["effective_weight_pct"])
    return row.get("score")


def totals(scored: Scored, wanted: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    rows = {r["unit_code"]: r for r in scored.results.iter_rows(named=True)}
    units = [r["unit_code"] for r in wanted if r["total"]]
    return [(u, f"{rows[u]['total']:.2f}", rows[u]["grade"]) for u in units]


def test_the_calculator_still_gives_the_committed_tables(tmp_path: Path) -> None:
    calculator = runpy.run_path(str(HERE / "calculate.py"))
    calculator["write"].__globals__["HERE"] = tmp_path
    calculator["write"]("expected", [calculator["wuhan"](), calculator["society"](), calculator["department"]()])
    calculator["write"]("expected_example", [calculator["example"]()])
    for name in ("expected.csv", "expected_example.csv"):
        assert (tmp_path / name).read_text("utf-8") == (HERE / name).read_text("utf-8")


@pytest.mark.parametrize(("page", "name"), [("2023Q1.md", "expected"), ("example.md", "expected_example")])
def test_the_written_steps_end_in_the_expected_totals(page: str, name: str) -> None:
    text = (HERE / page).read_text("utf-8")
    parts = {part.split("\n", 1)[0]: part for part in text.split("\n## ")[1:]}
    for row in expected(name):
        if row["total"]:
            part = next(body for heading, body in parts.items() if row["unit_code"] in heading)
            assert f"**{row['total']}**" in part


def test_a_city_a_society_and_a_department_as_worked_by_hand(cast_q1: tuple[Plan, Scored]) -> None:
    wanted = expected("expected")
    assert differences(cast_q1[1], wanted) == []
    assert totals(cast_q1[1], wanted) == [(r["unit_code"], r["total"], r["grade"]) for r in wanted if r["total"]]


def test_every_method_of_the_plan_that_is_asked_in_the_quarter_is_met(cast_q1: tuple[Plan, Scored]) -> None:
    plan, scored = cast_q1
    met = {r["node_code"] for r in expected("expected")} & set(plan.leaves)
    asked = set(scored.scores_frame()["node_code"]) & set(plan.leaves)
    assert {plan.leaves[c].method.kind for c in met} == {plan.leaves[c].method.kind for c in asked}


@pytest.mark.parametrize(
    ("unit", "node", "score", "reason"),
    [
        ("HB-WH", "T08-2", None, "not_reported"),
        ("HB-WH", "T08", 0.0, "imputed"),
        ("HB-WH", "T27-2", None, "not_applicable"),
        ("HB-WH", "T27", None, "not_applicable"),
        ("HB-XH-005", "T01-2", 0.0, "nil"),
        ("HB-XH-005", "T08-2", None, "not_applicable"),
        ("HB-XH-005", "X-4", None, "not_applicable"),
        ("HB-XH-005", "T24-1", None, "nil_not_allowed"),
        ("HB-XH-005", "T29-2", None, "not_reported"),
        ("HB-XH-005", "T29", 0.0, "imputed"),
    ],
)
def test_absent_cells_say_what_became_of_them(
    cast_q1: tuple[Plan, Scored], unit: str, node: str, score: float | None, reason: str
) -> None:
    rows = cast_q1[1].scores_frame().filter((pl.col("unit_code") == unit) & (pl.col("node_code") == node))
    assert rows.select("score", "reason_code").rows() == [(score, reason)]


def test_the_example_plan_as_its_readme_works_it(example_q1: tuple[Plan, Scored]) -> None:
    wanted = expected("expected_example")
    assert differences(example_q1[1], wanted) == []
    assert totals(example_q1[1], wanted) == [(r["unit_code"], r["total"], r["grade"]) for r in wanted if r["total"]]
    ranks = {r["unit_code"]: (r["rank"], r["class_size"]) for r in example_q1[1].results.iter_rows(named=True)}
    assert (ranks["HB-WH"], ranks["HB-JZ"]) == ((1, 2), (2, 2))
