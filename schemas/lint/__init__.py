"""Rules on the whole of a plan that keys and types cannot say. ``RULES`` lists them with their severity.

``error``: the plan cannot be used. ``warning``: it can, but look at it. ``info``: what follows from it, with figures.
"""

from collections.abc import Sequence

from schemas.errors import PlanError, PlanProblem
from schemas.folder import Plan
from schemas.lint.conversions import check_conversions
from schemas.lint.grades import check_grades
from schemas.lint.methods import check_methods
from schemas.lint.rules import RULES, Findings
from schemas.lint.targets import check_targets
from schemas.lint.time import check_time
from schemas.lint.tree import check_tree
from schemas.lint.units import check_units
from schemas.lint.versions import check_versions
from schemas.lint.weights import check_weights
from schemas.periods import Period

__all__ = ["RULES", "lint", "refuse"]

_ORDER = {"error": 0, "warning": 1, "info": 2}
SCORED_AS_WRITTEN = frozenset({
    "target_missing", "targets_elsewhere", "target_positive", "target_period", "positive_expected", "goalposts_equal",
    "bands_gap", "stage_due", "cells_limit", "lights_order", "due_rule", "time_zone", "holidays_file", "date_bad",
    "unit_date", "unit_successor", "body_target", "conversion_incomplete", "not_comparable",
})  # fmt: skip
"""Errors that keep a plan from being used in an office but not from being scored: the cells they touch get no points
and the reason, or they touch no score at all. All others would silently give other numbers than the plan means."""


def lint(plan: Plan, previous: Plan | None = None, *, periods: Sequence[Period] | None = None) -> list[PlanProblem]:
    """Return every finding, errors first, then by file and line.

    Units, targets or assignments given apart from the folder are checked with ``dataclasses.replace(plan, units=...)``.
    ``previous`` is the version before: changed indicators must then say from when they are comparable.
    ``periods``: those that are scored; what is asked and which targets are needed is then looked at for these alone.
    """
    found = Findings(plan, periods)
    check_time(found)
    if any(p.code.startswith("period_") for p in found.problems):
        return found.problems  # nothing that depends on time can be said
    checks = (check_tree, check_weights, check_methods, check_grades, check_conversions, check_targets, check_units)
    for check in checks:
        check(found)
    if previous is not None:
        check_versions(found, previous)
    return sorted(found.problems, key=lambda p: (_ORDER[p.severity], p.file, p.line or 0, p.code))


def refuse(plan: Plan, periods: Sequence[Period]) -> list[PlanProblem]:
    """Return what else there is to say of a plan for the periods that are scored, errors first.

    Raises:
        PlanError: with every error that would silently change what is scored.
    """
    problems = lint(plan, periods=periods)
    for problem in problems:
        if problem.code == "targets_elsewhere":  # there is no elsewhere any more
            problem.severity = "error"
    problems.sort(key=lambda p: _ORDER[p.severity])
    if errors := [p for p in problems if p.severity == "error" and p.code not in SCORED_AS_WRITTEN]:
        raise PlanError(errors)
    return problems
