"""What an English reader is shown: no Chinese of the program's own, one finding and two findings."""

from pathlib import Path

import pytest

from flows.ingest import Ingested, Outcome
from flows.wording import ingest_lines, recorded_words
from schemas.errors import typed
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


def test_a_batch_in_english_has_no_states_of_the_program(tmp_path: Path) -> None:
    late = Outcome("a.xlsx", "", "accepted_with_warnings", late_days=1)
    back = Outcome("b.xlsx", "", "returned", problems=("B2: no.",), answer=tmp_path / "b.xlsx")
    held = Outcome("c.xlsx", "", "held_late", late_days=40, submission_id="C-01/2023Q1/2")
    lines, complaints = ingest_lines(Ingested((late, back, held)), "en")
    assert lines[1:] == [
        "  a.xlsx: 1 day late, accepted with warnings",
        "  c.xlsx: 40 days late, held, too late  kaohe admit C-01/2023Q1/2 --reason …",
    ]
    assert "b.xlsx: returned, marked copy" in complaints[-1]


def test_a_path_is_typed_as_a_shell_takes_it() -> None:
    assert [typed(p) for p in ("方案/2023", "my plan", "it's")] == ["方案/2023", "'my plan'", """'it'"'"'s'"""]


def test_one_and_many() -> None:
    assert [counted(n, "finding") for n in (0, 1, 2)] == ["0 findings", "1 finding", "2 findings"]
    assert [counted(n, "class") for n in (1, 1200)] == ["1 class", "1,200 classes"]
