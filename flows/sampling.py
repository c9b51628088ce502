"""Spot checks: a sample of a period's cells, drawn once, recorded, and repeatable by anyone."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from flows.progress import waiting
from flows.reported import claims_of, load_reported, signs_of
from flows.settings import Settings
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period

SEED_LENGTH = 16


@dataclass(frozen=True)
class Sampled:
    """A sample: its id, whether it is new, its cells, and of how many it was drawn."""

    sample_id: str
    new: bool
    drawn: pl.DataFrame
    claims: int
    facts: dict[str, Any]


def draw(
    settings: Settings,
    plan: Plan,
    period: Period,
    *,
    share: float | None = None,
    seed: str | None = None,
    reason: str | None = None,
) -> Sampled:
    """Draw a sample for spot checks and record it; the same draw of the same data again changes nothing.

    ``share``: 0–1, else the plan's. The seed is the hash of all that was reported, unless one is given with a reason:
    nobody can foresee it, and nobody can draw until a sample pleases.

    Raises:
        UserError: nothing is reported; a seed without a reason; a share outside 0–1.
    """
    from intake.sampling import draw_sample
    from warehouse import add_sample, open_warehouse

    share = plan.file.intake.spot_checks.share if share is None else share
    if not 0 < share <= 1:
        raise UserError("抽查比例应大于0、不超过100%。", "The share lies above 0 and up to 100%.", exit_code=2)
    if seed and not (reason or "").strip():
        raise UserError(
            "另给种子就是另抽一次,须写明 --reason。", "A seed of one's own draws anew; give a --reason.", exit_code=2
        )
    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        found = load_reported(warehouse, plan, period)
        used = seed or found.data_hash[:SEED_LENGTH]
        drawn = draw_sample(plan, found.cells, signs_of(plan, found), share=share, seed=used)
        rules = plan.file.intake.spot_checks.model_dump(exclude={"share"})
        facts = {"share": share, "seed": used, "data_hash": found.data_hash, "earlier": _hash(found.earlier), **rules}
        sample_id, new = add_sample(warehouse, str(period), drawn, facts, actor=settings.actor, reason=reason)
    return Sampled(sample_id, new, drawn, claims_of(found.cells).height, facts)


def _hash(frame: pl.DataFrame) -> str:
    from warehouse import content_hash

    return content_hash(frame, leave_out=["recorded_at"])


def sample_lines(done: Sampled, lang: str) -> list[str]:
    """Return what was drawn, and the signs of risk that it was drawn for."""
    from intake.risk_signs import SIGNS

    zh = lang == "zh"
    by = dict(done.drawn["drawn_by"].value_counts().iter_rows())
    signs = done.drawn["signs"].drop_nulls().str.split("|").explode()
    counts = dict(signs.value_counts().iter_rows())
    risk, lots = by.get("risk", 0), by.get("random", 0)
    if zh:
        first = (
            f"{done.sample_id}:从 {done.claims} 项填报中抽取 {done.drawn.height} 项,按风险 {risk} 项,随机 {lots} 项。"
        )
        again = "" if done.new else "此前已按同样数据抽过,结果不变。"
    else:
        first = f"{done.sample_id}: {done.drawn.height} of {done.claims} cells drawn, {risk} by risk, {lots} by lot."
        again = "" if done.new else " It was drawn from the same data before and is the same."
    named = [f"{sign.zh if zh else sign.en} {counts[code]}" for code, sign in SIGNS.items() if code in counts]
    seed = f"  种子 {done.facts['seed']}" if zh else f"  seed {done.facts['seed']}"
    return [first + again, seed, *([f"  {'、'.join(named) if zh else ', '.join(named)}"] if named else [])]
