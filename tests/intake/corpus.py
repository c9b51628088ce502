"""Makes data/examples/messy: one small file per defect, and the table of what must become of it.

Run as ``python -m tests.intake.corpus``. The expected states and codes are stated here by hand; nothing is computed
from what intake does. Three files need LibreOffice; they are made only where it is installed, and kept otherwise.
"""

import csv
import io
import json
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import xlsxwriter

from intake.form import FIRST_ROW, HEAD_ROW, POSITION
from intake.template import Forms
from schemas.folder import Plan, load_plan
from schemas.periods import parse_period

FOLDER = Path(__file__).resolve().parents[2] / "data" / "examples" / "messy"
PERIOD = parse_period("2023Q2")
Answers = dict[tuple[str, str], dict[str, Any]]


def corpus_plan() -> Plan:
    return load_plan(FOLDER / "plan")


def previous() -> pl.DataFrame:
    """What was reported before 2023Q2."""
    return pl.read_csv(FOLDER / "previous.csv", schema_overrides={"period": pl.String, "part": pl.String})


def targets_due() -> pl.DataFrame:
    rows = [(u, c, t) for u in ("C-01", "C-02", "S-01", "S-02") for c, t in (("A1", 40.0), ("A2", 1000.0), ("A4", 3.0))]
    return pl.DataFrame(rows, schema=["unit_code", "indicator_code", "target"], orient="row")


def good(unit: str = "C-01") -> Answers:
    """A report without any problem."""
    answers: Answers = {
        ("A1", ""): {"value": 85, "evidence": f"{unit}〔2023〕1号"},
        ("A2", ""): {"value": 1200},
        ("A3", ""): {"numerator": 180, "denominator": 200},
        ("A4", ""): {"value": 1.5},
        ("A5", ""): {"value": 95},
        ("B1", "机关"): {"value": 1},
        ("B1", "企业"): {"value": 1},
        ("B1", "乡村"): {"value": 0},
        ("B2", "方案"): {"value": 1},
        ("B2", "建设"): {"value": 1},
        ("B2", "验收"): {"value": 0},
        ("B3", ""): {"value": 0},
        ("B4", "省级采用"): {"value": 4},
        ("B4", "国家级采用"): {"value": 0},
        ("B5", ""): {"value": -3},
    }
    if unit.startswith("S"):
        del answers["A4", ""]
    return answers


def changed(key: str, part: str = "", unit: str = "C-01", **fields: Any) -> Answers:
    """The good report with one row changed; None clears a field."""
    answers = good(unit)
    answers[key, part] = {**answers[key, part], **fields}
    return answers


def workbook(answers: Answers | None = None, unit: str = "C-01", period: str = "2023Q2", **filled: Any) -> bytes:
    forms = Forms(corpus_plan(), parse_period(period), previous=previous())
    filled = {"reporter": "张三", "responsible": "李四", "phone": "027-00000000", **filled}
    return forms.workbook(unit, good(unit) if answers is None else answers, **filled)


def edited(edit: Callable[[Any], None], content: bytes | None = None) -> bytes:
    """The workbook after an edit with openpyxl."""
    book = openpyxl.load_workbook(io.BytesIO(content or workbook()))
    for sheet in book.worksheets:
        sheet.protection.sheet = False
    edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def place(key: str, column: str = "value", part: str = "") -> str:
    """The cell of an indicator in the good workbook."""
    at = list(good()).index((key, part))
    return f"{chr(ord('A') + POSITION[column])}{FIRST_ROW + at + 1}"


def rezipped(content: bytes, change: Mapping[str, Callable[[bytes], bytes]], add: Mapping[str, bytes] | None = None) -> bytes:
    """The archive with some entries rewritten or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(zipfile.ZipInfo(name), change[name](data) if name in change else data, zipfile.ZIP_DEFLATED)
        for name, data in (add or {}).items():
            new.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


FORM_XML = "xl/worksheets/sheet2.xml"
LONG = ("unit_code", "indicator_code", "period", "part", "value", "numerator", "denominator", "status", "evidence")


def long_rows(answers: Answers | None = None, unit: str = "C-01", period: str = "2023Q2") -> list[dict[str, Any]]:
    about = {"unit_code": unit, "period": period, "status": "reported"}
    return [
        {**about, "indicator_code": code, "part": part, **row} for (code, part), row in (answers or good(unit)).items()
    ]


def csv_bytes(rows: list[dict[str, Any]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, LONG, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def sheet_bytes(rows: list[list[Any]], name: str = "Sheet1") -> bytes:
    """A plain workbook of one sheet."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet(name)
    for n, row in enumerate(rows):
        sheet.write_row(n, 0, row)
    book.close()
    return out.getvalue()


