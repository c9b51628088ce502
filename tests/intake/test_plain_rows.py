"""The quick reading of a row says what the full reading says, and leaves alone whatever needs a second look."""

from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from intake.cells import Source, find_indicator, read_row
from intake.form import COLUMNS, POSITION, TOTALS
from intake.headings import LONG_COLUMNS
from intake.known import Known
from intake.plain_rows import plain_reader
from intake.report import Places, Report, Row
from tests.intake.corpus import PERIOD, corpus_plan

KNOWN = Known(corpus_plan(), PERIOD)
COLUMNS_AT = {**POSITION, "status": len(COLUMNS)}
LINE = 11
PARTS = [part for _, part in KNOWN.plain_rows]

words = ["是", "否", "无", "约50", "1,234", "零报告", "不适用", "合计", " x "]
texts = st.one_of(st.text(max_size=8), st.sampled_from(words))
numbers = st.one_of(st.floats(), st.sampled_from([0.0, 1.0, -0.0, 1e15, 2e15, 0.1 + 0.2]))
anything = st.one_of(st.none(), numbers, texts, st.booleans(), st.just({"date": "2023-04-05"}))
plain = {
    "value": st.one_of(st.none(), st.floats(0, 1), st.sampled_from(["是", 1.0])), "numerator": st.floats(0, 9),
    "denominator": st.floats(0, 9), "self_score": st.one_of(st.none(), st.floats(0, 100)),
    "evidence": st.one_of(st.none(), texts),
}  # fmt: skip


@st.composite
def rows(draw: st.DrawFn) -> list[Any]:
    """A plain row of the form, in which up to two cells hold anything."""
    code, part = draw(st.sampled_from(list(KNOWN.plain_rows)))
    cells = draw(st.fixed_dictionaries(plain))
    if KNOWN.plain_rows[code, part].kind == "ratio":
        cells["value"] = None
    odd = draw(st.dictionaries(st.sampled_from(sorted(COLUMNS_AT)), anything, max_size=2))
    given = {"indicator_code": code, "part": part, **cells, **odd}
    return [given.get(name) for name in sorted(COLUMNS_AT, key=COLUMNS_AT.__getitem__)]


def fully_read(row: list[Any], formulas: frozenset[str], percents: frozenset[str]) -> Report:
    """Read the row as any row is read."""
    report = Report(KNOWN.plan)
    texts = {name: row[at] for name, at in COLUMNS_AT.items()}
    source = Source("填报表", Places(LINE, COLUMNS_AT), formulas, percents)
    code = find_indicator(KNOWN, report, texts, source)
    if code:
        read_row(KNOWN, report, code, texts, source)
    return report


def quickly_read(row: list[Any], special: frozenset[str] = frozenset()) -> Row | None:
    """Read the row the quick way."""
    return plain_reader(KNOWN, COLUMNS_AT, "填报表", special)(LINE, row)


@given(rows())
def test_quick_and_full_reading_agree(row: list[Any]) -> None:
    quick = quickly_read(row)
    event(f"quick: {quick is not None}")
    if quick is not None:
        full = fully_read(row, frozenset(), frozenset())
        assert [quick] == full.cells
        assert not full.problems


def plain_row(code: str, part: str | None, **cells: Any) -> list[Any]:
    """A row of the form with these cells, all others blank."""
    given = {"number": 1.0, "indicator_code": code, "part": part, **cells}
    return [given.get(c.name) for c in [*COLUMNS, *(c for c in LONG_COLUMNS if c.name == "status")]]


def test_every_plain_answer_is_read_quickly() -> None:
    answers: dict[str, list[dict[str, Any]]] = {
        "number": [{"value": 3.0}, {}],
        "ratio": [{"numerator": 3.0, "denominator": 4.0}, {"numerator": 3.0}, {}],
        "yes_no": [{"value": "是"}, {"value": "否"}, {"value": 1.0}, {}],
    }
    seen = set()
    for (code, part), form in KNOWN.plain_rows.items():
        for answer in answers[form.kind]:
            row = plain_row(code, part, **answer, evidence="鄂科协〔2023〕1号", self_score=90.0)
            quick = quickly_read(row)
            assert quick is not None
            assert [quick] == fully_read(row, frozenset(), frozenset()).cells
            seen.add(form.kind)
    assert seen == set(answers)


def test_formulas_and_percentages_are_given_a_second_look() -> None:
    code, part = next(key for key, form in KNOWN.plain_rows.items() if form.kind == "number")
    row, cell = plain_row(code, part, value=0.5), Places(LINE, COLUMNS_AT)["value"]
    assert quickly_read(row) is not None
    assert quickly_read(row, frozenset({cell})) is None
    assert quickly_read(row, frozenset({Places(LINE, COLUMNS_AT)["provisional"]})) is not None


def test_totals_are_no_rows_of_the_form() -> None:
    assert not {part for part in PARTS if part in TOTALS}
