"""Score 100,000 units × 100 indicators × 20 classes from one Parquet file, beside the same arithmetic by hand.

Baselines in the same run: one hand-written DuckDB query, Polars, pandas. All return the same columns and obey the same
rules: a missing cell counts zero, a cell that is not applicable leaves the denominator, a value or target that is no
positive finite number earns nothing, units and sections are numbered before grouping, sums are of integers of 1e-12,
totals are rounded decimally half up, ranks are competition ranks within the class. Every engine runs in a
process of its own, so that peak memory is its own.

    python benchmarks/scoring.py [--units 100000] [--repeats 5] [--growth] [--out FILE]
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from _apart import measured_apart, run_apart

ROOT = Path(__file__).resolve().parent.parent
SECTIONS, PER_SECTION, CLASSES = 10, 10, 20

QUERY = """
with cells as (
    select u.unit_no, i.section_no, i.weight as w,
        case when coalesce(m.status, 'reported') = 'reported' and isfinite(m.value) and t.value > 0
             then greatest(least(m.value / t.value * 100, 120.0), 0.0) end as score,
        coalesce(m.status, '') = 'not_applicable' as waived
    from read_parquet($measurements) m
    join units u using (unit_code)
    join indicators i using (indicator_code)
    join targets t on t.indicator_code = m.indicator_code and t.class_code = u.class_code
), sections as (
    select unit_no, section_no,
        sum(cast(floor(w / 100 * score / 100 * 1e12 + 0.5) as bigint)) as terms,
        sum(cast(floor(w / 100 * 1e12 + 0.5) as bigint)) filter (waived) as waived
    from cells group by unit_no, section_no
), grid as (
    select u.unit_no, u.unit_code, u.class_code, s.section_no, s.weight,
        case when 1e12 - coalesce(x.waived, 0) > 0
             then least(coalesce(x.terms, 0) / (1e12 - coalesce(x.waived, 0)) * 100, 100.0) end as score
    from units u cross join section_weights s left join sections x using (unit_no, section_no)
), bases as (
    select unit_no, any_value(unit_code) as unit_code, any_value(class_code) as class_code,
        sum(cast(floor(weight / 100 * score / 100 * 1e12 + 0.5) as bigint)) * 100.0
            / sum(cast(floor(weight / 100 * 1e12 + 0.5) as bigint)) filter (score is not null) as base
    from grid group by unit_no
), totals as (
    select *, floor(floor(base * 1e9 + 0.5) / 1e7 + 0.5) / 100 as total from bases
)
select unit_code, class_code, base, 0.0 as bonus, 0.0 as deduction, total,
    case when total is not null then rank() over (partition by class_code order by total desc nulls last) end as rank,
    count(total) over (partition by class_code) as class_size,
    case when total >= 90 then 'A' when total >= 80 then 'B' when total >= 60 then 'C'
         when total is not null then 'D' end as grade,
    null::varchar as reason_code
