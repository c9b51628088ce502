"""The checks of single rows, as one pandera schema over all cells of a batch: validated once, all failures at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from intake.catalogue import severity
from intake.form import answer_kind, may_be_negative
from intake.known import Known
from intake.numbers import shown
from intake.report import Row, make_problem
from schemas.folder import Plan

_VALUE, _UPPER, _LOWER = pl.col("value"), pl.col("numerator"), pl.col("denominator")
_RATIO = pl.col("kind") == "ratio"
_NUMBER = pl.col("kind") == "number"
_INDICATOR = ["key", "indicator_code"]


@dataclass(frozen=True)
class RowRule:
    """``holds`` is true where the row is right, and null where the rule says nothing about it."""

    code: str
    field: str
    holds: pl.Expr
    value: str | None = None
    expected: str | None = None


RULES: tuple[RowRule, ...] = (
    RowRule("indicator_not_asked", "indicator_code", pl.col("asked") | (pl.col("status") == "missing")),
    RowRule("negative_not_allowed", "value", pl.col("signed") | (_VALUE >= 0), "value"),
    RowRule("negative_not_allowed", "numerator", _UPPER >= 0, "numerator"),
    RowRule("negative_not_allowed", "denominator", _LOWER >= 0, "denominator"),
    RowRule("whole_number_expected", "value", ~pl.col("whole") | (_VALUE == _VALUE.round()), "value"),
    RowRule("whole_number_expected", "numerator", ~pl.col("whole") | (_UPPER == _UPPER.round()), "numerator"),
    RowRule("whole_number_expected", "denominator", ~pl.col("whole") | (_LOWER == _LOWER.round()), "denominator"),
    RowRule("out_of_range", "value",
            ((_VALUE >= pl.col("minimum")).fill_null(True) & (_VALUE <= pl.col("maximum")).fill_null(True))
            | ~_NUMBER | ((_VALUE < 0) & ~pl.col("signed")), "value", "range"),
    RowRule("half_a_ratio", "numerator", ~_RATIO | pl.col("refused") | (_UPPER.is_null() == _LOWER.is_null())),
    RowRule("denominator_zero", "denominator", ~_RATIO | (_LOWER != 0)),
    RowRule("numerator_above_denominator", "numerator",
            ~_RATIO | (_LOWER <= 0) | (_UPPER <= _LOWER) | (pl.col("maximum") > 100).fill_null(False),
            "numerator", "denominator"),
    RowRule("missing_value", "value",
            ~pl.col("asked") | pl.col("nil_return") | pl.col("left_out") | pl.col("refused") | pl.col("any_answer")
            | ~pl.col("first")),
    RowRule("nil_not_allowed", "note", ~pl.col("is_nil") | pl.col("nil_allowed") | ~pl.col("first")),
    RowRule("evidence_missing", "evidence",
            ~pl.col("evidence_required") | ~pl.col("any_fact") | pl.col("any_evidence") | ~pl.col("first")),
    RowRule("share_suspected", "value",
            ~_NUMBER | ~pl.col("percent") | (_VALUE <= 0) | (_VALUE > 1), "value", "times_100"),
)  # fmt: skip


def indicator_facts(plan: Plan) -> pl.DataFrame:
    """Return what the rules need to know of each indicator."""
    rows = [
        {
            "indicator_code": i.code, "kind": answer_kind(i), "signed": may_be_negative(i),
            "minimum": i.minimum, "maximum": i.maximum, "whole": i.whole, "percent": "%" in i.measure,
            "evidence_required": i.evidence == "required", "accumulation": i.accumulation, "reported": i.reported,
            "method": i.method.kind,
            "nil_allowed": i.accumulation == "flow" or i.method.kind in ("points", "deductions", "coverage"),
        }
        for i in plan.indicators
    ]  # fmt: skip
    types = {"minimum": pl.Float64, "maximum": pl.Float64}
    return pl.DataFrame(rows, schema_overrides=types, infer_schema_length=None)


def with_facts(known: Known, cells: pl.DataFrame, refused: pl.DataFrame, nil: pl.DataFrame) -> pl.DataFrame:
    """Return the cells beside what the rules need: facts of the indicator, whether it was asked, what its parts say.

    ``refused`` are the cells (key, indicator_code, part) whose text could not be read: they are not blank. ``nil`` says
    of each key whether its nil box is ticked.
    """
    asked = [known.asked(p) for p in cells["period"].unique().sort() if p] or [known.asked(None)]
    answered = pl.col("status") != "missing"
    fact = pl.coalesce(_VALUE, _UPPER, pl.lit(0.0)) > 0
    marked = refused.select("key", "indicator_code").unique().with_columns(refused=pl.lit(True))
    return (
        cells.join(indicator_facts(known.plan), on="indicator_code", maintain_order="left")
        .join(
            pl.concat(asked),
            on=["unit_code", "indicator_code", "period"],
            how="left",
            maintain_order="left",
        )
        .join(marked, on=_INDICATOR, how="left", maintain_order="left")
        .join(nil, on="key", maintain_order="left")
        .with_columns(pl.col("asked", "refused").fill_null(False))
        .with_columns(
            is_nil=(pl.col("status") == "nil") | (pl.col("nil_return") & ~answered),
            any_answer=answered.any().over(_INDICATOR),
            any_fact=fact.any().over(_INDICATOR),
            any_evidence=pl.col("evidence").is_not_null().any().over(_INDICATOR),
            first=pl.struct(_INDICATOR).is_first_distinct(),
        )
    )


def row_problems(known: Known, facts: pl.DataFrame) -> Iterator[Row]:
    """Validate all rows at once; yield the problems."""
    import pandera.polars as pa

    rules = [r for r in RULES if severity(known.plan, r.code) != "off"]
    schema = pa.DataFrameSchema(
        {"key": pa.Column(int), "indicator_code": pa.Column(str), "status": pa.Column(str)},
        checks=[pa.Check(_holds(rule), error=str(n)) for n, rule in enumerate(rules)],
    )
    try:
        schema.validate(facts, lazy=True)
    except pa.errors.SchemaErrors as errors:
        failures = errors.failure_cases.select(pl.col("check").cast(pl.Int64), pl.col("index").cast(pl.Int64))
        for number, index in failures.unique().sort("index", "check").iter_rows():
            yield from _problem(known.plan, rules[number], facts.row(index, named=True))


def _holds(rule: RowRule) -> Any:
    return lambda data: data.lazyframe.select(rule.holds.fill_null(True))


def _problem(plan: Plan, rule: RowRule, row: Row) -> Iterator[Row]:
    value = shown(row[rule.value]) if rule.value else None
    cell = row.get(f"{rule.field}_cell")
    at = {**row, "part": "" if rule.code in ("missing_value", "nil_not_allowed", "evidence_missing") else row["part"]}
    problem = make_problem(plan, rule.code, value, _expected(rule, row), at=at, cell=cell, field=rule.field)
    if problem:
        yield {**problem, "key": row["key"], "part": row["part"]}


def _expected(rule: RowRule, row: Row) -> str | None:
    match rule.expected:
        case "range":
            low, high = row["minimum"], row["maximum"]
            if low is not None and high is not None:
                return f"{shown(low)}–{shown(high)}"
            return f"≥ {shown(low)}" if low is not None else f"≤ {shown(high)}"
        case "times_100":
            return shown(row["value"] * 100)
        case "denominator":
            return shown(row["denominator"])
    return None
