"""The plan: what is assessed and how. Models of ``plan.yaml`` and ``indicators.yaml``; unknown keys are refused."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from schemas.base import Code, Model, NoneWord, Wording
from schemas.methods import Method, Ties
from schemas.outside import Adjustments

Clamp = Annotated[tuple[float | None, float | None] | Literal["none"], NoneWord]
Rounding = Literal["half_up", "half_even", "down", "up"]
Periods = Annotated[list[Code], BeforeValidator(lambda v: [str(x) for x in v] if isinstance(v, list) else v)]


class Value(Model):
    """A fixed score, as in ``missing: {value: 60}``."""

    value: float


class Power(Model):
    """A power mean's exponent, as in ``aggregate: {power: 0.5}``."""

    power: float


Aggregate = Literal["arithmetic", "geometric", "harmonic", "min", "max", "sum", "product"] | Power
Missing = Literal["exclude", "zero", "class_mean"] | Value
NotApplicable = Literal["redistribute", "class_mean"] | Value


class Node(Model):
    """An inner node of the tree. ``missing`` and ``not_applicable`` say how absent *children* count."""

    code: Code
    parent: Code | None = None
    title: Wording
    weight: float | None = None
    weight_by_class: dict[Code, float] = Field(default_factory=dict)
    weights: Literal["percent", "relative", "factors"] = "percent"
    aggregate: Aggregate = "arithmetic"
    missing: Missing | None = None
    not_applicable: NotApplicable = "redistribute"
    min_coverage: float = 0.0
    min_count: int = 0
    best: int | None = None
    clamp: Clamp = (0.0, 100.0)
    places: int | None = None
    lead: list[str] = Field(default_factory=list)
    partners: list[str] = Field(default_factory=list)
    source: str = ""
    note: Wording | None = None


class Phase(Model):
    """One phase of an indicator over several years (梯次推进); outside its phases the indicator is not assigned."""

    from_: Code = Field(alias="from")
    to: Code
    title: Wording | None = None
    method: Method | None = None
    schedule: list[float] | None = None


class Indicator(Model):
    """A leaf: what is measured, who reports it how often, and how the value becomes a score."""

    code: Code
    parent: Code
    title: Wording
    measure: str = ""
    weight: float | None = None
    weight_by_class: dict[Code, float] = Field(default_factory=dict)
    accumulation: Literal["flow", "stock", "stage"] = "stock"
    reported: Literal["increment", "year_to_date"] = "increment"
    gaps: Literal["missing", "sum_known", "last_known"] = "missing"
    frequency: Literal["month", "quarter", "half_year", "year"] = "quarter"
    asked_in: list[int] | None = None
    method: Method
    schedule: list[float] | None = None
    per: float = 1.0
    min_denominator: float | None = None
    too_few: Literal["missing", "not_applicable"] | Value = "missing"
    value_from: Code | None = None
    assigned_to: list[Code] | None = None
    scope: Literal["unit", "hq"] = "unit"
    owner: Literal["unit", "office", "system"] = "unit"
    credit: dict[Literal["lead", "partner"], float] = Field(default_factory=dict)
    evidence: Literal["required", "optional", "none"] = "optional"
    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False
    value_places: int | None = None
    value_rounding: Rounding = "half_up"
    places: int | None = None
    places_of: Literal["score", "points"] = "score"
    phases: list[Phase] = Field(default_factory=list)
    comparable_from: Code | None = None
    source: str = ""
    note: Wording | None = None

    @property
    def methods(self) -> list[Method]:
        """Return the indicator's method and those of its phases; in a period one of them holds."""
        return [self.method, *(p.method for p in self.phases if p.method is not None)]


class DueRule(Model):
    """A date counted from the end of the period."""

    working_days_after_period: int | None = None
    days_after_period: int | None = None


