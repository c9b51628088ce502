"""Samples drawn for spot checks: which cells, why, and from what; the same draw again changes nothing."""

import json
from datetime import datetime
from typing import Any

import polars as pl

from schemas.tables import SpotChecks
from warehouse.clock import now, until
from warehouse.events import append_event
from warehouse.hashing import canonical_json, content_hash
from warehouse.session import Warehouse, conform, insert

SPOT_CHECKS = """
SELECT * FROM spot_checks WHERE ($period IS NULL OR period = $period) AND recorded_at <= $as_of
ORDER BY recorded_at, sample_id, unit_code, indicator_code, part
"""
DRAWN = "SELECT subject, detail_json FROM events WHERE action = 'sample_drawn' ORDER BY seq"


def add_sample(
    warehouse: Warehouse,
    period: str,
    cells: pl.DataFrame,
    facts: dict[str, Any],
    *,
    actor: str,
    reason: str | None = None,
) -> tuple[str, bool]:
    """Store a sample and return its id, ``2023Q1/S1``, and whether it is new.

    ``cells``: columns of ``schemas.tables.SpotChecks`` without sample_id and recorded_at. ``facts`` say how it was
    drawn (share, seed, what of) and stand in the event with the hash of the cells, so that anyone can draw it again;
    equal facts are the same sample.
    """
    earlier = [
        (subject, json.loads(detail))
        for subject, detail in warehouse.rows(DRAWN).iter_rows()
        if subject.startswith(f"{period}/S")
    ]
    for subject, detail in earlier:
        if canonical_json({n: detail.get(n) for n in facts}) == canonical_json(facts):
            return subject, False
    sample_id = f"{period}/S{len(earlier) + 1}"
    rows = conform(cells, SpotChecks, sample_id=sample_id, recorded_at=now())
    insert(warehouse, "spot_checks", rows)
    append_event(warehouse, "sample_drawn", sample_id, actor, reason, {**facts, **sample_facts(rows)})
    return sample_id, True


def sample_facts(rows: pl.DataFrame) -> dict[str, Any]:
    """Return what the event says of a sample's rows."""
    return {"cells": rows.height, "cells_hash": content_hash(rows)}


def spot_checks(warehouse: Warehouse, period: str | None = None, as_of: datetime | None = None) -> pl.DataFrame:
    """Return the cells drawn for a period (or all), the earliest sample first, columns as in ``SpotChecks``."""
    return warehouse.rows(SPOT_CHECKS, period=period, as_of=until(as_of))
