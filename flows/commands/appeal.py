"""``kaohe appeal``: what units object to, and what became of it."""

import argparse
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parsers."""
    zh = lang == "zh"
    parser = subparsers.add_parser("appeal", help="申诉的登记和答复" if zh else "appeals of units, and their answers")
    what = parser.add_subparsers(dest="what", metavar="操作" if zh else "ACTION", required=True)
    adding = what.add_parser("add", help="登记申诉" if zh else "record an appeal")
    adding.add_argument("period", help="考核周期" if zh else "the period")
    adding.add_argument("--unit", required=True, help="单位代码" if zh else "the unit's code")
    adding.add_argument("--node", required=True, help="节点或指标代码" if zh else "the node or indicator")
    adding.add_argument("--text", required=True, help="申诉内容" if zh else "what it says")
    adding.add_argument(
        "--decide", metavar="REASON", help="逾期仍受理的理由" if zh else "why it is taken outside the days to appeal"
    )
    answering = what.add_parser("answer", help="答复申诉" if zh else "answer an appeal")
    answering.add_argument("appeal", help="申诉编号,如 HB-WH/2023Q1/A1" if zh else "such as HB-WH/2023Q1/A1")
    answering.add_argument(
        "outcome",
        choices=["granted", "rejected", "withdrawn"],
        help="支持、不支持、撤回" if zh else "what became of it",
    )
    answering.add_argument("--reason", required=True, help="答复" if zh else "the answer")
    listing = what.add_parser("list", help="列出申诉" if zh else "list appeals")
    listing.add_argument("period", nargs="?", help="考核周期;不写则为全部" if zh else "the period; all without it")
    for one in (adding, answering, listing):
        add_shared(one, lang)
        one.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Record, answer or list."""
    from flows.appeals import answer, appeal
    from flows.calendar import period_of
    from schemas.folder import load_plan

    settings = settings_from(args)
    zh = settings.lang == "zh"
    if args.what == "answer":
        done = answer(settings, args.appeal, args.outcome, args.reason)
        print(
            (f"已答复 {args.appeal}。" if zh else f"{args.appeal} is answered.")
            if done
            else (f"{args.appeal} 此前已这样答复,未作更改。" if zh else f"{args.appeal} was answered so before.")
        )
        return 0
    plan = load_plan(settings.plan_folder)
    period = period_of(plan, args.period) if args.period else None
    if args.what == "list" or period is None:
        return _list(settings, str(period) if period else None)
    name = appeal(settings, plan, period, unit=args.unit, node=args.node, text=args.text, decide=args.decide)
    print(f"已登记申诉 {name}。" if zh else f"Appeal {name} is recorded.")
    return 0


def _list(settings: Any, period: str | None) -> int:
    from flows.period_lines import appeal_line
    from warehouse import appeals, read_warehouse

    with read_warehouse(settings.warehouse) as warehouse:
        rows = appeals(warehouse, period).to_dicts()
    n = 0 if settings.lang == "zh" else 1
    print("\n".join(appeal_line(row, n) for row in rows) or ("没有申诉。", "There are no appeals.")[n])
    return 0
