"""The form's provisional score, recomputed by LibreOffice, is the engine's score for the same values (1e-9)."""

import io
import math
import subprocess
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import yaml
from python_calamine import CalamineWorkbook

from flows.estimates import OTHERS, RATERS, STANDS, Estimates
from intake.form import FIRST_ROW, POSITION, FormRow
from intake.formula_value import formula_value
from intake.provisional import rounded_formula
from intake.read import read_files
from intake.template import Forms
from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from schemas.reasons import REASONS
from scoring import Inputs, open_engine, score
from tests.explain.methods import METHODS, UNITS, write_plan
from tests.explain.test_three_formulas import RECALCULATE

YEAR, Q2 = parse_period("2023"), parse_period("2023Q2")
CLOSE = {"rel_tol": 1e-9, "abs_tol": 1e-9}
Answers = dict[tuple[str, str], dict[str, Any]]
Case = tuple[Plan, Forms, dict[str, Answers]]

# code: indicator, target of the year, answers of U1 to U4 in 2023Q2 (None: blank, "nil": 零报告), before by period
QUARTERS: dict[str, tuple[dict[str, Any], float | None, list[Any], dict[str, Any]]] = {
    "flow": ({"accumulation": "flow", "method": {"kind": "attainment", "target": "annual_share", "cap": 120},
              "schedule": [0.25, 0.4, 0.75, 1]}, 100, [12.5, 0, "nil", None], {"2023Q1": 20}),
    "flow_gap": ({"accumulation": "flow", "method": {"kind": "attainment"}}, 40, [12.5, 0, "nil", 3], {}),
    "rate": ({"accumulation": "flow", "method": {"kind": "coverage", "target": 80}}, None,
             [(7, 9), (0, 10), "nil", (3, 3)], {"2023Q1": (30, 70)}),
    "few": ({"method": {"kind": "coverage"}, "min_denominator": 10}, None, [(7, 9), (7, 11), (0, 10), None], {}),
    "few_flat": ({"method": {"kind": "coverage", "cap": 90}, "min_denominator": 10, "too_few": {"value": 30}}, None,
                 [(7, 9), (7, 11), (11, 11), None], {}),
    "few_capped": ({"method": {"kind": "coverage", "cap": 90}, "min_denominator": 10, "too_few": {"value": 95.5}}, None,
                   [(7, 9), (7, 11), (11, 11), None], {}),
    "few_rounded": ({"places": 0, "method": {"kind": "coverage"}, "min_denominator": 10, "too_few": {"value": 30.5}},
                    None, [(7, 9), (7, 11), (11, 11), None], {}),
    "pointed": ({"places": 1, "places_of": "points", "method": {"kind": "attainment", "cap": 120}}, 8,
                [5, 3.3, 12, None], {}),
    "few_waived": ({"method": {"kind": "coverage"}, "min_denominator": 10, "too_few": "not_applicable"}, None,
                   [(7, 9), (7, 11), (0, 10), None], {}),
    "points": ({"accumulation": "flow", "method": {"kind": "points", "per_item": {"a": 3, "b": 50},
                "full_marks_at": 160, "cap_by_kind": {"a": 45}}}, None,
               [{"a": 4, "b": 1}, {"a": 20, "b": 0}, {"a": 2, "b": "nil"}, {"a": 1, "b": None}],
               {"2023Q1": {"a": 5, "b": 1}}),
    "cases": ({"accumulation": "flow", "method": {"kind": "deductions", "per_case": 2.5, "floor": 40}}, None,
              [0, 7, "nil", 30], {"2023Q1": 3}),
    "on_quarter": ({"method": {"kind": "growth", "on": "previous_period", "at_zero": 60, "cap": 130}}, 10,
                   [52.5, 50, 44, 70], {"2023Q1": 50}),
    "on_year": ({"method": {"kind": "growth", "on": "same_period_last_year", "mode": "difference"}}, 3,
                [9, 7.25, 6, None], {"2022Q2": 6.5}),
    "no_base": ({"method": {"kind": "growth", "on": "previous_period"}}, 10, [1, 2, 3, 4], {}),
    "stages": ({"accumulation": "stage", "method": {"kind": "milestones", "stages": [
        {"code": "s1", "weight": 30, "due": 1}, {"code": "s2", "weight": 40, "due": 2},
        {"code": "s3", "weight": 30, "due": 4}]}}, None,
        [{"s1": 1, "s2": 0, "s3": 0}, {"s1": 1, "s2": 1, "s3": 1}, {"s1": 0, "s2": 0, "s3": 0}, {"s1": 1, "s2": None}],
        {}),
    "items": ({"accumulation": "stage", "method": {"kind": "checklist", "items": {"x": 1, "y": 2.5}}}, None,
              [{"x": 1, "y": 1}, {"x": 0, "y": 1}, {"x": 0, "y": 0}, {"x": 1, "y": None}], {}),
    "yes": ({"accumulation": "stage", "method": {"kind": "boolean", "not_met": 20}}, None, [1, 0, None, 1], {}),
    "posts": ({"places": 1, "method": {"kind": "goalposts", "worst": 20, "best": -3, "range": [1, 100]}}, None,
              [4.44, -9, 20, 3], {}),
    "cut": ({"value_places": 1, "value_rounding": "down", "method": {"kind": "attainment"}}, 8,
            [0.29, 1.19, 3.99, None], {}),
    "against_class": ({"method": {"kind": "attainment", "target": "group_mean"}}, None, [1, 2, 3, 4], {}),
    "shared": ({"credit": {"lead": 1, "partner": 0.4}, "method": {"kind": "attainment"}}, 8, [7, 7, 0, None], {}),
    "stale": ({"gaps": "last_known", "method": {"kind": "attainment"}}, 9, [7, 0, None, 8], {"2023Q1": 5}),
    "bounds": ({"method": {"kind": "minmax", "lower": 5, "upper": 25, "direction": "down"}}, None,
               [5, 7.5, 30, None], {}),
    "given_normal": (
        {"method": {"kind": "zscore", "mean": 10, "sd": 3, "cumulative": True}}, None, [5, 7.5, 30, None], {}
    ),
    "curve": ({"method": {"kind": "logistic", "midpoint": 10, "steepness": 2}}, None, [5, 10.5, -900, None], {}),
    "given_z": ({"method": {"kind": "zscore", "mean": 10, "sd": 3, "per_sd": 15}}, None, [5, 7.5, 30, None], {}),
    "given_best": ({"method": {"kind": "share_of_best", "best": 15, "cap": 110}}, None, [5, 7.5, 30, None], {}),
    "distance": ({"method": {"kind": "distance_to_target", "worst": 2}}, 18, [5, 7.5, 30, None], {}),
    "ranked": ({"method": {"kind": "rank_points"}}, None, [5, 7.5, 30, None], {}),
    "marks": ({"method": {"kind": "panel", "groups": {"g": 1}}}, None, [{"g": 80}, {"g": 70}, {"g": 1}, {}], {}),
    "aimless": ({"method": {"kind": "attainment"}}, None, [5, 7.5, 30, None], {}),
}  # fmt: skip
FOUR = ["U1", "U2", "U3", "U4"]


