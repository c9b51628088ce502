"""Why a unit has its rank and grade: floors, floors of single nodes, places of a quota, decisions."""

from typing import Any

import polars as pl

from schemas.folder import Plan
from schemas.plan import Grade
from scoring.explain_model import Step, Words
from scoring.explain_words import number, reason_words
from scoring.standing import banded

Row = dict[str, Any]
_EDGE = 5e-10
_SIGNS = {"floor": ("≥", "<"), "above": (">", "≤"), "ceiling": ("≤", ">"), "below": ("<", "≥")}


def rank_step(plan: Plan, result: Row, results: pl.DataFrame) -> Step:
    """Return the rank: of how many, with how many it is shared, and by which tie-breakers.

    ``result`` and ``results`` have the columns of the results and ``group``, in which units are ranked.
    """
    name = Words("名次", "rank")
    if result["rank"] is None:
        return Step(name, Words("没有总分,不排名", "no total: not ranked"))
    n = result["class_size"]
    within = plan.file.rank.within
    group = Words("全部单位" if within == "all" else "本组", "all units" if within == "all" else "its group")
    zh, en = f"{group.zh} {n} 个单位中", f"of {n} units of {group.en}"
    rank, total = result["rank"], result["total"]
    same = results.filter((pl.col("total") == total) & (pl.col("unit_code") != result["unit_code"]))
    same = same.filter(pl.col("group").eq_missing(pl.lit(result["group"], pl.String)))
    tied = same.filter(pl.col("rank") == rank).height
    if tied:
        zh, en = f"{zh},与另外 {tied} 个单位并列", f"{en}, shared with {tied} more"
    elif same.height and plan.file.rank.tie_breakers:
        codes = plan.file.rank.tie_breakers
        zh, en = f"{zh},总分相同者依次比较 {'、'.join(codes)}", f"{en}; equal totals compared by {', '.join(codes)}"
    return Step(name, Words(zh, en), rank)


def grade_steps(plan: Plan, result: Row, results: pl.DataFrame, scores: pl.DataFrame, *, decided: bool) -> list[Step]:
    """Return, from the best grade down, why the unit missed or got each; ends with the grade it has.

    ``decided``: a recorded decision set the grade itself, not only the total.
    """
    grades = plan.file.grades
    if not grades or result["grade"] is None:
        return []
    if decided:
        return [_given(grades, result["grade"], Words("经批准确定", "set by decision"))]
    table = _measures(plan, results, scores)
    steps: list[Step] = []
    lowered = result["reason_code"] == "veto_one_grade_lower"
    barred = results.filter(pl.col("unit_code") == result["unit_code"])
    lowest = result["reason_code"] if barred.select(_lowest(plan)).item() else None
    for number_, grade in enumerate(grades):
        if lowest and grade is not grades[-1]:
            continue
        if grade.code == result["grade"]:
            met, words = _met(plan, grade, result, table, scores)
            if not met and grade is grades[-1]:
                words = Words("其余等次均未达到", "no better grade was reached")
            return [*steps, _given(grades, grade.code, words, lowest)]
        if number_ == 0 and barred.select(_no_top(plan)).item():
            words = reason_words(result["reason_code"]) or Words("", "")
        else:
            met, words = _met(plan, grade, result, table, scores)
            if met and lowered:
                steps.append(Step(Words(f"原为{_title(grade).zh}", f"was {_title(grade).en}"), words))
                words = Words("降低等次", "graded lower")
                return [*steps, _given(grades, result["grade"], words, result["reason_code"])]
        steps.append(Step(Words(f"不是{_title(grade).zh}", f"not {_title(grade).en}"), words))
    return steps


def _lowest(plan: Plan) -> pl.Expr:
    """Return whether a unit has the lowest grade by a veto or a rule on consecutive results, whatever its total."""
    return _struck(plan, "lowest_grade") & (pl.col("grade") == plan.file.grades[-1].code).fill_null(False)


def _no_top(plan: Plan) -> pl.Expr:
    """Return whether a unit is kept from the best grade by a veto or a rule on consecutive results."""
    return _struck(plan, "no_top_grade") & (pl.col("grade") != plan.file.grades[0].code).fill_null(True)


def _struck(plan: Plan, effect: str) -> pl.Expr:
    """Return whether the reason can have the effect; the results do not say which of several rules it was."""
    codes = [f"veto_{effect}"] + ["consecutive"] * any(r.effect == effect for r in plan.file.consecutive)
    return pl.col("reason_code").is_in(codes).fill_null(False)


def _given(grades: list[Grade], code: str, why: Words, reason_code: str | None = None) -> Step:
    title = next((_title(g) for g in grades if g.code == code), Words(code, code))
    name = Words(f"等次 {title.zh}({code})", f"grade {title.en} ({code})")
    return Step(name, why, None, reason_code)


def _title(grade: Grade) -> Words:
    return Words(grade.title.get("zh"), grade.title.get("en"))


