"""Every table: one pandera model each, with type, key and the meaning of each column. The DDL is derived from it.

Column names: ``_code`` an identifier looked up in the plan, ``_pct`` 0 to 100, ``_share`` 0 to 1, ``_at`` a UTC
timestamp, ``_hash`` a SHA-256 in hex. Tables of the warehouse are append-only.
"""

from typing import Any

import pandera.polars as pa
import polars as pl

At = pl.Datetime("us")


def col(meaning: str, *, null: bool = False, default: Any = None, isin: tuple[str, ...] | None = None) -> Any:
    """Describe one column: its meaning, whether it may be null, and the words it is limited to."""
    checks: dict[str, Any] = {"isin": list(isin)} if isin else {}
    return pa.Field(nullable=null, description=meaning, default=default, **checks)


class Table(pa.DataFrameModel):
    """Base of all tables: exactly these columns."""

    class Config:
        """Columns outside the model are errors; types must be right already."""

        strict = True
        coerce = False


CELL_STATUS = ("reported", "nil", "missing", "not_applicable", "not_assigned")
SUBMISSION_STATES = (
    "received", "accepted", "accepted_with_warnings", "returned", "held_late", "nil", "excluded", "superseded",
)  # fmt: skip
PERIOD_STATES = ("open", "closed", "scored", "in_review", "approved", "published", "reopened")


class Plans(Table):
    """Plans as they were used, whole."""

    plan_hash: str = col("SHA-256 over the plan folder's files")
    plan_code: str = col("the plan's code")
    version: str = col("the plan's version")
    content_json: str = col("file name -> text of every file of the folder, as JSON")
    recorded_at: At = col("when it was first used")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["plan_hash"]}


class Units(Table):
    """The registry of assessed organisations, as of each recording."""

    registry_hash: str = col("SHA-256 of the registry this row belongs to")
    unit_code: str = col("the unit")
    name: str = col("its name")
    name_en: str = col("its name in English", null=True)
    class_code: str = col("its class")
    parent_code: str = col("the unit above it", null=True)
    aliases: str = col("other names, separated by |", null=True)
    valid_from: str = col("first day of validity, ISO date", null=True)
    valid_to: str = col("last day of validity, ISO date", null=True)
    successor_code: str = col("the unit that continues it after a merger or split", null=True)
    note: str = col("remark, for example 示例", null=True)
    recorded_at: At = col("when this registry was recorded")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["registry_hash", "unit_code", "valid_from"]}


class Assignments(Table):
    """Exceptions to the plan's assignment of indicators to classes."""

    plan_hash: str = col("the plan")
    indicator_code: str = col("the indicator")
    unit_code: str = col("the unit")
    role: str = col("lead or partner", null=True)
    period: str = col("period or year; null for always", null=True)
    state: str = col("what holds", isin=("assigned", "not_applicable", "not_assigned"))

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["plan_hash", "indicator_code", "unit_code", "period"]}


class Targets(Table):
    """Parameters of methods by unit, class or all."""

    plan_hash: str = col("the plan")
    indicator_code: str = col("the indicator")
    unit_code: str = col("the unit; null for all", null=True)
    class_code: str = col("the class; null for all", null=True)
    period: str = col("period or year; null for always", null=True)
    name: str = col("target, baseline, worst, best, cap … a parameter of the indicator's method")
    value: float = col("its value, in the indicator's measure")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["plan_hash", "indicator_code", "unit_code", "class_code", "period", "name"]}


class Submissions(Table):
    """One received file and what became of it at first; later states stand in submission_states."""

    submission_id: str = col("unit, period and revision, or the file's hash where these are unknown")
    unit_code: str = col("the unit it speaks for; null where unknown", null=True)
    period: str = col("the period it speaks for; null where unknown", null=True)
    revision: int = col("1, 2, … per unit and period; 0 where these are unknown")
    state: str = col("state on arrival", isin=SUBMISSION_STATES)
    reader: str = col("workbook, wide, register, csv, json, parquet, none")
    file_name: str = col("the file's name as received")
    file_hash: str = col("SHA-256 of its bytes; the archive holds them under this name")
    size_bytes: int = col("its length")
    template_version: str = col("version of the template it was made from", null=True)
    plan_hash: str = col("the plan it was checked against", null=True)
    late_days: int = col("days after the due day, 0 where in time")
    reason: str = col("why it was returned or held, in Chinese", null=True)
    received_at: At = col("when it was received")
    recorded_at: At = col("when it was stored")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["submission_id"]}


class SubmissionStates(Table):
    """Every later change of a submission's state."""

    submission_id: str = col("the submission")
    state: str = col("the new state", isin=SUBMISSION_STATES)
    reason: str = col("why", null=True)
    actor: str = col("who")
    recorded_at: At = col("when")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["submission_id", "recorded_at"]}


class Measurements(Table):
    """What was reported: one unit, indicator, period and part."""

    submission_id: str = col("the submission it came with")
    unit_code: str = col("the unit")
    indicator_code: str = col("the indicator")
    period: str = col("the period")
    part: str = col("checklist item, kind of point, milestone or rater group; empty otherwise")
    value: float = col("the value in the indicator's measure", null=True)
    numerator: float = col("numerator of a coverage", null=True)
    denominator: float = col("denominator of a coverage", null=True)
    status: str = col("state of the cell", isin=CELL_STATUS)
    self_score: float = col("the unit's own assessment, 0 to 100", null=True)
    evidence: str = col("evidence named or archived for the cell", null=True)
    note: str = col("the unit's remark", null=True)
    sheet: str = col("sheet it was read from", null=True)
    cell: str = col("cell it was read from, for example G12", null=True)
    raw: str = col("the text as it stood in the cell", null=True)
    recorded_at: At = col("when it was stored")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["submission_id", "indicator_code", "period", "part"]}


