"""What leadership asks of several periods: how it went, who stays red, who improved. Comparisons of results, no scores.

All functions take editions, the oldest first, and return tables; a number that cannot be compared says so.
"""

from collections.abc import Sequence

import polars as pl

from scorecards.comparable import Break, breaks_between, breaks_of
from scorecards.edition import LAST, Edition

KEY = ["unit_code", "node_code"]
TREND = pl.Schema({
    "period": pl.String(), "unit_code": pl.String(), "class_code": pl.String(), "name": pl.String(),
    "score": pl.Float64(), "light": pl.String(), "rank": pl.Float64(), "class_size": pl.Int64(),
    "breaks": pl.List(pl.String),
})  # fmt: skip


def trend(editions: Sequence[Edition], node_code: str | None = None) -> pl.DataFrame:
    """Return every unit's total, or its score of one node, in every period; columns ``TREND``.

    ``breaks``: the indicators that changed since the period before in this list, so that the number cannot be set
    beside that one; empty where it can be, null for the first period. ``rank`` is null for nodes.
    """
    frames, before = [], None
    touched: list[str] | None
    for edition in editions:
        rows = _totals(edition) if node_code is None else _node_scores(edition, node_code)
        touched = None if before is None else _codes(before, edition, node_code or edition.plan.root)
        rows = rows.with_columns(period=pl.lit(str(edition.period)), breaks=pl.lit(touched, dtype=pl.List(pl.String)))
        frames.append(rows.select(list(TREND)).cast(TREND))
        before = edition
    return pl.concat(frames) if frames else pl.DataFrame(schema=TREND)


def _codes(before: Edition, edition: Edition, node_code: str) -> list[str]:
    touched = breaks_of(breaks_between(before, edition), edition.plan, node_code)
    return list(dict.fromkeys(b.node_code for b in touched))


def _totals(edition: Edition) -> pl.DataFrame:
    return edition.ranking.with_columns(score=pl.col("total"))


def _node_scores(edition: Edition, node_code: str) -> pl.DataFrame:
    cells = edition.cells.filter(pl.col("node_code") == node_code).select("unit_code", "score", "light")
    units = edition.ranking.select("unit_code", "class_code", "name", "class_no", "unit_no")
    rows = units.join(cells, on="unit_code", maintain_order="left")
    return rows.sort("class_no", "unit_no", "unit_code").with_columns(
        rank=pl.lit(None, pl.Float64), class_size=pl.lit(None, pl.Int64)
    )


RED = pl.Schema({
    "class_code": pl.String(), "unit_code": pl.String(), "name": pl.String(), "node_code": pl.String(),
    "title": pl.String(), "level": pl.Int64(), "periods": pl.Int64(), "since": pl.String(),
    "score_before": pl.Float64(), "score": pl.Float64(),
    "breaks": pl.List(pl.String),
})  # fmt: skip


def red_running(editions: Sequence[Edition], times: int = 2) -> pl.DataFrame:
    """Return what has been red in the last ``times`` periods running and more, with how many; columns ``RED``.

    Rows: units by their total (the root) and every node and indicator below, in the order of class, unit and tree. Only
    periods that follow each other in the calendar count; a missing period ends the row of periods. ``breaks``: changes
    of the plan within the counted periods that touch the node.
    """
    if len(editions) < max(times, 1):
        return pl.DataFrame(schema=RED)
    last = editions[-1]
    running = _red(last).with_columns(periods=pl.lit(1, pl.Int64), since=pl.lit(str(last.period)))
    still, newer, changes = running.select(KEY), last, list[Break]()
    touched: dict[int, list[Break]] = {1: []}
    for number, edition in enumerate(reversed(editions[:-1]), 2):
        if edition.period != newer.period.previous() or still.is_empty():
            break
        still = still.join(_red(edition).select(KEY), on=KEY, how="semi")
        longer = still.with_columns(n=pl.lit(number, pl.Int64), p=pl.lit(str(edition.period)))
        running = running.join(longer, on=KEY, how="left").with_columns(
            periods=pl.coalesce("n", "periods"), since=pl.coalesce("p", "since")
        )
        running = running.drop("n", "p")
        changes = [*changes, *breaks_between(edition, newer)]
        touched[number] = changes
        newer = edition
    running = running.filter(pl.col("periods") >= times)
    return _described(running, editions, touched)


