"""Units and who is asked: registry, assignments, bodies, the load on a unit, groups large enough."""

import math
from collections import defaultdict
from itertools import pairwise
from typing import Any

import polars as pl

from schemas.asked import asked
from schemas.lint.grades import quota_of
from schemas.lint.methods import methods_of
from schemas.lint.rules import Findings, few, nearest
from schemas.lint.targets import lint_periods, lint_units, unknown_period
from schemas.lint.time import iso_date
from schemas.methods import Relative
from schemas.periods import Period

STATES = ("assigned", "not_applicable", "not_assigned")
ROLES = ("lead", "partner")


def check_units(found: Findings) -> None:
    """Check the tables; where the folder has units, also what is asked of each."""
    _assignments(found)
    if found.plan.units.is_empty():
        return
    _registry(found)
    _bodies(found)
    if any(p.code in ("unit_class", "unit_overlap", "unit_date") for p in found.problems):
        return
    cells = {str(p): asked(found.plan, p, units=valid_units(found, p), owner=None) for p in lint_periods(found)}
    _load(found, cells)
    _idle(found, cells)
    _quotas(found)
    _groups(found, cells)


def valid_units(found: Findings, period: Period) -> pl.DataFrame:
    """Return the units valid on the period's last day."""
    if not found.plan.file.periods:
        return found.plan.units.unique("unit_code", keep="first", maintain_order=True)
    last = period.last_day.isoformat()
    from_, to = pl.col("valid_from"), pl.col("valid_to")
    return found.plan.units.filter((from_.is_null() | (from_ <= last)) & (to.is_null() | (to >= last)))


def _assignments(found: Findings) -> None:
    plan = found.plan
    file = "assignments.csv"
    units = set(plan.units["unit_code"].to_list())
    seen: dict[tuple[Any, ...], int] = {}
    for row in plan.assignments.iter_rows(named=True):
        line = row["line"]
        key = (row["indicator_code"], row["unit_code"], row["period"])
        if key in seen:
            zh, en = f"与第 {seen[key]} 行重复,请删去一行。", f"repeats line {seen[key]}; remove one."
            found.row("assignment_twice", file, line, zh, en)
        seen.setdefault(key, line)
        words: list[tuple[str, str, str, str | None, Any]] = [
            ("assignment_indicator", "指标", "indicator", row["indicator_code"], plan.leaves),
            ("assignment_unit", "单位", "unit", row["unit_code"], units),
            ("assignment_role", "role", "role", row["role"], ROLES),
            ("assignment_state", "state", "state", row["state"], STATES),
        ]
        for code, zh, en, word, known in words:
            if word is not None and known and word not in known:
                hint_zh, hint_en = nearest(word, known)
                found.row(code, file, line, f"{zh}“{word}”不存在。{hint_zh}", f"unknown {en} '{word}'. {hint_en}")
        if row["period"] is not None and (why := unknown_period(found, row["period"])):
            found.row("assignment_period", file, line, *why)


def _registry(found: Findings) -> None:
    codes = set(found.plan.units["unit_code"].to_list())
    spans: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    names: dict[str, tuple[str, int]] = {}
    for row in found.plan.units.iter_rows(named=True):
        _links(found, row, codes)
        _names(found, row, names)
        if _dates(found, row):
            span = (row["valid_from"] or "0000-01-01", row["valid_to"] or "9999-12-31", row["line"])
            spans[row["unit_code"]].append(span)
    for code, rows in spans.items():
        for before, after in pairwise(sorted(rows)):
            if after[0] <= before[1]:
                zh = f"单位 {code} 的有效期与第 {before[2]} 行重叠。请为前一行写 valid_to,或删去一行。"
                en = f"unit {code} is valid at the same time in line {before[2]}; give that valid_to, or remove one."
                found.row("unit_overlap", "units.csv", after[2], zh, en)


