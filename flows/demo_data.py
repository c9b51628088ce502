"""Example submissions for every unit of a plan, filled into the real workbooks. Seeded, and plainly synthetic.

Nothing here is real: remarks say 示例数据, persons are 示例填报人, telephone numbers are zeros.
"""

import csv
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from flows.arrivals import RECEIVED_FILE
from flows.demo_odd import odd_units, odd_workbook, received_at, spoiled
from flows.demo_office import office_adjustments, office_items
from flows.demo_values import REMARK, DemoValues
from intake.template import Forms
from schemas.folder import Plan
from schemas.periods import Period

__all__ = [
    "DemoFile", "demo_files", "office_adjustments", "office_items", "write_submissions",
]  # fmt: skip

CORRECTED = "about"  # the wrong file that is corrected within the second period and later
PERSONS = {"reporter": "示例填报人", "responsible": "示例填报人", "phone": "000-0000000"}


@dataclass(frozen=True)
class DemoFile:
    """One example file: its unit, what is odd about it (empty: nothing), when it comes in, and its bytes."""

    name: str
    unit_code: str
    kind: str
    received_at: datetime
    content: bytes


def demo_files(
    plan: Plan,
    period: Period,
    *,
    seed: int = 2023,
    previous: pl.DataFrame | None = None,
    targets_due: pl.DataFrame | None = None,
) -> Iterable[DemoFile]:
    """Yield the files of one period by unit code; silent units have none, a corrected one has two.

    ``previous`` and ``targets_due`` are shown in the forms, as in ``intake.template``.
    """
    forms = Forms(plan, period, previous, targets_due)
    values = DemoValues(plan, seed)
    odd = odd_units(values, period, forms)
    for unit in sorted(forms.cells):
        kind = odd.get(unit, "")
        if kind == "silent":
            continue
        yield _file(forms, values, unit, kind)
        if kind == CORRECTED and period.number > 1:
            yield _file(forms, values, unit, "corrected")


def _file(forms: Forms, values: DemoValues, unit: str, kind: str) -> DemoFile:
    plan, period = forms.plan, forms.period
    answers = values.answers(unit, [code for code, _ in forms.cells[unit]], period)
    correction = "更正后重新报送。" if kind == "corrected" else ""
    filled = {**PERSONS, "explanation": f"{REMARK},由演示程序生成,与任何单位的实际工作无关。{correction}"}
    content = odd_workbook(kind, forms, unit, spoiled(kind, plan, answers), filled)
    ending = "_更正" if kind == "corrected" else ""
    name = re.sub(r'[\\/:*?"<>|\s]', "", f"{forms.names[unit]}_{period}{ending}.xlsx")
    received = received_at(plan, period, kind, values.draw("received", unit, period, kind))
    return DemoFile(name, unit, kind, received, content)


def write_submissions(
    plan: Plan,
    period: Period,
    folder: Path,
    *,
    seed: int = 2023,
    previous: pl.DataFrame | Path | None = None,
    targets_due: pl.DataFrame | None = None,
) -> list[Path]:
    """Write the example files of one period; return their paths, by unit code.

    ``previous``: measurements of the period before, or the folder into which its files were written.
    When each came in stands in its time of change and, for copies that lose it, in ``received.csv`` beside the files
    (file_name, received_at with its offset); that file is no submission and is not among the returned paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = _measurements(plan, previous) if isinstance(previous, Path) else previous
    files = list(demo_files(plan, period, seed=seed, previous=before, targets_due=targets_due))
    with (folder / RECEIVED_FILE).open("w", encoding="utf-8", newline="") as table:
        rows = csv.writer(table, lineterminator="\n")
        rows.writerow(["file_name", "received_at"])
        rows.writerows([f.name, f.received_at.isoformat()] for f in files)
    return [_write(folder, file) for file in files]


def _measurements(plan: Plan, folder: Path) -> pl.DataFrame:
    """Return what the files of a folder report, without those that come back."""
    from intake.read import read_files

    batch = read_files(sorted(folder.glob("*.xlsx")), plan)
    wrong = batch.problems.filter(pl.col("severity") == "error").select("key")
    return batch.cells.join(wrong, on="key", how="anti")


def _write(folder: Path, file: DemoFile) -> Path:
    path = folder / file.name
    path.write_bytes(file.content)
    os.utime(path, (file.received_at.timestamp(),) * 2)
    return path
