"""The command line: ``kaohe COMMAND``. Each command is a module of ``flows.commands``; what is heavy waits for it."""

import argparse
import atexit
import gc
import importlib
import os
import pkgutil
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TextIO, cast

import flows.commands
from flows.parser import ChineseParser, Parser
from flows.settings import make_settings
from schemas.errors import UserError

# In the order of the help; any further module of the folder follows.
COMMANDS = (
    "demo", "quarter", "template", "ingest", "item", "status", "assess", "export", "serve", "rerun", "diff", "explain",
    "robustness", "plan", "score",
)  # fmt: skip
LANGUAGES = ("zh", "en")
_STEERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|(?<=[^\n])\r(?=[^\n])")
"""What a terminal obeys; a return at the begin or end of what is written is progress that renews its line."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0, 1 for bad input, 2 for wrong usage."""
    words = list(sys.argv[1:] if argv is None else argv)
    _start_quickly()
    _say_utf8()
    try:
        lang, words = _language(words)
    except UserError as error:
        print(f"kaohe: {error}", file=sys.stderr)
        return error.exit_code
    args = _parser(lang, words).parse_args(words, argparse.Namespace(lang=lang))
    with _plainly(args.command):
        try:
            return int(args.run(args))
        except UserError as error:
            print(error.text(lang), file=sys.stderr)
            return error.exit_code
        except KeyboardInterrupt:
            print("已中断。" if lang == "zh" else "Interrupted.", file=sys.stderr)
            return 130
        except BrokenPipeError:  # the reader of our output has gone, as in `kaohe status | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        except OSError as error:
            return _say_place(error, args)


class _Plain:
    """A stream whose text cannot steer a terminal: a unit may write anything into a cell, or call its file so."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text with a mark in the place of what steers or turns the direction of writing."""
        return self._stream.write(_STEERS.sub("�", text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _plainly(command: str) -> Iterator[None]:
    """Print plain text inside; not for ``serve``, where Prefect colours its own lines and no unit's text is printed."""
    with ExitStack() as streams:
        if command != "serve":
            streams.enter_context(redirect_stdout(cast(TextIO, _Plain(sys.stdout))))
            streams.enter_context(redirect_stderr(cast(TextIO, _Plain(sys.stderr))))
        yield


def _say_place(error: OSError, args: argparse.Namespace) -> int:
    """Say that a path which the user named cannot be used; raise the error again where it is about another."""
    from flows.disk import wrong_place

    given = (v if isinstance(v, list) else [v] for v in vars(args).values())
    named = [path for paths in given for path in paths if isinstance(path, Path)]
    told = wrong_place(error, [*named, make_settings(getattr(args, "home", None)).home])
    if told is None:
        raise error
    print(told.text(args.lang), file=sys.stderr)
    return told.exit_code


def _start_quickly() -> None:
    """Look for garbage seldom, and not at the end; and for no plugins of pydantic.

    Imports make many things that stay: looking through them again and again is a quarter of a short command. To find
    plugins a file of every installed package would be read.
    """
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def _say_utf8() -> None:
    """Chinese must not fail on a console of another encoding, nor a file's name that is no UTF-8 on any."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _language(words: list[str]) -> tuple[str, list[str]]:
    """Take ``--lang`` out, wherever it stands; else KAOHE_LANG; else Chinese."""
    lang, rest = os.environ.get("KAOHE_LANG") or "zh", []
    todo = iter(words)
    for word in todo:
        if word == "--":
            rest += [word, *todo]
        elif word == "--lang":
            lang = next(todo, "")
        elif word.startswith("--lang="):
            lang = word.removeprefix("--lang=")
        else:
            rest.append(word)
    if lang not in LANGUAGES:
        raise UserError(
            f"语言“{lang}”不可用,请写 zh 或 en(--lang 或 KAOHE_LANG)。",
            f"Language '{lang}' is not known; write zh or en (--lang or KAOHE_LANG).",
            exit_code=2,
        )
    return lang, rest


def _parser(lang: str, words: Sequence[str] = ()) -> Parser:
    """Return the parser with every command that is there; with the one alone where the words begin with it."""
    zh = lang == "zh"
    parser = (ChineseParser if zh else Parser)(
        prog="kaohe",
        description="考核:收取各单位的填报,检查入库,计分排名,出具成绩单。"
        if zh
        else "Periodic performance assessment: take in what units report, check, score, rank, write scorecards.",
    )
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        default=argparse.SUPPRESS,
        help="语言(默认 KAOHE_LANG 或 zh)" if zh else "language (KAOHE_LANG, else zh)",
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND" if not zh else "命令", required=True)
    there = {module.name for module in pkgutil.iter_modules(flows.commands.__path__)}
    every = [c for c in COMMANDS if c in there] + sorted(there - set(COMMANDS))
    for name in [words[0]] if words and words[0] in there else every:
        importlib.import_module(f"flows.commands.{name}").add(subparsers, lang)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
