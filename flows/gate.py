"""The quality gate: what must hold of stored data before scoring, and of scores before they are exported.

Rules are data: a small frame of figures or rows, one assertion on a column, and how grave a failure is. Great
Expectations judges them and writes its pages; it takes seconds to import, so it is imported when a gate is used.
"""

import importlib
import math
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import polars as pl

from schemas.errors import UserError
from scorecards.numbers import half_up, plain

Severity = Literal["critical", "warning"]
SHOWN = 5
UNUSED = ("altair", "scipy.stats")
"""What Great Expectations imports for charts and for tests of distributions: half of its import, and no rule asks."""


@dataclass(frozen=True)
class Rule:
    """One expectation: every row of ``frame`` has ``column`` between ``low`` and ``high``; null passes.

    ``shows`` are the columns that name an offending row. Booleans count as 1 and 0. ``words``: what to say for a code;
    ``mark``: what follows a number (%); ``remedy``: in Chinese and English, what may help where the rule fails.
    """

    name: str
    zh: str
    en: str
    frame: pl.DataFrame
    column: str
    shows: tuple[str, ...]
    low: float | None = None
    high: float | None = None
    severity: Severity = "critical"
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    mark: str = ""
    remedy: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Failure:
    """A failed rule, with the rows that failed it (the first few) and their number."""

    rule: Rule
    count: int
    examples: tuple[str, ...]

    def text(self, lang: str) -> str:
        """Return the rule, how many rows fail it, and examples."""
        said = [self.said(example, lang) for example in self.examples]
        rows = "、".join(said) if lang == "zh" else "; ".join(said)
        more = ("…" if self.count > len(self.examples) else "") + self.rule.remedy[int(lang != "zh")]
        if lang == "zh":
            return f"{self.rule.name}({self.rule.zh}):{self.count} 处不符,{rows}{more}"
        return f"{self.rule.name} ({self.rule.en}): {self.count} failed: {rows}{more}"

    def said(self, example: str, lang: str) -> str:
        """Return an example with words in place of codes, where the rule has such."""
        words, n = self.rule.words, int(lang != "zh")
        return " ".join(words[w][n] if w in words else w for w in example.split(" "))


@dataclass(frozen=True)
class Verdict:
    """What a gate found. ``waived`` are critical failures that were let pass by name."""

    failed: tuple[Failure, ...]
    warned: tuple[Failure, ...]
    waived: tuple[Failure, ...]
    rules: int

    def lines(self, lang: str) -> list[str]:
        """Return every failure as a line."""
        return [f.text(lang) for f in (*self.failed, *self.waived, *self.warned)]


def judge(gate: str, rules: Sequence[Rule], docs: Path | None = None, *, despite: Collection[str] = ()) -> Verdict:
    """Judge the rules with Great Expectations; ``docs`` is the folder for its pages, one folder per gate.

    Raises:
        UserError: ``despite`` names no rule of this gate's.
    """
    _refuse_unknown(despite, rules)
    context = _context()
    asset = context.data_sources.add_pandas("kaohe").add_dataframe_asset(gate)
    batch = asset.add_batch_definition_whole_dataframe("all")
    failures: list[Failure] = []
    for rule in rules:
        failures += _judged(context, gate, rule, batch)
    if docs is not None:
        from flows.gate_docs import build_docs

        build_docs(context, docs / gate, rules, failures)
    grave = [f for f in failures if f.rule.severity == "critical"]
    return Verdict(
        failed=tuple(f for f in grave if f.rule.name not in despite),
        waived=tuple(f for f in grave if f.rule.name in despite),
        warned=tuple(f for f in failures if f.rule.severity == "warning"),
        rules=len(rules),
    )


def _refuse_unknown(despite: Collection[str], rules: Sequence[Rule]) -> None:
    names = sorted({rule.name for rule in rules})
    unknown = sorted(set(despite) - set(names))
    if unknown:
        raise UserError(
            f"--despite:没有规则“{unknown[0]}”。质量检查的规则:{'、'.join(names)}。",
            f"--despite: there is no rule '{unknown[0]}'. The gate's rules: {', '.join(names)}.",
            exit_code=2,
        )