from totals order by unit_code
"""


TIED, EDGES = 200, 2_000  # units planted at the start: all alike; then those whose totals lie at half of the last place


def edge_total(unit: int) -> float:
    """Return the total, rounded half up to two places, of a unit planted at an edge: exactly 75.005 to 75.095."""
    return (7501 + (unit - TIED) % 10) / 100


def make_data(folder: Path, units: int) -> None:
    """Write plan, units, targets and measurements.

    1 % missing, 0.5 % not applicable, some NaN. The first 200 units are alike; each of the next 2,000 reaches 75 % of
    every target but for one indicator, of which it reaches 75.5, 76.5 ... 84.5 %: totals exactly at .xx5.
    """
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(2023)
    leaves = [(f"S{s:02d}", f"S{s:02d}-{n:02d}") for s in range(SECTIONS) for n in range(PER_SECTION)]
    tree = [f"  - {{code: S{s:02d}, parent: ROOT, title: S{s:02d}, weight: 10}}" for s in range(SECTIONS)]
    classes = "\n".join(f"  c{c:02d}: c{c:02d}" for c in range(CLASSES))
    (folder / "plan.yaml").write_text(
        f"plan: bench\ntitle: bench\nclasses:\n{classes}\ntree:\n  - {{code: ROOT, title: total}}\n" + "\n".join(tree)
        + "\nmissing_report: zero\ngrades:\n  - {code: A, title: A, floor: 90}\n  - {code: B, title: B, floor: 80}\n"
        "  - {code: C, title: C, floor: 60}\n  - {code: D, title: D}\n"
    )  # fmt: skip
    (folder / "indicators.yaml").write_text(
        "".join(
            f"- {{code: {c}, parent: {s}, title: {c}, weight: 10, method: {{kind: attainment, cap: 120}}}}\n"
            for s, c in leaves
        )
    )
    codes = [c for _, c in leaves]
    names = np.array([f"U{n:07d}" for n in range(units)])
    group = [f"c{n % CLASSES:02d}" for n in range(units)]
    pl.DataFrame({"unit_code": names, "name": names, "class_code": group}).write_csv(folder / "units.csv")
    targets = [(i, f"c{c:02d}", "target", 50.0 + (c * 7 + n) % 50) for c in range(CLASSES) for n, i in enumerate(codes)]
    pl.DataFrame(targets, schema=["indicator_code", "class_code", "name", "value"], orient="row").write_csv(
        folder / "targets.csv"
    )
    (folder / "measurements").mkdir()
    for start in range(0, units, 50_000):
        some = names[start : start + 50_000]
        count = len(some) * len(codes)
        value = np.round(rng.gamma(9.0, 8.0, count), 1)
        spoilt, waived, gone = (rng.random(count) < share for share in (0.0005, 0.005, 0.01))
        if start == 0:
            planted = min(len(some), TIED + EDGES)
            value[: TIED * len(codes)] = 75.0
            for unit in range(TIED, planted):
                row = slice(unit * len(codes), (unit + 1) * len(codes))
                value[row] = (50.0 + (unit % CLASSES * 7 + np.arange(len(codes))) % 50) * 0.75
                value[row.start] = round(value[row.start] / 75 * (75.5 + (unit - TIED) % 10), 6)
                spoilt[row] = waived[row] = gone[row] = False
        value[spoilt] = np.nan
        status = np.where(waived, "not_applicable", "reported")
        frame = pl.DataFrame(
            {
                "unit_code": np.repeat(some, len(codes)),
                "indicator_code": codes * len(some),
                "value": value,
                "status": status,
            }
        )
        frame.filter(pl.Series(~gone)).write_parquet(folder / "measurements" / f"{start:08d}.parquet")
    pl.scan_parquet(folder / "measurements" / "*.parquet").sink_parquet(folder / "measurements.parquet")


def kaohe(folder: Path, detail: str, engine: str = "duckdb", threads: int | None = None) -> object:
    """Score by Kaohe."""
    import polars as pl

    from schemas.folder import load_plan
    from schemas.periods import parse_period
    from scoring import Inputs, open_engine, score
    from scoring.engine import DuckDB

    chosen = DuckDB(threads=threads) if engine == "duckdb" else open_engine(engine)
    plan = load_plan(folder)
    scored = score(plan, Inputs(folder / "measurements.parquet"), parse_period("2023"), detail=detail, engine=chosen)
    if scored.scores is not None:
        chosen.write(scored.scores, folder / "scores.parquet")
    assert isinstance(scored.results, pl.DataFrame)
    return scored.results


def by_hand(folder: Path, *, detail: bool = False) -> object:
    """Score by one hand-written DuckDB query (see QUERY)."""
    import duckdb
    import polars as pl

    con = duckdb.connect()
    con.execute("create table units as select *, row_number() over () as unit_no "
                f"from read_csv('{folder / 'units.csv'}')")  # fmt: skip
    con.execute(f"create table targets as from read_csv('{folder / 'targets.csv'}')")
    leaves = [(f"S{s:02d}-{n:02d}", f"S{s:02d}", s, 10.0) for s in range(SECTIONS) for n in range(PER_SECTION)]
    con.execute("create table indicators (indicator_code varchar, section varchar, section_no smallint, weight double)")
    con.executemany("insert into indicators values (?, ?, ?, ?)", leaves)
    con.execute("create table section_weights as select distinct section_no, 10.0 as weight from indicators")
    table = con.execute(QUERY, {"measurements": str(folder / "measurements.parquet")}).to_arrow_table()
    if detail:
        # Every cell with score, coverage, weights, contribution and reason, as the scores table has them.
        con.execute(f"copy ({DETAIL}) to '{folder / 'by_hand.parquet'}' (format parquet, compression zstd)",
                    {"measurements": str(folder / "measurements.parquet")})  # fmt: skip
    return pl.from_arrow(table)


DETAIL = """
with cells as (
    select u.unit_code, i.indicator_code, i.section, i.weight as w, m.value, t.value as target,
        case when coalesce(m.status, 'reported') = 'reported' and isfinite(m.value) and t.value > 0
             then greatest(least(m.value / t.value * 100, 120.0), 0.0) end as score,
        coalesce(m.status = 'not_applicable', false) as waived, m.unit_code is null as absent
    from units u cross join indicators i
    join targets t on t.indicator_code = i.indicator_code and t.class_code = u.class_code
    left join read_parquet($measurements) m on m.unit_code = u.unit_code and m.indicator_code = i.indicator_code
), wholes as (
    select unit_code, section, 100 - coalesce(sum(w) filter (waived), 0) as whole from cells group by unit_code, section
)
select c.unit_code, indicator_code as node_code, 2 as level, score,
    case when waived then null when score is null then 0.0 else 100.0 end as coverage_pct, w as weight_pct,
    case when waived then 0.0 else 10.0 * w / whole end as effective_weight_pct,
    coalesce(score, 0) * case when waived then 0.0 else 10.0 * w / whole end / 100 as contribution,
    case when waived then 'not_applicable' when absent then 'not_reported' when not isfinite(c.value) then 'not_finite'
         when score is null then 'no_target' when score >= 120 then 'capped' end as reason_code, c.value, target
