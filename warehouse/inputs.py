"""What one scoring is made of, as it was known at a moment, with a content hash of each part."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from warehouse.door import Warehouse
from warehouse.submissions import FAR, counting

MEASUREMENTS = "SELECT m.* FROM measurements m SEMI JOIN chosen c ON m.submission_id = c.submission_id"
KEYS = {"items": "item_id", "verifications": "verification_id", "adjustments": "adjustment_id"}


@dataclass(frozen=True)
class ScoringInputs:
    """Measurements of the submissions that count; valid items, verdicts and adjustments; and the submissions.

    ``hashes``: measurements, items, verifications, adjustments → SHA-256 of their content, whatever the order of rows.
    """

    measurements: pl.DataFrame
    items: pl.DataFrame
    verifications: pl.DataFrame
    adjustments: pl.DataFrame
    submissions: pl.DataFrame
    hashes: dict[str, str]


def newest(warehouse: Warehouse, name: str, as_of: datetime | None) -> pl.DataFrame:
    """Return the newest row of each id, as known at a moment."""
    key = KEYS[name]
    query = (
        f'SELECT * FROM "{name}" WHERE recorded_at <= ? '
        f'QUALIFY row_number() OVER (PARTITION BY "{key}" ORDER BY recorded_at DESC) = 1 ORDER BY "{key}"'
    )
    return warehouse.frame(query, [as_of or FAR])


def scoring_inputs(warehouse: Warehouse, periods: list[str], as_of: datetime | None = None) -> ScoringInputs:
    """Return what counts for these periods, as known at a moment (now by default)."""
    chosen = counting(warehouse, periods, as_of)
    warehouse.con.register("chosen", chosen.select("submission_id").to_arrow())
    measurements = warehouse.frame(MEASUREMENTS).sort("unit_code", "period", "indicator_code", "part")
    warehouse.con.unregister("chosen")
    facts = {name: newest(warehouse, name, as_of).filter(pl.col("period").is_in(periods)) for name in KEYS}
    for name in ("items", "adjustments"):
        facts[name] = facts[name].filter(pl.col("state") == "valid")
    late = chosen.select("unit_code", "period", "late_days")
    hashes = {name: content_hash(frame.drop("recorded_at")) for name, frame in facts.items()}
    what = [
        "unit_code",
        "indicator_code",
        "period",
        "part",
        "value",
        "numerator",
        "denominator",
        "status",
        "self_score",
    ]
    hashes["measurements"] = hashlib.sha256(
        (content_hash(measurements.select(what)) + content_hash(late)).encode()
    ).hexdigest()
    return ScoringInputs(measurements, facts["items"], facts["verifications"], facts["adjustments"], chosen, hashes)


def content_hash(frame: pl.DataFrame) -> str:
    """Return the SHA-256 of a table's rows, whatever their order.

    Each row becomes text (columns by name; numbers as their shortest exact decimal), rows are sorted, then hashed. So
    it is the same across processes, versions and machines.
    """
    columns = sorted(frame.columns)
    if frame.is_empty():
        return hashlib.sha256("\x1f".join(columns).encode()).hexdigest()
    text = [pl.col(c).cast(pl.String).fill_null("\x00") for c in columns]
    rows = frame.select(row=pl.concat_str(text, separator="\x1f"))["row"].sort()
    digest = hashlib.sha256("\x1f".join(columns).encode())
    digest.update("\x1e".join(rows.to_list()).encode())
    return digest.hexdigest()
