"""The command line: both languages, exit codes, and sentences with place and remedy instead of tracebacks."""

import argparse
import errno
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from flows.cli import main
from flows.parser import ChineseParser
from flows.settings import Settings, make_settings
from schemas.periods import parse_period
from tests.flows.forms import change_value, first
from warehouse import persons, read_warehouse, submissions

Q1 = parse_period("2023Q1")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def kaohe(settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in the test's data folder with the small plan; return exit code, output and errors."""
    for name in ("KAOHE_LANG", "KAOHE_ACTOR", "KAOHE_FONTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAOHE_HOME", str(settings.home))
    monkeypatch.setenv("KAOHE_PLAN", str(settings.plan_folder))

    def run(*words: object) -> tuple[int, str, str]:
        try:
            code = main([str(w) for w in words])
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_help_is_in_both_languages(kaohe: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    code, zh, _ = kaohe("--help")
    assert code == 0 and "用法:kaohe" in zh and "生成某一周期的填报工作簿" in zh and "usage" not in zh
    code, en, _ = kaohe("--lang", "en", "--help")
    assert code == 0 and "usage: kaohe" in en and "write the workbooks of a period" in en and "用法" not in en
    monkeypatch.setenv("KAOHE_LANG", "en")
    assert kaohe("assess", "--help")[1].startswith("usage: kaohe assess")
    assert kaohe("assess", "--help", "--lang=zh")[1].startswith("用法:kaohe assess")


@pytest.mark.parametrize(
    "words",
    [
        "plan schema {file}", "plan new {file}/plan.xlsx", "plan book {plan} --out {file}/rules.docx",
        "template 2023Q1 --out {file}", "status 2023Q1 --csv {folder}", "status 2023Q1 --html {file}/board.html",
        "item --write {folder}", "verify {file}", "item --write {nobodys}/register.xlsx",
        "template 2023Q1 --home {nobodys}/home",
    ],
)  # fmt: skip
def test_a_place_that_cannot_be_used_is_a_sentence(kaohe: Run, words: str, settings: Settings, tmp_path: Path) -> None:
    places = {"file": tmp_path / "a_file", "folder": tmp_path / "a_folder", "nobodys": Path("/proc/1")}
    places["file"].write_bytes(b"x")
    places["folder"].mkdir()
    code, _, err = kaohe(*words.format(**places, plan=settings.plan_folder).split())
    assert (code, len(err.splitlines())) == (1, 1), err
    assert "请检查路径和权限" in err and not re.search("[a-z]{3,} [a-z]{2,}", err)
    assert any(str(p) in err for p in places.values())
    assert not list(places["folder"].iterdir())


def test_an_error_about_a_place_that_nobody_named_is_a_defect(kaohe: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file", "/opt/kaohe/template.typ")

    monkeypatch.setattr("flows.status.status_lines", lacking)
    with pytest.raises(FileNotFoundError):
        kaohe("status")


def test_what_a_unit_wrote_steers_no_terminal(kaohe: Run, settings: Settings, tmp_path: Path) -> None:
    table = "unit_code,indicator_code,period,value\nHB-WH,T07-1,2023Q1,\x1b]0;x\x07\u202e5\n"
    (tmp_path / "a\x1b[2J.csv").write_text(table, encoding="utf-8")
    code, out, err = kaohe("ingest", tmp_path / "a\x1b[2J.csv", "--period", "2023Q1")
    said = out + err
    assert code == 1 and "a�[2J.csv" in said and "�]0;x��5" in said
    assert not re.search("[\x1b\x07\u202e]", said)
    code, _, err = kaohe("plan", "show", "a\x1b[2J\rb")
    assert code == 1 and err.startswith("a�[2J�b: 没有")


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "utf-8"])
def test_any_console_and_any_name_of_a_file(encoding: str, root: Path) -> None:
    name = os.fsdecode("方案".encode("gbk"))
    environment = {**os.environ, "PYTHONIOENCODING": f"{encoding}:strict", "KAOHE_LANG": "zh"}
    command = [sys.executable, "-m", "flows.cli", "plan", "check", name]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (1, b"") and "没有这个考核方案文件夹" in done.stdout.decode("utf-8")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_has_help(kaohe: Run, lang: str) -> None:
    for name in ("demo", "quarter", "template", "ingest", "status", "assess", "export", "serve", "rerun", "item"):
        code, out, err = kaohe("--lang", lang, name, "--help")
        assert (code, err) == (0, "") and name in out


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        ([], "缺少必填参数", "required"),
        (["nonsense"], "不可用,可选", "invalid choice"),
        (["assess"], "缺少必填参数:period", "required: period"),
        (["assess", "2023Q1", "--nonsense"], "不认识的参数:--nonsense", "unrecognized arguments: --nonsense"),
        (["assess", "2023Q1", "--as-of"], "需要一个值", "expected one argument"),
        (["serve", "--port", "many"], "'many' 不对", "invalid count value: 'many'"),
        (["log", "--last", "-1"], "'-1' 不对", "invalid count value: '-1'"),
        (["watch", "x", "--settle", "nan"], "'nan' 不对", "invalid seconds value: 'nan'"),
        (["status", "2023Q1", "--as-of", "0001-01-01"], "“0001-01-01”不对", "'0001-01-01' is no time"),
        (["ingest", "x", "--received", "9999-12-31"], "“9999-12-31”不对", "'9999-12-31' is no time"),
        (["item"], "需要其中一个参数", "one of the arguments"),
        (["assess", "2023Q5"], "“2023Q5”不是考核周期", "'2023Q5' is not a period"),
        (["assess", "2023Q1", "--as-of", "yesterday"], "“yesterday”不对", "'yesterday' is no time"),
        (["ingest", "x", "--received", "soon"], "“soon”不对", "'soon' is no time"),
        (["status", "--lang", "fr"], "“fr”不可用", "'fr' is not known"),
    ],
)
def test_wrong_usage_is_2(kaohe: Run, words: list[str], zh: str, en: str) -> None:
    for lang, expected in (("zh", zh), ("en", en)):
        given = words if "--lang" in words else ["--lang", lang, *words]
        code, _, err = kaohe(*given)
        assert code == 2 and expected in err and "Traceback" not in err


