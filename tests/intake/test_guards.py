"""Hostile and broken files cost themselves only."""

import io
import signal
import subprocess
import threading
import time
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from intake.decide import decide
from intake.guards import Limits
from intake.pool import Parsers, Received, _Child
from intake.read import read_files
from tests.intake.corpus import FORM_XML, PERIOD, corpus_plan, rezipped, workbook

PLAN = corpus_plan()


def code_of(path: Path, limits: Limits | None = None) -> str:
    with Parsers(1, limits) as parsers:
        return str(parsers.parse(path).get("code"))


def test_200_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "big.xlsx"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    assert code_of(path) == "file_too_big"


def test_a_million_empty_rows(tmp_path: Path) -> None:
    empty = b"".join(b'<row r="%d"/>' % n for n in range(50, 1_000_000))
    content = rezipped(workbook(), {FORM_XML: lambda xml: xml.replace(b"</sheetData>", empty + b"</sheetData>")})
    path = tmp_path / "rows.xlsx"
    path.write_bytes(content)
    batch = read_files([path], PLAN, period=PERIOD)
    assert decide(batch, PLAN, datetime(2023, 7, 1))["state"][0] in ("accepted", "returned")


def test_a_size_that_lies(tmp_path: Path) -> None:
    """The entry unpacks to 300 MB, the directory says 100 bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(300_000_000))
    content = out.getvalue().replace((300_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    path = tmp_path / "liar.xlsx"
    path.write_bytes(content)
    assert code_of(path) in ("unreadable_file", "archive_bomb")


def test_deep_nesting(tmp_path: Path) -> None:
    path = tmp_path / "deep.xlsx"
    path.write_bytes(rezipped(workbook(), {FORM_XML: lambda _: b"<a>" * 1_000_000}))
    assert code_of(path) in ("unreadable_file", "parser_gave_up", "foreign_file", "None")


def test_a_dead_child_costs_one_file(tmp_path: Path) -> None:
    """Too little memory for one file, enough for its neighbours."""
    for n in range(6):
        (tmp_path / f"{n}.xlsx").write_bytes(workbook())
    (tmp_path / "3.json").write_bytes(b"[" + b'{"a": "' + b"x" * 100 + b'"},' * 150_000 + b"{}]")
    tight = replace(Limits(), memory=250_000_000, rows=10**9, cells=10**9)
    with Parsers(2, tight) as parsers:
        batch = read_files(sorted(tmp_path.iterdir()), PLAN, period=PERIOD, parsers=parsers)
    states = dict(zip(batch.submissions["file_name"], decide(batch, PLAN, datetime(2023, 7, 1))["state"], strict=True))
    assert states.pop("3.json") == "returned"
    assert set(states.values()) == {"accepted"}


def test_children_killed_from_outside_cost_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system kills a process when memory is short, and not the guilty one: its file gets another."""
    files = 300
    for n in range(files):
        rows = f"unit_code,period,indicator_code,value\nC-01,2023Q2,A2,{n}\n"
        (tmp_path / f"{n:03d}.csv").write_text(rows, encoding="utf-8")
    started: list[subprocess.Popen[bytes]] = []
    start = _Child.__init__

    def noted(child: _Child, *args: Any) -> None:
        start(child, *args)
        started.append(child.process)

    monkeypatch.setattr(_Child, "__init__", noted)
    monkeypatch.setattr("intake.pool.AHEAD", 8)  # else all is parsed before the first answer is looked at
    killed = 0
    with Parsers(2) as parsers:
        answers = []
        asked = [Received(path, path.name) for path in sorted(tmp_path.iterdir())]
        for n, (file, answer) in enumerate(parsers.parse_all(asked)):
            assert file is asked[n]
            answers.append(answer)
            if n % 60 == 10:
                started[-1].kill()
                killed += 1
    assert killed == 5 and len(started) > 2
    assert [a["sheets"][0]["rows"][1][3] for a in answers] == [str(n) for n in range(files)]


def test_a_child_that_never_starts_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.xlsx").write_bytes(workbook())
    monkeypatch.setattr("sys.executable", "/bin/false")
    with Parsers(1) as parsers, pytest.raises(RuntimeError, match="memory"):
        parsers.parse(tmp_path / "a.xlsx")


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(workbook())
    started = time.monotonic()
    assert code_of(tmp_path / "a.xlsx", replace(Limits(), seconds=0.0)) == "parser_gave_up"
    assert time.monotonic() - started < 5


def test_a_file_that_computes_too_long_is_given_up_and_costs_no_other(tmp_path: Path) -> None:
    long, short = tmp_path / "a.csv", tmp_path / "b.csv"
    long.write_text("指标代码,本期填报值\n" + "A2,1\n" * 150_000, encoding="utf-8")
    short.write_text("指标代码,本期填报值\nA2,1\n", encoding="utf-8")
    with Parsers(1, replace(Limits(), seconds=0.03)) as parsers:
        answers = [a for _, a in parsers.parse_all([Received(long, "a.csv"), Received(short, "b.csv")])]
    assert (answers[0]["code"], answers[0]["found"]) == ("parser_gave_up", "time")
    assert answers[1]["kind"] == "csv"


def test_a_busy_machine_makes_no_file_too_slow(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("指标代码,本期填报值\nA2,1\n", encoding="utf-8")
    with Parsers(1, replace(Limits(), seconds=0.2)) as parsers:
        child = parsers._ready()
        parsers._idle.put(child)
        child.process.send_signal(signal.SIGSTOP)  # it gets no processor time
        wake = threading.Timer(0.5, child.process.send_signal, [signal.SIGCONT])
        wake.start()
        assert parsers.parse(path)["kind"] == "csv"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is looked up in /proc")
def test_a_small_parquet_file_leaves_memory_for_the_files_after_it() -> None:
    path = Path(__file__).resolve().parents[2] / "data" / "examples" / "messy" / "files" / "good_table.parquet"
    with Parsers(1) as parsers:
        assert parsers.parse(path)["kind"] == "parquet"
        child = parsers._ready()
        parsers._idle.put(child)
        status = Path(f"/proc/{child.process.pid}/status").read_text(encoding="utf-8").splitlines()
    addresses = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmSize"))
    assert addresses < parsers.limits.memory / 4


@pytest.mark.parametrize("name", ["..\\..\\x.xlsx", "=cmd|x.xlsx", "a\nb.xlsx", "考核'; DROP.xlsx"])
def test_names_are_never_paths_or_formulas(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(workbook())
    batch = read_files([tmp_path / name], PLAN, period=PERIOD)
    assert batch.submissions["file_name"].to_list() == [name]
    assert batch.problems.is_empty()


def test_names_for_archived_files(tmp_path: Path) -> None:
    (tmp_path / "abc123").write_bytes(b"")
    batch = read_files([tmp_path / "abc123"], PLAN, names={tmp_path / "abc123": "../../江城市科协.xlsx"})
    assert batch.submissions["file_name"].to_list() == ["../../江城市科协.xlsx"]


def test_an_archived_csv_without_suffix_is_read(tmp_path: Path) -> None:
    source = Path(__file__).resolve().parents[2] / "data" / "examples" / "messy" / "files" / "good_csv_utf8.csv"
    (tmp_path / "abc123").write_bytes(source.read_bytes())
    batch = read_files([tmp_path / "abc123"], PLAN, period=PERIOD)
    assert batch.submissions["reader"].to_list() == ["csv"]
