"""The score a unit sees in the form before it sends, worked by hand, and by LibreOffice from the live formulas."""

import io
import shutil
import subprocess
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from flows.estimates import Estimates
from intake.form import FIRST_ROW, POSITION
from intake.template import Forms
from tests.intake.corpus import PERIOD, Answers, corpus_plan, good, targets_due

PLAN = corpus_plan()
REPORTED = [("A1", "", 30.0), ("A2", "", 300.0), ("B4", "省级采用", 2.0)]
PAST = pl.DataFrame(REPORTED, schema=["indicator_code", "part", "value"], orient="row").with_columns(
    unit_code=pl.lit("C-01"), period=pl.lit("2023Q1"), numerator=pl.lit(None), denominator=pl.lit(None)
)
WEIGHT = {"A1": 10.0, "A3": 20.0, "B1": 5.0}
WEIGHTS = pl.DataFrame({"indicator_code": WEIGHT.keys(), "effective_weight_pct": WEIGHT.values()}).with_columns(
    unit_code=pl.lit("C-01")
)

# C-01 in 2023Q2. Targets due: A1 40, A2 1,000, A4 3.
BY_HAND = {
    "A1": 120,  # year to date 85 of 40 due: 212.5, cap 120
    "A2": 90,  # 300 before + 600 now = 900 of 1,000
    "A3": 90,  # 180/200 of 100 %
    "A4": 50,  # 1.5 of 3
    "A5": 100,  # 95 of 90: 105.6, cap 100
    "B1": 66.66666666666667,  # 2 of 3
    "B2": 100,  # 方案 and 建设 are due by now, both reached
    "B3": 0,  # no
    "B4": 60,  # (2 before + 4 now) × 3 = 18 of 30
    "B5": 18.8,  # −3 between −50 and 200
}
ESTIMATES = Estimates(PLAN, PERIOD, PAST)


def answers() -> Answers:
    return {**good(), ("A2", ""): {"value": 600}}


def form(given: Answers) -> bytes:
    return Forms(PLAN, PERIOD, PAST, targets_due(), weights=WEIGHTS, estimates=ESTIMATES.of).workbook("C-01", given)


def scores(content: bytes, given: Answers) -> dict[str, object]:
    """The provisional score beside the first row of each indicator, and the two sums."""
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("填报表")
    rows = sheet.to_python(skip_empty_area=False)
    found = {rows[FIRST_ROW + n][POSITION["indicator_code"]]: n for n in reversed(range(len(good())))}
    sums = rows[FIRST_ROW + len(good())]
    return {
        **{code: rows[FIRST_ROW + n][POSITION["provisional"]] for code, n in found.items()},
        "worth": sums[POSITION["points"]], "earned": sums[POSITION["provisional"]], "lost": sums[POSITION["cost"]],
    }  # fmt: skip


def recalculated(content: bytes, folder: Path) -> bytes:
    """The workbook as LibreOffice computes it; without stored results it has to."""
    openpyxl.load_workbook(io.BytesIO(content)).save(folder / "in.xlsx")
    soffice = shutil.which("soffice")
    assert soffice
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [soffice, profile, "--headless", "--convert-to", "xlsx", "--outdir", folder / "out", folder / "in.xlsx"]
    subprocess.run(command, check=True, capture_output=True)
    return (folder / "out" / "in.xlsx").read_bytes()


EARNED = 10 * 120 / 100 + 20 * 90 / 100 + 5 * 200 / 3 / 100


def test_stored_results_are_the_scores_by_hand() -> None:
    expected = {**BY_HAND, "worth": 35, "earned": EARNED, "lost": 0}
    assert scores(form(answers()), answers()) == pytest.approx(expected)


def test_the_english_form_computes_the_same() -> None:
    forms = Forms(PLAN, PERIOD, PAST, targets_due(), "en", WEIGHTS, ESTIMATES.of)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(forms.workbook("C-01", answers()))).get_sheet_by_name("Form")
    rows = sheet.to_python(skip_empty_area=False)[FIRST_ROW : FIRST_ROW + len(good())]
    found = {r[POSITION["indicator_code"]]: r[POSITION["provisional"]] for r in reversed(rows)}
    assert found == pytest.approx(BY_HAND)


@pytest.mark.office
def test_live_formulas_give_the_scores_by_hand(tmp_path: Path) -> None:
    expected = {**BY_HAND, "worth": 35, "earned": EARNED, "lost": 0}
    assert scores(recalculated(form(answers()), tmp_path), answers()) == pytest.approx(expected)


@pytest.mark.office
def test_a_blank_form_shows_what_blanks_cost(tmp_path: Path) -> None:
    expected = {**dict.fromkeys(BY_HAND, ""), "worth": 35, "earned": 0, "lost": 35}
    assert scores(form({}), {}) == expected
    assert scores(recalculated(form({}), tmp_path), {}) == expected


def test_a_part_left_blank_is_as_good_as_nothing() -> None:
    """The engine scores an indicator only when all its parts were reported; the form must not promise more."""
    given = {k: v for k, v in answers().items() if k != ("B1", "乡村")}
    assert scores(form(given), given) == pytest.approx(
        {**BY_HAND, "B1": "", "worth": 35, "earned": EARNED - 5 * 200 / 3 / 100, "lost": 5}
    )
