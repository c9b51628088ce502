"""What the tree needs to be a tree at all: one root, known parents, codes unique, no cycles."""

import difflib
from typing import Any

from schemas.errors import PlanProblem
from schemas.plan import Indicator, Node, PlanFile
from schemas.yaml_file import Lines

_Place = tuple[str, tuple[Any, ...], Node | Indicator]


def structure(file: PlanFile, indicators: list[Indicator], lines: dict[str, Lines]) -> list[PlanProblem]:
    """Return what keeps nodes and indicators from forming one tree."""
    places: list[_Place] = [("plan.yaml", ("tree", i), n) for i, n in enumerate(file.tree)]
    places += [("indicators.yaml", (i,), n) for i, n in enumerate(indicators)]
    nodes = {n.code: n for n in file.tree}
    return [*_roots(file, lines), *_codes(places, lines), *_parents(places, nodes, lines), *_cycles(file, nodes, lines)]


def _roots(file: PlanFile, lines: dict[str, Lines]) -> list[PlanProblem]:
    at = [i for i, n in enumerate(file.tree) if n.parent is None]
    if len(at) == 1:
        return []
    here = lines["plan.yaml"]
    line = here.get(("tree", at[1])) if at else here.get(("tree",))
    zh = f"应有且只有一个没有 parent 的根节点,现有 {len(at)} 个。"
    en = f"exactly one node, the root, has no parent; found {len(at)}."
    return [PlanProblem("one_root", "plan.yaml", line, zh, en)]


def _codes(places: list[_Place], lines: dict[str, Lines]) -> list[PlanProblem]:
    problems = []
    seen: dict[str, str] = {}
    for name, at, item in places:
        line = lines[name].get((*at, "code"))
        if item.code in seen:
            zh = f"代码“{item.code}”重复,已用于 {seen[item.code]}。请改用别的代码。"
            en = f"code '{item.code}' is used twice, before at {seen[item.code]}; choose another."
            problems.append(PlanProblem("code_twice", name, line, zh, en))
        seen.setdefault(item.code, f"{name}:{line}")
    return problems


def _parents(places: list[_Place], nodes: dict[str, Node], lines: dict[str, Lines]) -> list[PlanProblem]:
    problems = []
    for name, at, item in places:
        if item.parent is None or item.parent in nodes:
            continue
        near = difflib.get_close_matches(item.parent, list(nodes), n=1)
        zh = f"“{item.code}”的上级“{item.parent}”不存在。" + (f"是否想写“{near[0]}”?" if near else "")
        en = f"'{item.code}' has the unknown parent '{item.parent}'." + (f" Did you mean '{near[0]}'?" if near else "")
        problems.append(PlanProblem("orphan", name, lines[name].get((*at, "parent")), zh, en))
    return problems


def _cycles(file: PlanFile, nodes: dict[str, Node], lines: dict[str, Lines]) -> list[PlanProblem]:
    problems = []
    for i, node in enumerate(file.tree):
        above: list[str] = []
        here = nodes.get(node.parent) if node.parent else None
        while here is not None and here.code != node.code and here.code not in above:
            above.append(here.code)
            here = nodes.get(here.parent) if here.parent else None
        if here is not None and here.code == node.code:
            way = " → ".join([node.code, *above, node.code])
            line = lines["plan.yaml"].get(("tree", i, "parent"))
            zh, en = f"上级关系成环:{way}。请改正 parent。", f"the parents form a cycle: {way}; correct one."
            problems.append(PlanProblem("cycle", "plan.yaml", line, zh, en))
    return problems
