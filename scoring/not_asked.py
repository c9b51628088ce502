"""Cells that a unit was not asked for earlier in the year: it was not there yet, in another class, or excused.

They are neither silence nor gaps. Only units and cells that differ from their class are laid out.
"""

import polars as pl

from schemas.asked import exceptions, periods_of, valid_units
from schemas.folder import Plan
from schemas.periods import Period
from schemas.plan import Indicator

CELL = ["unit_code", "indicator_code"]
CELLS = {"unit_code": pl.String, "indicator_code": pl.String}


def never_asked(
    plan: Plan, period: Period, units: pl.DataFrame, now: pl.DataFrame, last: dict[str, int]
) -> pl.DataFrame:
    """Return unit_code, indicator_code of cells whose last asking the unit did not live to see, or saw elsewhere.

    A row of ``assignments.csv`` that holds wins over another class, not over another life.

    Args:
        plan: the plan.
        period: the scored period.
        units: the whole registry.
        now: the units that are scored: unit_code, class_code.
        last: the position at which each indicator was last asked, by its code.
    """
    found = [pl.DataFrame(schema=CELLS)]
    special = exceptions(plan, period)
    for at in sorted(set(last.values())):
        codes = {code for code, asked in last.items() if asked == at}
        found.append(_not_yet(plan, periods_of(plan, period)[at - 1], units, now, codes, special))
    return pl.concat(found)


def excused(
    plan: Plan, period: Period, units: pl.DataFrame, now: pl.DataFrame, terms: dict[str, tuple[int, ...]]
) -> pl.DataFrame:
    """Return unit_code, indicator_code, at: positions that add up to a value, and for which the unit was not asked.

    ``terms``: these positions, by the indicator's code; otherwise as ``never_asked``.
    """
    found = [pl.DataFrame(schema={**CELLS, "at": pl.Int16})]
    named = exceptions(plan, period).filter(pl.col("state") == "assigned").select(CELL)
    for at in sorted({p for positions in terms.values() for p in positions}):
        then = periods_of(plan, period)[at - 1]
        codes = {code for code, positions in terms.items() if at in positions}
        special = exceptions(plan, then).filter(pl.col("indicator_code").is_in(codes))
        absent = _not_yet(plan, then, units, now, codes, special)
        # Who is asked beyond its class now may not have been then.
        more = _outside_class(plan, named.filter(pl.col("indicator_code").is_in(codes)), now)
        more = more.join(special, on=CELL, how="anti")
        left = special.filter(pl.col("state") != "assigned").select(CELL)
        cells = pl.concat([absent, more, left]).unique(maintain_order=True)
        found.append(cells.with_columns(at=pl.lit(at, pl.Int16)))
    return pl.concat(found)


def _not_yet(
    plan: Plan, then: Period, units: pl.DataFrame, now: pl.DataFrame, codes: set[str], special: pl.DataFrame
) -> pl.DataFrame:
    """Return the cells of units that were not valid then, or in a class that was not asked and not ``special``."""
    before = valid_units(units, then).select("unit_code", was="class_code").unique("unit_code")
    moved = now.select("unit_code", "class_code").join(before, on="unit_code", how="left", maintain_order="left")
    moved = moved.filter(pl.col("was").is_null() | (pl.col("was") != pl.col("class_code")))
    cells = moved.join(_classes(plan, codes), how="cross")
    absent = cells.filter(pl.col("was").is_null()).select(CELL)
    other = cells.filter(
        pl.col("was").is_not_null() & ~pl.col("everyone") & ~pl.col("classes").list.contains(pl.col("was"))
    ).select(CELL)
    return pl.concat([absent, other.join(special, on=CELL, how="anti")])


def _outside_class(plan: Plan, cells: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Return those of the cells that the unit's class as such is not assigned."""
    codes = set(cells["indicator_code"].to_list())
    mine = cells.join(_classes(plan, codes), on="indicator_code").join(now, on="unit_code")
    return mine.filter(~pl.col("everyone") & ~pl.col("classes").list.contains(pl.col("class_code"))).select(CELL)


def _classes(plan: Plan, codes: set[str]) -> pl.DataFrame:
    leaves: list[Indicator] = [i for i in plan.indicators if i.code in codes]
    rows = [(i.code, i.assigned_to is None, i.assigned_to or []) for i in leaves]
    listed = pl.List(pl.String)
    schema = pl.Schema({"indicator_code": pl.String(), "everyone": pl.Boolean(), "classes": listed})
    return pl.DataFrame(rows, schema=schema, orient="row")
