"""Who sees what. Leadership sees every unit; a unit sees itself, its rank and its class's statistics.

How much a unit sees of the others is the plan's choice (``editions.unit_sees``).
"""

from dataclasses import fields, replace
from typing import Any

import polars as pl

from scorecards.edition import Edition
from scorecards.statistics import ClassStatistics, class_means, class_statistics


def class_edition(edition: Edition, class_code: str) -> Edition:
    """Return the edition of one class's units; without the reason of a correction, which may name others."""
    units = edition.results.filter(pl.col("class_code") == class_code)["unit_code"].to_list()
    tables: dict[str, Any] = {
        f.name: t for f in fields(edition) if isinstance(t := getattr(edition, f.name), pl.DataFrame)
    }
    return replace(
        edition, correction="", **{name: t.filter(pl.col("unit_code").is_in(units)) for name, t in tables.items()}
    )


def shown_statistics(edition: Edition) -> dict[str, ClassStatistics]:
    """Return the statistics that units may see: none of a class so small that they would name the others."""
    least = edition.plan.file.limits.smallest_relative_group
    return {s.code: s for s in class_statistics(edition) if s.ranked >= least}


def shown_means(edition: Edition) -> dict[tuple[str, str], float]:
    """Return the class means by section that units may see."""
    known = shown_statistics(edition)
    return {key: value for key, value in class_means(edition).items() if key[0] in known}


def others_seen(edition: Edition, unit_code: str) -> pl.DataFrame:
    """Return rank, name and total of the class as far as the plan lets a unit see them; empty for ``itself``."""
    sees = edition.plan.file.editions.unit_sees
    ranking = edition.ranking
    mine = ranking.filter(pl.col("unit_code") == unit_code)["class_code"]
    rows = ranking.filter(pl.col("class_code").is_in(mine.to_list())).select("unit_code", "name", "rank", "total")
    if sees == "itself":
        return rows.clear()
    return rows if sees == "totals" else rows.with_columns(total=pl.lit(None, dtype=pl.Float64))
