"""What scoring leaves: runs with their inputs, scores, results, publications."""

from schemas.tables.base import At, Table, col


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