def wide() -> bytes:
    head = ["单位", "A1", "A2 科技志愿服务人次", "A3/分子", "A3/分母", "科普受众人数", "A5", "B1/机关", "B1/企业", "B1/乡村",
            "B2/方案", "B2/建设", "B2/验收", "B3", "B4/省级采用", "B4/国家级采用", "B5"]  # fmt: skip
    one = ["江城市科协", 85, 1200, 180, 200, 1.5, 95, "是", "是", "否", "是", "是", "否", "否", 4, 0, -3]
    two = ["山城市科协", "约50", 900, 90, 100, 1.2, 90, "是", "否", "否", "是", "否", "否", "否", 2, 0, 5]
    return sheet_bytes([["2023年第二季度汇总表"], head, one, two, ["合计", 135, 2100]], "汇总表")


def parquet_bytes() -> bytes:
    out = io.BytesIO()
    pl.DataFrame(long_rows(), infer_schema_length=None).write_parquet(out)
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("xl/workbook.xml"), "<workbook/>")
        archive.writestr(zipfile.ZipInfo("xl/worksheets/sheet1.xml"), b"0" * 20_000_000, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _set(cell: str, value: Any, number_format: str | None = None) -> Callable[[Any], None]:
    def edit(book: Any) -> None:
        book["填报表"][cell] = value
        if number_format:
            book["填报表"][cell].number_format = number_format

    return edit


def _value(key: str, value: Any, part: str = "") -> bytes:
    return workbook(changed(key, part, value=value))


def _meta(name: str, value: str) -> Callable[[Any], None]:
    def edit(book: Any) -> None:
        for row in book["_kaohe"].iter_rows():
            if row[0].value == name:
                row[1].value = value

    return edit


def _without_meta(book: Any) -> None:
    del book["_kaohe"]


def _alias(book: Any) -> None:
    _without_meta(book)
    book["填报表"]["E2"].value = None
    book["填报表"]["F2"].value = None
    book["填报表"]["C2"].value = "江城科协"


def _rename(book: Any) -> None:
    book["填报表"].cell(HEAD_ROW + 1, POSITION["value"] + 1).value = "实际完成值"


def _extra(book: Any) -> None:
    book["填报表"].cell(HEAD_ROW + 1, 17).value = "处室意见"
    book["填报表"].cell(FIRST_ROW + 1, 17).value = "同意"


def _move(book: Any) -> None:
    form = book["填报表"]
    for row in range(HEAD_ROW + 1, FIRST_ROW + len(good()) + 1):
        value, note = form.cell(row, POSITION["value"] + 1), form.cell(row, POSITION["note"] + 1)
        value.value, note.value = note.value, value.value


def _merge(book: Any) -> None:
    form = book["填报表"]
    first = int(place("B1", part="机关")[1:])
    for row in (first + 1, first + 2):
        for column in ("indicator_code", "title"):
            form.cell(row, POSITION[column] + 1).value = None


def _drop_value_column(book: Any) -> None:
    book["填报表"].cell(HEAD_ROW + 1, POSITION["value"] + 1).value = None


def _drop_codes(book: Any) -> None:
    for row in range(FIRST_ROW + 1, FIRST_ROW + 1 + len(good())):
        book["填报表"].cell(row, POSITION["indicator_code"] + 1).value = None


def _below(book: Any) -> None:
    form = book["填报表"]
    at = FIRST_ROW + len(good()) + 1
    form.insert_rows(at, 4)
    form.cell(at + 1, 1).value = "合计"
    form.cell(at + 1, POSITION["value"] + 1).value = "=SUM(J5:J19)"


def _repeat(book: Any) -> None:
    form = book["填报表"]
    at = FIRST_ROW + len(good()) + 1
    for column in range(1, 16):
        form.cell(at, column).value = form[place("A2")[1:]][column - 1].value


def _second(book: Any) -> None:
    book.create_sheet("草稿")["A1"] = "随手记"


def _reorder(book: Any) -> None:
    book.move_sheet("填报表", -1)
    book.move_sheet("_kaohe", -2)


def _formula(cached: str) -> bytes:
    cell = place("A2")
    xml = f'<c r="{cell}"><f>600*2</f><v>{cached}</v></c>'.encode()

    def put(content: bytes) -> bytes:
        start = content.index(f'<c r="{cell}"'.encode())
        end = content.index(b"</c>", start) + 4
        return content[:start] + xml + content[end:]

    return rezipped(workbook(), {FORM_XML: put})


def _shared_evidence(unit: str) -> bytes:
    return workbook(changed("A1", unit=unit, evidence="鄂科协发〔2023〕77号"), unit=unit)


def _far(content: bytes) -> bytes:
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return content.replace(b"</sheetData>", far)


def _entity(content: bytes) -> bytes:
    head, _, rest = content.partition(b"\n")
    return head + b'\n<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + rest


def _png() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def _docx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("word/document.xml"), "<w:document/>")
    return out.getvalue()


