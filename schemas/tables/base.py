"""What all tables share: the types of their columns and the words that several of them use."""

from typing import TYPE_CHECKING, Any

import pandera.polars as pa
import polars as pl

from schemas.tables.words import CELL_STATUS, PERIOD_STATES, SUBMISSION_STATES

if TYPE_CHECKING:
    from datetime import datetime

    At = datetime
else:
    At = pl.Datetime("us")

__all__ = ["CELL_STATUS", "PERIOD_STATES", "SUBMISSION_STATES", "At", "Table", "col"]


def col(meaning: str, *, null: bool = False, default: Any = None, isin: tuple[str, ...] | None = None) -> Any:
    """Describe one column: its meaning, whether it may be null, and the words it is limited to."""
    checks: dict[str, Any] = {"isin": list(isin)} if isin else {}
    return pa.Field(nullable=null, description=meaning, default=default, **checks)


class Table(pa.DataFrameModel):
    """Base of all tables: exactly these columns."""

    class Config:
        """Columns outside the model are errors; types must be right already."""

        strict = True
        coerce = False
