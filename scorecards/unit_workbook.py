"""A unit's scorecard as a workbook that computes its published score again: inputs are numbers, all else formulas.

Sheets: the result; the indicators; the tree; the inputs (received numbers, parameters, statistics of the class, what a
rule put in), each with a label. A column compares every computed number with the published one.
"""

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from scorecards.derivation import set_line
from scorecards.edition import Edition
from scorecards.sheet_styles import Styles, height_for, new_book, set_up_page

Row = Mapping[str, Any]
CLOSE = "0.000000001"
NAMES = {
    "zh": ("成绩单", "指标计分", "指标体系", "输入"), "en": ("Scorecard", "Indicators", "Tree", "Inputs"),
}  # fmt: skip
WORDS = {
    "item": ("项目", "Item"), "again": ("重算", "Computed"), "published": ("公布", "Published"),
    "check": ("核对", "Check"), "same": ("一致", "same"), "unlike": ("不一致", "differs"),
    "how": ("计分方法和公式", "Method and formula"), "raw": ("公式得分", "By formula"), "score": ("得分率", "Score"),
    "value": ("完成值", "Value"), "label": ("说明", "What it is"), "number": ("数值", "Number"),
    "received": ("填报", "received"), "given": ("参数和统计", "parameter or statistic"),
    "imputed": ("按规则记入", "put in by rule"), "rule": ("合成方式", "Mean"), "weight": ("权重", "Weight"),
    "share": ("计入比重", "Share"), "counted": ("计入得分", "Counted"), "state": ("情况", "State"),
    "scored": ("已计分", "scored"), "missing": ("未报", "missing"), "not_applicable": ("不适用", "not applicable"),
    "left_out": ("不在最好的几项之内", "not among the best"), "steps": ("总分推导", "How the total comes about"),
    "note": (
        "黄底为输入，可改动试算；其余均为公式。类别统计和按规则记入的数为公布时的数，不随改动变化。",
        "Yellow cells are inputs and may be changed to try things; all else is formulas. Class statistics, and what a "
        "rule put in, are as published and do not move.",
    ),
}  # fmt: skip
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


def unit_workbook(edition: Edition, live: Row) -> bytes:
    """Return one unit's workbook. ``live``: ``scoring.explain_live.LiveUnit`` as plain dicts."""
    buffer = BytesIO()
    book = new_book(buffer, edition, f"{edition.unit_name(live['unit_code'])} {edition.period_title}")
    book.set_size(2200, 1400)
    _Book(book, edition, live).write()
    book.close()
    return buffer.getvalue()


