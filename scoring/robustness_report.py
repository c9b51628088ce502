"""The summary of a robustness study as Markdown, in Chinese or English."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from schemas.folder import Plan
from scoring.explain_words import number
from scoring.robustness import Robustness
from scoring.robustness_picture import interval

_MOST = 15


def report(plan: Plan, found: Robustness, names: dict[str, str], pictures: dict[str, str], lang: str) -> str:
    """Return the summary; ``pictures``: file name by class."""
    zh = lang == "zh"
    title = plan.file.title.get(lang)
    noise = f"{found.weight_noise * 100:g}"
    head = (
        f"# 稳健性分析:{title} {found.period.title(lang)}"
        if zh
        else f"# Robustness: {title}, {found.period.title(lang)}"
    )
    ranked = found.intervals.filter(pl.col("rank").is_not_null())
    stable = int(ranked["stable"].sum())
    intro = (
        f"每个权重在 ±{noise}% 内随机变动(各上级之下权重之和不变),重复 {found.replications} 次,随机种子 {found.seed};"
        f"第 0 次即本期计分。{ranked.height} 个有名次的单位中,{stable} 个在 5%–95% 的情形下名次不变。"
        if zh
        else f"Every weight was varied at random within ±{noise} % (weights below one parent keep their sum), "
        f"{found.replications} times, seed {found.seed}; replication 0 is the run itself. Of "
        f"{ranked.height} ranked units, {stable} keep their rank in 5–95 % of cases."
    )
    parts = [head, intro]
    for (code,), rows in ranked.partition_by("class_code", as_dict=True, maintain_order=True).items():
        parts += _class(plan, str(code), rows, names, pictures.get(str(code)), lang)
    parts += _scenarios(plan, found, names, lang)
    parts += _importance(plan, found, lang)
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(c).replace("|", "\\|") for c in line) + " |" for line in lines)


def _class(
    plan: Plan, code: str, rows: pl.DataFrame, names: dict[str, str], picture: str | None, lang: str
) -> list[str]:
    zh = lang == "zh"
    title = plan.class_title(code, lang)
    head = (
        ["单位", "总分", "名次", "5%–95%", "最小–最大", "名次不变的比例"]
        if zh
        else ["unit", "total", "rank", "5–95 %", "least–greatest", "keeps its rank"]
    )
    table = [
        [
            names.get(r["unit_code"], r["unit_code"]), number(r["total"]), number(r["rank"]),
            interval(r["rank_p05"], r["rank_p95"]), interval(r["rank_min"], r["rank_max"]),
            f"{number(r['stays_pct'], 1)}%",
        ]
        for r in rows.to_dicts()
    ]  # fmt: skip
    shown = [f"![{'名次区间' if zh else 'rank intervals'}]({picture})"] if picture else []
    return [f"## {title}", *shown, _table(head, table)]


def _scenarios(plan: Plan, found: Robustness, names: dict[str, str], lang: str) -> list[str]:
    zh = lang == "zh"
    moved = found.scenarios.filter(pl.col("moved") > 0).sort("mean_shift", descending=True)
    still = found.scenarios.height - moved.height
    title = "## 其他做法会怎样" if zh else "## Other choices"
    text = (
        f"共试 {found.scenarios.height} 种做法,其中 {still} 种不改变任何名次。"
        f"下表为影响最大的 {min(_MOST, moved.height)} 种,完整表见 scenarios.csv。"
        if zh
        else f"{found.scenarios.height} other choices were tried; {still} of them change no rank. The "
        f"{min(_MOST, moved.height)} that matter most are below, all of them in scenarios.csv."
    )
    head = (
        ["做法", "变动单位数", "平均变动", "最大变动", "变动最大的单位", "与本期名次的相关"]
        if zh
        else ["choice", "units moved", "mean shift", "greatest shift", "most moved", "correlation with the run"]
    )
    rows = [
        [
            _choice(plan, r, lang), str(r["moved"]), number(r["mean_shift"], 2), number(r["max_shift"], 2),
            names.get(r["most_moved"], r["most_moved"] or ""), number(r["correlation"], 3),
        ]
        for r in moved.head(_MOST).to_dicts()
    ]  # fmt: skip
    return [title, text, *([_table(head, rows)] if rows else [])]


def _choice(plan: Plan, row: dict[str, Any], lang: str) -> str:
    """Name a scenario in words."""
    zh = lang == "zh"
    node = row["node_code"]
    title = "" if node is None else f"{node} {plan.title(node, lang)}"
    means = {"arithmetic": ("算术平均", "arithmetic mean"), "geometric": ("几何平均", "geometric mean")}
    others = {"minmax": ("最小最大标准化", "min-max"), "zscore": ("标准分", "z-scores")}
    others["percentile"] = ("百分位", "percentiles")
    match row["kind"]:
        case "aggregate":
            where = title or ("各级节点" if zh else "all nodes")
            return f"{where}:{means[row['choice']][0]}" if zh else f"{where}: {means[row['choice']][1]}"
        case "normaliser":
            return f"指标改用{others[row['choice']][0]}" if zh else f"indicators by {others[row['choice']][1]}"
        case "without_section":
            return f"去掉板块 {title}" if zh else f"without section {title}"
    return f"去掉指标 {title}" if zh else f"without indicator {title}"


def _importance(plan: Plan, found: Robustness, lang: str) -> list[str]:
    """Return, for the children of the root, weight beside importance; all others are in the table's file."""
    zh = lang == "zh"
    title = "## 名义权重与实际影响" if zh else "## Nominal weight and importance"
    text = (
        "实际影响:与上级得分相关系数的平方占各同级之和的比例(线性);方差贡献:权重 × 与上级得分的协方差所占比例。"
        "权重大而影响小,说明该项拉不开差距;相关为负,说明它与其他项相互抵消。全部节点见 importance.csv。"
        if zh
        else "Importance: squared correlation with the parent's score as a share of the siblings' (linear). Share of "
        "variance: weight × covariance with the parent, as a share. A large weight with little importance does not "
        "tell units apart; a negative correlation offsets its siblings. All nodes are in importance.csv."
    )
    head = (
        ["类别", "节点", "权重", "实际影响", "方差贡献", "相关系数"]
        if zh
        else ["class", "node", "weight", "importance", "share of variance", "correlation"]
    )
    top = found.importance.filter(pl.col("parent_code") == plan.root)
    rows = []
    for r in top.to_dicts():
        shares = [
            f"{number(r[n], 1)}%" if r[n] is not None else "–" for n in ("weight_pct", "importance_pct", "variance_pct")
        ]
        rows.append(
            [
                plan.class_title(r["class_code"], lang),
                f"{r['node_code']} {plan.title(r['node_code'], lang)}", *shares, number(r["correlation"], 2),
            ]
        )  # fmt: skip
    return [title, text, _table(head, rows)]
