"""targets.csv: known names, and a target, baseline or bound for every assignment that needs one."""

from collections.abc import Collection
from typing import Any

import polars as pl

from schemas.asked import asked_positions, periods_of, phase_of, position
from schemas.lint.kinds import Kinds, lint_periods, names_of
from schemas.lint.methods import bounds_of, methods_of
from schemas.lint.rules import Findings, few, nearest
from schemas.lint.time import parsed
from schemas.methods import METHOD_MODELS, Bands, DistanceToTarget, Growth, Method, group_target_of, parameter_names
from schemas.periods import Period, parse_period
from schemas.plan import Indicator

FILE = "targets.csv"
ABOVE_ZERO = frozenset({"attainment", "coverage", "bands"})


def check_targets(found: Findings) -> None:
    """Check every row, then that nothing is lacking."""
    plan = found.plan
    rows = plan.targets
    units = set(plan.units["unit_code"].to_list())
    classes = plan.classes()
    known: list[tuple[str, str, str, str, Collection[str]]] = [
        ("target_indicator", "indicator_code", "指标", "indicator", plan.leaves),
        ("target_unit", "unit_code", "单位", "unit", units),
        ("target_class", "class_code", "类别", "class", classes),
    ]
    for code, column, zh, en, words in known:
        if words or code == "target_indicator":
            wrong = rows.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(list(words)))
            for row in wrong.iter_rows(named=True):
                _unknown(found, code, row, zh, en, row[column], words)
    _names(found)
    for text in rows["period"].drop_nulls().unique(maintain_order=True).to_list():
        if why := unknown_period(found, text):
            for line in rows.filter(pl.col("period") == text)["line"].to_list():
                found.row("target_period", FILE, line, *why)
    _twice(found)
    _equal_bounds(found)
    _missing(found)


def _unknown(found: Findings, code: str, row: dict[str, Any], zh: str, en: str, word: str, known: Any) -> None:
    hint_zh, hint_en = nearest(word, known)
    found.row(code, FILE, row["line"], f"{zh}“{word}”不存在。{hint_zh}", f"unknown {en} '{word}'. {hint_en}")


def unknown_period(found: Findings, text: str) -> tuple[str, str] | None:
    """Say why a table's period is none of the plan's: neither a period of it, nor one it contains, nor a year of it."""
    known = found.plan.file.periods
    period = parsed(text)
    if period is None:
        return f"“{text}”不是周期,请写成 2023 或 2023Q1。", f"'{text}' is no period; write 2023 or 2023Q1."
    if not known or text in known or any(period.contains(parse_period(p)) for p in known):
        return None
    return (
        f"周期 {text} 不在方案的 periods 中。可用:{few(known)} 及其年份。",
        f"the period {text} is none of the plan's: {few(known, 'en')} and their years.",
    )


def _names(found: Findings) -> None:
    """Check that each row names a parameter of its indicator, and that targets which divide are above zero."""
    rows = found.plan.targets
    for code, name in rows.select("indicator_code", "name").unique(maintain_order=True).iter_rows():
        leaf = found.plan.leaves.get(code)
        if leaf is None:
            continue
        methods = [m for _, m in methods_of(leaf)]
        names = sorted({n for m in methods for n in parameter_names(m)})
        here = rows.filter((pl.col("indicator_code") == code) & (pl.col("name") == name))
        if name not in names:
            hint_zh, hint_en = nearest(name, names)
            zh = f"“{name}”不是指标 {code} 的方法 {leaf.method.kind} 的参数。{hint_zh}"
            en = f"'{name}' is no parameter of {code}'s method {leaf.method.kind}. {hint_en}"
            for line in here["line"].to_list():
                found.row("target_name", FILE, line, zh, en)
        elif name == "target" and all(m.kind in ABOVE_ZERO and not _apart(m) for m in methods):
            for value, line in here.filter(pl.col("value") <= 0).select("value", "line").iter_rows():
                zh = f"{code} 的目标值为 {value:g},应大于 0;没有任务请在 assignments.csv 中写 not_assigned。"
                en = f"{code}: the target {value:g} must be above 0; where there is no task, write not_assigned."
                found.row("target_positive", FILE, line, zh, en)


