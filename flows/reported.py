"""What a verification looks at: the reports that count, those before, the verdicts and the newest sample."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period, parse_period

if TYPE_CHECKING:
    from warehouse import Warehouse

CELL = ("unit_code", "indicator_code", "part")


@dataclass(frozen=True)
class Reported:
    """What counts of a period and before it, what reviewers said, and one sample (empty where none was drawn).

    ``verdicts``: the newest on each cell. ``outdated``: of these, the ones whose cell was reported anew since.
    ``shared_files``: evidence files that several units sent. ``data_hash``: of
    what counts, so of everything that all units reported.
    """

    cells: pl.DataFrame
    earlier: pl.DataFrame
    verdicts: pl.DataFrame
    outdated: pl.DataFrame
    drawn: pl.DataFrame
    shared_files: pl.DataFrame
    data_hash: str


def load_reported(warehouse: "Warehouse", plan: Plan, period: Period, sample_id: str | None = None) -> Reported:
    """Read what a review needs, of indicators that the plan has; ``sample_id`` for another sample than the newest.

    Raises:
        UserError: no report counts in the period.
    """
    from warehouse import evidence_shared, outdated_verdicts, scoring_inputs, spot_checks, submissions

    now = scoring_inputs(warehouse, [str(period)])
    ours = pl.col("indicator_code").is_in(list(plan.leaves))
    cells = now.measurements.filter(ours)
    if cells.is_empty():
        raise UserError(
            f"{period} 还没有计入的填报,无可核验。请先用 kaohe ingest 收表。",
            f"No report counts in {period} yet: nothing to verify. Take reports in with kaohe ingest first.",
        )
    stored = map(parse_period, submissions(warehouse)["period"].drop_nulls().unique())
    before = [str(p) for p in sorted(stored) if p < period and p.months == period.months]
    drawn = spot_checks(warehouse, str(period))
    newest = sample_id or (drawn["sample_id"][-1] if drawn.height else "")
    return Reported(
        cells, scoring_inputs(warehouse, before).measurements.filter(ours), now.verifications.filter(ours),
        outdated_verdicts(warehouse, [str(period)]).filter(ours), drawn.filter(pl.col("sample_id") == newest),
        evidence_shared(warehouse, str(period)),
        now.hashes["measurements"],
    )  # fmt: skip


def signs_of(plan: Plan, found: Reported) -> pl.DataFrame:
    """Return the signs of risk of a period's cells."""
    from intake.risk_signs import risk_signs

    return risk_signs(plan, found.cells, found.earlier, found.shared_files)


def claims_of(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the cells that claim something: a value or a nil return."""
    from intake.sampling import VERIFIABLE

    return cells.filter(pl.col("status").is_in(VERIFIABLE))
