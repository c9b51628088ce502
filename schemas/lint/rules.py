"""Every rule of the linter: code → severity and what it demands, in both languages. And the collector of findings."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from schemas.errors import PlanProblem
from schemas.folder import Plan
from schemas.periods import Period
from schemas.plan import Indicator, Node

ERROR, WARNING, INFO = "error", "warning", "info"
RULES: dict[str, tuple[str, str, str]] = {
    # the tree and its weights
    "weight_missing": (ERROR, "同级要么都写权重,要么都不写", "siblings all have a weight, or none has"),
    "weights_sum": (ERROR, "同级权重对每个类别合计 100", "weights of siblings sum to 100 for every class"),
    "weights_factors": (
        WARNING,
        "求和、连乘的下级权重合计 100,或写明 factors",
        "weights below a sum or product sum to 100, or are factors",
    ),
    "weight_negative": (ERROR, "权重不为负", "no weight is negative"),
    "weight_moves": (INFO, "未分解的指标把权重让给别的指标", "weight that moves because indicators are not assigned"),
    "class_idle": (WARNING, "每个类别至少有一项指标", "every class has an indicator"),
    "class_unknown": (ERROR, "类别在 classes 中", "classes are known"),
    "node_empty": (ERROR, "节点有下级", "an inner node has children"),
    "node_unknown": (ERROR, "引用的节点存在", "nodes that are referred to exist"),
    "value_cycle": (ERROR, "节点得分不取决于自身", "no score depends on itself through value_from"),
    "zero_in_mean": (WARNING, "几何、调和平均的下级不会得0分", "a geometric or harmonic mean meets no zero"),
    "best_count": (ERROR, "取最好几项不超过下级数", "best is at most the number of children"),
    "best_mixed": (ERROR, "取最好几项时下级同为节点或同为指标", "best compares nodes or indicators, not both"),
    "power_range": (ERROR, "幂平均的指数在 −2 到 10 之间,不为 0", "exponents of power means: −2 to 10, not 0"),
    "best_rules": (ERROR, "取最好几项时缺项不取均值", "best fills open places with no mean"),
    "best_weights": (ERROR, "取最好几项时下级等权", "best needs equal weights"),
    "coverage_range": (ERROR, "min_coverage 在 0 到 1 之间", "min_coverage lies between 0 and 1"),
    "count_high": (ERROR, "min_count 不超过下级数", "min_count is at most the number of children"),
    "clamp_order": (ERROR, "clamp 先低后高", "clamp runs from low to high"),
    # methods
    "bands_order": (ERROR, "分档由低到高或由高到低排列", "bands are in order"),
    "bands_overlap": (ERROR, "分档不重叠", "bands do not overlap"),
    "bands_gap": (ERROR, "分档之间无空隙", "bands leave no gap"),
    "bands_open": (WARNING, "分档包括一切可能的数值", "bands take every possible value"),
    "band_ends": (ERROR, "档内线性计分要有上下界", "a band with two scores has both ends"),
    "goalposts_equal": (ERROR, "阈值不相等", "the two goalposts differ"),
    "goalposts_turned": (WARNING, "各行的两端方向一致", "rows of goalposts run in one direction"),
    "bounds_order": (ERROR, "下界小于上界", "a lower bound lies below the upper"),
    "range_order": (ERROR, "得分范围先低后高", "a range runs from low to high"),
    "cap_below_floor": (ERROR, "封顶不低于保底", "the cap is not below the floor"),
    "positive_expected": (ERROR, "应大于零的数大于零", "what must be above zero is"),
    "part_twice": (ERROR, "要件、里程碑代码不重复", "items and stages are unique"),
    "part_unknown": (ERROR, "cap_by_kind 的种类在 per_item 中", "cap_by_kind names kinds of per_item"),
    "stage_due": (ERROR, "里程碑在本年周期内到期", "milestones are due within the year"),
    "deciles_order": (ERROR, "十分位下限递增或递减,不超过十档", "decile bounds rise or fall, ten at most"),
    "winsorise_range": (ERROR, "缩尾分位数在 0 到 1 之间", "quantiles lie between 0 and 1, in order"),
    "group_target": (ERROR, "参照组的目标写一种", "a target of the group is given in one way"),
    "group_unknown": (ERROR, "参照组是单位表的列", "a reference group is a column of the units"),
    "key_idle": (WARNING, "单写不起作用的键没有单写", "a key that needs another one does not stand alone"),
    "per_differs": (WARNING, "取另一指标的填报值时 per 相同", "value_from another indicator has the same per"),
    "hq_for_all": (WARNING, "总部指标不问所有单位", "a headquarters indicator is not asked of all"),
    # targets.csv
    "target_indicator": (ERROR, "目标所指的指标存在", "targets name known indicators"),
    "target_unit": (ERROR, "目标所指的单位存在", "targets name known units"),
    "target_class": (ERROR, "目标所指的类别存在", "targets name known classes"),
    "target_name": (ERROR, "name 是该指标方法的参数", "name is a parameter of the indicator's method"),
    "target_period": (ERROR, "目标的周期在方案中", "a target's period is the plan's"),
    "target_twice": (ERROR, "同一目标只写一次", "a target is given once"),
    "target_positive": (ERROR, "目标值大于零", "targets of attainment are above zero"),
    "target_missing": (ERROR, "每个任务都有所需的目标、基期或阈值", "every assignment has the targets it needs"),
    "targets_elsewhere": (WARNING, "没有 targets.csv 时另给目标", "targets come from elsewhere"),
    # assignments.csv, units.csv, bodies.csv
    "assignment_indicator": (ERROR, "任务分解的指标存在", "assignments name known indicators"),
    "assignment_unit": (ERROR, "任务分解的单位存在", "assignments name known units"),
    "assignment_role": (ERROR, "role 是 lead 或 partner", "role is lead or partner"),
    "assignment_state": (ERROR, "state 是三个词之一", "state is one of three words"),
    "assignment_period": (ERROR, "任务分解的周期在方案中", "an assignment's period is the plan's"),
    "assignment_twice": (ERROR, "同一任务只写一次", "an assignment is given once"),
    "unassigned": (WARNING, "每项指标都有单位填报", "every indicator is asked of someone"),
    "unit_class": (ERROR, "单位的类别存在", "units have a known class"),
    "unit_date": (ERROR, "有效期是日期,先后有序", "dates of validity are dates, in order"),
    "unit_overlap": (ERROR, "同一单位的有效期不重叠", "dates of validity of a unit do not overlap"),
    "unit_successor": (ERROR, "继任单位、上级单位存在", "successor and parent units exist"),
    "unit_name_twice": (WARNING, "名称和别名只指一个单位", "a name or alias means one unit"),
    "body_target": (ERROR, "部门对应的单位或类别存在", "bodies are mapped to known units or classes"),
    "body_unknown": (WARNING, "主责、协作部门在 bodies.csv 中", "lead and partner bodies are mapped"),
    "cells_limit": (ERROR, "每单位每周期填报不超过上限", "no unit is asked for more cells than the limit"),
    "quota_small": (WARNING, "名额比例在类别中至少得一名", "a quota gives a place in every class"),
    "relative_small": (WARNING, "参照组不过小", "reference groups are large enough"),
    # time
    "period_bad": (ERROR, "周期写法正确", "periods can be read"),
    "period_kinds": (ERROR, "周期同为季度、半年、月或年", "periods are of one kind"),
    "period_twice": (ERROR, "周期不重复", "periods are unique"),
    "date_bad": (ERROR, "日期写法正确,先后有序", "dates can be read and are in order"),
    "asked_in_range": (ERROR, "asked_in 在本年周期内", "asked_in lies within the year"),
    "schedule_length": (ERROR, "序时进度每个周期一个数", "a schedule has one share for each period"),
    "schedule_order": (ERROR, "序时进度不减,到1为止", "a schedule rises from 0 to 1"),
    "phases_order": (ERROR, "阶段先后有序,不重叠", "phases are in order and do not overlap"),
    "due_rule": (ERROR, "时限只用一种写法,截止不早于到期", "a deadline is given in one way, due before closed"),
    "time_zone": (ERROR, "时区存在", "the time zone exists"),
    "holidays_file": (ERROR, "节假日文件在方案文件夹内", "the file of holidays is in the folder"),
    "holidays_none": (INFO, "按工作日计时限时有节假日表", "working days need a list of holidays"),
    "year_weights": (ERROR, "季度权重每个周期一个数", "quarter weights: one for each period"),
    "year_weights_sum": (WARNING, "季度权重合计 1", "quarter weights sum to 1"),
    # total, rank, grades, adjustments
    "grade_twice": (ERROR, "等次代码不重复", "grade codes are unique"),
    "grade_floors": (ERROR, "等次分数线逐级降低", "grade floors fall"),
    "grade_last": (ERROR, "末等无条件,其余有条件", "only the last grade has no condition"),
    "grade_unknown": (ERROR, "引用的等次存在", "grades that are referred to exist"),
    "grades_needed": (ERROR, "否决和连续规则需要等次", "vetoes and rules on grades need grades"),
    "quota_range": (ERROR, "比例在 0 到 1 之间", "quotas lie between 0 and 1"),
    "quotas_sum": (ERROR, "比例合计不超过 100%", "quotas sum to at most 100 %"),
    "lights_order": (ERROR, "亮灯界限有序", "limits of lights are in order"),
    "points_negative": (ERROR, "扣分、上限写正数", "points and caps are not negative"),
    "late_steps": (ERROR, "迟报分段按天数递增", "steps of lateness rise"),
    "condition_empty": (ERROR, "连续结果规则有条件", "a rule on consecutive results has a condition"),
    "conversion_incomplete": (ERROR, "折算写全,分值不超过满分", "conversions are complete, within their full marks"),
    # against the plan before
    "not_comparable": (ERROR, "含义或满分改变的指标注明 comparable_from", "changed indicators say comparable_from"),
}  # fmt: skip

# What the loader itself refuses, before any rule on the whole.
LOADER_RULES: dict[str, tuple[str, str]] = {
    "no_plan": ("方案文件夹存在", "the plan's folder exists"),
    "file_missing": ("必需的文件存在", "the files that a plan needs exist"),
    "file_empty": ("YAML 文件不空", "YAML files are not empty"),
    "not_utf8": ("文件为 UTF-8 编码", "files are UTF-8"),
    "no_yaml": ("YAML 写法正确", "the YAML can be read"),
    "key_twice": ("键不重复", "a key occurs once"),
    "unknown_key": ("键都认识", "every key is known"),
    "key_missing": ("必需的键都在", "keys that are needed are there"),
    "bad_value": ("值的类型和用词正确", "values have the right type or word"),
    "one_root": ("只有一个根节点", "there is one root"),
    "code_twice": ("代码不重复", "codes are unique"),
    "orphan": ("上级存在", "parents exist"),
    "cycle": ("上级关系不成环", "parents form no cycle"),
    "no_csv": ("CSV 写法正确", "the CSV can be read"),
    "row_too_long": ("每行格数不多于表头", "a row has no more cells than the heading"),
    "unknown_column": ("列都认识", "every column is known"),
    "column_missing": ("必需的列都在", "columns that are needed are there"),
    "cell_empty": ("必填的格不空", "cells that are needed are filled"),
    "number_expected": ("数字列是数字", "numbers are numbers"),
    "bad_date": ("节假日是日期", "holidays are dates"),
    "holiday_twice": ("一天只有一种安排", "a day is either a holiday or a working day"),
}


class Findings:
    """Collects problems; knows the line of every key."""

    def __init__(self, plan: Plan, periods: Sequence[Period] | None = None) -> None:
        """Limit what is said of cells (asked, targets) to ``periods``; None: all of the plan's."""
        self.plan = plan
        self.periods = periods
        self.problems: list[PlanProblem] = []
        self._places: dict[str, tuple[str, tuple[Any, ...]]] = {
            **{n.code: ("plan.yaml", ("tree", i)) for i, n in enumerate(plan.file.tree)},
            **{x.code: ("indicators.yaml", (i,)) for i, x in enumerate(plan.indicators)},
        }

    def _add(self, code: str, file: str, line: int | None, zh: str, en: str) -> None:
        self.problems.append(PlanProblem(code, file, line, zh, en, severity=RULES[code][0]))

    def _line(self, file: str, path: tuple[Any, ...]) -> int | None:
        lines = self.plan.lines.get(file, {})
        return next((lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in lines), None)

    def plan_key(self, code: str, path: Iterable[Any], zh: str, en: str) -> None:
        """Report a key of ``plan.yaml``, at the nearest line there is."""
        self._add(code, "plan.yaml", self._line("plan.yaml", tuple(path)), zh, en)

    def item(self, code: str, item: Node | Indicator, path: Iterable[Any], zh: str, en: str) -> None:
        """Report a key of a node or an indicator; the sentence starts with its code."""
        file, base = self._places[item.code]
        self._add(code, file, self._line(file, (*base, *path)), f"{item.code}:{zh}", f"{item.code}: {en}")

    def row(self, code: str, file: str, line: int, zh: str, en: str) -> None:
        """Report a row of a table."""
        self._add(code, file, line, zh, en)


def nearest(word: str, known: Iterable[str]) -> tuple[str, str]:
    """Return “did you mean” in both languages: the nearest word, else some of those known."""
    words = [str(k) for k in known]
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"是否想写“{near[0]}”?", f"Did you mean '{near[0]}'?"
    return (f"可用:{few(words)}。", f"Known: {few(words, 'en')}.") if words else ("", "")


def few(words: Iterable[str], lang: str = "zh", most: int = 8) -> str:
    """List some words and how many more there are."""
    every = list(words)
    comma = "、" if lang == "zh" else ", "
    more = len(every) - most
    if more <= 0:
        return comma.join(every)
    return comma.join(every[:most]) + (f" 等 {len(every)} 个" if lang == "zh" else f" and {more} more")
