"""Verdicts of reviewers; and those whose report or its files changed since, which count until another is given.

docs/decisions/0012 says why.
"""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from schemas.errors import UserError
from schemas.tables import Verifications
from warehouse.clock import now, until
from warehouse.hashing import canonical_json, text_hash
from warehouse.inputs import VERIFICATIONS
from warehouse.office import MEASURED, append_changed, refuse_without_reason, with_actor
from warehouse.session import Warehouse, conform
from warehouse.submissions import COUNTING

SEEN_OF_A_CELL = ("status", "value", "numerator", "denominator", "evidence")
"""What a verdict rests on, besides the files; a unit that reports the same again does not ask for another one."""
_DIFFERS = " OR ".join(f"was.{column} IS DISTINCT FROM now.{column}" for column in SEEN_OF_A_CELL)
_CELL = "unit_code = v.unit_code AND {}.period = v.period AND {}.indicator_code = v.indicator_code AND {}.part = v.part"
OUTDATED = f"""
WITH verdicts AS ({VERIFICATIONS}),
states AS (
    SELECT submission_id, state, recorded_at AS since FROM submissions
    UNION ALL SELECT submission_id, state, recorded_at FROM submission_states
),
known AS (
    SELECT s.submission_id, s.unit_code, s.period, s.revision, t.state, t.since
    FROM submissions AS s JOIN states AS t USING (submission_id)
    SEMI JOIN verdicts AS v ON v.unit_code = s.unit_code AND v.period = s.period
    WHERE t.since <= $as_of
),
moments AS (
    SELECT DISTINCT unit_code, period, recorded_at AS moment FROM verdicts
    UNION SELECT DISTINCT unit_code, period, $as_of FROM verdicts
),
counted AS (
    SELECT unit_code, period, moment, submission_id, revision FROM (
        SELECT k.*, m.moment FROM moments AS m JOIN known AS k USING (unit_code, period) WHERE k.since <= m.moment
        QUALIFY row_number() OVER (PARTITION BY k.submission_id, m.moment ORDER BY k.since DESC) = 1
    ) WHERE list_contains($counting, state)
    QUALIFY row_number() OVER (PARTITION BY unit_code, period, moment ORDER BY revision DESC) = 1
),
cells AS (SELECT * FROM measurements SEMI JOIN verdicts USING (unit_code, period, indicator_code, part)),
came AS (
    SELECT v.verification_id, v.unit_code, v.period, s.revision, f.recorded_at, f.file_hash
    FROM verdicts AS v
    JOIN evidence_files AS f ON f.unit_code = v.unit_code AND f.period = v.period
        AND f.indicator_code = v.indicator_code AND f.part IN ('', v.part)
    JOIN submissions AS s ON s.submission_id = f.submission_id
),
files AS (
    SELECT verification_id, moment, list(DISTINCT file_hash ORDER BY file_hash) AS hashes FROM (
        SELECT came.*, c.moment FROM came JOIN counted AS c USING (unit_code, period)
        WHERE came.recorded_at <= c.moment AND came.revision <= c.revision
        QUALIFY rank() OVER (PARTITION BY verification_id, c.moment ORDER BY came.revision DESC) = 1
    ) GROUP BY ALL
)
SELECT v.*, was.submission_id AS seen_submission_id, now.submission_id AS submission_id,
       NOT ({_DIFFERS}) AS only_files
FROM verdicts AS v
LEFT JOIN counted AS then_one ON then_one.unit_code = v.unit_code AND then_one.period = v.period
    AND then_one.moment = v.recorded_at
JOIN counted AS now_one ON now_one.unit_code = v.unit_code AND now_one.period = v.period
    AND now_one.moment = $as_of
LEFT JOIN cells AS was ON was.submission_id = then_one.submission_id AND was.{_CELL.format(*["was"] * 3)}
JOIN cells AS now ON now.submission_id = now_one.submission_id AND now.{_CELL.format(*["now"] * 3)}
LEFT JOIN files AS saw ON saw.verification_id = v.verification_id AND saw.moment = v.recorded_at
LEFT JOIN files AS has ON has.verification_id = v.verification_id AND has.moment = $as_of
WHERE {_DIFFERS} OR saw.hashes IS DISTINCT FROM has.hashes
ORDER BY v.period, v.unit_code, v.indicator_code, v.part
"""


SAME_IDS = "SELECT split_part(verification_id, '/', 1) AS id, count(*) AS times FROM verifications GROUP BY ALL"


def add_verifications(
    warehouse: Warehouse, verifications: pl.DataFrame, *, actor: str, reason: str | None = None
) -> int:
    """Store verdicts and return how many were new; the newest on a unit, indicator, period and part counts.

    Columns of ``schemas.tables.Verifications`` without recorded_at and verification_id; nullable ones, part and actor
    may be absent. A verdict equal to the newest one on its measurement changes nothing, unless the measurement was
    reported anew since: then it is said of another report.

    Raises:
        UserError: a verdict without a reason, or adjusted without a value.
    """
    rows = with_actor(verifications, actor)
    if "part" not in rows.columns:
        rows = rows.with_columns(part=pl.lit(""))
    rows = conform(rows, Verifications, verification_id="", recorded_at=now())
    refuse_without_reason(rows, "unit_code")
    _refuse_without_value(rows)
    rows = rows.with_columns(verification_id=pl.Series(_ids(warehouse, rows), dtype=pl.String))
    again = outdated_verdicts(warehouse, rows["period"].unique().to_list())
    beside = ("verification_id",)
    return append_changed(warehouse, "verifications", rows, MEASURED, actor, reason, beside=beside, again=again)


def _ids(warehouse: Warehouse, rows: pl.DataFrame) -> list[str]:
    """Return ids made of what the verdicts say, numbered where the same was said before: V-1b2c…, V-1b2c…/2."""
    times = dict(warehouse.rows(SAME_IDS).iter_rows())
    said = rows.drop("verification_id", "recorded_at", "actor").to_dicts()
    ids = [f"V-{text_hash(canonical_json(row))[:12]}" for row in said]
    return [f"{id_}/{times[id_] + 1}" if id_ in times else id_ for id_ in ids]


def _refuse_without_value(rows: pl.DataFrame) -> None:
    empty = rows.filter(
        (pl.col("verdict") == "adjusted") & pl.all_horizontal(pl.col("value", "numerator", "denominator").is_null())
    )
    if empty.height:
        which = "、".join(empty["unit_code"].unique(maintain_order=True).head(5).to_list())
        raise UserError(
            f"{empty.height} 条核验调整没有核定值({which})。请填写核定值。",
            f"{empty.height} adjusted verdicts have no value ({which}). Give the value that counts.",
        )


def outdated_verdicts(warehouse: Warehouse, periods: Sequence[str], as_of: datetime | None = None) -> pl.DataFrame:
    """Return the newest verdicts on cells whose report or files changed since, as known at a moment (UTC; None: now).

    Columns of ``schemas.tables.Verifications``, seen_submission_id (the report the verdict was given on),
    submission_id (the one that counts) and only_files (the cell says the same; its files of evidence, by their hashes,
    are others). A cell's files are those of the newest report up to the one that counts that came with any for it. They
    count until another is given. A cell that no report holds any more is left out: a verdict on nothing has no effect.
    """
    return warehouse.rows(OUTDATED, periods=list(periods), counting=list(COUNTING), as_of=until(as_of))
