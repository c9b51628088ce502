"""Other choices one at a time: another mean at a node, another normalisation, an indicator or a section left out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from schemas import methods as m
from schemas.plan import Power
from scoring.robustness_model import Model, standings
from scoring.robustness_parts import Array, Change, Tree
from scoring.robustness_rank import place

NORMALISERS = ("minmax", "zscore", "percentile")
SHIFTS = {"scenario": pl.String, "unit_code": pl.String, "rank": pl.Float64, "shift": pl.Float64}


def scenarios(model: Model, rank: Array) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a row for each scenario, and a row for each scenario and unit.

    A shift is the rank in the scenario less the rank of the run: above zero the unit falls.
    """
    rows, shifts = [], []
    for kind, node, choice, other in _all(model):
        name = ":".join(x for x in (kind, node, choice) if x)
        moved = other - rank
        rows.append(
            {"scenario": name, "kind": kind, "node_code": node, "choice": choice, **_summary(model, moved, rank, other)}
        )
        shifts.append(
            pl.DataFrame({"unit_code": list(model.units), "rank": other, "shift": moved})
            .with_columns(pl.col("rank", "shift").fill_nan(None), scenario=pl.lit(name))
            .select(list(SHIFTS))
        )
    schema = {
        "scenario": pl.String, "kind": pl.String, "node_code": pl.String, "choice": pl.String, "moved": pl.Int64,
        "mean_shift": pl.Float64, "max_shift": pl.Float64, "most_moved": pl.String, "correlation": pl.Float64,
    }  # fmt: skip
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table, pl.concat(shifts) if shifts else pl.DataFrame(schema=SHIFTS)


def _summary(model: Model, moved: Array, rank: Array, other: Array) -> dict[str, object]:
    """Return how many units move, how far on average and at most, who most, and the correlation of ranks in groups."""
    both = ~np.isnan(moved)
    if not both.any():
        return {"moved": 0, "mean_shift": None, "max_shift": None, "most_moved": None, "correlation": None}
    size = np.where(both, np.abs(moved), 0.0)
    old, new = np.zeros(len(rank)), np.zeros(len(rank))
    for group in model.groups:
        here = group & both
        if here.any():
            old[here], new[here] = rank[here] - rank[here].mean(), other[here] - other[here].mean()
    spread = np.sqrt((old**2).sum() * (new**2).sum())
    return {
        "moved": int((size > 0).sum()),
        "mean_shift": float(size[both].mean()),
        "max_shift": float(size.max()),
        "most_moved": model.units[int(size.argmax())] if size.max() > 0 else None,
        "correlation": float((old * new).sum() / spread) if spread > 0 else None,
    }


def _all(model: Model) -> Iterator[tuple[str, str | None, str | None, Array]]:
    yield from _aggregates(model)
    values = [(tree, _performance(model, tree)) for trees, _ in model.trees for tree in trees]
    for choice in NORMALISERS:
        replaced = [normalised(tree, performance, choice) for tree, performance in values]
        if any(changed for _, changed in replaced):
            yield "normaliser", None, choice, _with_scores(model, [scores for scores, _ in replaced])
    yield from _left_out(model)


def _aggregates(model: Model) -> Iterator[tuple[str, str | None, str | None, Array]]:
    """Swap arithmetic and geometric means: at one node at a time, then at all nodes."""
    nodes = [n for n in model.plan.file.tree if len(model.plan.children[n.code]) > 1 and n.aggregate != "sum"]
    for node in nodes:
        now = "power" if isinstance(node.aggregate, Power) else node.aggregate
        for choice in ("arithmetic", "geometric"):
            if choice != now:
                yield "aggregate", node.code, choice, standings(model, Change(aggregates={node.code: choice}))[1][:, 0]
    for choice in ("arithmetic", "geometric"):
        if len(nodes) > 1 and any(n.aggregate != choice for n in nodes):
            change = Change(aggregates={n.code: choice for n in nodes})
            yield "aggregate", None, choice, standings(model, change)[1][:, 0]


