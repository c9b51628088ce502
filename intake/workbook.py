"""Read the unit workbook: the hidden facts, the fields around the form, and every row of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from intake.cells import Source, find_indicator, read_row
from intake.form import (
    BOTTOM_FIELDS,
    ENTRIES,
    FORM_SHEET,
    GUIDE_SHEET,
    META_SHEET,
    PROBLEM_SHEET,
    TEMPLATE_VERSION,
    TOTALS,
    meta_digest,
)
from intake.headings import TOP_NAMES, Headings, find_headings, labelled, note_headings, note_shifted
from intake.known import Known
from intake.numbers import is_yes, key_text, raw_text
from intake.plain_rows import plain_reader
from intake.report import Places, Report, Row

Sheet = Mapping[str, Any]
_OURS = {META_SHEET, *GUIDE_SHEET.values(), *PROBLEM_SHEET.values()}
_BOTTOM_NAMES = tuple(f.name for f in BOTTOM_FIELDS)
_BOTTOM_KEYS = {key_text(w) for f in BOTTOM_FIELDS for w in (f.zh, f.en, *f.aliases)}


def hidden_facts(sheets: Sequence[Sheet]) -> dict[str, str]:
    """Return what the hidden sheet says: plan, unit, period, template version; empty where it is gone."""
    for sheet in sheets:
        if sheet["name"] == META_SHEET:
            rows = [r for r in sheet["rows"] if len(r) > 1 and isinstance(r[0], str)]
            return {r[0]: raw_text(r[1]) or "" for r in rows}
    return {}


def meta_intact(sheets: Sequence[Sheet]) -> bool:
    """Say whether the hidden sheet is as it was written; older templates carry no digest and are taken as they are."""
    for sheet in sheets:
        if sheet["name"] == META_SHEET:
            rows = [r for r in sheet["rows"] if any(v is not None and v != "" for v in r)]
            said = [r for r in rows if r[0] == "digest"]
            return not said or meta_digest(r for r in rows if r[0] != "digest") == said[0][1]
    return True


def find_form(sheets: Sequence[Sheet]) -> tuple[Sheet, Headings] | None:
    """Return the sheet that holds the form, by name first, else by its headings."""
    named = [s for s in sheets if s["name"] in FORM_SHEET.values()]
    for sheet in [*named, *(s for s in sheets if s not in named and s["name"] not in _OURS)]:
        found = find_headings(sheet["rows"])
        if found:
            return sheet, found
    return None


def read_form(known: Known, sheets: Sequence[Sheet], sheet: Sheet, headings: Headings) -> Report:
    """Read one unit's form."""
    report = Report(known.plan)
    facts = hidden_facts(sheets)
    rows, name = sheet["rows"], sheet["name"]
    top = labelled(rows, TOP_NAMES, 0, headings.row)
    if not meta_intact(sheets):
        report.problem("meta_edited", sheet=META_SHEET)
    if not check_plan(known, report, facts):
        return report
    report.unit_code = _unit(known, report, facts, top, name)
    report.period = _period(known, report, facts, top, name)
    note_headings(report, headings, rows, name)
    for other in sheets:
        if (
            other is not sheet
            and other["name"] not in _OURS
            and any(any(v is not None for v in r) for r in other["rows"])
        ):
            again = _another_form(sheet, headings, other)
            report.problem("second_form" if again else "other_sheet", other["name"], name, sheet=other["name"])
    end = _read_rows(known, report, sheet, headings)
    _read_bottom(report, labelled(rows, _BOTTOM_NAMES, end, len(rows)))
    return report


_REPORTED = ("indicator_code", "title", "part", "value", "numerator", "denominator")


def _another_form(sheet: Sheet, headings: Headings, other: Sheet) -> bool:
    """Say whether another sheet is a form with other values than the one that is read: a copy of it may stay."""
    found = find_headings(other["rows"])
    return found is not None and _filled(other, found) not in ([], _filled(sheet, headings))


def _filled(sheet: Sheet, headings: Headings) -> list[list[Any]]:
    rows = ([texts.get(n) for n in _REPORTED] for texts in map(headings.texts, sheet["rows"][headings.row + 1 :]))
    return [row for row in rows if any(v is not None for v in row[:2]) and any(v is not None for v in row[3:])]


def check_plan(known: Known, report: Report, facts: Mapping[str, str]) -> bool:
    """Note another plan (False: do not read on), another version of it, or an older template."""
    plan = known.plan
    code = facts.get("plan_code", plan.file.plan)
    if code != plan.file.plan:
        report.problem("wrong_plan", code, plan.file.plan)
        return False
    if facts.get("plan_hash", plan.hash) != plan.hash:
        report.problem("older_plan")
    version = facts.get("template_version", TEMPLATE_VERSION)
    if version != TEMPLATE_VERSION:
        report.problem("older_template", version, TEMPLATE_VERSION)
    return True


Top = Mapping[str, tuple[Any, str]]


