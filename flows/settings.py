"""Where things are and who is asking: options of the command line, else environment variables, else defaults."""

import argparse
import getpass
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOME = "kaohe-data"
DEFAULT_PLAN = Path("data") / "plans" / "cast-2023"


@dataclass(frozen=True)
class Settings:
    """The settings of one invocation.

    ``home`` holds everything that Kaohe writes: ``--home``, else KAOHE_HOME, else ``kaohe-data`` in the current folder.
    ``plan_folder``: ``--plan``, else KAOHE_PLAN, else the shipped plan. ``actor`` is recorded with every change:
    KAOHE_ACTOR, else the account's name. ``origin``, recorded with every run: KAOHE_ORIGIN, else the machine's name.
    ``fonts``: the office's own fonts (KAOHE_FONTS).
    """

    home: Path
    plan_folder: Path
    lang: str = "zh"
    actor: str = "office"
    origin: str = ""
    fonts: Path | None = None

    @property
    def warehouse(self) -> Path:
        """Return the DuckDB file."""
        return self.home / "warehouse.duckdb"

    @property
    def archive(self) -> Path:
        """Return the folder that holds every received file under its SHA-256."""
        return self.home / "archive"

    @property
    def inbox(self) -> Path:
        """Return the folder into which submissions are put, one folder per period."""
        return self.home / "inbox"

    @property
    def templates(self) -> Path:
        """Return the folder of the blank workbooks, one folder per period."""
        return self.home / "templates"

    @property
    def returned(self) -> Path:
        """Return the folder of the annotated workbooks that go back to their units."""
        return self.home / "returned"

    @property
    def output(self) -> Path:
        """Return the folder of the documents, one folder per period and run."""
        return self.home / "output"

    @property
    def checks(self) -> Path:
        """Return the folder of the quality gate's pages."""
        return self.home / "checks"


def add_shared(parser: argparse.ArgumentParser, lang: str, *, plan: bool = True) -> None:
    """Add ``--home`` and ``--plan`` to a command."""
    zh = lang == "zh"
    home = (
        f"数据文件夹(默认 KAOHE_HOME 或 ./{DEFAULT_HOME})" if zh else f"data folder (KAOHE_HOME, else ./{DEFAULT_HOME})"
    )
    parser.add_argument("--home", type=Path, help=home)
    if plan:
        words = (
            "考核方案文件夹(默认 KAOHE_PLAN 或自带方案)"
            if zh
            else "the plan's folder (KAOHE_PLAN, else the shipped plan)"
        )
        parser.add_argument("--plan", type=Path, help=words)


def settings_from(args: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of a command's arguments."""
    return make_settings(getattr(args, "home", None), getattr(args, "plan", None), args.lang, environment)


def make_settings(
    home: Path | None = None, plan: Path | None = None, lang: str = "zh", environment: Mapping[str, str] = os.environ
) -> Settings:
    """Return settings from what is given, the environment and the defaults; paths are made absolute."""
    fonts = environment.get("KAOHE_FONTS")
    return Settings(
        home=Path(home or environment.get("KAOHE_HOME") or DEFAULT_HOME).expanduser().absolute(),
        plan_folder=Path(plan or environment.get("KAOHE_PLAN") or _shipped_plan()).expanduser().absolute(),
        lang=lang,
        actor=environment.get("KAOHE_ACTOR") or _account(),
        origin=environment.get("KAOHE_ORIGIN") or platform.node(),
        fonts=Path(fonts).expanduser().absolute() if fonts else None,
    )


def prepare_home(settings: Settings) -> None:
    """Make the data folder; it tells git to leave it alone."""
    settings.home.mkdir(parents=True, exist_ok=True)
    ignore = settings.home / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def _shipped_plan() -> Path:
    """Return the plan in the current folder, else the one in the checkout."""
    return DEFAULT_PLAN if DEFAULT_PLAN.is_dir() else Path(__file__).resolve().parent.parent / DEFAULT_PLAN


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "office"
