"""Statistics of a class that documents print beside a unit's own numbers. Descriptions of results, not scores."""

from dataclasses import dataclass

import polars as pl

from scorecards.edition import Edition
from scorecards.numbers import mean, median


@dataclass(frozen=True)
class ClassStatistics:
    """What is said of a class: how many units, how many ranked, the spread of totals, grades, who came first."""

    code: str
    units: int
    ranked: int
    mean: float | None
    median: float | None
    best: float | None
    lowest: float | None
    first: tuple[str, ...]
    grades: dict[str, int]
    lights: dict[str, int]


def class_statistics(edition: Edition) -> list[ClassStatistics]:
    """Return the statistics of every class that has results, in the plan's order."""
    return [_statistics(code, rows) for code, rows in edition.ranking_of.items()]


def _statistics(code: str, rows: pl.DataFrame) -> ClassStatistics:
    totals = rows["total"].drop_nulls().to_list()
    ranks = rows["rank"].drop_nulls()
    return ClassStatistics(
        code=code,
        units=rows.height,
        ranked=len(ranks),
        mean=mean(totals),
        median=median(totals),
        best=max(totals, default=None),
        lowest=min(totals, default=None),
        first=tuple(rows.filter(pl.col("rank") == ranks.min())["unit_code"]) if len(ranks) else (),
        grades=_counts(rows["grade"]),
        lights=_counts(rows["light"]),
    )


def _counts(column: pl.Series) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in column.drop_nulls():
        counts[value] = counts.get(value, 0) + 1
    return counts


def class_means(edition: Edition) -> dict[tuple[str, str], float]:
    """Return the mean score of each class and section, over the units that have one."""
    classes = edition.results.select("unit_code", "class_code")
    rows = (
        edition.scores.filter(pl.col("node_code").is_in(edition.sections) & pl.col("score").is_not_null())
        .join(classes, on="unit_code")
        .group_by("class_code", "node_code")
        .agg("score")
    )
    means: dict[tuple[str, str], float] = {}
    for class_code, node_code, scores in rows.iter_rows():
        value = mean(scores)
        if value is not None:
            means[class_code, node_code] = value
    return means
