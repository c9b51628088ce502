"""The blank workbooks of a period: one per unit that is asked anything, with last values and targets filled in."""

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl

from flows.files import write_whole
from flows.settings import Settings
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period, parse_period


def make_templates(
    settings: Settings,
    plan: Plan,
    period: Period,
    folder: Path | None = None,
    *,
    units: list[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Write the workbooks of a period and return their paths; ``units`` for some of them only.

    Raises:
        UserError: the plan does not know a unit, or asks it for nothing in this period.
    """
    from intake.template import Forms
    from schemas.asked import asked

    cells = asked(plan, period)
    codes = sorted(cells["unit_code"].unique()) if units is None else units
    _refuse_unknown(plan, period, codes, set(cells["unit_code"]))
    forms = Forms(plan, period, earlier_measurements(settings, plan, period), targets_due(plan, period), settings.lang)
    names = dict(plan.units.select("unit_code", "name").iter_rows())
    target = folder or settings.templates / str(period)
    paths = []
    for done, code in enumerate(codes, 1):
        path = target / f"{safe_name(f'{code}_{names[code]}_{period}')}.xlsx"
        write_whole(path, forms.workbook(code))
        paths.append(path)
        if progress:
            progress(done, len(codes))
    return paths


def _refuse_unknown(plan: Plan, period: Period, codes: list[str], known: set[str]) -> None:
    for code in codes:
        if code not in known:
            listed = code in plan.units["unit_code"]
            raise UserError(
                f"{period} 没有要求单位“{code}”填报任何指标。"
                if listed
                else f"考核方案没有单位“{code}”。请检查单位代码。",
                f"Nothing is asked of unit '{code}' in {period}."
                if listed
                else f"The plan has no unit '{code}'. Check the code.",
            )


_due: dict[tuple[str, Period], pl.DataFrame] = {}


def targets_due(plan: Plan, period: Period) -> pl.DataFrame:
    """Return unit_code, indicator_code and the target on schedule, as scoring will use it; worked out once."""
    from scoring import Inputs, score

    if (plan.hash, period) in _due:
        return _due[plan.hash, period]
    nothing = pl.DataFrame(
        schema={"unit_code": pl.String, "indicator_code": pl.String, "period": pl.String, "value": pl.Float64}
    )
    scored = score(plan, Inputs(nothing, unreported=[]), period)
    rows = scored.scores_frame().filter(pl.col("target").is_not_null())
    _due[plan.hash, period] = rows.select("unit_code", "target", indicator_code="node_code")
    return _due[plan.hash, period]


def earlier_measurements(settings: Settings, plan: Plan, period: Period | None) -> pl.DataFrame | None:
    """Return the measurements that count of earlier periods, or of all; None where nothing is stored yet."""
    from flows.inputs import periods_needed
    from warehouse import read_warehouse, scoring_inputs

    if not settings.warehouse.exists():
        return None
    needed = periods_needed(plan, period) if period else map(parse_period, plan.file.periods)
    codes = [str(p) for p in needed if p != period]
    with read_warehouse(settings.warehouse) as warehouse:
        return scoring_inputs(warehouse, codes).measurements


def safe_name(text: str) -> str:
    """Return a file name without characters that could lead out of a folder."""
    return re.sub(r"[^\w（）()-]+", "-", text).strip("-")[:120]
