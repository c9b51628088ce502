"""Any bytes at all, under every suffix, are accepted or returned; there is never a traceback."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.ingest import ingest_batch
from flows.settings import make_settings
from intake.checks import check_batch
from intake.decide import decide
from intake.known import Known
from intake.pool import Parsers
from intake.read import read_files
from intake.understand import understand
from tests.intake.corpus import FOLDER, PERIOD, corpus_plan, workbook
from warehouse import read_warehouse, submissions

PLAN = corpus_plan()
NOW = datetime(2023, 7, 5, tzinfo=UTC)
SUFFIXES = (".xlsx", ".csv", ".json", ".parquet", ".zip", "")
STARTS = (
    b"",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"PAR1",
    b"[{",
    b'{"period": "2023Q2", "rows": [',
    b"\xff\xfe",
    b"unit_code,",
    b"\xef\xbb\xbfunit_code,period,indicator_code,value\nC-01,2023Q2,A2,",
    "单位,A1\n江城市科协,".encode("gb18030"),
    b'[{"unit_code": "C-01", "period": "2023Q2", "indicator_code": "A2", "value": ',
)


def zipped(content: bytes) -> bytes:
    """The workbook with a file of evidence."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("report/a.xlsx"), content)
        archive.writestr(zipfile.ZipInfo("report/A1_photo.jpg"), b"\xff\xd8\xff")
    return out.getvalue()


REAL = {
    ".xlsx": workbook(),
    ".csv": (FOLDER / "files" / "good_csv_utf8.csv").read_bytes(),
    ".json": (FOLDER / "files" / "good_records.json").read_bytes(),
    ".parquet": (FOLDER / "files" / "good_table.parquet").read_bytes(),
    ".zip": zipped(workbook()),
}
any_bytes = st.builds(lambda start, rest: start + rest, st.sampled_from(STARTS), st.binary(max_size=300))
any_text = st.builds(lambda start, rest: start + rest.encode("utf-8"), st.sampled_from(STARTS), st.text(max_size=200))


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, bytes]:
    """A real file with a few bytes changed, cut out, or said twice."""
    suffix = draw(st.sampled_from(sorted(REAL)))
    content = bytearray(REAL[suffix])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        length = draw(st.sampled_from((0, 1, 4, 64)))
        kept = bytes(content[at : at + length]) * draw(st.integers(0, 2))
        content[at : at + length] = draw(st.binary(max_size=8)) + kept
    return suffix, bytes(content)


files = st.one_of(st.tuples(st.sampled_from(SUFFIXES), st.one_of(any_bytes, any_text)), spoilt())


@pytest.fixture(scope="module")
def parsers() -> Iterator[Parsers]:
    with Parsers(1) as pool:
        yield pool


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=files)
def test_any_bytes_are_understood_or_refused(
    file: tuple[str, bytes], parsers: Parsers, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """``understand`` itself raises nothing: what catches its faults in the office hides none from this test."""
    path = tmp_path_factory.mktemp("bytes") / f"a{file[0]}"
    path.write_bytes(file[1])
    answer = parsers.parse(path)
    _, _, reports = understand(Known(PLAN, PERIOD), answer, path.name)
    assert reports
    batch = read_files([path], PLAN, period=PERIOD, parsers=parsers)
    states = set(decide(batch, PLAN, NOW)["state"])
    assert states <= {"accepted", "accepted_with_warnings", "returned", "nil"}


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(files, min_size=30, max_size=40))
def test_a_batch_of_any_bytes_goes_through(
    contents: list[tuple[str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Enough files that the children understand them too; beside them one good file, which counts."""
    folder = tmp_path_factory.mktemp("batch")
    inbox = folder / "inbox"
    inbox.mkdir()
    for n, (suffix, content) in enumerate(contents):
        (inbox / f"{n}{suffix}").write_bytes(content)
    (inbox / "good.xlsx").write_bytes(workbook(unit="S-02"))
    office = replace(make_settings(folder / "home", FOLDER / "plan", "zh", {}), actor="office")
    done = ingest_batch(office, PLAN, [inbox], PERIOD, received_at=NOW)
    assert all(o.problems for o in done.faulty)
    assert not any("Error:" in p and "unreadable_file" not in p for o in done.faulty for p in o.problems)
    with read_warehouse(office.warehouse) as warehouse:
        states = dict(submissions(warehouse).select("file_name", "state").iter_rows())
    assert states["good.xlsx"] == "accepted"


def test_a_fault_of_ours_costs_one_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for n in range(2):
        (tmp_path / f"{n}.xlsx").write_bytes(workbook())
    real = understand

    def faulty(known: Known, answer: dict[str, object], name: str) -> object:
        return real(known, answer, name) if name != "0.xlsx" else 1 // 0

    monkeypatch.setattr("intake.understand.understand", faulty)
    batch = read_files(sorted(tmp_path.iterdir()), PLAN, period=PERIOD)
    assert decide(batch, PLAN, NOW)["state"].to_list() == ["returned", "accepted"]
    assert "ZeroDivisionError" in batch.problems["message_en"][0]


def test_lone_surrogates_are_text_like_any_other(tmp_path: Path) -> None:
    rows = rb'[{"unit_code": "C-01", "period": "2023Q2", "indicator_code": "A2", "value": 1, "note": "\ud800 x"}]'
    (tmp_path / "a.json").write_bytes(rows)
    batch = read_files([tmp_path / "a.json"], PLAN, period=PERIOD)
    assert batch.cells.filter(indicator_code="A2")["note"].to_list() == ["? x"]
    assert check_batch(Known(PLAN, PERIOD), batch).cells.height == batch.cells.height
