"""What was published, made into units, measurements and targets. All that happens here is reading the text."""

from pathlib import Path

import polars as pl

HERE = Path(__file__).parent
HDI, HVBP = HERE / "hdi", HERE / "hvbp"


def text_table(name: str) -> pl.DataFrame:
    return pl.read_csv(HERE / "published" / name, infer_schema=False)


def hdi_tables(*years: str) -> dict[str, pl.DataFrame]:
    """The four inputs as measurements; the countries as units of one class. All years where none is named."""
    wide = text_table("hdi_input.csv")
    wide = wide.filter(pl.col("year").is_in(years)) if years else wide
    units = wide.select(unit_code="iso3", name="iso3").unique().sort("unit_code").with_columns(class_code=pl.lit("all"))
    long = wide.unpivot(["le", "eys", "mys", "gnipc"], index=["iso3", "year"])
    return {
        "units": units,
        "measurements": long.select(unit_code="iso3", indicator_code="variable", period="year", value="value"),
    }


HVBP_MEASURES = [
    "MORT-30-AMI", "MORT-30-HF", "MORT-30-PN", "MORT-30-COPD", "MORT-30-CABG", "COMP-HIP-KNEE",
    "HAI-1", "HAI-2", "HAI-5", "HAI-6", "MSPB-1",
]  # fmt: skip
HVBP_GIVEN = {"SSI": "Combined SSI Measure Score", "PCE": "Unweighted Person And Community Engagement Domain Score"}


def number(column: str) -> pl.Expr:
    """`6 out of 10` is 6, `73.8343%` is 73.8343, `Not Available` is nothing."""
    text = pl.col(column).str.replace(" out of .*", "").str.strip_suffix("%")
    return text.cast(pl.Float64, strict=False)


def hvbp_tables() -> dict[str, pl.DataFrame]:
    """Rates as measurements, baselines as targets of the hospital, thresholds and benchmarks as targets of all."""
    wide, standards = text_table("hvbp.csv"), text_table("hvbp_standards.csv")
    rates = {code: f"{code} Performance Rate" for code in HVBP_MEASURES} | HVBP_GIVEN
    measurements = [_long(wide, code, value=number(column)) for code, column in rates.items()]
    baselines = [_long(wide, code, value=number(f"{code} Baseline Rate")) for code in HVBP_MEASURES]
    shared = standards.unpivot(["threshold", "benchmark"], index="measure", variable_name="name").select(
        pl.lit(None, dtype=pl.String).alias("unit_code"), "name", pl.col("value").cast(pl.Float64),
        indicator_code="measure",
    )  # fmt: skip
    own = pl.concat(baselines).drop_nulls("value").with_columns(name=pl.lit("baseline"))
    return {
        "units": wide.select(unit_code="Facility ID", name="Facility ID").with_columns(class_code=pl.lit("all")),
        "measurements": pl.concat(measurements),
        "targets": pl.concat([shared, own], how="diagonal"),
    }


def hvbp_expected(columns: dict[str, str]) -> pl.DataFrame:
    """Published numbers: node code → column; one row per hospital and number that is available."""
    wide = text_table("hvbp.csv")
    rows = [
        _long(wide, code, published=number(column)).rename({"indicator_code": "node_code"})
        for code, column in columns.items()
    ]
    return pl.concat(rows).drop_nulls("published")


def _long(wide: pl.DataFrame, code: str, **column: pl.Expr) -> pl.DataFrame:
    return wide.select(unit_code="Facility ID", indicator_code=pl.lit(code), **column)
