"""``kaohe verify``: does a published package hold, from the package alone?"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    zh = lang == "zh"
    parser = subparsers.add_parser(
        "verify",
        help="核验公布包:哈希、逐个重算得分" if zh else "verify a published package: hashes, every score recomputed",
    )
    parser.add_argument("package", type=Path, help="公布包文件夹" if zh else "the package's folder")
    parser.add_argument(
        "--documents",
        action="store_true",
        help="再把全部文件重新生成一遍,逐字节比较" if zh else "also make every document again and compare its bytes",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Verify, and name what does not hold."""
    from flows.progress import Progress
    from flows.verify import verify_package

    zh = args.lang == "zh"
    fonts = os.environ.get("KAOHE_FONTS")
    with Progress("重新生成文件" if zh else "documents again") as progress:
        done = verify_package(
            args.package, documents=args.documents, fonts=Path(fonts) if fonts else None, progress=progress
        )
    if done.faults:
        print("\n".join(f.text(args.lang) for f in done.faults), file=sys.stderr)
        if done.rules_changed:
            print(
                "计分规则的源码与公布时不同,请用公布时的版本核验。"
                if zh
                else "The scoring rules are not those of the publication; verify with the version of that time.",
                file=sys.stderr,
            )
        return 1
    about, again = done.manifest, ""
    if done.documents:
        again = (
            f",{done.documents} 份文件重新生成后逐字节一致" if zh else f", {done.documents} documents made again alike"
        )
    print(
        f"{about['period']} 第 {about['edition']} 版,批次 {about['run_id']}:{done.files} 个文件哈希相符,"
        f"{done.units} 个单位的 {done.scores} 个得分重算一致{again}。"
        if zh
        else f"{about['period']}, edition {about['edition']}, run {about['run_id']}: {done.files} files have their "
        f"hashes, {done.scores} scores of {done.units} units recomputed alike{again}."
    )
    print(f"  {'链首' if zh else 'head of the chain'}: {about['audit_head']}")
    return 0
