"""A unit's rectification sheet (整改通知单): what was found and is open, and what has been closed since."""

import polars as pl

from schemas.findings import ledger
from scorecards.edition import Edition
from scorecards.notice import findings_table, foot, issued
from scorecards.numbers import counted
from scorecards.official import Block, Official, Outline, Paragraph, Table
from scorecards.typeset import typeset


def units_with_findings(edition: Edition) -> list[str]:
    """Return the units of which the period's ledger holds anything, in order of their codes."""
    if edition.findings is None:
        return []
    return sorted(ledger(edition.findings, edition.period, edition.day)["unit_code"].unique().to_list())


def rectification_sheet(edition: Edition, unit_code: str) -> Official:
    """Return the sheet of one unit: open findings with room for the unit's answer, then what was closed.

    The next period's sheet and bulletin carry on what is still open here, and show as closed what was closed.
    """
    assert edition.findings is not None
    zh = edition.lang == "zh"
    rows = ledger(edition.findings, edition.period, edition.day).filter(pl.col("unit_code") == unit_code)
    still = rows.filter(pl.col("standing") != "closed")
    closed = rows.filter(pl.col("standing") == "closed")
    outline = Outline(edition.lang)
    name = edition.unit_name(unit_code)
    blocks: list[Block] = [Paragraph(_lead(edition, still, closed, zh=zh))]
    if still.height:
        blocks += [
            outline.part("未销号的问题" if zh else "Open findings"),
            findings_table(edition, still, with_unit=False),
        ]
        blocks += [outline.part("整改情况（由单位填写）" if zh else "What was done (the unit fills this in)")]
        blocks.append(_answer(edition, still, zh=zh))
    if closed.height:
        blocks += [outline.part("已销号的问题" if zh else "Closed findings"), _closed(edition, closed, zh=zh)]
    title = f"整改通知单\n{edition.period_title}" if zh else f"Rectification sheet\n{edition.period_title}"
    said = issued(edition) | {"addressee": name, "number": ""}
    return Official(title, blocks, edition.lang, dated=edition.dated, foot=foot(edition), **said)


def _lead(edition: Edition, still: pl.DataFrame, closed: pl.DataFrame, *, zh: bool) -> str:
    carried = still.filter(pl.col("carried")).height
    overdue = still.filter(pl.col("standing") == "overdue").height
    if not zh:
        return (
            f"{edition.title}: {counted(still.height, 'finding')} open ({carried} carried over, {overdue} overdue), "
            f"{closed.height} closed. What is open is put right by its due day; it is closed on proof and "
            "shown as closed in the next bulletin."
        )
    return (
        f"根据{edition.title}{edition.period_title}的检查核验情况，你单位有 {still.height} 项问题未销号，其中上期转来 "
        f"{carried} 项、逾期 {overdue} 项；已销号 {closed.height} 项。"
        "请按期整改并附证明材料，经核实后销号，在下期通报中公布。"
    )


def _answer(edition: Edition, still: pl.DataFrame, *, zh: bool) -> Table:
    heads = ("问题", "整改措施", "完成日期", "证明材料") if zh else ("Finding", "What was done", "Done on", "Proof")
    rows = [(typeset(t, edition.lang), "", "", "") for t in still["title"]]
    return Table(heads, rows, (30, 34, 14, 22), centred=frozenset({2}))


def _closed(edition: Edition, closed: pl.DataFrame, *, zh: bool) -> Table:
    heads = ("问题", "整改期限", "销号日期", "证明材料") if zh else ("Finding", "Due", "Closed on", "Proof")
    rows = []
    for r in closed.iter_rows(named=True):
        late = ("（逾期）" if zh else " (late)") if r["closed_late"] else ""
        what, proof = (typeset(r[name] or "", edition.lang) for name in ("title", "proof"))
        rows.append((what, r["due_on"], f"{r['closed_on'] or ''}{late}", proof))
    return Table(heads, rows, (40, 16, 20, 24), centred=frozenset({1, 2}))
