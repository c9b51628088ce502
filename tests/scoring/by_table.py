"""Small text tables in, scores out: the tests of the rules read like the office's own worked examples.

A cell is a number, a fraction (`100/3`), a number known to so many digits (`33.333…`), a word, or blank for nothing.
"""

import json
import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl

from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from scoring import Inputs, Scored, open_engine, score

Row = dict[str, str]
QUARTERS = ["2023Q1", "2023Q2", "2023Q3", "2023Q4"]
_OPEN: dict[str, Any] = {}
_NUMBERS = ("value", "numerator", "denominator", "mark", "count", "base", "total", "rank", "class_size")
_MEASUREMENTS = {
    "unit_code": pl.String, "indicator_code": pl.String, "period": pl.String, "part": pl.String, "value": pl.Float64,
    "numerator": pl.Float64, "denominator": pl.Float64, "status": pl.String,
}  # fmt: skip


def engine(name: str) -> Any:
    """One engine of each kind for the whole session: opening a database for every table would be most of the time."""
    return _OPEN.setdefault(name, open_engine(name))


def read(table: str) -> list[Row]:
    """Cut a text table at its bars; the first line names the columns."""
    lines = [[c.strip() for c in line.split("|")] for line in table.strip().splitlines() if line.strip()]
    return [dict(zip(lines[0], line + [""] * len(lines[0]), strict=False)) for line in lines[1:]]


def number(text: str) -> float | None:
    """`100/3`, `1e3`, `nan`, `-inf`; nothing for a blank."""
    if text == "":
        return None
    top, _, bottom = text.partition("/")
    return float(Fraction(top) / Fraction(bottom)) if bottom else float(text)


def same(found: Any, text: str) -> bool:
    """Say whether a result is what the table says: numbers within 1e-9, or to the digits given before `…`."""
    if text == "":
        return found is None
    if found is None or isinstance(found, str):
        return found == text
    if text.endswith("…"):
        digits = len(text.rstrip("…").partition(".")[2])
        return abs(found - float(text.rstrip("…"))) < 10.0**-digits
    expected = number(text)
    assert expected is not None
    return math.isclose(found, expected, rel_tol=1e-12, abs_tol=1e-9)


def frame(table: str | list[Row]) -> pl.DataFrame:
    """A text table as a frame: columns of numbers as numbers, the rest as text, blanks as null."""
    rows = read(table) if isinstance(table, str) else table
    data: dict[str, list[Any]] = {}
    for name in rows[0] if rows else []:
        numeric = name in _NUMBERS
        data[name] = [number(r[name]) if numeric else r[name] or None for r in rows]
    return pl.DataFrame(data, schema={n: pl.Float64 if n in _NUMBERS else pl.String for n in data})


def measured(rows: str | list[Row]) -> pl.DataFrame:
    """Measurements with `unit`, `indicator` for short; columns that are not given are empty."""
    table = frame(rows)
    short = {"unit": "unit_code", "indicator": "indicator_code"}
    table = table.rename({k: v for k, v in short.items() if k in table.columns})
    return pl.DataFrame(schema=_MEASUREMENTS) if table.is_empty() else table


def plan(
    indicators: list[dict[str, Any]],
    *,
    tree: list[dict[str, Any]] | None = None,
    units: str = "",
    targets: str = "",
    assignments: str = "",
    **settings: Any,
) -> Plan:
    """A plan from what matters to the test; titles, a root and one class are filled in."""
    nodes = tree or [{"code": "ROOT"}]
    root = next(n["code"] for n in nodes if not n.get("parent"))
    leaves = [{"title": i["code"], "parent": root, **i} for i in indicators]
    file = {"plan": "test", "title": "test", "tree": [{"title": n["code"], **n} for n in nodes], **settings}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plan.yaml").write_text(json.dumps(file, ensure_ascii=False), encoding="utf-8")
        (folder / "indicators.yaml").write_text(json.dumps(leaves, ensure_ascii=False), encoding="utf-8")
        registry = read(units) or [{"unit": "U"}]
        full = [
            {"unit_code": r["unit"], "name": r["unit"], "class_code": r.get("class", "all")} | _rest(r)
            for r in registry
        ]
        pl.DataFrame(full).write_csv(folder / "units.csv")
        for file_name, text in (("targets.csv", targets), ("assignments.csv", assignments)):
            rows = [{_LONG.get(k, k): v for k, v in r.items()} for r in read(text)] if text else []
            if rows:
                pl.DataFrame(rows).write_csv(folder / file_name)
        return load_plan(folder)


_LONG = {"unit": "unit_code", "indicator": "indicator_code", "class": "class_code"}


def _rest(row: Row) -> Row:
    return {k: v for k, v in row.items() if k not in ("unit", "class")}


