"""What a plan says of everything outside its tree: bonuses, deductions, late and false reports, vetoes."""

from typing import Literal

from pydantic import Field

from schemas.base import Code, Model, Wording


class Bonus(Model):
    """Bonuses: added up, capped, and only where the base reaches ``opens_at_base``; without a document none."""

    cap: float | None = None
    cap_by_code: dict[Code, float] = Field(default_factory=dict)
    opens_at_base: float | None = None
    document_required: bool = False


class Deduction(Model):
    """Deductions: added up, capped; ``floor`` is the total below which they do not push."""

    floor: float | None = None
    cap: float | None = None


class LateStep(Model):
    """``points`` are taken from ``from_day`` days of delay on."""

    from_day: int
    points: float


class Late(Model):
    """Penalty for late reports: per day with a cap, or by steps."""

    per_day: float = 0.0
    cap: float | None = None
    grace_days: int = 0
    steps: list[LateStep] = Field(default_factory=list)


class Penalty(Model):
    """A fixed penalty."""

    points: float


class Veto(Model):
    """一票否决 in three strengths, with an optional penalty beside it."""

    effect: Literal["stop_scoring", "no_top_grade", "one_grade_lower", "lowest_grade"]
    points: float = 0.0
    title: Wording | None = None


class Adjustments(Model):
    """Everything outside the tree."""

    bonus: Bonus = Bonus()
    deduction: Deduction = Deduction()
    late: Late | None = None
    not_reported: Penalty | None = None
    false_report: Penalty | None = None
    vetoes: dict[Code, Veto] = Field(default_factory=dict)
