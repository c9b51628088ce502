"""Reason codes: every number that is absent or altered carries one, with a text in both languages.

Several may hold at once; the engine keeps the one of highest priority (the order of this table, first wins).
"""

REASONS: dict[str, tuple[str, str]] = {
    # adjustments to a total
    "veto_stop_scoring": ("一票否决,停止计分", "vetoed: scoring stopped"),
    "veto_lowest_grade": ("一票否决,定为最低等次", "vetoed: lowest grade"),
    "veto_one_grade_lower": ("降低等次", "graded lower"),
    "veto_no_top_grade": ("取消评优资格", "vetoed: not eligible for the top grade"),
    "override": ("经批准调整", "overridden with a recorded reason"),
    "consecutive": ("连续结果规则", "rule on consecutive results"),
    "total_capped": ("总分封顶", "total capped"),
    "total_floored": ("扣分不低于下限", "deductions stopped at the floor"),
    "bonus_closed": ("基础分未达加分条件", "base below the bonus condition"),
    "bonus_capped": ("加分封顶", "bonus capped"),
    "bonus_undocumented": ("加分缺少文件依据", "bonus without a document, not counted"),
    "quota_reached": ("等次名额已满", "grade's quota reached"),
    "quota_tie": ("名额边界并列,均不授予", "tie at the quota's edge, none takes the place"),
    "node_below_floor": ("单项得分低于等次要求", "a node is below what the grade requires"),
    # a node
    "below_min_coverage": ("已报权重低于最低要求", "reported weight below the minimum coverage"),
    "below_min_count": ("已报项数低于最低要求", "fewer children than the minimum count"),
    "no_children": ("没有可计分的下级", "nothing below to score"),
    "clamped": ("得分限于 0–100", "score limited to its range"),
    # a value
    "imputed": ("按缺项规则计分", "imputed by the missing rule"),
    "not_reported": ("未报送", "not reported"),
    "refused": ("核验不予认可", "refused on verification"),
    "adjusted": ("核验调整", "adjusted on verification"),
    "not_applicable": ("不适用", "not applicable"),
    "not_assigned": ("未分解任务", "not assigned"),
    "nil": ("零报告", "nil return"),
    "nil_not_allowed": ("该指标不得零报告", "a nil return is not allowed here"),
    "gap": ("以前季度缺报,累计数缺失", "an earlier period is missing from the year to date"),
    "not_finite": ("数值不是有限数", "value is not a finite number"),
    "too_few_cases": ("样本数低于最低要求", "fewer cases than the minimum"),
    "zero_denominator": ("分母为零", "zero denominator"),
    "no_target": ("没有目标值", "no target"),
    "bad_target": ("目标值不大于零", "target is not above zero"),
    "no_baseline": ("没有基期值", "no baseline value"),
    "bad_baseline": ("基期值为零或负", "baseline is zero or negative"),
    "bad_parameter": ("参数无法计算", "parameters cannot be computed with"),
    "out_of_bands": ("数值不在任何分档内", "value lies in no band"),
    "impossible_value": ("数值不可能(如为负数)", "impossible value, such as a negative count"),
    "too_large": (
        "得分超出可精确相加的范围(九百万),请用更大的计量单位或写 cap",
        "score beyond what can be added up exactly (nine million): use a larger unit of measure, or a cap",
    ),
    "group_too_small": ("参照组过小", "reference group too small"),
    "no_spread": ("参照组数值全部相同", "all values of the reference group are equal"),
    "too_few_raters": ("评议人数不足", "too few raters"),
    "not_due": ("节点尚未到期", "nothing due yet"),
    "outlier_treated": ("极端值已处理", "outlier treated"),
    "capped": ("得分封顶", "score capped"),
    "floored": ("得分保底", "score raised to its floor"),
}


def reason_text(code: str | None, lang: str) -> str:
    """Return the reason's text in ``zh`` or ``en``; empty for no reason."""
    if not code:
        return ""
    zh, en = REASONS[code]
    return zh if lang == "zh" else en
