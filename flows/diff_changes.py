"""Which inputs differ between two runs, in words: units, plan, cells, verdicts, items, adjustments."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import polars as pl

from flows.diff_inputs import State
from schemas.base import Text
from schemas.diff import diff
from scorecards.diff import Change
from scorecards.numbers import counted

STATUS = {"nil": ("零报告", "nil"), "missing": ("缺报", "missing"), "not_applicable": ("不适用", "not applicable")}
VERDICT = {"accepted": ("认可", "accepted"), "adjusted": ("核定", "adjusted"), "refused": ("不予认可", "refused")}
KIND = {
    "bonus": ("加分", "bonus"), "deduction": ("扣分", "deduction"), "late": ("迟报", "late"), "cap": ("限高", "cap"),
    "false_report": ("虚报", "false report"), "veto": ("一票否决", "veto"),
    "override_total": ("裁定总分", "total set"), "override_grade": ("裁定等次", "grade set"),
}  # fmt: skip
Words = tuple[str, str]
Worded = Callable[[dict[str, Any]], Words]
NOTHING: Words = ("无", "none")


def input_changes(old: State, new: State) -> Iterator[Change]:
    """Return every input that differs, in the order of the causes."""
    for change in sorted(diff(old.plan, new.plan), key=lambda c: c.area != "unit"):
        cause = "units" if change.area == "unit" else "plan"
        unit = change.code.split(" ")[0] if change.area == "unit" else None
        yield Change(cause, unit, change.zh, change.en)
    cells, one_item = ["unit_code", "indicator_code", "period", "part"], ["unit_code", "indicator_code", "period"]
    titles = {code: leaf.title for s in (old, new) for code, leaf in s.plan.leaves.items()}
    grades = {g.code: g.title for s in (old, new) for g in s.plan.file.grades}
    for cause, before, after, key, worded in (
        ("data", old.measurements, new.measurements, cells, _cell),
        ("data", old.counting, new.counting, ["unit_code", "period"], _submission),
        ("verification", old.verifications, new.verifications, cells, _verdict),
        ("items", old.items, new.items, [*one_item, "item_id"], _item),
        ("adjustments", old.adjustments, new.adjustments, ["unit_code", "adjustment_id"], _adjustment(grades)),
    ):
        yield from _changes(cause, before, after, key, worded, titles)


def _changes(
    cause: str, old: pl.DataFrame, new: pl.DataFrame, key: list[str], worded: Worded, titles: Mapping[str, Text]
) -> Iterator[Change]:
    unlike = (a.join(b, on=a.columns, how="anti", nulls_equal=True) for a, b in ((old, new), (new, old)))
    before, after = ({tuple(r[k] for k in key): r for r in f.iter_rows(named=True)} for f in unlike)
    for place in sorted({*before, *after}, key=lambda k: tuple(map(str, k))):
        one, two = (worded(side[place]) if place in side else NOTHING for side in (before, after))
        if one != two:
            zh, en = (_label(place[1:], titles, lang) for lang in ("zh", "en"))
            yield Change(cause, place[0], f"{zh}:{one[0]} → {two[0]}", f"{en}: {one[1]} → {two[1]}")


def _label(place: tuple[Any, ...], titles: Mapping[str, Text], lang: str) -> str:
    """Return what says where: an indicator's code with its title, the period, the part or the item."""
    return " ".join(f"{x} {titles[x].get(lang)}" if x in titles else str(x) for x in place if x)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.12g}"


def _amount(row: dict[str, Any]) -> str:
    if row.get("denominator") is not None or row.get("numerator") is not None:
        return f"{_number(row['numerator'])}/{_number(row['denominator'])}"
    return _number(row.get("value"))


def _cell(row: dict[str, Any]) -> Words:
    shown = _amount(row)
    state = STATUS.get(row["status"] or "")
    return state if state and not shown else (shown, shown)


def _submission(row: dict[str, Any]) -> Words:
    days = row["late_days"] or 0
    return (f"已报送,迟 {days} 天", f"reported, {counted(days, 'day')} late") if days else ("已报送", "reported")


def _verdict(row: dict[str, Any]) -> Words:
    zh, en = VERDICT[row["verdict"]]
    amount = _amount(row) if row["verdict"] == "adjusted" else ""
    return f"{zh} {amount}".strip() + f"({row['reason']})", f"{en} {amount}".strip() + f" ({row['reason']})"


def _item(row: dict[str, Any]) -> Words:
    amount = _number(row["mark"] if row["mark"] is not None else row["count"])
    text = " ".join(x for x in (row["kind"], amount, row["role"], row["title"]) if x)
    return text, text


def _adjustment(grades: Mapping[str, Text]) -> Worded:
    def said(row: dict[str, Any], kind: str, lang: str) -> str:
        grade = grades[row["grade"]].get(lang) if row["grade"] in grades else row["grade"]
        return " ".join(x for x in (kind, row["code"], _number(row["value"]), grade, row["reason"]) if x)

    def worded(row: dict[str, Any]) -> Words:
        zh, en = KIND.get(row["kind"], (row["kind"], row["kind"]))
        return said(row, zh, "zh"), said(row, en, "en")

    return worded