@dataclass(frozen=True)
class Result:
    """What came out, looked up by unit and node."""

    scored: Scored

    def of(self, unit: str) -> dict[str, Any]:
        """The unit's row of results."""
        return self.scored.results.row(by_predicate=pl.col("unit_code") == unit, named=True)

    def node(self, code: str, unit: str = "U") -> dict[str, Any]:
        """The unit's row of scores for a node or indicator; empty where it has none."""
        rows = self.scored.scores_frame().filter((pl.col("unit_code") == unit) & (pl.col("node_code") == code))
        return rows.row(0, named=True) if rows.height else {}

    def score(self, code: str, unit: str = "U") -> float | None:
        """The node's score."""
        value: float | None = self.node(code, unit)["score"]
        return value

    def reason(self, code: str, unit: str = "U") -> str | None:
        """The node's reason code."""
        text: str | None = self.node(code, unit)["reason_code"]
        return text


def run(
    plan_: Plan,
    measurements: str | pl.DataFrame = "",
    *,
    period: str = "2023",
    on: str = "polars",
    detail: Any = "all",
    **inputs: Any,
) -> Result:
    """Score; tables may be text."""
    rows = measured(measurements) if isinstance(measurements, str) else measurements
    tables = {
        k: frame(v).rename({n: _LONG[n] for n in read(v)[0] if n in _LONG}) if isinstance(v, str) else v
        for k, v in inputs.items()
    }
    return Result(score(plan_, Inputs(rows, **tables), parse_period(period), detail=detail, engine=engine(on)))


@dataclass
class MethodTable:
    """One indicator and the units that report to it."""

    method: dict[str, Any]
    rows: list[Row]
    indicator: dict[str, Any]


_COLLECTED: list[MethodTable] | None = None
_KNOWN = {"value", "numerator", "denominator", "status", "score", "reason", "class", "unit", "region"}


def check_method(method: Mapping[str, Any], table: str, **indicator: Any) -> None:
    """Every line is a unit that reports to one indicator.

    `value`, `numerator`, `denominator`, `status`: the measurement. `score`, `reason`: what must come out. `class`,
    `region`: columns of the registry. A column that starts with a dot is a part (`.采用`). Any other is a parameter of
    the unit, as in targets.csv.
    """
    one = MethodTable(dict(method), read(table), indicator)
    if _COLLECTED is None:
        check_together([one], on="polars")
    else:
        _COLLECTED.append(one)


@contextmanager
def collected() -> Iterator[list[MethodTable]]:
    """Gather the tables of tests called inside, instead of scoring them one by one."""
    global _COLLECTED
    _COLLECTED = []
    try:
        yield _COLLECTED
    finally:
        _COLLECTED = None


def check_together(tables: list[MethodTable], *, on: str) -> None:
    """Score all tables in one plan, each an indicator that is assigned to the table's own classes only."""
    leaves, units, targets, cells = [], [], [], []
    for n, table in enumerate(tables, 1):
        classes = sorted({f"{n}-{r.get('class', 'all')}" for r in table.rows})
        leaves.append({"code": f"I{n}", "method": table.method, "assigned_to": classes, **table.indicator})
        for m, row in enumerate(table.rows, 1):
            unit = f"{n:03d}-{row.get('unit') or f'{m:02d}'}"
            units.append(
                {"unit": unit, "class": f"{n}-{row.get('class', 'all')}", "region": f"{n}-{row.get('region', '')}"}
            )
            cells += _cells(unit, f"I{n}", row)
            names = [c for c in row if c not in _KNOWN and not c.startswith(".") and row[c] != ""]
            targets += [{"indicator": f"I{n}", "unit": unit, "name": c, "value": row[c]} for c in names]
    tree = [{"code": "ROOT", "clamp": "none", "weights": "relative"}]
    made = plan(leaves, units=_text(units), targets=_text(targets), tree=tree)
    scores = run(made, measured(cells), on=on).scored.scores_frame()
    found = {r["unit_code"]: r for r in scores.filter(level=1).iter_rows(named=True)}
    wrong = []
    for unit, row in zip(units, (r for t in tables for r in t.rows), strict=True):
        got = found[unit["unit"]]
        if not same(got["score"], row["score"]) or ("reason" in row and not same(got["reason_code"], row["reason"])):
            wrong.append(f"{row} gave {got['score']}, {got['reason_code']} on {on}")
    assert not wrong, "\n".join(wrong)


def _cells(unit: str, indicator: str, row: Row) -> list[Row]:
    """The measurements of one line: one for each part, or one."""
    given = {k: row.get(k, "") for k in ("numerator", "denominator", "status")}
    own = {"unit": unit, "indicator": indicator, **given}
    cells = [{**own, "part": n[1:], "value": text} for n, text in row.items() if n.startswith(".") and text != ""]
    if any(row.get(k, "") != "" for k in ("value", *given)):
        cells.append({**own, "part": "", "value": row.get("value", "")})
    return cells


