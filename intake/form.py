"""The layout of the unit workbook, in one place: the writer, the reader, the checks and the guide all use it."""

# ruff: noqa: E501  -- a column or field and its wordings stand on one line

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import polars as pl

from intake.numbers import same_measure
from schemas.folder import Plan
from schemas.methods import parts_of
from schemas.plan import Indicator

TEMPLATE_VERSION = "1"
FORM_SHEET = {"zh": "填报表", "en": "Form"}
GUIDE_SHEET = {"zh": "填报说明", "en": "Instructions"}
PROBLEM_SHEET = {"zh": "问题清单", "en": "Problems"}
META_SHEET = "_kaohe"
TOP_ROW, HEAD_ROW, FIRST_ROW = 1, 3, 4  # counted from 0, as XlsxWriter does

Kind = Literal["number", "yes_no", "ratio"]
Answers = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True)
class Column:
    """One column of the form: its name in code, its headings, its hint, and whether the unit fills it."""

    name: str
    zh: str
    en: str
    width: float
    hint_zh: str = ""
    hint_en: str = ""
    entry: bool = False
    aliases: tuple[str, ...] = ()

    def heading(self, lang: str) -> str:
        """Return the heading in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en

    def hint(self, lang: str) -> str:
        """Return the input hint in ``zh`` or ``en``."""
        return self.hint_zh if lang == "zh" else self.hint_en


COLUMNS: tuple[Column, ...] = (
    Column("number", "序号", "No.", 4.5, "行号。", "Row number.", aliases=("编号", "#")),
    Column("task", "任务", "Task", 18, "所属任务。", "The task it belongs to.", aliases=("重点任务", "任务名称")),
    Column("indicator_code", "指标代码", "Indicator code", 8, "请勿改动。", "Leave as it is.", aliases=("代码", "指标编码", "code")),
    Column("title", "指标名称", "Indicator", 27, "所填指标。", "What is reported.", aliases=("指标", "考核指标", "title")),
    Column("part", "分项", "Part", 10, "要件、节点或事项种类。", "Checklist item, stage or kind.", aliases=("要件", "子项", "节点")),
    Column("measure", "计量单位", "Unit of measure", 8, "数字请按此单位填写。", "Numbers are in this unit.", aliases=("单位(量)",)),
    Column("role", "角色", "Role", 5, "主责或协作。", "Lead or partner.", aliases=("主责/协作", "职责")),
    Column("target_due", "目标(本期应完成)", "Target due", 9, "按序时进度本期应完成。", "Due by now on schedule.",
           aliases=("目标", "目标值", "本期目标", "应完成")),
    Column("previous", "上期值", "Last value", 8, "上次填报的值,供核对。", "As last reported, for comparison.", aliases=("上期", "上期完成")),
    Column("value", "本期填报值", "Value", 10, "只填数字,或选“是”“否”。", "A number, or yes/no.", True,
           ("实际完成值", "完成值", "填报值", "本期值", "本期完成", "实际值", "完成情况")),
    Column("numerator", "分子", "Numerator", 8, "覆盖率、达标率的分子。", "Numerator of a rate.", True, ("分子数",)),
    Column("denominator", "分母", "Denominator", 8, "覆盖率、达标率的分母,不得为0。", "Denominator of a rate, not 0.", True, ("分母数", "总数")),
    Column("self_score", "自评分", "Self-assessed score", 7, "0到100,可不填。", "0 to 100, optional.", True, ("自评", "自评得分", "自评分数")),
    Column("evidence", "佐证材料", "Evidence", 20, "文件名、文号或链接。", "File name, document number or link.", True,
           ("佐证", "证明材料", "附件", "佐证材料名称")),
    Column("note", "备注/零报告", "Note / nil", 17, "确无发生的写“零报告”;解释也写在这里。", "Write 'nil' where there was nothing; or remarks.",
           True, ("备注", "说明", "零报告")),
    Column("points", "分值", "Points", 6, "该指标满分占总分的分值。", "What the indicator is worth in the total."),
    Column("provisional", "预估得分", "Provisional score", 8, "按已填内容估算,0到100;以考核办计分为准。", "Estimated from what is filled in; the office's score counts."),
    Column("cost", "空白失分", "Cost of blank", 7, "不填会失去的分;全部填妥后为0。", "The points that leaving it blank costs; 0 once it is answered."),
)  # fmt: skip
COLUMN = {c.name: c for c in COLUMNS}
POSITION = {c.name: i for i, c in enumerate(COLUMNS)}
ENTRIES = tuple(c.name for c in COLUMNS if c.entry)


@dataclass(frozen=True)
class Field:
    """A single labelled cell above or below the rows."""

    name: str
    zh: str
    en: str
    hint_zh: str = ""
    hint_en: str = ""
    aliases: tuple[str, ...] = ()

    def label(self, lang: str) -> str:
        """Return the label in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


