"""One scoring of one period: value used → indicator scores → up the tree → total, rank, grade."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import narwhals as nw
import polars as pl

from schemas.asked import asked_positions, is_mean_of_quarters, periods_of
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period, parse_period
from schemas.reasons import REASONS
from scoring.compile import Compiled, compile_plan, group_columns
from scoring.detail import scores_table
from scoring.engine import DuckDB, Engine, Source, collect, what_fits
from scoring.frames import Frame
from scoring.gather import WAIVED
from scoring.items import item_measurements
from scoring.leaves import leaf_scores
from scoring.nodes import INDEX
from scoring.staged import node_values
from scoring.standing import standing
from scoring.tree import node_scores
from scoring.unknown import refuse_adjustments, refuse_status, refuse_targets, refuse_unknown
from scoring.values import values

Detail = Literal["totals", "nodes", "all"]


@dataclass(frozen=True)
class Inputs:
    """What is scored, besides the plan.

    ``measurements`` (a table or a Parquet file): unit_code, indicator_code, value or numerator and denominator;
    optional period, part, status. ``units`` and ``targets`` replace the plan's own.
    ``verifications``, ``items`` and ``adjustments`` as in ``schemas.tables``; ``history``: earlier results with their
    period. ``unreported``: units that sent nothing although asked; None: worked out from the measurements.
    """

    measurements: Source
    units: pl.DataFrame | None = None
    targets: pl.DataFrame | None = None
    verifications: pl.DataFrame | None = None
    items: pl.DataFrame | None = None
    adjustments: pl.DataFrame | None = None
    history: pl.DataFrame | None = None
    unreported: list[str] | None = None


@dataclass(frozen=True)
class Scored:
    """``results``: one row per unit. ``scores``: lazily, one row per unit and node (None for ``detail="totals"``)."""

    period: Period
    results: pl.DataFrame
    scores: Frame | None
    engine: Engine = field(repr=False)
    order: dict[str, int] = field(repr=False)

    def scores_frame(self) -> pl.DataFrame:
        """Return the scores in memory, by unit code and the plan's order."""
        if self.scores is None:
            raise ValueError("scored without detail")
        frame = collect(self.scores)
        place = pl.col("node_code").replace_strict(self.order, return_dtype=pl.Int64)
        return frame.sort("unit_code", place)


def score(
    plan: Plan, inputs: Inputs, period: Period, *, detail: Detail = "all", engine: Engine | None = None
) -> Scored:
    """Score one period.

    A year of quarters follows the plan's ``year`` rule; adjustments of all its quarters enter once.

    Raises:
        UserError: unknown units, indicators, periods or parts; one cell twice; no unit; a score beyond all measure.
    """
    with what_fits():
        return _score(plan, inputs, period, detail, engine or DuckDB())


def _score(plan: Plan, inputs: Inputs, period: Period, detail: Detail, engine: Engine) -> Scored:
    if is_mean_of_quarters(plan, period):
        from scoring.year import score_year

        return score_year(plan, inputs, period, detail=detail, engine=engine)
    compiled = compile_inputs(plan, inputs, period)
    levels, leaves, sums = base_scores(engine, compiled, inputs, detail=detail)
    nodes = node_frame(compiled, levels)
    base = nodes.filter(pl.col("node_code") == plan.root).select("unit_code", base="score")
    results = standing(
        plan,
        compiled.units,
        base,
        nodes,
        adjustments_of(plan, inputs.adjustments, period),
        silent_units(engine, compiled, inputs),
        earlier_results(inputs.history, period),
    )
    table = (
        None
        if detail == "totals"
        else scores_table(engine, compiled, levels, leaves if detail == "all" else None, sums)
    )
    return Scored(period, results, table, engine, plan_order(plan))


def plan_order(plan: Plan) -> dict[str, int]:
    """Return every node's and indicator's place when the tree is read from the top."""
    order: dict[str, int] = {}

    def visit(code: str) -> None:
        order[code] = len(order)
        for child in plan.children.get(code, []):
            visit(child)

    visit(plan.root)
    return order


def compile_inputs(plan: Plan, inputs: Inputs, period: Period) -> Compiled:
    """Compile the plan with the units and targets that hold.

    Raises:
        UserError: targets or adjustments name what nobody knows; a column that a reference group needs is absent; no
            indicator counts in the period.
    """
    units = plan.units if inputs.units is None else inputs.units
    targets = plan.targets if inputs.targets is None else complete_targets(inputs.targets)
    if inputs.targets is not None:
        refuse_targets(plan, units, targets)
    refuse_adjustments(plan, units, inputs.adjustments)
    compiled = compile_plan(plan, period, units, targets)
    group_columns(compiled)
    if not compiled.leaves:
        raise nothing_counts(period)
    return compiled


