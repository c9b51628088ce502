"""The bulletin as an official document (通报): what the results say, in sentences and annexed tables; no judgement."""

from collections.abc import Sequence

import polars as pl

from schemas.asked import asked
from schemas.findings import ledger, state_word, tally
from scorecards.audience import class_edition
from scorecards.comparable import breaks_between
from scorecards.edition import Edition
from scorecards.lights import LIGHTS
from scorecards.numbers import counted, fixed, plain
from scorecards.official import Block, Official, Outline, Paragraph, Table, annex_labels
from scorecards.questions import improved, latest_pair, red_running
from scorecards.statistics import ClassStatistics, class_statistics
from scorecards.typeset import typeset

NAMED = 10  # more names than these stand in the annex only
FIRST = 3


def notice(editions: Sequence[Edition]) -> Official:
    """Return the bulletin of the last edition; earlier ones, the oldest first, are compared with."""
    return _Notice(editions, "").document()


def class_notice(editions: Sequence[Edition], class_code: str) -> Official:
    """Return the bulletin of one class."""
    return _Notice([class_edition(e, class_code) for e in editions], editions[-1].class_title(class_code)).document()


def issued(edition: Edition) -> dict[str, str]:
    """Return issuer, addressee and number as the plan says, for any official document of an edition."""
    said, lang, period = edition.plan.file.documents, edition.lang, edition.period
    issuer = typeset(said.issuer.get(lang), lang) if said.issuer else ""
    number = said.number.replace("{year}", str(period.year)).replace("{period}", str(period))
    return {
        "mark": issuer, "signed": issuer, "number": number.replace("{no}", str(period.number)),
        "addressee": typeset(said.addressee.get(lang), lang) if said.addressee else "",
    }  # fmt: skip


def foot(edition: Edition) -> str:
    """Return the small print: run and head of the audit chain."""
    parts = [edition.pair(edition.word("run"), edition.run_id)] if edition.run_id else []
    if edition.audit_head:
        parts.append(edition.pair(edition.word("audit"), edition.audit_head))
    return "　".join(parts)


