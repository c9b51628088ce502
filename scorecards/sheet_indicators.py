"""Sheet 指标得分: units by indicators, each score with its light's shape, each absence in words."""

from typing import Any

import polars as pl
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from scorecards.edition import Edition
from scorecards.lights import LIGHTS
from scorecards.sheet_classes import write_cell
from scorecards.sheet_styles import Styles, height_for, legend, set_up_page, write_title

WIDTH = 11
PER_PAGE = 11  # indicators beside the repeated columns on A4 landscape
FIXED = (("class", 25), ("unit", 31), ("total", 9), ("rank", 7))


def write_indicators(book: Workbook, edition: Edition, styles: Styles) -> None:
    """Write one row per unit and one column per indicator that anyone was asked."""
    sheet = book.add_worksheet(edition.word("indicators"))
    set_up_page(sheet, edition, fit=False)
    top = write_title(sheet, edition, styles, edition.word("indicators"))
    sheet.write_string(2, 0, legend(edition), styles.plain())
    leaves = edition.cells.filter(pl.col("is_indicator") & (pl.col("light") != "none"))
    shown = edition.items.filter(pl.col("node_code").is_in(leaves["node_code"].unique().to_list()))
    _write_heads(sheet, edition, styles, top, shown)
    scores = {(r["unit_code"], r["node_code"]): r for r in leaves.iter_rows(named=True)}
    first = top + 2
    for number, row in enumerate(edition.ranking.iter_rows(named=True), first):
        _write_unit(sheet, edition, styles, number, row, shown["node_code"].to_list(), scores)
    last = first + max(1, edition.ranking.height) - 1
    columns = len(FIXED) + shown.height
    sheet.autofilter(top + 1, 0, last, columns - 1)
    sheet.freeze_panes(first, len(FIXED))
    sheet.repeat_rows(top, top + 1)
    sheet.repeat_columns(0, len(FIXED) - 1)
    sheet.set_print_scale(70)


def _write_heads(sheet: Worksheet, edition: Edition, styles: Styles, top: int, shown: pl.DataFrame) -> None:
    """Write two rows: sections over their indicators, and below them the indicators' titles."""
    for column, (key, width) in enumerate(FIXED):
        sheet.set_column(column, column, width)
        sheet.write_string(top, column, "", styles.head)
        sheet.write_string(top + 1, column, edition.word(key), styles.head)
    first = len(FIXED)
    sheet.set_column(first, first + max(0, shown.height - 1), WIDTH)
    groups = _groups([_section(edition, code) for code in shown["node_code"]])
    for section, start, count in groups:
        if count > 1:
            sheet.merge_range(top, first + start, top, first + start + count - 1, "", styles.head)
        sheet.write_string(top, first + start, edition.node_title(section), styles.head)
    sheet.set_v_pagebreaks([first + column for column in _page_breaks(groups)])
    titles = [f"{c} {t}" for c, t in zip(shown["node_code"], shown["title"], strict=True)]
    style = styles.get(bold=True, text_wrap=True, valign="top", bg_color="#E6EAEE")
    for column, title in enumerate(titles, first):
        sheet.write_string(top + 1, column, title, style)
    heads = [(edition.node_title(section), float(WIDTH * count)) for section, _, count in groups]
    sheet.set_row(top, min(200.0, height_for(heads)))
    sheet.set_row(top + 1, min(400.0, height_for([(t, WIDTH) for t in titles])))


def _groups(sections: list[str]) -> list[tuple[str, int, int]]:
    """Return section, first column and number of columns of each run of equal sections that fits on one page."""
    groups: list[tuple[str, int, int]] = []
    for column, section in enumerate(sections):
        if groups and groups[-1][0] == section and groups[-1][2] < PER_PAGE:
            groups[-1] = (section, groups[-1][1], groups[-1][2] + 1)
        else:
            groups.append((section, column, 1))
    return groups


def _page_breaks(groups: list[tuple[str, int, int]]) -> list[int]:
    """Return the columns before which a printed page ends, so that no section's heading is cut."""
    breaks, page_start = [], 0
    for _, start, count in groups:
        if start > page_start and start + count - page_start > PER_PAGE:
            breaks.append(start)
            page_start = start
    return breaks


def _section(edition: Edition, code: str) -> str:
    """Return the section above an indicator; the indicator itself where it hangs below the root."""
    while edition.plan.level[code] > 1:
        code = str((edition.plan.leaves.get(code) or edition.plan.nodes[code]).parent)
    return code


def _write_unit(
    sheet: Worksheet, edition: Edition, styles: Styles, number: int, row: dict[str, Any], codes: list[str],
    scores: dict[tuple[str, str], dict[str, Any]],
) -> None:  # fmt: skip
    title = edition.class_title(row["class_code"])
    sheet.set_row(number, height_for([(title, FIXED[0][1]), (row["name"], FIXED[1][1])]))
    total = styles.get(num_format=styles.total, align="center", bold=True)
    write_cell(sheet, number, 0, title, styles.text)
    write_cell(sheet, number, 1, row["name"], styles.text)
    write_cell(sheet, number, 2, "—" if row["total"] is None else row["total"], total)
    write_cell(sheet, number, 3, "—" if row["rank"] is None else row["rank"], styles.centre)
    for column, code in enumerate(codes, len(FIXED)):
        found = scores.get((row["unit_code"], code))
        if found is None:
            sheet.write_blank(number, column, None, styles.get(bg_color="#F5F5F5"))
        elif found["light"] == "unknown" or found["score"] is None:
            text = edition.reason(found["reason_code"]) or LIGHTS["unknown"].word(edition.lang)
            write_cell(sheet, number, column, f"{LIGHTS['unknown'].shape} {text}", styles.light("unknown"))
        else:
            write_cell(sheet, number, column, found["score"], styles.score(found["light"]))
