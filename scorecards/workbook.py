"""The ranking workbook: overview, a sheet per class, indicator scores, notes. No formula, the same bytes each time."""

from io import BytesIO

from scorecards.edition import Edition
from scorecards.sheet_classes import write_classes
from scorecards.sheet_conversions import write_conversions
from scorecards.sheet_indicators import write_indicators
from scorecards.sheet_notes import write_notes
from scorecards.sheet_overview import write_overview
from scorecards.sheet_styles import Styles, new_book


def ranking_workbook(edition: Edition) -> bytes:
    """Return the ranking workbook of one edition for leadership: all classes, all units, all indicators."""
    buffer = BytesIO()
    book = new_book(buffer, edition, f"{edition.title} {edition.period_title}")
    book.set_size(2400, 1400)
    styles = Styles(book, edition)
    write_overview(book, edition, styles)
    write_classes(book, edition, styles)
    write_indicators(book, edition, styles)
    write_conversions(book, edition, styles)
    write_notes(book, edition, styles)
    book.close()
    return buffer.getvalue()
