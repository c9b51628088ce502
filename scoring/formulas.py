"""One formula for each method: the expression, the guards before it, its limits, and how it reads in words and Excel.

A guard is a reason and a condition. Where any guard holds there is no score, only the reason; where none holds the
formula is computed, and then limited to ``low`` … ``high`` and moved to ``range``.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import narwhals as nw

from schemas import methods as m
from scoring import methods

Guards = list[tuple[str, nw.Expr]]
VALUE, TARGET, PREVIOUS, FULL = nw.col("value"), nw.col("target"), nw.col("previous"), nw.col("p_full")


@dataclass(frozen=True)
class Formula:
    """What a method computes, and how it is explained.

    ``text`` and ``excel`` name values by ``{value}``, ``{target}`` and parameter names; both give the bare points,
    before ``low``, ``high`` and ``range`` apply.
    """

    raw: nw.Expr
    guards: Guards
    text: str
    excel: str
    low: nw.Expr | None = None
    high: nw.Expr | None = None
    range: tuple[float, float] = (0.0, 100.0)


def p(name: str) -> nw.Expr:
    """Return a parameter's column."""
    return nw.col(f"p_{name}")


def formula_of(method: m.Method) -> Formula:
    """Return the formula of an absolute or relative method with its structural parameters filled in."""
    match method:
        case m.Attainment() | m.Coverage():
            return _attainment(method)
        case m.Bands():
            return _bands(method)
        case m.Growth():
            return _growth(method)
        case m.Goalposts() | m.LogGoalposts():
            return _goalposts(method)
        case m.Logistic():
            k, mid = p("steepness"), p("midpoint")
            raw = methods.logistic(VALUE, midpoint=mid, steepness=k)
            text = "100 / (1 + e^({steepness} × ({midpoint} − {value})))"
            excel = "100/(1+EXP(MIN(700,{steepness}*({midpoint}-{value}))))"
            return Formula(raw, [("bad_parameter", k.is_null() | mid.is_null() | (k == 0))], text, excel)
        case m.ThresholdBenchmark():
            return _threshold_benchmark(method)
        case m.Deciles():
            return _deciles(method)
        case m.Relative():
            return _relative(method)
    return _counted(method)


def _target_guards() -> Guards:
    return [("no_target", TARGET.is_null()), ("bad_target", TARGET <= 0)]


def _attainment(method: m.Attainment | m.Coverage) -> Formula:
    guards = _target_guards()
    if isinstance(method, m.Coverage):
        guards = [("impossible_value", VALUE < 0), *guards]
        raw, text, excel = methods.attainment(VALUE, TARGET), "100 × {value} / {target}", "100*{value}/{target}"
        return Formula(raw, guards, text, excel, p("floor"), p("cap"))
    down, reciprocal = method.direction == "down", method.inverse == "reciprocal"
    if down and reciprocal:
        guards += [("zero_denominator", VALUE <= 0)]
    pct = methods.attainment(VALUE, TARGET, down=down, reciprocal=reciprocal)
    text = "100 × {value} / {target}"
    if down:
        text = "100 × {target} / {value}" if reciprocal else "100 × (2 − {value} / {target})"
    excel = _plain(text)
    if method.per_point_above is None and method.per_point_below is None:
        return Formula(pct, guards, text, excel, p("floor"), p("cap"))
    raw = methods.points_per_point(pct, above=p("per_point_above"), below=p("per_point_below"))
    text = f"r = {text}; r ≥ 100: 100 + {{per_point_above}} × (r − 100); r < 100: 100 − {{per_point_below}} × (100 − r)"
    excel = f"IF({excel}>=100,100+{{per_point_above}}*({excel}-100),100-{{per_point_below}}*(100-{excel}))"
    return Formula(raw, guards, text, excel, p("floor"), p("cap"))


def _bands(method: m.Bands) -> Formula:
    at, guards, shown = {
        "value": (VALUE, [], "{value}"),
        "attainment": (methods.attainment(VALUE, TARGET), _target_guards(), "100 × {value} / {target}"),
        "difference": (VALUE - TARGET, _target_guards()[:1], "{value} − {target}"),
    }[method.of]
    raw = methods.bands(at, method.bands, closed=method.closed)
    steps = ", ".join(_band_text(b, method) for b in method.bands)
    excel = _bands_excel(method, shown if method.of == "value" else f"({_plain(shown)})")
    return Formula(raw, [*guards, ("out_of_bands", raw.is_null())], f"{shown} → {steps}", excel, p("floor"), p("cap"))


