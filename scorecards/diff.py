"""Two runs side by side: what moved, and which part of each move came from what. Text; workbook and page beside it."""

from dataclasses import dataclass, field
from typing import Any

from schemas.text_table import padded

CAUSES: dict[str, tuple[str, str]] = {
    "units": ("单位变动", "changed units"),
    "plan": ("考核方案", "plan"),
    "rules": ("计分规则", "scoring rules"),
    "data": ("填报数据", "data"),
    "verification": ("核验", "verification"),
    "items": ("台账条目", "items"),
    "adjustments": ("加分扣分", "adjustments"),
}
"""What can move a unit, in the order in which run A's inputs are replaced by run B's."""

WORDS: dict[str, tuple[str, str]] = {
    "title": ("计分批次对比", "Comparison of two runs"),
    "unit_code": ("单位代码", "Unit code"),
    "name": ("单位", "Unit"),
    "class": ("类别", "Class"),
    "total": ("总分", "Total"),
    "rank": ("排名", "Rank"),
    "grade": ("等次", "Grade"),
    "old": ("原", "old"),
    "new": ("现", "new"),
    "move": ("变动", "Move"),
    "cause": ("来源", "Part"),
    "points": ("分数变动", "Points"),
    "own": ("本单位", "own"),
    "others": ("其他单位", "others"),
    "check": ("各部分合计 − 变动", "Sum of parts − move"),
    "rank_move": ("名次变动(正数为下降)", "Rank move (+ is down)"),
    "up": ("上升", "up"),
    "down": ("下降", "down"),
    "same": ("不变", "same"),
    "changes": ("改变的输入", "Changed inputs"),
    "moves": ("有变动的单位", "Units that moved"),
    "parts": ("变动来源", "Parts"),
    "notes": ("说明", "Notes"),
    "what": ("内容", "What changed"),
    "appeared": ("新增单位", "new unit"),
    "gone": ("退出单位", "no longer assessed"),
    "none": ("无", "none"),
    "all": ("全部单位", "all units"),
    "run": ("批次", "Run"),
    "recorded": ("计分时间(UTC)", "Scored at (UTC)"),
    "actor": ("操作人", "By"),
    "reason": ("原因", "Why"),
    "filter": ("筛选单位", "Filter units"),
}
FEW = 6


@dataclass(frozen=True)
class Change:
    """One input that differs: its cause, the unit it belongs to (None: all), and what it says."""

    cause: str
    unit_code: str | None
    zh: str
    en: str

    def text(self, lang: str) -> str:
        """Return the sentence in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Part:
    """What one cause did to one unit.

    ``points = own + others``: own by the unit's own inputs (and rules common to all), others by other units' values.
    Both None where they were not told apart. ``rank_own`` likewise: the places it moved by its own inputs. An absent
    total counts as 0 in ``points``.
    """

    cause: str
    points: float
    own: float | None
    others: float | None
    rank_move: float | None
    rank_own: float | None
    grades: tuple[str | None, ...]

    @property
    def rank_others(self) -> float | None:
        """Return the places it moved by other units' values."""
        return None if self.rank_move is None or self.rank_own is None else self.rank_move - self.rank_own

    @property
    def silent(self) -> bool:
        """Say whether the part did nothing."""
        numbers = (self.points, self.own, self.others, self.rank_move, self.rank_own)
        return not any(numbers) and len(set(self.grades)) < 2


@dataclass(frozen=True)
class Standing:
    """Where a unit stands in one run; None throughout where it is not in it."""

    class_code: str | None = None
    total: float | None = None
    rank: float | None = None
    grade: str | None = None


@dataclass(frozen=True)
class Move:
    """One unit whose class, total, rank or grade differs."""

    unit_code: str
    old: Standing
    new: Standing
    parts: tuple[Part, ...]

    @property
    def points(self) -> float:
        """Return the move of the total, an absent one as 0."""
        return (self.new.total or 0.0) - (self.old.total or 0.0)


