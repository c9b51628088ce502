"""The result on the scale of the parent organisation (纳入关键绩效考核指标), by the plan's ``conversions``."""

import narwhals as nw
import polars as pl

from schemas.folder import Plan
from schemas.plan import Conversion
from scoring.exact import nano_of, rounded

CONVERTED = pl.Schema({
    "unit_code": pl.String(), "conversion_code": pl.String(), "score": pl.Float64(), "grade": pl.String(),
    "full_marks": pl.Float64(), "mark": pl.Float64(),
})  # fmt: skip


def converted(plan: Plan, results: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """Return each unit's mark in each conversion; columns ``CONVERTED``, in the order of the plan and the results.

    linear: full_marks × (score − zero_at) / (100 − zero_at), kept within 0 and full marks, the score being the total or
    a node's; bands: the points of the greatest ``from`` that the score reaches (to 1e-9), else 0; grades: the grade's
    points. Rounded by the plan's mode. No mark without a score, or without a grade that has points: null.
    """
    frames = [_one(plan, one, results, scores) for one in plan.file.conversions]
    return pl.concat(frames) if frames else pl.DataFrame(schema=CONVERTED)


def _one(plan: Plan, one: Conversion, results: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    rows = results.select("unit_code", "grade", score=pl.col("total").cast(pl.Float64))
    if one.node is not None:
        mine = scores.filter(pl.col("node_code") == one.node).select("unit_code", "score")
        rows = rows.drop("score").join(mine, on="unit_code", how="left", maintain_order="left")
    rows = rows.with_columns(
        conversion_code=pl.lit(one.code), full_marks=pl.lit(one.full_marks, pl.Float64), mark=_mark(one)
    )
    marked = nw.from_native(rows).with_columns(mark=rounded(nw.col("mark"), 10.0**one.places, plan.file.total.rounding))
    return marked.to_native().select(list(CONVERTED)).cast(CONVERTED)


def _mark(one: Conversion) -> pl.Expr:
    score = pl.col("score")
    if one.by == "grades":
        return pl.col("grade").replace_strict(one.grades or {"": 0.0}, default=None, return_dtype=pl.Float64)
    if one.by == "linear":
        moved = one.full_marks * (score - one.zero_at) / (100.0 - one.zero_at)
        return moved.clip(0.0, one.full_marks)
    billionths = (score * 1e9 + 0.5).floor()
    mark = pl.lit(0.0)
    for band in sorted(one.bands, key=lambda b: b.from_):
        mark = pl.when(billionths >= nano_of(band.from_)).then(pl.lit(band.points)).otherwise(mark)
    return pl.when(score.is_not_null()).then(mark)
