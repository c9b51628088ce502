"""Answers to leadership's questions as plain tables of text: for the terminal, and as CSV."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl

from schemas.findings import ledger, open_findings, state_word, tally
from schemas.periods import Period
from schemas.text_table import no_formula, text_table
from scorecards.comparable import Break, breaks_between, breaks_of
from scorecards.data import BOM
from scorecards.edition import Edition
from scorecards.lights import LIGHTS
from scorecards.numbers import counted, fixed, plain
from scorecards.questions import improved, red_running, trend
from scorecards.wording import word


@dataclass(frozen=True)
class Answer:
    """A title, headings, rows of text, and remarks: what cannot be compared, and what the answer rests on."""

    title: str
    heads: list[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Return the answer for a terminal, in columns."""
        lines = [self.title, *(text_table(self.heads, self.rows) if self.rows else [])]
        return "\n".join([*lines, *self.notes]) + "\n"

    def csv(self) -> bytes:
        """Return the rows as CSV with BOM; no text acts as a formula."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        numbers = set("0123456789.,-−↑↓ ")
        for row in [self.heads, *self.rows]:
            writer.writerow([c if set(c) <= numbers else no_formula(c) for c in row])
        return BOM + out.getvalue().encode()

    def to_dict(self) -> dict[str, Any]:
        """Return title, rows by heading, and remarks, for JSON."""
        rows = [dict(zip(self.heads, row, strict=True)) for row in self.rows]
        return {"title": self.title, "rows": rows, "notes": self.notes}


def trend_answer(editions: Sequence[Edition], node_code: str | None, chosen: pl.Expr) -> Answer:
    """Return the course of totals, or of one node's scores: a row per unit, a column per period, ≠ where it breaks."""
    now = editions[-1]
    table = trend(editions, node_code)
    units = table.filter(pl.col("period") == str(now.period)).filter(chosen)
    cells = {(r["unit_code"], r["period"]): r for r in table.iter_rows(named=True)}
    periods = [str(e.period) for e in editions]
    rows = []
    for row in units.iter_rows(named=True):
        shown = [now.class_title(row["class_code"]), row["name"]]
        rows.append([*shown, *(_course(cells.get((row["unit_code"], p)), now) for p in periods)])
    heads = [word("class", now.lang), word("unit", now.lang), *periods]
    about = now.node_title(node_code) if node_code else word("total", now.lang)
    shapes = "　".join(light.text(now.lang) for code, light in LIGHTS.items() if code != "none")
    title = now.pair("各期走势" if now.lang == "zh" else "Over the periods", about)
    return Answer(title, heads, rows, [*_break_notes(editions, node_code), shapes])


def _course(cell: dict[str, Any] | None, edition: Edition) -> str:
    if cell is None:
        return "—"
    mark = "≠" if cell["breaks"] else ""
    rank = "" if cell["rank"] is None else f" ({plain(cell['rank'])}/{cell['class_size']})"
    shape = LIGHTS[cell["light"]].shape if cell["light"] else ""
    return f"{mark}{fixed(cell['score'], edition.places)}{rank} {shape}".rstrip()


def _break_notes(editions: Sequence[Edition], node_code: str | None) -> list[str]:
    now, lang = editions[-1], editions[-1].lang
    notes = []
    for old, new in pairwise(editions):
        found = breaks_of(breaks_between(old, new), new.plan, node_code or new.plan.root)
        if found:
            head = f"≠ {old.period} → {new.period} " + word("breaks", lang)
            notes.append(now.pair(head, "；".join(_broken(b, new) for b in found)))
    return notes


def _broken(one: Break, edition: Edition) -> str:
    known = one.node_code in edition.plan.leaves or one.node_code in edition.plan.nodes
    title = edition.node_title(one.node_code) if known else ""
    return f"{one.node_code} {title}".strip() + f" {one.text(edition.lang)}"


