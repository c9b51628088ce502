"""A package says by itself that something in it was changed, and what."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from flows.cli import main
from flows.package import MANIFEST, seal
from flows.verify import verify_package
from schemas.errors import UserError
from tests.history.played import JZ, WH, XH, Office


@pytest.fixture(scope="module")
def sent(started: Office) -> Path:
    """One published quarter's package."""
    forms = started.on("2023-04-10").fill("2023Q1")
    started.receive("2023Q1", *(forms[u] for u in (WH, JZ, XH)))
    started.step("2023Q1", "close")
    started.score("2023Q1", "Q1", "季度计分")
    started.step("2023Q1", "review")
    started.approve("2023Q1", decide="示例")
    return started.publish("2023Q1", "Q1").folder


@pytest.fixture
def package(sent: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sent, tmp_path / "package"))


def flip(path: Path, at: float = 0.5) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * at)] ^= 1
    path.write_bytes(content)


def test_it_verifies_where_nothing_else_is(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(package), "--documents"]) == 0
    assert "逐字节一致" in capsys.readouterr().out
    assert main(["--lang", "en", "verify", str(package)]) == 0
    assert "recomputed alike" in capsys.readouterr().out


def test_one_flipped_byte_in_any_file_is_found_and_named(package: Path) -> None:
    paths = sorted(p for p in package.rglob("*") if p.is_file())
    assert len(paths) > 20
    for number, path in enumerate(paths):
        kept = path.read_bytes()
        flip(path, (number * 0.37) % 1)
        named = [f.en for f in verify_package(package).faults]
        assert len(named) == 1 and path.name in named[0] and "changed" in named[0], path
        path.write_bytes(kept)
    assert verify_package(package).faults == []


def test_a_missing_and_an_added_file_are_named(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (package / "inputs" / "measurements.parquet").unlink()
    (package / "documents" / "letter.txt").write_text("x", encoding="utf-8")
    assert main(["--lang", "en", "verify", str(package)]) == 1
    said = capsys.readouterr().err
    assert "measurements.parquet is missing" in said and "letter.txt is not in the manifest" in said


def test_a_score_changed_together_with_all_hashes_is_found(package: Path) -> None:
    path = package / "editions" / "2023Q1" / "results.parquet"
    results = pl.read_parquet(path)
    total = pl.when(pl.col("unit_code") == WH).then(100.0).otherwise(pl.col("total"))
    results.with_columns(total=total).write_parquet(path)
    again(package)
    named = [f.en for f in verify_package(package).faults]
    assert named[0] == "the table of scores is not the one of the run"
    assert named[1].startswith(f"{WH}: total is 100.0, recomputed it is ")


def test_a_value_changed_together_with_all_hashes_is_found(package: Path) -> None:
    path = package / "inputs" / "measurements.parquet"
    pl.read_parquet(path).with_columns(value=pl.col("value") / 2).write_parquet(path)
    again(package)
    assert "recomputed it is" in verify_package(package).faults[0].en


def test_a_plan_changed_together_with_all_hashes_is_found(package: Path) -> None:
    path = next((package / "plans").glob("*/plan.yaml"))
    path.write_text(path.read_text(encoding="utf-8").replace("weight: 60", "weight: 55"), encoding="utf-8")
    again(package)
    assert verify_package(package).faults[0].en == "the plan is not the one of the run"


@pytest.mark.parametrize(
    "name",
    ["inputs/unreported.json", "editions/2023Q1/scores.parquet", "editions/2023Q1/edition.json", "plans/*/plan.yaml"],
)
@pytest.mark.parametrize("spoilt", [None, b"", b"{"])
def test_a_part_lost_or_spoilt_together_with_all_hashes_is_told(package: Path, name: str, spoilt: bytes | None) -> None:
    (path,) = package.glob(name)
    path.unlink()
    if spoilt is not None:
        path.write_bytes(spoilt)
    again(package)
    faults = verify_package(package).faults
    assert len(faults) == 1 and "incomplete or cannot be read" in faults[0].en


def test_a_document_changed_together_with_all_hashes_is_found(package: Path) -> None:
    page = package / "documents" / "bulletin_2023Q1.html"
    page.write_text(page.read_text(encoding="utf-8") + " ", encoding="utf-8")
    again(package)
    assert verify_package(package).faults == []
    named = [f.en for f in verify_package(package, documents=True).faults]
    assert len(named) == 1 and "bulletin_2023Q1.html comes out different" in named[0]


def again(package: Path) -> None:
    """Seal the package as somebody would who knows how."""
    about = json.loads((package / MANIFEST).read_bytes())
    for name in ("manifest.json", "manifest.sha256"):
        (package / name).unlink()
    seal(package, {n: v for n, v in about.items() if n != "files"})


def test_another_folder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="不是公布包"):
        verify_package(tmp_path)
    (tmp_path / MANIFEST).write_text("{", encoding="utf-8")
    assert "changed" in verify_package(tmp_path).faults[0].en


def test_no_person_is_in_the_package(package: Path) -> None:
    for path in package.rglob("*"):
        assert path.is_dir() or "示例填报人".encode() not in path.read_bytes(), path
    assert "raw" not in pl.read_parquet(package / "inputs" / "measurements.parquet").columns
