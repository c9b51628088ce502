"""Data files: results and scores as CSV for spreadsheets, as Parquet for programs, and a JSON summary."""

import json
from dataclasses import asdict
from pathlib import Path

import polars as pl

from schemas.text_table import FORMULA
from scorecards.edition import Edition
from scorecards.statistics import class_statistics

BOM = b"\xef\xbb\xbf"


def neutral(name: str) -> pl.Expr:
    """Return ``schemas.text_table.no_formula`` of a column."""
    column = pl.col(name)
    return pl.when(column.str.contains(FORMULA)).then(pl.concat_str(pl.lit("'"), column)).otherwise(column).alias(name)


def results_table(edition: Edition) -> pl.DataFrame:
    """Return period, run, unit, class and the whole result, in order of class and rank."""
    named = edition.ranking.select(
        period=pl.lit(str(edition.period)), run_id=pl.lit(edition.run_id), unit_code="unit_code", name="name",
        class_code="class_code", base="base", bonus="bonus", deduction="deduction", total="total", rank="rank",
        class_size="class_size", grade="grade", reason_code="reason_code",
    )  # fmt: skip
    return named.with_columns(name=_raw_names(edition, named["unit_code"]))


def scores_table(edition: Edition) -> pl.DataFrame:
    """Return every unit's every node and indicator with title, points and full marks, in reading order."""
    titles = pl.Series([edition.plan.title(c, edition.lang) for c in edition.cells["node_code"]], dtype=pl.String)
    return edition.cells.select(
        period=pl.lit(str(edition.period)), run_id=pl.lit(edition.run_id), unit_code="unit_code",
        name=_raw_names(edition, edition.cells["unit_code"]), node_code="node_code", title=titles, level="level",
        measure="measure", value="value", target="target", score="score", weight_pct="weight_pct",
        effective_weight_pct="effective_weight_pct", contribution="contribution", points="points",
        full_marks="full", coverage_pct="coverage_pct", light="light", reason_code="reason_code",
    )  # fmt: skip


def converted_table(edition: Edition) -> pl.DataFrame:
    """Return the results on the parent organisation's scale with the conversion's title."""
    assert edition.converted is not None
    titles = {c.code: c.title.get(edition.lang) for c in edition.plan.file.conversions}
    return edition.converted.select(
        period=pl.lit(str(edition.period)), run_id=pl.lit(edition.run_id), unit_code="unit_code",
        name=_raw_names(edition, edition.converted["unit_code"]), conversion_code="conversion_code",
        title=pl.col("conversion_code").replace_strict(titles, return_dtype=pl.String), score="score", grade="grade",
        full_marks="full_marks", mark="mark",
    )  # fmt: skip


def _raw_names(edition: Edition, codes: pl.Series) -> pl.Series:
    units = edition.plan.units
    names = dict(zip(units["unit_code"], units["name"], strict=True))
    return pl.Series("name", [names.get(code, code) for code in codes], dtype=pl.String)


def write_data(edition: Edition, folder: Path) -> list[Path]:
    """Write results, scores and conversions as CSV (with BOM) and Parquet, and summary.json; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    tables = [("results", results_table(edition)), ("scores", scores_table(edition))]
    if edition.converted is not None and edition.converted.height:
        tables.append(("converted", converted_table(edition)))
    for stem, table in tables:
        csv, parquet = folder / f"{stem}_{edition.period}.csv", folder / f"{stem}_{edition.period}.parquet"
        csv.write_bytes(csv_bytes(table))
        table.write_parquet(parquet, compression="zstd", statistics=True)
        paths += [csv, parquet]
    summary = folder / f"summary_{edition.period}.json"
    summary.write_bytes(summary_json(edition))
    return [*paths, summary]


def csv_bytes(table: pl.DataFrame) -> bytes:
    """Return the table as CSV that spreadsheets open as it is meant: UTF-8 with BOM, no text that acts as a formula."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    text = table.with_columns(map(neutral, texts)).write_csv(line_terminator="\r\n")
    return BOM + text.encode()


def summary_json(edition: Edition) -> bytes:
    """Return what the edition says as a whole: plan, period, run, and statistics by class."""
    summary = {
        "plan": edition.plan.file.plan,
        "plan_version": edition.plan.file.version,
        "plan_hash": edition.plan.hash,
        "title": edition.plan.file.title.get(edition.lang),
        "period": str(edition.period),
        "run_id": edition.run_id,
        "audit_head": edition.audit_head,
        "dated": edition.dated,
        "full_marks": edition.plan.file.full_marks,
        "classes": [
            {**asdict(s), "title": edition.plan.class_title(s.code, edition.lang)} for s in class_statistics(edition)
        ],
    }
    return (json.dumps(summary, ensure_ascii=False, indent=1) + "\n").encode()