def red_answer(editions: Sequence[Edition], times: int, level: str, chosen: pl.Expr) -> Answer:
    """Return what stays red; ``level``: total, section, task, indicator, or all."""
    now, lang = editions[-1], editions[-1].lang
    leaves = list(now.plan.leaves)
    is_leaf = pl.col("node_code").is_in(leaves)
    depth = {"total": 0, "section": 1, "task": 2}.get(level)
    wanted = (
        is_leaf if level == "indicator" else pl.lit(True) if depth is None else (pl.col("level") == depth) & ~is_leaf
    )
    table = red_running(editions, times).filter(wanted).filter(chosen)
    root = now.plan.root
    rows = [
        [
            now.class_title(r["class_code"]), r["name"], word("total", lang) if r["node_code"] == root else r["title"],
            str(r["periods"]), r["since"], fixed(r["score_before"]), f"{LIGHTS['red'].shape} {fixed(r['score'])}",
            ("、" if lang == "zh" else ", ").join(r["breaks"] or ()),
        ]
        for r in table.iter_rows(named=True)
    ]  # fmt: skip
    keys = ("class", "unit", "indicator", "periods_red", "since", "before_score", "score", "breaks")
    title = (
        f"截至{now.period_title}连续{times}期及以上红灯：{table['unit_code'].n_unique()} 个单位，{len(rows)} 项"
        if lang == "zh"
        else f"Red {times} periods running or more, up to {now.period_title}: "
        f"{counted(table['unit_code'].n_unique(), 'unit')}, {counted(len(rows), 'row')}"
    )
    return Answer(title, [word(k, lang) for k in keys], rows, _too_few(editions, times))


def _too_few(editions: Sequence[Edition], times: int) -> list[str]:
    here, running = editions[-1].period, 1
    for edition in reversed(editions[:-1]):
        if edition.period != here.previous():
            break
        here, running = edition.period, running + 1
    if running >= times:
        return []
    zh = editions[-1].lang == "zh"
    short = f"There are results of {counted(running, 'period')} in a row only; {times} are needed."
    return [f"只有连续 {running} 期结果，需要 {times} 期。" if zh else short]


def improved_answer(before: Edition, now: Edition, chosen: pl.Expr) -> Answer:
    """Return the ranking by improvement inside each class."""
    lang, places = now.lang, now.places
    table = improved(before, now).filter(chosen)
    rows = [
        [
            now.class_title(r["class_code"]), plain(r["place"]), r["name"], fixed(r["total_before"], places),
            fixed(r["total"], places), _moved(r["change"], places), plain(r["rank_before"]), plain(r["rank"]),
            word(r["absent"], lang) if r["absent"] else "",
        ]
        for r in table.iter_rows(named=True)
    ]  # fmt: skip
    keys = ("class", "place", "unit", "before", "total", "improvement", "before_rank", "rank", "reason")
    title = now.pair(word("improved", lang), f"{before.period_title} → {now.period_title}")
    return Answer(title, [word(k, lang) for k in keys], rows, _break_notes([before, now], None))


def _moved(change: float | None, places: int) -> str:
    if change is None:
        return "—"
    return f"{'↑' if change > 0 else '↓' if change < 0 else ''}{fixed(abs(change), places)}"


def rectification_answer(findings: pl.DataFrame, period: Period, on: date, edition: Edition, chosen: pl.Expr) -> Answer:
    """Return the findings of a period's ledger that are not settled on a day; ``edition`` names units and nodes."""
    lang = edition.lang
    rows = []
    for r in open_findings(findings, period, on).filter(chosen).iter_rows(named=True):
        node = r["node_code"]
        known = node in edition.plan.leaves or node in edition.plan.nodes
        carried = word("carried", lang) if r["carried"] else ""
        rows.append(
            [
                edition.unit_name(r["unit_code"]), edition.aside(r["title"], carried) if carried else r["title"],
                r["demand"] or "", edition.node_title(node) if known else "", r["due_on"],
                state_word(r["standing"], lang), plain(r["days_over"]), r["progress"] or "",
            ]
        )  # fmt: skip
    keys = ("unit", "finding", "demand", "indicator", "due_on", "standing", "days_over", "progress")
    counts = tally(ledger(findings, period, on).filter(chosen))
    said = edition.listed(f"{state_word(s, lang)} {n}" for s, n in counts.items())
    title = edition.pair(edition.aside(word("open_findings", lang), on.isoformat()), said or word("none", lang))
    return Answer(title, [word(k, lang) for k in keys], rows)
