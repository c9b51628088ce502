"""Every `$ kaohe ...` line in a ```console block of the README and the guides runs.

The documents of one language are taken in order and their commands run in one folder that holds a copy of `data/`, as
a reader would run them in the checkout; the Chinese ones by `make soak`. A command must end with exit code 0, or with N
where its line ends with `# exit N`. A line that an earlier document has already run is not run again, and one that ends
with `# runs until stopped` is not run here. What a document shows of the output is printed, line for line and in that
order; `…` stands for anything, and further lines may be left out.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from flows import wording
from flows.period import STATES

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (?P<line>(?:\w+=\S+ +)*kaohe\b.*)$", re.MULTILINE)
EXIT = re.compile(r"#.*\bexit (\d+)\s*$")
NOT_HERE = re.compile(r"#\s*runs until stopped\s*$")
TIME_LIMIT_S = 180


class Command(NamedTuple):
    """One line of a document, as it stands there, and what is shown of its output."""

    document: str
    line: str
    exit_code: int
    shown: tuple[str, ...] = ()


def commands_of(document: str, text: str) -> list[Command]:
    found = []
    for block in BLOCK.findall(text):
        for part in re.split(r"^(?=\$ )", re.sub(r"\s*\\\n(?:> )?\s*", " ", block), flags=re.MULTILINE):
            first, *shown = part.splitlines() or [""]
            command = COMMAND.match(first)
            if command and not NOT_HERE.search(first):
                line = command["line"].strip()
                code = int(exits[1]) if (exits := EXIT.search(line)) else 0
                found.append(Command(document, line, code, tuple(s for s in shown if s.strip())))
    return found


def documents(lang: str) -> list[Path]:
    paths = [*ROOT.glob("README*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
    return [path for path in paths if language_of(path.name) == lang]


def all_commands(lang: str) -> list[Command]:
    chosen: list[Command] = []
    for path in documents(lang):
        already = {command.line for command in chosen}
        found = commands_of(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
        chosen += [command for command in found if command.line not in already]
    return chosen


def run(command: Command, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command.line, comments=True)
    start = words.index("kaohe")
    given = dict(word.split("=", 1) for word in words[:start])
    program = "from flows.cli import main; raise SystemExit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, *words[start + 1 :]],
        cwd=folder,
        # unbuffered, so that both outputs come in the order of a terminal
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "KAOHE_LANG": language_of(command.document),
        }
        | given,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=TIME_LIMIT_S,
    )


def language_of(document: str) -> str:
    return "zh" if document.endswith(".zh-CN.md") else "en"


def not_printed(shown: tuple[str, ...], output: str) -> str | None:
    """The first line shown that does not follow in the output; None where all do."""
    printed = iter(output.splitlines())
    for line in shown:
        pattern = re.compile(".*".join(map(re.escape, line.split("…"))))
        if not any(pattern.fullmatch(p.rstrip()) for p in printed):
            return line
    return None


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", pytest.param("zh", marks=pytest.mark.soak)])  # the same commands, next test
def test_every_command_in_the_documents_runs(lang: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    for command in all_commands(lang):
        done = run(command, tmp_path)
        about = f"{command.document}: $ {command.line}\n{done.stdout}"
        assert done.returncode == command.exit_code, about
        assert (line := not_printed(command.shown, done.stdout)) is None, f"{line!r} is not printed by {about}"


def test_both_languages_give_the_same_commands_in_the_same_places() -> None:
    """But for the texts between quotes, and where one says the language."""
    for path in documents("zh"):
        other = path.with_name(path.name.replace(".zh-CN", ""))
        here, there = (commands_of("", p.read_text(encoding="utf-8")) for p in (path, other))
        assert [shape(c.line) for c in here] == [shape(c.line) for c in there], path.name


def shape(line: str) -> str:
    return re.sub(r'"[^"]*"', '""', line.replace(" --lang en", ""))


def test_the_list_of_documents_names_every_one() -> None:
    listed = set(re.findall(r"\]\(([^)]+\.md)\)", (ROOT / "docs" / "README.md").read_text(encoding="utf-8")))
    there = {p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs").rglob("*.md")} - {"README.md"}
    assert there <= listed and all((ROOT / "docs" / name).is_file() for name in listed)


def test_the_glossary_has_the_states_in_the_programs_words() -> None:
    text = " ".join((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").split())
    sent = {k: v for k, v in wording.STATES.items() if k not in ("received", "unchanged", "not_reported")}
    assert [f"{en} ({zh})" for zh, en in [*sent.values(), *STATES.values()] if f"{en} ({zh})" not in text] == []


def test_what_is_shown_must_be_printed_in_its_order() -> None:
    output = "one\n  two: somewhere/out.csv\nthree\n"
    assert not_printed(("one", "  two: …/out.csv", "three"), output) is None
    assert not_printed(("three", "one"), output) == "one"
    assert not_printed(("tw",), output) == "tw"


def test_commands_are_found_as_a_reader_sees_them() -> None:
    text = (
        "Text `$ kaohe no`.\n\n```console\n$ kaohe status --period 2023Q1\nout\n$ KAOHE_LANG=en kaohe x  # exit 2\n"
        "$ make run\n$ kaohe score \\\n    --plan p\n$ kaohe serve  # runs until stopped\n```\n\n"
        "```sh\n$ kaohe not-console\n```\n"
    )
    assert commands_of("x.md", text) == [
        Command("x.md", "kaohe status --period 2023Q1", 0, ("out",)),
        Command("x.md", "KAOHE_LANG=en kaohe x  # exit 2", 2),
        Command("x.md", "kaohe score --plan p", 0),
    ]
