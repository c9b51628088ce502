"""What the office enters: items, verdicts, adjustments, appeals, the life of a period, the chain of events."""

from schemas.tables.base import PERIOD_STATES, At, Table, col
from schemas.tables.words import VERDICTS


class Items(Table):
    """Dated facts that the office enters: adoptions, cases, inspection findings, deductions, raters' marks."""

    item_id: str = col("the item; the same id again corrects it")
    unit_code: str = col("the unit")
    indicator_code: str = col("the indicator it counts for")
    period: str = col("the period it counts in")
    happened_on: str = col("the day it happened, ISO date", null=True)
    kind: str = col("kind of item: a part of the indicator's method")
    count: float = col("how many", null=True)
    mark: float = col("a rater's mark", null=True)
    rater: str = col("the rater's number inside the group, never a name", null=True)
    role: str = col("lead or partner of a shared event", null=True)
    state: str = col("valid or withdrawn", isin=("valid", "withdrawn"))
    title: str = col("what it is", null=True)
    document_no: str = col("the document it rests on", null=True)
    due_on: str = col("rectification due, ISO date", null=True)
    closed_on: str = col("rectification closed, ISO date", null=True)
    source_hash: str = col("hash of the register file", null=True)
    recorded_at: At = col("when it was stored")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["item_id", "recorded_at"]}


class Verifications(Table):
    """A reviewer's verdict on a measurement; the newest counts."""

    verification_id: str = col("the verdict")
    unit_code: str = col("the unit")
    indicator_code: str = col("the indicator")
    period: str = col("the period")
    part: str = col("the part; empty otherwise")
    verdict: str = col("the verdict", isin=VERDICTS)
    value: float = col("the value that counts where adjusted", null=True)
    numerator: float = col("the numerator that counts where adjusted", null=True)
    denominator: float = col("the denominator that counts where adjusted", null=True)
    reason: str = col("why; required")
    actor: str = col("the reviewer's role or account")
    recorded_at: At = col("when")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["verification_id"]}


class Adjustments(Table):
    """Bonus, deduction, penalty, cap, veto or override outside the tree."""

    adjustment_id: str = col("the adjustment; the same id again corrects it")
    unit_code: str = col("the unit")
    period: str = col("the period")
    kind: str = col(
        "what it does",
        isin=("bonus", "deduction", "late", "false_report", "cap", "veto", "override_total", "override_grade"),
    )
    code: str = col("kind of bonus, or the plan's veto", null=True)
    value: float = col("points; days for late; the cap or total otherwise", null=True)
    grade: str = col("the grade of an override", null=True)
    reason: str = col("why; required")
    document_no: str = col("the document it rests on", null=True)
    state: str = col("valid or withdrawn", isin=("valid", "withdrawn"))
    actor: str = col("who entered it")
    recorded_at: At = col("when")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["adjustment_id", "recorded_at"]}


class PeriodStates(Table):
    """The life of a period; the newest row counts."""

    period: str = col("the period")
    state: str = col("the state", isin=PERIOD_STATES)
    actor: str = col("who")
    reason: str = col("why", null=True)
    recorded_at: At = col("when")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["period", "recorded_at"]}


class Appeals(Table):
    """A unit's appeal on a node; the newest row of an id counts."""

    appeal_id: str = col("the appeal")
    unit_code: str = col("the unit")
    period: str = col("the period")
    node_code: str = col("the node it is about")
    state: str = col("where it stands", isin=("open", "granted", "rejected", "withdrawn"))
    text: str = col("what it says, or the answer")
    answer_due_on: str = col("ISO date", null=True)
    actor: str = col("who entered it")
    recorded_at: At = col("when")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["appeal_id", "recorded_at"]}


class Events(Table):
    """Every change: who, when, what, why, each row chained to the one before by hash."""

    seq: int = col("1, 2, …")
    action: str = col("what was done, for example submission_added")
    subject: str = col("to what")
    actor: str = col("who, as a role or account")
    reason: str = col("why", null=True)
    detail_json: str = col("further facts as canonical JSON; no person's data")
    recorded_at: At = col("when")
    previous_hash: str = col("hash of the row before; 64 zeros for the first")
    hash: str = col("SHA-256 of this row with the previous hash")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["seq"]}
