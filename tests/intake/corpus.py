"""Building blocks of the messy files: the good report, ways to change it, other kinds of file."""

import csv
import io
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import xlsxwriter

from intake.form import FIRST_ROW, HEAD_ROW, POSITION
from intake.styles import CREATED
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


def parts_left_out() -> Answers:
    """Only what is reached is ticked, and one kind counted, as people fill lists in."""
    left = {("B1", "乡村"), ("B2", "验收"), ("B4", "国家级采用")}
    return {key: row for key, row in good().items() if key not in left}


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
    steady = {"docProps/core.xml": lambda xml: re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2023-01-01T00:00:00Z", xml)}
    return rezipped(out.getvalue(), steady)


def place(key: str, column: str = "value", part: str = "") -> str:
    """The cell of an indicator in the good workbook."""
    at = list(good()).index((key, part))
    return f"{chr(ord('A') + POSITION[column])}{FIRST_ROW + at + 1}"


def rezipped(
    content: bytes, change: Mapping[str, Callable[[bytes], bytes]], add: Mapping[str, bytes] | None = None
) -> bytes:
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


def csv_bytes(
    rows: list[dict[str, Any]],
    encoding: str = "utf-8",
    delimiter: str = ",",
    above: str = "",
    also: tuple[str, ...] = (),
) -> bytes:
    out = io.StringIO(above, newline="")
    out.seek(0, io.SEEK_END)
    writer = csv.DictWriter(out, (*LONG, *also), restval="", delimiter=delimiter, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def csv_changed(key: str, also: tuple[str, ...] = (), **fields: Any) -> bytes:
    """The good report as CSV with one indicator's row changed, in further columns too."""
    return csv_bytes([{**r, **fields} if r["indicator_code"] == key else r for r in long_rows()], also=also)


def csv_unit_merged() -> bytes:
    return csv_bytes([{**r, "unit_code": r["unit_code"] if n == 0 else ""} for n, r in enumerate(long_rows())])


def csv_with_totals() -> bytes:
    return csv_bytes(
        [*long_rows(), {"unit_code": "合计", "value": 9}, {"unit_code": "C-01", "indicator_code": "小计:"}]
    )


def csv_value_lost() -> bytes:
    return csv_bytes(long_rows()).replace(b",value,", b",points,", 1)


def csv_quote_open() -> bytes:
    return csv_bytes(long_rows()).replace("C-01〔2023〕1号".encode(), '"C-01〔2023〕1号'.encode())


def sheet_bytes(rows: list[list[Any]], name: str = "Sheet1", **more: list[list[Any]]) -> bytes:
    """A plain workbook of one sheet, or of several."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": CREATED})
    for title, content in {name: rows, **more}.items():
        sheet = book.add_worksheet(title)
        for n, row in enumerate(content):
            sheet.write_row(n, 0, row)
    book.close()
    return out.getvalue()


WIDE = ["是", "是", "否", "是", "是", "否", "否", 4, 0, -3]
"""What stands right of A5 in a wide sheet: B1 to B5."""


def wide_in_two_rows() -> bytes:
    """Headings in two rows with merged cells, code and name of the unit, a target beside the value, sums, remarks."""
    top = ["序号", "单位代码", "单位名称", "A1", None, "A2(万人次)", "A3", None, "A4", "A5", "B1", None, None,
           "B2", None, None, "B3", "B4", None, "B5"]  # fmt: skip
    below = [None, None, None, "目标", "完成值", None, "分子", "分母", None, None, "机关", "企业", "乡村",
             "方案", "建设", "验收", None, "省级采用", "国家级采用"]  # fmt: skip
    one = [1, "C-01", "江城市科协", 160, 85, 0.12, 180, 200, 1.5, 95, *WIDE]
    two = [2, "C-02", "江城市科协", 160, 85, 0.12, 180, 200, 1.5, 95, *WIDE]
    return sheet_bytes(
        [["2023年第二季度汇总表"], top, below, one, two, ["合计", None, None, 320], ["注:截至6月30日。"]]
    )


def wide_unclear() -> bytes:
    """Three columns of A1 of which none is the value for certain, two of A2, numbers below no heading beside A5."""
    head = [
        "单位",
        "A1 目标",
        "A1/一季度",
        "A1/二季度",
        "A2",
        "A2 志愿服务",
        "A3/分子",
        "A3/分母",
        "A4",
        "A5",
        None,
        "B3",
        "B5",
    ]
    one = ["江城市科协", 160, 40, 45, 1200, 900, 180, 200, 1.5, 95, 90, "否", -3]
    return sheet_bytes([["2023年第二季度汇总表"], head, one])


def long_sheets() -> bytes:
    """One sheet for each of two units, and a page of notes."""
    one, two = ([list(LONG), *[[r.get(n) for n in LONG] for r in long_rows(unit=u)]] for u in ("C-01", "S-02"))
    return sheet_bytes([["2023年第二季度明细"], *one], "江城", 学会=two, 说明=[["由业务系统导出"]])


def wide() -> bytes:
    head = ["单位", "A1", "A2 科技志愿服务人次", "A3/分子", "A3/分母", "科普受众人数", "A5", "B1/机关", "B1/企业",
            "B1/乡村", "B2/方案", "B2/建设", "B2/验收", "B3", "B4/省级采用", "B4/国家级采用", "B5"]  # fmt: skip
    one = ["江城市科协", 85, 1200, 180, 200, 1.5, 95, "是", "是", "否", "是", "是", "否", "否", 4, 0, -3]
    two = ["山城市科协", "约50", 900, 90, 100, 1.2, 90, "是", "否", "否", "是", "否", "否", "否", 2, 0, 5]
    return sheet_bytes([["2023年第二季度汇总表"], head, one, two, ["合计", 135, 2100]], "汇总表")


def parquet_bytes(values: Any = pl.Float64, rows: list[dict[str, Any]] | None = None) -> bytes:
    """The good report with its values in a type of columns."""
    out = io.BytesIO()
    table = pl.DataFrame(rows or long_rows(), infer_schema_length=None)
    table.with_columns(pl.col("value").cast(values)).write_parquet(out)
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("xl/workbook.xml"), "<workbook/>")
        archive.writestr(zipfile.ZipInfo("xl/worksheets/sheet1.xml"), b"0" * 20_000_000, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def set_cell(cell: str, value: Any, number_format: str | None = None) -> Callable[[Any], None]:
    def edit(book: Any) -> None:
        book["填报表"][cell] = value
        if number_format:
            book["填报表"][cell].number_format = number_format

    return edit


def with_value(key: str, value: Any, part: str = "") -> bytes:
    return workbook(changed(key, part, value=value))


def hidden_fact(name: str, value: str) -> Callable[[Any], None]:
    """The hidden sheet as another plan or an older template wrote it: one fact differs, and there is no digest."""

    def edit(book: Any) -> None:
        for row in book["_kaohe"].iter_rows():
            if row[0].value == name:
                row[1].value = value
            if row[0].value == "digest":
                row[0].value = row[1].value = None

    return edit


def hidden_row(book: Any) -> None:
    """Another number of rows on the hidden sheet than its digest is of."""
    rows = (row for row in book["_kaohe"].iter_rows() if row[0].value == "rows")
    next(rows)[1].value = "14"


def without_meta(book: Any) -> None:
    del book["_kaohe"]


def unit_alias(book: Any) -> None:
    without_meta(book)
    book["填报表"]["E2"].value = None
    book["填报表"]["F2"].value = None
    book["填报表"]["C2"].value = "江城科协"


def rename_heading(book: Any) -> None:
    book["填报表"].cell(HEAD_ROW + 1, POSITION["value"] + 1).value = "实际完成值"


def extra_column(book: Any) -> None:
    book["填报表"].cell(HEAD_ROW + 1, 19).value = "处室意见"
    book["填报表"].cell(FIRST_ROW + 1, 19).value = "同意"


def move_columns(book: Any) -> None:
    form = book["填报表"]
    for row in range(HEAD_ROW + 1, FIRST_ROW + len(good()) + 1):
        value, note = form.cell(row, POSITION["value"] + 1), form.cell(row, POSITION["note"] + 1)
        value.value, note.value = note.value, value.value


def merge(book: Any) -> None:
    form = book["填报表"]
    first = int(place("B1", part="机关")[1:])
    for row in (first + 1, first + 2):
        for column in ("indicator_code", "title"):
            form.cell(row, POSITION[column] + 1).value = None


def drop_value_column(book: Any) -> None:
    book["填报表"].cell(HEAD_ROW + 1, POSITION["value"] + 1).value = None


def drop_codes(book: Any) -> None:
    for row in range(FIRST_ROW + 1, FIRST_ROW + 1 + len(good())):
        book["填报表"].cell(row, POSITION["indicator_code"] + 1).value = None


def rows_below(book: Any) -> None:
    form = book["填报表"]
    at = FIRST_ROW + len(good()) + 1
    form.insert_rows(at, 4)
    form.cell(at + 1, 1).value = "合计"
    form.cell(at + 1, POSITION["value"] + 1).value = "=SUM(J5:J19)"


def repeat_row(book: Any) -> None:
    form = book["填报表"]
    at = FIRST_ROW + len(good()) + 1
    for column in range(1, 16):
        form.cell(at, column).value = form[place("A2")[1:]][column - 1].value


def second_sheet(book: Any) -> None:
    book.create_sheet("草稿")["A1"] = "随手记"


def second_form(book: Any) -> None:
    other = book.copy_worksheet(book["填报表"])
    other.title, other["C2"], other["F2"], other[place("A2")] = "填报表 (2)", "山城市科协", "C-02", 900


def value_twice(book: Any) -> None:
    form = book["填报表"]
    form.cell(HEAD_ROW + 1, 20).value, form.cell(int(place("A2")[1:]), 20).value = "完成值", 1300


def codes_exchanged(book: Any) -> None:
    one, two = (book["填报表"][place(key, "indicator_code")] for key in ("A1", "A2"))
    one.value, two.value = two.value, one.value


def reorder_sheets(book: Any) -> None:
    book.move_sheet("填报表", -1)
    book.move_sheet("_kaohe", -2)


def with_formula(cached: str) -> bytes:
    cell = place("A2")
    xml = f'<c r="{cell}"><f>600*2</f><v>{cached}</v></c>'.encode()

    def put(content: bytes) -> bytes:
        start = content.index(f'<c r="{cell}"'.encode())
        end = content.index(b"</c>", start) + 4
        return content[:start] + xml + content[end:]

    return rezipped(workbook(), {FORM_XML: put})


def shared_evidence(unit: str) -> bytes:
    return workbook(changed("A1", unit=unit, evidence="鄂科协发〔2023〕77号"), unit=unit)


def far(content: bytes) -> bytes:
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return content.replace(b"</sheetData>", far)


def entity(content: bytes) -> bytes:
    head, _, rest = content.partition(b"\n")
    return head + b'\n<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + rest


def png() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def packed() -> bytes:
    """Two forms in one archive, one of them packed twice."""
    out, inner = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr(zipfile.ZipInfo("c-02.xlsx"), workbook(unit="C-02"))
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("c-01.xlsx"), workbook())
        archive.writestr(zipfile.ZipInfo("more.zip"), inner.getvalue())
    return out.getvalue()


def docx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("word/document.xml"), "<w:document/>")
    return out.getvalue()


def saved_by_office(content: bytes, suffix: str) -> bytes | None:
    """The workbook as LibreOffice saves it again; None without LibreOffice."""
    soffice = shutil.which("soffice")
    if not soffice:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in.xlsx")
        source.write_bytes(content)
        out = Path(folder, "out")
        profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        command = [soffice, profile, "--headless", "--convert-to", suffix, "--outdir", out, source]
        subprocess.run(command, check=True, capture_output=True)
        return (out / f"in.{suffix}").read_bytes()
