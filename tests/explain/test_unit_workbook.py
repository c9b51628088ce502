"""A unit's workbook computes its published score again: LibreOffice recalculates every formula, nothing may differ."""

import math
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import python_calamine

from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from schemas.plan import Year
from schemas.tables import Adjustments, Items, columns_of
from scorecards.edition import Edition
from scorecards.numbers import half_up
from scorecards.unit_workbook import PLACEHOLDER, unit_workbook
from scoring import Inputs
from scoring.explain import Explainer
from scoring.explain_lines import derivation_lines
from scoring.explain_live import live_unit, rounded
from tests.byhand.test_byhand import HERE as BYHAND
from tests.byhand.test_byhand import NUMBERS, _typed, read
from tests.explain import methods, rules
from tests.explain.test_three_formulas import RECALCULATE

CLOSE = 1e-9
SOME = {
    "shipped": ["HB-WH"], "methods": ["U2", "U7"],
    "rules": [rules.UNITS[n] for n in (6, 14)], "year": ["HB-WH"], "few": ["g1"], "points": ["u1"], "step": ["H1"],
}  # fmt: skip
"""What is recalculated on every run of the tests; all units in the soak."""


@dataclass(frozen=True)
class Case:
    """A plan with its inputs and all its units."""

    edition: Edition
    explainer: Explainer
    units: list[str]

    def workbook(self, unit: str) -> bytes:
        return unit_workbook(self.edition, live_unit(self.explainer, unit).to_dict())


def case(plan: Plan, inputs: Inputs, period: str) -> Case:
    explainer = Explainer(plan, inputs, parse_period(period))
    edition = Edition(plan, parse_period(period), "0123456789abcdef", explainer.results, explainer.scores)
    return Case(edition, explainer, explainer.units())


@pytest.fixture(scope="module")
def cases(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    shipped = Inputs(
        read(BYHAND / "measurements.csv", NUMBERS),
        items=_typed(read(BYHAND / "items.csv", {"count": pl.Float64}), columns_of(Items)),
        adjustments=_typed(read(BYHAND / "adjustments.csv", {"value": pl.Float64}), columns_of(Adjustments)),
    )
    mixed = rules.write_plan(tmp_path_factory.mktemp("rules"))
    every = methods.write_plan(tmp_path_factory.mktemp("methods"))
    plan = load_plan(root / "data/plans/cast-2023")
    return {
        "shipped": case(plan, shipped, "2023Q1"),
        "methods": case(every, Inputs(methods.measurements()), "2023"),
        "rules": case(mixed, rules.inputs(), "2023"),
        "year": case(*year_of_quarters(root / "data/plans/example-2023"), "2023"),
        "few": case(*scheme(root, "case-minimum"), "2023"),
        "points": case(*scheme(root, "item-points"), "2023"),
        "step": case(*scheme(root, "half-stars"), "2023"),
    }


def scheme(root: Path, name: str) -> tuple[Plan, Inputs]:
    folder = root / "tests/schemes" / name
    adjustments = folder / "adjustments.csv"
    kinds = {n: pl.Float64 for n in NUMBERS}
    return load_plan(folder), Inputs(
        pl.read_csv(folder / "measurements.csv", schema_overrides=kinds),
        adjustments=pl.read_csv(adjustments) if adjustments.exists() else None,
    )


def year_of_quarters(folder: Path) -> tuple[Plan, Inputs]:
    """Return the example plan with a year that is the mean of its quarters, and two quarters' reports."""
    plan = load_plan(folder)
    year = Year(rule="weighted_quarters", weights=[1, 3, 0, 0])
    first = read(folder / "measurements.csv", NUMBERS)
    again = first.with_columns(period=pl.lit("2023Q2"), value=pl.col("value") * 0.7)
    return replace(plan, file=plan.file.model_copy(update={"year": year})), Inputs(pl.concat([first, again]))


Books = dict[tuple[str, str], dict[str, list[list[Any]]]]


def recalculate(soffice: str, cases: dict[str, Case], units: dict[str, list[str]], folder: Path) -> Books:
    """Return workbooks as LibreOffice computes them: sheet → rows; values stored beside formulas are thrown away."""
    (folder / "profile" / "user").mkdir(parents=True)
    (folder / "profile" / "user" / "registrymodifications.xcu").write_text(RECALCULATE, encoding="utf-8")
    paths = {(name, unit): folder / f"{name}-{unit}.xlsx" for name in cases for unit in units[name]}
    for (name, unit), path in paths.items():
        path.write_bytes(without_values(cases[name].workbook(unit)))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [soffice, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder / "out")]
    subprocess.run([*command, *map(str, paths.values())], check=True, capture_output=True, timeout=600)
    found = {}
    for key, path in paths.items():
        book = python_calamine.CalamineWorkbook.from_path(folder / "out" / path.name)
        found[key] = {sheet: book.get_sheet_by_name(sheet).to_python() for sheet in book.sheet_names}
    return found


@pytest.fixture(scope="module")
def recalculated(
    cases: dict[str, Case], tmp_path_factory: pytest.TempPathFactory, needs_tool: Callable[[str], str]
) -> Books:
    return recalculate(needs_tool("soffice"), cases, SOME, tmp_path_factory.mktemp("office"))


