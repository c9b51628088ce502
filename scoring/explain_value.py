"""Where a value comes from: the received rows of one cell, what reviewers said, and how they make up the value used."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from schemas.methods import Checklist, Milestones, Panel
from scoring.compile import Compiled, Leaf, part_weights
from scoring.engine import Source as Table
from scoring.explain_model import Source, Words
from scoring.explain_words import inside, number
from scoring.gather import nil_rule
from scoring.items import item_measurements
from scoring.run import Inputs
from scoring.values import earlier_positions, positions

NUMBERS = ("value", "numerator", "denominator")
PLACES = (
    "submission_id", "file_name", "file_hash", "sheet", "cell", "raw", "evidence", "note", "recorded_at", "item_id",
    "happened_on", "title", "document_no", "source_hash",
)  # fmt: skip
_SUMMED_MARKS = 4


@dataclass(frozen=True)
class Cell:
    """The received rows of one unit and indicator: ``used`` make up the value, ``before`` the earlier one."""

    used: tuple[dict[str, Any], ...]
    before: tuple[dict[str, Any], ...]
    sources: tuple[Source, ...]


class Received:
    """All received rows of a period's inputs, looked up by unit."""

    def __init__(self, compiled: Compiled, inputs: Inputs) -> None:
        """Keep the tables; nothing is read before a unit is asked for."""
        self._compiled = compiled
        self._inputs = inputs
        self._at: dict[str, int] = {code: at for code, at, _ in positions(compiled).iter_rows()}
        self._leaves = {x.indicator.code: x for x in compiled.leaves}
        self._counted_items = None if inputs.items is None else item_measurements(compiled, inputs.items)

    def cells(self, unit_code: str) -> dict[str, Cell]:
        """Return the cell of every indicator for which the unit sent anything."""
        verdicts = self._verdicts(unit_code)
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for kind, table in (("measurement", self._inputs.measurements), ("count", self._counted_items)):
            for row in _of_unit(table, unit_code):
                rows[row["indicator_code"]].append(self._read(row, kind, verdicts))
        items = defaultdict(list)
        for row in _of_unit(self._inputs.items, unit_code):
            items[row["indicator_code"]].append(_item(row))
        leaves = [(x, x.indicator.value_from or x.indicator.code) for x in self._leaves.values()]
        return {x.indicator.code: self._cell(x, rows[code], items[code]) for x, code in leaves if code in rows}

    def _verdicts(self, unit_code: str) -> dict[tuple[Any, ...], dict[str, Any]]:
        rows = sorted(_of_unit(self._inputs.verifications, unit_code), key=lambda r: str(r["recorded_at"]))
        return {(r["indicator_code"], self._at.get(str(r["period"])), r["part"] or ""): r for r in rows}

    def _read(self, row: dict[str, Any], kind: str, verdicts: dict[tuple[Any, ...], dict[str, Any]]) -> dict[str, Any]:
        period = row.get("period") or str(self._compiled.period)
        numbers = {n: row.get(n) for n in NUMBERS}
        status = row.get("status") or ("reported" if any(v is not None for v in numbers.values()) else "missing")
        at, part = self._at.get(str(period)), row.get("part") or ""
        verdict = verdicts.get((row["indicator_code"], at, part), {})
        reported: dict[str, float | None] = {}
        if verdict.get("verdict") in ("adjusted", "refused"):
            reported = numbers
            numbers, status = self._verified(self._leaves.get(row["indicator_code"]), part, verdict, status)
        place = {n: row[n] for n in PLACES if row.get(n) is not None}
        return {
            "kind": kind, "period": str(period), "at": at, "part": part, "status": status, "place": place,
            "to_date": not row.get("period"),
            "verdict": verdict.get("verdict"), "verdict_reason": verdict.get("reason"), "reported": reported,
            **{n: None if v is None or not math.isfinite(v) else float(v) for n, v in numbers.items()},
        }  # fmt: skip

    def _verified(
        self, leaf: Leaf | None, part: str, verdict: dict[str, Any], status: str
    ) -> tuple[dict[str, float | None], str]:
        """Return the numbers that count after a verdict: a refused part counts nothing, a refused mark is not heard."""
        if verdict["verdict"] == "adjusted":
            return {n: verdict.get(n) for n in NUMBERS}, "reported"
        nothing: dict[str, float | None] = dict.fromkeys(NUMBERS)
        if leaf is not None and isinstance(leaf.method, Panel):
            return nothing, "missing"
        if leaf is not None and leaf.gathered and part:
            return {**nothing, "value": 0.0}, "reported"
        return nothing, status

    def _cell(self, leaf: Leaf, rows: list[dict[str, Any]], items: list[Source]) -> Cell:
        # The year to date of what is not asked now stands where it was last asked.
        rows = [{**r, "at": leaf.asked[-1]} if r["to_date"] else r for r in rows]
        used = _used(leaf, rows)
        earlier = earlier_positions(self._compiled, leaf)
        before = _used(replace(leaf, asked=earlier), rows) if earlier else []
        shown = [_source(r, counted=r in used, previous=r in before) for r in rows if r["kind"] != "count"]
        shown += items or [_source(r, counted=True) for r in used if r["kind"] == "count"]
        return Cell(tuple(used), tuple(before), tuple(shown))


