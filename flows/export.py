"""Export: a run through the second gate into documents; a folder takes its place only when it is whole."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from flows.books import write_official
from flows.derivations import Derived, recorded_inputs
from flows.diff_inputs import recorded_plan
from flows.files import files_below, whole_folder
from flows.settings import Settings
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period, parse_period

if TYPE_CHECKING:
    from scorecards.edition import Edition
    from scoring import Inputs
    from warehouse import Warehouse


@dataclass(frozen=True)
class Exported:
    """Where a run's documents are, and its ranking as rows for a table."""

    period: Period
    run_id: str
    folder: Path
    places: dict[str, Path]
    files: int
    ranking: list[dict[str, Any]]


def newest_run(settings: Settings, period: Period) -> str:
    """Return a period's newest run.

    Raises:
        UserError: there is none.
    """
    from warehouse import latest_run, read_warehouse

    with read_warehouse(settings.warehouse) as warehouse:
        run_id = latest_run(warehouse, str(period))
    if run_id is None:
        raise UserError(
            f"{period} 还没有计分。请先运行 kaohe assess {period}。",
            f"{period} has no run yet. Run kaohe assess {period} first.",
        )
    return run_id


def export_run(
    settings: Settings,
    plan: Plan,
    run_id: str,
    folder: Path | None = None,
    *,
    full: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Write a run's documents: ranking workbook, bulletin page, a scorecard per unit, data, and a manifest of hashes.

    ``full``: also a workbook per unit that computes its score again, and a bulletin per class; they take some seconds
    for a hundred units.
    The same run gives the same bytes: all dates and comparisons come from what was recorded when it was saved.

    Raises:
        UserError: no such run, or a critical rule of the gate failed.
    """
    run, edition, earlier = load_edition(settings, plan, run_id)
    pass_gate(settings, edition)
    inputs = recorded_inputs(settings, edition)
    period = str(edition.period)
    target = folder or settings.output / period / run_id
    with whole_folder(target) as fresh:
        names = write_documents(
            run, edition, earlier, fresh, inputs=inputs, full=full, fonts=settings.fonts, progress=progress
        )
        files = sum(p.is_file() for p in fresh.rglob("*"))
    places = {k: target / n for k, n in names.items()} | {"checks": settings.checks / period}
    return Exported(edition.period, run_id, target, places, files, _ranking(edition))


def write_documents(
    run: dict[str, Any],
    edition: "Edition",
    earlier: list["Edition"],
    folder: Path,
    *,
    inputs: "Inputs | None" = None,
    fonts: Path | None,
    full: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, str]:
    """Write all documents of an edition into an empty folder, from what is given alone; return their names by kind.

    ``inputs``: what the run was made of; without them no document shows how a score comes about. ``full``: also a
    workbook per unit, which computes the score again, and a bulletin per class.
    """
    from flows.spread import spread
    from scorecards.bulletin import bulletin_html
    from scorecards.data import write_data
    from scorecards.workbook import ranking_workbook
    from scorecards.write import write_scorecards
    from scoring.conversion import converted

    period = str(edition.period)
    names = {"ranking": f"ranking_{period}.xlsx", "bulletin": f"bulletin_{period}.html",
             "scorecards": "scorecards", "data": "data", "manifest": "manifest.json"}  # fmt: skip
    edition = replace(edition, converted=converted(edition.plan, edition.results, edition.scores))
    derived = Derived(edition, inputs)
    (folder / names["ranking"]).write_bytes(ranking_workbook(edition))
    (folder / names["bulletin"]).write_bytes(bulletin_html([*earlier, derived.lines(edition)]))
    write_data(edition, folder / names["data"])
    live = derived.live if full else None
    cards = folder / names["scorecards"]
    write_scorecards(edition, cards, font_folder=fonts, live=live, spread=spread, progress=progress)
    names |= write_official(edition, earlier, folder, fonts, by_class=full)
    _manifest(edition, run, folder)
    return names


def load_edition(settings: Settings, plan: Plan, run_id: str) -> tuple[dict[str, Any], "Edition", list["Edition"]]:
    """Return a run's row, its edition, and the editions of the periods before that were known when it was saved.

    Of an earlier period that is the run published by then, else the newest one.
    """
    from warehouse import load_run, publications, read_warehouse, runs

    with read_warehouse(settings.warehouse) as warehouse:
        run = load_run(warehouse, run_id)[0]
        period = parse_period(run["period"])
        then = (pl.col("recorded_at") < run["recorded_at"]) & (pl.col("period") != run["period"])
        # What was published counts; where nothing was published yet, the newest run.
        frames = [f(warehouse).filter(then).select("period", "run_id") for f in (runs, publications)]
        newest = pl.concat(frames).unique("period", keep="last", maintain_order=True)
        known = {parse_period(p): r for p, r in newest.iter_rows()}
        same = {p: r for p, r in known.items() if p < period and p.months == period.months}
        earlier = [edition_of(settings, plan, warehouse, same[p]) for p in sorted(same)]
        edition = edition_of(settings, plan, warehouse, run_id)
    shown = [e for e in earlier if e.plan.file.plan == edition.plan.file.plan]
    return run, with_history(edition, shown), shown


def with_history(edition: "Edition", earlier: list["Edition"]) -> "Edition":
    """Return an edition that compares with earlier ones, and knows where the comparison breaks."""
    from scorecards.comparable import breaks_between

    results = {str(e.period): e.results for e in earlier}
    history = [r.with_columns(period=pl.lit(p)) for p, r in results.items()]
    broken = tuple(str(b.period) for a, b in pairwise([*earlier, edition]) if breaks_between(a, b))
    before = results.get(str(edition.period.previous()))
    return replace(edition, previous=before, history=pl.concat(history) if history else None, broken=broken)


def edition_of(settings: Settings, plan: Plan, warehouse: "Warehouse", run_id: str) -> "Edition":
    """Return a run as an edition, with the plan it was scored by and the chain's head of its time."""
    from zoneinfo import ZoneInfo

    from scorecards.edition import Edition
    from warehouse import events, findings, load_run

    run, results, scores = load_run(warehouse, run_id)
    own = plan if run["plan_hash"] == plan.hash else recorded_plan(warehouse, run["plan_hash"])
    saved = events(warehouse).filter((pl.col("action") == "run_saved") & (pl.col("subject") == run_id))
    moment = run["recorded_at"].replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(own.file.time_zone))
    return Edition(
        own, parse_period(run["period"]), run_id, results, scores,
        audit_head=saved["hash"][0] if saved.height else "", dated=moment.date().isoformat(), lang=settings.lang,
        findings=findings(warehouse, run["recorded_at"]),
    )  # fmt: skip