def _text(rows: list[Row]) -> str:
    return "\n".join([" | ".join(rows[0]), *(" | ".join(r.values()) for r in rows)]) if rows else ""


ABCD = {
    "grades": [
        {"code": "A", "title": "A", "floor": 90},
        {"code": "B", "title": "B", "floor": 80},
        {"code": "C", "title": "C", "floor": 60},
        {"code": "D", "title": "D"},
    ]
}
"""Four grades by floors."""
VALUE_IS_SCORE = {"kind": "attainment", "target": 100, "cap": 1e5, "floor": -1e5}
ANNUAL_SHARE = {"kind": "attainment", "target": "annual_share", "cap": 200}


def scored(table: str, *, on: str = "polars", leaf: Mapping[str, Any] | None = None, **node: Any) -> Any:
    """Score one parent with the given children; return its score (a dict of scores where there are several units).

    Columns: `indicator`, `weight` (may be left out), then `score` or one column for each unit. A cell: a score; `n/a`
    not applicable by the unit's report; `granted` not applicable by the office; `-` not assigned; blank or `missing`
    not reported.
    """
    return tree_of(table, on=on, leaf=leaf, **node).roots()


@dataclass(frozen=True)
class Tree(Result):
    """A scored tree of one parent; `units` in the table's order."""

    units: tuple[str, ...] = ()

    def roots(self) -> Any:
        """The root's score, or each unit's."""
        found = {u: self.of(u)["base"] for u in self.units}
        return found["score"] if self.units == ("score",) else found


def tree_of(table: str, *, on: str = "polars", leaf: Mapping[str, Any] | None = None, **node: Any) -> Tree:
    """As `scored`, with everything that came out."""
    rows = read(table)
    units = tuple(n for n in rows[0] if n not in ("indicator", "weight"))
    leaves: list[dict[str, Any]] = []
    cells, exceptions = [], []
    for row in rows:
        weight = {"weight": number(row["weight"])} if row.get("weight") else {}
        leaves.append({"code": row["indicator"], "method": VALUE_IS_SCORE, **weight, **(leaf or {})})
        for unit in units:
            text = row[unit]
            state = {"n/a": "not_applicable", "missing": "missing"}.get(text)
            if text in ("granted", "-"):
                state = "not_applicable" if text == "granted" else "not_assigned"
                exceptions.append({"indicator": row["indicator"], "unit": unit, "state": state})
            elif text:
                cells.append(
                    {
                        "unit": unit,
                        "indicator": row["indicator"],
                        "value": "" if state else text,
                        "status": state or "reported",
                    }
                )
    registry = _text([{"unit": u} for u in units])
    made = plan(leaves, tree=[{"code": "ROOT", **node}], units=registry, assignments=_text(exceptions))
    return Tree(run(made, measured(cells), on=on).scored, units)


def check_standing(
    table: str, adjustments: str = "", *, nodes: list[str] | None = None, history: str = "", **settings: Any
) -> None:
    """Every line is a unit with its base (or, with `nodes`, the scores of two or more equal sections).

    `class` and any other word column go to the registry; of `bonus`, `deduction`, `total`, `rank`, `class_size`,
    `grade`, `reason` those that the table has must come out.
    """
    rows = read(table)
    out = [c for c in ("bonus", "deduction", "total", "rank", "class_size", "grade", "reason") if c in rows[0]]
    sections = nodes or ["base"]
    registry = [c for c in rows[0] if c not in (*out, *sections)]
    units = _text([{c: r[c] for c in registry} for r in rows])
    tree: list[dict[str, Any]] = [{"code": "ROOT", "clamp": "none"}]
    leaves: list[dict[str, Any]] = [{"code": "base", "method": VALUE_IS_SCORE}]
    if nodes:
        tree += [{"code": n, "parent": "ROOT", "clamp": "none"} for n in nodes]
        leaves = [{"code": f"{n}-1", "parent": n, "method": VALUE_IS_SCORE} for n in nodes]
    cells = [
        {"unit": r["unit"], "indicator": leaf["code"], "value": r[section]}
        for r in rows
        for leaf, section in zip(leaves, sections, strict=True)
        if r[section] != ""
    ]
    named = {
        k.removesuffix("_"): v for k, v in settings.items()
    }  # `adjustments_` is the plan's, `adjustments` the table
    made = plan(leaves, tree=tree, units=units, missing_report="exclude", **named)
    extra: dict[str, Any] = {"adjustments": adjustments} if adjustments else {}
    if history:
        extra["history"] = history
    got = run(made, measured(cells), detail="totals", **extra)
    for row in rows:
        found = got.of(row["unit"]) | {"reason": got.of(row["unit"])["reason_code"]}
        for name in out:
            assert same(found[name], row[name]), (
                f"{row['unit']}: {name} is {found[name]}, not {row[name]}; all: {found}"
            )
