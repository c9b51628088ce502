"""Time: periods, schedules, phases, deadlines, holidays, and how quarters make the year."""

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

from schemas.errors import UserError
from schemas.lint.methods import year_length
from schemas.lint.rules import Findings, few
from schemas.periods import Period, parse_period
from schemas.plan import DueRule, Indicator


def check_time(found: Findings) -> None:
    """Check periods first; where they cannot be read, nothing else can be said."""
    _periods(found)
    if any(p.code.startswith("period_") for p in found.problems):
        return
    for leaf in found.plan.indicators:
        _asked_in(found, leaf)
        _schedule(found, leaf, ("schedule",), leaf.schedule)
        for number, phase in enumerate(leaf.phases):
            _schedule(found, leaf, ("phases", number, "schedule"), phase.schedule)
        _phases(found, leaf)
    _dates(found)
    _deadlines(found)
    _holidays(found)
    _year(found)


def parsed(text: str) -> Period | None:
    """Return the period, or None where the text is none."""
    try:
        return parse_period(text)
    except UserError:
        return None


def _periods(found: Findings) -> None:
    texts = found.plan.file.periods
    for number, text in enumerate(texts):
        if parsed(text) is None:
            zh, en = f"“{text}”不是周期,请写成 2023Q1。", f"'{text}' is no period; write for example 2023Q1."
            found.plan_key("period_bad", ("periods", number), zh, en)
        elif text in texts[:number]:
            zh, en = f"周期 {text} 重复,请删去一个。", f"the period {text} occurs twice; remove one."
            found.plan_key("period_twice", ("periods", number), zh, en)
    kinds = {p.kind for p in map(parsed, texts) if p is not None}
    if len(kinds) > 1:
        zh = "periods 混用了不同长度的周期;填报周期请只用一种,较长的周期由它们汇总。"
        en = "periods mixes lengths; name collection periods of one kind, longer ones are made from them."
        found.plan_key("period_kinds", ("periods",), zh, en)
    for leaf in found.plan.indicators:
        places: list[tuple[tuple[str | int, ...], str]] = []
        for number, phase in enumerate(leaf.phases):
            places += [(("phases", number, "from"), phase.from_), (("phases", number, "to"), phase.to)]
        places += [(("comparable_from",), leaf.comparable_from)] if leaf.comparable_from else []
        for path, text in places:
            if parsed(text) is None:
                zh, en = f"“{text}”不是周期,请写成 2023 或 2023Q1。", f"'{text}' is no period; write 2023 or 2023Q1."
                found.item("period_bad", leaf, path, zh, en)


def _asked_in(found: Findings, leaf: Indicator) -> None:
    length = year_length(found)
    if leaf.asked_in is None or not length:
        return
    wrong = [p for p in leaf.asked_in if not 1 <= p <= length]
    if wrong or not leaf.asked_in or len(set(leaf.asked_in)) < len(leaf.asked_in):
        zh = f"asked_in {leaf.asked_in} 应为本年第几个周期,在 1 到 {length} 之间,不重复、不为空。"
        en = f"asked_in {leaf.asked_in} must name periods of the year from 1 to {length}, each once, at least one."
        found.item("asked_in_range", leaf, ("asked_in",), zh, en)


def _schedule(found: Findings, leaf: Indicator, path: tuple[str | int, ...], shares: list[float] | None) -> None:
    if shares is None:
        return
    length = year_length(found)
    if length and len(shares) != length:
        zh = f"schedule 有 {len(shares)} 个数,而本年有 {length} 个周期,应各写一个。"
        en = f"schedule has {len(shares)} shares for {length} periods of the year; write one for each."
        found.item("schedule_length", leaf, path, zh, en)
    falls = any(b < a for a, b in pairwise(shares))
    if not shares or falls or shares[0] < 0 or shares[-1] != 1:
        zh = f"schedule {shares} 应从 0 以上逐期不减,最后为 1(累计应完成的比例)。"
        en = f"schedule {shares} must not fall, start at 0 or above and end at 1 (share due by the end of each period)."
        found.item("schedule_order", leaf, path, zh, en)


def _phases(found: Findings, leaf: Indicator) -> None:
    spans = [(parse_period(p.from_).first_day, parse_period(p.to).last_day) for p in leaf.phases]
    for number, (first, last) in enumerate(spans):
        late = number > 0 and first <= spans[number - 1][1]
        if first > last or late:
            zh = "阶段应先后有序,不重叠,from 不晚于 to。"
            en = "phases must follow one another without overlap, from not after to."
            found.item("phases_order", leaf, ("phases", number, "from"), zh, en)


