"""Indicator scores: each value meets its formula, its limits and its reason codes."""

import narwhals as nw
import polars as pl

from schemas.methods import Relative, reference_group
from scoring.compile import Compiled
from scoring.engine import Engine
from scoring.exact import divided, nano, rounded, scale_of
from scoring.formulas import Formula, formula_of
from scoring.frames import REASON, Frame
from scoring.relative import with_group_target, with_statistics
from scoring.values import flat_score, number_of, too_few_cases, too_few_to_apply

CELL = ["unit_no", "class_no", "leaf_no", "parent_no", "weight", "block", "mark", "waived", "score"]
HIGHEST = 9e6
"""A score beyond this is none, so that sums of scaled integers cannot overflow."""
COLUMNS = [*CELL, "reason", "value", "target"]


def leaf_scores(engine: Engine, compiled: Compiled, used: Frame, *, detail: bool) -> Frame:
    """Return unit_no, class_no, leaf_no, parent_no, weight, block, mark, waived, score, reason, value, target.

    One row per assigned cell for which anything was received. ``detail`` adds the reasons, values and targets; without
    it these are null.
    """
    cells = with_parameters(engine, compiled, used)
    relative = [n for n, v in enumerate(compiled.variants) if reference_group(v.method) is not None]
    absolute = [n for n in range(len(compiled.variants)) if n not in relative]
    if relative and absolute:
        cells = engine.keep(cells)
    frames = []
    if absolute:
        some = cells.filter(nw.col("variant").is_in(absolute)) if relative else cells
        frames.append(
            _scored(compiled, some, {n: formula_of(compiled.variants[n].method) for n in absolute}, detail=detail)
        )
    for n in relative:
        variant = compiled.variants[n]
        some = cells.filter(nw.col("variant") == n)
        treated = isinstance(variant.method, Relative)
        group = (with_statistics if treated else with_group_target)(engine, compiled, some, variant)
        frames.append(_scored(compiled, group, {n: formula_of(variant.method)}, detail=detail, relative=treated))
    waived = compiled.exceptions.filter("waived")
    if not waived.is_empty():
        frames.append(_waived(engine, compiled, waived))
    # Each part on its own: the database would parse all of a union's expressions again with every part added.
    return nw.concat([engine.keep(f) for f in frames]) if len(frames) > 1 else frames[0]


def _waived(engine: Engine, compiled: Compiled, waived: pl.DataFrame) -> Frame:
    """Return one row for every cell that the office declared not applicable, whatever was reported for it."""
    rows = (
        waived.join(compiled.units.select("unit_no", "class_no"), on="unit_no")
        .join(compiled.leaf_table.select("class_no", *CELL[2:7]), on=["class_no", "leaf_no"])
        .with_columns(
            waived=pl.lit(True), score=pl.lit(None, dtype=pl.Float64),
            reason=pl.lit(REASON["not_applicable"], dtype=pl.Int16), value=pl.lit(None, dtype=pl.Float64),
            target=pl.lit(None, dtype=pl.Float64),
        )
    )  # fmt: skip
    return engine.frame(rows.select(COLUMNS))


def with_parameters(engine: Engine, compiled: Compiled, used: Frame) -> Frame:
    """Join class rows, exceptions and single units' parameters; keep assigned cells; divide by the denominator."""
    cells = used.join(engine.frame(compiled.leaf_table), on=["class_no", "leaf_no"])
    if compiled.exceptions.is_empty():
        cells = cells.filter(nw.col("assigned"))
    else:
        special = engine.frame(compiled.exceptions.select("unit_no", "leaf_no", "granted", by_office="waived"))
        cells = cells.join(special, on=["unit_no", "leaf_no"], how="left")
        cells = cells.filter(nw.coalesce(nw.col("granted"), nw.col("assigned")) & ~nw.col("by_office").fill_null(False))
    own = [c for c in compiled.unit_parameters.columns if c.startswith("p_")]
    if own:
        single = compiled.unit_parameters.rename({c: f"own_{c}" for c in own})
        cells = cells.join(engine.frame(single), on=["unit_no", "leaf_no"], how="left")
        cells = cells.with_columns(*(nw.coalesce(nw.col(f"own_{c}"), nw.col(c)).alias(c) for c in own))
    cells = _with_credit(engine, compiled, cells)
    unfit = too_few_to_apply(compiled)
    if unfit is not None:
        cells = cells.with_columns(waived=nw.col("waived") | unfit)
    target = nw.col("p_target") * nw.col("share") if "p_target" in compiled.parameters else nw.lit(None, nw.Float64)
    cells = cells.with_columns(value=nw.when(~nw.col("waived")).then(number_of(compiled)), target=target)
    return _rounded_values(compiled, cells)


