"""Official documents as files: the bulletin (通报), rectification sheets (整改通知单), the rule book of a plan."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.settings import Settings
from schemas.errors import UserError
from schemas.folder import Plan
from schemas.methods import parameter_names
from schemas.periods import parse_period

if TYPE_CHECKING:
    from schemas.plan import Indicator
    from scorecards.edition import Edition
    from scorecards.official import Official
    from scorecards.pdf import Compiler
    from scorecards.rulebook import MethodWords

SUFFIXES = (".docx", ".pdf")


def write_rule_book(settings: Settings, plan: Plan, path: Path) -> None:
    """Write the rule book of a plan; the same bytes for the same plan.

    Raises:
        UserError: a file of another kind; a character that no font has.
    """
    from schemas.tables import Results, Scores, empty
    from scorecards.edition import Edition
    from scorecards.rulebook import rule_book
    from scoring.explain_words import VALUES

    if path.suffix.lower() not in SUFFIXES:
        raise UserError(
            f"不能写入“{path.name}”,请写 .docx 或 .pdf。",
            f"'{path.name}' cannot be written; end it with .docx or .pdf.",
            exit_code=2,
        )
    period = parse_period(plan.file.periods[0] if plan.file.periods else "2023")
    edition = Edition(plan, period, "", empty(Results), empty(Scores), lang=settings.lang)
    methods = {i.code: _words(plan, i, settings.lang) for i in plan.indicators}
    book = rule_book(edition, methods, {name: text.get(settings.lang) for name, text in VALUES.items()})
    day = plan.file.valid_from or period.first_day.isoformat()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(official_bytes(book, path.suffix.lower(), day, pdf_setter(settings.fonts)))


def write_official(
    edition: "Edition", earlier: Sequence["Edition"], folder: Path, fonts: Path | None, *, by_class: bool
) -> dict[str, str]:
    """Write the bulletin as docx and PDF, and a sheet for every unit with findings; return their names by kind.

    ``by_class``: also a bulletin for each class, where there are several.
    """
    from scorecards.notice import class_notice, notice
    from scorecards.rectification import rectification_sheet, units_with_findings
    from scorecards.write import file_stem

    day, stem, editions = edition.day.isoformat(), f"notice_{edition.period}", [*earlier, edition]
    documents = {stem: notice(editions)}
    if by_class and len(edition.ranking_of) > 1:
        (folder / "notices").mkdir()
        documents |= {f"notices/{stem}_{code}": class_notice(editions, code) for code in edition.ranking_of}
    setter = pdf_setter(fonts)
    for name, document in documents.items():
        for suffix in SUFFIXES:
            (folder / f"{name}{suffix}").write_bytes(official_bytes(document, suffix, day, setter))
    names = {"notice": f"{stem}.docx"}
    units = units_with_findings(edition)
    if units:
        names["rectification"] = "rectification"
        (folder / names["rectification"]).mkdir()
    for unit in units:
        sheet = rectification_sheet(edition, unit)
        path = folder / "rectification" / f"{file_stem(edition, unit)}.docx"
        path.write_bytes(official_bytes(sheet, ".docx", day, setter))
    return names


def pdf_setter(fonts: Path | None) -> "Compiler":
    """Return what sets official documents as PDF."""
    from scorecards.official_pdf import TEMPLATE
    from scorecards.pdf import make_compiler

    return make_compiler(fonts, TEMPLATE)


def official_bytes(document: "Official", suffix: str, made_on: str, setter: "Compiler") -> bytes:
    """Return an official document as docx or PDF.

    Raises:
        UserError: a character that no font has.
    """
    from scorecards.official_docx import official_docx
    from scorecards.official_pdf import official_pdf
    from scorecards.pdf import PageError

    if suffix == ".docx":
        return official_docx(document, made_on)
    try:
        return official_pdf(setter, document, made_on)
    except PageError as error:
        raise UserError(
            f"无法排版:{error}。如果字体缺字,请把含有该字的字体放入字体文件夹后重试。",
            f"The document cannot be set: {error}. If a glyph is missing, add a font that has it to the font folder.",
        ) from None


def _words(plan: Plan, indicator: "Indicator", lang: str) -> "MethodWords":
    """Return how an indicator is scored: the method, its formula, and its parameters, from the plan or by targets."""
    from scorecards.rulebook import MethodWords
    from scoring.explain_indicator import group_target, reference_words
    from scoring.explain_words import METHODS, VALUES, named, number
    from scoring.formulas import formula_of

    method = indicator.method
    rows = plan.targets.filter(plan.targets["indicator_code"] == indicator.code)
    by_table = set(rows["name"])
    said = []
    for name in parameter_names(method):
        title = VALUES[name].get(lang) if name in VALUES else name
        literal = getattr(method, name, None)
        if name in by_table:
            said.append(f"{title}按目标值表" if lang == "zh" else f"{title}: see targets")
        elif isinstance(literal, float):
            said.append(f"{title} {number(literal)}")
    if (group := group_target(method) or reference_words(method)) is not None:
        zh, en = ("目标为", "target:") if group_target(method) else ("参照组为", "compared within")
        said.append(f"{zh}{group.zh}" if lang == "zh" else f"{en} {group.en}")
    parameters = ("；" if lang == "zh" else "; ").join(said)
    return MethodWords(METHODS[method.kind].get(lang), named(formula_of(method).text).get(lang), parameters)
