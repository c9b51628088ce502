"""`kaohe score` on folders as an examiner would spoil them: a sentence with place and remedy, and an exit code."""

import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from flows.cli import main
from schemas.data_files import INPUTS, OUTPUTS
from schemas.folder import load_plan
from schemas.lint import lint
from schemas.periods import parse_period

FILES = {
    "plan.yaml": """plan: p
title: P
tree:
  - {code: T, title: Total}
  - {code: S, parent: T, title: Section, weight: 100}
grades:
  - {code: A, title: A, floor: 80, quota: 0.3}
  - {code: B, title: B}
""",
    "indicators.yaml": """- {code: a, parent: S, title: a, weight: 60, method: {kind: goalposts, worst: 0, best: 100}}
- {code: b, parent: S, title: b, weight: 40, method: {kind: attainment, target: 50}}
""",
    "units.csv": "unit_code,name,class_code\n007,Bond,x\n008,Bill,x\n",
    "m.csv": "unit_code,indicator_code,value\n007,a,70\n007,b,40\n008,a,60\n008,b,50\n",
}
Spoilt = Callable[..., tuple[int, str, str]]


@pytest.fixture
def score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Spoilt:
    """Write the folder with files replaced (new) or changed (old → new); score it; return code, stdout and stderr."""

    def run(
        change: dict[str, str] | None = None, *words: str, lang: str = "en", out: str = "out", period: str = "2023"
    ) -> tuple[int, str, str]:
        for name, text in {**FILES, **(change or {})}.items():
            old, arrow, new = text.partition(" → ")
            (tmp_path / name).write_text(FILES[name].replace(old, new) if arrow else text, encoding="utf-8")
        data = str(tmp_path / "m.csv")
        command = ["--lang", lang, "score", "--plan", str(tmp_path), "--measurements", data, "--period", period]
        code = main([*command, "--engine", "polars", "--out", str(tmp_path / out), *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"indicators.yaml": "weight: 60,  → "}, "indicators.yaml:1: a: has no weight, but b beside it has"),
        ({"indicators.yaml": "weight: 60 → weight: 70"}, "indicators.yaml:1: a: the weights below S sum to 110"),
        ({"plan.yaml": "quota: 0.3 → quota: 30"}, "plan.yaml:7: the quota 30 of 'A' must lie between 0 and 1"),
        ({"plan.yaml": "Section, weight: 100 → Section, weight: 1"}, "plan.yaml:5: S: the weights below T sum to 1"),
        ({"plan.yaml": "title: Total → title: Total, clamp: [100, 0]"}, "plan.yaml:4: T: clamp [100, 0] must run"),
        ({"indicators.yaml": "code: b, parent: S → code: b, parent: T"}, "plan.yaml:5: S: the weights below T sum to"),
        ({"targets.csv": "indicator_code,name,value\nb,taget,5\n"}, "targets.csv:2: 'taget' is no parameter of b's"),
        ({"units.csv": "008,Bill → 007,Bill"}, "units.csv:3: unit 007 is valid at the same time in line 2"),
    ],
)
def test_a_plan_with_errors_is_refused(score: Spoilt, tmp_path: Path, change: dict[str, str], says: str) -> None:
    code, out, err = score(change)
    assert (code, out) == (1, "")
    assert says in err
    assert "--unchecked" in err
    assert not (tmp_path / "out").exists()


def test_a_plan_with_errors_is_scored_where_that_is_asked_for(score: Spoilt) -> None:
    code, out, err = score({"indicators.yaml": "weight: 60 → weight: 70"}, "--unchecked")
    assert (code, err) == (0, "")
    assert "2 units scored" in out


def test_warnings_are_counted_on_stderr(score: Spoilt) -> None:
    code, out, err = score()
    assert (code, err.count("\n")) == (0, 1)
    assert "1 warning about the plan: see kaohe plan check" in err
    assert "2 units scored" in out
    assert "方案有 1 处提醒" in score(lang="zh")[2]


