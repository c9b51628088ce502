"""Sheet 总览: every class in one line, with the spread of totals and the grades given."""

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from scorecards.edition import Edition
from scorecards.lights import LIGHTS
from scorecards.sheet_styles import Styles, height_for, legend, set_up_page, sheet_name, write_title
from scorecards.statistics import ClassStatistics, class_statistics

WIDTHS = {"class": 26, "units": 9, "ranked": 9, "mean": 9, "median": 9, "best": 9, "lowest": 9, "first": 36}
LIT = ("green", "yellow", "red", "unknown")


def write_overview(book: Workbook, edition: Edition, styles: Styles) -> None:
    """Write one row per class: numbers of units, statistics of totals, first places, counts of grades and lights."""
    sheet = book.add_worksheet(sheet_name(edition.word("overview"), set()))
    set_up_page(sheet, edition)
    top = write_title(sheet, edition, styles, edition.pair(edition.word("ranking"), edition.word("overview")))
    grades = [g.code for g in edition.plan.file.grades]
    headings = [edition.word(key) for key in WIDTHS]
    headings += [edition.grade_title(g) for g in grades]
    headings += [LIGHTS[c].text(edition.lang) for c in LIT]
    widths = [*WIDTHS.values(), *(9 for _ in grades), *(10 for _ in LIT)]
    for column, (heading, width) in enumerate(zip(headings, widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(top, column, heading, styles.head)
    sheet.set_row(top, height_for(list(zip(headings, widths, strict=True))))
    statistics = class_statistics(edition)
    for row, known in enumerate(statistics, top + 1):
        first = edition.listed(edition.unit_name(u) for u in known.first[:5]) + ("…" if len(known.first) > 5 else "")
        title = edition.class_title(known.code)
        sheet.set_row(row, height_for([(title, WIDTHS["class"]), (first, WIDTHS["first"])]))
        sheet.write_string(row, 0, title, styles.text)
        _write_counts(sheet, row, known, styles)
        sheet.write_string(row, 7, first, styles.text)
        counts = [known.grades.get(g, 0) for g in grades] + [known.lights.get(c, 0) for c in LIT]
        for column, count in enumerate(counts, len(WIDTHS)):
            sheet.write_number(row, column, count, styles.centre)
    end = top + len(statistics)
    sheet.write_string(end + 2, 0, legend(edition), styles.plain())
    sheet.freeze_panes(top + 1, 1)
    sheet.autofilter(top, 0, max(end, top), len(headings) - 1)
    sheet.repeat_rows(top)


def _write_counts(sheet: Worksheet, row: int, known: ClassStatistics, styles: Styles) -> None:
    sheet.write_number(row, 1, known.units, styles.centre)
    sheet.write_number(row, 2, known.ranked, styles.centre)
    for column, value in enumerate((known.mean, known.median, known.best, known.lowest), 3):
        if value is None:
            sheet.write_string(row, column, "—", styles.centre)
        else:
            sheet.write_number(row, column, value, styles.get(num_format=styles.total, align="center"))
