"""The plan's settings as sentences of the rule book, in Chinese and English."""

from collections.abc import Iterator

from schemas.plan import Consecutive, Conversion, DueRule, Indicator, Node, PlanFile, Power, Value
from scorecards.edition import Edition
from scorecards.numbers import counted, plain
from scorecards.typeset import typeset

Said = tuple[str, str]  # what leads the paragraph, and its text

_AGGREGATES = {
    "geometric": ("加权几何平均", "weighted geometric mean"), "harmonic": ("加权调和平均", "weighted harmonic mean"),
    "min": ("取下级最低分", "the lowest child"), "max": ("取下级最高分", "the highest child"),
    "sum": ("加权求和", "weighted sum"), "product": ("各下级连乘", "the product of the children"),
}  # fmt: skip
_FREQUENCY = {
    "month": ("每月", "monthly"), "quarter": ("每季度", "quarterly"), "half_year": ("每半年", "half-yearly"),
    "year": ("每年", "yearly"),
}  # fmt: skip
_EFFECTS = {
    "stop_scoring": ("不予计分", "no score"), "no_top_grade": ("取消评优资格", "not eligible for the top grade"),
    "one_grade_lower": ("降低一个等次", "one grade lower"),
    "lowest_grade": ("直接定为最低等次", "the lowest grade"), "flag": ("予以提示", "flagged"),
}  # fmt: skip
_YEAR = {
    "rescore_year_to_date": ("按全年累计数重新计分一次", "scored once more on the year to date"),
    "mean_of_quarters": ("为各季度基础分的平均", "the mean of the quarters' bases"),
    "last_quarter": ("以最后一个季度为准", "the last quarter"),
    "weighted_quarters": ("为各季度基础分加权", "the quarters' bases, weighted"),
}


def _say(lang: str, zh: str, en: str) -> str:
    return zh if lang == "zh" else en


def _pick(pair: Said, lang: str) -> str:
    return pair[0] if lang == "zh" else pair[1]


def node_rule(node: Node, lang: str) -> str:
    """Return what a node does otherwise than the default: its mean, absent children, minimum coverage, limits."""
    said = _aggregate(node, lang)
    if node.missing is not None:
        said.append(_say(lang, "缺项：", "missing: ") + absent_rule(node.missing, lang))
    if node.not_applicable != "redistribute":
        said.append(_say(lang, "不适用：", "not applicable: ") + absent_rule(node.not_applicable, lang))
    if node.min_coverage:
        share = plain(100 * node.min_coverage)
        said.append(_say(lang, f"已报权重低于 {share}% 不计分", f"no score below {share} % of weight reported"))
    if node.min_count:
        said.append(_say(lang, f"至少 {node.min_count} 项计分", f"at least {node.min_count} children scored"))
    if node.best:
        said.append(_say(lang, f"只计得分最高的 {node.best} 项", f"only the best {node.best} count"))
    if node.clamp == "none":
        said.append(_say(lang, "得分不限于0至100", "not kept within 0 and 100"))
    if node.places is not None:
        said.append(_say(lang, f"保留 {node.places} 位小数", f"rounded to {decimals(node.places)}"))
    return _say(lang, "；", "; ").join(said)


def indicator_rule(item: Indicator, lang: str) -> str:
    """Return what an indicator does otherwise than the default: too few cases, rounding of its value and score."""
    said = []
    if item.min_denominator is not None:
        low = plain(item.min_denominator)
        few = {"missing": ("视为缺项", "counts as missing"), "not_applicable": ("视为不适用", "does not apply")}
        flat = "" if isinstance(item.too_few, str) else plain(item.too_few.value)
        what = few[item.too_few] if isinstance(item.too_few, str) else (f"记 {flat} 分", f"scores {flat}")
        said.append(_say(lang, f"分母不足 {low} 的{what[0]}", f"a denominator below {low} {what[1]}"))
    if item.value_places is not None:
        n = item.value_places
        said.append(_say(lang, f"数值先保留 {n} 位小数", f"the value is rounded to {decimals(n)} first"))
    if item.places is not None:
        n, points = item.places, item.places_of == "points"
        said.append(
            _say(lang, f"{'折成的分值' if points else '得分'}保留 {n} 位小数",
                 f"{'its points are' if points else 'the score is'} rounded to {decimals(n)}")
        )  # fmt: skip
    return _say(lang, "；", "; ").join(said)


