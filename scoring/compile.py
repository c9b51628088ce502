"""From a plan and a period to small tables: one row per class and indicator, one per class and node.

Loops here run over the plan (indicators × classes), never over units or measurements. Units, classes, nodes and
indicators get numbers, because whole-table joins on numbers cost a fraction of joins on text.
"""

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from schemas.asked import (
    asked_positions,
    exceptions,
    holding_rows,
    last_asked,
    periods_of,
    phase_of,
    position,
    valid_units,
)
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.methods import (
    Attainment,
    Checklist,
    Method,
    Milestones,
    Points,
    group_target_of,
    parameter_names,
    parts_of,
    reference_group,
)
from schemas.periods import Period
from schemas.plan import Check, Indicator
from scoring.nodes import INDEX, node_table, points_of, weights_of
from scoring.not_asked import excused, never_asked

MARKS = 30
"""How many siblings share one column of marks. Sibling k is marked 4**k, so that a sum of marks shows, digit by digit
to the base 4, which siblings came, and a digit above 1 that one came twice."""


@dataclass(frozen=True)
class Leaf:
    """An indicator as it is scored in one period."""

    number: int
    indicator: Indicator
    method: Method
    asked: tuple[int, ...]
    schedule_share: float
    parts: dict[str, float]
    full: float | None
    checks: dict[str, Check] = field(default_factory=dict)

    @property
    def gathered(self) -> bool:
        """Say whether several measurements make up its value: parts, or quarters that add up."""
        sums = self.indicator.accumulation == "flow" and self.indicator.reported == "increment" and len(self.asked) > 1
        return bool(self.parts) or self.method.kind in ("points", "deductions") or sums or self.latest

    @property
    def latest(self) -> bool:
        """Say whether an earlier value stands in for a missing one."""
        return self.indicator.gaps == "last_known" and len(self.asked) > 1

    @property
    def terms(self) -> tuple[int, ...]:
        """Return the positions whose measurements make up the value."""
        sums = self.indicator.accumulation == "flow" and self.indicator.reported == "increment"
        return self.asked if sums or self.latest else self.asked[-1:]

    @property
    def needed(self) -> int:
        """Return how many periods must have been reported; 0 where gaps are allowed."""
        return 0 if self.indicator.gaps != "missing" else len(self.terms)


@dataclass(frozen=True)
class Compiled:
    """The plan for one period, as tables.

    ``leaf_table``: class_no, leaf_no, parent_no, assigned, weight (units of 1e-12 of the parent), block and mark (see
    ``MARKS``), variant, share, points (what one point of score makes where points are rounded, else 1), ``p_*``
    parameters. ``node_table``: class_no, node_no, parent_no, level, weight and the
    node's rules.
    ``unit_parameters``: unit_no, leaf_no, ``p_*``. ``exceptions``: unit_no, leaf_no, granted (assigned), waived (not
    applicable), role. ``excused``: unit_no, leaf_no, at: positions that add up, but were not asked of the unit.
    ``units``: unit_no, unit_code, class_no, class_code and the registry's other columns.
    """

    plan: Plan
    period: Period
    position: int
    leaves: tuple[Leaf, ...]
    variants: tuple[Leaf, ...]
    units: pl.DataFrame
    leaf_table: pl.DataFrame
    node_table: pl.DataFrame
    unit_parameters: pl.DataFrame
    exceptions: pl.DataFrame
    excused: pl.DataFrame
    node_numbers: dict[str, int]

    @property
    def parameters(self) -> list[str]:
        """Return the names of all parameter columns in use."""
        return [c for c in self.leaf_table.columns if c.startswith("p_")]


def compile_plan(plan: Plan, period: Period, units: pl.DataFrame, targets: pl.DataFrame) -> Compiled:
    """Number everything and lay the plan out as tables.

    Raises:
        UserError: a unit of a class that the plan does not know, a unit twice, no unit at all.
    """
    registry, classes = _registry(plan, period, units)
    looked_up = _targets(plan, targets, period)
    leaves = _leaves(plan, period, looked_up)
    numbers = {code: n for n, code in enumerate(plan.nodes)}
    variants, variant_of = _variants(leaves)
    leaf_table = _leaf_table(plan, leaves, classes, numbers, variant_of, looked_up)
    nodes = node_table(plan, classes, numbers, leaf_table)
    codes = pl.DataFrame(
        {"indicator_code": [x.indicator.code for x in leaves], "leaf_no": [x.number for x in leaves]},
        schema={"indicator_code": pl.String, "leaf_no": INDEX["leaf_no"]},
    )
    numbered = registry.select("unit_no", "unit_code")
    by_unit = _unit_parameters(looked_up, codes, numbered, [c for c in leaf_table.columns if c.startswith("p_")])
    earlier = {x.indicator.code: x.asked[-1] for x in leaves if x.asked[-1] < position(plan, period)}
    missed = never_asked(plan, period, units, registry, earlier)
    special = pl.concat(
        [
            exceptions(plan, period).join(missed, on=["unit_code", "indicator_code"], how="anti"),
            missed.with_columns(role=pl.lit(None, pl.String), state=pl.lit("not_assigned")),
        ],
        how="diagonal",
    )
    special = (
        special.join(codes, on="indicator_code")
        .join(numbered, on="unit_code")
        .select(
            "unit_no",
            "leaf_no",
            "role",
            granted=pl.col("state") != "not_assigned",
            waived=pl.col("state") == "not_applicable",
        )
    )
    added = {x.indicator.code: x.terms for x in leaves if x.needed > 1}
    unasked = excused(plan, period, units, registry, added)
    unasked = unasked.join(codes, on="indicator_code").join(numbered, on="unit_code").select("unit_no", "leaf_no", "at")
    return Compiled(
        plan,
        period,
        position(plan, period),
        leaves,
        variants,
        registry,
        leaf_table,
        nodes,
        by_unit,
        special,
        unasked,
        numbers,
    )


