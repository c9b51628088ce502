"""The blank workbooks of a period: one per unit that is asked anything, with last values and targets filled in."""

import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from flows.files import write_whole
from flows.settings import Settings
from schemas.codes import refuse_unknown_unit
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period, parse_period

if TYPE_CHECKING:
    from intake.template import Forms

ZIP_DATE = (2023, 1, 1, 0, 0, 0)


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
    from schemas.asked import asked

    cells = asked(plan, period)
    codes = sorted(cells["unit_code"].unique()) if units is None else units
    _refuse_unknown(plan, period, codes, set(cells["unit_code"]))
    forms = forms_of(settings, plan, period)
    target = folder or settings.templates / str(period)
    paths = [target / _file_name(code, forms.names[code], period) for code in codes]
    for done, (path, content) in enumerate(zip(paths, workbooks(forms, [(c, {}) for c in codes]), strict=True), 1):
        write_whole(path, content)
        if progress:
            progress(done, len(codes))
    return paths


def workbooks(forms: "Forms", wanted: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[bytes]:
    """Yield the units' workbooks in the order wanted, each filled as ``Forms.workbook``; many are written in processes.

    What a unit's form needs is worked out here; the other processes know plan, period and language only.
    """
    from flows.spread import spread
    from intake.template import Forms, write_form

    orders = ((code, forms.facts_of(code), filled) for code, filled in wanted)
    return spread(write_form, orders, Forms, forms.plan, forms.period, None, None, forms.lang)


def zip_by_class(settings: Settings, plan: Plan, period: Period, paths: Sequence[Path]) -> list[Path]:
    """Write beside the workbooks one zip for each class of units; return the zips. Same workbooks, same bytes."""
    names = plan.unit_names(settings.lang)
    units = plan.units.select("unit_code", "class_code").iter_rows()
    class_of = {_file_name(code, names[code], period): class_code for code, class_code in units}
    groups: dict[str, list[Path]] = {}
    for path in paths:
        groups.setdefault(class_of[path.name], []).append(path)
    made = []
    for code, members in sorted(groups.items()):
        words = plan.file.classes.get(code)
        name = safe_name(f"{period}_{code}_{words.get(settings.lang) if words else ''}")
        target = members[0].parent / f"{name}.zip"
        with _whole_zip(target) as archive:
            for path in members:
                archive.writestr(zipfile.ZipInfo(path.name, ZIP_DATE), path.read_bytes())
        made.append(target)
    return made


def _file_name(unit_code: str, name: str, period: Period) -> str:
    return f"{safe_name(f'{unit_code}_{name}_{period}')}.xlsx"


@contextmanager
def _whole_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Yield a zip that takes its place when all went well; workbooks are packed already, so they are only stored."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            yield archive
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


_forms: dict[tuple[str, Period, str, int, tuple[str, ...] | None], "Forms"] = {}


def forms_of(settings: Settings, plan: Plan, period: Period, units: Collection[str] | None = None) -> "Forms":
    """Return the forms of a period with last values, targets, points and formulas for the provisional score.

    ``units``: of these alone, for which much less is worked out, unless the plan compares units with each other: then
    a group of few would change what an indicator is worth. Kept until the warehouse changes.
    """
    from flows.estimates import Estimates
    from intake.template import Forms

    state = settings.warehouse.stat().st_mtime_ns if settings.warehouse.exists() else 0
    some = None if units is None or _compares(plan) else tuple(sorted(units))
    key = (f"{settings.warehouse}{plan.hash}", period, settings.lang, state, some)
    if key not in _forms:
        previous, verdicts = _earlier(settings, plan, period)
        if some is not None:
            wanted = pl.col("unit_code").is_in(some)
            plan = replace(plan, units=plan.units.filter(wanted))
            previous, verdicts = (t if t is None else t.filter(wanted) for t in (previous, verdicts))
        estimates = Estimates(plan, period, previous, verdicts)
        _forms.clear()
        _forms[key] = Forms(
            plan, period, previous, estimates.targets, settings.lang, estimates.weights, estimates.of
        )  # fmt: skip
    return _forms[key]


def _compares(plan: Plan) -> bool:
    from schemas.methods import reference_group

    return any(reference_group(m) is not None for i in plan.indicators for m in i.methods)


def _refuse_unknown(plan: Plan, period: Period, codes: list[str], known: set[str]) -> None:
    for code in codes:
        refuse_unknown_unit(plan, code)
        if code not in known:
            raise UserError(
                f"{period} 没有要求单位“{code}”填报任何指标。", f"Nothing is asked of unit '{code}' in {period}."
            )


def earlier_measurements(settings: Settings, plan: Plan, period: Period | None) -> pl.DataFrame | None:
    """Return the measurements that count of earlier periods, or of all; None where nothing is stored yet."""
    return _earlier(settings, plan, period)[0]


def _earlier(settings: Settings, plan: Plan, period: Period | None) -> tuple[pl.DataFrame | None, pl.DataFrame | None]:
    """Return the measurements that count of earlier periods, or of all, and the verdicts on them."""
    from flows.inputs import periods_needed
    from warehouse import read_warehouse, scoring_inputs

    if not settings.warehouse.exists():
        return None, None
    needed = periods_needed(plan, period) if period else map(parse_period, plan.file.periods)
    codes = [str(p) for p in needed if p != period]
    with read_warehouse(settings.warehouse) as warehouse:
        stored = scoring_inputs(warehouse, codes)
    return stored.measurements, stored.verifications


def safe_name(text: str) -> str:
    """Return a file name without characters that could lead out of a folder."""
    return re.sub(r"[^\w（）()-]+", "-", text).strip("-")[:120]
