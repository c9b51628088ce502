"""``kaohe export``: the documents of a run."""

import argparse
from pathlib import Path
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "export", help="出具一个计分批次的成绩单和数据" if zh else "write the documents and data of a run"
    )
    parser.add_argument("period", help="考核周期,如 2023Q1" if zh else "the period, such as 2023Q1")
    parser.add_argument(
        "--run", dest="run_id", help="计分批次(默认该周期最新的)" if zh else "the run (the period's newest by default)"
    )
    parser.add_argument("--out", type=Path, help="输出文件夹" if zh else "the output folder")
    add_shared(parser, lang)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the documents and say where they are."""
    from flows.calendar import period_of
    from flows.export import export_run, newest_run
    from flows.progress import Progress
    from flows.wording import export_lines
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    period = period_of(plan, args.period)
    run_id = args.run_id or newest_run(settings, period)
    with Progress("成绩单" if settings.lang == "zh" else "scorecards") as progress:
        done = export_run(settings, plan, run_id, args.out, full=True, progress=progress)
    print("\n".join(export_lines(done, settings.lang)))
    return 0