def test_all_of_argparses_complaints_are_known() -> None:
    parser = ChineseParser(prog="p")
    parser.add_argument("--number", type=int)
    assert parser.say("argument --number: invalid int value: 'x'") == "参数 --number 的值 'x' 不对。"
    assert parser.say("something new") == "something new"


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        (["status"], "kaohe ingest", "kaohe ingest"),
        (["assess", "2023Q1"], "kaohe ingest", "kaohe ingest"),
        (["export", "2023Q1"], "kaohe ingest", "kaohe ingest"),
        (["assess", "2031Q1"], "考核方案没有周期 2031Q1", "no period 2031Q1"),
        (["template", "2023Q1", "--unit", "NOBODY"], "没有单位“NOBODY”", "no unit 'NOBODY'"),
        (["ingest", "absent.xlsx"], "没有文件或文件夹 absent.xlsx", "no file or folder absent.xlsx"),
        (["status", "--plan", "nowhere"], "没有这个考核方案文件夹", "no such plan folder"),
        (["item", "absent.xlsx"], "absent.xlsx 无法打开", "absent.xlsx cannot be opened"),
        (["admit", "U/2023Q1/1", "--reason", "x", "--plan", "p"], "没有报送“U/2023Q1/1”", "no submission 'U/20"),
        (["exclude", "U/2023Q1/1", "--reason", "x", "--plan", "p"], "没有报送“U/2023Q1/1”", "no submission 'U/20"),
    ],
)
def test_bad_input_is_a_sentence_and_1(kaohe: Run, words: list[str], zh: str, en: str) -> None:
    for lang, expected in (("zh", zh), ("en", en)):
        code, out, err = kaohe("--lang", lang, *words)
        assert (code, out) == (1, "") and expected in err and "Traceback" not in err


