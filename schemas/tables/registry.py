"""The plan's own tables as the warehouse keeps them: plans, units, assignments, targets."""

from schemas.tables.base import At, Table, col


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
