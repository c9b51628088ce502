"""The reference of the plan format, made from the models. ``python -m schemas.plan_docs`` writes both languages."""

from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from schemas import outside as o
from schemas import plan as p
from schemas.base import Model, Text
from schemas.csv_file import PLAN_TABLES, REQUIRED
from schemas.data_docs import data_section, table
from schemas.lint.rules import LOADER_RULES, RULES
from schemas.meanings import meaning
from schemas.methods import (
    METHOD_MODELS,
    Band,
    OfGroup,
    Outliers,
    RankSteps,
    Stage,
    parameter_names,
)
from schemas.methods_zh import METHODS_ZH
from schemas.recipes import RECIPES

DOCS = Path(__file__).parents[1] / "docs"
FILES = {"en": "plan-format.md", "zh": "plan-format.zh-CN.md"}
SECTIONS: list[tuple[str, str, list[type[Model]]]] = [
    ("plan.yaml", "plan.yaml", [p.PlanFile]),
    ("体系的节点", "Nodes of the tree", [p.Node]),
    ("时限", "Calendar", [p.Calendar, p.DueRule]),
    ("加分、扣分、否决", "Adjustments",
     [o.Adjustments, o.Bonus, o.Deduction, o.Late, o.LateStep, o.Penalty, o.Veto]),
    ("总分、排名、等次", "Total, rank, grades", [p.Total, p.Rank, p.Grade, p.Quota, p.BandedNodes, p.ScoreBand]),
    ("全年和连续结果", "Year and consecutive results", [p.Year, p.Consecutive, p.Condition]),
    ("亮灯、上限、报送、可见范围", "Lights, limits, intake, editions",
     [p.Lights, p.Limits, p.Intake, p.Check, p.Sampling, p.Editions]),
    ("公文和折算", "Official documents and conversion", [p.Documents, p.Conversion]),
    ("indicators.yaml", "indicators.yaml", [p.Indicator, p.Phase]),
]  # fmt: skip
_INTRO = {
    "en": """# The plan format

A plan is a folder. It must hold `plan.yaml` and `indicators.yaml`; `units.csv`, `targets.csv`, `assignments.csv`,
`holidays.csv` and `bodies.csv` are read where they exist. A key or column that is not listed here is an error, told
with file, line and the nearest valid word. `data/plans/example-2023` shows every part in two screens. This page is
made from the models by `python -m schemas.plan_docs`.

## Words

- **Five states of a cell.** *Reported*. *Nil* (零报告): a count is 0, a coverage becomes not applicable, anything else
  is refused. *Missing*: asked for and not reported; the parent's `missing` rule decides. *Not applicable*: granted by
  the office; the parent's `not_applicable` rule decides. *Not assigned*: never asked; leaves the denominator.
- **A method never turns an absent or impossible number into points.** It gives no score and a reason; only a node's
  rule fills a gap, and says so.
- **Weights** below a node sum to 100 for every class, over all children, assigned or not. What a class is not
  assigned leaves its denominator, and the weight moves to the others; `kaohe plan check` says how much.
- **A weight of 0** takes a child out of every mean, least and greatest; its score still serves `value_from`,
  `node_floors` and tie-breakers.
- **Effective weight** is the product of the shares down the tree after that move.
- **Scores** of indicators run from 0 to their cap, which may exceed 100; nodes are held to 0–100 by `clamp`, the total
  to `total.clamp`.
- **Targets** are looked up from the special to the general: the unit, its class, all (blank); and within each the
  period, its year, always (blank). The plan's own number comes last. A row of targets or assignments for a single
  period also holds while the value last asked in that period stands, and for the half-year or year that ends with it.
- **Year to date:** increments are added up; a gap makes the sum missing unless `gaps` says otherwise. A period in which
  the unit was not asked (not there yet, not assigned, not applicable) is no gap; a refused one leaves no sum, whatever
  `gaps` says. A flow with `target: annual_share` is compared with the annual target times the share of its schedule;
  `growth` of a flow compares years to date, also with the period before.
- **Units that come and go:** what was last asked before a unit came is not assigned to it. A successor takes nothing
  over: values, baselines and earlier results stay with the unit that was closed.
- **Quotas:** the share of the ranked units of the class (of the group that `rank.within` names), rounded down, at least
  `quota.minimum`, at most `top`; a tie across the edge gets nothing unless `edge_tie: include`.
""",
    "zh": """# 考核方案的写法

一个考核方案就是一个文件夹,必须有 `plan.yaml` 和 `indicators.yaml`;`units.csv`、`targets.csv`、`assignments.csv`、
`holidays.csv`、`bodies.csv` 有则读入。本页没有列出的键和列都算错误,会指出文件、行号和最接近的正确写法。
`data/plans/example-2023` 用两屏写全了各部分。本页由 `python -m schemas.plan_docs` 根据程序的定义生成。

## 几个词

- **一格有五种状态。** *已报*;*零报告*:计数为0,覆盖率为不适用,其他一律退回;*缺报*:已分解而未报,由上级节点的
  `missing` 决定;*不适用*:经考核办批准,由上级节点的 `not_applicable` 决定;*未分解*:从未要过,退出分母。
- **计分方法绝不把没有的或不可能的数变成分。** 没有得分就是没有,并写明原因;只有节点的规则可以补,补了也会注明。
- **权重**:一个节点的全部下级(不论是否分解)对每个类别合计 100。未分解给某类别的退出该类别的分母,权重由其余分担;
  `kaohe plan check` 会说明有多少。
- **权重为 0** 的下级不进入任何平均、最低、最高;其得分仍可供 `value_from`、`node_floors` 和并列比较使用。
- **占总分的权重**是沿体系逐级相乘、并经上述转移后的结果。
- **得分**:指标从0到封顶(可超过100);节点由 `clamp` 限于 0–100,总分限于 `total.clamp`。
- **目标值**由专到通查找:单位、类别、全部(空白);每一级又按周期、年份、任何时候(空白)。最后才用方案里写的数。
  目标值、任务分解中只写某一周期的行,在该期所报的值继续有效期间也有效,对以该期结束的半年、全年也有效。
- **年初以来累计**:逐期新增相加,中间缺期则累计缺失,除非 `gaps` 另有规定。没有向该单位要数的周期(尚未成立、未分解、
  不适用)不算缺期;不予认可的一期使累计没有值,不论 `gaps` 如何。`target: annual_share` 的指标与“全年目标乘以序时进度”
  相比;流量指标的 `growth` 比的是年初以来累计,与上一期比时也是如此。
- **单位的设立和撤并**:单位设立之前最后一次要的数,对它算未分解。承接单位不继承数值、基数和以往结果,这些都留在被撤并
  的单位名下。
- **名额**:类别(或 `rank.within` 所定范围)中已排名单位乘以比例,舍去小数,至少 `quota.minimum`,至多 `top`;名额边界
  并列的都不给,除非 `edge_tie: include`。
""",
}
_SHORT: dict[Any, str] = {
    p.Value: "`{value: n}`", p.Power: "`{power: n}`", OfGroup: "`{best: n}`, `{quantile: q}`, `{unit: code}`",
}  # fmt: skip
_HEADS = {"en": ("Key", "Values", "Default", "Meaning"), "zh": ("键", "取值", "默认", "含义")}
_TYPES = {"en": {str: "text", float: "number", int: "whole number", bool: "true, false"},
          "zh": {str: "文字", float: "数", int: "整数", bool: "true、false"}}  # fmt: skip


