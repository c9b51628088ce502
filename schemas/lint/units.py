"""Units and who is asked: registry, assignments, bodies, the load on a unit, groups large enough."""

import math
from collections.abc import Collection

import polars as pl

from schemas.lint.grades import quota_of
from schemas.lint.kinds import DATES, Kinds, lint_periods, lint_units
from schemas.lint.methods import methods_of
from schemas.lint.rules import Findings, few, nearest
from schemas.lint.targets import unknown_period
from schemas.lint.time import iso_date
from schemas.methods import reference_group

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
    kinds = Kinds(found)
    cells = {str(p): kinds.asked(found, p) for p in lint_periods(found)}
    _load(found, kinds, cells)
    _idle(found, cells)
    _quotas(found)
    _groups(found, kinds, cells)


def _assignments(found: Findings) -> None:
    plan = found.plan
    file = "assignments.csv"
    rows = plan.assignments
    key = ["indicator_code", "unit_code", "period"]
    first = pl.col("line").first().over(key)
    for line, before in rows.select("line", before=first).filter(pl.col("line") > pl.col("before")).iter_rows():
        zh, en = f"与第 {before} 行重复,请删去一行。", f"repeats line {before}; remove one."
        found.row("assignment_twice", file, line, zh, en)
    words: list[tuple[str, str, str, str, Collection[str]]] = [
        ("assignment_indicator", "指标", "indicator", "indicator_code", plan.leaves),
        ("assignment_unit", "单位", "unit", "unit_code", set(plan.units["unit_code"].to_list())),
        ("assignment_role", "role", "role", "role", ROLES),
        ("assignment_state", "state", "state", "state", STATES),
    ]
    for code, zh, en, column, known in words:
        wrong = (
            rows.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(list(known))) if known else rows.clear()
        )
        for word, line in wrong.select(column, "line").iter_rows():
            hint_zh, hint_en = nearest(word, known)
            found.row(code, file, line, f"{zh}“{word}”不存在。{hint_zh}", f"unknown {en} '{word}'. {hint_en}")
    for text in rows["period"].drop_nulls().unique(maintain_order=True).to_list():
        if why := unknown_period(found, text):
            for line in rows.filter(pl.col("period") == text)["line"].to_list():
                found.row("assignment_period", file, line, *why)


def _registry(found: Findings) -> None:
    _links(found)
    _names(found)
    dated = (
        _dates(found)
        .filter(pl.col("unit_code").is_duplicated())
        .with_columns(
            since=pl.col("valid_from").fill_null("0000-01-01"), until=pl.col("valid_to").fill_null("9999-12-31")
        )
    )
    spans = dated.sort("unit_code", "since", "until", "line").with_columns(
        before_until=pl.col("until").shift().over("unit_code"), before_line=pl.col("line").shift().over("unit_code")
    )
    for row in spans.filter(pl.col("since") <= pl.col("before_until")).iter_rows(named=True):
        code, before = row["unit_code"], row["before_line"]
        zh = f"单位 {code} 的有效期与第 {before} 行重叠。请为前一行写 valid_to,或删去一行。"
        en = f"unit {code} is valid at the same time in line {before}; give that valid_to, or remove one."
        found.row("unit_overlap", "units.csv", row["line"], zh, en)


def _links(found: Findings) -> None:
    units = found.plan.units
    codes, classes = units["unit_code"].unique(), found.plan.classes()
    wrong = units.filter(pl.col("class_code").is_not_null() & ~pl.col("class_code").is_in(classes))
    for row in wrong.iter_rows(named=True):
        hint_zh, hint_en = nearest(row["class_code"], classes)
        zh = f"单位 {row['unit_code']} 的类别“{row['class_code']}”不存在。{hint_zh}"
        en = f"unit {row['unit_code']} has the unknown class '{row['class_code']}'. {hint_en}"
        found.row("unit_class", "units.csv", row["line"], zh, en)
    for column in ("successor_code", "parent_code"):
        others = units.select("unit_code", "line", other=pl.col(column).str.split("|")).explode("other")
        nobody = ~pl.col("other").is_in(codes.implode()) | (pl.col("other") == pl.col("unit_code"))
        for code, line, other in others.filter((pl.col("other") != "") & nobody).iter_rows():
            hint_zh, hint_en = nearest(other, set(codes) - {code})
            zh = f"单位 {code} 的 {column}“{other}”不存在。{hint_zh}"
            en = f"unit {code} has the unknown {column} '{other}'. {hint_en}"
            found.row("unit_successor", "units.csv", line, zh, en)


