"""Evidence beside the workbooks: archived by hash, told to its cell, stored once; hostile zips do no harm."""

import io
import shutil
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.audit import audit
from flows.backup import backup, restore
from flows.cli import main
from flows.evidence import collect_evidence, shown_name, split_evidence
from flows.ingest import Outcome, ingest_batch
from flows.reviews import give_verdict, write_review
from flows.settings import Settings
from intake.evidence import EvidenceFile, links_of
from intake.template import Forms
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import parse_period
from schemas.plan import Intake
from warehouse import evidence_files, evidence_shared, read_warehouse, submissions

Q1 = parse_period("2023Q1")
IN_TIME = datetime(2023, 4, 5, tzinfo=UTC)
Sent = Callable[..., Path]


@pytest.fixture
def sent(plan: Plan, tmp_path: Path) -> Sent:
    """Write one unit's workbook; ``evidence`` is what stands in the cell of T07-1."""

    def write(unit: str = "HB-WH", evidence: str | None = None, visits: float = 3.0, folder: str = "sent") -> Path:
        answers: dict[tuple[str, str], dict[str, Any]] = {
            r.key: {"numerator": 8, "denominator": 9} if r.kind == "ratio" else {"value": 1}
            for r in Forms(plan, Q1).rows(unit)
        }
        answers["T07-1", ""] = {"value": visits, "evidence": evidence}
        path = tmp_path / folder / f"{unit}.xlsx"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(Forms(plan, Q1).workbook(unit, answers))
        return path

    return write


@pytest.fixture
def take(settings: Settings, plan: Plan) -> Callable[..., list[Outcome]]:
    def run(*paths: Path, plan: Plan = plan) -> list[Outcome]:
        return list(ingest_batch(settings, plan, paths, Q1, received_at=IN_TIME).outcomes)

    return run


def beside(workbook: Path, name: str, content: bytes = b"photo") -> Path:
    path = workbook.with_name(f"{workbook.stem}.evidence") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


