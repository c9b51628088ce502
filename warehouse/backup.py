"""The whole warehouse in an open format, and back, checked on the way."""

from pathlib import Path

import polars as pl

from schemas.errors import UserError
from schemas.tables import TABLES
from warehouse.door import Warehouse
from warehouse.events import verify_events

COUNT = 'SELECT count(*) FROM "{}"'


def export_parquet(warehouse: Warehouse, folder: Path) -> dict[str, int]:
    """Write every table as one Parquet file; return the number of rows by table."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = {}
    for name in TABLES:
        frame = warehouse.frame(f'SELECT * FROM "{name}" ORDER BY ALL')
        frame.write_parquet(folder / f"{name}.parquet")
        counts[name] = frame.height
    return counts


def restore_parquet(warehouse: Warehouse, folder: Path) -> dict[str, int]:
    """Fill an empty warehouse from such a folder; return the number of rows by table.

    Raises:
        UserError: the warehouse is not empty, a file is missing, or the chain of events is broken.
    """
    if any(warehouse.value(COUNT.format(name)) for name in TABLES):
        raise UserError(
            "只能恢复到空的数据库。请先移走现有文件。",
            "Only an empty database can be restored. Move the present file away.",
        )
    counts = {}
    for name in TABLES:
        path = folder / f"{name}.parquet"
        if not path.is_file():
            raise UserError(f"备份不完整,缺少 {path.name}。", f"The backup is incomplete: {path.name} is missing.")
        frame = pl.read_parquet(path)
        warehouse.insert(name, frame)
        counts[name] = frame.height
    broken = verify_events(warehouse)
    if broken is not None:
        raise UserError(f"备份中第 {broken} 条事件不符。", f"Event {broken} of the backup does not fit the chain.")
    return counts
