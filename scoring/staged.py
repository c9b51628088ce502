"""Scores of nodes that indicators take as their value (``value_from: NODE``): worked out first, stage by stage."""

from dataclasses import replace

import polars as pl

from schemas.errors import UserError
from scoring.compile import Compiled
from scoring.engine import Engine, Source, collect
from scoring.frames import Frame
from scoring.leaves import leaf_scores
from scoring.tree import node_scores
from scoring.values import values

SCORED, WAIVED, NOT_ASSIGNED = 0, 2, 3


def node_values(
    engine: Engine, compiled: Compiled, measurements: Source, verifications: pl.DataFrame | None = None
) -> pl.DataFrame | None:
    """Return the nodes' scores as measurements: unit_code, indicator_code (the node's), value, status.

    None where no indicator asks for one. A node without a score gives no measurement; one that does not apply to a unit
    or asks nothing of it gives a cell that does not apply.

    Raises:
        UserError: a node's score would depend on itself.
    """
    taken = {x.indicator.value_from for x in compiled.leaves}
    wanted = {code for code in compiled.plan.nodes if code in taken}
    found: pl.DataFrame | None = None
    done: set[str] = set()
    while wanted - done:
        ready = {n for n in wanted - done if compiled.plan.taken_below(n) & wanted <= done}
        if not ready:
            code = min(wanted - done)
            raise UserError(
                f"节点 {code} 的得分取决于自身(value_from)。请改正方案。",
                f"The score of node {code} depends on itself (value_from). Correct the plan.",
            )
        part = _below(compiled, ready)
        done |= ready
        if not part.leaves:
            continue  # nothing below them counts yet
        leaves = leaf_scores(engine, part, values(engine, part, measurements, verifications, found), detail=False)
        levels, _ = node_scores(engine, part, engine.keep(leaves))
        rows = [_rows(compiled, part, levels, n) for n in sorted(ready)]
        found = pl.concat([*rows, found] if found is not None else rows)
    return found


def _below(compiled: Compiled, codes: set[str]) -> Compiled:
    """Return the plan cut down to some nodes and what lies below them."""
    inside = codes.union(*(compiled.plan.below(c) for c in codes))
    nodes = [number for code, number in compiled.node_numbers.items() if code in inside]
    leaves = [x for x in compiled.leaves if x.indicator.code in inside]
    numbers = [x.number for x in leaves]
    return replace(
        compiled,
        leaves=tuple(leaves),
        leaf_table=compiled.leaf_table.filter(pl.col("leaf_no").is_in(numbers)),
        node_table=compiled.node_table.filter(pl.col("node_no").is_in(nodes)),
        exceptions=compiled.exceptions.filter(pl.col("leaf_no").is_in(numbers)),
        unit_parameters=compiled.unit_parameters.filter(pl.col("leaf_no").is_in(numbers)),
    )


def _rows(compiled: Compiled, part: Compiled, levels: dict[int, Frame], code: str) -> pl.DataFrame:
    number = compiled.node_numbers[code]
    level = part.node_table.filter(pl.col("node_no") == number)["level"][0]
    words = {SCORED: "reported", WAIVED: "not_applicable", NOT_ASSIGNED: "not_assigned"}
    table = collect(levels[level]).filter((pl.col("node_no") == number) & pl.col("state").is_in(list(words)))
    status = pl.col("state").replace_strict(words, return_dtype=pl.String)
    names = compiled.units.select("unit_no", "unit_code")
    return table.join(names, on="unit_no").select(
        "unit_code", indicator_code=pl.lit(code), value=pl.col("score").cast(pl.Float64), status=status
    )
