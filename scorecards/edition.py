"""One edition of the documents: a plan, a period, a run's tables, and the small tables that documents share."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from schemas.asked import asked, periods_of
from schemas.folder import Plan
from schemas.periods import Period, parse_period
from schemas.reasons import REASONS, reason_text
from scorecards.lights import light_of
from scorecards.measures import counted_in
from scorecards.typeset import typeset
from scorecards.wording import word

LAST = 10**9  # sorts behind everything that has a place


@dataclass(frozen=True)
class Edition:
    """What all documents of one period are made from. Every text printed comes from here, never from the clock.

    ``results`` and ``scores`` are the tables of ``schemas.tables`` for one run (``run_id`` may be absent).
    ``previous`` holds the results of the period before. ``history`` holds results of earlier periods with a column
    ``period``; both are for trends only. ``dated`` is the ISO date to print. ``derivation``: how every score came
    about, unit_code, node_code (null: the total), zh, en (lists of lines); absent where it is not to be shown.
    ``findings``: the ledger as ``schemas.tables.Findings``, as it was known when the run was saved. ``converted``: the
    results on the parent organisation's scale, as ``scoring.conversion`` gives them. ``broken``: the periods of the
    trend that cannot be compared with the one before. ``replaces``: which publication this one replaces, as a
    sentence; empty for a first one. ``correction``: why; it may name a unit, so units do not see it.
    """

    plan: Plan
    period: Period
    run_id: str
    results: pl.DataFrame
    scores: pl.DataFrame
    audit_head: str = ""
    previous: pl.DataFrame | None = None
    history: pl.DataFrame | None = None
    dated: str = ""
    lang: str = "zh"
    derivation: pl.DataFrame | None = None
    findings: pl.DataFrame | None = None
    converted: pl.DataFrame | None = None
    broken: tuple[str, ...] = ()
    replaces: str = ""
    correction: str = ""

    def word(self, key: str) -> str:
        """Return one of the documents' own words in the edition's language."""
        return word(key, self.lang)

    def pair(self, name: str, text: str) -> str:
        """Return a name and a text behind a colon."""
        return f"{name}：{text}" if self.lang == "zh" else f"{name}: {text}"

    def aside(self, text: str, note: str) -> str:
        """Return a text with a note in brackets."""
        return f"{text}（{note}）" if self.lang == "zh" else f"{text} ({note})"

    def listed(self, texts: Iterable[str]) -> str:
        """Return an enumeration."""
        return ("、" if self.lang == "zh" else ", ").join(texts)

    @property
    def title(self) -> str:
        """Return the plan's title."""
        return typeset(self.plan.file.title.get(self.lang), self.lang)

    @property
    def period_title(self) -> str:
        """Return the period as documents write it."""
        return self.period.title(self.lang)

    @property
    def day(self) -> date:
        """Return the day on which the documents stand, and which files carry as that of making.

        It is the one printed, else the period's last.
        """
        return date.fromisoformat(self.dated) if self.dated else self.period.last_day

    @property
    def places(self) -> int:
        """Return how many decimals totals show."""
        places = self.plan.file.total.places
        return places if isinstance(places, int) else 4

    @property
    def sections(self) -> list[str]:
        """Return the codes right below the root."""
        return self.plan.children[self.plan.root]

    def node_title(self, code: str) -> str:
        """Return the title of a node or indicator."""
        return typeset(self.plan.title(code, self.lang), self.lang)

    def class_title(self, code: str) -> str:
        """Return a class's title; its code where the plan does not name it."""
        return typeset(self.plan.class_title(code, self.lang), self.lang)

    def grade_title(self, code: str | None) -> str:
        """Return a grade's title; empty for none."""
        return self._grades.get(code, code) if code else ""

    def reason(self, code: str | None) -> str:
        """Return a reason in words; a code that this version does not know is shown as it is."""
        return typeset(reason_text(code, self.lang), self.lang) if code in REASONS else code or ""

    @cached_property
    def _grades(self) -> dict[str, str]:
        return {g.code: typeset(g.title.get(self.lang), self.lang) for g in self.plan.file.grades}

    @cached_property
    def unit_names(self) -> dict[str, str]:
        """Return the units' names by code."""
        return {code: typeset(name, self.lang) for code, name in self.plan.unit_names(self.lang).items()}

    def unit_name(self, code: str) -> str:
        """Return a unit's name; its code where the plan does not list it."""
        return self.unit_names.get(code, code)

    @cached_property
    def items(self) -> pl.DataFrame:
        """Return the tree in reading order, one row per node and indicator.

        ``measure``: what the indicator's value is counted in. ``yes_no``: the value says whether something is met (1)
        or not (0).
        """
        plan, todo = self.plan, [self.plan.root]
        rows: list[tuple[int, str, str | None, int, str, str, bool, bool]] = []
        while todo:
            code = todo.pop()
            leaf = plan.leaves.get(code)
            parent = leaf.parent if leaf else plan.nodes[code].parent
            measure = counted_in(leaf, self.lang) if leaf else ""
            yes_no = leaf is not None and leaf.method.kind == "boolean"
            title = self.node_title(code)
            rows.append((len(rows), code, parent, plan.level[code], title, measure, leaf is not None, yes_no))
            todo += reversed(plan.children.get(code, []))
        names = ["item_no", "node_code", "parent_code", "level", "title", "measure", "is_indicator", "yes_no"]
        kinds = [pl.Int64, pl.String, pl.String, pl.Int64, pl.String, pl.String, pl.Boolean, pl.Boolean]
        return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")

    @cached_property
    def cells(self) -> pl.DataFrame:
        """Return the scores in reading order with titles, light, and points out of full marks.

        Full marks are the effective weight's share of the plan's; points are what the row contributed of them, which
        for an absent score is what its parent imputed. Both are null where nothing carries weight.
        """
        full = pl.col("effective_weight_pct") * (self.plan.file.full_marks / 100)
        contributed = pl.col("contribution") * (self.plan.file.full_marks / 100)
        items = self.items.drop("level")
        return (
            self.scores.drop("run_id", strict=False)
            .join(items, on="node_code", how="inner")
            .with_columns(full=full, light=light_of(self.plan.file.lights))
            .with_columns(points=pl.coalesce(contributed, pl.col("score") / 100 * pl.col("full")))
            .sort("unit_code", "item_no")
        )

    @cached_property
    def cells_of(self) -> dict[str, pl.DataFrame]:
        """Return ``cells`` by unit."""
        parts = self.cells.partition_by("unit_code", as_dict=True, maintain_order=True)
        return {str(key[0]): frame for key, frame in parts.items()}

    @cached_property
    def later(self) -> dict[str, list[str]]:
        """Return by unit the indicators that are asked of it only later in the year, in the plan's order."""
        ahead = [p for p in periods_of(self.plan, self.period) if p > self.period]
        if not ahead:
            return {}
        cells = pl.concat([asked(self.plan, p, owner=None) for p in ahead]).unique(["unit_code", "indicator_code"])
        scored = self.scores.select("unit_code", indicator_code="node_code")
        order = self.items.select("item_no", indicator_code="node_code")
        rows = cells.join(scored, on=["unit_code", "indicator_code"], how="anti").join(order, on="indicator_code")
        lists = rows.sort("item_no").group_by("unit_code").agg("indicator_code")
        return dict(zip(lists["unit_code"].to_list(), lists["indicator_code"].to_list(), strict=True))

    @cached_property
    def ranking(self) -> pl.DataFrame:
        """Return the results in order of class and rank, with names, light, previous total and rank, and change.

        ``change`` is positive where the unit climbed; null where one of the ranks is missing.
        """
        order = {c: n for n, c in enumerate(self.plan.classes())}
        units = {c: n for n, c in enumerate(self.plan.units["unit_code"])}
        names = [self.unit_name(c) for c in self.results["unit_code"]]
        light = light_of(self.plan.file.lights)
        return (
            self.results.drop("run_id", strict=False)
            .with_columns(
                name=pl.Series(names, dtype=pl.String), score=pl.col("total"), is_indicator=pl.lit(False),
                class_no=pl.col("class_code").replace_strict(order, default=LAST, return_dtype=pl.Int64),
                unit_no=pl.col("unit_code").replace_strict(units, default=LAST, return_dtype=pl.Int64),
            )
            .with_columns(light=light)
            .drop("score", "is_indicator")
            .join(self._earlier, on="unit_code", how="left")
            .with_columns(change=pl.col("previous_rank") - pl.col("rank"))
            .sort("class_no", "rank", "unit_no", "unit_code", nulls_last=True)
        )  # fmt: skip

    @cached_property
    def _earlier(self) -> pl.DataFrame:
        if self.previous is None:
            schema = {"unit_code": pl.String, "previous_total": pl.Float64, "previous_rank": pl.Float64}
            return pl.DataFrame(schema=schema)
        return self.previous.select(
            "unit_code", previous_total=pl.col("total").cast(pl.Float64), previous_rank=pl.col("rank").cast(pl.Float64)
        )

    @cached_property
    def ranking_of(self) -> dict[str, pl.DataFrame]:
        """Return ``ranking`` by class, in the plan's order of classes."""
        parts = self.ranking.partition_by("class_code", as_dict=True, maintain_order=True)
        return {str(key[0]): frame for key, frame in parts.items()}

    @cached_property
    def trend(self) -> pl.DataFrame:
        """Return period, unit_code, total and rank of all periods known, oldest first, this one last."""
        columns = ["period", "unit_code", "total", "rank"]
        now = self.results.with_columns(period=pl.lit(str(self.period)))
        parts = [now]
        if self.history is not None:
            parts.insert(0, self.history)
        elif self.previous is not None:
            parts.insert(0, self.previous.with_columns(period=pl.lit(str(self.period.previous()))))
        known = [p.select(pl.col("period", "unit_code"), pl.col("total", "rank").cast(pl.Float64)) for p in parts]
        frame = pl.concat(known).select(columns).unique(["period", "unit_code"], keep="last", maintain_order=True)
        periods = sorted(frame["period"].unique(), key=parse_period)
        order = {code: number for number, code in enumerate(periods)}
        key = pl.col("period").replace_strict(order, default=None, return_dtype=pl.Int64)
        return frame.sort(key, "unit_code", maintain_order=True)
