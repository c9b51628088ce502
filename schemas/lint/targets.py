"""targets.csv: known names, and a target, baseline or bound for every assignment that needs one."""

from typing import Any

import polars as pl

from schemas.asked import asked, asked_positions, periods_of, position
from schemas.lint.methods import bounds_of, methods_of
from schemas.lint.rules import Findings, few, nearest
from schemas.methods import METHOD_MODELS, Bands, DistanceToTarget, Growth, Method, parameter_names
from schemas.periods import Period, parse_period
from schemas.plan import Indicator

FILE = "targets.csv"
ABOVE_ZERO = frozenset({"attainment", "coverage", "bands"})


def check_targets(found: Findings) -> None:
    """Check every row, then that nothing is lacking."""
    plan = found.plan
    rows = plan.targets.rows(named=True)
    units = set(plan.units["unit_code"].to_list())
    for row in rows:
        leaf = plan.leaves.get(row["indicator_code"])
        if leaf is None:
            _unknown(found, "target_indicator", row, "指标", "indicator", row["indicator_code"], plan.leaves)
        else:
            _name(found, row, leaf)
        if row["unit_code"] is not None and units and row["unit_code"] not in units:
            _unknown(found, "target_unit", row, "单位", "unit", row["unit_code"], units)
        if row["class_code"] is not None and plan.classes() and row["class_code"] not in plan.classes():
            _unknown(found, "target_class", row, "类别", "class", row["class_code"], plan.classes())
        if row["period"] is not None and (why := unknown_period(found, row["period"])):
            found.row("target_period", FILE, row["line"], *why)
    _twice(found)
    _equal_bounds(found, rows)
    _missing(found)


def _unknown(found: Findings, code: str, row: dict[str, Any], zh: str, en: str, word: str, known: Any) -> None:
    hint_zh, hint_en = nearest(word, known)
    found.row(code, FILE, row["line"], f"{zh}“{word}”不存在。{hint_zh}", f"unknown {en} '{word}'. {hint_en}")


def unknown_period(found: Findings, text: str) -> tuple[str, str] | None:
    """Say why a table's period is none of the plan's: neither a period of it, nor one it contains, nor a year of it."""
    known = found.plan.file.periods
    try:
        period = parse_period(text)
    except Exception:
        return f"“{text}”不是周期,请写成 2023 或 2023Q1。", f"'{text}' is no period; write 2023 or 2023Q1."
    if not known or text in known or any(period.contains(parse_period(p)) for p in known):
        return None
    return (
        f"周期 {text} 不在方案的 periods 中。可用:{few(known)} 及其年份。",
        f"the period {text} is none of the plan's: {few(known, 'en')} and their years.",
    )


def _name(found: Findings, row: dict[str, Any], leaf: Indicator) -> None:
    methods = [m for _, m in methods_of(leaf)]
    names = sorted({n for m in methods for n in parameter_names(m)})
    if row["name"] not in names:
        hint_zh, hint_en = nearest(row["name"], names)
        zh = f"“{row['name']}”不是指标 {leaf.code} 的方法 {leaf.method.kind} 的参数。{hint_zh}"
        en = f"'{row['name']}' is no parameter of {leaf.code}'s method {leaf.method.kind}. {hint_en}"
        found.row("target_name", FILE, row["line"], zh, en)
    elif row["name"] == "target" and row["value"] <= 0 and all(m.kind in ABOVE_ZERO for m in methods):
        zh = f"{leaf.code} 的目标值为 {row['value']:g},应大于 0;没有任务请在 assignments.csv 中写 not_assigned。"
        en = f"{leaf.code}: the target {row['value']:g} must be above 0; where there is no task, write not_assigned."
        found.row("target_positive", FILE, row["line"], zh, en)


def _twice(found: Findings) -> None:
    key = ["indicator_code", "unit_code", "class_code", "period", "name"]
    first = found.plan.targets.group_by(key, maintain_order=True).agg(pl.col("line").first().alias("first"))
    again = found.plan.targets.join(first, on=key, nulls_equal=True).filter(pl.col("line") > pl.col("first"))
    for row in again.sort("line").iter_rows(named=True):
        zh = f"与第 {row['first']} 行重复(同一指标、单位、类别、周期和 name),请删去一行。"
        found.row("target_twice", FILE, row["line"], zh, f"repeats the key of line {row['first']}; remove one.")


def _equal_bounds(found: Findings, rows: list[dict[str, Any]]) -> None:
    """Compare the two bounds of a goalpost where rows of one scope give at least one of them."""
    scopes: dict[tuple[Any, ...], dict[str, tuple[float, int]]] = {}
    for row in rows:
        scope = (row["indicator_code"], row["unit_code"], row["class_code"], row["period"])
        scopes.setdefault(scope, {})[row["name"]] = (row["value"], row["line"])
    for (code, *_), given in scopes.items():
        method = found.plan.leaves[code].method if code in found.plan.leaves else None
        if method is None or method.kind not in ("goalposts", "log_goalposts", "minmax", "threshold_benchmark"):
            continue
        first, second = bounds_of(method)
        low = given.get(first, (getattr(method, first), 0))
        high = given.get(second, (getattr(method, second), 0))
        if (first in given or second in given) and low[0] is not None and low[0] == high[0]:
            zh = f"{code} 的 {first} 与 {second} 都是 {low[0]:g},无法计分。请改成不同的数。"
            en = f"{code}: {first} and {second} are both {low[0]:g}; they must differ."
            found.row("goalposts_equal", FILE, max(low[1], high[1]), zh, en)