class AsWindowsWrites(zipfile.ZipInfo):
    """An entry whose name is GBK without saying so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gbk"), self.flag_bits & ~0x800


def zipped(entries: dict[str, bytes], kind: type[zipfile.ZipInfo] = zipfile.ZipInfo) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(kind(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def stored(settings: Settings) -> list[tuple[str, ...]]:
    with read_warehouse(settings.warehouse) as warehouse:
        rows = evidence_files(warehouse)
    return rows.select("unit_code", "indicator_code", "file_name").rows()


def codes(outcome: Outcome) -> list[str]:
    return [p.rpartition("(")[2].rstrip(")") for p in outcome.problems]


def test_without_a_file_or_a_name_evidence_is_missing(take: Callable[..., list[Outcome]], sent: Sent) -> None:
    (outcome,) = take(sent())
    assert (outcome.state, codes(outcome)) == ("accepted_with_warnings", ["evidence_missing"])


def test_a_file_that_begins_with_the_code_is_the_indicators_evidence(
    take: Callable[..., list[Outcome]], settings: Settings, sent: Sent
) -> None:
    workbook = sent()
    beside(workbook, "T07-1_合影.jpg")
    (outcome,) = take(workbook.parent)
    assert (outcome.state, outcome.problems) == ("accepted", ())
    assert stored(settings) == [("HB-WH", "T07-1", "T07-1_合影.jpg")]
    assert audit(settings).faults == []
    (photo,) = (p for p in settings.archive.rglob("*.jpg"))
    photo.unlink()
    assert ["合影.jpg" in f.zh for f in audit(settings).faults] == [True]


@pytest.mark.parametrize(
    ("name", "cell", "codes"),
    [
        ("A1_合影.jpg", None, ["A1"]), ("A1/合影.jpg", None, ["A1"]), ("x/a1 合影.jpg", None, ["A1"]),
        ("A1-2.jpg", None, ["A1-2"]), ("A1-2 3.jpg", None, ["A1-2"]), ("A12.jpg", None, [None]),
        ("合影.jpg", "通知;合影", ["A1"]), ("合影.jpg", "合影.JPG", ["A1"]), ("合影.jpg", "合影集.jpg", [None]),
        ("A1-2.jpg", "A1-2.jpg", ["A1"]),
    ],
)  # fmt: skip
def test_to_which_cell_a_file_is_told(name: str, cell: str | None, codes: list[str | None]) -> None:
    cells = [{"indicator_code": c, "part": "", "evidence": e} for c, e in (("A1", cell), ("A1-2", None))]
    one = {"key": 0, "unit_code": "U", "period": "2023Q1"}
    links = links_of(one, cells, [EvidenceFile(name, "h", 1)], shared=False)
    assert [link["indicator_code"] for link in links] == codes


def test_a_file_that_the_cell_names_is_told_to_it_from_a_zip_of_chinese_windows(
    take: Callable[..., list[Outcome]], settings: Settings, sent: Sent
) -> None:
    workbook = sent(evidence="活动通知.pdf;合影")
    files = {"材料/活动通知.pdf": b"notice", "合影.jpg": b"photo", "其他.txt": b"x", "Thumbs.db": b"x"}
    workbook.with_suffix(".zip").write_bytes(zipped(files, AsWindowsWrites))
    (outcome,) = take(workbook.parent)
    assert (outcome.state, codes(outcome)) == ("accepted_with_warnings", ["evidence_unlinked"])
    assert "其他.txt" in outcome.problems[0]
    assert set(stored(settings)) == {
        ("HB-WH", None, "其他.txt"), ("HB-WH", "T07-1", "合影.jpg"), ("HB-WH", "T07-1", "材料/活动通知.pdf"),
    }  # fmt: skip
    assert len([p for p in settings.archive.rglob("*") if p.is_file()]) == 5  # workbook, zip, three files


def test_a_file_named_but_not_sent_is_said(take: Callable[..., list[Outcome]], sent: Sent) -> None:
    workbook = sent(evidence="活动通知.pdf;鄂科协〔2023〕5号")
    beside(workbook, "T07-1.jpg")
    (outcome,) = take(workbook.parent)
    assert codes(outcome) == ["evidence_not_received"] and "活动通知.pdf" in outcome.problems[0]


def test_a_plan_may_ask_for_a_file(take: Callable[..., list[Outcome]], sent: Sent, plan: Plan) -> None:
    strict = Intake.model_validate({"checks": {"evidence_file_missing": {"severity": "error"}}})
    asking = replace(plan, file=plan.file.model_copy(update={"intake": strict}))
    (outcome,) = take(sent(evidence="5号文"), plan=asking)
    assert (outcome.state, codes(outcome)) == ("returned", ["evidence_file_missing"])
    workbook = sent(evidence="5号文", visits=4.0)
    beside(workbook, "T07-1.jpg")
    assert [o.state for o in take(workbook.parent, plan=asking)] == ["accepted"]
    again = sent(evidence="5号文", visits=5.0, folder="again")
    assert [o.state for o in take(again, plan=asking)] == ["accepted"]  # the file came with the revision before


def test_what_two_units_sent_is_seen_now_and_later(
    take: Callable[..., list[Outcome]], settings: Settings, sent: Sent
) -> None:
    one, two, late = sent(), sent("HB-XH-001"), sent("HB-JZ", folder="late")
    for workbook in (one, two, late):
        beside(workbook, f"T07-1 {workbook.stem}.jpg", b"the same photo")
    for outcome in take(one.parent):
        assert codes(outcome) == ["evidence_used_twice"]
    (third,) = take(late.parent)
    assert codes(third) == ["evidence_used_twice"] and "、" in third.problems[0]
    with read_warehouse(settings.warehouse) as warehouse:
        shared = evidence_shared(warehouse, "2023Q1")
    assert shared.select("unit_code", "others").rows() == [
        ("HB-JZ", "HB-WH|HB-XH-001"), ("HB-WH", "HB-JZ|HB-XH-001"), ("HB-XH-001", "HB-JZ|HB-WH"),
    ]  # fmt: skip


def test_evidence_that_comes_later_is_added_and_twice_is_once(
    take: Callable[..., list[Outcome]], settings: Settings, sent: Sent
) -> None:
    workbook = sent(evidence="合影")
    take(workbook)
    beside(workbook, "合影.jpg")
    assert [o.state for o in take(workbook.parent)] == ["unchanged"]
    assert [o.state for o in take(workbook.parent)] == ["unchanged"]
    assert stored(settings) == [("HB-WH", "T07-1", "合影.jpg")]
    assert audit(settings).faults == []


def test_files_exchanged_after_a_verdict_ask_for_another(
    take: Callable[..., list[Outcome]], settings: Settings, sent: Sent, plan: Plan, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    workbook = sent(evidence="合影")
    beside(workbook, "合影.jpg")
    take(workbook.parent)
    about = {"unit_code": "HB-WH", "indicator_code": "T07-1", "part": ""}
    assert give_verdict(settings, plan, Q1, {**about, "verdict": "accepted", "reason": "属实"})
    beside(workbook, "合影.jpg", b"another photo")  # under its old name, beside the same workbook
    home = ["--home", str(settings.home), "--plan", str(plan.folder)]
    assert main(["ingest", str(workbook.parent), "--period", "2023Q1", *home]) == 0
    assert "核验后改报 1 项,其中 1 项仅佐证文件有变,须重新核验" in capsys.readouterr().out
    assert write_review(settings, plan, Q1, tmp_path / "again.xlsx", again=True) == 1
    assert main(["--lang", "en", "review", "list", "2023Q1", *home]) == 0
    said = capsys.readouterr().out
    assert "1 of them in their files of evidence only" in said and "(files changed since: review" in said


def test_a_backup_without_a_file_of_evidence_is_not_restored(
    take: Callable[..., list[Outcome]], settings: Settings, sent: Sent, tmp_path: Path
) -> None:
    workbook = sent()
    beside(workbook, "T07-1_合影.jpg")
    take(workbook.parent)
    backup(settings, tmp_path / "backup")
    (photo,) = (tmp_path / "backup").rglob("*.jpg")
    photo.unlink()
    elsewhere = replace(settings, home=tmp_path / "elsewhere")
    with pytest.raises(UserError, match=r"缺少 1 个收到的文件.*合影\.jpg"):
        restore(elsewhere, tmp_path / "backup")
    assert not elsewhere.warehouse.exists()


def bomb() -> bytes:
    return zipped({"a.txt": b"0" * 30_000_000})


def linked() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [bomb(), linked(), b"PK\x03\x04 but no more", zipped({f"{n}.txt": b"x" for n in range(501)})],
    ids=["bomb", "link", "broken", "too many"],
)
def test_a_zip_that_may_do_harm_is_kept_but_not_opened(settings: Settings, tmp_path: Path, content: bytes) -> None:
    settings.home.mkdir()
    for name, data in (("a.xlsx", b"x"), ("a.zip", content)):
        (tmp_path / name).write_bytes(data)
    found = collect_evidence(settings, [tmp_path / "a.xlsx", tmp_path / "a.zip"])
    (bundle,) = found.bundles.values()
    assert bundle.files == () and [n for n, _ in bundle.refused] == ["a.zip"]
    assert sorted(p.suffix for p in settings.archive.rglob("*") if p.is_file()) == [".xlsx", ".zip"]
    assert not [p for p in settings.home.iterdir() if p.name.startswith(".evidence")]


def test_a_refused_zip_returns_the_file(take: Callable[..., list[Outcome]], settings: Settings, sent: Sent) -> None:
    workbook = sent(evidence="合影")
    workbook.with_suffix(".zip").write_bytes(bomb())
    (outcome,) = take(workbook.parent)
    assert (outcome.state, codes(outcome)) == ("returned", ["evidence_refused"])
    assert outcome.answer and stored(settings) == []


def test_names_are_texts_and_never_places(take: Callable[..., list[Outcome]], settings: Settings, sent: Sent) -> None:
    workbook = sent()
    names = ["../../../T07-1 out.jpg", "/tmp/T07-1 root.jpg", "C:\\T07-1 drive.jpg", "T07-1\u202egpj.exe"]
    workbook.with_suffix(".zip").write_bytes(zipped({n: n.encode() for n in names}))
    before = {p for p in settings.home.parent.rglob("*") if settings.home not in p.parents}
    (outcome,) = take(workbook.parent)
    assert outcome.state == "accepted"
    assert {n for _, _, n in stored(settings)} == {
        "T07-1 out.jpg", "tmp/T07-1 root.jpg", "T07-1 drive.jpg", "T07-1�gpj.exe",
    }  # fmt: skip
    outside = {p for p in settings.home.parent.rglob("*") if settings.home not in p.parents} - before
    assert outside <= {settings.home}
    assert {len(p.stem) for p in settings.archive.rglob("*") if p.is_file()} == {64}


def test_what_belongs_to_no_submission_is_answered(take: Callable[..., list[Outcome]], tmp_path: Path) -> None:
    beside(tmp_path / "nobody.xlsx", "a.jpg")
    (outcome,) = take(tmp_path)
    assert outcome.state == "refused" and outcome.problems and outcome.answer


@pytest.mark.parametrize(
    ("files", "rest", "owned"),
    [
        (["a.xlsx", "a.zip", "b.zip"], ["a.xlsx", "b.zip"], {"a.xlsx": ["a.zip"]}),
        (["a.xlsx", "a.佐证/1.jpg", "a.evidence/2.jpg"], ["a.xlsx"], {"a.xlsx": ["a.佐证/1.jpg", "a.evidence/2.jpg"]}),
        (["a.csv", "a.evidence.zip"], ["a.csv"], {"a.csv": ["a.evidence.zip"]}),
        (["x/a.xlsx", "a.zip"], ["x/a.xlsx", "a.zip"], {}),
        (["c.evidence/a.xlsx"], ["c.evidence/a.xlsx"], {}),
    ],
)
def test_which_files_are_evidence(files: list[str], rest: list[str], owned: dict[str, list[str]]) -> None:
    found, sources = split_evidence([Path(f) for f in files])
    assert [str(f) for f in found] == rest
    assert {str(k): [str(f) for f in v] for k, v in sources.items()} == owned


def test_shown_names() -> None:
    assert shown_name("..\\..\\a/b\x00c.jpg") == "a/b�c.jpg"
    assert shown_name("////") == "?"


def test_a_returned_file_keeps_its_evidence(
    take: Callable[..., list[Outcome]], settings: Settings, sent: Sent, tmp_path: Path
) -> None:
    from tests.flows.forms import change_value

    workbook = change_value(sent(), lambda _: "约50")
    beside(workbook, "T07-1.jpg")
    (outcome,) = take(workbook.parent)
    assert outcome.state == "returned" and outcome.answer
    assert stored(settings) == [("HB-WH", "T07-1", "T07-1.jpg")]
    corrected = change_value(Path(shutil.copy(outcome.answer, tmp_path / "again.xlsx")), lambda _: 5, was="约50")
    (second,) = take(corrected)
    assert (second.state, second.problems) == ("accepted", ())  # the marked copy names the file that had come
    with read_warehouse(settings.warehouse) as warehouse:
        assert submissions(warehouse).filter(pl.col("state") == "accepted").height == 1
