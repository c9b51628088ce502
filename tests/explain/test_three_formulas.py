"""Each method says the same three times: as an expression, as a text for people, as a formula for Excel."""

import math
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import python_calamine
import xlsxwriter

from schemas.methods import METHOD_MODELS
from schemas.periods import parse_period
from scoring import Inputs
from scoring.explain import Explainer
from scoring.explain_formula import put_in, values_of
from scoring.explain_model import NodeDerivation
from scoring.explain_words import PLACEHOLDER
from scoring.formulas import formula_of
from tests.explain.methods import UNITS, measurements, write_plan

RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>"""
SIGNS = {"×": "*", "−": "-", "ln ": "log", "⌊": "half_up(", "⌉": ")", "e^": "exp", "Φ": "below"}
CLOSE = {"rel_tol": 1e-9, "abs_tol": 1e-9}


@pytest.fixture(scope="module")
def explainer(tmp_path_factory: pytest.TempPathFactory) -> Explainer:
    plan = write_plan(tmp_path_factory.mktemp("plan"))
    return Explainer(plan, Inputs(measurements()), parse_period("2023"))


@pytest.fixture(scope="module")
def cells(explainer: Explainer) -> list[tuple[str, Any, dict[str, Any], NodeDerivation]]:
    """Every scored cell: unit, method, the engine's columns, the explanation."""
    found = []
    for unit in UNITS:
        tree = explainer.unit(unit).tree
        assert tree is not None
        columns = explainer.cells(unit)
        for node in tree.below:
            if node.score is not None:
                leaf = next(x for x in explainer.leaves if x.indicator.code == node.node_code)
                found.append((unit, leaf.method, columns[leaf.number], node))
    return found


def test_every_method_is_compared(cells: list[Any]) -> None:
    assert {method.kind for _, method, _, _ in cells} == set(METHOD_MODELS)
    assert len(cells) > 330


def test_limits_lead_from_the_bare_points_to_the_score(cells: list[Any]) -> None:
    for unit, _, _, node in cells:
        steps = node.indicator.limits
        last = steps[-1].result if steps else node.indicator.raw
        assert math.isclose(last, node.score, **CLOSE), (unit, node.node_code)


def test_the_text_with_values_computes_the_expression(cells: list[Any]) -> None:
    wrong = []
    for unit, method, columns, node in cells:
        text = put_in(method, formula_of(method).text, values_of(method, columns), write=exactly)
        if text is None or not math.isclose(worked_out(text), node.indicator.raw, **CLOSE):
            wrong.append((unit, node.node_code, text, node.indicator.raw))
    assert not wrong


def exactly(value: float | None) -> str:
    assert value is not None
    return f"({value!r})"


def worked_out(text: str) -> float:
    """Compute what stands after the last colon or semicolon."""
    last = re.split(r": |; ", text)[-1].split(" = ")[-1]
    for sign, code in SIGNS.items():
        last = last.replace(sign, code)
    names = {"max": max, "min": min, "log": math.log, "exp": math.exp, "below": below, "half_up": half_up}
    return float(eval(last, {"__builtins__": {}}, names))


def half_up(x: float) -> int:
    return math.floor(round(x, 7) + 0.5)


def below(z: float) -> float:
    """The share of a standard normal distribution below z."""
    return math.erfc(-z / math.sqrt(2)) / 2


@pytest.mark.office
def test_excel_computes_the_expression(cells: list[Any], tmp_path: Path, needs_tool: Callable[[str], str]) -> None:
    path = tmp_path / "formulas.xlsx"
    workbook = xlsxwriter.Workbook(path)
    sheet = workbook.add_worksheet("formulas")
    for row, (_, method, columns, _) in enumerate(cells):
        values = values_of(method, columns)
        places: dict[str, str] = {}
        excel = formula_of(method).excel
        for column, name in enumerate(dict.fromkeys(PLACEHOLDER.findall(excel)), 1):
            places[name] = xlsxwriter.utility.xl_rowcol_to_cell(row, column)
            if values[name] is not None:
                sheet.write_number(row, column, values[name])
        sheet.write_formula(row, 0, "=" + excel.format(**places), None, -12345)
    workbook.close()
    computed = recalculated(needs_tool("soffice"), path, tmp_path)
    assert len(computed) == len(cells)
    wrong = [
        (unit, node.node_code, formula_of(method).excel, node.indicator.raw, shown[0])
        for (unit, method, _, node), shown in zip(cells, computed, strict=True)
        if not isinstance(shown[0], float) or not math.isclose(shown[0], node.indicator.raw, **CLOSE)
    ]
    assert not wrong


def recalculated(soffice: str, path: Path, folder: Path) -> list[list[Any]]:
    """Open a workbook in LibreOffice, compute every formula anew, and read the values back."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(RECALCULATE, encoding="utf-8")
    out = folder / "out"
    command = [soffice, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx", "--outdir"]
    subprocess.run([*command, str(out), str(path)], check=True, capture_output=True, timeout=120)
    sheet = python_calamine.CalamineWorkbook.from_path(out / path.name).get_sheet_by_index(0)
    return sheet.to_python()