@dataclass(frozen=True)
class RunDiff:
    """Two runs of one period. ``old``, ``new``: their rows as in ``schemas.tables.Runs``; ``moves``: largest first."""

    period: str
    plan_title: dict[str, str]
    classes: dict[str, dict[str, str]]
    grades: dict[str, dict[str, str]]
    names: dict[str, dict[str, str]]
    places: int
    old: dict[str, Any]
    new: dict[str, Any]
    units: int
    moves: tuple[Move, ...]
    changes: tuple[Change, ...]
    notes: tuple[tuple[str, str], ...] = field(default=())

    def class_name(self, code: str | None, lang: str) -> str:
        """Return a class in words."""
        return "" if code is None else self.classes.get(code, {}).get(lang, code)

    def unit_name(self, code: str, lang: str) -> str:
        """Return a unit's name; nothing where neither plan has one."""
        return self.names.get(code, {}).get(lang, "")

    def grade_name(self, code: str | None, lang: str) -> str:
        """Return a grade in words, ``–`` where there is none."""
        return "–" if code is None else self.grades.get(code, {}).get(lang, code)


def word(key: str, lang: str) -> str:
    """Return one of this document's words or causes."""
    return (CAUSES.get(key) or WORDS[key])[0 if lang == "zh" else 1]


def signed(value: float | None, places: int) -> str:
    """Return a number with its sign, ``0`` for one that rounds to nothing, ``–`` for None."""
    if value is None:
        return "–"
    text = f"{value:+.{places}f}"
    return "0" if not text.strip("+-0.") else text.replace("-", "−")


def number(value: float | None, places: int) -> str:
    """Return a number, ``–`` for None."""
    return "–" if value is None else f"{value:.{places}f}"


def place(value: float | None) -> str:
    """Return a rank, with a half where ties share their average."""
    return "–" if value is None else f"{value:g}"


def moved(places: float | None, lang: str) -> str:
    """Return a move in rank in words: a rank that grows is a fall, which a plus sign would hide."""
    if places is None:
        return "–"
    if places == 0:
        return word("same", lang)
    return f"{word('down' if places > 0 else 'up', lang)} {abs(places):g}"


def state_of(move: Move, lang: str) -> str:
    """Say whether a unit came or went; empty where it is in both runs."""
    if move.old.class_code is None:
        return word("appeared", lang)
    return word("gone", lang) if move.new.class_code is None else ""


def head_lines(diff: RunDiff, lang: str) -> list[str]:
    """Return what stands above: which runs, and how many units moved."""
    zh = lang == "zh"
    a, b = diff.old["run_id"], diff.new["run_id"]
    if a == b:
        return [f"{diff.period}:同一批次 {a},没有变动。" if zh else f"{diff.period}: one and the same run {a}."]
    first = f"{diff.period}:批次 {a} → {b}。" if zh else f"{diff.period}: run {a} → {b}. "
    count = (
        f"{diff.units} 个单位中 {len(diff.moves)} 个有变动。"
        if zh
        else f"{len(diff.moves)} of {diff.units} units moved."
    )
    return [first + count]


def diff_text(diff: RunDiff, lang: str = "zh") -> str:
    """Return the comparison as text, one block for each unit that moved."""
    lines = head_lines(diff, lang)
    for move in diff.moves:
        lines += ["", *_block(diff, move, lang)]
    for title, changes in beside(diff, lang):
        lines += ["", title, *_told(changes, lang, 3 * FEW)]
    lines += ["", *(zh if lang == "zh" else en for zh, en in diff.notes)] if diff.notes else []
    return "\n".join(lines) + "\n"


