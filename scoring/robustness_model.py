"""A scored period as arrays: trees by class and quarter, adjustments, groups; its totals and ranks under a change."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from schemas.asked import is_mean_of_quarters
from schemas.folder import Plan
from schemas.periods import Period
from scoring.compile import Compiled
from scoring.engine import Engine
from scoring.exact import SCALE
from scoring.nodes import weights_of
from scoring.robustness_parts import Array, Branch, Change, Mask, Tree
from scoring.robustness_rank import Outside, outside, ranks, totals
from scoring.robustness_tree import evaluate
from scoring.run import Inputs, Scored, adjustments_of, compile_inputs, score, silent_units
from scoring.year import counting_quarters


@dataclass(frozen=True)
class Model:
    """Everything that ranks depend on. ``trees``: for each quarter (or the one period) its classes, with its share."""

    plan: Plan
    period: Period
    results: pl.DataFrame
    scores: pl.DataFrame
    units: tuple[str, ...]
    trees: tuple[tuple[tuple[Tree, ...], float], ...]
    extra: Outside
    groups: tuple[Mask, ...]

    @property
    def codes(self) -> list[str]:
        """Return the codes of all nodes and indicators but the root."""
        return [c for c in [*self.plan.nodes, *self.plan.leaves] if c != self.plan.root]


def build(plan: Plan, inputs: Inputs, period: Period, engine: Engine) -> Model:
    """Score the period and lay it out as arrays."""
    scored = score(plan, inputs, period, engine=engine)
    compiled = compile_inputs(plan, inputs, period)
    year = is_mean_of_quarters(plan, period)
    parts: list[tuple[Compiled, Scored, float]] = [(compiled, scored, 1.0)]
    if year:
        quarters = counting_quarters(plan, inputs, period)
        parts = [(compile_inputs(plan, inputs, q), score(plan, inputs, q, engine=engine), s) for q, s in quarters]
    units = tuple(compiled.units["unit_code"].to_list())
    silent = silent_units(engine, compiled, inputs)
    extra = outside(plan, units, adjustments_of(plan, inputs.adjustments, period), silent)
    trees = tuple((_trees(c, s.scores_frame()), share) for c, s, share in parts)
    groups = _groups(plan, compiled.units)
    return Model(plan, period, scored.results, scored.scores_frame(), units, trees, extra, groups)


def _groups(plan: Plan, units: pl.DataFrame) -> tuple[Mask, ...]:
    within = plan.file.rank.within
    if within == "all":
        return (np.ones(units.height, dtype=bool),)
    column = units["class_code" if within == "class" else within]
    return tuple(column.eq_missing(value).to_numpy() for value in column.unique(maintain_order=True))


def _trees(compiled: Compiled, scores: pl.DataFrame) -> tuple[Tree, ...]:
    leaves = tuple(x.indicator.code for x in compiled.leaves)
    wanted = scores.filter(pl.col("node_code").is_in(list(leaves)))
    result = []
    for class_no, class_code in compiled.units.select("class_no", "class_code").unique().sort("class_no").iter_rows():
        units = compiled.units.filter(pl.col("class_no") == class_no)["unit_code"].to_list()
        row = {u: n for n, u in enumerate(units)}
        column = {c: n for n, c in enumerate(leaves)}
        mine = wanted.filter(pl.col("unit_code").is_in(units))
        at = (
            mine["unit_code"].replace_strict(row, return_dtype=pl.Int64).to_numpy(),
            mine["node_code"].replace_strict(column, return_dtype=pl.Int64).to_numpy(),
        )
        values = np.full((len(units), len(leaves)), np.nan)
        assigned, waived = np.zeros(values.shape, bool), np.zeros(values.shape, bool)
        values[at] = mine["score"].fill_null(np.nan).to_numpy()
        assigned[at] = True
        waived[at] = mine.select((pl.col("reason_code") == "not_applicable").fill_null(False))["reason_code"].to_numpy()
        waived &= np.isnan(values)
        branches = _branches(compiled, class_no, class_code, set(leaves))
        result.append(Tree(tuple(units), leaves, branches, values, assigned, waived))
    return tuple(result)


def _branches(compiled: Compiled, class_no: int, class_code: str, leaves: set[str]) -> tuple[Branch, ...]:
    plan = compiled.plan
    codes = {number: code for code, number in compiled.node_numbers.items()}
    table = compiled.node_table.filter(pl.col("class_no") == class_no).sort("level", descending=True)
    branches = []
    for rules in table.to_dicts():
        code = codes[rules["node_no"]]
        weights = weights_of(plan, code, [class_code])[class_code]
        below = [c for c in plan.children[code] if c in leaves]
        nodes = [c for c in plan.children[code] if c in plan.nodes]
        shares = np.array([weights[c] / SCALE for c in [*below, *nodes]])
        branches.append(
            Branch(code, {**rules, "rounding": plan.file.total.rounding}, tuple(below), tuple(nodes), shares)
        )
    return tuple(branches)


def node_scores(model: Model, change: Change, codes: Sequence[str]) -> dict[str, Array]:
    """Return some nodes' scores, units × replications; of a year the mean over its quarters."""
    sums = {c: np.zeros((len(model.units), change.replications)) for c in codes}
    weights = {c: np.zeros((len(model.units), change.replications)) for c in codes}
    row = {u: n for n, u in enumerate(model.units)}
    for trees, share in model.trees:
        for tree in trees:
            there = [n for n, u in enumerate(tree.units) if u in row]
            at = [row[tree.units[n]] for n in there]
            outcome = evaluate(tree, change)
            for code in codes:
                found = outcome[code].score[there]
                has = ~np.isnan(found)
                sums[code][at] += np.where(has, found, 0.0) * share
                weights[code][at] += has * share
    with np.errstate(divide="ignore", invalid="ignore"):
        return {c: np.where(weights[c] > 0, sums[c] / weights[c], np.nan) for c in codes}


def standings(model: Model, change: Change) -> tuple[Array, Array]:
    """Return totals before rounding, and ranks, both units × replications."""
    breakers = model.plan.file.rank.tie_breakers
    found = node_scores(model, change, [model.plan.root, *breakers])
    total = totals(model.plan, found[model.plan.root], model.extra)
    return total, ranks(model.plan, total, [found[c] for c in breakers], model.groups)
