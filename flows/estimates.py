"""How each indicator of each unit is scored, as far as its own cells decide it: what the form's live formulas need.

Method, parameters, target and limits are the engine's own for the unit and period: the period is scored once with a
stand-in in every asked cell, and what the formula then looked at is handed over. So the form cannot disagree with the
rules, and what the engine would refuse (no target, no baseline, a gap in the year) is said in the cell.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import narwhals as nw
import polars as pl

from intake.form import form_rows
from intake.provisional import Estimate, SoFar, Words
from schemas import methods as m
from schemas.asked import asked
from schemas.folder import Plan
from schemas.periods import Period
from schemas.plan import Value
from schemas.reasons import REASONS
from schemas.tables import Items, Measurements, columns_of, empty
from scoring import Inputs, score
from scoring.compile import Compiled, Leaf, part_weights
from scoring.engine import Engine, Polars, collect
from scoring.explain_formula import values_of
from scoring.formulas import formula_of
from scoring.frames import Frame
from scoring.gather import nil_rule
from scoring.items import item_measurements
from scoring.leaves import with_parameters
from scoring.run import compile_inputs
from scoring.values import positions, received, values

OTHERS: Words = ("视全类而定", "depends on the others")
RATERS: Words = ("由评委评定", "raters decide")
MOVES: Words = ("权重转移", "weight moves")
STANDS: Words = ("沿用上期", "last value stands")
CLASS_MEAN: Words = ("取均值", "class mean")
NUMBERS = ("value", "numerator", "denominator")
_GUARDS = {"coverage": "{value}<0", "deductions": "{value}<0"}
Row = dict[str, Any]


class Estimates:
    """The estimates of one period. ``previous``: measurements of earlier periods; ``verdicts``: on those."""

    def __init__(
        self, plan: Plan, period: Period, previous: pl.DataFrame | None = None, verdicts: pl.DataFrame | None = None
    ) -> None:
        """Score the period with a stand-in in every asked cell."""
        self.plan, self.period = plan, period
        self.previous = _before(previous, period)
        self.verdicts = None if verdicts is None else verdicts.filter(pl.col("period") != str(period))
        self.engine: Engine = Polars()
        self.measurements = pl.concat([self.previous, _stand_ins(plan, period)], how="diagonal_relaxed")
        inputs = Inputs(self.measurements, verifications=self.verdicts, items=empty(Items), unreported=[])
        self.compiled = compile_inputs(plan, inputs, period)
        self.scores = score(plan, inputs, period, engine=self.engine).scores_frame()
        self.leaves = {x.indicator.code: x for x in self.compiled.leaves}

    @property
    def weights(self) -> pl.DataFrame:
        """Return unit_code, indicator_code, effective_weight_pct in the total where everything asked is answered."""
        rows = self.scores.filter(pl.col("node_code").is_in(list(self.plan.leaves)))
        return rows.select("unit_code", "effective_weight_pct", indicator_code="node_code").drop_nulls()

    @property
    def targets(self) -> pl.DataFrame:
        """Return unit_code, indicator_code and the target on schedule; a class's own mean or best is not known yet."""
        return _known_targets(self.compiled, self.scores.rename({"node_code": "indicator_code"}))

    def of(self, unit_code: str) -> dict[str, Estimate]:
        """Return the estimates of a unit by indicator."""
        reasons = self._reasons.get(unit_code, {})
        cells = self._cells.get((unit_code,))
        if cells is None:
            return {}
        rows = {row["indicator_code"]: row for row in cells.iter_rows(named=True)}
        return {c: self._estimate(unit_code, self.leaves[c], rows[c], why) for c, why in reasons.items() if c in rows}

    @cached_property
    def _reasons(self) -> dict[str, dict[str, str | None]]:
        """Return by unit and asked indicator the reason why the stand-in got no score; None where it got one."""
        found: dict[str, dict[str, str | None]] = defaultdict(dict)
        rows = self.scores.join(
            asked(self.plan, self.period).select("unit_code", node_code="indicator_code"), on=["unit_code", "node_code"]
        )
        absent = pl.when(pl.col("score").is_null()).then(pl.col("reason_code").fill_null("bad_parameter"))
        for unit, code, reason in rows.select("unit_code", "node_code", absent).iter_rows():
            found[unit][code] = reason
        return found

    @cached_property
    def _cells(self) -> dict[tuple[object, ...], pl.DataFrame]:
        """Return by unit the columns that the formulas looked at, with their limits: a row for each indicator."""
        cells = self.engine.keep(_with_parameters(self.engine, self.compiled, self.measurements, self.verdicts))
        none, found = nw.lit(None, nw.Float64), []
        for number, variant in enumerate(self.compiled.variants):
            formula = formula_of(variant.method)
            limited = cells.filter(nw.col("variant") == number).with_columns(
                limit_low=none if formula.low is None else formula.low,
                limit_high=none if formula.high is None else formula.high,
            )
            found.append(collect(limited))
        rows = _named(self.compiled, pl.concat(found, how="diagonal_relaxed"))
        return rows.partition_by("unit_code", as_dict=True)

    @cached_property
    def _so_far(self) -> dict[tuple[str, str], dict[str, SoFar]]:
        """Return by unit and indicator what earlier periods of the year add, by part; verdicts on them count."""
        here = self.compiled.position
        terms = [(x.number, at) for x in self.compiled.leaves if _adds_up(x) for at in x.terms if at < here]
        rows = collect(received(self.engine, self.compiled, self.previous, self.verdicts))
        wanted = pl.DataFrame(terms, schema={c: rows.schema[c] for c in ("leaf_no", "at")}, orient="row")
        counted = rows.filter(pl.col("status").is_in(["reported", "nil"])).join(wanted, on=["leaf_no", "at"])
        sums = _named(self.compiled, counted.group_by("unit_no", "leaf_no", "part").agg(pl.col(NUMBERS).sum()))
        sums = sums.select("unit_code", "indicator_code", "part", *NUMBERS)
        found: dict[tuple[str, str], dict[str, SoFar]] = defaultdict(dict)
        for unit, code, part, *numbers in sums.iter_rows():
            found[unit, code][part or ""] = SoFar(*numbers)
        return found

    def _estimate(self, unit_code: str, leaf: Leaf, cell: Row, reason: str | None) -> Estimate:
        blank, word = self._blank(unit_code, leaf)
        nil = nil_rule(leaf)
        why = _why(leaf, cell, reason)
        if why:
            return Estimate(why=why, nil=nil, blank=blank, blank_word=word)
        method, formula = leaf.method, formula_of(leaf.method)
        weights, each = part_weights(leaf)
        indicator = leaf.indicator
        return Estimate(
            formula=formula.excel, numbers=values_of(method, _with_bounds(method, cell)), guard=_guard(method),
            low=cell["limit_low"], high=cell["limit_high"], range=formula.range,
            places=indicator.places, points=cell["points"], rounding=self.plan.file.total.rounding,
            value_places=indicator.value_places, value_rounding=indicator.value_rounding,
            weights=weights or ({} if each is None else {"": each}), caps=getattr(method, "cap_by_kind", {}),
            once=isinstance(method, m.Checklist | m.Milestones),
            so_far=self._so_far.get((unit_code, indicator.code), {}),
            credit=1.0 if cell.get("credit") is None else cell["credit"],
            min_denominator=indicator.min_denominator, too_few=_too_few(indicator.too_few), nil=nil, blank=blank,
            blank_word=word,
        )  # fmt: skip

    @cached_property
    def _reported_before(self) -> set[tuple[str, str]]:
        """Return unit and indicator of which an earlier value may stand in for a missing one."""
        latest = [x.indicator.code for x in self.compiled.leaves if x.latest]
        rows = self.previous.filter(pl.col("indicator_code").is_in(latest), pl.col("status") == "reported")
        year = rows.join(positions(self.compiled).filter(pl.col("at") > 0), on="period")
        return set(year.select("unit_code", "indicator_code").iter_rows())

    def _blank(self, unit_code: str, leaf: Leaf) -> tuple[float | None, Words]:
        """Return the score that a missing value gets by the rule of its node; None and a word where it gets none."""
        if (unit_code, leaf.indicator.code) in self._reported_before:
            return None, STANDS
        node = self.plan.nodes[leaf.indicator.parent]
        rule = node.missing or self.plan.file.missing_report
        if isinstance(rule, Value):
            return rule.value, ("", "")
        if rule == "zero":
            return 0.0, ("", "")
        return None, CLASS_MEAN if rule == "class_mean" else MOVES