class Problems(Table):
    """One thing wrong with a submission, in the reporter's own coordinates, with the remedy."""

    submission_id: str = col("the submission")
    number: int = col("1, 2, … within the submission")
    code: str = col("stable code of the check")
    severity: str = col("error returns the file, warning does not", isin=("error", "warning"))
    layer: str = col("which layer found it", isin=("file", "structure", "row", "across_rows", "across_periods"))
    sheet: str = col("sheet", null=True)
    cell: str = col("cell, for example G12, or line for text files", null=True)
    indicator_code: str = col("the indicator", null=True)
    value: str = col("what was found", null=True)
    expected: str = col("what was expected", null=True)
    message_zh: str = col("sentence with remedy, Chinese")
    message_en: str = col("sentence with remedy, English")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["submission_id", "number"]}


class Items(Table):
    """Dated facts that the office enters: adoptions, exemplary cases, inspection findings, deductions, raters' marks."""

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
    verdict: str = col("the verdict", isin=("accepted", "adjusted", "refused"))
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


class Runs(Table):
    """One scoring of one period from recorded inputs."""

    run_id: str = col("hash of all inputs, first 16 hex digits")
    period: str = col("the period")
    plan_hash: str = col("the plan")
    registry_hash: str = col("the units")
    measurements_hash: str = col("the measurements that counted")
    items_hash: str = col("the items")
    verifications_hash: str = col("the verdicts")
    adjustments_hash: str = col("the adjustments")
    rules_hash: str = col("the source of the scoring rules")
    scores_hash: str = col("the scores and results")
    as_of_at: At = col("what was known up to then", null=True)
    units: int = col("number of units scored")
    actor: str = col("who asked")
    reason: str = col("why", null=True)
    recorded_at: At = col("when")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["run_id"]}


class RunInputs(Table):
    """The submissions that one run counted, so that it can be repeated."""

    run_id: str = col("the run")
    kind: str = col("kind of input", isin=("submission", "item", "verification", "adjustment"))
    input_id: str = col("its id")
    recorded_at: At = col("when that input was stored")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["run_id", "kind", "input_id", "recorded_at"]}


class Scores(Table):
    """One unit and node of the tree in one run."""

    run_id: str = col("the run")
    unit_code: str = col("the unit")
    node_code: str = col("the node or indicator")
    level: int = col("depth in the tree, 0 for the root")
    score: float = col("0 to 100; null where there is none", null=True)
    coverage_pct: float = col("share of the applicable weight below that was reported", null=True)
    weight_pct: float = col("nominal weight within the parent", null=True)
    effective_weight_pct: float = col("weight in the total after redistribution, for this unit", null=True)
    contribution: float = col("score times effective weight / 100; null below a non-arithmetic node", null=True)
    reason_code: str = col("why the score is absent or altered", null=True)
    value: float = col("the value the indicator's score was computed from", null=True)
    target: float = col("the target it was compared with, on schedule", null=True)

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["run_id", "unit_code", "node_code"]}


class Results(Table):
    """One unit's total, rank and grade in one run."""

    run_id: str = col("the run")
    unit_code: str = col("the unit")
    class_code: str = col("its class")
    base: float = col("the root's score", null=True)
    bonus: float = col("points added")
    deduction: float = col("points taken")
    total: float = col("the rounded total; null where scoring was stopped or nothing could be scored", null=True)
    rank: float = col("rank in its class, 1 the best", null=True)
    class_size: int = col("ranked units of the class")
    grade: str = col("the grade's code", null=True)
    reason_code: str = col("why total, rank or grade was altered", null=True)

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["run_id", "unit_code"]}


class Publications(Table):
    """The pointer from a period to the one run that counts, with the package as sent."""

    publication_id: str = col("period and edition")
    period: str = col("the period")
    edition: int = col("1, 2, …")
    run_id: str = col("the run that counts")
    package_path: str = col("the package's folder below the output folder")
    package_hash: str = col("SHA-256 of its manifest")
    actor: str = col("who published")
    reason: str = col("why", null=True)
    recorded_at: At = col("when")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["publication_id"]}


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


class Persons(Table):
    """Names and telephone numbers, erasable without touching scores; in no hash."""

    submission_id: str = col("the submission they signed")
    unit_code: str = col("the unit")
    role: str = col("responsible, reporter, reviewer")
    name: str = col("the person's name", null=True)
    phone: str = col("telephone", null=True)
    recorded_at: At = col("when")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["submission_id", "role"]}


TABLES: dict[str, type[Table]] = {
    "plans": Plans, "units": Units, "assignments": Assignments, "targets": Targets, "submissions": Submissions,
    "submission_states": SubmissionStates, "measurements": Measurements, "problems": Problems, "items": Items,
    "verifications": Verifications, "adjustments": Adjustments, "period_states": PeriodStates, "runs": Runs,
    "run_inputs": RunInputs, "scores": Scores, "results": Results, "publications": Publications, "appeals": Appeals,
    "events": Events, "persons": Persons,
}  # fmt: skip


def key_of(table: type[Table]) -> list[str]:
    """Return the columns that identify a row."""
    return list(table.Config.metadata["key"])  # type: ignore[attr-defined]


def columns_of(table: type[Table]) -> dict[str, Any]:
    """Return column name -> polars type, in the order of the model."""
    return {name: column.dtype.type for name, column in table.to_schema().columns.items()}


def empty(table: type[Table]) -> pl.DataFrame:
    """Return the table with no rows."""
    return pl.DataFrame(schema=columns_of(table))
