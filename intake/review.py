"""The review workbook: what was reported, with room for a reviewer's verdict on each line (核验)."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from intake.batch import PROBLEM, frame
from intake.form import FormRow
from intake.form_writer import CREATED
from intake.grid import Grid, GridColumn, read_grid, write_grid
from intake.known import Known
from intake.pool import Parsers
from intake.report import Report, Row
from intake.styles import Styles
from schemas.folder import Plan
from schemas.tables import Verifications, columns_of

VERDICTS = {"accepted": "认可", "adjusted": "调整", "refused": "不予认可"}
VERIFICATION = {k: v for k, v in columns_of(Verifications).items() if k not in ("recorded_at", "actor")}

REVIEW = Grid(
    "核验表",
    (
        GridColumn("unit_code", "单位代码", "Unit code", 11, kind="unit", required=True),
        GridColumn("unit_name", "单位名称", "Unit", 18),
        GridColumn("indicator_code", "指标代码", "Indicator", 10, kind="indicator", required=True),
        GridColumn("title", "指标名称", "Title", 28),
        GridColumn("period", "周期", "Period", 9, kind="period", required=True),
        GridColumn("part", "分项", "Part", 11),
        GridColumn("measure", "计量单位", "Measure", 9),
        GridColumn("reported", "填报值", "Reported", 12),
        GridColumn("evidence", "佐证材料", "Evidence", 22),
        GridColumn("note", "单位备注", "Unit's remark", 18),
        GridColumn("risk", "关注点", "Look at", 22),
        GridColumn("verdict", "核验结论", "Verdict", 10, entry=True, kind="choice", choices=VERDICTS),
        GridColumn("value", "核定值", "Value that counts", 10, entry=True, kind="number"),
        GridColumn("numerator", "核定分子", "Numerator", 10, entry=True, kind="number"),
        GridColumn("denominator", "核定分母", "Denominator", 10, entry=True, kind="number"),
        GridColumn("reason", "核验理由", "Reason", 30, entry=True),
    ),
)


_COLUMN = {c.name: c for c in REVIEW.columns}


@dataclass(frozen=True)
class Reviews:
    """The verdicts of a review workbook, and its problems."""

    verifications: pl.DataFrame
    problems: pl.DataFrame

    @property
    def usable(self) -> bool:
        """Say whether there is no error."""
        return self.problems.filter(pl.col("severity") == "error").is_empty()


def review_workbook(
    plan: Plan, measurements: pl.DataFrame, *, risks: pl.DataFrame | None = None, lang: str = "zh"
) -> bytes:
    """Return the review workbook for measurements (columns of that table).

    ``risks``: unit_code, indicator_code and risk, a word on what to look at.
    """
    import xlsxwriter

    names = dict(plan.units.select("unit_code", "name").iter_rows())
    looks = {} if risks is None else {(r["unit_code"], r["indicator_code"]): r["risk"] for r in risks.to_dicts()}
    rows = []
    for cell in measurements.sort("unit_code", "indicator_code", "part").iter_rows(named=True):
        row = FormRow(0, plan.leaves[cell["indicator_code"]], cell["part"], None)
        rows.append({
            **{n: cell[n] for n in ("unit_code", "indicator_code", "period", "part", "evidence", "note")},
            "unit_name": names.get(cell["unit_code"], ""), "title": row.title(lang), "measure": row.measure,
            "reported": _reported(row, cell), "risk": looks.get((cell["unit_code"], cell["indicator_code"])),
        })  # fmt: skip
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": CREATED, "author": "Kaohe"})
    title = f"{plan.file.title.get(lang)} {REVIEW.sheet}"
    write_grid(book.add_worksheet(REVIEW.sheet), Styles(book), REVIEW, rows, title, lang=lang)
    book.close()
    return buffer.getvalue()


def _reported(row: FormRow, cell: Row) -> str | float | None:
    if cell["status"] != "reported":
        return {"nil": "零报告", "missing": "未报"}.get(cell["status"], cell["status"])
    if row.kind == "ratio":
        return f"{cell['numerator']:g}/{cell['denominator']:g}"
    value: float | None = cell["value"]
    return ("是" if value else "否") if row.kind == "yes_no" else value


def read_reviews(path: Path, plan: Plan, *, parsers: Parsers | None = None) -> Reviews:
    """Read a filled review workbook; lines without a verdict are left out; never raises for a bad file."""
    known, report = Known(plan), Report(plan)
    pool = parsers or Parsers(1)
    try:
        answer = pool.parse(path)
    finally:
        if parsers is None:
            pool.__exit__(None, None, None)
    verdicts: list[Row] = []
    if "code" in answer:
        report.problem(answer["code"], answer["found"])
    else:
        found = [(s, h) for s in answer["sheets"] if (h := REVIEW.headings(s["rows"])) and "verdict" in h.columns]
        if not found:
            report.problem("foreign_file", path.name)
        for sheet, headings in found:
            verdicts += _verdicts(report, read_grid(known, report, REVIEW, sheet, headings))
    problems = [{**p, "key": 0, "number": n} for n, p in enumerate(report.problems, 1)]
    return Reviews(frame(verdicts, VERIFICATION), frame(problems, PROBLEM))


def _verdicts(report: Report, rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        row["part"] = row["part"] or ""
        counts = [n for n in ("value", "numerator", "denominator") if row[n] is not None]
        if row["verdict"] is None:
            _missing(report, row, "verdict")
        elif not row["reason"]:
            _missing(report, row, "reason")
        elif row["verdict"] == "adjusted" and not counts:
            _missing(report, row, "value")
        elif row["verdict"] != "adjusted" and counts:
            _problem(report, row, "verdict_with_value", counts[0], f"{row[counts[0]]:g}")
        row["verification_id"] = _id_of(row)
        yield row


def _missing(report: Report, row: Row, name: str) -> None:
    """Note a blank cell of a line that has a verdict, unless the cell was filled and could not be understood."""
    if not any(p["cell"] == row["_places"].get(name) for p in report.problems):
        _problem(report, row, "entry_missing", name)


def _problem(report: Report, row: Row, code: str, name: str, value: str | None = None) -> None:
    at = {"sheet": row["_sheet"], "indicator_code": row["indicator_code"], "part": row["part"]}
    report.problem(code, value, at=at, cell=row["_places"].get(name, row["_cell"]), column=_COLUMN[name])


def _id_of(row: Row) -> str:
    """Return an id from the verdict's content, so that the same line read again is the same verdict."""
    text = "\0".join(str(row[n]) for n in VERIFICATION if n != "verification_id")
    return f"V-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
