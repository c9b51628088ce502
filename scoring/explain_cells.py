"""The engine's own columns for every cell of a period: value, parameters, group statistics, bare points, limits."""

from typing import Any

import narwhals as nw
import polars as pl

from schemas.methods import Relative, reference_group
from scoring.compile import Compiled
from scoring.engine import Engine, Source, collect
from scoring.formulas import formula_of
from scoring.frames import Frame
from scoring.items import item_measurements
from scoring.leaves import with_parameters
from scoring.relative import with_group_target, with_statistics
from scoring.run import Inputs
from scoring.staged import node_values
from scoring.values import flat_score, values


class Cells:
    """One row per unit and indicator for which anything was received, with all columns that its formula looked at.

    Besides the columns of ``scoring.leaves``: raw (points before limits and range), limit_low, limit_high.
    """

    def __init__(self, engine: Engine, compiled: Compiled, inputs: Inputs) -> None:
        """Compute the columns of all cells; relative methods need the whole group."""
        source = _measurements(compiled, inputs)
        computed = node_values(engine, compiled, source, inputs.verifications)
        used = values(engine, compiled, source, inputs.verifications, computed)
        cells = engine.keep(with_parameters(engine, compiled, used))
        self._tables = [_with_points(engine, compiled, cells, n) for n in range(len(compiled.variants))]
        self._units: dict[str, int] = dict(compiled.units.select("unit_code", "unit_no").iter_rows())

    def of_unit(self, unit_code: str) -> dict[int, dict[str, Any]]:
        """Return the unit's cells by the indicator's number."""
        mine = pl.col("unit_no") == self._units[unit_code]
        return {r["leaf_no"]: r for t in self._tables for r in t.filter(mine).iter_rows(named=True)}


def _measurements(compiled: Compiled, inputs: Inputs) -> Source:
    if inputs.items is None:
        return inputs.measurements
    assert isinstance(inputs.measurements, pl.DataFrame)
    return pl.concat([inputs.measurements, item_measurements(compiled, inputs.items)], how="diagonal_relaxed")


def _with_points(engine: Engine, compiled: Compiled, cells: Frame, number: int) -> pl.DataFrame:
    """Return the cells of one kind of formula, with its bare points and limits."""
    variant = compiled.variants[number]
    rows = cells.filter(nw.col("variant") == number)
    if reference_group(variant.method) is not None:
        treated = isinstance(variant.method, Relative)
        rows = (with_statistics if treated else with_group_target)(engine, compiled, rows, variant)
    formula = formula_of(variant.method)
    none, flat = nw.lit(None, nw.Float64), flat_score(compiled)
    rows = rows.with_columns(
        raw=formula.raw if flat is None else nw.coalesce(formula.raw, flat),
        limit_low=none if formula.low is None else formula.low,
        limit_high=none if formula.high is None else formula.high,
    )
    return collect(rows)
