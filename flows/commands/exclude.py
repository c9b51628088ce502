"""``kaohe exclude``: a submission is kept, but counts no more."""

import argparse
from typing import Any

from flows.commands.admit import add_submission
from flows.settings import settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "exclude",
        help="使一份报送不再计入(保留原件),如已并入其他单位"
        if lang == "zh"
        else "let a submission count no more; it is kept (a merged unit's, a mistaken one)",
    )
    add_submission(parser, lang)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exclude and say so."""
    from flows.appeals import exclude

    settings = settings_from(args)
    done = exclude(settings, args.submission, args.reason)
    if settings.lang == "zh":
        print(f"{args.submission} 不再计入。" if done else f"{args.submission} 此前已不计入,未作更改。")
    else:
        print(f"{args.submission} counts no more." if done else f"{args.submission} was excluded before.")
    return 0
