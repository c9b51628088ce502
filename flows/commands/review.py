"""``kaohe review``: reviewers' verdicts, by workbook and one by one, and how far they have come."""

import argparse
import sys
from pathlib import Path
from typing import Any

from flows.settings import Settings, add_shared, settings_from

ACTIONS = {
    "write": ("写出核验表", "write the review workbook"),
    "take": ("收取填好的核验表", "take a filled review workbook in"),
    "verdict": ("录入一条核验结论", "give one verdict"),
    "list": ("核验进度和全部结论", "how far it has come, and every verdict"),
}


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parsers."""
    n = 0 if lang == "zh" else 1
    parser = subparsers.add_parser("review", help=("核验填报值", "verify what was reported")[n])
    what = parser.add_subparsers(dest="what", metavar=("操作", "ACTION")[n], required=True)
    made = {name: what.add_parser(name, help=words[n]) for name, words in ACTIONS.items()}
    for name in ("write", "verdict", "list"):
        made[name].add_argument("period", help=("考核周期,如 2023Q1", "the period, such as 2023Q1")[n])
    made["take"].add_argument("path", type=Path, help=("填好的核验表", "the filled review workbook")[n])
    made["take"].add_argument("--reason", help=("说明", "why")[n])
    _writing(made["write"], n)
    _verdict(made["verdict"], n)
    for one in made.values():
        add_shared(one, lang)
        one.set_defaults(run=run)


def _writing(parser: argparse.ArgumentParser, n: int) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="XLSX", help=("写到哪里", "where to write it")[n])
    parser.add_argument("--sampled", action="store_true", help=("只写抽中的", "only the cells that were drawn")[n])
    parser.add_argument(
        "--again",
        action="store_true",
        help=("只写核验后改报、须重新核验的", "only the cells that were reported anew after their verdict")[n],
    )
    parser.add_argument(
        "--unit", action="append", default=[], help=("只写这个单位,可多次", "only this unit; repeat")[n]
    )
    parser.add_argument(
        "--node",
        action="append",
        default=[],
        help=("只写这个节点或指标,可多次", "only this node or indicator; repeat")[n],
    )


def _verdict(parser: argparse.ArgumentParser, n: int) -> None:
    parser.add_argument(
        "verdict", choices=["accepted", "adjusted", "refused"], help=("认可、调整、不予认可", "the verdict")[n]
    )
    parser.add_argument("--unit", required=True, help=("单位代码", "the unit's code")[n])
    parser.add_argument("--indicator", required=True, help=("指标代码", "the indicator's code")[n])
    parser.add_argument("--part", default="", help=("分项", "the part, where the indicator has parts")[n])
    parser.add_argument("--value", help=("核定值(调整时)", "the value that counts, to adjust")[n])
    parser.add_argument("--numerator", help=("核定分子(调整比率时)", "the numerator that counts, to adjust a rate")[n])
    parser.add_argument(
        "--denominator", help=("核定分母(调整比率时)", "the denominator that counts, to adjust a rate")[n]
    )
    parser.add_argument("--reason", required=True, help=("核验理由", "why")[n])


def run(args: argparse.Namespace) -> int:
    """Write, take in, give a verdict, or list."""
    from flows.calendar import period_of
    from flows.review_lines import verdict_lines
    from flows.reviews import give_verdict, take_reviews, write_review
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    if args.what == "take":
        return _say_taken(settings, take_reviews(settings, plan, args.path, reason=args.reason))
    period = period_of(plan, args.period)
    zh = settings.lang == "zh"
    if args.what == "write":
        lines = write_review(
            settings, plan, period, args.out, units=args.unit, nodes=args.node, sampled=args.sampled, again=args.again
        )  # fmt: skip
        print(f"核验表 {lines} 行:{args.out}" if zh else f"Review workbook with {lines} lines: {args.out}")
    elif args.what == "list":
        print("\n".join(verdict_lines(settings, plan, period)))
    else:
        given = {n: getattr(args, n) for n in ("part", "verdict", "value", "numerator", "denominator", "reason")}
        new = give_verdict(
            settings, plan, period, {"unit_code": args.unit, "indicator_code": args.indicator, **given}
        )  # fmt: skip
        if new:
            print("已记录,下次计分时生效。" if zh else "Recorded; it takes effect with the next scoring.")
        else:
            print("此前已有同样的结论,未作更改。" if zh else "The newest verdict says the same; nothing was changed.")
    return 0


def _say_taken(settings: Settings, done: Any) -> int:
    if done.remarks:
        print("\n".join(done.remarks), file=sys.stderr)
    if settings.lang == "zh":
        print(f"核验结论 {done.verdicts} 条,其中新增或变更 {done.new} 条;下次计分时生效。")
    else:
        print(f"{done.verdicts} verdicts, {done.new} of them new or changed; they take effect with the next scoring.")
    return 0