class Calendar(Model):
    """Deadlines and lights of reporting; ``yellow_at`` and ``red_at`` are days after the due day."""

    due: DueRule = DueRule(working_days_after_period=10)
    yellow_at: int = 0
    red_at: int = 2
    close: DueRule = DueRule(working_days_after_period=20)
    notice_days: int = 7
    appeal_days: int = 10
    answer_days: int = 30
    holidays: str = "holidays.csv"


class Total(Model):
    """How the total is limited and rounded. ``places: none`` keeps every digit; ``step`` rounds to its multiples."""

    clamp: Clamp = (0.0, 100.0)
    places: Annotated[int | Literal["none"], NoneWord] = 2
    step: float | None = Field(None, ge=1e-9)
    rounding: Rounding = "half_up"


class Rank(Model):
    """How units are ranked. ``ties``: min (1,1,3), dense (1,1,2), average (1.5,1.5,3)."""

    on: Literal["rounded", "unrounded"] = "rounded"
    ties: Ties = "min"
    order: Literal["up", "down"] = "up"
    tie_breakers: list[Code] = Field(default_factory=list)
    within: Code = "class"


class Grade(Model):
    """One grade. It needs the total in its bounds, a place in its ``quota`` and ``top``, and its node floors.

    Bounds: at or above ``floor``, ``above`` (strictly), at or below ``ceiling``, ``below`` (strictly).
    """

    code: Code
    title: Wording
    floor: float | None = None
    above: float | None = None
    ceiling: float | None = None
    below: float | None = None
    quota: float | None = None
    quota_by_class: dict[Code, float] = Field(default_factory=dict)
    top: int | None = None
    node_floors: dict[Code, float] = Field(default_factory=dict)

    def bounds(self) -> dict[str, float]:
        """Return the bounds of the total that are given, by key."""
        given = {"floor": self.floor, "above": self.above, "ceiling": self.ceiling, "below": self.below}
        return {name: number for name, number in given.items() if number is not None}


class Quota(Model):
    """How quotas are counted: of the ranked units; rounding; at least ``minimum``; what a tie at the edge does."""

    of: Literal["ranked_units"] = "ranked_units"
    rounding: Literal["floor", "ceil", "half_up"] = "floor"
    minimum: int = 0
    edge_tie: Literal["exclude", "include"] = "exclude"
    counted: Literal["each", "cumulative"] = "each"


class ScoreBand(Model):
    """A band of a node's score and what it counts."""

    from_: float = Field(alias="from")
    points: float


class BandedNodes(Model):
    """Grade by the mean of banded nodes: each node's score is banded, the mean of the bands meets the floors."""

    nodes: list[Code]
    bands: list[ScoreBand]
    weights: Literal["equal", "tree"] = "equal"
    places: int | None = None


class Year(Model):
    """How quarters become the year."""

    rule: Literal["rescore_year_to_date", "mean_of_quarters", "last_quarter", "weighted_quarters"] = (
        "rescore_year_to_date"
    )
    weights: list[float] = Field(default_factory=list)
    year_end: float = 0.0


class Condition(Model):
    """What a result must be to count for a rule on consecutive results."""

    grade: Code | None = None
    bottom: int | None = None
    below: float | None = None


class Consecutive(Model):
    """A rule such as "two years at the bottom": ``periods`` results in a row meet the condition."""

    code: Code
    title: Wording
    periods: int = 2
    condition: Condition
    effect: Literal["flag", "no_top_grade", "lowest_grade"] = "flag"


class Lights(Model):
    """Traffic lights as shares of full marks; unknown is never green."""

    green: float = 90.0
    yellow: float = 60.0


class Limits(Model):
    """Limits the linter holds the plan to."""

    cells_per_unit: int | None = None
    smallest_relative_group: int = 3


class Check(Model):
    """Severity and parameters of one intake check, by its code."""

    severity: Literal["error", "warning", "off"] | None = None
    parameters: dict[str, float] = Field(default_factory=dict)


