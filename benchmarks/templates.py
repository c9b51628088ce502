"""Write the workbooks of 3,000 units, also zipped by class, beside the same cells written by bare XlsxWriter.

The units are the shipped plan's 97, repeated; in 2023Q2 they have 14 rows each on average. The baseline writes the same
texts and numbers into one sheet without formats, input rules, comments, formulas or hidden facts, so the ratio says
what these cost. Processor seconds are those of all processes; loading the plan is not timed.

    python benchmarks/templates.py [--units 3000] [--period 2023Q2]
"""

import argparse
import io
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def synthetic_plan(units: int) -> Any:
    """Return the shipped plan with so many units: its own again and again, under numbered codes."""
    import polars as pl

    from schemas.folder import load_plan

    plan = load_plan(ROOT / "data" / "plans" / "cast-2023")
    gone = pl.lit(None, pl.String)
    copies = [
        plan.units.with_columns(
            unit_code=pl.format("{}-{}", "unit_code", pl.lit(n)), name=pl.format("{}{}", "name", pl.lit(n)),
            aliases=gone, parent_code=gone,
        )
        for n in range(-(-units // plan.units.height))
    ]  # fmt: skip
    shared = plan.targets.filter(pl.col("unit_code").is_null())
    return replace(plan, units=pl.concat(copies).head(units), assignments=plan.assignments.clear(), targets=shared)


def bare(forms: Any) -> None:
    """Write the known texts and numbers of every form with XlsxWriter, and nothing else."""
    import xlsxwriter

    for unit in sorted(forms.cells):
        book = xlsxwriter.Workbook(io.BytesIO(), {"in_memory": True})
        sheet = book.add_worksheet("form")
        for row in forms.rows(unit):
            known = [row.number, row.indicator.parent, row.indicator.code, row.title("zh"), row.part, row.measure]
            target, points = forms.due_targets.get((unit, row.indicator.code)), forms.points.get((unit, row.key[0]))
            sheet.write_row(row.number, 0, [*known, *(x for x in (target, points) if x is not None)])
        book.close()


def processor_s() -> float:
    """Return the processor seconds of this process and of those it began and that have ended."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in found)


def timed(what: str, work: Any, count: int) -> float:
    """Run and print wall time, processor time and milliseconds of it for each workbook."""
    wall, used = time.perf_counter(), processor_s()
    work()
    wall, used = time.perf_counter() - wall, processor_s() - used
    print(f"  {what:<44} {wall:7.1f} s   processor {used:6.1f} s   {1000 * used / count:6.2f} ms each", flush=True)
    return used


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=3000)
    parser.add_argument("--period", default="2023Q2")
    args = parser.parse_args()
    from flows.settings import make_settings
    from flows.templates import forms_of, make_templates, zip_by_class
    from schemas.periods import parse_period

    plan, period = synthetic_plan(args.units), parse_period(args.period)
    with tempfile.TemporaryDirectory() as folder:
        settings = make_settings(Path(folder), plan.folder, "zh", {})
        forms: list[Any] = []
        timed("what every unit's form needs", lambda: forms.append(forms_of(settings, plan, period)), args.units)
        rows = sum(len(forms[0].rows(u)) for u in forms[0].cells)
        base = timed("baseline: bare XlsxWriter", lambda: bare(forms[0]), len(forms[0].cells))
        paths: list[Path] = []
        ours = timed("workbooks", lambda: paths.extend(make_templates(settings, plan, period)), len(forms[0].cells))
        timed("zips by class", lambda: zip_by_class(settings, plan, period, paths), len(paths))
        size = sum(p.stat().st_size for p in paths) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {len(paths)} workbooks, {rows} rows, {size:.0f} MB; ratio to the baseline {ours / base:.1f}")
    print(f"  peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
