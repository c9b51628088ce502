"""An explanation as plain text, in Chinese or English: one line for each number, indented by the tree."""

from collections.abc import Iterator

from schemas.methods import PARTS_METHODS
from schemas.periods import parse_period
from scoring.explain_model import Child, Explanation, Indicator, Inner, NodeDerivation, Source, Step, Words
from scoring.explain_words import ORIGINS, STATUS, VERDICTS, number, reason_words

_INDENT = "  "
_GROUP = {
    "n": Words("单位数", "n"), "low": Words("最低", "lowest"), "high": Words("最高", "highest"),
    "mean": Words("平均值", "mean"), "sd": Words("标准差", "sd"), "sum": Words("合计", "sum"),
    "rank": Words("名次", "rank"), "x": Words("本单位", "this unit"),
}  # fmt: skip
_STATES = {
    "missing": Words("未报", "missing"),
    "not_applicable": Words("不适用", "not applicable"),
    "left_out": Words("不在最好的几项之内", "not among the best"),
}


def to_text(explanation: Explanation, lang: str) -> str:
    """Return the explanation in ``zh`` or ``en``."""
    return "\n".join(_lines(explanation, lang)) + "\n"


def _say(lang: str, zh: str, en: str) -> str:
    return zh if lang == "zh" else en


def _bracket(lang: str, text: str) -> str:
    return _say(lang, f"({text})", f" ({text})") if text else ""


def _lines(e: Explanation, lang: str, *, inside_year: bool = False) -> Iterator[str]:
    period = parse_period(e.period).title(lang)
    if inside_year:
        yield f"== {period} =="
    else:
        name = e.unit_name.get(lang)
        yield _say(lang, f"{name}({e.unit_code}){period}得分推导", f"{name} ({e.unit_code}), {period}")
        group = e.class_title.get(lang)
        yield _say(lang, f"方案 {e.plan},类别 {group}", f"plan {e.plan}, class {group}")
    yield ""
    if e.total is not None and not inside_year:
        yield _headline(e, lang)
        yield from (_INDENT + step_line(s, lang) for s in e.total.steps)
        yield ""
    if e.tree is not None:
        yield from _node(e.tree, lang, 0)
    for quarter in e.quarters:
        yield from _lines(quarter, lang, inside_year=True)
        yield ""


def _headline(e: Explanation, lang: str) -> str:
    assert e.total is not None
    t = e.total
    parts = [_say(lang, f"总分 {number(t.total)}", f"total {number(t.total)}")]
    if t.rank is not None:
        parts.append(_say(lang, f"第 {number(t.rank)} 名", f"rank {number(t.rank)}"))
        parts[-1] += _say(lang, f"(共 {t.class_size} 个单位)", f" of {t.class_size}")
    if t.grade is not None:
        parts.append(_say(lang, f"等次 {t.grade}", f"grade {t.grade}"))
    if t.reason is not None:
        parts.append(t.reason.get(lang))
    return _say(lang, ",", ", ").join(parts)


def step_line(step: Step, lang: str) -> str:
    """Write one step: name, how, result, reason."""
    text = f"{step.name.get(lang)}{_say(lang, ':', ': ')}{step.detail.get(lang)}"
    if step.result is not None:
        text += f" → {number(step.result)}"
    reason = reason_words(step.reason_code)
    if reason is not None and reason.get(lang) not in text:
        text += f" [{reason.get(lang)}]"
    return text


def _node(node: NodeDerivation, lang: str, depth: int) -> Iterator[str]:
    pad = _INDENT * depth
    yield pad + _node_line(node, lang)
    if node.indicator is not None:
        yield from (pad + _INDENT + line for line in indicator_lines(node.indicator, lang))
    if node.node is not None:
        yield from (pad + _INDENT + line for line in inner_lines(node.node, lang))
    for child in node.below:
        yield from _node(child, lang, depth + 1)


def _node_line(node: NodeDerivation, lang: str) -> str:
    title = node.title.get(lang)
    facts = []
    if node.effective_weight_pct is not None and node.level > 0:
        facts += _weight(node, lang)
    if node.contribution is not None and node.level > 0:
        facts.append(_say(lang, f"贡献 {number(node.contribution)} 分", f"adds {number(node.contribution)} points"))
    if node.coverage_pct is not None and node.node is not None and node.coverage_pct < 100:
        facts.append(_say(lang, f"已报 {number(node.coverage_pct, 2)}%", f"{number(node.coverage_pct, 2)} % reported"))
    if node.reason is not None:
        facts.append(node.reason.get(lang))
    shown = f"{node.node_code} {title}" if title != node.node_code else title
    return f"{shown} = {number(node.score)}{_bracket(lang, _say(lang, ',', ', ').join(facts))}"


def _weight(node: NodeDerivation, lang: str) -> list[str]:
    """Say what a weight means under the node above: a share, a factor, an exponent, or nothing in a least or greatest.

    Shares of the total are told where every node above is a mean; nowhere else do they add up to 100.
    """
    weight, times = number(node.weight_pct, 2), number((node.weight_pct or 0.0) / 100.0)
    effective = number(node.effective_weight_pct, 2)
    share = [_say(lang, f"权重 {weight}%", f"weight {weight} %")]
    if set(node.above) == {"arithmetic"}:
        return [*share, _say(lang, f"占总分 {effective}%", f"{effective} % of the total")]
    if node.above[-1] in ("sum", "product", "min", "max") and times != "0":
        words = {"sum": (f"倍数 {times}", f"factor {times}"), "product": (f"指数 {times}", f"exponent {times}")}
        return [_say(lang, *words[node.above[-1]])] if node.above[-1] in words and times != "1" else []
    return share