def quarters_plan(folder: Path, tree: list[dict[str, Any]] | None = None) -> Plan:
    tree = tree or [{"code": "ROOT", "title": "Total"}]
    periods = [f"2023Q{n}" for n in range(1, 5)]
    plan = {"plan": "q", "title": "Q", "periods": periods, "classes": {"k": "K"}, "tree": tree}
    indicators = [{"code": c, "parent": "ROOT", "title": c, **about[0]} for c, about in QUARTERS.items()]
    for name, content in (("plan.yaml", plan), ("indicators.yaml", indicators)):
        (folder / name).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    targets = [f"{c},,,2023,target,{about[1]}" for c, about in QUARTERS.items() if about[1] is not None]
    files = {
        "units.csv": ["unit_code,name,class_code", *(f"{u},{u},k" for u in FOUR)],
        "targets.csv": ["indicator_code,unit_code,class_code,period,name,value", *targets],
        "assignments.csv": ["indicator_code,unit_code,role,period,state", "shared,U2,partner,2023,assigned"],
    }
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load_plan(folder)


def answer(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if value == "nil":
        return {"note": "零报告"}
    return dict(zip(("numerator", "denominator"), value, strict=True)) if isinstance(value, tuple) else {"value": value}


def by_part(code: str, value: Any) -> Answers:
    cells = value if isinstance(value, dict) else {"": value}
    return {(code, part): found for part, v in cells.items() if (found := answer(v))}


def earlier() -> pl.DataFrame:
    rows = []
    for code, (_, _, _, before) in QUARTERS.items():
        for period, value in before.items():
            for (_, part), given in by_part(code, value).items():
                about = {"indicator_code": code, "period": period, "part": part, "status": "reported", **given}
                rows += [{"unit_code": u, **about} for u in FOUR]
    numbers = dict.fromkeys(("value", "numerator", "denominator"), pl.Float64)
    return pl.DataFrame(rows, schema_overrides=numbers, infer_schema_length=None)


def verdicts() -> pl.DataFrame:
    """U2's flow of the first quarter was adjusted from 20 to 8; so were U2's cases, from 3 to 5."""
    about = {"unit_code": "U2", "period": "2023Q1", "part": "", "verdict": "adjusted", "numerator": None,
             "denominator": None, "recorded_at": datetime(2023, 5, 1)}  # fmt: skip
    rows = [{**about, "indicator_code": c, "value": v} for c, v in (("flow", 8.0), ("cases", 5.0))]
    return pl.DataFrame(rows, schema_overrides=dict.fromkeys(("numerator", "denominator"), pl.Float64))


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Case:
    plan = quarters_plan(tmp_path_factory.mktemp("quarters"))
    estimates = Estimates(plan, Q2, earlier(), verdicts())
    answers: dict[str, Answers] = {
        unit: {k: v for code, about in QUARTERS.items() for k, v in by_part(code, about[2][n]).items()}
        for n, unit in enumerate(FOUR)
    }
    return plan, Forms(plan, Q2, earlier(), estimates.targets, "zh", estimates.weights, estimates.of), answers


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """All methods of the three-way comparison with all their values, as far as a form can hold them."""
    plan = write_plan(tmp_path_factory.mktemp("year"))
    estimates = Estimates(plan, YEAR)
    answers: dict[str, Answers] = {}
    for n, unit in enumerate(UNITS):
        for code, (method, _, values) in METHODS.items():
            value = values[n]
            if value is None or method["kind"] == "panel" or (method["kind"] == "boolean" and value not in (0, 1)):
                continue
            given = {"numerator": value * 2, "denominator": 200} if method["kind"] == "coverage" else {"value": value}
            answers.setdefault(unit, {})[code, ""] = given
    return plan, Forms(plan, YEAR, None, None, "zh", estimates.weights, estimates.of), answers


def recalculated(soffice: str, books: dict[str, bytes], folder: Path) -> dict[str, bytes]:
    """The workbooks as LibreOffice computes them anew, without any stored result to go by."""
    for name, content in books.items():
        openpyxl.load_workbook(io.BytesIO(content)).save(folder / f"{name}.xlsx")
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(RECALCULATE, encoding="utf-8")
    command = [soffice, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx", "--outdir"]
    files = [str(folder / f"{name}.xlsx") for name in books]
    subprocess.run([*command, str(folder / "out"), *files], check=True, capture_output=True, timeout=120)
    return {name: (folder / "out" / f"{name}.xlsx").read_bytes() for name in books}


def shown(content: bytes, rows: list[FormRow]) -> dict[str, Any]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheet = book.get_sheet_by_name("填报表").to_python(skip_empty_area=False)
    first: dict[str, int] = {}
    for row in rows:
        first.setdefault(row.indicator.code, FIRST_ROW + row.number - 1)
    return {code: sheet[at][POSITION["provisional"]] for code, at in first.items()}


def engine_scores(plan: Plan, forms: Forms, books: dict[str, bytes], folder: Path) -> dict[tuple[str, str], Any]:
    """What the engine gives for what the intake reads in these very workbooks."""
    paths = [folder / f"sent-{name}.xlsx" for name in books]
    for path, content in zip(paths, books.values(), strict=True):
        path.write_bytes(content)
    cells = read_files(paths, plan, period=forms.period).cells
    columns = ["unit_code", "indicator_code", "period", "part", "value", "numerator", "denominator", "status"]
    measured = cells.select(columns)
    quarterly = forms.previous is not None
    if quarterly:
        measured = pl.concat([measured, earlier().select(columns)])
    inputs = Inputs(measured, verifications=verdicts() if quarterly else None, unreported=[])
    rows = score(plan, inputs, forms.period, engine=open_engine("polars")).scores_frame()
    return {(u, c): s for u, c, s in rows.select("unit_code", "node_code", "score").iter_rows()}


@pytest.mark.office
def test_libreoffice_shows_the_engines_scores(
    quarter: Case, year: Case, tmp_path: Path, needs_tool: Callable[[str], str]
) -> None:
    cases = {"quarter": quarter, "year": year}
    books = {
        f"{name}-{unit}": forms.workbook(unit, given)
        for name, (_, forms, answers) in cases.items()
        for unit, given in answers.items()
    }
    computed = recalculated(needs_tool("soffice"), books, tmp_path)
    compared, wrong = 0, []
    for name, (plan, forms, answers) in cases.items():
        engine = engine_scores(plan, forms, {u: books[f"{name}-{u}"] for u in answers}, tmp_path)
        for unit in answers:
            book, rows = f"{name}-{unit}", forms.rows(unit)
            stored, live = shown(books[book], rows), shown(computed[book], rows)
            for code, value in live.items():
                expected = engine.get((unit, code))
                compared += isinstance(value, float)
                if not agrees(value, stored[code], expected) and (unit, code) != ("U3", "stale"):
                    wrong.append((unit, code, stored[code], value, expected))
    assert not wrong
    assert compared > 260


def agrees(live: Any, stored: Any, engine: float | None) -> bool:
    """A number is the engine's; a word stands where the engine has no score, or where others decide it."""
    if isinstance(live, float) and isinstance(stored, float) and engine is not None:
        return math.isclose(live, engine, **CLOSE) and math.isclose(stored, live, **CLOSE)
    return live == stored and not isinstance(live, float) and (engine is None or live in (OTHERS[0], RATERS[0]))


def test_where_an_earlier_value_stands_in_a_blank_costs_nothing(quarter: Case) -> None:
    _, forms, _ = quarter
    assert forms.estimates_of("U3")["stale"].blank_word == STANDS
    assert forms.estimates_of("U3")["flow"].blank == 0


def test_the_cell_says_why_there_is_no_estimate(quarter: Case) -> None:
    _, forms, answers = quarter
    said = shown(forms.workbook("U1", answers["U1"]), forms.rows("U1"))
    assert {c: said[c] for c in ("ranked", "against_class", "marks", "aimless", "no_base", "flow_gap")} == {
        "ranked": OTHERS[0], "against_class": OTHERS[0], "marks": RATERS[0], "aimless": REASONS["no_target"][0],
        "no_base": REASONS["no_baseline"][0], "flow_gap": REASONS["gap"][0],
    }  # fmt: skip


def test_what_earlier_quarters_add_is_what_was_verified(quarter: Case) -> None:
    plan, _, _ = quarter
    estimates = Estimates(plan, Q2, earlier(), verdicts())
    assert estimates.of("U1")["flow"].so_far[""].value == 20
    assert estimates.of("U2")["flow"].so_far[""].value == 8
    assert estimates.of("U2")["shared"].credit == 0.4


@pytest.mark.parametrize("status", ["missing", "not_applicable"])
def test_what_a_reviewer_put_where_nothing_was_reported_counts(quarter: Case, status: str) -> None:
    plan, _, _ = quarter
    here = (pl.col("unit_code") == "U2") & (pl.col("indicator_code") == "flow")
    absent = earlier().with_columns(
        value=pl.when(~here).then("value"), status=pl.when(here).then(pl.lit(status)).otherwise("status")
    )
    assert Estimates(plan, Q2, absent, verdicts()).of("U2")["flow"].so_far[""].value == 8


@pytest.mark.parametrize(
    ("mode", "exactly"),
    [("half_up", ROUND_HALF_UP), ("half_even", ROUND_HALF_EVEN), ("down", ROUND_DOWN), ("up", ROUND_UP)],
)
def test_roundings_are_those_of_decimal_arithmetic(mode: str, exactly: str) -> None:
    for text in ("0", "0.5", "1.5", "2.5", "2.4999", "80.845", "80.855", "0.29", "57.000000001", "1.005", "99.995"):
        for places in (0, 1, 2):
            formula = rounded_formula("A1", places, mode)
            expected = float(Decimal(text).quantize(Decimal(1).scaleb(-places), exactly))
            assert formula_value(formula, {"A1": float(text)}) == expected, (text, places)


def test_points_are_the_weights_of_a_full_report(quarter: Case, tmp_path: Path) -> None:
    """Where missing values leave the mean, relative methods and panels are worth as much as the others."""
    _, forms, _ = quarter
    assert sum(w for (u, _), w in forms.points.items() if u == "U1") == pytest.approx(100)
    tree = [{"code": "ROOT", "title": "Total", "missing": "exclude"}]
    points = Estimates(quarters_plan(tmp_path, tree), Q2, earlier()).weights.filter(unit_code="U1")
    worth = dict(points.select("indicator_code", "effective_weight_pct").iter_rows())
    without = {"aimless", "no_base", "flow_gap"}
    assert {c for c, w in worth.items() if w == 0} == without
    assert {c: w for c, w in worth.items() if w} == pytest.approx(
        {c: 100 / (len(QUARTERS) - len(without)) for c in QUARTERS if c not in without}
    )


def test_a_target_that_others_make_is_not_shown(quarter: Case) -> None:
    _, forms, _ = quarter
    assert {c for u, c in forms.due_targets if u == "U1"} == {
        "flow", "flow_gap", "rate", "few", "few_flat", "few_capped", "few_rounded", "few_waived", "on_quarter",
        "on_year", "no_base", "cut",
        "pointed", "shared", "stale", "distance",
    }  # fmt: skip
