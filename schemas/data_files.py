"""The files beside a plan: what `kaohe score` reads and writes, column by column, in both languages.

Names and meanings follow ``schemas.tables``; here stands what a user's file may hold, which is less.
"""

# ruff: noqa: E501  -- wordings stand on one line each

from dataclasses import dataclass, field

Said = tuple[str, str]
"""A sentence in Chinese and English."""


@dataclass(frozen=True)
class DataFile:
    """One file: its columns (required ones first) with their meaning, and what else there is to know of it."""

    name: str
    title: Said
    about: tuple[Said, ...]
    required: dict[str, Said]
    optional: dict[str, Said] = field(default_factory=dict)
    example: str = ""

    @property
    def columns(self) -> dict[str, Said]:
        """Return all columns, required ones first."""
        return {**self.required, **self.optional}


UNIT = ("单位代码", "the unit")
INDICATOR = ("指标代码", "the indicator")
READING: tuple[Said, ...] = (
    ("CSV(逗号分隔,UTF-8,有无 BOM 均可)或 Parquet;第一行为列名,列的次序不限。",
     "CSV (commas, UTF-8, with or without a BOM) or Parquet; the first line names the columns, in any order."),
    ("代码按文字读:CSV 中的 007 仍是 007。首尾空格去掉,空格子为空值。没有列出的列不读;和列名只差一两个字母的列会被拒绝。",
     "Codes are read as text: 007 in a CSV stays 007. Spaces around a cell are removed; an empty cell is null. Columns "
     "that are not listed are left alone; one that is a slip of the pen away from a name that is missing is refused."),
    ("数字写成 12、12.5 或 1e3;千位分隔符、百分号、单位、“约”都会被拒绝,并指出行号。",
     "Numbers are written 12, 12.5 or 1e3; thousands separators, per cent signs, units and words are refused with their "
     "line."),
)  # fmt: skip
INPUTS: dict[str, DataFile] = {
    "measurements": DataFile(
        "measurements.csv", ("填报值", "Measurements"),
        (
            ("每个单位、指标、周期(和分项)一行。必须有 value 列,或者 numerator 和 denominator 两列;都有也可以:"
             "比率类指标填分子分母,其余填 value。没有这一行就是缺报。",
             "One row a unit, indicator, period (and part). There must be the column value, or both numerator and "
             "denominator, or all three: ratios take the pair, everything else takes value. No row means not reported."),
            ("`period` 列可省略,也可留空:此时是截至所计周期的年初累计值。写了周期的,流量指标各期相加;上年同期、上一期的"
             "行供增幅计分。",
             "`period` may be left out or empty: the row then holds the year to date at the scored period. Where periods are "
             "written, a flow adds them up; rows of last year and of the period before serve growth."),
            ("`status` 可省略:有数为 reported,没有数为 missing。nil 是零报告,计数类为 0,覆盖率为不适用,其他不接受;"
             "not_applicable 是经批准不适用,not_assigned 是未分解,这样写的行都按 not_applicable 的规则不进分母;"
             "长期未分解的,写在 assignments.csv 中。",
             "`status` may be left out: with a number a row is reported, without one missing. nil is a nil return: 0 for "
             "counts, not applicable for coverage, refused elsewhere. not_applicable is granted, not_assigned never asked: rows "
             "of either leave by the parent's not_applicable rule. assignments.csv says what is never assigned."),
            ("分母为零、NaN、无穷大和不可能的数不得分,原因代码写明;同一格出现两次会被拒绝。",
             "A zero denominator, NaN, infinity and impossible numbers earn nothing, with a reason code; one cell twice is "
             "refused."),
        ),
        {"unit_code": UNIT, "indicator_code": INDICATOR},
        {
            "value": ("按指标计量单位填报的数;是否类为 0 或 1", "the number in the indicator's measure; 0 or 1 for boolean"),
            "numerator": ("分子", "the numerator of a ratio"),
            "denominator": ("分母", "the denominator of a ratio"),
            "period": ("周期,如 2023Q1;空为年初累计", "the period, such as 2023Q1; empty: the year to date"),
            "part": ("要件、里程碑、积分种类;评议为 组/评委号(组内唯一,不写姓名)",
                     "the item, stage or kind of point; in a panel group/rater (a number, never a name)"),
            "status": ("reported、nil、missing、not_applicable、not_assigned",
                       "reported, nil, missing, not_applicable or not_assigned"),
        },
        "unit_code,indicator_code,value,numerator,denominator,status\n"
        "HB-WH,T07-1,12,,,\nHB-WH,T09-1,,45,50,\nHB-JZ,T07-1,,,,nil\n",
    ),
    "units": DataFile(
        "units.csv", ("单位", "Units"),
        (("方案文件夹里的单位表须有 name;`--units` 给出的可不写。`--units` 代替方案自带的单位表,可以只是其中一部分单位。"
          "另加的列(如 region)可供 `within` 引用。",
          "The plan's own table needs name; one given by `--units` does not. `--units` replaces the plan's own units and may "
          "hold only some of them. Further columns, such as region, serve `within`."),),
        {"unit_code": UNIT, "class_code": ("类别;在类别内排名、定等次", "its class: ranks and grades hold inside it")},
        {
            "name": ("名称", "its name"), "name_en": ("英文名称", "its name in English"),
            "parent_code": ("上级单位", "the unit above it"),
            "aliases": ("别名,用 | 分隔", "other names, separated by |"),
            "valid_from": ("生效日,如 2023-01-01", "first day of validity, such as 2023-01-01"),
            "valid_to": ("失效日;周期末日无效的单位不计分", "last day; a unit not valid on a period's last day is left out"),
            "successor_code": ("合并、分设后的承接单位", "the unit that continues it after a merger or split"),
            "note": ("备注", "remark"),
        },
    ),
    "targets": DataFile(
        "targets.csv", ("目标值和其他参数", "Targets and other parameters"),
        (("每行一个参数,`name` 写参数名(见各计分方法带 ° 的参数)。从专到通查找:单位、类别、全部;每级内按周期、年份、空白。",
          "One parameter a row; `name` is one of those marked ° at its method. Looked up from the special to the general: "
          "unit, class, all; inside each the period, its year, empty."),),
        {"indicator_code": INDICATOR, "name": ("参数名,如 target、worst", "the parameter, such as target or worst"),
         "value": ("数值", "its value")},
        {"unit_code": ("只对这个单位", "for this unit alone"), "class_code": ("只对这个类别", "for this class alone"),
         "period": ("只在这一周期或年份", "in this period or year alone"), "note": ("备注", "remark")},
    ),
    "adjustments": DataFile(
        "adjustments.csv", ("加分、扣分、否决", "Adjustments"),
        (("体系之外对总分的加减和处理,`kind` 见下表。同一单位可有多行。不写 `period` 的行对所计的每个周期都有效;"
          "计全年时,各季度的行都计一次。",
          "What is added to, taken from or done to a total outside the tree; `kind` as below. A unit may have several "
          "rows. A row without `period` holds in every scored period; a year takes those of its quarters, each once."),),
        {"unit_code": UNIT, "kind": ("类型,见下表", "what it does, see below")},
        {
            "value": ("分值(正数)、天数或总分", "points (positive), days, or the total"),
            "code": ("加分类别,或方案中的否决代码", "the kind of bonus, or the plan's veto"),
            "grade": ("调整后的等次", "the grade set"), "period": ("周期", "the period"),
            "reason": ("理由", "why"), "document_no": ("依据文号", "the document it rests on"),
            "adjustment_id": ("编号", "its number"),
            "state": ("valid 或 withdrawn(已撤销,不计)", "valid, or withdrawn, which does not count"),
        },
        "unit_code,kind,value,code,document_no\nHB-WH,bonus,2,award,鄂科协〔2023〕9号\nHB-JZ,veto,,false_report,\n",
    ),
    "items": DataFile(
        "items.csv", ("台账条目", "Register items"),
        (("考核办登记的事实,计入 owner 不是 unit 的指标:同一单位、指标、周期、类型的条目相加。没有条目不是缺报,而是没有发生。"
          "覆盖率取 numerator、denominator(或 rectified、found)两种条目。",
          "Facts that the office enters, for indicators whose owner is not unit: items of one unit, indicator, period and kind "
          "add up. No item means that nothing happened, not that it was not reported. A coverage takes items of the kinds "
          "numerator and denominator (or rectified and found)."),),
        {"unit_code": UNIT, "indicator_code": INDICATOR, "period": ("周期", "the period"),
         "kind": ("条目类型:该指标方法的分项", "kind of item: a part of the indicator's method")},
        {
            "count": ("数量,空为 1", "how many; empty is 1"), "mark": ("评议得分", "a rater's mark"),
            "rater": ("评委在组内的编号,不写姓名", "the rater's number inside the group, never a name"),
            "role": ("lead 主责、partner 协作,按方案 credit 折算", "lead or partner of a shared event, by the plan's credit"),
            "item_id": ("编号", "its number"), "state": ("valid 或 withdrawn", "valid or withdrawn"),
            "happened_on": ("发生日期", "the day it happened"), "title": ("内容", "what it is"),
            "document_no": ("依据文号", "the document it rests on"),
        },
    ),
    "verifications": DataFile(
        "verifications.csv", ("核验结论", "Verifications"),
        (("只用于 `kaohe explain`;数据库中的核验由核验工作簿录入。同一格以 recorded_at 最新的为准。"
          "不予认可的一格没有值:流量指标的一期被否定,全年累计就没有值;只想不计这一期,请调整为 0。",
          "For `kaohe explain` on files; those of the warehouse come by the review workbook. Of one cell the newest by "
          "recorded_at counts. A refused cell has no value: of a flow, one refused period leaves the whole sum without "
          "one; to leave out that period alone, adjust it to 0."),),
        {"unit_code": UNIT, "indicator_code": INDICATOR, "period": ("周期", "the period"),
         "verdict": ("accepted 认可、adjusted 调整、refused 不予认可", "accepted, adjusted or refused"),
         "recorded_at": ("录入时间", "when it was entered")},
        {"part": ("分项;没有则空", "the part; empty where none"),
         "value": ("核定值", "the value that counts"), "numerator": ("核定分子", "the numerator that counts"),
         "denominator": ("核定分母", "the denominator that counts"), "reason": ("理由", "why"),
         "actor": ("核验人角色", "the reviewer's role")},
    ),
    "history": DataFile(
        "history.csv", ("以往各期结果", "History"),
        (("供连续结果规则使用:就是以往各期的 results 文件,加上 period 列。一次计多个周期时,前面周期的结果自动接上。",
          "For rules on consecutive results: the results files of earlier periods, with their period. Where several periods "
          "are scored at once, the results of the earlier ones are added by themselves."),),
        {"unit_code": UNIT, "period": ("周期", "the period")},
        {"class_code": ("类别", "its class"), "base": ("基础分", "the root's score"), "total": ("总分", "the total"),
         "rank": ("名次", "the rank"), "class_size": ("同类已排名单位数", "ranked units of the class"),
         "grade": ("等次", "the grade")},
    ),
}  # fmt: skip
OUTPUTS: dict[str, DataFile] = {
    "results": DataFile(
        "results.csv, results.parquet", ("结果", "Results"),
        (("每个单位一行;一次计多个周期时多一列 period。两个文件内容相同,CSV 带 BOM,可直接用表格软件打开。",
          "One row a unit; where several periods are scored at once there is a column period. Both files say the same; the "
          "CSV has a BOM, so that spreadsheets open it."),),
        {
            "unit_code": UNIT, "class_code": ("类别", "its class"),
            "base": ("基础分:根节点得分", "the root's score"), "bonus": ("实际计入的加分", "points added, after caps"),
            "deduction": ("实际扣分", "points taken, after caps"),
            "total": ("取整后的总分;空为停止计分或无可计分", "the rounded total; empty where scoring was stopped or impossible"),
            "rank": ("组内名次,1 为最好", "rank in its group, 1 the best"),
            "class_size": ("组内已排名单位数", "ranked units of the group"), "grade": ("等次代码", "the grade's code"),
            "reason_code": ("总分、名次或等次为何没有或被改动", "why total, rank or grade is absent or altered"),
        },
    ),
    "scores": DataFile(
        "scores.parquet", ("得分", "Scores"),
        (("每个单位、每个节点和指标一行;`--detail totals` 不写,`--detail nodes` 只写节点。",
          "One row a unit and node or indicator; `--detail totals` writes none, `--detail nodes` the inner nodes alone."),),
        {
            "unit_code": UNIT, "node_code": ("节点或指标", "the node or indicator"),
            "level": ("层级,根为 0", "depth in the tree, 0 for the root"),
            "score": ("0–100 分(指标可超过 100 至封顶);没有则空", "0 to 100, an indicator's up to its cap; empty where none"),
            "coverage_pct": ("其下适用权重中已报的百分比", "share of the applicable weight below that was reported, in %"),
            "weight_pct": ("在上级中的名义权重", "nominal weight within the parent"),
            "effective_weight_pct": ("重新分配后占该单位总分的权重", "weight in this unit's total after redistribution"),
            "contribution": ("对总分的贡献:得分 × 权重 / 100;非算术平均之下为空",
                             "score × effective weight / 100; empty below a node that is no arithmetic mean"),
            "reason_code": ("得分为何没有或被改动", "why the score is absent or altered"),
            "value": ("计分所用的数值(指标)", "the value the score was computed from (indicators)"),
            "target": ("所比的目标(按序时进度)", "the target it was compared with, on schedule"),
        },
    ),
}  # fmt: skip
KINDS: dict[str, tuple[Said, Said]] = {
    "bonus": (("加 value 分;code 为类别,受方案 bonus 的上限、条件、文号要求约束",
               "adds value points; code is its kind; the plan's bonus caps, opening and document rule hold"),
              ("value", "value")),
    "deduction": (("扣 value 分", "takes value points"), ("value", "value")),
    "late": (("迟报 value 天,按方案 late 扣分", "value days late; the plan's late says what that costs"), ("value", "value")),
    "false_report": (("虚报,按方案 false_report 扣分", "a false report; the plan's false_report says what it costs"), ("", "")),
    "cap": (("总分不超过 value", "the total does not exceed value"), ("value", "value")),
    "veto": (("一票否决,code 为方案 vetoes 中的代码", "a veto; code is one of the plan's vetoes"), ("code", "code")),
    "override_total": (("总分改为 value,停止计分的也恢复;排名、等次随之",
                        "sets the total to value, also where scoring was stopped; rank and grade follow"),
                       ("value", "value")),
    "override_grade": (("等次改为 grade", "sets the grade"), ("grade", "grade")),
}  # fmt: skip
"""Kind of adjustment → what it does, and the column it needs."""
