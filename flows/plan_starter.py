"""The files of ``kaohe plan new``: a plan of four indicators and six units, with a remark beside everything to change.

A remark holds both languages, ``# 中文 | English``; the one asked for is kept. In English there is no Chinese at all:
``ENGLISH`` says the words that are no remarks. All names and numbers are examples.
"""

import re

PLAN = """\
# 考核方案:各键的含义见 docs/plan-format.zh-CN.md | The plan; every key is explained in docs/plan-format.md
plan: my-plan                        # 方案代码 | the plan's code
version: 1                           # 每次修改后加一 | one more with each change
title: {zh: 我的考核方案, en: My assessment plan}
periods: [YEARQ1, YEARQ2, YEARQ3, YEARQ4]
time_zone: Asia/Shanghai             # 截止时间所在时区 | of deadlines, such as Africa/Nairobi or America/Sao_Paulo
full_marks: 100                      # 成绩单上的满分,如 100 或 1000 | full marks on scorecards, such as 100 or 1000
classes:                             # 单位只在同类中排名 | units are ranked inside their class only
  district: {zh: 区县, en: Districts}
  institute: {zh: 直属单位, en: Institutes}

tree:                                # 同级权重合计 100;指标写在 indicators.yaml | siblings sum to 100
  - {code: ROOT, title: {zh: 总分, en: Total}}
  - {code: WORK, parent: ROOT, title: {zh: 业务工作, en: Work}, weight: 70}
  - {code: BASE, parent: ROOT, title: {zh: 基础工作, en: Foundations}, weight: 30}

missing_report: zero                 # 未报送的指标计零分 | an indicator that was not reported scores zero

calendar:                            # 期末后几日内报送、截止 | days after the period until due, and until closed
  due: {days_after_period: 15}
  close: {days_after_period: 30}

adjustments:
  bonus: {cap: 5, document_required: true}    # 加分至多 5 分,须有文号 | 5 points at most, with a document number
  late: {per_day: 0.5, cap: 3}                # 迟报每日扣 0.5 分 | half a point for each day late
  not_reported: {points: 5}                   # 未报送扣 5 分 | five points where nothing was sent

total: {places: 2}                   # 总分保留两位小数,四舍五入 | two decimals, half up
rank: {tie_breakers: [WORK]}         # 总分相同时先比 WORK | equal totals are told apart by WORK
grades:                              # 由高到低;末等无条件 | best first; the last has no condition
  - {code: A, title: {zh: 优秀, en: Excellent}, floor: 90, quota: 0.34}   # 不超过三分之一 | at most a third
  - {code: B, title: {zh: 良好, en: Good}, floor: 75}
  - {code: C, title: {zh: 合格, en: Pass}, floor: 60}
  - {code: D, title: {zh: 不合格, en: Fail}}
"""

INDICATORS = """\
# 指标:计分方法共二十余种,见 docs/plan-format.zh-CN.md | Indicators; docs/plan-format.md lists all methods
- code: W1
  parent: WORK
  title: {zh: 服务活动场次, en: Service events}
  measure: 场
  weight: 60
  accumulation: flow                 # 各季相加为本年累计 | quarters add up to the year to date
  method: {kind: attainment, target: annual_share, cap: 100}   # 与全年目标的序时进度相比 | against the share due by now
  schedule: [0.25, 0.5, 0.75, 1]     # 各季末应完成的比例 | share due by the end of each quarter
- code: W2
  parent: WORK
  title: {zh: 培训覆盖率, en: Training coverage}
  measure: "%"
  weight: 40
  method: {kind: coverage, target: 90}        # 填分子和分母;90% 得满分 | numerator, denominator; 90 % is full marks
- code: B1
  parent: BASE
  title: {zh: 制度建设, en: Written rules}
  weight: 50
  accumulation: stage
  method: {kind: checklist, items: [财务, 安全, 档案]}   # 每建成一项得三分之一 | a third for each that is there
- code: B2
  parent: BASE
  title: {zh: 投诉件数, en: Complaints}
  measure: 件
  weight: 50
  accumulation: flow
  method: {kind: goalposts, worst: 10, best: 0}   # 越少越好:worst 大于 best | fewer is better: worst above best
"""

UNITS = """\
unit_code,name,name_en,class_code,aliases
D1,东区(示例),East (example),district,
D2,西区(示例),West (example),district,
D3,南区(示例),South (example),district,
I1,一所(示例),First institute (example),institute,
I2,二所(示例),Second institute (example),institute,
I3,三所(示例),Third institute (example),institute,
"""

TARGETS = """\
indicator_code,name,value,unit_code,class_code,period
W1,target,20,,district,YEAR
W1,target,12,,institute,YEAR
W1,target,24,D1,,YEAR
"""

MEASUREMENTS = """\
unit_code,indicator_code,period,part,value,numerator,denominator,status
D1,W1,YEARQ1,,6,,,reported
D1,W2,YEARQ1,,,81,90,reported
D1,B1,YEARQ1,财务,1,,,reported
D1,B1,YEARQ1,安全,1,,,reported
D1,B1,YEARQ1,档案,1,,,reported
D1,B2,YEARQ1,,,,,nil
D2,W1,YEARQ1,,4,,,reported
D2,W2,YEARQ1,,,45,100,reported
D2,B1,YEARQ1,财务,1,,,reported
D2,B2,YEARQ1,,2,,,reported
I1,W1,YEARQ1,,3,,,reported
I1,W2,YEARQ1,,,36,40,reported
I1,B2,YEARQ1,,1,,,reported
"""

FILES = {
    "plan.yaml": PLAN, "indicators.yaml": INDICATORS, "units.csv": UNITS, "targets.csv": TARGETS,
    "measurements.csv": MEASUREMENTS,
}  # fmt: skip
ENGLISH = {
    "measure: 场": "measure: events", "measure: 件": "measure: complaints",
    "time_zone: Asia/Shanghai": "time_zone: UTC          ", "财务": "finance", "安全": "safety", "档案": "records",
}  # fmt: skip
TITLE = re.compile(r"\{zh: [^,{}]+, en: (?P<en>[^{}]+)\}")
NAMES = re.compile(r"^(?P<code>[DI]\d),[^,!-~][^,]*,(?P<en>[^,]+),", re.MULTILINE)
REMARK = re.compile(r"# (?P<zh>[^|\n]+) \| (?P<en>[^\n]+)")


def starter_files(year: int, lang: str) -> dict[str, str]:
    """Return file name → text, for the quarters of a year, in one language; the Chinese has both kinds of titles."""
    texts = {name: text.replace("YEAR", f"{year:04d}") for name, text in FILES.items()}
    if lang == "zh":
        return {name: REMARK.sub(r"# \g<zh>", text) for name, text in texts.items()}
    return {name: _english(REMARK.sub(r"# \g<en>", text)) for name, text in texts.items()}


def _english(text: str) -> str:
    """Return a file with English alone: one text as each title, and names in the column that must be filled."""
    text = NAMES.sub(r"\g<code>,\g<en>,", TITLE.sub(r"\g<en>", text))
    for chinese, english in ENGLISH.items():
        text = text.replace(chinese, english)
    return text.replace("name,name_en,", "name,")
