"""What a unit's scorecard says, as plain data: every number already a text, ready for the page."""

from typing import Any

from scorecards.audience import others_seen, shown_means, shown_statistics
from scorecards.edition import Edition
from scorecards.gains import Gain, nearest_gains
from scorecards.lights import LIGHTS
from scorecards.numbers import fixed, plain
from scorecards.statistics import ClassStatistics
from scorecards.typeset import typeset
from scorecards.wording import word

Data = dict[str, Any]
LABELS = (
    "scorecard", "unit", "class", "period", "run", "audit", "dated", "rank", "total", "grade", "base", "bonus",
    "deduction", "sections", "class_mean", "gains", "missing", "not_applicable", "not_due", "none", "details", "value",
    "target", "score", "points_full", "light", "reason", "indicator", "trend", "change",
    "unit_code", "made_up", "class_says",
)  # fmt: skip
LISTED = {"missing": 10, "not_applicable": 10, "not_due": 40}  # the rest stands in the details, or in the rule book
EXPLAINED = {
    "zh": {
        "gains_note": "数字为该指标达到满分（100）时总分可增加的分数；“约”表示上级不是加权平均。",
        "bars": "条形：本单位；竖线：本类平均。",
        "points": "得分率为百分制；得分/满分按该项在总分中的有效权重折算，不适用和未分解的指标退出分母。",
        "continued": "续",
        "of": "共 {} 个单位参加排名",
        "page": "第 {} 页，共 {} 页",
        "about": "约",
        "count": "{} 项",
        "in": "属于",
        "now": "现得",
        "gain": "可增分",
        "others": "本类名次",
        "more": "等，见明细",
        "more_later": "等，见考核办法",
        "broken": "≠：方案有变，与前一期不可直接比较。",
    },
    "en": {
        "gains_note": "What the total gains if the indicator reaches 100; 'about': a node above is no weighted mean.",
        "bars": "Bar: this unit; upright line: class mean.",
        "points": "Points / full marks = score × effective weight in the total; what does not apply leaves the sum.",
        "continued": "continued",
        "of": "of {} ranked units",
        "page": "Page {} of {}",
        "about": "about",
        "count": "{}",
        "in": "in",
        "now": "now",
        "gain": "Gain",
        "others": "Ranks in the class",
        "more": " and others, see the details",
        "more_later": " and others, see the rule book",
        "broken": "≠: the plan changed; not directly comparable with the period before.",
    },
}


