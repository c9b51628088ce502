"""A method's formula with the values of one cell put in: of several cases only the one that applies.

What stands after the last ``: `` or ``; `` is arithmetic, so that anyone can work it out (and a test does).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from schemas import methods as m
from scoring.explain_words import filled, inside

Values = Mapping[str, float | None]
Write = Callable[[float | None], str]

_STEP = re.compile(
    r"(?P<left>[\[(])(?P<low>[^,\[(]+), (?P<high>[^\])]+)(?P<right>[\])]): "
    r"(?P<score>[^\s,]+)(?: \(≤ (?P<most>[^)]+)\))?"
    r"|(?P<sign>[<>≤≥=]) (?P<bound>[^\s:]+): (?P<beyond>[^\s,]+)"
)


def values_of(method: m.Method, cell: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the value of every name that the method's texts may use, from a cell's row of the engine."""
    values: dict[str, float | None] = {n[2:]: v for n, v in cell.items() if n.startswith("p_")}
    for name in ("value", "target", "previous", "x"):
        values[name] = cell.get(name)
    values |= {n: cell.get(f"g_{n}") for n in ("n", "rank", "mean", "sd", "sum")}
    low, high = cell.get("g_low"), cell.get("g_high")
    match method:
        case m.Minmax(direction=direction):
            values["worst"], values["best"] = (high, low) if direction == "down" else (low, high)
        case m.ShareOfBest(direction=direction) if values.get("best") is None:
            values["best"] = low if direction == "down" else high
        case m.DistanceToTarget(direction=direction):
            values["target"] = cell.get("g_target", values["target"])
            if values.get("worst") is None:
                values["worst"] = high if direction == "down" else low
        case m.Attainment(per_point_above=above, per_point_below=below) if above is not None or below is not None:
            for name in ("per_point_above", "per_point_below"):
                values[name] = 1.0 if values.get(name) is None else values[name]
    return values


def put_in(method: m.Method, text: str, values: Values, write: Write = inside) -> str | None:
    """Return the formula with values; None where one of them is absent."""
    shown = _only(text)
    if any(values.get(name) is None for name in _names(shown) if name != "baseline"):
        return None
    match method:
        case m.Boolean():
            met = (values["value"] or 0.0) >= 1
            sign, name = ("≥", "met") if met else ("<", "not_met")
            return f"{write(values['value'])} {sign} 1: {write(values[name])}"
        case m.ThresholdBenchmark():
            return _threshold(method, values, write)
        case m.RankPoints(points=list() as points):
            return _ranked(points, values["rank"] or 0.0, write)
    if "→" in text:
        return _stepped(text, values, write)
    if text.startswith("r = "):
        return _pointwise(text, values, write)
    return _put(shown, values, write)


def _only(text: str) -> str:
    return text.split(" → ")[0]


def _names(text: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", text)


def _put(text: str, values: Values, write: Write) -> str | None:
    return filled(text, values, write)


def _stepped(text: str, values: Values, write: Write) -> str | None:
    """Find the step that the value lies in; bounds are met to 1e-9."""
    what, steps = text.split(" → ")
    at = values["value"] or 0.0
    if "100 × " in what:
        at = 100.0 * at / (values["target"] or 1.0)
    elif "−" in what:
        at -= values["target"] or 0.0
    shown = write(at) if what == "{value}" else f"{_put(what, values, write)} = {write(at)}"
    at = round(at, 9)
    for step in _STEP.finditer(steps):
        if step["sign"]:
            bound = _number(step["bound"])
            if {"<": at < bound, ">": at > bound, "≤": at <= bound, "≥": at >= bound, "=": at == bound}[step["sign"]]:
                return f"{shown} {step['sign']} {step['bound']}: {step['beyond']}"
            continue
        low, high = _number(step["low"]), _number(step["high"])
        above = at >= low if step["left"] == "[" else at > low
        below = at <= high if step["right"] == "]" else at < high
        if above and below:
            place = f"{step['left']}{step['low']}, {step['high']}{step['right']}"
            return f"{shown} ∈ {place}: {_line(step, at, write)}"
    return None


def _number(text: str) -> float:
    return float(text.replace("−∞", "-inf").replace("∞", "inf").replace("−", "-"))


def _line(step: "re.Match[str]", at: float, write: Write) -> str:
    if "…" not in step["score"]:
        return write(_number(step["score"]))
    first, last = (write(_number(s)) for s in step["score"].split("…"))
    low, high = write(_number(step["low"])), write(_number(step["high"]))
    line = f"{first} + ({last} − {first}) × ({write(at)} − {low}) / ({high} − {low})"
    return line if step["most"] is None else f"min({step['most']}, {line})"


def _pointwise(text: str, values: Values, write: Write) -> str | None:
    """Points for each per cent above and below the target: show r, then the case that applies."""
    first, above, below = text.split("; ")
    ratio = _put(first, values, write)
    r = _ratio(first, values)
    case = above if r >= 100.0 else below
    condition, line = case.split(": ")
    put = _put(line, values, write)
    if ratio is None or put is None:
        return None
    return f"{ratio} = {write(r)}; {condition}: {re.sub(r'(?<![a-z])r(?![a-z])', write(r), put)}"


def _ratio(text: str, values: Values) -> float:
    value, target = values["value"] or 0.0, values["target"] or 1.0
    if "2 −" in text:
        return 100.0 * (2.0 - value / target)
    return 100.0 * target / value if text.endswith("{value}") else 100.0 * value / target


def _ranked(points: list[float], rank: float, write: Write) -> str:
    """Points of a listed rank; between two ranks (shared ones) on the line; 0 beyond the list."""
    listed = [*points, 0.0]
    place = int(rank)
    if place >= len(listed):
        return f"{write(rank)} > {len(points)}: 0"
    mine = write(listed[place - 1])
    if rank == place:
        return f"{write(rank)}: {mine}"
    return f"{write(rank)}: {mine} + ({write(listed[place])} − {mine}) × ({write(rank)} − {place})"


def _threshold(method: m.ThresholdBenchmark, values: Values, write: Write) -> str | None:
    threshold, benchmark, baseline = (values.get(n) for n in ("threshold", "benchmark", "baseline"))
    value = values["value"]
    if value is None or threshold is None or benchmark is None:
        return None
    n, top = method.points, method.points - 1.0
    low, high = ("⌊", "⌉") if method.round_points == "half_up" else ("(", ")")
    way = (value - threshold) / (benchmark - threshold)
    f = f"f = ({write(value)} − {write(threshold)}) / ({write(benchmark)} − {write(threshold)}) = {write(way)}"
    if way >= 1:
        return f"{f} ≥ 1: {write(n)} × {write(100 / n)}"
    achieved = "0" if way < 0 else f"{low}{write(top)} × {write(way)} + 0.5{high}"
    if not method.improvement or baseline is None:
        return f"{f}; {achieved} × {write(100 / n)}"
    better = (value - baseline) * (benchmark - threshold) > 0
    if not better:
        return f"{f}; max({achieved}, 0) × {write(100 / n)}"
    gain = (value - baseline) / (benchmark - baseline)
    g = f"g = ({write(value)} − {write(baseline)}) / ({write(benchmark)} − {write(baseline)}) = {write(gain)}"
    improved = f"min({write(top)}, max(0, {low}{write(n)} × {write(gain)} − 0.5{high}))"
    return f"{f}; {g}; max({achieved}, {improved}) × {write(100 / n)}"
