"""The door: one writer at a time behind a lock, one transaction each; readers on a snapshot that no writer touches."""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from schemas.errors import UserError
from schemas.tables import TABLES, columns_of, key_of
from warehouse.ddl import MIGRATIONS, READ_VERSION, VERSION_TABLE, WRITE_VERSION

_last = datetime(2000, 1, 1)


def now() -> datetime:
    """Return the present moment, UTC without zone, in microseconds; later than any given before in this process."""
    global _last
    moment = datetime.now(UTC).replace(tzinfo=None)
    _last = max(moment, _last + timedelta(microseconds=1))
    return _last


@dataclass(frozen=True)
class Warehouse:
    """An open warehouse. Only this package looks inside."""

    con: duckdb.DuckDBPyConnection
    path: Path

    def frame(self, query: str, parameters: Any = None) -> pl.DataFrame:
        """Run a query; return its rows."""
        table = self.con.execute(query, parameters).to_arrow_table()
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        return frame

    def value(self, query: str, parameters: Any = None) -> Any:
        """Run a query; return its first row's first value, or None."""
        row = self.con.execute(query, parameters).fetchone()
        return row[0] if row else None

    def insert(self, name: str, rows: pl.DataFrame) -> None:
        """Append rows to a table, checked by its model; a key that exists already is a defect of the program.

        Raises:
            pandera.errors.SchemaErrors: rows that the model refuses.
            ValueError: a key twice.
        """
        model = TABLES[name]
        wanted = columns_of(model)
        missing = [pl.lit(None, dtype=t).alias(c) for c, t in wanted.items() if c not in rows.columns]
        rows = model.validate(
            rows.with_columns(missing).select(pl.col(c).cast(t) for c, t in wanted.items()), lazy=True
        )
        if rows.is_empty():
            return
        key = key_of(model)
        self.con.register("incoming", rows.to_arrow())
        match = " AND ".join(f'i."{k}" IS NOT DISTINCT FROM t."{k}"' for k in key)
        known = self.value(f'SELECT count(*) FROM incoming i SEMI JOIN "{name}" t ON {match}')
        if known or rows.select(key).is_duplicated().any():
            self.con.unregister("incoming")
            raise ValueError(f"{name}: a key of {key} exists already")
        self.con.execute(f'INSERT INTO "{name}" BY NAME SELECT * FROM incoming')
        self.con.unregister("incoming")


@contextmanager
def open_warehouse(
    path: Path, *, wait_seconds: float = 60.0, on_wait: Callable[[str], None] | None = None
) -> Iterator[Warehouse]:
    """Open for writing: alone, in one transaction that commits at the end or, on any error, leaves nothing.

    Another writer is waited for; ``on_wait`` is told who holds the lock. Readers get the new state after the commit.

    Raises:
        UserError: the lock is not free in time; the file is damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _lock(path, wait_seconds, on_wait):
        con = _connect(path)
        try:
            _migrate(con)
            con.execute("BEGIN")
            try:
                yield Warehouse(con, path)
                con.execute("COMMIT")
            except BaseException:
                con.execute("ROLLBACK")
                raise
        finally:
            con.close()
        _refresh(path)


@contextmanager
def read_warehouse(path: Path) -> Iterator[Warehouse]:
    """Open the last committed state for reading; never waits for a writer and never sees half of one.

    Raises:
        UserError: there is no warehouse yet; the file is damaged.
    """
    snapshot = snapshot_path(path)
    if not path.exists():
        raise UserError(
            f"还没有数据库 {path.name}。请先用 kaohe ingest 接收填报文件,或运行 kaohe demo。",
            f"There is no database {path.name} yet. Take submissions in with kaohe ingest first, or run kaohe demo.",
        )
    _refresh_if_stale(path)
    con = _connect(snapshot, read_only=True)
    try:
        yield Warehouse(con, path)
    finally:
        con.close()


def snapshot_path(path: Path) -> Path:
    """Return where readers look: a copy beside the warehouse, replaced whole after each commit."""
    return path.with_suffix(".snapshot.duckdb")


def _connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    try:
        con = duckdb.connect(str(path), read_only=read_only)
        con.execute("SET TimeZone = 'UTC'")
        return con
    except duckdb.Error as error:
        detail = str(error).splitlines()[0]
        raise UserError(
            f"数据库文件 {path.name} 无法打开,可能已损坏:{detail} "
            "请用 kaohe restore 从备份恢复;原始文件都在 archive 中。",
            f"The database file {path.name} cannot be opened and may be damaged: {detail} "
            "Restore a backup with kaohe restore; every received file is in the archive.",
        ) from error


def _migrate(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(VERSION_TABLE)
    version = con.execute(READ_VERSION).fetchone()
    done = version[0] if version else 0
    if done > len(MIGRATIONS):
        raise UserError(
            f"数据库是更新版本的 Kaohe 建立的(版本 {done})。请升级程序。",
            f"The database was made by a newer Kaohe (version {done}). Upgrade the program.",
        )
    for number in range(done + 1, len(MIGRATIONS) + 1):
        con.execute("BEGIN")
        for statement in MIGRATIONS[number - 1]:
            con.execute(statement)
        con.execute(WRITE_VERSION, [number, now()])
        con.execute("COMMIT")


@contextmanager
def _lock(path: Path, wait_seconds: float, on_wait: Callable[[str], None] | None) -> Iterator[None]:
    """Hold the writers' lock; the kernel frees it when a process ends, however it ends."""
    lock = path.with_suffix(".lock")
    with lock.open("a+") as file:
        until = time.monotonic() + wait_seconds
        told = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = lock.read_text().strip() or "?"
                if not told and on_wait:
                    on_wait(holder)
                    told = True
                if time.monotonic() > until:
                    raise UserError(
                        f"另一个进程(PID {holder})正在写数据库,等待 {wait_seconds:g} 秒后仍未结束。请稍后重试。",
                        f"Another process (PID {holder}) is writing to the database and did not end within "
                        f"{wait_seconds:g} s. Try again later.",
                    ) from None
                time.sleep(0.05)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _refresh(path: Path) -> None:
    """Replace the snapshot by a copy of the committed file. Called under the lock, with the database closed."""
    snapshot = snapshot_path(path)
    fresh = snapshot.with_suffix(f".{os.getpid()}.tmp")
    shutil.copyfile(path, fresh)
    stat = path.stat()
    os.utime(fresh, ns=(stat.st_mtime_ns, stat.st_mtime_ns))
    fresh.replace(snapshot)


def _refresh_if_stale(path: Path) -> None:
    """Make up for a writer that was killed between its commit and its snapshot; skip while another one writes."""
    snapshot = snapshot_path(path)
    if snapshot.exists() and snapshot.stat().st_mtime_ns == path.stat().st_mtime_ns:
        return
    with path.with_suffix(".lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if snapshot.exists() else 0))
        except BlockingIOError:
            return
        if snapshot.exists() and snapshot.stat().st_mtime_ns == path.stat().st_mtime_ns:
            return
        con = _connect(path)  # folds a killed writer's log into the file
        con.execute("CHECKPOINT")
        con.close()
        _refresh(path)