def _rounded_values(compiled: Compiled, cells: Frame) -> Frame:
    """Round or truncate the values of indicators for which the plan says so, before any method sees them."""
    rules: dict[str, dict[int, int]] = {}
    for leaf in compiled.leaves:
        if leaf.indicator.value_places is not None:
            rules.setdefault(leaf.indicator.value_rounding, {})[leaf.number] = leaf.indicator.value_places
    for mode, places in rules.items():
        cells = cells.with_columns(value=rounded(nw.col("value"), scale_of(places, "leaf_no"), mode))
    return cells


def _with_credit(engine: Engine, compiled: Compiled, cells: Frame) -> Frame:
    """Count a shared event by the plan's credit for lead and partner."""
    credits = [
        {"leaf_no": x.number, "role": role, "credit": credit}
        for x in compiled.leaves
        for role, credit in x.indicator.credit.items()
    ]
    roles = compiled.exceptions.select("unit_no", "leaf_no", "role").drop_nulls()
    if not credits or roles.is_empty():
        return cells
    table = pl.DataFrame(credits, schema_overrides={"leaf_no": pl.Int16, "credit": pl.Float64})
    shares = engine.frame(roles.join(table, on=["leaf_no", "role"]).select("unit_no", "leaf_no", "credit"))
    cells = cells.join(shares, on=["unit_no", "leaf_no"], how="left")
    return cells.with_columns(value=nw.col("value") * nw.col("credit").fill_null(1.0))


def _scored(
    compiled: Compiled, cells: Frame, formulas: dict[int, Formula], *, detail: bool, relative: bool = False
) -> Frame:
    """Apply each variant's formula where no guard holds; limit, move to the range, round; give the reason."""
    only = len(formulas) == 1
    none: nw.Expr = nw.lit(None, nw.Float64)
    raw = bottom = top = none
    low = high = none
    why = nw.lit(None, nw.Int16)
    for number, formula in formulas.items():
        here = nw.lit(True) if only else nw.col("variant") == number
        fits, failed = _guarded(formula)
        raw = nw.when(here & fits).then(formula.raw).otherwise(raw)
        why = nw.when(here).then(failed).otherwise(why)
        if formula.low is not None:
            low = nw.when(here).then(formula.low).otherwise(low)
        if formula.high is not None:
            high = nw.when(here).then(formula.high).otherwise(high)
        if formula.range != (0.0, 100.0):
            bottom = nw.when(here).then(nw.lit(formula.range[0])).otherwise(bottom)
            top = nw.when(here).then(nw.lit(formula.range[1])).otherwise(top)
    # In steps, so that each engine sees every formula once.
    steps = cells.with_columns(raw=raw, low=low, high=high, **({"why": why} if detail else {}))
    # Comparing with zero makes +0.0 of -0.0, which would read as less than nothing.
    raw = nw.when(nw.col("raw") == 0).then(nw.lit(0.0)).when(nw.col("raw").is_finite()).then(nw.col("raw"))
    flat = flat_score(compiled)
    steps = steps.with_columns(raw=raw if flat is None else nw.coalesce(raw, flat))
    limited: nw.Expr = nw.when(nw.col("raw") > nw.col("high")).then(nw.col("high"))
    limited = limited.when(nw.col("raw") < nw.col("low")).then(nw.col("low")).otherwise(nw.col("raw"))  # type: ignore[attr-defined]
    if any(f.range != (0.0, 100.0) for f in formulas.values()):
        steps = steps.with_columns(bottom=bottom, top=top)
        moved = nw.col("bottom") + divided((nw.col("top") - nw.col("bottom")) * limited, 100.0)
        limited = nw.when(nw.col("bottom").is_null()).then(limited).otherwise(moved)
    fits = nw.when((limited <= HIGHEST) & (limited >= -HIGHEST)).then(limited)
    result = _rounded_leaves(compiled, steps.with_columns(score=fits))
    if not detail:
        return result.select(*CELL, nw.lit(None, nw.Int16).alias("reason"), none.alias("value"), none.alias("target"))
    return result.select(
        *CELL, _reason(_altered(relative=relative), too_few_cases(compiled)).alias("reason"), "value", "target"
    )