class _Book:
    def __init__(self, book: xlsxwriter.Workbook, edition: Edition, live: Row) -> None:
        self.edition, self.live = edition, live
        self.at = 0 if edition.lang == "zh" else 1
        self.styles = Styles(book, edition)
        names = NAMES["zh" if edition.lang == "zh" else "en"]
        self.front, self.leaves, self.tree, self.inputs = (book.add_worksheet(n) for n in names)
        self.names = dict(zip(("front", "leaves", "tree", "inputs"), names, strict=True))
        self.published = {x["code"]: x["score"] for x in (*live["indicators"], *live["nodes"])}
        self.scores: dict[str, str] = {}  # where a node's or indicator's score is computed
        self.places: dict[str, dict[str, str]] = {}  # where a code's inputs stand, by name
        self.number = self.styles.get(num_format="0.00####", align="right")
        self.input = self.styles.get(num_format="General", align="right", bg_color="#FFF9DB")
        self.text = self.styles.text

    def say(self, key: str) -> str:
        return WORDS[key][self.at]

    def words(self, pair: Row | None) -> str:
        if not pair:
            return ""
        return set_line(pair["zh"]) if self.at == 0 else str(pair["en"])

    def ref(self, sheet: str, row: int, column: int) -> str:
        cell = xlsxwriter.utility.xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)
        return f"'{self.names[sheet]}'!{cell}"

    def write(self) -> None:
        self._place_scores()
        self._write_inputs()
        self._write_leaves()
        self._write_tree()
        self._write_front()
        self.front.activate()

    # ── common ──
    def _head(self, sheet: Worksheet, title: str, columns: Mapping[str, float]) -> None:
        set_up_page(sheet, self.edition)
        sheet.write_string(0, 0, title, self.styles.plain(bold=True, font_size=14))
        for number, (name, width) in enumerate(columns.items()):
            sheet.set_column(number, number, width)
            sheet.write_string(2, number, name, self.styles.head)
        sheet.freeze_panes(3, 2)
        sheet.repeat_rows(2)

    def _formula(
        self, sheet: Worksheet, row: int, column: int, formula: str, value: float | None, form: Format | None = None
    ) -> None:
        sheet.write_formula(row, column, f"={formula}", form or self.number, value)

    def _check(self, sheet: Worksheet, row: int, computed: int, published: float | None) -> None:
        """Write the published number and whether the computed one, ``computed`` columns in, is the same."""
        if published is None:
            for column in (computed, computed + 1, computed + 2):
                sheet.write_string(row, column, "—", self.styles.centre)
            return
        sheet.write_number(row, computed + 1, published, self.number)
        one, other = (xlsxwriter.utility.xl_rowcol_to_cell(row, computed + n) for n in (0, 1))
        same, unlike = self.say("same"), self.say("unlike")
        text = f'=IF(ABS({one}-{other})<{CLOSE},"{same}","{unlike}")'
        sheet.write_formula(row, computed + 2, text, self.styles.centre, same)

    def _filled(self, formula: str, names: Mapping[str, str]) -> str:
        return PLACEHOLDER.sub(lambda found: names[found[1]], formula)

    # ── places first: formulas refer to one another in any order ──
    def _place_scores(self) -> None:
        for row, leaf in enumerate(self.live["indicators"], 3):
            self.scores[leaf["code"]] = self.ref("leaves", row, 5)
        row = 3
        for node in self.live["nodes"]:
            self.scores[node["code"]] = self.ref("tree", row, 6)
            row += len(node["children"]) + 1

    def _write_inputs(self) -> None:
        columns = {
            self.edition.word("code"): 14, self.edition.word("title"): 44, self.edition.word("kind"): 18,
            self.say("label"): 30, self.say("number"): 20,
        }  # fmt: skip
        self._head(self.inputs, self.names["inputs"], columns)
        row = 3
        for leaf in self.live["indicators"]:
            for kind, key in (("received", "received"), ("given", "inputs")):
                for one in leaf[key]:
                    row = self._input(row, leaf, kind, one["name"], self.words(one["title"]), one["value"])
        for node in self.live["nodes"]:
            for child in node["children"]:
                if child["put_in"] is not None:
                    name = f"put_in:{node['code']}"
                    row = self._input(row, child, "imputed", name, self.say("imputed"), child["put_in"])
        root = {"code": self.live["root"], "title": {"zh": "总分", "en": "Total"}}
        for one in self.live["quarters"]:
            row = self._input(row, root, "given", one["name"], self.words(one["title"]), one["value"])

    def _input(self, row: int, item: Row, kind: str, name: str, label: str, value: float) -> int:
        self.inputs.write_string(row, 0, item["code"], self.text)
        self.inputs.write_string(row, 1, self.words(item["title"]), self.text)
        self.inputs.write_string(row, 2, self.say(kind), self.text)
        self.inputs.write_string(row, 3, label or self.say("value"), self.text)
        self.inputs.write_number(row, 4, value, self.input)
        self.inputs.set_row(row, height_for([(self.words(item["title"]), 44), (label, 30)]))
        self.places.setdefault(item["code"], {})[name] = self.ref("inputs", row, 4)
        return row + 1

    def _write_leaves(self) -> None:
        columns = {
            self.edition.word("code"): 14, self.edition.word("title"): 40, self.say("how"): 44,
            self.say("value"): 14, self.say("raw"): 12, self.say("score"): 12, self.say("published"): 12,
            self.say("check"): 9, self.edition.word("reason"): 24,
        }  # fmt: skip
        self._head(self.leaves, self.names["leaves"], columns)
        for row, leaf in enumerate(self.live["indicators"], 3):
            code, title = leaf["code"], self.words(leaf["title"])
            how = f"{self.words(leaf['method'])}：{self.words(leaf['text'])}"
            self.leaves.write_string(row, 0, code, self.text)
            self.leaves.write_string(row, 1, title, self.text)
            self.leaves.write_string(row, 2, how, self.text)
            self.leaves.write_string(row, 8, self.words(leaf["reason"]), self.text)
            self.leaves.set_row(row, height_for([(title, 40), (how, 44), (self.words(leaf["reason"]), 24)]))
            self._check(self.leaves, row, 5, leaf["score"])
            if leaf["score"] is None:
                self.leaves.write_string(row, 3, "—", self.styles.centre)
                self.leaves.write_string(row, 4, "—", self.styles.centre)
                continue
            names = dict(self.places.get(code, {}))
            self._formula(self.leaves, row, 3, self._filled(leaf["value_formula"], names), leaf["value"])
            names["value"] = self.ref("leaves", row, 3)
            self._formula(self.leaves, row, 4, self._filled(leaf["formula"], names), leaf["raw"])
            names["raw"] = self.ref("leaves", row, 4)
            self._formula(self.leaves, row, 5, self._filled(leaf["score_formula"], names), leaf["score"])

    def _write_tree(self) -> None:
        columns = {
            self.edition.word("code"): 14, self.edition.word("title"): 44, self.say("rule"): 22,
            self.say("weight"): 10, self.say("share"): 10, self.say("counted"): 12, self.say("score"): 12,
            self.say("published"): 12, self.say("check"): 9, self.edition.word("reason"): 24,
        }  # fmt: skip
        self._head(self.tree, self.names["tree"], columns)
        bold = self.styles.get(bold=True, text_wrap=True, bg_color="#E6EAEE")
        row = 3
        for node in self.live["nodes"]:
            for column in range(10):
                self.tree.write_blank(row, column, None, bold)
            self.tree.write_string(row, 0, node["code"], bold)
            self.tree.write_string(row, 1, self.words(node["title"]), bold)
            self.tree.write_string(row, 2, self.words(node["aggregate"]), bold)
            self.tree.write_string(row, 9, self.words(node["reason"]), bold)
            self.tree.set_row(row, height_for([(self.words(node["title"]), 40), (self.words(node["reason"]), 24)]))
            names = self._children(node, row)
            self._check(self.tree, row, 6, node["score"])
            if node["score"] is not None:
                self._formula(self.tree, row, 6, self._filled(node["formula"], names), node["score"])
            row += len(node["children"]) + 1

    def _children(self, node: Row, top: int) -> dict[str, str]:
        """Write the children below their node; return where weights, shares and counted scores stand."""
        names: dict[str, str] = {}
        for row, child in enumerate(node["children"], top + 1):
            code = child["code"]
            names[f"weight:{code}"] = self.ref("tree", row, 3)
            names[f"share:{code}"] = self.ref("tree", row, 4)
            names[f"counted:{code}"] = self.ref("tree", row, 5)
        for row, child in enumerate(node["children"], top + 1):
            code = child["code"]
            self.tree.write_string(row, 0, code, self.text)
            self.tree.write_string(row, 1, f"　{self.words(child['title'])}", self.text)
            self.tree.set_row(row, height_for([(self.words(child["title"]), 42)]))
            state = self.say("imputed") if child["put_in"] is not None else self.say(child["state"])
            self.tree.write_string(row, 2, state, self.text)
            self.tree.write_number(row, 3, child["weight_pct"], self.input)
            if not child["counts"]:
                for column in (4, 5):
                    self.tree.write_string(row, column, "—", self.styles.centre)
                continue
            self._formula(self.tree, row, 4, self._filled(child["share_formula"], names), child["share_pct"])
            put_in = child["put_in"]
            source = self.scores[code] if put_in is None else self.places[code][f"put_in:{node['code']}"]
            self._formula(self.tree, row, 5, source, put_in if put_in is not None else self.published[code])
        return names

    def _write_front(self) -> None:
        edition, live, sheet = self.edition, self.live, self.front
        columns = {self.say("item"): 40, self.say("again"): 16, self.say("published"): 16, self.say("check"): 12}
        title = f"{edition.unit_name(live['unit_code'])}　{edition.period_title}　{edition.word('scorecard')}"
        self._head(sheet, title, columns)
        run = edition.pair(edition.word("run"), edition.run_id)
        sheet.write_string(1, 0, f"{edition.title}　{run}", self.styles.plain(font_color="#5B6670"))
        base = self.scores.get(live["root"], "")
        if live["base_formula"]:
            base = self._filled(live["base_formula"], self.places.get(live["root"], {}))
        for row, key in enumerate(("base", "bonus", "deduction", "total"), 3):
            sheet.write_string(row, 0, edition.word(key), self.text)
            self._check(sheet, row, 1, live[key])
        if live["base"] is not None and base:
            self._formula(sheet, 3, 1, base, live["base"])
        for row, key in ((4, "bonus"), (5, "deduction")):
            sheet.write_number(row, 1, live[key], self.input)
        self._total()
        row = 8
        for code in edition.sections:
            if code in self.scores and (score := self.published[code]) is not None:
                sheet.write_string(row, 0, edition.node_title(code), self.text)
                self._check(sheet, row, 1, score)
                self._formula(sheet, row, 1, self.scores[code], score)
                row += 1
        self._notes(row + 1)

    def _total(self) -> None:
        live, sheet = self.live, self.front
        if live["total"] is None:
            return
        if not live["total_formula"]:  # a decision set it: there is nothing to compute
            sheet.write_number(6, 1, live["total"], self.input)
            return
        names = {key: self.ref("front", row, 1) for row, key in ((3, "base"), (4, "bonus"), (5, "deduction"))}
        self._formula(sheet, 6, 1, self._filled(live["total_formula"], names), live["total"])

    def _notes(self, row: int) -> None:
        sheet, plain = self.front, self.styles.plain(text_wrap=True, valign="top")
        sheet.merge_range(row, 0, row, 3, self.say("note"), plain)
        sheet.set_row(row, height_for([(self.say("note"), 84)]))
        if reason := self.words(self.live["reason"]):
            text = self.edition.pair(self.edition.word("reason"), reason)
            sheet.merge_range(row + 1, 0, row + 1, 3, text, plain)
        sheet.write_string(row + 3, 0, self.say("steps"), self.styles.plain(bold=True))
        for number, (name, detail, result) in enumerate(self.live["steps"], row + 4):
            sheet.write_string(number, 0, self.words(name), self.text)
            text = self.words(detail)
            sheet.merge_range(number, 1, number, 2, text, self.text)
            sheet.set_row(number, height_for([(self.words(name), 40), (text, 32)]))
            if result is None:
                sheet.write_string(number, 3, "", self.text)
            else:
                sheet.write_number(number, 3, result, self.styles.get(num_format="General", align="right"))
