"""``kaohe score``: the engine on plain files, for what-if questions and for any outside data set."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import UserError

if TYPE_CHECKING:
    import polars as pl

    from schemas.folder import Plan
    from scoring import Scored

NUMBERS = ("value", "numerator", "denominator", "mark", "count")


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "score",
        help="用方案文件夹和数据文件直接计分(不动数据库)"
        if zh
        else "score plain files with a plan folder; no database",
    )
    table = "CSV 或 Parquet" if zh else "CSV or Parquet"
    own = "代替方案自带的" if zh else "instead of the plan's own"
    paths = {
        "--plan": "方案文件夹" if zh else "the plan's folder",
        "--measurements": f"填报值({table})" if zh else f"measurements ({table})",
        "--out": "输出文件夹" if zh else "the output folder",
        "--units": f"单位表,{own}" if zh else f"units, {own}",
        "--targets": f"目标值,{own}" if zh else f"targets, {own}",
        "--adjustments": "加分、扣分、否决" if zh else "bonuses, deductions, vetoes",
        "--items": "台账条目" if zh else "items of the office's registers",
        "--history": "以往各期结果" if zh else "results of earlier periods",
    }
    for name, meaning in paths.items():
        parser.add_argument(name, type=Path, required=name in ("--plan", "--measurements", "--out"), help=meaning)
    again = "考核周期,可重复" if zh else "the period; may be repeated"
    parser.add_argument("--period", action="append", required=True, help=again)
    parser.add_argument("--detail", choices=["totals", "nodes", "all"], default="all")
    parser.add_argument("--engine", choices=["duckdb", "polars", "spark"], default="duckdb")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Score each period and write results.parquet, results.csv and scores.parquet."""
    import polars as pl

    from schemas.folder import load_plan
    from schemas.periods import parse_period
    from scoring import open_engine

    plan = load_plan(args.plan)
    periods = sorted(parse_period(p) for text in args.period for p in text.split(","))
    inputs = read_inputs(plan, args)
    args.out.mkdir(parents=True, exist_ok=True)
    engine = open_engine(args.engine)
    history = inputs.history
    results, scores = [], []
    for period in periods:
        scored = _score(plan, inputs, history, period, args.detail, engine)
        named = scored.results.with_columns(period=pl.lit(str(period)))
        history = named if history is None else pl.concat([history, named], how="diagonal_relaxed")
        results.append(named if len(periods) > 1 else scored.results)
        if scored.scores is not None and len(periods) == 1:
            engine.write(scored.scores, args.out / "scores.parquet")
        elif scored.scores is not None:
            scores.append(scored.scores_frame().with_columns(period=pl.lit(str(period))))
    table = pl.concat(results)
    table.write_parquet(args.out / "results.parquet")
    (args.out / "results.csv").write_bytes(b"\xef\xbb\xbf" + table.write_csv().encode())
    if scores:
        pl.concat(scores).write_parquet(args.out / "scores.parquet")
    print(_summary(table, args))
    return 0


def _score(plan: "Plan", inputs: Any, history: Any, period: Any, detail: Any, engine: Any) -> "Scored":
    from dataclasses import replace

    from scoring import score

    return score(plan, replace(inputs, history=history), period, detail=detail, engine=engine)


def _summary(table: "pl.DataFrame", args: argparse.Namespace) -> str:
    ranked = table["rank"].count()
    where = args.out / "results.csv"
    if args.lang == "zh":
        return f"已计分 {table.height} 个单位,其中 {ranked} 个有排名。结果:{where}"
    return f"{table.height} units scored, {ranked} of them ranked. Results: {where}"


