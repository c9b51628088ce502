"""Verification: the review workbook written and taken in, and single verdicts."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from flows.archive import archive_file
from flows.files import write_whole
from flows.progress import waiting
from flows.reported import CELL, Reported, claims_of, load_reported, signs_of
from flows.settings import Settings, prepare_home
from schemas.codes import refuse_unknown_node, refuse_unknown_unit
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.periods import Period


def write_review(
    settings: Settings,
    plan: Plan,
    period: Period,
    path: Path,
    *,
    units: Collection[str] = (),
    nodes: Collection[str] = (),
    sampled: bool | str = False,
    again: bool = False,
) -> int:
    """Write the review workbook of a period and return its lines.

    ``units``, ``nodes``: only these. ``sampled``: only the cells of the newest sample, or of the one that is named.
    ``again``: only the cells that were reported anew after their verdict.

    Raises:
        UserError: unknown unit or node; nothing is reported, nothing was drawn, or nothing is to be reviewed again.
    """
    from flows.review_lines import marked
    from intake.review import review_workbook
    from warehouse import read_warehouse

    codes = _indicators(plan, nodes)
    for unit in units:
        refuse_unknown_unit(plan, unit)
    with read_warehouse(settings.warehouse) as warehouse:
        found = load_reported(warehouse, plan, period, sampled if isinstance(sampled, str) else None)
        signs = signs_of(plan, found)
    if sampled and found.drawn.is_empty():
        raise UserError(
            f"{period} 还没有抽样。请先运行 kaohe sample {period}。", f"Nothing was drawn yet: kaohe sample {period}."
        )
    if again and found.outdated.is_empty():
        raise UserError(
            f"{period} 没有核验后改报的填报值,无需重新核验。", f"{period}: nothing was reported anew after its verdict."
        )
    cells = found.cells.join(found.outdated, on=CELL, how="semi") if again else claims_of(found.cells)
    cells = cells.filter(pl.col("indicator_code").is_in(codes))
    cells = cells.filter(pl.col("unit_code").is_in(list(units))) if units else cells
    cells = cells.join(found.drawn, on=CELL, how="semi") if sampled else cells
    book = review_workbook(
        plan, cells, previous=found.earlier, risks=_looks(found.drawn, signs, settings.lang),
        verdicts=marked(found, settings.lang), notes=_notes(period, found, settings.lang), lang=settings.lang,
    )  # fmt: skip
    write_whole(path, book)
    return cells.height


def _looks(drawn: pl.DataFrame, signs: pl.DataFrame, lang: str) -> pl.DataFrame:
    """Return what to look at in each cell: why it was drawn, else the signs of risk."""
    why = drawn.select(*CELL, "drawn_by", risk=f"why_{lang}")
    marks = signs.group_by(CELL, maintain_order=True).agg(sign=pl.col(lang).str.join(";" if lang == "zh" else "; "))
    both = why.join(marks, on=CELL, how="full", coalesce=True)
    return both.select(*CELL, drawn="drawn_by", risk=pl.coalesce("risk", "sign"))


def _notes(period: Period, found: Reported, lang: str) -> list[tuple[str, str]]:
    zh = lang == "zh"
    lines = [
        (
            "核验结论",
            "认可:按填报值计。调整:按核定值计。不予认可:该值不计。都须写明理由,记录在案,不会覆盖以前的结论。",
        )
        if zh
        else (
            "Verdict",
            "Accepted: as reported. Adjusted: the value that counts. Refused: no value. Each with a reason.",
        ),
        (
            "核验后改报",
            "已有结论注明“核验后改报”或“核验后佐证文件有变”的,单位在核验之后改了填报值、佐证或其文件;原结论仍计入,"
            "请按现在的填报值和文件重新给出结论。",
        )
        if zh
        else (
            "Reported anew",
            "Where 'Verdict so far' says so, the unit changed value, evidence or its files after the verdict. It "
            "still counts: give a verdict on what is reported now.",
        ),
        ("交回", "填好后运行:kaohe review take 本文件。空着的行不核验。")
        if zh
        else ("Give back", "Run: kaohe review take THIS_FILE. Blank lines stay without a verdict."),
    ]
    if found.drawn.height:
        by = dict(found.drawn["drawn_by"].value_counts().iter_rows())
        name, risk, lots = found.drawn["sample_id"][0], by.get("risk", 0), by.get("random", 0)
        lines.append(
            ("抽样", f"{name}:抽取 {risk + lots} 项,其中按风险 {risk} 项,随机 {lots} 项;每项的原因在“关注点”列。")
            if zh
            else (
                "Sample",
                f"{name}: {risk + lots} cells, {risk} by risk, {lots} by lot; each says why under 'Look at'.",
            )
        )
    return [("周期" if zh else "Period", period.title(lang)), *lines]


def _indicators(plan: Plan, nodes: Collection[str]) -> list[str]:
    """Return the indicators at and below nodes; all where none is named."""
    if not nodes:
        return list(plan.leaves)
    found: list[str] = []
    todo = list(nodes)
    while todo:
        code = todo.pop()
        if code in plan.leaves:
            found.append(code)
        elif code in plan.nodes:
            todo += plan.children[code]
        else:
            refuse_unknown_node(plan, code)
    return found


@dataclass(frozen=True)
class Taken:
    """How many verdicts a workbook held, how many of them were new, and remarks."""

    verdicts: int
    new: int
    remarks: tuple[str, ...]


def take_reviews(settings: Settings, plan: Plan, path: Path, *, reason: str | None = None) -> Taken:
    """Archive a filled review workbook, read it, and store all its verdicts or none; the same again changes nothing.

    Raises:
        UserError: with every error of the workbook, each with its cell and remedy.
    """
    from intake.report import remarks_of
    from intake.verdicts import read_reviews
    from warehouse import add_verifications, append_event, open_warehouse

    prepare_home(settings)
    kept = archive_file(settings.archive, path)
    if taken := _taken_before(settings, kept.hash):
        return taken
    found = read_reviews(kept.path, plan, measurements=_all_measurements(settings), name=kept.name)
    remarks = remarks_of(kept.name, found.problems.to_dicts(), settings.lang)
    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        new = add_verifications(warehouse, found.verifications, actor=settings.actor, reason=reason)
        if new:
            facts = {"file_hash": kept.hash, "verdicts": found.verifications.height, "new": new}
            append_event(warehouse, "review_taken", kept.name, settings.actor, reason, facts)
    return Taken(found.verifications.height, new, remarks)


def _taken_before(settings: Settings, file_hash: str) -> Taken | None:
    """Return what to say of a workbook whose very bytes were taken before: newer verdicts are not undone by it."""
    from warehouse import events, read_warehouse

    if not settings.warehouse.exists():
        return None
    with read_warehouse(settings.warehouse) as warehouse:
        before = events(warehouse).filter(pl.col("action") == "review_taken")
    for event in before.iter_rows(named=True):
        if (facts := json.loads(event["detail_json"]))["file_hash"] == file_hash:
            day, name = f"{event['recorded_at']:%Y-%m-%d}", event["subject"]
            zh = f"{name} 已于 {day} 收取,未作更改。如要改变结论,请修改核验表后再收取。"
            en = f"{name} was taken in on {day}; nothing was changed. To change a verdict, edit the workbook."
            return Taken(facts["verdicts"], 0, (zh if settings.lang == "zh" else en,))
    return None


def _all_measurements(settings: Settings) -> pl.DataFrame:
    from warehouse import read_warehouse, scoring_inputs, submissions

    with read_warehouse(settings.warehouse) as warehouse:
        periods = submissions(warehouse)["period"].drop_nulls().unique().to_list()
        return scoring_inputs(warehouse, periods).measurements


def give_verdict(settings: Settings, plan: Plan, period: Period, verdict: dict[str, str | None]) -> bool:
    """Store one verdict; False, and nothing changed, where the newest on this cell says the same.

    ``verdict``: unit_code, indicator_code, part, verdict, reason, and value, numerator and denominator as texts.

    Raises:
        UserError: nothing is reported there, or the verdict lacks something.
    """
    from intake.verdicts import check_verdict
    from warehouse import add_verifications, open_warehouse, scoring_inputs

    refuse_unknown_unit(plan, verdict["unit_code"] or "")
    if verdict["indicator_code"] not in plan.leaves:
        code = verdict["indicator_code"]
        raise UserError(f"考核方案没有指标“{code}”。", f"The plan has no indicator '{code}'.")
    row: dict[str, Any] = {**verdict, "period": str(period)}
    for name in ("numerator", "denominator"):
        row[name] = _number(row.get(name))
    with open_warehouse(settings.warehouse, on_wait=waiting(settings.lang)) as warehouse:
        found = check_verdict(plan, row, scoring_inputs(warehouse, [str(period)]).measurements)
        if not found.usable:
            errors = found.problems.filter(pl.col("severity") == "error")
            raise UserError("\n".join(errors["message_zh"]), "\n".join(errors["message_en"]))
        return add_verifications(warehouse, found.verifications, actor=settings.actor) > 0


def _number(text: str | None) -> float | None:
    from intake.numbers import read_number

    reading = read_number(text)
    if reading.refusal:
        raise UserError(f"“{text}”不是数字。", f"'{text}' is no number.", exit_code=2)
    return reading.value
