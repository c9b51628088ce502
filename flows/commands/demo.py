"""``kaohe demo``: two example quarters from nothing to scorecards, with made-up submissions."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.settings import Settings, add_shared, settings_from

if TYPE_CHECKING:
    from schemas.folder import Plan
    from schemas.periods import Period

PERIODS = ("2023Q1", "2023Q2")
SEED = 2023
MARK = "demo.txt"


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "demo",
        help="演示:用虚构的填报完成两个季度的考核" if zh else "demonstration: two quarters from made-up submissions",
    )
    add_shared(parser, lang)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make templates, fill them, run both quarters as Prefect flows, and say where everything is."""
    from flows.gate import preload
    from flows.local_prefect import hand_on, start_early, without_heartbeats

    began = time.monotonic()
    settings = settings_from(args)
    _refuse_real_data(settings)
    hand_on(settings)
    starting = start_early()  # takes the longest; goes on while the first workbooks are filled
    from schemas.folder import load_plan
    from schemas.periods import parse_period

    zh = settings.lang == "zh"
    watch = Watch(zh)
    plan = load_plan(settings.plan_folder)
    places: dict[str, dict[str, Path]] = {}
    for code in PERIODS:
        period = parse_period(code)
        _fill(settings, plan, period, watch)
        if starting.is_alive():
            with watch("启动 Prefect(其余部分)" if zh else "starting Prefect (the rest)"):
                preload()
                starting.join()
        from flows.flows import quarter

        with (
            without_heartbeats(),
            watch(f"{code} 收表、计分、出成绩单" if zh else f"{code} taking in, scoring, documents"),
        ):
            taken, scored, written = quarter(code, "demo", received="modified")
        _say_quarter(settings, period, taken, scored)
        places[code] = {"templates": settings.templates / code, "inbox": settings.inbox / code, **written.places}
    _say_places(settings, places)
    seconds = time.monotonic() - began
    print(f"全部用时 {seconds:.1f} 秒。" if zh else f"All of it took {seconds:.1f} s.")
    return 0


class Watch:
    """Says what is being done and how long it took."""

    def __init__(self, zh: bool) -> None:
        self.zh = zh

    @contextmanager
    def __call__(self, label: str) -> Iterator[None]:
        """Time one step."""
        began = time.monotonic()
        if sys.stderr.isatty():
            print(f"\r{label} ……", end="", file=sys.stderr, flush=True)
        yield
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        seconds = time.monotonic() - began
        print(f"{label}:{seconds:.1f} 秒" if self.zh else f"{label}: {seconds:.1f} s", flush=True)


def _refuse_real_data(settings: Settings) -> None:
    """Keep made-up submissions out of a data folder in use."""
    from flows.settings import prepare_home
    from schemas.errors import UserError

    mark = settings.home / MARK
    if settings.warehouse.exists() and not mark.exists():
        raise UserError(
            f"{settings.home} 中已有数据,演示的虚构填报不能混入。请用 --home 另选文件夹。",
            f"{settings.home} already holds data; made-up submissions must not mix with it. Choose another --home.",
        )
    prepare_home(settings)
    mark.write_text("虚构的演示数据。Made-up data of a demonstration.\n", encoding="utf-8")


def _fill(settings: Settings, plan: "Plan", period: "Period", watch: "Watch") -> None:
    """Write the period's workbooks, blank and filled, and enter what the office itself records."""
    from flows.demo_data import office_adjustments, office_items, write_submissions
    from flows.templates import forms_of, make_templates
    from warehouse import add_adjustments, add_items, open_warehouse

    with watch(f"{period} 生成填报工作簿" if watch.zh else f"{period} templates"):
        make_templates(settings, plan, period)
    with watch(f"{period} 模拟各单位填报" if watch.zh else f"{period} filling them"):
        forms, inbox = forms_of(settings, plan, period), settings.inbox / str(period)
        write_submissions(plan, period, inbox, seed=SEED, previous=forms.previous, targets_due=forms.targets_due)
    with watch(f"{period} 录入考核办台账" if watch.zh else f"{period} the office's own entries"):
        items, adjustments = office_items(plan, period, seed=SEED), office_adjustments(plan, period, seed=SEED)
        with open_warehouse(settings.warehouse) as warehouse:
            add_items(warehouse, items, actor=settings.actor, reason="demo")
            add_adjustments(warehouse, adjustments, actor=settings.actor, reason="demo")


def _say_quarter(settings: Settings, period: "Period", taken: Any, scored: Any) -> None:
    from flows.wording import assess_lines, ingest_lines

    lines, _ = ingest_lines(taken, settings.lang)
    told = [lines[0], *assess_lines(period, scored, settings.lang)]
    print("\n".join(f"  {line.strip()}" for line in told))


def _say_places(settings: Settings, places: dict[str, dict[str, Path]]) -> None:
    from flows.wording import place_word

    zh = settings.lang == "zh"
    print("文件在:" if zh else "The documents:")
    for period, found in places.items():
        print(f"  {period}")
        for name, path in found.items():
            print(f"    {place_word(name, settings.lang)} {path}")
