"""Who is asked for what: the plan's assignment of indicators to units, period by period (任务分解)."""

import polars as pl

from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period, parse_period, positions_of_year
from schemas.plan import Indicator, Phase

_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


def periods_of(plan: Plan, period: Period) -> list[Period]:
    """Return the plan's collection periods of the year; the scored period alone where the plan names none."""
    return positions_of_year(plan.file.periods, period.year) or [period]


def is_mean_of_quarters(plan: Plan, period: Period) -> bool:
    """Say whether the period is a year whose score comes from its quarters' scores, by the plan's rule ``year``."""
    year = period.months == 12 and len(periods_of(plan, period)) > 1
    return year and plan.file.year.rule != "rescore_year_to_date"


def asked_positions(plan: Plan, indicator: Indicator, period: Period) -> list[int]:
    """Return the positions (from 1) within the year at which an indicator is asked.

    ``asked_in`` where given; else the periods that end a month, quarter, half-year or year, by ``frequency``; of these
    only those inside one of its phases, where it has any: outside them nobody was asked, so nothing is missing.
    """
    if indicator.phases and phase_of(indicator, period) is None:
        return []
    year = periods_of(plan, period)
    if indicator.asked_in is not None:
        found = [p for p in indicator.asked_in if p <= len(year)]
    else:
        step = _MONTHS[indicator.frequency]
        found = [i for i, p in enumerate(year, 1) if p.last_month % step == 0 or i == len(year)]
    return [i for i in found if phase_of(indicator, year[i - 1]) is not None] if indicator.phases else found


def phase_of(indicator: Indicator, period: Period) -> Phase | None:
    """Return the indicator's phase that holds on the period's last day; None where there is none.

    A year with a change of phase inside is scored as its last quarter is: by the phase that holds then.
    """
    for phase in indicator.phases:
        if parse_period(phase.from_).first_day <= period.last_day <= parse_period(phase.to).last_day:
            return phase
    return None


def position(plan: Plan, period: Period) -> int:
    """Return the period's position within its year, from 1.

    A longer period (half-year, year) has the position of its last collection period.

    Raises:
        UserError: where the plan does not know the period.
    """
    year = periods_of(plan, period)
    for number, known in reversed(list(enumerate(year, 1))):
        if known == period or (period.contains(known) and known.last_month == period.last_month):
            return number
    known_text = "、".join(map(str, year))
    raise UserError(
        f"考核方案没有周期 {period}。可用:{known_text}。", f"The plan has no period {period}. Known: {known_text}."
    )


def last_asked(plan: Plan, indicator: Indicator, period: Period) -> int | None:
    """Return the position at which the indicator was last asked up to the period; None where not yet this year.

    An indicator counts from the first period of the year in which it is asked; between askings its last value stands.
    """
    here = position(plan, period)
    before = [p for p in asked_positions(plan, indicator, period) if p <= here]
    return before[-1] if before else None


def holding_periods(plan: Plan, indicator: Indicator, period: Period) -> list[str]:
    """Return the periods whose rows of targets and assignments hold for an indicator, the most special first.

    The scored period; the collection period in which the indicator was last asked, since that value stands (of a
    half-year or a year its last one); the year. Rows without a period come after them.
    """
    at = last_asked(plan, indicator, period) or position(plan, period)
    return list(dict.fromkeys([str(period), str(periods_of(plan, period)[at - 1]), str(period.year)]))


def holding_rows(plan: Plan, period: Period, rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Keep the rows (indicator_code, period and others) that hold in a period; of each key that of the first period."""
    held = [(i.code, p, n) for i in plan.indicators for n, p in enumerate(holding_periods(plan, i, period))]
    table = pl.DataFrame(
        held, schema={"indicator_code": pl.String, "period": pl.String, "order": pl.Int64}, orient="row"
    )
    return (
        rows.join(table, on=["indicator_code", "period"], how="left", maintain_order="left")
        .filter(pl.col("period").is_null() | pl.col("order").is_not_null())
        .sort("order", nulls_last=True, maintain_order=True)
        .unique(key, keep="first", maintain_order=True)
        .drop("order")
    )


def exceptions(plan: Plan, period: Period) -> pl.DataFrame:
    """Return the exceptions of ``assignments.csv`` that hold in a period: unit_code, indicator_code, role, state."""
    held = holding_rows(plan, period, plan.assignments, ["unit_code", "indicator_code"])
    return held.select("unit_code", "indicator_code", "role", state=pl.col("state").fill_null("assigned"))


def valid_units(units: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Keep the rows of a registry that are valid on the period's last day; a row without dates always is."""
    last = period.last_day.isoformat()
    if "valid_from" in units.columns:
        units = units.filter(pl.col("valid_from").is_null() | (pl.col("valid_from") <= last))
    if "valid_to" in units.columns:
        units = units.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") >= last))
    return units


def asked(
    plan: Plan, period: Period, *, units: pl.DataFrame | None = None, owner: str | None = "unit", taken: bool = False
) -> pl.DataFrame:
    """Return what is asked in exactly this period: unit_code, indicator_code, role (lead, partner or null).

    ``owner`` limits it to what units, office or system supply; None for all. ``taken`` adds the indicators that are not
    asked but take their values elsewhere (``value_from``). ``not_applicable`` cells are not asked,
    nor are units that are not valid on the period's last day: merged, split, or not there yet.
    """
    here = position(plan, period)
    leaves = [i for i in plan.indicators if here in asked_positions(plan, i, period) and owner in (None, i.owner)]
    leaves = [i for i in leaves if taken or i.value_from is None]
    registry = valid_units(plan.units if units is None else units, period)
    classes = [(i.code, c) for i in leaves for c in (plan.classes() if i.assigned_to is None else i.assigned_to)]
    schema = {"indicator_code": pl.String, "class_code": pl.String}
    by_class = pl.DataFrame(classes, schema=schema, orient="row")
    grid = registry.join(by_class, on="class_code").select("unit_code", "indicator_code")
    special = exceptions(plan, period).filter(
        pl.col("indicator_code").is_in([i.code for i in leaves])
        & pl.col("unit_code").is_in(registry["unit_code"].to_list())
    )
    rest = grid.join(special, on=["unit_code", "indicator_code"], how="anti").with_columns(
        role=pl.lit(None, dtype=pl.String)
    )
    named = special.filter(pl.col("state") == "assigned").select("unit_code", "indicator_code", "role")
    order = pl.DataFrame({"indicator_code": [i.code for i in leaves]}, schema={"indicator_code": pl.String})
    cells = pl.concat([rest, named]).join(order.with_row_index("n"), on="indicator_code").sort("unit_code", "n")
    return cells.drop("n")