def decimals(places: int) -> str:
    """Return a number of decimals in English."""
    return f"{places} decimal{'' if places == 1 else 's'}"


def _aggregate(node: Node, lang: str) -> list[str]:
    if isinstance(node.aggregate, Power):
        p = plain(node.aggregate.power)
        return [_say(lang, f"加权幂平均，指数 {p}", f"power mean, exponent {p}")]
    return [] if node.aggregate == "arithmetic" else [_pick(_AGGREGATES[node.aggregate], lang)]


def absent_rule(rule: Value | str, lang: str) -> str:
    """Return how what is absent counts."""
    if isinstance(rule, Value):
        return _say(lang, f"按 {plain(rule.value)} 分计", f"counts as {plain(rule.value)}")
    words = {
        "zero": ("计0分", "counts as 0"), "exclude": ("退出分母", "leaves the denominator"),
        "class_mean": ("按本类平均计", "counts as the class's mean"),
        "redistribute": ("退出分母，其余按比例分担", "leaves the denominator"),
    }  # fmt: skip
    return _pick(words[rule], lang)


def adjustments(file: PlanFile, lang: str) -> Iterator[Said]:
    """Yield missing reports, bonuses, deductions, late, false and absent reports, vetoes."""
    yield (
        _say(lang, "未报送的指标。", "Indicators not reported. "),
        _say(lang, "应报未报的指标", "What was asked and not reported ") + absent_rule(file.missing_report, lang)
        + _say(lang, "，节点另有规定的从其规定。", " unless its node says otherwise."),
    )  # fmt: skip
    bonus, rules = file.adjustments.bonus, file.adjustments
    said = [_say(lang, "加分" + ("须有文件依据" if bonus.document_required else "须说明理由"),
                 "A bonus needs " + ("a document" if bonus.document_required else "a reason"))]  # fmt: skip
    if bonus.cap is not None:
        said.append(_say(lang, f"合计不超过 {plain(bonus.cap)} 分", f"at most {_points(bonus.cap)} in all"))
    said += [_say(lang, f"{c} 不超过 {plain(v)} 分", f"{c} at most {_points(v)}") for c, v in bonus.cap_by_code.items()]
    if bonus.opens_at_base is not None:
        base = plain(bonus.opens_at_base)
        said.append(_say(lang, f"基础分达到 {base} 分方可加分", f"only from a base of {base} points"))
    yield _say(lang, "加分。", "Bonuses. "), _sentence(said, lang)
    said = [_say(lang, "扣分须说明理由", "A deduction needs a reason")]
    if rules.deduction.cap is not None:
        said.append(
            _say(lang, f"合计不超过 {plain(rules.deduction.cap)} 分", f"at most {_points(rules.deduction.cap)} in all")
        )
    if rules.deduction.floor is not None:
        floor = plain(rules.deduction.floor)
        said.append(_say(lang, f"扣至总分 {floor} 分为止", f"not below a total of {floor}"))
    said += _late(file, lang)
    if rules.not_reported:
        points = plain(rules.not_reported.points)
        said.append(
            _say(lang, f"整份未报送扣 {points} 分", f"no report at all costs {_points(rules.not_reported.points)}")
        )
    if rules.false_report:
        points = plain(rules.false_report.points)
        said.append(_say(lang, f"虚报扣 {points} 分", f"a false report costs {_points(rules.false_report.points)}"))
    yield _say(lang, "扣分。", "Deductions. "), _sentence(said, lang)
    if rules.vetoes:
        said = []
        for code, veto in rules.vetoes.items():
            name = typeset(veto.title.get(lang), lang) if veto.title else code
            points = (
                _say(lang, f"，并扣 {plain(veto.points)} 分", f" and {plain(veto.points)} points")
                if veto.points
                else ""
            )
            said.append(f"{name}{_say(lang, '：', ': ')}{_pick(_EFFECTS[veto.effect], lang)}{points}")
        yield _say(lang, "一票否决。", "Vetoes. "), _sentence(said, lang)