def _apart(method: Method) -> bool:
    """Say whether the value's distance from the target counts, so that a target may be zero or below."""
    return isinstance(method, Bands) and method.of == "difference"


def _twice(found: Findings) -> None:
    key = ["indicator_code", "unit_code", "class_code", "period", "name"]
    first = found.plan.targets.group_by(key, maintain_order=True).agg(pl.col("line").first().alias("first"))
    again = found.plan.targets.join(first, on=key, nulls_equal=True).filter(pl.col("line") > pl.col("first"))
    for row in again.sort("line").iter_rows(named=True):
        zh = f"与第 {row['first']} 行重复(同一指标、单位、类别、周期和 name),请删去一行。"
        found.row("target_twice", FILE, row["line"], zh, f"repeats the key of line {row['first']}; remove one.")


def _equal_bounds(found: Findings) -> None:
    """Compare the two bounds of a goalpost where rows of one scope give at least one of them."""
    scope = ["unit_code", "class_code", "period"]
    for leaf in found.plan.indicators:
        method = leaf.method
        if method.kind not in ("goalposts", "log_goalposts", "minmax", "threshold_benchmark"):
            continue
        first, second = bounds_of(method)
        rows = found.plan.targets.filter(pl.col("indicator_code") == leaf.code)
        low, high = (
            rows.filter(pl.col("name") == name).group_by(scope).agg(pl.col("value", "line").last())
            for name in (first, second)
        )
        both = low.join(high, on=scope, how="full", nulls_equal=True, suffix="_other", coalesce=True)
        own = [pl.lit(getattr(method, n), pl.Float64) for n in (first, second)]
        both = both.with_columns(pl.col("value").fill_null(own[0]), pl.col("value_other").fill_null(own[1]))
        equal = both.filter(pl.col("value") == pl.col("value_other")).with_columns(
            pl.max_horizontal("line", "line_other")
        )
        for value, line in equal.select("value", "line").iter_rows():
            zh = f"{leaf.code} 的 {first} 与 {second} 都是 {value:g},无法计分。请改成不同的数。"
            en = f"{leaf.code}: {first} and {second} are both {value:g}; they must differ."
            found.row("goalposts_equal", FILE, line, zh, en)
        _turned(found, leaf, both, (first, second))


def _turned(found: Findings, leaf: Indicator, both: pl.DataFrame, names: tuple[str, str]) -> None:
    """Tell rows whose bounds run against the plan's own, or most others': a level of one's own may not mean that."""
    first, second = names
    low, high = (getattr(leaf.method, n) for n in names)
    against = both.with_columns(up=pl.col("value") < pl.col("value_other")).filter(
        pl.col("value") != pl.col("value_other")
    )
    usual = pl.col("up").mean() >= 0.5 if low is None or high is None else pl.lit(low < high)
    turned = against.filter(pl.col("up") != usual)
    for value, other, line, line_other in turned.select("value", "value_other", "line", "line_other").rows():
        up = value < other
        zh = (
            f"{leaf.code} 在此处 {first} {value:g} {'小于' if up else '大于'} {second} {other:g},与其余方向相反:"
            f"此处{'越高' if up else '越低'}越好。若非本意,请修改。"
        )
        en = (
            f"{leaf.code}: {first} {value:g} lies {'below' if up else 'above'} {second} {other:g} here, the other way "
            f"than elsewhere: {'higher' if up else 'lower'} is better here. Change it if that is not meant."
        )
        found.row("goalposts_turned", FILE, max(n for n in (line, line_other) if n is not None), zh, en)


