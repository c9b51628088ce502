"""Works out the few Excel functions that the form's own formulas use, so that each is written with its result.

A workbook shows stored results until something recalculates it; LibreOffice often does not. Only formulas that Kaohe
itself wrote come here; nothing that was received is ever evaluated.
"""

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Value = float | str | bool | None
"""What a cell holds; None is blank."""
Evaluated = Callable[[Mapping[str, Any]], Value]

_TOKEN = re.compile(
    r'\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?)|(?P<text>"(?:[^"]|"")*")|(?P<name>\$?[A-Z]+\$?\d*)'
    r"|(?P<sign><>|<=|>=|[-+*/(),=<>]))"
)


class FormulaError(Exception):
    """What Excel shows as #N/A, #DIV/0! or #NUM!."""


def formula_value(formula: str, cells: Mapping[str, Any]) -> Value:
    """Return the result of a formula; ``cells`` by address without ``$``; an absent one is blank.

    Raises:
        FormulaError: where Excel shows an error.
    """
    return _parsed(formula.removeprefix("="))(cells)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Evaluated:
    return _Parser(text).whole()


class _Parser:
    """Recursive descent: comparison, sum, product, sign, atom."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if not found:
                raise ValueError(f"cannot read {text[at:]!r} of {text!r}")
            self.tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
            at = found.end()
        self.tokens.append(("end", ""))
        self.at = 0

    def whole(self) -> Evaluated:
        result = self.comparison()
        if self.tokens[self.at][0] != "end":
            raise ValueError(f"unexpected {self.tokens[self.at]!r}")
        return result

    def taken(self, *signs: str) -> str:
        """Return the next token and move on where it is one of these signs; else an empty text."""
        kind, text = self.tokens[self.at]
        if kind != "sign" or text not in signs:
            return ""
        self.at += 1
        return text

    def comparison(self) -> Evaluated:
        left = self.sum()
        while sign := self.taken("=", "<>", "<", ">", "<=", ">="):
            left = _binary(_COMPARE[sign], left, self.sum())
        return left

    def sum(self) -> Evaluated:
        left = self.product()
        while sign := self.taken("+", "-"):
            left = _arithmetic(sign, left, self.product())
        return left

    def product(self) -> Evaluated:
        left = self.signed()
        while sign := self.taken("*", "/"):
            left = _arithmetic(sign, left, self.signed())
        return left

    def signed(self) -> Evaluated:
        if self.taken("-"):
            inner = self.signed()
            return lambda cells: -_number(inner(cells))
        return self.atom()

    def atom(self) -> Evaluated:
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            number = float(text)
            return lambda _: number
        if kind == "text":
            words = text[1:-1].replace('""', '"')
            return lambda _: words
        if kind == "sign" and text == "(":
            inner = self.comparison()
            self._closed()
            return inner
        if kind == "name" and text == "TRUE":
            return lambda _: True
        if kind == "name":
            return self.call(text) if self.taken("(") else _cell(text.replace("$", ""))
        raise ValueError(f"unexpected {text!r}")

    def call(self, name: str) -> Evaluated:
        arguments: list[Evaluated] = []
        if not self.taken(")"):
            arguments.append(self.comparison())
            while self.taken(","):
                arguments.append(self.comparison())
            self._closed()
        function = _FUNCTIONS[name]
        return lambda cells: function(cells, arguments)

    def _closed(self) -> None:
        if not self.taken(")"):
            raise ValueError("a bracket is not closed")


def _cell(name: str) -> Evaluated:
    def read(cells: Mapping[str, Any]) -> Value:
        value = cells.get(name)
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    return read


def _binary(how: Callable[[Any, Any], bool], left: Evaluated, right: Evaluated) -> Evaluated:
    def compare(cells: Mapping[str, Any]) -> bool:
        one, other = left(cells), right(cells)
        if one is None:
            one = "" if isinstance(other, str) else 0.0
        if other is None:
            other = "" if isinstance(one, str) else 0.0
        # Excel orders numbers before texts before truth values, and does not tell capitals from small letters.
        return how(_rank(one), _rank(other))

    return compare


def _rank(value: Value) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    return (1, value.casefold()) if isinstance(value, str) else (0, value)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b, ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}  # fmt: skip


def _arithmetic(sign: str, left: Evaluated, right: Evaluated) -> Evaluated:
    def compute(cells: Mapping[str, Any]) -> float:
        one, other = _number(left(cells)), _number(right(cells))
        if sign == "/" and other == 0:
            raise FormulaError("#DIV/0!")
        return {"+": one + other, "-": one - other, "*": one * other}[sign] if sign != "/" else one / other

    return compute


def _number(value: Value) -> float:
    if isinstance(value, str):
        raise FormulaError("#VALUE!")
    return float(value or 0.0)


def _rounded(number: float, places: int) -> float:
    """Round half away from zero on the 15 digits that a spreadsheet shows."""
    shifted = float(f"{abs(number) * 10**places:.15g}")
    return math.copysign(math.floor(shifted + 0.5) / 10**places, number)


def _cut(number: float, places: int, whole: Callable[[float], int]) -> float:
    """Cut off further digits (``floor``), or round away from zero (``ceil``)."""
    return math.copysign(whole(float(f"{abs(number) * 10**places:.15g}")) / 10**places, number)


def _ln(number: float) -> float:
    if number <= 0:
        raise FormulaError("#NUM!")
    return math.log(number)


def _if_error(cells: Mapping[str, Any], arguments: list[Evaluated]) -> Value:
    try:
        return arguments[0](cells)
    except FormulaError:
        return arguments[1](cells)


def _not_available(_: Mapping[str, Any], __: list[Evaluated]) -> Value:
    raise FormulaError("#N/A")


def _is_number(value: Value) -> bool:
    return isinstance(value, float) and not isinstance(value, bool)


_FUNCTIONS: dict[str, Callable[[Mapping[str, Any], list[Evaluated]], Value]] = {
    "IF": lambda cells, a: a[1](cells) if a[0](cells) else a[2](cells),
    "IFERROR": _if_error,
    "NA": _not_available,
    "AND": lambda cells, a: all(bool(x(cells)) for x in a),
    "OR": lambda cells, a: any(bool(x(cells)) for x in a),
    "NOT": lambda cells, a: not a[0](cells),
    "ISNUMBER": lambda cells, a: _is_number(a[0](cells)),
    "N": lambda cells, a: _number(v) if not isinstance(v := a[0](cells), str) else 0.0,
    "MIN": lambda cells, a: min(_number(x(cells)) for x in a),
    "MAX": lambda cells, a: max(_number(x(cells)) for x in a),
    "ROUND": lambda cells, a: _rounded(_number(a[0](cells)), int(_number(a[1](cells)))),
    "ROUNDDOWN": lambda cells, a: _cut(_number(a[0](cells)), int(_number(a[1](cells))), math.floor),
    "ROUNDUP": lambda cells, a: _cut(_number(a[0](cells)), int(_number(a[1](cells))), math.ceil),
    "MOD": lambda cells, a: _number(a[0](cells)) % _number(a[1](cells)),
    "ABS": lambda cells, a: abs(_number(a[0](cells))),
    "LN": lambda cells, a: _ln(_number(a[0](cells))),
    "EXP": lambda cells, a: math.exp(_number(a[0](cells))),
    "NORMSDIST": lambda cells, a: math.erfc(-_number(a[0](cells)) / math.sqrt(2)) / 2,
}
