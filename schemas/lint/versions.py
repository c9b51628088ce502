"""Against the version before: an indicator that changed must say from when it can be compared."""

from schemas.diff import incomparable
from schemas.folder import Plan
from schemas.lint.rules import Findings


def check_versions(found: Findings, previous: Plan) -> None:
    """Report indicators whose meaning or maximum changed and that do not say ``comparable_from``."""
    for code, (zh, en) in incomparable(previous, found.plan).items():
        leaf = found.plan.leaves[code]
        if leaf.comparable_from is None or leaf.comparable_from == previous.leaves[code].comparable_from:
            first = (found.plan.file.periods or [found.plan.file.version])[0]
            zh = f"与上一版相比改变了{zh},不可比。请写 comparable_from: {first}。"
            en = f"not comparable with the version before ({en} changed); write comparable_from: {first}."
            found.item("not_comparable", leaf, ("code",), zh, en)