def needed(method: Method) -> list[str]:
    """Return the parameters that a method cannot do without and the plan leaves to ``targets.csv``."""
    made = group_target_of(method) is not None
    match method:
        case Bands(of="value"):
            return []
        case DistanceToTarget() | Bands():
            return ["target"] if isinstance(method.target, str) and not made else []
        case Growth():
            base = ["baseline"] if method.on == "baseline" and method.baseline is None else []
            return (["target"] if isinstance(method.target, str) else []) + base
    names = {
        "attainment": ["target"], "coverage": ["target"], "goalposts": ["worst", "best"],
        "log_goalposts": ["worst", "best"], "logistic": ["midpoint", "steepness"],
        "threshold_benchmark": ["threshold", "benchmark"],
    }.get(method.kind, [])  # fmt: skip
    given = {n: getattr(method, n) for n in names}
    return [n for n, v in given.items() if not isinstance(v, int | float) and not (made and n == "target")]


def method_in(leaf: Indicator, period: Period) -> Method:
    """Return the method that holds in a period: its phase's, else the indicator's own."""
    phase = phase_of(leaf, period)
    return leaf.method if phase is None or phase.method is None else phase.method


def _missing(found: Findings) -> None:
    plan = found.plan
    kinds = Kinds(found)
    gaps = []
    for period in lint_periods(found):
        here = position(plan, period)
        due = [i for i in plan.indicators if here in asked_positions(plan, i, period)]
        wants = [(i.code, n) for i in due for n in needed(method_in(i, period))]
        if not wants or here > len(periods_of(plan, period)):
            continue
        schema = {"indicator_code": pl.String, "name": pl.String}
        cells = kinds.asked(found, period, taken=True).select("unit_code", "indicator_code")
        cells = cells.join(pl.DataFrame(wants, schema=schema, orient="row"), on="indicator_code")
        cells = cells.join(kinds.rows.select("unit_code", "class_code").unique(), on="unit_code")
        gaps.append(_without(found, kinds, cells, period).with_columns(period=pl.lit(str(period))))
    lacking = pl.concat(gaps).sort("unit_code", maintain_order=True) if gaps else pl.DataFrame()
    if not lacking.is_empty():
        _tell_missing(found, lacking)


def _without(found: Findings, kinds: Kinds, cells: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Return the cells of kinds, then of their units, for which no row of the targets holds."""
    rows = found.plan.targets
    if rows.is_empty():
        return cells
    if found.plan.file.periods or found.periods:
        rows = rows.filter(pl.col("period").is_null() | pl.col("period").is_in(names_of(found, period)))
    key = ["indicator_code", "name"]
    of_unit = rows.filter(pl.col("unit_code").is_not_null())
    of_class = rows.filter(pl.col("unit_code").is_null() & pl.col("class_code").is_not_null())
    of_all = rows.filter(pl.col("unit_code").is_null() & pl.col("class_code").is_null())
    cells = cells.join(of_class, on=["class_code", *key], how="anti").join(of_all, on=key, how="anti")
    units = cells.join(kinds.members.unique(), on="unit_code", maintain_order="left")
    return units.drop("unit_code").rename({"member": "unit_code"}).join(of_unit, on=["unit_code", *key], how="anti")


def _tell_missing(found: Findings, lacking: pl.DataFrame) -> None:
    if found.plan.targets.is_empty():
        pairs = lacking.select("indicator_code", "name").unique(maintain_order=True).rows()
        names = {code: "/".join(n for c, n in pairs if c == code) for code, _ in pairs}
        codes = [f"{code} {name}" for code, name in names.items()]
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
        given = bool(found.plan.file.periods or found.periods)
        in_zh, in_en = (f",周期 {few(periods)}", f" in {few(periods, 'en')}") if given else ("", "")
        zh = (
            f"缺少 {row['name']}:{few(units, most=4)}{in_zh}。"
            f"请在 targets.csv 中为类别({few(row['class_code'])})或单位补上,例如:{example}"
        )
        en = (
            f"no {row['name']} for {few(units, 'en', most=4)}{in_en}. Add rows to targets.csv, "
            f"by class ({few(row['class_code'], 'en')}) or unit, for example: {example}"
        )
        found.item("target_missing", leaf, ("method",), zh, en)


assert METHOD_MODELS.keys() >= ABOVE_ZERO
