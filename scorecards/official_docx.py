"""An official document for Word: the official faces by name, GB/T 9704-2012's measures, the same bytes each time."""

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from html import escape
from io import BytesIO
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_SECTION
from docx.oxml import parse_xml
from docx.shared import Mm

from scorecards import official as o

FACES = {"title": "方正小标宋简体", "hei": "黑体", "kai": "楷体_GB2312", "fang": "仿宋_GB2312", "song": "宋体"}
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NS = f'xmlns:w="{WORD}"'
EARLIEST = (1980, 1, 1, 0, 0, 0)
TWIPS_PER_MM = 1440 / 25.4
FOOT_MM = 20  # from the paper's lower edge to the small print's upper one: below the page number
LONGEST_PROPERTY = 255
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def official_docx(document: o.Official, made_on: str) -> bytes:
    """Return the document as docx. ``made_on``: the ISO date that stands in the file as its date of making."""
    word = docx.Document()
    _properties(word, document, made_on)
    _page(word, document.foot)
    body = word.element.body
    end = body.sectPr
    for part in _parts(document):
        end.addprevious(parse_xml(part))
    buffer = BytesIO()
    word.save(buffer)
    return _plain_zip(buffer.getvalue())


def _properties(word: Document, document: o.Official, made_on: str) -> None:
    facts, moment = word.core_properties, datetime.fromisoformat(made_on)
    facts.title, facts.subject, facts.author = (
        CONTROL.sub("", text.replace("\n", " "))[:LONGEST_PROPERTY]
        for text in (document.title, document.foot, document.signed)
    )
    facts.comments = ""
    facts.created = facts.modified = moment
    facts.last_modified_by, facts.revision, facts.language = "", 1, _language(document.lang)
    style = word.styles["Normal"]
    fonts = (
        f'<w:rPr {NS}>{_fonts("fang")}<w:sz w:val="{o.BODY_PT * 2}"/><w:szCs w:val="{o.BODY_PT * 2}"/>'
        f'<w:lang w:val="{_language(document.lang)}" w:eastAsia="zh-CN"/></w:rPr>'
    )
    for old in style.element.findall(f"{{{WORD}}}rPr"):
        style.element.remove(old)
    style.element.append(parse_xml(fonts))


def _language(lang: str) -> str:
    return "zh-CN" if lang == "zh" else "en-GB"


def _page(word: Document, foot: str) -> None:
    """Set paper, margins, the grid of 22 lines, and the page number: odd pages right, even left; ``foot`` on page 1."""
    section = word.sections[0]
    section.start_type = WD_SECTION.NEW_PAGE
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(o.TOP_MM), Mm(o.BOTTOM_MM)
    section.left_margin, section.right_margin = Mm(o.LEFT_MM), Mm(o.RIGHT_MM)
    section.footer_distance = Mm(o.BOTTOM_MM - 7 - 5)  # the number's own line lies 7 mm below the text
    for old in section._sectPr.findall(f"{{{WORD}}}docGrid"):
        section._sectPr.remove(old)
    section._sectPr.append(parse_xml(f'<w:docGrid {NS} w:type="lines" w:linePitch="{round(o.PITCH_PT * 20)}"/>'))
    word.settings.odd_and_even_pages_header_footer = True
    section.different_first_page_header_footer = True
    feet = ((section.first_page_footer, "right"), (section.footer, "right"), (section.even_page_footer, "left"))
    for footer, side in feet:
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]._p
        paragraph.getparent().replace(paragraph, parse_xml(_page_number(side)))
    if foot:
        # In a frame with a place of its own: in the footer's text it would push the number and the body upwards.
        width, y = (round(mm * TWIPS_PER_MM) for mm in (o.TEXT_MM, 297 - FOOT_MM))
        place = f'<w:framePr w:w="{width}" w:wrap="around" w:vAnchor="page" w:hAnchor="margin" w:x="1" w:y="{y}"/>'
        small = _paragraph(foot, _look("song", o.NOTE_PT), jc="left", exact=12, more=place)
        section.first_page_footer._element.insert(0, parse_xml(small))  # a frame is anchored to what follows it


def _page_number(side: str) -> str:
    look = _look("song", o.PAGE_PT)
    field = "".join(
        f'<w:r>{look}<w:fldChar w:fldCharType="{kind}"/></w:r>{inside}'
        for kind, inside in (
            ("begin", f'<w:r>{look}<w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'),
            ("separate", f"<w:r>{look}<w:t>1</w:t></w:r>"),
            ("end", ""),
        )
    )
    width = o.PAGE_PT * 20
    edge = f'w:rightChars="100" w:right="{width}"' if side == "right" else f'w:leftChars="100" w:left="{width}"'
    place = f'<w:pPr><w:ind {edge}/><w:jc w:val="{side}"/></w:pPr>'
    return f"<w:p {NS}>{place}{_run('— ', look)}{field}{_run(' —', look)}</w:p>"


def _parts(document: o.Official) -> Iterator[str]:
    if document.mark:
        yield _paragraph(document.mark, _look("title", 30, colour=o.RED, spacing=2), jc="center", exact=0)
    if document.number:
        yield _paragraph(document.number, _look("fang"), jc="center")
    if document.mark:
        line = f'<w:pBdr><w:bottom w:val="single" w:sz="12" w:space="1" w:color="{o.RED}"/></w:pBdr>'
        yield _paragraph("", _look("fang", 8), exact=12, more=line)
    yield _paragraph(document.title, _look("title", o.TITLE_PT), jc="center", exact=35, before=20, after=14, outline=0)
    if document.addressee:
        yield _paragraph(document.addressee + ("：" if document.lang == "zh" else ":"), _look("fang"))
    for block in document.body:
        yield from _block(block, document.lang)
    yield from _closing(document)
    for block in document.annexed:
        yield from _block(block, document.lang)


