"""What ``kaohe review list`` says: how far the verification of a period has come; and which cells to review again."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from flows.reported import CELL, Reported, claims_of, load_reported
from flows.settings import Settings
from schemas.folder import Plan
from schemas.periods import Period

if TYPE_CHECKING:
    from flows.ingest import Ingested
    from warehouse import Warehouse

NAMED = 5
MARK = ("核验后改报,待重新核验", "reported anew since: review it again")
MARK_FILES = ("核验后佐证文件有变,待重新核验", "files changed since: review again")


def verdict_lines(settings: Settings, plan: Plan, period: Period) -> list[str]:
    """Return how far the verification of a period has come: verdicts, the newest sample, what was reported anew since.

    Raises:
        UserError: nothing is reported.
    """
    from schemas.text_table import WIDEST, text_table
    from warehouse import read_warehouse

    with read_warehouse(settings.warehouse) as warehouse:
        found = load_reported(warehouse, plan, period)
    n = 0 if settings.lang == "zh" else 1
    lines = [_progress(period, found, n), *_sample_lines(found, n)]
    lines += again_lines(found.outdated, settings.lang)
    if found.verdicts.is_empty():
        return lines
    heads = (("单位", "指标", "分项", "填报值", "结论", "核定值", "理由"),
             ("unit", "indicator", "part", "reported", "verdict", "counts", "reason"))[n]  # fmt: skip
    rows = []
    now = {tuple(r[c] for c in CELL): r for r in found.cells.iter_rows(named=True)}
    for verdict in marked(found, settings.lang).iter_rows(named=True):
        key = tuple(verdict[c] for c in CELL)
        rows.append([*_words(plan, verdict, now.get(key), n), verdict["reason"]])
    return lines + [f"  {line}" for line in text_table(heads, rows, WIDEST)]


def _words(plan: Plan, verdict: dict[str, Any], cell: dict[str, Any] | None, n: int) -> list[str]:
    from intake.form import FormRow
    from intake.numbers import raw_text
    from intake.review import reported, verdict_word

    form = FormRow(0, plan.leaves[verdict["indicator_code"]], verdict["part"], None)
    counts, lang = {**verdict, "status": "reported"}, ("zh", "en")[n]
    return [
        verdict["unit_code"], verdict["indicator_code"], verdict["part"],
        (raw_text(reported(form, cell, lang)) or "") if cell else "—",
        verdict_word(verdict["verdict"], lang),
        (raw_text(reported(form, counts, lang)) or "") if verdict["verdict"] == "adjusted" else "",
    ]  # fmt: skip


def marked(found: Reported, lang: str) -> pl.DataFrame:
    """Return the verdicts, those whose cell or files changed since with a remark in their reason."""
    files, cell = (pl.lit(f"({mark[0]})" if lang == "zh" else f" ({mark[1]})") for mark in (MARK_FILES, MARK))
    remark = pl.when("only_files").then(files).otherwise(cell)
    again = found.outdated.select(*CELL, remark=remark)
    rows = found.verdicts.join(again, on=CELL, how="left", maintain_order="left")
    return rows.with_columns(reason=pl.col("reason") + pl.col("remark").fill_null("")).drop("remark")


def review_again(
    warehouse: "Warehouse", periods: Sequence[str], lang: str, units: Collection[str] | None = None
) -> list[str]:
    """Return what to say of verdicts whose cell was reported anew since: of these units, or of all."""
    from warehouse import outdated_verdicts

    rows = outdated_verdicts(warehouse, periods)
    return again_lines(rows if units is None else rows.filter(pl.col("unit_code").is_in(list(units))), lang)


def review_again_after(settings: Settings, done: "Ingested") -> list[str]:
    """Return the same for the units whose reports a batch brought."""
    from warehouse import COUNTING, read_warehouse

    # The same workbook again may have come with other files.
    took = [o for o in done.outcomes if o.state in (*COUNTING, "unchanged")]
    if not took:
        return []
    with read_warehouse(settings.warehouse) as warehouse:
        periods, units = sorted({o.period for o in took if o.period}), {o.unit_code for o in took if o.unit_code}
        return review_again(warehouse, periods, settings.lang, units)


def again_lines(outdated: pl.DataFrame, lang: str) -> list[str]:
    """Return one line a period: how many cells to review again, the first of them, and how to."""
    lines, comma = [], "、" if lang == "zh" else ", "
    for (period,), rows in outdated.group_by("period", maintain_order=True):
        cells = [" ".join(filter(None, row)) for row in rows.select(*CELL).head(NAMED).iter_rows()]
        named = comma.join(cells) + ("…" if rows.height > NAMED else "")
        some = _only_files(rows.filter("only_files").height, lang)
        command = f"kaohe review write {period} --again --out FILE.xlsx"
        lines.append(
            f"  核验后改报 {rows.height} 项{some},须重新核验,在此之前仍按原结论计:{named}。{command}"
            if lang == "zh"
            else f"  reported anew after their verdict, which counts until reviewed again ({rows.height}{some}): "
            f"{named}. {command}"
        )
    return lines


def _only_files(count: int, lang: str) -> str:
    if not count:
        return ""
    return f",其中 {count} 项仅佐证文件有变" if lang == "zh" else f", {count} of them in their files of evidence only"


def _progress(period: Period, found: Reported, n: int) -> str:
    counts = dict(found.verdicts["verdict"].value_counts().iter_rows())
    accepted, adjusted, refused = (counts.get(v, 0) for v in ("accepted", "adjusted", "refused"))
    claims = claims_of(found.cells).height
    if n == 0:
        words = f"认可 {accepted}、调整 {adjusted}、不予认可 {refused}"
        return f"{period} 填报 {claims} 项,已核验 {found.verdicts.height} 项:{words}。"
    words = f"{accepted} accepted, {adjusted} adjusted, {refused} refused"
    return f"{period}: {claims} cells reported, {found.verdicts.height} verified: {words}."


def _sample_lines(found: Reported, n: int) -> list[str]:
    if found.drawn.is_empty():
        return []
    done = found.drawn.join(found.verdicts, on=CELL, how="semi").height
    name, total = found.drawn["sample_id"][0], found.drawn.height
    return [(f"  抽样 {name}:{total} 项,已核验 {done} 项。", f"  sample {name}: {done} of {total} cells verified.")[n]]
