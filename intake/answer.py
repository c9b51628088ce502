"""What goes back to the unit: its form with every problem marked in the cell, and the list as a sheet, CSV and JSON."""

import csv
import io
import json
from typing import Any

from intake.batch import Batch
from intake.checks import UNREAD
from intake.form import PROBLEM_SHEET
from intake.form_writer import Marks
from intake.problem_sheet import write_problems
from intake.report import Row
from intake.styles import Styles, new_book
from schemas.text_table import no_formula

_LISTED = (
    "file_name", "number", "severity", "layer", "code", "sheet", "cell", "indicator_code", "part", "value", "expected",
    "message_zh", "message_en",
)  # fmt: skip


def marked_copy(one: Batch, lang: str) -> dict[str, Any]:
    """Return what the form of one returned submission is filled with, as ``Forms.workbook`` takes it."""
    submission = one.submissions.row(0, named=True)
    problems = one.problems.sort("number").to_dicts()
    persons = {p["role"]: p for p in one.persons.iter_rows(named=True)}
    reporter = persons.get("reporter", {})
    return {
        "answers": {(c["indicator_code"], c["part"]): _answer(c, problems) for c in one.cells.iter_rows(named=True)},
        "marks": _marks(problems, lang),
        "problems": problems,
        "nil": True if submission["nil"] else None,
        "explanation": submission["explanation"],
        "reporter": reporter.get("name"),
        "phone": reporter.get("phone"),
        "responsible": persons.get("responsible", {}).get("name"),
    }


def _answer(cell: Row, problems: list[Row]) -> dict[str, Any]:
    """Return what the unit wrote in one row: the number where it was read, else the text as it stood."""
    answer = {n: cell[n] for n in ("value", "numerator", "denominator", "self_score", "evidence", "note")}
    place = (cell["indicator_code"], cell["part"])
    here = [p for p in problems if (p["indicator_code"], p["part"] or "") == place and p["code"] in UNREAD]
    unread = {p["field"]: p["value"] for p in here}
    for name in ("value", "numerator", "denominator", "self_score"):
        if answer[name] is None and unread.get(name):
            answer[name] = unread[name]
    return answer


def _marks(problems: list[Row], lang: str) -> Marks:
    """Return the worst severity and all wordings by indicator, part and column."""
    marks: dict[tuple[str, str, str], tuple[str, str]] = {}
    for p in problems:
        if not p["indicator_code"]:
            continue
        place = (p["indicator_code"], p["part"] or "", p["field"] or "value")
        level, text = marks.get(place, ("warning", ""))
        worst = "error" if "error" in (level, p["severity"]) else "warning"
        message = p["message_zh" if lang == "zh" else "message_en"]
        marks[place] = (worst, f"{text}\n{message}".strip())
    return marks


def problem_list(one: Batch, lang: str) -> bytes:
    """Return a workbook that holds one submission's problems alone, where there is no form to mark them in."""
    buffer = io.BytesIO()
    book = new_book(buffer)
    problems, name = one.problems.sort("number").to_dicts(), one.submissions["file_name"][0]
    write_problems(book.add_worksheet(PROBLEM_SHEET[lang]), Styles(book), problems, {}, name, lang)
    book.close()
    return buffer.getvalue()


def _listed(batch: Batch) -> list[Row]:
    names = dict(batch.submissions.select("key", "file_name").iter_rows())
    rows = batch.problems.sort("key", "number").iter_rows(named=True)
    return [{name: {**r, "file_name": names[r["key"]]}[name] for name in _LISTED} for r in rows]


def problems_csv(batch: Batch) -> bytes:
    """Return all problems as CSV (UTF-8 with BOM); text that looks like a formula is kept from being one."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _LISTED)
    writer.writeheader()
    writer.writerows({k: no_formula(v) for k, v in row.items()} for row in _listed(batch))
    return text.getvalue().encode("utf-8-sig")


def problems_json(batch: Batch) -> bytes:
    """Return all problems as JSON."""
    return json.dumps(_listed(batch), ensure_ascii=False, indent=1).encode()
