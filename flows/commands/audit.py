"""``kaohe audit``: was anything changed that is recorded?"""

import argparse
import sys
from typing import Any

from flows.settings import add_shared, settings_from

NOT_COVERED = ("persons", "problems", "targets", "assignments")
"""Persons are in no hash; of problems only the number is; targets and assignments repeat the plan's own files."""


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "audit",
        help="审计:事件链、数据、档案、公布包有无改动"
        if lang == "zh"
        else "audit: were events, rows, archived files or packages changed?",
    )
    add_shared(parser, lang, plan=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Audit, and name what does not hold, the first first."""
    from flows.audit import audit
    from scorecards.numbers import counted

    settings = settings_from(args)
    zh = settings.lang == "zh"
    done = audit(settings)
    if done.faults:
        print("\n".join(f.text(settings.lang) for f in done.faults), file=sys.stderr)
        return 1
    events = done.counts["events"]
    rows = sum(n for name, n in done.counts.items() if name not in ("events", *NOT_COVERED))
    print(
        f"审计通过:事件 {events} 条首尾相连,数据 {rows} 行与事件相符,"
        f"档案 {done.files} 个文件、公布包 {done.packages} 个完好。"
        if zh
        else f"Nothing was changed: {counted(events, 'event')} in one chain, {counted(rows, 'row')} as their "
        f"events say, {counted(done.files, 'archived file')} and {counted(done.packages, 'package')} whole."
    )
    print(f"  {'链首' if zh else 'head of the chain'}: {done.head}")
    return 0