def nothing_counts(period: Period) -> UserError:
    """Return the error for a period in which nothing is asked of anybody."""
    return UserError(f"{period} 没有任何需计分的指标。", f"No indicator counts in {period}.")


def complete_targets(targets: pl.DataFrame) -> pl.DataFrame:
    """Add the optional columns that a table of targets lacks."""
    optional = [c for c in ("unit_code", "class_code", "period") if c not in targets.columns]
    return targets.with_columns(pl.lit(None, dtype=pl.String).alias(c) for c in optional)


def base_scores(
    engine: Engine, compiled: Compiled, inputs: Inputs, *, detail: Detail
) -> tuple[dict[int, Frame], Frame, Frame]:
    """Return the nodes by level, the indicators' scores, and the sums over indicators."""
    source = inputs.measurements
    refuse_status(engine, source)
    if inputs.items is not None:
        assert isinstance(source, pl.DataFrame)
        source = pl.concat([source, item_measurements(compiled, inputs.items)], how="diagonal_relaxed")
    computed = node_values(engine, compiled, source, inputs.verifications)
    used = values(engine, compiled, source, inputs.verifications, computed)
    leaves = leaf_scores(engine, compiled, used, detail=detail == "all")
    if any(leaf.gathered for leaf in compiled.leaves):
        leaves = engine.keep(leaves)
    levels, sums = node_scores(engine, compiled, leaves)
    received = collect(engine.frame(source).select(nw.len().alias("n")))["n"].item()
    counted = collect(sums.select(nw.col("rows").sum().alias("n")))["n"].item()
    several = any(leaf.gathered for leaf in compiled.leaves) or compiled.exceptions["waived"].any()
    if several or computed is not None or counted is None or int(counted) != received:
        # Rows and cells are not one to one: other periods, parts, cells nobody asked for; or codes that nobody knows.
        refuse_unknown(engine, compiled, source, inputs.units)
    return levels, leaves, sums


def node_frame(compiled: Compiled, levels: dict[int, Frame]) -> pl.DataFrame:
    """Return unit_code, node_code, score of the root and of the nodes that ranks and grades look at."""
    file = compiled.plan.file
    wanted = {compiled.plan.root, *file.rank.tie_breakers, *(c for g in file.grades for c in g.node_floors)}
    if file.grade_by:
        wanted |= set(file.grade_by.nodes)
    frames = []
    for level, nodes in levels.items():
        numbers = {
            compiled.node_numbers[c]: c
            for c in wanted
            if c in compiled.node_numbers and compiled.plan.level[c] == level
        }
        if numbers:
            some = collect(
                nodes.filter(nw.col("node_no").is_in(list(numbers))).select("unit_no", "node_no", "score", "state")
            )
            frames.append(
                some.with_columns(node_code=pl.col("node_no").replace_strict(numbers, return_dtype=pl.String))
            )
    names = compiled.units.select("unit_no", "unit_code")
    return pl.concat(frames).join(names, on="unit_no").select("unit_code", "node_code", "score", "state")


def adjustments_of(plan: Plan, adjustments: pl.DataFrame | None, period: Period) -> pl.DataFrame | None:
    """Keep the valid adjustments of the period; of a year, those of all its periods. Rows without one hold."""
    if adjustments is None:
        return None
    if "adjustment_id" in adjustments.columns and "recorded_at" in adjustments.columns:
        adjustments = adjustments.sort("recorded_at", maintain_order=True)
        adjustments = adjustments.unique("adjustment_id", keep="last", maintain_order=True)
    if "state" in adjustments.columns:
        adjustments = adjustments.filter(pl.col("state").fill_null("valid") == "valid")
    if "period" not in adjustments.columns:
        return adjustments
    names = {str(period)}
    if period.months == 12:
        names |= {str(p) for p in periods_of(plan, period)}
    return adjustments.filter(pl.col("period").is_null() | pl.col("period").cast(pl.String).is_in(sorted(names)))


def earlier_results(history: pl.DataFrame | None, period: Period) -> pl.DataFrame | None:
    """Keep the results of periods of the same kind before this one."""
    if history is None:
        return None
    codes = history["period"].cast(pl.String).unique().to_list()
    before = [c for c in codes if (p := parse_period(c)) < period and p.months == period.months]
    return history.with_columns(pl.col("period").cast(pl.String)).filter(pl.col("period").is_in(before))


