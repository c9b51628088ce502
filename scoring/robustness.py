"""How far ranks depend on choices: weights, means, normalisation, single indicators; and what weights really do.

Sources: OECD/JRC, Handbook on Constructing Composite Indicators (2008), steps 7 and 8; Becker, Saisana, Paruolo and
Vandecasteele, Weights and importance in composite indicators: closing the gap, Ecological Indicators 80 (2017).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period
from scoring.engine import Engine, Polars
from scoring.robustness_importance import importance
from scoring.robustness_model import Model, build, standings
from scoring.robustness_parts import Array, Change
from scoring.robustness_scenarios import scenarios
from scoring.run import Inputs

_CELLS_AT_ONCE = 250_000


@dataclass(frozen=True)
class Robustness:
    """What came out.

    ``intervals``: one row per unit with rank, its 5-95 % and full interval under weight noise.
    ``scenarios``: one row for each other choice, how far ranks move. ``shifts``: one row per scenario and unit.
    ``importance``: one row per class and child: its weight beside what it does.
    """

    period: Period
    replications: int
    weight_noise: float
    seed: int
    intervals: pl.DataFrame
    scenarios: pl.DataFrame
    shifts: pl.DataFrame
    importance: pl.DataFrame


def robustness(
    plan: Plan, inputs: Inputs, period: Period, *, replications: int = 1000, weight_noise: float = 0.10, seed: int = 1,
    engine: Engine | None = None,
) -> Robustness:  # fmt: skip
    """Work out rank intervals, scenarios and importance. Replication 0 is the run itself.

    Raises:
        UserError: settings that make no sense; whatever ``score`` refuses.
    """
    if replications < 1 or not 0 <= weight_noise < 1:
        raise UserError(
            "重复次数应不小于 1,权重扰动应在 0 与 1 之间(不含 1),例如 0.1。",
            "There must be at least 1 replication, and the weight noise lies between 0 and 1 (not 1), for example 0.1.",
            exit_code=2,
        )
    model = build(plan, inputs, period, engine or Polars())
    total, rank = replicate(model, replications, weight_noise, seed)
    summary, shifts = scenarios(model, rank[:, 0])
    return Robustness(
        period, replications, weight_noise, seed, _intervals(model, total, rank), summary, shifts, importance(model)
    )


def replicate(model: Model, replications: int, noise: float, seed: int) -> tuple[Array, Array]:
    """Return totals and ranks (units × replications): every weight times a number between 1 − noise and 1 + noise.

    The weights of a parent's children keep their sum. Drawn by PCG64 from ``seed``, whatever the size of the pieces.
    """
    generator = np.random.default_rng(seed)
    factors = {code: generator.uniform(1.0 - noise, 1.0 + noise, replications) for code in model.codes}
    for drawn in factors.values():
        drawn[0] = 1.0
    size = len(model.units)
    total, rank = np.empty((size, replications)), np.empty((size, replications))
    step = max(1, _CELLS_AT_ONCE // max(size, 1))
    for start in range(0, replications, step):
        piece = slice(start, min(start + step, replications))
        change = Change(piece.stop - piece.start, {c: f[piece] for c, f in factors.items()})
        total[:, piece], rank[:, piece] = standings(model, change)
    _same_as_run(model, rank[:, 0])
    return total, rank


def _same_as_run(model: Model, rank: Array) -> None:
    """Stop where the unchanged replication is not the run: then the rest means nothing either."""
    run = pl.DataFrame({"unit_code": model.units}).join(
        model.results, on="unit_code", how="left", maintain_order="left"
    )
    expected = run["rank"].fill_null(np.nan).to_numpy()
    if not np.array_equal(expected, rank, equal_nan=True):
        other = [u for u, a, b in zip(model.units, expected, rank, strict=True) if a != b and not (a != a and b != b)]
        raise RuntimeError(f"replication 0 differs from the run for {', '.join(other[:5])}")


def quantiles(numbers: Array, shares: tuple[float, ...]) -> list[Array]:
    """Return observed quantiles of each row (the least value that reaches the share), without NaN; NaN for no value."""
    ordered = np.sort(numbers, axis=1)
    count = (~np.isnan(ordered)).sum(axis=1)
    found = []
    for share in shares:
        at = np.clip(np.ceil(share * count).astype(int) - 1, 0, np.maximum(count - 1, 0))
        found.append(np.where(count > 0, np.take_along_axis(ordered, at[:, None], axis=1)[:, 0], np.nan))
    return found


def _intervals(model: Model, total: Array, rank: Array) -> pl.DataFrame:
    """Return rank and total of each unit with their intervals; ``stable`` where 5 and 95 % are the rank itself."""
    r = dict(
        zip(
            ("rank_p05", "rank_p50", "rank_p95", "rank_min", "rank_max"),
            quantiles(rank, (0.05, 0.5, 0.95, 0.0, 1.0)),
            strict=True,
        )
    )
    t = dict(zip(("total_p05", "total_p95"), quantiles(total, (0.05, 0.95)), strict=True))
    ranked = ~np.isnan(rank)
    same = (rank == rank[:, :1]).sum(axis=1) / np.maximum(ranked.sum(axis=1), 1)
    table = pl.DataFrame({"unit_code": list(model.units), **r, **t, "stays_pct": same * 100.0}).with_columns(
        pl.col(pl.Float64).fill_nan(None)
    )
    table = table.join(
        model.results.select("unit_code", "class_code", "rank", "class_size", "total"), on="unit_code", how="left"
    )
    stable = (pl.col("rank_p05") == pl.col("rank")) & (pl.col("rank_p95") == pl.col("rank"))
    order = {code: n for n, code in enumerate(model.plan.file.classes)}
    place = pl.col("class_code").replace_strict(order, default=len(order), return_dtype=pl.Int64)
    stays = pl.when(pl.col("rank").is_not_null()).then("stays_pct")
    return table.with_columns(stable=stable, stays_pct=stays).select(
        "unit_code", "class_code", "rank", "class_size", "rank_p05", "rank_p50", "rank_p95", "rank_min", "rank_max",
        "stays_pct", "stable", "total", "total_p05", "total_p95",
    ).sort(place, "class_code", pl.col("rank").fill_null(1e9), "unit_code")  # fmt: skip
