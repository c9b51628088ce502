"""One writer, many readers, and a file that is whole at any moment."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas.errors import UserError
from tests.warehouse.tables import OFFICE, count_rows, send, writing
from warehouse import now, open_warehouse, read_warehouse, set_period_state, submissions, verify_events

ROOT = Path(__file__).resolve().parents[2]
ONE = "unit|period|file|state|T07-1\nHB-WH|2023Q1|a|accepted|22"
TWO = "unit|period|file|state|T07-1\nHB-WH|2023Q1|b|accepted|23"


@contextmanager
def child(path: Path, word: str) -> Iterator[subprocess.Popen[str]]:
    """A real process that writes; killed at the end where it still runs."""
    command = [sys.executable, "-m", "tests.warehouse.child", str(path), word]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def states(path: Path) -> list[str]:
    with read_warehouse(path) as warehouse:
        return submissions(warehouse)["state"].to_list()


def beside(path: Path) -> set[str]:
    """What lies beside the warehouse, without its lock files."""
    return {p.name for p in path.parent.iterdir()} - {path.name, f"{path.name}.lock", f"{path.name}.queue"}


def test_an_error_inside_the_block_leaves_nothing(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, ONE)
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError), writing(path) as warehouse:
        send(warehouse, TWO)
        set_period_state(warehouse, "2023Q1", "closed", OFFICE)
        _ = 1 / 0
    assert path.read_bytes() == before
    assert not beside(path)


def test_an_error_in_the_very_first_block_leaves_no_file(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), writing(path) as warehouse:
        send(warehouse, ONE)
        _ = 1 / 0
    assert not path.exists()
    with pytest.raises(UserError, match="还没有数据库"), read_warehouse(path):
        pass


def test_a_reader_sees_the_old_state_during_a_write_and_keeps_it_after(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, ONE)
    with read_warehouse(path) as early:
        with writing(path) as writer:
            send(writer, TWO)
            assert states(path) == ["accepted"]
            assert submissions(early)["state"].to_list() == ["accepted"]
        assert submissions(early)["state"].to_list() == ["accepted"]
        assert states(path) == ["superseded", "accepted"]


def test_a_reader_cannot_write(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, ONE)
    with read_warehouse(path) as warehouse, pytest.raises(ValueError, match="opened for reading"):
        send(warehouse, TWO)


def test_while_another_process_writes_readers_read_and_writers_wait(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, ONE)
    told = []
    with child(path, "hold") as process:
        assert process.stdout and process.stdout.readline() == "written\n"
        assert states(path) == ["accepted"]  # the old state, at once

        with pytest.raises(UserError, match=f"进程号 {process.pid}.*Try again"), open_warehouse(path, wait_seconds=0.2):
            pytest.fail("two writers at once")

        release = threading.Timer(0.4, lambda: process.stdin and process.stdin.close())
        release.start()
        with open_warehouse(path, wait_seconds=30, on_wait=lambda zh, en: told.append((zh, en))) as warehouse:
            send(warehouse, TWO)
        release.join()
        assert process.wait(timeout=30) == 0
        (zh, en), pid = told[0], str(process.pid)
    assert len(told) == 1
    assert pid in zh and "正在写入" in zh
    assert pid in en and "waiting up to 30 s" in en
    assert states(path) == ["accepted", "superseded", "accepted"]


def test_a_killed_process_loses_nothing_that_it_had_said(path: Path) -> None:
    """SIGKILL at random moments: whatever was announced is there, nothing is torn, and the next writer goes on.

    Of the bare warehouse; twenty of whole commands are in ``tests/history/test_kill.py``.
    """
    chance = random.Random(2023)
    with writing(path) as warehouse:
        set_period_state(warehouse, "2023Q1", "closed", OFFICE)
    for _ in range(4):
        with child(path, "again") as process:
            assert process.stdout
            said = int(process.stdout.readline())
            time.sleep(chance.uniform(0, 0.2))
            process.send_signal(signal.SIGKILL)
            said = max([said, *(int(line) for line in process.stdout if line.endswith("\n"))])
        with read_warehouse(path) as warehouse:
            stored = submissions(warehouse).height
            assert stored in (said + 1, said + 2)
            assert warehouse.value("SELECT count(*) FROM measurements") == stored
            assert verify_events(warehouse) is None
        with writing(path) as warehouse:
            send(warehouse, f"unit|period|file|state\nHB-WH|2023Q2|{now()}|accepted")
        assert not beside(path)
        path.unlink()
        with writing(path) as warehouse:
            set_period_state(warehouse, "2023Q1", "closed", OFFICE)


@pytest.mark.parametrize("harm", ["one bit", "cut short", "emptied", "another file"])
def test_a_damaged_file_gives_a_sentence_that_names_the_restore(path: Path, harm: str) -> None:
    with writing(path) as warehouse:
        send(warehouse, ONE)
    content = bytearray(path.read_bytes())
    content[300] ^= 1
    harmed = {"one bit": bytes(content), "cut short": content[:20_000], "emptied": b"", "another file": b"PK" * 9000}
    path.write_bytes(harmed[harm])
    with pytest.raises(UserError, match="kaohe restore"), read_warehouse(path):
        pass
    with pytest.raises(UserError, match="已损坏"), writing(path):
        pass
    assert path.read_bytes() == harmed[harm]


LATE_DAMAGE = """
SELECT CASE WHEN range < 300000 THEN range ELSE error('Corrupt database file: computed checksum 1') END
FROM range(400000)
"""


def test_damage_met_after_the_first_rows_gives_the_same_sentence(quarter: Path) -> None:
    with pytest.raises(UserError, match="kaohe restore"), read_warehouse(quarter) as warehouse:
        warehouse.rows(LATE_DAMAGE)


@pytest.mark.parametrize("step", ["copyfile", "fsync"])
def test_a_full_disk_gives_a_sentence_and_changes_nothing(
    path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with writing(path) as warehouse:
        send(warehouse, ONE)
    before = path.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(shutil if step == "copyfile" else os, step, full)
        with pytest.raises(UserError, match="磁盘空间不足"), writing(path) as warehouse:
            send(warehouse, TWO)
    assert path.read_bytes() == before
    assert not beside(path)
    with writing(path) as warehouse:
        send(warehouse, TWO)
    assert states(path) == ["superseded", "accepted"]


def test_two_threads_write_one_after_the_other(path: Path) -> None:
    def write(unit: str) -> None:
        for number in range(3):
            with writing(path) as warehouse:
                send(warehouse, f"unit|period|file|state\n{unit}|2023Q1|{unit}{number}|accepted")

    threads = [threading.Thread(target=write, args=(unit,)) for unit in ("A", "B")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count_rows(path)["submissions"] == 6
    with read_warehouse(path) as warehouse:
        assert verify_events(warehouse) is None


def test_one_that_writes_again_and_again_lets_a_waiting_one_in(path: Path) -> None:
    order: list[str] = []
    waits = threading.Event()

    def patient() -> None:
        with open_warehouse(path, wait_seconds=30, on_wait=lambda *_: waits.set()):
            order.append("patient")

    with writing(path):
        thread = threading.Thread(target=patient)
        thread.start()
        assert waits.wait(timeout=30)
        order.append("first")
    with writing(path):
        order.append("again")
    thread.join()
    assert order == ["first", "patient", "again"]


def test_time_never_stands_still() -> None:
    moments = [now() for _ in range(5000)]
    assert len(set(moments)) == 5000
    assert moments == sorted(moments)
    assert moments[0].tzinfo is None