def _band_text(band: m.Band, method: m.Bands) -> str:
    low, high, low_closed, high_closed = _edges(band, method)
    left, right = "[" if low_closed else "(", "]" if high_closed else ")"
    bottom, top = "−∞" if low is None else f"{low:.10g}", "∞" if high is None else f"{high:.10g}"
    score = "…".join(f"{s:.10g}" for s in (band.score if isinstance(band.score, tuple) else (band.score,)))
    return f"= {bottom}: {score}" if low == high and low is not None else f"{left}{bottom}, {top}{right}: {score}"


def _edges(band: m.Band, method: m.Bands) -> tuple[float | None, float | None, bool, bool]:
    """Return a band's bounds and whether each belongs to it; the outermost bounds always do."""
    lowest = min(-1e300 if b.from_ is None else b.from_ for b in method.bands)
    highest = max(1e300 if b.to is None else b.to for b in method.bands)
    low_closed = band.from_ is not None and (method.closed in ("left", "both") or band.from_ == lowest)
    high_closed = band.to is not None and (method.closed in ("right", "both") or band.to == highest)
    return band.from_, band.to, low_closed, high_closed


def _bands_excel(method: m.Bands, x: str) -> str:
    """Nest one IF for each band, in the plan's order; outside all bands #N/A. Bounds are met after rounding to 1e-9."""
    at = f"ROUND({x},9)"
    result = "NA()"
    for band in reversed(method.bands):
        low, high, low_closed, high_closed = _edges(band, method)
        inside = [] if low is None else [f"{at}{'>=' if low_closed else '>'}{low:.15g}"]
        inside += [] if high is None else [f"{at}{'<=' if high_closed else '<'}{high:.15g}"]
        result = f"IF(AND({','.join(inside) or 'TRUE'}),{_band_score_excel(band, at)},{result})"
    return result


def _band_score_excel(band: m.Band, at: str) -> str:
    if not isinstance(band.score, tuple):
        return f"{band.score:.15g}"
    first, last = band.score
    width = f"({band.to:.15g}-({band.from_:.15g}))"
    return f"({first:.15g}+({last:.15g}-({first:.15g}))*({at}-({band.from_:.15g}))/{width})"


def _growth(method: m.Growth) -> Formula:
    before = p("baseline") if method.on == "baseline" else PREVIOUS
    changed = methods.change(VALUE, before, percent=method.mode == "percent")
    if method.direction == "down":
        changed = 0.0 - changed
    guards = [("no_baseline", before.is_null())]
    if method.mode == "percent":
        guards += [("bad_baseline", before <= 0)]
    guards += _target_guards()
    name = "baseline" if method.on == "baseline" else "previous"
    sign = "−" if method.direction == "down" else ""
    g = f"({{value}} − {{{name}}})" + (f" / {{{name}}} × 100" if method.mode == "percent" else "")
    text = f"{{at_zero}} + (100 − {{at_zero}}) × {sign}{g} / {{target}}"
    raw = methods.growth(changed, TARGET, at_zero=p("at_zero"))
    return Formula(raw, guards, text, _plain(text), p("floor"), p("cap"))


def _goalposts(method: m.Goalposts | m.LogGoalposts) -> Formula:
    worst, best = p("worst"), p("best")
    bad = worst.is_null() | best.is_null() | (worst == best)
    zero, full = (nw.lit(0.0), nw.lit(100.0)) if method.clamp else (None, None)
    if isinstance(method, m.Goalposts):
        raw = methods.goalposts(VALUE, worst=worst, best=best)
        text, excel = "100 × ({value} − {worst}) / ({best} − {worst})", "100*({value}-{worst})/({best}-{worst})"
        return Formula(raw, [("bad_parameter", bad)], text, excel, zero, full, method.range)
    value, (worst, best) = VALUE + method.offset, (worst + method.offset, best + method.offset)
    guards = [("bad_parameter", bad | (worst <= 0) | (best <= 0)), ("impossible_value", value <= 0)]
    text = "100 × (ln {value} − ln {worst}) / (ln {best} − ln {worst})"
    excel = "100*(LN({value})-LN({worst}))/(LN({best})-LN({worst}))"
    if method.offset:
        for name in ("value", "worst", "best"):
            text = text.replace(f"ln {{{name}}}", f"ln ({{{name}}} + {method.offset:.10g})")
            excel = excel.replace(f"{{{name}}}", f"{{{name}}}+{method.offset:.15g}")
    return Formula(methods.log_goalposts(value, worst=worst, best=best), guards, text, excel, zero, full, method.range)


