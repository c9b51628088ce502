"""The example units that do not simply report in time: late, silent, nil, messy, plainly wrong."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from flows.demo_values import Answers, DemoValues
from intake.calendar import close_day, due_day
from intake.form import answer_kind
from intake.numbers import shown
from intake.template import Forms
from schemas.folder import Plan
from schemas.periods import Period

SMALLEST_PLAN = 30  # units; a smaller plan's example has nobody odd
WRONG = ("about", "upper_above_lower", "other_unit", "old_plan")
MESSY = ("full_width", "multiple", "separators")
ODD: dict[str, int] = {
    **dict.fromkeys(MESSY, 1), **dict.fromkeys(WRONG, 1), "nil": 1, "late": 3, "held_late": 1, "silent": 3,
}  # fmt: skip
ZIP_DAY = (1980, 1, 1, 0, 0, 0)


def odd_units(values: DemoValues, period: Period, forms: Forms) -> dict[str, str]:
    """Return the odd units of a period with their kind (a key of ``ODD``), in the order of the kinds."""
    codes = sorted(forms.cells)
    if len(codes) < SMALLEST_PLAN:
        return {}
    chance = values.draw("odd", period)
    chance.shuffle(codes)
    answers = {u: values.answers(u, [c for c, _ in forms.cells[u]], period) for u in codes}
    # A unit that bears a real name fails nowhere as long as the plan has invented ones.
    invented = [u for u in codes if "示例" in forms.names[u]] or codes
    result: dict[str, str] = {}
    for kind, count in ODD.items():
        candidates = codes if kind in MESSY else invented
        fit = [u for u in candidates if u not in result and _fits(kind, values.plan, answers[u], forms, u)]
        result.update(dict.fromkeys(fit[:count], kind))
    return result


def _fits(kind: str, plan: Plan, answers: Answers, forms: Forms, unit: str) -> bool:
    """Say whether a unit can be odd in this way."""
    numbers = [a["value"] for (code, _), a in answers.items() if _is_number(plan, code) and a.get("value")]
    ratios = [a["denominator"] for a in answers.values() if a.get("denominator")]
    match kind:
        case "multiple":
            return any(n >= 100 for n in numbers)
        case "separators":
            return any(d >= 1_000 for d in ratios)
        case "upper_above_lower":
            return bool(ratios)
        case "about" | "full_width":
            return bool(numbers) and len(forms.cells[unit]) > 3
        case "nil":
            return len(forms.cells[unit]) <= 3
    return True


def _is_number(plan: Plan, code: str) -> bool:
    return answer_kind(plan.leaves[code]) == "number"


def spoiled(kind: str, plan: Plan, answers: Answers) -> Answers:
    """Return the answers as a messy or careless unit writes them; the numbers behind them stay the same."""
    change = {
        "full_width": lambda a: _numbers(plan, a, _full_width),
        "multiple": lambda a: _largest(plan, a, lambda v: f"{shown(v / 10_000)}万"),
        "about": lambda a: _largest(plan, a, lambda v: f"约{shown(v)}"),
        "separators": _separated,
        "upper_above_lower": _upside_down,
    }.get(kind)
    return change({key: dict(answer) for key, answer in answers.items()}) if change else answers


def _full_width(value: float) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in shown(value))


def _numbers(plan: Plan, answers: Answers, write: Callable[[float], str]) -> Answers:
    for (code, _), answer in answers.items():
        if _is_number(plan, code) and answer.get("value") is not None:
            answer["value"] = write(answer["value"])
    return answers


def _largest(plan: Plan, answers: Answers, write: Callable[[float], str]) -> Answers:
    at = {key: a["value"] for key, a in answers.items() if _is_number(plan, key[0]) and a.get("value")}
    key = max(at, key=lambda k: (at[k], k))
    answers[key]["value"] = write(at[key])
    return answers


def _separated(answers: Answers) -> Answers:
    for answer in answers.values():
        if answer.get("denominator"):
            answer.update({n: f"{answer[n]:,.0f}" for n in ("numerator", "denominator")})
    return answers


def _upside_down(answers: Answers) -> Answers:
    answer = next(a for a in answers.values() if a.get("denominator"))
    answer["numerator"] = answer["denominator"] + 5
    return answers


def odd_workbook(kind: str, forms: Forms, unit: str, answers: Answers, filled: Mapping[str, str]) -> bytes:
    """Return the workbook as the unit sends it."""
    if kind == "nil":
        return forms.workbook(unit, {}, nil=True, **filled)
    if kind == "old_plan":
        old = forms.plan.file.model_copy(update={"plan": f"{forms.plan.file.plan}-old"})
        return replace(forms, plan=replace(forms.plan, file=old)).workbook(unit, answers, **filled)
    if kind == "other_unit":
        other = _neighbour(forms, unit)
        own = {other: unit, forms.names[other]: forms.names[unit]}
        return with_texts(forms.workbook(other, answers, **filled), own)
    return forms.workbook(unit, answers, **filled)


def _neighbour(forms: Forms, unit: str) -> str:
    """Return another unit, of the same class where there is one."""
    group = dict(forms.plan.units.select("unit_code", "class_code").iter_rows())
    others = sorted(u for u in forms.cells if u != unit)
    return next((u for u in others if group[u] == group[unit]), others[0])


def with_texts(content: bytes, instead: Mapping[str, str]) -> bytes:
    """Return a unit's workbook with other texts on its form: another unit's template, filled in under the own name."""
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        files = {i.filename: source.read(i) for i in source.infolist()}
    strings = files["xl/sharedStrings.xml"].decode()
    texts = re.findall(r"<si>.*?</si>", strings, re.DOTALL)
    form = "xl/worksheets/sheet2.xml"
    sheet = files[form].decode()
    for number, (old, new) in enumerate(instead.items(), len(texts)):
        sheet = sheet.replace(f't="s"><v>{texts.index(f"<si><t>{old}</t></si>")}</v>', f't="s"><v>{number}</v>')
        strings = strings.replace("</sst>", f"<si><t>{new}</t></si></sst>")
    files[form] = sheet.encode()
    count = f'uniqueCount="{len(texts)}"'
    files["xl/sharedStrings.xml"] = strings.replace(count, f'uniqueCount="{len(texts) + len(instead)}"').encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files.items():
            target.writestr(zipfile.ZipInfo(name, ZIP_DAY), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def received_at(plan: Plan, period: Period, kind: str, chance: Random) -> datetime:
    """Return when a file came in, in the plan's time zone: by the due day, after it, or after intake was closed."""
    due = due_day(plan, period) or period.last_day + timedelta(days=15)
    closed = close_day(plan, period) or due + timedelta(days=15)
    day = {
        "late": due + timedelta(days=chance.randint(1, 5)),
        "held_late": closed + timedelta(days=chance.randint(2, 5)),
        "corrected": due + timedelta(days=1),
        **dict.fromkeys(WRONG, due - timedelta(days=3)),
    }.get(kind) or period.last_day + timedelta(days=chance.randint(3, max(3, (due - period.last_day).days)))
    moment = time(chance.randint(8, 16), chance.randint(0, 59), chance.randint(0, 59))
    return datetime.combine(day, moment, ZoneInfo(plan.file.time_zone))
