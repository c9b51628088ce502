"""``kaohe quarter``: a period from inbox to documents, as one Prefect flow."""

import argparse
from pathlib import Path
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "quarter",
        help="一个周期从收表到成绩单,一次完成" if zh else "a whole period: take in, score, write the documents",
    )
    parser.add_argument("period", help="考核周期,如 2023Q1" if zh else "the period, such as 2023Q1")
    parser.add_argument(
        "--inbox",
        type=Path,
        help="填报所在文件夹(默认 数据文件夹/inbox/周期)" if zh else "folder of the submissions (default inbox/PERIOD)",
    )
    parser.add_argument(
        "--received", choices=["now", "modified"], default="now", help="收到时间" if zh else "when received"
    )
    parser.add_argument("--reason", default="quarter", help="原因" if zh else "why")
    parser.add_argument("--as-of", help="按这一时刻已知的数据" if zh else "as known at this time")
    add_shared(parser, lang)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the flow and print what was done."""
    from flows.calendar import moment, period_of
    from flows.local_prefect import hand_on, without_heartbeats
    from flows.settings import prepare_home
    from flows.wording import assess_lines, export_lines, ingest_lines
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    period = period_of(plan, args.period)
    as_of = moment(args.as_of, plan.file.time_zone)
    prepare_home(settings)
    hand_on(settings)
    from flows.flows import quarter

    inbox = str(args.inbox.absolute()) if args.inbox else None
    with without_heartbeats():
        taken, scored, written = quarter(str(period), args.reason, inbox, args.received, as_of)
    lines, complaints = ingest_lines(taken, settings.lang)
    print(
        "\n".join(
            [*lines, *complaints, *assess_lines(period, scored, settings.lang), *export_lines(written, settings.lang)]
        )
    )
    return 0
