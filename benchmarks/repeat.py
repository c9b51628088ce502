"""Are results equal bit for bit? Score the benchmark's data with 1, 2 and 8 threads, many times, and on Polars.

    python benchmarks/repeat.py [--units 100000] [--runs 20]

The data has planted ties and totals at a half of the last place. Prints one line per number of threads with how many
different results came out (1 is wanted), and whether Polars gives the same totals, ranks and grades.
"""

import argparse
import hashlib
import importlib.util
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def _bench() -> object:
    spec = importlib.util.spec_from_file_location("bench_scoring", ROOT / "benchmarks" / "scoring.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fingerprint(results: object) -> str:
    """Return the SHA-256 of a result's bytes, by unit."""
    import polars as pl

    assert isinstance(results, pl.DataFrame)
    digest = hashlib.sha256()
    for column in results.sort("unit_code").iter_columns():
        digest.update("|".join(map(repr, column.to_list())).encode())
    return digest.hexdigest()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=20)
    args = parser.parse_args()
    bench = _bench()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        bench.make_data(folder, args.units)  # type: ignore[attr-defined]
        seen: set[str] = set()
        print("| threads | runs | different results | seconds a run |\n|---|---|---|---|")
        for threads in (1, 2, 8):
            started = time.perf_counter()
            prints = {fingerprint(bench.kaohe(folder, "totals", "duckdb", threads)) for _ in range(args.runs)}  # type: ignore[attr-defined]
            each = (time.perf_counter() - started) / args.runs
            seen |= prints
            print(f"| {threads} | {args.runs} | {len(prints)} | {each:.2f} |", flush=True)
        other = bench.kaohe(folder, "totals", "polars")  # type: ignore[attr-defined]
        mine = bench.kaohe(folder, "totals", "duckdb", 2)  # type: ignore[attr-defined]
        same = [c for c in ("total", "rank", "grade") if other.sort("unit_code")[c].equals(mine.sort("unit_code")[c])]
        print(f"\nover all threads: {len(seen)} different result(s); Polars agrees in {', '.join(same)}")


if __name__ == "__main__":
    main()
