"""The rule book (考核办法) made from the plan: everything the plan sets, in sentences and tables; nothing beyond it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.periods import parse_period
from schemas.plan import Indicator, Node
from schemas.weights import effective_weights
from scorecards.edition import Edition
from scorecards.notice import issued
from scorecards.numbers import plain
from scorecards.official import Block, Official, Outline, Paragraph, Table, annex_labels
from scorecards.rulebook_parts import parts_rule
from scorecards.rulebook_words import (
    adjustments,
    calendar,
    consecutive,
    conversions,
    frequency,
    grade_rules,
    indicator_rule,
    node_rule,
    reporter,
    year_rule,
)
from scorecards.rules import rules_of
from scorecards.typeset import typeset


@dataclass(frozen=True)
class MethodWords:
    """How an indicator is scored, in words: the method's name, its formula, the parameters that hold."""

    name: str
    formula: str
    parameters: str


def rule_book(
    edition: Edition, methods: Mapping[str, MethodWords], parameters: Mapping[str, str] | None = None
) -> Official:
    """Return the rule book of a plan.

    Args:
        edition: the plan and the language; results and scores are not looked at.
        methods: the words of every indicator's method, by code.
        parameters: the words for what the table of targets sets.
    """
    return _Book(edition, methods, parameters or {}).document()


