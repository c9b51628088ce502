"""Leadership's questions as the bulletin's page answers them: the tables of ``scorecards.questions``, packed."""

from collections.abc import Sequence
from typing import Any

from schemas.findings import STATES, open_findings
from scorecards.comparable import Break, breaks_between
from scorecards.edition import Edition
from scorecards.questions import improved, latest_pair, red_running
from scorecards.typeset import typeset

Places = dict[str, dict[str, int]]


def questions(editions: Sequence[Edition], place: Places) -> dict[str, Any]:
    """Return the answers for the last of these editions: breaks since the one before, red, improved, open findings.

    ``improved`` is null without the period before; ``open`` is null where no ledger was given.
    """
    pair = latest_pair(editions)
    now = editions[-1]
    return {
        "breaks": [_break(b, place["node"]) for b in breaks_between(editions[-2], now)] if len(editions) > 1 else [],
        "red": _red(editions, place),
        "improved": _improved(*pair, place) if pair else None,
        "open": _open(now, place),
    }


def _break(one: Break, nodes: dict[str, int]) -> list[Any]:
    return [nodes.get(one.node_code, -1), one.node_code, one.kind, typeset(one.zh), one.en]


def _red(editions: Sequence[Edition], place: Places) -> list[list[Any]]:
    columns = ["unit_code", "node_code", "periods", "since", "score_before", "score", "breaks"]
    return [
        [place["unit"][unit], place["node"][node], *rest[:2], *map(short, rest[2:4]), len(rest[4])]
        for unit, node, *rest in red_running(editions).select(columns).iter_rows()
        if unit in place["unit"] and node in place["node"]
    ]


def _improved(before: Edition, now: Edition, place: Places) -> list[list[Any]]:
    columns = ["place", "total_before", "total", "change", "rank_before", "rank", "climbed", "absent"]
    rows = improved(before, now).select("unit_code", *columns)
    return [[place["unit"][unit], *map(short, rest)] for unit, *rest in rows.iter_rows()]


def _open(edition: Edition, place: Places) -> list[list[Any]] | None:
    if edition.findings is None:
        return None
    rows = open_findings(edition.findings, edition.period, edition.day)
    columns = ["finding_id", "title", "demand", "due_on", "days_over", "carried", "progress"]
    states = list(STATES)
    return [
        [place["unit"].get(unit, -1), unit, place["node"].get(node or "", -1), states.index(standing), *rest]
        for unit, node, standing, *rest in rows.select("unit_code", "node_code", "standing", *columns).iter_rows()
    ]


def short(value: Any) -> Any:
    """Return a number with six decimals at most, more than anyone reads, and a whole one without a decimal point."""
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else round(value, 6)
