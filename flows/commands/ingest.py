"""``kaohe ingest``: take in what units have sent."""

import argparse
from pathlib import Path
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "ingest", help="收取填报文件,检查并入库" if zh else "take in submissions, check and store them"
    )
    parser.add_argument("paths", nargs="+", type=Path, help="文件或文件夹" if zh else "files or folders")
    parser.add_argument(
        "--period",
        help="正在收取的周期;别的周期的文件退回" if zh else "the period being collected; files of another are returned",
    )
    parser.add_argument(
        "--received",
        default="now",
        help="收到时间:now、modified(各文件的修改时间)或 2023-04-10T09:00(方案所在时区)"
        if zh
        else "when received: now, modified (each file's own time) or 2023-04-10T09:00 (in the plan's time zone)",
    )
    parser.add_argument("--reason", help="说明" if zh else "why")
    parser.add_argument("--table", action="store_true", help="逐份列表" if zh else "also one line for each file")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="汇总存为 CSV" if zh else "the summary as CSV")
    parser.add_argument("--json", type=Path, metavar="FILE", help="汇总存为 JSON" if zh else "the summary as JSON")
    add_shared(parser, lang)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Take in the files; return 1 where a file was returned or refused."""
    from flows.calendar import period_of
    from flows.ingest import ingest_batch
    from flows.progress import Progress
    from flows.review_lines import review_again_after
    from flows.summary import summary_lines, summary_rows, write_summary
    from flows.wording import ingest_lines
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    period = period_of(plan, args.period) if args.period else None
    received = _received(args.received, plan.file.time_zone)
    with Progress("读取填报" if settings.lang == "zh" else "reading") as progress:
        done = ingest_batch(
            settings, plan, args.paths, period, received_at=received, reason=args.reason, progress=progress
        )
    import sys

    lines, complaints = ingest_lines(done, settings.lang)
    if args.table:
        lines += summary_lines(summary_rows(done, plan, settings.lang), settings.lang)
    lines += review_again_after(settings, done)
    lines += [f"  {path}" for path in write_summary(done, plan, settings.lang, args.csv, args.json)]
    print("\n".join(lines))
    if complaints:
        print("\n".join(complaints), file=sys.stderr)
    return 1 if done.faulty else 0


def _received(text: str, zone: str) -> Any:
    from flows.calendar import moment

    if text in ("now", "modified"):
        return None if text == "now" else text
    return moment(text, zone)
