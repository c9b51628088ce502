"""The picture of rank intervals: one SVG per class, a row for each unit, in the order of the run."""

from html import escape
from math import ceil
from typing import Any

import polars as pl

from schemas.folder import Plan
from scoring.robustness import Robustness

_ROW, _LEFT, _RIGHT, _TOP, _BOTTOM, _WIDTH = 22, 190, 90, 92, 40, 900
_FONT = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif"
_INK, _GREY, _PALE, _BAR, _DOT = "#1c2733", "#5b6770", "#e3e8ec", "#7fa8c9", "#12395b"
_LONGEST = 13


def pictures(plan: Plan, found: Robustness, names: dict[str, str], lang: str) -> dict[str, str]:
    """Return SVG by class: thin bar least to greatest rank, thick bar 5-95 %, dot the rank of the run."""
    ranked = found.intervals.filter(pl.col("rank").is_not_null())
    result = {}
    for (code,), rows in ranked.partition_by("class_code", as_dict=True, maintain_order=True).items():
        title = plan.class_title(code, lang)
        result[str(code)] = _picture(rows.sort("rank", "unit_code").to_dicts(), names, found, title, lang)
    return result


def _picture(rows: list[dict[str, Any]], names: dict[str, str], found: Robustness, title: str, lang: str) -> str:
    size = max(ceil(r["rank_max"]) for r in rows)
    height = _TOP + _ROW * len(rows) + _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'font-family="{_FONT}" font-size="13" role="img">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        *_heading(found, title, lang),
        *_axis(size, len(rows)),
    ]
    for number, row in enumerate(rows):
        parts += _row(row, names.get(row["unit_code"], row["unit_code"]), _TOP + _ROW * number + _ROW / 2, size)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(rank: float, size: int) -> float:
    """Return where a rank stands: the best on the left."""
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (rank - 0.5) / size


def _heading(found: Robustness, title: str, lang: str) -> list[str]:
    noise = f"{found.weight_noise * 100:g}"
    period = found.period.title(lang)
    head = f"{title} {period}名次区间" if lang == "zh" else f"Rank intervals, {title}, {period}"
    how = (
        f"每个权重随机变动 ±{noise}%,重复 {found.replications} 次"
        if lang == "zh"
        else f"every weight varied at random by ±{noise} %, {found.replications} times"
    )
    words = (
        ("本期名次", "5%–95% 的情形", "全部情形")
        if lang == "zh"
        else ("rank of the run", "5–95 % of cases", "all cases")
    )
    places = (_LEFT, _LEFT + 110, _LEFT + 260) if lang == "zh" else (_LEFT, _LEFT + 135, _LEFT + 290)
    y = 66
    marks = [
        f'<circle cx="{places[0] + 6}" cy="{y - 4}" r="4.5" fill="{_DOT}"/>',
        f'<rect x="{places[1]}" y="{y - 9}" width="22" height="10" rx="2" fill="{_BAR}"/>',
        f'<rect x="{places[2]}" y="{y - 6}" width="22" height="4" fill="{_BAR}"/>',
    ]
    labels = [
        f'<text x="{x + shift}" y="{y}" fill="{_GREY}">{escape(word)}</text>'
        for x, shift, word in zip(places, (18, 28, 28), words, strict=True)
    ]
    return [
        f'<text x="16" y="24" font-size="17" font-weight="bold" fill="{_INK}">{escape(head)}</text>',
        f'<text x="16" y="44" fill="{_GREY}">{escape(how)}</text>',
        *marks,
        *labels,
    ]


def _axis(size: int, count: int) -> list[str]:
    """Return the vertical lines and the numbers of ranks, at most about twelve of them."""
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10**9) if size / s <= 12)
    ticks = sorted({1, *range(step, size + 1, step)})
    bottom = _TOP + _ROW * count
    lines = []
    for tick in ticks:
        x = f"{_x(tick, size):.1f}"
        lines.append(f'<line x1="{x}" y1="{_TOP}" x2="{x}" y2="{bottom}" stroke="{_PALE}"/>')
        for y in (_TOP - 6, bottom + 18):
            lines.append(f'<text x="{x}" y="{y}" text-anchor="middle" fill="{_GREY}">{tick}</text>')
    return lines


def _row(row: dict[str, Any], name: str, y: float, size: int) -> list[str]:
    """Return one unit: name, both bars, dot, and the interval in figures on the right."""
    low, high = _span(row["rank_min"], row["rank_max"], size)
    left, right = _span(row["rank_p05"], row["rank_p95"], size)
    shown = name if len(name) <= _LONGEST or not _wide(name) else name[: _LONGEST - 1] + "…"
    figures = interval(row["rank_p05"], row["rank_p95"])
    middle, label = f"{y:.1f}", f"{y + 4.5:.1f}"
    return [
        f'<text x="{_LEFT - 12}" y="{label}" text-anchor="end" fill="{_INK}">{escape(shown)}'
        f"<title>{escape(name)}</title></text>",
        f'<rect x="{low:.1f}" y="{y - 2:.1f}" width="{high - low:.1f}" height="4" fill="{_BAR}"/>',
        f'<rect x="{left:.1f}" y="{y - 6:.1f}" width="{right - left:.1f}" height="12" rx="2" fill="{_BAR}"/>',
        f'<circle cx="{_x(row["rank"], size):.1f}" cy="{middle}" r="4.5" fill="{_DOT}"/>',
        f'<text x="{_WIDTH - _RIGHT + 14}" y="{label}" fill="{_INK}">{figures}</text>',
    ]


def interval(first: float, last: float) -> str:
    """Write an interval of ranks; a single one alone."""
    return f"{first:g}" if first == last else f"{first:g}–{last:g}"


def _wide(name: str) -> bool:
    """Say whether a name is written in full-width characters, of which fewer fit."""
    return any(ord(c) > 0x2E7F for c in name) or len(name) > 2 * _LONGEST


def _span(first: float, last: float, size: int) -> tuple[float, float]:
    """Return the ends of a bar; one of a single rank is still as wide as a dot."""
    return _x(first, size) - 7.0, _x(last, size) + 7.0
