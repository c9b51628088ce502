"""``kaohe assess``: score a period from what is recorded."""

import argparse
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "assess", help="对一个周期计分、排名、评等次" if zh else "score, rank and grade a period"
    )
    add_scoring(parser, lang)
    parser.add_argument("--reason", help="原因" if zh else "why")
    parser.set_defaults(run=run)


def add_scoring(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add what scoring commands share."""
    zh = lang == "zh"
    parser.add_argument("period", help="考核周期,如 2023Q1" if zh else "the period, such as 2023Q1")
    parser.add_argument(
        "--as-of",
        help="按这一时刻已知的数据,如 2023-05-01T00:00" if zh else "as known at this time, such as 2023-05-01T00:00",
    )
    parser.add_argument(
        "--despite",
        action="append",
        default=[],
        metavar="RULE",
        help="质量检查的这一条不通过也继续(须写明 --reason)"
        if zh
        else "go on although this rule of the gate fails (needs --reason)",
    )
    add_shared(parser, lang)


def run(args: argparse.Namespace) -> int:
    """Score and print the run."""
    from flows.assess import assess_period
    from flows.calendar import moment, period_of
    from flows.wording import assess_lines
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    period = period_of(plan, args.period)
    done = assess_period(
        settings, plan, period, reason=args.reason, as_of=moment(args.as_of, plan.file.time_zone), despite=args.despite
    )
    print("\n".join(assess_lines(period, done, settings.lang)))
    return 0
