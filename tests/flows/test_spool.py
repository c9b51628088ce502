"""The spool: whole files only, in order, moved and never deleted; a killed process is made good by the next look."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.settings import Settings
from flows.spool import watch
from flows.spool_folder import DONE, NOTES, REFUSED, Seen, Spool, only_one
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period, parse_period
from schemas.plan import Intake
from tests.flows.forms import change_value, first
from warehouse import evidence_files, measurements_of, read_warehouse, submissions

Q1 = parse_period("2023Q1")
ROOT = Path(__file__).resolve().parents[2]
Filled = Callable[[Period], Path]


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def look(settings: Settings, plan: Plan, drop: Path) -> Callable[..., int]:
    """Look into the folder once, with files whole after 50 ms."""

    def once(plan: Plan = plan) -> int:
        return watch(settings, plan, drop, once=True, settle_s=0.05)

    return once


GBK_NAME = os.fsdecode("武汉.csv".encode("gbk"))


def test_names_that_are_no_utf8_are_noted_and_recorded(drop: Path) -> None:
    (drop / GBK_NAME).write_bytes(b"x")
    spool = Spool(drop, 0)
    spool.look(100)
    again = Spool(drop, 5)
    again.remember()
    assert again.look(105) == [drop / GBK_NAME]
    spool.record({"file": GBK_NAME, "state": "refused"})
    assert ledger(drop)[0]["file"] == "武汉.csv"


@pytest.mark.parametrize("content", ["", "[]", "null", '{"a": 1}', '{"a": [1, 2, "x"]}', "\udcff"])
def test_spoilt_notes_are_begun_anew(content: str, drop: Path) -> None:
    (drop / NOTES).mkdir()
    (drop / NOTES / "seen.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    (drop / "a.csv").write_bytes(b"x")
    spool = Spool(drop, 5)
    spool.remember()
    assert (spool.look(100), spool.look(106)) == ([], [drop / "a.csv"])


def ledger(drop: Path) -> list[dict[str, str]]:
    with (drop / NOTES / "ledger.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and NOTES not in p.parts)


def workbooks(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.xlsx"))


def test_good_ones_are_moved_to_done_bad_ones_beside_their_answer(
    look: Callable[..., int], drop: Path, filled: Filled, settings: Settings
) -> None:
    for path in workbooks(filled(Q1)):
        shutil.copy2(path, drop)
    bad = change_value(first(drop), lambda _: "约50")
    (drop / "holiday.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    assert look() == 4
    there = names(drop)
    assert sum(n.startswith(f"{DONE}/2023Q1/") for n in there) == 2
    returned = [n for n in there if n.startswith(f"{REFUSED}/2023Q1/")]
    assert len(returned) == 2 and f"{REFUSED}/2023Q1/{bad.name}" in returned and any("退回" in n for n in returned)
    assert len([n for n in there if n.startswith(f"{REFUSED}/unknown/holiday")]) == 2
    assert len(there) == 6
    assert sorted(r["state"] for r in ledger(drop))[-2:] == ["refused", "returned"]
    assert all((drop / r["moved_to"]).is_file() and len(r["sha256"]) == 64 for r in ledger(drop))
    assert look() == 0 and len(ledger(drop)) == 4


def test_half_written_files_links_and_lock_files_are_left_alone(
    look: Callable[..., int], drop: Path, filled: Filled, tmp_path: Path
) -> None:
    source = first(filled(Q1))
    for name in ("a.xlsx.part", "b.crdownload", ".hidden.xlsx", "~$open.xlsx", "c.TMP"):
        shutil.copy(source, drop / name)
    (drop / "link.xlsx").symlink_to(source)
    before = names(drop)
    assert look() == 0
    assert names(drop) == before


def test_a_file_waits_until_it_has_been_still_for_long_enough(drop: Path) -> None:
    spool, path = Spool(drop, settle_s=5), drop / "a.xlsx"
    path.write_bytes(b"half")
    assert spool.look(100.0) == []
    path.write_bytes(b"half and half")
    assert spool.look(104.0) == []
    assert spool.look(108.9) == []
    assert spool.look(109.0) == [path]
    again = Spool(drop, settle_s=5)
    again.remember()
    assert again.seen == {"a.xlsx": Seen(13, path.stat().st_mtime_ns, 104.0)}
    assert again.look(109.0) == [path]


def test_a_submission_waits_for_its_evidence_and_evidence_for_its_submission(drop: Path) -> None:
    spool = Spool(drop, settle_s=5)
    photo = drop / "a.evidence" / "A1.jpg"
    photo.parent.mkdir()
    photo.write_bytes(b"x")
    spool.look(100.0)
    assert spool.look(110.0) == []  # no submission yet
    book = drop / "a.xlsx"
    book.write_bytes(b"x")
    spool.look(111.0)
    more = photo.with_name("A2.jpg")
    more.write_bytes(b"y")
    spool.look(113.0)
    assert spool.look(116.5) == []  # the second photo is too fresh
    assert spool.look(118.0) == [book, photo, more]
    book.unlink()
    assert spool.look(175.0) == [photo, more]  # nobody's: answered as what it is


def test_evidence_moves_with_its_submission(look: Callable[..., int], drop: Path, filled: Filled) -> None:
    book = Path(shutil.copy2(first(filled(Q1)), drop / "report.xlsx"))
    (drop / "report.evidence").mkdir()
    (drop / "report.evidence" / "T07-1.jpg").write_bytes(b"photo")
    assert look() == 1
    assert names(drop) == [f"{DONE}/2023Q1/report.evidence/T07-1.jpg", f"{DONE}/2023Q1/report.xlsx"]
    shutil.copy2(drop / DONE / "2023Q1" / "report.xlsx", book)
    assert look() == 1  # the same again: unchanged, and nothing that is there is overwritten
    assert f"{DONE}/2023Q1/report-2.xlsx" in names(drop)


def test_evidence_that_comes_after_its_submission_is_put_beside_it_and_linked(
    look: Callable[..., int], drop: Path, filled: Filled, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.spool_folder.OWNERLESS_S", 0.0)
    shutil.copy2(first(filled(Q1)), drop / "report.xlsx")
    assert look() == 1
    for name in ("T07-1.jpg", "T07-1 b.jpg"):
        (drop / "report.evidence").mkdir(exist_ok=True)
        (drop / "report.evidence" / name).write_bytes(name.encode())
        assert look() == 0
    done = drop / DONE / "2023Q1"
    assert names(done) == ["report.evidence/T07-1 b.jpg", "report.evidence/T07-1.jpg", "report.xlsx"]
    with read_warehouse(settings.warehouse) as warehouse:
        linked = evidence_files(warehouse).select("indicator_code", "file_name").rows()
    assert linked == [("T07-1", "T07-1 b.jpg"), ("T07-1", "T07-1.jpg")]
    assert [r["state"] for r in ledger(drop)][1:] == ["evidence", "evidence"]


@pytest.mark.parametrize(("rule", "counts"), [("last_modified", 7.0), ("last_name", 9.0), ("refuse", None)])
def test_two_files_of_one_unit_count_by_the_plans_rule(
    look: Callable[..., int],
    drop: Path,
    filled: Filled,
    settings: Settings,
    plan: Plan,
    rule: str,
    counts: float | None,
) -> None:
    """The period closed long ago, so they are held; of what is held, too, the newest revision is the one to admit."""
    for name, value, changed in (("a.xlsx", 7, 2_000_000_000), ("b.xlsx", 9, 1_000_000_000)):
        change_value(Path(shutil.copy(first(filled(Q1)), drop / name)), lambda _, v=value: v)
        os.utime(drop / name, (changed, changed))
    chosen = replace(plan, file=plan.file.model_copy(update={"intake": Intake.model_validate({"same_batch": rule})}))
    assert look(chosen) == 2
    with read_warehouse(settings.warehouse) as warehouse:
        held = submissions(warehouse).filter(state="held_late").sort("revision")["submission_id"].to_list()
        values = measurements_of(warehouse, held[-1])["value"].drop_nulls().to_list() if held else [None]
    assert values[0] == counts


def test_what_waited_over_night_counts_as_of_the_day_it_came(
    look: Callable[..., int], drop: Path, filled: Filled, settings: Settings
) -> None:
    """The due day is 2023-04-17; the file came then, and the scheduler only ran two days later."""
    path = Path(shutil.copy2(first(filled(Q1)), drop))
    spool = Spool(drop)
    spool.look(1681725600.0)  # 2023-04-17 18:00 in Shanghai
    assert spool.seen[path.name].since == 1681725600.0
    assert look() == 1
    with read_warehouse(settings.warehouse) as warehouse:
        row = submissions(warehouse).row(0, named=True)
    assert (f"{row['received_at']:%Y-%m-%d %H:%M}", row["late_days"]) == ("2023-04-17 10:00", 0)


def test_its_own_data_are_never_taken_for_submissions(settings: Settings, plan: Plan) -> None:
    settings.inbox.mkdir(parents=True)
    for folder in (settings.home, settings.home.parent, settings.home):
        with pytest.raises(UserError, match="数据文件夹"):
            watch(settings, plan, folder, once=True)
    assert watch(settings, plan, settings.inbox, once=True) == 0


def test_one_at_a_time(look: Callable[..., int], drop: Path, settings: Settings, plan: Plan) -> None:
    with only_one(drop), pytest.raises(UserError, match="另一个进程"):
        look()
    with pytest.raises(UserError, match="没有文件夹"):
        watch(settings, plan, drop / "absent")


@contextmanager
def watching(settings: Settings, drop: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A real ``kaohe watch``."""
    environment = {**os.environ, "KAOHE_HOME": str(settings.home), "KAOHE_PLAN": str(settings.plan_folder)}
    program = "from flows.cli import main; raise SystemExit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "watch", str(drop), *options], cwd=ROOT, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(what: Callable[[], Any], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def test_a_real_process_waits_for_the_rest_of_a_file_and_ends_when_told(
    settings: Settings, drop: Path, filled: Filled
) -> None:
    content = first(filled(Q1)).read_bytes()
    with watching(settings, drop, "--settle", "1", "--every", "0.1") as process:
        with (drop / "slow.xlsx").open("wb") as file:
            file.write(content[: len(content) // 2])
            file.flush()
            until(lambda: (drop / NOTES / "seen.json").exists())
            time.sleep(0.5)
            file.write(content[len(content) // 2 :])
        until(lambda: (drop / DONE / "2023Q1" / "slow.xlsx").exists())
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "逾期待准 1" in out and "退回" not in out
    assert [r["state"] for r in ledger(drop)] == ["held_late"]


def test_a_process_killed_in_a_batch_is_made_good_by_the_next_look(
    settings: Settings, drop: Path, filled: Filled, look: Callable[..., int]
) -> None:
    for path in workbooks(filled(Q1)):
        for n in range(3):
            copy = Path(shutil.copy2(path, drop / f"{n}-{path.name}"))
            change_value(copy, lambda v, n=n: "约50" if n == 2 else v + n)
    sent = {p.name: p.read_bytes() for p in workbooks(drop)}
    with watching(settings, drop, "--settle", "0", "--every", "0.1") as process:
        until(lambda: (drop / NOTES / "ledger.csv").exists() or process.poll() is not None)
        process.kill()
        process.wait()
    before = len(ledger(drop))
    look()
    assert not workbooks(drop)
    moved = {Path(n).name: (drop / n).read_bytes() for n in names(drop) if "退回" not in n}
    assert moved == sent
    rows = ledger(drop)
    assert {r["file"] for r in rows} == set(sent) and len(rows) >= len(sent) >= before
    assert len([n for n in names(drop) if "退回" in n]) == 3
    with read_warehouse(settings.warehouse) as warehouse:
        stored = submissions(warehouse)
    assert stored["file_hash"].n_unique() == stored.height == len(sent)
