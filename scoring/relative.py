"""Relative methods: the statistics of each indicator's reference group, from treated values.

The group is the class, all units, or a column of the registry. Units without a value are not in it. Statistics are
sums of scaled integers, so they do not depend on order.
"""

import narwhals as nw
import polars as pl

from schemas import methods as m
from scoring.compile import Compiled, Leaf
from scoring.engine import Engine
from scoring.exact import exact_sum, from_units, nano, to_units
from scoring.frames import Frame
from scoring.values import per_column

KEYS = ["leaf_no", "group_no"]
LARGEST_EXACT = 1e12
"""Nine million whole numbers up to this add up within 64 bits."""
GRAIN = 1e-9


def with_statistics(engine: Engine, compiled: Compiled, cells: Frame, variant: Leaf) -> Frame:
    """Add x (the treated value), treated, and the group's g_n, g_low, g_high, g_mean, g_sd, g_rank.

    ``g_low`` and ``g_high`` are least and greatest treated value, or the bounds that the plan gives; ``g_rank`` is 1
    for the best (rank_points) or the lowest (percentile).
    """
    method = variant.method
    assert isinstance(method, m.Relative)
    cells = _grouped(engine, compiled, cells, method.within)
    cells = engine.keep(_with_logarithms(cells, method).with_columns(x=_on_scale(nw.col("value"), method)))
    # A quantile that falls on a value is that value, whatever binary digit an engine's interpolation leaves behind.
    moved = (nw.col("x") - nw.col("untreated")).abs() > nw.col("untreated").abs() * 1e-12
    cells = _winsorised(cells, method.outliers).with_columns(treated=moved)
    if isinstance(method, m.ShareOfTotal):
        cells = cells.with_columns(x=nw.when(nw.col("x") >= 0).then(nw.col("x")))  # what has no share adds nothing
    cells = engine.keep(cells)
    cells = _with_size(cells).with_columns(g_grain=_grain(compiled))
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
    if isinstance(method, m.DistanceToTarget):
        return _with_distance(engine, compiled, cells, method)
    return cells


def with_group_target(engine: Engine, compiled: Compiled, cells: Frame, variant: Leaf) -> Frame:
    """Set target to what the plan takes of each indicator's reference group, such as its mean or a quantile."""
    method = variant.method
    assert isinstance(method, m.Attainment | m.Bands | m.Coverage)
    cells = engine.keep(_grouped(engine, compiled, cells, method.within).with_columns(x=nw.col("value")))
    cells = cells.join(group_targets(engine, compiled, cells, method), on=KEYS, how="left")
    return cells.with_columns(target=nw.col("g_target"))


def _with_distance(engine: Engine, compiled: Compiled, cells: Frame, method: m.DistanceToTarget) -> Frame:
    """Add g_target: the plan's target, or the group's, on the scale of x; target itself stays in the measure."""
    if m.group_target_of(method) is None:
        return cells.with_columns(g_target=_on_scale(nw.col("target"), method))
    cells = cells.join(group_targets(engine, compiled, cells, method), on=KEYS, how="left")
    log = method.outliers.log and method.target != "group_ratio"
    target = nw.col("g_target").exp() - method.outliers.offset if log else nw.col("g_target")
    cells = cells.with_columns(target=target)
    return cells if log else cells.with_columns(g_target=_on_scale(nw.col("g_target"), method))


def _grain(compiled: Compiled) -> nw.Expr:
    """Return the difference up to which two values are one: a billionth of a point for scores of nodes, else none."""
    nodes = compiled.plan.nodes
    taken = [x.number for x in compiled.leaves if x.indicator.value_from in nodes]
    if not taken:
        return nw.lit(0.0)
    return nw.when(nw.col("leaf_no").is_in(taken)).then(nw.lit(GRAIN)).otherwise(nw.lit(0.0))


def _has_spread() -> nw.Expr:
    """Say whether a group's greatest and least value differ."""
    return nw.col("g_high") - nw.col("g_low") > nw.col("g_grain")


def _on_scale(value: nw.Expr, method: m.Relative) -> nw.Expr:
    """Return a number of the measure as the method compares it: itself, or the logarithm of it plus the offset."""
    if not method.outliers.log:
        return value
    moved = value + method.outliers.offset
    return nw.when(moved > 0).then(moved.log())


def _with_logarithms(cells: Frame, method: m.Relative) -> Frame:
    """Put the bounds that the plan gives, which are in the measure, on the scale of the values."""
    names = {m.Minmax: ("p_lower", "p_upper"), m.ShareOfBest: ("p_best",), m.DistanceToTarget: ("p_worst",)}
    given = names.get(type(method), ()) if method.outliers.log else ()
    return cells.with_columns(_on_scale(nw.col(n), method).alias(n) for n in given) if given else cells


def group_targets(engine: Engine, compiled: Compiled, cells: Frame, method: m.Method) -> Frame:
    """Return leaf_no, group_no, g_target of the values x: one row for each group that has any."""
    target, x = m.group_target_of(method), nw.col("x")
    up = getattr(method, "direction", "up") == "up"
    there = cells.filter(~x.is_null())
    if target == "group_mean":
        return _mean_of(engine, there)
    if target == "group_ratio":
        return _ratio_of(compiled, there)
    if isinstance(target, m.OfGroup) and target.unit is not None:
        return _value_of(engine, compiled, cells, target.unit)
    if isinstance(target, m.OfGroup) and target.best is not None:
        order = 0.0 - x if up else x
        places = there.with_columns(order=order).with_columns(place=nw.col("order").rank("ordinal").over(*KEYS))
        return _mean_of(engine, places.filter(nw.col("place") <= target.best))
    found: nw.Expr
    if isinstance(target, m.OfGroup):
        found = x.quantile(target.quantile or 0.0, interpolation="linear")
    elif target == "group_median":
        found = x.median()
    else:
        found = x.max() if up else x.min()
    return there.group_by(*KEYS).agg(found.alias("g_target"))


