"""Relative methods: the statistics of each indicator's reference group, from treated values.

The group is the class, all units, or a column of the registry. Units without a value are not in it. Statistics are
sums of scaled integers, so they do not depend on order.
"""

import narwhals as nw
import polars as pl

from schemas import methods as m
from scoring.compile import Compiled, Leaf
from scoring.engine import Engine
from scoring.exact import exact_sum, from_units, to_units
from scoring.frames import Frame

KEYS = ["leaf_no", "group_no"]
LARGEST_EXACT = 1e12
"""Nine million whole numbers up to this add up within 64 bits."""


def with_statistics(engine: Engine, compiled: Compiled, cells: Frame, variant: Leaf) -> Frame:
    """Add x (the treated value), treated, and the group's g_n, g_low, g_high, g_mean, g_sd, g_rank.

    ``g_low`` and ``g_high`` are least and greatest treated value, or the bounds that the plan gives; ``g_rank`` is 1
    for the best (rank_points) or the lowest (percentile).
    """
    method = variant.method
    assert isinstance(method, m.Relative)
    cells = _grouped(engine, compiled, cells, method.within)
    x = nw.col("value")
    if method.outliers.log:
        x = nw.when(x > 0).then(x.log())
    cells = engine.keep(cells.with_columns(x=x))
    cells = _winsorised(cells, method.outliers).with_columns(treated=nw.col("x") != nw.col("untreated"))
    if isinstance(method, m.ShareOfTotal):
        cells = cells.with_columns(x=nw.when(nw.col("x") >= 0).then(nw.col("x")))  # what has no share adds nothing
    cells = engine.keep(cells)
    cells = _with_size(cells)
    if isinstance(method, m.Minmax):
        cells = cells.with_columns(
            g_low=nw.coalesce(nw.col("p_lower"), nw.col("g_low")),
            g_high=nw.coalesce(nw.col("p_upper"), nw.col("g_high")),
        )
    if isinstance(method, m.Zscore):
        return _with_mean(engine, cells, method)
    if isinstance(method, m.ShareOfTotal):
        return _with_own_mean(engine, cells).with_columns(g_sum=nw.col("own_sum"))
    if isinstance(method, m.Percentile | m.RankPoints):
        return _with_rank(cells, method)
    return cells


def with_group_target(engine: Engine, compiled: Compiled, cells: Frame, variant: Leaf) -> Frame:
    """Set target to the mean, the median or the best value of each indicator's reference group."""
    method = variant.method
    assert isinstance(method, m.Attainment | m.Bands)
    cells = engine.keep(_grouped(engine, compiled, cells, method.within).with_columns(x=nw.col("value")))
    if method.target == "group_mean":
        return _with_own_mean(engine, _with_size(cells)).with_columns(target=nw.col("own_mean"))
    x = nw.col("x")
    best = x.max() if method.direction == "up" else x.min()
    stats = cells.group_by(*KEYS).agg((x.median() if method.target == "group_median" else best).alias("g_target"))
    return cells.join(stats, on=KEYS, how="left").with_columns(target=nw.col("g_target"))


def _with_size(cells: Frame) -> Frame:
    """Add g_n, g_low and g_high."""
    stats = cells.group_by(*KEYS).agg(
        nw.col("x").count().alias("g_n"), nw.col("x").min().alias("g_low"), nw.col("x").max().alias("g_high")
    )
    return cells.join(stats, on=KEYS, how="left")


def _grouped(engine: Engine, compiled: Compiled, cells: Frame, within: str) -> Frame:
    """Add group_no: the number of the unit's reference group."""
    if within == "class":
        return cells.with_columns(group_no=nw.col("class_no").cast(nw.Int32))
    if within == "all":
        return cells.with_columns(group_no=nw.lit(0, nw.Int32))
    column = compiled.units.select("unit_no", group_no=pl.col(within).rank("dense").cast(pl.Int32))
    return cells.join(engine.frame(column), on="unit_no", how="left")


