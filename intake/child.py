"""The process that parses one file after another, with limits on memory and processor time.

Started as ``python -m intake.child``; the parent (``intake.pool``) writes lines of JSON, each with paths and names of a
few files, and gets one JSON text back for each file. JSON, not pickle: a hostile file that took over the child could
not run code in the parent. What the child is to know of the plan comes first, from the parent, as pickle.
"""

import gc
import io
import json
import pickle
import signal
import sys
import zipfile
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

from intake.guards import TIME_IS_UP, Limits, Refused, SheetFacts, check_size, check_workbook, check_zip, unpacked
from intake.ods_facts import ods_facts
from intake.text_files import read_csv, read_json, read_parquet

_OLE, _ZIP, _PARQUET = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", b"PAR1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
Sheet = dict[str, Any]
LeftOut = Mapping[str, Collection[str]]
"""Names of sheets that say nothing which is read, where a sheet of the name before them shows the workbook as ours."""


def parse(path: Path, limits: Limits, left_out: LeftOut | None = None) -> dict[str, Any]:
    """Return the tables of a file as plain values: ``kind``, ``sheets``, ``warnings``.

    Raises:
        Refused: with a code of the catalogue.
    """
    check_size(path, limits)
    content = path.read_bytes()
    if content.startswith(_ZIP):
        return _parse_zip(path, content, limits, left_out)
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise Refused("encrypted_file")
        return {"kind": "workbook", "sheets": _calamine(path, {}, limits), "warnings": ["old_format"]}
    if content.startswith(_PARQUET):
        return {"kind": "parquet", "sheets": [read_parquet(path, limits)], "warnings": []}
    return _parse_text(content, path.suffix.lower(), limits)


def _parse_zip(path: Path, packed: bytes, limits: Limits, left_out: LeftOut | None) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        warnings = check_zip(archive, len(packed), limits)
        entries = {e.filename: e for e in archive.infolist()}
    names = {n.lstrip("/") for n in entries}
    if not names & {"xl/workbook.xml", "content.xml", "xl/workbook.bin"}:
        raise Refused("foreign_file", "Word" if "word/document.xml" in names else "zip")
    xml = {n: unpacked(packed, e) for n, e in entries.items() if n.endswith((".xml", ".rels"))}
    facts = check_workbook(xml, limits)
    by_name = {n: facts[at] for n, at in _sheet_paths(xml).items() if at in facts} if "xl/workbook.xml" in names else {}
    if "content.xml" in names:
        by_name = ods_facts(xml["content.xml"])
    return {"kind": "workbook", "sheets": _calamine(path, by_name, limits, left_out), "warnings": warnings}


def _sheet_paths(xml: Mapping[str, bytes]) -> dict[str, str]:
    """Return the path inside the archive of each sheet, by the sheet's name. Declarations were refused before."""
    targets = {}
    content = {n.lstrip("/"): c for n, c in xml.items()}
    for relation in fromstring(content["xl/_rels/workbook.xml.rels"]):
        target = relation.get("Target", "").lstrip("/")
        targets[relation.get("Id")] = target if target.startswith("xl/") else f"xl/{target}"
    paths = {}
    for element in fromstring(content["xl/workbook.xml"]).iter():
        if element.tag.endswith("}sheet"):
            relation_id = next((v for k, v in element.items() if k.endswith("}id")), None)
            paths[element.get("name", "")] = targets.get(relation_id, "")
    return paths


def _calamine(path: Path, facts: dict[str, SheetFacts], limits: Limits, left_out: LeftOut | None = None) -> list[Sheet]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum

    sheets = []
    with CalamineWorkbook.from_path(str(path)) as book:
        skipped = {n for mark, names in (left_out or {}).items() if mark in book.sheet_names for n in names}
        for info in book.sheets_metadata[: limits.sheets]:
            if info.typ != SheetTypeEnum.WorkSheet or info.name in skipped:
                continue
            sheet = book.get_sheet_by_name(info.name)
            height, width = sheet.total_height, sheet.total_width
            if height * width > limits.cells:
                raise Refused("too_many_cells", f"{height} × {width}")
            rows = [
                [
                    v if v.__class__ is float else v[: limits.text] or None if v.__class__ is str else _plain(v)
                    for v in row
                ]
                for row in sheet.to_python(skip_empty_area=False)
            ]
            found = facts.get(info.name) or SheetFacts([], [])
            sheets.append({"name": info.name, "rows": rows, "formulas": found.formulas, "percents": found.percents})
    return sheets


def _plain(value: Any) -> Any:
    """Return a value that is neither a number nor a text as one that JSON knows."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, datetime | date | time | timedelta):
        return {"date": value.isoformat() if not isinstance(value, timedelta) else str(value)}
    return str(value)


def _parse_text(content: bytes, suffix: str, limits: Limits) -> dict[str, Any]:
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] in (b"{", b"["):
        return {"kind": "json", "sheets": [read_json(content, limits)], "warnings": []}
    sheet, warnings = read_csv(content, suffix, limits)
    return {"kind": "csv", "sheets": [sheet], "warnings": warnings}


def answer(path: str, limits: Limits, left_out: LeftOut | None = None) -> dict[str, Any]:
    """Return what the parent gets for one file: its tables, or the code of the refusal."""
    try:
        return parse(Path(path), limits, left_out)
    except Refused as refusal:
        return {"code": refusal.code, "found": refusal.found}
    except MemoryError:
        return {"code": "too_many_cells", "found": "memory"}
    except Exception as error:  # whatever a parser throws at a broken file, the file is unreadable
        return {"code": "unreadable_file", "found": f"{type(error).__name__}: {error}"[:200]}
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        return {"code": "unreadable_file", "found": "parser panic"}


def _limit(limits: Limits) -> None:
    try:
        import resource
    except ImportError:  # not on Windows; the parent's clock still holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(TIME_IS_UP, signal.SIG_DFL)  # whoever started the parent may have had it ignored


def main() -> None:
    """Answer the files of each line until the input ends."""
    limits, size = Limits(**json.loads(sys.argv[1])), int(sys.argv[2])
    _limit(limits)
    questions = sys.stdin.buffer
    work = _understanding(pickle.loads(questions.read(size)), limits) if size else lambda p, _: answer(p, limits)
    gc.freeze()  # what was imported and handed over stays: it need not be looked through again and again,
    gc.set_threshold(50_000)  # nor each file's thousands of cells, which go when it is answered
    _say({"ready": True})
    for line in questions:
        for path, name in json.loads(line):
            _allow(limits.seconds_for(Path(path)))
            _say(work(path, name))


def _allow(seconds: float) -> None:
    """Have this process ended when it has computed for so long; where the system cannot, the parent's clock holds."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _understanding(known: Any, limits: Limits) -> Callable[[str, str], dict[str, Any]]:
    """Return what parses and understands one file."""
    from intake.form import GUIDE_SHEET, META_SHEET, PROBLEM_SHEET
    from intake.understand import understood

    left_out = {META_SHEET: (*GUIDE_SHEET.values(), *PROBLEM_SHEET.values())}
    return lambda path, name: understood(known, answer(path, limits, left_out), name)


def _say(found: Any) -> None:
    content = json.dumps(found, ensure_ascii=False, allow_nan=True, separators=(",", ":")).encode(errors="replace")
    sys.stdout.buffer.write(b"%d\n" % len(content) + content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
