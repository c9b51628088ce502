"""One row of a form or table → one cell of the measurements, with its repairs and refusals."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from intake.form import NIL_WORDS, FormRow
from intake.known import Known
from intake.numbers import Reading, in_measure, key_text, normal_width, raw_text, read_number, read_yes_no, shown
from intake.report import Report, Row, listed
from schemas.methods import parts_of

NUMBERS = ("value", "numerator", "denominator", "self_score")
_NOT_APPLICABLE = frozenset({"不适用", "n/a", "na", "notapplicable"})
_NIL_KEYS = frozenset(key_text(w) for w in NIL_WORDS)
_NO_NUMBER = _NIL_KEYS | _NOT_APPLICABLE
_UNANSWERED = _NOT_APPLICABLE | {"not_applicable", "missing", "not_assigned", "未报", "未报送", "缺报"}


class Source(NamedTuple):
    """Where a row stands: its sheet, the cell of each column, and what the sheet's XML says about them."""

    sheet: str | None
    places: Mapping[str, str]
    formulas: frozenset[str] = frozenset()
    percents: frozenset[str] = frozenset()


def find_indicator(known: Known, report: Report, texts: Mapping[str, Any], source: Source) -> str | None:
    """Return the indicator's code by code, else by title; notes a problem where there is none."""
    code_text = raw_text(texts.get("indicator_code"))
    title = raw_text(texts.get("title")) or ""
    titled = known.titles.get(key_text(title))
    place = source.places.get("indicator_code") or next(iter(source.places.values()), None)
    if code_text:
        return _by_code(known, report, texts["indicator_code"], titled, title, {"sheet": source.sheet, "cell": place})
    at = {"sheet": source.sheet, "cell": place, "indicator_code": titled}
    code = "code_by_title" if titled else "unknown_indicator"
    report.problem(code, title, titled or "", at=at, field="indicator_code")
    return titled


def _by_code(known: Known, report: Report, value: Any, titled: str | None, title: str, at: Row) -> str | None:
    """Return the indicator that a code means; its title, where there is one, must not name another."""
    text, found = raw_text(value) or "", known.find_indicators(value)
    code = found[0] if len(found) == 1 else titled if titled in found else None
    if code is None and found:
        report.problem("code_unclear", text, listed(found), at=at, field="indicator_code")
    elif code is None:
        near = known.near_indicator(text)
        near = near if near[0] else ("请恢复模板中的代码。", "Restore the template's code.")
        report.problem("unknown_indicator", text, near, at=at, field="indicator_code")
    elif titled not in (None, code):
        at = {**at, "indicator_code": code}
        report.problem("title_mismatch", text, title, at=at, field="indicator_code")
        return None
    elif key_text(text) != key_text(code) or len(found) > 1:
        report.problem("code_rewritten", text, code, at={**at, "indicator_code": code}, field="indicator_code")
    return code


def read_row(known: Known, report: Report, code: str, texts: Mapping[str, Any], source: Source) -> None:
    """Read one row's inputs into the report's cells."""
    part_text = raw_text(texts.get("part")) or ""
    row = known.form_row(code, part_text)
    place = source.places.get("value") or source.places.get("numerator")
    part = row.part if row else ""
    at: Row = {"sheet": source.sheet, "cell": place, "indicator_code": code, "part": part}
    if row is None:
        parts = listed(parts_of(known.plan.leaves[code].method))
        parts = parts if parts[0] else ("空白", "a blank")
        report.problem("part_unknown" if part_text else "part_missing", part_text, parts, at={**at, "part": ""},
                       cell=source.places.get("part"), field="part")  # fmt: skip
        return
    numbers = _numbers(report, row, texts, source, at)
    cell = {
        "indicator_code": code, "part": part, **numbers, "status": "reported",
        "evidence": raw_text(texts.get("evidence")), "note": raw_text(texts.get("note")), "sheet": source.sheet,
        "cell": source.places.get("numerator", place) if row.kind == "ratio" else place, "raw": _raw(row, texts),
        "denominator_cell": source.places.get("denominator"), "evidence_cell": source.places.get("evidence"),
    }  # fmt: skip
    cell["status"] = _status(report, cell, texts, at)
    if cell["self_score"] is not None and not 0 <= cell["self_score"] <= 100:
        place = source.places.get("self_score")
        report.problem(
            "self_score_out_of_range", shown(cell["self_score"]), "0–100", at=at, cell=place, field="self_score"
        )
        cell["self_score"] = None
    report.cells.append(cell)


def _raw(row: FormRow, texts: Mapping[str, Any]) -> str | None:
    if row.kind == "ratio" and (texts.get("numerator") is not None or texts.get("denominator") is not None):
        return f"{raw_text(texts.get('numerator')) or ''}/{raw_text(texts.get('denominator')) or ''}"
    text = raw_text(texts.get("value"))
    return text[:200] if text else None