def _of_unit(table: Table | None, unit_code: str) -> Iterable[dict[str, Any]]:
    if table is None:
        return []
    mine = pl.col("unit_code") == unit_code
    found = pl.scan_parquet(table).filter(mine).collect() if isinstance(table, Path) else table.filter(mine)
    return found.iter_rows(named=True)


def _source(row: dict[str, Any], *, counted: bool, previous: bool = False) -> Source:
    kind = "item" if row["kind"] == "count" else "previous" if previous else "measurement"
    return Source(
        kind, row["period"], row["part"], row["value"], row["numerator"], row["denominator"], row["status"], counted,
        row["verdict"], row["verdict_reason"], row["reported"], row["place"],
    )  # fmt: skip


def _item(row: dict[str, Any]) -> Source:
    valid = row.get("state") in (None, "valid")
    amount = row.get("mark") if row.get("mark") is not None else row.get("count")
    place = {n: row[n] for n in PLACES if row.get(n) is not None}
    part = row["kind"] if row.get("rater") is None else f"{row['kind']}/{row['rater']}"
    return Source("item", row["period"], part, amount, None, None, "reported", valid, place=place)


def _counts(leaf: Leaf, row: dict[str, Any]) -> bool:
    """Say whether a row gives a number: reported, or a nil return that means zero."""
    if row["status"] == "nil":
        return nil_rule(leaf) == 0
    return row["status"] == "reported" and any(row[n] is not None for n in NUMBERS)


def _used(leaf: Leaf, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not leaf.gathered or isinstance(leaf.method, Panel):
        wanted: set[int] = {leaf.asked[-1]}
    else:
        wanted = set(leaf.terms)
    # Items are counted in no particular order; an explanation reads the same each time.
    here = sorted((r for r in rows if r["at"] in wanted and _counts(leaf, r)), key=lambda r: (r["at"], r["part"]))
    sums = leaf.indicator.accumulation == "flow" and leaf.indicator.reported == "increment"
    if leaf.latest and not sums and here:
        newest = max(r["at"] for r in here)
        here = [r for r in here if r["at"] == newest]
    return here


def value_from(leaf: Leaf, used: tuple[dict[str, Any], ...], value: float | None, credit: float | None) -> Words | None:
    """Return how the value was put together, such as ``采用 4 × 3 = 12``; None where there is no value."""
    if value is None or not used:
        return None
    if isinstance(leaf.method, Panel):
        text = _marks(leaf, used)
    elif any(r["denominator"] is not None for r in used):
        per = 100.0 if leaf.method.kind == "coverage" else leaf.indicator.per
        top, bottom = (_sum(r[n] for r in used if r[n] is not None) for n in ("numerator", "denominator"))
        text = f"{top} / {bottom}" + ("" if per == 1.0 else f" × {number(per)}")
    else:
        text = _parts(leaf, used)
    if credit is not None and credit != 1.0:
        text = f"({text}) × {number(credit)}" if " " in text else f"{text} × {number(credit)}"
    result = number(value)
    whole = result if text == result else f"{text} = {result}"
    return Words(whole, whole)


def _sum(numbers: Iterable[float]) -> str:
    terms = [inside(n) for n in numbers]
    return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"


def _parts(leaf: Leaf, used: tuple[dict[str, Any], ...]) -> str:
    weights, any_weight = part_weights(leaf)
    caps = getattr(leaf.method, "cap_by_kind", {})
    once = isinstance(leaf.method, Checklist | Milestones)
    by_part: dict[str, list[float]] = defaultdict(list)
    order = {part: n for n, part in enumerate(weights)}
    for row in sorted(used, key=lambda r: (order.get(r["part"], len(order)), r["part"], r["at"])):
        by_part[row["part"]].append(0.0 if row["status"] == "nil" else row["value"] or 0.0)
    terms = []
    for part, numbers in by_part.items():
        weight = weights.get(part, any_weight if any_weight is not None else 1.0)
        amount = min(1.0, max(0.0, sum(numbers))) if once else None
        if amount == 0.0 and len(by_part) > 1:
            continue
        text = _sum(numbers) if amount is None else number(amount)
        text = text if weight == 1.0 else f"{text} × {inside(weight)}"
        if part in caps:
            text = f"min({text}, {number(caps[part])})"
        terms.append(f"{part} {text}" if part else text)
    text = " + ".join(terms) or "0"
    return text[1:-1] if text.startswith("(") and text.endswith(")") and text.count("(") == 1 else text


def _marks(leaf: Leaf, used: tuple[dict[str, Any], ...]) -> str:
    method = leaf.method
    assert isinstance(method, Panel)
    marks: dict[str, list[float]] = defaultdict(list)
    for row in used:
        if row["value"] is not None:
            marks[row["part"].split("/")[0]].append(row["value"])
    terms, weights = [], []
    for group, weight in method.groups.items():
        given = sorted(marks.get(group, []))
        if not given:
            continue
        kept = given[method.trim : len(given) - method.trim] if len(given) > 2 * method.trim else given
        mean = f"{_sum(kept)} / {len(kept)}" if len(kept) <= _SUMMED_MARKS else number(sum(kept) / len(kept))
        mean = mean if len(kept) > 1 else number(kept[0])
        terms.append(f"{group} {mean} × {number(weight)}")
        weights.append(number(weight))
    return f"({' + '.join(terms)}) / ({' + '.join(weights)})"
