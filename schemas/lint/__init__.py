"""Rules on the whole of a plan that keys and types cannot say. ``RULES`` lists them with their severity.

``error``: the plan cannot be used. ``warning``: it can, but look at it. ``info``: what follows from it, with figures.
"""

from schemas.errors import PlanProblem
from schemas.folder import Plan
from schemas.lint.grades import check_grades
from schemas.lint.methods import check_methods
from schemas.lint.rules import RULES, Findings
from schemas.lint.targets import check_targets
from schemas.lint.time import check_time
from schemas.lint.tree import check_tree
from schemas.lint.units import check_units
from schemas.lint.versions import check_versions
from schemas.lint.weights import check_weights

__all__ = ["RULES", "lint"]

_ORDER = {"error": 0, "warning": 1, "info": 2}


def lint(plan: Plan, previous: Plan | None = None) -> list[PlanProblem]:
    """Return every finding, errors first, then by file and line.

    Units, targets or assignments given apart from the folder are checked with ``dataclasses.replace(plan, units=...)``.
    ``previous`` is the version before: changed indicators must then say from when they are comparable.
    """
    found = Findings(plan)
    check_time(found)
    if any(p.code.startswith("period_") for p in found.problems):
        return found.problems  # nothing that depends on time can be said
    for check in (check_tree, check_weights, check_methods, check_grades, check_targets, check_units):
        check(found)
    if previous is not None:
        check_versions(found, previous)
    return sorted(found.problems, key=lambda p: (_ORDER[p.severity], p.file, p.line or 0, p.code))