def without_values(content: bytes) -> bytes:
    """Put 0 in place of every value that stands beside a formula, so that only recalculation can give it."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name).decode() if name.startswith("xl/worksheets/sheet") else None
            parts = data.split("</f><v>") if data else []
            text = "</f><v>".join([parts[0], *("0" + p[p.index("</v>") :] for p in parts[1:])]) if parts else None
            new.writestr(name, old.read(name) if text is None else text)
    return out.getvalue()


@pytest.mark.office
def test_every_formula_gives_the_published_number(cases: dict[str, Case], recalculated: Books) -> None:
    wrong, compared = differences(cases, recalculated)
    assert not wrong[:3]
    assert compared > 300


@pytest.mark.soak
@pytest.mark.office
def test_every_units_workbook_gives_the_published_numbers(
    cases: dict[str, Case], tmp_path: Path, needs_tool: Callable[[str], str]
) -> None:
    units = {name: one.units for name, one in cases.items()}
    wrong, compared = differences(cases, recalculate(needs_tool("soffice"), cases, units, tmp_path))
    assert not wrong[:3]
    assert compared > 5000


def differences(cases: dict[str, Case], books: Books) -> tuple[list[Any], int]:
    """Return the rows whose computed number is not the published one to 1e-9, and how many were compared."""
    wrong, compared = [], 0
    for (name, unit), sheets in books.items():
        published = scores_of(cases[name], unit)
        for sheet, at in (("指标计分", 5), ("指标体系", 6)):
            for row in sheets[sheet][3:]:
                if row[at + 1] in ("", "—"):
                    continue
                compared += 1
                near = isinstance(row[at], float) and abs(row[at] - published[row[0]]) <= CLOSE
                if not near or row[at + 2] != "一致":
                    wrong.append((name, unit, sheet, *row))
    return wrong, compared


def scores_of(one: Case, unit: str) -> dict[str, float]:
    mine = one.edition.scores.filter(pl.col("unit_code") == unit)
    return dict(mine.select("node_code", "score").drop_nulls().iter_rows())


@pytest.mark.office
def test_base_and_total_are_the_published_ones(cases: dict[str, Case], recalculated: Books) -> None:
    seen = set()
    for (name, unit), sheets in recalculated.items():
        result = cases[name].edition.results.row(by_predicate=pl.col("unit_code") == unit, named=True)
        rows = {row[0]: row for row in sheets["成绩单"][3:7]}
        for title, column in (("基础分", "base"), ("总分", "total")):
            if result[column] is None:
                assert rows[title][1] == "—"
                continue
            assert abs(rows[title][1] - result[column]) <= CLOSE, (name, unit, title)
            assert rows[title][3] == "一致"
        seen.add((name, result["reason_code"]))
    assert len(seen) > 2


def test_every_scored_indicator_and_node_has_a_formula(cases: dict[str, Case]) -> None:
    for one in cases.values():
        for unit in one.units[::5]:
            live = live_unit(one.explainer, unit)
            unexplained = [x.code for x in live.indicators if (x.score is not None) != bool(x.score_formula)]
            unexplained += [x.code for x in live.nodes if (x.score is not None) != bool(x.formula)]
            assert not unexplained


def test_the_same_unit_gives_the_same_bytes(cases: dict[str, Case]) -> None:
    assert cases["shipped"].workbook("HB-WH") == cases["shipped"].workbook("HB-WH")


def test_no_text_becomes_a_formula(cases: dict[str, Case]) -> None:
    with zipfile.ZipFile(BytesIO(cases["shipped"].workbook("HB-WH"))) as book:
        formulas = [
            f for n in book.namelist() if n.startswith("xl/worksheets/sheet")
            for f in book.read(n).decode().split("<f>")[1:]
        ]  # fmt: skip
    assert formulas
    assert not [f for f in formulas if "HYPERLINK" in f or "|" in f]


def test_rounding_formulas_say_what_the_plan_says() -> None:
    assert rounded("{x}", 2, "half_up") == "ROUND(ROUND({x},9),2)"
    assert rounded("{x}", 0, "half_even").startswith("IF(ABS(ABS(ROUND({x},7))*1-INT(")


def test_a_year_of_quarters_is_derived_quarter_by_quarter(cases: dict[str, Case]) -> None:
    lines = derivation_lines(cases["year"].explainer)
    said = lines.filter((pl.col("unit_code") == "HB-WH") & (pl.col("node_code") == "T07-1"))["zh"][0].to_list()
    assert "2023年第一季度" in said and "2023年第二季度" in said
    total = lines.filter((pl.col("unit_code") == "HB-WH") & pl.col("node_code").is_null())["zh"][0].to_list()
    assert "各季度加权" in total[0]


def test_the_formula_of_every_node_of_every_unit_gives_its_score(cases: dict[str, Case]) -> None:
    """Worked out here, without LibreOffice: all nodes with their rules for absent children, limits and rounding."""
    wrong, compared = [], 0
    explainer = cases["rules"].explainer
    for unit in explainer.units():
        scores = scores_of(cases["rules"], unit)
        for node in live_unit(explainer, unit).nodes:
            names = {f"share:{c.code}": c.share_pct for c in node.children if c.counts}
            names |= {f"counted:{c.code}": scores.get(c.code, c.put_in) for c in node.children if c.counts}
            if node.score is not None:
                compared += 1
                wrong += [(unit, node.code)] if abs(worked_out(node.formula, names) - node.score) > CLOSE else []
    assert not wrong
    assert compared > 500


def worked_out(formula: str, names: dict[str, float | None]) -> float:
    """Compute a node's formula as Excel does."""
    text = PLACEHOLDER.sub(lambda found: f"({names[found[1]]!r})", formula).replace("^", "**")
    known: dict[str, Any] = {
        "MAX": lambda *x: max(x), "MIN": lambda *x: min(x), "EXP": math.exp,
        "ROUND": lambda x, n: float(half_up(x, int(n))),
        "LN": lambda x: math.log(x) if x > 0 else math.nan, "IF": lambda test, yes, no: yes if test else no,
    }  # fmt: skip
    return float(eval(text, {"__builtins__": {}}, known))
