"""``kaohe erase``: the names and telephones of those who filled in reports."""

import argparse
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "erase",
        help="删除填报人员的姓名和电话,分数不变" if zh else "erase who filled in reports; no score changes",
    )
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--unit", help="某一单位的" if zh else "those of one unit")
    whose.add_argument("--submission", help="某一报送的,如 HB-WH/2023Q1/2" if zh else "of one, as HB-WH/2023Q1/2")
    whose.add_argument("--all", action="store_true", help="全部" if zh else "everybody")
    parser.add_argument("--reason", required=True, help="原因" if zh else "why")
    add_shared(parser, lang, plan=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Erase, and say how many there were and where else they may stand."""
    from flows.progress import waiting
    from warehouse import erase_persons, open_warehouse

    settings = settings_from(args)
    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        count = erase_persons(
            warehouse, unit_code=args.unit, submission_id=args.submission, actor=settings.actor, reason=args.reason
        )
    if settings.lang == "zh":
        print(f"已从数据库删除 {count} 人次的姓名和电话,分数和哈希不变。" if count else "没有可删除的人员信息。")
        print("收到的原件、退回的标注稿和备份仍含有这些信息,请按保管期限另行处理。")
    else:
        print(
            f"Names and telephones erased: {count}; scores and hashes are as they were." if count else "Nobody found."
        )
        print("The files as received, marked copies and backups still hold them: deal with these as your rules say.")
    return 0
