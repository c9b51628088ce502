"""A plan as sheets of rows and back: what a plan workbook holds, without the workbook.

``plan.yaml`` becomes a sheet of rules (one key a row), of classes, nodes and grades; ``indicators.yaml`` one row an
indicator; the tables stay tables. A cell is a text, a number or true and false; what is none of them (a list, a
mapping, null, a text that would be read as one of these) is written as YAML on one line.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import yaml

from schemas.base import Model, Text
from schemas.csv_file import PLAN_TABLES, REQUIRED
from schemas.errors import UserError
from schemas.meanings import meaning
from schemas.methods import METHOD_MODELS
from schemas.plan import Grade, Indicator, Node, PlanFile
from schemas.yaml_file import Lines, parse_yaml, quoted_yaml, write_yaml

Cell = str | float | bool | None
Row = dict[str, Cell]
Book = dict[str, list[Row]]
"""Sheet → rows; a row is column key → cell. Keys of sheets are those of ``SHEETS``."""

SHEETS: dict[str, tuple[str, str]] = {
    "rules": ("规则", "Rules"), "classes": ("类别", "Classes"), "tree": ("结构", "Tree"),
    "indicators": ("指标", "Indicators"), "grades": ("等次", "Grades"), "units.csv": ("单位", "Units"),
    "targets.csv": ("目标", "Targets"), "assignments.csv": ("例外", "Exceptions"),
    "holidays.csv": ("节假日", "Holidays"), "bodies.csv": ("机构", "Bodies"),
}  # fmt: skip
LISTS: dict[str, type[Model]] = {"tree": Node, "indicators": Indicator, "grades": Grade}
METHOD_COLUMNS = ("kind", "target", "cap", "floor", "worst", "best", "direction", "full_marks_at", "per_item", "items")
REST = "method.+"
"""The column for parameters of a method that have no column of their own: a YAML mapping."""
BY_CLASS = "weight_by_class"
_WORDS = ("true", "false", "null", "~")
_NO_CELL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""What a cell of a workbook does not keep as it is."""


@dataclass(frozen=True)
class Column:
    """A column, or a row of the rules: its key, what it means, the words it may hold and what holds where blank.

    ``text``: nothing but text belongs there, also where it looks like a number (a code such as 007).
    ``number``: a number of a table. ``either``: one of the column and its neighbour in the other language is required.
    """

    key: str
    zh: str
    en: str
    choices: tuple[str, ...] = ()
    default: str = ""
    required: bool = False
    text: bool = False
    number: bool = False
    either: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """Return the key's steps."""
        return tuple(self.key.split("."))


def list_columns(sheet: str, classes: Sequence[str]) -> list[Column]:
    """Return the columns of nodes, indicators or grades; weights have one for each class."""
    model = LISTS[sheet]
    found: list[Column] = []
    for name, info in model.model_fields.items():
        key = info.alias or name
        if key == "method":
            found += [_method_column(p) for p in METHOD_COLUMNS]
            found.append(Column(REST, "方法的其他参数,如 {trim: 1}", "other parameters, such as {trim: 1}"))
        elif key == BY_CLASS:
            for code in classes:
                zh, en = f"类别 {code} 另用的权重", f"weight for class {code}"
                found.append(Column(f"{BY_CLASS}.{code}", zh, en))
        else:
            found += _columns(model, key, (key,), info)
    return found


def _method_column(parameter: str) -> Column:
    kinds = tuple(METHOD_MODELS) if parameter == "kind" else ()
    owner = next(m for m in METHOD_MODELS.values() if parameter in m.model_fields)
    choices = kinds or _choices(owner.model_fields[parameter].annotation)
    zh, en = (meaning(owner.__name__, parameter, lang) for lang in ("zh", "en"))
    return Column(f"method.{parameter}", zh, en, choices, required=parameter == "kind")


