"""The nearest gains: which indicators, raised to 100, would add most to a unit's points."""

from dataclasses import dataclass

import polars as pl

from scorecards.edition import Edition


@dataclass(frozen=True)
class Gain:
    """One indicator and the points (out of the plan's full marks) still to be had from it."""

    node_code: str
    score: float | None
    reason_code: str | None
    points: float
    exact: bool


def nearest_gains(edition: Edition, unit_code: str, count: int = 3) -> list[Gain]:
    """Return the indicators where a score of 100 gains most: (100 − score) × effective weight.

    A node that is limited to 100 cannot pass on more than it lacks itself, so no gain exceeds what any node above still
    lacks. Below a node that is no weighted mean the gain is approximate (``exact`` is false).
    """
    cells = edition.cells_of.get(unit_code)
    if cells is None or edition.plan.file.rank.order == "down":  # lower is better: full marks are no gain
        return []
    lacking = dict(zip(cells["node_code"], _lost(cells), strict=True))
    rows = cells.filter(pl.col("is_indicator") & (pl.col("light") != "none"))
    gains, full = [], edition.plan.file.full_marks / 100
    for row in rows.iter_rows(named=True):
        above = _ancestors(edition, row["parent_code"])
        points = min([lacking[row["node_code"]], *(lacking.get(c, 100.0) for c in above)])
        if points > 1e-9:
            exact = all(edition.plan.nodes[c].aggregate == "arithmetic" for c in above)
            gains.append(Gain(row["node_code"], row["score"], row["reason_code"], points * full, exact))
    return sorted(gains, key=lambda g: -round(g.points, 9))[:count]


def _lost(cells: pl.DataFrame) -> list[float]:
    """Return what each row lacks of its effective weight, in per cent of the total."""
    weight = pl.col("effective_weight_pct").fill_null(0.0)
    had = pl.coalesce("contribution", pl.col("score") / 100 * weight, pl.lit(0.0))
    return cells.select(lost=pl.max_horizontal(weight - had, pl.lit(0.0)))["lost"].to_list()


def _ancestors(edition: Edition, code: str | None) -> list[str]:
    above = []
    while code is not None:
        above.append(code)
        code = edition.plan.nodes[code].parent
    return above
