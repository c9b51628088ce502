"""The same inputs give the same scores, bit for bit: on any number of threads, in any process."""

import os
import random
import subprocess
import sys
from pathlib import Path

import polars as pl

from schemas.folder import load_plan
from schemas.periods import parse_period
from scoring import Inputs, score
from scoring.engine import DuckDB, Engine, Polars
from tests.history.played import ROOT
from warehouse import scores_hash

UNITS, INDICATORS = 40, 20


def make(folder: Path) -> None:
    """A plan whose weights and values have no exact binary form, with methods that look at the whole class."""
    folder.mkdir()
    (folder / "plan.yaml").write_text(
        "plan: repeat\ntitle: repeat\nclasses: {c: c}\ntree:\n  - {code: ROOT, title: R}\ngrades:\n"
        "  - {code: A, title: A, quota: 0.3}\n  - {code: B, title: B}\n"
    )
    methods = ("{kind: attainment, target: 70, cap: 110}", "{kind: zscore}", "{kind: percentile}")
    lines = [
        f"- {{code: I{n}, parent: ROOT, title: I{n}, weight: {100 / INDICATORS:.15g}, method: {methods[n % 3]}}}\n"
        for n in range(INDICATORS)
    ]
    (folder / "indicators.yaml").write_text("".join(lines))
    units = [f"U{n:03},U{n:03},c\n" for n in range(UNITS)]
    (folder / "units.csv").write_text("".join(["unit_code,name,class_code\n", *units]))
    chance = random.Random(7)
    rows = [(f"U{u:03}", f"I{i}", chance.gammavariate(9, 8) / 3) for u in range(UNITS) for i in range(INDICATORS)]
    chance.shuffle(rows)
    pl.DataFrame(rows, schema=["unit_code", "indicator_code", "value"], orient="row").write_parquet(
        folder / "measurements.parquet"
    )


def hash_of(folder: Path, engine: Engine, *, backwards: bool = False, leave_out: tuple[str, ...] = ()) -> str:
    measurements = pl.read_parquet(folder / "measurements.parquet")
    given = Inputs(measurements.reverse() if backwards else measurements)
    scored = score(load_plan(folder), given, parse_period("2023"), engine=engine)
    return scores_hash(scored.results, scored.scores_frame().drop(leave_out))


def test_threads_the_order_of_rows_and_the_engine_do_not_matter(tmp_path: Path) -> None:
    make(tmp_path / "plan")
    hashes = {hash_of(tmp_path / "plan", DuckDB(threads=n)) for n in (1, 8)}
    hashes.add(hash_of(tmp_path / "plan", DuckDB(threads=3), backwards=True))
    assert len(hashes) == 1
    # Polars multiplies by 1/100 where DuckDB divides by 100: the last bit of the contribution, of nothing else.
    plain = {hash_of(tmp_path / "plan", e, leave_out=("contribution",)) for e in (DuckDB(), Polars())}
    assert len(plain) == 1


def test_the_process_does_not_matter(tmp_path: Path) -> None:
    make(tmp_path / "plan")
    program = "import sys; from pathlib import Path; from tests.history.test_repeat import *; "
    program += "print(hash_of(Path(sys.argv[1]), DuckDB()))"
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "PYTHONHASHSEED": "5", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", program, str(tmp_path / "plan")]
    other = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert other.stdout.split() == [hash_of(tmp_path / "plan", DuckDB())]