def beside(diff: RunDiff, lang: str) -> list[tuple[str, list[Change]]]:
    """Return the changed inputs that stand with no unit that moved: those common to all, and those without effect."""
    moved = {m.unit_code for m in diff.moves}
    common = [c for c in diff.changes if c.unit_code is None]
    idle = [
        Change(c.cause, None, f"{_unit(diff, c.unit_code, 'zh')} {c.zh}", f"{_unit(diff, c.unit_code, 'en')} {c.en}")
        for c in diff.changes
        if c.unit_code is not None and c.unit_code not in moved
    ]
    zh = lang == "zh"
    titles = (
        "改变的输入(全部单位):" if zh else "Inputs that changed for all units:",
        "输入有变而结果未变:" if zh else "Inputs that changed and moved nothing:",
    )
    return [(title, changes) for title, changes in zip(titles, (common, idle), strict=True) if changes]


def _unit(diff: RunDiff, code: str, lang: str) -> str:
    return f"{code} {diff.unit_name(code, lang)}".strip()


def _block(diff: RunDiff, move: Move, lang: str) -> list[str]:
    zh = lang == "zh"
    said = [_unit(diff, move.unit_code, lang)]
    state = state_of(move, lang)
    if state:
        said[0] += f"({state})" if zh else f" ({state})"
    if move.old.class_code and move.new.class_code and move.old.class_code != move.new.class_code:
        names = [diff.class_name(s.class_code, lang) for s in (move.old, move.new)]
        said.append(f"{word('class', lang)} {names[0]} → {names[1]}")
    totals = f"{number(move.old.total, diff.places)} → {number(move.new.total, diff.places)}"
    said.append(f"{word('total', lang)} {totals} ({signed(move.points, diff.places)})")
    if move.old.rank != move.new.rank:
        said.append(f"{word('rank', lang)} {place(move.old.rank)} → {place(move.new.rank)}")
    if move.old.grade != move.new.grade:
        one, two = (diff.grade_name(s.grade, lang) for s in (move.old, move.new))
        said.append(f"{word('grade', lang)} {one} → {two}")
    lines = ["  ".join(said)]
    for part in move.parts:
        if not part.silent:
            lines.append("  " + part_text(diff, part, lang))
            mine = [c for c in diff.changes if c.cause == part.cause and c.unit_code == move.unit_code]
            lines += _told(mine, lang, FEW, "    ")
    return lines


def part_text(diff: RunDiff, part: Part, lang: str) -> str:
    """Return a part in one line: its cause and what it did."""
    return padded(word(part.cause, lang), 14) + "  ".join(part_effects(diff, part, lang))


def part_effects(diff: RunDiff, part: Part, lang: str) -> list[str]:
    """Return what a part did: points, own and others; places; grades."""
    said = [signed(part.points, diff.places)]
    if part.others:
        said[0] += _split(signed(part.own, diff.places), signed(part.others, diff.places), lang)
    if part.rank_move or part.rank_own:
        text = f"{word('rank', lang)} {moved(part.rank_move, lang)}"
        if part.rank_others:
            text += _split(moved(part.rank_own, lang), moved(part.rank_others, lang), lang)
        said.append(text)
    if len(set(part.grades)) > 1:
        said.append(f"{word('grade', lang)} {grade_steps(diff, part, lang)}")
    return said


def grade_steps(diff: RunDiff, part: Part, lang: str) -> str:
    """Return the grades that a part led through, each once where it stayed."""
    steps = [g for n, g in enumerate(part.grades) if n == 0 or g != part.grades[n - 1]]
    return " → ".join(diff.grade_name(g, lang) for g in steps)


def _split(own: str, others: str, lang: str) -> str:
    said = (f"{word('own', lang)} {own}", f"{word('others', lang)} {others}")
    return f"({','.join(said)})" if lang == "zh" else f" ({', '.join(said)})"


def _told(changes: list[Change], lang: str, most: int, indent: str = "  ") -> list[str]:
    lines = [indent + c.text(lang) for c in changes[:most]]
    more = len(changes) - most
    if more > 0:
        lines.append(indent + (f"另有 {more} 处" if lang == "zh" else f"and {more} more"))
    return lines