def _threshold_benchmark(method: m.ThresholdBenchmark) -> Formula:
    threshold, benchmark = p("threshold"), p("benchmark")
    raw = methods.threshold_benchmark(
        VALUE, threshold=threshold, benchmark=benchmark, baseline=p("baseline"), points=method.points,
        improvement=method.improvement, round_points=method.round_points == "half_up",
    )  # fmt: skip
    bad = threshold.is_null() | benchmark.is_null() | (threshold == benchmark)
    text = _threshold_text(method)
    return Formula(raw, [("bad_parameter", bad)], text, _threshold_excel(method))


def _threshold_text(method: m.ThresholdBenchmark) -> str:
    n, top, each = f"{method.points:.10g}", f"{method.points - 1:.10g}", f"{100 / method.points:.10g}"
    low, high = ("⌊", "⌉") if method.round_points == "half_up" else ("(", ")")
    f = "f = ({value} − {threshold}) / ({benchmark} − {threshold})"
    achieved = f"A = {n} (f ≥ 1), 0 (f < 0), {low}{top} × f + 0.5{high}"
    if not method.improvement:
        return f"{f}; {achieved}; A × {each}"
    g = "g = ({value} − {baseline}) / ({benchmark} − {baseline})"
    improved = f"I = {top} (f ≥ 1), 0 (g ≤ 0), min({top}, max(0, {low}{n} × g − 0.5{high}))"
    return f"{f}; {achieved}; {g}; {improved}; max(A, I) × {each}"


def _threshold_excel(method: m.ThresholdBenchmark) -> str:
    n, top = f"{method.points:.10g}", f"{method.points - 1:.10g}"
    sign = "IF({benchmark}<{threshold},-1,1)"
    reached = f"(({{value}}-{{benchmark}})*{sign}>=0)"
    digits = ("ROUND(ROUND(", ",7),0)") if method.round_points == "half_up" else ("(", ")")
    way = f"{digits[0]}{top}*({{value}}-{{threshold}})/({{benchmark}}-{{threshold}})+0.5{digits[1]}"
    achieved = f"IF({reached},{n},IF(({{value}}-{{threshold}})*{sign}<0,0,{way}))"
    if not method.improvement:
        return f"{achieved}/{n}*100"
    gained = f"{digits[0]}{n}*({{value}}-{{baseline}})/({{benchmark}}-{{baseline}})-0.5{digits[1]}"
    improved = f"IF(({{value}}-{{baseline}})*{sign}<=0,0,IF({reached},{top},MAX(0,MIN({top},{gained}))))"
    return f'IF({{baseline}}="",{achieved},MAX({achieved},{improved}))/{n}*100'


def _deciles(method: m.Deciles) -> Formula:
    raw = methods.deciles(
        VALUE, method.bounds, first=method.first, linear=method.inside == "linear", inside_cap=method.inside_cap,
        below=method.below,
    )  # fmt: skip
    text = f"{{value}} → {_deciles_text(method)}"
    return Formula(raw, [], text, _deciles_excel(method), None, p("cap"))


def _deciles_text(method: m.Deciles) -> str:
    """Write the deciles as bands: a decile's points, or the line through it and how far it goes."""
    falling = method.bounds[-1] < method.bounds[0]
    steps = [f"{'>' if falling else '<'} {method.bounds[0]:.10g}: {method.below:.10g}"]
    for number, bound in enumerate(method.bounds):
        points = 10 * (method.first + number)
        if number + 1 == len(method.bounds):
            steps.append(f"{'≤' if falling else '≥'} {bound:.10g}: {points:.10g}")
            continue
        following = method.bounds[number + 1]
        place = f"({following:.10g}, {bound:.10g}]" if falling else f"[{bound:.10g}, {following:.10g})"
        line = f"{points + 10:.10g}…{points:.10g}" if falling else f"{points:.10g}…{points + 10:.10g}"
        line = line if method.inside_cap is None else f"{line} (≤ {points + 10 * method.inside_cap:.10g})"
        steps.append(f"{place}: {line if method.inside == 'linear' else f'{points:.10g}'}")
    return ", ".join(steps)


