"""Parameters of the scoring methods, as a plan writes them. The arithmetic is in ``scoring/methods.py``.

Every field of type ``Parameter`` can also be given by rows of ``targets.csv`` whose ``name`` is the field's name, for a
unit, a class or all; the most specific row wins, the plan's own number comes last.
"""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Code, Model

Parameter = Annotated[float | None, "parameter"]
Target = Literal["annual", "annual_share"] | float


class OfGroup(Model):
    """A target of a reference group: the mean of its ``best`` best values, a ``quantile``, or one ``unit``'s value.

    ``best``: of all values where there are fewer. ``quantile``: 0 the lowest value, 1 the highest, linear between two.
    ``unit``: such as a country's average, whatever its class.
    """

    best: int | None = None
    quantile: float | None = None
    unit: Code | None = None


GroupTarget = (
    Literal["annual", "annual_share", "group_mean", "group_median", "group_best", "group_ratio"] | OfGroup | float
)
Direction = Literal["up", "down"]
Ties = Literal["min", "max", "dense", "average"]
Range = tuple[float, float]


class Outliers(Model):
    """Treatment of extreme values before a relative method; every treated cell is flagged ``outlier_treated``.

    ``winsorise``: lower and upper quantile (0 to 1, linear interpolation) to which values are pulled in.
    ``winsorise_count``: how many values at most, at each end, are pulled in to the next one.
    ``log``: natural logarithm first, of value + ``offset`` (sums at or below zero become null); bounds and targets that
    the plan gives are in the measure and follow, a given mean and sd are those of the logarithms.
    """

    winsorise: tuple[float, float] | None = None
    winsorise_count: int | None = None
    log: bool = False
    offset: float = 0.0


class Band(Model):
    """One step: values from ``from`` to ``to`` get ``score``, or move linearly between two scores. None: open end."""

    from_: float | None = Field(None, alias="from")
    to: float | None = None
    score: float | tuple[float, float]


class Stage(Model):
    """A milestone: its code (the measurement's part), its weight, and the position in the year by which it is due."""

    code: Code
    weight: float = 1.0
    due: int | None = None


class RankSteps(Model):
    """Points by rank: ``first`` for rank 1, ``step`` less for each rank after it, not below ``floor``."""

    first: float = 100.0
    step: float = 5.0
    floor: float = 0.0


class Attainment(Model):
    """目标完成率: value against target, in per cent. The target may be a reference group's."""

    kind: Literal["attainment"]
    target: GroupTarget = "annual"
    within: Code = "class"
    cap: Parameter = 100.0
    floor: Parameter = 0.0
    per_point_above: Parameter = None
    per_point_below: Parameter = None
    direction: Direction = "up"
    inverse: Literal["mirrored", "reciprocal"] = "mirrored"


class Coverage(Model):
    """覆盖率: numerator over denominator in per cent, then attainment."""

    kind: Literal["coverage"]
    target: GroupTarget = 100.0
    within: Code = "class"
    cap: Parameter = 100.0
    floor: Parameter = 0.0


class Bands(Model):
    """分档: steps or lines over the value, its attainment of the target (per cent) or its distance from the target."""

    kind: Literal["bands"]
    bands: list[Band]
    of: Literal["value", "attainment", "difference"] = "value"
    target: GroupTarget = "annual"
    within: Code = "class"
    direction: Direction = "up"
    closed: Literal["left", "right", "both"] = "left"
    cap: Parameter = None
    floor: Parameter = None


class Milestones(Model):
    """里程碑: weight of the stages reached, over the weight due by now (all stages where none has a due position)."""

    kind: Literal["milestones"]
    stages: list[Stage]
    cap: Parameter = 100.0
    floor: Parameter = 0.0


class Boolean(Model):
    """是否: met or not."""

    kind: Literal["boolean"]
    met: Parameter = 100.0
    not_met: Parameter = 0.0


class Checklist(Model):
    """要件清单: items met over all items; a mapping gives items their weights."""

    kind: Literal["checklist"]
    items: list[Code] | dict[Code, float]
    cap: Parameter = 100.0


