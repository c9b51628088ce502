"""`kaohe score` as a user calls it: files in, files out."""

from pathlib import Path

import polars as pl

from flows.cli import main


def kaohe_score(
    plan: Path, out: Path, periods: list[str], engine: str = "duckdb", detail: str = "totals", **tables: pl.DataFrame
) -> Path:
    """Write each table as CSV, run the command on them, return the folder of its results."""
    out.mkdir(parents=True, exist_ok=True)
    words = ["score", "--plan", str(plan), "--out", str(out / "result"), "--engine", engine, "--detail", detail]
    for name, table in tables.items():
        table.write_csv(out / f"{name}.csv")
        words += [f"--{name}", str(out / f"{name}.csv")]
    for period in periods:
        words += ["--period", period]
    assert main(words) == 0
    return out / "result"