def _numbers(report: Report, row: FormRow, texts: Mapping[str, Any], source: Source, at: Row) -> dict[str, Any]:
    """Return value, numerator, denominator and self_score; a coverage's value is never taken from the file."""
    texts = dict(texts)
    if row.kind == "ratio":
        _split_ratio(report, texts, source, at)
        names: tuple[str, ...] = ("numerator", "denominator", "self_score")
    else:
        names = ("value", "self_score")
    result: dict[str, Any] = dict.fromkeys(NUMBERS)
    for name in names:
        result[name] = _number(report, row, name, texts, source, at)
    return result


def _split_ratio(report: Report, texts: dict[str, Any], source: Source, at: Row) -> None:
    """Take ``180/200`` from the value column; refuse a bare rate."""
    value = raw_text(texts.get("value"))
    if not value or texts.get("numerator") is not None or texts.get("denominator") is not None:
        _compare_rate(report, texts, source, at)
        return
    upper, slash, lower = normal_width(value).partition("/")
    if slash and read_number(upper).value is not None and read_number(lower).value is not None:
        texts["numerator"], texts["denominator"] = upper, lower
        report.problem("read_ratio", value, f"{upper}, {lower}", at=at, cell=source.places.get("value"), field="value")
    elif read_number(value).repairs != ("read_blank_mark",) and key_text(value) not in _NO_NUMBER:
        report.problem("ratio_expected", value, at=at, cell=source.places.get("value"), field="value")


def _compare_rate(report: Report, texts: Mapping[str, Any], source: Source, at: Row) -> None:
    """Say where a rate beside numerator and denominator is neither their per cent nor their share."""
    said, upper, lower = (read_number(texts.get(n), "%").value for n in ("value", "numerator", "denominator"))
    if said is None or upper is None or not lower:
        return
    rate = 100 * upper / lower
    if min(abs(said - rate), abs(100 * said - rate)) > _RATE_ROUNDED:
        cell = source.places.get("value")
        report.problem("rate_differs", shown(said), f"{shown(round(rate, 2))}%", at=at, cell=cell, field="value")


_RATE_ROUNDED = 0.5
"""Percentage points that rounding a rate may cost."""


def _measured(value: Any, reading: Reading, said: str, measure: str) -> tuple[Any, Reading]:
    """Read a bare number in the unit of measure that its row or heading names, where that is another than is asked."""
    bare = read_number(value)
    if bare.value is None or bare.refusal:
        return value, reading
    found = in_measure(bare.value, said, measure)
    return f"{raw_text(value)}({said})", replace(found, repairs=(*bare.repairs, *found.repairs))


def _number(report: Report, row: FormRow, name: str, texts: Mapping[str, Any], source: Source, at: Row) -> float | None:
    value, place = texts.get(name), source.places.get(name)
    formula = place in source.formulas
    if value is None and not formula:
        return None
    if name == "value" and isinstance(value, str) and key_text(value) in _NO_NUMBER:
        return None
    reading = _reading(row, name, value, place in source.percents)
    said = raw_text(texts.get("measure")) if name == "value" and row.kind == "number" else None
    if said and place not in source.percents and not row.is_measured_in(said):
        value, reading = _measured(value, reading, said, row.measure)
    where: dict[str, Any] = {"at": at, "cell": place, "field": name}
    if formula:
        blank = value is None or value == ""
        report.problem("formula_not_calculated" if blank else "formula_value", raw_text(value), **where)
    if reading.refusal:
        report.problem(reading.refusal, raw_text(value), reading.expected, **where)
    for repair in reading.repairs:
        report.problem(repair, raw_text(value), _read_as(row, name, reading), **where)
    return reading.value


def _reading(row: FormRow, name: str, value: Any, percent_cell: bool) -> Reading:
    if name == "value" and row.kind == "yes_no":
        return read_yes_no(value)
    if name == "self_score":
        return read_number(value, "分")
    if name in ("numerator", "denominator"):
        reading = read_number(value, percent_cell=percent_cell)
        return replace(reading, refusal="ratio_expected") if reading.refusal == "percent_unexpected" else reading
    return read_number(value, row.measure, percent_cell=percent_cell)


def _read_as(row: FormRow, name: str, reading: Reading) -> str:
    if name == "value" and row.kind == "yes_no" and reading.value is not None:
        return "是" if reading.value else "否"
    return shown(reading.value)


def _status(report: Report, cell: Row, texts: Mapping[str, Any], at: Row) -> str:
    """Return the state of the cell; nil and not applicable may stand in the note, the value or a status column."""
    said = map(texts.get, ("note", "value", "status"))
    words = {key_text(text) for text in said if isinstance(text, str)}
    filled = next((n for n in ("value", "numerator", "denominator") if cell[n] is not None), None)
    if words & _NIL_KEYS:
        if filled is None:
            return "nil"
        report.problem("nil_with_value", shown(cell[filled]), at=at, field="note")
    elif (words & (_NOT_APPLICABLE | {"not_applicable"})) and filled is None:
        report.problem("not_applicable_claimed", at=at, field="note")
    elif filled and (unanswered := words & _UNANSWERED):
        report.problem("status_with_value", shown(cell[filled]), min(unanswered), at=at, field="note")
    return "reported" if filled else "missing"
