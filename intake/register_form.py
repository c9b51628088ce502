"""The columns of the register workbook's three lists."""

# ruff: noqa: E501  -- a column and its wordings stand on one line

from intake.grid import Grid, GridColumn
from schemas.findings import LEADS
from schemas.findings import STATES as FINDING_WORDS

RATIO_KINDS = ("numerator", "denominator", "rectified", "found")
STATES = {"valid": "有效", "withdrawn": "撤销"}
ROLES = {"lead": "主责", "partner": "协作"}
KINDS = {
    "bonus": "加分", "deduction": "扣分", "late": "迟报天数", "false_report": "虚报", "cap": "封顶", "veto": "一票否决",
    "override_total": "调整总分", "override_grade": "调整等次",
}  # fmt: skip

_STATE = GridColumn(
    "state",
    "状态",
    "State",
    8,
    "空白即有效;撤销时保留原行。",
    "Blank is valid; to withdraw, keep the row.",
    True,
    kind="choice",
    choices=STATES,
)

ITEMS = Grid(
    "台账",
    (
        GridColumn(
            "item_id",
            "编号",
            "Item",
            16,
            "留空由系统编号;改正已有条目须写原编号。",
            "Blank for a new item; the same id corrects it.",
            True,
        ),
        GridColumn(
            "unit_code",
            "单位",
            "Unit",
            18,
            "代码或全称。",
            "Code or name.",
            True,
            ("单位代码", "单位名称"),
            "unit",
            True,
        ),
        GridColumn(
            "indicator_code",
            "指标",
            "Indicator",
            12,
            "代码或名称。",
            "Code or title.",
            True,
            ("指标代码", "指标名称"),
            "indicator",
            True,
        ),
        GridColumn(
            "period", "周期", "Period", 10, "如 2023Q1。", "Such as 2023Q1.", True, ("考核周期",), "period", True
        ),
        GridColumn(
            "happened_on", "日期", "Day", 12, "如 2023-04-05。", "Such as 2023-04-05.", True, ("发生日期",), "date"
        ),
        GridColumn(
            "kind",
            "种类",
            "Kind",
            14,
            "采用、典型、检查结果、评委组等的种类。",
            "Kind of item, or group of raters.",
            True,
            ("类别", "分项"),
            "text",
            True,
        ),
        GridColumn("count", "数量", "Count", 8, "空白即1。", "Blank is 1.", True, ("件数", "次数"), "number"),
        GridColumn("mark", "评分", "Mark", 8, "评议的打分。", "A rater's mark.", True, ("打分",), "number"),
        GridColumn("rater", "评委编号", "Rater", 9, "编号,不写姓名。", "A number, never a name.", True),
        GridColumn(
            "role",
            "角色",
            "Role",
            8,
            "共同完成的事项:主责或协作。",
            "Of a shared event.",
            True,
            kind="choice",
            choices=ROLES,
        ),
        GridColumn("title", "事项", "What it is", 30, "", "", True, ("事项名称", "内容", "理由")),
        GridColumn(
            "document_no", "文号", "Document", 20, "依据文件。", "The document it rests on.", True, ("依据", "文件号")
        ),
        GridColumn("due_on", "整改期限", "Rectification due", 12, "", "", True, kind="date"),
        GridColumn("closed_on", "整改完成", "Rectified on", 12, "", "", True, ("销号日期",), "date"),
        _STATE,
    ),
    "Register",
)
ADJUSTMENTS = Grid(
    "加减分",
    (
        GridColumn("adjustment_id", "编号", "Adjustment", 16, "留空由系统编号;改正已有条目须写原编号。", "Blank for a new one; the same id corrects it.", True),
        GridColumn("unit_code", "单位", "Unit", 18, "代码或全称。", "Code or name.", True, ("单位代码", "单位名称"), "unit", True),
        GridColumn("period", "周期", "Period", 10, "如 2023Q1。", "Such as 2023Q1.", True, ("考核周期",), "period", True),
        GridColumn("kind", "类型", "Kind", 12, "加分、扣分、一票否决等。", "Bonus, deduction, veto and so on.", True, kind="choice", required=True, choices=KINDS),
        GridColumn("code", "事项代码", "Code", 14, "方案中的加分种类或否决事项。", "The plan's kind of bonus, or veto.", True),
        GridColumn("value", "分值", "Points", 8, "加分、扣分填正数;迟报填天数。", "Positive points; days for late.", True, ("天数",), "number"),
        GridColumn("grade", "等次", "Grade", 8, "调整等次时填。", "For an overridden grade.", True),
        GridColumn("reason", "理由", "Reason", 36, "必填。", "Required.", True, ("原因", "说明"), "text", True),
        GridColumn("document_no", "文号", "Document", 20, "依据文件。", "The document it rests on.", True, ("依据", "文件号")),
        _STATE,
    ),
    "Adjustments",
)  # fmt: skip
FINDINGS = Grid(
    "整改台账",
    (
        GridColumn("finding_id", "编号", "Finding", 18, "留空由系统编号;续填已有问题须写原编号。", "Blank for a new one; the same id continues it.", True),
        GridColumn("unit_code", "单位", "Unit", 16, "代码或全称。", "Code or name.", True, ("单位代码", "单位名称", "整改单位"), "unit", True),
        GridColumn("period", "发现周期", "Found in", 9, "如 2023Q1;以后各期自动结转。", "Such as 2023Q1; carried over until closed.", True, ("周期", "考核周期"), "period", True),
        GridColumn("standing", "现状", "Standing", 14, "按期限得出,不填。", "Follows from the due day; leave it.", aliases=("整改情况",)),
        GridColumn("found_on", "发现日期", "Found on", 11, "如 2023-04-05。", "Such as 2023-04-05.", True, kind="date", required=True),
        GridColumn("source", "来源", "Source", 10, "如专项督查、抽查核验。", "Such as inspection, spot check.", True, ("问题来源",)),
        GridColumn("node_code", "涉及指标", "Indicator", 9, "指标或任务代码,可不填。", "Code of an indicator or node, optional.", True),
        GridColumn("title", "发现问题", "What was found", 30, "", "", True, ("问题", "存在问题", "问题描述"), "text", True),
        GridColumn("demand", "整改要求", "What is demanded", 22, "", "", True),
        GridColumn("due_on", "整改期限", "Due on", 11, "改期须写本次说明。", "To move it, say why.", True, ("整改时限", "完成时限"), "date", True),
        GridColumn("state", "整改状态", "State", 9, "空白即未整改;逾期由系统得出。", "Blank: not begun; overdue follows by itself.", True, kind="choice", choices={code: FINDING_WORDS[code][0] for code in LEADS}),
        GridColumn("progress", "整改措施和进展", "Progress", 24, "", "", True, ("整改措施", "整改进展")),
        GridColumn("proof", "销号佐证", "Proof", 18, "销号必填:文件名或文号。", "Required to close: file or document number.", True, ("佐证材料",)),
        GridColumn("closed_on", "销号日期", "Closed on", 11, "销号必填。", "Required to close.", True, kind="date"),
        GridColumn("document_no", "文号", "Document", 16, "发现问题所依据的文件。", "The document it rests on.", True, ("依据",)),
        GridColumn("reason", "本次说明", "Why", 20, "退回、改期、重新整改、撤销须写。", "To send back, move, reopen or withdraw.", True, ("说明",)),
    ),
    "Findings",
)  # fmt: skip
