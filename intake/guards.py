"""What a file may be before anything parses it: sizes, ratios, cell references, entities, macros, links.

Runs in a child process (``intake.child``); imports nothing heavy. A refusal is a code of ``intake.catalogue`` with what
was found.
"""

import re
import signal
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

# "<" ends every search for an attribute: content of nothing but opened tags would take the square of its length.
_CELL = re.compile(rb"<(?:\w+:)?c\s(?:[^<>]*?\s)?r=[\"']([A-Z]{1,7})(\d{1,10})[\"'][^<>]*?(/?)>")
# Patterns that begin with plain letters are found many times faster; what must stand before them is looked at after.
_FAR = re.compile(rb"r=(?<=\sr=)[\"'](?:[A-Z]{3}|[D-Z][A-Z]|[A-Z]{1,2}\d{5})")
_ROOT_ENTITY = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_FORMULA = re.compile(rb"f(?<=[<:]f)[\s>/]")
_TAG_BYTES = 1_000
_REFERENCE = re.compile(rb"\sr=[\"']([A-Z]{1,3}\d{1,7})[\"']")
_STYLED = re.compile(rb"<(?:\w+:)?c\s[^<>]*+>")
_ATTRIBUTE = re.compile(rb"\b([rs])=[\"']([A-Z0-9]+)[\"']")
_SHEET_PATH = re.compile(r"/?xl/worksheets/[^/]+\.xml")
_CELL_FORMATS = re.compile(rb"<cellXfs.*?</cellXfs>", re.DOTALL)
_XF_FORMAT = re.compile(rb"<xf\s[^>]*?numFmtId=[\"'](\d+)[\"']")
_PERCENT_FORMAT = re.compile(rb"<numFmt\s[^>]*?numFmtId=[\"'](\d+)[\"'][^>]*?formatCode=[\"'][^\"']*%")
_PERCENT_FORMAT_TURNED = re.compile(
    rb"<numFmt\s[^>]*?formatCode=[\"'][^\"']*%[^\"']*[\"'][^>]*?numFmtId=[\"'](\d+)[\"']"
)


TIME_IS_UP = getattr(signal, "SIGPROF", 0)
"""The signal by which the system ends a child that has computed too long for one file."""


@dataclass(frozen=True)
class Limits:
    """Limits of one file; ``seconds`` (of the processor) and ``memory`` hold the child that parses it.

    A workbook of 60 rows takes milliseconds; ``seconds`` is what a small file may take, and each four megabytes as much
    again.
    """

    file_bytes: int = 20_000_000
    unpacked_bytes: int = 150_000_000
    ratio: float = 250.0
    entries: int = 2_000
    sheets: int = 60
    rows: int = 200_000
    cells: int = 3_000_000
    text: int = 10_000
    seconds: float = 5.0
    memory: int = 2_000_000_000

    def seconds_for(self, path: Path) -> float:
        """Return the time that a file may take, by its size."""
        try:
            size = path.stat().st_size
        except OSError:
            size = 0
        return self.seconds * (1 + min(size, self.file_bytes) / 4_000_000)


class Refused(Exception):
    """The file is not read: a code of the catalogue, and what was found."""

    def __init__(self, code: str, found: str = "") -> None:
        """Keep code and finding."""
        super().__init__(code)
        self.code = code
        self.found = found


def check_size(path: Path, limits: Limits) -> None:
    """Look at a file's size before it is read.

    Raises:
        Refused: where it is empty or too large.
    """
    size = path.stat().st_size
    if size == 0:
        raise Refused("empty_file")
    if size > limits.file_bytes:
        raise Refused("file_too_big", f"{size / 1e6:.1f} MB")


def check_zip(archive: zipfile.ZipFile, size: int, limits: Limits) -> list[str]:
    """Look at the list of entries only; return codes of warnings.

    Raises:
        Refused: where unpacking it would be dangerous, or it holds what is never accepted.
    """
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise Refused("archive_bomb", f"{len(entries)} entries")
    unpacked = sum(e.file_size for e in entries)
    packed = sum(e.compress_size for e in entries)
    if packed > size or unpacked > limits.unpacked_bytes or (unpacked > 5_000_000 and unpacked > limits.ratio * size):
        raise Refused("archive_bomb", f"{size} → {unpacked} bytes")
    names = [e.filename.lower() for e in entries]
    if len(set(names)) < len(names) or any(e.flag_bits & 1 for e in entries):
        raise Refused("unreadable_file", "duplicate or encrypted entries")
    if any(n.endswith(("vbaproject.bin", ".xlm")) or "/macrosheets/" in n for n in names):
        raise Refused("macros_found", "VBA")
    return ["external_links"] if any(n.startswith("xl/externallinks/") for n in names) else []


@dataclass
class SheetFacts:
    """What the XML of one sheet says beside the values."""

    formulas: list[str]
    percents: list[str]


