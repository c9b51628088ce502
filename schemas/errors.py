"""The one base class of mistakes that a user can mend; anything else is a bug and shows a traceback."""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any


class UserError(Exception):
    """A sentence for the user, in Chinese and English, with place and remedy.

    ``exit_code`` is 1 for bad input and 2 for wrong usage. Never raised for a defect of the program.
    """

    exit_code = 1

    def __init__(self, zh: str, en: str, *, exit_code: int = 1) -> None:
        """Keep both wordings; ``str()`` shows them together, the command line picks one."""
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en
        self.exit_code = exit_code

    def text(self, lang: str) -> str:
        """Return the sentence in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


class RowError(UserError):
    """A mistake in rows of a table of inputs; whoever knows the table's file can say their lines.

    ``table``: measurements, adjustments, targets. ``rows``: column → values by which the rows are found.
    """

    def __init__(self, table: str, rows: Mapping[str, Sequence[Any]], zh: str, en: str) -> None:
        """Keep the place beside the sentence."""
        super().__init__(zh, en)
        self.table = table
        self.rows = rows


class PlanError(UserError):
    """A plan that cannot be used, with every problem that was found, each with file and line."""

    def __init__(self, problems: list["PlanProblem"]) -> None:
        """Join the problems, one a line."""
        self.problems = problems
        super().__init__("\n".join(p.text("zh") for p in problems), "\n".join(p.text("en") for p in problems))


class PlanProblem:
    """One problem of a plan: where it stands, what is wrong, and what to do."""

    def __init__(
        self,
        code: str,
        file: str,
        line: int | None,
        zh: str,
        en: str,
        *,
        severity: str = "error",
        column: str | None = None,
    ) -> None:
        """Severity is ``error`` (the plan cannot be used), ``warning`` (it can, but look at it) or ``info``.

        ``column``: that of a table, where one is to blame.
        """
        self.code = code
        self.file = file
        self.line = line
        self.zh = zh
        self.en = en
        self.severity = severity
        self.column = column

    def text(self, lang: str) -> str:
        """Return ``file:line: sentence (code)``."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.zh if lang == 'zh' else self.en} ({self.code})"

    def __repr__(self) -> str:
        """Show the English wording."""
        return f"PlanProblem({self.severity}, {self.text('en')})"


def typed(path: object) -> str:
    """Return a path as it is typed in a command: in quotation marks where a shell would take it apart."""
    text = str(path)
    return shlex.quote(text) if _TAKEN_APART.search(text) else text


_TAKEN_APART = re.compile(r"[\s'\"$&|;<>()*?!`\\#~\[\]{}]")
