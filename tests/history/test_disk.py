"""A full disk during assess and publish: a sentence, nothing lost, and all is well once there is space again."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from flows.audit import audit
from flows.demo_data import write_submissions
from flows.ingest import ingest_batch
from flows.period import take_step
from flows.settings import Settings, make_settings
from flows.verify import verify_package
from schemas.folder import load_plan
from schemas.periods import parse_period
from tests.history.forking import Workers
from tests.history.played import EXAMPLE
from warehouse import period_state, read_warehouse

Q1 = parse_period("2023Q1")
TMPFS_BYTES = 64 << 20


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """Mount a small tmpfs.

    Raises:
        PermissionError: this process may not mount.
    """
    folder.mkdir(exist_ok=True)
    options = f"size={TMPFS_BYTES}"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True)
    if done.returncode:
        raise PermissionError(done.stderr.strip())
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@cache
def why_not_mount() -> str:
    """Return why a tmpfs cannot be mounted here; empty where it can."""
    place = Path(os.environ.get("TMPDIR", "/tmp")) / f"kaohe-mount-{os.getpid()}"
    try:
        with mounted(place):
            return ""
    except (PermissionError, FileNotFoundError) as error:
        return str(error) or "mount is not there"
    finally:
        place.rmdir()


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a quarter's reports, closed."""
    folder = tmp_path_factory.mktemp("disk")
    settings = replace(make_settings(folder / "home", EXAMPLE, "zh", {}), actor="office")
    plan = load_plan(EXAMPLE)
    files = write_submissions(plan, Q1, folder / "sent")
    ingest_batch(settings, plan, files, Q1, received_at=datetime(2023, 4, 5, tzinfo=UTC))
    take_step(settings, Q1, "close")
    return settings.home


class Disk:
    """A home on a disk that can be full: a tmpfs with only so many bytes left, or a limit on any file's size."""

    def __init__(self, home: Path, way: str, forking: Workers) -> None:
        self.home, self.way, self.forking, self.log = home, way, forking, home.parent.parent / "log"
        self.filler = home.parent / "filler"

    def run(self, words: str, free_bytes: int | None = None) -> tuple[int, str]:
        """Run a command with only so many bytes free; return its exit code and what it said."""
        more = ["--home", str(self.home), *(["--plan", str(EXAMPLE)] if "audit" not in words else [])]
        limit = free_bytes if self.way == "limit" else None
        if self.way == "tmpfs" and free_bytes is not None:
            self.fill(free_bytes)
        code = self.forking.command(*words.split(), *more, log=self.log, file_bytes=limit)
        self.filler.unlink(missing_ok=True)
        return code, self.log.read_text(encoding="utf-8")

    def fill(self, free_bytes: int) -> None:
        facts = os.statvfs(self.home)
        with self.filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, facts.f_bavail * facts.f_frsize - free_bytes)


@pytest.fixture
def disk(tmp_path: Path, closed: Path, forking: Workers) -> Iterator[Disk]:
    """A tmpfs; where it may not be mounted, as in a plain container, a limit of file size."""
    way = "limit" if why_not_mount() else "tmpfs"
    place = tmp_path / "disk"
    place.mkdir()
    with mounted(place) if way == "tmpfs" else nullcontext():
        yield Disk(Path(shutil.copytree(closed, place / "home")), way, forking)


def settings_of(disk: Disk) -> Settings:
    return make_settings(disk.home, EXAMPLE, "zh", {})


def lies_there(home: Path) -> dict[str, int]:
    return {p.relative_to(home).as_posix(): p.stat().st_size for p in home.rglob("*") if p.is_file()}


def fails(disk: Disk, words: str, free_bytes: int, state: str) -> None:
    """The command says what is wrong and what to do, and nothing has changed."""
    before = lies_there(disk.home)
    code, said = disk.run(words, free_bytes)
    assert code == 1, said
    assert "磁盘空间不足" in said and "请腾出空间后重新运行同一命令" in said and "Traceback" not in said, said
    assert str(disk.home) in said, said
    after = {name: size for name, size in lies_there(disk.home).items() if not name.startswith("checks/")}
    assert after == {name: size for name, size in before.items() if not name.startswith("checks/")}
    assert audit(settings_of(disk)).faults == []
    with read_warehouse(settings_of(disk).warehouse) as warehouse:
        assert period_state(warehouse, "2023Q1") == state


def succeeds(disk: Disk, words: str) -> None:
    code, said = disk.run(words)
    assert code == 0, said


def test_a_full_disk_costs_nothing_but_time(disk: Disk) -> None:
    database = (disk.home / "warehouse.duckdb").stat().st_size
    pages, middle = 2_000, database // 2  # already at the gate's pages; in the middle of the copy of the database
    for free_bytes in (middle,) if disk.way == "limit" else (pages, middle):
        fails(disk, "assess 2023Q1", free_bytes, "closed")
    succeeds(disk, "assess 2023Q1")
    succeeds(disk, "period review 2023Q1")
    succeeds(disk, "period approve 2023Q1 --decide 示例")
    fails(disk, "publish 2023Q1", 20_000 if disk.way == "limit" else middle, "approved")
    succeeds(disk, "publish 2023Q1")
    assert verify_package(disk.home / "output" / "published" / "2023Q1" / "1").faults == []
    succeeds(disk, "audit")