def _measures(plan: Plan, results: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """Add what floors are compared with: the rounded total, or the mean of banded nodes."""
    if plan.file.grade_by is None:
        return results.with_columns(measure=pl.col("total"))
    missing = pl.col("score").is_null() & (pl.col("reason_code").fill_null("") != "not_applicable")
    nodes = scores.select("unit_code", "node_code", "score", state=missing.cast(pl.Int16))
    means = banded(plan.file.grade_by, plan, nodes, results).with_columns(pl.col("measure") / 1e9)
    return results.join(means, on="unit_code", how="left")


def _met(plan: Plan, grade: Grade, result: Row, table: pl.DataFrame, scores: pl.DataFrame) -> tuple[bool, Words]:
    """Say whether the unit meets the grade's conditions, and with which numbers."""
    mine = table.row(by_predicate=pl.col("unit_code") == result["unit_code"], named=True)
    zh, en, met = [], [], True
    for bound, edge in grade.bounds().items():
        ok = mine["measure"] is not None and _inside(bound, mine["measure"], edge)
        sign = _SIGNS[bound][0 if ok else 1]
        zh.append(f"{number(mine['measure'])} {sign} {number(edge)}")
        en.append(zh[-1])
        met = met and ok
    for code, floor in grade.node_floors.items():
        found = scores.filter((pl.col("unit_code") == result["unit_code"]) & (pl.col("node_code") == code))["score"]
        score = found[0] if len(found) else None
        ok = score is not None and score >= floor - _EDGE
        zh.append(f"{code} {number(score)} {'≥' if ok else '<'} {number(floor)}")
        en.append(zh[-1])
        met = met and ok
    if met and (places := _places(plan, grade, result)) is not None:
        first, last = _place(plan, grade, result, table, scores)
        taken = first if first == last else f"{first}–{last}"
        whole = plan.file.quota.counted == "cumulative"
        tied = Words("(并列)", " (tied)") if first != last else Words("", "")
        among = Words("在全部名次中", "all who are ranked") if whole else Words("", "those who qualify")
        zh.append(f"名额 {places} 个,{among.zh}位列第 {taken}{tied.zh}")
        en.append(f"{places} place{'' if places == 1 else 's'}, at place {taken} of {among.en}{tied.en}")
        met = (last if plan.file.quota.edge_tie == "exclude" else first) <= places
    return met, Words(";".join(zh) or "无条件", "; ".join(en) or "no condition")


def _inside(bound: str, at: Any, edge: float) -> Any:
    """Say whether a number, or a column of them, keeps to a grade's bound."""
    return {"floor": at >= edge - _EDGE, "above": at > edge + _EDGE, "ceiling": at <= edge + _EDGE,
            "below": at < edge - _EDGE}[bound]  # fmt: skip


def _places(plan: Plan, grade: Grade, result: Row) -> int | None:
    """Return how many of the group may have the grade, the fewer of quota and top; None for any number."""
    if grade.quota is None and not grade.quota_by_class:
        return grade.top
    quota = grade.quota_by_class.get(result["class_code"], 1.0 if grade.quota is None else grade.quota)
    extra = {"floor": 1e-9, "ceil": 1 - 1e-9, "half_up": 0.5 + 1e-9}[plan.file.quota.rounding]
    places = max(int(quota * result["class_size"] + extra), plan.file.quota.minimum)
    return places if grade.top is None else min(places, grade.top)


def _place(plan: Plan, grade: Grade, result: Row, table: pl.DataFrame, scores: pl.DataFrame) -> tuple[int, int]:
    """Return the unit's first and last place among those who meet the grade's floors and have no better grade."""
    better = [g.code for g in plan.file.grades[: plan.file.grades.index(grade)]]
    ranked = table.filter(pl.col("total").is_not_null())
    ranked = ranked.filter(pl.col("group").eq_missing(pl.lit(result["group"], pl.String)))
    if plan.file.quota.counted == "cumulative":
        return _ahead(ranked, result)
    rivals = ranked.filter(~pl.col("grade").is_in(better).fill_null(False))
    for bound, edge in grade.bounds().items():
        rivals = rivals.filter(_inside(bound, pl.col("measure"), edge))
    for code, floor in grade.node_floors.items():
        enough = scores.filter((pl.col("node_code") == code) & (pl.col("score") >= floor - _EDGE))
        rivals = rivals.join(enough.select("unit_code"), on="unit_code", how="semi")
    rivals = rivals.filter(~_lowest(plan))
    if not better:
        rivals = rivals.filter(~_no_top(plan))
    return _ahead(rivals, result)


def _ahead(rivals: pl.DataFrame, result: Row) -> tuple[int, int]:
    ahead = rivals.filter(pl.col("rank") < result["rank"]).height
    upto = rivals.filter(pl.col("rank") <= result["rank"]).height
    return ahead + 1, max(upto, ahead + 1)
