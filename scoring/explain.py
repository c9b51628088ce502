"""Why a unit has its total: the derivation of every number, from the received cell to rank and grade.

The numbers are the engine's own; only what stands between two of them is put into words here.
"""

from collections import defaultdict
from functools import cached_property
from typing import Any

import narwhals as nw
import polars as pl

from schemas.asked import is_mean_of_quarters
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period
from schemas.plan import Indicator, Node
from scoring.adjust import complete
from scoring.compile import Leaf
from scoring.engine import Engine, Polars
from scoring.exact import exact_sum
from scoring.explain_cells import Cells
from scoring.explain_grade import grade_steps, rank_step
from scoring.explain_indicator import indicator
from scoring.explain_model import Explanation, NodeDerivation, Step, TotalDerivation, Words
from scoring.explain_node import inner, kind_of
from scoring.explain_total import total_steps
from scoring.explain_value import Received
from scoring.explain_words import number, reason_words
from scoring.run import Inputs, adjustments_of, compile_inputs, complete_targets, score, silent_units
from scoring.standing import ranked_in
from scoring.year import counting_quarters

Row = dict[str, Any]
_SCORES = ("score", "coverage_pct", "weight_pct", "effective_weight_pct", "contribution", "reason_code")


def explain(
    plan: Plan, inputs: Inputs, period: Period, unit_code: str, node_code: str | None = None, *,
    engine: Engine | None = None,
) -> Explanation:  # fmt: skip
    """Return the derivation of a unit's total, or of one node or indicator of it.

    Raises:
        UserError: an unknown unit or node; whatever ``score`` refuses.
    """
    return Explainer(plan, inputs, period, engine=engine).unit(unit_code, node_code)


