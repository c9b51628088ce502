"""Items of the office's registers as measurements: points, cases and marks count where the plan says so."""

from typing import Any

import polars as pl

from schemas.asked import asked_positions, periods_of
from schemas.methods import Coverage, Panel
from scoring.adjust import exact_sum
from scoring.compile import Compiled, Leaf


def item_measurements(compiled: Compiled, items: pl.DataFrame) -> pl.DataFrame:
    """Return measurements of the indicators that the office supplies.

    Items are counted by unit, indicator, period and kind (the part); a shared event by the plan's credit for the item's
    role; a rater's mark stays one row. A unit without an item has a nil return: nothing happened is not "not reported".
    Two kinds ``numerator`` and ``denominator`` (``rectified`` and ``found``) make up a coverage.
    """
    office = [x for x in compiled.leaves if x.indicator.owner != "unit"]
    if not office:
        return pl.DataFrame(schema={"unit_code": pl.String, "indicator_code": pl.String})
    optional: dict[str, Any] = {"count": pl.Float64, "mark": pl.Float64, "rater": pl.String, "role": pl.String}
    absent = [pl.lit(None, dtype=t).alias(c) for c, t in optional.items() if c not in items.columns]
    items = items.with_columns(absent).with_columns(pl.col(c).cast(t) for c, t in optional.items())
    codes = [x.indicator.code for x in office]
    valid = items.filter(pl.col("indicator_code").is_in(codes))
    if "state" in items.columns:
        valid = valid.filter(pl.col("state") == "valid")
    counted = _counted(office, valid)
    marks = valid.filter(pl.col("mark").is_not_null()).select(
        "unit_code", "indicator_code", "period", value="mark", status=pl.lit("reported"),
        part=pl.concat_str("kind", pl.lit("/"), pl.col("rater").fill_null("")),
    )  # fmt: skip
    frames = [counted, marks]
    nil = _nil_rows(compiled, office).join(
        pl.concat(frames, how="diagonal"), on=["unit_code", "indicator_code", "period"], how="anti"
    )
    return pl.concat([*frames, nil], how="diagonal")


def _counted(office: list[Leaf], items: pl.DataFrame) -> pl.DataFrame:
    credit = [
        {"indicator_code": x.indicator.code, "role": role, "credit": share}
        for x in office
        for role, share in x.indicator.credit.items()
    ]
    schema = {"indicator_code": pl.String, "role": pl.String, "credit": pl.Float64}
    shares = pl.DataFrame(credit, schema=schema, orient="row")
    panels = [x.indicator.code for x in office if isinstance(x.method, Panel)]
    ratios = [x.indicator.code for x in office if isinstance(x.method, Coverage)]
    rows = items.filter(~pl.col("indicator_code").is_in(panels)).join(shares, on=["indicator_code", "role"], how="left")
    amount = pl.col("count").fill_null(1.0) * pl.col("credit").fill_null(1.0)
    sums = rows.group_by("unit_code", "indicator_code", "period", part="kind").agg(value=exact_sum(amount))
    plain = sums.filter(~pl.col("indicator_code").is_in(ratios))
    top = pl.col("part").is_in(["numerator", "rectified"])
    bottom = pl.col("part").is_in(["denominator", "found"])
    keys = ["unit_code", "indicator_code", "period"]
    coverage = sums.filter(pl.col("indicator_code").is_in(ratios)).group_by(keys).agg(
        numerator=pl.col("value").filter(top).sum(), denominator=pl.col("value").filter(bottom).sum()
    )  # fmt: skip
    return pl.concat([plain, coverage], how="diagonal").with_columns(status=pl.lit("reported"))


def _nil_rows(compiled: Compiled, office: list[Leaf]) -> pl.DataFrame:
    """Return a nil return for every unit, indicator of the office and period in which it is asked, up to now."""
    year = periods_of(compiled.plan, compiled.period)
    asked = [
        (x.indicator.code, str(year[at - 1]), "nil")
        for x in office
        for at in asked_positions(compiled.plan, x.indicator, compiled.period)
        if at <= compiled.position
    ]
    schema = {"indicator_code": pl.String, "period": pl.String, "status": pl.String}
    return compiled.units.select("unit_code").join(pl.DataFrame(asked, schema=schema, orient="row"), how="cross")
