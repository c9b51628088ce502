"""Verification from the reports to the changed score: drawn, written as a workbook, filled in, taken in, explained."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from flows.assess import assess_period
from flows.cli import main
from flows.ingest import ingest_batch
from flows.reviews import give_verdict, take_reviews, write_review
from flows.sampling import draw
from flows.settings import Settings, make_settings
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period, parse_period
from schemas.plan import Sampling
from tests.flows.forms import change_value
from warehouse import events, load_run, outdated_verdicts, read_warehouse, scoring_inputs, spot_checks, verify_rows

Q1 = parse_period("2023Q1")
IN_TIME, LATER = datetime(2023, 4, 5, tzinfo=UTC), datetime(2023, 4, 6, tzinfo=UTC)
Lines = dict[tuple[str, str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def reported(plan: Plan, filled: Callable[[Period], Path], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data folder into which the reports of 2023Q1 were taken; nobody changes it."""
    settings = make_settings(tmp_path_factory.mktemp("reported") / "home", plan.folder, "zh", {})
    assert not ingest_batch(settings, plan, [filled(Q1)], Q1, received_at=IN_TIME).faulty
    return settings


@pytest.fixture
def received(reported: Settings, tmp_path: Path) -> Settings:
    """The same for one test alone."""
    return replace(reported, home=Path(shutil.copytree(reported.home, tmp_path / "home")), actor="office")


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The workbook's lines by heading."""
    rows = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(min_row=2, values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def fill(path: Path, verdicts: Lines) -> Path:
    """Fill verdicts into a review workbook, as a reviewer does."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    heads = {c.value: c.column for c in sheet[2]}
    for row in range(3, sheet.max_row + 1):
        unit, code, part = (sheet.cell(row, heads[h]).value or "" for h in ("单位代码", "指标代码", "分项"))
        for head, value in verdicts.get((unit, code, part), {}).items():
            sheet.cell(row, heads[head]).value = value
    book.save(path)
    return path


def totals(settings: Settings, run_id: str) -> dict[str, float]:
    with read_warehouse(settings.warehouse) as warehouse:
        return dict(load_run(warehouse, run_id)[1].select("unit_code", "total").iter_rows())


def test_a_verdict_takes_effect_in_the_next_scoring_and_shows_in_diff_and_explain(
    received: Settings, plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = assess_period(received, plan, Q1).run_id
    path = tmp_path / "review.xlsx"
    assert write_review(received, plan, Q1, path) == len(lines_of(path))
    reported = {(r["单位代码"], r["指标代码"], r["分项"] or ""): r["填报值"] for r in lines_of(path)}
    assert isinstance(reported["HB-WH", "T07-1", ""], int | float) and "/" in reported["HB-WH", "T09-1", ""]
    fill(path, {
        ("HB-WH", "T07-1", ""): {"核验结论": "调整", "核定值": 1, "核验理由": "重复计算"},
        ("HB-WH", "T09-1", ""): {"核验结论": "调整", "核定分子": 60, "核定分母": 100, "核验理由": "按签到表"},
        ("HB-JZ", "T18-1", "机关"): {"核验结论": "不予认可", "核验理由": "无佐证"},
        ("HB-JZ", "T07-1", ""): {"核验结论": "认可", "核验理由": "抽查属实"},
    })  # fmt: skip
    done = take_reviews(received, plan, path)
    assert (done.verdicts, done.new, done.remarks) == (4, 4, ())
    assert take_reviews(received, plan, path).new == 0, "the same workbook again changes nothing"
    second = assess_period(received, plan, Q1, reason="核验后重算").run_id
    before, after = totals(received, first), totals(received, second)
    assert after["HB-WH"] < before["HB-WH"] and after["HB-JZ"] <= before["HB-JZ"]
    assert after["HB-XH-001"] == before["HB-XH-001"]
    assert main(["diff", "2023Q1", "--home", str(received.home)]) == 0
    said = capsys.readouterr().out
    assert "\n  核验 " in said and "核定 1(重复计算)" in said and "60/100" in said
    assert "\n  填报数据" not in said, "all of the move comes from the verdicts"
    assert main(["explain", "HB-WH", "T07-1", "--period", "2023Q1", "--home", str(received.home)]) == 0
    said = capsys.readouterr().out
    assert "核验调整" in said and "重复计算" in said
    with read_warehouse(received.warehouse) as warehouse:
        assert verify_rows(warehouse) == []
        assert events(warehouse)["action"].to_list().count("verification_added") == 4


def test_verdicts_are_appended_and_the_newest_counts(received: Settings, plan: Plan) -> None:
    about = {"unit_code": "HB-WH", "indicator_code": "T07-1", "part": ""}
    assert give_verdict(received, plan, Q1, {**about, "verdict": "adjusted", "value": "3", "reason": "核减"})
    assert not give_verdict(received, plan, Q1, {**about, "verdict": "adjusted", "value": "3", "reason": "核减"})
    assert give_verdict(received, plan, Q1, {**about, "verdict": "accepted", "reason": "补齐佐证"})
    with read_warehouse(received.warehouse) as warehouse:
        assert scoring_inputs(warehouse, ["2023Q1"]).verifications["verdict"].to_list() == ["accepted"]
        assert warehouse.value("SELECT count(*) FROM verifications") == 2


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"unit_code": "NOBODY"}, "没有单位"),
        ({"indicator_code": "T99-9"}, "没有指标"),
        ({"part": "机关"}, "没有计入的"),
        ({"reason": " "}, "核验理由未填"),
        ({"value": None}, "核定值未填"),
        ({"value": "约3"}, "不是数字"),
        ({"value": "-3"}, "不能为负数"),
        ({"value": None, "numerator": "1"}, "不用核定分子"),
        ({"numerator": "one"}, "不是数字"),
        ({"verdict": "refused"}, "只有“调整”才填"),
        ({"indicator_code": "T09-1"}, "不用核定值"),
        ({"indicator_code": "T09-1", "value": None, "numerator": "9", "denominator": "8"}, "大于分母"),
        ({"indicator_code": "T18-1", "part": "机关", "value": "5"}, "“是”或“否”"),
    ],
)
def test_a_verdict_that_cannot_be_is_a_sentence(
    reported: Settings, plan: Plan, change: dict[str, str | None], fault: str
) -> None:
    verdict: dict[str, str | None] = {
        "unit_code": "HB-WH", "indicator_code": "T07-1", "part": "", "verdict": "adjusted", "value": "3",
        "reason": "核减",
    }  # fmt: skip
    with pytest.raises(UserError, match=fault):
        give_verdict(reported, plan, Q1, verdict | change)


def test_what_the_reviewer_has_not_seen_is_not_verified(
    received: Settings, plan: Plan, filled: Callable[[Period], Path], tmp_path: Path
) -> None:
    """A unit reports anew while the workbook is with the reviewer: the line is refused, nothing is stored."""
    path = tmp_path / "review.xlsx"
    write_review(received, plan, Q1, path)
    society = Path(shutil.copy(next(filled(Q1).glob("*学会*")), tmp_path))
    change_value(society, lambda value: value + 1)
    assert ingest_batch(received, plan, [society], Q1, received_at=LATER).counts == {"accepted": 1}
    seen = [(r["单位代码"], r["指标代码"], r["分项"] or "") for r in lines_of(path)]
    fill(path, {line: {"核验结论": "认可", "核验理由": "属实"} for line in seen})
    with pytest.raises(UserError, match=r"核验表,H\d+.*改报为.*重新写出核验表"):
        take_reviews(received, plan, path)
    with read_warehouse(received.warehouse) as warehouse:
        assert warehouse.value("SELECT count(*) FROM verifications") == 0


def test_a_verdict_stays_until_what_was_reported_anew_is_reviewed_again(
    received: Settings, plan: Plan, filled: Callable[[Period], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The unit cannot shed a verdict by sending another report; but everybody is told (docs/decisions/0012)."""
    book = Path(shutil.copy(next(filled(Q1).glob("*武汉*")), tmp_path / "武汉.xlsx"))
    with read_warehouse(received.warehouse) as warehouse:
        rows = scoring_inputs(warehouse, ["2023Q1"]).measurements.filter(pl.col("unit_code") == "HB-WH")
    whole = rows.filter((pl.col("part") == "") & (pl.col("value") > 1) & pl.col("denominator").is_null())
    one, other = whole.unique("value", keep="none", maintain_order=True)["indicator_code"][:2]
    value = whole.filter(pl.col("indicator_code") == one)["value"][0]
    about = {"unit_code": "HB-WH", "indicator_code": one, "part": "", "verdict": "adjusted", "value": "1"}
    assert give_verdict(received, plan, Q1, {**about, "reason": "重复计算"})
    accepted = {"unit_code": "HB-WH", "indicator_code": other, "part": "", "verdict": "accepted", "reason": "属实"}
    assert give_verdict(received, plan, Q1, accepted)

    def run(*words: str) -> str:
        assert main([*words, "--home", str(received.home), "--plan", str(plan.folder)]) == 0
        return capsys.readouterr().out

    change_value(book, lambda v: v + 5, was=value)
    said = run("ingest", str(book), "--period", "2023Q1", "--received", "2023-04-06T09:00")
    assert f"核验后改报 1 项,须重新核验,在此之前仍按原结论计:HB-WH {one}。" in said, "only what has changed"
    with read_warehouse(received.warehouse) as warehouse:
        assert scoring_inputs(warehouse, ["2023Q1"]).verifications["value"].to_list().count(1.0) == 1
        moment = events(warehouse).filter(pl.col("action") == "verification_added")["recorded_at"][-1]
        assert outdated_verdicts(warehouse, ["2023Q1"], moment).is_empty(), "it was not yet, then"
    done = assess_period(received, plan, Q1)
    assert any("verdicts_current" in line for line in done.remarks["zh"])
    for words in (["status", "2023Q1"], ["period", "close", "2023Q1"], ["period", "show", "2023Q1"]):
        assert "核验后改报 1 项" in run(*words)
    again = tmp_path / "again.xlsx"
    run("review", "write", "2023Q1", "--again", "--out", str(again))
    (line,) = lines_of(again)
    assert line["填报值"] == value + 5 and line["已有结论"] == "调整 1:重复计算(核验后改报,待重新核验)"
    fill(again, {("HB-WH", one, ""): {"核验结论": "调整", "核定值": 1, "核验理由": "重复计算"}})
    assert take_reviews(received, plan, again).new == 1, "the same words on another report are another verdict"
    assert "改报" not in run("review", "list", "2023Q1")
    with pytest.raises(UserError, match="无需重新核验"):
        write_review(received, plan, Q1, again, again=True)


def test_a_verdict_that_was_given_before_may_be_given_again(received: Settings, plan: Plan, tmp_path: Path) -> None:
    """Accepted, refused, accepted; but a workbook that was taken before changes nothing."""
    path = tmp_path / "review.xlsx"
    write_review(received, plan, Q1, path, units=["HB-WH"], nodes=["T07-1"])
    fill(path, {("HB-WH", "T07-1", ""): {"核验结论": "认可", "核验理由": "属实"}})
    assert take_reviews(received, plan, path).new == 1
    about = {"unit_code": "HB-WH", "indicator_code": "T07-1", "part": ""}
    assert give_verdict(received, plan, Q1, {**about, "verdict": "refused", "reason": "无佐证"})
    done = take_reviews(received, plan, path)
    assert done.new == 0 and "未作更改" in done.remarks[0]
    assert give_verdict(received, plan, Q1, {**about, "verdict": "accepted", "reason": "属实"})
    with read_warehouse(received.warehouse) as warehouse:
        assert scoring_inputs(warehouse, ["2023Q1"]).verifications["verdict"].to_list() == ["accepted"]
        assert verify_rows(warehouse) == []


def test_a_sample_is_drawn_recorded_and_written(
    received: Settings, plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(received.home), "--plan", str(received.plan_folder)]
    assert main(["sample", "2023Q1", "--share", "20%", *home]) == 0
    said = capsys.readouterr().out
    assert "2023Q1/S1:从" in said and "种子" in said
    path = received.home / "reviews" / "2023Q1-S1.xlsx"
    lines = lines_of(path)
    with read_warehouse(received.warehouse) as warehouse:
        stored = spot_checks(warehouse, "2023Q1")
        event = events(warehouse).filter(pl.col("action") == "sample_drawn")
    assert len(lines) == stored.height > 0 and event.height == 1
    assert all(r["关注点"] and r["抽查"] in ("风险", "随机") for r in lines)
    assert main(["sample", "2023Q1", "--share", "20%", *home]) == 0
    assert "结果不变" in capsys.readouterr().out
    unit, code, part = (lines[0][h] or "" for h in ("单位代码", "指标代码", "分项"))
    fill(path, {(unit, code, part): {"核验结论": "认可", "核验理由": "属实"}})
    assert main(["review", "take", str(path), *home]) == 0
    assert main(["review", "list", "2023Q1", *home]) == 0
    assert f"抽样 2023Q1/S1:{stored.height} 项,已核验 1 项" in capsys.readouterr().out


def test_drawing_anew_needs_a_reason(received: Settings, plan: Plan) -> None:
    with pytest.raises(UserError, match="--reason") as error:
        draw(received, plan, Q1, seed="mine")
    assert error.value.exit_code == 2
    assert draw(received, plan, Q1).sample_id == "2023Q1/S1"
    assert draw(received, plan, Q1, seed="mine", reason="监督组要求另抽").sample_id == "2023Q1/S2"
    with pytest.raises(UserError, match="比例"):
        draw(received, plan, Q1, share=1.5)


def test_the_plan_changes_the_share(received: Settings, plan: Plan) -> None:
    chosen = plan.file.intake.model_copy(update={"spot_checks": Sampling(share=0.5)})
    other = replace(plan, file=plan.file.model_copy(update={"intake": chosen}))
    done = draw(received, other, Q1)
    assert done.drawn.height == -(-done.claims // 2)


def test_the_commands_speak_english_and_name_what_is_wrong(
    received: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: str) -> tuple[int, str]:
        try:
            code = main([*words, "--home", str(received.home), "--plan", str(received.plan_folder), "--lang", "en"])
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out + said.err

    out = str(tmp_path / "r.xlsx")
    assert run("review", "write", "2023Q1", "--out", out, "--unit", "HB-WH", "--node", "S1")[0] == 0
    assert {r["Unit code"] for r in lines_of(tmp_path / "r.xlsx")} == {"HB-WH"}
    assert "kaohe sample 2023Q1" in run("review", "write", "2023Q1", "--out", out, "--sampled")[1]
    assert run("review", "write", "2023Q1", "--out", out, "--unit", "X")[0] == 1
    assert "no node" in run("review", "write", "2023Q1", "--out", out, "--node", "X")[1]
    assert run("review", "list", "2023Q3") == (
        1, "No report counts in 2023Q3 yet: nothing to verify. Take reports in with kaohe ingest first.\n",
    )  # fmt: skip
    given = (
        "review",
        "verdict",
        "2023Q1",
        "refused",
        "--unit",
        "HB-WH",
        "--indicator",
        "T07-1",
        "--reason",
        "no proof",
    )
    assert "takes effect" in run(*given)[1] and "nothing was changed" in run(*given)[1]
    assert "no proof" in run("review", "list", "2023Q1")[1]
    assert run("sample", "2023Q1", "--share", "x")[0] == 2
    assert run("review", "take", str(tmp_path / "absent.xlsx"))[0] == 1


def test_the_same_tables_give_the_same_workbook(reported: Settings, plan: Plan, tmp_path: Path) -> None:
    before = reported.warehouse.read_bytes()
    for name in ("a.xlsx", "b.xlsx"):
        write_review(reported, plan, Q1, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert reported.warehouse.read_bytes() == before, "writing a workbook records nothing"