def targets_due(plan: Plan, period: Period) -> pl.DataFrame:
    """Return unit_code, indicator_code and the target on schedule, as scoring will use it."""
    engine, stand_ins = Polars(), _stand_ins(plan, period)
    compiled = compile_inputs(plan, Inputs(stand_ins), period)
    return _known_targets(compiled, _named(compiled, collect(_with_parameters(engine, compiled, stand_ins))))


def _known_targets(compiled: Compiled, rows: pl.DataFrame) -> pl.DataFrame:
    """Return unit_code, indicator_code and target, where it is not the class's own mean or best."""
    others = [x.indicator.code for x in compiled.leaves if m.group_target_of(x.method) is not None]
    kept = rows.filter(pl.col("target").is_not_null() & ~pl.col("indicator_code").is_in(others))
    return kept.select("unit_code", "indicator_code", "target")


def _with_parameters(
    engine: Engine, compiled: Compiled, measurements: pl.DataFrame, verdicts: pl.DataFrame | None = None
) -> Frame:
    """Return the cells as a formula sees them: value, numerator, denominator, target and further parameters."""
    everything = pl.concat([measurements, item_measurements(compiled, empty(Items))], how="diagonal_relaxed")
    return with_parameters(engine, compiled, values(engine, compiled, everything, verdicts))


