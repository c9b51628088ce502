"""``kaohe item``: the office's register, adoptions to deductions, from its workbook."""

import argparse
import sys
from pathlib import Path
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "item", help="录入考核办台账工作簿" if zh else "take in the office's register workbook"
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("path", nargs="?", type=Path, help="填好的台账" if zh else "the filled register")
    which.add_argument(
        "--write",
        type=Path,
        metavar="XLSX",
        help="写出台账工作簿,含已录入的条目" if zh else "write the register workbook with what is recorded so far",
    )
    parser.add_argument("--reason", help="原因" if zh else "why")
    add_shared(parser, lang)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Take in a register, or write one."""
    from flows.register import take_register, write_register
    from schemas.folder import load_plan
    from scorecards.numbers import counted

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    zh = settings.lang == "zh"
    if args.write:
        path = write_register(settings, plan, args.write)
        print(f"台账工作簿:{path}" if zh else f"Register workbook: {path}")
        return 0
    done = take_register(settings, plan, args.path, reason=args.reason)
    if done.remarks:
        print("\n".join(done.remarks), file=sys.stderr)
    if zh:
        changed = f"其中新增或变更 {done.new_items} 条和 {done.new_adjustments} 条"
        print(f"台账 {done.items} 条,加扣分 {done.adjustments} 条,{changed}。")
        if done.findings:
            print(f"整改台账 {done.findings} 条,其中新增或变更 {done.new_findings} 条。")
    else:
        both = ((done.items, "item", done.new_items), (done.adjustments, "adjustment", done.new_adjustments))
        print("; ".join(f"{counted(n, word)}, {new} new or changed" for n, word, new in both) + ".")
        if done.findings:
            print(f"{counted(done.findings, 'finding')}, {done.new_findings} new or changed.")
    return 0
