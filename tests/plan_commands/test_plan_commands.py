"""`kaohe plan check | show | diff | new | schema`, as an administrator runs them."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from flows.cli import main
from schemas.folder import load_plan

ROOT = Path(__file__).resolve().parents[2]
PLANS = ROOT / "data" / "plans"
BASE = ROOT / "tests" / "schemas" / "base"


def changed(tmp_path: Path, file: str, old: str, new: str) -> Path:
    folder = tmp_path / "plan"
    shutil.copytree(BASE, folder)
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(list(words))
    out, err = capsys.readouterr()
    return code, out + err


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text in line)


@pytest.mark.parametrize("name", sorted(p.name for p in PLANS.iterdir() if (p / "plan.yaml").is_file()))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_shipped_plans_pass(name: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, "--lang", lang, "plan", "check", str(PLANS / name))
    assert code == 0
    assert ("错误 0" if lang == "zh" else "error 0") in text.splitlines()[-1]


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "told"),
    [
        ("indicators.yaml", "weight: 60", "{}", "code: A1", "同级"),
        ("indicators.yaml", "method:", "metod:", "metod:", "method"),
        ("indicators.yaml", "code: B3", "code: A1", "", "A1"),
        ("plan.yaml", "weight: 60", "weight: 55", "weight: 55", "合计 95"),
        ("targets.csv", "target,80", "target,八十", "target,八十", "八十"),
    ],
    ids=["a weight removed", "a key misspelt", "a code twice", "weights sum to 95", "no number"],
)
def test_a_mistake_is_told_with_file_and_line(
    file: str, old: str, new: str, at: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if new == "{}":  # take the weight of the first indicator away
        base = (BASE / file).read_text(encoding="utf-8")
        old = next(line for line in base.splitlines(keepends=True) if line.strip().startswith("weight:"))
        new = ""
    folder = changed(tmp_path, file, old, new)
    code, text = said(capsys, "plan", "check", str(folder))
    assert code == 1
    errors = [line for line in text.splitlines() if line.startswith(f"错误 {file}:")]
    assert errors, text
    place = f"错误 {file}:{line_of(folder / file, at)}: " if at else "错误 "
    assert any(line.startswith(place) and told in line for line in errors), text
    assert text.splitlines()[-1].startswith(f"{folder}")


def test_several_mistakes_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = changed(tmp_path, "indicators.yaml", "method:", "metod:")
    plan = folder / "plan.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("tree:", "periode: 1\ntree:", 1), encoding="utf-8")
    code, text = said(capsys, "--lang", "en", "plan", "check", str(folder))
    assert code == 1
    assert "error plan.yaml:" in text and "error indicators.yaml:" in text
    assert "cannot be read" in text.splitlines()[-1]


def test_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, "plan", "check", str(tmp_path / "none"))
    assert code == 1
    assert "没有这个考核方案文件夹" in text


def test_against_the_version_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = changed(tmp_path, "indicators.yaml", "title: 投诉", "title: 投诉件数")
    assert said(capsys, "plan", "check", str(folder))[0] == 0
    code, text = said(capsys, "plan", "check", str(folder), "--previous", str(BASE))
    assert code == 1
    assert "comparable_from" in text


def test_the_tree_is_shown_for_a_class(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, "plan", "show", str(PLANS / "example-2023"), "--class", "society")
    assert code == 0
    assert "T18-1" in text and "28.57" in text
    assert said(capsys, "plan", "show", str(PLANS / "example-2023"), "--class", "town")[0] == 2


def test_two_versions_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = changed(tmp_path, "indicators.yaml", "title: 投诉", "title: 投诉件数")
    code, text = said(capsys, "--lang", "en", "plan", "diff", str(BASE), str(folder))
    assert code == 0
    lines = text.splitlines()
    assert lines[0] == "Indicator B3 is not comparable: title changed."
    assert lines[-1] == "2 changes; 1 indicator is no longer comparable."
    assert said(capsys, "plan", "diff", str(BASE), str(BASE)) == (0, "两版方案没有差别。\n")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_new_plan_is_clean_and_scores(lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    code, text = said(capsys, "--lang", lang, "plan", "new", str(folder), "--year", "2025")
    assert code == 0
    commands = [line.split()[1:] for line in text.splitlines() if line.strip().startswith("kaohe ")]
    assert [c[:2] for c in commands] == [["plan", "check"], ["score", "--plan"]]
    code, text = said(capsys, "--lang", lang, *commands[0])
    assert code == 0
    assert len(text.splitlines()) == 1  # nothing to remark: only the line that sums up
    assert said(capsys, "--lang", lang, *commands[1])[0] == 0
    results = pl.read_parquet(tmp_path / "mine-results" / "results.parquet")
    # W: events 4 of 5 due = 80, training 45 % of 90 % = 50 -> 68. B: rules 1/3, complaints 2 of 10 = 80 -> 170/3.
    by_hand = round(0.7 * (0.6 * 80 + 0.4 * 50) + 0.3 * (100 / 3 + 80) / 2, 2)
    assert dict(results.select("unit_code", "total").iter_rows())["D2"] == by_hand
    plan = (folder / "plan.yaml").read_text(encoding="utf-8")
    assert "2025Q1" in plan and " | " not in plan
    assert ("方案代码" in plan) == (lang == "zh")
    texts = [path.read_text(encoding="utf-8") for path in folder.iterdir()]
    assert all(text.isascii() for text in texts) == (lang == "en"), "an English reader is shown no Chinese"
    assert load_plan(folder).file.time_zone == ("UTC" if lang == "en" else "Asia/Shanghai")


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.yaml").write_text("mine", encoding="utf-8")
    code, text = said(capsys, "plan", "new", str(tmp_path))
    assert code == 1
    assert "不是空文件夹" in text
    assert (tmp_path / "plan.yaml").read_text(encoding="utf-8") == "mine"
    assert said(capsys, "plan", "new", str(tmp_path / "x"), "--year", "23")[0] == 2


def test_schemas_for_editors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, "plan", "schema", str(tmp_path / "schemas"))
    assert code == 0
    paths = [Path(line) for line in text.splitlines()]
    assert [p.name for p in paths] == ["plan.schema.json", "indicators.schema.json"]
    assert all(json.loads(p.read_text(encoding="utf-8"))["$schema"] for p in paths)
