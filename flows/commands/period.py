"""``kaohe period``: where a period stands, and the steps of its life."""

import argparse
from typing import TYPE_CHECKING, Any

from flows.settings import add_shared, settings_from

if TYPE_CHECKING:
    from flows.settings import Settings
    from schemas.folder import Plan
    from schemas.periods import Period

WORDS = {
    "show": ("周期的状态、批次、待办和公布", "where a period stands: runs, what waits, publications"),
    "close": ("截止收表;此后收到的报送待准予", "close: what comes in later is held"),
    "review": ("公示结果,开始申诉期", "put the result up for review; units may appeal"),
    "approve": ("审定一个批次", "approve a run"),
    "publish": ("公布审定的批次", "publish the approved run"),
    "reopen": ("说明理由,重新启用", "reopen with a reason"),
}


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parsers."""
    n = 0 if lang == "zh" else 1
    parser = subparsers.add_parser("period", help=("考核周期的各个环节", "the life of a period")[n])
    steps = parser.add_subparsers(dest="step", metavar=("环节", "STEP")[n], required=True)
    for name, words in WORDS.items():
        step = steps.add_parser(name, help=words[n])
        step.add_argument("period", help=("考核周期,如 2023Q1", "the period, such as 2023Q1")[n])
        if name == "approve":
            step.add_argument("--run", dest="run_id", help=("计分批次(默认最新)", "the run (the newest by default)")[n])
        if name in ("approve", "publish"):
            add_decide(step, lang)
        if name != "show":
            step.add_argument("--reason", required=name == "reopen", help=("原因", "why")[n])
        add_shared(step, lang)
        step.set_defaults(run=run)


def add_decide(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the option that goes on over open appeals and a running notice period."""
    parser.add_argument(
        "--decide",
        metavar="REASON",
        help="公示期未满或申诉未答复仍继续的理由"
        if lang == "zh"
        else "why to go on although the notice period runs or appeals are open",
    )


def run(args: argparse.Namespace) -> int:
    """Show the period, or take the step and say so."""
    from flows.calendar import period_of
    from flows.commands.publish import publish_and_say
    from flows.period import STEPS, approve, take_step
    from flows.period_lines import period_lines
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    period = period_of(plan, args.period)
    if args.step == "show":
        print("\n".join(period_lines(settings, plan, period)))
        return 0
    if args.step == "publish":
        return publish_and_say(settings, plan, period, reason=args.reason, decide=args.decide)
    if args.step == "approve":
        done = approve(settings, plan, period, reason=args.reason, run_id=args.run_id, decide=args.decide)
    else:
        done = take_step(settings, period, args.step, reason=args.reason)
    _say(settings, plan, period, STEPS[args.step].zh, done)
    return 0


def _say(settings: "Settings", plan: "Plan", period: "Period", step: str, done: bool) -> None:
    from flows.period import state_title
    from flows.period_lines import notice_line
    from flows.review_lines import review_again
    from warehouse import period_state, read_warehouse

    with read_warehouse(settings.warehouse) as warehouse:
        word = state_title(period_state(warehouse, str(period)), settings.lang)
        notice = notice_line(warehouse, plan, period, settings.lang)
        again = review_again(warehouse, [str(period)], settings.lang)
    if settings.lang == "zh":
        print(f"{period}:{word}。" if done else f"{period}:此前已{step},现为{word},未作更改。")
    else:
        print(f"{period}: {word}." if done else f"{period}: {word} as before; nothing was changed.")
    if notice:
        print(f"  {notice}")
    for line in again:
        print(line)