def _names(found: Findings) -> None:
    own = found.plan.units.select("unit_code", "line", name=pl.col("name"))
    aliases = found.plan.units.select("unit_code", "line", name=pl.col("aliases").str.split("|")).explode("name")
    names = pl.concat([own, aliases]).filter(pl.col("name") != "").sort("line", "name", maintain_order=True)
    names = names.with_columns(other=pl.col("unit_code").first().over("name"), at=pl.col("line").first().over("name"))
    again = names.filter(pl.col("other") != pl.col("unit_code")).unique(maintain_order=True)
    for _, line, name, other, at in again.select("unit_code", "line", "name", "other", "at").iter_rows():
        zh = f"“{name}”也是第 {at} 行 {other} 的名称或别名,识别单位时会混淆。请区分。"
        en = f"'{name}' also names {other} (line {at}); make the names differ."
        found.row("unit_name_twice", "units.csv", line, zh, en)


def _dates(found: Findings) -> pl.DataFrame:
    """Report dates that are none or out of order; return the units whose dates can be compared."""
    units = found.plan.units
    for column in DATES:
        texts = units[column].drop_nulls().unique().to_list()
        wrong = units.filter(pl.col(column).is_in([t for t in texts if iso_date(t) is None]))
        for text, line in wrong.select(column, "line").iter_rows():
            zh = f"{column}“{text}”不是日期,请写成 2023-01-01。"
            found.row("unit_date", "units.csv", line, zh, f"{column} '{text}' is no date; write 2023-01-01.")
        units = units.join(wrong.select("line"), on="line", how="anti")
    backwards = units.filter(pl.col("valid_from") > pl.col("valid_to"))
    for line in backwards["line"].to_list():
        zh, en = "valid_to 早于 valid_from,请改正。", "valid_to lies before valid_from; correct one."
        found.row("unit_date", "units.csv", line, zh, en)
    return units.join(backwards.select("line"), on="line", how="anti")


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


def _load(found: Findings, kinds: Kinds, cells: dict[str, pl.DataFrame]) -> None:
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
            units = counts.join(kinds.members.unique(), on="unit_code").select("n", unit_code="member")
            rows = units.select("unit_code", "n").sort(["n", "unit_code"], descending=[True, False]).iter_rows()
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
        if leaf.code not in used and not leaf.phases and leaf.value_from is None:
            zh = "没有分解给任何单位。请写 assigned_to,或在 assignments.csv 中列名。"
            en = "is asked of no unit; write assigned_to, or name units in assignments.csv."
            found.item("unassigned", leaf, ("assigned_to",), zh, en)


def _quotas(found: Findings) -> None:
    """Warn where a quota's share of the group that is ranked together is less than one unit."""
    rule = found.plan.file.quota
    round_ = {"floor": math.floor, "ceil": math.ceil, "half_up": lambda x: math.floor(x + 0.5)}[rule.rounding]
    units, within = lint_units(found), found.plan.file.rank.within
    column = "class_code" if within == "class" else within
    group = pl.col(column).fill_null("") if column in units.columns else pl.lit("all")
    units = units.select("unit_code", "class_code", group=group).unique().with_columns(size=pl.len().over("group"))
    groups = units.select("class_code", "group", "size").unique().sort("group", "class_code").rows()
    for number, grade in enumerate(found.plan.file.grades):
        small = []
        for code, name, size in groups:
            quota = quota_of(grade, code)
            if quota and round_(quota * size + 1e-9) < 1 and f"{name}({size})" not in small:
                small.append(f"{name}({size})")
        if small:
            zh = f"“{grade.code}”的比例在 {few(small)} 中不足一名"
            en = f"the quota of '{grade.code}' is less than one place in {few(small, 'en')}"
            if rule.minimum:
                zh, en = f"{zh},按 quota.minimum 给 {rule.minimum} 名。", f"{en}; quota.minimum gives {rule.minimum}."
            else:
                zh, en = f"{zh},无人可得。请设 quota.minimum。", f"{en}, so nobody gets it; set quota.minimum."
            found.plan_key("quota_small", ("grades", number), zh, en)


def _groups(found: Findings, kinds: Kinds, cells: dict[str, pl.DataFrame]) -> None:
    """Warn where a relative method compares fewer units than the plan's limit."""
    least = found.plan.file.limits.smallest_relative_group
    units = found.plan.units
    for leaf in found.plan.indicators:
        for path, method in methods_of(leaf):
            within = reference_group(method)
            if within is None:
                continue
            column = {"class": "class_code"}.get(within, within)
            if column != "all" and column not in units.columns:
                continue
            group = pl.lit("all").alias("group") if column == "all" else pl.col(column).fill_null("").alias("group")
            registry = kinds.rows.select("unit_code", group, "size").unique("unit_code", keep="first")
            small: dict[str, int] = {}
            for frame in cells.values():
                asked_of = frame.filter(pl.col("indicator_code") == leaf.code).join(registry, on="unit_code")
                sizes = asked_of.group_by("group").agg(pl.col("size").sum())
                small |= {g: n for g, n in sizes.rows() if n < least}
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
