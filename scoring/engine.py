"""Where the tables live while they are scored: DuckDB by default, Polars or Spark by choice.

The scoring itself is Narwhals expressions and does not know the engine.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import narwhals as nw
import polars as pl

from schemas.errors import UserError

Source = pl.DataFrame | Path


@contextmanager
def what_fits() -> Iterator[None]:
    """Tell of what no exact sum can hold (products, powers and sums of amounts, not of points), and of memory.

    Frames are lazy: whatever computes one may meet it.

    Raises:
        UserError: instead of the engine's error.
    """
    try:
        yield
    except Exception as error:
        if "Out of Memory Error" in str(error):
            raise UserError(
                "内存不够。请用环境变量 KAOHE_MEMORY(如 2GB)多给一些,或减少体系的层数。",
                "There is not enough memory. Give more by the environment variable KAOHE_MEMORY (such as 2GB), or let "
                "the tree have fewer levels.",
            ) from error
        if not any(words in str(error) for words in ("conversion from `f64` to `i64` failed", "out of range for the")):
            raise
        raise UserError(
            "有得分大到无法精确相加(约九百万以上)。请用更大的计量单位(如万元),或为节点写 clamp。",
            "A score is too large to be added up exactly (beyond some nine million). Use a larger unit of measure, or "
            "give the node a clamp.",
        ) from error


class Engine(Protocol):
    """What scoring asks of an engine."""

    def frame(self, source: Source) -> nw.LazyFrame[Any]:
        """Return a table, or a Parquet file, as a lazy frame."""

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Compute a frame once, because it is used several times."""

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> None:
        """Write a frame as one Parquet file."""


class DuckDB:
    """The embedded default: columnar, on all cores, larger than memory where it must be."""

    def __init__(self, threads: int | None = None, memory: str | None = None) -> None:
        """Open an in-memory database.

        ``threads`` limits it to so many (all cores); ``memory`` (300 MB and 50 MB for each thread, or what KAOHE_MEMORY
        says) is what it keeps before it uses the system's folder for temporary files: on two cores ten million
        measurements stay under a gigabyte in all.
        """
        import duckdb

        enough = f"{300 + 50 * (threads or os.cpu_count() or 1)}MB"
        config: dict[str, Any] = {
            "preserve_insertion_order": False,
            "memory_limit": memory or os.environ.get("KAOHE_MEMORY", enough),
            "temp_directory": str(Path(tempfile.gettempdir()) / f"kaohe-{os.getpid()}"),
        }
        if threads is not None:
            config["threads"] = threads
        self._con = duckdb.connect(config=config)
        self._count = 0

    def frame(self, source: Source) -> nw.LazyFrame[Any]:
        """Return a table, or a Parquet file, as a lazy frame."""
        if isinstance(source, Path):
            return nw.from_native(self._con.read_parquet(str(source)))
        return nw.from_native(self._con.from_arrow(source.to_arrow()))

    @what_fits()
    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Compute a frame into a table."""
        self._count += 1
        name = f"kept_{self._count}"
        frame.to_native().create(name)
        return nw.from_native(self._con.table(name))

    @what_fits()
    def write(self, frame: nw.LazyFrame[Any], path: Path) -> None:
        """Write a frame as one Parquet file."""
        frame.to_native().write_parquet(str(path), compression="zstd")


class Polars:
    """Polars lazy frames."""

    def frame(self, source: Source) -> nw.LazyFrame[Any]:
        """Return a table, or a Parquet file, as a lazy frame."""
        return nw.from_native(pl.scan_parquet(source) if isinstance(source, Path) else source.lazy())

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Compute a frame into memory."""
        return nw.from_native(frame.to_native().collect().lazy())

    @what_fits()
    def write(self, frame: nw.LazyFrame[Any], path: Path) -> None:
        """Write a frame as one Parquet file."""
        frame.to_native().collect().write_parquet(path)


class Spark:
    """Apache Spark, where one machine is not enough; here as many local cores as Spark takes."""

    def __init__(self, master: str = "local[2]") -> None:
        """Start or join a Spark session."""
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise UserError(
                "未安装 pyspark。请运行 pip install 'kaohe[spark]',并安装 Java 17。",
                "pyspark is not installed. Run pip install 'kaohe[spark]' and install Java 17.",
            ) from None
        builder: Any = SparkSession.builder
        self._session = (
            builder.master(master)
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.ansi.enabled", "false")
            .getOrCreate()
        )
        self._session.sparkContext.setLogLevel("ERROR")

    def frame(self, source: Source) -> nw.LazyFrame[Any]:
        """Return a table, or a Parquet file, as a lazy frame."""
        if isinstance(source, Path):
            return nw.from_native(self._session.read.parquet(str(source)))
        return nw.from_native(self._session.createDataFrame(source.to_arrow()))

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Keep a frame in the cluster's memory and cut its lineage."""
        return nw.from_native(frame.to_native().localCheckpoint())

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> None:
        """Write a frame as one Parquet file."""
        collect(frame).write_parquet(path)


ENGINES = {"duckdb": DuckDB, "polars": Polars, "spark": Spark}


def open_engine(name: str) -> Engine:
    """Return the engine of that name.

    Raises:
        UserError: for an unknown name, or where its library is not installed.
    """
    if name not in ENGINES:
        known = "、".join(ENGINES)
        raise UserError(f"没有引擎“{name}”。可用:{known}。", f"No engine '{name}'. Known: {known}.", exit_code=2)
    return ENGINES[name]()


@what_fits()
def collect(frame: nw.LazyFrame[Any]) -> pl.DataFrame:
    """Bring a frame into memory as Polars."""
    return frame.collect("polars").to_native()