class _Book:
    def __init__(self, edition: Edition, methods: Mapping[str, MethodWords], parameters: Mapping[str, str]) -> None:
        self.edition, self.methods, self.parameters, self.plan = edition, methods, parameters, edition.plan
        self.zh = edition.lang == "zh"
        self.outline = Outline(edition.lang)

    def say(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def document(self) -> Official:
        file = self.plan.file
        titles = [self.say("指标体系、权重和计分方法", "Indicators, weights and methods")]
        if self.plan.targets.height:
            titles.append(self.say("目标值表", "Targets"))
        annexes = annex_labels(titles, self.edition.lang)
        blocks: list[Block] = [
            *self._general(), *self._scores(), *self._totals(), *self._times(), *self._publication(), annexes[0],
            *self._indicators(),
        ]  # fmt: skip
        if len(annexes) > 1:
            blocks += [annexes[1], self._targets()]
        title = self.say(f"{self.edition.title}\n考核办法", f"{self.edition.title}\nRule book")
        said = issued(self.edition) | {"addressee": "", "number": ""}
        ident = self.say(
            f"由考核方案 {file.plan} 第 {file.version} 版生成，SHA-256 {self.plan.hash}",
            f"Made from the plan {file.plan}, version {file.version}, SHA-256 {self.plan.hash}",
        )
        return Official(title, blocks, self.edition.lang, foot=ident, **said)

    # ── parts ──
    def _general(self) -> Iterator[Block]:
        file, now = self.plan.file, self.edition
        yield self.outline.part(self.say("总则", "General"))
        periods = now.listed(parse_period(p).title(now.lang) for p in file.periods)
        source = f"，依据{file.source}" if file.source else ""
        yield Paragraph(
            self.say(
                f"本办法规定{now.title}的考核内容、计分方法、等次和程序{source}。考核周期：{periods or '按需'}。",
                f"These rules set what {now.title} assesses and how. Periods: {periods or 'as needed'}.",
            )
        )
        if file.note:
            yield Paragraph(typeset(file.note.get(now.lang), now.lang))
        apart = file.rank.within == "class"
        yield Paragraph(
            self.say(
                f"被考核单位分为 {len(self.plan.classes())} 个类别"
                + ("，只在本类别内比较、排名和评定等次：" if apart else "："),
                f"Units fall into {len(self.plan.classes())} classes"
                + (" and are compared, ranked and graded inside them:" if apart else ":"),
            )
        )
        counts = dict(self.plan.units["class_code"].value_counts().iter_rows())
        rows = [(now.class_title(c), str(counts.get(c, 0))) for c in self.plan.classes()]
        yield Table((now.word("class"), now.word("units")), rows, (75, 25), centred=frozenset({1}))

    def _scores(self) -> Iterator[Block]:
        now = self.edition
        yield self.outline.part(self.say("计分", "Scores"))
        pairs = dict(rules_of(now))
        yield Paragraph(pairs[self.say("总分", "Total")])
        yield Paragraph(pairs[self.say("缺项", "Missing")])
        yield Paragraph(
            self.say(
                "各级节点由下级得分合成，权重见附件。另有规定的节点：",
                "Every node is made of what lies below it, by the weights of the annex. Nodes with rules of their own:",
            )
        )
        rows = [(n.code, now.node_title(n.code), text) for n in self.plan.file.tree if (text := node_rule(n, now.lang))]
        heads = (now.word("code"), now.word("title"), now.word("rules"))
        if rows:
            yield Table(heads, rows, (16, 34, 50))
        else:
            yield Paragraph(self.say("无。", "none."))

    def _totals(self) -> Iterator[Block]:
        now = self.edition
        pairs = rules_of(now)
        yield self.outline.part(self.say("总分、排名和等次", "Total, ranks and grades"))
        for lead, text in adjustments(self.plan.file, now.lang):
            yield Paragraph(text, lead=lead)
        yield Paragraph(dict(pairs)[self.say("排名", "Ranks")], lead=self.say("排名。", "Ranks. "))
        prefix = self.say("等次 ", "Grade ")
        rows = [(name.removeprefix(prefix), text) for name, text in pairs if name.startswith(prefix)]
        if rows:
            yield Paragraph(grade_rules(self.plan.file, now.lang), lead=self.say("等次。", "Grades. "))
            yield Table((now.word("grade"), self.say("条件", "Condition")), rows, (25, 75), centred=frozenset({0}))
        yield Paragraph(year_rule(self.plan.file, now.lang), lead=self.say("年度。", "Year. "))
        for text in consecutive(self.plan.file, now.lang):
            yield Paragraph(text, lead=self.say("连续结果。", "Consecutive results. "))
        for text in conversions(self.plan.file, now):
            yield Paragraph(text, lead=self.say("折算。", "Conversion. "))

    def _times(self) -> Iterator[Block]:
        yield self.outline.part(self.say("报送和程序", "Reporting and procedure"))
        for text in calendar(self.plan.file, self.edition.lang):
            yield Paragraph(text)

    def _publication(self) -> Iterator[Block]:
        file, lights = self.plan.file, self.plan.file.lights
        sees = {
            "itself": ("只见本单位得分、名次和本类统计", "itself, its rank and its class's statistics"),
            "ranks": ("见本类各单位名次", "the ranks of its class"),
            "totals": ("见本类各单位名次和总分", "ranks and totals of its class"),
        }[file.editions.unit_sees]
        yield self.outline.part(self.say("结果", "Results"))
        most, least = ("不低于", "at least") if lights.green > lights.yellow else ("不高于", "at most")
        yield Paragraph(
            self.say(
                f"得分率{most} {plain(lights.green)} 为绿灯，{most} {plain(lights.yellow)} 为黄灯，其余为红灯；"
                f"未报送或未能计分的为未知，不亮绿灯。被考核单位{sees[0]}。",
                f"A score of {least} {plain(lights.green)} is green, of {least} {plain(lights.yellow)} yellow, all "
                f"else red; what is not known is never green. A unit sees {sees[1]}.",
            )
        )

    def _indicators(self) -> Iterator[Block]:
        """Yield a table of weights by class, then of how each indicator is scored, section by section."""
        now, classes = self.edition, self.plan.classes()
        effective = {c: effective_weights(self.plan, c) for c in classes}
        yield Paragraph(
            self.say(
                "表中数字为占总分的百分比，未分解给该类别的为“－”，其权重由其余各项按比例分担。",
                "Figures are per cent of the total; － is not assigned to the class, and the others share its weight.",
            )
        )
        rows = [
            (f"{'　' * depth}{now.node_title(item.code)}", *(_share(effective[c].get(item.code)) for c in classes))
            for item, depth in self._walk(self.plan.root, 0)
        ]
        heads = (now.word("title"), *(now.class_title(c) for c in classes))
        widths = (44, *([56 / len(classes)] * len(classes)))
        yield Table(heads, rows, widths, self.say("权重", "Weights"), frozenset(range(1, len(classes) + 1)))
        keys = ("indicator", "measure")
        named = [now.word(k) for k in keys] + [
            self.say("计分方法", "Method"), self.say("频次", "Asked"), self.say("填报", "Reported by"),
        ]  # fmt: skip
        for section in now.sections:
            lines = [self._line(i) for i, _ in self._walk(section, 0) if isinstance(i, Indicator)]
            if lines:
                yield Table(named, lines, (30, 9, 37, 12, 12), now.node_title(section), frozenset({1, 3, 4}))

    def _line(self, item: Indicator) -> tuple[str, ...]:
        words, lang = self.methods[item.code], self.edition.lang
        how = f"{words.name}{self.say('：', ': ')}{words.formula}"
        if words.parameters:
            how += f"\n{words.parameters}"
        for rule in (parts_rule(item, lang), indicator_rule(item, lang)):
            how += f"\n{typeset(rule, lang)}" if rule else ""
        title = f"{item.code} {self.edition.node_title(item.code)}"
        return title, typeset(item.measure, lang), how, frequency(item, lang), reporter(item, lang)

    def _walk(self, code: str, depth: int) -> Iterator[tuple[Node | Indicator, int]]:
        item: Node | Indicator = self.plan.nodes.get(code) or self.plan.leaves[code]
        yield item, depth
        for child in self.plan.children.get(code, []):
            yield from self._walk(child, depth + 1)

    def _targets(self) -> Table:
        now, named = self.edition, self.edition.unit_name
        rows = []
        for r in self.plan.targets.iter_rows(named=True):
            whom = now.class_title(r["class_code"]) if r["class_code"] else self.say("全部", "all")
            whom = named(r["unit_code"]) if r["unit_code"] else whom
            what = f"{r['indicator_code']} {now.node_title(r['indicator_code'])}"
            name = self.parameters.get(r["name"], r["name"])
            rows.append((what, whom, r["period"] or "", name, plain(r["value"], 6)))
        heads = (
            now.word("indicator"), self.say("适用", "For"), now.word("period"), self.say("参数", "Parameter"),
            self.say("数值", "Value"),
        )  # fmt: skip
        return Table(heads, rows, (40, 24, 11, 13, 12), centred=frozenset({2, 3, 4}))


def _share(share: float | None) -> str:
    return "－" if share is None else plain(100 * share)
