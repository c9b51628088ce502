"""The door: one writer's transaction, any number of readers.

A writer works on a copy of the file and puts it in the place of the old one (``os.replace``) when the transaction is
committed, checkpointed and on disk. So the file that everyone sees is always whole, always committed and never open
for writing: a reader needs no lock and keeps its file while newer ones appear, a process killed at any moment leaves
the old file untouched, and a full disk costs the copy only.

The alternative was to write the file in place and to refresh a snapshot for readers with COPY FROM DATABASE. That
costs more (79 MB, 3,000 units x 90 indicators x 4 quarters: 4 s against 0.05 s for copying and syncing the file),
needs the same space, and leaves a window between commit and refresh in which a killed writer hides what it had stored.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from schemas.errors import UserError
from warehouse.clock import not_before
from warehouse.disk import disk_full, is_disk_full
from warehouse.literals import literal
from warehouse.lock import OnWait, writer_lock
from warehouse.session import Warehouse, newest_event_at
from warehouse.structure import migrate, newest_version, refuse_newer, version_of

ATTACH = "ATTACH {path} AS {name}"
COPY_WHOLE = "COPY FROM DATABASE warehouse TO rebuilt"
OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""No statement of ours needs an extension, and none is to be fetched from the network."""
SUFFIX = ".new"


@contextmanager
def open_warehouse(path: Path, *, wait_seconds: float = 60.0, on_wait: OnWait | None = None) -> Iterator[Warehouse]:
    """Open the warehouse for one transaction, which commits at the end of the block or, on an error, never was.

    The file and its tables are made where they do not exist, and brought to today's structure. One process (and one
    thread) writes; others wait. ``on_wait`` receives one sentence in Chinese and one in English when waiting begins.

    Raises:
        UserError: another process wrote longer than ``wait_seconds``; the file is damaged; the disk is full; the file
            belongs to a newer program.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    copy = path.with_name(path.name + SUFFIX)
    with writer_lock(path, wait_seconds, on_wait), _named_failures(path):
        _remove(copy)
        try:
            if path.exists():
                shutil.copyfile(path, copy)
            connection = attach(copy, writable=True)
            try:
                warehouse = Warehouse(connection, writable=True)
                connection.execute("BEGIN TRANSACTION")
                warehouse.changed = migrate(connection)
                not_before_newest(warehouse)
                yield warehouse
                connection.execute("COMMIT")
                connection.execute("CHECKPOINT warehouse")
                if warehouse.rebuild:
                    rebuild(connection, copy)
            finally:
                connection.close()
            if warehouse.changed:
                put_in_place(copy, path)
        finally:
            _remove(copy)


@contextmanager
def read_warehouse(path: Path) -> Iterator[Warehouse]:
    """Open the warehouse for reading: the last committed state, which does not change while it is open.

    Never waits for a writer, nor makes one wait.

    Raises:
        UserError: there is no warehouse yet; the file is damaged, or belongs to a newer program.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(
            f"还没有数据库 {path.name}。请先用 kaohe ingest 接收填报文件,或运行 kaohe demo。",
            f"There is no database {path.name} yet. Take submissions in with kaohe ingest first, or run kaohe demo.",
        )
    with _named_failures(path):
        connection = attach(path, writable=False)
        try:
            if version_of(connection) != newest_version():
                connection.close()
                connection = _after_migration(path)
            yield Warehouse(connection, writable=False)
        finally:
            connection.close()


def attach(path: Path, *, writable: bool) -> duckdb.DuckDBPyConnection:
    """Return a connection with the file attached as ``warehouse``.

    Attached to a fresh in-memory database, not connected to: DuckDB keeps one instance per path and process, and
    would show a second reader of this process the file that the first one still holds. A writer has one thread: for
    what it inserts and compresses (300,000 rows) a second one doubled the processor time and saved none.
    """
    connection = duckdb.connect(":memory:", config={**OFFLINE, "threads": 1} if writable else OFFLINE)
    try:
        connection.execute(ATTACH.format(path=literal(path), name="warehouse") + ("" if writable else " (READ_ONLY)"))
        connection.execute("USE warehouse")
    except BaseException:
        connection.close()
        raise
    return connection


def not_before_newest(warehouse: Warehouse) -> None:
    """Let this transaction's rows be later than all stored ones."""
    newest = newest_event_at(warehouse)
    if newest:
        not_before(newest)


def put_in_place(copy: Path, path: Path) -> None:
    """Bring the finished copy to disk and put it in the place of the file."""
    leftover = copy.with_name(copy.name + ".wal")
    if leftover.exists():
        raise RuntimeError(f"{leftover} exists: the copy was not checkpointed")
    _to_disk(copy)
    copy.replace(path)
    _to_disk(path.parent)


def rebuild(connection: duckdb.DuckDBPyConnection, copy: Path) -> None:
    """Write the copy anew, so that erased rows are not left in its free blocks."""
    fresh = copy.with_name(copy.name + "er")
    _remove(fresh)
    connection.execute(ATTACH.format(path=literal(fresh), name="rebuilt"))
    connection.execute(COPY_WHOLE)
    connection.execute("CHECKPOINT rebuilt")
    connection.execute("DETACH rebuilt")
    fresh.replace(copy)


def _after_migration(path: Path) -> duckdb.DuckDBPyConnection:
    """Bring the file to today's structure as a writer does, and attach it again."""
    probe = attach(path, writable=False)
    try:
        refuse_newer(version_of(probe))
    finally:
        probe.close()
    with open_warehouse(path):
        pass
    return attach(path, writable=False)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(copy: Path) -> None:
    """Remove a copy, also one that a killed writer left, with what DuckDB keeps beside it."""
    for suffix in ("", ".wal", "er", "er.wal"):
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    shutil.rmtree(copy.with_name(copy.name + ".tmp"), ignore_errors=True)


@contextmanager
def _named_failures(path: Path) -> Iterator[None]:
    """Turn a damaged file and a full disk into sentences with a remedy; everything else passes.

    Raises:
        PermissionError: the file may not be opened, as any other file says it.
    """
    try:
        yield
    except (duckdb.Error, OSError) as error:
        text = str(error)
        if is_disk_full(error):
            raise disk_full(path) from error
        if isinstance(error, duckdb.Error) and any(sign in text for sign in SIGNS_OF_DAMAGE):
            raise damaged(path, text.splitlines()[0]) from error
        if isinstance(error, duckdb.IOException) and "Permission denied" in text:
            raise PermissionError(errno.EACCES, "Permission denied", str(path)) from error
        raise


SIGNS_OF_DAMAGE = (
    "Corrupt database file", "not a valid DuckDB database", "Could not read enough bytes", "Failed to deserialize",
    "Serialization Error",
)  # fmt: skip
"""What DuckDB says of a damaged file; 150 flipped bits gave the first one or lay in free blocks."""


def damaged(path: Path, detail: str) -> UserError:
    """Return the sentence on a damaged file."""
    return UserError(
        f"数据库 {path} 已损坏,无法读取({detail})。请将该文件移到别处,再用最近的备份恢复:kaohe restore 备份文件夹。",
        f"The database {path} is damaged and cannot be read ({detail}). Move the file away and restore the latest "
        "backup: kaohe restore BACKUP_FOLDER.",
    )