def _deciles_excel(method: m.Deciles) -> str:
    falling = method.bounds[-1] < method.bounds[0]
    result = f"{method.below:.15g}"
    for number, bound in enumerate(method.bounds):
        decile = method.first + number
        inside = "0"
        if method.inside == "linear" and number + 1 < len(method.bounds) and method.bounds[number + 1] != bound:
            inside = f"(ROUND({{value}},9)-({bound:.15g}))/({method.bounds[number + 1]:.15g}-({bound:.15g}))"
            inside = inside if method.inside_cap is None else f"MIN({method.inside_cap:.10g},{inside})"
        result = f"IF(ROUND({{value}},9){'<=' if falling else '>='}{bound:.15g},10*({decile}+{inside}),{result})"
    return result


def _relative(method: m.Relative) -> Formula:
    """Relative formulas; a value without a logarithm where the plan takes logarithms is impossible."""
    formula = _compared(method)
    guards: Guards = [("impossible_value", VALUE + method.outliers.offset <= 0)] if method.outliers.log else []
    return replace(formula, guards=guards + formula.guards)


def _compared(method: m.Relative) -> Formula:
    """Formulas over the treated value ``x`` and the statistics of its group (see ``scoring.relative``)."""
    x = nw.col("x")
    low, high, rank = nw.col("g_low"), nw.col("g_high"), nw.col("g_rank")
    down = method.direction == "down"
    zero, full = nw.lit(0.0), nw.lit(100.0)
    match method:
        case m.Minmax():
            worst, best = (high, low) if down else (low, high)
            given = ~p("lower").is_null() | ~p("upper").is_null()
            flat = ~(high - low > nw.col("g_grain"))
            guards = [("bad_parameter", given & flat), ("no_spread", flat)]
            bottom, top = (zero, full) if method.clamp else (None, None)
            text = "100 × ({x} − {worst}) / ({best} − {worst})"
            return Formula(
                methods.goalposts(x, worst=worst, best=best), guards, text, _plain(text), bottom, top, method.range
            )
        case m.Zscore():
            mean, sd = nw.col("g_mean"), nw.col("g_sd")
            raw = methods.zscore(x, mean=mean, sd=sd, centre=method.centre, per_sd=method.per_sd, down=down)
            text = f"{method.centre:.10g} {'−' if down else '+'} {method.per_sd:.10g} × ({{x}} − {{mean}}) / {{sd}}"
            excel = _plain(text)
            if method.cumulative:
                raw = methods.normal_share(methods.zscore(x, mean=mean, sd=sd, centre=0.0, per_sd=1.0, down=down))
                z = "({mean} − {x}) / {sd}" if down else "({x} − {mean}) / {sd}"
                text, excel = f"100 × Φ({z})", f"100*NORMSDIST({_plain(z)})"
            bottom, top = (zero, full) if method.clamp else (None, None)
            return Formula(raw, [("group_too_small", sd.is_null()), ("no_spread", sd <= 0)], text, excel, bottom, top)
        case m.Percentile():
            return _percentile(method)
        case m.RankPoints():
            return Formula(methods.rank_points(rank, method.points), [], _ranks_text(method), _ranks_excel(method))
        case m.ShareOfBest():
            best = nw.coalesce(p("best"), low if down else high)
            guards = [("bad_parameter", best <= 0)] + (
                [("zero_denominator", x <= 0)] if down else [("impossible_value", x < 0)]
            )
            text = "100 × {best} / {x}" if down else "100 × {x} / {best}"
            return Formula(methods.share_of_best(x, best, down=down), guards, text, _plain(text), zero, p("cap"))
        case m.ShareOfTotal():
            total = nw.col("g_sum")
            guards = [("impossible_value", VALUE < 0), ("zero_denominator", total <= 0)]
            return Formula(100.0 * x / total, guards, "100 × {x} / {sum}", "100*{x}/{sum}")
        case m.DistanceToTarget():
            worst, target = nw.coalesce(p("worst"), high if down else low), nw.col("g_target")
            # A worst value of the group that has reached the target leaves no distance to measure.
            passed = (worst <= target if down else worst >= target) & p("worst").is_null()
            bad = target.is_null() | (worst == target) | passed
            guards = [("no_target", TARGET.is_null()), ("bad_parameter", bad)]
            text = "100 × ({x} − {worst}) / ({target} − {worst})"
            bottom, top = (zero, full) if method.clamp else (None, None)
            return Formula(methods.goalposts(x, worst=worst, best=target), guards, text, _plain(text), bottom, top)
    raise TypeError(type(method))