def _links(found: Findings, row: dict[str, Any], codes: set[str]) -> None:
    code = row["unit_code"]
    classes = found.plan.classes()
    if row["class_code"] not in classes:
        hint_zh, hint_en = nearest(row["class_code"], classes)
        zh = f"单位 {code} 的类别“{row['class_code']}”不存在。{hint_zh}"
        en = f"unit {code} has the unknown class '{row['class_code']}'. {hint_en}"
        found.row("unit_class", "units.csv", row["line"], zh, en)
    for column in ("successor_code", "parent_code"):
        for other in (row[column] or "").split("|"):
            if other and (other not in codes or other == code):
                hint_zh, hint_en = nearest(other, codes - {code})
                zh = f"单位 {code} 的 {column}“{other}”不存在。{hint_zh}"
                en = f"unit {code} has the unknown {column} '{other}'. {hint_en}"
                found.row("unit_successor", "units.csv", row["line"], zh, en)


def _names(found: Findings, row: dict[str, Any], names: dict[str, tuple[str, int]]) -> None:
    for name in sorted({row["name"], *(row["aliases"] or "").split("|")} - {""}):
        other, line = names.setdefault(name, (row["unit_code"], row["line"]))
        if other != row["unit_code"]:
            zh = f"“{name}”也是第 {line} 行 {other} 的名称或别名,识别单位时会混淆。请区分。"
            en = f"'{name}' also names {other} (line {line}); make the names differ."
            found.row("unit_name_twice", "units.csv", row["line"], zh, en)


def _dates(found: Findings, row: dict[str, Any]) -> bool:
    days = []
    for column in ("valid_from", "valid_to"):
        text = row[column]
        day = None if text is None else iso_date(text)
        if text is not None and day is None:
            zh = f"{column}“{text}”不是日期,请写成 2023-01-01。"
            found.row("unit_date", "units.csv", row["line"], zh, f"{column} '{text}' is no date; write 2023-01-01.")
            return False
        days += [day] if day else []
    if len(days) == 2 and days[0] > days[1]:
        zh, en = "valid_to 早于 valid_from,请改正。", "valid_to lies before valid_from; correct one."
        found.row("unit_date", "units.csv", row["line"], zh, en)
        return False
    return True


def _bodies(found: Findings) -> None:
    plan = found.plan
    known = {"unit": set(plan.units["unit_code"].to_list()), "class": set(plan.classes())}
    for row in plan.bodies.iter_rows(named=True):
        kind, target = row["target_kind"], row["target_code"]
        if kind not in known:
            zh, en = f"target_kind“{kind}”只能是 unit 或 class。", f"target_kind '{kind}' must be unit or class."
            found.row("body_target", "bodies.csv", row["line"], zh, en)
        elif target not in known[kind]:
            hint_zh, hint_en = nearest(target, known[kind])
            zh = f"“{row['body']}”对应的“{target}”不存在。{hint_zh}"
            found.row(
                "body_target",
                "bodies.csv",
                row["line"],
                zh,
                f"'{row['body']}' is mapped to the unknown '{target}'. {hint_en}",
            )
    mapped = set(plan.bodies["body"].to_list())
    for node in plan.file.tree if mapped else ():
        unknown = [b for b in [*node.lead, *node.partners] if b not in mapped]
        if unknown:
            zh = f"{few(unknown)} 不在 bodies.csv 中。请写明对应的单位或类别。"
            found.item(
                "body_unknown",
                node,
                ("lead",),
                zh,
                f"{few(unknown, 'en')} not in bodies.csv; map them to a unit or class.",
            )


