"""``kaohe rerun``: score a period again and write its documents; the earlier runs stay as they are."""

import argparse
from typing import Any

from flows.commands.assess import add_scoring
from flows.settings import settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "rerun",
        help="重新计分并出具成绩单,原批次保留" if zh else "score again and write the documents; earlier runs stay",
    )
    add_scoring(parser, lang)
    parser.add_argument("--reason", required=True, help="原因" if zh else "why")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Score, write the documents, and print both."""
    from flows.assess import assess_period
    from flows.calendar import moment, period_of
    from flows.export import export_run
    from flows.progress import Progress
    from flows.wording import assess_lines, export_lines
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    period = period_of(plan, args.period)
    as_of = moment(args.as_of, plan.file.time_zone)
    done = assess_period(settings, plan, period, reason=args.reason, as_of=as_of, despite=args.despite)
    print("\n".join(assess_lines(period, done, settings.lang)), flush=True)
    with Progress("成绩单" if settings.lang == "zh" else "scorecards") as progress:
        written = export_run(settings, plan, done.run_id, progress=progress)
    print("\n".join(export_lines(written, settings.lang)))
    return 0