class Scorecards:
    """Builds the data of any unit's scorecard; what is common to all units is worked out once."""

    def __init__(self, edition: Edition) -> None:
        """Prepare statistics and rows by unit."""
        self.edition = edition
        self._statistics = shown_statistics(edition)
        self._means = shown_means(edition)
        self._ranking = {row["unit_code"]: row for row in edition.ranking.iter_rows(named=True)}
        points = edition.trend.group_by("unit_code", maintain_order=True).agg("period", "total")
        self._trend = {unit: list(zip(p, t, strict=True)) for unit, p, t in points.iter_rows()}

    def units(self) -> list[str]:
        """Return the units' codes in order of class and rank."""
        return list(self._ranking)

    def data(self, unit_code: str) -> Data:
        """Return all that one unit's scorecard shows.

        Raises:
            KeyError: where the run has no result of the unit.
        """
        edition, row = self.edition, self._ranking[unit_code]
        cells = edition.cells_of.get(unit_code, edition.cells.clear())
        rows = list(cells.iter_rows(named=True))
        return {
            "lang": edition.lang,
            "labels": {key: edition.word(key) for key in LABELS} | EXPLAINED[edition.lang],
            "plan": edition.title,
            "period": edition.period_title,
            "unit": row["name"],
            "code": unit_code,
            "class": edition.class_title(row["class_code"]),
            "run": edition.run_id,
            "audit": edition.audit_head,
            "dated": edition.dated,
            "replaces": typeset(edition.replaces, edition.lang),
            "result": self._result(row),
            "statistics": self._statistics_text(self._statistics.get(row["class_code"])),
            "trend": self._trend_data(unit_code),
            "sections": [self._section(r, row["class_code"]) for r in rows if r["level"] == 1 and r["light"] != "none"],
            "gains": [self._gain(g) for g in nearest_gains(edition, unit_code)],
            "rows": [self._row(r) for r in _shown(rows)],
            "absent": self._absent(unit_code, rows),
            "others": self._others(unit_code),
        }

    def _result(self, row: Data) -> Data:
        edition = self.edition
        places = edition.places
        return {
            "total": fixed(row["total"], places),
            "full": plain(edition.plan.file.full_marks),
            "rank": plain(row["rank"]) if row["rank"] is not None else edition.word("not_ranked"),
            "of": EXPLAINED[edition.lang]["of"].format(row["class_size"]),
            "grade": edition.grade_title(row["grade"]) or edition.word("no_grade"),
            "base": fixed(row["base"], places),
            "bonus": fixed(row["bonus"], places),
            "deduction": fixed(row["deduction"], places),
            "change": change_text(edition, row),
            "reason": edition.reason(row["reason_code"]),
            "light": self._light(row["light"]),
        }

    def _light(self, code: str) -> Data:
        light = LIGHTS[code]
        colours = {"ink": light.ink, "fill": light.fill, "bar": light.bar}
        return {"word": light.word(self.edition.lang), "shape": light.shape, **colours}

    def _statistics_text(self, known: ClassStatistics | None) -> list[list[str]]:
        if known is None:
            return []
        say, places = self.edition.word, self.edition.places
        return [
            [say("mean"), fixed(known.mean, places)],
            [say("median"), fixed(known.median, places)],
            [say("best"), fixed(known.best, places)],
            [say("lowest"), fixed(known.lowest, places)],
        ]

    def _trend_data(self, unit_code: str) -> list[Data]:
        known = [(p, t) for p, t in self._trend.get(unit_code, []) if t is not None][-8:]
        if len(known) < 2:
            return []
        places, broken = self.edition.places, self.edition.broken
        return [
            {"period": p, "text": fixed(t, places), "share": max(0.0, t / 100), "broken": n > 0 and p in broken}
            for n, (p, t) in enumerate(known)
        ]

    def _section(self, row: Data, class_code: str) -> Data:
        mean = self._means.get((class_code, row["node_code"]))
        return {
            "title": row["title"],
            "score": fixed(row["score"], 1),
            "share": _share(row["score"]),
            "mean": None if mean is None else _share(mean),
            "mean_text": fixed(mean, 1),
            "points": _points(row),
            "light": self._light(row["light"]),
        }

    def _gain(self, gain: Gain) -> Data:
        edition, section = self.edition, gain.node_code
        about = "" if gain.exact else EXPLAINED[edition.lang]["about"]
        while edition.plan.level[section] > 1:
            section = str((edition.plan.leaves.get(section) or edition.plan.nodes[section]).parent)
        return {
            "title": edition.node_title(gain.node_code),
            "section": edition.node_title(section) if section != gain.node_code else "",
            "now": self._now(gain),
            "gain": f"{about}+{fixed(gain.points)}",
        }

    def _now(self, gain: Gain) -> str:
        if gain.score is None:
            return self.edition.reason(gain.reason_code) or LIGHTS["unknown"].word(self.edition.lang)
        return f"{EXPLAINED[self.edition.lang]['now']} {fixed(gain.score)}"

    def _row(self, row: Data) -> Data:
        leaf = row["is_indicator"]
        kind = "leaf" if leaf else "section" if row["level"] == 1 else "task"
        return {
            "kind": kind,
            "title": row["title"],
            "value": value_text(row, "value", self.edition.lang) if leaf else "",
            "target": value_text(row, "target", self.edition.lang) if leaf else "",
            "score": fixed(row["score"]),
            "points": _points(row),
            "light": self._light(row["light"]),
            "reason": self.edition.reason(row["reason_code"]),
        }

    def _absent(self, unit_code: str, rows: list[Data]) -> Data:
        leaves = [r for r in rows if r["is_indicator"]]
        missing = [self._with_reason(r) for r in leaves if r["light"] == "unknown"]
        granted = [r["title"] for r in leaves if r["reason_code"] == "not_applicable"]
        later = [r["title"] for r in leaves if r["reason_code"] == "not_due"]
        later += [self.edition.node_title(code) for code in self.edition.later.get(unit_code, [])]
        lists = {"missing": missing, "not_applicable": granted, "not_due": later}
        return {key: {"count": len(names), "names": names[: LISTED[key]]} for key, names in lists.items()}

    def _with_reason(self, row: Data) -> str:
        reason = self.edition.reason(row["reason_code"])
        return self.edition.aside(row["title"], reason) if reason else str(row["title"])

    def _others(self, unit_code: str) -> list[list[str]]:
        seen = others_seen(self.edition, unit_code)
        places = self.edition.places
        return [[plain(r, absent=""), n, fixed(t, places, "")] for _, n, r, t in seen.iter_rows()]


def change_text(edition: Edition, row: Data) -> str:
    """Return the change of rank in words; empty without a previous period."""
    if edition.previous is None or row["rank"] is None:
        return ""
    if row["change"] is None:
        return edition.word("new")
    if row["change"] == 0:
        return edition.word("same")
    return f"{edition.word('up' if row['change'] > 0 else 'down')} {plain(abs(row['change']))}"


def value_text(row: Data, key: str, lang: str) -> str:
    """Return a value or target with its unit of measure, yes or no where that is meant; a dash where there is none."""
    value, measure = row[key], row["measure"]
    if value is None:
        return "—"
    if row["yes_no"]:
        return word("yes" if value else "no", lang)
    return f"{plain(value)}%" if measure == "%" else f"{plain(value)} {measure}".rstrip()


def _share(score: float | None) -> float:
    return 0.0 if score is None else round(min(1.0, max(0.0, score / 100)), 6)


def _points(row: Data) -> str:
    return "—" if not row["full"] else f"{fixed(row['points'])}/{fixed(row['full'])}"


def _shown(rows: list[Data]) -> list[Data]:
    """Leave out the root and everything that is not asked of the unit in this period."""
    return [r for r in rows if r["level"] > 0 and r["light"] != "none"]