def _late(file: PlanFile, lang: str) -> list[str]:
    late, said = file.adjustments.late, []
    if late is None:
        return []
    if late.per_day:
        cap = (
            _say(lang, f"，最多 {plain(late.cap)} 分", f", at most {_points(late.cap)}") if late.cap is not None else ""
        )
        said.append(
            _say(lang, f"迟报每天扣 {plain(late.per_day)} 分{cap}", f"each day late costs {_points(late.per_day)}{cap}")
        )
    if late.grace_days:
        said.append(_say(lang, f"宽限 {late.grace_days} 天", counted(late.grace_days, "day") + " of grace"))
    for step in late.steps:
        points = plain(step.points)
        said.append(
            _say(
                lang,
                f"迟报满 {step.from_day} 天扣 {points} 分",
                f"from day {step.from_day} on it costs {_points(step.points)}",
            )
        )
    return said


def _points(points: float) -> str:
    """Return a number of points in English: 1 point, 0.5 points."""
    return f"{plain(points)} {'point' if points == 1 else 'points'}"


def _sentence(said: list[str], lang: str) -> str:
    return _say(lang, "；".join(said) + "。", "; ".join(said) + ".")


def grade_rules(file: PlanFile, lang: str) -> str:
    """Return how places of a quota are counted."""
    if all(g.quota is None and not g.quota_by_class for g in file.grades):
        return _say(lang, "按下表条件评定。", "By the conditions of the table.")
    rounding = {
        "floor": ("舍去小数", "rounded down"),
        "ceil": ("进一", "rounded up"),
        "half_up": ("四舍五入", "rounded half up"),
    }
    quota = file.quota
    own = file.rank.within == "class"
    ours, whose = (
        ("本类参加排名", "of the class's ranked units") if own else ("一起排名的", "of the units ranked together")
    )
    edge = {"exclude": ("不进入", "stays out"), "include": ("一并进入", "comes in whole")}[quota.edge_tie]
    together = ("，含更高等次", ", better grades included") if quota.counted == "cumulative" else ("", "")
    return _say(
        lang,
        f"名额按{ours}单位数计算{together[0]}，{rounding[quota.rounding][0]}，至少 {quota.minimum} 个；"
        f"名额边缘并列的{edge[0]}。",
        f"Shares are {whose}{together[1]}; places are {rounding[quota.rounding][1]}, at least "
        f"{quota.minimum}; a tie for the last place {edge[1]}.",
    )


def year_rule(file: PlanFile, lang: str) -> str:
    """Return how quarters become the year."""
    text = _say(lang, "年度得分", "The year: ") + _pick(_YEAR[file.year.rule], lang)
    if file.year.weights:
        shares = " : ".join(plain(w) for w in file.year.weights)
        text += _say(lang, f"，各季度权重 {shares}", f", weights {shares}")
    if file.year.year_end:
        text += _say(
            lang, f"，年终占 {plain(100 * file.year.year_end)}%", f", year-end {plain(100 * file.year.year_end)} %"
        )
    return text + _say(lang, "。", ".")


def consecutive(file: PlanFile, lang: str) -> Iterator[str]:
    """Yield each rule on consecutive results."""
    for rule in file.consecutive:
        yield _say(
            lang,
            f"{typeset(rule.title.zh)}：连续 {rule.periods} 期{_condition(rule, lang)}的，{_EFFECTS[rule.effect][0]}。",
            f"{rule.title.get('en')}: {rule.periods} periods running {_condition(rule, lang)}: "
            f"{_EFFECTS[rule.effect][1]}.",
        )


def _condition(rule: Consecutive, lang: str) -> str:
    said, when = [], rule.condition
    if when.grade is not None:
        said.append(_say(lang, f"等次为 {when.grade}", f"grade {when.grade}"))
    if when.bottom is not None:
        said.append(_say(lang, f"列本类最后 {when.bottom} 名", f"among the last {when.bottom} of the class"))
    if when.below is not None:
        said.append(_say(lang, f"总分低于 {plain(when.below)}", f"a total below {plain(when.below)}"))
    return _say(lang, "、", " and ").join(said)


