"""Read a table with one row per cell: CSV, JSON, Parquet, or a plain sheet with the same columns."""

from collections.abc import Mapping
from typing import Any

from intake.cells import Source, find_indicator, read_row
from intake.headings import Headings, note_headings
from intake.known import Known
from intake.numbers import key_text, raw_text
from intake.report import Places, Report


def read_long(known: Known, sheet: Mapping[str, Any], headings: Headings) -> list[Report]:
    """Return one report per unit and period of the table."""
    rows = sheet["rows"]
    reports: dict[tuple[str | None, str | None], Report] = {}
    formulas, percents = frozenset(sheet["formulas"]), frozenset(sheet["percents"])
    for n in range(headings.row + 1, len(rows)):
        row = rows[n]
        texts = headings.texts(row)
        if all(v is None for v in texts.values()):
            continue
        source = Source(sheet["name"] or None, Places(n, headings.columns), formulas, percents)
        report = report_of(known, reports, texts.get("unit_code"), texts.get("period"), source)
        code = find_indicator(known, report, texts, source) if report.unit_code else None
        if code:
            read_row(known, report, code, texts, source)
    for report in reports.values():
        note_headings(report, headings, rows, sheet["name"] or None)
    return list(reports.values())


def report_of(
    known: Known,
    reports: dict[tuple[str | None, str | None], Report],
    unit: Any,
    period: Any,
    source: Source,
) -> Report:
    """Return the report that a row belongs to, by its unit and period; a new one where these are new.

    A row without period belongs to the period being collected. Reports of an unknown unit or period carry the problem.
    """
    unit_text = raw_text(unit) or ""
    period_text = raw_text(period) or (str(known.period) if known.period else "")
    key = (key_text(unit_text), key_text(period_text))
    if key in reports:
        return reports[key]
    found, code = known.unit_codes.get(key[0]), known.knows_period(period_text)
    unit_code = found[0] if found else None
    same = next(
        (r for r in reports.values() if unit_code and code and (r.unit_code, r.period) == (unit_code, code)), None
    )
    reports[key] = report = same or Report(known.plan)
    sheet = source.sheet
    if found is None:
        cell = source.places.get("unit_code")
        report.problem("unknown_unit", unit_text, known.near_unit(unit_text), sheet=sheet, cell=cell)
    elif found[1]:
        name = known.unit_names[found[0]]
        report.problem("unit_by_alias", unit_text, name, sheet=sheet, cell=source.places.get("unit_code"))
    cell = source.places.get("period")
    if code is None:
        report.problem("unknown_period", period_text, known.periods_text, sheet=sheet, cell=cell)
    elif known.period is not None and code != str(known.period):
        report.problem("other_period", code, str(known.period), sheet=sheet, cell=cell)
        code = None
    report.unit_code, report.period = unit_code, code
    return report
