"""Hand-made tables for documents: a larger plan written to a folder, and plausible results and scores for any plan.

Nothing here is the scoring engine: a plain weighted mean is enough to have numbers that hang together.
"""

import random
from pathlib import Path

import polars as pl
import yaml

from schemas.asked import last_asked
from schemas.folder import Plan, load_plan
from schemas.periods import Period, parse_period
from scorecards.edition import Edition

CLASSES = ["dept", "affiliate", "city", "society", "university", "enterprise", "institute"]
CLASS_TITLES = ["机关部室", "直属单位", "市州、直管市、林区科协", "全省学会", "高校科协", "企业科协", "院所科协"]
LONG = "提升科普资源聚合力,打造国家级科普资源中央厨房,推动优质资源向基层倾斜、向农村和边远地区延伸"
GRADES = [("A", "优秀", 90), ("B", "良好", 80), ("C", "合格", 60), ("D", "不合格", None)]
SILENT = 11  # every so many units reports nothing at all


def write_plan(folder: Path, *, units: int = 130, full_marks: int = 100) -> Plan:
    """Write and load a plan of 8 sections, 29 tasks, 90 indicators and 7 classes."""
    rnd = random.Random(1)
    tree: list[dict[str, object]] = [{"code": "ROOT", "title": "总分"}]
    tree += [
        {"code": f"S{s}", "parent": "ROOT", "weight": 12.5, "title": f"第{s}部分:{LONG[: 6 + 5 * s]}"}
        for s in range(1, 9)
    ]
    tree += [
        {"code": f"T{t:02d}", "parent": f"S{1 + t % 8}", "title": f"任务{t} {LONG[: 8 + t]}"} for t in range(1, 30)
    ]
    leaves = [
        {
            "code": f"I{i:02d}", "parent": f"T{1 + i % 29:02d}", "title": f"指标{i} {LONG[: rnd.randint(4, 40)]}",
            "measure": rnd.choice(["场", "人次", "%", "项"]), "method": {"kind": "attainment"},
            "assigned_to": rnd.sample(CLASSES, 3), "frequency": rnd.choice(["quarter", "half_year", "year"]),
        }
        for i in range(1, 91)
    ]  # fmt: skip
    grades = [{"code": c, "title": t, **({"floor": f} if f else {})} for c, t, f in GRADES]
    plan = {
        "plan": "synthetic", "title": "示例:全省科协系统年度重点工作考核方案", "full_marks": full_marks,
        "periods": ["2023Q1", "2023Q2", "2023Q3", "2023Q4"], "tree": tree, "grades": grades,
        "classes": dict(zip(CLASSES, CLASS_TITLES, strict=True)),
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("plan.yaml", plan), ("indicators.yaml", leaves)):
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        (folder / name).write_text(text, encoding="utf-8")
    rows = [f"U{u:03d},{unit_name(u)},{CLASSES[u % 7]}" for u in range(1, units + 1)]
    (folder / "units.csv").write_text("\n".join(["unit_code,name,class_code", *rows]), encoding="utf-8")
    return load_plan(folder)


def unit_name(number: int) -> str:
    if number == 10:
        return "=示例研究院国际合作与科技服务发展中心(港澳台办公室)科学技术协会委员会"
    return f"示例单位{number}科学技术协会"


def make_edition(plan: Plan, period: str = "2023Q1", *, seed: int = 1, lang: str = "zh", **more: object) -> Edition:
    """Make up results and scores of one period; other seeds give other numbers."""
    when = parse_period(period)
    scores = pl.concat([_unit_scores(plan, when, unit, seed) for unit in plan.units.iter_rows(named=True)])
    given: dict[str, object] = {"audit_head": "0123456789abcdef" * 4, "dated": "2023-04-20"}
    results = make_results(plan, scores)
    return Edition(plan, when, "9f86d081884c7d65", results, scores, lang=lang, **{**given, **more})  # type: ignore[arg-type]


