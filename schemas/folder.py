"""A plan's folder: read it, refuse what is not understood (with file, line and nearest valid word), hash it."""

import difflib
import hashlib
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, TypeAdapter, ValidationError

from schemas.errors import PlanError, PlanProblem
from schemas.plan import Indicator, Node, PlanFile
from schemas.yaml_file import Lines, read_yaml

TEXT, NUMBER = pl.String, pl.Float64
PLAN_TABLES: dict[str, dict[str, Any]] = {
    "units.csv": {
        "unit_code": TEXT, "name": TEXT, "class_code": TEXT, "name_en": TEXT, "parent_code": TEXT, "aliases": TEXT,
        "valid_from": TEXT, "valid_to": TEXT, "successor_code": TEXT, "note": TEXT,
    },
    "targets.csv": {
        "indicator_code": TEXT, "name": TEXT, "value": NUMBER, "unit_code": TEXT, "class_code": TEXT, "period": TEXT,
        "note": TEXT,
    },
    "assignments.csv": {
        "indicator_code": TEXT, "unit_code": TEXT, "role": TEXT, "period": TEXT, "state": TEXT, "note": TEXT,
    },
    "holidays.csv": {"date": TEXT, "kind": TEXT, "name": TEXT},
    "bodies.csv": {"body": TEXT, "target_kind": TEXT, "target_code": TEXT, "note": TEXT},
}  # fmt: skip
REQUIRED = {
    "units.csv": ["unit_code", "name", "class_code"],
    "targets.csv": ["indicator_code", "name", "value"],
    "assignments.csv": ["indicator_code", "unit_code"],
    "holidays.csv": ["date", "kind"],
    "bodies.csv": ["body", "target_kind", "target_code"],
}


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
        for item in [*self.file.tree, *self.indicators]:
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

    def title(self, code: str, lang: str = "zh") -> str:
        """Return the title of a node or indicator."""
        item = self.nodes.get(code) or self.leaves[code]
        return item.title.get(lang)

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
        raise PlanError([PlanProblem("no_plan", str(folder), None, zh, en)])
    file = _read_model(folder / "plan.yaml", TypeAdapter(PlanFile), lines, problems)
    indicators = _read_model(folder / "indicators.yaml", TypeAdapter(list[Indicator]), lines, problems)
    tables = {name: _read_table(folder / name, problems) for name in PLAN_TABLES if name != "holidays.csv"}
    holidays_file = file.calendar.holidays if file else "holidays.csv"
    holidays = _read_holidays(folder / holidays_file, problems)
    if file and indicators is not None:
        problems += _structure(file, indicators, lines)
    if any(p.severity == "error" for p in problems):
        raise PlanError(problems)
    assert file is not None and indicators is not None
    return Plan(
        folder, file, tuple(indicators), tables["units.csv"], tables["targets.csv"], tables["assignments.csv"],
        holidays, tables["bodies.csv"], plan_hash(folder), lines,
    )  # fmt: skip


