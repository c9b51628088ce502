"""What one unit's scores in one run were made of, down to the received file: few rows of many, quickly."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import polars as pl

from schemas.errors import UserError
from warehouse.runs import RESULTS, RUN
from warehouse.session import Warehouse

COUNTED = """
SEMI JOIN (SELECT input_id, recorded_at FROM run_inputs WHERE run_id = $run_id AND kind = '{kind}') AS used
    ON {on}
"""
OTHERS = "list_contains($codes, x.indicator_code) AND x.unit_code IN (SELECT unnest($others))"
OWN_MEASUREMENTS = f"""
SELECT x.*, s.file_name, s.file_hash, s.revision, s.received_at
FROM measurements AS x JOIN submissions AS s USING (submission_id)
{COUNTED.format(kind="submission", on="x.submission_id = used.input_id")}
WHERE x.unit_code = $unit_code ORDER BY x.period, x.indicator_code, x.part
"""
OTHER_MEASUREMENTS = f"""
SELECT x.unit_code, x.indicator_code, x.period, x.part, x.value, x.numerator, x.denominator, x.status
FROM measurements AS x {COUNTED.format(kind="submission", on="x.submission_id = used.input_id")}
WHERE {OTHERS}
"""
SUBMISSIONS = f"""
SELECT x.submission_id, x.unit_code, x.period, x.late_days, x.file_name, x.file_hash, x.received_at
FROM submissions AS x {COUNTED.format(kind="submission", on="x.submission_id = used.input_id")}
WHERE x.unit_code = $unit_code OR x.unit_code IN (SELECT unnest($others)) ORDER BY x.period, x.unit_code
"""
PERIODS = f"""
SELECT DISTINCT x.period FROM submissions AS x
{COUNTED.format(kind="submission", on="x.submission_id = used.input_id")} ORDER BY x.period
"""
OFFICE = """
SELECT x.* FROM "{name}" AS x {counted} WHERE {wanted} ORDER BY x.period, x.unit_code, x.{kind}_id
"""
OWN_SCORES = """
SELECT * EXCLUDE (run_id) FROM scores WHERE run_id = $run_id AND unit_code = $unit_code ORDER BY rowid
"""
OTHER_SCORES = """
SELECT * EXCLUDE (run_id) FROM scores
WHERE run_id = $run_id AND unit_code <> $unit_code
    AND (list_contains($nodes, node_code) OR unit_code IN (SELECT unnest($units)))
ORDER BY rowid
"""


@dataclass(frozen=True)
class Lineage:
    """A run's row and results (all units), and of its inputs and scores what one unit's explanation looks at.

    ``measurements``: the unit's rows have, beside their own columns, file_name, file_hash, revision and received_at of
    the submission; others' have what can change a score. ``submissions``: those that counted, of the same units.
    ``periods``: those in which any unit's submission counted.
    """

    run: dict[str, Any]
    results: pl.DataFrame
    scores: pl.DataFrame
    measurements: pl.DataFrame
    verifications: pl.DataFrame
    items: pl.DataFrame
    adjustments: pl.DataFrame
    submissions: pl.DataFrame
    periods: list[str]


def run_row(warehouse: Warehouse, run_id: str) -> dict[str, Any]:
    """Return a run's row, columns as in ``schemas.tables.Runs``.

    Raises:
        UserError: there is no such run.
    """
    stored = warehouse.rows(RUN, run_id=run_id)
    if stored.is_empty():
        raise UserError(f"没有计分批次“{run_id}”。", f"There is no run '{run_id}'.")
    return stored.row(0, named=True)


def lineage(
    warehouse: Warehouse,
    run_id: str,
    unit_code: str,
    *,
    indicator_codes: Collection[str] = (),
    others: Collection[str] = (),
    node_codes: Collection[str] = (),
    scores_of: Collection[str] = (),
) -> Lineage:
    """Return what a unit's explanation looks at in a run.

    Args:
        warehouse: an open warehouse.
        run_id: the run, in full.
        unit_code: the unit, of which every row and score is returned.
        indicator_codes: indicators of which other units' rows are wanted too (methods relative to others).
        others: those units.
        node_codes: nodes of which all units' scores are wanted.
        scores_of: units of which all scores are wanted.

    Raises:
        UserError: there is no such run.
    """
    run = run_row(warehouse, run_id)
    asked = {
        "run_id": run_id, "unit_code": unit_code, "codes": sorted(indicator_codes),
        "others": sorted({*others} - {unit_code}), "nodes": sorted(node_codes), "units": sorted(scores_of),
    }  # fmt: skip

    def rows(own: str, others: str, wanted: bool) -> pl.DataFrame:
        return pl.concat([warehouse.rows(query, **asked) for query in (own, others)[: 1 + wanted]], how="diagonal")

    def office(name: str, wanted: str) -> pl.DataFrame:
        kind = name.removesuffix("s")
        on = f"x.{kind}_id = used.input_id AND x.recorded_at = used.recorded_at"
        counted = COUNTED.format(kind=kind, on=on)
        return warehouse.rows(OFFICE.format(name=name, kind=kind, counted=counted, wanted=wanted), **asked)

    own = "x.unit_code = $unit_code"
    return Lineage(
        run=run,
        results=warehouse.rows(RESULTS, run_id=run_id),
        scores=rows(OWN_SCORES, OTHER_SCORES, bool(node_codes or scores_of)),
        measurements=rows(OWN_MEASUREMENTS, OTHER_MEASUREMENTS, bool(indicator_codes)),
        verifications=office("verifications", f"({own} OR {OTHERS})"),
        items=office("items", f"({own} OR {OTHERS})"),
        adjustments=office("adjustments", own),
        submissions=warehouse.rows(SUBMISSIONS, **asked),
        periods=warehouse.rows(PERIODS, run_id=run_id)["period"].to_list(),
    )