def _columns(model: type[Model], key: str, path: tuple[str, ...], info: Any) -> Iterator[Column]:
    zh, en = (meaning(model.__name__, key, lang) for lang in ("zh", "en"))
    name = ".".join(path)
    if _is_text(info.annotation):
        zh, en = zh.split(":")[0], en.split(":")[0]
        either = info.is_required()
        yield Column(f"{name}.zh", f"{zh}(中文)", f"{en} (Chinese)", text=True, either=either)
        yield Column(f"{name}.en", f"{zh}(英文)", f"{en} (English)", text=True, either=either)
        return
    default = "" if info.is_required() else _shown(info.get_default(call_default_factory=True))
    yield Column(name, zh, en, _choices(info.annotation), default, info.is_required(), _is_string(info.annotation))


def rule_columns(model: type[Model] = PlanFile, path: tuple[str, ...] = ()) -> list[Column]:
    """Return every key of ``plan.yaml`` that is no list of its own sheet, down to single values."""
    found: list[Column] = []
    for name, info in model.model_fields.items():
        key = info.alias or name
        if not path and key in ("classes", "tree", "grades"):
            continue
        inner = _model_in(info.annotation)
        if inner is not None and not _is_text(info.annotation):
            found += rule_columns(inner, (*path, key))
        else:
            found += _columns(model, key, (*path, key), info)
    return found


def _is_text(annotation: Any) -> bool:
    return annotation is Text or any(_is_text(a) for a in get_args(annotation) if a is not NoneType)


def _is_string(annotation: Any) -> bool:
    """Say whether a value is a text or a code and nothing else."""
    if hasattr(annotation, "__metadata__"):
        return _is_string(annotation.__origin__)
    inner = [a for a in get_args(annotation) if a is not NoneType]
    return annotation is str or (get_origin(annotation) in (Union, UnionType) and all(_is_string(a) for a in inner))


def _model_in(annotation: Any) -> type[Model] | None:
    """Return the model where a value is one model, or none at all."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    if get_origin(annotation) in (list, dict, tuple, Literal):
        return None
    inner = [a for a in get_args(annotation) if a is not NoneType and not hasattr(a, "func")]
    models = [m for m in map(_model_in, inner) if m is not None]
    return models[0] if len(inner) == len(models) == 1 else None


def _choices(annotation: Any) -> tuple[str, ...]:
    """Return the words that may stand in a cell; none where other things may, except numbers and mappings."""
    if get_origin(annotation) is Literal:
        return tuple(str(a) for a in get_args(annotation))
    if annotation is bool:
        return ("true", "false")
    if get_origin(annotation) in (list, dict, tuple):
        return ()
    return tuple(word for a in get_args(annotation) for word in _choices(a))


def _shown(value: Any) -> str:
    if value is None or value in ("", {}, [], ()):
        return ""
    if isinstance(value, Model):
        given = value.model_dump(by_alias=True, exclude_defaults=True)
        return write_yaml(given, flow=True) if given else ""
    if isinstance(value, tuple):
        value = [int(v) if isinstance(v, float) and v.is_integer() else v for v in value]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(to_cell(value)).lower() if isinstance(value, bool) else str(to_cell(value))


def to_cell(value: Any) -> Cell:
    """Return how a value stands in a cell."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        plain = value == value.strip() != "" and value[0] not in '[{"' and value not in _WORDS
        return value if plain and _NO_CELL.search(value) is None else quoted_yaml(value)
    return write_yaml(value, flow=True)


def from_cell(cell: Cell) -> Any:
    """Return the value that stands in a cell.

    Raises:
        yaml.YAMLError: a text begins like a list, a mapping or a quoted text and is none.
    """
    if isinstance(cell, str) and (cell[:1] in ("[", "{", '"') or cell in _WORDS):
        return parse_yaml(cell)
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def book_of(plan: Mapping[str, Any], indicators: Sequence[Mapping[str, Any]], tables: Mapping[str, str]) -> Book:
    """Return the sheets of a plan, from the data of its two YAML files and the texts of its tables."""
    classes = [str(c) for c in plan.get("classes") or {}]
    book: Book = {"rules": []}
    for column in rule_columns():
        cell = _cell_at(plan, column.path)
        book["rules"].append({"key": column.key, "value": cell})
    titles = {str(c): _wording(t) for c, t in (plan.get("classes") or {}).items()}
    book["classes"] = [{"code": c, "title.zh": zh, "title.en": en} for c, (zh, en) in titles.items()]
    for sheet in ("tree", "indicators", "grades"):
        items = indicators if sheet == "indicators" else plan.get(sheet) or []
        columns = list_columns(sheet, classes)
        book[sheet] = [_row(item, columns) for item in items]
    for name in PLAN_TABLES:
        rows = csv.DictReader(io.StringIO(tables.get(name, "")))
        book[name] = [{k.strip(): v or None for k, v in row.items() if k is not None} for row in rows]
    return book


