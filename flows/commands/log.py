"""``kaohe log``: who changed what, when and why."""

import argparse
from typing import Any

from flows.parser import count
from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "log", help="变更记录:谁、何时、改了什么、为什么" if zh else "the log: who changed what, when and why"
    )
    parser.add_argument(
        "subject",
        metavar="对象" if zh else "SUBJECT",
        nargs="?",
        help="单位、周期或批次;不写则为全部" if zh else "a unit, a period or a run; everything without it",
    )
    parser.add_argument("--last", type=count, default=20, help="最近几条(默认 20)" if zh else "how many (20)")
    add_shared(parser, lang, plan=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the newest changes."""
    from flows.log import log_lines

    settings = settings_from(args)
    lines = log_lines(settings, args.subject, args.last)
    empty = "没有记录。" if settings.lang == "zh" else "Nothing is recorded."
    print("\n".join(lines) or empty)
    return 0
