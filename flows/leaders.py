"""The periods that leadership's questions compare: of each the published run, else the newest one, and which it is."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

import polars as pl

from flows.period import today
from flows.settings import Settings
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period, parse_period

if TYPE_CHECKING:
    from scorecards.answers import Answer
    from scorecards.edition import Edition

Basis = Literal["published", "newest", "only_published"]


@dataclass(frozen=True)
class Compared:
    """The editions of several periods, the oldest first; ``published``: whether each is a published run."""

    editions: list["Edition"]
    published: list[bool]

    def lines(self, lang: str) -> list[str]:
        """Return what the answers rest on, one line a period."""
        words = {True: ("公布批次", "published run"), False: ("未公布，最新批次", "not published; newest run")}
        colon = "：" if lang == "zh" else ": "
        return [
            f"{e.period_title}{colon}{words[p][0 if lang == 'zh' else 1]} {e.run_id}"
            for e, p in zip(self.editions, self.published, strict=True)
        ]


def compared_periods(settings: Settings, plan: Plan, last: Period, *, basis: Basis = "published") -> Compared:
    """Return the editions of the periods of the same length up to ``last``, of the same plan in whatever version.

    ``basis``: published (the published run of each period, the newest where none is published), newest (always the
    newest), only_published (periods without a publication are left out).

    Raises:
        UserError: none is there.
    """
    from flows.export import edition_of
    from warehouse import publications, read_warehouse, runs

    with read_warehouse(settings.warehouse) as warehouse:
        newest = runs(warehouse).unique("period", keep="last", maintain_order=True).select("period", "run_id")
        sent = publications(warehouse).unique("period", keep="last", maintain_order=True).select("period", "run_id")
        known = {} if basis == "only_published" else dict(newest.iter_rows())
        told = {} if basis == "newest" else dict(sent.iter_rows())
        chosen = {parse_period(p): r for p, r in {**known, **told}.items()}
        wanted = sorted(p for p in chosen if p <= last and p.months == last.months)
        editions = [edition_of(settings, plan, warehouse, chosen[p]) for p in wanted]
    editions = [e for e in editions if e.plan.file.plan == plan.file.plan]
    if not editions or editions[-1].period != last:
        raise _nothing(last, basis)
    return Compared(editions, [str(e.period) in told for e in editions])


def _nothing(period: Period, basis: Basis) -> UserError:
    if basis == "only_published":
        return UserError(
            f"{period} 还没有公布。不加 --only-published 可按最新批次回答。",
            f"{period} is not published yet. Without --only-published the newest run answers.",
        )
    return UserError(
        f"{period} 还没有计分。请先运行 kaohe assess {period}。",
        f"{period} has no run yet. Run kaohe assess {period} first.",
    )


def open_rectification(settings: Settings, plan: Plan, period: Period, chosen: pl.Expr, on: str | None) -> "Answer":
    """Return what is not closed of a period's ledger of findings, as it stands on a day (None: today).

    Raises:
        UserError: the day is no date.
    """
    from schemas.tables import Results, Scores, empty
    from scorecards.answers import rectification_answer
    from scorecards.edition import Edition
    from warehouse import findings, read_warehouse

    day = today(plan) if on is None else _day(on)
    with read_warehouse(settings.warehouse) as warehouse:
        rows = findings(warehouse)
    names = Edition(plan, period, "", empty(Results), empty(Scores), lang=settings.lang)
    return rectification_answer(rows, period, day, names, chosen)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"“{text}”不是日期。请写成 2023-07-20。", f"'{text}' is no date; write it as 2023-07-20.", exit_code=2
        ) from None
