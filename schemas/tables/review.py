"""What reviewers work on: the cells drawn for spot checks, and the findings with their rectification (专项督查台账)."""

from schemas.tables.base import At, Table, col
from schemas.tables.words import FINDING_STATES


class SpotChecks(Table):
    """Cells drawn for a spot check, each with why; the verdicts on them stand in verifications."""

    sample_id: str = col("the sample: period and number, such as 2023Q1/S1")
    unit_code: str = col("the unit")
    indicator_code: str = col("the indicator")
    period: str = col("the period")
    part: str = col("the part; empty otherwise")
    drawn_by: str = col("by its risk or at random", isin=("risk", "random"))
    points: float = col("points of risk; 0 where nothing speaks against the cell")
    signs: str = col("codes of the signs of risk, separated by |", null=True)
    why_zh: str = col("why it was drawn, Chinese")
    why_en: str = col("why it was drawn, English")
    recorded_at: At = col("when it was stored")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["sample_id", "unit_code", "indicator_code", "part"]}


class Findings(Table):
    """A finding of an inspection or a spot check and its rectification; the newest row of an id counts."""

    finding_id: str = col("the finding, such as HB-WH/2023Q1/F1; the same id again continues it")
    unit_code: str = col("the unit that has to put it right")
    period: str = col("the period in which it was found")
    node_code: str = col("the node or indicator it is about; null where none", null=True)
    source: str = col("what found it, for example 专项督查", null=True)
    found_on: str = col("the day it was found, ISO date")
    title: str = col("what was found")
    demand: str = col("what is demanded", null=True)
    due_on: str = col("rectification due, ISO date")
    state: str = col("where it stands; overdue follows from due_on and is no state", isin=FINDING_STATES)
    progress: str = col("what was done so far", null=True)
    proof: str = col("what proves it: file name or document number", null=True)
    proof_hash: str = col("SHA-256 of the proof where it is an archived file", null=True)
    closed_on: str = col("the day it was closed, ISO date", null=True)
    document_no: str = col("the document the finding rests on", null=True)
    reason: str = col("why this row was entered: sent back, extended, reopened, withdrawn", null=True)
    source_hash: str = col("hash of the register file it came with", null=True)
    actor: str = col("who entered it, as a role or account")
    recorded_at: At = col("when")

    class Config(Table.Config):
        """Key."""

        metadata = {"key": ["finding_id", "recorded_at"]}
