"""The standing board of a period: every unit asked, by class, with its state, light, problems and days late."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from flows.settings import Settings
from flows.wording import state_word
from schemas.asked import asked
from schemas.folder import Plan
from schemas.periods import Period
from schemas.text_table import csv_table, text_table

Row = dict[str, Any]
COUNTS = ("accepted", "accepted_with_warnings", "nil")
LISTED = 40
UNREPORTED = ("revision", "late_days", "errors", "warnings", "received_at", "submission_id", "reason")
"""What nothing is known of where nothing came."""
COLUMNS = {
    "class_name": ("类别", "Class"), "unit_code": ("单位代码", "Unit code"), "name": ("单位", "Unit"),
    "light_text": ("亮灯", "Light"), "state_text": ("状态", "State"), "late_days": ("迟报天数", "Days late"),
    "overdue_days": ("逾期天数", "Days overdue"), "errors": ("错误", "Errors"), "warnings": ("提示", "Warnings"),
    "received": ("收到时间", "Received"), "revision": ("第几次", "Revision"), "reason": ("说明", "Remark"),
    "submission_id": ("报送编号", "Submission"),
}  # fmt: skip
TALLIES = {
    "asked": ("应报", "asked"), "in_time": ("按时", "in time"), "late": ("迟报", "late"),
    "returned": ("退回", "returned"), "held": ("逾期待准", "held"), "silent": ("未报", "not reported"),
    "share_pct": ("报送率%", "reported %"),
}  # fmt: skip
WORDS = {
    "in_time": ("按时", "in time"), "late": ("迟报", "late"), "held": ("逾期待准", "held"),
    "returned": ("退回待改", "to be corrected"), "waiting": ("待报", "awaited"), "due": ("到期未报", "due today"),
    "overdue": ("逾期未报", "overdue"),
}  # fmt: skip
"""What a light says of a unit; its colour and shape are in ``scorecards.lights``."""


@dataclass(frozen=True)
class Board:
    """One period as it stands on a day. ``rows``: one per unit, by class and unit code; ``classes``: tallies.

    ``unknown_then``: units of which a file had come by the moment asked for, and was taken in only later.
    """

    plan: Plan
    period: Period
    state: str
    on: date
    due: date | None
    close: date | None
    rows: tuple[Row, ...]
    classes: tuple[Row, ...]
    lang: str
    unknown_then: int = 0

    @property
    def attention(self) -> list[Row]:
        """Return the rows that are not in order, the worst first."""
        order = {"red": 0, "yellow": 1, "unknown": 2}
        some = [r for r in self.rows if r["light"] in order]
        return sorted(some, key=lambda r: (order[r["light"]], -(r["overdue_days"] or r["late_days"] or 0)))


def make_board(settings: Settings, plan: Plan, period: Period, as_of: datetime | None = None) -> Board:
    """Return the board as known at a moment (now, where none is given); days are counted in the plan's time zone.

    Before anything is recorded every unit is awaited.
    """
    from flows.inputs import utc
    from flows.period import state_title
    from intake.calendar import close_day, due_day, local_day
    from warehouse import period_state, read_warehouse, status, submissions

    moment = as_of or datetime.now(UTC)
    units = asked(plan, period).select("unit_code").unique().sort("unit_code")
    rule, state, unknown_then = plan.file.intake.punctuality, "open", 0
    found = units.with_columns(pl.lit(None).alias(c) for c in UNREPORTED).with_columns(state=pl.lit("not_reported"))
    if settings.warehouse.exists():
        with read_warehouse(settings.warehouse) as warehouse:
            found = status(warehouse, units, str(period), utc(as_of), rule)
            state = period_state(warehouse, str(period), utc(as_of))
            if then := utc(as_of):
                later = (pl.col("received_at") <= then) & (pl.col("recorded_at") > then)
                late_known = submissions(warehouse, str(period)).filter(later, pl.col("unit_code").is_not_null())
                unknown_then = late_known["unit_code"].n_unique()
    on, due = local_day(plan, moment), due_day(plan, period)
    rows = _rows(plan, found, on, due, settings.lang)
    return Board(
        plan, period, state_title(state, settings.lang), on, due, close_day(plan, period), tuple(rows),
        tuple(_classes(rows, settings.lang)), settings.lang, unknown_then,
    )  # fmt: skip


def _rows(plan: Plan, found: pl.DataFrame, on: date, due: date | None, lang: str) -> list[Row]:
    names = plan.unit_names(lang)
    registry = {r["unit_code"]: r for r in plan.units.iter_rows(named=True)}
    order = {code: n for n, code in enumerate(plan.classes())}
    zone = ZoneInfo(plan.file.time_zone)
    rows = []
    for one in found.iter_rows(named=True):
        unit = registry[one["unit_code"]]
        counts = one["state"] in COUNTS
        there = counts or one["state"] == "held_late"
        over = 0 if there or due is None else (on - due).days
        light, word = _light(plan, one, over, has_due=due is not None)
        received = one["received_at"]
        rows.append({
            **one, "name": names[one["unit_code"]], "class_code": unit["class_code"], "light": light, "word": word,
            "class_name": plan.class_title(unit["class_code"], lang), "light_text": _light_text(light, word, lang),
            "state_text": state_word(one["state"], lang), "overdue_days": max(0, over),
            "late_days": (one["late_days"] or 0) if there else 0,
            "errors": one["errors"] or 0, "warnings": one["warnings"] or 0,
            "received": f"{received.replace(tzinfo=UTC).astimezone(zone):%Y-%m-%d %H:%M}" if received else "",
        })  # fmt: skip
    return sorted(rows, key=lambda r: (order.get(r["class_code"], len(order)), r["unit_code"]))


def _light(plan: Plan, one: Row, over: int, *, has_due: bool) -> tuple[str, str]:
    """Return light and word. Unknown is never green: what is not in yet is grey until it is due."""
    calendar, late = plan.file.calendar, one["late_days"] or 0
    if one["state"] in COUNTS:
        if not late:
            return "green", "in_time"
        return ("red" if late >= calendar.red_at else "yellow"), "late"
    if one["state"] == "held_late":
        return "red", "held"
    red, yellow = has_due and over >= calendar.red_at, has_due and over >= calendar.yellow_at
    if one["state"] == "not_reported":
        word = "overdue" if over > 0 else "due" if yellow else "waiting"
        return ("red" if red else "yellow" if yellow else "unknown"), word
    return ("red" if red else "yellow"), "returned" if one["state"] == "returned" else "waiting"


def _light_text(light: str, word: str, lang: str) -> str:
    from scorecards.lights import LIGHTS

    return f"{LIGHTS[light].shape} {WORDS[word][lang != 'zh']}"


def _classes(rows: Sequence[Row], lang: str) -> list[Row]:
    """Return the tallies of every class, and of all."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["class_name"], []).append(row)
    everything = ("合计" if lang == "zh" else "All", list(rows))
    tallies = []
    for name, members in [*groups.items(), *([everything] if len(groups) != 1 else [])]:
        words = [r["word"] for r in members]
        there = words.count("in_time") + words.count("late")
        tallies.append({
            "class_name": name, "asked": len(members), "in_time": words.count("in_time"), "late": words.count("late"),
            "returned": words.count("returned"), "held": words.count("held"),
            "silent": sum(r["state"] == "not_reported" for r in members),
            "share_pct": round(100 * there / len(members), 1) if members else 0.0,
        })  # fmt: skip
    return tallies


