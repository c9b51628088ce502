"""What a cell says, in its unit of measure: read, repaired (and said so), or refused."""

import math
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from intake.batch import key_expr
from intake.guards import Limits
from intake.numbers import key_text, read_number, read_yes_no, shown
from intake.text_files import read_parquet
from tests.intake.corpus import good, long_rows, parquet_bytes

WIDE_50, WIDE_COMMA = "\uff15\uff10", "\uff0c"

READ = [
    # text, unit of measure, value, what is noted
    ("50", "场", 50, "read_text_number"),
    (" 50\n", "场", 50, "read_text_number"),
    ("50.5", "%", 50.5, "read_text_number"),
    ("-3", "人", -3, "read_text_number"),
    ("1.2E+03", "人", 1200, "read_text_number"),
    (WIDE_50, "场", 50, "read_full_width"),
    ("1,234", "人", 1234, "read_separators"),
    ("12,345,678.9", "元", 12345678.9, "read_separators"),
    (f"1{WIDE_COMMA}234", "人", 1234, "read_full_width read_separators"),
    ("1 234", "人", 1234, "read_full_width"),
    ("1.2万", "人次", 12000, "read_multiple"),
    ("1.2万人次", "人次", 12000, "read_multiple"),
    ("3.5亿", "元", 350_000_000, "read_multiple"),
    ("1.2万人", "万人", 1.2, "read_measure"),
    ("1.2万", "万人", 1.2, "read_measure"),
    ("12000人", "万人", 1.2, "read_multiple"),
    ("50场", "场", 50, "read_measure"),
    ("6项", "项(共6项)", 6, "read_measure"),
    ("95%", "%", 95, "read_percent"),
    ("二十三", "场", 23, "read_numeral"),
    ("一百零五", "人", 105, "read_numeral"),
    ("十场", "场", 10, "read_numeral"),
]


@pytest.mark.parametrize(("text", "measure", "value", "noted"), READ)
def test_certain_meaning_is_read(text: str, measure: str, value: float, noted: str) -> None:
    reading = read_number(text, measure)
    assert (reading.value, reading.repairs, reading.refusal) == (value, tuple(noted.split()), None)


REFUSED = [
    ("约50", "场", "number_expected"),
    ("50左右", "场", "number_expected"),
    ("50余", "场", "number_expected"),
    ("50余场", "场", "number_expected"),
    ("50+", "场", "number_expected"),
    (">50", "场", "number_expected"),
    ("若干", "场", "number_expected"),
    ("无", "场", "number_expected"),
    ("1,23", "场", "number_expected"),
    ("十二十", "场", "number_expected"),
    ("5-6", "场", "two_numbers"),
    ("5~6", "场", "two_numbers"),
    ("12 15", "场", "two_numbers"),
    ("3场4场", "场", "two_numbers"),
    ("3/4", "场", "two_numbers"),
    ("2023-3-1", "场", "date_for_number"),
    ("2023年3月1日", "场", "date_for_number"),
    ("2023年3月", "场", "date_for_number"),
    ("3月1日", "场", "date_for_number"),
    ("50人", "场", "other_measure"),
    ("1.2万场", "人", "other_measure"),
    ("95%", "场", "percent_unexpected"),
    ("#DIV/0!", "场", "excel_error"),
    ("1e999", "场", "number_too_large"),
]


@pytest.mark.parametrize(("text", "measure", "code"), REFUSED)
def test_uncertain_meaning_is_refused(text: str, measure: str, code: str) -> None:
    reading = read_number(text, measure)
    assert (reading.refusal, reading.value) == (code, None)


@pytest.mark.parametrize("value", [None, "", "  ", "\n"])
def test_blank_is_blank(value: object) -> None:
    reading = read_number(value, "场")
    assert reading.value is None and reading.refusal is None and not reading.repairs


def test_a_dash_is_blank_and_said_so() -> None:
    assert read_number("—").repairs == read_number("/").repairs == ("read_blank_mark",)


def test_percent_cells_against_the_measure() -> None:
    assert read_number(0.29, "%", percent_cell=True).value == 29
    assert read_number(0.29, "场", percent_cell=True).refusal == "percent_unexpected"


def test_numbers_that_are_none() -> None:
    assert {read_number(v).refusal for v in (math.nan, math.inf, True)} == {"number_expected"}
    assert read_number({"date": "2023-05-06"}).refusal == "date_for_number"


@pytest.mark.parametrize("yes", ["是", "有", "√", "Y", "yes", "1", 1, 1.0, True, "已完成", " 是 "])
def test_yes(yes: object) -> None:
    assert read_yes_no(yes).value == 1


@pytest.mark.parametrize("no", ["否", "无", "×", "N", "0", 0, False, "未完成"])
def test_no(no: object) -> None:
    assert read_yes_no(no).value == 0


@pytest.mark.parametrize("neither", ["部分", "2", 2, "是否", {"date": "2023-01-01"}])
def test_neither_yes_nor_no(neither: object) -> None:
    assert read_yes_no(neither).refusal == "yes_no_expected"


@given(st.integers(-(10**14), 10**14))
def test_any_whole_number_is_read_as_it_is_shown(number: int) -> None:
    assert read_number(shown(float(number))).value == float(number)
    assert read_number(f"{number:,}").value == float(number)


@given(st.text(max_size=30), st.sampled_from(["场", "%", "万人", "", "是/否", "项(共6项)"]))
def test_any_text_is_read_or_refused(text: str, measure: str) -> None:
    reading = read_number(text, measure)
    assert reading.value is None or (reading.refusal is None and math.isfinite(reading.value))
    assert read_yes_no(text).value in (None, 0.0, 1.0)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12), max_size=5))
@example(["鄂科协〔2023〕 1号", "ＡＢ　１２", "a\u200bb\u00a0c", "İ", "ΑΣ"])
def test_whole_columns_have_the_keys_of_single_texts(texts: list[str]) -> None:
    column = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    assert column.select(key_expr(pl.col("text"))).to_series().to_list() == [key_text(t) for t in texts]


def test_a_short_float_is_the_number_it_was_written_for(tmp_path: Path) -> None:
    rows = long_rows({**good(), ("A5", ""): {"value": 95.1}})
    (tmp_path / "a.parquet").write_bytes(parquet_bytes(pl.Float32, rows))
    sheet = read_parquet(tmp_path / "a.parquet", Limits())
    assert 95.1 in [row[sheet["rows"][0].index("value")] for row in sheet["rows"]]
