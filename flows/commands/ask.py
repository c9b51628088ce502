"""``kaohe ask``: leadership's questions: how it went, who stays red, who improved, what is still to be put right."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.settings import add_shared, settings_from
from schemas.errors import UserError

if TYPE_CHECKING:
    from flows.leaders import Basis, Compared
    from flows.settings import Settings
    from schemas.folder import Plan
    from schemas.periods import Period
    from scorecards.answers import Answer

QUESTIONS = {
    "trend": ("各期走势,标明不可比之处", "totals or one node over the periods, with breaks marked"),
    "red": ("连续红灯的单位和指标", "who and what has been red several periods running"),
    "improved": ("按总分进步幅度排名", "ranking by improvement of the total"),
    "rectification": ("整改未销号的问题", "findings whose rectification is still open"),
}
LEVELS = ("total", "section", "task", "indicator", "all")
SUFFIXES = (".csv", ".json")


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser and those of its questions."""
    n = 0 if lang == "zh" else 1
    parser = subparsers.add_parser("ask", help=("领导关注:走势、红灯、进步、整改", "leadership's questions")[n])
    parts = parser.add_subparsers(dest="question", metavar=("问题", "QUESTION")[n], required=True)
    for name, words in QUESTIONS.items():
        part = parts.add_parser(name, help=words[n])
        part.add_argument("period", help=("考核周期,如 2023Q2", "the period, such as 2023Q2")[n])
        part.add_argument("--class", dest="class_code", help=("只看这一类别", "this class only")[n])
        part.add_argument("--unit", help=("只看这一单位", "this unit only")[n])
        if name == "trend":
            part.add_argument("--node", help=("节点或指标代码(默认总分)", "a node or indicator (the total)")[n])
        if name == "red":
            part.add_argument("--times", type=int, default=2, help=("连续期数(默认 2)", "periods running (2)")[n])
            part.add_argument(
                "--level", choices=LEVELS, default="total", help=("层级(默认 total,即总分)", "the level (total)")[n]
            )
        if name == "rectification":
            part.add_argument("--on", help=("截至日期(默认今天)", "as things stand on this day (today)")[n])
        else:
            basis = part.add_mutually_exclusive_group()
            basis.add_argument(
                "--latest",
                action="store_true",
                help=("一律用最新批次", "always the newest run, also where one is published")[n],
            )
            basis.add_argument(
                "--only-published", action="store_true", help=("只用已公布的周期", "published periods only")[n]
            )
        part.add_argument("--out", type=Path, metavar="FILE", help=("写入 .csv 或 .json", "write a .csv or .json")[n])
        add_shared(part, lang)
        part.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Answer the question, and say what the answer rests on.

    Raises:
        UserError: nothing is known of the period; an unknown unit, class or node; a file of another kind.
    """
    from flows.calendar import period_of
    from schemas.folder import load_plan

    if args.out and args.out.suffix.lower() not in SUFFIXES:
        raise UserError(
            f"不能写入“{args.out.name}”,请写 .csv 或 .json。", f"'{args.out.name}' cannot be written; end it with .csv "
            "or .json.", exit_code=2,
        )  # fmt: skip
    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    period = period_of(plan, args.period)
    answer = _rectification(settings, plan, period, args) if args.question == "rectification" else (
        _compared(settings, plan, period, args)
    )  # fmt: skip
    if args.out is None:
        print(answer.text(), end="")
        return 0
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_bytes(answer.csv() if args.out.suffix.lower() == ".csv" else _json(answer))
    print("\n".join([answer.title, *answer.notes, str(args.out)]))
    return 0


def _json(answer: "Answer") -> bytes:
    import json

    return (json.dumps(answer.to_dict(), ensure_ascii=False, indent=1) + "\n").encode()


def _compared(settings: "Settings", plan: "Plan", period: "Period", args: argparse.Namespace) -> "Answer":
    from dataclasses import replace

    from flows.leaders import compared_periods

    basis: Basis = "newest" if args.latest else "only_published" if args.only_published else "published"
    compared = compared_periods(settings, plan, period, basis=basis)
    return replace(found := _answer(compared, args), notes=[*found.notes, *compared.lines(settings.lang)])


def _answer(compared: "Compared", args: argparse.Namespace) -> "Answer":
    from schemas.codes import refuse_unknown_node
    from scorecards.answers import improved_answer, red_answer, trend_answer
    from scorecards.questions import latest_pair

    editions = compared.editions
    now = editions[-1]
    chosen = _chosen(now.plan, args)
    if args.question == "trend":
        if args.node:
            refuse_unknown_node(now.plan, args.node)
        return trend_answer(editions, args.node, chosen)
    if args.question == "red":
        if args.times < 1:
            raise UserError("--times 至少为 1。", "--times is at least 1.", exit_code=2)
        return red_answer(editions, args.times, args.level, chosen)
    pair = latest_pair(editions)
    if pair is None:
        before = now.period.previous()
        raise UserError(
            f"没有上一周期 {before} 的结果,无法比较进步。请先对 {before} 计分,或换有上一期的周期。",
            f"There is no result of {before}, the period before. Score it first, or ask about a period that has one "
            "before it.",
        )
    return improved_answer(*pair, chosen)


def _chosen(plan: "Plan", args: argparse.Namespace) -> Any:
    """Return the filter of class and unit.

    Raises:
        UserError: the plan does not know them.
    """
    import polars as pl

    from schemas.codes import refuse_unknown_unit

    if args.class_code and args.class_code not in plan.classes():
        known = "、".join(plan.classes())
        raise UserError(
            f"方案没有类别“{args.class_code}”。可用:{known}。",
            f"The plan has no class '{args.class_code}'. Known: {', '.join(plan.classes())}.",
        )
    if args.unit:
        refuse_unknown_unit(plan, args.unit)
    units = plan.units
    if args.class_code:
        units = units.filter(pl.col("class_code") == args.class_code)
    codes = [args.unit] if args.unit else units["unit_code"].unique().to_list()
    return pl.col("unit_code").is_in(codes) if args.unit or args.class_code else pl.lit(value=True)


def _rectification(settings: "Settings", plan: "Plan", period: "Period", args: argparse.Namespace) -> "Answer":
    from flows.leaders import open_rectification

    return open_rectification(settings, plan, period, _chosen(plan, args), args.on)
