"""Codes that nobody knows are refused with a sentence, never dropped in silence."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from schemas.asked import periods_of
from schemas.errors import RowError, UserError
from schemas.folder import Plan
from schemas.methods import Panel, parameter_names
from schemas.periods import parse_period
from schemas.tables.words import VERDICTS
from scoring.compile import Compiled
from scoring.engine import Engine, Source, collect
from scoring.frames import Frame


def refuse_unknown(engine: Engine, compiled: Compiled, measurements: Source, units: pl.DataFrame | None = None) -> None:
    """Say which units, indicators, periods or parts of the measurements nobody knows.

    ``units``: the registry that replaces the plan's own; those of it that are not valid now are known too.

    Raises:
        UserError: naming the first of them.
    """
    raw = engine.frame(measurements)
    have = set(raw.collect_schema().names())
    registries = [compiled.plan.units, compiled.units, *([] if units is None else [units])]
    known_units = pl.concat([r.select("unit_code") for r in registries])["unit_code"]
    checks = [
        ("unit_code", set(known_units), "单位代码", "unit"),
        ("indicator_code", _known_codes(compiled), "指标代码", "indicator"),
    ]
    for column, known, zh, en in checks:
        found = collect(raw.select(column).unique())[column].to_list()
        unknown = sorted(str(c) for c in found if c not in known)
        if unknown:
            shown = "、".join(unknown[:5])
            raise RowError(
                "measurements",
                {column: unknown[:5]},
                f"填报数据中有 {len(unknown)} 个不认识的{zh}:{shown}。请更正或删除这些行。",
                f"The measurements name {len(unknown)} unknown {en}(s): {shown}. Correct or remove these rows.",
            )
    if "period" in have:
        for text in collect(raw.select("period").unique())["period"].drop_nulls().cast(pl.String).to_list():
            parse_period(text)
    if "part" in have:
        _refuse_parts(compiled, raw)


def _refuse_parts(compiled: Compiled, raw: Frame) -> None:
    found = collect(raw.select("indicator_code", "part").unique()).drop_nulls()
    leaves = {x.indicator.code: x for x in compiled.leaves}
    for code, part in sorted(found.iter_rows()):
        leaf = leaves.get(code)
        group = part.split("/")[0] if leaf is not None and isinstance(leaf.method, Panel) else part
        if leaf is not None and part != "" and leaf.parts and group not in leaf.parts:
            known = "、".join(leaf.parts)
            raise RowError(
                "measurements",
                {"indicator_code": [code], "part": [part]},
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
    code = next(x.indicator.code for x in compiled.leaves if x.number == leaf_no)
    return RowError(
        "measurements",
        {"unit_code": [unit], "indicator_code": [code]},
        f"单位 {unit} 的指标 {code} 在同一周期有 {count} 行填报数据。请只留一行。",
        f"Unit {unit} has {count} rows for indicator {code} in one period. Keep one.",
    )


def sum_beside_part(
    compiled: Compiled, unit_no: int, leaf_no: int, whole: tuple[int, int], one: tuple[int, int]
) -> UserError:
    """Return the error for a sum of periods beside one of them; each as its last position and how many it covers."""
    unit = compiled.units.filter(pl.col("unit_no") == unit_no)["unit_code"].item()
    code = next(x.indicator.code for x in compiled.leaves if x.number == leaf_no)
    names = [str(p) for p in periods_of(compiled.plan, compiled.period)]
    zh, en = zip(*(_covered(names, *place) for place in (whole, one)), strict=True)
    return RowError(
        "measurements",
        {"unit_code": [unit], "indicator_code": [code]},
        f"单位 {unit} 的指标 {code}:{zh[0]}与其中的 {zh[1]}同时填报,会重复计算。请只留合计,或只留各期。",
        f"Unit {unit}, indicator {code}: {en[0]} stands beside {en[1]}, which is part of it, and would count twice. "
        "Keep the sum, or the single periods.",
    )


def _covered(names: list[str], last: int, length: int) -> tuple[str, str]:
    """Return the periods that a row covers, in both languages."""
    if length == 1:
        return f"{names[last - 1]} ", names[last - 1]
    first = names[max(last - length, 0)]
    return f"{first} 至 {names[last - 1]} 的合计", f"the sum of {first} to {names[last - 1]}"


STATUS = ("reported", "nil", "missing", "not_applicable", "not_assigned")
KINDS = ("bonus", "deduction", "late", "false_report", "cap", "veto", "override_total", "override_grade")
VALUED = {
    "bonus": ("分值", "points"), "deduction": ("分值", "points"), "late": ("天数", "days"),
    "cap": ("总分上限", "greatest total"), "override_total": ("总分", "total"),
}  # fmt: skip


def _refuse(
    what_zh: str, what_en: str, word: str, known: Iterable[str], place: tuple[str, dict[str, list[Any]]]
) -> UserError:
    some = list(known)[:12]
    zh, en = f"可用:{'、'.join(some)}。", f"Known: {', '.join(some)}."
    if not some:
        zh, en = "方案中一个也没有,请先写进方案。", "The plan has none; add it to the plan first."
    return RowError(*place, f"{what_zh}“{word}”不认识。{zh}", f"Unknown {what_en} '{word}'. {en}")


def refuse_status(engine: Engine, measurements: Source) -> None:
    """Refuse a state of a cell that is none; taken for missing in silence, it would cost points."""
    raw = engine.frame(measurements)
    if "status" in raw.collect_schema().names():
        for word in collect(raw.select("status").unique())["status"].drop_nulls().to_list():
            if word not in STATUS:
                raise _refuse("填报状态", "status", word, STATUS, ("measurements", {"status": [word]}))


def refuse_adjustments(plan: Plan, units: pl.DataFrame, adjustments: pl.DataFrame | None) -> None:
    """Refuse adjustments whose kind, veto, unit or grade nobody knows, and absent or negative points.

    Raises:
        UserError: naming the first.
    """
    if adjustments is None:
        return
    vetoes = list(plan.file.adjustments.vetoes)
    grades = [g.code for g in plan.file.grades]
    registry = {*plan.units["unit_code"].to_list(), *units["unit_code"].to_list()}
    for row in adjustments.unique(maintain_order=True).iter_rows(named=True):
        kind = row["kind"]
        here = {"unit_code": [row["unit_code"]], "kind": [kind]}
        place = ("adjustments", {**here, **({"code": [row["code"]]} if row.get("code") else {})})
        if kind not in KINDS:
            raise _refuse("加减分类别", "kind of adjustment", str(kind), KINDS, place)
        if row["unit_code"] not in registry:
            raise _refuse(
                "加减分表中的单位代码", "unit code in the adjustments", str(row["unit_code"]), sorted(registry), place
            )
        if kind in ("late", "false_report") and getattr(plan.file.adjustments, kind) is None:
            raise RowError(
                *place,
                f"方案没有 adjustments.{kind},“{kind}”无从扣分。请在方案中添加,或改写为 deduction。",
                f"The plan has no adjustments.{kind}, so '{kind}' costs nothing. Add it, or write a deduction.",
            )
        _known_period(row.get("period"), place)
        if kind == "veto" and row.get("code") not in vetoes:
            raise _refuse("一票否决代码", "veto", str(row.get("code")), vetoes, place)
        if kind == "override_grade" and row.get("grade") not in grades:
            raise _refuse("等次代码", "grade", str(row.get("grade")), grades, place)
        if kind in VALUED and row.get("value") is None:
            place[1]["value"] = [None]
            zh, en = VALUED[kind]
            raise RowError(
                *place,
                f"单位 {row['unit_code']} 的“{kind}”没有{zh}。请在 value 列填写,或删去这一行。",
                f"Unit {row['unit_code']}: '{kind}' without {en}. Write the column value, or remove the row.",
            )
        if kind in ("bonus", "deduction", "late") and (row.get("value") or 0) < 0:
            place[1]["value"] = [row["value"]]
            raise RowError(
                *place,
                f"单位 {row['unit_code']} 的加减分“{kind}”为负数。请填写正数,用 bonus 加分、deduction 扣分。",
                f"The {kind} of unit {row['unit_code']} is negative. Write a positive number of points.",
            )


def refuse_verdicts(plan: Plan, units: pl.DataFrame | None, verdicts: pl.DataFrame | None) -> None:
    """Refuse verdicts on units or indicators that nobody knows, in other words, or without the number that counts.

    Raises:
        UserError: naming the first.
    """
    registries = [plan.units, *([] if units is None else [units])]
    registry = dict.fromkeys(pl.concat([r.select("unit_code") for r in registries])["unit_code"].sort())
    for row in [] if verdicts is None else verdicts.iter_rows(named=True):
        place = ("verifications", {n: [row[n]] for n in ("unit_code", "indicator_code", "period", "verdict")})
        for column, known, zh, en in (
            ("unit_code", registry, "核验结论中的单位代码", "unit code in the verifications"),
            ("indicator_code", plan.leaves, "核验结论中的指标代码", "indicator code in the verifications"),
            ("verdict", VERDICTS, "核验结论", "verdict"),
        ):
            if row[column] not in known:
                raise _refuse(zh, en, str(row[column]), known, place)
        _known_period(row["period"], place)
        if row["verdict"] == "adjusted" and all(row.get(n) is None for n in ("value", "numerator", "denominator")):
            raise RowError(
                *place,
                "核验结论为调整(adjusted),但没有数值。请填写 value(比率填 numerator、denominator)。",
                "A verdict of 'adjusted' without a number. Write value, or numerator and denominator of a ratio.",
            )


def _known_period(period: Any, place: tuple[str, dict[str, list[Any]]]) -> None:
    """Refuse a period that cannot be read: the row would never count."""
    if period is None:
        return
    try:
        parse_period(str(period))
    except UserError as error:
        raise RowError(place[0], {**place[1], "period": [period]}, error.zh, error.en) from None


def refuse_targets(plan: Plan, units: pl.DataFrame, targets: pl.DataFrame) -> None:
    """Refuse parameter rows for an indicator, unit or parameter that nobody knows.

    Raises:
        UserError: naming the first.
    """
    registry = {*plan.units["unit_code"].to_list(), *units["unit_code"].to_list()}
    for code in targets["indicator_code"].unique().to_list():
        if code not in plan.leaves:
            place = ("targets", {"indicator_code": [code]})
            raise _refuse("目标值表中的指标代码", "indicator code in the targets", str(code), plan.leaves, place)
    for code in targets["unit_code"].drop_nulls().unique().to_list():
        if code not in registry:
            place = ("targets", {"unit_code": [code]})
            raise _refuse("目标值表中的单位代码", "unit code in the targets", str(code), sorted(registry), place)
    for code, name in targets.select("indicator_code", "name").unique().sort("indicator_code", "name").iter_rows():
        indicator = plan.leaves[code]
        known = sorted({n for m in indicator.methods for n in parameter_names(m)})
        if name not in known:
            place = ("targets", {"indicator_code": [code], "name": [name]})
            raise _refuse(f"指标 {code} 的参数", f"parameter of indicator {code}", str(name), known, place)
