"""Are results equal bit for bit? Score the benchmark's data with 1, 2 and 8 threads, many times, and on other engines.

    python benchmarks/repeat.py [--units 100000] [--runs 20] [--threads 1 2 8] [--detail all] [--also polars spark]

The data has planted ties and totals exactly at a half of the last place (see ``scoring.py``). Prints one line per
number of threads with how many different results came out (1 is wanted; with ``--detail all`` or ``nodes`` the scores
of every node belong to the result), whether the planted totals were rounded as decimal arithmetic rounds them, and
whether the other engines give the same totals, ranks and grades (Spark: from .venv-spark).
"""

import argparse
import hashlib
import importlib.util
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def _bench() -> Any:
    """Return benchmarks/scoring.py, whose name the package ``scoring`` bears as well."""
    spec = importlib.util.spec_from_file_location("bench_scoring", ROOT / "benchmarks" / "scoring.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fingerprint(results: object, scores: Path | None) -> str:
    """Return a digest of a result's bytes, by unit, and of every row of the scores file in whatever order."""
    import duckdb
    import polars as pl

    assert isinstance(results, pl.DataFrame)
    digest = hashlib.sha256()
    for column in results.sort("unit_code").iter_columns():
        digest.update("|".join(map(repr, column.to_list())).encode())
    if scores is not None:
        query = f"select count(*), sum(hash(s)::hugeint), bit_xor(hash(s)) from read_parquet('{scores}') s"
        digest.update(repr(duckdb.sql(query).fetchone()).encode())
    return digest.hexdigest()


def main() -> None:
    """Measure and print; exit code 1 if anything differs."""
    import polars as pl

    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2, 8])
    parser.add_argument("--detail", choices=("totals", "nodes", "all"), default="totals")
    parser.add_argument("--also", nargs="*", choices=("polars", "spark"), default=["polars"])
    args = parser.parse_args()
    bench = _bench()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        bench.make_data(folder, args.units)
        scores = None if args.detail == "totals" else folder / "scores.parquet"
        seen: set[str] = set()
        print("| threads | runs | different results | seconds a run |\n|---|---|---|---|")
        for threads in args.threads:
            prints, spent = set(), 0.0
            for _ in range(args.runs):
                started = time.perf_counter()
                mine = bench.kaohe(folder, args.detail, "duckdb", threads)
                spent += time.perf_counter() - started
                prints.add(fingerprint(mine, scores))
            seen |= prints
            print(f"| {threads} | {args.runs} | {len(prints)} | {spent / args.runs:.2f} |", flush=True)
        assert isinstance(mine, pl.DataFrame)
        mine = mine.sort("unit_code")
        totals = mine["total"].to_list()
        planted = range(bench.TIED, min(args.units, bench.TIED + bench.EDGES))
        wrong = [n for n in planted if totals[n] != bench.edge_total(n)]
        print(f"\nover all threads: {len(seen)} different result(s); planted edges rounded wrongly: {len(wrong)}")
        faults = len(seen) - 1 + len(wrong)
        for engine in args.also:
            other = bench.kaohe(folder, "totals", engine)
            assert isinstance(other, pl.DataFrame)
            same = {c: other.sort("unit_code")[c].equals(mine[c]) for c in ("total", "rank", "grade")}
            faults += sum(not equal for equal in same.values())
            print(f"{engine}: equal in {', '.join(c for c, equal in same.items() if equal)}", flush=True)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
