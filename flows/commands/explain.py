"""``kaohe explain``: why a unit has its total, or a node its score, down to the received cell."""

import argparse
from pathlib import Path
from typing import Any


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "explain",
        help="说明一个单位的得分是怎样算出来的" if zh else "say how a unit's total, or one node's score, was computed",
    )
    add_inputs(parser, zh=zh)
    parser.add_argument(
        "--verifications", type=Path, help="核验结论" if zh else "verdicts of reviewers (CSV or Parquet)"
    )
    parser.add_argument("--period", required=True, help="考核周期" if zh else "the period")
    parser.add_argument("--unit", required=True, help="单位代码" if zh else "the unit's code")
    parser.add_argument("--node", help="节点或指标代码;不写则说明总分" if zh else "a node or indicator; else the total")
    parser.add_argument("--json", action="store_true", help="输出 JSON" if zh else "print JSON instead of text")
    parser.set_defaults(run=run)


def add_inputs(parser: argparse.ArgumentParser, *, zh: bool) -> None:
    """Add the options that name the plan and the files to score."""
    parser.add_argument("--plan", type=Path, required=True, help="方案文件夹" if zh else "the plan's folder")
    parser.add_argument(
        "--measurements",
        type=Path,
        required=True,
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
    """Score the period, and print the derivation."""
    import json
    from dataclasses import replace

    from flows.commands.score import read_inputs, read_table
    from schemas.folder import load_plan
    from schemas.periods import parse_period
    from scoring.explain import explain
    from scoring.explain_text import to_text

    plan = load_plan(args.plan)
    inputs = read_inputs(plan, args)
    if args.verifications:
        needs = ["unit_code", "indicator_code", "period", "part", "verdict", "recorded_at"]
        inputs = replace(inputs, verifications=read_table(args.verifications, needs))
    explanation = explain(plan, inputs, parse_period(args.period), args.unit, args.node)
    if args.json:
        print(json.dumps(explanation.to_dict(), ensure_ascii=False, indent=2, default=str))
    else:
        print(to_text(explanation, args.lang), end="")
    return 0
