"""Parameters of methods: bands, goalposts, caps, parts, and what must be above zero."""

from itertools import pairwise
from typing import Any

from schemas.lint.rules import Findings, few, nearest
from schemas.methods import (
    Band,
    Bands,
    Checklist,
    Deciles,
    Deductions,
    DistanceToTarget,
    Goalposts,
    LogGoalposts,
    Method,
    Milestones,
    Minmax,
    OfGroup,
    Percentile,
    Points,
    Relative,
    ShareOfBest,
    ThresholdBenchmark,
    group_target_of,
    parts_of,
    reference_group,
)  # fmt: skip
from schemas.periods import parse_period, positions_of_year
from schemas.plan import Indicator

Path = tuple[str | int, ...]


def methods_of(leaf: Indicator) -> list[tuple[Path, Method]]:
    """Return an indicator's method and those of its phases, each with its place."""
    own: list[tuple[Path, Method]] = [(("method",), leaf.method)]
    return own + [(("phases", i, "method"), p.method) for i, p in enumerate(leaf.phases) if p.method is not None]


def check_methods(found: Findings) -> None:
    """Check the parameters of every method as the plan writes them."""
    for leaf in found.plan.indicators:
        _indicator(found, leaf)
        for path, method in methods_of(leaf):
            _caps(found, leaf, path, method)
            _parts(found, leaf, path, method)
            _positive(found, leaf, path, method)
            match method:
                case Bands():
                    _bands(found, leaf, path, method)
                case Goalposts() | LogGoalposts() | Minmax() | ThresholdBenchmark():
                    _bounds(found, leaf, path, method)
                case Milestones():
                    _stages(found, leaf, path, method)
                case Deciles():
                    _deciles(found, leaf, path, method)
            if isinstance(method, Relative):
                _outliers(found, leaf, path, method)
            _group_target(found, leaf, (*path, "target"), method)
            within = reference_group(method)
            unknown = unknown_group(found, within) if within else None
            if unknown:
                found.item("group_unknown", leaf, (*path, "within"), *unknown)


def _indicator(found: Findings, leaf: Indicator) -> None:
    if leaf.minimum is not None and leaf.maximum is not None and leaf.minimum >= leaf.maximum:
        zh = f"minimum {leaf.minimum:g} 应小于 maximum {leaf.maximum:g}。"
        en = f"minimum {leaf.minimum:g} must lie below maximum {leaf.maximum:g}."
        found.item("bounds_order", leaf, ("minimum",), zh, en)
    if leaf.scope == "hq" and leaf.assigned_to is None:
        zh = (
            "scope 为 hq(只由总部填报),但没有 assigned_to,会问到所有单位。"
            "请写 assigned_to: [] 并在 assignments.csv 中列名。"
        )
        en = (
            "scope is hq, but without assigned_to every unit is asked. Write assigned_to: [] and name the units in "
            "assignments.csv."
        )
        found.item("hq_for_all", leaf, ("scope",), zh, en)
    _above_zero(found, leaf, ("per",), "per", leaf.per)
    for key, other in (("too_few", "min_denominator"), ("places_of", "places"), ("value_rounding", "value_places")):
        if key in leaf.model_fields_set and getattr(leaf, other) is None:
            found.item("key_idle", leaf, (key,), f"{key} 要与 {other} 一起写。", f"{key} does nothing without {other}.")


def _above_zero(found: Findings, leaf: Indicator, path: Path, name: str, value: Any) -> None:
    if isinstance(value, int | float) and value <= 0:
        zh, en = f"{name} 为 {value:g},应大于 0。", f"{name} is {value:g}; it must be above 0."
        found.item("positive_expected", leaf, path, zh, en)