def inner_lines(inner: Inner, lang: str) -> Iterator[str]:
    """Yield how an inner node comes from its children, what became of those without a score, and limits."""
    how = f"{inner.aggregate_name.get(lang)}{_say(lang, ':', ': ')}{inner.formula.get(lang)}"
    if inner.filled is not None:
        how += f" = {inner.filled} = {number(inner.raw)}"
    yield how
    yield from (_child(c, lang) for c in inner.children if c.state != "scored")
    yield from (step_line(s, lang) for s in inner.limits)


def _child(child: Child, lang: str) -> str:
    """Say what became of a child without a score, or one that does not count."""
    state = _STATES[child.state].get(lang)
    if child.rule is not None:
        what = _say(lang, f"按规则记 {number(child.counted)} 分", f"counted as {number(child.counted)} by the rule")
    elif child.share_pct == 0:
        what = _say(lang, "退出分母,权重由其余项分担", "leaves the denominator; the others share its weight")
    else:
        what = number(child.counted)
    return f"{child.node_code} {state}{_say(lang, ':', ': ')}{what}"


def indicator_lines(i: Indicator, lang: str) -> Iterator[str]:
    """Yield an indicator's formula with values, limits, value and where it was read, target, parameters and group."""
    colon = _say(lang, ":", ": ")
    how = f"{i.method.get(lang)}{colon}{i.formula.get(lang)}"
    if i.filled is not None:
        result = number(i.raw)
        how += f" = {i.filled}" + ("" if i.filled.endswith(f": {result}") else f" = {result}")
    yield how
    yield from (step_line(s, lang) for s in i.limits)
    if i.value_from is not None:
        yield f"{_say(lang, '完成值', 'value')}{colon}{i.value_from.get(lang)}" + _unit(i)
    yield from (_INDENT + _source(s, lang) for s in i.sources)
    if i.target_from is not None:
        yield f"{_say(lang, '目标值', 'target')}{colon}{i.target_from.get(lang)}" + _unit(i)
    if i.parameters:
        shown = [_parameter(p.title, p.value, p.origin, p.period, lang) for p in i.parameters]
        yield f"{_say(lang, '参数', 'parameters')}{colon}" + _say(lang, ";", "; ").join(shown)
    if i.group is not None:
        facts = [f"{w.get(lang)} {number(i.group[n])}" for n, w in _GROUP.items() if i.group.get(n) is not None]
        yield f"{_say(lang, '参照组', 'reference group')} {i.group['group']}{colon}" + _say(lang, ",", ", ").join(facts)


def _unit(i: Indicator) -> str:
    """Return the unit of measure where the value is in it: not where it is a weight of parts, or a base of growth."""
    if i.kind in PARTS_METHODS or (i.kind == "growth" and i.measure in ("%", "‰")):
        return ""
    return i.measure if i.measure in ("%", "‰", "") else f" {i.measure}"


def _parameter(title: Words, value: float | None, origin: str, period: str | None, lang: str) -> str:
    where = ORIGINS[origin].get(lang) + (f" {period}" if period else "")
    return f"{title.get(lang)} {number(value)}{_bracket(lang, where)}"


def _source(s: Source, lang: str) -> str:
    """Write one received row: period, part, number, state, verdict, and the place it was read from."""
    if s.denominator is not None:
        what = f"{number(s.numerator)} / {number(s.denominator)}"
    else:
        what = number(s.value) if s.value is not None else ""
    state = "" if s.status == "reported" and what else STATUS.get(s.status, Words(s.status, s.status)).get(lang)
    words = [w for w in (s.period or "", s.part, what, state) if w]
    text = " ".join(words)
    if s.kind == "previous":
        text += _bracket(lang, _say(lang, "用作比较的前值", "earlier value"))
    elif not s.counted and s.status in ("reported", "nil"):
        text += _bracket(lang, _say(lang, "不计入", "not counted"))
    if s.verdict is not None:
        before = next((number(v) for v in s.reported.values() if v is not None), "")
        more = [VERDICTS[s.verdict].get(lang), s.verdict_reason or ""]
        more += [_say(lang, f"原报 {before}", f"reported {before}")] if before else []
        text += _bracket(lang, _say(lang, ",", ", ").join(m for m in more if m))
    place = _place(s)
    return f"· {text}" + (f" ← {place}" if place else "")


def _place(s: Source) -> str:
    """Write file, sheet, cell and the text that stood there; or an item's date, title and document."""
    p = s.place
    file = p.get("file_name") or p.get("submission_id")
    cell = "!".join(str(p[n]) for n in ("sheet", "cell") if p.get(n))
    raw = f"“{p['raw']}”" if p.get("raw") else ""
    item = [str(p[n]) for n in ("item_id", "happened_on", "title", "document_no") if p.get(n)]
    return " ".join(str(x) for x in (file, cell, raw, *item) if x)