class _Notice:
    def __init__(self, editions: Sequence[Edition], whom: str) -> None:
        self.all = list(editions)
        self.whom = whom
        self.now = self.all[-1]
        self.zh = self.now.lang == "zh"
        self.outline = Outline(self.now.lang)
        self.statistics = class_statistics(self.now)

    def say(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def names(self, codes: Sequence[str]) -> str:
        shown = self.now.listed(self.now.unit_name(c) for c in codes[:NAMED])
        more = len(codes) - NAMED
        return shown + (self.say(f"等 {len(codes)} 个单位", f" and {more} more") if more > 0 else "")

    def document(self) -> Official:
        now = self.now
        body = [*self._whole(), *self._classes(), *self._weak(), *self._improved(), *self._findings()]
        titles = [self.say("各类别排名", "Rankings by class")]
        rows = self._ledger()
        if rows is not None and rows.height:
            titles.append(self.say("整改台账", "Ledger of findings"))
        annexes = annex_labels(titles, now.lang)
        body += [annexes[0], *self._rankings()]
        if len(annexes) > 1 and rows is not None:
            body += [annexes[1], findings_table(now, rows)]
        title = self.say(
            f"关于{now.title}\n{now.period_title}{self.whom}考核情况的通报",
            f"{now.title}\nAssessment bulletin, {now.period_title}" + (f", {self.whom}" if self.whom else ""),
        )
        return Official(title, body, now.lang, dated=now.dated, foot=foot(now), **issued(now))

    # ── parts ──
    def _whole(self) -> list[Block]:
        now, s = self.now, self.statistics
        units, ranked = sum(c.units for c in s), sum(c.ranked for c in s)
        counts = {g.code: sum(c.grades.get(g.code, 0) for c in s) for g in now.plan.file.grades}
        graded = now.listed(f"{now.grade_title(g)} {n}{self.say(' 个', '')}" for g, n in counts.items())
        lights = {c: sum(x.lights.get(c, 0) for x in s) for c in ("green", "yellow", "red", "unknown")}
        lit = now.listed(f"{LIGHTS[c].text(now.lang)} {n}{self.say(' 个', '')}" for c, n in lights.items())
        text = self.say(
            f"{now.period_title}共考核 {units} 个单位，分 {len(s)} 个类别，其中 {ranked} 个参加排名。",
            f"In {now.period_title}, {counted(units, 'unit')} in {counted(len(s), 'class')} "
            f"{'was' if units == 1 else 'were'} assessed; {ranked} of them {'is' if ranked == 1 else 'are'} ranked. ",
        )
        text += self.say(f"等次分布：{graded}。", f"Grades: {graded}. ") if graded else ""
        text += self.say(f"总分信号：{lit}。", f"Lights of the totals: {lit}.")
        silent = self._silent()
        if silent:
            names = self.names(silent)
            text += self.say(f"未报送的单位 {len(silent)} 个：{names}。", f" {len(silent)} did not report: {names}.")
        head = self.outline.part(self.say("总体情况", "Overview"))
        widths = (26, 9, 9, 11, 11, 11, 11)
        keys = ("class", "units", "ranked", "mean", "median", "best", "lowest")
        rows = [self._line(c) for c in s]
        table = Table([now.word(k) for k in keys], rows, widths, centred=frozenset(range(1, 7)))
        replaces = [Paragraph(typeset(now.replaces + now.correction, now.lang))] if now.replaces else []
        return [head, *replaces, Paragraph(text), table]

    def _line(self, c: ClassStatistics) -> list[str]:
        p = self.now.places
        numbers = [fixed(x, p) for x in (c.mean, c.median, c.best, c.lowest)]
        return [self.now.class_title(c.code), str(c.units), str(c.ranked), *numbers]

    def _silent(self) -> list[str]:
        """Return the units that reported nothing of what they were asked in this period, in the ranking's order."""
        now = self.now
        own = asked(now.plan, now.period).select("unit_code", node_code="indicator_code")
        cells = now.cells.join(own, on=["unit_code", "node_code"], how="semi")
        heard = pl.col("reason_code").ne_missing("not_reported").any()
        told = cells.group_by("unit_code").agg(heard=heard)
        silent = set(told.filter(~pl.col("heard"))["unit_code"])
        return [u for u in now.ranking["unit_code"] if u in silent]

    def _classes(self) -> list[Block]:
        now = self.now
        blocks: list[Block] = [self.outline.part(self.say("各类别情况", "By class"))]
        for c in self.statistics:
            rows = now.ranking_of[c.code].filter(pl.col("rank").is_not_null() & (pl.col("rank") <= FIRST))
            if c.ranked <= FIRST:  # else the last of a small class would stand among its first
                rows = rows.filter(pl.col("rank") == pl.col("rank").min())
            first = now.listed(now.aside(r["name"], fixed(r["total"], now.places)) for r in rows.iter_rows(named=True))
            text = self.say(
                f"参加排名 {c.ranked} 个单位，平均 {fixed(c.mean, now.places)} 分。",
                f"{counted(c.ranked, 'unit')} ranked, mean {fixed(c.mean, now.places)}. ",
            )
            places = (f"前 {FIRST} 名", f"First {FIRST}") if c.ranked > FIRST else ("第 1 名", "First place")
            text += self.say(f"{places[0]}：{first}。", f"{places[1]}: {first}.") if first else ""
            red = now.ranking_of[c.code].filter(pl.col("light") == "red")["unit_code"].to_list()
            if red:
                text += self.say(f"总分红灯 {len(red)} 个：{self.names(red)}。", f" Red: {self.names(red)}.")
            blocks += [self.outline.section(now.class_title(c.code)), Paragraph(text)]
        return blocks

    def _weak(self) -> list[Block]:
        now = self.now
        blocks: list[Block] = [self.outline.part(self.say("需要关注的方面", "What needs attention"))]
        sections = now.cells.filter(pl.col("node_code").is_in(now.sections) & (pl.col("light") != "none"))
        lines = []
        for code in now.sections:
            rows = sections.filter(pl.col("node_code") == code)
            if rows.height:
                red, unknown = (rows.filter(pl.col("light") == k).height for k in ("red", "unknown"))
                mean = rows["score"].mean()
                lines.append(
                    (now.node_title(code), str(rows.height), fixed(mean, 1), str(red), str(unknown))  # type: ignore[arg-type]
                )
        heads = [self.say("部分", "Section"), now.word("units"), self.say("平均得分率", "Mean score")]
        heads += [LIGHTS["red"].text(now.lang), LIGHTS["unknown"].text(now.lang)]
        blocks.append(
            Paragraph(
                self.say("各部分的平均得分率和红灯单位数如下表。", "Mean scores and red units by section:"), keep=True
            )
        )
        blocks.append(Table(heads, lines, (44, 12, 16, 14, 14), centred=frozenset(range(1, 5))))
        running = red_running(self.all).filter(pl.col("level") == 0)
        if len(self.all) > 1:
            text = self._running(running)
            blocks.append(Paragraph(text))
        return blocks

    def _running(self, running: pl.DataFrame) -> str:
        if running.is_empty():
            return self.say("没有总分连续两期红灯的单位。", "No unit's total is red two periods running.")
        said = self.now.listed(
            self.now.aside(r["name"], self.say(f"连续 {r['periods']} 期", f"{r['periods']} periods"))
            for r in running.head(NAMED).iter_rows(named=True)
        )
        n = running.height
        more = self.say("等", " and others") if n > NAMED else ""
        return self.say(
            f"总分连续两期及以上红灯的单位 {n} 个：{said}{more}。",
            f"{counted(n, 'unit')} {'is' if n == 1 else 'are'} red two periods running: {said}{more}.",
        )

    def _improved(self) -> list[Block]:
        pair = latest_pair(self.all)
        if pair is None:
            return []
        now, table = self.now, improved(*pair)
        head = self.outline.part(self.say("较上期进步", "Improvement on the period before"))
        said = []
        for code in now.ranking_of:
            better = pl.col("change") > 0 if now.plan.file.rank.order == "up" else pl.col("change") < 0
            rows = table.filter((pl.col("class_code") == code) & (pl.col("place") <= FIRST) & better)
            if rows.height:
                names = now.listed(
                    now.aside(r["name"], f"{'+' if r['change'] > 0 else ''}{fixed(r['change'], now.places)}")
                    for r in rows.iter_rows(named=True)
                )
                said.append(now.pair(now.class_title(code), names))
        text = self.say("；".join(said) + "。", "; ".join(said) + ".") if said else self.say("没有。", "None.")
        broken = breaks_between(*pair)
        if broken:
            n = len({b.node_code for b in broken})
            text += self.say(
                f"方案与上期相比有 {n} 项变化，总分不能直接比较，以上变化仅供参考。",
                f" The plan changed in {n} places; the totals cannot be set side by side, and this is for information.",
            )
        return [head, Paragraph(text)]

    def _ledger(self) -> pl.DataFrame | None:
        now = self.now
        return None if now.findings is None else ledger(now.findings, now.period, now.day)

    def _findings(self) -> list[Block]:
        rows = self._ledger()
        if rows is None or rows.is_empty():
            return []
        now = self.now
        said = now.listed(f"{state_word(s, now.lang)} {n}{self.say(' 项', '')}" for s, n in tally(rows).items())
        carried = rows.filter(pl.col("carried")).height
        text = self.say(
            f"本期台账共 {rows.height} 项，其中上期转来 {carried} 项：{said}。"
            "未销号的请有关单位按期整改，下期通报继续跟踪。",
            f"The ledger holds {counted(rows.height, 'finding')}, {carried} carried over: {said}. What is not closed "
            "is put right by its due day and followed in the next bulletin.",
        )
        return [self.outline.part(self.say("整改情况", "Rectification")), Paragraph(text)]

    def _rankings(self) -> list[Block]:
        now = self.now
        blocks: list[Block] = []
        keys = ("rank", "unit", "total", "grade", "light", "change", "reason")
        for code, rows in now.ranking_of.items():
            lines = [
                (
                    plain(r["rank"]), r["name"], fixed(r["total"], now.places), now.grade_title(r["grade"]),
                    LIGHTS[r["light"]].text(now.lang), _moved(r["change"], now), now.reason(r["reason_code"]),
                )
                for r in rows.iter_rows(named=True)
            ]  # fmt: skip
            widths = (8, 34, 11, 10, 14, 11, 18)
            table = Table([now.word(k) for k in keys], lines, widths, now.class_title(code), frozenset({0, 2, 3, 4, 5}))
            blocks.append(table)
        return blocks


def _moved(change: float | None, edition: Edition) -> str:
    if change is None:
        return "—"
    return f"↑{plain(change)}" if change > 0 else f"↓{plain(-change)}" if change < 0 else edition.word("same")


def findings_table(edition: Edition, rows: pl.DataFrame, *, with_unit: bool = True) -> Table:
    """Return findings of a ledger as a table: what, what is demanded, until when, where it stands."""
    keys = ("unit", "finding", "demand", "due_on", "standing", "progress")
    widths = (18, 26, 21, 15, 11, 19)
    lines = []
    for r in rows.iter_rows(named=True):
        title, demand, progress = (typeset(r[n] or "", edition.lang) for n in ("title", "demand", "progress"))
        title = edition.aside(title, edition.word("carried")) if r["carried"] else title
        days = f"\n{r['days_over']} {'天' if edition.lang == 'zh' else 'days'}"
        over = days if r["standing"] == "overdue" and r["days_over"] else ""
        state = state_word(r["standing"], edition.lang) + over
        due = r["due_on"]
        if r.get("first_due_on") not in (None, due):
            due += f"\n（原定 {r['first_due_on']}）" if edition.lang == "zh" else f"\n(first {r['first_due_on']})"
        line = (edition.unit_name(r["unit_code"]), title, demand, due, state, progress)
        lines.append(line if with_unit else line[1:])
    start = 0 if with_unit else 1
    heads = [edition.word(k) for k in keys][start:]
    centred = frozenset(n - start for n in (3, 4))
    return Table(heads, lines, widths[start:], centred=centred)
