"""Makes data/examples/messy: one small file per defect, and the table of what must become of it.

Run as ``python -m tests.intake.corpus_cases``. The expected states and codes are stated here by hand; nothing is computed
from what intake does. Three files need LibreOffice; they are made only where it is installed, and kept otherwise.
"""

# ruff: noqa: E501, ERA001  -- one case on one line; its headings are no code

import csv
import json
from collections.abc import Callable, Iterator
from datetime import date

import polars as pl

from intake.form import FIRST_ROW
from tests.intake.corpus import (
    FOLDER,
    FORM_XML,
    bomb,
    changed,
    codes_exchanged,
    csv_bytes,
    csv_changed,
    csv_quote_open,
    csv_unit_merged,
    csv_value_lost,
    csv_with_totals,
    docx,
    drop_codes,
    drop_value_column,
    edited,
    entity,
    extra_column,
    far,
    good,
    hidden_fact,
    hidden_row,
    long_rows,
    long_sheets,
    merge,
    move_columns,
    packed,
    parquet_bytes,
    parts_left_out,
    place,
    png,
    rename_heading,
    reorder_sheets,
    repeat_row,
    rezipped,
    rows_below,
    saved_by_office,
    second_form,
    second_sheet,
    set_cell,
    shared_evidence,
    sheet_bytes,
    unit_alias,
    value_twice,
    wide,
    wide_in_two_rows,
    wide_unclear,
    with_formula,
    with_value,
    without_meta,
    workbook,
)

# file, maker, state, codes
Case = tuple[str, Callable[[], bytes | None], str, str]
OK, WARN, BACK = "accepted", "accepted_with_warnings", "returned"