def _row(item: Mapping[str, Any], columns: Sequence[Column]) -> Row:
    row = {c.key: _cell_at(item, c.path) for c in columns if c.key != REST}
    if any(c.key == REST for c in columns):
        others = {k: v for k, v in item["method"].items() if k not in METHOD_COLUMNS}
        row[REST] = to_cell(others) if others else None
    return row


def _cell_at(data: Any, path: Sequence[str]) -> Cell:
    """Return the cell for a path; blank where the file says nothing of it."""
    for n, step in enumerate(path):
        if n == len(path) - 1 and step in ("zh", "en") and data is not None:
            return _wording(data)[step == "en"]
        if not isinstance(data, Mapping):
            return None
        data = {str(k): v for k, v in data.items()}
        if step not in data:
            return None
        data = data[step]
        if data is None and n < len(path) - 1:
            return None
    return to_cell(data)


def _wording(value: Any) -> tuple[str, str | None]:
    """Return the two wordings of a title; a plain text stands for both."""
    if isinstance(value, Mapping):
        zh, en = value.get("zh"), value.get("en")
        return str(en if zh is None else zh), None if en is None else str(en)
    return str(value), str(value)


def files_of(book: Book, *, apart: bool = False) -> dict[str, str]:
    """Return the plan's files from its sheets; a table without rows has none.

    ``apart``: every key on a line of its own, so that a line says which cell it comes from.

    Raises:
        UserError: a cell is no YAML where it begins like it, or the column of other parameters holds no mapping.
    """
    plan = _nested("rules", rule_columns(), {str(row["key"]): row.get("value") for row in book["rules"]})
    known = {sheet: list_columns(sheet, []) for sheet in LISTS}
    lists = {sheet: [_nested(sheet, columns, row) for row in book[sheet]] for sheet, columns in known.items()}
    classes = {
        str(row["code"]): _title(row.get("title.zh"), row.get("title.en")) for row in book["classes"] if row.get("code")
    }
    named = {"classes": classes, "tree": lists["tree"], "grades": lists["grades"]}
    order = [info.alias or name for name, info in PlanFile.model_fields.items()]
    whole = {**plan, **{k: v for k, v in named.items() if v or k == "tree"}}
    whole = {k: whole[k] for k in sorted(whole, key=lambda k: order.index(k) if k in order else len(order))}
    flow = False if apart else None
    files = {
        name: write_yaml(data, flow=flow)
        for name, data in (("plan.yaml", whole), ("indicators.yaml", lists["indicators"]))
    }
    for name in PLAN_TABLES:
        if book[name]:
            path = whole.get("calendar", {}).get("holidays", name) if name == "holidays.csv" else name
            files[str(path)] = _csv(name, book[name])
    return files


def _nested(sheet: str, columns: Sequence[Column], row: Row) -> dict[str, Any]:
    """Return a row's cells as the mapping they stand for; numbers in columns of text are texts."""
    texts = {c.key for c in columns if c.text}
    data: dict[str, Any] = {}
    for key, cell in row.items():
        if cell is None or cell == "":
            continue
        *above, last = str(key).split(".")
        here = data
        for step in above:
            inner = here.setdefault(step, {})
            here = inner if isinstance(inner, dict) else {}
        if last in ("zh", "en"):
            here[last] = number_text(cell)
        elif last == "+":
            here.update(_mapping(_read(cell, sheet, row, key), sheet, row, key))
        elif key in texts and not isinstance(cell, str):
            here[last] = number_text(cell)
        else:
            here[last] = _read(cell, sheet, row, key)
    return _shortened(data)