def _unit_scores(plan: Plan, period: Period, unit: dict[str, str], seed: int) -> pl.DataFrame:
    rnd = random.Random(f"{unit['unit_code']} {period} {seed}")
    silent = int("".join(c for c in unit["unit_code"] if c.isdigit()) or 1) % SILENT == 0
    level = rnd.uniform(60, 105)
    rows: dict[str, dict[str, object]] = {}
    for leaf in plan.indicators:
        reason, score, value, target = None, None, None, None
        if leaf.assigned_to is not None and unit["class_code"] not in leaf.assigned_to:
            reason = "not_assigned"
        elif last_asked(plan, leaf, period) is None:
            reason = "not_due"
        elif silent or rnd.random() < 0.06:
            reason = "not_reported"
        elif rnd.random() < 0.04:
            reason = "not_applicable"
        else:
            target = float(rnd.choice([5, 12.5, 80, 100, 30000000]))
            score = min(120.0, max(0.0, rnd.gauss(level, 18)))
            value = round(target * score / 100, 2)
            reason = "capped" if score == 120 else None
        weighs = reason not in ("not_assigned", "not_due", "not_applicable")
        rows[leaf.code] = {"score": score, "reason_code": reason, "value": value, "target": target, "weighs": weighs}
    _node(plan, plan.root, rows)
    _weights(plan, plan.root, 100.0, rows)
    schema = {
        "unit_code": pl.String, "node_code": pl.String, "level": pl.Int64, "score": pl.Float64,
        "coverage_pct": pl.Float64, "weight_pct": pl.Float64, "effective_weight_pct": pl.Float64,
        "contribution": pl.Float64, "reason_code": pl.String, "value": pl.Float64, "target": pl.Float64,
    }  # fmt: skip
    asked = {c: r for c, r in rows.items() if r["reason_code"] not in ("not_assigned", "not_due")}
    table = [{"unit_code": unit["unit_code"], "node_code": c, "level": plan.level[c], **r} for c, r in asked.items()]
    return pl.DataFrame([{k: r.get(k) for k in schema} for r in table], schema=schema)


def _node(plan: Plan, code: str, rows: dict[str, dict[str, object]]) -> None:
    for child in plan.children[code]:
        if child in plan.nodes:
            _node(plan, child, rows)
    parts = [rows[c] for c in plan.children[code] if rows[c]["weighs"]]
    known = [float(p["score"]) if p["score"] is not None else 0.0 for p in parts]  # type: ignore[arg-type]
    score = min(100.0, sum(known) / len(known)) if known else None
    rows[code] = {"score": score, "weighs": bool(known), "reason_code": None if known else "not_assigned"}
    if any(p["score"] is None for p in parts):
        rows[code]["reason_code"] = "imputed"
    rows[code]["coverage_pct"] = 100.0 * sum(p["score"] is not None for p in parts) / len(parts) if parts else None


def _weights(plan: Plan, code: str, effective: float, rows: dict[str, dict[str, object]]) -> None:
    row = rows[code]
    score = row["score"]
    row["effective_weight_pct"] = effective if row["weighs"] else None
    row["contribution"] = float(score) * effective / 100 if score is not None else None  # type: ignore[arg-type]
    children = plan.children.get(code, [])
    weighing = sum(bool(rows[c]["weighs"]) for c in children)
    for child in children:
        rows[child]["weight_pct"] = 100.0 / len(children)
        _weights(plan, child, effective / weighing if rows[child]["weighs"] else 0.0, rows)


def make_results(plan: Plan, scores: pl.DataFrame) -> pl.DataFrame:
    """Rank the root's scores within classes; give grades by floors; some bonuses and deductions."""
    classes = dict(zip(plan.units["unit_code"], plan.units["class_code"], strict=True))
    rows = []
    for unit, base in scores.filter(pl.col("node_code") == plan.root).select("unit_code", "score").iter_rows():
        number = sum(map(ord, unit))
        bonus, deduction = (2.0 if number % 9 == 0 else 0.0), (1.5 if number % 11 == 0 else 0.0)
        total = None if base is None else round(max(0.0, base + bonus - deduction), 2)
        rows.append((unit, classes[unit], base, bonus, deduction, total))
    names = ["unit_code", "class_code", "base", "bonus", "deduction", "total"]
    table = pl.DataFrame(rows, schema=names, orient="row")
    floors = [(g.code, g.floor if g.floor is not None else -1.0) for g in plan.file.grades]
    grade = pl.lit(None, dtype=pl.String)
    for code, floor in reversed(floors):
        grade = pl.when(pl.col("total") >= floor).then(pl.lit(code)).otherwise(grade)
    return table.with_columns(
        rank=pl.col("total").rank("min", descending=True).over("class_code").cast(pl.Float64),
        class_size=pl.col("total").count().over("class_code").cast(pl.Int64),
        grade=grade,
        reason_code=pl.when(pl.col("deduction") > 0).then(pl.lit("veto_no_top_grade")),
    )
