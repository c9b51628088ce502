"""``kaohe status``: who has reported, what was returned, and which runs there are."""

import argparse
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "status", help="报送和计分情况" if zh else "who has reported, and which runs there are"
    )
    parser.add_argument("--period", help="考核周期;不写则为全部" if zh else "the period; all without it")
    add_shared(parser, lang)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the status."""
    from flows.calendar import period_of
    from flows.status import status_lines
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    period = period_of(plan, args.period) if args.period else None
    print("\n".join(status_lines(settings, plan, period)))
    return 0