def test_given_tables_are_checked_in_place_of_the_plans_own(score: Spoilt, tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text("unit_code,class_code\n009,x\n009,x\n", encoding="utf-8")
    (tmp_path / "t.csv").write_text("indicator_code,name,value\nb,target,0\n", encoding="utf-8")
    code, _, err = score(None, "--units", str(tmp_path / "u.csv"), "--targets", str(tmp_path / "t.csv"))
    assert code == 1
    assert "u.csv:3: unit 009 is valid at the same time in line 2" in err


@pytest.mark.parametrize(
    ("change", "says", "reason"),
    [
        ({"targets.csv": "indicator_code,name,value\nb,target,0\n"}, "the target 0 must be above 0", "bad_target"),
        ({"indicators.yaml": "worst: 0, best: 100 → worst: 0"}, "there is no targets.csv", "bad_parameter"),
        ({"indicators.yaml": "worst: 0, best: 100 → worst: 0, best: 0"}, "", "bad_parameter"),
    ],
)
def test_what_costs_only_its_own_cells_is_told_and_scored(
    score: Spoilt, tmp_path: Path, change: dict[str, str], says: str, reason: str
) -> None:
    # A target of zero, goalposts that are equal or lacking: no points there, and the reason; all else counts.
    code, out, err = score(change)
    assert (code, says in err) == (0, True)
    assert "2 units scored" in out
    assert reason in pl.read_parquet(tmp_path / "out" / "scores.parquet")["reason_code"].to_list()


def test_rows_that_a_spreadsheet_appends_and_codes_of_pandas(score: Spoilt, tmp_path: Path) -> None:
    pl.DataFrame({"unit_code": [7.0, 8.0], "class_code": ["x", "x"]}).write_parquet(tmp_path / "u.parquet")
    rows = "unit_code,indicator_code,value\n7,a,70\n\n8,a,60\n,,\n"
    code, out, err = score({"m.csv": rows}, "--units", str(tmp_path / "u.parquet"))
    assert (code, "2 units scored, 2 of them ranked" in out) == (0, True), err


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("unit_code,indicator_code,value,value\n007,a,70,60\n", "m.csv has two columns 'value'"),
        ("unit_code,indicator_code,value\n007,a,70\n,b,60\n", "m.csv, line 3: unit_code is empty"),
    ],
)
def test_a_table_that_can_mean_two_things_is_refused(score: Spoilt, rows: str, says: str) -> None:
    code, _, err = score({"m.csv": rows})
    assert (code, says in err) == (1, True), err


def test_a_part_of_the_units_may_be_scored(score: Spoilt, tmp_path: Path) -> None:
    change = {
        "units.csv": "unit_code,name,class_code,parent_code\n007,Bond,x,009\n008,Bill,y,\n009,M,x,\n",
        "targets.csv": "indicator_code,name,value,unit_code\nb,target,50,007\nb,target,40,008\n",
        "assignments.csv": "indicator_code,unit_code,state\nb,008,not_assigned\n",
        "indicators.yaml": "title: b → title: b, assigned_to: [x, y]",
    }
    (tmp_path / "u.csv").write_text("unit_code,class_code,parent_code\n007,x,009\n", encoding="utf-8")
    code, out, err = score({**change, "m.csv": "unit_code,indicator_code,value\n007,a,70\n"}, "--units",
                           str(tmp_path / "u.csv"))  # fmt: skip
    assert code == 0, err
    assert "1 units scored" in out


def test_only_the_scored_periods_need_targets(score: Spoilt) -> None:
    change = {
        "plan.yaml": FILES["plan.yaml"] + "periods: [2023Q1, 2023Q2]\n",
        "indicators.yaml": FILES["indicators.yaml"].replace("target: 50", "target: annual"),
        "targets.csv": "indicator_code,name,value,period\nb,target,50,2023Q1\n",
    }
    assert "no target for 007, 008 in 2023Q2" in score(change, period="2023Q2")[2]
    change["targets.csv"] += "b,target,50,2023Q2\n"
    code, _, err = score(change, period="2023Q2")
    assert (code, "no target" in err) == (0, False)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("unit_code,indicator_code,valeu\n007,a,70\n", "lacks the column value (or numerator and denominator). It has: "
         "unit_code, indicator_code, valeu. Is 'valeu' misspelt?"),
        ("unit_code,indicator_code,numerator\n007,a,70\n", "lacks the column denominator, which numerator needs"),
        ("unit_code,indicator_code,value,denominator\n007,a,70,1\n", "lacks the column numerator"),
        ("unit_code,indicator_code,value,statsu\n007,a,70,nil\n", "Did you mean 'status'?"),
        ("", "m.csv is empty. Its first line must name the columns"),
        ("unit_code;indicator_code;value\n007;a;70\n", "separates its columns by ';'. Save it again as CSV with comma"),
        ("unit_code,indicator_code,value\n007,a,70\n007,b,70,5\n", "m.csv, line 3: more cells than the heading's 3"),
        ("unit_code,indicator_code,value\n007,a,70\n7,a,70\n", "m.csv, line 3: The measurements name 1 unknown unit"),
        ("unit_code,indicator_code,value\n007,a,70\n007,A,70\n", "m.csv, line 3: The measurements name 1 unknown indi"),
        ("unit_code,indicator_code,value\n007,a,70\n008,a,1\n007,a,71\n", "m.csv, line 2, 4: Unit 007 has 2 rows"),
        ("unit_code,indicator_code,value,status\n007,a,70,repotred\n", "m.csv, line 2: Unknown status 'repotred'"),
    ],
)  # fmt: skip
def test_measurements_that_say_nothing_are_refused(score: Spoilt, text: str, says: str) -> None:
    code, _, err = score({"m.csv": text})
    assert code == 1
    assert says in err
    assert score({"m.csv": text}, lang="zh")[2].strip() != err.strip()