def silent_units(engine: Engine, compiled: Compiled, inputs: Inputs) -> list[str]:
    """Return the units that pay for having reported nothing: those given, else those worked out where it costs."""
    if inputs.unreported is not None or compiled.plan.file.adjustments.not_reported is None:
        return inputs.unreported or []
    return unreported_units(engine, compiled, inputs.measurements)


def unreported_units(engine: Engine, compiled: Compiled, measurements: Source) -> list[str]:
    """Return the units that were asked in this period (in a longer one's last) and reported no cell of it, no nil."""
    plan, period = compiled.plan, compiled.period
    asked_now = [
        x.indicator.code
        for x in compiled.leaves
        if x.indicator.owner == "unit"
        and x.indicator.value_from is None
        and compiled.position in asked_positions(plan, x.indicator, period)
    ]
    raw = engine.frame(measurements)
    have = set(raw.collect_schema().names())
    raw = raw.filter(nw.col("indicator_code").is_in(asked_now))
    if "period" in have:
        names = [str(period), str(periods_of(plan, period)[compiled.position - 1])]
        raw = raw.filter(nw.col("period").is_null() | nw.col("period").cast(nw.String).is_in(names))
    given = nw.lit(False)
    for name in ("value", "numerator", "denominator"):
        if name in have:
            given = given | ~nw.col(name).is_null()
    answered: Any = given
    if "status" in have:
        answered = nw.col("status").is_in(["reported", "nil"]) | (nw.col("status").is_null() & given)
    heard = set(collect(raw.filter(answered).select("unit_code").unique())["unit_code"].to_list())
    silent = [u for u in _asked_units(compiled, asked_now) if u not in heard]
    if not silent or "status" not in have:
        return silent
    # What a row declares not applicable was not asked either; only units of which nothing was heard can have only such.
    excused = raw.filter(nw.col("unit_code").is_in(silent) & nw.col("status").is_in(WAIVED))
    waived = collect(excused.select("unit_code", "indicator_code").unique())
    return _asked_units(compiled, asked_now, waived, silent)


def _asked_units(
    compiled: Compiled, codes: list[str], excused: pl.DataFrame | None = None, among: list[str] | None = None
) -> list[str]:
    """Return the units that have at least one of these indicators assigned and applicable; ``excused``: cells left out.

    ``among`` names the only units that are wanted.
    """
    numbers = [x.number for x in compiled.leaves if x.indicator.code in codes]
    table = compiled.leaf_table.filter(pl.col("leaf_no").is_in(numbers) & pl.col("assigned")).select(
        "class_no", "leaf_no"
    )
    grid = compiled.units.select("unit_no", "class_no").join(table, on="class_no").select("unit_no", "leaf_no")
    special = compiled.exceptions.filter(pl.col("leaf_no").is_in(numbers))
    added = special.filter(pl.col("granted") & ~pl.col("waived")).select("unit_no", "leaf_no")
    asked = pl.concat([grid.join(special, on=["unit_no", "leaf_no"], how="anti"), added])
    if excused is not None:
        order = {x.indicator.code: x.number for x in compiled.leaves}
        cells = excused.join(compiled.units.select("unit_code", "unit_no"), on="unit_code").with_columns(
            leaf_no=pl.col("indicator_code").replace_strict(order, return_dtype=INDEX["leaf_no"])
        )
        asked = asked.join(cells, on=["unit_no", "leaf_no"], how="anti")
    found = compiled.units.join(asked.select("unit_no").unique(), on="unit_no", how="semi")
    if among is not None:
        found = found.filter(pl.col("unit_code").is_in(among))
    return found.sort("unit_code")["unit_code"].to_list()


def rules_hash() -> str:
    """Return the SHA-256 of the scoring rules' own source: this package and the plan's meaning in ``schemas``.

    Of the reasons the order counts, by which one of several wins; their wordings do not.
    """
    here = Path(__file__).parent
    digest = hashlib.sha256()
    rules = [p for p in sorted(here.glob("*.py")) if not p.stem.startswith(("explain", "robustness"))]
    files = [
        *rules,
        *(here.parent / "schemas" / n for n in ("asked.py", "methods.py", "outside.py", "periods.py", "plan.py")),
    ]
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    digest.update("\0".join(REASONS).encode())
    return digest.hexdigest()
