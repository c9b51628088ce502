"""Total, grades, quotas, lights, adjustments and rules on consecutive results."""

from itertools import pairwise

from schemas.lint.methods import unknown_group
from schemas.lint.rules import Findings, few, nearest
from schemas.plan import Grade


def check_grades(found: Findings) -> None:
    """Check what is done with the root's score."""
    _total(found)
    _grades(found)
    _quotas(found)
    _grade_by(found)
    _consecutive(found)
    _adjustments(found)


def _total(found: Findings) -> None:
    file = found.plan.file
    low, high = (None, None) if file.total.clamp == "none" else file.total.clamp
    if low is not None and high is not None and low >= high:
        zh, en = f"clamp [{low:g}, {high:g}] 应先低后高。", f"clamp [{low:g}, {high:g}] must run from low to high."
        found.plan_key("clamp_order", ("total", "clamp"), zh, en)
    lights = file.lights
    down = file.rank.order == "down"
    first, last = (lights.green, lights.yellow) if down else (lights.yellow, lights.green)
    if not 0 <= first < last <= 100:
        order = "0 ≤ green < yellow ≤ 100" if down else "0 ≤ yellow < green ≤ 100"
        zh = f"lights 应为 {order};现为 yellow {lights.yellow:g}、green {lights.green:g}。"
        en = f"lights need {order}; yellow is {lights.yellow:g}, green {lights.green:g}."
        found.plan_key("lights_order", ("lights", "green"), zh, en)
    unknown = unknown_group(found, file.rank.within)
    if unknown:
        found.plan_key("group_unknown", ("rank", "within"), *unknown)


def _unconditional(grade: Grade) -> bool:
    bound = grade.bounds() or grade.quota_by_class or grade.node_floors
    return not bound and grade.quota is None and grade.top is None


def _further(grade: Grade) -> bool:
    """Say whether a grade has a condition beside its bounds, so that the next one may have the same bound."""
    return bool(grade.node_floors or grade.quota_by_class) or grade.quota is not None or grade.top is not None


def _grades(found: Findings) -> None:
    grades = found.plan.file.grades
    codes = [g.code for g in grades]
    for number, grade in enumerate(grades):
        if grade.code in codes[:number]:
            zh, en = f"等次“{grade.code}”重复。", f"the grade '{grade.code}' occurs twice; rename one."
            found.plan_key("grade_twice", ("grades", number, "code"), f"{zh}请改名。", en)
        last = number == len(grades) - 1
        if _unconditional(grade) != last:
            if last:
                zh = f"末等“{grade.code}”不应有 floor、quota 等条件,否则有的单位没有等次。"
                en = f"the last grade '{grade.code}' must have no condition, or some units would have no grade."
            else:
                zh = f"“{grade.code}”没有任何条件,其后的等次无人可得。请写 floor 或 quota。"
                en = f"'{grade.code}' has no condition, so the grades after it go to nobody; give floor or quota."
            found.plan_key("grade_last", ("grades", number), zh, en)
    for keys, sign in ((("floor", "above"), 1), (("ceiling", "below"), -1)):
        bounds = [(n, g.code, k, b) for n, g in enumerate(grades) for k, b in g.bounds().items() if k in keys]
        for (earlier, before, way, first), (number, code, key, then) in pairwise(bounds):
            wider = way in ("above", "below") and key in ("floor", "ceiling")
            if sign * then > sign * first or (then == first and not wider and not _further(grades[earlier])):
                zh_word, en_word = ("低于", "below") if sign > 0 else ("高于", "above")
                zh = f"“{code}”的 {key} {then:g} 应{zh_word}“{before}”的 {first:g}(等次从好到差写)。"
                en = f"the {key} {then:g} of '{code}' must lie {en_word} {first:g} of '{before}'; list the best first."
                if then == first:
                    zh += f"分数线相同时,“{before}”须另有 node_floors、quota 或 top。"
                    en += f" With the same bound, '{before}' needs node_floors, quota or top beside it."
                found.plan_key("grade_floors", ("grades", number, key), zh, en)


def _quotas(found: Findings) -> None:
    grades = found.plan.file.grades
    known = found.plan.classes()
    for number, grade in enumerate(grades):
        places: list[tuple[tuple[str, ...], float | None]] = [(("quota",), grade.quota)]
        places += [(("quota_by_class", c), q) for c, q in grade.quota_by_class.items()]
        for path, quota in places:
            if quota is not None and not 0 <= quota <= 1:
                zh = f"“{grade.code}”的比例 {quota:g} 应在 0 到 1 之间(30% 写 0.3)。"
                en = f"the quota {quota:g} of '{grade.code}' must lie between 0 and 1 (0.3 for 30 %)."
                found.plan_key("quota_range", ("grades", number, *path), zh, en)
        for code in grade.quota_by_class:
            if known and code not in known:
                zh, en = nearest(code, known)
                at = ("grades", number, "quota_by_class", code)
                found.plan_key("class_unknown", at, f"类别“{code}”不存在。{zh}", f"unknown class '{code}'. {en}")
    over = [c for c in known or [""] if sum(quota_of(g, c) or 0.0 for g in grades) > 1 + 1e-9]
    if found.plan.file.quota.counted == "cumulative":
        return
    if over and all(0 <= (quota_of(g, c) or 0) <= 1 for g in grades for c in over):
        total = sum(quota_of(g, over[0]) or 0.0 for g in grades)
        zh = f"类别 {few(over)} 的各等次比例合计 {100 * total:g}%,超过 100%。"
        en = f"the quotas sum to {100 * total:g} % for class {few(over, 'en')}; they must not exceed 100 %."
        found.plan_key("quotas_sum", ("grades",), f"{zh}请调低。", en)


