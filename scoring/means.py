"""The means of a node: one kind for all, f⁻¹(Σ w·f(score) / Σ w), and what its rules impute for absent children."""

import narwhals as nw
import polars as pl

from scoring.compile import Compiled
from scoring.engine import Engine
from scoring.exact import divided, exact_sum, from_units, to_units
from scoring.frames import Frame
from scoring.nodes import AGGREGATES, LEAST_OF_POWERS

MEANS = ("mean_all", "mean_all_weight", "mean_all_zeros")


def is_zero(score: str) -> nw.Expr:
    """Return 1 where a score is zero or below, which makes a geometric or harmonic mean zero."""
    return (nw.col(score) <= 0).fill_null(False).cast(nw.Int64)


def zeros_that_count() -> nw.Expr:
    """Return 1 where the class's mean is zero and the child has a weight."""
    return is_zero("mean_score") * (nw.col("weight") > 0).cast(nw.Int64)


def uses_means(compiled: Compiled) -> bool:
    """Say whether any node imputes its class's mean."""
    rules = compiled.node_table
    return bool(((rules["missing"] == 2) | (rules["waived_mode"] == 2)).any())


def forward(score: nw.Expr, kinds: set[int]) -> nw.Expr:
    """Return 100·f(score / 100) of the parent's mean: identity, logarithm, reciprocal or power. Null where undefined.

    Of a sum, score / 100.

    The logarithm stands for the product as well: exp Σ w·ln(score / 100).

    The factor keeps twelve decimals of a score on the 0-100 scale. A reciprocal, or a power below zero, takes scores
    below ``LEAST_OF_POWERS`` as that, so that the scaled integers cannot overflow; a score of zero is handled apart.
    """
    s = divided(score, 100.0)
    result = score
    if AGGREGATES["sum"] in kinds:
        # Sums may be large: units of 1e-10 of a point hold nine hundred million points.
        result = nw.when(nw.col("aggregate") == AGGREGATES["sum"]).then(s).otherwise(result)
    least = LEAST_OF_POWERS / 100.0
    some = nw.when(s < least).then(nw.lit(least)).otherwise(s)
    positive = score > 0
    logarithmic = [AGGREGATES[k] for k in ("geometric", "product") if AGGREGATES[k] in kinds]
    if logarithmic:
        f = nw.when(positive).then(s.log() * 100.0)
        result = nw.when(nw.col("aggregate").is_in(logarithmic)).then(f).otherwise(result)
    if AGGREGATES["harmonic"] in kinds:
        f = nw.when(positive).then(100.0 / some)
        result = nw.when(nw.col("aggregate") == AGGREGATES["harmonic"]).then(f).otherwise(result)
    if AGGREGATES["power"] in kinds:
        base = nw.when(nw.col("power") < 0).then(some).otherwise(s)
        f = nw.when(positive).then(base ** nw.col("power") * 100.0 / _steep())
        f = f.when((score == 0) & (nw.col("power") > 0)).then(nw.lit(0.0))
        result = nw.when(nw.col("aggregate") == AGGREGATES["power"]).then(f).otherwise(result)
    return result


def backward(hundredfold: nw.Expr, kinds: set[int]) -> nw.Expr:
    """Return the score from what ``forward`` gave, averaged (of a sum or a product: added up)."""
    result = hundredfold
    mean = divided(hundredfold, 100.0)
    if AGGREGATES["sum"] in kinds:
        result = nw.when(nw.col("aggregate") == AGGREGATES["sum"]).then(hundredfold * 100.0).otherwise(result)
    if AGGREGATES["product"] in kinds:
        result = nw.when(nw.col("aggregate") == AGGREGATES["product"]).then(mean.exp() * 100.0).otherwise(result)
    if AGGREGATES["geometric"] in kinds:
        result = nw.when(nw.col("aggregate") == AGGREGATES["geometric"]).then(mean.exp() * 100.0).otherwise(result)
    if AGGREGATES["harmonic"] in kinds:
        result = nw.when(nw.col("aggregate") == AGGREGATES["harmonic"]).then(100.0 / mean).otherwise(result)
    if AGGREGATES["power"] in kinds:
        power = nw.when(mean >= 0).then((mean * _steep()) ** (1.0 / nw.col("power")) * 100.0)
        result = nw.when(nw.col("aggregate") == AGGREGATES["power"]).then(power).otherwise(result)
    return result