def test_parquet_without_a_number_is_refused_too(score: Spoilt, tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    for name in ("valeu", "numerator"):
        pl.DataFrame({"unit_code": ["007"], "indicator_code": ["a"], name: [70.0]}).write_parquet(path)
        code, _, err = score(None, "--measurements", str(path))
        assert (code, "m.parquet lacks the column" in err) == (1, True)
    pl.DataFrame({"unit_code": ["7"], "indicator_code": ["a"], "value": [70.0]}).write_parquet(path)
    assert "m.parquet, line 2: The measurements name 1 unknown unit" in score(None, "--measurements", str(path))[2]


def test_a_file_that_is_not_utf8_is_told_with_its_line(score: Spoilt, tmp_path: Path) -> None:
    score()
    (tmp_path / "g.csv").write_bytes("unit_code,indicator_code,value,x\n007,a,70,\n007,b,70,你好\n".encode("gbk"))
    assert "g.csv, line 3: not UTF-8" in score(None, "--measurements", str(tmp_path / "g.csv"))[2]


def test_short_lines_are_told(score: Spoilt) -> None:
    # A file that was cut off, or a spreadsheet that leaves out the last commas: read as blank, and said.
    code, _, err = score({"m.csv": "unit_code,indicator_code,value\n007,a,70\n007,b\n008,a,60\n\n008,b"})
    assert code == 0
    assert "m.csv: fewer cells than the heading in 2 of its lines (3, 6); what they lack was read as blank." in err
    said = score({"m.csv": "unit_code,indicator_code,value\n007,a,7\n008,a"}, lang="zh")[2]
    assert "有 1 行的格数少于表头(第 3 行)" in said
    quoted = 'unit_code,indicator_code,value\n007,a,"70"\n007,b,"40"\n\n'
    assert "fewer" not in score({"m.csv": quoted})[2]


def test_explain_refuses_and_tells_as_score_does(
    score: Spoilt, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score({"indicators.yaml": "weight: 60 → weight: 70"})
    files = ["--plan", str(tmp_path), "--measurements", str(tmp_path / "m.csv"), "--period", "2023"]
    assert main(["--lang", "en", "explain", "007", *files]) == 1
    said = capsys.readouterr()
    assert not said.out and "the weights below S sum to 110" in said.err and "--unchecked" in said.err
    assert main(["--lang", "en", "explain", "007", *files, "--unchecked"]) == 0
    assert "Bond" in capsys.readouterr().out
    score({"m.csv": FILES["m.csv"] + "007,b,1\n"})
    assert main(["--lang", "en", "explain", "007", *files]) == 1
    assert "m.csv, line 3, 6: Unit 007 has 2 rows for indicator b" in capsys.readouterr().err


def test_no_rows_are_told(score: Spoilt) -> None:
    code, _, err = score({"m.csv": "unit_code,indicator_code,value\n"})
    assert code == 0
    assert "m.csv has no row: everything is missing" in err


def test_out_that_is_a_file_is_a_sentence(score: Spoilt, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    for out in ("taken", "taken/below"):
        code, _, err = score(out=out)
        assert code == 1
        assert "cannot be the output folder: it, or what it lies in, is a file. Choose another --out." in err
    assert "不能用作输出文件夹" in score(lang="zh", out="taken")[2]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"plan.yaml": "# nothing"}, "plan.yaml: this file is empty; fill it in."),
        ({"indicators.yaml": ""}, "indicators.yaml: this file is empty; fill it in."),
        ({"indicators.yaml": "a: 1"}, "the file as a whole: write a list"),
        ({"units.csv": ""}, "units.csv: is empty; its first line names the columns: unit_code, name, class_code."),
        ({"units.csv": "008,Bill,x → 008,Bill,y", "plan.yaml": FILES["plan.yaml"] + "classes: {x: X}\n"},
         "units.csv:3: unit 008 has the unknown class 'y'"),
        ({"units.csv": "008,Bill,x → 008,Bill,x,,,,,,,,,"}, "units.csv:3: more cells than the heading. Remove"),
    ],
)  # fmt: skip
def test_places_are_named(score: Spoilt, change: dict[str, str], says: str) -> None:
    code, _, err = score(change)
    assert code == 1
    assert says in err
    assert "空)" not in err