def board_lines(board: Board, *, everyone: bool = False) -> list[str]:
    """Return the board for a terminal: tallies by class, then the units that are not in order, or all."""
    zh = board.lang == "zh"
    due = board.due.isoformat() if board.due else "—"
    head = (
        f"{board.period} {board.period.title('zh')}({board.state}):应报 {len(board.rows)} 个单位;"
        f"截止 {due},统计日 {board.on}"
        if zh
        else f"{board.period} {board.period.title('en')} ({board.state}): {len(board.rows)} units asked; due {due}, "
        f"as of {board.on}"
    )
    tallies = {"class_name": COLUMNS["class_name"], **TALLIES}
    counted = [[r[k] for k in tallies] for r in board.classes]
    lines = [head, *_unknown_then(board), *_indented([w[not zh] for w in tallies.values()], counted)]
    rows = list(board.rows) if everyone else board.attention[:LISTED]
    if not rows:
        return lines
    shown = ["class_name", "name", "light_text", "state_text", "late_days", "overdue_days", "errors", "warnings"]
    table = [[_plain(r, k, zh=zh) for k in shown] for r in rows]
    lines += ["", *_indented([COLUMNS[k][not zh] for k in shown], table)]
    more = len(board.attention) - len(rows)
    if not everyone and more > 0:
        lines.append(f"  另有 {more} 个:--units、--html、--csv" if zh else f"  {more} more: --units, --html, --csv")
    return lines