def iso_date(text: str) -> date | None:
    """Return the day, or None where the text is none of the form 2023-01-01."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _dates(found: Findings) -> None:
    file = found.plan.file
    days: list[date] = []
    for key, text in (("valid_from", file.valid_from), ("valid_to", file.valid_to)):
        day = None if text is None else iso_date(text)
        days += [day] if day else []
        if text is not None and day is None:
            zh, en = f"{key}“{text}”不是日期,请写成 2023-01-01。", f"{key} '{text}' is no date; write 2023-01-01."
            found.plan_key("date_bad", (key,), zh, en)
    if len(days) == 2 and days[0] > days[1]:
        found.plan_key("date_bad", ("valid_to",), "valid_to 早于 valid_from。", "valid_to lies before valid_from.")
    try:
        ZoneInfo(file.time_zone)
    except (KeyError, ValueError, OSError):
        zh = f"时区“{file.time_zone}”不存在,例如写 Asia/Shanghai。"
        found.plan_key(
            "time_zone", ("time_zone",), zh, f"unknown time zone '{file.time_zone}'; write for example Asia/Shanghai."
        )


def _deadlines(found: Findings) -> None:
    calendar = found.plan.file.calendar
    for key, rule in (("due", calendar.due), ("close", calendar.close)):
        given = [d for d in (rule.working_days_after_period, rule.days_after_period) if d is not None]
        if len(given) != 1 or given[0] < 0:
            zh = f"calendar.{key} 应写 working_days_after_period 或 days_after_period 之一,不为负。"
            en = f"calendar.{key} needs one of working_days_after_period and days_after_period, zero or more."
            found.plan_key("due_rule", ("calendar", key), zh, en)
            return
    if _length(calendar.close) < _length(calendar.due):
        zh = "calendar.close(截止补报)早于 calendar.due(报送期限)。"
        found.plan_key("due_rule", ("calendar", "close"), zh, "calendar.close lies before calendar.due.")
    if not 0 <= calendar.yellow_at <= calendar.red_at:
        zh = f"yellow_at {calendar.yellow_at} 应不大于 red_at {calendar.red_at},均为逾期天数,不为负。"
        en = f"yellow_at {calendar.yellow_at} must not exceed red_at {calendar.red_at}; both are days late, from 0."
        found.plan_key("lights_order", ("calendar", "yellow_at"), zh, en)


def _length(rule: DueRule) -> float:
    """Return about how many calendar days a rule gives; five working days make a week."""
    days = rule.working_days_after_period
    return float(rule.days_after_period or 0) if days is None else days * 1.4


def _holidays(found: Findings) -> None:
    plan = found.plan
    calendar = plan.file.calendar
    name = calendar.holidays
    path = ("calendar", "holidays")
    if "/" in name or "\\" in name or (name != "holidays.csv" and not (plan.folder / name).is_file()):
        zh = f"“{name}”不在方案文件夹中。请把文件放进文件夹,只写文件名。"
        found.plan_key(
            "holidays_file", path, zh, f"'{name}' is not in the plan's folder; put it there and give its name alone."
        )
        return
    years = sorted({parse_period(p).year for p in plan.file.periods} - {d.year for d in plan.holidays})
    rules = (calendar.due.working_days_after_period, calendar.close.working_days_after_period)
    if years and any(d is not None for d in rules):
        shown = few(map(str, years))
        zh = f"{name} 没有 {shown} 年的节假日,工作日只按周一至周五计算。"
        found.plan_key("holidays_none", path, zh, f"{name} has no holidays of {shown}; only weekends are days off.")


def _year(found: Findings) -> None:
    rule = found.plan.file.year
    length = year_length(found)
    weights = rule.weights
    if rule.rule != "weighted_quarters":
        return
    if not 0 <= rule.year_end <= 1:
        zh, en = (
            f"year_end {rule.year_end:g} 应在 0 到 1 之间。",
            f"year_end {rule.year_end:g} must lie between 0 and 1.",
        )
        found.plan_key("year_weights", ("year", "rule", "year_end"), zh, en)
    if (length and len(weights) != length) or any(w < 0 for w in weights) or sum(weights) <= 0:
        zh = f"year 的 weights 应为 {length or '每个周期一'} 个不为负的数,合计大于 0;现有 {len(weights)} 个。"
        en = (
            f"year needs {length or 'as many as periods'} weights, none negative, of a sum above 0, not {len(weights)}."
        )
        found.plan_key("year_weights", ("year", "rule", "weights"), zh, en)
    elif all(abs(sum(weights) - whole) > 1e-6 for whole in (1.0, 100.0, 1.0 - rule.year_end)):
        zh = f"year 的 weights 合计 {sum(weights):g},将按比例折算为 1。"
        found.plan_key(
            "year_weights_sum", ("year", "rule", "weights"), zh, f"weights sum to {sum(weights):g} and are scaled to 1."
        )