def _positive(found: Findings, leaf: Indicator, path: Path, method: Method) -> None:
    names: list[str] = []
    match method:
        case LogGoalposts(offset=offset):
            _under_logarithm(found, leaf, path, method, ["worst", "best"], offset)
        case Minmax(outliers=outliers) | ShareOfBest(outliers=outliers) | DistanceToTarget(outliers=outliers):
            names = ["lower", "upper", "best", "worst", "target"] if outliers.log else []
            _under_logarithm(found, leaf, path, method, names, outliers.offset)
            names = []
        case Percentile():
            names = ["exponential"]
        case Points():
            names = ["full_marks_at"]
        case Deductions():
            names = ["full_marks"]
        case ThresholdBenchmark():
            names = ["points"]
    for name in names:
        _above_zero(found, leaf, (*path, name), name, getattr(method, name))
    if method.kind in ("attainment", "coverage", "growth"):
        _above_zero(found, leaf, (*path, "target"), "target", getattr(method, "target", None))
    key = {"checklist": "items", "milestones": "stages", "panel": "groups"}.get(method.kind)
    for number, (part, weight) in enumerate(parts_of(method).items() if key else ()):
        step = number if isinstance(method, Milestones) else part
        _above_zero(found, leaf, (*path, str(key), step), f"“{part}”", weight)


def _under_logarithm(
    found: Findings, leaf: Indicator, path: Path, method: Method, names: list[str], offset: float
) -> None:
    """Check that what the plan gives has a logarithm."""
    for name in names:
        given = getattr(method, name, None)
        if isinstance(given, int | float):
            _above_zero(found, leaf, (*path, name), f"{name} + offset" if offset else name, given + offset)


def _caps(found: Findings, leaf: Indicator, path: Path, method: Method) -> None:
    cap, floor = getattr(method, "cap", None), getattr(method, "floor", None)
    if cap is not None and floor is not None and cap < floor:
        zh, en = f"cap {cap:g} 低于 floor {floor:g},请对调。", f"cap {cap:g} lies below floor {floor:g}; swap them."
        found.item("cap_below_floor", leaf, (*path, "cap"), zh, en)
    for name in ("range", "scale"):
        limits = getattr(method, name, None)
        if limits is not None and limits[0] >= limits[1]:
            zh = f"{name} [{limits[0]:g}, {limits[1]:g}] 应先低后高。"
            en = f"{name} [{limits[0]:g}, {limits[1]:g}] must run from low to high."
            found.item("range_order", leaf, (*path, name), zh, en)


def _parts(found: Findings, leaf: Indicator, path: Path, method: Method) -> None:
    names: list[str] = []
    match method:
        case Checklist(items=list() as items):
            names = items
        case Milestones(stages=stages):
            names = [s.code for s in stages]
    key = "stages" if isinstance(method, Milestones) else "items"
    for number, name in enumerate(names):
        if name in names[:number]:
            zh, en = f"{key} 中“{name}”重复,请删去一个。", f"'{name}' occurs twice in {key}; remove one."
            found.item("part_twice", leaf, (*path, key, number), zh, en)
    if isinstance(method, Points):
        for kind in method.cap_by_kind:
            if isinstance(method.per_item, dict) and kind not in method.per_item:
                hint_zh, hint_en = nearest(kind, method.per_item)
                zh, en = f"cap_by_kind 的“{kind}”不在 per_item 中。{hint_zh}", f"cap_by_kind names '{kind}'. {hint_en}"
                found.item("part_unknown", leaf, (*path, "cap_by_kind", kind), zh, en)


def _bounds(
    found: Findings, leaf: Indicator, path: Path, method: Goalposts | LogGoalposts | Minmax | ThresholdBenchmark
) -> None:
    first, second = bounds_of(method)
    low, high = getattr(method, first), getattr(method, second)
    if low is None or high is None:
        return
    if low == high:
        zh = f"{first} 与 {second} 都是 {low:g},无法计分。请改成不同的数。"
        found.item(
            "goalposts_equal", leaf, (*path, first), zh, f"{first} and {second} are both {low:g}; they must differ."
        )
    elif isinstance(method, Minmax) and low > high:
        zh = f"lower {low:g} 应小于 upper {high:g};越低越好请写 direction: down。"
        en = f"lower {low:g} must lie below upper {high:g}; where lower is better, write direction: down."
        found.item("bounds_order", leaf, (*path, first), zh, en)