def _office(content: bytes, suffix: str) -> bytes | None:
    """The workbook as LibreOffice saves it again; None without LibreOffice."""
    soffice = shutil.which("soffice")
    if not soffice:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in.xlsx")
        source.write_bytes(content)
        out = Path(folder, "out")
        profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        subprocess.run([soffice, profile, "--headless", "--convert-to", suffix, "--outdir", out, source], check=True, capture_output=True)
        return (out / f"in.{suffix}").read_bytes()


# file, maker, state, codes, unit (of a file with several units)
Case = tuple[str, Callable[[], bytes | None], str, str]
OK, WARN, BACK = "accepted", "accepted_with_warnings", "returned"

CASES: list[Case] = [
    # as it should be
    ("good.xlsx", workbook, OK, ""),
    ("good_society.xlsx", lambda: workbook(unit="S-02"), OK, ""),
    ("good_zero_is_zero.xlsx", lambda: _value("B4", 0, "省级采用"), OK, ""),
    ("good_sheets_reordered.xlsx", lambda: edited(_reorder), OK, ""),
    ("good_columns_moved.xlsx", lambda: edited(_move), OK, ""),
    ("good_hidden_sheet_lost.xlsx", lambda: edited(_without_meta), OK, ""),
    ("good_blank_and_total_rows_below.xlsx", lambda: edited(_below), OK, ""),
    ("good_saved_by_libreoffice.xlsx", lambda: _office(workbook(), "xlsx"), OK, ""),
    ("good_saved_as_ods.ods", lambda: _office(workbook(), "ods"), OK, ""),
    ("good_spaces_in_cell.xlsx", lambda: _value("A2", " 1200 "), OK, ""),
    ("good_line_break_in_cell.xlsx", lambda: _value("A2", "1200\n"), OK, ""),
    ("good_number_as_text.xlsx", lambda: _value("A2", "1200"), OK, ""),
    ("good_ticks_and_crosses.xlsx", lambda: _value("B3", "√"), OK, ""),
    ("good_has_and_has_not.xlsx", lambda: _value("B3", "无"), OK, ""),
    ("good_formula_text_in_note.xlsx", lambda: workbook(changed("A2", note="=cmd|' /C calc'!A0")), OK, ""),
    ("good_csv_utf8.csv", lambda: csv_bytes(long_rows()), OK, ""),
    ("good_csv_bom.csv", lambda: csv_bytes(long_rows(), "utf-8-sig"), OK, ""),
    ("good_csv_semicolons.csv", lambda: csv_bytes(long_rows(), delimiter=";"), OK, ""),
    ("good_records.json", lambda: json.dumps(long_rows(), ensure_ascii=False).encode(), OK, ""),
    ("good_records_in_object.json",
     lambda: json.dumps({"period": "2023Q2", "measurements": long_rows()}, ensure_ascii=False).encode(), OK, ""),
    ("good_table.parquet", parquet_bytes, OK, ""),
    ("nil_row.xlsx", lambda: workbook(changed("A2", value=None, note="零报告")), OK, ""),
    ("nil_return.xlsx", lambda: workbook({}, nil=True), "nil", "nil_not_allowed"),
    # repaired, and said so
    ("repair_full_width_digits.xlsx", lambda: _value("A2", "\uff11\uff12\uff10\uff10"), WARN, "read_full_width"),
    ("repair_thousands_separator.xlsx", lambda: _value("A2", "1,200"), WARN, "read_separators"),
    ("repair_full_width_separator.xlsx", lambda: _value("A2", "1\uff0c200"), WARN, "read_full_width read_separators"),
    ("repair_space_groups.xlsx", lambda: _value("A2", "1 200"), WARN, "read_full_width"),
    ("repair_wan.xlsx", lambda: _value("A2", "0.12万"), WARN, "read_multiple"),
    ("repair_yi.xlsx", lambda: _value("A2", "0.000012亿"), WARN, "read_multiple"),
    ("repair_wan_in_measure.xlsx", lambda: _value("A4", "1.5万人"), WARN, "read_measure"),
    ("repair_persons_for_wan.xlsx", lambda: _value("A4", "15000人"), WARN, "read_multiple"),
    ("repair_measure_in_cell.xlsx", lambda: _value("A1", "85场"), WARN, "read_measure"),
    ("repair_chinese_numeral.xlsx", lambda: _value("A1", "八十五"), WARN, "read_numeral"),
    ("repair_percent_sign.xlsx", lambda: _value("A5", "95%"), WARN, "read_percent"),
    ("repair_percent_format.xlsx", lambda: edited(_set(place("A5"), 0.95, "0%")), WARN, "read_percent"),
    ("repair_ratio_in_one_cell.xlsx",
     lambda: edited(_set(place("A3"), "180/200"), workbook(changed("A3", numerator=None, denominator=None))), WARN, "read_ratio"),
    ("repair_dash_for_blank.xlsx", lambda: _value("A2", "—"), WARN, "read_blank_mark missing_value"),
    ("repair_merged_cells.xlsx", lambda: edited(_merge), WARN, "read_merged"),
    ("repair_heading_renamed.xlsx", lambda: edited(_rename), WARN, "heading_renamed"),
    ("repair_column_added.xlsx", lambda: edited(_extra), WARN, "column_ignored"),
    ("repair_second_sheet.xlsx", lambda: edited(_second), WARN, "other_sheet"),
    ("repair_codes_deleted.xlsx", lambda: edited(_drop_codes), WARN, "code_by_title"),
    ("repair_unit_by_alias.xlsx", lambda: edited(_alias), WARN, "unit_by_alias"),
    ("repair_older_template.xlsx", lambda: edited(_meta("template_version", "0")), WARN, "older_template"),
    ("repair_older_plan_version.xlsx", lambda: edited(_meta("plan_hash", "0" * 64)), WARN, "older_plan"),
    ("repair_formula.xlsx", lambda: _formula("1200"), WARN, "formula_value"),
    ("repair_external_links.xlsx",
     lambda: rezipped(workbook(), {}, {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}), WARN, "external_links"),
    ("repair_saved_as_xls.xls", lambda: _office(workbook(), "xls"), WARN, "old_format"),
    ("repair_csv_gb18030.csv", lambda: csv_bytes(long_rows(), "gb18030"), WARN, "text_encoding"),
    ("repair_csv_utf16.csv", lambda: csv_bytes(long_rows(), "utf-16"), WARN, "text_encoding"),
    # to be looked at
    ("warn_blank.xlsx", lambda: _value("A2", None), WARN, "missing_value"),
    ("warn_evidence_missing.xlsx", lambda: workbook(changed("A1", evidence=None)), WARN, "evidence_missing"),
    ("warn_nil_not_allowed.xlsx", lambda: workbook(changed("A4", value=None, note="零报告")), WARN, "nil_not_allowed"),
    ("warn_not_applicable_claimed.xlsx",
     lambda: workbook(changed("A4", value=None, note="不适用")), WARN, "missing_value not_applicable_claimed"),
    ("warn_self_score.xlsx", lambda: workbook(changed("A2", self_score=120)), WARN, "self_score_out_of_range"),
    ("warn_share_for_percent.xlsx", lambda: _value("A5", 0.95), WARN, "share_suspected slip_of_ten"),
    ("warn_slip_of_ten.xlsx", lambda: _value("B4", 40, "省级采用"), WARN, "slip_of_ten"),
    ("warn_far_above_target.xlsx", lambda: _value("A2", 11_500), WARN, "far_above_target slip_of_ten"),
    ("warn_stage_lost.xlsx", lambda: _value("B2", "否", "方案"), WARN, "milestone_skipped stage_lost"),
    ("warn_identical_values.xlsx",
     lambda: workbook({**good(), **{k: {**v, "value": 85} for k, v in good().items() if k[0] in ("A1", "A2", "A4", "A5", "B4", "B5")}}),
     WARN, "identical_values far_above_target outlier_own_history"),
    ("warn_evidence_reused.xlsx", lambda: workbook(changed("A2", evidence="C-01〔2023〕1号")), WARN, "evidence_reused"),
    ("warn_evidence_of_another_unit_1.xlsx", lambda: _shared_evidence("S-01"), WARN, "evidence_used_twice"),
    ("warn_evidence_of_another_unit_2.xlsx", lambda: _shared_evidence("C-02"), WARN, "evidence_used_twice"),
    ("warn_outlier.xlsx", lambda: _value("B5", 90), WARN, "outlier_own_history"),
    ("warn_indicator_left_out.csv",
     lambda: csv_bytes([r for r in long_rows() if r["indicator_code"] != "A2"]), WARN, "indicator_left_out"),
    # refused: cells
    ("refuse_about_50.xlsx", lambda: _value("A2", "约50"), BACK, "number_expected"),
    ("refuse_fifty_odd.xlsx", lambda: _value("A2", "50余"), BACK, "number_expected"),
    ("refuse_words.xlsx", lambda: _value("A2", "较多"), BACK, "number_expected"),
    ("refuse_none_for_number.xlsx", lambda: _value("A2", "无"), BACK, "number_expected"),
    ("refuse_range.xlsx", lambda: _value("A2", "5-6"), BACK, "two_numbers"),
    ("refuse_two_numbers.xlsx", lambda: _value("A2", "3场、4场"), BACK, "two_numbers"),
    ("refuse_two_numbers_spaced.xlsx", lambda: _value("A2", "12 15"), BACK, "two_numbers"),
    ("refuse_date.xlsx", lambda: edited(_set(place("A2"), date(2023, 5, 6), "yyyy-mm-dd")), BACK, "date_for_number"),
    ("refuse_date_as_text.xlsx", lambda: _value("A2", "2023年5月"), BACK, "date_for_number"),
    ("refuse_other_measure.xlsx", lambda: _value("A1", "85人"), BACK, "other_measure"),
    ("refuse_percent_for_count.xlsx", lambda: _value("A2", "85%"), BACK, "percent_unexpected"),
    ("refuse_excel_error.xlsx", lambda: _value("A2", "#DIV/0!"), BACK, "excel_error"),
    ("refuse_formula_not_calculated.xlsx", lambda: edited(_set(place("A2"), "=600*2")), BACK, "formula_not_calculated"),
    ("refuse_too_large.xlsx", lambda: _value("A2", 1e18), BACK, "number_too_large"),
    ("refuse_negative.xlsx", lambda: _value("A2", -5), BACK, "negative_not_allowed"),
    ("refuse_not_whole.xlsx", lambda: _value("A1", 85.5), BACK, "whole_number_expected"),
    ("refuse_out_of_range.xlsx", lambda: _value("A5", 120), BACK, "out_of_range"),
    ("refuse_partly_done.xlsx", lambda: _value("B3", "部分完成"), BACK, "yes_no_expected"),
    ("refuse_numerator_above.xlsx", lambda: workbook(changed("A3", numerator=201)), BACK, "numerator_above_denominator"),
    ("refuse_denominator_zero.xlsx", lambda: workbook(changed("A3", numerator=0, denominator=0)), BACK, "denominator_zero"),
    ("refuse_half_a_ratio.xlsx", lambda: workbook(changed("A3", denominator=None)), BACK, "half_a_ratio"),
    ("refuse_rate_alone.csv", lambda: csv_bytes(long_rows({**good(), ("A3", ""): {"value": 90}})), BACK, "ratio_expected"),
    ("refuse_nil_with_value.xlsx", lambda: workbook(changed("A2", note="零报告")), BACK, "nil_with_value"),
    ("refuse_nil_box_with_values.xlsx", lambda: workbook(nil=True), BACK, "nil_return_with_values"),
    ("refuse_below_last_year_to_date.xlsx", lambda: _value("A1", 30), BACK, "year_to_date_below_previous"),
    # refused: rows
    ("refuse_row_twice.xlsx", lambda: edited(_repeat), BACK, "duplicate_row"),
    ("refuse_unknown_indicator.csv",
     lambda: csv_bytes([*long_rows(), {**long_rows()[0], "indicator_code": "A9"}]), BACK, "unknown_indicator"),
    ("refuse_not_asked.csv",
     lambda: csv_bytes(long_rows({**good("S-02"), ("A4", ""): {"value": 1.5}}, "S-02")), BACK, "indicator_not_asked"),
    ("refuse_part_unknown.csv",
     lambda: csv_bytes([*long_rows(), {**long_rows()[5], "part": "太空"}]), BACK, "part_unknown"),
    ("refuse_part_missing.csv",
     lambda: csv_bytes([*[r for r in long_rows() if r["indicator_code"] != "B1"], {**long_rows()[5], "part": ""}]),
     BACK, "part_missing"),
    # refused: structure
    ("refuse_other_plan.xlsx", lambda: edited(_meta("plan_code", "corpus-2022")), BACK, "wrong_plan"),
    ("refuse_old_codes.csv",
     lambda: csv_bytes([{**r, "indicator_code": f"OLD-{n}"} for n, r in enumerate(long_rows())]), BACK, "wrong_plan"),
    ("refuse_unknown_unit.csv", lambda: csv_bytes([{**r, "unit_code": "江城市农协"} for r in long_rows()]), BACK, "unknown_unit"),
    ("refuse_other_units_form.xlsx", lambda: edited(_set("F2", "C-02")), BACK, "unit_mismatch"),
    ("refuse_other_periods_form.xlsx", lambda: edited(_set("J2", "2023Q3")), BACK, "period_mismatch"),
    ("refuse_last_periods_form.xlsx", lambda: workbook(period="2023Q1"), BACK, "other_period"),
    ("refuse_unknown_period.csv", lambda: csv_bytes(long_rows(period="2029Q2")), BACK, "unknown_period"),
    ("refuse_value_column_lost.xlsx", lambda: edited(_drop_value_column), BACK, "column_missing"),
    ("refuse_no_rows.xlsx", lambda: edited(lambda b: b["填报表"].delete_rows(FIRST_ROW + 1, len(good()))), BACK, "no_rows"),
    # refused: files
    ("refuse_empty.xlsx", lambda: b"", BACK, "empty_file"),
    ("refuse_truncated.xlsx", lambda: workbook()[:4000], BACK, "unreadable_file"),
    ("refuse_random_bytes.xlsx", lambda: b"PK\x03\x04" + bytes(range(256)) * 4, BACK, "unreadable_file"),
    ("refuse_password.xlsx",
     lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le"), BACK, "encrypted_file"),
    ("refuse_macros.xlsm", lambda: rezipped(workbook(), {}, {"xl/vbaProject.bin": b"\0"}), BACK, "macros_found"),
    ("refuse_entities.xlsx", lambda: rezipped(workbook(), {FORM_XML: _entity}), BACK, "entities_found"),
    ("refuse_zip_bomb.xlsx", bomb, BACK, "archive_bomb"),
    ("refuse_far_cell.xlsx", lambda: rezipped(workbook(), {FORM_XML: _far}), BACK, "too_many_cells"),
    ("refuse_picture.png", _png, BACK, "foreign_file"),
    ("refuse_word_document.docx", _docx, BACK, "foreign_file"),
    ("refuse_letter.txt", lambda: "尊敬的考核办:\n我单位一切正常。\n".encode(), BACK, "foreign_file"),
    ("refuse_web_page_as.xls", lambda: b"<html><table><tr><td>A1</td><td>85</td></tr></table></html>", BACK, "foreign_file"),
    ("refuse_other_workbook.xlsx", lambda: sheet_bytes([["姓名", "电话"], ["张三", 1]]), BACK, "foreign_file"),
    ("refuse_columns_missing.csv", lambda: "单位,数值\n江城市科协,5\n".encode(), BACK, "foreign_file"),
    ("refuse_deep.json", lambda: b"[" * 50_000, BACK, "unreadable_file"),
    ("refuse_scalar.json", lambda: b'{"a": 1}', BACK, "foreign_file"),
    ("refuse_broken.parquet", lambda: b"PAR1" + bytes(100) + b"PAR1", BACK, "unreadable_file"),
]  # fmt: skip

SEVERAL_UNITS = [
    ("several_units_wide.xlsx", wide, {"C-01": (WARN, "evidence_missing"), "C-02": (BACK, "number_expected")}),
    ("several_units.csv", lambda: csv_bytes([*long_rows(), *long_rows(unit="S-02")]), {"C-01": (OK, ""), "S-02": (OK, "")}),
]


def expected() -> Iterator[dict[str, str]]:
    for name, _, state, codes in CASES:
        yield {"file": name, "unit": "", "state": state, "codes": codes}
    for name, _, units in SEVERAL_UNITS:
        for unit, (state, codes) in units.items():
            yield {"file": name, "unit": unit, "state": state, "codes": codes}


def main() -> None:
    folder = FOLDER / "files"
    folder.mkdir(exist_ok=True)
    for name, make, *_ in [*CASES, *SEVERAL_UNITS]:
        content = make()
        if content is not None:
            (folder / name).write_bytes(content)
    with (FOLDER / "expected.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ("file", "unit", "state", "codes"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(expected())


if __name__ == "__main__":
    main()