class Explainer:
    """Scores a period once, and explains any unit and node of it."""

    def __init__(
        self, plan: Plan, inputs: Inputs, period: Period, *, engine: Engine | None = None,
        known: tuple[pl.DataFrame, pl.DataFrame] | None = None,
    ) -> None:  # fmt: skip
        """Score the period, unless its results and scores are ``known``, as stored.

        ``engine`` is Polars unless given: small tables, many short questions. With ``known`` the inputs may hold less
        than was scored: the units to be explained, and others only where methods compare with them.
        """
        self.plan = plan
        self.inputs = inputs
        self.period = period
        self._engine = engine or Polars()
        if known is None:
            scored = score(plan, inputs, period, engine=self._engine)
            known = scored.results, scored.scores_frame()
        self._results, self._scores = known
        self._compiled = compile_inputs(plan, inputs, period)
        self._leaves = {x.indicator.code: x for x in self._compiled.leaves}
        self._units: dict[str, Row] = {r["unit_code"]: r for r in self._compiled.units.to_dicts()}
        self._mean_of_quarters = is_mean_of_quarters(plan, period)

    @cached_property
    def _cells(self) -> Cells:
        return Cells(self._engine, self._compiled, self.inputs)

    @cached_property
    def _received(self) -> Received:
        return Received(self._compiled, self.inputs)

    @cached_property
    def _targets(self) -> dict[str, list[Row]]:
        """Return the rows of the targets that hold, by indicator."""
        given = self.inputs.targets
        table = self.plan.targets if given is None else complete_targets(given)
        rows: dict[str, list[Row]] = defaultdict(list)
        for row in table.iter_rows(named=True):
            rows[row["indicator_code"]].append(row)
        return rows

    @cached_property
    def _titles(self) -> dict[str, Words]:
        items: list[Node | Indicator] = [*self.plan.file.tree, *self.plan.indicators]
        return {x.code: Words(x.title.get("zh"), x.title.get("en")) for x in items}

    @cached_property
    def _above(self) -> dict[str, tuple[str, ...]]:
        """Return how the nodes above each node and indicator combine their children, the root first."""
        above: dict[str, tuple[str, ...]] = {self.plan.root: ()}
        for code in sorted(self.plan.level, key=lambda c: self.plan.level[c]):
            for child in self.plan.children.get(code, []):
                above[child] = (*above[code], kind_of(self.plan.nodes[code]))
        return above

    @cached_property
    def _ranked(self) -> pl.DataFrame:
        """Return the results with ``group``; that of a unit which the inputs do not hold is unknown."""
        if self.plan.file.rank.within in ("class", "all"):
            return self._results.with_columns(ranked_in(self.plan))
        groups = self._compiled.units.select("unit_code", ranked_in(self.plan))
        return self._results.join(groups, on="unit_code", how="inner", maintain_order="left")

    @cached_property
    def _rules(self) -> dict[tuple[int, str], Row]:
        codes = {number_: code for code, number_ in self._compiled.node_numbers.items()}
        return {(r["class_no"], codes[r["node_no"]]): r for r in self._compiled.node_table.to_dicts()}

    @cached_property
    def _means(self) -> dict[str, dict[str, float]]:
        """Return class → node → mean score, which the rule ``class_mean`` puts in."""
        classes = self._compiled.units.select("unit_code", "class_code")
        joined = self._scores.drop_nulls("score").join(classes, on="unit_code")
        result: dict[str, dict[str, float]] = defaultdict(dict)
        # As the engine adds them up (scoring.means): what is shown is what was put in.
        sums = nw.from_native(joined).group_by("class_code", "node_code").agg(
            sum=exact_sum("score"), n=nw.len()
        )  # fmt: skip
        means = sums.with_columns(mean=nw.col("sum") / nw.col("n")).to_native()
        for row in means.iter_rows(named=True):
            result[row["class_code"]][row["node_code"]] = row["mean"]
        return result

    @cached_property
    def _unreported(self) -> set[str]:
        if not self.plan.file.adjustments.not_reported:
            return set()
        return set(silent_units(self._engine, self._compiled, self.inputs))

    @cached_property
    def _quarters(self) -> list[tuple["Explainer", float]]:
        if not self._mean_of_quarters:
            return []
        periods = counting_quarters(self.plan, self.inputs, self.period)
        return [(Explainer(self.plan, self.inputs, p, engine=self._engine), share) for p, share in periods]

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """Return the indicators as they are scored in the period."""
        return self._compiled.leaves

    @property
    def scores(self) -> pl.DataFrame:
        """Return the table of scores that is explained."""
        return self._scores

    @property
    def results(self) -> pl.DataFrame:
        """Return the table of results that is explained."""
        return self._results

    def units(self) -> list[str]:
        """Return the codes of the units that have a result."""
        return self._results["unit_code"].to_list()

    def shares(self, unit_code: str) -> list[float]:
        """Return the shares of the quarters that make up a unit's year; nothing for any other period."""
        return [share for _, share in self._quarters_of(unit_code)]

    def _quarters_of(self, unit_code: str) -> list[tuple["Explainer", float]]:
        """Return the quarters in which the unit was there."""
        return [(quarter, share) for quarter, share in self._quarters if unit_code in quarter._units]

    def leaf(self, code: str) -> Leaf:
        """Return an indicator as it is scored in the period."""
        return self._leaves[code]

    def rules(self, unit_code: str, node_code: str) -> Row:
        """Return a node's rules for the unit's class: aggregate, what is put in, range, rounding."""
        return self._rules[self._units[unit_code]["class_no"], node_code]

    def received(self, unit_code: str) -> dict[str, Any]:
        """Return the received rows of the unit's cells by the indicator's code."""
        return self._of_unit(unit_code)[1]

    def caps_of(self, unit_code: str) -> list[float]:
        """Return the caps that single decisions put on the unit's total."""
        given = complete(adjustments_of(self.plan, self.inputs.adjustments, self.period))
        mine = given.filter((pl.col("unit_code") == unit_code) & (pl.col("kind") == "cap"))
        return mine["value"].drop_nulls().to_list()

    def cells(self, unit_code: str) -> dict[int, Row]:
        """Return the engine's columns of the unit's cells by the indicator's number (see ``scoring.explain_cells``)."""
        return self._of_unit(unit_code)[0]

    def unit(self, unit_code: str, node_code: str | None = None) -> Explanation:
        """Return the derivation of a unit's total, or of one node of it.

        Raises:
            UserError: an unknown unit or node.
        """
        unit = self._known(unit_code, node_code)
        class_code = unit["class_code"]
        title = Words(self.plan.class_title(class_code), self.plan.class_title(class_code, "en"))
        name = str(unit.get("name") or unit_code)
        quarters = tuple(e.unit(unit_code, node_code) for e, _ in self._quarters_of(unit_code))
        return Explanation(
            plan=self.plan.file.plan, plan_hash=self.plan.hash, period=str(self.period), unit_code=unit_code,
            unit_name=Words(name, str(unit.get("name_en") or name)), class_code=class_code, class_title=title,
            total=self._total(unit, quarters) if node_code is None else None,
            tree=None if quarters else self._tree(unit, node_code or self.plan.root),
            quarters=quarters,
        )  # fmt: skip

    def _known(self, unit_code: str, node_code: str | None) -> Row:
        if unit_code not in self._units:
            some = "、".join(list(self._units)[:5])
            raise UserError(
                f"{self.period} 没有单位“{unit_code}”。单位代码例如:{some}。",
                f"There is no unit '{unit_code}' in {self.period}. Unit codes are, for example, {some}.",
            )
        if node_code is not None and node_code not in self._titles:
            some = "、".join(list(self._titles)[:5])
            raise UserError(
                f"方案没有节点或指标“{node_code}”。例如:{some}。",
                f"The plan has no node or indicator '{node_code}'. There are, for example, {some}.",
            )
        return self._units[unit_code]

    def _tree(self, unit: Row, node_code: str) -> NodeDerivation:
        mine = self._scores.filter(pl.col("unit_code") == unit["unit_code"])
        rows = {r["node_code"]: r for r in mine.iter_rows(named=True)}
        return self._node(unit, node_code, rows)

    def _node(self, unit: Row, code: str, rows: dict[str, Row]) -> NodeDerivation:
        row = rows.get(code)
        numbers: Row = {n: None if row is None else row[n] for n in _SCORES}
        numbers["reason_code"] = "not_assigned" if row is None else row["reason_code"]
        numbers |= {"node_code": code, "title": self._titles[code], "level": self.plan.level[code]}
        numbers["reason"] = reason_words(numbers["reason_code"])
        numbers["above"] = self._above[code]
        if row is None:
            return NodeDerivation(**numbers)
        if code in self.plan.leaves:
            return NodeDerivation(**numbers, indicator=self._indicator(unit, code, row))
        children = [rows[c] for c in self.plan.children[code] if c in rows]
        means = self._means[unit["class_code"]]
        rules = self._rules[unit["class_no"], code]
        derived = inner(self.plan.nodes[code], rules, children, self._titles, means, row)
        below = tuple(self._node(unit, c["node_code"], rows) for c in children)
        return NodeDerivation(**numbers, node=derived, below=below)

    def _indicator(self, unit: Row, code: str, row: Row) -> Any:
        leaf = self._leaves[code]
        cells, received = self._of_unit(unit["unit_code"])
        return indicator(
            self._compiled, leaf, unit, cells.get(leaf.number), received.get(code), row, self._targets.get(code, [])
        )  # fmt: skip

    def _of_unit(self, unit_code: str) -> tuple[dict[int, Row], dict[str, Any]]:
        if self._last[0] != unit_code:
            self._last = (unit_code, self._cells.of_unit(unit_code), self._received.cells(unit_code))
        return self._last[1], self._last[2]

    _last: tuple[str, dict[int, Row], dict[str, Any]] = ("", {}, {})

    def _total(self, unit: Row, quarters: tuple[Explanation, ...]) -> TotalDerivation:
        code = unit["unit_code"]
        results = self._ranked
        result = results.row(by_predicate=pl.col("unit_code") == code, named=True)
        given = complete(adjustments_of(self.plan, self.inputs.adjustments, self.period))
        mine = given.filter(pl.col("unit_code") == code).to_dicts()
        decided = any(r["kind"] == "override_grade" and r["grade"] is not None for r in mine)
        steps = total_steps(self.plan, result, mine, unreported=code in self._unreported)
        if quarters:
            steps = [self._year_step(quarters, self.shares(code), result["base"]), *steps[1:]]
        steps.append(rank_step(self.plan, result, results))
        steps += grade_steps(self.plan, result, results, self._scores, decided=decided)
        names = ("base", "bonus", "deduction", "total", "rank", "class_size", "grade", "reason_code")
        numbers = {n: result[n] for n in names}
        return TotalDerivation(**numbers, reason=reason_words(result["reason_code"]), steps=tuple(steps))

    def _year_step(self, quarters: tuple[Explanation, ...], shares: list[float], base: float | None) -> Step:
        """Return how the year's base comes from its quarters; quarters without one leave the denominator."""
        bases = [(q.total.base if q.total else None, s, q.period) for q, s in zip(quarters, shares, strict=True)]
        there = [(b, s, p) for b, s, p in bases if b is not None]
        text = " + ".join(f"{p} {number(b)} × {number(s)}" for b, s, p in there) or "–"
        text = f"({text}) / {number(sum(s for _, s, _ in there))} = {number(base)}"
        return Step(Words("基础分", "base"), Words(f"各季度加权:{text}", f"weighted quarters: {text}"), base)
