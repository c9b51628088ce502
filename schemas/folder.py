"""A plan's folder: read it, refuse what is not understood (with file, line and nearest valid word), hash it."""

from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import TypeAdapter

from schemas.csv_file import PLAN_TABLES, read_holidays, read_table, table_from
from schemas.errors import PlanError, PlanProblem
from schemas.model_file import read_model
from schemas.plan import Indicator, Node, PlanFile
from schemas.plan_files import HOLIDAYS, plan_files, plan_hash
from schemas.structure import structure
from schemas.yaml_file import Lines

__all__ = ["PLAN_TABLES", "Plan", "load_plan", "plan_files", "plan_hash", "table_from"]


@dataclass(frozen=True)
class Plan:
    """A loaded plan. Frames carry the columns of ``PLAN_TABLES`` and a ``line`` for messages."""

    folder: Path
    file: PlanFile
    indicators: tuple[Indicator, ...]
    units: pl.DataFrame
    targets: pl.DataFrame
    assignments: pl.DataFrame
    holidays: dict[date, str]
    bodies: pl.DataFrame
    hash: str
    lines: dict[str, Lines] = field(repr=False)

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Return the inner nodes by code, in the plan's order."""
        return {n.code: n for n in self.file.tree}

    @cached_property
    def leaves(self) -> dict[str, Indicator]:
        """Return the indicators by code, in the plan's order."""
        return {i.code: i for i in self.indicators}

    @cached_property
    def root(self) -> str:
        """Return the root's code."""
        return next(n.code for n in self.file.tree if n.parent is None)

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """Return the codes below each inner node, nodes before indicators."""
        below: dict[str, list[str]] = {code: [] for code in self.nodes}
        items: list[Node | Indicator] = [*self.file.tree, *self.indicators]
        for item in items:
            if item.parent is not None:
                below[item.parent].append(item.code)
        return below

    @cached_property
    def level(self) -> dict[str, int]:
        """Return each node's and indicator's depth, 0 for the root."""
        depth = {self.root: 0}
        todo = [self.root]
        while todo:
            code = todo.pop()
            for child in self.children.get(code, []):
                depth[child] = depth[code] + 1
                todo.append(child)
        return depth

    def below(self, code: str) -> set[str]:
        """Return the codes of all nodes and indicators below a node."""
        children = set(self.children.get(code, []))
        return children.union(*(self.below(c) for c in children))

    def taken_below(self, code: str) -> set[str]:
        """Return the nodes whose scores indicators below a node take as their value (``value_from``)."""
        leaves = [self.leaves[c] for c in self.below(code) if c in self.leaves]
        return {i.value_from for i in leaves if i.value_from is not None and i.value_from in self.nodes}

    def title(self, code: str, lang: str = "zh") -> str:
        """Return the title of a node or indicator."""
        item = self.nodes.get(code) or self.leaves[code]
        return item.title.get(lang)

    def unit_names(self, lang: str = "zh") -> dict[str, str]:
        """Return the units' names by code: in English the English one, where the registry has one."""
        rows = self.units.select("unit_code", "name", "name_en").iter_rows()
        return {code: (name_en if lang == "en" else None) or name for code, name, name_en in rows}

    def class_title(self, code: str, lang: str = "zh") -> str:
        """Return the title of a class of units; its code where the plan does not name it."""
        title = self.file.classes.get(code)
        return title.get(lang) if title else code

    def classes(self) -> list[str]:
        """Return the class codes: the plan's, else those the units carry."""
        return list(self.file.classes) or self.units["class_code"].unique(maintain_order=True).to_list()


def load_plan(folder: Path) -> Plan:
    """Read a plan's folder.

    Raises:
        PlanError: with every problem found in keys, types and tables. Rules on the whole are ``schemas.lint``'s.
    """
    folder = Path(folder)
    problems: list[PlanProblem] = []
    lines: dict[str, Lines] = {}
    if not folder.is_dir():
        zh, en = "没有这个考核方案文件夹。请检查路径。", "there is no such plan folder; check the path."
        if folder.suffix.lower() == ".xlsx" and folder.is_file():
            zh = "这是方案工作簿。请先转成文件夹:kaohe plan convert 文件.xlsx 文件夹。"
            en = "this is a plan workbook; make a folder of it first: kaohe plan convert FILE.xlsx FOLDER."
        raise PlanError([PlanProblem("no_plan", str(folder), None, zh, en)])
    file = read_model(folder / "plan.yaml", _adapter(PlanFile), lines, problems)
    indicators = read_model(folder / "indicators.yaml", _adapter(list[Indicator]), lines, problems)
    tables = {name: read_table(folder / name, problems) for name in PLAN_TABLES if name != HOLIDAYS}
    holidays_file = file.calendar.holidays if file else HOLIDAYS
    holidays = read_holidays(folder / holidays_file, problems)
    if file and indicators is not None:
        problems += structure(file, indicators, lines)
    if any(p.severity == "error" for p in problems):
        raise PlanError(problems)
    assert file is not None and indicators is not None
    return Plan(
        folder, file, tuple(indicators), tables["units.csv"], tables["targets.csv"], tables["assignments.csv"],
        holidays, tables["bodies.csv"], plan_hash(folder, holidays_file), lines,
    )  # fmt: skip


@cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    """Return what validates a file; the models leave its making, which takes long, to their first use."""
    return TypeAdapter(model)