def _read(cell: Cell, sheet: str, row: Row, key: str) -> Any:
    try:
        return from_cell(cell)
    except (yaml.YAMLError, RecursionError) as error:
        why = getattr(error, "problem", None) or type(error).__name__
        zh, en = _where(sheet, row, key)
        raise UserError(
            f"{zh}:“{cell}”写得不对({why})。列表写成 [a, b],映射写成 {{a: 1}};文字以括号开头的,整格加双引号。",
            f"{en}: '{cell}' cannot be read ({why}). Write a list as [a, b], a mapping as {{a: 1}}; put a text that "
            "begins with a bracket in double quotes.",
        ) from None


def _mapping(value: Any, sheet: str, row: Row, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        zh, en = _where(sheet, row, key)
        raise UserError(f"{zh}:应写成 {{参数: 值}}。", f"{en}: write {{parameter: value}}.")
    return value


def _where(sheet: str, row: Row, key: str) -> tuple[str, str]:
    """Name a cell: its sheet, the row by its code, and the key."""
    zh, en = SHEETS[sheet]
    code = f" {row['code']}" if row.get("code") else ""
    return f"工作表“{zh}”{code} {key}", f"sheet '{en}'{code} {key}"


def _shortened(data: dict[str, Any]) -> dict[str, Any]:
    """Write a title whose two wordings are the same as one text."""
    for key, value in data.items():
        if isinstance(value, dict) and value and set(value) <= {"zh", "en"}:
            data[key] = _title(value.get("zh"), value.get("en"))
        elif isinstance(value, dict):
            data[key] = _shortened(value)
    return data


def _title(zh: Cell, en: Cell) -> Any:
    texts = {k: number_text(v) for k, v in (("zh", zh), ("en", en)) if v not in (None, "")}
    return texts["zh"] if len(texts) == 2 and texts["zh"] == texts["en"] else texts


def number_text(cell: Any) -> str:
    """Return how a cell of any kind is written as text."""
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _csv(name: str, rows: Sequence[Row]) -> str:
    columns = list(dict.fromkeys(k for row in rows for k in row))
    used = [c for c in columns if c in REQUIRED[name] or any(row.get(c) not in (None, "") for row in rows)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(used)
    writer.writerows(["" if row.get(c) is None else number_text(row[c]) for c in used] for row in rows)
    return out.getvalue()


def cell_of(file: str, line: int | None, lines: Lines, book: Book) -> tuple[str, int | None, str | None]:
    """Return sheet, row (None: the heading) and column key where a problem of a written file stands.

    ``lines`` are those of the YAML file (``schemas.yaml_file.read_yaml``); the tables' rows begin on line 2.
    """
    if file not in ("plan.yaml", "indicators.yaml"):
        sheet = file if file in SHEETS else "holidays.csv"
        return sheet, None if line is None or line < 2 else line - 2, None
    here = max((p for p, at in lines.items() if at == line), key=len, default=())
    if file == "indicators.yaml":
        here = ("indicators", *here)
    if not here:
        return "rules", None, None
    sheet = str(here[0])
    if sheet == "classes" and len(here) > 1:
        return sheet, next((n for n, row in enumerate(book[sheet]) if row.get("code") == here[1]), None), "code"
    if sheet in LISTS:
        row = here[1] if len(here) > 1 and isinstance(here[1], int) else None
        return sheet, row, _nearest(here[2:], list(book[sheet][row]) if row is not None else [])
    keys = [str(row["key"]) for row in book["rules"]]
    key = _nearest(here, keys)
    return "rules", keys.index(key) if key in keys else None, "value"


def _nearest(path: Sequence[str | int], keys: Sequence[str]) -> str | None:
    """Return the key that is the path, or the longest beginning of it, or begins with it; else the parameters' one."""
    names = [".".join(map(str, path[:n])) for n in range(len(path), 0, -1)]
    for name in names:
        found = next((k for k in keys if k == name), None) or next((k for k in keys if k.startswith(f"{name}.")), None)
        if found:
            return REST if found == "method.kind" and len(path) > 1 and REST in keys and path[1] != "kind" else found
    return None