def _percentile(method: m.Percentile) -> Formula:
    rank, n = nw.col("g_rank"), nw.col("g_n")
    raw = methods.percentile(rank, n, formula=method.formula)
    texts = {"exclusive": "100 × ({rank} − 1) / ({n} − 1)", "inclusive": "100 × {rank} / {n}"}
    text = texts.get(method.formula, "100 × ({rank} − 0.5) / {n}")
    excel = _plain(text)
    if method.exponential is not None and method.exponential > 0:
        c = f"{method.exponential:.10g}"
        raw = methods.exponential(raw, method.exponential)
        text = f"−{c} × ln (1 − {text.removeprefix('100 × ')} × (1 − e^(−100 / {c})))"
        excel = f"-{c}*LN(1-{excel.removeprefix('100*')}*(1-EXP(-100/{c})))"
    guards: Guards = [("group_too_small", n < 2)] if method.formula == "exclusive" else []
    if method.exponential is not None and method.exponential <= 0:
        return Formula(raw, [("bad_parameter", nw.lit(True))], text, excel)
    return Formula(raw, guards, text, excel, None, None, method.range)


def _plain(text: str) -> str:
    """Return a formula in words as Excel writes it."""
    return text.replace(" × ", "*").replace(" / ", "/").replace("−", "-")


def _ranks_text(method: m.RankPoints) -> str:
    if isinstance(method.points, m.RankSteps):
        s = method.points
        return f"max({s.floor:.10g}, {s.first:.10g} − {s.step:.10g} × ({{rank}} − 1))"
    listed = [f"{rank}: {points:.10g}" for rank, points in enumerate(method.points, 1)]
    return f"{{rank}} → {', '.join(listed)}"


def _ranks_excel(method: m.RankPoints) -> str:
    if isinstance(method.points, m.RankSteps):
        s = method.points
        return f"MAX({s.floor:.15g},{s.first:.15g}-{s.step:.15g}*({{rank}}-1))"
    listed = [*method.points, 0.0]
    result = "0"
    for number, (mine, following) in reversed(list(enumerate(pairwise(listed), 1))):
        result = f"IF({{rank}}<{number + 1},{mine:.15g}+({following:.15g}-{mine:.15g})*({{rank}}-{number}),{result})"
    return result


def _counted(method: Any) -> Formula:
    """Methods over a count of cases, items, points, marks, or a yes."""
    negative: Guards = [("impossible_value", VALUE < 0)]
    empty: Guards = [("bad_parameter", FULL.is_null() | (FULL <= 0))]
    match method:
        case m.Boolean():
            raw = methods.boolean(VALUE, met=p("met"), not_met=p("not_met"))
            return Formula(raw, [], "{value} ≥ 1: {met}; {value} < 1: {not_met}", "IF({value}>=1,{met},{not_met})")
        case m.Checklist() | m.Milestones():
            low = nw.lit(0.0) if isinstance(method, m.Checklist) else p("floor")
            text, excel = "100 × {value} / {full}", "100*{value}/{full}"
            return Formula(methods.share(VALUE, FULL), negative + empty, text, excel, low, p("cap"))
        case m.Points():
            full = p("full_marks_at")
            guards = [("bad_parameter", full.is_null() | (full <= 0))]
            text, excel = "100 × {value} / {full_marks_at}", "100*{value}/{full_marks_at}"
            return Formula(methods.share(VALUE, full), guards, text, excel, nw.lit(0.0), p("cap"))
        case m.Deductions():
            raw = methods.deductions(VALUE, p("full_marks"))
            return Formula(raw, negative, "{full_marks} − {value}", "{full_marks}-{value}", p("floor"), p("full_marks"))
        case m.Panel():
            least, most = method.scale
            text = f"100 × ({{value}} − {least:.10g}) / {most - least:.10g}"
            excel = f"100*({{value}}-({least:.15g}))/{most - least:.15g}"
            outside = (VALUE < least) | (VALUE > most)
            return Formula(
                methods.panel(VALUE, method.scale),
                [("impossible_value", outside)],
                text,
                excel,
                nw.lit(0.0),
                nw.lit(100.0),
            )
    raise TypeError(type(method))