def _registry(plan: Plan, period: Period, units: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Keep the units valid on the period's last day, in order of their code, with numbers for unit and class."""
    valid = valid_units(units, period).drop("unit_no", "class_no", strict=False).sort("unit_code")
    if valid.is_empty():
        raise UserError(f"{period} 没有有效的被考核单位。", f"No unit is valid in {period}.")
    twice = valid.filter(pl.col("unit_code").is_duplicated())["unit_code"].unique().sort().to_list()
    if twice:
        shown = "、".join(twice[:5])
        raise UserError(
            f"单位代码重复:{shown}。请在单位表中每个代码只留一行。",
            f"Units listed twice: {shown}. Keep one row for each code.",
        )
    classes = plan.classes() if plan.file.classes else sorted(valid["class_code"].unique().to_list())
    unknown = valid.filter(~pl.col("class_code").is_in(classes))
    if not unknown.is_empty():
        row = unknown.row(0, named=True)
        zh = f"单位 {row['unit_code']} 的类别“{row['class_code']}”不在考核方案中。可用:{'、'.join(classes)}。"
        en = f"Unit {row['unit_code']} has the class '{row['class_code']}', unknown to the plan. Known: "
        en += ", ".join(classes) + "."
        raise UserError(zh, en)
    order = pl.DataFrame({"class_code": classes}).with_row_index("class_no").cast({"class_no": INDEX["class_no"]})
    numbered = valid.join(order, on="class_code", how="left", maintain_order="left")
    return numbered.with_row_index("unit_no").cast({"unit_no": INDEX["unit_no"]}), classes


def _leaves(plan: Plan, period: Period, targets: pl.DataFrame) -> tuple[Leaf, ...]:
    """Resolve each indicator that counts by now: its phase, when it was asked, its share of the schedule, its parts."""
    result: list[Leaf] = []
    by_point = set(targets.filter(pl.col("name").str.starts_with("per_point_"))["indicator_code"].to_list())
    length = len(periods_of(plan, period))
    for indicator in plan.indicators:
        at = last_asked(plan, indicator, period)
        if at is None:
            continue
        phase = phase_of(indicator, period)
        method = _by_point(phase.method if phase and phase.method else indicator.method, indicator.code in by_point)
        schedule = (phase.schedule if phase and phase.schedule else indicator.schedule) or [
            (i + 1) / length for i in range(length)
        ]
        full = _full(method, at)
        if full == 0:
            continue  # milestones of which none is due yet: nothing is asked
        due_share = schedule[at - 1] if getattr(method, "target", None) == "annual_share" else 1.0
        asked = tuple(p for p in asked_positions(plan, indicator, period) if p <= at)
        if indicator.value_from in plan.nodes:
            asked = (position(plan, period),)  # a node has a score in every period
        checks = plan.file.intake.checks
        result.append(Leaf(len(result), indicator, method, asked, due_share, parts_of(method), full, checks))
    return tuple(result)


def _by_point(method: Method, from_targets: bool) -> Method:
    """Make an attainment by points per point, where the plan or the targets ask for it, say so in both parameters."""
    if not isinstance(method, Attainment):
        return method
    above, below = method.per_point_above, method.per_point_below
    if above is None and below is None and not from_targets:
        return method
    one = 1.0
    return method.model_copy(
        update={"per_point_above": one if above is None else above, "per_point_below": one if below is None else below}
    )


def _full(method: Method, at: int) -> float | None:
    """Return what counts as full marks of a checklist or of milestones due by position ``at``."""
    match method:
        case Checklist():
            return sum(parts_of(method).values())
        case Milestones(stages=stages):
            due = [s for s in stages if s.due is None or s.due <= at]
            return sum(s.weight for s in due)
    return None


def _variants(leaves: tuple[Leaf, ...]) -> tuple[tuple[Leaf, ...], dict[int, int]]:
    """Group indicators whose formula is the same up to parameters; return one of each and leaf number → variant."""
    found: dict[str, int] = {}
    first: list[Leaf] = []
    of: dict[int, int] = {}
    for leaf in leaves:
        loose = {
            *parameter_names(leaf.method),
            "target",
            "items",
            "stages",
            "per_item",
            "per_case",
            "cap_by_kind",
            "groups",
        }
        by_point = getattr(leaf.method, "per_point_above", None) is not None
        if group_target_of(leaf.method) is not None:
            loose.discard("target")
        key = repr((by_point, sorted((k, repr(v)) for k, v in leaf.method if k not in loose)))
        if key not in found:
            found[key] = len(first)
            first.append(leaf)
        of[leaf.number] = found[key]
    return tuple(first), of


def _targets(plan: Plan, targets: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Keep the parameter rows that hold in the period, the most specific period first.

    Raises:
        UserError: a value is missing, NaN or infinite; it must not pass for "not given".
    """
    bad = targets.filter(pl.col("value").is_null() | ~pl.col("value").is_finite())
    if not bad.is_empty():
        row = bad.row(0, named=True)
        raise UserError(
            f"目标值表中指标 {row['indicator_code']} 的 {row['name']} 不是有限的数字。请填写数字或删除该行。",
            f"In the targets, {row['name']} of indicator {row['indicator_code']} is no finite number. "
            "Write a number or remove the row.",
        )
    key = ["indicator_code", "unit_code", "class_code", "name"]
    return holding_rows(plan, period, targets, key).select(*key, "value")


def _leaf_table(
    plan: Plan, leaves: tuple[Leaf, ...], classes: list[str], numbers: dict[str, int], variant_of: dict[int, int],
    targets: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    shared = targets.filter(pl.col("unit_code").is_null())
    rows = {(r["indicator_code"], r["class_code"], r["name"]): r["value"] for r in shared.iter_rows(named=True)}
    names = sorted({n for leaf in leaves for n in parameter_names(leaf.method)})
    weights = {code: weights_of(plan, code, classes) for code in plan.nodes}
    points = points_of(plan, classes, weights)
    siblings = {code: [x.indicator.code for x in leaves if x.indicator.parent == code] for code in plan.nodes}
    table: dict[str, list[Any]] = {
        c: []
        for c in (
            "class_no",
            "leaf_no",
            "parent_no",
            "assigned",
            "weight",
            "block",
            "mark",
            "variant",
            "share",
            "points",
            "p_full",
        )
    }
    table |= {f"p_{n}": [] for n in names}
    for leaf in leaves:
        own = set(parameter_names(leaf.method))
        code = leaf.indicator.code
        for number, class_code in enumerate(classes):
            assigned = leaf.indicator.assigned_to is None or class_code in leaf.indicator.assigned_to
            weight = weights[leaf.indicator.parent][class_code][code]
            worth = points[class_code][code] if leaf.indicator.places_of == "points" else 1.0
            block, place = divmod(siblings[leaf.indicator.parent].index(code), MARKS)
            for column, value in {
                "class_no": number, "leaf_no": leaf.number, "parent_no": numbers[leaf.indicator.parent],
                "assigned": assigned, "weight": weight, "block": block, "mark": 4**place,
                "variant": variant_of[leaf.number], "share": leaf.schedule_share, "points": worth, "p_full": leaf.full,
            }.items():  # fmt: skip
                table[column].append(value)
            for name in names:
                literal = getattr(leaf.method, name, None)
                literal = literal if isinstance(literal, float) else None
                found = rows.get((code, class_code, name), rows.get((code, None, name), literal))
                table[f"p_{name}"].append(found if name in own else None)
    schema = {**{c: pl.Float64 for c in table}, **INDEX, "assigned": pl.Boolean, "weight": pl.Int64, "mark": pl.Int64}
    schema["block"] = pl.Int16
    schema["variant"] = pl.Int16
    return pl.DataFrame(table, schema={c: schema[c] for c in table})


def _unit_parameters(
    targets: pl.DataFrame, codes: pl.DataFrame, units: pl.DataFrame, parameters: list[str]
) -> pl.DataFrame:
    """Turn the parameter rows of single units into one row per unit and indicator."""
    rows = (
        targets.filter(pl.col("unit_code").is_not_null()).join(codes, on="indicator_code").join(units, on="unit_code")
    )
    names = [n for n in parameters if n[2:] in set(rows["name"].unique().to_list())]
    return rows.group_by("unit_no", "leaf_no").agg(
        pl.col("value").filter(pl.col("name") == n[2:]).first().alias(n) for n in names
    )


def group_columns(compiled: Compiled) -> list[str]:
    """Return the columns of the registry that relative methods group by, besides class and all.

    Raises:
        UserError: the registry lacks one.
    """
    wanted = {reference_group(leaf.method) for leaf in compiled.leaves}
    names = sorted(name for name in wanted - {None, "class", "all"} if name)
    absent = [n for n in names if n not in compiled.units.columns]
    if absent:
        zh = f"单位表缺少参照组所需的列:{'、'.join(absent)}。"
        raise UserError(zh, f"The units table lacks the column(s) that reference groups need: {', '.join(absent)}.")
    return names


def part_weights(leaf: Leaf) -> tuple[dict[str, float], float | None]:
    """Return the weight of one in each part, and the weight of one in any other part (None: unknown part)."""
    if leaf.parts:
        return leaf.parts, None
    scalar = leaf.method.per_item if isinstance(leaf.method, Points) else getattr(leaf.method, "per_case", None)
    return {}, scalar if isinstance(scalar, float) else None
