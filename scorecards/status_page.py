"""The standing board of a period as one HTML file that needs no network: who has reported, and how it stands."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment

from scorecards.inline import policy
from scorecards.lights import LIGHTS

Row = Mapping[str, Any]
STYLE = """
body{font:16px/1.5 "Noto Sans SC","Microsoft YaHei",sans-serif;color:#1d2329;margin:1.5rem auto;max-width:84rem;
padding:0 1rem}h1{font-size:1.4rem;color:#8b1a1a;margin:0}h2{font-size:1.1rem;margin:1.4rem 0 .4rem}p{margin:.3rem 0}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{border:1px solid #bfc7cf;padding:.3rem .5rem;
text-align:left}th{background:#8b1a1a;color:#fff;font-weight:600;position:sticky;top:0}
td.n{text-align:right;white-space:nowrap}th button{font:inherit;color:inherit;background:none;border:0;padding:0;
cursor:pointer;text-align:left}th[aria-sort=ascending] button::after{content:" ↑"}
th[aria-sort=descending] button::after{content:" ↓"}tr.all td{font-weight:700;background:#f3f5f7}
.light{white-space:nowrap;font-weight:600;padding:.1rem .4rem;border-radius:.2rem}
.green{background:#DDF0DF;color:#17632D}.yellow{background:#FFF1C9;color:#7A5200}.red{background:#FBDCD8;color:#971624}
.unknown{background:#ECECEC;color:#4d4d4d}form{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;margin:.6rem 0}
input[type=search],select{font:inherit;padding:.25rem .4rem}input[type=search]{width:16rem;max-width:100%}
td.w,td small{white-space:nowrap}td:last-child small{white-space:normal}
.share{display:inline-block;width:3rem}progress{width:7rem;vertical-align:middle;accent-color:#5b6b7b}small{color:#4a545e}tr[hidden]{display:none}
@media print{form{display:none}th{position:static}}
"""
SCRIPT = """
const body = document.querySelector("#units tbody"), rows = [...body.rows];
const text = document.getElementById("text"), kind = document.getElementById("class");
const open = document.getElementById("open"), count = document.getElementById("count");
function choose() {
  const wanted = text.value.trim().toLowerCase();
  let shown = 0;
  for (const row of rows) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted) || (kind.value && row.dataset.class !== kind.value)
      || (open.checked && row.dataset.light === "green");
    shown += row.hidden ? 0 : 1;
  }
  count.textContent = shown + " / " + rows.length;
}
for (const one of [text, kind, open]) one.addEventListener("input", choose);
const heads = document.querySelectorAll("#units th");
for (const head of heads) head.querySelector("button").addEventListener("click", () => {
  const up = head.getAttribute("aria-sort") !== "ascending", at = head.cellIndex;
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const key = row => row.cells[at].dataset.key ?? row.cells[at].textContent.trim();
  const order = new Intl.Collator(document.documentElement.lang, {numeric: true}).compare;
  rows.sort((a, b) => (up ? 1 : -1) * order(key(a), key(b)));
  body.append(...rows);
});
choose();
"""
PAGE = """<!DOCTYPE html>
<html lang="{{ 'zh-CN' if zh else 'en' }}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title><style>{{ style }}</style></head><body>
<main><h1>{{ title }}</h1>
{% for line in lines %}<p>{{ line }}</p>{% endfor %}
<h2>{{ '按类别' if zh else 'By class' }}</h2>
<div class="scroll"><table><thead><tr>{% for head in tally_heads %}<th scope="col">{{ head }}</th>{% endfor %}
</tr></thead><tbody>
{% for c in classes %}<tr{% if loop.last and classes|length > 1 %} class="all"{% endif %}><td>{{ c.class_name }}</td>
{% for key in tallies %}<td class="n">{{ c[key] }}</td>{% endfor %}
<td class="n"><progress max="100" value="{{ c.share_pct }}" aria-label="{{ c.share_pct }}%"></progress>
<span class="share">{{ c.share_pct }}</span></td></tr>
{% endfor %}</tbody></table></div>
<h2>{{ '各单位' if zh else 'Units' }}</h2>
<form><label>{{ '查找' if zh else 'Find' }} <input id="text" type="search"></label>
<label>{{ '类别' if zh else 'Class' }} <select id="class"><option value="">{{ '全部' if zh else 'all' }}</option>
{% for name in names %}<option>{{ name }}</option>{% endfor %}</select></label>
<label><input id="open" type="checkbox"> {{ '只看需处理的' if zh else 'only what needs attention' }}</label>
<output id="count"></output></form>
<div class="scroll"><table id="units"><thead><tr>{% for head in heads %}<th scope="col">
<button type="button">{{ head }}</button></th>{% endfor %}</tr></thead><tbody>
{% for r in rows %}<tr data-class="{{ r.class_name }}" data-light="{{ r.light }}"><td>{{ r.class_name }}</td>
<td>{{ r.name }} <small>{{ r.unit_code }}</small></td>
<td data-key="{{ order[r.light] }}"><span class="light {{ r.light }}">{{ r.light_text }}</span></td>
<td class="w">{{ r.state_text }}</td><td class="n">{{ r.late_days or '' }}</td>
<td class="n">{{ r.overdue_days or '' }}</td>
<td class="n">{{ r.errors or '' }}</td><td class="n">{{ r.warnings or '' }}</td><td class="w">{{ r.received }}</td>
<td class="n">{{ r.revision or '' }}</td><td><small>{{ r.reason or '' }}</small></td></tr>
{% endfor %}</tbody></table></div></main>
<script>{{ script }}</script></body></html>
"""


def status_page(
    title: str,
    lines: Sequence[str],
    rows: Sequence[Row],
    classes: Sequence[Row],
    columns: Mapping[str, str],
    tallies: Mapping[str, str],
    lang: str = "zh",
) -> str:
    """Return the page; all texts escaped, no request.

    ``rows``: one per unit with class_name, unit_code, name, light, light_text and the other names of ``columns``.
    ``classes``: tallies by class, the last one of all where there are several. ``columns`` and ``tallies``: headings.
    """
    heads = [columns[k] for k in ("class_name", "name", "light_text", "state_text", "late_days", "overdue_days",
                                  "errors", "warnings", "received", "revision", "reason")]  # fmt: skip
    counted = [k for k in tallies if k != "share_pct"]
    template = Environment(autoescape=True, trim_blocks=True).from_string(PAGE)
    from markupsafe import Markup

    return template.render(
        zh=lang == "zh", title=title, lines=lines, rows=rows, classes=classes, heads=heads, tallies=counted,
        tally_heads=[columns["class_name"], *(tallies[k] for k in counted), tallies["share_pct"]],
        policy=policy(STYLE, SCRIPT),
        names=list(dict.fromkeys(r["class_name"] for r in rows)), order={k: n for n, k in enumerate(reversed(LIGHTS))},
        style=Markup(STYLE), script=Markup(SCRIPT),
    ) + "\n"  # fmt: skip
