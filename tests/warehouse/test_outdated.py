"""When a verdict asks to be given again: the cell says something else, or other files of evidence stand behind it."""

from pathlib import Path

import polars as pl
import pytest

from tests.warehouse.tables import OFFICE, items, send, writing
from warehouse import Warehouse, add_evidence, add_verifications, now, outdated_verdicts

VERDICT = """
    unit_code | indicator_code | period | verdict  | reason
    HB-WH     | T07-1          | 2023Q1 | accepted | 属实
"""


def report(warehouse: Warehouse, number: int, value: str) -> str:
    """Send the unit's next report; return its id."""
    table = f"unit | period | file | state | late | T07-1\nHB-WH | 2023Q1 | f{number} | accepted | 0 | {value}"
    (name,) = send(warehouse, table).values()
    return name


def file(warehouse: Warehouse, submission: str, said: str) -> None:
    """Store a file of evidence: its content, and after a slash the indicator it was told to."""
    content, _, code = said.partition("/")
    row = {"submission_id": submission, "unit_code": "HB-WH", "period": "2023Q1", "indicator_code": code or "T07-1",
           "part": "", "file_name": "合影.jpg", "file_hash": content * 64, "size_bytes": 5}  # fmt: skip
    add_evidence(warehouse, pl.DataFrame([row]), actor=OFFICE)


@pytest.mark.parametrize(
    ("steps", "outdated"),
    [
        ("report 22, file a, verdict", None),
        ("report 22, file a, verdict, report 22, file a", None),
        ("report 22, file a, verdict, report 22, file b", "files"),  # the same name, the same text, another file
        ("report 22, file a, verdict, report 22, file a, file b", "files"),
        ("report 22, file a, file b, verdict, report 22, file b", "files"),
        ("report 22, file a, file b, verdict, report 22, file b, file a", None),
        ("report 22, file a, verdict, report 22", None),  # what was archived before still stands behind it
        ("report 22, file a, verdict, report 22, report 22, file a", None),
        ("report 22, file a, verdict, report 22, report 22, file b", "files"),
        ("report 22, verdict, file a", "files"),  # proof that came late, for the same report
        ("report 22, verdict, report 22, file a", "files"),
        ("report 22, file a, verdict, report 22, file b/T09-1", None),
        ("report 22, file a, verdict, report 22, file b, verdict", None),
        ("report 22, file a, verdict, report 23", "cell"),
        ("report 22, file a, verdict, report 23, file b", "cell"),
    ],
)
def test_a_verdict_asks_for_another(path: Path, steps: str, outdated: str | None) -> None:
    submission, number = "", 0
    for step in steps.split(", "):
        word, _, what = step.partition(" ")
        with writing(path) as warehouse:
            if word == "report":
                number += 1
                submission = report(warehouse, number, what)
            elif word == "file":
                file(warehouse, submission, what)
            else:
                assert add_verifications(warehouse, items(VERDICT), actor="review") == 1
    with writing(path) as warehouse:
        found = outdated_verdicts(warehouse, ["2023Q1"])["only_files"].to_list()
    assert found == ([] if outdated is None else [outdated == "files"])


def test_it_was_not_outdated_before_the_files_came(path: Path) -> None:
    with writing(path) as warehouse:
        submission = report(warehouse, 1, "22")
        file(warehouse, submission, "a")
    with writing(path) as warehouse:
        add_verifications(warehouse, items(VERDICT), actor="review")
    moment = now()
    with writing(path) as warehouse:
        file(warehouse, submission, "b")
        assert outdated_verdicts(warehouse, ["2023Q1"], moment).is_empty()
        assert outdated_verdicts(warehouse, ["2023Q1"]).height == 1
