"""How a run's scores come about, for documents: from what it was made of, where that still gives the same scores."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from flows.settings import Settings

if TYPE_CHECKING:
    from scorecards.edition import Edition
    from scoring import Inputs

CLOSE = 1e-9


def recorded_inputs(settings: Settings, edition: "Edition") -> "Inputs":
    """Return what a stored run was made of."""
    from flows.diff_inputs import recall
    from warehouse import read_warehouse

    with read_warehouse(settings.warehouse) as warehouse:
        return recall(warehouse, edition.run_id).state.inputs(edition.period)


class Derived:
    """The derivation of an edition's scores. Empty where the inputs give other scores.

    That happens only where the scoring rules were changed since the run; a published run always repeats.
    """

    def __init__(self, edition: "Edition", inputs: "Inputs | None") -> None:
        """Score once more; ``inputs`` None: nothing is derived."""
        from scoring.explain import Explainer
        from scoring.explain_lines import without_words

        self._explainer: Explainer | None = None
        if inputs is not None:
            explainer = Explainer(edition.plan, without_words(inputs), edition.period)
            self._explainer = explainer if _same(edition.scores, explainer.scores) else None

    def lines(self, edition: "Edition") -> "Edition":
        """Return the edition with the lines that derive every score."""
        from scoring.explain_lines import derivation_lines

        return edition if self._explainer is None else replace(edition, derivation=derivation_lines(self._explainer))

    def live(self, unit_code: str) -> dict[str, Any] | None:
        """Return what a unit's workbook needs to compute its score; None where nothing is derived."""
        from scoring.explain_live import live_unit

        return None if self._explainer is None else live_unit(self._explainer, unit_code).to_dict()


def _same(stored: pl.DataFrame, again: pl.DataFrame) -> bool:
    """Say whether both tables hold the same scores; engines may differ in the last digits of a logarithm."""
    key = ["unit_code", "node_code"]
    both = stored.join(again, on=key, how="full", coalesce=True, suffix="_again")
    near = (pl.col("score") - pl.col("score_again")).abs() < CLOSE
    alike = near | (pl.col("score").is_null() & pl.col("score_again").is_null())
    there = both.height == stored.height == again.height
    return there and bool(both.select((alike.fill_null(value=False)).all()).item())
