"""``kaohe robustness``: how far ranks depend on weights, means, normalisation and single indicators."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.parser import count

if TYPE_CHECKING:
    import polars as pl

TABLES = ("intervals", "scenarios", "shifts", "importance")


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    from flows.commands.explain import add_inputs

    zh = lang == "zh"
    parser = subparsers.add_parser(
        "robustness",
        help="名次的稳健性:权重扰动、其他做法、实际影响"
        if zh
        else "rank intervals, other choices, weight and importance",
    )
    add_inputs(parser, zh=zh)
    parser.add_argument("--period", required=True, help="考核周期" if zh else "the period")
    parser.add_argument("--out", type=Path, required=True, help="输出文件夹" if zh else "the output folder")
    parser.add_argument(
        "--replications", type=int, default=1000, help="重复次数(默认 1000)" if zh else "how many times (1000)"
    )
    parser.add_argument(
        "--weight-noise", type=float, default=0.10, help="权重扰动幅度(默认 0.10,即 ±10%%)" if zh else "0.10 is ±10 %%"
    )
    parser.add_argument(
        "--seed", type=count, default=1, help="随机种子(默认 1)" if zh else "seed of the random numbers (1)"
    )
    unchecked = "不检查方案,有错误也计算" if zh else "take a plan with errors too"
    parser.add_argument("--unchecked", action="store_true", help=unchecked)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Work it out; write tables (CSV and Parquet), the summary and a picture for each class."""
    from flows.plain_files import out_folder, read_inputs
    from flows.plain_plan import checked, tell
    from schemas.folder import load_plan
    from schemas.periods import parse_period
    from scoring.robustness import robustness
    from scoring.robustness_picture import pictures
    from scoring.robustness_report import report

    plan = load_plan(args.plan)
    inputs = read_inputs(plan, args)
    if not args.unchecked:
        tell(checked(plan, inputs, [parse_period(args.period)], args), args)
    out_folder(args.out)
    found = robustness(
        plan,
        inputs,
        parse_period(args.period),
        replications=args.replications,
        weight_noise=args.weight_noise,
        seed=args.seed,
    )
    names = _names(plan.units if inputs.units is None else inputs.units)
    for name in TABLES:
        table: pl.DataFrame = getattr(found, name)
        table.write_parquet(args.out / f"{name}.parquet")
        (args.out / f"{name}.csv").write_bytes(b"\xef\xbb\xbf" + table.write_csv().encode())
    files = {}
    for number, (code, svg) in enumerate(pictures(plan, found, names, args.lang).items(), 1):
        files[code] = f"ranks_{_file_name(code) or number}.svg"
        (args.out / files[code]).write_text(svg, encoding="utf-8")
    (args.out / "summary.md").write_text(report(plan, found, names, files, args.lang), encoding="utf-8")
    print(_said(found, args))
    return 0


def _names(units: "pl.DataFrame") -> dict[str, str]:
    column = "name" if "name" in units.columns else "unit_code"
    return {code: name or code for code, name in units.select("unit_code", label=column).iter_rows()}


def _file_name(code: str) -> str:
    """Return a class's code if it can be a file's name; never a path."""
    return code if re.fullmatch(r"[\w-]{1,60}", code) else ""


def _said(found: Any, args: argparse.Namespace) -> str:
    ranked = found.intervals["rank"].count()
    stable = int(found.intervals["stable"].sum())
    where = args.out / "summary.md"
    if args.lang == "zh":
        return f"{ranked} 个有名次的单位中,{stable} 个名次稳定(5%–95%)。摘要:{where}"
    return f"{stable} of {ranked} ranked units keep their rank (5–95 %). Summary: {where}"