class Growth(Model):
    """增幅: at_zero + (100−at_zero)·change/target; change in per cent or as a difference, on an earlier value."""

    kind: Literal["growth"]
    on: Literal["baseline", "previous_period", "same_period_last_year"] = "baseline"
    mode: Literal["percent", "difference"] = "percent"
    target: Target = "annual"
    baseline: Parameter = None
    at_zero: Parameter = 0.0
    cap: Parameter = 100.0
    floor: Parameter = 0.0
    direction: Direction = "up"


class Points(Model):
    """采用积分: points per item by kind (part), full marks at a stated total."""

    kind: Literal["points"]
    per_item: dict[Code, float] | float = 1.0
    cap_by_kind: dict[Code, float] = Field(default_factory=dict)
    full_marks_at: Parameter = 100.0
    cap: Parameter = 100.0


class Deductions(Model):
    """扣分制: full marks less points per case by kind (part), not below the floor."""

    kind: Literal["deductions"]
    per_case: dict[Code, float] | float = 1.0
    full_marks: Parameter = 100.0
    floor: Parameter = 0.0


class Panel(Model):
    """评议: mean of raters' marks by rater group and weight; the part is ``group`` or ``group/rater``."""

    kind: Literal["panel"]
    groups: dict[Code, float]
    trim: int = 0
    scale: Range = (0.0, 100.0)
    min_raters: int = 1
    reason_below: float | None = None


class Goalposts(Model):
    """阈值标准化: place between worst (0) and best (100); lower is better where worst > best."""

    kind: Literal["goalposts"]
    worst: Parameter = None
    best: Parameter = None
    clamp: bool = True
    range: Range = (0.0, 100.0)


class LogGoalposts(Model):
    """对数阈值标准化: goalposts on natural logarithms, of value, worst and best each plus ``offset``."""

    kind: Literal["log_goalposts"]
    worst: Parameter = None
    best: Parameter = None
    offset: float = 0.0
    clamp: bool = True
    range: Range = (0.0, 100.0)


class Logistic(Model):
    """S 形曲线: 100/(1 + e^(−steepness·(x−midpoint))); lower is better where the steepness is below zero."""

    kind: Literal["logistic"]
    midpoint: Parameter = None
    steepness: Parameter = None


class Relative(Model):
    """What the relative methods share: reference group, direction, outliers."""

    within: Code = "class"
    direction: Direction = "up"
    outliers: Outliers = Outliers()


class Minmax(Relative):
    """最小最大标准化: between the group's least and greatest value, or given bounds."""

    kind: Literal["minmax"]
    lower: Parameter = None
    upper: Parameter = None
    clamp: bool = True
    range: Range = (0.0, 100.0)


class Zscore(Relative):
    """标准分: centre + per_sd · z, or cumulative 100·Φ(z); mean and sd of the group, or given."""

    kind: Literal["zscore"]
    mean: Parameter = None
    sd: Parameter = None
    deviation: Literal["sample", "population"] = "sample"
    centre: float = 50.0
    per_sd: float = 10.0
    cumulative: bool = False
    clamp: bool = True


class Percentile(Relative):
    """百分位: 100·(rank−1)/(n−1), rank 1 the lowest; ties share their average rank by default.

    ``exponential``: c, where the place R (0 to 1) becomes −c·ln(1 − R·(1 − e^(−100/c))), 0 to 100.
    """

    kind: Literal["percentile"]
    ties: Ties = "average"
    formula: Literal["exclusive", "inclusive", "midpoint"] = "exclusive"
    exponential: float | None = None
    range: Range = (0.0, 100.0)


class RankPoints(Relative):
    """排名赋分: points by rank, rank 1 the best."""

    kind: Literal["rank_points"]
    points: list[float] | RankSteps = RankSteps()
    ties: Ties = "min"


class ShareOfBest(Relative):
    """与最优值之比: 100·x/max, or 100·min/x where lower is better."""

    kind: Literal["share_of_best"]
    best: Parameter = None
    cap: Parameter = 100.0