def read_inputs(plan: "Plan", args: argparse.Namespace) -> Any:
    """Read the files that the command names.

    Raises:
        UserError: a file is missing, is no table, or lacks a column.
    """
    from scoring import Inputs

    needs = ["unit_code", "indicator_code"]
    measurements: Any = args.measurements
    in_place = args.measurements.suffix.lower() == ".parquet" and args.items is None
    if not in_place or not _has_text_codes(args.measurements, needs):
        measurements = read_table(args.measurements, needs)
    units = read_table(args.units, ["unit_code", "class_code"]) if args.units else None
    if units is None and plan.units.is_empty():
        raise UserError(
            "方案没有单位表,请用 --units 给出。", "The plan has no units; give them with --units.", exit_code=2
        )
    optional = {
        "targets": ["indicator_code", "name", "value"],
        "adjustments": ["unit_code", "kind"],
        "items": ["unit_code", "indicator_code", "period", "kind"],
        "history": ["unit_code", "period"],
    }
    paths = {name: getattr(args, name) for name in optional}
    others: dict[str, Any] = {n: read_table(p, optional[n]) if p else None for n, p in paths.items()}
    return Inputs(measurements, units=units, **others)


def read_table(path: Path, required: list[str]) -> "pl.DataFrame":
    """Read a CSV (UTF-8, with or without BOM) or Parquet file; codes as text, numbers as numbers, blanks as null.

    Raises:
        UserError: missing file, no table, a missing column, a text where a number belongs (with its line).
    """
    import polars as pl

    if not path.is_file():
        raise UserError(f"没有文件 {path}。请检查路径。", f"There is no file {path}. Check the path.")
    try:
        if path.suffix.lower() == ".parquet":
            raw = pl.read_parquet(path)
        else:
            data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
            raw = pl.read_csv(data, infer_schema=False) if data.strip() else pl.DataFrame()
    except (pl.exceptions.PolarsError, OSError) as error:
        detail = str(error).splitlines()[0]
        raise UserError(
            f"{path.name} 不是可读的 CSV(UTF-8)或 Parquet 表:{detail}",
            f"{path.name} is no readable CSV (UTF-8) or Parquet table: {detail}",
        ) from None
    raw = raw.rename({c: c.strip() for c in raw.columns})
    _refuse_absent(path, raw.columns, required)
    text = [c for c, t in raw.schema.items() if t == pl.String]
    raw = raw.with_columns(pl.col(c).str.strip_chars().replace("", None) for c in text)
    codes = [c for c in raw.columns if c.endswith("_code") or c in ("period", "part", "status", "name")]
    raw = raw.with_columns(pl.col(c).cast(pl.String) for c in codes)
    return _numbers(path, raw)


def _numbers(path: Path, raw: "pl.DataFrame") -> "pl.DataFrame":
    import polars as pl

    for column in NUMBERS:
        if column not in raw.columns:
            continue
        number = pl.col(column).cast(pl.Float64, strict=False)
        bad = raw.with_row_index("n", offset=2).filter(pl.col(column).is_not_null() & number.is_null())
        if not bad.is_empty():
            row = bad.row(0, named=True)
            raise UserError(
                f"{path.name} 第 {row['n']} 行 {column} 列的“{row[column]}”不是数字。请填写数字或留空。",
                f"{path.name}, line {row['n']}, column {column}: '{row[column]}' is not a number. "
                "Write a number or leave it empty.",
            )
        raw = raw.with_columns(number)
    return raw


def _has_text_codes(path: Path, required: list[str]) -> bool:
    """Check a Parquet file's columns; say whether it can be scored where it lies: codes are text, numbers doubles."""
    import polars as pl

    if not path.is_file():
        raise UserError(f"没有文件 {path}。请检查路径。", f"There is no file {path}. Check the path.")
    try:
        schema = pl.read_parquet_schema(path)
    except (pl.exceptions.PolarsError, OSError):
        raise UserError(f"{path.name} 不是 Parquet 文件。", f"{path.name} is no Parquet file.") from None
    _refuse_absent(path, list(schema), required)
    text = [c for c in (*required, "period", "part", "status") if c in schema]
    numbers = [c for c in NUMBERS if c in schema]
    return all(schema[c] == pl.String for c in text) and all(schema[c].is_numeric() for c in numbers)


def _refuse_absent(path: Path, columns: list[str], required: list[str]) -> None:
    absent = [c for c in required if c not in columns]
    if absent:
        found = "、".join(columns)
        raise UserError(
            f"{path.name} 缺少列:{'、'.join(absent)}。现有的列:{found}。",
            f"{path.name} lacks the column(s) {', '.join(absent)}. It has: {', '.join(columns)}.",
        )
