"""Read a table with one row per cell: CSV, JSON, Parquet, or a plain sheet with the same columns."""

from collections.abc import Mapping
from typing import Any

from intake.cells import Source, find_indicator, read_row
from intake.form import COLUMN, TOTALS, answer_kind
from intake.headings import Headings, note_headings, note_shifted
from intake.known import Known
from intake.numbers import key_text, raw_text
from intake.report import Places, Report, cell_name

Reports = dict[tuple[str | None, str | None], Report]
_NAMES = ("unit_code", "indicator_code", "title")


def read_long(known: Known, sheet: Mapping[str, Any], headings: Headings, reports: Reports) -> None:
    """Read the table into one report per unit and period; ``reports`` has those of the sheets before it."""
    rows, above = sheet["rows"], None
    formulas, percents = frozenset(sheet["formulas"]), frozenset(sheet["percents"])
    told: set[tuple[int, str]] = set()
    for n in range(headings.row + 1, len(rows)):
        texts = headings.texts(rows[n])
        if all(v is None for v in texts.values()) or _is_total(texts):
            continue
        source = Source(sheet["name"] or None, Places(n, headings.columns), formulas, percents)
        merged = above is not None and texts.get("unit_code") is None and texts.get("indicator_code") is not None
        above = above if merged else texts.get("unit_code")
        report = report_of(known, reports, above, texts.get("period"), source, texts.get("unit_name"))
        if merged and not _told(told, report, "unit_from_above"):
            place = {"sheet": source.sheet, "cell": source.places.get("unit_code")}
            report.problem("unit_from_above", None, raw_text(above), at=place)
        shifted = note_shifted(report, sheet, headings.row, n)
        code = find_indicator(known, report, texts, source) if report.unit_code and not shifted else None
        if code and ("value" in headings.columns or answer_kind(known.plan.leaves[code]) == "ratio"):
            read_row(known, report, code, texts, source)
        elif code and not _told(told, report, "column_missing"):
            place = {"sheet": source.sheet, "cell": cell_name(headings.row, 0)}
            report.problem("column_missing", COLUMN["value"].zh, at=place)
    for report in {id(r): r for r in reports.values()}.values():
        note_headings(report, headings, rows, sheet["name"] or None)


def _told(told: set[tuple[int, str]], report: Report, code: str) -> bool:
    """Say whether a problem of the whole table was told of this report before; it now is."""
    before = (id(report), code) in told
    told.add((id(report), code))
    return before


def _is_total(texts: Mapping[str, Any]) -> bool:
    named = (texts.get(name) for name in _NAMES)
    return any(key_text(text).rstrip(":") in TOTALS for text in named if isinstance(text, str))


def report_of(
    known: Known,
    reports: Reports,
    unit: Any,
    period: Any,
    source: Source,
    name: Any = None,
) -> Report:
    """Return the report that a row belongs to, by its unit and period; a new one where these are new.

    A row without period belongs to the period being collected. Reports of an unknown unit or period carry the problem.
    ``name``: the unit's name beside its code; a row in which they are of two units is nobody's.
    """
    unit_text = raw_text(unit) or ""
    period_text = raw_text(period) or (str(known.period) if known.period else "")
    key = (key_text(unit_text), key_text(period_text))
    if key in reports and name is None:
        return reports[key]
    found, code = known.find_unit(unit), known.knows_period(period_text)
    named = known.find_unit(name) if name is not None else None
    if found and named and named[0] != found[0]:
        key = (f"{key[0]}\0{key_text(name)}", key[1])
        if key not in reports:
            reports[key] = Report(known.plan)
            at = {"sheet": source.sheet, "cell": source.places.get("unit_code")}
            reports[key].problem("unit_contradicted", raw_text(name), known.unit_names[found[0]], at=at)
        return reports[key]
    if key in reports:
        return reports[key]
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