def _steep() -> nw.Expr:
    """Return by how much the terms of a power below −1 are made smaller, so that those of tiny scores fit."""
    return nw.when(nw.col("power") < -1).then(nw.lit(2e3)).otherwise(nw.lit(1.0))


def kinds_of(compiled: Compiled) -> set[int]:
    """Return the kinds of means in use (numbers of ``AGGREGATES``)."""
    return set(compiled.node_table["aggregate"].unique().to_list())


def uses_extremes(compiled: Compiled) -> bool:
    """Say whether any node takes its least or greatest child."""
    return bool(kinds_of(compiled) & {AGGREGATES["min"], AGGREGATES["max"]})


def parent_rules(compiled: Compiled, *names: str) -> pl.DataFrame:
    """Return the rules of each parent node, whatever the class."""
    return compiled.node_table.unique("node_no").select(pl.col("node_no").alias("parent_no"), *names)


def leaf_means(engine: Engine, leaves: Frame) -> Frame:
    """Return class_no, leaf_no, mean_score: what ``class_mean`` imputes."""
    sums = leaves.filter(~nw.col("score").is_null()).group_by("class_no", "leaf_no").agg(
        exact_sum("score").alias("sum"), nw.len().alias("n")
    )  # fmt: skip
    return engine.keep(sums.select("class_no", "leaf_no", mean_score=nw.col("sum") / nw.col("n")))


def class_mean_sums(engine: Engine, compiled: Compiled, means: Frame) -> Frame:
    """Return class_no, parent_no and ``MEANS``: what all children add at their class's mean, and how many are zero."""
    table = compiled.leaf_table.filter("assigned").select("class_no", "leaf_no", "parent_no", "weight")
    rows = engine.frame(table).join(means, on=["class_no", "leaf_no"])
    rows = rows.join(engine.frame(parent_rules(compiled, "aggregate", "power")), on="parent_no")
    term = to_units(from_units(nw.col("weight")) * forward(nw.col("mean_score"), kinds_of(compiled)))
    rows = rows.with_columns(mean_all=term, mean_all_weight=nw.col("weight"), mean_all_zeros=zeros_that_count())
    return rows.group_by("class_no", "parent_no").agg(nw.col(n).sum() for n in MEANS)


def exception_cells(compiled: Compiled) -> pl.DataFrame:
    """Return unit_no, class_no, leaf_no, parent_no, weight, sign: 1 where a unit has more than its class, −1 less."""
    cells = compiled.exceptions.join(compiled.units.select("unit_no", "class_no"), on="unit_no").join(
        compiled.leaf_table.select("class_no", "leaf_no", "parent_no", "assigned", "weight"), on=["class_no", "leaf_no"]
    )
    sign = pl.col("granted").cast(pl.Int64) - pl.col("assigned").cast(pl.Int64)
    return cells.select("unit_no", "class_no", "leaf_no", "parent_no", "weight", sign=sign)


def exception_mean_sums(engine: Engine, compiled: Compiled, means: Frame) -> Frame:
    """Return unit_no, parent_no and ``MEANS`` with x_ before: by how much single units' children differ there."""
    rows = engine.frame(exception_cells(compiled)).join(means, on=["class_no", "leaf_no"])
    rows = rows.join(engine.frame(parent_rules(compiled, "aggregate", "power")), on="parent_no")
    term = to_units(from_units(nw.col("weight")) * forward(nw.col("mean_score"), kinds_of(compiled)))
    parts = {"mean_all": term, "mean_all_weight": nw.col("weight"), "mean_all_zeros": zeros_that_count()}
    rows = rows.with_columns(**{f"x_{name}": part * nw.col("sign") for name, part in parts.items()})
    return rows.group_by("unit_no", "parent_no").agg(nw.col(f"x_{n}").sum() for n in MEANS)


