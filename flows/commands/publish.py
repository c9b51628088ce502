"""``kaohe publish``: freeze the approved run's package and publish it."""

import argparse
from typing import TYPE_CHECKING, Any

from flows.settings import add_shared, settings_from

if TYPE_CHECKING:
    from flows.settings import Settings
    from schemas.folder import Plan
    from schemas.periods import Period


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    from flows.commands.period import WORDS, add_decide

    zh = lang == "zh"
    parser = subparsers.add_parser("publish", help=WORDS["publish"][0 if zh else 1])
    parser.add_argument("period", help="考核周期,如 2023Q1" if zh else "the period, such as 2023Q1")
    parser.add_argument("--reason", help="原因" if zh else "why")
    add_decide(parser, lang)
    add_shared(parser, lang)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Publish."""
    from flows.calendar import period_of
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    return publish_and_say(settings, plan, period_of(plan, args.period), reason=args.reason, decide=args.decide)


def publish_and_say(
    settings: "Settings", plan: "Plan", period: "Period", *, reason: str | None, decide: str | None
) -> int:
    """Publish the approved run and say where its package is."""
    from flows.progress import Progress
    from flows.publish import publish_period

    zh = settings.lang == "zh"
    with Progress("公布包" if zh else "package") as progress:
        done = publish_period(settings, plan, period, reason=reason, decide=decide, progress=progress)
    if done.new:
        print(
            f"{period} 已公布:{done.publication_id},批次 {done.run_id}。"
            if zh
            else f"{period} is published: {done.publication_id}, run {done.run_id}."
        )
    else:
        print(
            f"{period} 此前已公布({done.publication_id},批次 {done.run_id}),未作更改。"
            if zh
            else f"{period} was published before ({done.publication_id}, run {done.run_id}); nothing was changed."
        )
    print(f"  {'公布包' if zh else 'package'}: {done.folder}\n  SHA-256: {done.package_hash}")
    return 0