def _left_out(model: Model) -> Iterator[tuple[str, str | None, str | None, Array]]:
    """Leave out each indicator, then each section (child of the root that is a node), in one evaluation."""
    counted = {c for trees, _ in model.trees for tree in trees for c in tree.leaves}
    leaves = [c for c in model.plan.leaves if c in counted]
    sections = [c for c in model.plan.children[model.plan.root] if c in model.plan.nodes]
    codes = [*leaves, *sections]
    if len(leaves) < 2:
        return
    removed = {code: np.arange(len(codes)) == number for number, code in enumerate(codes)}
    found = standings(model, Change(len(codes), removed=removed))[1]
    for number, code in enumerate(codes):
        kind = "without_indicator" if code in model.plan.leaves else "without_section"
        yield kind, code, None, found[:, number]


def _with_scores(model: Model, scores: list[Array]) -> Array:
    """Return the ranks with other scores of the indicators, one array for each tree in order."""
    queue = iter(scores)
    trees = tuple((tuple(replace(t, scores=next(queue)) for t in several), share) for several, share in model.trees)
    return standings(replace(model, trees=trees), Change())[1][:, 0]


def normalised(tree: Tree, performance: dict[str, Array], choice: str) -> tuple[Array, bool]:
    """Return the scores with comparable values normalised inside the class, and whether any could be.

    Comparable are values on one scale: shares of the target (attainment, coverage), and values of goalpost, relative
    and threshold methods. Counts, lists, marks and growth keep their scores.
    """
    changed, scores = False, tree.scores.copy()
    for column, code in enumerate(tree.leaves):
        x = performance.get(code)
        if x is None:
            continue
        there = ~np.isnan(x) & ~np.isnan(scores[:, column])
        points = _points(x[there], choice)
        if points is not None:
            scores[there, column] = points
            changed = True
    return scores, changed


def _points(x: Array, choice: str) -> Array | None:
    """Return x on 0-100 by another normaliser; None where the values do not differ."""
    if len(x) < 3 or x.max() - x.min() <= 0:
        return None
    if choice == "minmax":
        return np.asarray((x - x.min()) / (x.max() - x.min()) * 100.0)
    if choice == "zscore":
        return np.clip(50.0 + 10.0 * (x - x.mean()) / x.std(ddof=1), 0.0, 100.0)
    return (place(x[:, None], "average")[:, 0] - 1.0) / (len(x) - 1.0) * 100.0


def _performance(model: Model, tree: Tree) -> dict[str, Array]:
    """Return comparable values by indicator, higher is better."""
    comparable = {i.code: d for i in model.plan.indicators if (d := _direction(i.method)) is not None}
    row = {u: n for n, u in enumerate(tree.units)}
    wanted = pl.col("node_code").is_in(list(comparable)) & pl.col("unit_code").is_in(list(row))
    cells = model.scores.filter(wanted & pl.col("score").is_not_null() & pl.col("value").is_not_null())
    cells = cells.with_columns(at=pl.col("unit_code").replace_strict(row, return_dtype=pl.Int64))
    result: dict[str, Array] = {}
    for (code,), some in cells.partition_by("node_code", as_dict=True).items():
        at, value, target, score = (some[n].to_numpy() for n in ("at", "value", "target", "score"))
        sign = comparable[code].sign or _slope(value, score)
        result[code] = np.full(len(tree.units), np.nan)
        result[code][at] = sign * (value / target if comparable[code].of_target else value)
    return result


@dataclass(frozen=True)
class Comparable:
    """How values compare: the sign of better (0: see the scores), and whether to divide by the target."""

    sign: int
    of_target: bool = False


def _direction(method: m.Method) -> Comparable | None:
    """Return how values of the method compare between units; None where they do not."""
    match method:
        case m.Attainment():
            return Comparable(-1 if method.direction == "down" else 1, of_target=True)
        case m.Coverage():
            return Comparable(1, of_target=True)
        case m.Relative():
            return Comparable(-1 if method.direction == "down" else 1)
        case m.Goalposts() | m.LogGoalposts() | m.ThresholdBenchmark() | m.Deciles():
            return Comparable(0)
    return None


def _slope(value: Array, score: Array) -> int:
    """Return −1 where the scores fall as the values rise."""
    slope = ((value - value.mean()) * (score - score.mean())).sum()
    return -1 if slope < 0 else 1
