"""History at 3,000 units × 90 indicators: score, correct one cell and score again, compare, explain, audit.

Every figure is a whole command of ``kaohe`` in a process of its own, from start to exit, as an administrator waits
for it (of short ones the middle of five); beside it stands the processor's time, which other work disturbs less. What
was received is stored directly: reading workbooks is ``intake.py``'s to measure. Modules are compiled once and kept,
as in any installation. Limits: the rerun 10 s, an explanation 1 s.

    python benchmarks/history.py [--units 3000] [--quarters 2] [--keep FOLDER]
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECTIONS, PER_SECTION, CLASSES = 9, 10, 6
LIMITS_S = {"rerun": 10.0, "explain": 1.0}


def make_plan(folder: Path, units: int) -> list[str]:
    """Write a plan of 90 indicators, four in five against a target, one in five relative to the class; return them."""
    folder.mkdir(parents=True)
    classes = "\n".join(f"  c{c}: 类别{c}" for c in range(CLASSES))
    weights = [12, *[11] * (SECTIONS - 1)]
    tree = "\n".join(f"  - {{code: S{s}, parent: ROOT, title: 第{s}节, weight: {w}}}" for s, w in enumerate(weights))
    (folder / "plan.yaml").write_text(
        f"plan: bench\ntitle: 基准\nperiods: [2023Q1, 2023Q2, 2023Q3, 2023Q4]\nclasses:\n{classes}\n"
        f"tree:\n  - {{code: ROOT, title: 总分}}\n{tree}\nmissing_report: zero\n"
        "grades:\n  - {code: A, title: 优, floor: 70, quota: 0.2}\n  - {code: B, title: 良, floor: 60}\n"
        "  - {code: C, title: 合格}\n",
        encoding="utf-8",
    )
    codes, lines = [], []
    for s in range(SECTIONS):
        for n in range(PER_SECTION):
            codes.append(f"S{s}-{n}")
            method = "{kind: percentile}" if n in (3, 7) else "{kind: attainment, cap: 110}"
            lines.append(f"- {{code: S{s}-{n}, parent: S{s}, title: 指标{s}{n}, weight: 10, method: {method}}}\n")
    (folder / "indicators.yaml").write_text("".join(lines), encoding="utf-8")
    rows = [f"U{n:05d},单位{n},c{n % CLASSES}" for n in range(units)]
    (folder / "units.csv").write_text("\n".join(["unit_code,name,class_code", *rows]) + "\n", encoding="utf-8")
    targets = [f"{code},c{c},target,{60 + c * 5}" for code in codes if code[-1] not in "37" for c in range(CLASSES)]
    head = "indicator_code,class_code,name,value"
    (folder / "targets.csv").write_text("\n".join([head, *targets]) + "\n", encoding="utf-8")
    return codes


def store(home: Path, units: list[str], codes: list[str], period: str, seed: int, name: str = "") -> None:
    """Store one accepted workbook of each unit, as intake hands it over."""
    import numpy as np
    import polars as pl

    from schemas.tables import Measurements, Persons, Problems, Submissions, columns_of
    from warehouse import add_submissions, open_warehouse

    given = ("submission_id", "revision", "recorded_at")

    def frame(table: type, columns: dict[str, object]) -> pl.DataFrame:
        types = {"key": pl.Int64, **{n: t for n, t in columns_of(table).items() if n not in given}}
        known = {n: columns.get(n) for n in types}
        return pl.select(pl.lit(v, dtype=types[n]).alias(n) if not isinstance(v, pl.Series) else v.cast(types[n])
                         .alias(n) for n, v in known.items())  # fmt: skip

    keys = pl.Series(range(len(units)))
    received = frame(Submissions, {
        "key": keys, "unit_code": pl.Series(units), "period": period, "state": "accepted", "reader": "workbook",
        "file_name": pl.Series([f"{u}_{period}{name}.xlsx" for u in units]), "size_bytes": 20_000, "late_days": 0,
        "file_hash": pl.Series([f"{seed:02d}{n:062d}" for n in range(len(units))]), "received_at": datetime(2024, 1, 5),
    })  # fmt: skip
    values = np.random.default_rng(seed).gamma(9.0, 8.0, len(units) * len(codes)).round(1)
    each = np.repeat(np.arange(len(units)), len(codes))
    cells = frame(Measurements, {
        "key": pl.Series(each), "unit_code": pl.Series(np.array(units)[each]),
        "indicator_code": pl.Series(codes * len(units)), "period": period, "part": "", "value": pl.Series(values),
        "status": "reported", "sheet": "填报表", "raw": pl.Series([f"{v:g}" for v in values]),
        "cell": pl.Series([f"G{row}" for row in range(5, 5 + len(codes))] * len(units)),
    })  # fmt: skip
    nothing = [frame(t, {"key": pl.Series([], dtype=pl.Int64)}).clear() for t in (Problems, Persons)]
    with open_warehouse(home / "warehouse.duckdb") as warehouse:
        add_submissions(warehouse, received, cells, *nothing, actor="bench")


def kaohe(home: Path, *words: str) -> tuple[float, float, str]:
    """Run a command; return seconds from start to exit, seconds of the processor, and what it said."""
    program = "from flows.cli import main; raise SystemExit(main())"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "KAOHE_HOME": str(home), "KAOHE_PLAN": str(home / "plan"),
                   "KAOHE_LANG": "en"}  # fmt: skip
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began, used = time.perf_counter(), processor_s()
    done = subprocess.run([sys.executable, "-c", program, *words], cwd=ROOT, env=environment, capture_output=True,
                          text=True)  # fmt: skip
    took = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"kaohe {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return took, processor_s() - used, done.stdout


def processor_s() -> float:
    """Return the processor's seconds that ended children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(home: Path, units: int, quarters: int) -> None:
    """Play it through and print each command's seconds."""
    codes = make_plan(home / "plan", units)
    names = [f"U{n:05d}" for n in range(units)]
    periods = ["2023Q1", "2023Q2", "2023Q3", "2023Q4"][:quarters]
    for number, period in enumerate(periods):
        began = time.perf_counter()
        store(home, names, codes, period, number)
        print(f"stored {units} submissions x {len(codes)} cells of {period}: {time.perf_counter() - began:.1f} s")
    size = (home / "warehouse.duckdb").stat().st_size / 1e6
    print(f"{units} units x {len(codes)} indicators, {quarters} quarters, {size:.0f} MB")
    last, unit = periods[-1], names[len(names) // 2]
    show("first scoring", kaohe(home, "assess", last))
    show("the same again", kaohe(home, "assess", last))
    store(home, [unit], codes, last, 90, "_corrected")
    show("rerun after one corrected workbook", kaohe(home, "assess", last, "--reason", "corrected"), "rerun")
    show("diff of the two runs", kaohe(home, "diff", last))
    show("explain a total", middle(home, "explain", unit, "--period", last), "explain")
    show("explain one indicator", middle(home, "explain", unit, codes[3], "--period", last), "explain")
    show("status", middle(home, "status", "--period", last))


def middle(home: Path, *words: str) -> tuple[float, float, str]:
    """Run a short command five times; return the run of the middle."""
    return sorted(kaohe(home, *words) for _ in range(5))[2]


def show(what: str, measured: tuple[float, float, str], limit: str = "") -> None:
    """Print one line."""
    took, used, said = measured
    bound = f" (limit {LIMITS_S[limit]:g} s: {'holds' if took < LIMITS_S[limit] else 'DOES NOT HOLD'})" if limit else ""
    print(f"{what:36} {took:7.2f} s (processor {used:5.2f} s){bound}   {said.splitlines()[0][:70]}", flush=True)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=3000)
    parser.add_argument("--quarters", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="a new folder to keep the data in")
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if args.keep:
        args.keep.mkdir(parents=True)
        measure(args.keep, args.units, args.quarters)
        return
    with tempfile.TemporaryDirectory(prefix="kaohe-history-") as name:
        measure(Path(name), args.units, args.quarters)


if __name__ == "__main__":
    main()