def _unknown_then(board: Board) -> list[str]:
    """Say that files which had come by then do not count, because they were taken in only later."""
    n = board.unknown_then
    if not n:
        return []
    if board.lang == "zh":
        return [f"  注意:有 {n} 个单位的文件当时已收到、其后才录入,未计在内(--as-of 按录入时间,不按 --received)。"]
    sent = "1 unit had sent a file" if n == 1 else f"{n} units had sent files"
    return [f"  Note: by then {sent}, recorded only later and not counted: --as-of goes by what was recorded."]


def _indented(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    return [f"  {line}" for line in text_table(heads, rows)]


def _plain(row: Row, name: str, *, zh: bool) -> Any:
    if name == "name":
        return f"{row['name']}({row['unit_code']})" if zh else f"{row['name']} ({row['unit_code']})"
    value = row[name]
    return "" if value in (0, None) else value


def board_csv(board: Board) -> bytes:
    """Return every unit's row as CSV."""
    heads = [words[board.lang != "zh"] for words in COLUMNS.values()]
    return csv_table(heads, ([row[k] for k in COLUMNS] for row in board.rows))


def board_json(board: Board) -> bytes:
    """Return the board as JSON."""
    kept = ("unit_code", "name", "class_code", "state", "light", "word", "late_days", "overdue_days", "errors",
            "warnings", "received", "revision", "submission_id", "reason")  # fmt: skip
    content = {
        "plan": board.plan.file.plan, "plan_version": board.plan.file.version, "period": str(board.period),
        "state": board.state, "on": board.on.isoformat(), "due": board.due.isoformat() if board.due else None,
        "classes": list(board.classes), "units": [{k: r[k] for k in kept} for r in board.rows],
    }  # fmt: skip
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def board_html(board: Board) -> bytes:
    """Return the board as one HTML file that needs no network."""
    from scorecards.status_page import status_page

    zh, at = board.lang == "zh", int(board.lang != "zh")
    title = board.plan.file.title.get(board.lang)
    dates = [
        ("截止", "due", board.due), ("关闭", "closes", board.close), ("统计日", "as of", board.on),
    ]  # fmt: skip
    words = (f"{w[at]} {w[2]}" for w in dates if w[2])
    state = f"{board.period}({board.state})" if zh else f"{board.period} ({board.state})"
    return status_page(
        f"{title} {board.period.title(board.lang)} {'报送看板' if zh else 'reports received'}",
        [state, (";" if zh else "; ").join(words)],
        board.rows, board.classes, {k: w[at] for k, w in COLUMNS.items()}, {k: w[at] for k, w in TALLIES.items()},
        board.lang,
    ).encode()  # fmt: skip