def bounds_of(method: Method) -> tuple[str, str]:
    """Return the names of the two bounds that must differ."""
    return {"minmax": ("lower", "upper"), "threshold_benchmark": ("threshold", "benchmark")}.get(
        method.kind, ("worst", "best")
    )


def _stages(found: Findings, leaf: Indicator, path: Path, method: Milestones) -> None:
    length = year_length(found)
    for number, stage in enumerate(method.stages):
        if stage.due is not None and not 1 <= stage.due <= (length or 12):
            most = length or 12
            zh = f"里程碑“{stage.code}”的 due 为 {stage.due},应在 1 到 {most} 之间(本年第几个周期)。"
            en = f"stage '{stage.code}' has due {stage.due}; write 1 to {most}, the period of the year."
            found.item("stage_due", leaf, (*path, "stages", number, "due"), zh, en)


def year_length(found: Findings) -> int:
    """Return the greatest number of collection periods in a year of the plan; 0 where it names none."""
    periods = found.plan.file.periods
    years = {parse_period(p).year for p in periods}
    return max((len(positions_of_year(periods, y)) for y in years), default=0)


def _deciles(found: Findings, leaf: Indicator, path: Path, method: Deciles) -> None:
    bounds = method.bounds
    rising = all(a < b for a, b in pairwise(bounds))
    falling = all(a > b for a, b in pairwise(bounds))
    last = method.first + len(bounds) - 1
    if not bounds or not (rising or falling) or method.first < 0 or last > 10:
        zh = (
            f"bounds 应逐档递增(越高越好)或递减(越低越好),从第 {method.first} 档起最多到第 10 档;"
            f"现有 {len(bounds)} 个。"
        )
        en = (
            f"bounds must rise (higher is better) or fall (lower is better), from decile {method.first} to 10 at most; "
            f"there are {len(bounds)}."
        )
        found.item("deciles_order", leaf, (*path, "bounds"), zh, en)


def _outliers(found: Findings, leaf: Indicator, path: Path, method: Relative) -> None:
    limits = method.outliers.winsorise
    if limits is not None and not 0 <= limits[0] < limits[1] <= 1:
        zh = f"winsorise [{limits[0]:g}, {limits[1]:g}] 应为 0 到 1 之间的两个分位数,例如 [0.05, 0.95]。"
        en = f"winsorise [{limits[0]:g}, {limits[1]:g}] must be two quantiles from 0 to 1, such as [0.05, 0.95]."
        found.item("winsorise_range", leaf, (*path, "outliers", "winsorise"), zh, en)


def _group_target(found: Findings, leaf: Indicator, path: Path, method: Method) -> None:
    """Check the numbers and names inside a target that the group makes."""
    target = group_target_of(method)
    if isinstance(target, OfGroup) and len(target.model_dump(exclude_none=True)) != 1:
        zh = "请写 {best: n}、{quantile: q}、{unit: 代码} 之一。"
        en = "write one of {best: n}, {quantile: q}, {unit: code}."
        found.item("group_target", leaf, path, zh, en)
    match target:
        case OfGroup(best=int() as best) if best < 1:
            zh, en = f"best {best} 应至少为 1。", f"best is {best}; it must be 1 or more."
            found.item("positive_expected", leaf, (*path, "best"), zh, en)
        case OfGroup(quantile=float() as at) if not 0 <= at <= 1:
            zh = f"quantile {at:g} 应在 0 到 1 之间,例如 0.75。"
            found.item("winsorise_range", leaf, (*path, "quantile"), zh, f"quantile {at:g} must lie from 0 to 1.")
        case OfGroup(unit=str() as unit) if not found.plan.units.is_empty():
            known = found.plan.units["unit_code"].to_list()
            if unit not in known:
                zh, en = nearest(unit, known)
                found.item("target_unit", leaf, (*path, "unit"), f"没有单位“{unit}”。{zh}", f"no unit '{unit}'. {en}")


