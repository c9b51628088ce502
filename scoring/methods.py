"""The scoring methods: each one short pure function from values and parameters to points on the 0-100 scale.

Every function gives the bare formula. Before it is used, the guards of ``scoring.formulas`` turn absent or impossible
numbers into null with a reason; after it, the floor and cap of the plan apply. So no method earns a point for nothing.
Null in any argument gives null. Values are in the indicator's measure, ``_pct`` is 0-100.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import narwhals as nw

from schemas.methods import Band, RankSteps
from scoring.exact import divided, half_up, nano, nano_of


def attainment(value: nw.Expr, target: nw.Expr, *, down: bool = False, reciprocal: bool = False) -> nw.Expr:
    """目标完成率: 100·value/target, in per cent of the target.

    Lower is better (``down``): mirrored 100·(2 − value/target), or reciprocal 100·target/value.
    Source: OECD/JRC Handbook on Constructing Composite Indicators (2008), "distance to a reference".
    """
    if not down:
        return 100.0 * value / target
    return 100.0 * target / value if reciprocal else 100.0 * (2.0 - value / target)


def points_per_point(pct: nw.Expr, *, above: nw.Expr, below: nw.Expr) -> nw.Expr:
    """Points gained per per cent above the target and lost per per cent below it; null ``above``/``below`` means 1."""
    up = 100.0 + nw.when(above.is_null()).then(nw.lit(1.0)).otherwise(above) * (pct - 100.0)
    lost = 100.0 - nw.when(below.is_null()).then(nw.lit(1.0)).otherwise(below) * (100.0 - pct)
    return nw.when(pct >= 100.0).then(up).otherwise(lost)


def bands(value: nw.Expr, steps: Sequence[Band], *, closed: str = "left") -> nw.Expr:
    """分档: the score of the band the value lies in; linear inside where a band has two scores (功效系数).

    ``closed="left"``: from ≤ value < to; ``"right"``: from < value ≤ to; the outermost bound belongs to its band.
    ``"both"``: from ≤ value ≤ to, the first band that holds the value; bands may then leave gaps between them.
    Bounds are met after snapping to 1e-9. Null outside all bands.
    """
    at = nano(value)
    lowest = nano_of(min(_edge(b.from_, -1) for b in steps))
    highest = nano_of(max(_edge(b.to, 1) for b in steps))
    result: nw.Expr = nw.when(nw.lit(False)).then(nw.lit(0.0))
    for band in reversed(steps):
        low, high = nano_of(_edge(band.from_, -1)), nano_of(_edge(band.to, 1))
        inside = (at > low) & (at < high)
        if closed in ("left", "both") or low == lowest:
            inside = inside | (at == low)
        if closed in ("right", "both") or high == highest:
            inside = inside | (at == high)
        result = nw.when(inside).then(_band_score(value, band)).otherwise(result)
    return result


def _edge(bound: float | None, sign: int) -> float:
    return sign * 1e300 if bound is None else bound


def _band_score(value: nw.Expr, band: Band) -> nw.Expr:
    if not isinstance(band.score, tuple):
        return nw.lit(float(band.score))
    first, last = band.score
    assert band.from_ is not None and band.to is not None
    return first + (last - first) * (value - band.from_) / (band.to - band.from_)


def share(value: nw.Expr, full: nw.Expr) -> nw.Expr:
    """里程碑、要件清单、采用积分: 100·value/full, where value is the weight reached, items met or points earned."""
    return 100.0 * value / full


def boolean(value: nw.Expr, *, met: nw.Expr, not_met: nw.Expr) -> nw.Expr:
    """是否: ``met`` where the value is 1 or more (to 1e-9), else ``not_met``."""
    at = nano(value)
    return nw.when(at >= nano_of(1.0)).then(met).when(at < nano_of(1.0)).then(not_met)


def change(value: nw.Expr, before: nw.Expr, *, percent: bool) -> nw.Expr:
    """Change on an earlier value: 100·(value−before)/before, or the difference in the measure."""
    return 100.0 * (value - before) / before if percent else value - before


def growth(changed: nw.Expr, target: nw.Expr, *, at_zero: nw.Expr) -> nw.Expr:
    """增幅: ``at_zero`` for no change, 100 for the target change, linear through both."""
    return at_zero + (100.0 - at_zero) * changed / target


def deductions(lost: nw.Expr, full_marks: nw.Expr) -> nw.Expr:
    """扣分制: full marks less what the cases cost."""
    return full_marks - lost


def panel(mark: nw.Expr, scale: tuple[float, float]) -> nw.Expr:
    """评议: the weighted mean mark of the rater groups, from the raters' scale to 0-100."""
    low, high = scale
    return 100.0 * (mark - low) / (high - low)


