"""``kaohe watch``: take in what mail or web drop into a folder."""

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.parser import seconds
from flows.settings import add_shared, settings_from

if TYPE_CHECKING:
    from flows.ingest import Ingested
    from schemas.errors import UserError


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "watch",
        help="守候一个文件夹,收取放入的填报文件" if zh else "take in what is dropped into a folder, as it comes",
    )
    parser.add_argument("folder", type=Path, help="文件夹" if zh else "the folder")
    parser.add_argument("--once", action="store_true", help="只看一次,供 cron" if zh else "look once and end (cron)")
    parser.add_argument("--period", help="正在收取的周期" if zh else "the period being collected")
    parser.add_argument(
        "--settle",
        type=seconds,
        default=5.0,
        metavar="SECONDS",
        help="文件多少秒不变才算写完(默认5)" if zh else "a file is whole when unchanged for so long (5)",
    )
    parser.add_argument(
        "--every",
        type=seconds,
        default=5.0,
        metavar="SECONDS",
        help="多少秒看一次(默认5)" if zh else "how often to look (5)",
    )
    add_shared(parser, lang)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Watch until told to stop; a batch that has begun is finished."""
    from flows.calendar import period_of
    from flows.review_lines import review_again_after
    from flows.spool import watch
    from flows.wording import ingest_lines
    from schemas.errors import UserError as Mistake
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    period = period_of(plan, args.period) if args.period else None
    stop: list[int] = []
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda number, _: stop.append(number))
    zh = settings.lang == "zh"
    if not args.once:
        print(f"守候 {args.folder},按 Ctrl-C 结束。" if zh else f"Watching {args.folder}; Ctrl-C ends it.", flush=True)

    def tell(done: "Ingested | UserError") -> None:
        if isinstance(done, Mistake):
            print(done.text(settings.lang), file=sys.stderr, flush=True)
            return
        lines, complaints = ingest_lines(done, settings.lang)
        print("\n".join([*lines, *review_again_after(settings, done)]), flush=True)
        if complaints:
            print("\n".join(complaints), file=sys.stderr, flush=True)

    taken = watch(
        settings, plan, args.folder.absolute(), period, once=args.once, settle_s=args.settle, every_s=args.every,
        tell=tell, stopping=lambda: bool(stop),
    )  # fmt: skip
    if args.once and not taken:
        print("没有写完的新文件。" if zh else "No new file that is whole.")
    return 0
