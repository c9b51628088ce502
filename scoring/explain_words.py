"""How explanations speak: numbers as people write them, names of values and methods, formulas with values put in."""

import re
from collections.abc import Callable, Mapping

from schemas.reasons import reason_text
from scoring.explain_model import Words

PLACEHOLDER = re.compile(r"\{(\w+)\}")

VALUES: dict[str, Words] = {
    "value": Words("完成值", "value"),
    "target": Words("目标值", "target"),
    "previous": Words("上期值", "earlier value"),
    "full": Words("应得总数", "full"),
    "baseline": Words("基期值", "baseline"),
    "threshold": Words("门槛值", "threshold"),
    "benchmark": Words("标杆值", "benchmark"),
    "worst": Words("最差值", "worst"),
    "best": Words("最优值", "best"),
    "cap": Words("封顶", "cap"),
    "floor": Words("保底", "floor"),
    "per_point_above": Words("每超1个百分点加分", "points per point above"),
    "per_point_below": Words("每欠1个百分点扣分", "points per point below"),
    "midpoint": Words("中点", "midpoint"),
    "steepness": Words("陡度", "steepness"),
    "met": Words("达到得分", "points if met"),
    "not_met": Words("未达到得分", "points if not met"),
    "at_zero": Words("零增长得分", "points at no change"),
    "full_marks_at": Words("满分所需积分", "points for full marks"),
    "full_marks": Words("满分", "full marks"),
    "x": Words("完成值", "value"),
    "mean": Words("平均值", "mean"),
    "sum": Words("合计", "sum"),
    "sd": Words("标准差", "standard deviation"),
    "rank": Words("名次", "rank"),
    "n": Words("单位数", "number of units"),
    "lower": Words("下界", "lower bound"),
    "upper": Words("上界", "upper bound"),
}

METHODS: dict[str, Words] = {
    "attainment": Words("目标完成率", "attainment"),
    "coverage": Words("覆盖率", "coverage"),
    "bands": Words("分档", "bands"),
    "milestones": Words("里程碑", "milestones"),
    "boolean": Words("是否", "yes or no"),
    "checklist": Words("要件清单", "checklist"),
    "growth": Words("增幅", "growth"),
    "points": Words("采用积分", "points"),
    "deductions": Words("扣分制", "deductions"),
    "panel": Words("评议", "panel"),
    "goalposts": Words("阈值标准化", "goalposts"),
    "log_goalposts": Words("对数阈值标准化", "log goalposts"),
    "logistic": Words("S 形曲线", "logistic curve"),
    "minmax": Words("最小最大标准化", "min-max"),
    "zscore": Words("标准分", "z-score"),
    "percentile": Words("百分位", "percentile"),
    "rank_points": Words("排名赋分", "rank points"),
    "share_of_best": Words("与最优值之比", "share of the best"),
    "share_of_total": Words("占比", "share of the total"),
    "distance_to_target": Words("与目标的距离", "distance to target"),
    "threshold_benchmark": Words("达标与改进", "threshold and benchmark"),
    "deciles": Words("十分位", "deciles"),
}

AGGREGATES: dict[str, Words] = {
    "arithmetic": Words("加权平均", "weighted mean"),
    "geometric": Words("加权几何平均", "weighted geometric mean"),
    "harmonic": Words("加权调和平均", "weighted harmonic mean"),
    "power": Words("加权幂平均", "weighted power mean"),
    "min": Words("取最低", "lowest child"),
    "max": Words("取最高", "highest child"),
    "sum": Words("加权求和", "weighted sum"),
    "product": Words("连乘", "product"),
}

STATUS: dict[str, Words] = {
    "reported": Words("已报", "reported"),
    "nil": Words("零报告", "nil return"),
    "missing": Words("未报", "missing"),
    "not_applicable": Words("不适用", "not applicable"),
    "not_assigned": Words("未分解", "not assigned"),
}

VERDICTS: dict[str, Words] = {
    "accepted": Words("核验认可", "accepted on verification"),
    "adjusted": Words("核验调整", "adjusted on verification"),
    "refused": Words("核验不予认可", "refused on verification"),
}

ORIGINS: dict[str, Words] = {
    "unit": Words("本单位的目标值表行", "row for this unit"),
    "class": Words("本类别的目标值表行", "row for its class"),
    "all": Words("全体的目标值表行", "row for all units"),
    "plan": Words("方案的方法参数", "the plan's method"),
}


def decimals(places: int) -> tuple[str, str]:
    """Return how many decimals are kept, in words."""
    return f"保留{places}位小数", f"{places} decimal{'' if places == 1 else 's'}"


def number(value: float | None, places: int = 4) -> str:
    """Write a number as people do: no exponent, at most ``places`` decimals, no trailing zeros; – for none.

    Numbers smaller than the last place keep four significant digits instead of becoming 0.
    """
    if value is None:
        return "–"
    if value != 0 and abs(value) < 0.5 * 10.0**-places:
        text = f"{value:.4g}"
        text = text if "e" not in text else f"{value:.20f}".rstrip("0")
    else:
        text = f"{value:.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.replace("-", "−")


def inside(value: float | None) -> str:
    """Write a number for use inside a formula: a negative one in brackets."""
    text = number(value)
    return f"({text})" if text.startswith("−") else text


def named(text: str) -> Words:
    """Return a formula's text with its values named in both languages."""

    def name(lang: str) -> str:
        def put(found: re.Match[str]) -> str:
            words = VALUES.get(found[1])
            return found[1] if words is None else words.get(lang)

        return PLACEHOLDER.sub(put, text)

    return Words(name("zh"), name("en"))


def filled(text: str, values: Mapping[str, float | None], write: Callable[[float | None], str] = inside) -> str | None:
    """Return a formula's text with its values put in; None where one of them is absent."""
    wanted = PLACEHOLDER.findall(text)
    if any(values.get(name) is None for name in wanted):
        return None
    return PLACEHOLDER.sub(lambda found: write(values[found[1]]), text)


def reason_words(code: str | None) -> Words | None:
    """Return a reason code's text in both languages; None for no reason."""
    return Words(reason_text(code, "zh"), reason_text(code, "en")) if code else None