from cells c join wholes using (unit_code, section)
"""


def by_polars(folder: Path) -> object:
    """Score by Polars, lazily and streaming."""
    import polars as pl

    units = pl.scan_csv(folder / "units.csv").select("unit_code", "class_code")
    targets = pl.scan_csv(folder / "targets.csv").select("indicator_code", "class_code", target="value")
    scale = 1e12
    score = (pl.col("value") / pl.col("target") * 100).clip(0, 120)
    good = (pl.col("status") == "reported") & pl.col("value").is_finite() & (pl.col("target") > 0)
    term = lambda w, s: (w / 100 * s / 100 * scale + 0.5).floor().cast(pl.Int64)  # noqa: E731
    sections = (
        pl.scan_parquet(folder / "measurements.parquet")
        .join(units, on="unit_code").join(targets, on=["indicator_code", "class_code"])
        .with_columns(section=pl.col("indicator_code").str.slice(0, 3), score=pl.when(good).then(score))
        .group_by("unit_code", "section")
        .agg(terms=term(pl.lit(10.0), pl.col("score")).sum(),
             waived=(pl.col("status") == "not_applicable").sum().cast(pl.Int64) * int(0.1 * scale))
    )  # fmt: skip
    every = pl.LazyFrame({"section": [f"S{s:02d}" for s in range(SECTIONS)]})
    grid = units.join(every, how="cross").join(sections, on=["unit_code", "section"], how="left")
    whole = scale - pl.col("waived").fill_null(0)
    grid = grid.with_columns(
        score=pl.when(whole > 0).then((pl.col("terms").fill_null(0) / whole * 100).clip(None, 100))
    )
    weight = pl.when(pl.col("score").is_not_null()).then(int(0.1 * scale)).sum()
    bases = grid.group_by("unit_code", "class_code").agg(
        base=term(pl.lit(10.0), pl.col("score")).sum() * 100.0 / weight
    )
    total = ((pl.col("base") * 1e9 + 0.5).floor() / 1e7 + 0.5).floor() / 100
    grade = pl.when(pl.col("total") >= 90).then(pl.lit("A")).when(pl.col("total") >= 80).then(pl.lit("B"))
    grade = grade.when(pl.col("total") >= 60).then(pl.lit("C")).when(pl.col("total").is_not_null()).then(pl.lit("D"))
    return (
        bases.with_columns(total=total)
        .with_columns(rank=(-pl.col("total")).rank("min").over("class_code").cast(pl.Float64),
                      class_size=pl.col("total").count().over("class_code"), grade=grade,
                      bonus=pl.lit(0.0), deduction=pl.lit(0.0), reason_code=pl.lit(None, dtype=pl.String))
        .sort("unit_code").collect(engine="streaming")
    )  # fmt: skip


def by_pandas(folder: Path) -> object:
    """Score by pandas."""
    import numpy as np
    import pandas as pd
    import polars as pl

    scale = 1e12
    units = pd.read_csv(folder / "units.csv")[["unit_code", "class_code"]]
    targets = pd.read_csv(folder / "targets.csv")[["indicator_code", "class_code", "value"]].rename(
        columns={"value": "target"}
    )
    cells = pd.read_parquet(folder / "measurements.parquet").merge(units, on="unit_code")
    cells = cells.merge(targets, on=["indicator_code", "class_code"])
    good = (cells["status"] == "reported") & np.isfinite(cells["value"]) & (cells["target"] > 0)
    score = (cells["value"] / cells["target"] * 100).clip(0, 120).where(good)
    cells["terms"] = np.floor(0.1 * score / 100 * scale + 0.5).fillna(0).astype("int64")
    cells["waived"] = (cells["status"] == "not_applicable").astype("int64") * int(0.1 * scale)
    cells["section"] = cells["indicator_code"].str[:3]
    sums = cells.groupby(["unit_code", "section"])[["terms", "waived"]].sum()
    index = pd.MultiIndex.from_product(
        [units["unit_code"], sorted(cells["section"].unique())], names=["unit_code", "section"]
    )
    sums = sums.reindex(index, fill_value=0)
    whole = scale - sums["waived"]
    section = (sums["terms"] / whole * 100).clip(upper=100).where(whole > 0)
    terms = np.floor(0.1 * section / 100 * scale + 0.5).fillna(0).astype("int64").groupby("unit_code").sum()
    weight = (section.notna().astype("int64") * int(0.1 * scale)).groupby("unit_code").sum()
    result = units.merge((terms * 100.0 / weight).rename("base").reset_index(), on="unit_code")
    result["total"] = np.floor(np.floor(result["base"] * 1e9 + 0.5) / 1e7 + 0.5) / 100
    by_class = result.groupby("class_code")["total"]
    result["rank"] = by_class.rank(method="min", ascending=False)
    result["class_size"] = by_class.transform("count")
    result["grade"] = np.select([result["total"] >= x for x in (90, 80, 60)], ["A", "B", "C"], "D")
    return pl.from_pandas(result.sort_values("unit_code"))


RUNS = {
    "DuckDB by hand": lambda f: by_hand(f),
    "Kaohe --detail totals": lambda f: kaohe(f, "totals"),
    "Kaohe --detail nodes": lambda f: kaohe(f, "nodes"),
    "Kaohe --detail all": lambda f: kaohe(f, "all"),
    "DuckDB by hand, with every cell": lambda f: by_hand(f, detail=True),
    "Kaohe on Polars, totals": lambda f: kaohe(f, "totals", "polars"),
    "Polars by hand": by_polars,
    "pandas by hand": by_pandas,
}


def child(name: str, folder: Path, out: Path) -> None:
    """Run one contender once after imports; write its result; print seconds and peak memory in MB."""
    import resource

    sys.path.insert(0, str(ROOT))
    import duckdb  # noqa: F401
    import narwhals  # noqa: F401
    import polars as pl

    if name.startswith("pandas"):
        import pandas  # noqa: F401
    if name.startswith("Kaohe"):
        import scoring  # noqa: F401
    started = time.perf_counter()
    result = RUNS[name](folder)
    seconds = time.perf_counter() - started
    assert isinstance(result, pl.DataFrame)
    result.select("unit_code", "base", "total", "rank", "class_size", "grade").write_parquet(out)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak": peak}))


def measure(name: str, folder: Path, repeats: int) -> tuple[float, float, Path]:
    """Return median seconds, greatest peak memory in MB, and the file with the last result."""
    out = folder / f"result-{list(RUNS).index(name)}.parquet"
    taken = measured_apart(__file__, "--child", name, "--folder", folder, "--result", out, repeats=repeats)
    return statistics.median(t["seconds"] for t in taken), max(t["peak"] for t in taken), out


def _make_apart(folder: Path, units: int) -> None:
    """Make the data in a process of its own: a child's peak memory starts from its parent's."""
    run_apart(__file__, "--make", "--folder", folder, "--units", units)


def agree(first: Path, second: Path) -> str:
    """Say whether two results are the same: totals to 1e-9, ranks and grades equal."""
    import polars as pl

    a, b = pl.read_parquet(first).sort("unit_code"), pl.read_parquet(second).sort("unit_code")
    gap = (a["base"] - b["base"]).abs().max()
    ranks = int((a["rank"].cast(pl.Float64) != b["rank"].cast(pl.Float64)).sum())
    totals = int(((a["total"] - b["total"]).abs() > 1e-9).sum())
    return f"{gap:.1e}, {totals} totals, {ranks} ranks differ"


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--child")
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--result", type=Path)
    args = parser.parse_args()
    if args.make:
        make_data(args.folder, args.units)
        return
    if args.child:
        child(args.child, args.folder, args.result)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _make_apart(folder, args.units)
        size = f"{args.units:,} units × {SECTIONS * PER_SECTION} indicators × {CLASSES} classes"
        print(f"{size}, medians of {args.repeats}\n")
        print("| | seconds | ratio | peak MB | against the query |\n|---|---|---|---|---|")
        base: tuple[float, Path] | None = None
        for name in args.only or RUNS:
            seconds, peak, out = measure(name, folder, args.repeats)
            base = base or (seconds, out)
            print(
                f"| {name} | {seconds:.2f} | {seconds / base[0]:.2f} | {peak:.0f} | {agree(base[1], out)} |", flush=True
            )
    if args.growth:
        growth(args.repeats)


def growth(repeats: int) -> None:
    """Show how the cost of totals grows with the number of measurements."""
    print("\n| measurements | seconds | seconds per million |\n|---|---|---|")
    for units in (1_000, 10_000, 100_000):
        with tempfile.TemporaryDirectory() as temporary:
            _make_apart(Path(temporary), units)
            seconds, _, _ = measure("Kaohe --detail totals", Path(temporary), repeats)
            print(f"| {units * 100:,} | {seconds:.2f} | {seconds / (units / 10_000):.3f} |", flush=True)


if __name__ == "__main__":
    main()