def _load(found: Findings, cells: dict[str, pl.DataFrame]) -> None:
    """Hold the plan to its limit of cells asked of a unit in a period."""
    limit = found.plan.file.limits.cells_per_unit
    if limit is None:
        return
    own = [i.code for i in found.plan.indicators if i.owner == "unit"]
    for period, frame in cells.items():
        counts = (
            frame.filter(pl.col("indicator_code").is_in(own)).group_by("unit_code").len("n").filter(pl.col("n") > limit)
        )
        if not counts.is_empty():
            rows = counts.sort(["n", "unit_code"], descending=[True, False]).iter_rows()
            shown = [f"{unit} {n}" for unit, n in rows]
            zh = (
                f"{period} 向 {len(shown)} 个单位要的填报项超过上限 {limit}:{few(shown, most=5)}。"
                "请降低 frequency 或错开 asked_in。"
            )
            en = (
                f"in {period} more than {limit} cells are asked of {len(shown)} unit(s): {few(shown, 'en', most=5)}. "
                "Lower a frequency, or spread asked_in."
            )
            found.plan_key("cells_limit", ("limits", "cells_per_unit"), zh, en)


def _idle(found: Findings, cells: dict[str, pl.DataFrame]) -> None:
    used = {code for frame in cells.values() for code in frame["indicator_code"].unique().to_list()}
    for leaf in found.plan.indicators:
        if leaf.code not in used and not leaf.phases:
            zh = "没有分解给任何单位。请写 assigned_to,或在 assignments.csv 中列名。"
            en = "is asked of no unit; write assigned_to, or name units in assignments.csv."
            found.item("unassigned", leaf, ("assigned_to",), zh, en)


def _quotas(found: Findings) -> None:
    """Warn where a quota's share of a class is less than one unit."""
    rule = found.plan.file.quota
    round_ = {"floor": math.floor, "ceil": math.ceil, "half_up": lambda x: math.floor(x + 0.5)}[rule.rounding]
    sizes = lint_units(found).group_by("class_code").len("n")
    by_class = dict(sizes.rows())
    for number, grade in enumerate(found.plan.file.grades):
        small = []
        for code in found.plan.classes():
            quota, size = quota_of(grade, code), by_class.get(code, 0)
            if quota and size and round_(quota * size + 1e-9) < 1:
                small.append(f"{code}({size})")
        if small:
            zh = f"“{grade.code}”的比例在 {few(small)} 中不足一名"
            en = f"the quota of '{grade.code}' is less than one place in {few(small, 'en')}"
            if rule.minimum:
                zh, en = f"{zh},按 quota.minimum 给 {rule.minimum} 名。", f"{en}; quota.minimum gives {rule.minimum}."
            else:
                zh, en = f"{zh},无人可得。请设 quota.minimum。", f"{en}, so nobody gets it; set quota.minimum."
            found.plan_key("quota_small", ("grades", number), zh, en)


def _groups(found: Findings, cells: dict[str, pl.DataFrame]) -> None:
    """Warn where a relative method compares fewer units than the plan's limit."""
    least = found.plan.file.limits.smallest_relative_group
    units = found.plan.units
    for leaf in found.plan.indicators:
        for path, method in methods_of(leaf):
            if not isinstance(method, Relative):
                continue
            column = {"class": "class_code"}.get(method.within, method.within)
            if column != "all" and column not in units.columns:
                continue
            group = pl.lit("all").alias("group") if column == "all" else pl.col(column).fill_null("").alias("group")
            registry = units.select("unit_code", group).unique("unit_code", keep="first")
            small: dict[str, int] = {}
            for frame in cells.values():
                asked_of = frame.filter(pl.col("indicator_code") == leaf.code).join(registry, on="unit_code")
                small |= {g: n for g, n in asked_of.group_by("group").len("n").rows() if n < least}
            if small:
                shown = [f"{g}({n})" for g, n in sorted(small.items())]
                zh = (
                    f"参照组 {few(shown)} 少于 {least} 个单位,相对排名没有意义。"
                    "请改用 within: all 或固定阈值(goalposts)。"
                )
                en = (
                    f"the group {few(shown, 'en')} has fewer than {least} units to compare. Use within: all, "
                    "or fixed bounds (goalposts)."
                )
                found.item("relative_small", leaf, (*path, "kind"), zh, en)
