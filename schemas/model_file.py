"""Read a YAML file into models; every mistake in keys and values becomes a sentence with line and nearest word."""

import difflib
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from schemas.base import Model
from schemas.errors import PlanError, PlanProblem
from schemas.yaml_file import Lines, read_yaml

_SAYS = {
    "int_type": ("应为整数", "write a whole number"),
    "int_parsing": ("应为整数", "write a whole number"),
    "int_from_float": ("应为整数", "write a whole number"),
    "float_type": ("应为数字", "write a number"),
    "float_parsing": ("应为数字", "write a number"),
    "finite_number": ("应为有限的数", "write a finite number"),
    "string_type": ("应为文字", "write a text"),
    "bool_type": ("应为 true 或 false", "write true or false"),
    "bool_parsing": ("应为 true 或 false", "write true or false"),
    "list_type": ("应为列表,例如 [a, b]", "write a list, for example [a, b]"),
    "tuple_type": ("应为列表,例如 [0, 100]", "write a list, for example [0, 100]"),
    "dict_type": ("应为映射,例如 {a: 1}", "write a mapping, for example {a: 1}"),
    "model_type": ("应为映射,例如 {键: 值}", "write a mapping, for example {key: value}"),
    "too_long": ("列表项数过多", "the list has too many entries"),
    "union_tag_not_found": ("缺少 kind", "kind is missing"),
}


def read_model(path: Path, adapter: TypeAdapter[Any], lines: dict[str, Lines], problems: list[PlanProblem]) -> Any:
    """Read and validate a file; None where that fails, with every problem appended to ``problems``."""
    try:
        data, lines[path.name] = read_yaml(path)
        if data is None:
            zh, en = "文件是空的,请填写内容。", "this file is empty; fill it in."
            problems.append(PlanProblem("file_empty", path.name, None, zh, en))
            return None
        return adapter.validate_python(data)
    except PlanError as error:
        problems += error.problems
    except ValidationError as error:
        found = [_explain(path.name, e, lines[path.name], data, adapter) for e in _told(error.errors(), data)]
        problems += {(p.code, p.line, p.en): p for p in found}.values()
    return None


def _told(errors: list[Any], data: Any) -> list[Any]:
    """Keep one error of each place: where a mapping stands, those about its keys rather than what else could stand."""
    places = [(tuple(_place(e["loc"], data)), e) for e in errors]
    inside = {p[:n] for p, _ in places for n in range(len(p))}
    inside |= {p for p, e in places if e["type"] in ("extra_forbidden", "missing") and isinstance(_at(data, p), dict)}
    kept: dict[tuple[Any, ...], Any] = {}
    for place, error in places:
        if error["type"] in ("extra_forbidden", "missing"):
            kept[(*place, error["loc"][-1])] = error
        elif place not in inside:
            kept.setdefault(place, error)
    return list(kept.values())


def _explain(file: str, error: Any, lines: Lines, data: Any, adapter: TypeAdapter[Any]) -> PlanProblem:
    at = _place(error["loc"], data)
    line = next((lines[tuple(at[:n])] for n in range(len(at), -1, -1) if tuple(at[:n]) in lines), None)
    kind = error["type"]
    if kind == "missing":
        name = _name([*at, error["loc"][-1]], data)
        return PlanProblem("key_missing", file, line, f"缺少“{name}”,请补上。", f"'{name}' is missing; add it.")
    name = _name(at, data)
    if kind == "extra_forbidden":
        key = str(error["loc"][-1])
        known = _keys_at(adapter, error["loc"][:-1])
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
        given = error.get("input")
        zh = f"不认识的键“{key}”({name})。" + (f"是否想写“{near[0]}”?" if near else f"可用:{'、'.join(known)}。")
        en = f"unknown key '{key}' ({name}). " + (
            f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(known)}."
        )
        if given is None and " " in key:
            zh += "文字里有逗号时请加引号。"
            en += " A text with a comma in it needs quotes."
        return PlanProblem("unknown_key", file, line, zh, en)
    given = error.get("input")
    found = None if given is None else str(given)[:60]
    zh, en = _says(kind, error)
    if not name:
        return PlanProblem("bad_value", file, line, f"整个文件{zh}。", f"the file as a whole: {en}.")
    zh, en = (
        f"“{name}”的值“{found or '(空)'}”不对:{zh}。",
        f"'{name}' has the bad value '{found or '(empty)'}': {en}.",
    )
    return PlanProblem("bad_value", file, line, zh, en)


def _says(kind: str, error: Any) -> tuple[str, str]:
    """Say in both languages what should stand there."""
    context = error.get("ctx", {})
    expected = context.get("expected") or context.get("expected_tags")
    if expected:
        words = str(expected).replace("'", "").replace(" or ", ", ")
        near = difflib.get_close_matches(str(error.get("input")), words.split(", "), n=1)
        if kind == "union_tag_invalid":
            near = difflib.get_close_matches(str(context.get("tag")), words.split(", "), n=1)
        zh, en = f"可用:{words}", f"choose one of {words}"
        return (f"是否想写“{near[0]}”?{zh}", f"did you mean '{near[0]}'? {en}") if near else (zh, en)
    return _SAYS.get(kind, (error["msg"], error["msg"]))


def _place(loc: tuple[Any, ...], data: Any) -> list[Any]:
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


def _at(data: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        data = data[step] if isinstance(data, list) or step in data else None
    return data


def _name(at: list[Any], data: Any) -> str:
    """Name a place as an administrator would: codes instead of positions in a list."""
    names: list[str] = []
    here = data
    for step in at:
        here = here[step] if isinstance(here, list) else here.get(step) if isinstance(here, dict) else None
        code = here.get("code") if isinstance(step, int) and isinstance(here, dict) else None
        names.append(str(step if code is None else code) if not isinstance(step, int) or code else f"{step + 1}")
    return ".".join(names)


def _keys_at(adapter: TypeAdapter[Any], loc: tuple[Any, ...]) -> list[str]:
    """Return the keys that are valid at a location, by following it through the models."""
    here = [adapter._type]
    for step in loc:
        here = [inner for one in here for inner in _inside(one, step)] or here
    return sorted({f.alias or n for m in _models(here) for n, f in m.model_fields.items()})


def _inside(annotation: Any, step: Any) -> list[Any]:
    """Return what lies one step of a location below an annotation: a field, an item, or the named union member."""
    models = _models([annotation])
    fields = [f.annotation for m in models for n, f in m.model_fields.items() if step in (n, f.alias)]
    named = [m for m in models if step in (m.__name__, *_kinds(m))]
    return fields or named


def _kinds(model: type[Model]) -> tuple[str, ...]:
    field = model.model_fields.get("kind")
    return getattr(field.annotation, "__args__", ()) if field else ()


def _models(annotations: list[Any]) -> list[type[Model]]:
    """Return the models that an annotation consists of, through lists, mappings, unions and Annotated."""
    found: list[type[Model]] = []
    for one in annotations:
        if isinstance(one, type) and issubclass(one, Model):
            found.append(one)
        else:
            found += _models([a for a in getattr(one, "__args__", ()) if a is not None])
    return found