def imputed(
    compiled: Compiled, mode: str, value: str, weight: nw.Expr, mean: tuple[nw.Expr, nw.Expr]
) -> tuple[nw.Expr, nw.Expr]:
    """Return the terms and the weight that a rule adds for absent children of ``weight``."""
    kinds = kinds_of(compiled)
    v = nw.col(value)
    terms = nw.when(nw.col(mode) == 1).then(to_units(from_units(weight) * forward(v, kinds)))
    counted = nw.when(nw.col(mode) == 1).then(weight)
    if uses_means(compiled):
        terms = terms.when(nw.col(mode) == 2).then(mean[0])
        counted = counted.when(nw.col(mode) == 2).then(mean[1])
    return terms.otherwise(nw.lit(0, nw.Int64)).fill_null(0), counted.otherwise(nw.lit(0, nw.Int64)).fill_null(0)


def mean_parts(compiled: Compiled) -> dict[str, tuple[nw.Expr, nw.Expr]]:
    """Return what the class means of missing and of waived children add: all less present less waived."""
    zero = nw.lit(0, nw.Int64)
    if not uses_means(compiled):
        return {"missing": (zero, zero), "waived": (zero, zero)}
    missing = tuple(
        nw.col(f"mean_all{w}") - nw.col(f"mean_present{w}") - nw.col(f"mean_waived{w}") for w in ("", "_weight")
    )
    return {"missing": missing, "waived": (nw.col("mean_waived"), nw.col("mean_waived_weight"))}  # type: ignore[dict-item]


def with_zeros(compiled: Compiled, score: nw.Expr) -> nw.Expr:
    """A product, geometric or harmonic mean (or power ≤ 0) that meets a zero is zero; imputed zeros count as well."""
    kinds = kinds_of(compiled)
    sensitive = {AGGREGATES[k] for k in ("geometric", "harmonic", "power", "product")} & kinds
    if not sensitive:
        return score
    zero_imputed = (
        ((nw.col("missing") == 1) & (nw.col("missing_value") <= 0) & (nw.col("missing_weight") > 0)).fill_null(False)
        | ((nw.col("waived_mode") == 1) & (nw.col("waived_value") <= 0) & (nw.col("waived") > 0)).fill_null(False)
    )  # fmt: skip
    if uses_means(compiled):
        missing = nw.col("mean_all_zeros") - nw.col("mean_present_zeros") - nw.col("mean_waived_zeros")
        zero_imputed = zero_imputed | ((nw.col("missing") == 2) & (missing > 0))
        zero_imputed = zero_imputed | ((nw.col("waived_mode") == 2) & (nw.col("mean_waived_zeros") > 0))
    met = (nw.col("zeros") > 0) | zero_imputed
    power = (nw.col("aggregate") == AGGREGATES["power"]) & (nw.col("power") > 0)
    mean = nw.col("aggregate").is_in(sorted(sensitive))
    return nw.when(mean & ~power.fill_null(False) & met & (nw.col("whole") > 0)).then(nw.lit(0.0)).otherwise(score)


def with_extremes(compiled: Compiled, score: nw.Expr) -> nw.Expr:
    """Min and max take the extreme child; a value imputed for a missing child takes part."""
    kinds = kinds_of(compiled)
    for name, column, function in (("min", "least", nw.min_horizontal), ("max", "greatest", nw.max_horizontal)):
        if AGGREGATES[name] in kinds:
            imputed = nw.when((nw.col("missing") == 1) & (nw.col("missing_weight") > 0)).then(nw.col("missing_value"))
            waived = nw.when((nw.col("waived_mode") == 1) & (nw.col("waived") > 0)).then(nw.col("waived_value"))
            extreme = function(nw.col(column), imputed, waived)
            score = nw.when(nw.col("aggregate") == AGGREGATES[name]).then(extreme).otherwise(score)
    return score
