"""``kaohe status``: who has reported, what was returned, and which runs there are."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.settings import add_shared, settings_from

if TYPE_CHECKING:
    from flows.board import Board


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "status", help="报送和计分情况" if zh else "who has reported, and which runs there are"
    )
    parser.add_argument("at", nargs="?", metavar="PERIOD", help="考核周期,同 --period" if zh else "as --period")
    parser.add_argument("--period", help="考核周期;不写则为全部" if zh else "the period; all without it")
    parser.add_argument("--units", action="store_true", help="列出所有单位" if zh else "list every unit")
    parser.add_argument(
        "--as-of",
        help="截至该时刻的情况,如 2023-04-15 或 2023-04-15T09:00(方案所在时区)"
        if zh
        else "as it stood at that moment, such as 2023-04-15 or 2023-04-15T09:00 (in the plan's time zone)",
    )
    for name, zh_help, en_help in (
        ("--html", "另存为一个离线网页", "also one offline page"),
        ("--csv", "另存为 CSV", "also as CSV"),
        ("--json", "另存为 JSON", "also as JSON"),
        (
            "--remind",
            "尚未报送和退回待改的单位,按类别写成可直接发送的提醒(.txt、.xlsx 或 .csv)",
            "who is still to report, by class and ready to send (.txt, .xlsx or .csv)",
        ),
    ):
        parser.add_argument(name, type=Path, metavar="FILE", help=zh_help if zh else en_help)
    add_shared(parser, lang)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the status; of one period also as files."""
    from flows.board import board_lines, make_board
    from flows.calendar import moment, period_of
    from flows.reminders import kind_of
    from flows.status import run_lines, status_lines
    from schemas.errors import UserError
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    name = args.period or args.at
    if not name:
        if args.html or args.csv or args.json or args.remind or args.units or args.as_of:
            raise UserError(
                "请写明考核周期,如 kaohe status 2023Q1 --html 看板.html。",
                "Name the period, such as kaohe status 2023Q1 --html board.html.",
                exit_code=2,
            )
        print("\n".join(status_lines(settings, plan)))
        return 0
    period = period_of(plan, name)
    if args.remind:
        kind_of(args.remind)
    board = make_board(settings, plan, period, moment(args.as_of, plan.file.time_zone))
    runs = run_lines(settings, period) if settings.warehouse.exists() else []
    print("\n".join([*board_lines(board, everyone=args.units), *runs]))
    _write(args, board)
    return 0


def _write(args: argparse.Namespace, board: "Board") -> None:
    from flows.board import board_csv, board_html, board_json
    from flows.files import write_whole

    for path, make in ((args.html, board_html), (args.csv, board_csv), (args.json, board_json)):
        if path:
            write_whole(path, make(board))
            print(f"  {path}")
    if args.remind:
        from flows.reminders import write_reminders
        from scorecards.numbers import counted

        count = write_reminders(board, args.remind)
        print(
            f"  催报 {count} 个单位:{args.remind}"
            if board.lang == "zh"
            else f"  {counted(count, 'unit')}: {args.remind}"
        )
