"""``kaohe explain``: why a unit has its total, or a node its score, down to the received cell."""

import argparse
from pathlib import Path
from typing import Any

from flows.settings import add_shared, settings_from
from schemas.errors import RowError, UserError


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "explain",
        help="说明一个单位的得分是怎样算出来的" if zh else "say how a unit's total, or one node's score, was computed",
        description="从数据库说明一个批次的得分;写明 --measurements 则用数据文件重新计分说明。"
        if zh
        else "Explain a stored run; with --measurements, plain files are scored and explained instead.",
    )
    unit = "单位代码或名称" if zh else "the unit's code or name"
    node = "节点或指标代码;不写则说明总分" if zh else "a node or indicator; else the total"
    parser.add_argument("unit_code", metavar="单位" if zh else "UNIT", nargs="?", help=unit)
    parser.add_argument("node_code", metavar="节点" if zh else "NODE", nargs="?", help=node)
    parser.add_argument("--period", help="考核周期" if zh else "the period")
    parser.add_argument(
        "--run",
        dest="run_id",
        help="计分批次:批次号(可只写前几位)或 2023Q1~1;默认该周期最新批次"
        if zh
        else "the run: its id, the beginning of it, or 2023Q1~1; the period's newest by default",
    )
    parser.add_argument("--unit", help=unit)
    parser.add_argument("--node", help=node)
    parser.add_argument("--json", action="store_true", help="输出 JSON" if zh else "print JSON instead of text")
    add_shared(parser, lang, plan=False)
    files = parser.add_argument_group("用数据文件" if zh else "from plain files")
    add_inputs(files, zh=zh, required=False)
    files.add_argument(
        "--verifications", type=Path, help="核验结论" if zh else "verdicts of reviewers (CSV or Parquet)"
    )
    unchecked = "不检查方案,有错误也说明(试算用)" if zh else "explain with a plan that has errors too"
    files.add_argument("--unchecked", action="store_true", help=unchecked)
    parser.set_defaults(run=run)


def add_inputs(parser: Any, *, zh: bool, required: bool = True) -> None:
    """Add the options that name the plan and the files to score."""
    parser.add_argument("--plan", type=Path, required=required, help="方案文件夹" if zh else "the plan's folder")
    parser.add_argument(
        "--measurements",
        type=Path,
        required=required,
        help="填报值(CSV 或 Parquet)" if zh else "measurements (CSV or Parquet)",
    )
    parser.add_argument(
        "--units", type=Path, help="单位表,代替方案自带的" if zh else "units, instead of the plan's own"
    )
    parser.add_argument(
        "--targets", type=Path, help="目标值,代替方案自带的" if zh else "targets, instead of the plan's own"
    )
    parser.add_argument("--adjustments", type=Path, help="加分、扣分、否决" if zh else "bonuses, deductions, vetoes")
    parser.add_argument("--items", type=Path, help="台账条目" if zh else "items of the office's registers")
    parser.add_argument("--history", type=Path, help="以往各期结果" if zh else "results of earlier periods")


def run(args: argparse.Namespace) -> int:
    """Print the derivation, from the warehouse or from plain files.

    Raises:
        UserError: no unit is named; whatever explaining refuses.
    """
    args.unit, args.node = args.unit or args.unit_code, args.node or args.node_code
    if not args.unit:
        raise UserError("请写明单位代码或名称。", "Name the unit: its code or name.", exit_code=2)
    return _from_files(args) if args.measurements else _from_warehouse(args)


def _from_warehouse(args: argparse.Namespace) -> int:
    import json

    from flows.explain import explain_run, explained_text
    from schemas.periods import parse_period

    period = parse_period(args.period) if args.period else None
    done = explain_run(settings_from(args), args.unit, args.node, period=period, run=args.run_id)
    if args.json:
        print(json.dumps(done.to_dict(), ensure_ascii=False, indent=2, default=str))
    else:
        print(explained_text(done, args.lang), end="")
    return 0


def _from_files(args: argparse.Namespace) -> int:
    import json
    from dataclasses import replace

    from flows.plain_files import placed, read_inputs, read_verdicts
    from flows.plain_plan import checked, tell
    from schemas.folder import load_plan
    from schemas.periods import parse_period
    from scoring.explain import explain
    from scoring.explain_text import to_text
    from scoring.unknown import refuse_verdicts

    if not (args.plan and args.period):
        raise UserError(
            "用数据文件时须写明 --plan 和 --period。", "With --measurements, give --plan and --period.", exit_code=2
        )
    plan = load_plan(args.plan)
    inputs = read_inputs(plan, args)
    if args.verifications:
        inputs = replace(inputs, verifications=read_verdicts(args.verifications))
    period = parse_period(args.period)
    if not args.unchecked:
        tell(checked(plan, inputs, [period], args), args)
    try:
        refuse_verdicts(plan, inputs.units, inputs.verifications)
        explanation = explain(plan, inputs, period, args.unit, args.node)
    except RowError as error:
        raise placed(error, args, inputs) from None
    if args.json:
        print(json.dumps(explanation.to_dict(), ensure_ascii=False, indent=2, default=str))
    else:
        print(to_text(explanation, args.lang), end="")
    return 0