def test_a_veto_where_the_plan_has_none(score: Spoilt, tmp_path: Path) -> None:
    (tmp_path / "adj.csv").write_text("unit_code,kind,code,value\n008,bonus,,2\n007,veto,none,\n", encoding="utf-8")
    code, _, err = score(None, "--adjustments", str(tmp_path / "adj.csv"))
    assert code == 1
    assert "adj.csv, line 3: Unknown veto 'none'. The plan has none; add it to the plan first." in err


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("007,bonus,,", "Unit 007: 'bonus' without points. Write the column value, or remove the row."),
        ("007,deduction,,", "Unit 007: 'deduction' without points."),
        ("007,late,,", "Unit 007: 'late' without days."),
        ("007,cap,,", "Unit 007: 'cap' without greatest total."),
        ("007,override_total,,", "Unit 007: 'override_total' without total."),
        ("007,override_grade,,", "Unknown grade 'None'. Known: A, B."),
        ("007,bonsu,1,", "Unknown kind of adjustment 'bonsu'."),
        ("009,bonus,1,", "Unknown unit code in the adjustments '009'."),
        ("007,bonus,-1,", "The bonus of unit 007 is negative."),
    ],
)
def test_an_adjustment_that_does_nothing_is_refused(score: Spoilt, tmp_path: Path, row: str, says: str) -> None:
    text = f"unit_code,kind,value,grade\n007,bonus,1,\n{row}\n"
    (tmp_path / "adj.csv").write_text(text, encoding="utf-8")
    change = {"plan.yaml": FILES["plan.yaml"] + "adjustments: {late: {per_day: 1}}\n"}
    code, _, err = score(change, "--adjustments", str(tmp_path / "adj.csv"))
    assert code == 1
    assert f"adj.csv, line 3: {says}" in err


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_help_names_every_file_and_column(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--lang", lang, "score", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    for file in (*INPUTS.values(), *OUTPUTS.values()):
        if file.name != "verifications.csv":
            assert file.name in said
            assert all(c in said for c in file.columns)
    assert "override_grade" in said
    assert "kaohe score --plan data/plans/example-2023" in said


def test_an_indicator_that_takes_its_value_elsewhere_is_asked_of_nobody(tmp_path: Path, score: Spoilt) -> None:
    score({"indicators.yaml": FILES["indicators.yaml"].replace("title: b", "title: b, value_from: a")})
    assert "unassigned" not in [p.code for p in lint(load_plan(tmp_path))]


def test_the_rules_do_not_grow_with_the_units(tmp_path: Path, score: Spoilt) -> None:
    """20,000 units named one by one in targets and units take no more than a moment: no loop over units."""
    score()
    units = pl.DataFrame({"unit_code": [f"U{n}" for n in range(20_000)]}).with_columns(
        name=pl.col("unit_code"), class_code=pl.lit("x"), aliases=pl.format("alias {}", "unit_code")
    )
    units.write_csv(tmp_path / "units.csv")
    units.select("unit_code", indicator_code=pl.lit("b"), name=pl.lit("target"), value=5.0).write_csv(
        tmp_path / "targets.csv"
    )
    plan = load_plan(tmp_path)
    start = time.process_time()  # a machine may be busy
    assert not [p for p in lint(plan, periods=[parse_period("2023")]) if p.severity == "error"]
    assert time.process_time() - start < 3