def _guarded(formula: Formula) -> tuple[nw.Expr, nw.Expr]:
    """Return whether the formula may be computed, and the reason why not."""
    bad = nw.lit(False)
    why = nw.lit(None, nw.Int16)
    for code, condition in reversed(formula.guards):
        bad = bad | condition
        why = nw.when(condition).then(nw.lit(REASON[code], nw.Int16)).otherwise(why)
    return ~nw.col("value").is_null() & ~bad, why


def _altered(*, relative: bool) -> nw.Expr:
    """Return why the formula gave nothing, or what altered its score."""
    raw = nw.col("raw")
    points = nano(raw)  # who just reaches the cap may come out a bit above it: 100 × 0.69 / 0.69
    note = nw.when(points > nano(nw.col("high"))).then(nw.lit(REASON["capped"], nw.Int16))
    note = note.when(points < nano(nw.col("low"))).then(nw.lit(REASON["floored"], nw.Int16))
    if relative:
        treated = nw.when(nw.col("treated")).then(nw.lit(REASON["outlier_treated"], nw.Int16))
        note = nw.coalesce(treated, note)  # type: ignore[assignment]
    failed = nw.coalesce(nw.col("why"), nw.lit(REASON["bad_parameter"], nw.Int16))
    absent = nw.when(~nw.col("value").is_null()).then(failed)
    large = nw.when(nw.col("score").is_null()).then(nw.lit(REASON["too_large"], nw.Int16))
    return nw.when(raw.is_null()).then(absent).otherwise(nw.coalesce(large, note))


def _reason(formula_reason: nw.Expr, few: nw.Expr) -> nw.Expr:
    """Pick the one reason to show: why there is no value, else why the formula failed, else what altered the score."""
    before = nw.col("reason")
    mild = before.is_null() | before.is_in([REASON["nil"], REASON["adjusted"]])
    denominator = nw.col("denominator")
    ratio_failed = (
        nw.when(few & nw.col("value").is_null())
        .then(nw.lit(REASON["too_few_cases"], nw.Int16))
        .when((denominator == 0) & nw.col("value").is_null())
        .then(nw.lit(REASON["zero_denominator"], nw.Int16))
        .when((denominator < 0) & nw.col("value").is_null())
        .then(nw.lit(REASON["impossible_value"], nw.Int16))
    )
    unscored = nw.coalesce(ratio_failed, formula_reason, nw.lit(REASON["not_reported"], nw.Int16))
    return (
        nw.when(nw.col("waived"))
        .then(nw.lit(REASON["not_applicable"], nw.Int16))
        .when(~mild)
        .then(before)
        .when(nw.col("score").is_null())
        .then(unscored)
        .when(nw.col("value").is_null())
        .then(nw.lit(REASON["too_few_cases"], nw.Int16))
        .otherwise(nw.coalesce(before, formula_reason))
    )


def _rounded_leaves(compiled: Compiled, cells: Frame) -> Frame:
    """Round the scores of indicators for which the plan says so, or the points that they make."""
    places = {x.number: x.indicator.places for x in compiled.leaves if x.indicator.places is not None}
    if not places:
        return cells
    mode = compiled.plan.file.total.rounding
    scale = scale_of(places, "leaf_no") * nw.col("points")
    return cells.with_columns(score=rounded(nw.col("score"), scale, mode))
