"""An official document as PDF: tagged, the same bytes for the same document."""

from typing import Any

from scorecards.official import (
    BODY_PT,
    BOTTOM_MM,
    LEFT_MM,
    NOTE_PT,
    PAGE_PT,
    PITCH_PT,
    RED,
    RIGHT_MM,
    TABLE_PT,
    TITLE_PT,
    TOP_MM,
    Annex,
    Block,
    Heading,
    Official,
    Paragraph,
)
from scorecards.pdf import Compiler, render

TEMPLATE = "official.typ"
LAYOUT = {
    "top": TOP_MM, "bottom": BOTTOM_MM, "left": LEFT_MM, "right": RIGHT_MM, "pitch": PITCH_PT, "title": TITLE_PT,
    "body": BODY_PT, "table": TABLE_PT, "page": PAGE_PT, "note": NOTE_PT, "red": RED,
}  # fmt: skip


def official_pdf(compiler: Compiler, document: Official, made_on: str) -> bytes:
    """Return the document as PDF. ``compiler``: ``make_compiler(fonts, TEMPLATE)``; ``made_on``: ISO date in the file.

    Raises:
        PageError: a character that no font has.
    """
    return render(compiler, _data(document), made_on)


def _data(document: Official) -> dict[str, Any]:
    return {
        "layout": LAYOUT, "lang": document.lang, "title": document.title, "name": document.title.replace("\n", " "),
        "mark": document.mark,
        "number": document.number, "addressee": document.addressee, "signed": document.signed,
        "dated": document.date_text, "foot": document.foot, "annexes": document.annexes,
        "body": [_block(b) for b in document.body], "annexed": [_block(b) for b in document.annexed],
    }  # fmt: skip


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Heading(level, text):
            return {"kind": "heading", "level": level, "text": text}
        case Paragraph(text, lead, keep):
            return {"kind": "paragraph", "text": text, "lead": lead, "keep": keep}
        case Annex(label, title):
            return {"kind": "annex", "label": label, "title": title}
    return {
        "kind": "table", "heads": list(block.heads), "rows": [list(r) for r in block.rows],
        "widths": block.fitted, "caption": block.caption, "centred": sorted(block.centred),
    }  # fmt: skip