def reference(lang: str) -> str:
    """Return the whole page in ``zh`` or ``en``."""
    blocks = [_INTRO[lang].strip(), *_recipes(lang)]
    for zh, en, models in SECTIONS:
        blocks.append(f"## {zh if lang == 'zh' else en}")
        for model in models:
            heading = [f"### {model.__name__}", first_line(model, lang)] if len(models) > 1 else []
            blocks += [*heading, _keys(model, lang)]
    blocks += _methods(lang)
    blocks += _tables(lang)
    blocks += data_section(lang)
    blocks += _rules(lang)
    return "\n\n".join(b for b in blocks if b) + "\n"


def _recipes(lang: str) -> list[str]:
    heads = ("方案的说法", "写法") if lang == "zh" else ("A scheme says", "The plan says")
    title = "## 常见规则怎么写" if lang == "zh" else "## How common rules are written"
    return [title, table(heads, [(zh if lang == "zh" else en, how) for zh, en, how in RECIPES])]


def first_line(model: type[Model], lang: str) -> str:
    """Return the first line of a model's docstring; in Chinese a method's sentence, else the name before the colon."""
    line = (model.__doc__ or "").strip().splitlines()[0].replace("``", "`")
    if lang == "zh":
        if model.__name__ in METHODS_ZH:
            return METHODS_ZH[model.__name__]
        name = line.split(":")[0]
        return f"{name}。" if any("\u4e00" <= c <= "\u9fff" for c in name) else ""
    return line


