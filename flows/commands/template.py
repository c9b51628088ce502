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
    whom = parser.add_mutually_exclusive_group()
    whom.add_argument(
        "--unit", action="append", help="只为这个单位,可重复" if zh else "for this unit only; may be repeated"
    )
    whom.add_argument("--all", action="store_true", help="为所有单位(默认)" if zh else "for every unit (the default)")
    parser.add_argument(
        "--zip", action="store_true", help="另按单位类别打包" if zh else "also one zip for each class of units"
    )
    parser.add_argument("--out", type=Path, help="输出文件夹" if zh else "the output folder")
    add_shared(parser, lang)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the workbooks and say where they are."""
    from flows.calendar import period_of
    from flows.progress import Progress
    from flows.templates import make_templates, zip_by_class
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
    for path in zip_by_class(settings, plan, period, paths) if args.zip else ():
        print(f"  {path.name}")
    return 0
