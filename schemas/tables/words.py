"""The words that columns are limited to."""

CELL_STATUS = ("reported", "nil", "missing", "not_applicable", "not_assigned")
SUBMISSION_STATES = (
    "received", "accepted", "accepted_with_warnings", "returned", "held_late", "nil", "excluded", "superseded",
)  # fmt: skip
PERIOD_STATES = ("open", "closed", "scored", "in_review", "approved", "published", "reopened")
FINDING_STATES = ("open", "rectifying", "submitted", "closed", "withdrawn")
VERDICTS = ("accepted", "adjusted", "refused")
