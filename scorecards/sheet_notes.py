"""Sheet 说明: what the numbers mean, the plan's rules, every reason that occurs, run and audit chain head."""

from xlsxwriter.workbook import Workbook

from schemas.reasons import REASONS
from scorecards.edition import Edition
from scorecards.numbers import plain
from scorecards.rules import rules_of
from scorecards.sheet_styles import Styles, height_for, legend, set_up_page, write_title

WIDTHS = (24, 100)


def write_notes(book: Workbook, edition: Edition, styles: Styles) -> None:
    """Write the rules and reasons as pairs of name and text."""
    sheet = book.add_worksheet(edition.word("notes"))
    set_up_page(sheet, edition)
    row = write_title(sheet, edition, styles, edition.word("notes"))
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    for heading, pairs in _parts(edition):
        sheet.merge_range(row, 0, row, 1, "", styles.head)
        sheet.write_string(row, 0, heading, styles.head)
        row += 1
        for name, text in pairs:
            sheet.write_string(row, 0, name, styles.get(text_wrap=True, valign="top"))
            sheet.write_string(row, 1, text, styles.get(text_wrap=True, valign="top"))
            sheet.set_row(row, height_for([(name, WIDTHS[0]), (text, WIDTHS[1])]))
            row += 1
        row += 1


def _parts(edition: Edition) -> list[tuple[str, list[tuple[str, str]]]]:
    word, plan = edition.word, edition.plan
    run = [
        (word("plan"), edition.aside(edition.title, f"{plan.file.plan} {plan.file.version}")),
        ("SHA-256", plan.hash),
        (word("period"), edition.aside(edition.period_title, str(edition.period))),
        (word("run"), edition.run_id),
        (word("audit"), edition.audit_head or "—"),
        (word("dated"), edition.dated or "—"),
        *([(word("replaces"), edition.replaces + edition.correction)] if edition.replaces else []),
        (word("light"), legend(edition)),
        (word("full"), plain(plan.file.full_marks)),
    ]
    reasons = [(code, edition.reason(code)) for code in REASONS]
    return [(word("run"), run), (word("rules"), rules_of(edition)), (word("reason_code"), reasons)]
