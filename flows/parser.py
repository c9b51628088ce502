"""argparse in Chinese or English: its headings, its help of ``-h``, and its complaints about wrong usage."""

import argparse
import re
import sys
from typing import Any, NoReturn

# What argparse says (3.11 to 3.13) and how it reads in Chinese.
_COMPLAINTS = (
    (r"the following arguments are required: (.*)", r"缺少必填参数:\1"),
    (r"argument (\S+): invalid choice: (.+?) \(choose from (.*)\)", r"参数 \1 的值 \2 不可用,可选:\3"),
    (r"argument (\S+): invalid (\S+) value: (.*)", r"参数 \1 的值 \3 不对"),
    (r"argument (.+): expected one argument", r"参数 \1 后面需要一个值"),
    (r"argument (.+): expected at least one argument", r"参数 \1 后面至少需要一个值"),
    (r"argument (.+): expected (\d+) arguments", r"参数 \1 后面需要 \2 个值"),
    (r"argument (.+): not allowed with argument (.+)", r"参数 \1 不能与 \2 同用"),
    (r"argument (.+): ignored explicit argument (.+)", r"参数 \1 不带值,多了 \2"),
    (r"ambiguous option: (.+) could match (.*)", r"参数 \1 不明确,可能是:\2"),
    (r"one of the arguments (.+) is required", r"需要其中一个参数:\1"),
    (r"unrecognized arguments: (.*)", r"不认识的参数:\1"),
)


def count(text: str) -> int:
    """Return a whole number from 0 on, for an option.

    Raises:
        ValueError: it is none; argparse says so.
    """
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def seconds(text: str) -> float:
    """Return a number of seconds from 0 to a day, for an option.

    Raises:
        ValueError: it is none; argparse says so.
    """
    number = float(text)
    if not 0 <= number <= 86_400:
        raise ValueError(text)
    return number


class Parser(argparse.ArgumentParser):
    """A parser that speaks ``lang``; its subparsers do too. Abbreviated options are not guessed at."""

    lang = "en"
    titles = ("commands and arguments", "options")
    help_of_help = "show this help and end"
    remedy = ". See {prog} --help."

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"add_help": False, "allow_abbrev": False, **settings})
        self._positionals.title, self._optionals.title = self.titles
        self.add_argument("-h", "--help", action="help", default=argparse.SUPPRESS, help=self.help_of_help)

    def say(self, message: str) -> str:
        """Return argparse's complaint in this parser's language."""
        return message

    def error(self, message: str) -> NoReturn:
        """Print the complaint and how to get help; end with exit code 2."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {self.say(message)}{self.remedy.format(prog=self.prog)}\n")


class ChineseParser(Parser):
    """The same in Chinese."""

    lang = "zh"
    titles = ("命令和参数", "选项")
    help_of_help = "显示本帮助"
    remedy = "用法见 {prog} --help。"

    def say(self, message: str) -> str:
        """Return argparse's complaint in Chinese; one that is not known here stays as it is."""
        for pattern, text in _COMPLAINTS:
            if found := re.fullmatch(pattern, message):
                return f"{found.expand(text)}。"
        return message

    def format_usage(self) -> str:
        """Return the usage line with its label in Chinese."""
        return super().format_usage().replace("usage: ", "用法:", 1)

    def format_help(self) -> str:
        """Return the help with the usage line's label in Chinese."""
        return super().format_help().replace("usage: ", "用法:", 1)
