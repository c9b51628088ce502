"""Cells that were asked and of which nothing came, read off each node's sum of marks."""

import narwhals as nw
import polars as pl

from scoring.compile import Compiled
from scoring.engine import Engine
from scoring.frames import REASON, Frame
from scoring.leaves import CELL
from scoring.nodes import blocks


def digit(marks: nw.Expr, mark: nw.Expr) -> nw.Expr:
    """Return how often the sibling with this mark came, from its parent's sum of marks."""
    return (marks // mark) % 4


def absent_rows(engine: Engine, compiled: Compiled, sums: Frame) -> Frame:
    """Return rows for assigned cells of which nothing was received, read off each node's sum of marks.

    Only nodes whose marks are not exactly their class's are laid out child by child.
    """
    numbers = blocks(compiled.leaf_table)
    due = compiled.node_table.filter(pl.col("node_no").is_in(compiled.leaf_table["parent_no"].unique().to_list()))
    due = due.select("class_no", pl.col("node_no").alias("parent_no"), *(f"leaf_marks_{b}" for b in numbers))
    grid = engine.frame(compiled.units.select("unit_no", "class_no")).join(engine.frame(due), on="class_no")
    marks = [nw.col(f"marks_{b}").cast(nw.Int64).alias(f"marks_{b}") for b in numbers]
    grid = grid.join(sums.select("unit_no", "parent_no", *marks), on=["unit_no", "parent_no"], how="left")
    grid = grid.with_columns(nw.col(f"marks_{b}").fill_null(0) for b in numbers)
    odd = nw.lit(False)
    for b in numbers:
        odd = odd | (nw.col(f"marks_{b}") != nw.col(f"leaf_marks_{b}"))
    if not compiled.exceptions.is_empty():
        special = compiled.exceptions.select("unit_no").unique().with_columns(special=pl.lit(True))
        grid = grid.join(engine.frame(special), on="unit_no", how="left")
        odd = odd | nw.col("special").fill_null(False)
    cells = ["class_no", "leaf_no", "parent_no", "weight", "block", "mark", "assigned", *_target(compiled)]
    rows = grid.filter(odd).join(engine.frame(compiled.leaf_table.select(cells)), on=["class_no", "parent_no"])
    came = nw.lit(0)
    for b in numbers:
        came = nw.when(nw.col("block") == b).then(digit(nw.col(f"marks_{b}"), nw.col("mark"))).otherwise(came)
    rows = rows.filter(came == 0)
    if compiled.exceptions.is_empty():
        rows = rows.filter(nw.col("assigned"))
    else:
        granted = compiled.exceptions.select("unit_no", "leaf_no", "granted")
        rows = rows.join(engine.frame(granted), on=["unit_no", "leaf_no"], how="left")
        rows = rows.filter(nw.coalesce(nw.col("granted"), nw.col("assigned")))
    none = nw.lit(None, nw.Float64)
    target = nw.col("p_target")
    if _target(compiled) and "p_target" in compiled.unit_parameters.columns:
        own = compiled.unit_parameters.select("unit_no", "leaf_no", own_target="p_target")
        rows = rows.join(engine.frame(own), on=["unit_no", "leaf_no"], how="left")
        target = nw.coalesce(nw.col("own_target"), target)
    return rows.select(
        *CELL[:-2], nw.lit(False).alias("waived"), none.alias("score"),
        nw.lit(REASON["not_reported"], nw.Int16).alias("reason"), none.alias("value"),
        (target * nw.col("share") if _target(compiled) else none).alias("target"),
    )  # fmt: skip


def _target(compiled: Compiled) -> list[str]:
    return ["p_target", "share"] if "p_target" in compiled.parameters else []
