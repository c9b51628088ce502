"""``kaohe assess``: score a period from what is recorded."""

import argparse
from datetime import datetime
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parsers: ``assess``."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "assess", help="对一个周期计分、排名、评等次" if zh else "score, rank and grade a period"
    )
    add_scoring(parser, lang)
    parser.add_argument("--reason", help="原因" if zh else "why")
    parser.set_defaults(run=run)


def add_scoring(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add what scoring commands share."""
    zh = lang == "zh"
    parser.add_argument("period", help="考核周期,如 2023Q1" if zh else "the period, such as 2023Q1")
    parser.add_argument(
        "--as-of",
        help="按这一时刻已知的数据,如 2023-05-01T00:00" if zh else "as known at this time, such as 2023-05-01T00:00",
    )
    parser.add_argument(
        "--despite",
        action="append",
        default=[],
        metavar="RULE",
        help="质量检查的这一条不通过也继续(须写明 --reason)"
        if zh
        else "go on although this rule of the gate fails (needs --reason)",
    )
    add_shared(parser, lang)


def run(args: argparse.Namespace) -> int:
    """Score and print the run."""
    from flows.assess import assess_period
    from flows.calendar import period_of
    from flows.wording import assess_lines
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    period = period_of(plan, args.period)
    done = assess_period(
        settings, plan, period, reason=args.reason, as_of=moment(args.as_of, plan.file.time_zone), despite=args.despite
    )
    print("\n".join(assess_lines(period, done, settings.lang)))
    return 0


def moment(text: str | None, zone: str) -> datetime | None:
    """Return a moment from what was written, in the plan's time zone where it names none.

    Raises:
        UserError: it is no time.
    """
    from zoneinfo import ZoneInfo

    from schemas.errors import UserError

    if text is None:
        return None
    try:
        known = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"时刻“{text}”不对,请写成 2023-05-01 或 2023-05-01T08:00。",
            f"'{text}' is no time; write 2023-05-01 or 2023-05-01T08:00.",
            exit_code=2,
        ) from None
    return known if known.tzinfo else known.replace(tzinfo=ZoneInfo(zone))