def unknown_group(found: Findings, within: str) -> tuple[str, str] | None:
    """Say that a reference group is neither class nor all nor a column of the units; None where it is."""
    columns = [c for c in found.plan.units.columns if c != "line"]
    if within in ("class", "all", *columns) or found.plan.units.is_empty():
        return None
    zh, en = nearest(within, ["class", "all", *columns])
    return (
        f"参照组“{within}”不是 class、all 或单位表的列。{zh}",
        f"the group '{within}' is no column of units.csv. {en}",
    )


def _bands(found: Findings, leaf: Indicator, path: Path, method: Bands) -> None:
    place = (*path, "bands")
    if not method.bands:
        found.item("bands_order", leaf, place, "bands 为空,请至少写一档。", "bands is empty; write one at least.")
        return
    for number, band in enumerate(method.bands):
        if isinstance(band.score, tuple) and (band.from_ is None or band.to is None):
            zh = f"第 {number + 1} 档有两个分数,须同时写 from 和 to。"
            found.item(
                "band_ends", leaf, (*place, number), zh, f"band {number + 1} has two scores and needs from and to."
            )
    edges = [_edges(b) for b in method.bands]
    backwards = next((n for n, b in enumerate(method.bands) if _backwards(b, single=method.closed == "both")), None)
    ordered = edges in (sorted(edges), sorted(edges, reverse=True))
    if backwards is not None or not ordered:
        at = backwards if backwards is not None else 0
        zh, en = "分档应由低到高(或由高到低)排列。", "bands must run in one direction."
        if backwards is not None:
            zh, en = f"第 {at + 1} 档的 from 应小于 to。", f"band {at + 1}: from must lie below to."
            if edges[at][0] == edges[at][1] and method.closed != "both":
                zh, en = f"{zh}单个数值作一档须写 closed: both。", f"{en} A band of one value needs closed: both."
        found.item("bands_order", leaf, (*place, at), zh, en)
        return
    _neighbours(found, leaf, place, method)
    _open_ends(found, leaf, place, method)


def _backwards(band: Band, *, single: bool) -> bool:
    """Say whether a band holds no value; ``single``: one whose ends are the same number holds that number."""
    low, high = _edges(band)
    return low > high or (low == high and (isinstance(band.score, tuple) or not single))


def _edges(band: Band) -> tuple[float, float]:
    return (float("-inf") if band.from_ is None else band.from_, float("inf") if band.to is None else band.to)


def _neighbours(found: Findings, leaf: Indicator, place: Path, method: Bands) -> None:
    rows = sorted((*_edges(b), n) for n, b in enumerate(method.bands))
    for (_, end, _), (start, _, number) in pairwise(rows):
        if start == end or (method.closed == "both" and start > end):
            continue
        code, zh, en = (
            ("bands_gap", "没有分数", "has no score")
            if start > end
            else ("bands_overlap", "有两个分数", "has two scores")
        )
        low, high = sorted((start, end))
        zh = f"{low:g} 到 {high:g} 之间{zh}:相邻两档的界限应相同。"
        en = f"a value from {low:g} to {high:g} {en}: neighbouring bands must share their bound."
        found.item(code, leaf, (*place, number), zh, en)


def _open_ends(found: Findings, leaf: Indicator, place: Path, method: Bands) -> None:
    """Warn where possible values lie outside all bands; without ``minimum`` nothing below 0 is expected."""
    edges = sorted(_edges(b) for b in method.bands)
    lowest, highest = edges[0][0], max(high for _, high in edges)
    of_value = method.of == "value"
    least = leaf.minimum if of_value and leaf.minimum is not None else 0.0
    if method.of == "difference":
        least = float("-inf")
    most = leaf.maximum if of_value and leaf.maximum is not None else float("inf")
    outside_zh = [f"低于 {lowest:g}"] * (lowest > least) + [f"高于 {highest:g}"] * (highest < most)
    outside_en = [f"below {lowest:g}"] * (lowest > least) + [f"above {highest:g}"] * (highest < most)
    if outside_zh:
        zh = f"{few(outside_zh)}的数值不在任何分档内,得不到分。请去掉最外一档的界限,或写明 minimum、maximum。"
        en = f"values {few(outside_en, 'en')} lie in no band; open the outermost band, or give minimum and maximum."
        found.item("bands_open", leaf, place, zh, en)
