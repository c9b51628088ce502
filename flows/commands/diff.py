"""``kaohe diff``: which units moved between two runs, and how much of each move came from what."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.settings import add_shared, settings_from
from schemas.errors import UserError

if TYPE_CHECKING:
    from scorecards.diff import RunDiff

SUFFIXES = (".xlsx", ".html", ".txt")


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "diff",
        help="比较两个计分批次:谁变了、为什么" if zh else "compare two runs: which units moved, and why",
    )
    run_help = "(批次号,可只写前几位)" if zh else " (its id, or the beginning of it)"
    parser.add_argument("run_a", metavar="RUN_A", help=("原批次" if zh else "the older run") + run_help)
    parser.add_argument("run_b", metavar="RUN_B", help=("新批次" if zh else "the newer run") + run_help)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="写入 .xlsx、.html 或 .txt 文件" if zh else "write a file: .xlsx, .html or .txt",
    )
    add_shared(parser, lang, plan=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the comparison, or write it to a file.

    Raises:
        UserError: a file of another kind; no such run; runs of different periods.
    """
    if args.out and args.out.suffix.lower() not in SUFFIXES:
        raise UserError(
            f"不能写入“{args.out.name}”,请写 .xlsx、.html 或 .txt。",
            f"'{args.out.name}' cannot be written; end it with .xlsx, .html or .txt.",
            exit_code=2,
        )
    from flows.diff import diff_runs
    from scorecards.diff import diff_text, head_lines

    settings = settings_from(args)
    diff = diff_runs(settings, args.run_a, args.run_b)
    if args.out is None:
        print(diff_text(diff, settings.lang), end="")
        return 0
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_bytes(document(diff, args.out.suffix.lower(), settings.lang))
    print("\n".join([*head_lines(diff, settings.lang), str(args.out)]))
    return 0


def document(diff: "RunDiff", suffix: str, lang: str) -> bytes:
    """Return the comparison as a file of this kind."""
    if suffix == ".xlsx":
        from scorecards.diff_sheet import diff_workbook

        return diff_workbook(diff, lang)
    if suffix == ".html":
        from scorecards.diff_page import diff_page

        return diff_page(diff, lang).encode()
    from scorecards.diff import diff_text

    return diff_text(diff, lang).encode()
