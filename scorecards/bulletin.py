"""The bulletin for leadership: one offline HTML file with every unit and indicator and, given several periods, trends.

The page holds its own style, script and data (JSON, gzip, base64) and asks for nothing; a content security policy with
hashes lets no other script run.
"""

import base64
import gzip
import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import polars as pl

from schemas.findings import STATES
from schemas.folder import Plan
from schemas.reasons import REASONS
from scorecards.bulletin_questions import questions, short
from scorecards.derivation import packed_lines
from scorecards.edition import Edition
from scorecards.gains import nearest_gains
from scorecards.inline import policy
from scorecards.lights import LIGHTS
from scorecards.measures import counted_in
from scorecards.typeset import typeset
from scorecards.wording import WORDS

TEMPLATES = Path(__file__).parent / "templates"
COLUMNS = ("score", "coverage_pct", "weight_pct", "effective_weight_pct", "contribution", "value", "target")
Pair = tuple[str, str]


def bulletin_html(editions: Edition | Sequence[Edition]) -> bytes:
    """Return the bulletin of one edition, or of several with the last one shown first.

    All editions are of one plan; its newest version names nodes, classes and grades.
    """
    shown = [editions] if isinstance(editions, Edition) else sorted(editions, key=lambda e: e.period)
    style, script = _template("bulletin.css"), _template("bulletin.js")
    last = shown[-1]
    parts = {
        "lang": "zh-CN" if last.lang == "zh" else "en",
        "title": escape(f"{last.title} {last.period_title} {last.word('bulletin')}"),
        "policy": policy(style, script),
        "style": style,
        "script": script,
        "data": packed(bulletin_data(shown)),
        "noscript": "本页需要启用脚本（JavaScript）才能显示。 / This page needs JavaScript.",
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _template("bulletin.html")).encode()


def _template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def packed(data: dict[str, Any]) -> str:
    """Return the data as base64 of gzip of JSON, the same for the same data."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def bulletin_data(editions: Sequence[Edition]) -> dict[str, Any]:
    """Return everything the page shows, with both languages; codes are replaced by places in lists."""
    last = editions[-1]
    nodes = last.items["node_code"].to_list()
    units = _units(editions)
    place = {
        "node": {c: n for n, c in enumerate(nodes)},
        "unit": {u: n for n, u in enumerate(units)},
        "reason": {c: n for n, c in enumerate(REASONS)},
        "light": {c: n for n, c in enumerate(LIGHTS)},
        "class": {c: n for n, c in enumerate(_classes(editions))},
        "grade": {g.code: n for n, g in enumerate(last.plan.file.grades)},
    }
    return {
        "lang": last.lang,
        "words": {key: list(pair) for key, pair in WORDS.items()},
        "lights": [[k, x.shape, x.zh, x.en, x.fill, x.ink, x.bar] for k, x in LIGHTS.items()],
        "bounds": [last.plan.file.lights.green, last.plan.file.lights.yellow],
        "reasons": [[c, typeset(zh), en] for c, (zh, en) in REASONS.items()],
        "plan": _pair(last.plan.file.title),
        "full": last.plan.file.full_marks,
        "places": last.places,
        "classes": [_class(last.plan, c) for c in place["class"]],
        "grades": [[g.code, *_pair(g.title)] for g in last.plan.file.grades],
        "nodes": [_node(last.plan, c, place["node"], last.lang) for c in nodes],
        "units": _unit_names(last, units),
        "standings": [list(pair) for pair in STATES.values()],
        "periods": [_period(e, place) | questions(editions[: n + 1], place) for n, e in enumerate(editions)],
    }


def _pair(text: Any) -> Pair:
    return typeset(text.zh), text.en or text.zh


def _units(editions: Sequence[Edition]) -> list[str]:
    """Return the units of the last edition in order of class and rank, then those that only earlier ones have."""
    seen: dict[str, None] = {}
    for edition in reversed(editions):
        seen |= dict.fromkeys(edition.ranking["unit_code"])
    return list(seen)


def _classes(editions: Sequence[Edition]) -> list[str]:
    seen = dict.fromkeys(editions[-1].plan.classes())
    for edition in editions:
        seen |= dict.fromkeys(edition.results["class_code"])
    return list(seen)


def _class(plan: Plan, code: str) -> list[str]:
    return [code, typeset(plan.class_title(code)), plan.class_title(code, "en")]


def _node(plan: Plan, code: str, place: dict[str, int], lang: str) -> list[Any]:
    leaf = plan.leaves.get(code)
    item = leaf or plan.nodes[code]
    place_above = place.get(item.parent or "", -1)
    if leaf is None:
        return [code, place_above, *_pair(item.title), 0, "", 0]
    yes_no = int(leaf.method.kind == "boolean")
    return [code, place_above, *_pair(item.title), 1, counted_in(leaf, lang), yes_no]


def _unit_names(edition: Edition, units: Sequence[str]) -> list[list[str]]:
    """Return code, Chinese and English name of each unit; the code alone where the plan does not list it."""
    chinese, english = edition.plan.unit_names(), edition.plan.unit_names("en")
    return [[code, typeset(chinese.get(code, code)), english.get(code, code)] for code in units]


def _period(edition: Edition, place: dict[str, dict[str, int]]) -> dict[str, Any]:
    """Return one period: its names, run and results as rows, and the scores column by column, sorted by unit."""
    return {
        "code": str(edition.period),
        "title": [edition.period.title("zh"), edition.period.title("en")],
        "run": edition.run_id,
        "audit": edition.audit_head,
        "dated": edition.dated,
        "replaces": typeset(edition.replaces + edition.correction, edition.lang),
        "results": [_result(row, place) for row in edition.ranking.iter_rows(named=True)],
        "scores": _scores(edition, place),
        "why": None if edition.derivation is None else packed_lines(edition.derivation, place["unit"], place["node"]),
        "gains": {place["unit"][u]: _gains(edition, u, place["node"]) for u in edition.ranking["unit_code"]},
    }


def _result(row: dict[str, Any], place: dict[str, dict[str, int]]) -> list[Any]:
    return [
        place["unit"][row["unit_code"]], place["class"][row["class_code"]], row["base"], row["bonus"],
        row["deduction"], row["total"], row["rank"], row["class_size"], place["grade"].get(row["grade"] or "", -1),
        place["reason"].get(row["reason_code"] or "", -1), row["change"], row["previous_total"],
        place["light"][row["light"]],
    ]  # fmt: skip


def _gains(edition: Edition, unit_code: str, place: dict[str, int]) -> list[list[Any]]:
    return [[place[g.node_code], round(g.points, 6), int(g.exact)] for g in nearest_gains(edition, unit_code)]


def _scores(edition: Edition, place: dict[str, dict[str, int]]) -> dict[str, list[Any]]:
    """Leave out what was never asked of a unit."""
    rows = edition.cells.filter((pl.col("reason_code") != "not_assigned").fill_null(True)).select(
        pl.col("unit_code").replace_strict(place["unit"], default=None, return_dtype=pl.Int64).alias("unit"),
        pl.col("node_code").replace_strict(place["node"], default=None, return_dtype=pl.Int64).alias("node"),
        pl.col("reason_code").replace_strict(place["reason"], default=-1, return_dtype=pl.Int64).alias("reason"),
        pl.col("light").replace_strict(place["light"], return_dtype=pl.Int64),
        pl.col(COLUMNS).cast(pl.Float64).round(6),
    )
    rows = rows.drop_nulls(["unit", "node"]).sort("unit", "node")
    return {name: [short(x) for x in rows[name]] for name in rows.columns}