def _winsorised(cells: Frame, outliers: m.Outliers) -> Frame:
    """Pull extreme values in to the given quantiles, or to the value ``winsorise_count`` places inside.

    A group of no more than twice that many values is left as it is.
    """
    cells = cells.with_columns(untreated=nw.col("x"))
    if outliers.winsorise is not None:
        low, high = outliers.winsorise
        bounds = cells.filter(~nw.col("x").is_null()).group_by(*KEYS).agg(
            nw.col("x").quantile(low, interpolation="linear").alias("bound_low"),
            nw.col("x").quantile(high, interpolation="linear").alias("bound_high"),
        )  # fmt: skip
    elif outliers.winsorise_count:
        k = outliers.winsorise_count
        ranked = cells.filter(~nw.col("x").is_null()).with_columns(
            place=nw.col("x").rank("ordinal").over(*KEYS), size=nw.len().over(*KEYS)
        )
        x = nw.col("x")
        inner = nw.col("size") > 2 * k
        bounds = ranked.group_by(*KEYS).agg(
            nw.when(inner & (nw.col("place") > k)).then(x).min().alias("bound_low"),
            nw.when(inner & (nw.col("place") <= nw.col("size") - k)).then(x).max().alias("bound_high"),
        )
    else:
        return cells
    cells = cells.join(bounds, on=KEYS, how="left")
    low_, high_, x = nw.col("bound_low"), nw.col("bound_high"), nw.col("x")
    return cells.with_columns(x=nw.when(x < low_).then(low_).when(x > high_).then(high_).otherwise(x))


def _with_own_mean(engine: Engine, cells: Frame) -> Frame:
    """Add own_sum and own_mean, sum and mean of the group's treated values, from exact sums."""
    size = (
        nw.when(nw.col("g_high").abs() > nw.col("g_low").abs())
        .then(nw.col("g_high").abs())
        .otherwise(nw.col("g_low").abs())
    )
    size = nw.when(size > 0).then(size).otherwise(nw.lit(1.0))
    # Whole numbers and their fractions apart, so that 70, 80 and 90 have the mean 80; very large ones by their size.
    cells = engine.keep(cells.with_columns(size=size))
    small = nw.when(nw.col("size") <= LARGEST_EXACT).then(nw.col("x"))
    sums = cells.with_columns(small=small).group_by(*KEYS).agg(
        exact_sum("small").alias("sum"), to_units(nw.col("x") / nw.col("size")).sum().alias("shares")
    )  # fmt: skip
    cells = cells.join(sums, on=KEYS, how="left")
    scaled = from_units(nw.col("shares")) * nw.col("size")
    total = nw.when(nw.col("size") <= LARGEST_EXACT).then(nw.col("sum")).otherwise(scaled)
    return engine.keep(cells.with_columns(own_sum=total, own_mean=total / nw.col("g_n")))


def _with_mean(engine: Engine, cells: Frame, method: m.Zscore) -> Frame:
    """Add g_mean and g_sd: computed in two passes of exact sums, or given by the plan."""
    cells = _with_own_mean(engine, cells)
    cells = cells.with_columns(g_mean=nw.coalesce(nw.col("p_mean"), nw.col("own_mean")))
    cells = cells.with_columns(off=(nw.col("x") - nw.col("own_mean")).abs())
    widest = cells.group_by(*KEYS).agg(nw.col("off").max().alias("widest"))
    cells = engine.keep(cells.join(widest, on=KEYS, how="left"))
    part = nw.when(nw.col("widest") > 0).then(nw.col("off") / nw.col("widest")).otherwise(nw.lit(0.0))
    squares = cells.filter(~nw.col("x").is_null()).with_columns(part=part).group_by(*KEYS).agg(
        to_units(nw.col("part") * nw.col("part")).sum().alias("squares")
    )  # fmt: skip
    cells = cells.join(squares, on=KEYS, how="left")
    degrees = nw.col("g_n") - (1 if method.deviation == "sample" else 0)
    sd = nw.when(degrees > 0).then((from_units(nw.col("squares")) / degrees).sqrt() * nw.col("widest"))
    return cells.with_columns(g_sd=nw.coalesce(nw.col("p_sd"), sd))


def _with_rank(cells: Frame, method: m.Percentile | m.RankPoints) -> Frame:
    """Add g_rank among the values of the group; the sign turns so that the best is where the method wants it."""
    up = method.direction == "up"
    lowest_first = up if isinstance(method, m.Percentile) else not up
    order = nw.col("x") if lowest_first else 0.0 - nw.col("x")
    ranked = cells.filter(~nw.col("x").is_null()).with_columns(order=order)
    ranked = ranked.with_columns(g_rank=nw.col("order").rank(method.ties).over(*KEYS).cast(nw.Float64))
    return cells.join(ranked.select("unit_no", "leaf_no", "g_rank"), on=["unit_no", "leaf_no"], how="left")
