"""A small plan without any finding, and copies of it with one thing changed."""

import shutil
from pathlib import Path

from schemas.errors import PlanError, PlanProblem
from schemas.folder import load_plan
from schemas.lint import lint

BASE = Path(__file__).parent / "base"


def altered(tmp_path: Path, file: str, change: str) -> Path:
    """Copy the base plan and change it: ``old → new`` (⇒: everywhere, ⏎: end of line); ``&& file2: …`` for more."""
    folder = tmp_path / "plan"
    shutil.copytree(BASE, folder)
    for number, step in enumerate(change.split(" && ")):
        name, edit = (file, step) if number == 0 else step.split(": ", 1)
        _edit(folder / name, edit)
    return folder


def _edit(path: Path, change: str) -> None:
    if change == "deleted":
        path.unlink()
        return
    if change == "emptied":
        path.write_text("# nothing\n", encoding="utf-8")
        return
    arrow = "⇒" if "⇒" in change else "→"
    old, new = (x.replace("⏎", "\n") for x in change.split(arrow))
    old, new = old.removesuffix(" "), new.removeprefix(" ")
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{path.name} has no '{old}'"
    text = text.replace(old, new) if arrow == "⇒" else text.replace(old, new, 1)
    path.write_text(text, encoding="gbk" if "GBK" in new else "utf-8")


def problems_of(folder: Path) -> list[PlanProblem]:
    """Return what the loader refuses, else what the linter finds."""
    try:
        return lint(load_plan(folder))
    except PlanError as error:
        return error.problems
