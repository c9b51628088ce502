"""``kaohe serve``: a Prefect server on this machine, with the quarterly schedule and reruns by form."""

import argparse
import os
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flows.parser import count
from flows.settings import add_shared, prepare_home, settings_from

PORT = 4200
RUNS_AT_ONCE = 2

if TYPE_CHECKING:
    from flows.server import Access
    from schemas.folder import Plan


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "serve",
        help="启动本机服务:按计划自动运行,网页上重新计分"
        if zh
        else "serve on this machine: the schedule, and reruns from a web page",
    )
    parser.add_argument(
        "--port",
        type=count,
        default=PORT,
        help=f"端口(默认 {PORT};0 为任一空闲端口)" if zh else f"port (default {PORT}; 0 for any free one)",
    )
    add_shared(parser, lang)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped."""
    from flows.server import access, environment, running_server
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    to = access(args.port)
    prepare_home(settings)
    # Before Prefect is imported: it reads its settings once.
    os.environ.update(environment(settings, to))
    zh = settings.lang == "zh"
    print("正在启动 Prefect 服务……" if zh else "Starting the Prefect server ...", file=sys.stderr, flush=True)
    with running_server(settings, to):
        _serve(plan, to, zh)
    return 0


def _serve(plan: "Plan", to: "Access", zh: bool) -> None:
    """Register the deployments and run what is scheduled or triggered, until a signal comes."""
    import asyncio

    from prefect.exceptions import TerminationSignal
    from prefect.runner import Runner

    from flows.server import deployments, mark_crashed_runs

    mark_crashed_runs()
    runner = Runner(pause_on_shutdown=False, limit=RUNS_AT_ONCE)
    for deployment in deployments(plan):
        runner.add_deployment(deployment)
    _say(to, zh)
    # Prefect's runner, stopped by a signal, forgets to await its own farewell.
    warnings.filterwarnings("ignore", message="coroutine 'Runner.astop' was never awaited", category=RuntimeWarning)
    with suppress(KeyboardInterrupt, TerminationSignal):
        asyncio.run(runner.start())


def _say(to: "Access", zh: bool) -> None:
    print(f"{'网页' if zh else 'Page'}: {to.url}", flush=True)
    if to.generated:
        word = (
            "口令(登录时照抄整行;KAOHE_PASSWORD 可固定口令)"
            if zh
            else "password (enter it whole; KAOHE_PASSWORD fixes it)"
        )
        print(f"{word}: {to.auth}", flush=True)
    print("按 Ctrl-C 停止。" if zh else "Ctrl-C stops it.", flush=True)
