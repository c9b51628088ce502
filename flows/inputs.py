"""What one scoring is made of: what is recorded, and what the system itself knows."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl

from flows.settings import Settings
from schemas.asked import asked, asked_positions, periods_of, position
from schemas.folder import Plan
from schemas.periods import Period, parse_period

if TYPE_CHECKING:
    from scoring import Inputs
    from warehouse import Warehouse

LATE_PART, MISSING_PART = "late_day", "not_reported"


@dataclass(frozen=True)
class Recorded:
    """The inputs of one scoring, their hashes, the submissions that count, and the units that sent nothing.

    ``used``: what was recorded and counted, for the table of run_inputs. ``as_of_at``: the moment that repeats it.
    ``outdated``: verdicts on cells that were reported anew since. ``held``: reports of the units that sent nothing else
    in time, which wait to be admitted.
    """

    inputs: "Inputs"
    measurements: pl.DataFrame
    hashes: dict[str, str]
    counting: pl.DataFrame
    reporting: list[str]
    unreported: list[str]
    used: pl.DataFrame
    as_of_at: datetime | None
    outdated: pl.DataFrame
    held: list[str]


def load_inputs(settings: Settings, plan: Plan, period: Period, as_of: datetime | None = None) -> Recorded:
    """Read what is recorded for a scoring, as known at a moment, and add what the system itself knows.

    Raises:
        UserError: nothing is recorded yet.
    """
    from scoring import Inputs, rules_hash
    from warehouse import outdated_verdicts, read_warehouse, registry_hash, scoring_inputs

    codes = [str(p) for p in periods_needed(plan, period)]
    with read_warehouse(settings.warehouse) as warehouse:
        stored = scoring_inputs(warehouse, codes, utc(as_of), plan.file.intake.punctuality)
        history, earlier = _history(warehouse, plan, period)
        counting = stored.submissions
        collected = str(scored_periods(plan, period)[-1])
        reporting = sorted(counting.filter(pl.col("period") == collected)["unit_code"])
        silent = sorted(set(asked(plan, period)["unit_code"]) - set(reporting))
        held = _held(warehouse, collected, utc(as_of))
        outdated = outdated_verdicts(warehouse, [str(p) for p in scored_periods(plan, period)], utc(as_of))
    inputs = Inputs(
        stored.measurements,
        verifications=stored.verifications,
        items=pl.concat([stored.items, system_items(plan, period, counting)], how="diagonal_relaxed"),
        adjustments=pl.concat([stored.adjustments, late_adjustments(plan, period, counting)], how="diagonal_relaxed"),
        history=history,
        unreported=silent,
    )
    hashes = {f"{name}_hash": text for name, text in stored.hashes.items()}
    if earlier:  # results of earlier runs are an input only where the plan has rules on consecutive results
        hashes["adjustments_hash"] = hashlib.sha256(
            "\n".join([hashes["adjustments_hash"], *earlier]).encode()
        ).hexdigest()
    hashes |= {"plan_hash": plan.hash, "registry_hash": registry_hash(plan.units), "rules_hash": rules_hash()}
    return Recorded(
        inputs, stored.measurements, hashes, counting, reporting, silent, stored.used, stored.as_of_at, outdated, held
    )


def _held(warehouse: "Warehouse", period: str, as_of: datetime | None) -> list[str]:
    """Return the reports that came too late and wait: of silent units, and corrections of those that count."""
    from warehouse import submissions

    return submissions(warehouse, period, as_of).filter(pl.col("state") == "held_late")["submission_id"].to_list()


def utc(moment: datetime | None) -> datetime | None:
    """Return a moment as the warehouse keeps it: UTC without zone."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment and moment.tzinfo else moment


def _history(warehouse: "Warehouse", plan: Plan, period: Period) -> tuple[pl.DataFrame | None, list[str]]:
    """Return the results of earlier periods' newest runs and these runs, where the plan has rules that need them."""
    from warehouse import load_run, runs

    if not plan.file.consecutive:
        return None, []
    rows = runs(warehouse).filter(pl.col("period") != str(period)).unique("period", keep="last", maintain_order=True)
    earlier = [(r, p) for r, p in rows.select("run_id", "period").iter_rows() if parse_period(p) < period]
    frames = [load_run(warehouse, run_id)[1].with_columns(period=pl.lit(name)) for run_id, name in earlier]
    return (pl.concat(frames) if frames else None), sorted(r for r, _ in earlier)


def periods_needed(plan: Plan, period: Period) -> list[Period]:
    """Return the periods whose data a scoring looks at: the year's up to now, and those that growth compares with."""
    here = position(plan, period)
    year = periods_of(plan, period)[:here]
    wanted = {period, period.previous(), period.last_year(), *year, *(p.last_year() for p in year)}
    if year:
        wanted.add(year[0].previous())
    return sorted(wanted)


def scored_periods(plan: Plan, period: Period) -> list[Period]:
    """Return the periods of collection inside the scored one's year, up to now."""
    return periods_of(plan, period)[: position(plan, period)]


def late_adjustments(plan: Plan, period: Period, counting: pl.DataFrame) -> pl.DataFrame:
    """Return an adjustment ``late`` with its days for each late submission that counts, where the plan has a rule."""
    periods = [str(p) for p in scored_periods(plan, period)] if period.months == 12 else [str(period)]
    late = counting.filter((pl.col("late_days") > 0) & pl.col("period").is_in(periods))
    if plan.file.adjustments.late is None:
        late = late.clear()
    return late.select(
        "unit_code", "period", adjustment_id=pl.format("late/{}/{}", "unit_code", "period"), kind=pl.lit("late"),
        value=pl.col("late_days").cast(pl.Float64), reason=pl.format("迟报{}天", "late_days"), state=pl.lit("valid"),
    )  # fmt: skip


def system_items(
    plan: Plan, period: Period, counting: pl.DataFrame, periods: Collection[str] | None = None
) -> pl.DataFrame:
    """Return the items of the indicators that the system itself supplies: days late, and reports that never came.

    Of earlier periods only those count in which anything was collected at all: ``periods``, to be named where
    ``counting`` has not all units' submissions.
    """
    rows: list[tuple[str, str, str, str, float]] = []
    collected = {*(counting["period"].to_list() if periods is None else periods), str(period)}
    days = {(u, p): d for u, p, d in counting.select("unit_code", "period", "late_days").iter_rows()}
    for indicator in (i for i in plan.indicators if i.owner == "system"):
        kinds = set(getattr(indicator.method, "per_case", {}) or getattr(indicator.method, "per_item", {}))
        year = periods_of(plan, period)
        for at in asked_positions(plan, indicator, period):
            here = year[at - 1]
            if at > position(plan, period) or str(here) not in collected:
                continue
            owed = set(asked(plan, here)["unit_code"])
            units = set(
                asked(plan, here, owner="system").filter(pl.col("indicator_code") == indicator.code)["unit_code"]
            )
            for unit in sorted(units & owed):
                late = days.get((unit, str(here)))
                if late is None and MISSING_PART in kinds:
                    rows.append((unit, indicator.code, str(here), MISSING_PART, 1.0))
                elif late and LATE_PART in kinds:
                    rows.append((unit, indicator.code, str(here), LATE_PART, float(late)))
    texts = dict.fromkeys(("unit_code", "indicator_code", "period", "kind"), pl.String)
    items = pl.DataFrame(rows, schema={**texts, "count": pl.Float64}, orient="row")
    name = pl.format("system/{}/{}/{}/{}", *texts)
    return items.with_columns(item_id=name, state=pl.lit("valid"))
