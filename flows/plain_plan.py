"""A plan checked with the tables that a user names on the command line, before the engine scores plain files."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from schemas.errors import PlanError, PlanProblem, typed

if TYPE_CHECKING:
    import polars as pl

    from schemas.folder import Plan
    from schemas.periods import Period

MOST, TOLD = 30, 5
"""How many errors of a plan are printed where it is refused, and where it is scored all the same."""


def checked(plan: "Plan", inputs: Any, periods: Sequence["Period"], args: argparse.Namespace) -> list[PlanProblem]:
    """Check a plan, with the units and targets given for its own, for the periods that are scored; return the rest.

    Raises:
        PlanError: a finding that is an error, however many; the file is the one the user named.
    """
    from schemas.lint import refuse

    try:
        return refuse(_with_tables(plan, inputs), periods)
    except PlanError as error:
        names = {f"{n}.csv": getattr(args, n).name for n in ("units", "targets") if getattr(args, n)}
        problems = error.problems[:MOST]
        for problem in problems:
            problem.file = names.get(problem.file, problem.file)
        if (more := len(error.problems) - MOST) > 0:
            zh, en = f"另有 {more} 处错误。", f"there are {more} more errors."
            problems.append(PlanProblem("more", str(args.plan), None, zh, en))
        check = f"kaohe plan check {typed(args.plan)}"
        zh = f"方案有错误,没有计分。详见 {check};只作试算可加 --unchecked。"
        en = f"the plan has errors and was not scored. See {check}; --unchecked scores it anyway."
        raise PlanError([*problems, PlanProblem("not_scored", str(args.plan), None, zh, en)]) from None


def tell(problems: list[PlanProblem], args: argparse.Namespace) -> None:
    """Say on stderr the first errors that were scored as written, how many more, and how many warnings there are."""
    errors = [p for p in problems if p.severity == "error"]
    for problem in errors[:TOLD]:
        print(problem.text(args.lang), file=sys.stderr)
    if (more := len(errors) - TOLD) > 0:
        check = f"kaohe plan check {typed(args.plan)}"
        zh, en = f"另有 {more} 处,详见 {check}", f"{more} more: see {check}"
        print(zh if args.lang == "zh" else en, file=sys.stderr)
    number = sum(p.severity == "warning" for p in problems)
    if number and args.lang == "zh":
        print(f"方案有 {number} 处提醒,详见 kaohe plan check {typed(args.plan)}", file=sys.stderr)
    elif number:
        warnings = "1 warning" if number == 1 else f"{number} warnings"
        print(f"{warnings} about the plan: see kaohe plan check {typed(args.plan)}", file=sys.stderr)


def _with_tables(plan: "Plan", inputs: Any) -> "Plan":
    """Return the plan with the tables given for its own.

    What the plan itself says of units, classes or parents that it knows and that were not given is no mistake: a part
    of the units may be scored.
    """
    import polars as pl

    from schemas.base import Text
    from schemas.folder import PLAN_TABLES

    changed: dict[str, Any] = {}
    if inputs.targets is not None:
        changed["targets"] = _as_plan_table(inputs.targets, PLAN_TABLES["targets.csv"])
    if inputs.units is not None:
        wanted = PLAN_TABLES["units.csv"]
        units = _as_plan_table(inputs.units, wanted, attributes=True).with_columns(
            pl.col("name").fill_null("unit_code")
        )
        gone = set(plan.units["unit_code"]) - set(units["unit_code"])
        away = pl.col("unit_code").is_in(list(gone))
        units = units.with_columns(
            pl.when(~pl.col(c).is_in(list(gone))).then(pl.col(c)).alias(c) for c in ("parent_code", "successor_code")
        )
        changed["units"] = units
        changed["assignments"] = plan.assignments.filter(~away)
        if "targets" not in changed:
            changed["targets"] = plan.targets.filter(~away | pl.col("unit_code").is_null())
        if not plan.file.classes and not plan.units.is_empty():
            codes = pl.concat([plan.units["class_code"], units["class_code"]]).drop_nulls().unique(maintain_order=True)
            titles = {str(c): Text(zh=str(c)) for c in codes}
            changed["file"] = plan.file.model_copy(update={"classes": titles})
    return replace(plan, **changed) if changed else plan


def _as_plan_table(frame: "pl.DataFrame", wanted: dict[str, Any], *, attributes: bool = False) -> "pl.DataFrame":
    """Return a table with the columns of the plan's own and its lines."""
    import polars as pl

    own = [c for c in frame.columns if attributes and c not in wanted and c != "line"]
    have = {c: pl.col(c) if c in frame.columns else pl.lit(None) for c in wanted}
    columns = [expr.cast(wanted[c]).alias(c) for c, expr in have.items()]
    return frame.select(*columns, *own, line=pl.int_range(2, pl.len() + 2, dtype=pl.Int64))