def _unit(known: Known, report: Report, facts: Mapping[str, str], top: Top, sheet: str) -> str | None:
    """Return the unit: the hidden facts' where they are there; what the sheet shows must not contradict."""
    hidden = facts.get("unit_code")
    if hidden not in known.unit_names:
        hidden = None
    seen: tuple[str, bool] | None = None
    shown_text, cell = "", None
    for name in ("unit_code", "unit_name"):
        value, place = top.get(name, (None, cell))
        text, found = raw_text(value) or "", known.find_unit(value)
        if hidden and text and (found[0] != hidden if found else not shown_text):
            report.problem("unit_mismatch", text, known.unit_names[hidden], sheet=sheet, cell=place)
            return None
        if seen and found and found[0] != seen[0]:
            report.problem("unit_contradicted", text, known.unit_names[seen[0]], sheet=sheet, cell=place)
            return None
        if text and not shown_text:
            shown_text, cell, seen = text, place, found
    if hidden:
        return hidden
    if seen is None:
        text = shown_text or facts.get("unit_code", "")
        report.problem("unknown_unit", text, known.near_unit(text), sheet=sheet, cell=cell)
        return None
    if seen[1]:
        report.problem("unit_by_alias", shown_text, known.unit_names[seen[0]], sheet=sheet, cell=cell)
    return seen[0]


def _period(known: Known, report: Report, facts: Mapping[str, str], top: Top, sheet: str) -> str | None:
    value, cell = top.get("period", (None, None))
    shown_text, hidden = raw_text(value) or "", facts.get("period", "")
    text = shown_text or hidden
    period = known.knows_period(text)
    if period is None:
        report.problem("unknown_period", text, known.periods_text, sheet=sheet, cell=cell)
        return None
    if hidden and shown_text and known.knows_period(hidden) != period:
        report.problem("period_mismatch", shown_text, hidden, sheet=sheet, cell=cell)
        return None
    if known.period is not None and period != str(known.period):
        report.problem("other_period", period, str(known.period), sheet=sheet, cell=cell)
        return None
    return period


def _read_rows(known: Known, report: Report, sheet: Sheet, headings: Headings) -> int:
    """Read the rows below the headings; return the row at which they end: the first labelled field, or the end."""
    formulas, percents = frozenset(sheet["formulas"]), frozenset(sheet["percents"])
    rows, above = sheet["rows"], ""
    plain = plain_reader(known, headings.columns, sheet["name"], formulas | percents)
    for n in range(headings.row + 1, len(rows)):
        row = rows[n]
        first = next((v for v in row if v is not None), None)
        if isinstance(first, str) and key_text(first).rstrip(":") in _BOTTOM_KEYS:
            return n
        if len(row) > headings.last and (cell := plain(n, row)):
            report.cells.append(cell)
            above = cell["indicator_code"]
            continue
        texts = headings.texts(row)
        if not _is_data(texts) or note_shifted(report, sheet, headings.row, n):
            continue
        source = Source(sheet["name"], Places(n, headings.columns), formulas, percents)
        texts = _from_above(report, texts, above, source)
        code = find_indicator(known, report, texts, source)
        above = code or ""
        if code:
            read_row(known, report, code, texts, source)
    return len(rows)


def _is_data(texts: Row) -> bool:
    """Say whether a row belongs to the form: blank rows, totals and stray formulas below the data do not."""
    coded = texts.get("indicator_code") is not None  # the task above it may well be called 总计
    places = ("indicator_code", "part") if coded else ("number", "task", "title", "part")
    known_texts = map(texts.get, places)
    if any(key_text(text).rstrip(":") in TOTALS for text in known_texts if isinstance(text, str)):
        return False
    named = any(texts.get(n) is not None for n in ("indicator_code", "title"))
    return named or (any(texts.get(n) is not None for n in ENTRIES if n != "note") and texts.get("part") is not None)


def _from_above(report: Report, texts: Row, above: str, source: Source) -> Row:
    """Take code and title from the row above where cells were merged downwards: only the first row keeps them."""
    if texts.get("indicator_code") is None and texts.get("title") is None and texts.get("part") is not None and above:
        at = {"sheet": source.sheet, "cell": source.places.get("indicator_code"), "indicator_code": above}
        report.problem("read_merged", None, above, at=at, field="indicator_code")
        return {**texts, "indicator_code": above}
    return texts


def _read_bottom(report: Report, fields: Mapping[str, tuple[Any, str]]) -> None:
    texts = {name: raw_text(value) for name, (value, _) in fields.items()}
    report.nil = is_yes(fields.get("nil", (None, ""))[0]) or key_text(texts.get("nil")) == "零报告"
    report.explanation = texts.get("explanation")
    reporter, phone, responsible = texts.get("reporter"), texts.get("phone"), texts.get("responsible")
    if reporter or phone:
        report.persons.append({"role": "reporter", "name": reporter, "phone": phone})
    if responsible:
        report.persons.append({"role": "responsible", "name": responsible, "phone": None})
