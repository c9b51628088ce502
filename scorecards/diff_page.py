"""The comparison of two runs as one HTML file that needs no network."""

from jinja2 import Environment
from markupsafe import Markup

from schemas.periods import parse_period
from scorecards.diff import Part, RunDiff, beside, head_lines, number, part_effects, place, signed, state_of, word
from scorecards.diff_sheet import run_lines
from scorecards.inline import policy
from scorecards.typeset import typeset

STYLE = """
body{font:16px/1.5 "Noto Sans SC","Microsoft YaHei",sans-serif;color:#1d2329;
margin:1.5rem auto;max-width:80rem;padding:0 1rem}
h1{font-size:1.4rem;color:#8b1a1a;margin:0}h2{font-size:1.1rem;margin:1.5rem 0 .4rem}p{margin:.3rem 0}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{border:1px solid #bfc7cf;padding:.3rem .5rem}
th{background:#8b1a1a;color:#fff;font-weight:600;position:sticky;top:0}td.n{text-align:right;white-space:nowrap}td.w{white-space:nowrap}
ul{margin:.2rem 0 .2rem 1.2rem;padding:0}small{color:#4a545e}
input{font:inherit;padding:.3rem .5rem;margin:.5rem 0;width:20rem;max-width:100%}
tr[hidden]{display:none}@media print{input{display:none}}
"""
SCRIPT = """
document.getElementById("filter").addEventListener("input", function (event) {
  const wanted = event.target.value.trim().toLowerCase();
  for (const row of document.querySelectorAll("tbody tr"))
    row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
});
"""
PAGE = """<!DOCTYPE html>
<html lang="{{ 'zh-CN' if lang == 'zh' else 'en' }}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ w('title') }} {{ period }}</title>
<style>{{ style }}</style></head><body>
<h1>{{ w('title') }} · {{ title }} · {{ period }}</h1>
{% for line in head %}<p>{{ t(line) }}</p>{% endfor %}
{% for line in runs %}<p><small>{{ t(line) }}</small></p>{% endfor %}
{% for zh, en in diff.notes %}<p><strong>{{ t(zh) if lang == 'zh' else en }}</strong></p>{% endfor %}
{% if diff.moves %}
<h2>{{ w('moves') }}</h2>
<label>{{ w('filter') }} <input id="filter" type="search"></label>
<div class="scroll"><table><thead><tr><th>{{ w('name') }}</th><th>{{ w('class') }}</th><th>{{ w('total') }}</th>
<th>{{ w('move') }}</th><th>{{ w('rank') }}</th><th>{{ w('grade') }}</th><th>{{ w('parts') }}</th></tr></thead>
<tbody>
{% for m in diff.moves %}<tr><td>{{ unit(m) }}<br><small>{{ m.unit_code }} {{ state_of(m, lang) }}</small></td>
<td>{{ arrow(name(m.old.class_code), name(m.new.class_code)) }}</td>
<td class="n">{{ number(m.old.total, diff.places) }} → {{ number(m.new.total, diff.places) }}</td>
<td class="n"><strong>{{ signed(m.points, diff.places) }}</strong></td>
<td class="n">{{ arrow(place(m.old.rank), place(m.new.rank)) }}</td>
<td class="w">{{ arrow(grade(m.old.grade), grade(m.new.grade)) }}</td>
<td>{% for p in m.parts if not p.silent %}{{ t(part(p)) }}{% set told = changes.get((p.cause, m.unit_code), []) %}
{% if told %}<ul>{% for c in told %}<li><small>{{ t(c.text(lang)) }}</small></li>{% endfor %}</ul>
{% else %}<br>{% endif %}
{% endfor %}</td></tr>
{% endfor %}</tbody></table></div>
<script>{{ script }}</script>
{% endif %}
{% for heading, told in beside %}<h2>{{ t(heading) }}</h2>
<ul>{% for c in told %}<li>{{ t(c.text(lang)) }}</li>{% endfor %}</ul>{% endfor %}
</body></html>
"""


def diff_page(diff: RunDiff, lang: str = "zh") -> str:
    """Return the page: every unit that moved, with its parts and the inputs behind them; all texts escaped."""
    changes: dict[tuple[str, str], list[object]] = {}
    for change in diff.changes:
        if change.unit_code is not None:
            changes.setdefault((change.cause, change.unit_code), []).append(change)
    template = Environment(autoescape=True, trim_blocks=True).from_string(PAGE)
    return template.render(
        policy=policy(STYLE, SCRIPT), style=Markup(STYLE), script=Markup(SCRIPT), diff=diff, lang=lang,
        title=typeset(diff.plan_title[lang], lang), period=parse_period(diff.period).title(lang),
        t=lambda text: typeset(text, lang), head=head_lines(diff, lang), runs=run_lines(diff, lang),
        beside=beside(diff, lang), changes=changes, number=number, signed=signed,
        place=place, state_of=state_of, arrow=_arrow, w=lambda key: word(key, lang),
        name=lambda code: diff.class_name(code, lang), grade=lambda code: diff.grade_name(code, lang),
        part=lambda p: _part(diff, p, lang),
        unit=lambda move: typeset(diff.unit_name(move.unit_code, lang), lang),
    ) + "\n"  # fmt: skip


def _part(diff: RunDiff, part: Part, lang: str) -> str:
    return f"{word(part.cause, lang)} " + (";" if lang == "zh" else "; ").join(part_effects(diff, part, lang))


def _arrow(old: str, new: str) -> str:
    """Return a text that stayed, or both with an arrow; nothing for a side that is not there."""
    return old if old == new else " → ".join(x for x in (old, new) if x)