def _red(edition: Edition) -> pl.DataFrame:
    """Return unit, node and score of everything red; the root stands for the total."""
    root = edition.plan.root
    totals = edition.ranking.select("unit_code", "light", node_code=pl.lit(root), score="total")
    cells = edition.cells.filter(pl.col("node_code") != root).select("unit_code", "light", "node_code", "score")
    return pl.concat([totals, cells]).filter(pl.col("light") == "red").select(*KEY, "score")


def _described(running: pl.DataFrame, editions: Sequence[Edition], touched: dict[int, list[Break]]) -> pl.DataFrame:
    last = editions[-1]
    units = last.ranking.select("unit_code", "class_code", "name", "class_no", "unit_no")
    items = last.items.select("node_code", "title", "level", "item_no")
    rows = running.join(units, on="unit_code").join(items, on="node_code")
    if len(editions) > 1:
        before = _red(editions[-2]).rename({"score": "score_before"})
        rows = rows.join(before, on=KEY, how="left")
    else:
        rows = rows.with_columns(score_before=pl.lit(None, pl.Float64))
    codes = [
        list(dict.fromkeys(b.node_code for b in breaks_of(touched[n], last.plan, node)))
        for node, n in rows.select("node_code", "periods").iter_rows()
    ]
    rows = rows.with_columns(breaks=pl.Series(codes, dtype=pl.List(pl.String)))
    return rows.sort("class_no", "unit_no", "unit_code", "item_no").select(list(RED))


IMPROVED = pl.Schema({
    "class_code": pl.String(), "place": pl.Int64(), "unit_code": pl.String(), "name": pl.String(),
    "total_before": pl.Float64(), "total": pl.Float64(), "change": pl.Float64(), "rank_before": pl.Float64(),
    "rank": pl.Float64(), "climbed": pl.Float64(), "absent": pl.String(),
})  # fmt: skip


def improved(before: Edition, now: Edition) -> pl.DataFrame:
    """Return the ranking by improvement of the total inside each class; columns ``IMPROVED``.

    Equal changes share a place and the next is skipped. Without a place, and with the reason in ``absent``: units with
    no total now (no_total) or before (no_total_before), and units that changed their class (other_class). ``climbed``
    is positive where the rank rose. Whether the totals can be compared at all is said by ``breaks_between``.
    """
    places = max(now.places, before.places)
    old = before.results.select(
        "unit_code", class_before="class_code", total_before=pl.col("total").cast(pl.Float64),
        rank_before=pl.col("rank").cast(pl.Float64),
    )  # fmt: skip
    rows = now.ranking.join(old, on="unit_code", how="left").with_columns(
        absent=pl.when(pl.col("total").is_null()).then(pl.lit("no_total"))
        .when(pl.col("total_before").is_null()).then(pl.lit("no_total_before"))
        .when(pl.col("class_code") != pl.col("class_before")).then(pl.lit("other_class"))
    )  # fmt: skip
    compared = pl.col("absent").is_null()
    change = (pl.col("total") - pl.col("total_before")).round(places + 6)  # what subtraction of doubles adds goes
    climbed = pl.col("rank_before") - pl.col("rank")
    rows = rows.with_columns(change=pl.when(compared).then(change), climbed=pl.when(compared).then(climbed))
    gained = pl.col("change") if now.plan.file.rank.order == "up" else -pl.col("change")
    place = gained.rank("min", descending=True).over("class_code").cast(pl.Int64)
    rows = rows.with_columns(place=place)
    order = ["class_no", pl.col("place").fill_null(LAST), "unit_no", "unit_code"]
    return rows.sort(order).select(list(IMPROVED)).cast(IMPROVED)


def latest_pair(editions: Sequence[Edition]) -> tuple[Edition, Edition] | None:
    """Return the last edition and the one of the period before it, which improvement is measured against."""
    if not editions:
        return None
    now = editions[-1]
    before = [e for e in editions[:-1] if e.period == now.period.previous()]
    return (before[0], now) if before else None