def unpacked(packed: bytes, entry: zipfile.ZipInfo) -> bytes:
    """Return one entry of an archive, in a third of the time that ``zipfile`` takes for small ones.

    Raises:
        Refused: where it is not what the archive's list says; never is more unpacked than the list says.
    """
    start = entry.header_offset
    names = struct.unpack_from("<HH", packed, start + 26) if len(packed) >= start + 30 else (0, 0)
    start += 30 + sum(names)
    content = packed[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_DEFLATED:
        try:
            content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, entry.file_size + 1)
        except zlib.error as error:
            raise Refused("unreadable_file", f"{entry.filename}: {error}"[:200]) from None
    elif entry.compress_type != zipfile.ZIP_STORED:
        raise Refused("unreadable_file", f"{entry.filename}: compression {entry.compress_type}")
    if len(content) != entry.file_size:  # the reader looks at the checksums of what it reads
        raise Refused("unreadable_file", f"{entry.filename}: size")
    return content


def check_workbook(xml: Mapping[str, bytes], limits: Limits) -> dict[str, SheetFacts]:
    """Look at the XML of an .xlsx, by name without parsing it; return facts by the sheet's path.

    Raises:
        Refused: for a document type or entity, or a cell so far out that parsing would exhaust the memory.
    """
    sheets = {n for n in xml if _SHEET_PATH.fullmatch(n)}
    if len(sheets) > limits.sheets:
        raise Refused("too_many_cells", f"{len(sheets)} sheets")
    styles = next((n for n in xml if n.lstrip("/") == "xl/styles.xml"), None)
    percent = _percent_styles(xml[styles]) if styles else frozenset()
    facts = {}
    for name, content in xml.items():
        _check_xml(content, name)
        if name in sheets:
            facts[name.lstrip("/")] = _sheet_facts(content, percent, limits)
    return facts


def _check_xml(content: bytes, name: str) -> None:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:200]:
        raise Refused("unreadable_file", f"{name}: not UTF-8")
    if b"!" in content and b"<!" in content and _ROOT_ENTITY.search(content):
        raise Refused("entities_found", name)


def _sheet_facts(content: bytes, percent: frozenset[bytes], limits: Limits) -> SheetFacts:
    _check_extent(content, limits)
    shown = any(b's="%s"' % style in content or b"s='%s'" % style in content for style in percent)
    return SheetFacts(_formula_cells(content), _percent_cells(content, percent) if shown else [])


def _formula_cells(content: bytes) -> list[str]:
    """Return the cells that hold a formula: those whose tag stands right before a formula's.

    It looks back a tag's length only: content of nothing but formulas' ends would take the square of its length.
    """
    cells = []
    for found in _FORMULA.finditer(content):
        tag = content.rfind(b"<", max(0, found.start() - _TAG_BYTES), found.start())
        cell = content.rfind(b"<", max(0, tag - _TAG_BYTES), max(0, tag))
        if cell >= 0 and (reference := _REFERENCE.search(content, cell, tag)):
            cells.append(reference[1].decode())
    return cells


def _check_extent(content: bytes, limits: Limits) -> None:
    """Refuse cells so far out that a reader, which lays out the whole rectangle, would need too much memory."""
    near = (9_999, column_number("CZ"))  # beyond which _FAR looks
    if near[0] <= limits.rows and near[0] * near[1] <= limits.cells and not _FAR.search(content):
        return
    top = right = 0
    for column, row, closed in _CELL.findall(content):
        if not closed:
            top = max(top, int(row))
            right = max(right, column_number(column))
    if top * right > limits.cells or top > limits.rows:
        raise Refused("too_many_cells", f"{top} × {right}")


def column_number(letters: bytes | str) -> int:
    """Return 1 for A, 27 for AA."""
    text = letters if isinstance(letters, str) else letters.decode()
    number = 0
    for letter in text:
        number = number * 26 + ord(letter) - 64
    return number


@cache
def column_letters(column: int) -> str:
    """Return ``G`` for column 6, counted from 0."""
    letters, n = "", column + 1
    while n:
        n, rest = divmod(n - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _percent_styles(styles: bytes) -> frozenset[bytes]:
    """Return the indexes of cell formats that show a number as a percentage."""
    wanted = {b"9", b"10", *_PERCENT_FORMAT.findall(styles), *_PERCENT_FORMAT_TURNED.findall(styles)}
    found = _CELL_FORMATS.search(styles)
    if not found:
        return frozenset()
    formats = _XF_FORMAT.findall(found[0])
    return frozenset(str(n).encode() for n, number in enumerate(formats) if number in wanted)


def _percent_cells(content: bytes, percent: frozenset[bytes]) -> list[str]:
    cells = []
    for tag in _STYLED.findall(content):
        attributes: dict[bytes, Any] = dict(_ATTRIBUTE.findall(tag))
        if attributes.get(b"s") in percent and b"r" in attributes:
            cells.append(attributes[b"r"].decode())
    return cells
