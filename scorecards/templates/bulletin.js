"use strict";
// The bulletin's page: one table of units, filters, and a unit's tree. All data is in the page; nothing is fetched.
(() => {
  const UI = {
    zh: {
      language: "English", print: "打印", clear: "清除条件", period: "考核周期", class: "类别", grade: "等次",
      text: "查找", columns: "分项列", all: "全部", none: "不显示", sections: "各部分", tasks: "各项任务",
      count: (n, m) => `显示 ${n} 个，共 ${m} 个单位`, summary: "各类别情况", ranking: "排名和分项得分",
      back: "返回排名", open: "全部展开", close: "全部收起", trend: "总分走势", item: "指标", toggle: "展开或收起",
      skip: "跳到正文", rank_of: (n) => `共 ${n} 个`, bars: "条形为本单位得分率，竖线为本类平均",
      old: "浏览器太旧，无法读取页内数据。请使用2021年以后的 Edge、Chrome 或 Firefox（113以上）。", same: "持平",
      colon: "：", sort: "排序", level: "层级", total_level: "总分", leaves: "各项指标", question: "问题",
      comparable: "与上期可比", broken: (n) => `${n} 项有变，不可直接比较`, listed: (n) => `${n} 条`, effective: "占总分",
      no_pair: "没有上一期的结果，无法比较。", no_ledger: "没有整改台账。", code: "原因代码",
    },
    en: {
      language: "中文", print: "Print", clear: "Clear filters", period: "Period", class: "Class", grade: "Grade",
      text: "Find", columns: "Columns", all: "all", none: "none", sections: "sections", tasks: "tasks",
      count: (n, m) => `${n} of ${m} units shown`, summary: "Classes at a glance", ranking: "Ranking and scores",
      back: "Back to the ranking", open: "Open all", close: "Close all", trend: "Totals so far", item: "Item",
      toggle: "open or close", skip: "Skip to the content", rank_of: (n) => `of ${n}`,
      bars: "Bars: this unit's score; upright lines: class mean",
      old: "This browser is too old to read the data. Use Edge, Chrome or Firefox (113 or later).", same: "same",
      colon: ": ", sort: "sort", level: "Level", total_level: "totals", leaves: "indicators", question: "Question",
      comparable: "comparable with the period before", broken: (n) => `${n} changed; not directly comparable`, listed: (n) => `${n}`,
      effective: "share of the total", no_pair: "There is no result of the period before to compare with.", no_ledger: "There is no ledger of findings.",
      code: "reason code",
    },
  };
  const state = { lang: "zh", period: 0, class: -1, grade: -1, text: "", columns: "1", sort: null, down: false, unit: -1, open: new Set(), why: new Set(), question: "red", level: "0" };
  let data, rows, cells;

  // ── small things ──
  const $ = (id) => document.getElementById(id);
  const esc = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const at = () => (state.lang === "zh" ? 0 : 1);
  const word = (key) => data.words[key][at()];
  const ui = (key) => UI[state.lang][key];
  const period = () => data.periods[state.period];
  const unitName = (n) => data.units[n][1 + at()];
  const nodeName = (n) => data.nodes[n][2 + at()];
  const className = (n) => data.classes[n][1 + at()];
  const gradeName = (n) => (n < 0 ? "—" : data.grades[n][1 + at()]);
  const reason = (n) => (n < 0 ? "" : data.reasons[n][1 + at()]);
  const lightWord = (n) => data.lights[n][2 + at()];
  const shape = (n) => `<span class="shape-${data.lights[n][0]}">${data.lights[n][1]}</span>`;

  // Decimal half-up on the number as it reads, as everywhere in the documents.
  function fixed(x, places) {
    if (x === null || x === undefined) return "—";
    const sign = x < 0 ? "-" : "";
    const parts = String(Math.abs(x)).split("e");
    const moved = Math.round(Number(`${parts[0]}e${Number(parts[1] || 0) + places}`));
    const text = Number(`${moved}e-${places}`).toFixed(places);
    const [whole, rest] = text.split(".");
    return (moved ? sign : "") + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? `.${rest}` : "");
  }
  const plain = (x, places = 2) => {
    const text = fixed(x, places);
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  };
  const total = (x) => fixed(x, data.places);
  function valueText(x, measure, yesNo) {
    if (x === null) return "—";
    if (yesNo) return word(x ? "yes" : "no");
    return plain(x) + (measure === "%" ? "%" : measure ? ` ${measure}` : "");
  }
  const mean = (list) => (list.length ? list.reduce((a, b) => a + b, 0) / list.length : null);
  const median = (list) => {
    const s = [...list].sort((a, b) => a - b), h = s.length >> 1;
    return s.length ? (s.length % 2 ? s[h] : (s[h - 1] + s[h]) / 2) : null;
  };

  // ── data ──
  async function unpack() {
    const packed = $("data").textContent.trim();
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }
  const RESULT = ["unit", "class", "base", "bonus", "deduction", "total", "rank", "size", "grade", "reason", "change", "before", "light"];
  function usePeriod(number) {
    state.period = number;
    rows = period().results.map((r) => Object.fromEntries(RESULT.map((k, i) => [k, r[i]])));
    cells = new Map();
    const s = period().scores;
    s.unit.forEach((u, i) => {
      if (!cells.has(u)) cells.set(u, new Map());
      cells.get(u).set(s.node[i], i);
    });
  }
  const cell = (unit, node) => {
    const i = cells.get(unit)?.get(node);
    if (i === undefined) return null;
    return Object.fromEntries(Object.keys(period().scores).map((k) => [k, period().scores[k][i]]));
  };
  const depth = (n) => (data.nodes[n][1] < 0 ? 0 : 1 + depth(data.nodes[n][1]));
  const counted = (n) => rows.some((r) => { const c = cell(r.unit, n); return c && data.lights[c.light][0] !== "none"; });

  // ── the table of classes ──
  function drawClasses() {
    const heads = ["class", "units", "ranked", "mean", "median", "best", "lowest"].map((k) => word(k));
    const list = data.classes.map((c, n) => [n, rows.filter((r) => r.class === n)]).filter(([, r]) => r.length);
    const body = list.map(([n, mine]) => {
      const totals = mine.map((r) => r.total).filter((t) => t !== null);
      const numbers = [mean(totals), median(totals), totals.length ? Math.max(...totals) : null, totals.length ? Math.min(...totals) : null];
      const grades = data.grades.map((g, i) => mine.filter((r) => r.grade === i).length);
      return `<tr><td class="text">${esc(className(n))}</td><td class="num">${mine.length}</td>` +
        `<td class="num">${mine.filter((r) => r.rank !== null).length}</td>` +
        numbers.map((x) => `<td class="num">${total(x)}</td>`).join("") +
        grades.map((g) => `<td class="num">${g}</td>`).join("") + "</tr>";
    });
    const all = [...heads, ...data.grades.map((g) => g[1 + at()])];
    $("classes").innerHTML = `<table><thead><tr>${all.map((h) => `<th scope="col">${esc(h)}</th>`).join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
  }

  // ── what leadership asks ──
  const absent = (x, text) => (x === null ? "—" : text(x));
  const named = (unit, code) => (unit < 0 ? esc(code) : `<button type="button" data-unit="${unit}">${esc(unitName(unit))}</button>`);
  const classOf = (unit) => rows.find((r) => r.unit === unit)?.class ?? -1;
  const answers = {
    red: () => {
      const want = (n) => (state.level === "leaf" ? data.nodes[n][4] : !data.nodes[n][4] && depth(n) === Number(state.level));
      const list = period().red.filter((r) => want(r[1]));
      return [["class", "unit", "indicator", "periods_red", "since", "before_score", "score", "breaks"], list.map(([u, n, times, since, before, now, broken]) =>
        [u, [["text", esc(className(classOf(u)))], ["name", named(u)], ["text", esc(n ? nodeName(n) : word("total"))], ["num", times], ["num", esc(since)], ["num", absent(before, (x) => fixed(x, 2))], ["num", `${shape(2)} ${absent(now, (x) => fixed(x, 2))}`], ["text", broken ? esc(ui("broken")(broken)) : ""]]])];
    },
    improved: () => [["class", "place", "unit", "before", "total", "improvement", "before_rank", "rank", "reason"], (period().improved || []).map(([u, place, before, now, moved, rankBefore, rank, , why]) =>
      [u, [["text", esc(className(classOf(u)))], ["num", absent(place, plain)], ["name", named(u)], ["num", total(before)], ["num", total(now)], ["num", absent(moved, (x) => (x > 0 ? `↑${fixed(x, data.places)}` : x < 0 ? `↓${fixed(-x, data.places)}` : ui("same")))], ["num", absent(rankBefore, plain)], ["num", absent(rank, plain)], ["text", why ? esc(word(why)) : ""]]])],
    open: () => [["class", "unit", "finding", "demand", "indicator", "due_on", "standing", "days_over", "progress"], (period().open || []).map(([u, code, n, standing, , title, demand, due, over, carried, progress]) =>
      [u, [["text", u < 0 ? "" : esc(className(classOf(u)))], ["name", named(u, code)], ["text", esc(title) + (carried ? `（${word("carried")}）` : "")], ["text", esc(demand ?? "")], ["text", n < 0 ? "" : esc(nodeName(n))], ["num", esc(due)], ["text", esc(data.standings[standing][at()])], ["num", absent(over, plain)], ["text", esc(progress ?? "")]]])],
    breaks: () => [["code", "indicator", "kind", "reason"], period().breaks.map(([n, code, kind, zh, en]) =>
      [-1, [["text", esc(code)], ["text", n < 0 ? "" : esc(nodeName(n))], ["text", word({ meaning: "meaning_changed", weight: "weight_changed" }[kind] || kind)], ["text", esc(state.lang === "zh" ? zh : en)]]])],
  };
  const titles = { red: "red_running", improved: "improved", open: "open_findings", breaks: "breaks" };
  function drawQuestions() {
    const p = period();
    $("questions").hidden = data.periods.length < 2 && p.open === null;
    const counts = { red: p.red.filter((r) => r[1] === 0).length, improved: (p.improved || []).filter((r) => r[1] !== null).length, open: (p.open || []).length, breaks: p.breaks.length };
    $("question").innerHTML = Object.keys(titles).map((k) => option(k, `${word(titles[k])} (${counts[k]})`, state.question)).join("");
    $("level").innerHTML = [["0", "total_level"], ["1", "sections"], ["2", "tasks"], ["leaf", "leaves"]].map(([v, k]) => option(v, ui(k), state.level)).join("");
    $("level-choice").hidden = state.question !== "red";
    const [heads, all] = answers[state.question]();
    const list = all.filter(([u]) => state.class < 0 || u < 0 || classOf(u) === state.class);
    const why = state.question === "improved" && !p.improved ? ui("no_pair") : state.question === "open" && !p.open ? ui("no_ledger") : "";
    const broken = ["improved", "red"].includes(state.question) && p.breaks.length ? `${word("breaks")}${ui("colon")}${ui("broken")(p.breaks.length)}` : "";
    $("answer-note").textContent = [why || `${word(titles[state.question])}${ui("colon")}${list.length ? ui("listed")(list.length) : word("none")}`, broken].filter(Boolean).join("　");
    const body = list.map(([, cells]) => `<tr>${cells.map(([kind, html]) => `<td class="${kind}">${html}</td>`).join("")}</tr>`);
    $("answer").innerHTML = list.length ? `<table><thead><tr>${heads.map((h) => `<th scope="col">${esc(word(h))}</th>`).join("")}</tr></thead><tbody>${body.join("")}</tbody></table>` : "";
  }

  // ── the ranking ──
  function columns() {
    const list = [
      { key: "rank", head: word("rank"), value: (r) => r.rank, html: (r) => plain(r.rank), kind: "num" },
      { key: "name", head: word("unit"), value: (r) => unitName(r.unit), html: nameCell, kind: "name" },
      { key: "class", head: word("class"), value: (r) => r.class, html: (r) => esc(className(r.class)), kind: "text" },
      { key: "total", head: word("total"), value: (r) => r.total, html: (r) => `<b>${total(r.total)}</b>`, kind: "num", down: true },
      { key: "light", head: word("light"), value: (r) => r.light, html: (r) => `${shape(r.light)} ${esc(lightWord(r.light))}`, kind: "lit", light: (r) => r.light },
      { key: "grade", head: word("grade"), value: (r) => (r.grade < 0 ? null : r.grade), html: (r) => esc(gradeName(r.grade)), kind: "lit" },
      { key: "base", head: word("base"), value: (r) => r.base, html: (r) => total(r.base), kind: "num", down: true },
      { key: "bonus", head: word("bonus"), value: (r) => r.bonus, html: (r) => total(r.bonus), kind: "num", down: true },
      { key: "deduction", head: word("deduction"), value: (r) => r.deduction, html: (r) => total(r.deduction), kind: "num", down: true },
    ];
    if (rows.some((r) => r.change !== null)) {
      list.push({ key: "change", head: word("change"), value: (r) => r.change, html: (r) => change(r.change), kind: "num", down: true });
    }
    if (data.periods.length > 1) list.push({ key: "trend", head: word("trend"), value: (r) => r.total, html: (r) => spark(r.unit), kind: "lit", down: true });
    if (state.columns !== "0") {
      data.nodes.forEach((n, i) => {
        if (depth(i) === Number(state.columns) && counted(i)) list.push(heat(i));
      });
    }
    list.push({ key: "reason", head: word("reason"), value: (r) => reason(r.reason), html: (r) => esc(reason(r.reason)), kind: "text" });
    return list;
  }
  function heat(node) {
    const find = (r) => cell(r.unit, node);
    const html = (r) => {
      const c = find(r);
      if (!c) return "－";
      return c.score === null ? `<span title="${esc(reason(c.reason))}">${shape(c.light)} ${esc(lightWord(c.light))}</span>` : `${shape(c.light)} ${fixed(c.score, 1)}`;
    };
    return { key: `n${node}`, head: nodeName(node), value: (r) => find(r)?.score ?? null, html, kind: "lit", section: true, down: true, light: (r) => find(r)?.light };
  }
  const nameCell = (r) => `<button type="button" data-unit="${r.unit}">${esc(unitName(r.unit))}</button>`;
  const change = (x) => (x === null ? "—" : x > 0 ? `↑${plain(x)}` : x < 0 ? `↓${plain(-x)}` : ui("same"));

  function filtered() {
    const wanted = state.text.toLowerCase().replace(/，/g, ",").replace(/（/g, "(").replace(/）/g, ")");
    const fold = (t) => t.toLowerCase().replace(/，/g, ",").replace(/（/g, "(").replace(/）/g, ")");
    return rows.filter((r) =>
      (state.class < 0 || r.class === state.class) && (state.grade < 0 || r.grade === state.grade) &&
      (!wanted || fold(data.units[r.unit].join(" ")).includes(wanted)));
  }
  function sorted(list, cols) {
    const column = cols.find((c) => c.key === state.sort);
    if (!column) return list;
    const sign = state.down ? -1 : 1;
    return list.map((r, i) => [column.value(r), i, r]).sort(([a, i], [b, j]) => {
      if (a === null || b === null) return (a === null) - (b === null) || i - j; // absent last, whatever the direction
      const order = typeof a === "string" ? a.localeCompare(b, "zh") : a - b;
      return sign * order || i - j;
    }).map((x) => x[2]);
  }
  function drawRanking() {
    const cols = columns();
    const list = sorted(filtered(), cols);
    const heads = cols.map((c) => {
      const mine = c.key === state.sort;
      const order = mine ? (state.down ? "descending" : "ascending") : "none";
      const mark = mine ? (state.down ? " ▼" : " ▲") : "";
      return `<th scope="col" aria-sort="${order}"${c.section ? ' class="section"' : ""}><button type="button" data-sort="${c.key}">${esc(c.head)}${mark}</button></th>`;
    });
    const body = list.map((r) => `<tr data-row="${r.unit}"${r.unit === state.unit ? ' aria-current="true"' : ""}>` +
      cols.map((c) => {
        const light = c.light ? c.light(r) : undefined;
        return `<td class="${c.kind}${light === undefined ? "" : ` light-${data.lights[light][0]}`}">${c.html(r)}</td>`;
      }).join("") + "</tr>");
    $("ranking").innerHTML = `<thead><tr>${heads.join("")}</tr></thead><tbody>${body.join("")}</tbody>`;
    $("ranking").className = cols.length > 24 ? "many" : "";
    $("count").textContent = ui("count")(list.length, rows.length);
  }
  function sortBy(key) {
    const column = columns().find((c) => c.key === key);
    if (state.sort === key) state.down = !state.down;
    else [state.sort, state.down] = [key, Boolean(column.down)];
    drawRanking();
    document.querySelector(`[data-sort="${key}"]`).focus();
  }

  // ── pictures ──
  const totalsOf = (unit) => data.periods.map((p) => {
    const found = p.results.find((r) => r[0] === unit);
    return { code: p.code, total: found ? found[5] : null, broken: p.breaks.length };
  });
  function line(unit, w, h, pad) {
    const points = totalsOf(unit);
    const top = Math.max(100, ...points.map((p) => p.total ?? 0));
    const x = (i) => pad + (points.length > 1 ? (i * (w - 2 * pad)) / (points.length - 1) : 0);
    const y = (t) => h - pad - (t / top) * (h - 2 * pad);
    const known = points.map((p, i) => ({ ...p, x: x(i), y: p.total === null ? null : y(p.total) })).filter((p) => p.y !== null);
    const path = known.map((p, i) => `${i ? "L" : "M"}${p.x.toFixed(1)} ${p.y.toFixed(1)}`).join("");
    return { known, path };
  }
  function spark(unit) {
    const { known, path } = line(unit, 64, 22, 4);
    const text = known.map((p) => `${p.code} ${total(p.total)}`).join("; ");
    const end = known.at(-1);
    if (!end) return "";
    return `<svg width="64" height="22" role="img" aria-label="${esc(text)}"><title>${esc(text)}</title>` +
      `<path d="${path}" fill="none" stroke="#56616b" stroke-width="1.5"/><circle cx="${end.x}" cy="${end.y}" r="2.5" fill="#8b1a1a"/></svg>`;
  }
  function trend(unit) {
    const { known, path } = line(unit, 320, 150, 34);
    if (known.length < 2) return "";
    const marks = known.map((p) => `<circle cx="${p.x}" cy="${p.y}" r="3.5" fill="#8b1a1a"/><text x="${p.x}" y="${p.y - 9}" text-anchor="middle">${total(p.total)}</text><text x="${p.x}" y="144" text-anchor="middle">${esc(p.code)}</text>`);
    const cuts = known.slice(1).map((p, i) => (p.broken ? [(p.x + known[i].x) / 2, p] : null)).filter(Boolean);
    const broken = cuts.map(([x, p]) => `${p.code}${ui("colon")}${word("breaks")}（${ui("broken")(p.broken)}）`);
    const dashes = cuts.map(([x]) => `<line x1="${x}" x2="${x}" y1="20" y2="122" stroke="#8b1a1a" stroke-dasharray="4 3"/><text x="${x}" y="14" text-anchor="middle">≠</text>`);
    const label = [...known.map((p) => `${p.code} ${total(p.total)}`), ...broken].join("; ");
    const note = broken.map((b) => `<p class="legend">≠ ${esc(b)}</p>`).join("");
    return `<div><h3>${ui("trend")}</h3><svg width="320" height="150" role="img" aria-label="${esc(label)}">${dashes.join("")}<line x1="20" x2="300" y1="116" y2="116" stroke="#c9d1d9"/><path d="${path}" fill="none" stroke="#56616b" stroke-width="2"/>${marks.join("")}</svg>${note}</div>`;
  }
  function bars(row) {
    const nodes = data.nodes.map((n, i) => i).filter((i) => depth(i) === 1 && cell(row.unit, i) && data.lights[cell(row.unit, i).light][0] !== "none");
    const peers = rows.filter((r) => r.class === row.class);
    const lines = nodes.map((n) => {
      const c = cell(row.unit, n);
      const average = mean(peers.map((r) => cell(r.unit, n)?.score ?? null).filter((s) => s !== null));
      const width = Math.min(100, Math.max(0, c.score ?? 0)) * 2;
      const tick = average === null ? "" : `<line x1="${average * 2}" x2="${average * 2}" y1="0" y2="18" stroke="#1f2933" stroke-width="2"/>`;
      const label = `${nodeName(n)} ${fixed(c.score, 1)}; ${word("class_mean")} ${fixed(average, 1)}`;
      return `<tr><td class="text">${esc(nodeName(n))}</td><td><svg width="204" height="18" role="img" aria-label="${esc(label)}"><rect y="3" width="200" height="12" fill="#eef1f4"/><rect y="3" width="${width}" height="12" fill="${data.lights[c.light][6]}"/>${tick}</svg></td><td class="lit light-${data.lights[c.light][0]}">${shape(c.light)} ${fixed(c.score, 1)}</td><td class="num">${fixed(average, 1)}</td></tr>`;
    });
    const heads = [word("sections"), "", word("score"), word("class_mean")].map((h) => `<th scope="col">${esc(h)}</th>`);
    return `<div><h3>${word("sections")}</h3><table><thead><tr>${heads.join("")}</tr></thead><tbody>${lines.join("")}</tbody></table><p class="legend">${ui("bars")}</p></div>`;
  }

  // ── how a score comes about: the lines of `kaohe explain`, each a head (both languages) and a tail ──
  const linesOf = (unit, node) => period().why?.lines[unit]?.[node];
  const listOf = (lines) => `<ul class="lines">${lines.map(([h, tail]) => `<li>${esc(period().why.heads[h][at()] + tail)}</li>`).join("")}</ul>`;
  function whyRow(unit, node, span) {
    const c = cell(unit, node);
    const facts = [`${word("weight")} ${plain(c.weight_pct)}%`, `${ui("effective")} ${plain(c.effective_weight_pct)}%`];
    if (c.contribution !== null) facts.push(`${word("contribution")} ${fixed((c.contribution * data.full) / 100, 4)}`);
    if (c.reason >= 0) facts.push(`${ui("code")} ${data.reasons[c.reason][0]}${ui("colon")}${reason(c.reason)}`);
    return `<tr class="why"><td colspan="${span}" id="why-${node}">${listOf(linesOf(unit, node))}<p>${esc(facts.join("　"))}</p></td></tr>`;
  }
  function whyTotal(unit) {
    if (!period().why) return `<p class="legend">${esc(word("why_none"))}</p>`;
    const lines = linesOf(unit, -1);
    return lines ? `<details id="why-total"><summary>${word("why_total")}</summary>${listOf(lines)}</details>` : "";
  }

  // ── one unit ──
  function visible(node) {
    for (let n = data.nodes[node][1]; n >= 0; n = data.nodes[n][1]) if (!state.open.has(n)) return false;
    return true;
  }
  function treeRow(unit, node, hasChildren) {
    const c = cell(unit, node), [, , , , leaf, measure, yesNo] = data.nodes[node];
    const toggle = hasChildren ? `<button type="button" class="toggle" data-node="${node}" aria-expanded="${state.open.has(node)}" aria-label="${esc(nodeName(node))} ${ui("toggle")}">${state.open.has(node) ? "▾" : "▸"}</button> ` : "";
    const shown = state.why.has(node);
    const button = linesOf(unit, node) ? ` <button type="button" class="ask" data-why="${node}" aria-expanded="${shown}" aria-label="${esc(nodeName(node))} ${word("why")}">${word("why")}</button>` : "";
    const full = c.effective_weight_pct === null ? null : (c.effective_weight_pct * data.full) / 100;
    const numbers = [
      leaf ? valueText(c.value, measure, yesNo) : "", leaf ? valueText(c.target, measure, yesNo) : "", fixed(c.score, 2), plain(c.weight_pct),
      c.contribution === null ? "—" : fixed((c.contribution * data.full) / 100, 2), full === null ? "—" : fixed(full, 2),
      c.coverage_pct === null || leaf ? "" : `${fixed(c.coverage_pct, 0)}%`,
    ];
    return `<tr class="${leaf ? "leaf" : "inner"}"><td class="name d${Math.min(6, depth(node))}">${toggle}${esc(nodeName(node))}${button}</td>` +
      numbers.map((n) => `<td class="num">${esc(n)}</td>`).join("") +
      `<td class="lit light-${data.lights[c.light][0]}">${shape(c.light)} ${esc(lightWord(c.light))}</td><td class="text">${esc(reason(c.reason))}</td></tr>` + (shown && button ? whyRow(unit, node, 10) : "");
  }
  function tree(unit) {
    const mine = data.nodes.map((n, i) => i).filter((i) => cells.get(unit)?.has(i));
    const parents = new Set(mine.map((i) => data.nodes[i][1]));
    const heads = ["value", "target", "score", "weight", "contribution", "full", "coverage", "light", "reason"].map((k) => word(k));
    const body = mine.filter((i) => depth(i) > 0 && visible(i)).map((i) => treeRow(unit, i, parents.has(i)));
    return `<table class="tree"><thead><tr>${[ui("item"), ...heads].map((h) => `<th scope="col">${esc(h)}</th>`).join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
  }
  function gains(unit) {
    const list = period().gains[unit] || [];
    if (!list.length) return "";
    const items = list.map(([n, points, exact]) => `<li>${esc(nodeName(n))} <b>${exact ? "" : "≈"}+${fixed(points, 2)}</b></li>`);
    return `<div><h3>${word("gains")}</h3><ol>${items.join("")}</ol></div>`;
  }
  function drawDetail() {
    const row = rows.find((r) => r.unit === state.unit);
    $("detail").hidden = !row;
    if (!row) return;
    const facts = [
      [word("total"), `${total(row.total)}`], [word("rank"), `${plain(row.rank)} <span>${ui("rank_of")(row.size)}</span>`],
      [word("grade"), esc(gradeName(row.grade))], [word("light"), `${shape(row.light)} ${esc(lightWord(row.light))}`],
      [word("base"), total(row.base)], [word("bonus"), total(row.bonus)], [word("deduction"), total(row.deduction)],
    ];
    if (row.change !== null) facts.push([word("change"), change(row.change)]);
    $("detail").innerHTML = `<div class="bar"><h2 id="detail-title">${esc(unitName(row.unit))}<small>　${esc(className(row.class))}　${esc(period().title[at()])}</small></h2><button type="button" id="back">${ui("back")}</button></div>` +
      `<ul class="facts">${facts.map(([k, v]) => `<li><span>${esc(k)}</span><b>${v}</b></li>`).join("")}</ul>` +
      (row.reason < 0 ? "" : `<p>${esc(word("reason"))}${ui("colon")}${esc(reason(row.reason))}</p>`) +
      whyTotal(row.unit) +
      `<div class="pictures">${bars(row)}<div>${gains(row.unit)}${trend(row.unit)}</div></div>` +
      `<h3>${word("details")} <button type="button" id="open">${ui("open")}</button> <button type="button" id="close">${ui("close")}</button></h3>` +
      `<div class="wide" id="tree" tabindex="0">${tree(row.unit)}</div>`;
  }
  function choose(unit) {
    state.unit = unit;
    state.open = new Set([0]);
    state.why = new Set();
    drawRanking();
    drawDetail();
    $("detail").scrollIntoView({ block: "start" });
    $("detail").focus({ preventScroll: true });
  }
  function goBack() {
    const button = document.querySelector(`#ranking [data-unit="${state.unit}"]`) || $("text");
    state.unit = -1;
    drawDetail();
    document.querySelectorAll("[aria-current]").forEach((r) => r.removeAttribute("aria-current"));
    button.focus();
    button.scrollIntoView({ block: "center" });
  }
  function unfold(nodes, focus) {
    state.open = nodes;
    $("tree").innerHTML = tree(state.unit);
    if (focus !== undefined) document.querySelector(focus).focus();
  }

  // ── the page ──
  function option(value, text, chosen) {
    return `<option value="${value}"${value === chosen ? " selected" : ""}>${esc(text)}</option>`;
  }
  function drawWords() {
    document.documentElement.lang = state.lang === "zh" ? "zh-CN" : "en";
    const p = period();
    $("plan").textContent = data.plan[at()];
    $("title").textContent = `${p.title[at()]} ${word("bulletin")}`;
    document.title = `${data.plan[at()]} ${p.title[at()]}`;
    $("facts").textContent = [p.dated, `${word("run")} ${p.run}`, p.replaces].filter(Boolean).join("　");
    $("foot").textContent = [`${word("run")} ${p.run}`, p.audit && `${word("audit")} ${p.audit}`, p.dated].filter(Boolean).join("　");
    const texts = { lang: "language", print: "print", clear: "clear", skip: "skip", "period-label": "period", "class-label": "class", "grade-label": "grade", "text-label": "text", "columns-label": "columns", "summary-title": "summary", "ranking-title": "ranking", "question-label": "question", "level-label": "level" };
    Object.entries(texts).forEach(([id, key]) => { $(id).textContent = ui(key); });
    $("lang").lang = state.lang === "zh" ? "en" : "zh-CN";
    $("questions-title").textContent = word("questions");
    $("answer").setAttribute("aria-label", word("questions"));
    $("wide").setAttribute("aria-label", ui("ranking"));
    $("classes").setAttribute("aria-label", ui("summary"));
    $("period").innerHTML = data.periods.map((x, i) => option(i, x.title[at()], state.period)).join("");
    $("class").innerHTML = option(-1, ui("all"), state.class) + data.classes.map((c, i) => option(i, c[1 + at()], state.class)).join("");
    $("grade").innerHTML = option(-1, ui("all"), state.grade) + data.grades.map((g, i) => option(i, g[1 + at()], state.grade)).join("");
    $("columns").innerHTML = [["1", "sections"], ["2", "tasks"], ["0", "none"]].map(([v, k]) => option(v, ui(k), state.columns)).join("");
    const [green, yellow] = data.bounds, bounds = green > yellow ? [`≥${green}`, `${yellow}–${green}`, `<${yellow}`, "", ""]
      : [`≤${green}`, `${green}–${yellow}`, `>${yellow}`, "", ""];
    $("legend").innerHTML = data.lights.map((l, i) => `<span>${shape(i)} ${esc(lightWord(i))} ${esc(bounds[i])}</span>`).join("");
  }
  function draw() {
    drawWords();
    drawClasses();
    drawQuestions();
    drawRanking();
    drawDetail();
  }
  function listen() {
    $("period").addEventListener("change", (e) => { usePeriod(Number(e.target.value)); draw(); });
    $("lang").addEventListener("click", () => { state.lang = state.lang === "zh" ? "en" : "zh"; draw(); });
    $("print").addEventListener("click", () => window.print());
    $("class").addEventListener("change", (e) => { state.class = Number(e.target.value); drawQuestions(); drawRanking(); });
    $("question").addEventListener("change", (e) => { state.question = e.target.value; drawQuestions(); });
    $("level").addEventListener("change", (e) => { state.level = e.target.value; drawQuestions(); });
    $("answer").addEventListener("click", (e) => {
      const unit = e.target.closest("[data-unit]");
      if (unit) choose(Number(unit.dataset.unit));
    });
    $("grade").addEventListener("change", (e) => { state.grade = Number(e.target.value); drawRanking(); });
    $("columns").addEventListener("change", (e) => { state.columns = e.target.value; drawRanking(); });
    $("text").addEventListener("input", (e) => { state.text = e.target.value.trim(); drawRanking(); });
    $("clear").addEventListener("click", () => {
      Object.assign(state, { class: -1, grade: -1, text: "", sort: null, down: false });
      $("text").value = "";
      draw();
    });
    $("ranking").addEventListener("click", (e) => {
      const sort = e.target.closest("[data-sort]"), unit = e.target.closest("[data-unit]");
      if (sort) sortBy(sort.dataset.sort);
      if (unit) choose(Number(unit.dataset.unit));
    });
    $("detail").addEventListener("click", (e) => {
      const toggle = e.target.closest("[data-node]");
      if (toggle) {
        const node = Number(toggle.dataset.node), open = new Set(state.open);
        if (!open.delete(node)) open.add(node);
        unfold(open, `[data-node="${node}"]`);
      }
      const ask = e.target.closest("[data-why]");
      if (ask) {
        const node = Number(ask.dataset.why);
        if (!state.why.delete(node)) state.why.add(node);
        unfold(state.open, `[data-why="${node}"]`);
      }
      if (e.target.id === "open") unfold(new Set(data.nodes.keys()));
      if (e.target.id === "close") unfold(new Set([0]));
      if (e.target.id === "back") goBack();
    });
    document.addEventListener("keydown", (e) => { if (e.key === "Escape" && state.unit >= 0) goBack(); });
  }
  async function start() {
    state.lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
    if (typeof DecompressionStream === "undefined") {
      $("failure").textContent = ui("old");
      $("failure").hidden = false;
      return;
    }
    data = await unpack();
    usePeriod(data.periods.length - 1);
    listen();
    draw();
    document.body.dataset.ready = "yes";
  }
  start();
})();