def plan_files(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file that belongs to the plan, by name."""
    names = ["plan.yaml", "indicators.yaml", *PLAN_TABLES]
    return {n: (folder / n).read_bytes() for n in sorted(names) if (folder / n).is_file()}


def plan_hash(folder: Path) -> str:
    """Return the SHA-256 over names and contents of the plan's files (line endings unified)."""
    digest = hashlib.sha256()
    for name, content in plan_files(folder).items():
        content = content.replace(b"\r\n", b"\n")
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _read_model(
    path: Path, adapter: TypeAdapter[Any], lines: dict[str, Lines], problems: list[PlanProblem]
) -> Any:
    try:
        data, lines[path.name] = read_yaml(path)
        return adapter.validate_python(data)
    except PlanError as error:
        problems += error.problems
    except ValidationError as error:
        problems += [_explain(path.name, e, lines[path.name], data) for e in error.errors()]
    return None


def _explain(file: str, error: Any, lines: Lines, data: Any) -> PlanProblem:
    """Turn pydantic's error into a sentence with line, and with the nearest valid key where one is near."""
    at = _place_in_file(error["loc"], data)
    line = lines.get(tuple(at))
    while line is None and at:
        at = at[:-1]
        line = lines.get(tuple(at))
    name = ".".join(str(x) for x in error["loc"] if not str(x).startswith(("function-", "dict[")))
    kind = error["type"]
    if kind == "extra_forbidden":
        key = str(error["loc"][-1])
        near = difflib.get_close_matches(key, _known_keys(), n=1, cutoff=0.6)
        zh = f"不认识的键“{key}”({name})。" + (f"是否想写“{near[0]}”?" if near else "请删除或改正。")
        en = f"unknown key '{key}' ({name})." + (f" Did you mean '{near[0]}'?" if near else " Remove or correct it.")
        return PlanProblem("unknown_key", file, line, zh, en)
    if kind == "missing":
        zh, en = f"缺少“{name}”。", f"'{name}' is missing."
        return PlanProblem("key_missing", file, line, zh, en)
    found = str(error.get("input"))[:60]
    expected = error.get("ctx", {}).get("expected") or error.get("ctx", {}).get("expected_tags")
    hint_zh = f"应为 {expected}" if expected else error["msg"]
    hint_en = f"expected {expected}" if expected else error["msg"]
    return PlanProblem("bad_value", file, line, f"“{name}”的值“{found}”不对:{hint_zh}。", f"'{name}' has the bad value '{found}': {hint_en}.")


def _place_in_file(loc: tuple[Any, ...], data: Any) -> list[Any]:
    """Follow pydantic's location through the data as written, skipping names of union members."""
    at: list[Any] = []
    here = data
    for step in loc:
        if isinstance(here, list) and isinstance(step, int) and step < len(here):
            at.append(step)
            here = here[step]
        elif isinstance(here, dict) and step in here:
            at.append(str(step))
            here = here[step]
    return at


def _known_keys() -> list[str]:
    seen: set[type] = set()
    keys: set[str] = set()

    def visit(model: Any) -> None:
        for part in getattr(model, "__args__", ()):
            visit(part)
        if isinstance(model, type) and issubclass(model, BaseModel) and model not in seen:
            seen.add(model)
            for name, info in model.model_fields.items():
                keys.add(info.alias or name)
                visit(info.annotation)

    visit(PlanFile)
    visit(Indicator)
    return sorted(keys)


def _read_table(path: Path, problems: list[PlanProblem]) -> pl.DataFrame:
    """Read one of the plan's tables as text, then convert; empty cells are null; a missing file is an empty table."""
    name = path.name
    wanted = PLAN_TABLES[name]
    nothing = pl.DataFrame(schema={**wanted, "line": pl.Int64})
    if not path.is_file():
        return nothing
    try:
        raw = pl.read_csv(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), infer_schema=False, encoding="utf8")
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        zh, en = f"不是有效的 UTF-8 CSV 文件:{error}", f"is no valid UTF-8 CSV file: {error}"
        problems.append(PlanProblem("no_csv", name, None, zh, en))
        return nothing
    frame = table_from(raw, name, wanted, REQUIRED[name], problems)
    return nothing if frame is None else frame


def table_from(
    raw: pl.DataFrame, file: str, wanted: dict[str, Any], required: list[str], problems: list[PlanProblem]
) -> pl.DataFrame | None:
    """Check headings and numbers of a table read as text; add missing optional columns and ``line`` (2 = first row).

    Returns None where a required column is missing; every problem found is appended to ``problems``.
    """
    raw = raw.rename({c: c.strip() for c in raw.columns})
    attributes = [c for c in raw.columns if c not in wanted] if file == "units.csv" else []
    for column in raw.columns:
        if column not in wanted:
            near = difflib.get_close_matches(column, list(wanted), n=1, cutoff=0.75 if attributes else 0.6)
            if attributes and (not near or near[0] in raw.columns):
                continue  # an attribute of the units, for `within: <column>`
            zh = f"不认识的列“{column}”。" + (f"是否想写“{near[0]}”?" if near else "可用:" + "、".join(wanted))
            en = f"unknown column '{column}'." + (f" Did you mean '{near[0]}'?" if near else " Known: " + ", ".join(wanted))
            problems.append(PlanProblem("unknown_column", file, 1, zh, en))
    absent = [c for c in required if c not in raw.columns]
    if absent:
        zh, en = f"缺少列:{'、'.join(absent)}。", f"missing columns: {', '.join(absent)}."
        problems.append(PlanProblem("column_missing", file, 1, zh, en))
        return None
    text = [pl.col(c).cast(pl.String).str.strip_chars().replace("", None).alias(c) for c in raw.columns if c in wanted or c in attributes]
    frame = raw.select(text).with_columns(line=pl.int_range(2, pl.len() + 2, dtype=pl.Int64))
    for column, dtype in wanted.items():
        if column not in frame.columns:
            frame = frame.with_columns(pl.lit(None, dtype=dtype).alias(column))
        elif dtype == NUMBER:
            number = pl.col(column).cast(NUMBER, strict=False)
            bad = frame.filter(pl.col(column).is_not_null() & (number.is_null() | ~number.is_finite()))
            for row in bad.iter_rows(named=True):
                zh = f"列 {column} 的“{row[column]}”不是数字。"
                en = f"'{row[column]}' in column {column} is not a number."
                problems.append(PlanProblem("number_expected", file, row["line"], zh, en))
            frame = frame.with_columns(number)
    for column in required:
        for row in frame.filter(pl.col(column).is_null()).iter_rows(named=True):
            zh, en = f"列 {column} 为空。", f"column {column} is empty."
            problems.append(PlanProblem("cell_empty", file, row["line"], zh, en))
    return frame.select(*wanted, *attributes, "line")


