"""A plan's folder as one workbook, the workbook as a folder, and a workbook checked like a folder."""

import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flows.files import write_whole
from intake.plan_book import Mark, place_name, plan_workbook
from intake.plan_reader import read_plan_workbook
from intake.plan_rows import SHEETS, Book, book_of, cell_of, files_of
from schemas.csv_file import PLAN_TABLES
from schemas.errors import PlanError, PlanProblem, UserError
from schemas.folder import Plan, load_plan, plan_files
from schemas.lint import lint
from schemas.yaml_file import Lines, read_yaml


@dataclass(frozen=True)
class Checked:
    """A workbook that was checked: the plan (None where it cannot be read), its problems, and the marked copy.

    ``told``: each problem's severity, and the sentence with sheet and cell of the marked copy.
    """

    plan: Plan | None
    problems: list[PlanProblem]
    told: list[tuple[str, str]]
    copy: Path | None


def is_workbook(path: Path) -> bool:
    """Say whether a path names a plan workbook rather than a folder."""
    return path.suffix.lower() == ".xlsx"


def convert(source: Path, target: Path, lang: str = "zh") -> list[str]:
    """Write a folder's plan as a workbook, or a workbook's as a folder; return the names of the files written.

    Nothing that the plan says is lost; remarks (#) in YAML files are, since a workbook has no place for them.

    Raises:
        UserError: both are of one kind; the target is there already; the source is no plan.
        PlanError: the plan cannot be read.
    """
    if is_workbook(source) == is_workbook(target):
        raise UserError(
            "请写一个方案文件夹和一个 .xlsx 文件,例如 kaohe plan convert 方案 方案.xlsx。",
            "Name one plan folder and one .xlsx file, such as kaohe plan convert my-plan my-plan.xlsx.",
            exit_code=2,
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"{target} 已存在。请换一个名称。", f"{target} is there already. Choose another name.")
    if is_workbook(source):
        files = files_of(read_plan_workbook(source))
        with tempfile.TemporaryDirectory() as temporary:
            load_plan(_written(files, Path(temporary)))
        return sorted(p.name for p in _written(files, target).iterdir())
    plan = load_plan(source)
    write_whole(target, plan_workbook(folder_book(plan), plan.file.title.get(lang), lang))
    return [target.name]


def folder_book(plan: Plan) -> Book:
    """Return the sheets of a loaded plan, from its files."""
    files = {
        name: content.decode("utf-8-sig")
        for name, content in plan_files(plan.folder, plan.file.calendar.holidays).items()
    }
    tables = {name: files.get(name, "") for name in PLAN_TABLES}
    tables["holidays.csv"] = files.get(plan.file.calendar.holidays, "")
    rules, indicators = (read_yaml(plan.folder / n)[0] for n in ("plan.yaml", "indicators.yaml"))
    return book_of(rules, indicators, tables)


def check_workbook(path: Path, previous: Plan | None = None, lang: str = "zh") -> Checked:
    """Check a workbook as the folder it stands for; where anything is found, write a copy with the cells marked.

    Raises:
        UserError: the file is no plan workbook.
    """
    book = read_plan_workbook(path)
    plan = None
    with tempfile.TemporaryDirectory() as temporary:
        folder = _written(files_of(book, apart=True), Path(temporary))
        try:
            plan = load_plan(folder)
            problems = lint(plan, previous)
        except PlanError as error:
            problems = error.problems
        lines = {name: _lines(folder / name) for name in ("plan.yaml", "indicators.yaml")}
    marks = [_mark(p, lines.get(p.file, {}), book) for p in problems]
    copy = None
    if marks:
        copy = path.with_name(f"{path.stem}.marked.xlsx")
        title = plan.file.title.get(lang) if plan else path.stem
        write_whole(copy, plan_workbook(book, title, lang, marks))
    told = [(m.severity, f"{SHEETS[m.sheet][lang != 'zh']} {place_name(m, book)}: {m.text(lang)}") for m in marks]
    return Checked(plan, problems, told, copy)


def _mark(problem: PlanProblem, lines: Lines, book: Book) -> Mark:
    sheet, row, column = cell_of(problem.file, problem.line, lines, book)
    zh, en = f"{problem.zh}({problem.code})", f"{problem.en} ({problem.code})"
    return Mark(sheet, row, problem.column or column, problem.severity, zh, en)


def _lines(path: Path) -> Lines:
    with suppress(PlanError):  # whatever is wrong with the file is among the problems already
        return read_yaml(path)[1]
    return {}


def _written(files: dict[str, str], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        if Path(name).name != name:
            raise UserError(f"文件名“{name}”不对,只写文件名。", f"'{name}' is no file name; write the name alone.")
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return folder