def quota_of(grade: Grade, class_code: str) -> float | None:
    """Return a grade's quota for a class."""
    return grade.quota_by_class.get(class_code, grade.quota)


def _grade_by(found: Findings) -> None:
    rule = found.plan.file.grade_by
    if rule is None:
        return
    starts = [b.from_ for b in rule.bands]
    if not starts or (starts != sorted(set(starts)) and starts != sorted(set(starts), reverse=True)):
        zh = f"grade_by 的 bands 应按 from 由低到高或由高到低,不重复、不为空;现为 {starts}。"
        en = f"the bands of grade_by must be in order of from, each once, at least one; they are {starts}."
        found.plan_key("bands_order", ("grade_by", "bands"), zh, en)
    elif min(starts) > 0:
        zh, en = (
            f"低于 {min(starts):g} 的得分不在任何一档。",
            f"scores below {min(starts):g} lie in no band; add one from 0.",
        )
        found.plan_key("bands_open", ("grade_by", "bands"), f"{zh}请加一档 from: 0。", en)


def _consecutive(found: Findings) -> None:
    file = found.plan.file
    codes = [g.code for g in file.grades]
    for number, rule in enumerate(file.consecutive):
        path = ("consecutive", number, "condition")
        condition = rule.condition
        if (condition.grade is None and condition.bottom is None and condition.below is None) or rule.periods < 1:
            zh = f"“{rule.code}”的 condition 应写 grade、bottom 或 below 之一,periods 至少为 1。"
            found.plan_key(
                "condition_empty", path, zh, f"'{rule.code}' needs grade, bottom or below, and periods of 1 or more."
            )
        if condition.grade is not None and condition.grade not in codes:
            hint_zh, hint_en = nearest(condition.grade, codes)
            zh, en = f"等次“{condition.grade}”不存在。{hint_zh}", f"unknown grade '{condition.grade}'. {hint_en}"
            found.plan_key("grade_unknown", (*path, "grade"), zh, en)
        if rule.effect != "flag" and not codes:
            found.plan_key("grades_needed", ("consecutive", number, "effect"), *_no_grades(rule.effect))
    for code, veto in file.adjustments.vetoes.items():
        if veto.effect != "stop_scoring" and not codes:
            found.plan_key("grades_needed", ("adjustments", "vetoes", code, "effect"), *_no_grades(veto.effect))


def _no_grades(effect: str) -> tuple[str, str]:
    return (
        f"effect {effect} 需要等次,而方案没有 grades。请补上 grades 或改用别的 effect。",
        f"the effect {effect} needs grades, but the plan has none; add grades or choose another effect.",
    )


def _adjustments(found: Findings) -> None:
    rules = found.plan.file.adjustments
    numbers: list[tuple[tuple[str | int, ...], float | None]] = [
        (("bonus", "cap"), rules.bonus.cap),
        (("deduction", "cap"), rules.deduction.cap),
        *((("bonus", "cap_by_code", c), v) for c, v in rules.bonus.cap_by_code.items()),
        *((("vetoes", c, "points"), v.points) for c, v in rules.vetoes.items()),
    ]
    for key in ("not_reported", "false_report"):
        penalty = getattr(rules, key)
        numbers += [((key, "points"), penalty.points)] if penalty else []
    if rules.late:
        late = rules.late
        numbers += [
            (("late", "per_day"), late.per_day),
            (("late", "cap"), late.cap),
            (("late", "grace_days"), late.grace_days),
        ]
        numbers += [(("late", "steps", i, "points"), s.points) for i, s in enumerate(late.steps)]
        days = [s.from_day for s in late.steps]
        if days != sorted(set(days)):
            zh, en = f"steps 的 from_day {days} 应逐段递增。", f"from_day of the steps {days} must rise."
            found.plan_key("late_steps", ("adjustments", "late", "steps"), zh, en)
    for path, value in numbers:
        if value is not None and value < 0:
            zh = f"{'.'.join(map(str, path))} 为 {value:g};扣分和上限都写正数。"
            found.plan_key(
                "points_negative",
                ("adjustments", *path),
                zh,
                f"{'.'.join(map(str, path))} is {value:g}; write it without minus.",
            )