class ShareOfTotal(Relative):
    """占比: 100·x/Σx, the unit's share of its group's sum."""

    kind: Literal["share_of_total"]
    direction: Literal["up"] = "up"


class DistanceToTarget(Relative):
    """与目标的距离: 100·(x−worst)/(target−worst); worst is the group's worst value unless given."""

    kind: Literal["distance_to_target"]
    target: GroupTarget = "annual"
    worst: Parameter = None
    clamp: bool = True


class ThresholdBenchmark(Model):
    """达标与改进: the better of achievement (threshold to benchmark) and improvement (baseline to benchmark).

    Lower is better where the benchmark lies below the threshold.
    """

    kind: Literal["threshold_benchmark"]
    threshold: Parameter = None
    benchmark: Parameter = None
    baseline: Parameter = None
    points: float = 10.0
    improvement: bool = True
    round_points: Literal["half_up", "none"] = "half_up"


class Deciles(Model):
    """十分位: published lower bounds, from the decile ``first`` on; linear inside; a cap for topped-out measures."""

    kind: Literal["deciles"]
    bounds: list[float]
    first: int = 1
    inside: Literal["linear", "step"] = "linear"
    inside_cap: float | None = None
    below: float = 0.0
    cap: Parameter = 100.0


Method = Annotated[
    Attainment
    | Coverage
    | Bands
    | Milestones
    | Boolean
    | Checklist
    | Growth
    | Points
    | Deductions
    | Panel
    | Goalposts
    | LogGoalposts
    | Logistic
    | Minmax
    | Zscore
    | Percentile
    | RankPoints
    | ShareOfBest
    | ShareOfTotal
    | DistanceToTarget
    | ThresholdBenchmark
    | Deciles,
    Field(discriminator="kind"),
]

METHOD_MODELS: dict[str, type[Model]] = {
    m.model_fields["kind"].annotation.__args__[0]: m  # type: ignore[union-attr]
    for m in (
        Attainment, Coverage, Bands, Milestones, Boolean, Checklist, Growth, Points, Deductions, Panel, Goalposts,
        LogGoalposts, Logistic, Minmax, Zscore, Percentile, RankPoints, ShareOfBest, ShareOfTotal, DistanceToTarget,
        ThresholdBenchmark, Deciles,
    )
}  # fmt: skip

PARTS_METHODS = frozenset({"checklist", "milestones", "points", "deductions", "panel"})


def group_target_of(method: Model) -> str | OfGroup | None:
    """Return the target that other units' values make; None where the plan or the targets give it."""
    target = getattr(method, "target", None)
    made = isinstance(target, OfGroup) or (isinstance(target, str) and target.startswith("group_"))
    return target if made else None


def parameter_names(method: Model) -> list[str]:
    """Return the names of a method's parameters that ``targets.csv`` may give."""
    fields = type(method).model_fields.items()
    return [n for n, f in fields if "parameter" in f.metadata or f.annotation in (Target, GroupTarget)]


def reference_group(method: Model) -> str | None:
    """Return the group (class, all, a column of the units) on whose values a unit's score depends; None: its own."""
    target = group_target_of(method)
    if isinstance(target, OfGroup) and target.unit is not None:
        return "all"
    if isinstance(method, Relative) or target is not None:
        return str(method.within)  # type: ignore[attr-defined]
    return None


def parts_of(method: Model) -> dict[str, float]:
    """Return the parts a measurement of this method may carry, with the weight of one in each; empty for none.

    Points and deductions with one number for all kinds accept any part.
    """
    match method:
        case Checklist(items=list() as items):
            return {i: 1.0 for i in items}
        case Checklist(items=dict() as items):
            return dict(items)
        case Milestones(stages=stages):
            return {s.code: s.weight for s in stages}
        case Points(per_item=dict() as kinds) | Deductions(per_case=dict() as kinds):
            return dict(kinds)
        case Panel(groups=groups):
            return dict(groups)
    return {}
