"""``kaohe restore``: a backup into an empty data folder."""

import argparse
from pathlib import Path
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "restore", help="从备份恢复到空的数据文件夹" if zh else "restore a backup into an empty data folder"
    )
    parser.add_argument("folder", type=Path, help="备份文件夹" if zh else "the backup's folder")
    add_shared(parser, lang, plan=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Restore and say what."""
    from flows.backup import restore

    settings = settings_from(args)
    counts, files = restore(settings, args.folder.expanduser().absolute())
    rows = sum(counts.values())
    print(
        f"已恢复 {rows} 行数据和 {files} 个文件,校验无误。"
        if settings.lang == "zh"
        else f"{rows} rows and {files} files are restored and checked."
    )
    return 0
