"""Units that no rule can tell apart count once: 100,000 units of 20 classes are 20 rows to the rules on cells."""

import polars as pl

from schemas.asked import asked
from schemas.lint.methods import methods_of
from schemas.lint.rules import Findings
from schemas.methods import reference_group
from schemas.periods import Period, parse_period

DATES = ("valid_from", "valid_to")


def lint_periods(found: Findings) -> list[Period]:
    """Return the periods of collection to look at: those that are scored, else the plan's, else one stand-in."""
    known = [parse_period(p) for p in found.plan.file.periods]
    if found.periods is None:
        return known or [parse_period("2000")]
    return [p for p in known if any(p == s or s.contains(p) for s in found.periods)] if known else [*found.periods]


def names_of(found: Findings, period: Period) -> list[str]:
    """Return the periods for which a target may be given that holds in a period of collection."""
    longer = [str(s) for s in found.periods or () if s.contains(period)]
    return [str(period), str(period.year), *longer]


def lint_units(found: Findings) -> pl.DataFrame:
    """Return the units; where there are none, one nameless unit for each class."""
    units = found.plan.units
    if not units.is_empty():
        dated = found.plan.file.periods or found.periods
        return units if dated else units.unique("unit_code", keep="first", maintain_order=True).drop(DATES)
    classes = [c for c in found.plan.classes() if c]
    names = {"unit_code": [f"({c})" for c in classes], "class_code": classes}
    return pl.DataFrame(names, schema={"unit_code": pl.String, "class_code": pl.String})


class Kinds:
    """Kinds of units: alike in class, dates and reference groups, and named in no exception.

    ``rows``: one a kind, with its ``unit_code`` (the unit's own where an exception names it) and ``size``.
    ``members``: ``unit_code`` of the kind and ``member``, the unit.
    """

    def __init__(self, found: Findings) -> None:
        """Group the units."""
        units = lint_units(found)
        compared = (reference_group(m) for leaf in found.plan.indicators for _, m in methods_of(leaf))
        groups = {group for group in compared if group is not None}
        named = found.plan.assignments["unit_code"].unique().implode()
        alone = pl.lit(value=True) if "unit_code" in groups else pl.col("unit_code").is_in(named)
        alike = ["class_code", *DATES, *sorted(groups - {"unit_code", "class_code", *DATES})]
        alike = [c for c in alike if c in units.columns]
        units = units.select("unit_code", *alike, own=pl.when(alone).then("unit_code"))
        first = pl.format("{}*", pl.col("unit_code").first().over(*alike, "own"))
        kinds = units.with_columns(kind=pl.coalesce("own", first))
        self.members = kinds.select(unit_code="kind", member="unit_code")
        self.rows = kinds.drop("unit_code").group_by(["kind", *alike], maintain_order=True).agg(size=pl.len())
        self.rows = self.rows.rename({"kind": "unit_code"})

    def asked(self, found: Findings, period: Period, *, taken: bool = False) -> pl.DataFrame:
        """Return the cells that are asked of each kind, of whatever owner; ``taken`` as in ``schemas.asked``."""
        return asked(found.plan, period, units=self.rows, owner=None, taken=taken)