def _read_holidays(path: Path, problems: list[PlanProblem]) -> dict[date, str]:
    if not path.is_file():
        return {}
    raw = pl.read_csv(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), infer_schema=False)
    frame = table_from(raw, path.name, PLAN_TABLES["holidays.csv"], REQUIRED["holidays.csv"], problems)
    days: dict[date, str] = {}
    for row in [] if frame is None else frame.iter_rows(named=True):
        try:
            day = date.fromisoformat(row["date"])
        except (ValueError, TypeError):
            zh, en = f"“{row['date']}”不是日期,请写成 2023-04-05。", f"'{row['date']}' is no date; write 2023-04-05."
            problems.append(PlanProblem("bad_date", path.name, row["line"], zh, en))
            continue
        if row["kind"] not in ("holiday", "workday"):
            zh, en = "kind 只能是 holiday 或 workday。", "kind must be holiday or workday."
            problems.append(PlanProblem("bad_value", path.name, row["line"], zh, en))
        days[day] = row["kind"]
    return days


def _structure(file: PlanFile, indicators: list[Indicator], lines: dict[str, Lines]) -> list[PlanProblem]:
    """Check what the tree needs to be a tree at all: one root, known parents, codes unique, no cycles."""
    problems: list[PlanProblem] = []
    nodes = {n.code: n for n in file.tree}
    places = [("plan.yaml", ("tree", i), n) for i, n in enumerate(file.tree)]
    places += [("indicators.yaml", (i,), n) for i, n in enumerate(indicators)]  # type: ignore[misc]
    seen: set[str] = set()

    def add(code: str, name: str, at: tuple[Any, ...], zh: str, en: str) -> None:
        problems.append(PlanProblem(code, name, lines[name].get(at), zh, en))

    roots = [n.code for n in file.tree if n.parent is None]
    if len(roots) != 1:
        add("one_root", "plan.yaml", ("tree",), f"应有且只有一个根节点,现有 {len(roots)} 个。", f"there must be one root; found {len(roots)}.")
    for name, at, item in places:
        if item.code in seen:
            add("code_twice", name, (*at, "code"), f"代码“{item.code}”重复。", f"code '{item.code}' is used twice.")
        seen.add(item.code)
        if item.parent is not None and item.parent not in nodes:
            near = difflib.get_close_matches(item.parent, list(nodes), n=1)
            hint_zh, hint_en = (f"是否想写“{near[0]}”?", f" Did you mean '{near[0]}'?") if near else ("", "")
            add("orphan", name, (*at, "parent"), f"“{item.code}”的上级“{item.parent}”不存在。{hint_zh}",
                f"'{item.code}' has the unknown parent '{item.parent}'.{hint_en}")  # fmt: skip
    for i, node in enumerate(file.tree):
        above: set[str] = set()
        here: Node | None = node
        while here is not None and here.parent is not None and here.code not in above:
            above.add(here.code)
            here = nodes.get(here.parent)
        if here is not None and here.code in above:
            add("cycle", "plan.yaml", ("tree", i), f"“{node.code}”的上级关系成环。", f"'{node.code}' is part of a cycle.")
    return problems