def pass_gate(settings: Settings, edition: "Edition") -> None:
    """Judge a run's results; stop where a critical rule fails."""
    from flows.gate import judge, stop_where_failed
    from flows.gate_rules import BEFORE_EXPORT, before_export

    rules = before_export(edition.plan, edition.period, edition.results, edition.scores, edition.previous)
    pages = settings.checks / str(edition.period)
    stop_where_failed(judge(BEFORE_EXPORT, rules, pages), str(edition.period), pages / BEFORE_EXPORT / "index.html")


def _manifest(edition: "Edition", run: dict[str, Any], folder: Path) -> None:
    """Write what the folder holds, with sizes and hashes, and what the run was made of."""
    made_of = {k: v for k, v in run.items() if k.endswith("_hash")}
    manifest = {
        "plan": edition.plan.file.plan, "plan_version": edition.plan.file.version, "period": str(edition.period),
        "run_id": edition.run_id, "dated": edition.dated, "audit_head": edition.audit_head, "lang": edition.lang,
        "inputs": made_of, "files": files_below(folder),
    }  # fmt: skip
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def _ranking(edition: "Edition") -> list[dict[str, Any]]:
    zh = edition.lang == "zh"
    heads = ("类别", "名次", "单位", "总分", "等次") if zh else ("class", "rank", "unit", "total", "grade")
    rows = edition.ranking.select("class_code", "rank", "unit_code", "total", "grade").iter_rows()
    return [
        dict(zip(heads, (edition.class_title(c), r, edition.unit_name(u), t, edition.grade_title(g)), strict=True))
        for c, r, u, t, g in rows
    ]