def needed(method: Method) -> list[str]:
    """Return the parameters that a method cannot do without and the plan leaves to ``targets.csv``."""
    match method:
        case Bands(of="value"):
            return []
        case DistanceToTarget() | Bands():
            return ["target"] if isinstance(method.target, str) else []
        case Growth():
            base = ["baseline"] if method.on == "baseline" and method.baseline is None else []
            return (["target"] if isinstance(method.target, str) else []) + base
    names = {
        "attainment": ["target"], "coverage": ["target"], "goalposts": ["worst", "best"],
        "log_goalposts": ["worst", "best"], "threshold_benchmark": ["threshold", "benchmark"],
    }.get(method.kind, [])  # fmt: skip
    return [n for n in names if not isinstance(getattr(method, n), int | float)]


def lint_periods(found: Findings) -> list[Period]:
    """Return the periods to look at: the plan's, else one stand-in."""
    return [parse_period(p) for p in found.plan.file.periods] or [parse_period("2000")]


def lint_units(found: Findings) -> pl.DataFrame:
    """Return unit_code and class_code; where the folder has no units, one nameless unit for each class."""
    units = found.plan.units.select("unit_code", "class_code")
    if not units.is_empty():
        return units.unique(maintain_order=True)
    classes = found.plan.classes()
    return pl.DataFrame({"unit_code": [f"({c})" for c in classes], "class_code": classes}, schema=units.schema)


def method_in(leaf: Indicator, period: Period) -> Method:
    """Return the method that holds in a period: its phase's, else the indicator's own."""
    for phase in leaf.phases:
        inside = parse_period(phase.from_).first_day <= period.first_day <= parse_period(phase.to).last_day
        if inside and phase.method is not None:
            return phase.method
    return leaf.method


def _missing(found: Findings) -> None:
    plan = found.plan
    gaps = []
    registry = lint_units(found)
    known = [c for c in plan.classes() if c]
    registry = registry.filter(pl.col("class_code").is_in(known))
    for period in lint_periods(found):
        here = position(plan, period)
        due = [i for i in plan.indicators if here in asked_positions(plan, i, period)]
        wants = [(i.code, n) for i in due for n in needed(method_in(i, period))]
        if not wants or here > len(periods_of(plan, period)):
            continue
        schema = {"indicator_code": pl.String, "name": pl.String}
        cells = asked(plan, period, units=registry, owner=None).select("unit_code", "indicator_code")
        cells = cells.join(pl.DataFrame(wants, schema=schema, orient="row"), on="indicator_code")
        cells = cells.join(registry, on="unit_code")
        names = [str(period), str(period.year)] if plan.file.periods else plan.targets["period"].unique().to_list()
        rows = plan.targets.filter(pl.col("period").is_null() | pl.col("period").is_in(names))
        of_unit = rows.filter(pl.col("unit_code").is_not_null())
        of_class = rows.filter(pl.col("unit_code").is_null() & pl.col("class_code").is_not_null())
        of_all = rows.filter(pl.col("unit_code").is_null() & pl.col("class_code").is_null())
        key = ["indicator_code", "name"]
        cells = cells.join(of_unit, on=["unit_code", *key], how="anti")
        cells = cells.join(of_class, on=["class_code", *key], how="anti").join(of_all, on=key, how="anti")
        gaps.append(cells.with_columns(period=pl.lit(str(period))))
    lacking = pl.concat(gaps) if gaps else pl.DataFrame()
    if not lacking.is_empty():
        _tell_missing(found, lacking)


def _tell_missing(found: Findings, lacking: pl.DataFrame) -> None:
    if found.plan.targets.is_empty():
        codes = lacking["indicator_code"].unique(maintain_order=True).to_list()
        zh = f"没有 targets.csv,而 {len(codes)} 项指标需要目标值({few(codes, most=4)})。请补上,或计分时用 --targets。"
        en = (
            f"there is no targets.csv, but {len(codes)} indicators need one ({few(codes, 'en', most=4)}). "
            "Add it, or give --targets when scoring."
        )
        found.plan_key("targets_elsewhere", (), zh, en)
        return
    groups = lacking.group_by("indicator_code", "name", maintain_order=True).agg(
        pl.col("class_code").unique(maintain_order=True),
        pl.col("unit_code").unique(maintain_order=True),
        pl.col("period").unique(maintain_order=True),
    )
    for row in groups.iter_rows(named=True):
        leaf = found.plan.leaves[row["indicator_code"]]
        units, periods = row["unit_code"], row["period"]
        period = periods[0][:4] if found.plan.file.periods else ""
        example = f"indicator_code {leaf.code}, class_code {row['class_code'][0]}, period {period}, name {row['name']}"
        zh = (
            f"缺少 {row['name']}:{few(units, most=4)},周期 {few(periods)}。"
            f"请在 targets.csv 中为类别({few(row['class_code'])})或单位补上,例如:{example}"
        )
        en = (
            f"no {row['name']} for {few(units, 'en', most=4)} in {few(periods, 'en')}. Add rows to targets.csv, "
            f"by class ({few(row['class_code'], 'en')}) or unit, for example: {example}"
        )
        found.item("target_missing", leaf, ("method",), zh, en)


assert METHOD_MODELS.keys() >= ABOVE_ZERO