def conversions(file: PlanFile, edition: Edition) -> Iterator[str]:
    """Yield each conversion to the parent organisation's scale."""
    for one in file.conversions:
        title = typeset(one.title.get(edition.lang), edition.lang)
        of = edition.node_title(one.node) if one.node else edition.word("total")
        yield f"{title}{_say(edition.lang, '：', ': ')}{conversion_rule(one, of, edition)}"


def conversion_rule(one: Conversion, of: str, edition: Edition) -> str:
    """Return a conversion's rule in one sentence."""
    lang, full = edition.lang, plain(one.full_marks)
    if one.by == "linear":
        low = plain(one.zero_at)
        return _say(
            lang,
            f"满分 {full} 分，{of} {low} 分折0分、100分折满分，其间按比例，保留 {one.places} 位小数。",
            f"full marks {full}; {of} {low} counts 0, 100 full marks, in proportion between, {one.places} decimals.",
        )
    if one.by == "bands":
        steps = edition.listed(f"≥{plain(b.from_)} → {plain(b.points)}" for b in one.bands)
    else:
        steps = edition.listed(f"{edition.grade_title(g)} → {plain(v)}" for g, v in one.grades.items())
    return _say(lang, f"满分 {full} 分，按{of}：{steps}。", f"full marks {full}, by {of}: {steps}.")


def calendar(file: PlanFile, lang: str) -> Iterator[str]:
    """Yield deadlines, lights of reporting, public notice and appeals."""
    c = file.calendar
    yield _say(
        lang,
        f"每个周期结束后{_due(c.due, lang)}前报送；报送截止为{_due(c.close, lang)}，此后收到的由考核办决定是否准予。"
        f"逾期 {c.yellow_at} 天亮黄灯，{c.red_at} 天亮红灯。",
        f"Reports are due {_due(c.due, lang)} after the period's end; collection closes {_due(c.close, lang)} after "
        f"it, and what comes later is admitted by the office or not. A report is yellow from "
        f"{counted(c.yellow_at, 'day')} after the due day, red from {counted(c.red_at, 'day')}.",
    )
    yield _say(
        lang,
        f"期限前 {c.notice_days} 天提醒尚未报送的单位。结果审定前公示 {c.appeal_days} 天，有异议的可在此期间申诉，"
        f"考核办在 {c.answer_days} 天内答复。公布后如需更正，说明理由重新启用，另出新版，原版保留。",
        f"Units that have not reported are reminded {counted(c.notice_days, 'day')} before the due day. Results are on "
        f"public notice for {counted(c.appeal_days, 'day')} before approval; a unit may appeal meanwhile and is "
        f"answered within {counted(c.answer_days, 'day')}. A correction after publication is a new edition; the old "
        "one stays.",
    )


def _due(rule: DueRule, lang: str) -> str:
    if rule.working_days_after_period is not None:
        return _say(
            lang,
            f"第 {rule.working_days_after_period} 个工作日",
            counted(rule.working_days_after_period, "working day"),
        )
    if rule.days_after_period is not None:
        return _say(lang, f"第 {rule.days_after_period} 天", counted(rule.days_after_period, "day"))
    return _say(lang, "（未定）", "(not set)")


def frequency(item: Indicator, lang: str) -> str:
    """Return how often an indicator is asked, or in which periods of the year."""
    if item.asked_in is not None:
        named = "、".join(map(str, item.asked_in)) if lang == "zh" else ", ".join(map(str, item.asked_in))
        return _say(lang, f"第 {named} 期", f"period {named}")
    return _pick(_FREQUENCY[item.frequency], lang)


def reporter(item: Indicator, lang: str) -> str:
    """Return who reports an indicator, and whether with evidence."""
    who = {
        "unit": ("单位填报", "the unit"), "office": ("考核办录入", "the office"), "system": ("系统生成", "the system"),
    }[item.owner]  # fmt: skip
    proof = _say(lang, "，附证明", ", with evidence") if item.evidence == "required" and item.owner == "unit" else ""
    return _pick(who, lang) + proof