def _closing(document: o.Official) -> Iterator[str]:
    zh = document.lang == "zh"
    head = "附件：" if zh else "Annexes: "
    for number, title in enumerate(document.annexes):
        first = number == 0
        indent = _left(2 if first else 5)
        yield _paragraph(
            (head if first else "") + title, _look("fang"), indent=indent, before=o.PITCH_PT if first else 0
        )
    for number, text in enumerate(t for t in (document.signed, document.date_text) if t):
        before = o.PITCH_PT * 2 if number == 0 else 0
        edge = f'w:rightChars="400" w:right="{o.BODY_PT * 4 * 20}"'
        yield _paragraph(text, _look("fang"), jc="right", indent=edge, before=before, keep=number == 0)


def _left(characters: int) -> str:
    return f'w:leftChars="{characters * 100}" w:left="{o.BODY_PT * characters * 20}"'


def _block(block: o.Block, lang: str) -> Iterator[str]:
    first = "" if lang != "zh" else f'w:firstLineChars="200" w:firstLine="{round(o.BODY_PT * 2 * 20)}"'
    match block:
        case o.Heading(level, text):
            face = "hei" if level == 1 else "kai"
            yield _paragraph(text, _look(face), indent=first, outline=level, keep=True)
        case o.Paragraph(text, lead, keep):
            runs = (_run(lead, _look("kai")) if lead else "") + _run(text, _look("fang"))
            yield _paragraph("", "", indent=first, runs=runs, keep=keep)
        case o.Annex(label, title):
            yield _paragraph(label, _look("hei"), more="<w:pageBreakBefore/>")
            yield _paragraph(title, _look("title", 18), jc="center", exact=32, before=6, after=8, outline=1, keep=True)
        case o.Table():
            if block.caption:
                yield _paragraph(block.caption, _look("hei", 12), jc="center", exact=22, keep=True)
            yield _table(block)
            yield _paragraph("", _look("fang", 6), exact=8)


def _table(table: o.Table) -> str:
    """Return the table as one piece of XML: cell by cell through the library takes seconds."""
    widths = [round(points * 20) for points in table.fitted]
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    edges = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    head = _row(table.heads, widths, table, header=True)
    rows = "".join(_row(row, widths, table, header=False) for row in table.rows)
    return (
        f'<w:tbl {NS}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{head}{rows}</w:tbl>"
    )


def _row(cells: Any, widths: list[int], table: o.Table, *, header: bool) -> str:
    look = _look("hei" if header else "fang", o.TABLE_PT)
    made = []
    for number, (text, width) in enumerate(zip(cells, widths, strict=True)):
        side = "center" if header or number in table.centred else "left"
        made.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr><w:p><w:pPr>'
            f'<w:snapToGrid w:val="0"/><w:spacing w:before="30" w:after="30" w:line="300" w:lineRule="exact"/>'
            f'<w:jc w:val="{side}"/></w:pPr>{_run(text, look)}</w:p></w:tc>'
        )
    repeat = "<w:tblHeader/>" if header else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{repeat}</w:trPr>{''.join(made)}</w:tr>"


def _paragraph(
    text: str, look: str, *, jc: str = "both", indent: str = "", exact: float = o.PITCH_PT, before: float = 0,
    after: float = 0, outline: int | None = None, keep: bool = False, more: str = "", runs: str = "",
) -> str:  # fmt: skip
    """Return one paragraph; ``exact`` is its line pitch in points, 0 for whatever its letters need."""
    pitch = f'w:line="{round(exact * 20)}" w:lineRule="exact"' if exact else 'w:line="240" w:lineRule="auto"'
    # The order of these elements is fixed by the format.
    parts = [
        "<w:keepNext/>" if keep else "", more, "" if exact == o.PITCH_PT else '<w:snapToGrid w:val="0"/>',
        f'<w:spacing w:before="{round(before * 20)}" w:after="{round(after * 20)}" {pitch}/>',
        f"<w:ind {indent}/>" if indent else "", f'<w:jc w:val="{jc}"/>',
        f'<w:outlineLvl w:val="{outline}"/>' if outline is not None else "",
    ]  # fmt: skip
    return f"<w:p {NS}><w:pPr>{''.join(parts)}</w:pPr>{runs or _run(text, look)}</w:p>"


def _fonts(face: str) -> str:
    name = FACES[face]
    return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:eastAsia="{name}" w:cs="{name}"/>'


def _look(face: str, size: float = o.BODY_PT, *, colour: str = "", spacing: float = 0) -> str:
    """Return a run's properties; letters of the body stand 0.25 pt closer, so that 28 of them fill a line."""
    closer = spacing or (-0.25 if size == o.BODY_PT else 0)
    return (
        f"<w:rPr>{_fonts(face)}{f'<w:color w:val={chr(34)}{colour}{chr(34)}/>' if colour else ''}"
        f'<w:spacing w:val="{round(closer * 20)}"/><w:sz w:val="{round(size * 2)}"/>'
        f'<w:szCs w:val="{round(size * 2)}"/></w:rPr>'
    )


def _run(text: str, look: str) -> str:
    said = escape(CONTROL.sub("", text), quote=False)
    lines = "<w:br/>".join(f'<w:t xml:space="preserve">{line}</w:t>' for line in said.split("\n"))
    return f"<w:r>{look}{lines}</w:r>"


def _plain_zip(content: bytes) -> bytes:
    """Return the same parts with fixed dates, so that the same document is the same bytes."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            info = zipfile.ZipInfo(name, EARLIEST)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(info, old.read(name))
    return out.getvalue()