TOP_FIELDS = (
    Field("unit_name", "单位名称", "Unit", aliases=("填报单位", "单位", "被考核单位")),
    Field("unit_code", "单位代码", "Unit code"),
    Field("period", "考核周期", "Period", aliases=("周期", "填报周期", "季度")),
    Field("due", "截止日期", "Due", aliases=("报送截止",)),
)
BOTTOM_FIELDS = (
    Field("nil", "零报告(本期全部指标确无发生,选“是”)", "Nil return (nothing at all to report: yes)",
          "选“是”时上面的填报值应全部留空。", "With 'yes', leave all values blank.", ("零报告", "nil return")),
    Field("explanation", "情况说明", "Explanation", "对提示的解释,或其他需要说明的情况。", "Explains warnings, or anything else.", ("说明",)),
    Field("reporter", "填报人", "Reporter", aliases=("填表人",)),
    Field("responsible", "负责人", "Responsible person", aliases=("单位负责人", "审核人")),
    Field("phone", "电话", "Telephone", aliases=("联系电话", "联系方式", "手机")),
)  # fmt: skip
FIELD = {f.name: f for f in TOP_FIELDS + BOTTOM_FIELDS}

TOTALS = frozenset({"合计", "总计", "小计", "total"})
NIL_WORDS = frozenset({"零报告", "nil", "nil return", "零报"})
YES_NO = {"zh": ("是", "否"), "en": ("yes", "no")}
ROLE_WORDS = {"lead": ("主责", "Lead"), "partner": ("协作", "Partner")}


def meta_digest(rows: Iterable[Sequence[Any]]) -> str:
    """Return the digest of the hidden sheet's rows, which stands in its last row, so that a changed one is noticed.

    It has no key: it shows edits and damage, and is no proof of who wrote the file (docs/decisions/0007).
    """
    texts = ("\t".join([v if v.__class__ is str else _meta_text(v) for v in row]).rstrip() for row in rows)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]


def _meta_text(value: Any) -> str:
    """Write a value as it was written, also where a spreadsheet program made a whole number of it a decimal one."""
    if value is None:
        return ""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def answer_kind(indicator: Indicator) -> Kind:
    """Say how an indicator is answered: a number, yes or no, or numerator and denominator."""
    match indicator.method.kind:
        case "coverage":
            return "ratio"
        case "boolean" | "checklist" | "milestones":
            return "yes_no"
    return "number"


SIGNED_METHODS = frozenset(
    {"growth", "goalposts", "log_goalposts", "logistic", "minmax", "zscore", "percentile", "rank_points",
     "share_of_best", "distance_to_target", "threshold_benchmark", "bands", "deciles"}
)  # fmt: skip


def may_be_negative(indicator: Indicator) -> bool:
    """Say whether a value below zero can be meant: never for flows and counts."""
    return indicator.accumulation != "flow" and indicator.method.kind in SIGNED_METHODS


@dataclass(frozen=True)
class FormRow:
    """One asked input: an indicator, or one part of it."""

    number: int
    indicator: Indicator
    part: str
    role: str | None

    @cached_property
    def kind(self) -> Kind:
        """Return how it is answered."""
        return answer_kind(self.indicator)

    @cached_property
    def measure(self) -> str:
        """Return the unit of measure of the input; parts that are counted are counted in 次."""
        if self.part and self.kind == "number":
            return "次"
        return "是/否" if self.kind == "yes_no" else self.indicator.measure

    def shown_measure(self, lang: str) -> str:
        """Return the unit of measure as people read it: the plan's own words, and ours in their language."""
        if lang == "zh" or (self.kind != "yes_no" and self.measure == self.indicator.measure):
            return self.measure
        return "yes/no" if self.kind == "yes_no" else "count"

    def is_measured_in(self, said: str) -> bool:
        """Say whether a word is the row's own unit of measure, in either language."""
        named = any(sign.isalpha() or sign in "%\uff05" for sign in said)
        return not named or any(same_measure(said, own) for own in self.own_texts if own)

    @cached_property
    def own_texts(self) -> frozenset[str | None]:
        """Return how the form writes unit of measure and title, in either language; None is a blank cell."""
        texts = (self.indicator.measure, *map(self.shown_measure, ("zh", "en")), *map(self.title, ("zh", "en")))
        return frozenset((*texts, self.indicator.title.zh, self.indicator.title.en, None))

    def title(self, lang: str) -> str:
        """Return the indicator's title; for flows with what is wanted, the period's own number or the year to date."""
        title = self.indicator.title.get(lang)
        if self.indicator.accumulation != "flow":
            return title
        wanted = {"increment": ("本期新增", "this period"), "year_to_date": ("年初以来累计", "year to date")}
        zh, en = wanted[self.indicator.reported]
        return f"{title}({zh})" if lang == "zh" else f"{title} ({en})"

    @property
    def key(self) -> tuple[str, str]:
        """Return indicator code and part."""
        return self.indicator.code, self.part


def form_rows(plan: Plan, cells: Iterable[tuple[str, str | None]]) -> list[FormRow]:
    """Return the rows of one unit's form, from its asked indicators with their roles."""
    inputs = [
        (plan.leaves[code], part, role) for code, role in cells for part in (parts_of(plan.leaves[code].method) or [""])
    ]
    return [FormRow(n, indicator, part, role) for n, (indicator, part, role) in enumerate(inputs, 1)]


def answers_from(frame: pl.DataFrame, unit_code: str | None = None) -> dict[tuple[str, str], dict[str, Any]]:
    """Return answers by indicator and part, from a frame with the columns of the measurements."""
    if unit_code is not None and "unit_code" in frame.columns:
        frame = frame.filter(pl.col("unit_code") == unit_code)
    return {(r["indicator_code"], r.get("part") or ""): r for r in frame.iter_rows(named=True)}