def test_a_plan_with_an_error_names_file_and_line(kaohe: Run, plan_folder: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(plan_folder, tmp_path / "broken")
    text = (broken / "plan.yaml").read_text(encoding="utf-8")
    (broken / "plan.yaml").write_text(text.replace("full_marks", "ful_marks"), encoding="utf-8")
    code, _, err = kaohe("template", "2023Q1", "--plan", broken)
    assert code == 1 and "plan.yaml:" in err and "full_marks" in err


def test_a_defect_shows_a_traceback(kaohe: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import flows.commands.status as status

    def broken(_: argparse.Namespace) -> int:
        raise RuntimeError("a defect")

    monkeypatch.setattr(status, "run", broken)
    with pytest.raises(RuntimeError, match="a defect"):
        kaohe("status")


def test_a_quarter_by_single_commands(kaohe: Run, settings: Settings, inbox: Path) -> None:
    """Template, ingest, status, assess, export, each by itself; a returned file makes exit code 1 and is named."""
    code, out, _ = kaohe("template", "2023Q1")
    assert code == 0 and "3 份" in out and len(list(settings.templates.rglob("*.xlsx"))) == 3
    bad = change_value(first(inbox), lambda _: "约50")
    code, out, err = kaohe("ingest", inbox, "--period", "2023Q1", "--received", "modified")
    assert code == 1 and "退回 1" in out and f"{bad.name},填报表," in err and "约50" in err and "标注稿" in err
    mended = change_value(bad, lambda _: 5, was="约50")
    code, out, err = kaohe("ingest", mended, "--period", "2023Q1", "--received", "2023-04-17T23:59")
    assert (code, err) == (0, "") and "接收 1" in out
    code, out, _ = kaohe("status", "--period", "2023Q1")
    assert code == 0 and "应报 3 个单位" in out and "退回待改" not in out
    code, out, _ = kaohe("assess", "2023Q1", "--reason", "第一次")
    assert code == 0 and "已计分 3 个单位" in out
    code, out, _ = kaohe("assess", "2023Q1", "--lang", "en")
    assert code == 0 and "nothing was written" in out
    code, out, _ = kaohe("export", "2023Q1")
    assert code == 0 and "manifest.json" in out
    assert len(list(settings.output.rglob("scorecards/*.pdf"))) == 3
    assert "第一次" in kaohe("status")[1]


def test_the_register_is_written_and_taken_in_once(kaohe: Run, tmp_path: Path, root: Path) -> None:
    cast = ["--plan", root / "data" / "plans" / "cast-2023"]
    register = tmp_path / "register.xlsx"
    assert kaohe("item", "--write", register, *cast)[0] == 0
    import openpyxl

    book = openpyxl.load_workbook(register)
    heads = {c.value: c.column for c in book["台账"][2]}
    row = {"单位": "武汉市科协", "指标": "X-2", "周期": "2023Q1", "日期": "2023-03-05", "种类": "采用"} | {
        "事项": "报告",
        "文号": "1号",
    }
    for head, value in row.items():
        book["台账"].cell(3, heads[head]).value = value
    book.save(register)
    assert "新增或变更 1 条和 0 条" in kaohe("item", register, *cast)[1]
    assert "新增或变更 0 条和 0 条" in kaohe("item", register, *cast)[1]
    book["台账"].cell(3, heads["数量"]).value = 2  # a correction without the number of what it corrects
    book.save(register)
    told = kaohe("item", register, *cast)[2]
    first = re.search(r"与已登记的 (I-\w+) 相同,只是数值不同,两条都会计入", told)
    assert first and kaohe("item", register, *cast)[2] == ""
    book["台账"].cell(3, heads["编号"]).value = first[1]
    book["台账"].cell(3, heads["数量"]).value = 3
    book.save(register)
    assert kaohe("item", register, *cast)[2] == ""
    book["台账"].cell(3, heads["种类"]).value = "没有的种类"
    book.save(register)
    code, _, err = kaohe("item", register, *cast)
    assert code == 1 and "register.xlsx,台账," in err and "没有的种类" in err


def test_persons_are_erased_and_nothing_else(kaohe: Run, settings: Settings, inbox: Path) -> None:
    assert kaohe("ingest", inbox, "--period", "2023Q1", "--received", "2023-04-05")[0] == 0
    with read_warehouse(settings.warehouse) as warehouse:
        before, stored = persons(warehouse), submissions(warehouse)
    unit = str(before["unit_code"][0])
    mine = before.filter(pl.col("unit_code") == unit).height
    assert kaohe("erase", "--unit", unit)[0] == 2, "it wants a reason"
    code, out, err = kaohe("erase", "--unit", unit, "--reason", "保管期满")
    assert (code, err) == (0, "") and f"{mine} 人次" in out and "备份" in out
    assert "没有可删除" in kaohe("erase", "--unit", unit, "--reason", "再次")[1]
    with read_warehouse(settings.warehouse) as warehouse:
        assert persons(warehouse).equals(before.filter(pl.col("unit_code") != unit))
        assert submissions(warehouse).equals(stored)
    assert kaohe("audit")[0] == 0


def test_settings_come_from_options_environment_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plain = make_settings(environment={})
    assert plain.home == tmp_path / "kaohe-data" and plain.plan_folder.name == "cast-2023"
    told = make_settings(environment={f"KAOHE_{n}": n.lower() for n in ("HOME", "PLAN", "ACTOR", "FONTS")})
    places = [tmp_path / n for n in ("home", "plan", "fonts")]
    assert [told.home, told.plan_folder, told.fonts] == places and told.actor == "actor"
    assert make_settings(Path("x"), Path("y"), "en", {"KAOHE_HOME": "h"}).home == tmp_path / "x"
