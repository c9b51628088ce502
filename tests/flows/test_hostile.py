"""Hostile files through the real command: refused in a sentence or made harmless, kept, and nothing else stored."""

import io
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from intake.form import POSITION
from tests.intake.corpus import FOLDER, FORM_XML, bomb, changed, entity, far, rezipped, workbook
from warehouse import read_warehouse, submissions

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "=cmd|' /C calc'!A0"
BETWEEN = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"
SECONDS, PARENT_MB, CHILD_MB = 40.0, 700, 700
PEAKS = (
    "import sys, resource, flows.cli\n"
    "code = flows.cli.main(sys.argv[1:])\n"
    "for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):\n"
    "    print('PEAK', resource.getrusage(who).ru_maxrss // 1024)\n"
    "sys.exit(code)\n"
)


def lying_bomb() -> bytes:
    """The entry unpacks to 300 MB, the directory says 100 bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(300_000_000))
    return out.getvalue().replace((300_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))


def form(change: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    return lambda: rezipped(workbook(), {FORM_XML: change})


def empty_rows(xml: bytes) -> bytes:
    rows = b"".join(b'<row r="%d"/>' % n for n in range(50, 1_000_000))
    return xml.replace(b"</sheetData>", rows + b"</sheetData>")


def endless_tags(xml: bytes) -> bytes:
    return xml.replace(b"</sheetData>", b"<c " * 300_000 + b"</sheetData>")


def billion_laughs(xml: bytes) -> bytes:
    head, _, rest = xml.partition(b"\n")
    laughs = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    return head + b'\n<!DOCTYPE x [<!ENTITY a0 "ha">' + laughs + b"]>" + rest


# name, maker, code of the refusal; "" where the file is made harmless and counts
CASES: list[tuple[str, Callable[[], bytes], str]] = [
    ("bomb.xlsx", bomb, "archive_bomb"),
    ("bomb that lies.xlsx", lying_bomb, "unreadable_file|archive_bomb"),
    ("external entity.xlsx", form(entity), "entities_found"),
    ("billion laughs.xlsx", form(billion_laughs), "entities_found"),
    ("deep xml.xlsx", form(lambda _: b"<a>" * 1_000_000), "unreadable_file|parser_gave_up|foreign_file|archive_bomb"),
    ("endless tags.xlsx", form(endless_tags), "unreadable_file|parser_gave_up|archive_bomb"),
    ("deep json.json", lambda: b"[" * 2_000_000, "unreadable_file|parser_gave_up"),
    ("deep objects.json", lambda: b'{"a":' * 400_000, "unreadable_file|parser_gave_up"),
    ("200 MB.xlsx", lambda: b"", "file_too_big"),
    ("far cell.xlsx", form(far), "too_many_cells"),
    ("million empty rows.xlsx", form(empty_rows), ""),
    ("command in the note.xlsx", lambda: workbook(changed("A2", note=COMMAND), unit="C-02"), ""),
    ("command as value.xlsx", lambda: workbook(changed("A2", value=COMMAND)), "number_expected"),
    ("a\\..\\..\\x.xlsx", lambda: workbook(changed("A2", value="约50")), "number_expected"),
    ("=cmd|calc.xlsx", lambda: workbook(changed("A2", value="约51")), "number_expected"),
    ("%2e%2e%2f%2e%2e%2fx.csv", lambda: b"../../x,1\n../../y,2\n", "foreign_file"),
]


@dataclass(frozen=True)
class Ran:
    """What one run of the command said, took and left."""

    home: Path
    code: int
    said: str
    seconds: float
    peaks: tuple[int, int]
    contents: dict[str, bytes]

    def complaints(self, name: str) -> list[str]:
        """Return the sentences on one file."""
        return [line for line in self.said.splitlines() if line.strip().startswith(name)]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("hostile")
    inbox = folder / "a" / "b" / "inbox"
    inbox.mkdir(parents=True)
    shutil.copy(FOLDER / "files" / "good_society.xlsx", inbox / "good.xlsx")
    for name, make, _ in CASES:
        (inbox / name).write_bytes(make())
    with (inbox / "200 MB.xlsx").open("wb") as file:
        file.truncate(200_000_000)
    home = folder / "a" / "b" / "home"
    words = ["ingest", str(inbox), "--period", "2023Q2", "--received", "2023-07-05T09:00"]
    words += ["--home", str(home), "--plan", str(FOLDER / "plan")]
    started = time.monotonic()
    # By way of a small process: a peak of memory starts from that of the process which starts the program.
    done = subprocess.run(
        [sys.executable, "-c", BETWEEN, sys.executable, "-c", PEAKS, *words],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    seconds = time.monotonic() - started
    peaks = [int(n) for n in re.findall(r"PEAK (\d+)", done.stdout)]
    contents = {p.name: p.read_bytes() for p in inbox.iterdir() if p.stat().st_size < 10**7}
    return Ran(home, done.returncode, done.stdout + done.stderr, seconds, (peaks[0], peaks[1]), contents)


def stored(ran: Ran) -> pl.DataFrame:
    with read_warehouse(ran.home / "warehouse.duckdb") as warehouse:
        return submissions(warehouse)


def test_the_command_ends_in_time_and_memory_without_a_traceback(ran: Ran) -> None:
    assert ran.code == 1
    assert "Traceback" not in ran.said
    assert ran.seconds < SECONDS
    assert ran.peaks[0] < PARENT_MB and ran.peaks[1] < CHILD_MB, ran.peaks


@pytest.mark.parametrize(("name", "refusal"), [(name, code) for name, _, code in CASES if code])
def test_refused_in_a_sentence(ran: Ran, name: str, refusal: str) -> None:
    complaints = ran.complaints(name)
    assert complaints and re.search(rf"\(({refusal})\)", complaints[0]), complaints or ran.said


@pytest.mark.parametrize("name", [name for name, _, _ in CASES])
def test_kept_whole_in_the_archive(ran: Ran, name: str) -> None:
    archived = [p for p in (ran.home / "archive").rglob("*") if p.is_file()]
    if name in ran.contents:
        assert ran.contents[name] in [p.read_bytes() for p in archived if p.stat().st_size == len(ran.contents[name])]
    else:
        assert [p for p in archived if p.stat().st_size == 200_000_000]


def test_only_what_is_understood_is_stored(ran: Ran) -> None:
    attributed = {n for n, _, code in CASES if code in ("", "number_expected")} | {"good.xlsx"}
    rows = stored(ran)
    assert set(rows["file_name"]) == attributed
    states = dict(rows.select("file_name", "state").iter_rows())
    assert states.pop("good.xlsx") == "accepted"
    counts = {n for n, _, code in CASES if code == ""}
    assert {n for n, state in states.items() if state != "returned"} == counts


def test_nothing_is_written_outside(ran: Ran) -> None:
    top = ran.home.parents[2]
    outside = [p for p in top.rglob("*") if p.is_file() and not p.is_relative_to(ran.home)]
    assert {p.parent.name for p in outside} == {"inbox"}
    names = [p.name for p in (ran.home / "returned").rglob("*") if p.is_file()]
    assert len(names) == 3 * sum(code != "" for _, _, code in CASES), "each with its problems as CSV and JSON"
    assert all(re.fullmatch(r"[\w()()-]+\.(xlsx|csv|json)", name) for name in names), names


def test_commands_stay_text_in_what_goes_back(ran: Ran) -> None:
    (path,) = (ran.home / "returned").rglob("command-as-value*.xlsx")
    book = openpyxl.load_workbook(path)
    texts = [c for sheet in book for row in sheet.iter_rows() for c in row if isinstance(c.value, str)]
    assert {c.data_type for c in texts if COMMAND in c.value} == {"s"}
    formulas = [c for row in book["填报表"].iter_rows() for c in row if c.data_type == "f"]
    ours = {POSITION[name] for name in ("points", "provisional", "cost")}
    assert {c.column - 1 for c in formulas} <= ours
    assert not [c.value for c in formulas if "cmd" in str(c.value)]
