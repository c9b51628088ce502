"""``kaohe template``: the blank workbooks of a period."""

import argparse
from pathlib import Path
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "template", help="生成某一周期的填报工作簿" if zh else "write the workbooks of a period"
    )
    parser.add_argument("period", help="考核周期,如 2023Q1" if zh else "the period, such as 2023Q1")
    parser.add_argument(
        "--unit", action="append", help="只为这个单位,可重复" if zh else "for this unit only; may be repeated"
    )
    parser.add_argument("--out", type=Path, help="输出文件夹" if zh else "the output folder")
    add_shared(parser, lang)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the workbooks and say where they are."""
    from flows.calendar import period_of
    from flows.progress import Progress
    from flows.templates import make_templates
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    period = period_of(plan, args.period)
    zh = settings.lang == "zh"
    with Progress("填报工作簿" if zh else "workbooks") as progress:
        paths = make_templates(settings, plan, period, args.out, units=args.unit, progress=progress)
    where = paths[0].parent if paths else args.out
    print(
        f"{period}:已生成 {len(paths)} 份填报工作簿,在 {where}"
        if zh
        else f"{period}: {len(paths)} workbooks in {where}"
    )
    return 0
