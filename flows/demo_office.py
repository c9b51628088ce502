"""The office's own example facts: adoptions, exemplary cases, inspections, deductions, bonuses. All of it invented."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl

from flows.demo_values import REMARK, DemoValues, small_count
from schemas.asked import asked
from schemas.folder import Plan
from schemas.methods import Coverage, Deductions, Points
from schemas.periods import Period
from schemas.plan import Indicator
from schemas.tables import Adjustments, Items, Table, columns_of

Row = dict[str, Any]
FINDINGS_SHARE = 0.3
BONUSES = (2.0, 1.0, 3.0, 1.5, 2.0)


def office_items(plan: Plan, period: Period, *, seed: int = 2023) -> pl.DataFrame:
    """Return one period's items of the office, columns of ``Items`` without recorded_at, by item_id.

    Items of indicators that the system supplies (late days) are not among them.
    """
    values = DemoValues(plan, seed)
    rows: list[Row] = []
    cells = asked(plan, period, owner="office").select("unit_code", "indicator_code").sort(pl.all())
    for unit, code in cells.iter_rows():
        indicator = plan.leaves[code]
        about = {"unit_code": unit, "indicator_code": code, "period": str(period), "state": "valid"}
        for number, item in enumerate(_items(values, unit, indicator, period), 1):
            rows.append({**about, "item_id": f"{period}-{code}-{unit}-{number}", **item})
    papers = {item: n for n, item in enumerate(sorted(r["item_id"] for r in rows), 1)}
    for row in rows:
        row["document_no"] = f"示例发〔{period.year}〕{period.number}-{papers[row['item_id']]}号"
    return _frame(rows, Items).sort("item_id")


def _items(values: DemoValues, unit: str, indicator: Indicator, period: Period) -> Iterator[Row]:
    """Yield a unit's items of one indicator: by what its method counts."""
    chance = values.draw("office", unit, indicator.code, period)
    title = f"{REMARK}:{indicator.title.zh}"
    match indicator.method:
        case Points(per_item=dict() as kinds):
            often = 1.3 * values.ability(unit) ** 2
            for n, kind in enumerate(sorted(kinds, key=lambda k: kinds[k])):
                rare = 0.12 + 0.25 * n * (values.ability(unit) > 0.98)
                for _ in range(small_count(chance, often if n == 0 else rare)):
                    yield _event(kind, title, period, chance)
        case Coverage():
            if chance.random() < FINDINGS_SHARE:
                yield from _inspection(values, unit, period, title)
        case Deductions(per_case=dict() as kinds):
            bounds = [0.06 / 4**n for n in range(len(kinds))]
            for bound, kind in zip(bounds, sorted(kinds, key=lambda k: kinds[k]), strict=True):
                if chance.random() < bound * (2.0 - values.ability(unit)):
                    yield _event(kind, title, period, chance)


def _event(kind: str, title: str, period: Period, chance: Random) -> Row:
    return {"kind": kind, "count": 1.0, "title": f"{title}({kind})", "happened_on": _day(period, chance.random())}


def _inspection(values: DemoValues, unit: str, period: Period, title: str) -> Iterator[Row]:
    """Yield what an inspection found, and what of it was rectified."""
    chance = values.draw("inspection", unit, period)
    found = chance.randint(2, 6)
    rectified = sum(chance.random() < 0.85 * values.ability(unit) for _ in range(found))
    seen = _day(period, 0.2 + 0.3 * chance.random())
    due = (date.fromisoformat(seen) + timedelta(days=30)).isoformat()
    about = {"happened_on": seen, "due_on": due}
    yield {**about, "kind": "found", "count": float(found), "title": f"{title}(发现问题)"}
    if rectified:
        closed = due if rectified == found else None
        done = {"kind": "rectified", "count": float(rectified), "closed_on": closed}
        yield {**about, **done, "title": f"{title}(整改完成)"}


def office_adjustments(plan: Plan, period: Period, *, seed: int = 2023) -> pl.DataFrame:
    """Return one period's bonuses, columns of ``Adjustments`` without recorded_at; the last one lacks its document."""
    chance = DemoValues(plan, seed).draw("bonus", period)
    codes = sorted(plan.units["unit_code"])
    chosen = chance.sample(codes, min(len(BONUSES), len(codes)))
    rows = [
        {
            "adjustment_id": f"{period}-bonus-{n}", "unit_code": unit, "period": str(period), "kind": "bonus",
            "value": points, "reason": f"{REMARK}:承办省级示范活动", "state": "valid", "actor": "office",
            "document_no": None if n == len(BONUSES) else f"示例奖〔{period.year}〕{period.number}-{n}号",
        }
        for n, (unit, points) in enumerate(zip(chosen, BONUSES, strict=False), 1)
    ]  # fmt: skip
    return _frame(rows, Adjustments)


def _day(period: Period, way: float) -> str:
    """Return a day of the period, ``way`` (0 to 1) through it."""
    length = (period.last_day - period.first_day).days
    return (period.first_day + timedelta(days=int(way * length))).isoformat()


def _frame(rows: list[Row], table: type[Table]) -> pl.DataFrame:
    schema = {name: dtype for name, dtype in columns_of(table).items() if name != "recorded_at"}
    return pl.DataFrame([{c: r.get(c) for c in schema} for r in rows], schema=schema, orient="row")
