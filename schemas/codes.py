"""What the words of a command must name: units, nodes and indicators of the plan."""

from schemas.errors import UserError
from schemas.folder import Plan


def refuse_unknown_unit(plan: Plan, code: str) -> None:
    """Refuse a code that is no unit's.

    Raises:
        UserError: with exit code 1.
    """
    if code not in plan.units["unit_code"]:
        raise UserError(
            f"考核方案没有单位“{code}”。请检查单位代码。", f"The plan has no unit '{code}'. Check the code."
        )


def refuse_unknown_node(plan: Plan, code: str) -> None:
    """Refuse a code that is neither a node's nor an indicator's.

    Raises:
        UserError: with exit code 1.
    """
    if code not in plan.nodes and code not in plan.leaves:
        raise UserError(
            f"考核方案没有节点或指标“{code}”。kaohe plan show 列出全部代码。",
            f"The plan has no node or indicator '{code}'. kaohe plan show lists all codes.",
        )
