"""``kaohe finding``: findings of inspections and spot checks, and their rectification (专项督查台账)."""

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.settings import Settings, add_shared, settings_from

if TYPE_CHECKING:
    from schemas.folder import Plan

ACTIONS = {
    "add": ("登记问题", "record a finding"),
    "update": ("填写进展、报整改完成、改期、退回、撤销", "progress, done, moved, sent back, withdrawn"),
    "close": ("凭佐证销号", "close with a proof"),
    "list": ("整改台账", "the ledger"),
}
STATES = ("rectifying", "submitted", "withdrawn")


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parsers."""
    n = 0 if lang == "zh" else 1
    parser = subparsers.add_parser(
        "finding", help=("督查问题和整改台账", "findings of inspections and their rectification")[n]
    )
    what = parser.add_subparsers(dest="what", metavar=("操作", "ACTION")[n], required=True)
    made = {name: what.add_parser(name, help=words[n]) for name, words in ACTIONS.items()}
    made["add"].add_argument("period", help=("发现周期,如 2023Q1", "the period in which it was found")[n])
    made["list"].add_argument("period", nargs="?", help=("考核周期;不写则为全部", "the period; all without it")[n])
    for name in ("update", "close"):
        made[name].add_argument("finding", help=("编号,如 HB-WH/2023Q1/F1", "such as HB-WH/2023Q1/F1")[n])
    _adding(made["add"], n)
    _updating(made["update"], n)
    _closing(made["close"], n)
    _listing(made["list"], n)
    for one in made.values():
        add_shared(one, lang)
        one.set_defaults(run=run)


def _adding(parser: argparse.ArgumentParser, n: int) -> None:
    parser.add_argument("--unit", required=True, help=("单位代码", "the unit's code")[n])
    parser.add_argument("--title", required=True, help=("发现的问题", "what was found")[n])
    parser.add_argument("--due", required=True, type=day, help=("整改期限,如 2023-05-10", "due, such as 2023-05-10")[n])
    parser.add_argument("--found", type=day, help=("发现日期(默认今天)", "the day it was found (today)")[n])
    node = ("涉及的指标或任务;写整改完成率指标则自动计入", "the indicator or node; a rate of rectification counts it")[
        n
    ]
    parser.add_argument("--node", help=node)
    parser.add_argument("--source", help=("来源,如 专项督查", "what found it")[n])
    parser.add_argument("--demand", help=("整改要求", "what is demanded")[n])
    parser.add_argument("--document", help=("文号", "the document it rests on")[n])


def _updating(parser: argparse.ArgumentParser, n: int) -> None:
    words = ("整改中、待销号、撤销", "the new state")[n]
    parser.add_argument("--state", choices=STATES, help=words)
    parser.add_argument("--progress", help=("整改措施和进展", "what was done so far")[n])
    parser.add_argument("--due", type=day, help=("改期(须写 --reason)", "move the due day (give a --reason)")[n])
    _proof(parser, n)
    why = ("退回、重新整改、改期、撤销的理由", "why it is sent back, reopened, moved or withdrawn")[n]
    parser.add_argument("--reason", help=why)


def _closing(parser: argparse.ArgumentParser, n: int) -> None:
    _proof(parser, n)
    parser.add_argument("--on", type=day, help=("销号日期(默认今天)", "the day of closing (today)")[n])
    parser.add_argument("--reason", help=("说明", "why")[n])


def _proof(parser: argparse.ArgumentParser, n: int) -> None:
    proof = parser.add_mutually_exclusive_group()
    proof.add_argument("--proof", type=Path, metavar="FILE", help=("佐证文件,存入档案", "the proof; it is archived")[n])
    proof.add_argument("--proof-no", metavar="NO", help=("佐证文号", "the proof's document number")[n])


def _listing(parser: argparse.ArgumentParser, n: int) -> None:
    parser.add_argument("--open", action="store_true", help=("只列未销号的", "only what is not closed")[n])
    parser.add_argument("--on", type=day, help=("截至哪天(默认今天)", "as it stands on that day (today)")[n])
    parser.add_argument("--out", type=Path, metavar="XLSX", help=("写成台账工作簿", "write it as a workbook")[n])


def day(text: str) -> date:
    """Return an ISO date.

    Raises:
        ValueError: it is none; argparse words it.
    """
    return date.fromisoformat(text)


def run(args: argparse.Namespace) -> int:
    """Record, move on, close or list."""
    from flows.calendar import period_of
    from flows.findings import add_finding
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    zh = settings.lang == "zh"
    if args.what in ("update", "close"):
        return _move(settings, plan, args)
    if args.what == "list":
        return _list(settings, plan, args)
    facts = {
        "unit_code": args.unit, "title": args.title, "due_on": str(args.due), "node_code": args.node,
        "found_on": str(args.found) if args.found else None, "source": args.source, "demand": args.demand,
        "document_no": args.document,
    }  # fmt: skip
    name, new = add_finding(settings, plan, period_of(plan, args.period), facts)
    if new:
        print(f"已登记问题 {name}。" if zh else f"Finding {name} is recorded.")
    else:
        print(f"此前已登记为 {name},未作更改。" if zh else f"It is recorded already as {name}; nothing was changed.")
    return 0


def _move(settings: Settings, plan: "Plan", args: argparse.Namespace) -> int:
    from flows.findings import Step, move_finding

    if args.what == "close":
        step = Step("closed", None, args.proof_no, args.proof, args.on, None, args.reason)
    else:
        step = Step(args.state, args.progress, args.proof_no, args.proof, None, args.due, args.reason)
    done, name = move_finding(settings, plan, args.finding, step), args.finding
    if settings.lang == "zh":
        print((f"{name} 已销号。" if args.what == "close" else f"{name} 已更新。") if done else f"{name} 没有变化。")
    else:
        words = "is closed" if args.what == "close" else "is updated"
        print(f"{name} {words}." if done else f"{name}: nothing was changed.")
    return 0


def _list(settings: Settings, plan: "Plan", args: argparse.Namespace) -> int:
    from flows.calendar import period_of
    from flows.findings import ledger_lines, load_ledger, write_ledger

    period = period_of(plan, args.period) if args.period else None
    rows = load_ledger(settings, plan, period, args.on, still_open=args.open)
    print("\n".join(ledger_lines(plan, rows, settings.lang)))
    if args.out:
        path = write_ledger(settings, plan, period, rows, args.out)
        print(f"台账工作簿:{path}" if settings.lang == "zh" else f"Ledger: {path}")
    return 0
