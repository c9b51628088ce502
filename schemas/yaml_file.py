"""YAML with line numbers. Only ``true`` and ``false`` are booleans (YAML 1.2): ``on`` and ``no`` are words."""

import re
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # its stubs do not say that it is meant
from yaml.resolver import Resolver

from schemas.errors import PlanError, PlanProblem

Lines = dict[tuple[str | int, ...], int]


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2 booleans and numbers, and without dates."""


_DROPPED = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _DROPPED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9]\d*)$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$"),
    list("-+0123456789."),
)


class _QuickLoader(Composer, CParser, SafeConstructor, Resolver):
    """The same on libyaml's parser, six times as quick.

    Its nodes are put together in Python all the same: libyaml's own composer ends the process where texts nest deep.
    """

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        for part in (Composer, SafeConstructor, Resolver):
            part.__init__(self)


TEXT_KEYS = frozenset({
    "code", "parent", "plan", "version", "value_from", "within", "grade", "node", "nodes", "tie_breakers",
    "assigned_to", "items", "periods", "from", "to",
})  # fmt: skip
"""Keys under which codes stand, which are read as they are written: 01 and 1.10 keep their zeros."""
_TEXT, _NUMBERS = "tag:yaml.org,2002:str", ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


def read_yaml(path: Path) -> tuple[Any, Lines]:
    """Read a YAML file; return its data and the line (from 1) of every key and item, by path.

    Raises:
        PlanError: file missing, not UTF-8, no YAML, or a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PlanError([_problem(path, None, "file_missing", "缺少此文件。", "this file is missing.")]) from None
    except UnicodeDecodeError:
        zh, en = "不是 UTF-8 编码,请另存为 UTF-8。", "is not UTF-8; save it as UTF-8."
        raise PlanError([_problem(path, None, "not_utf8", zh, en)]) from None
    try:
        try:
            return _read(_QuickLoader(text), path)
        except yaml.YAMLError:  # said by the other one, which knows better where and what
            return _read(_Loader(text), path)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        what = getattr(error, "problem", None) or str(error)
        zh, en = f"不是有效的 YAML:{what}。", f"is no valid YAML: {what}."
        raise PlanError([_problem(path, line, "no_yaml", zh, en)]) from None


def _read(loader: _Loader | _QuickLoader, path: Path) -> tuple[Any, Lines]:
    root = loader.get_single_node()
    lines: Lines = {}
    problems: list[PlanProblem] = []
    if root is not None:
        _walk(root, (), lines, problems, path)
    if problems:
        raise PlanError(problems)
    return (None if root is None else loader.construct_document(root)), lines


def _is_band(node: yaml.MappingNode, name: str) -> bool:
    """Say whether from and to are bounds of a band, which are numbers, and not periods."""
    return name in ("from", "to") and any(str(key.value) in ("score", "points") for key, _ in node.value)


def _as_written(node: yaml.Node) -> None:
    """Take numbers for the texts that they are here."""
    for one in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        if isinstance(one, yaml.ScalarNode) and one.tag in _NUMBERS:
            one.tag = _TEXT


def _problem(path: Path, line: int | None, code: str, zh: str, en: str) -> PlanProblem:
    return PlanProblem(code, path.name, line, zh, en)


def _walk(node: yaml.Node, at: tuple[str | int, ...], lines: Lines, problems: list[PlanProblem], path: Path) -> None:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if name in seen:
                zh, en = f"“{name}”出现了两次。", f"'{name}' occurs twice."
                problems.append(_problem(path, line, "key_twice", zh, en))
            seen.add(name)
            lines[(*at, name)] = line
            if name in TEXT_KEYS and not _is_band(node, name):
                _as_written(value)
            _walk(value, (*at, name), lines, problems, path)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _walk(value, (*at, number), lines, problems, path)


class _Dumper(yaml.SafeDumper):
    """SafeDumper that puts in quotes what either YAML would read as something else than a text."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out: a plan has no anchors."""
        return True


_Dumper.yaml_implicit_resolvers = {
    first: [
        *yaml.SafeLoader.yaml_implicit_resolvers.get(first, []),
        *_Loader.yaml_implicit_resolvers.get(first, []),
    ]
    for first in {*yaml.SafeLoader.yaml_implicit_resolvers, *_Loader.yaml_implicit_resolvers}
}


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Write line breaks as escapes: between single quotes they are folded, and rare ones become common ones."""
    broken = any(mark in text for mark in "\n\x85\u2028\u2029")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if broken else None)


_Dumper.add_representer(str, _text_node)


def parse_yaml(text: str) -> Any:
    """Return the data of a text, as ``read_yaml`` reads a file.

    Raises:
        yaml.YAMLError: no YAML.
    """
    return yaml.load(text, Loader=_Loader)


def quoted_yaml(text: str) -> str:
    """Return a text in double quotes, on one line, as ``parse_yaml`` reads it back."""
    quoted: str = yaml.dump(text, Dumper=_Dumper, allow_unicode=True, default_style='"', width=1_000_000)
    return quoted.removesuffix("\n")


def write_yaml(data: Any, *, flow: bool | None = None) -> str:
    """Return data as YAML that ``read_yaml`` reads back; innermost lists and mappings on one line.

    ``flow`` True: all of it on one line.
    """
    text: str = yaml.dump(
        data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=flow, width=1_000_000
    )
    return text.removesuffix("\n...\n").removesuffix("\n") if flow else text
