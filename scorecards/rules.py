"""The plan's rules in sentences, as the notes of documents print them."""

from scorecards.edition import Edition
from scorecards.numbers import plain

Pairs = list[tuple[str, str]]
ROUNDING = {
    "half_up": ("四舍五入", "half up"), "half_even": ("四舍六入五成双", "half to even"), "down": ("舍去尾数", "down"),
    "up": ("进一", "up"),
}  # fmt: skip
BOUNDS = {
    "floor": ("总分不低于", "total of at least"), "above": ("总分高于", "total above"),
    "ceiling": ("总分不高于", "total of at most"), "below": ("总分低于", "total below"),
}  # fmt: skip


def rules_of(edition: Edition) -> Pairs:
    """Return name and sentence of each rule that bears on totals, ranks and grades."""
    zh = edition.lang == "zh"
    pairs = [("总分" if zh else "Total", _total(edition, zh)), ("排名" if zh else "Ranks", _ranks(edition, zh))]
    pairs += _grades(edition, zh)
    pairs.append(("缺项" if zh else "Missing", _missing(zh)))
    pairs.append(("加扣分" if zh else "Adjustments", _adjustments(edition, zh)))
    note = edition.plan.file.note
    return pairs + ([("方案说明" if zh else "Note of the plan", note.get(edition.lang))] if note else [])


def _total(edition: Edition, zh: bool) -> str:
    places, mode, step = (getattr(edition.plan.file.total, n) for n in ("places", "rounding", "step"))
    if zh:
        alone = "单位只在本类别内比较。" if edition.plan.file.rank.within == "class" else ""
        last = f"{step:.10g}的倍数" if step is not None else f"{places}位小数"
        exact = places == "none" and step is None
        rounding = "不取整" if exact else f"{ROUNDING[mode][0]}到{last}，只在最后取整一次"
        return f"总分 = 基础分 + 加分 − 扣分；基础分由指标得分按权重逐级合成；{rounding}。{alone}"
    last = f"a multiple of {step:.10g}" if step is not None else f"{places} decimals"
    exact = places == "none" and step is None
    rounding = "not rounded" if exact else f"rounded once, {ROUNDING[mode][1]}, to {last}"
    return f"Total = base + bonus − deduction; the base is the weighted tree of indicators; {rounding}."


def _ranks(edition: Edition, zh: bool) -> str:
    rank = edition.plan.file.rank
    ties = {"min": ("1、1、3", "1, 1, 3"), "dense": ("1、1、2", "1, 1, 2"), "average": ("1.5、1.5、3", "1.5, 1.5, 3"),
            "max": ("2、2、3", "2, 2, 3")}[rank.ties]  # fmt: skip
    breakers = [edition.node_title(c) for c in rank.tie_breakers]
    groups = {"class": ("同一类别内", "within the class"), "all": ("全部单位一起", "among all units")}
    same = (f"{rank.within} 相同的单位之间", f"among units of the same {rank.within}")
    among = groups.get(rank.within, same)[0 if zh else 1]
    if zh:
        tail = f"；总分相同时依次比较：{edition.listed(breakers)}" if breakers else ""
        way = "从高到低" if rank.order == "up" else "从低到高"
        return f"{among}按总分{way}排名；并列名次记为 {ties[0]}{tail}。"
    turn = " in turn" if len(breakers) > 1 else ""
    tail = f"; equal totals are decided by {edition.listed(breakers)}{turn}" if breakers else ""
    best = "" if rank.order == "up" else ", the lowest first,"
    return f"Ranked by total{best} {among}; ties count as {ties[1]}{tail}."


def _grades(edition: Edition, zh: bool) -> Pairs:
    pairs = []
    for grade in edition.plan.file.grades:
        said = []
        said += [f"{BOUNDS[k][0 if zh else 1]} {plain(b)}" for k, b in grade.bounds().items()]
        if grade.quota is not None:
            share = plain(grade.quota * 100)
            ours = "本类参加排名" if edition.plan.file.rank.within == "class" else "一起排名的"
            said.append(f"不超过{ours}单位的 {share}%" if zh else f"at most {share}% of the ranked units")
        if grade.top is not None:
            said.append(f"前 {grade.top} 名" if zh else f"the first {grade.top}")
        said += [f"{edition.node_title(c)} ≥ {plain(f)}" for c, f in grade.node_floors.items()]
        name = f"{'等次' if zh else 'Grade'} {grade.title.get(edition.lang)}"
        pairs.append((name, ("；" if zh else "; ").join(said) or ("其余" if zh else "all others")))
    return pairs


def _missing(zh: bool) -> str:
    if zh:
        return (
            "未报送、不适用、零和零报告是四种不同情况：未报送按方案的缺项规则计分并注明；不适用的退出分母，其余按比例放大；"
            "零报告是报了“没有发生”。未知不亮绿灯。"
        )
    return (
        "Missing, not applicable, zero and a nil return differ: missing follows the plan's rule and says so; what does "
        "not apply leaves the denominator; a nil return says that nothing happened. Unknown is never green."
    )


def _adjustments(edition: Edition, zh: bool) -> str:
    bonus, deduction = edition.plan.file.adjustments.bonus, edition.plan.file.adjustments.deduction
    said = []
    if bonus.cap is not None:
        said.append(f"加分合计不超过 {plain(bonus.cap)} 分" if zh else f"bonuses at most {plain(bonus.cap)} points")
    if bonus.opens_at_base is not None:
        base = plain(bonus.opens_at_base)
        said.append(f"基础分达到 {base} 分方可加分" if zh else f"bonuses only from a base of {base} points")
    if bonus.document_required:
        said.append("加分须有文件依据" if zh else "bonuses need a document")
    if deduction.floor is not None:
        floor = plain(deduction.floor)
        said.append(f"扣分后总分不低于 {floor} 分" if zh else f"deductions stop at a total of {floor}")
    return ("；".join(said) + "。" if zh else "; ".join(said) + ".") if said else ("无" if zh else "none")