def goalposts(value: nw.Expr, *, worst: nw.Expr, best: nw.Expr) -> nw.Expr:
    """阈值标准化: place a value between worst (0) and best (100), not yet clamped.

    Lower is better where worst > best.
    Source: OECD/JRC Handbook on Constructing Composite Indicators (2008), "min-max" with fixed bounds;
    UNDP, Human Development Report, technical note 1.
    """
    return 100.0 * (value - worst) / (best - worst)


def log_goalposts(value: nw.Expr, *, worst: nw.Expr, best: nw.Expr) -> nw.Expr:
    """对数阈值标准化: goalposts on natural logarithms. Source: UNDP, technical note 1 (income)."""
    return 100.0 * (value.log() - worst.log()) / (best.log() - worst.log())


def logistic(value: nw.Expr, *, midpoint: nw.Expr, steepness: nw.Expr) -> nw.Expr:
    """S 形曲线: 100/(1 + e^(−steepness·(value−midpoint))), 50 at the midpoint, 0 and 100 in the far ends.

    Source: US 42 CFR 413.338 (Skilled Nursing Facility Value-Based Purchasing), logistic exchange function.
    """
    return 100.0 / (1.0 + (steepness * (midpoint - value)).exp())


def zscore(value: nw.Expr, *, mean: nw.Expr, sd: nw.Expr, centre: float, per_sd: float, down: bool) -> nw.Expr:
    """标准分: centre + per_sd · (value − mean)/sd; the sign turns where lower is better."""
    z = (value - mean) / sd
    return centre + (-per_sd if down else per_sd) * z


def percentile(rank: nw.Expr, count: nw.Expr, *, formula: str) -> nw.Expr:
    """百分位 of ``rank`` (1 the lowest) among ``count``.

    exclusive 100·(rank−1)/(n−1); inclusive 100·rank/n; midpoint 100·(rank−0.5)/n.
    """
    if formula == "exclusive":
        return 100.0 * (rank - 1.0) / (count - 1.0)
    return 100.0 * (rank - (0.0 if formula == "inclusive" else 0.5)) / count


def exponential(place: nw.Expr, constant: float) -> nw.Expr:
    """Return −c·ln(1 − R·(1 − e^(−100/c))) of a place R in per cent: 0 to 100, ever steeper towards 100.

    With c = 23 a tenth of the places lies above 50. Source: Scottish Indices of Deprivation 2003, appendix 5; the
    English Indices of Deprivation likewise.
    """
    share = 1.0 - math.exp(-100.0 / constant)
    spread = 0.0 - constant * (1.0 - divided(place, 100.0) * share).log()
    return nw.when(place >= 100.0).then(nw.lit(100.0)).otherwise(spread)


def rank_points(rank: nw.Expr, points: Sequence[float] | RankSteps) -> nw.Expr:
    """排名赋分: points of a rank (1 the best); between two listed ranks linear, 0 beyond the list."""
    if isinstance(points, RankSteps):
        raw = points.first - points.step * (rank - 1.0)
        return nw.when(raw < points.floor).then(nw.lit(points.floor)).otherwise(raw)
    result = nw.lit(0.0)
    listed = [*points, 0.0]
    for number, (mine, following) in reversed(list(enumerate(pairwise(listed), 1))):
        result = nw.when(rank < number + 1).then(mine + (following - mine) * (rank - float(number))).otherwise(result)
    return nw.when(~rank.is_null()).then(result)


