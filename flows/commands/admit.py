"""``kaohe admit``: let a submission count that came after closing."""

import argparse
from typing import Any

from flows.settings import add_shared, settings_from


def add(subparsers: Any, lang: str) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "admit", help="准予一份逾期待准的报送" if lang == "zh" else "let a submission count that came too late"
    )
    add_submission(parser, lang)
    parser.set_defaults(run=run)


def add_submission(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add what a decision on one submission takes: its number, the reason, the shared options."""
    zh = lang == "zh"
    parser.add_argument(
        "submission", help="报送编号,如 HB-WH/2023Q1/2" if zh else "the submission, such as HB-WH/2023Q1/2"
    )
    parser.add_argument("--reason", required=True, help="原因" if zh else "why")
    add_shared(parser, lang)


def run(args: argparse.Namespace) -> int:
    """Admit and say so."""
    from flows.appeals import admit
    from flows.review_lines import review_again
    from flows.wording import state_word
    from warehouse import read_warehouse

    settings = settings_from(args)
    state = admit(settings, args.submission, args.reason)
    if settings.lang == "zh":
        print(f"{args.submission}:{state_word(state, 'zh')}。" if state else f"{args.submission} 此前已准予,未作更改。")
    else:
        word = state_word(state, "en") if state else "admitted before; nothing was changed"
        print(f"{args.submission}: {word}.")
    if state:
        unit, period, _ = args.submission.rsplit("/", 2)
        with read_warehouse(settings.warehouse) as warehouse:
            print("".join(f"{line}\n" for line in review_again(warehouse, [period], settings.lang, [unit])), end="")
    return 0
