"""What an explanation consists of: a unit's total, below it the nodes, below them the indicators with their sources.

Numbers are exact as the engine has them; ``formula`` and ``filled`` are for people. Every part turns into JSON.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Words:
    """A wording in both languages."""

    zh: str
    en: str

    def get(self, lang: str) -> str:
        """Return the wording in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Step:
    """One step of a derivation: what is done, how, and what comes out. ``result`` null where it gives no number."""

    name: Words
    detail: Words
    result: float | None = None
    reason_code: str | None = None


@dataclass(frozen=True)
class Source:
    """One received number: a measurement's row or an item of a register, with the place it was read from.

    ``counted`` says whether it takes part in the value; ``verdict`` is the reviewer's, ``reported`` what stood before
    an adjustment.
    """

    kind: str
    period: str | None
    part: str
    value: float | None
    numerator: float | None
    denominator: float | None
    status: str
    counted: bool
    verdict: str | None = None
    verdict_reason: str | None = None
    reported: dict[str, float | None] = field(default_factory=dict)
    place: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Parameter:
    """A parameter in force: ``origin`` is unit, class, all (rows of targets.csv) or plan (the method itself)."""

    name: str
    title: Words
    value: float | None
    origin: str
    period: str | None = None


@dataclass(frozen=True)
class Indicator:
    """An indicator's derivation from what was received to its points."""

    kind: str
    method: Words
    measure: str
    formula: Words
    filled: str | None
    value: float | None
    value_from: Words | None
    sources: tuple[Source, ...]
    target: float | None
    target_from: Words | None
    parameters: tuple[Parameter, ...]
    group: dict[str, Any] | None
    raw: float | None
    limits: tuple[Step, ...]


@dataclass(frozen=True)
class Child:
    """A child as it counts in its parent.

    ``state``: scored, missing, not_applicable or left_out (a node that counts its best children only). ``share_pct``:
    of the parent's whole after redistribution. ``counted``: its score, or what a rule put in its place.
    """

    node_code: str
    title: Words
    state: str
    score: float | None
    weight_pct: float
    share_pct: float
    counted: float | None
    rule: str | None = None


@dataclass(frozen=True)
class Inner:
    """An inner node's derivation from its children."""

    aggregate: str
    aggregate_name: Words
    formula: Words
    filled: str | None
    children: tuple[Child, ...]
    raw: float | None
    limits: tuple[Step, ...]


@dataclass(frozen=True)
class NodeDerivation:
    """A node or indicator: its place in the scores table, how it came about, and what lies below.

    ``above`` is how the nodes above it combine their children, the root first.
    """

    node_code: str
    title: Words
    level: int
    score: float | None
    coverage_pct: float | None
    weight_pct: float | None
    effective_weight_pct: float | None
    contribution: float | None
    reason_code: str | None
    reason: Words | None
    above: tuple[str, ...] = ()
    indicator: Indicator | None = None
    node: Inner | None = None
    below: tuple["NodeDerivation", ...] = ()

    def walk(self) -> Iterator["NodeDerivation"]:
        """Yield this node and all below it."""
        yield self
        for child in self.below:
            yield from child.walk()


@dataclass(frozen=True)
class TotalDerivation:
    """From the base to total, rank and grade."""

    base: float | None
    bonus: float
    deduction: float
    total: float | None
    rank: float | None
    class_size: int
    grade: str | None
    reason_code: str | None
    reason: Words | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Explanation:
    """The derivation of one unit's total, or of one node of it (``total`` is null then)."""

    plan: str
    plan_hash: str
    period: str
    unit_code: str
    unit_name: Words
    class_code: str
    class_title: Words
    total: TotalDerivation | None
    tree: NodeDerivation | None
    quarters: tuple["Explanation", ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists, numbers and texts, ready for JSON."""
        return asdict(self)
