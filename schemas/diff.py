"""What changed between two versions of a plan, and which indicators can no longer be compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from schemas.base import Model, Text
from schemas.folder import Plan
from schemas.plan import Indicator

# What an indicator measures and on what scale: a change here breaks comparison, all else only the score.
_MEANING = {
    "title": ("名称", "title"), "measure": ("计量单位", "measure"), "accumulation": ("累计方式", "accumulation"),
    "per": ("折算基数", "per"), "maximum": ("最大值", "maximum"),
}  # fmt: skip
_LANGS = ((0, "zh"), (1, "en"))
_FULL_MARKS = ("full_marks", "full_marks_at", "cap", "points", "range", "items", "stages", "scale", "groups")


@dataclass(frozen=True)
class Change:
    """One change: ``kind`` is added, removed, changed or not_comparable; ``area`` the part of the plan."""

    area: str
    kind: str
    code: str
    key: str
    old: str
    new: str
    zh: str
    en: str

    def text(self, lang: str) -> str:
        """Return the sentence in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


_AREAS = {
    "plan": ("方案", "plan"), "node": ("节点", "node"), "indicator": ("指标", "indicator"), "grade": ("等次", "grade"),
    "unit": ("单位", "unit"), "target": ("目标", "target"), "assignment": ("任务分解", "assignment"),
    "holiday": ("节假日", "holiday"), "body": ("部门对应", "body"),
}  # fmt: skip
_KEYS = {
    "units": ["unit_code", "valid_from"],
    "targets": ["indicator_code", "unit_code", "class_code", "period", "name"],
    "assignments": ["indicator_code", "unit_code", "period"],
    "bodies": ["body"],
}


def diff(old: Plan, new: Plan) -> list[Change]:
    """Return every change from ``old`` to ``new``, not comparable indicators first."""
    changes = [_not_comparable(code, zh, en) for code, (zh, en) in incomparable(old, new).items()]
    changes += _models("plan", {"": old.file}, {"": new.file}, skip=("tree", "grades"))
    changes += _models("node", old.nodes, new.nodes)
    changes += _models("indicator", old.leaves, new.leaves)
    changes += _models("grade", {g.code: g for g in old.file.grades}, {g.code: g for g in new.file.grades})
    for area, name in (("unit", "units"), ("target", "targets"), ("assignment", "assignments"), ("body", "bodies")):
        changes += _rows(area, getattr(old, name), getattr(new, name), _KEYS[name])
    days = ({str(d): k for d, k in p.holidays.items()} for p in (old, new))
    changes += _values("holiday", "", *days)
    return changes


def incomparable(old: Plan, new: Plan) -> dict[str, tuple[str, str]]:
    """Return the indicators of both plans whose meaning or maximum changed, with what changed in both languages."""
    found = {}
    for code, leaf in new.leaves.items():
        before = old.leaves.get(code)
        reasons = _reasons(before, leaf) if before is not None else []
        if reasons:
            found[code] = "、".join(zh for zh, _ in reasons), ", ".join(en for _, en in reasons)
    return found


def _reasons(old: Indicator, new: Indicator) -> list[tuple[str, str]]:
    reasons = [words for key, words in _MEANING.items() if _plain(getattr(old, key)) != _plain(getattr(new, key))]
    if old.method.kind != new.method.kind:
        reasons.append(("计分方法", "method"))
    elif any(getattr(old.method, key, None) != getattr(new.method, key, None) for key in _FULL_MARKS):
        reasons.append(("满分", "full marks"))
    return reasons


def _plain(value: Any) -> Any:
    # A title's English may be added or corrected without a change of meaning.
    return value.zh if hasattr(value, "zh") else value


def _not_comparable(code: str, zh: str, en: str) -> Change:
    said_zh = f"指标 {code} 与以前不可比:{zh}有变。"
    return Change(
        "indicator", "not_comparable", code, "", "", "", said_zh, f"Indicator {code} is not comparable: {en} changed."
    )


def _change(area: str, code: str, key: str, old: Any, new: Any) -> Change:
    """Word one change; ``None`` stands for nothing on that side."""
    zh, en = (_worded(n, code, key, _AREAS[area][n], (_said(old, lang), _said(new, lang))) for n, lang in _LANGS)
    kind = "added" if old is None else "removed" if new is None else "changed"
    return Change(area, kind, code, key, _said(old, "zh") or "", _said(new, "zh") or "", zh, en)


def _worded(n: int, code: str, key: str, area: str, sides: tuple[str | None, str | None]) -> str:
    name, (old, new) = " ".join(x for x in (area, code, key) if x), sides
    if old is None:
        return (f"新增 {name}:{new}", f"Added {name}: {new}")[n]
    if new is None:
        return (f"删除 {name}:{old}", f"Removed {name}: {old}")[n]
    return (f"{name}:{old} → {new}", f"Changed {name}: {old} → {new}")[n]


def _said(value: Any, lang: str) -> str | None:
    """Return one side of a change as text; a wording in the language."""
    return value.get(lang) if isinstance(value, Text) else None if value is None else str(value)


def _models(area: str, old: Mapping[str, Model], new: Mapping[str, Model], skip: tuple[str, ...] = ()) -> list[Change]:
    """Compare models by code: whole ones that came or went, keys of the others."""
    changes = [_change(area, c, "", _title(old[c]), None) for c in old if c not in new]
    changes += [_change(area, c, "", None, _title(new[c])) for c in new if c not in old]
    for code in old:
        if code in new:
            flat = (dict(_flat(m.model_dump(by_alias=True, exclude=set(skip)))) for m in (old[code], new[code]))
            changes += _values(area, code, *flat)
    return changes


def _title(item: Any) -> Text:
    return getattr(item, "title", None) or Text(zh="")


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Lay nested mappings out as dotted keys; lists stay whole; None is left out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif value is not None:
        yield name, ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _values(area: str, code: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    keys = [*old, *(k for k in new if k not in old)]
    return [_change(area, code, k, old.get(k), new.get(k)) for k in keys if old.get(k) != new.get(k)]


def _rows(area: str, old: pl.DataFrame, new: pl.DataFrame, key: list[str]) -> list[Change]:
    """Compare two tables by key; a row's own columns are compared one by one."""
    before, after = _by_key(old, key), _by_key(new, key)
    changes = [_change(area, c, "", _shown(before[c]), None) for c in before if c not in after]
    changes += [_change(area, c, "", None, _shown(after[c])) for c in after if c not in before]
    for code, row in before.items():
        if code in after:
            changes += _values(area, code, row, after[code])
    return changes


def _by_key(frame: pl.DataFrame, key: list[str]) -> dict[str, dict[str, str]]:
    """Return label → the row's other columns as text, without those that are empty."""
    rest = [c for c in frame.columns if c not in (*key, "line", "note")]
    table = {}
    for row in frame.iter_rows(named=True):
        label = " ".join(str(row[k]) for k in key if row[k] is not None)
        table[label] = {
            c: f"{row[c]:g}" if isinstance(row[c], float) else str(row[c]) for c in rest if row[c] is not None
        }
    return table


def _shown(row: Mapping[str, str]) -> str:
    return ", ".join(row.values())


__all__ = ["Change", "diff", "incomparable"]
