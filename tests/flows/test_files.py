"""Documents appear whole, and with the rights that the office's mask allows."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.files import whole_folder, write_whole


@pytest.fixture(params=[0o022, 0o077], ids=oct)
def mask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def rights(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_is_written_is_for_whom_the_mask_says(mask: int, tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "成绩单.pdf", b"x")
    with whole_folder(tmp_path / "run") as folder:
        (folder / "b.csv").write_bytes(b"y")
    assert rights(tmp_path / "a" / "成绩单.pdf") == 0o666 & ~mask
    assert rights(tmp_path / "run") == 0o777 & ~mask


def test_what_fails_half_way_leaves_the_earlier_folder_and_nothing_else(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "run") as folder:
        (folder / "a").write_bytes(b"first")
    with pytest.raises(ValueError, match="half way"), whole_folder(tmp_path / "run") as folder:
        (folder / "a").write_bytes(b"second")
        raise ValueError("half way")
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")] == ["run", "run/a"]
    assert (tmp_path / "run" / "a").read_bytes() == b"first"