def write_reference(folder: Path = DOCS) -> list[Path]:
    """Write both pages and return their paths."""
    paths = [folder / name for name in FILES.values()]
    for lang, path in zip(FILES, paths, strict=True):
        path.write_text(reference(lang), encoding="utf-8")
    return paths


def _keys(model: type[Model], lang: str, skip: frozenset[str] = frozenset()) -> str:
    rows = []
    for name, info in model.model_fields.items():
        key = info.alias or name
        if key in skip:
            continue
        default = "–" if info.is_required() else _value(info.get_default(call_default_factory=True))
        rows.append((f"`{key}`", _type(info.annotation, lang), default, meaning(model.__name__, key, lang)))
    return table(_HEADS[lang], rows) if rows else ""


def _type(annotation: Any, lang: str) -> str:
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return "、".join(f"`{a}`" for a in arguments) if lang == "zh" else ", ".join(f"`{a}`" for a in arguments)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return _SHORT.get(annotation) or (_type(str, lang) if annotation is Text else annotation.__name__)
    if annotation in _TYPES[lang]:
        return _TYPES[lang][annotation]
    if get_origin(annotation) is list:
        return f"[{_type(arguments[0], lang)}, …]"
    if get_origin(annotation) is tuple:
        return f"[{', '.join(_type(a, lang) for a in arguments)}]"
    if get_origin(annotation) is dict:
        return f"{{{_type(arguments[0], lang)}: {_type(arguments[1], lang)}, …}}"
    if hasattr(annotation, "__metadata__"):
        return _type(arguments[0], lang)
    if annotation is not None and len(arguments) > 12:
        return "见下" if lang == "zh" else "see below"
    parts = dict.fromkeys(_type(a, lang) for a in arguments if a is not NoneType)
    return (" 或 " if lang == "zh" else " or ").join(parts)


def _value(value: Any) -> str:
    if value is None or value == {} or value == [] or value == "":
        return ""
    if isinstance(value, Model):
        given = value.model_dump(exclude_defaults=True)
        return "`" + ", ".join(f"{k}: {v}" for k, v in given.items()) + "`" if given else ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f"{v:g}" for v in value) + "]`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _methods(lang: str) -> list[str]:
    blocks = ["## 计分方法" if lang == "zh" else "## Methods"]
    said = {
        "zh": "带 ° 的参数也可由 `targets.csv` 按单位、类别或全部给出,`name` 列写参数名。",
        "en": "Parameters with ° can also be given by `targets.csv` for a unit, a class or all, under their name.",
    }
    blocks.append(said[lang])
    for kind, model in METHOD_MODELS.items():
        keys = _keys(model, lang, frozenset({"kind"}))
        for name in parameter_names(model.model_construct()):
            keys = keys.replace(f"| `{name}` |", f"| `{name}`° |")
        blocks += [f"### `kind: {kind}`", first_line(model, lang), keys]
    for part in (Band, Stage, RankSteps, Outliers):
        blocks += [f"### {part.__name__}", first_line(part, lang), _keys(part, lang)]
    return blocks


def _tables(lang: str) -> list[str]:
    blocks = ["## 表" if lang == "zh" else "## Tables"]
    said = {
        "zh": "粗体为必需的列。`units.csv` 可另加列,供 `within` 引用。",
        "en": "Columns in bold are required. `units.csv` may have further columns, for `within`.",
    }
    blocks.append(said[lang])
    rows = []
    for name, columns in PLAN_TABLES.items():
        rows.append((f"`{name}`", ", ".join(f"**{c}**" if c in REQUIRED[name] else c for c in columns)))
    blocks.append(table(("文件", "列") if lang == "zh" else ("File", "Columns"), rows))
    return blocks


def _rules(lang: str) -> list[str]:
    words = {"error": "错误", "warning": "提醒", "info": "说明"} if lang == "zh" else {}
    heads = ("代码", "程度", "要求") if lang == "zh" else ("Code", "Severity", "What it demands")
    rows = [(f"`{c}`", words.get("error", "error"), zh if lang == "zh" else en) for c, (zh, en) in LOADER_RULES.items()]
    rows += [(f"`{c}`", words.get(s, s), zh if lang == "zh" else en) for c, (s, zh, en) in RULES.items()]
    return ["## kaohe plan check 的规则" if lang == "zh" else "## Rules of kaohe plan check", table(heads, rows)]


if __name__ == "__main__":
    for written in write_reference():
        print(written)
