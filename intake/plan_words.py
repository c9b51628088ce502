"""Texts of the plan workbook: its first sheet, what each sheet is for, the columns of its tables."""

# ruff: noqa: E501  -- wordings stand on one line each

GUIDE = (
    ("这个工作簿就是一份考核方案,和方案文件夹内容完全相同,可以互换。不用的表留空即可。",
     "This workbook is an assessment plan, the same as the plan's folder; either can be made from the other."),
    ("各表第一行是含义,第二行是键,请勿改动第二行;从第三行起填写,一行一项。带 * 的列必填,带 (*) 的中文、英文两列至少填一列,其余留空即取默认值。",
     "Row 1 says what a column means, row 2 is its key: leave it. Fill in from row 3. Columns with * must be filled, of two "
     "with (*) one; where others are blank the default holds."),
    ("选中一格,旁边会显示这一列的完整说明;有固定用词的格可从下拉列表选。",
     "Select a cell to see what its column means; where only some words are possible there is a list to choose from."),
    ("列表写成 [a, b],映射写成 {a: 1};方法的其他参数写在 method.+ 列,如 {trim: 1}。",
     "Write lists as [a, b] and mappings as {a: 1}; further parameters of a method stand in method.+."),
    ("没有用到的列已折叠,点表格上方的加号展开。计分方法和各键的详细说明见 docs/plan-format.zh-CN.md。",
     "Unused columns are folded; the plus sign above unfolds them. docs/plan-format.md explains every key."),
)  # fmt: skip
STEPS = (
    ("检查,问题会标在格子里:kaohe plan check 本文件.xlsx", "Check it; problems are marked in their cells: kaohe plan check THIS.xlsx"),
    ("转成方案文件夹,用于计分:kaohe plan convert 本文件.xlsx 方案文件夹",
     "Make the plan's folder, which scoring uses: kaohe plan convert THIS.xlsx FOLDER"),
)  # fmt: skip
PURPOSE = {
    "rules": ("名称、周期、时限、加减分、总分、排名等,一行一个规则", "name, periods, deadlines, bonuses, total, rank: one rule a row"),
    "classes": ("单位类别;权重、排名、等次只在类别内", "classes of units; weights, ranks and grades hold inside a class"),
    "tree": ("指标体系的节点,从根到板块、任务", "the nodes of the tree: root, sections, tasks"),
    "indicators": ("指标、权重和计分方法", "indicators, their weights and methods"),
    "grades": ("等次:从高到低,最后一等不写条件", "grades, the best first; the last has no condition"),
    "units.csv": ("被考核单位", "the units that are assessed"),
    "targets.csv": ("目标值、基期值、阈值,按单位、类别或全部", "targets, baselines and bounds: of a unit, a class or all"),
    "assignments.csv": ("任务分解的例外:谁报、谁不报、不适用", "exceptions to who is asked: named, not asked, not applicable"),
    "holidays.csv": ("节假日和调休上班日,用于算工作日", "holidays and make-up working days"),
    "bodies.csv": ("通知中的单位对应到哪个单位或类别", "bodies named in the notice, mapped to units or classes"),
}  # fmt: skip
TABLE_CHOICES = {
    "assignments.csv.role": ("lead", "partner"),
    "assignments.csv.state": ("assigned", "not_applicable", "not_assigned"),
    "holidays.csv.kind": ("holiday", "workday"),
    "bodies.csv.target_kind": ("unit", "class"),
}
TABLE_WORDS = {
    "targets.csv.name": "参数(target 等)", "targets.csv.value": "数值", "holidays.csv.name": "节日",
    "unit_code": "单位代码", "name": "名称", "name_en": "英文名称", "class_code": "类别代码",
    "parent_code": "上级单位", "aliases": "别名(用 | 分隔)", "valid_from": "生效日", "valid_to": "失效日",
    "successor_code": "承接单位", "note": "备注", "indicator_code": "指标代码", "value": "数值",
    "period": "周期或年份", "role": "角色", "state": "状态", "date": "日期",
    "kind": "类型", "body": "通知中的单位", "target_kind": "对应类型", "target_code": "对应代码",
}  # fmt: skip
SHORT = {
    "weights": ("权重怎么写", "kind of weights"), "accumulation": ("累计方式", "accumulation"),
    "reported": ("填报口径", "what is reported"), "method.target": ("目标", "target"),
    "method.direction": ("方向", "direction"), "scope": ("填报范围", "scope"), "owner": ("数据来源", "owner of the data"),
    "clamp": ("得分限度", "limits of the score"), "min_denominator": ("最小分母", "least denominator"),
    "per": ("比率乘以", "ratio times"), "assigned_to": ("分解给哪些类别", "assigned to classes"),
    "title.zh": ("名称(中文)", "title (Chinese)"), "title.en": ("名称(英文)", "title (English)"),
    "note.zh": ("说明(中文)", "remark (Chinese)"), "note.en": ("说明(英文)", "remark (English)"),
    "asked_in": ("只在本年第几期问", "asked in periods"), "schedule": ("序时进度(累计)", "schedule"),
}  # fmt: skip
"""Headings where a meaning does not begin with a name."""
