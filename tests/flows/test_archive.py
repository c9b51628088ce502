"""Every received file is kept once, by its content, and its name never becomes a path."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from flows import archive
from flows.archive import Archive, archive_file
from schemas.errors import UserError


def test_a_file_is_kept_under_its_hash_with_its_time(tmp_path: Path) -> None:
    source = tmp_path / "武汉市科协.XLSX"
    source.write_bytes(b"content")
    os.utime(source, (1_680_000_000, 1_680_000_000))
    kept = archive_file(tmp_path / "archive", source)
    known = hashlib.sha256(b"content").hexdigest()
    assert kept.path == tmp_path / "archive" / known[:2] / f"{known}.xlsx"
    assert (kept.name, kept.hash) == ("武汉市科协.XLSX", known)
    assert kept.path.read_bytes() == b"content" and kept.path.stat().st_mtime == 1_680_000_000


def test_the_same_bytes_are_kept_once_whatever_their_name(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.csv"):
        (tmp_path / name).write_bytes(b"same")
    first = archive_file(tmp_path / "archive", tmp_path / "a.xlsx")
    second = archive_file(tmp_path / "archive", tmp_path / "b.csv")
    assert second.path == first.path
    assert len([p for p in (tmp_path / "archive").rglob("*") if p.is_file()]) == 1


@pytest.mark.parametrize("name", ["no suffix", "..xlsx ", "x.p%q", "a.verylongsuffix", "a.b;c"])
def test_odd_names_leave_the_hash_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"odd")
    kept = archive_file(tmp_path / "archive", tmp_path / name)
    assert kept.path.name == hashlib.sha256(b"odd").hexdigest()


def test_nothing_half_written_is_left_when_the_disk_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "a.xlsx"
    source.write_bytes(b"content")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError) as error:
        archive_file(tmp_path / "archive", source)
    assert "a.xlsx" in error.value.zh and "磁盘空间" in error.value.zh
    assert not [p for p in (tmp_path / "archive").rglob("*") if p.is_file()]
    monkeypatch.undo()
    assert archive_file(tmp_path / "archive", source).path.read_bytes() == b"content"


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent\.xlsx"):
        archive_file(tmp_path / "archive", tmp_path / "absent.xlsx")


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"content")

    def full(path: Path, *args: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(UserError, match="磁盘空间"):
        archive_file(tmp_path / "archive", tmp_path / "a.xlsx")


def test_files_come_in_their_order_and_the_same_bytes_wait_for_one_another(tmp_path: Path) -> None:
    files = [tmp_path / f"{n:03d}.csv" for n in range(200)]
    for n, file in enumerate(files):
        file.write_bytes(b"same" * 100_000 if n % 10 == 0 else b"%d" % n)
    archive = Archive(tmp_path / "archive")
    for file, kept in zip(files, archive.keep_all(files), strict=True):
        assert kept.name == file.name and kept.path.read_bytes() == file.read_bytes()
    assert len([p for p in (tmp_path / "archive").rglob("*") if p.is_file()]) == 181


def test_a_large_file_that_changes_while_it_is_copied_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "甲.csv"
    source.write_bytes(b"first")
    write = archive._write

    def saved_again_meanwhile(target: Path, chunks: Iterable[bytes], times: tuple[float, float]) -> None:
        source.write_bytes(b"second")
        write(target, chunks, times)

    monkeypatch.setattr(archive, "_SMALL", 0)  # larger files are not held in memory
    monkeypatch.setattr(archive, "_write", saved_again_meanwhile)
    with pytest.raises(UserError, match="在读取时被改动"):
        archive_file(tmp_path / "archive", source)
    assert [p for p in (tmp_path / "archive").rglob("*") if p.is_file()] == []
