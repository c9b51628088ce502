"""The workbooks of a period: all units, zipped by class, the same bytes every time, points and scores in them."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import polars as pl

from flows.ingest import ingest_batch
from flows.settings import Settings
from flows.spread import WORTH_PROCESSES
from flows.templates import forms_of, make_templates, workbooks, zip_by_class
from intake.form import FIRST_ROW, FORM_SHEET, POSITION
from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from tests.flows.forms import change_value, first

Q1, Q2 = parse_period("2023Q1"), parse_period("2023Q2")


def column(content: bytes, name: str) -> dict[str, object]:
    """What a column's first rows hold, by indicator; formulas as text."""
    form = openpyxl.load_workbook(io.BytesIO(content))[FORM_SHEET["zh"]]
    found: dict[str, object] = {}
    for row in range(FIRST_ROW + 1, form.max_row):
        code = form.cell(row, POSITION["indicator_code"] + 1).value
        if code:
            found.setdefault(str(code), form.cell(row, POSITION[name] + 1).value)
    return found


def test_every_unit_and_a_zip_for_each_class(settings: Settings, plan: Plan) -> None:
    paths = make_templates(settings, plan, Q1)
    zips = zip_by_class(settings, plan, Q1, paths)
    assert [z.name for z in zips] == ["2023Q1_city_市州科协.zip", "2023Q1_society_全省学会.zip"]
    before = [z.read_bytes() for z in zips]
    inside = {}
    for path in zips:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            inside |= {name: archive.read(name) for name in archive.namelist()}
    assert inside == {p.name: p.read_bytes() for p in paths}
    assert [z.read_bytes() for z in zip_by_class(settings, plan, Q1, make_templates(settings, plan, Q1))] == before


def test_workbooks_written_in_processes_are_the_same_bytes(settings: Settings, root: Path) -> None:
    shipped = load_plan(root / "data" / "plans" / "cast-2023")
    forms = forms_of(settings, replace(shipped, units=shipped.units.head(WORTH_PROCESSES + 2)), Q2)
    marks = {(forms.rows(unit)[0].indicator.code, "", "value"): ("error", "请核对") for unit in forms.cells}
    wanted = [(unit, {"reporter": "张三", "marks": marks}) for unit in forms.cells]
    assert len(wanted) > WORTH_PROCESSES
    assert list(workbooks(forms, wanted)) == [forms.workbook(unit, **filled) for unit, filled in wanted]


def test_english_workbooks_bear_the_english_names(settings: Settings, plan: Plan) -> None:
    plan = replace(plan, units=plan.units.with_columns(name_en=pl.format("Unit {}", "unit_code")))
    paths = make_templates(replace(settings, lang="en"), plan, Q1)
    assert all("Unit" in path.name for path in paths)
    zips = zip_by_class(replace(settings, lang="en"), plan, Q1, paths)
    assert sum(len(zipfile.ZipFile(path).namelist()) for path in zips) == len(paths)


def test_points_scores_and_costs_are_in_the_blank_one_and_in_the_marked_copy(
    settings: Settings, plan: Plan, inbox: Path
) -> None:
    path = change_value(first(inbox), lambda _: "约50")
    unit = next(c for c, n in plan.units.select("unit_code", "name").iter_rows() if n in path.name)
    (blank,) = make_templates(settings, plan, Q1, units=[unit])
    (returned,) = ingest_batch(settings, plan, [path], Q1, received_at="modified").faulty
    assert returned.answer
    blank_points = column(blank.read_bytes(), "points")
    assert blank_points == column(returned.answer.read_bytes(), "points") and all(blank_points.values())
    scores = column(returned.answer.read_bytes(), "provisional")
    assert all(str(v).startswith("=IF(") for v in scores.values())
    assert all(str(v).startswith("=IF(") for v in column(blank.read_bytes(), "cost").values())


def test_the_next_form_shows_last_values_and_counts_them(settings: Settings, plan: Plan, inbox: Path) -> None:
    ingest_batch(settings, plan, [inbox], Q1, received_at="modified")
    (path,) = make_templates(settings, plan, Q2, units=["HB-WH"])
    before, formula = (column(path.read_bytes(), n)["T07-1"] for n in ("previous", "provisional"))
    assert isinstance(before, int | float) and f"+{before:g})" in str(formula)