def _named(compiled: Compiled, rows: pl.DataFrame) -> pl.DataFrame:
    """Put unit_code and indicator_code beside the numbers that scoring uses for them."""
    leaves = [(x.number, x.indicator.code) for x in compiled.leaves]
    codes = pl.DataFrame(leaves, schema={"leaf_no": rows.schema["leaf_no"], "indicator_code": pl.String}, orient="row")
    return rows.join(codes, on="leaf_no").join(compiled.units.select("unit_no", "unit_code"), on="unit_no")


def _before(previous: pl.DataFrame | None, period: Period) -> pl.DataFrame:
    """Return earlier measurements with the columns that scoring reads."""
    columns = ["unit_code", "indicator_code", "period", "part", *NUMBERS, "status"]
    types = {c: t for c, t in columns_of(Measurements).items() if c in columns}
    if previous is None:
        return pl.DataFrame(schema=types).select(columns)
    absent = [pl.lit(None, dtype=types[c]).alias(c) for c in columns if c not in previous.columns]
    rows = previous.with_columns(absent).filter(pl.col("period") != str(period))
    return rows.select(pl.col(c).cast(types[c]) for c in columns)


def _stand_ins(plan: Plan, period: Period) -> pl.DataFrame:
    """Return a plausible answer to every input that any unit is asked for; where units are compared, another each."""
    inputs = []
    for row in form_rows(plan, [(code, None) for code in plan.leaves]):
        method, few = row.indicator.method, row.indicator.min_denominator or 1.0
        numbers = (None, few, few) if row.kind == "ratio" else (_plausible(method), None, None)
        compared = isinstance(method, m.Relative)
        inputs += [(row.indicator.code, part, compared, *numbers) for part in _raters(method, row.part)]
    schema = {"indicator_code": pl.String, "part": pl.String, "compared": pl.Boolean}
    stand_ins = pl.DataFrame(inputs, schema={**schema, **dict.fromkeys(NUMBERS, pl.Float64)}, orient="row")
    number = pl.when("compared").then(pl.col("unit_code").rank("dense").cast(pl.Float64)).otherwise("value")
    return (
        asked(plan, period)
        .join(stand_ins, on="indicator_code", maintain_order="left_right")
        .select("unit_code", "indicator_code", "part", number.alias("value"), "numerator", "denominator",
                period=pl.lit(str(period)), status=pl.lit("reported"))
    )  # fmt: skip


def _raters(method: m.Method, part: str) -> list[str]:
    """Return the part; of a panel as many marks of it as are needed to be heard."""
    return [f"{part}/{n}" for n in range(method.min_raters)] if isinstance(method, m.Panel) else [part]


def _plausible(method: m.Method) -> float:
    """Return a value that gets some score: one, or inside a band."""
    if isinstance(method, m.Bands) and method.of == "value":
        band = method.bands[0]
        low, high = band.from_, band.to
        if low is not None and high is not None:
            return (low + high) / 2
        return high - 1.0 if high is not None else (low or 0.0) + 1.0
    return 1.0


def _too_few(rule: str | Value) -> float | str:
    """Return the score that too few cases get, or the word of the rule."""
    return rule.value if isinstance(rule, Value) else rule


def _adds_up(leaf: Leaf) -> bool:
    return leaf.indicator.accumulation == "flow" and leaf.indicator.reported == "increment"


def _why(leaf: Leaf, cell: Row, reason: str | None) -> Words | None:
    """Return why the form can show no score for an indicator; None where its own cells decide it."""
    method = leaf.method
    if isinstance(method, m.Panel):
        return RATERS
    if m.group_target_of(method) is not None:
        return OTHERS
    if isinstance(method, m.Relative):
        return None if _is_local(method, cell) else OTHERS
    return REASONS[reason] if reason else None


def _is_local(method: m.Relative, cell: Mapping[str, Any]) -> bool:
    """Say whether the plan gives all that a relative method otherwise takes from the group."""
    needed: dict[type[m.Relative], tuple[str, ...]] = {
        m.Minmax: ("p_lower", "p_upper"), m.Zscore: ("p_mean", "p_sd"), m.ShareOfBest: ("p_best",),
        m.DistanceToTarget: ("p_worst", "target"),
    }  # fmt: skip
    names = needed.get(type(method))
    return names is not None and method.outliers == m.Outliers() and all(cell.get(n) is not None for n in names)


def _with_bounds(method: m.Method, cell: Row) -> Row:
    """Put the given bounds where the group's statistics stand in the engine's row."""
    if isinstance(method, m.Minmax):
        return {**cell, "g_low": cell["p_lower"], "g_high": cell["p_upper"]}
    if isinstance(method, m.Zscore):
        return {**cell, "g_mean": cell["p_mean"], "g_sd": cell["p_sd"]}
    return cell


def _guard(method: m.Method) -> str:
    """Return the condition over the value under which the scoring rules give no score."""
    down = getattr(method, "direction", "up") == "down"
    if isinstance(method, m.Attainment) and down and method.inverse == "reciprocal":
        return "{value}<=0"
    if isinstance(method, m.ShareOfBest):
        return "{value}<=0" if down else "{value}<0"
    if isinstance(method, m.LogGoalposts):
        return f"{{value}}<={0.0 - method.offset:.15g}"
    return _GUARDS.get(method.kind, "")