RiskSign = Literal[
    "evidence_used_twice", "evidence_claimed_before", "evidence_reused", "outlier", "identical_text",
    "identical_value", "round_numbers",
]  # fmt: skip


class Sampling(Model):
    """What is drawn for spot checks: the share of cells, of these the share by lot, and the points of signs of risk."""

    share: float = Field(0.1, gt=0, le=1)
    random: float = Field(0.3, ge=0, le=1)
    at_least_per_unit: int = Field(0, ge=0)
    points: dict[RiskSign, float] = Field(default_factory=dict)


class Intake(Model):
    """How submissions are judged."""

    checks: dict[Code, Check] = Field(default_factory=dict)
    spot_checks: Sampling = Sampling()
    same_batch: Literal["last_modified", "last_name", "refuse"] = "last_modified"
    explain_warnings: bool = False
    punctuality: Literal["first", "counting"] = "first"


class Editions(Model):
    """What a unit's own edition shows of the others."""

    unit_sees: Literal["itself", "ranks", "totals"] = "itself"


class Documents(Model):
    """What official documents (通报、考核办法、整改通知单) carry: who issues them, to whom, under which number.

    ``number`` may name {year}, {period} and {no}, the period's place in its year.
    """

    issuer: Wording | None = None
    addressee: Wording | None = None
    number: str = ""


class Conversion(Model):
    """The result on the scale of the parent organisation's assessment (纳入关键绩效考核指标).

    ``by`` linear: ``full_marks`` × (score − ``zero_at``) / (100 − ``zero_at``), within 0 and full marks; bands: the
    points of the band that the score reaches, else 0; grades: the points of the grade. ``node``: the total by default.
    """

    code: Code
    title: Wording
    node: Code | None = None
    by: Literal["linear", "bands", "grades"] = "linear"
    full_marks: float = 10.0
    zero_at: float = 0.0
    bands: list[ScoreBand] = Field(default_factory=list)
    grades: dict[Code, float] = Field(default_factory=dict)
    places: int = 2


def _year_rule(value: Any) -> Any:
    # `year: {rule: {weights: [...], year_end: 0.5}}` is the short form of weighted quarters.
    if isinstance(value, dict) and isinstance(value.get("rule"), dict):
        return {"rule": "weighted_quarters", **value["rule"]}
    return value


def _lights_turned(data: Any) -> Any:
    # Where the lowest total is the best and nothing is said of lights, their defaults are turned round.
    rank = data.get("rank") if isinstance(data, dict) else None
    if isinstance(rank, dict) and rank.get("order") == "down" and "lights" not in data:
        return {**data, "lights": {"green": 100 - Lights().green, "yellow": 100 - Lights().yellow}}
    return data


class PlanFile(Model):
    """``plan.yaml``: everything about the whole."""

    _turned = model_validator(mode="before")(_lights_turned)

    plan: Code
    version: Code = "1"
    title: Wording
    note: Wording | None = None
    source: str = ""
    periods: Periods = Field(default_factory=list)
    valid_from: str | None = None
    valid_to: str | None = None
    time_zone: str = "Asia/Shanghai"
    full_marks: float = 100.0
    classes: dict[Code, Wording] = Field(default_factory=dict)
    tree: list[Node]
    missing_report: Missing = "zero"
    calendar: Calendar = Calendar()
    adjustments: Adjustments = Adjustments()
    total: Total = Total()
    rank: Rank = Rank()
    grades: list[Grade] = Field(default_factory=list)
    grade_by: BandedNodes | None = None
    quota: Quota = Quota()
    year: Annotated[Year, BeforeValidator(_year_rule)] = Year()
    consecutive: list[Consecutive] = Field(default_factory=list)
    lights: Lights = Lights()
    limits: Limits = Limits()
    intake: Intake = Intake()
    editions: Editions = Editions()
    documents: Documents = Documents()
    conversions: list[Conversion] = Field(default_factory=list)
