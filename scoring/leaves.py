"""Indicator scores: each value meets its formula, its limits and its reason codes."""

import narwhals as nw
import polars as pl

from schemas.methods import RELATIVE_METHODS
from scoring.compile import Compiled
from scoring.engine import Engine
from scoring.exact import rounded
from scoring.formulas import Formula, formula_of
from scoring.frames import REASON, Frame
from scoring.relative import with_statistics

CELL = ["unit_no", "class_no", "leaf_no", "parent_no", "weight", "block", "mark", "waived", "score"]
COLUMNS = [*CELL, "reason", "value", "target"]


def leaf_scores(engine: Engine, compiled: Compiled, used: Frame, *, detail: bool) -> Frame:
    """Return unit_no, class_no, leaf_no, parent_no, weight, block, mark, waived, score, reason, value, target.

    One row per assigned cell for which anything was received. ``detail`` adds the reasons, values and targets; without
    it these are null.
    """
    cells = with_parameters(engine, compiled, used)
    relative = [n for n, v in enumerate(compiled.variants) if v.method.kind in RELATIVE_METHODS]
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
        group = with_statistics(engine, compiled, cells.filter(nw.col("variant") == n), variant)
        frames.append(_scored(compiled, group, {n: formula_of(variant.method)}, detail=detail, relative=True))
    waived = compiled.exceptions.filter("waived")
    if not waived.is_empty():
        frames.append(_waived(engine, compiled, waived))
    return nw.concat(frames) if len(frames) > 1 else frames[0]


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
    target = nw.col("p_target") * nw.col("share") if "p_target" in compiled.parameters else nw.lit(None, nw.Float64)
    number = _number(compiled)
    return cells.with_columns(value=nw.when(~nw.col("waived")).then(number), target=target)


def _number(compiled: Compiled) -> nw.Expr:
    """Return the value: numerator over denominator (× ``per``) where there is a denominator, else the value."""
    scales: dict[float, list[int]] = {}
    for leaf in compiled.leaves:
        per = 100.0 if leaf.method.kind == "coverage" else leaf.indicator.per
        scales.setdefault(per, []).append(leaf.number)
    ratio = nw.when(nw.col("denominator") > 0).then(nw.col("numerator") / nw.col("denominator"))
    if set(scales) != {1.0}:
        per_column = nw.lit(1.0)
        for per, leaves in scales.items():
            per_column = nw.when(nw.col("leaf_no").is_in(leaves)).then(nw.lit(per)).otherwise(per_column)
        ratio = ratio * per_column
    return nw.when(nw.col("denominator").is_null()).then(nw.col("value")).otherwise(ratio)


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
    score, reason = None, None
    for number, formula in formulas.items():
        mine, why = _one(formula, relative=relative)
        here = nw.col("variant") == number
        score = mine if score is None else nw.when(here).then(mine).otherwise(score)
        reason = why if reason is None else nw.when(here).then(why).otherwise(reason)
    assert score is not None and reason is not None
    result = cells.with_columns(score=_rounded_leaves(compiled, score))
    none = nw.lit(None, nw.Float64)
    if not detail:
        return result.select(*CELL, nw.lit(None, nw.Int16).alias("reason"), none.alias("value"), none.alias("target"))
    return result.select(*CELL, _reason(reason).alias("reason"), "value", "target")


def _one(formula: Formula, *, relative: bool) -> tuple[nw.Expr, nw.Expr]:
    """Return score and reason of one formula."""
    bad = nw.lit(False)
    why = nw.lit(None, nw.Int16)
    for code, condition in reversed(formula.guards):
        bad = bad | condition
        why = nw.when(condition).then(nw.lit(REASON[code], nw.Int16)).otherwise(why)
    has_value = ~nw.col("value").is_null()
    raw = nw.when(has_value & ~bad).then(formula.raw)
    raw = nw.when(raw.is_finite()).then(raw)
    limited: nw.Expr = raw
    capped = floored = nw.lit(False)
    if formula.high is not None:
        capped = (raw > formula.high).fill_null(False)
        limited = nw.when(capped).then(formula.high).otherwise(limited)
    if formula.low is not None:
        floored = (raw < formula.low).fill_null(False)
        limited = nw.when(floored).then(formula.low).otherwise(limited)
    low, high = formula.range
    moved = limited if formula.range == (0.0, 100.0) else low + (high - low) * limited / 100.0
    note: nw.Expr = (
        nw.when(capped).then(nw.lit(REASON["capped"], nw.Int16)).when(floored).then(nw.lit(REASON["floored"], nw.Int16))
    )
    if relative:
        note = (
            nw.when(nw.col("treated").fill_null(False))
            .then(nw.lit(REASON["outlier_treated"], nw.Int16))
            .otherwise(note)
        )
    absent = (
        nw.when(~has_value)
        .then(nw.lit(None, nw.Int16))
        .otherwise(nw.coalesce(why, nw.lit(REASON["bad_parameter"], nw.Int16)))
    )
    return moved, nw.when(raw.is_null()).then(absent).otherwise(note)


def _reason(formula_reason: nw.Expr) -> nw.Expr:
    """Pick the one reason to show: why there is no value, else why the formula failed, else what altered the score."""
    before = nw.col("reason")
    mild = before.is_null() | before.is_in([REASON["nil"], REASON["adjusted"]])
    denominator = nw.col("denominator")
    ratio_failed = (
        nw.when((denominator == 0) & nw.col("value").is_null())
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
        .otherwise(nw.coalesce(before, formula_reason))
    )


def _rounded_leaves(compiled: Compiled, score: nw.Expr) -> nw.Expr:
    """Round the scores of indicators for which the plan says so."""
    mode = compiled.plan.file.total.rounding
    by_places: dict[int, list[int]] = {}
    for leaf in compiled.leaves:
        if leaf.indicator.places is not None:
            by_places.setdefault(leaf.indicator.places, []).append(leaf.number)
    for places, leaves in by_places.items():
        score = nw.when(nw.col("leaf_no").is_in(leaves)).then(rounded(score, places, mode)).otherwise(score)
    return score
