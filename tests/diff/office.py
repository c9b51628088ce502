"""A small office whose every score can be worked in the head: three indicators, values that are scores."""

import shutil
from collections.abc import Iterable
from datetime import datetime
from itertools import count
from pathlib import Path

import polars as pl

from flows.inputs import load_inputs
from flows.settings import Settings, make_settings
from schemas.folder import load_plan
from schemas.periods import Period, parse_period
from schemas.tables import Persons, Problems, columns_of
from scoring import open_engine, score
from warehouse import (
    add_adjustments,
    add_items,
    add_submissions,
    add_verifications,
    open_warehouse,
    record_plan,
    record_registry,
    save_run,
)

Q1 = parse_period("2023Q1")
PLAN = """\
plan: small
title: 小方案
periods: [2023Q1, 2023Q2, 2023Q3, 2023Q4]
classes: {c: 一类}
tree:
  - {code: ROOT, title: 总分}
rank: {ties: min}
grades: [{code: 优, title: 优秀, top: 1}, {code: 良, title: 良好}]
"""
# A and B: the value is the score. C: ten points for each adoption that the office enters.
INDICATORS = """\
- {code: A, parent: ROOT, title: 甲, weight: 50, method: {kind: goalposts, worst: 0, best: 100}}
- {code: B, parent: ROOT, title: 乙, weight: 30, method: {kind: goalposts, worst: 0, best: 100}}
- {code: C, parent: ROOT, title: 丙, weight: 20, accumulation: flow, owner: office,
   method: {kind: points, per_item: {采用: 10}, full_marks_at: 100, cap: 100}}
"""
RELATIVE = "- {code: A, parent: ROOT, title: 甲, method: {kind: minmax}}\n"
_numbers = count(1)


class Office:
    """One data folder with a plan that can be changed between runs."""

    def __init__(self, folder: Path, indicators: str = INDICATORS, units: Iterable[str] = ("U1", "U2", "U3")) -> None:
        self.folder = folder / "plan"
        self.folder.mkdir()
        self.settings: Settings = make_settings(folder / "home", self.folder, "zh", {})
        self.settings.home.mkdir()
        self.write(PLAN, indicators)
        self.units(units)

    @classmethod
    def copied(cls, source: Path, folder: Path) -> "Office":
        """Return an office with a copy of another's folder."""
        shutil.copytree(source, folder)
        office = cls.__new__(cls)
        office.folder = folder / "plan"
        office.settings = make_settings(folder / "home", office.folder, "zh", {})
        return office

    def write(self, plan: str = PLAN, indicators: str = INDICATORS, **tables: str) -> None:
        (self.folder / "plan.yaml").write_text(plan, encoding="utf-8")
        (self.folder / "indicators.yaml").write_text(indicators, encoding="utf-8")
        for name, text in tables.items():
            (self.folder / f"{name}.csv").write_text(text, encoding="utf-8")

    def units(self, codes: Iterable[str]) -> None:
        """Write units.csv; a code may be followed by its last day of validity, as in ``U2 2022-12-31``."""
        rows = [f"{u.split()[0]},{u.split()[0]}单位,c,{' '.join(u.split()[1:])}" for u in codes]
        text = "\n".join(["unit_code,name,class_code,valid_to", *rows]) + "\n"
        (self.folder / "units.csv").write_text(text, encoding="utf-8")

    def report(self, unit: str, *, late_days: int = 0, **values: float) -> None:
        """Store one submission of the first quarter; a second one of the unit is a new revision."""
        number = next(_numbers)
        submission = pl.DataFrame(
            {
                "key": [1], "unit_code": [unit], "period": ["2023Q1"], "state": ["accepted"], "reader": ["csv"],
                "file_name": ["x.csv"], "file_hash": [f"{number:064d}"], "size_bytes": [1], "template_version": [None],
                "plan_hash": [None], "late_days": [late_days], "reason": [None],
                "received_at": [datetime(2023, 4, 3)],
            },
            schema_overrides={c: pl.String for c in ("template_version", "plan_hash", "reason")},
        )  # fmt: skip
        texts = ("evidence", "note", "sheet", "cell", "raw")
        cells = pl.DataFrame(
            {
                "key": [1] * len(values),
                "unit_code": unit,
                "indicator_code": list(values),
                "period": "2023Q1",
                "part": "",
                "value": [float(v) for v in values.values()],
                "status": "reported",
            }
        ).with_columns(
            *(pl.lit(None, pl.Float64).alias(c) for c in ("numerator", "denominator", "self_score")),
            *(pl.lit(None, pl.String).alias(c) for c in texts),
        )
        nothing = [
            pl.DataFrame(schema={"key": pl.Int64, **{c: t for c, t in columns_of(table).items() if c not in given}})
            for table, given in ((Problems, ("submission_id",)), (Persons, ("submission_id", "recorded_at")))
        ]
        with open_warehouse(self.settings.warehouse) as warehouse:
            add_submissions(warehouse, submission, cells, *nothing, actor="office")

    def verdict(self, unit: str, code: str, value: float) -> None:
        row = {"unit_code": unit, "indicator_code": code, "period": "2023Q1", "verdict": "adjusted", "value": value,
               "reason": "凭证不足"}  # fmt: skip
        with open_warehouse(self.settings.warehouse) as warehouse:
            add_verifications(warehouse, pl.DataFrame([row]), actor="reviewer")

    def item(self, name: str, unit: str, adopted: float) -> None:
        row = {"item_id": name, "unit_code": unit, "indicator_code": "C", "period": "2023Q1", "kind": "采用",
               "count": adopted}  # fmt: skip
        with open_warehouse(self.settings.warehouse) as warehouse:
            add_items(warehouse, pl.DataFrame([row]), actor="office")

    def adjustment(self, name: str, unit: str, kind: str, value: float | None, grade: str | None = None) -> None:
        row = {"adjustment_id": name, "unit_code": unit, "period": "2023Q1", "kind": kind, "value": value,
               "grade": grade, "reason": "文件"}  # fmt: skip
        with open_warehouse(self.settings.warehouse) as warehouse:
            add_adjustments(warehouse, pl.DataFrame([row]), actor="office")

    def run(self, period: Period = Q1, **other_hashes: str) -> str:
        """Score what is recorded now, as ``kaohe assess`` does, and return the run."""
        plan = load_plan(self.folder)
        recorded = load_inputs(self.settings, plan, period)
        scored = score(plan, recorded.inputs, period, engine=open_engine("polars"))
        with open_warehouse(self.settings.warehouse) as warehouse:
            record_plan(warehouse, plan, actor="office")
            record_registry(warehouse, plan.units, actor="office")
            run_id, _ = save_run(
                warehouse, period=str(period), hashes={**recorded.hashes, **other_hashes}, results=scored.results,
                scores=scored.scores_frame(), counted=recorded.used, actor="office", as_of=recorded.as_of_at,
            )  # fmt: skip
        return run_id
