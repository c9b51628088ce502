"""``kaohe diff``: which units moved between two runs, and how much of each move came from what."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.settings import add_shared, settings_from
from schemas.errors import UserError
from schemas.periods import parse_period

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
    parser.add_argument(
        "run_a",
        metavar="RUN_A",
        help="原批次:批次号(可只写前几位),或 2023Q1~1(该周期倒数第二个批次);只写周期 2023Q1 则比较最近两个批次"
        if zh
        else "the older run: its id or the beginning of it, or 2023Q1~1 (the last but one of a period); a period alone "
        "compares its newest two runs",
    )
    parser.add_argument(
        "run_b", metavar="RUN_B", nargs="?", help="新批次" if zh else "the newer run; 2023Q1 is a period's newest"
    )
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
    diff = diff_runs(settings, *_pair(args.run_a, args.run_b))
    if args.out is None:
        print(diff_text(diff, settings.lang), end="")
        return 0
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_bytes(document(diff, args.out.suffix.lower(), settings.lang))
    print("\n".join([*head_lines(diff, settings.lang), str(args.out)]))
    return 0


def _pair(run_a: str, run_b: str | None) -> tuple[str, str]:
    """Return the two runs to compare; a period alone stands for its newest two."""
    if run_b:
        return run_a, run_b
    try:
        parse_period(run_a)
    except UserError:
        raise UserError(
            f"只写一个时须是周期,如 2023Q1;“{run_a}”不是。请写周期,或写两个批次。",
            f"A single word here must be a period, such as 2023Q1, and '{run_a}' is none. Give a period, or two runs.",
            exit_code=2,
        ) from None
    return f"{run_a}~1", run_a


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