def normal_share(z: nw.Expr) -> nw.Expr:
    """100·Φ(z): the share of a standard normal distribution that lies below, in per cent; exact to 1e-13.

    Source: Hart, Computer Approximations (1968), as G. West, Better approximations to cumulative normal functions,
    Wilmott Magazine (2005), gives it: a ratio of polynomials up to 7.07, a continued fraction beyond.
    """
    size = z.abs()
    top, bottom = nw.lit(0.0), nw.lit(0.0)
    for factor in (
        3.52624965998911e-02, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871,
        221.213596169931, 220.206867912376,
    ):  # fmt: skip
        top = top * size + factor
    for factor in (
        8.83883476483184e-02, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674,
        637.333633378831, 793.826512519948, 440.413735824752,
    ):  # fmt: skip
        bottom = bottom * size + factor
    far = size + 0.65
    for number in (4.0, 3.0, 2.0, 1.0):
        far = size + number / far
    density = (size * size * -0.5).exp()
    tail = nw.when(size < 7.07106781186547).then(density * top / bottom).otherwise(density / far / 2.506628274631)
    return nw.when(z > 0).then(100.0 - 100.0 * tail).otherwise(100.0 * tail)


def share_of_best(value: nw.Expr, best: nw.Expr, *, down: bool) -> nw.Expr:
    """与最优值之比: 100·value/best, or 100·best/value where lower is better."""
    return 100.0 * best / value if down else 100.0 * value / best


def threshold_benchmark(
    value: nw.Expr, *, threshold: nw.Expr, benchmark: nw.Expr, baseline: nw.Expr, points: float, improvement: bool,
    round_points: bool,
) -> nw.Expr:  # fmt: skip
    """达标与改进: the better of achievement and improvement points, as a share of ``points`` in per cent.

    Achievement: ``points`` at the benchmark or better, 0 below the threshold, else (points−1)·f + 0.5, f the way
    from threshold to benchmark. Improvement: 0 unless better than the baseline, points−1 at the benchmark or better,
    else points·f − 0.5, f the way from baseline to benchmark, within 0 and points−1. Both rounded decimally half up.
    Lower is better where benchmark < threshold. No baseline: achievement alone.
    Source: US 42 CFR 412.165 (Hospital Value-Based Purchasing).
    """
    sign = nw.when(benchmark < threshold).then(nw.lit(-1.0)).otherwise(nw.lit(1.0))

    def whole(x: nw.Expr) -> nw.Expr:
        return half_up(x) if round_points else x

    top = points - 1.0
    way = (value - threshold) / (benchmark - threshold)
    reached = (value - benchmark) * sign >= 0
    achieved = (
        nw.when(reached)
        .then(nw.lit(points))
        .when((value - threshold) * sign < 0)
        .then(nw.lit(0.0))
        .otherwise(whole(top * way + 0.5))
    )
    if not improvement:
        return 100.0 * achieved / points
    raw = whole(points * (value - baseline) / (benchmark - baseline) - 0.5)
    within = nw.when(raw < 0).then(nw.lit(0.0)).when(raw > top).then(nw.lit(top)).otherwise(raw)
    improved = (
        nw.when((value - baseline) * sign <= 0).then(nw.lit(0.0)).when(reached).then(nw.lit(top)).otherwise(within)
    )
    better = nw.when(baseline.is_null() | (achieved >= improved)).then(achieved).otherwise(improved)
    return 100.0 * better / points


def deciles(
    value: nw.Expr, bounds: Sequence[float], *, first: int, linear: bool, inside_cap: float | None, below: float
) -> nw.Expr:
    """十分位: 10·(decile + way inside it); ``bounds`` are the lower bounds of the deciles from ``first`` on.

    Falling bounds mean that lower is better. A value that reaches the last bound gets that decile's full points; one
    below the first bound gets ``below``. ``inside_cap`` limits the way inside (0.9 for points in tenths).
    Source: US 42 CFR 414.1380 (MIPS quality measures).
    """
    sign = 1.0 if bounds[-1] >= bounds[0] else -1.0
    at = nano(value * sign)
    result = nw.lit(below)
    for number, bound in enumerate(bounds):
        low = bound * sign
        decile = float(first + number)
        inside = nw.lit(0.0)
        if linear and number + 1 < len(bounds) and bounds[number + 1] != bound:
            way = (value * sign - low) / (bounds[number + 1] * sign - low)
            way = nw.when(way < 0).then(nw.lit(0.0)).otherwise(way)
            inside = way if inside_cap is None else nw.when(way > inside_cap).then(nw.lit(inside_cap)).otherwise(way)
        result = nw.when(at >= nano_of(low)).then((decile + inside) * 10.0).otherwise(result)
    return result
