"""``kaohe sample``: draw cells for spot checks, by risk and by lot."""

import argparse
from pathlib import Path
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    n = 0 if lang == "zh" else 1
    parser = subparsers.add_parser(
        "sample", help=("按风险和随机抽取待核验的填报值", "draw cells for spot checks, by risk and by lot")[n]
    )
    parser.add_argument("period", help=("考核周期,如 2023Q1", "the period, such as 2023Q1")[n])
    parser.add_argument(
        "--share", type=share, help=("抽查比例,如 10%%(默认用方案的)", "such as 10%% (else the plan's)")[n]
    )
    parser.add_argument(
        "--seed", help=("另给种子,另抽一次;须写明原因", "a seed of one's own, to draw anew; give a reason")[n]
    )
    parser.add_argument("--reason", help=("原因", "why")[n])
    parser.add_argument(
        "--out",
        type=Path,
        metavar="XLSX",
        help=("核验表写到哪里(默认数据文件夹的 reviews)", "where the workbook goes")[n],
    )
    add_shared(parser, lang)
    parser.set_defaults(run=run)


def share(text: str) -> float:
    """Return a share, 0–1, of ``10%`` or ``0.1``.

    Raises:
        ValueError: neither; argparse words it.
    """
    return float(text.removesuffix("%")) / 100 if text.endswith("%") else float(text)


def run(args: argparse.Namespace) -> int:
    """Draw, write the workbook, and say what was drawn and why."""
    from flows.calendar import period_of
    from flows.reviews import write_review
    from flows.sampling import draw, sample_lines
    from flows.templates import safe_name
    from schemas.folder import load_plan

    settings = settings_from(args)
    plan = load_plan(settings.plan_folder)
    period = period_of(plan, args.period)
    done = draw(settings, plan, period, share=args.share, seed=args.seed, reason=args.reason)
    path = args.out or settings.home / "reviews" / f"{safe_name(done.sample_id)}.xlsx"
    write_review(settings, plan, period, path, sampled=done.sample_id)
    print("\n".join(sample_lines(done, settings.lang)))
    print(f"  核验表:{path}" if settings.lang == "zh" else f"  review workbook: {path}")
    return 0