def stop_where_failed(verdict: Verdict, period: str, docs: Path) -> None:
    """Stop where a critical expectation failed.

    Raises:
        UserError: naming every one of them, and the way on.
    """
    if not verdict.failed:
        return
    names = sorted({f.rule.name for f in verdict.failed})
    zh, en = (";".join(f.text("zh") for f in verdict.failed), "; ".join(f.text("en") for f in verdict.failed))
    raise UserError(
        f"{period} 未通过质量检查:{zh}。详见 {docs}。请更正数据;确需继续的,加 --despite {names[0]} 并写明 --reason。",
        f"{period} did not pass the quality gate: {en}. See {docs}. Correct the data; to go on nevertheless, "
        f"add --despite {names[0]} and a --reason.",
    )


def preload() -> None:
    """Import what takes seconds, while there is time."""
    with _put_off(UNUSED):
        import great_expectations  # noqa: F401


class _PutOff(ModuleType):
    """Stands for a module that is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def _put_off(names: Sequence[str]) -> Iterator[None]:
    """Let whoever imports these modules meanwhile get a stand-in; afterwards they are imported as ever."""
    standing = {name: _PutOff(name) for name in names if name not in sys.modules}
    sys.modules.update(standing)
    try:
        yield
    finally:
        for name, module in standing.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def _context() -> Any:
    """Return an in-memory context of Great Expectations that tells nobody and draws no bars."""
    import logging
    import os
    import shutil

    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    preload()
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    for name, site in list((context.variables.data_docs_sites or {}).items()):
        shutil.rmtree(site["store_backend"]["base_directory"], ignore_errors=True)
        context.delete_data_docs_site(name)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _judged(context: Any, gate: str, rule: Rule, batch: Any) -> list[Failure]:
    """Validate one rule; return its failure, if any."""
    import great_expectations as gx
    from great_expectations.expectations.core.expect_column_values_to_be_between import (
        ExpectColumnValuesToBeBetween,
    )
    from great_expectations.expectations.metadata_types import FailureSeverity

    numbers = pl.col(rule.column).cast(pl.Float64)
    frame = rule.frame.select(*rule.shows, numbers.alias(rule.column) if rule.column not in rule.shows else numbers)
    if frame.is_empty():
        return []
    expectation = ExpectColumnValuesToBeBetween(
        column=rule.column, min_value=rule.low, max_value=rule.high, severity=FailureSeverity(rule.severity),
        notes=f"{rule.zh} / {rule.en}",
    )  # fmt: skip
    suite = context.suites.add(gx.ExpectationSuite(f"{gate}.{rule.name}", expectations=[expectation]))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=rule.name, data=batch, suite=suite))
    outcome = definition.run(
        batch_parameters={"dataframe": _pandas(frame)},
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": list(rule.shows)},
    )
    result = outcome.results[0]
    if result.success:
        return []
    if "unexpected_index_list" not in result.result:
        raise RuntimeError(f"gate {gate}, rule {rule.name}: {result.exception_info}")
    rows = result.result["unexpected_index_list"]
    return [Failure(rule, result.result["unexpected_count"], tuple(_row_text(r, rule) for r in rows[:SHOWN]))]


def _pandas(frame: pl.DataFrame) -> Any:
    """Return a pandas frame without Arrow types, which Great Expectations does not know: texts as categories."""
    import pandas as pd

    return pd.DataFrame({column.name: _pandas_column(column) for column in frame}, copy=False)


def _pandas_column(column: pl.Series) -> Any:
    """Return numbers with NaN for null; texts as categories, null as an empty one."""
    import pandas as pd

    if column.dtype != pl.String:
        return column.to_numpy()
    coded = column.fill_null("").to_arrow().dictionary_encode()
    return pd.Categorical.from_codes(coded.indices.to_numpy(), coded.dictionary.to_pylist())


def _row_text(row: dict[str, Any], rule: Rule) -> str:
    names = " ".join(str(row[c]) for c in rule.shows if row.get(c) not in (None, ""))
    value = row.get(rule.column)
    if rule.column in rule.shows or value is None or rule.column.endswith("_ok"):
        return names
    return f"{names} {_number(float(value), rule.low, rule.high)}{rule.mark}"


def _number(value: float, low: float | None, high: float | None) -> str:
    """Return the number as a person writes it: at most two decimals, more only where two would hide the failure."""
    if not math.isfinite(value):
        return str(value)
    for places in (2, 4, 6, 9):
        shown = float(half_up(value, places))
        if (low is not None and shown < low) or (high is not None and shown > high):
            return plain(value, places)
    return f"{value!r}"
