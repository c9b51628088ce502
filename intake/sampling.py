"""Spot checks: draw a stated share of a period's cells, most by risk, some by lot, each with the reason why.

A pure function of the tables and a seed: the same again gives the same sample, on every machine.
"""

import hashlib
import math

import polars as pl

from intake.risk_signs import CELL, SIGNS
from schemas.folder import Plan
from schemas.plan import Sampling

DRAWN = {
    **dict.fromkeys(("unit_code", "indicator_code", "period", "part", "drawn_by"), pl.String),
    "points": pl.Float64, **dict.fromkeys(("signs", "why_zh", "why_en"), pl.String),
}  # fmt: skip
VERIFIABLE = ("reported", "nil")
"""A nil return is a claim too."""


def draw_sample(plan: Plan, cells: pl.DataFrame, signs: pl.DataFrame, *, share: float, seed: str) -> pl.DataFrame:
    """Draw ``share`` (0–1, rounded up) of the cells that hold a claim; columns ``DRAWN``, by unit and indicator.

    ``cells``: a period's measurements that count; ``signs``: ``risk_signs`` of them. The plan sets the share of the
    sample that is left to the lot, the points of each sign, and how many cells of every unit are drawn at least. Cells
    with most points come first, equal ones by lot; the lot takes every other cell with equal chance.
    """
    rules = plan.file.intake.spot_checks
    rows = _ranked(cells, _weighed(rules, signs), seed)
    wanted = min(rows.height, math.ceil(share * rows.height - 1e-9))
    by_lot = min(wanted, math.ceil(wanted * rules.random - 1e-9))
    risky = rows.filter(pl.col("points") > 0).sort("points", "lot", descending=[True, False]).head(wanted - by_lot)
    rest = rows.join(risky, on=CELL, how="anti").sort("lot").with_row_index("place", offset=1)
    lucky = rest.head(wanted - risky.height)
    drawn = pl.concat([risky.with_columns(place=pl.lit(None, pl.UInt32)), lucky], how="diagonal")
    drawn = pl.concat([drawn, _topped_up(rest, drawn, rules.at_least_per_unit)], how="diagonal")
    return _explained(drawn, rest.height)


def _weighed(rules: Sampling, signs: pl.DataFrame) -> pl.DataFrame:
    """Return points, codes and words of each cell's signs, the gravest first."""
    points = {code: rules.points.get(code, sign.points) for code, sign in SIGNS.items()}  # type: ignore[call-overload]
    order = list(SIGNS)
    graded = signs.with_columns(
        points=pl.col("sign").replace_strict(points, return_dtype=pl.Float64),
        order=pl.col("sign").replace_strict({code: n for n, code in enumerate(order)}, return_dtype=pl.Int64),
    ).filter(pl.col("points") > 0)  # fmt: skip
    return graded.sort(*CELL, "order").group_by(CELL, maintain_order=True).agg(
        pl.col("points").sum(), signs=pl.col("sign").str.join("|"), zh=pl.col("zh").str.join(";"),
        en=pl.col("en").str.join("; "),
    )  # fmt: skip


def _ranked(cells: pl.DataFrame, weighed: pl.DataFrame, seed: str) -> pl.DataFrame:
    """Return the cells that hold a claim with their points and their lot."""
    rows = cells.filter(pl.col("status").is_in(VERIFIABLE)).select(
        "unit_code", "indicator_code", "period", pl.col("part").fill_null("")
    )
    lots = [lot(seed, *key) for key in rows.select(CELL).iter_rows()]
    rows = rows.with_columns(lot=pl.Series(lots, dtype=pl.String))
    return rows.join(weighed, on=CELL, how="left").with_columns(pl.col("points").fill_null(0.0)).sort(CELL)


def lot(seed: str, *key: str) -> str:
    """Return a cell's lot: SHA-256 of the seed and the cell, as hex; nobody can foresee it without the seed."""
    return hashlib.sha256("\0".join((seed, *key)).encode()).hexdigest()


def _topped_up(rest: pl.DataFrame, drawn: pl.DataFrame, least: int) -> pl.DataFrame:
    """Return further cells by lot of the units of which fewer than ``least`` are drawn."""
    if least <= 0:
        return rest.head(0)
    have = drawn.group_by("unit_code").agg(have=pl.len())
    left = rest.join(drawn, on=CELL, how="anti").join(have, on="unit_code", how="left").sort("lot")
    number = pl.int_range(1, pl.len() + 1).over("unit_code") + pl.col("have").fill_null(0)
    return left.filter(number <= least).drop("have")


def _explained(drawn: pl.DataFrame, lots: int) -> pl.DataFrame:
    by_risk = pl.col("place").is_null()
    zh = pl.when(by_risk).then("zh").otherwise(
        pl.format("随机抽取({}个中的第{}签)", pl.lit(lots), "place")
        + pl.when(pl.col("zh").is_not_null()).then(pl.format(";另有:{}", "zh")).otherwise(pl.lit(""))
    )  # fmt: skip
    en = pl.when(by_risk).then("en").otherwise(
        pl.format("drawn by lot (number {} of {})", "place", pl.lit(lots))
        + pl.when(pl.col("en").is_not_null()).then(pl.format("; besides: {}", "en")).otherwise(pl.lit(""))
    )  # fmt: skip
    how = pl.when(by_risk).then(pl.lit("risk")).otherwise(pl.lit("random"))
    named = drawn.with_columns(drawn_by=how, why_zh=zh, why_en=en)
    return named.select(pl.col(n).cast(t) for n, t in DRAWN.items()).sort(CELL)
