"""Who is still to report, ready to send: a notice for each class as text, the list as workbook or CSV."""

import io
from datetime import date
from pathlib import Path
from typing import Any

from flows.board import Board, Row, make_board
from flows.files import write_whole
from flows.settings import Settings
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period
from schemas.text_table import csv_table
from scorecards.numbers import counted
from scorecards.typeset import typeset

KINDS = (".txt", ".csv", ".xlsx")
WANTED = {
    "not_reported": ("未报送", "not reported"), "returned": ("退回待改", "returned, to be corrected"),
    "received": ("待处理", "received, not decided"),
}  # fmt: skip
HEADS = {
    "class_name": ("单位类别", "Class", 24), "unit_code": ("单位代码", "Unit code", 12), "name": ("单位", "Unit", 34),
    "wanted": ("情况", "Standing", 18), "errors": ("错误处数", "Errors", 9), "due": ("报送期限", "Due", 12),
    "days": ("距期限", "Days left", 12),
}  # fmt: skip


def still_to_report(board: Board) -> list[Row]:
    """Return the units that have not reported or have a returned report, by class: the board's rows and HEADS."""
    due = board.due.isoformat() if board.due else ""
    at, days = board.lang != "zh", _days(board.due, board.on, board.lang)
    return [
        {**row, "wanted": WANTED[row["state"]][at], "due": due, "days": days}
        for row in board.rows
        if row["state"] in WANTED
    ]


def _days(due: date | None, on: date, lang: str) -> str:
    left = (due - on).days if due else None
    if left is None:
        return ""
    if lang == "zh":
        return f"还有{left}天" if left > 0 else "今天到期" if left == 0 else f"已逾期{-left}天"
    days = counted(abs(left), "day")
    return f"{days} left" if left > 0 else "due today" if left == 0 else f"{days} over"


def reminder_texts(board: Board) -> dict[str, str]:
    """Return one notice a class that is not complete, by the class's name."""
    groups: dict[str, list[Row]] = {}
    for row in still_to_report(board):
        groups.setdefault(row["class_name"], []).append(row)
    return {name: _notice(board, name, rows) for name, rows in groups.items()}


def _notice(board: Board, name: str, rows: list[Row]) -> str:
    zh = board.lang == "zh"
    asked = sum(r["class_name"] == name for r in board.rows)
    title, period = board.plan.file.title.get(board.lang), board.period.title(board.lang)
    silent, returned = ([r for r in rows if r["state"] == state] for state in ("not_reported", "returned"))
    due, days = (board.due.isoformat() if board.due else ""), rows[0]["days"]
    if zh:
        when = f"报送期限 {due},{days}。" if due else ""
        lines = [f"【{name}】{title}{period}填报提醒", f"应报 {asked} 个单位,尚有 {len(rows)} 个未完成。{when}"]
        lines += [f"未报送({len(silent)}):{'、'.join(r['name'] for r in silent)}。"] if silent else []
        some = "、".join(f"{r['name']}({r['errors']}处错误)" for r in returned)
        lines += [f"已退回待改({len(returned)}):{some}。请按标注稿逐处改正后重新报送。"] if returned else []
        lines.append("请使用本期下发的填报工作簿;本期确无发生的,在表末“零报告”选“是”后报送。")
    else:
        when = f" Due {due}, {days}." if due else ""
        units = counted(asked, "unit")
        lines = [f"[{name}] {title}, {period}: reminder", f"{units} asked, {len(rows)} not complete.{when}"]
        lines += [f"Not reported ({len(silent)}): {', '.join(r['name'] for r in silent)}."] if silent else []
        some = ", ".join(f"{r['name']} ({counted(r['errors'], 'error')})" for r in returned)
        lines += (
            [f"Returned ({len(returned)}): {some}. Correct each marked cell and send it again."] if returned else []
        )
        lines.append("Use this period's workbook; where there was nothing to report, choose yes in the nil box.")
    text = "\n".join(lines) + "\n"
    return typeset(text, board.lang)  # what is sent has the marks of print


def kind_of(path: Path) -> str:
    """Return the ending of a file of reminders.

    Raises:
        UserError: another one than .txt, .csv or .xlsx.
    """
    if path.suffix.lower() not in KINDS:
        raise UserError(
            f"催报清单只能写成 {'、'.join(KINDS)},不能写成“{path.name}”。",
            f"Reminders are written as {', '.join(KINDS)}, not as '{path.name}'.",
            exit_code=2,
        )
    return path.suffix.lower()


def write_reminders(board: Board, path: Path) -> int:
    """Write the reminders in the form that the file's name says (``kind_of``); return how many units they name."""
    kind = kind_of(path)
    rows, at = still_to_report(board), board.lang != "zh"
    if kind == ".txt":
        write_whole(path, "\n".join(reminder_texts(board).values()).encode())
    elif kind == ".csv":
        write_whole(path, csv_table([words[at] for words in HEADS.values()], ([row[k] for k in HEADS] for row in rows)))
    else:
        write_whole(path, _workbook(board, rows))
    return len(rows)


def _workbook(board: Board, rows: list[Row]) -> bytes:
    """Return a sheet with the list and a sheet with the notices."""
    from intake.styles import Styles, new_book

    zh, at = board.lang == "zh", int(board.lang != "zh")
    buffer = io.BytesIO()
    book = new_book(buffer)
    styles = Styles(book)
    sheet = book.add_worksheet("催报清单" if zh else "Still to report")
    _list(sheet, styles, rows, at, f"{board.period.title(board.lang)} {'催报清单' if zh else 'still to report'}")
    words = book.add_worksheet("提醒文字" if zh else "Notices")
    words.set_column(0, 0, 24)
    words.set_column(1, 1, 96)
    for n, (name, text) in enumerate(reminder_texts(board).items()):
        words.write_string(n, 0, name, styles.label)
        words.write_string(n, 1, text.rstrip(), styles.text)
        words.set_row(n, 16 * sum(1 + len(line) // (46 if zh else 92) for line in text.splitlines()) + 6)
    for one in (sheet, words):
        one.set_landscape()
        one.set_paper(9)
        one.fit_to_pages(1, 0)
    book.close()
    return buffer.getvalue()


def _list(sheet: Any, styles: Any, rows: list[Row], at: int, title: str) -> None:
    sheet.merge_range(0, 0, 0, len(HEADS) - 1, title, styles.title)
    sheet.set_row(0, 28)
    for column, words in enumerate(HEADS.values()):
        sheet.set_column(column, column, words[2])
        sheet.write_string(1, column, words[at], styles.head)
    for n, row in enumerate(rows, 2):
        for column, name in enumerate(HEADS):
            if isinstance(row[name], int):
                sheet.write_number(n, column, row[name], styles.text) if row[name] else sheet.write_blank(
                    n, column, None, styles.text
                )
            else:
                sheet.write_string(n, column, row[name], styles.text)
    sheet.freeze_panes(2, 0)
    sheet.repeat_rows(1)
    sheet.autofilter(1, 0, max(2, len(rows) + 1), len(HEADS) - 1)


def remind(settings: Settings, plan: Plan, period: Period) -> tuple[Board, list[Path]]:
    """Write today's reminders of a period into the data folder, as text and workbook; return board and files."""
    board = make_board(settings, plan, period)
    folder = settings.home / "reminders" / str(period)
    paths = [folder / f"{period}_{board.on.isoformat()}{kind}" for kind in (".txt", ".xlsx")]
    for path in paths:
        write_reminders(board, path)
    return board, paths
