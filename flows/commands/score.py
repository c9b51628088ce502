"""``kaohe score``: the engine on plain files, for what-if questions and for any outside data set."""

import argparse
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import RowError

if TYPE_CHECKING:
    import polars as pl

    from schemas.folder import Plan
    from scoring import Scored


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "score",
        help="用方案文件夹和数据文件直接计分(不动数据库)"
        if zh
        else "score plain files with a plan folder; no database",
        epilog=epilogue(lang),
        formatter_class=argparse.RawDescriptionHelpFormatter,
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
    unchecked = "不检查方案,有错误也计分(试算用)" if zh else "score a plan with errors too, for what-if questions"
    parser.add_argument("--unchecked", action="store_true", help=unchecked)
    parser.set_defaults(run=run)


def epilogue(lang: str) -> str:
    """Return what the files hold, by column, with an example, for the end of ``--help``."""
    from schemas.data_files import INPUTS, KINDS, OUTPUTS

    zh = lang == "zh"
    lines = ["文件的列(* 必需):" if zh else "Columns of the files (* required):"]
    for file in [*INPUTS.values(), *OUTPUTS.values()]:
        if file.name != "verifications.csv":
            star = file.required if file.name in {f.name for f in INPUTS.values()} else {}
            columns = ", ".join(f"{c}*" if c in star else c for c in file.columns)
            lines += textwrap.wrap(f"{file.name}: {columns}", 78, initial_indent="  ", subsequent_indent="      ")
    some = (
        "value 列或 numerator、denominator 两列必有其一。",
        "Either value, or numerator and denominator, must be there.",
    )
    kinds = ", ".join(KINDS)
    page = "docs/plan-format.zh-CN.md" if zh else "docs/plan-format.md"
    lines += [
        some[not zh],
        *textwrap.wrap(f"adjustments.csv kind: {kinds}", 78, subsequent_indent="      "),
        f"详见 {page} 的“数据文件”一节。" if zh else f"More in {page}, section 'Data files'.",
        "",
        "例如:" if zh else "Example:",
        *(f"  {line}" for line in ("cat measurements.csv", *INPUTS["measurements"].example.splitlines())),
        "  kaohe score --plan data/plans/example-2023 --measurements measurements.csv \\",
        "    --period 2023Q1 --out results",
    ]
    return "\n".join(lines)


def run(args: argparse.Namespace) -> int:
    """Score each period and write results.parquet, results.csv and scores.parquet."""
    import polars as pl

    from flows.plain_files import is_empty, out_folder, placed, read_inputs
    from flows.plain_plan import checked, tell
    from schemas.folder import load_plan
    from schemas.periods import parse_period
    from scoring import open_engine

    plan = load_plan(args.plan)
    periods = sorted(parse_period(p) for text in args.period for p in text.split(","))
    inputs = read_inputs(plan, args)
    if not args.unchecked:
        tell(checked(plan, inputs, periods, args), args)
    if is_empty(inputs.measurements):
        _tell_nothing(args)
    out_folder(args.out)
    engine = open_engine(args.engine)
    history = inputs.history
    results, scores = [], []
    for period in periods:
        try:
            scored = _score(plan, inputs, history, period, args.detail, engine)
        except RowError as error:
            raise placed(error, args, inputs) from None
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


def _tell_nothing(args: argparse.Namespace) -> None:
    zh = f"{args.measurements.name} 没有任何一行填报值,全部按缺报处理"
    en = f"{args.measurements.name} has no row: everything is missing"
    print(zh if args.lang == "zh" else en, file=sys.stderr)


def _summary(table: "pl.DataFrame", args: argparse.Namespace) -> str:
    ranked = table["rank"].count()
    where = args.out / "results.csv"
    if args.lang == "zh":
        return f"已计分 {table.height} 个单位,其中 {ranked} 个有排名。结果:{where}"
    return f"{table.height} units scored, {ranked} of them ranked. Results: {where}"
