"""PDF by Typst: one compiler per process, data as JSON, the same bytes for the same data."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pylopdf_fonts_zh_cn
import typst

from scorecards.scorecard import Data

TEMPLATES = Path(__file__).parent / "templates"
# Which families may play a role, the office's own first; the last is always there.
ROLES: dict[str, tuple[str, ...]] = {
    "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "Noto Serif SC"),
    "hei": ("SimHei", "Source Han Sans SC", "Noto Sans SC"),
    "kai": ("KaiTi", "KaiTi_GB2312", "Noto Serif SC"),
    "fang": ("FangSong", "FangSong_GB2312", "Noto Serif SC"),
    "song": ("SimSun", "Source Han Serif SC", "Noto Serif SC"),
}
BASE = "Noto Sans SC"


class PageError(Exception):
    """A page could not be set, with Typst's own words; for example a character that no font has."""


@dataclass(frozen=True)
class Compiler:
    """A Typst compiler with its fonts. Not to be shared between threads or processes."""

    typst: typst.Compiler
    roles: dict[str, str]
    substituted: tuple[str, ...]


def make_compiler(font_folder: Path | None = None, template: str = "scorecard.typ") -> Compiler:
    """Return a compiler of one template. ``font_folder`` holds the office's own fonts, if any.

    ``substituted`` names the roles that fall back to the base fonts.
    """
    folders = [str(pylopdf_fonts_zh_cn.sans_path().parent)]
    if font_folder is not None and font_folder.is_dir():
        folders.insert(0, str(font_folder))
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    known = set(fonts.families())
    roles = {role: next(f for f in families if f in known) for role, families in ROLES.items()}
    substituted = tuple(role for role, families in ROLES.items() if roles[role] == families[-1])
    compiler = typst.Compiler(str(TEMPLATES / template), root=str(TEMPLATES), font_paths=fonts)
    return Compiler(compiler, roles, substituted)


def render(compiler: Compiler, data: Data | str, dated: str) -> bytes:
    """Return the PDF of the template with this data. ``dated``: the ISO date that stands in the file as date of making.

    Raises:
        PageError: where a character has no glyph in any font (it names the character), or the template is broken.
    """
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    made = datetime.fromisoformat(dated).replace(tzinfo=UTC)
    inputs = {"data": text, "fonts": json.dumps({**compiler.roles, "base": BASE})}
    try:
        pdf = compiler.typst.compile(format="pdf", sys_inputs=inputs, pdf_standards=["ua-1"], timestamp=made)
    except typst.TypstError as error:
        raise PageError(str(error)) from None
    assert isinstance(pdf, bytes)
    return pdf
