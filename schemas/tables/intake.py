"""What was received: submissions, their states and problems, measurements, the persons who signed."""

from schemas.tables.base import CELL_STATUS, SUBMISSION_STATES, At, Table, col


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


class EvidenceFiles(Table):
    """A file that came beside a submission as evidence; the archive holds it under its hash."""

    submission_id: str = col("the submission it came with")
    unit_code: str = col("the unit")
    period: str = col("the period")
    indicator_code: str = col("the indicator it was told to; null where it could not be told", null=True)
    part: str = col("the part whose cell names it; empty otherwise")
    file_name: str = col("its name as received, inside folder or zip")
    file_hash: str = col("SHA-256 of its bytes")
    size_bytes: int = col("its length")
    recorded_at: At = col("when it was stored")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["submission_id", "indicator_code", "part", "file_name", "file_hash"]}


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
