"""``kaohe backup``: everything that is recorded, in an open format."""

import argparse
from pathlib import Path
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "backup",
        help="备份:全部数据(Parquet)、档案和公布包"
        if zh
        else "backup: all tables as Parquet, the archive, the packages",
    )
    parser.add_argument("folder", type=Path, help="备份文件夹" if zh else "the backup's folder")
    add_shared(parser, lang, plan=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Back up and say what."""
    from flows.backup import backup

    settings = settings_from(args)
    counts, files = backup(settings, args.folder.expanduser().absolute())
    rows = sum(counts.values())
    print(
        f"已备份 {rows} 行数据、新增 {files} 个文件到 {args.folder}。"
        if settings.lang == "zh"
        else f"{rows} rows and {files} new files are backed up in {args.folder}."
    )
    return 0