CASES: list[Case] = [
    # as it should be
    ("good.xlsx", workbook, OK, ""),
    ("good_society.xlsx", lambda: workbook(unit="S-02"), OK, ""),
    ("good_zero_is_zero.xlsx", lambda: with_value("B4", 0, "省级采用"), OK, ""),
    ("good_sheets_reordered.xlsx", lambda: edited(reorder_sheets), OK, ""),
    ("good_columns_moved.xlsx", lambda: edited(move_columns), OK, ""),
    ("good_hidden_sheet_lost.xlsx", lambda: edited(without_meta), OK, ""),
    ("good_blank_and_total_rows_below.xlsx", lambda: edited(rows_below), OK, ""),
    ("good_saved_by_libreoffice.xlsx", lambda: saved_by_office(workbook(), "xlsx"), OK, ""),
    ("good_saved_as_ods.ods", lambda: saved_by_office(workbook(), "ods"), OK, ""),
    ("good_spaces_in_cell.xlsx", lambda: with_value("A2", " 1200 "), OK, ""),
    ("good_line_break_in_cell.xlsx", lambda: with_value("A2", "1200\n"), OK, ""),
    ("good_number_as_text.xlsx", lambda: with_value("A2", "1200"), OK, ""),
    ("good_ticks_and_crosses.xlsx", lambda: with_value("B3", "√"), OK, ""),
    ("good_has_and_has_not.xlsx", lambda: with_value("B3", "无"), OK, ""),
    ("good_formula_text_in_note.xlsx", lambda: workbook(changed("A2", note="=cmd|' /C calc'!A0")), OK, ""),
    ("good_csv_utf8.csv", lambda: csv_bytes(long_rows()), OK, ""),
    ("good_csv_bom.csv", lambda: csv_bytes(long_rows(), "utf-8-sig"), OK, ""),
    ("good_csv_semicolons.csv", lambda: csv_bytes(long_rows(), delimiter=";"), OK, ""),
    ("good_csv_title_above.csv", lambda: csv_bytes(long_rows(), above="\r\n2023年第二季度明细\r\n"), OK, ""),
    ("good_csv_sep_line.csv", lambda: csv_bytes(long_rows(), "utf-8-sig", ";", above="sep=;\r\n"), OK, ""),
    ("good_csv_lines_in_cell.csv", lambda: csv_changed("A1", evidence='关于"三长"的\n第2号,见附'), OK, ""),
    ("good_csv_totals.csv", csv_with_totals, OK, ""),
    ("good_records.json", lambda: json.dumps(long_rows(), ensure_ascii=False).encode(), OK, ""),
    ("good_records_in_object.json",
     lambda: json.dumps({"period": "2023Q2", "measurements": long_rows()}, ensure_ascii=False).encode(), OK, ""),
    ("good_records_on_lines.json",
     lambda: b"\n".join(json.dumps(row, ensure_ascii=False).encode() for row in long_rows()), OK, ""),
    ("good_decimals.parquet", lambda: parquet_bytes(pl.Decimal(18, 4)), OK, ""),
    ("good_texts.parquet", lambda: parquet_bytes(pl.String), OK, ""),
    ("good_table.parquet", parquet_bytes, OK, ""),
    ("nil_row.xlsx", lambda: workbook(changed("A2", value=None, note="零报告")), OK, ""),
    ("nil_return.xlsx", lambda: workbook({}, nil=True), "nil", "nil_not_allowed"),
    # repaired, and said so
    ("repair_full_width_digits.xlsx", lambda: with_value("A2", "\uff11\uff12\uff10\uff10"), WARN, "read_full_width"),
    ("repair_thousands_separator.xlsx", lambda: with_value("A2", "1,200"), WARN, "read_separators"),
    ("repair_full_width_separator.xlsx", lambda: with_value("A2", "1\uff0c200"), WARN, "read_full_width read_separators"),
    ("repair_space_groups.xlsx", lambda: with_value("A2", "1 200"), WARN, "read_full_width"),
    ("repair_wan.xlsx", lambda: with_value("A2", "0.12万"), WARN, "read_multiple"),
    ("repair_yi.xlsx", lambda: with_value("A2", "0.000012亿"), WARN, "read_multiple"),
    ("repair_wan_in_measure.xlsx", lambda: with_value("A4", "1.5万人"), WARN, "read_measure"),
    ("repair_persons_for_wan.xlsx", lambda: with_value("A4", "15000人"), WARN, "read_multiple"),
    ("repair_measure_in_cell.xlsx", lambda: with_value("A1", "85场"), WARN, "read_measure"),
    ("repair_measure_of_the_row.csv", lambda: csv_changed("A2", ("measure",), value=0.12, measure="万人次"), WARN, "read_multiple"),
    ("repair_csv_unit_merged.csv", csv_unit_merged, WARN, "unit_from_above"),
    ("repair_chinese_numeral.xlsx", lambda: with_value("A1", "八十五"), WARN, "read_numeral"),
    ("repair_percent_sign.xlsx", lambda: with_value("A5", "95%"), WARN, "read_percent"),
    ("repair_percent_format.xlsx", lambda: edited(set_cell(place("A5"), 0.95, "0%")), WARN, "read_percent"),
    ("repair_percent_saved_as_ods.ods",
     lambda: saved_by_office(edited(set_cell(place("A5"), 0.95, "0%")), "ods"), WARN, "read_percent"),
    ("repair_formula_saved_as_ods.ods", lambda: saved_by_office(with_formula("1200"), "ods"), WARN, "formula_value"),
    ("repair_ratio_in_one_cell.xlsx",
     lambda: edited(set_cell(place("A3"), "180/200"), workbook(changed("A3", numerator=None, denominator=None))), WARN, "read_ratio"),
    ("repair_dash_for_blank.xlsx", lambda: with_value("A2", "—"), WARN, "read_blank_mark missing_value"),
    ("repair_merged_cells.xlsx", lambda: edited(merge), WARN, "read_merged"),
    ("repair_heading_renamed.xlsx", lambda: edited(rename_heading), WARN, "heading_renamed"),
    ("repair_column_added.xlsx", lambda: edited(extra_column), WARN, "column_ignored"),
    ("repair_second_sheet.xlsx", lambda: edited(second_sheet), WARN, "other_sheet"),
    ("repair_codes_deleted.xlsx", lambda: edited(drop_codes), WARN, "code_by_title"),
    ("repair_unit_by_alias.xlsx", lambda: edited(unit_alias), WARN, "unit_by_alias"),
    ("repair_older_template.xlsx", lambda: edited(hidden_fact("template_version", "0")), WARN, "older_template"),
    ("repair_older_plan_version.xlsx", lambda: edited(hidden_fact("plan_hash", "0" * 64)), WARN, "older_plan"),
    ("repair_formula.xlsx", lambda: with_formula("1200"), WARN, "formula_value"),
    ("repair_external_links.xlsx",
     lambda: rezipped(workbook(), {}, {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}), WARN, "external_links"),
    ("repair_saved_as_xls.xls", lambda: saved_by_office(workbook(), "xls"), WARN, "old_format"),
    ("repair_csv_gb18030.csv", lambda: csv_bytes(long_rows(), "gb18030"), WARN, "text_encoding"),
    ("repair_csv_utf16.csv", lambda: csv_bytes(long_rows(), "utf-16"), WARN, "text_encoding"),
    # to be looked at
    ("warn_blank.xlsx", lambda: with_value("A2", None), WARN, "missing_value"),
    ("warn_parts_blank.xlsx", lambda: workbook(parts_left_out()), WARN, "parts_blank"),
    ("warn_evidence_missing.xlsx", lambda: workbook(changed("A1", evidence=None)), WARN, "evidence_missing"),
    ("warn_nil_not_allowed.xlsx", lambda: workbook(changed("A4", value=None, note="零报告")), WARN, "nil_not_allowed"),
    ("warn_not_applicable_claimed.xlsx",
     lambda: workbook(changed("A4", value=None, note="不适用")), WARN, "missing_value not_applicable_claimed"),
    ("warn_self_score.xlsx", lambda: workbook(changed("A2", self_score=120)), WARN, "self_score_out_of_range"),
    ("warn_share_for_percent.xlsx", lambda: with_value("A5", 0.95), WARN, "share_suspected slip_of_ten"),
    ("warn_slip_of_ten.xlsx", lambda: with_value("B4", 40, "省级采用"), WARN, "slip_of_ten"),
    ("warn_far_above_target.xlsx", lambda: with_value("A2", 11_500), WARN, "far_above_target slip_of_ten"),
    ("warn_stage_lost.xlsx", lambda: with_value("B2", "否", "方案"), WARN, "milestone_skipped stage_lost"),
    ("warn_rate_differs.xlsx", lambda: workbook(changed("A3", value=95)), WARN, "rate_differs"),
    ("warn_identical_values.xlsx",
     lambda: workbook({**good(), **{k: {**v, "value": 85} for k, v in good().items() if k[0] in ("A1", "A2", "A4", "A5", "B4", "B5")}}),
     WARN, "identical_values far_above_target outlier_own_history"),
    ("warn_evidence_reused.xlsx", lambda: workbook(changed("A2", evidence="C-01〔2023〕1号")), WARN, "evidence_reused"),
    ("warn_evidence_of_another_unit_1.xlsx", lambda: shared_evidence("S-01"), WARN, "evidence_used_twice"),
    ("warn_evidence_of_another_unit_2.xlsx", lambda: shared_evidence("C-02"), WARN, "evidence_used_twice"),
    ("warn_outlier.xlsx", lambda: with_value("B5", 90), WARN, "outlier_own_history"),
    ("warn_indicator_left_out.csv",
     lambda: csv_bytes([r for r in long_rows() if r["indicator_code"] != "A2"]), WARN, "indicator_left_out"),
    # refused: cells
    ("refuse_about_50.xlsx", lambda: with_value("A2", "约50"), BACK, "number_expected"),
    ("refuse_fifty_odd.xlsx", lambda: with_value("A2", "50余"), BACK, "number_expected"),
    ("refuse_note_mark.xlsx", lambda: with_value("A2", "1200①"), BACK, "number_expected"),
    ("refuse_power.xlsx", lambda: with_value("A2", "120²"), BACK, "number_expected"),
    ("refuse_words.xlsx", lambda: with_value("A2", "较多"), BACK, "number_expected"),
    ("refuse_none_for_number.xlsx", lambda: with_value("A2", "无"), BACK, "number_expected"),
    ("refuse_range.xlsx", lambda: with_value("A2", "5-6"), BACK, "two_numbers"),
    ("refuse_two_numbers.xlsx", lambda: with_value("A2", "3场、4场"), BACK, "two_numbers"),
    ("refuse_two_numbers_spaced.xlsx", lambda: with_value("A2", "12 15"), BACK, "two_numbers"),
    ("refuse_date.xlsx", lambda: edited(set_cell(place("A2"), date(2023, 5, 6), "yyyy-mm-dd")), BACK, "date_for_number"),
    ("refuse_date_as_text.xlsx", lambda: with_value("A2", "2023年5月"), BACK, "date_for_number"),
    ("refuse_measure_of_the_row.csv", lambda: csv_changed("A1", ("measure",), measure="人"), BACK, "other_measure"),
    ("refuse_other_measure.xlsx", lambda: with_value("A1", "85人"), BACK, "other_measure"),
    ("refuse_percent_for_count.xlsx", lambda: with_value("A2", "85%"), BACK, "percent_unexpected"),
    ("refuse_percent_saved_as_ods.ods",
     lambda: saved_by_office(edited(set_cell(place("A2"), 0.95, "0%")), "ods"), BACK, "percent_unexpected"),
    ("refuse_excel_error.xlsx", lambda: with_value("A2", "#DIV/0!"), BACK, "excel_error"),
    ("refuse_formula_not_calculated.xlsx", lambda: edited(set_cell(place("A2"), "=600*2")), BACK, "formula_not_calculated"),
    ("refuse_too_large.xlsx", lambda: with_value("A2", 1e18), BACK, "number_too_large"),
    ("refuse_negative.xlsx", lambda: with_value("A2", -5), BACK, "negative_not_allowed"),
    ("refuse_not_whole.xlsx", lambda: with_value("A1", 85.5), BACK, "whole_number_expected"),
    ("refuse_out_of_range.xlsx", lambda: with_value("A5", 120), BACK, "out_of_range"),
    ("refuse_partly_done.xlsx", lambda: with_value("B3", "部分完成"), BACK, "yes_no_expected"),
    ("refuse_numerator_above.xlsx", lambda: workbook(changed("A3", numerator=201)), BACK, "numerator_above_denominator"),
    ("refuse_denominator_zero.xlsx", lambda: workbook(changed("A3", numerator=0, denominator=0)), BACK, "denominator_zero"),
    ("refuse_half_a_ratio.xlsx", lambda: workbook(changed("A3", denominator=None)), BACK, "half_a_ratio"),
    ("refuse_rate_alone.csv", lambda: csv_bytes(long_rows({**good(), ("A3", ""): {"value": 90}})), BACK, "ratio_expected"),
    ("refuse_status_with_value.csv", lambda: csv_changed("A2", status="not_applicable"), BACK, "status_with_value"),
    ("refuse_percent_for_numerator.csv", lambda: csv_changed("A3", numerator="90%", denominator=""), BACK, "ratio_expected"),
    ("refuse_nil_with_value.xlsx", lambda: workbook(changed("A2", note="零报告")), BACK, "nil_with_value"),
    ("refuse_nil_box_with_values.xlsx", lambda: workbook(nil=True), BACK, "nil_return_with_values"),
    ("refuse_below_last_year_to_date.xlsx", lambda: with_value("A1", 30), BACK, "year_to_date_below_previous"),
    # refused: rows
    ("refuse_row_twice.xlsx", lambda: edited(repeat_row), BACK, "duplicate_row"),
    ("refuse_codes_exchanged.xlsx", lambda: edited(codes_exchanged), BACK, "title_mismatch"),
    ("refuse_title_of_another.csv", lambda: csv_changed("A2", ("title",), title="满意率"), BACK, "title_mismatch"),
    ("refuse_separator_without_quotes.csv",
     lambda: csv_bytes(long_rows()).replace(b",1200,", b",1,200,"), BACK, "row_shifted indicator_left_out"),
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
    ("refuse_other_plan.xlsx", lambda: edited(hidden_fact("plan_code", "corpus-2022")), BACK, "wrong_plan"),
    ("refuse_old_codes.csv",
     lambda: csv_bytes([{**r, "indicator_code": f"OLD-{n}"} for n, r in enumerate(long_rows())]), BACK, "wrong_plan"),
    ("refuse_unknown_unit.csv", lambda: csv_bytes([{**r, "unit_code": "江城市农协"} for r in long_rows()]), BACK, "unknown_unit"),
    ("refuse_other_units_form.xlsx", lambda: edited(set_cell("F2", "C-02")), BACK, "unit_mismatch"),
    ("refuse_other_periods_form.xlsx", lambda: edited(set_cell("J2", "2023Q3")), BACK, "period_mismatch"),
    ("refuse_last_periods_form.xlsx", lambda: workbook(period="2023Q1"), BACK, "other_period"),
    ("refuse_unknown_period.csv", lambda: csv_bytes(long_rows(period="2029Q2")), BACK, "unknown_period"),
    ("refuse_name_of_another_unit.xlsx", lambda: edited(set_cell("C2", "山城市科协")), BACK, "unit_mismatch"),
    ("refuse_name_of_another_unit.csv",
     lambda: csv_bytes([{**r, "单位名称": "山城市科协"} for r in long_rows()], also=("单位名称",)), BACK, "unit_contradicted"),
    ("refuse_second_form.xlsx", lambda: edited(second_form), BACK, "second_form"),
    ("refuse_value_column_twice.xlsx", lambda: edited(value_twice), BACK, "column_twice"),
    ("refuse_value_column_lost.csv", csv_value_lost, BACK, "column_missing indicator_left_out"),
    ("refuse_columns_unclear.xlsx", wide_unclear, BACK, "column_unclear column_twice indicator_left_out"),
    ("refuse_value_column_lost.xlsx", lambda: edited(drop_value_column), BACK, "column_missing"),
    ("refuse_no_rows.xlsx", lambda: edited(lambda b: b["填报表"].delete_rows(FIRST_ROW + 1, len(good()))), BACK, "no_rows"),
    # refused: files
    ("refuse_empty.xlsx", lambda: b"", BACK, "empty_file"),
    ("refuse_truncated.xlsx", lambda: workbook()[:4000], BACK, "unreadable_file"),
    ("refuse_random_bytes.xlsx", lambda: b"PK\x03\x04" + bytes(range(256)) * 4, BACK, "unreadable_file"),
    ("refuse_password.xlsx",
     lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le"), BACK, "encrypted_file"),
    ("refuse_macros.xlsm", lambda: rezipped(workbook(), {}, {"xl/vbaProject.bin": b"\0"}), BACK, "macros_found"),
    ("refuse_entities.xlsx", lambda: rezipped(workbook(), {FORM_XML: entity}), BACK, "entities_found"),
    ("refuse_zip_bomb.xlsx", bomb, BACK, "archive_bomb"),
    ("refuse_far_cell.xlsx", lambda: rezipped(workbook(), {FORM_XML: far}), BACK, "too_many_cells"),
    ("refuse_picture.png", png, BACK, "foreign_file"),
    ("refuse_word_document.docx", docx, BACK, "foreign_file"),
    ("refuse_forms_packed.zip", packed, BACK, "packed_files"),
    ("refuse_letter.txt", lambda: "尊敬的考核办:\n我单位一切正常。\n".encode(), BACK, "foreign_file"),
    ("refuse_web_page_as.xls", lambda: b"<html><table><tr><td>A1</td><td>85</td></tr></table></html>", BACK, "foreign_file"),
    ("refuse_other_workbook.xlsx", lambda: sheet_bytes([["姓名", "电话"], ["张三", 1]]), BACK, "foreign_file"),
    ("refuse_columns_missing.csv", lambda: "单位,数值\n江城市科协,5\n".encode(), BACK, "foreign_file"),
    ("refuse_deep.json", lambda: b"[" * 50_000, BACK, "unreadable_file"),
    ("refuse_key_twice.json",
     lambda: json.dumps(long_rows()).encode().replace(b'"value": 1200', b'"value": 1200, "value": 1300'), BACK, "unreadable_file"),
    ("refuse_scalar.json", lambda: b'{"a": 1}', BACK, "foreign_file"),
    ("refuse_nothing_filled.xlsx", lambda: workbook({}), BACK, "nothing_filled"),
    ("refuse_hidden_row_edited.xlsx", lambda: edited(hidden_row), BACK, "meta_edited"),
    ("refuse_quote_open.csv", csv_quote_open, BACK, "quote_open"),
    ("refuse_broken.parquet", lambda: b"PAR1" + bytes(100) + b"PAR1", BACK, "unreadable_file"),
]  # fmt: skip

SEVERAL_UNITS = [
    ("several_units_wide.xlsx", wide, {"C-01": (WARN, "evidence_missing"), "C-02": (BACK, "number_expected")}),
    (
        "several_units.csv",
        lambda: csv_bytes([*long_rows(), *long_rows(unit="S-02")]),
        {"C-01": (OK, ""), "S-02": (OK, "")},
    ),
    (
        "several_units_sheets.xlsx",
        long_sheets,
        {"C-01": (WARN, "other_sheet"), "S-02": (WARN, "other_sheet")},
    ),
    (
        "several_units_two_headings.xlsx",
        wide_in_two_rows,
        {
            "C-01": (WARN, "column_ignored evidence_missing read_multiple"),
            "": (BACK, "column_ignored unit_contradicted"),
        },
    ),
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
        if "saved_" in name and (folder / name).exists():  # LibreOffice writes other bytes every time
            continue
        content = make()
        if content is not None:
            (folder / name).write_bytes(content)
    with (FOLDER / "expected.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ("file", "unit", "state", "codes"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(expected())


if __name__ == "__main__":
    main()
