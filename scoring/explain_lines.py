"""Explanations as a table for documents: the lines of every unit's total and of each of its nodes, in both languages.

The lines are those of ``kaohe explain``. What a reporter or reviewer wrote in a cell or a note is left out.
"""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from schemas.periods import parse_period
from scoring.explain import Explainer
from scoring.explain_model import Explanation, NodeDerivation
from scoring.explain_text import indicator_lines, inner_lines, step_line
from scoring.run import Inputs

LANGS = ("zh", "en")
SCHEMA = pl.Schema(
    {"unit_code": pl.String(), "node_code": pl.String(), "zh": pl.List(pl.String), "en": pl.List(pl.String)}
)


def derivation_lines(explainer: Explainer) -> pl.DataFrame:
    """Return unit_code, node_code (null for the total), zh and en (lists of lines) for every unit of a period."""
    rows = [row for unit in explainer.units() for row in _rows(explainer.unit(unit))]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def without_words(inputs: Inputs) -> Inputs:
    """Return the inputs without what somebody wrote in a cell or a note: a published document may not hold it."""
    table = inputs.measurements
    if not isinstance(table, pl.DataFrame):
        return inputs
    return replace(inputs, measurements=table.drop("raw", "note", strict=False))


def _rows(explanation: Explanation) -> Iterator[tuple[str, str | None, list[str], list[str]]]:
    """Yield unit, node and lines; of a year made of quarters, each node's lines stand under its quarters."""
    total = explanation.total
    if total is not None:
        zh, en = ([step_line(s, lang) for s in total.steps] for lang in LANGS)
        yield explanation.unit_code, None, zh, en
    lines: dict[str, tuple[list[str], list[str]]] = {}
    for part in explanation.quarters or (explanation,):
        for node in part.tree.walk() if part.tree else ():
            both = lines.setdefault(node.node_code, ([], []))
            for found, lang in zip(both, LANGS, strict=True):
                said = list(_of_node(node, lang))
                found += [parse_period(part.period).title(lang)] if said and explanation.quarters else []
                found += said
    for code, (zh, en) in lines.items():
        if zh:
            yield explanation.unit_code, code, zh, en


def _of_node(node: NodeDerivation, lang: str) -> Iterator[str]:
    if node.indicator is not None:
        yield from indicator_lines(node.indicator, lang)
    if node.node is not None:
        yield from inner_lines(node.node, lang)