def _mean_of(engine: Engine, rows: Frame) -> Frame:
    means = _with_own_mean(engine, _with_size(engine.keep(rows.select(*KEYS, "x"))))
    return means.group_by(*KEYS).agg(nw.col("own_mean").max().alias("g_target"))


def _ratio_of(compiled: Compiled, rows: Frame) -> Frame:
    """All numerators, times the indicator's ``per``, over all denominators of the units that have a value."""
    rows = rows.filter(nw.col("denominator") > 0).group_by(*KEYS).agg(
        exact_sum("numerator").alias("top"), exact_sum("denominator").alias("bottom")
    )  # fmt: skip
    ratio = nw.col("top") * per_column(compiled) / nw.col("bottom")
    return rows.with_columns(g_target=nw.when(nw.col("bottom") > 0).then(ratio)).select(*KEYS, "g_target")


def _value_of(engine: Engine, compiled: Compiled, cells: Frame, unit_code: str) -> Frame:
    """Give every group the value of one unit."""
    number = compiled.units.filter(pl.col("unit_code") == unit_code)["unit_no"].to_list() or [-1]
    mine = engine.keep(cells.filter(nw.col("unit_no") == number[0]).select("leaf_no", g_target=nw.col("x")))
    return cells.group_by(*KEYS).agg(nw.len().alias("n")).join(mine, on="leaf_no").select(*KEYS, "g_target")


def _with_size(cells: Frame) -> Frame:
    """Add g_n, g_low and g_high; g_size, the greatest size, and g_moved, the power of ten for exact sums."""
    stats = cells.group_by(*KEYS).agg(
        nw.col("x").count().alias("g_n"), nw.col("x").min().alias("g_low"), nw.col("x").max().alias("g_high")
    )
    low, high = nw.col("g_low").abs(), nw.col("g_high").abs()
    size = nw.when(high > low).then(high).otherwise(low)
    stats = stats.with_columns(g_size=nw.when(size > 0).then(size).otherwise(nw.lit(1.0)))
    stats = stats.with_columns(g_moved=_power_of_ten(nw.col("g_size")))
    return cells.join(stats, on=KEYS, how="left")


def _grouped(engine: Engine, compiled: Compiled, cells: Frame, within: str) -> Frame:
    """Add group_no: the number of the unit's reference group; blank cells of a column are a group of their own."""
    if within == "class":
        return cells.with_columns(group_no=nw.col("class_no").cast(nw.Int32))
    if within == "all":
        return cells.with_columns(group_no=nw.lit(0, nw.Int32))
    column = compiled.units.select("unit_no", group_no=pl.col(within).rank("dense").cast(pl.Int32).fill_null(0))
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
    # Whole numbers and their fractions apart, so that 70, 80 and 90 have the mean 80; small ones moved by a power of
    # ten first, so that they keep their digits; very large ones by their size.
    size, moved = nw.col("g_size"), nw.col("g_moved")
    cells = engine.keep(cells)
    sums = cells.with_columns(small=nw.when(size <= LARGEST_EXACT).then(nw.col("x") * moved)).group_by(*KEYS).agg(
        exact_sum("small").alias("sum"), to_units(nw.col("x") / size).sum().alias("shares")
    )  # fmt: skip
    cells = cells.join(sums, on=KEYS, how="left")
    scaled = from_units(nw.col("shares")) * size
    total = nw.when(size <= LARGEST_EXACT).then(nw.col("sum") / moved).otherwise(scaled)
    mean = nw.when(nw.col("g_low") == nw.col("g_high")).then(nw.col("g_low")).otherwise(total / nw.col("g_n"))
    return engine.keep(cells.with_columns(own_sum=total, own_mean=mean))


def _power_of_ten(size: nw.Expr) -> nw.Expr:
    """Return the factor that brings the greatest of some numbers between a million and a thousand million."""
    result: nw.Expr = nw.lit(1.0)
    for exponent in range(3, 31, 3):
        result = nw.when(size < 10.0 ** (9 - exponent)).then(nw.lit(10.0**exponent)).otherwise(result)
    return result


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
    sd = nw.when(_has_spread()).then(sd).when(degrees > 0).then(nw.lit(0.0))
    return cells.with_columns(g_sd=nw.coalesce(nw.col("p_sd"), sd))


def _with_rank(cells: Frame, method: m.Percentile | m.RankPoints) -> Frame:
    """Add g_rank among the values of the group; the sign turns so that the best is where the method wants it."""
    up = method.direction == "up"
    lowest_first = up if isinstance(method, m.Percentile) else not up
    # Scores of nodes that differ only in their last binary digits are equal.
    met = nw.when(nw.col("g_grain") > 0).then(nano(nw.col("x"))).otherwise(nw.col("x"))
    order = met if lowest_first else 0.0 - met
    ranked = cells.filter(~nw.col("x").is_null()).with_columns(order=order)
    ranked = ranked.with_columns(g_rank=nw.col("order").rank(method.ties).over(*KEYS).cast(nw.Float64))
    return cells.join(ranked.select("unit_no", "leaf_no", "g_rank"), on=["unit_no", "leaf_no"], how="left")
