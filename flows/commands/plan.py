"""``kaohe plan``: check, show and compare plans, begin a new one, write the JSON Schemas for editors."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import PlanError, PlanProblem, UserError, typed

if TYPE_CHECKING:
    from schemas.folder import Plan

SEVERITIES = {"error": ("错误", "error"), "warning": ("提醒", "warning"), "info": ("说明", "note")}


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser and those of its parts."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "plan", help="检查、查看、比较、新建考核方案" if zh else "check, show, compare or begin a plan"
    )
    parts = parser.add_subparsers(dest="part", metavar="操作" if zh else "PART", required=True)
    check = _part(
        parts, "check", check_plan, "检查方案:文件、行号、改法" if zh else "every problem, with file and line"
    )
    check.add_argument("folder", type=Path, help="方案文件夹或 .xlsx" if zh else "the plan's folder, or its .xlsx")
    check.add_argument(
        "--previous",
        type=Path,
        metavar="DIR",
        help="上一版方案,检查可比性" if zh else "the version before: is it comparable?",
    )
    show = _part(
        parts, "show", show_plan, "指标体系和各类别的权重" if zh else "the tree, with the weights of each class"
    )
    _folder(show, "folder", zh=zh)
    show.add_argument("--class", dest="class_code", help="只看这一类别" if zh else "this class only")
    compare = _part(parts, "diff", compare_plans, "两版方案的差别" if zh else "what changed between two versions")
    _folder(compare, "old", zh=zh)
    _folder(compare, "new", zh=zh)
    new = _part(parts, "new", new_plan, "新建一个带注释的小方案" if zh else "begin with a small plan full of remarks")
    new.add_argument("folder", type=Path, help="新文件夹,或新的 .xlsx" if zh else "the new folder, or .xlsx")
    new.add_argument("--year", type=int, default=2023, help="考核年度(默认 2023)" if zh else "the year (default 2023)")
    book = _part(
        parts, "book", write_book, "由方案生成考核办法(.docx 或 .pdf)" if zh else "the rule book, made from the plan"
    )
    _folder(book, "folder", zh=zh)
    book.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="写入 .docx 或 .pdf" if zh else "a .docx or .pdf"
    )
    turn = _part(
        parts, "convert", convert_plan, "方案文件夹与工作簿互换" if zh else "a plan's folder as a workbook, and back"
    )
    turn.add_argument("source", type=Path, help="方案文件夹或 .xlsx" if zh else "a plan's folder, or .xlsx")
    turn.add_argument("target", type=Path, help="新的 .xlsx 或文件夹" if zh else "the new .xlsx, or folder")
    schema = _part(parts, "schema", write_schemas, "为编辑器写出 JSON Schema" if zh else "JSON Schemas for editors")
    schema.add_argument("folder", type=Path, help="写到这个文件夹" if zh else "the folder to write to")


def _part(parts: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = parts.add_parser(name, help=text)
    parser.set_defaults(run=run)
    return parser


def _folder(parser: argparse.ArgumentParser, name: str, *, zh: bool) -> None:
    words = {"folder": ("方案文件夹", "the plan's folder"), "old": ("旧版", "old one"), "new": ("新版", "new one")}
    parser.add_argument(name, type=Path, help=words[name][0 if zh else 1])


def check_plan(args: argparse.Namespace) -> int:
    """Print every problem with file and line, then one line that sums up; return 1 where one is an error."""
    from schemas.folder import load_plan
    from schemas.lint import lint

    previous = load_plan(args.previous) if args.previous else None
    if args.folder.suffix.lower() == ".xlsx":
        return _check_workbook(args, previous)
    plan = None
    try:
        plan = load_plan(args.folder)
        problems = lint(plan, previous)
    except PlanError as error:
        problems = error.problems
    for problem in problems:
        print(f"{SEVERITIES[problem.severity][0 if args.lang == 'zh' else 1]} {problem.text(args.lang)}")
    print(_summary(args.folder, plan, problems, args.lang))
    return int(any(p.severity == "error" for p in problems))


def _check_workbook(args: argparse.Namespace, previous: "Plan | None") -> int:
    from flows.plan_convert import check_workbook

    checked = check_workbook(args.folder, previous, args.lang)
    for severity, sentence in checked.told:
        print(f"{SEVERITIES[severity][0 if args.lang == 'zh' else 1]} {sentence}")
    print(_summary(args.folder, checked.plan, checked.problems, args.lang))
    if checked.copy:
        print(f"已标在 {checked.copy}" if args.lang == "zh" else f"Marked in {checked.copy}")
    return int(any(p.severity == "error" for p in checked.problems))


def _summary(folder: Path, plan: "Plan | None", problems: list[PlanProblem], lang: str) -> str:
    zh = lang == "zh"
    number = {severity: sum(p.severity == severity for p in problems) for severity in SEVERITIES}
    counts = [f"{SEVERITIES[s][0 if zh else 1]} {n}" for s, n in number.items()]
    told = "、".join(counts) if zh else ", ".join(counts)
    if plan is None:
        after = "方案无法读取,改正后还会继续检查。" if zh else "The plan cannot be read; further checks follow then."
        return f"{folder}:{told}。{after}" if zh else f"{folder}: {told}. {after}"
    size = (
        f"{plan.file.plan} 第 {plan.file.version} 版,{len(plan.indicators)} 项指标,{plan.units.height} 个单位"
        if zh
        else f"{plan.file.plan} {plan.file.version}, {len(plan.indicators)} indicators, {plan.units.height} units"
    )
    usable = ("可以使用", "it can be used") if not number["error"] else ("不能使用", "it cannot be used")
    return f"{folder}({size}):{told};{usable[0]}。" if zh else f"{folder} ({size}): {told}; {usable[1]}."


def show_plan(args: argparse.Namespace) -> int:
    """Print the tree with nominal and effective weights."""
    from schemas.folder import load_plan
    from schemas.show import show

    print(show(load_plan(args.folder), args.class_code, args.lang), end="")
    return 0


def compare_plans(args: argparse.Namespace) -> int:
    """Print every change, indicators that can no longer be compared first."""
    from schemas.diff import diff
    from schemas.folder import load_plan
    from scorecards.numbers import counted

    changes = diff(load_plan(args.old), load_plan(args.new))
    zh = args.lang == "zh"
    for change in changes:
        print(change.text(args.lang))
    broken = sum(c.kind == "not_comparable" for c in changes)
    if not changes:
        print("两版方案没有差别。" if zh else "The two plans do not differ.")
    elif zh:
        print(f"共 {len(changes) - broken} 处变化,{broken} 项指标不再可比。")
    else:
        are = "is" if broken == 1 else "are"
        print(f"{counted(len(changes) - broken, 'change')}; {counted(broken, 'indicator')} {are} no longer comparable.")
    return 0


def new_plan(args: argparse.Namespace) -> int:
    """Write the small plan and say what to do next.

    Raises:
        UserError: the folder is there and not empty; the year cannot be one.
    """
    from flows.plan_starter import starter_files

    folder: Path = args.folder
    if not 1900 <= args.year <= 2999:
        raise UserError(
            f"年度 {args.year} 不对,请写四位数字,如 2024。",
            f"{args.year} is no year; write one such as 2024.",
            exit_code=2,
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(
            f"{folder} 已存在且不是空文件夹。请换一个名称。",
            f"{folder} exists and is no empty folder. Choose another name.",
        )
    files = starter_files(args.year, args.lang)
    if folder.suffix.lower() == ".xlsx":
        return _new_workbook(folder, files, args.lang)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    zh = args.lang == "zh"
    print(f"已写入 {folder}:{'、'.join(files)}" if zh else f"Written to {folder}: {', '.join(files)}")
    print("全部名称和数字都是示例。接着:" if zh else "All names and numbers are examples. Next:")
    print(f"  kaohe plan check {typed(folder)}")
    data = f"--measurements {typed(folder / 'measurements.csv')} --period {args.year}Q1"
    print(f"  kaohe score --plan {typed(folder)} {data} --out {typed(f'{folder}-results')}")
    return 0


def _new_workbook(path: Path, files: dict[str, str], lang: str) -> int:
    import tempfile

    from flows.plan_convert import convert

    with tempfile.TemporaryDirectory() as temporary:
        for name, text in files.items():
            (Path(temporary) / name).write_text(text, encoding="utf-8", newline="\n")
        convert(Path(temporary), path, lang)
    zh = lang == "zh"
    print(f"已写入 {path}。全部名称和数字都是示例。接着:" if zh else f"Written to {path}: all an example. Next:")
    print(f"  kaohe plan check {typed(path)}")
    print(f"  kaohe plan convert {typed(path)} {typed(path.with_suffix(''))}")
    return 0


def convert_plan(args: argparse.Namespace) -> int:
    """Turn a folder into a workbook or a workbook into a folder."""
    from flows.plan_convert import convert

    zh = args.lang == "zh"
    names = convert(args.source, args.target, args.lang)
    inside = "" if names == [args.target.name] else (":" + "、".join(names) if zh else f": {', '.join(names)}")
    print(f"已写入 {args.target}{inside}" if zh else f"Written to {args.target}{inside}")
    return 0


def write_book(args: argparse.Namespace) -> int:
    """Write the rule book of a plan."""
    from flows.books import write_rule_book
    from flows.settings import make_settings
    from schemas.folder import load_plan

    settings = make_settings(plan=args.folder, lang=args.lang)
    write_rule_book(settings, load_plan(args.folder), args.out)
    print(args.out)
    return 0


def write_schemas(args: argparse.Namespace) -> int:
    """Write plan.schema.json and indicators.schema.json."""
    from schemas.json_schema import write_json_schemas

    args.folder.mkdir(parents=True, exist_ok=True)
    for path in write_json_schemas(args.folder):
        print(path)
    return 0
