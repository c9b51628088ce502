"""Codes that nobody knows are refused with a sentence, never dropped in silence."""

import polars as pl

from schemas.errors import UserError
from schemas.methods import Panel
from schemas.periods import parse_period
from scoring.compile import Compiled
from scoring.engine import Engine, Source, collect
from scoring.frames import Frame


def refuse_unknown(engine: Engine, compiled: Compiled, measurements: Source) -> None:
    """Say which units, indicators, periods or parts of the measurements nobody knows.

    Raises:
        UserError: naming the first of them.
    """
    raw = engine.frame(measurements)
    have = set(raw.collect_schema().names())
    known_units = compiled.plan.units["unit_code"].to_list() + compiled.units["unit_code"].to_list()
    checks = [
        ("unit_code", set(known_units), "单位代码", "unit"),
        ("indicator_code", _known_codes(compiled), "指标代码", "indicator"),
    ]
    for column, known, zh, en in checks:
        found = collect(raw.select(column).unique())[column].to_list()
        unknown = sorted(str(c) for c in found if c not in known)
        if unknown:
            shown = "、".join(unknown[:5])
            raise UserError(
                f"填报数据中有 {len(unknown)} 个不认识的{zh}:{shown}。请更正或删除这些行。",
                f"The measurements name {len(unknown)} unknown {en}(s): {shown}. Correct or remove these rows.",
            )
    if "period" in have:
        for text in collect(raw.select("period").unique())["period"].drop_nulls().cast(pl.String).to_list():
            parse_period(text)
    if "part" in have:
        _refuse_parts(engine, compiled, raw)


def _refuse_parts(engine: Engine, compiled: Compiled, raw: Frame) -> None:
    found = collect(raw.select("indicator_code", "part").unique()).drop_nulls()
    leaves = {x.indicator.code: x for x in compiled.leaves}
    for code, part in sorted(found.iter_rows()):
        leaf = leaves.get(code)
        group = part.split("/")[0] if leaf is not None and isinstance(leaf.method, Panel) else part
        if leaf is not None and part != "" and leaf.parts and group not in leaf.parts:
            known = "、".join(leaf.parts)
            raise UserError(
                f"指标 {code} 没有分项“{part}”。可用:{known}。",
                f"Indicator {code} has no part '{part}'. Known: {known}.",
            )


def _known_codes(compiled: Compiled) -> set[str]:
    """Return the codes a measurement may name: the plan's indicators, and what others take their value from."""
    plan = compiled.plan
    return set(plan.leaves) | {i.value_from for i in plan.indicators if i.value_from is not None}


def cell_twice(compiled: Compiled, unit_no: int, leaf_no: int, count: int) -> UserError:
    """Return the error for a cell that came more than once."""
    unit = compiled.units.filter(pl.col("unit_no") == unit_no)["unit_code"].item()
    code = compiled.leaves[leaf_no].indicator.code
    return UserError(
        f"单位 {unit} 的指标 {code} 在同一周期有 {count} 行填报数据。请只留一行。",
        f"Unit {unit} has {count} rows for indicator {code} in one period. Keep one.",
    )
