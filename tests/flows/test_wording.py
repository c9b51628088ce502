"""What an English reader is shown: no Chinese of the program's own, one finding and two findings."""

import pytest

from flows.wording import recorded_words
from scorecards.numbers import counted


@pytest.mark.parametrize(
    ("recorded", "english"),
    [
        (None, ""),
        ("批次 e6d28f5167ed03f1", "run e6d28f5167ed03f1"),
        ("heard; 申诉成立 KPA/2024Q1/A1, KPA/2024Q1/A2", "heard; appeal granted KPA/2024Q1/A1, KPA/2024Q1/A2"),
        (
            "经决定继续:urgent(公示期到 2024-12-06、申诉未答复 KPA/2024Q1/A1、KPA/2024Q1/A2)",
            "decided to go on: urgent (notice period until 2024-12-06, not answered: KPA/2024Q1/A1, KPA/2024Q1/A2)",
        ),
        ("批次有误,公示期到期", "批次有误,公示期到期"),
    ],
)
def test_what_the_program_records_is_english_in_english_and_a_persons_words_stay(
    recorded: str | None, english: str
) -> None:
    assert recorded_words(recorded, "en") == english
    assert recorded_words(recorded, "zh") == (recorded or "")


def test_one_and_many() -> None:
    assert [counted(n, "finding") for n in (0, 1, 2)] == ["0 findings", "1 finding", "2 findings"]
    assert [counted(n, "class") for n in (1, 1200)] == ["1 class", "1,200 classes"]
