"""The example data: seeded, complete, plausible, and odd exactly where it means to be."""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from flows.arrivals import RECEIVED_FILE
from flows.demo_data import (
    DemoFile,
    demo_files,
    office_adjustments,
    office_items,
    write_submissions,
)
from flows.demo_odd import MESSY, ODD, WRONG
from flows.demo_values import DemoValues
from intake.batch import Batch
from intake.calendar import close_day, due_day, late_days
from intake.decide import decide
from intake.form import POSITION
from intake.read import read_files
from intake.template import Forms
from schemas.folder import Plan, load_plan
from schemas.periods import Period, parse_period
from schemas.tables import Adjustments, Items, columns_of
from scoring.run import Inputs, score

PLANS = Path(__file__).parent.parent.parent / "data" / "plans"
Q1, Q2 = parse_period("2023Q1"), parse_period("2023Q2")
GOOD = ["accepted", "accepted_with_warnings", "nil"]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(PLANS / "cast-2023")


@pytest.fixture(scope="module")
def files(plan: Plan) -> Mapping[Period, list[DemoFile]]:
    return {period: list(demo_files(plan, period)) for period in (Q1, Q2)}


@pytest.fixture(scope="module")
def taken_in(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> dict[Period, tuple[Batch, pl.DataFrame]]:
    """What intake makes of the two quarters."""
    result = {}
    for period in (Q1, Q2):
        folder = tmp_path_factory.mktemp("demo") / str(period)
        batch = read_files(write_submissions(plan, period, folder), plan, period=period)
        moments = received_times(folder)
        hashes = batch.submissions.select("file_hash", "file_name").iter_rows()
        result[period] = (batch, decide(batch, plan, {h: moments[name] for h, name in hashes}))
    return result


def received_times(folder: Path) -> dict[str, datetime]:
    rows = pl.read_csv(folder / RECEIVED_FILE).iter_rows(named=True)
    return {r["file_name"]: datetime.fromisoformat(r["received_at"]) for r in rows}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(plan: Plan, files: Any) -> None:
    assert list(demo_files(plan, Q1)) == files[Q1]
    other = {f.unit_code: f.content for f in demo_files(plan, Q1, seed=7)}
    same = [f.unit_code for f in files[Q1] if other.get(f.unit_code) == f.content]
    assert len(same) < len(files[Q1]) / 10


def test_a_quarter_is_written_in_five_seconds(plan: Plan, tmp_path: Path) -> None:
    start = time.process_time()  # a machine may be busy
    paths = write_submissions(plan, Q1, tmp_path)
    assert time.process_time() - start < 5
    assert paths == [p for p in paths if p.is_file()] and tmp_path / RECEIVED_FILE not in paths


def test_the_second_quarters_forms_show_the_firsts_values(plan: Plan, tmp_path: Path) -> None:
    write_submissions(plan, Q1, tmp_path / "2023Q1")
    write_submissions(plan, Q2, tmp_path / "2023Q2", previous=tmp_path / "2023Q1")
    city = plan.units.filter(pl.col("unit_code") == "HB-JZ")["name"][0]
    rows = openpyxl.load_workbook(tmp_path / "2023Q2" / f"{city}_2023Q2.xlsx")["填报表"].iter_rows(values_only=True)
    shown = {row[2]: row[POSITION["previous"]] for row in rows if row[2]}
    assert shown["T10-3"] == DemoValues(plan, 2023).answers("HB-JZ", ["T10-3"], Q1)["T10-3", ""]["value"]


@pytest.mark.parametrize("period", [Q1, Q2], ids=str)
def test_everybody_is_there_but_the_silent(plan: Plan, files: Any, period: Period) -> None:
    there = {f.unit_code for f in files[period]}
    silent = set(Forms(plan, period).cells) - there
    assert len(silent) == ODD["silent"]
    assert len({f.name for f in files[period]}) == len(files[period])


@pytest.mark.parametrize("period", [Q1, Q2], ids=str)
def test_each_odd_kind_comes_as_often_as_planned(files: Any, period: Period) -> None:
    kinds = Counter(f.kind for f in files[period] if f.kind)
    corrected = {"corrected": 1} if period == Q2 else {}
    assert kinds == {k: n for k, n in ODD.items() if k != "silent"} | corrected


@pytest.mark.parametrize("period", [Q1, Q2], ids=str)
def test_no_unit_with_a_real_name_fails(plan: Plan, files: Any, period: Period) -> None:
    names = dict(plan.units.select("unit_code", "name").iter_rows())
    there = {f.unit_code for f in files[period]}
    failing = {f.unit_code for f in files[period] if f.kind and f.kind not in MESSY} | (set(names) - there)
    assert [names[u] for u in failing if "示例" not in names[u]] == []


@pytest.mark.parametrize("period", [Q1, Q2], ids=str)
def test_files_come_in_when_their_kind_says(plan: Plan, files: Any, tmp_path: Path, period: Period) -> None:
    write_submissions(plan, period, tmp_path)
    moments = received_times(tmp_path)
    due, closed = due_day(plan, period), close_day(plan, period)
    assert due and closed
    for file in files[period]:
        assert moments[file.name] == file.received_at
        assert (tmp_path / file.name).stat().st_mtime == file.received_at.timestamp()
        late = late_days(plan, period, file.received_at)
        assert (late > 0) == (file.kind in ("late", "held_late", "corrected"))
        assert (file.received_at.date() > closed) == (file.kind == "held_late")


@pytest.mark.parametrize("period", [Q1, Q2], ids=str)
def test_intake_takes_the_messy_and_returns_the_wrong(files: Any, taken_in: Any, period: Period) -> None:
    states = dict(taken_in[period][1].select("file_name", "state").iter_rows())
    by_kind: dict[str, set[str]] = {}
    for file in files[period]:
        by_kind.setdefault(file.kind, set()).add(states[file.name])
    assert [by_kind[kind] for kind in WRONG] == [{"returned"} for _ in WRONG]
    assert [by_kind[kind] for kind in MESSY] == [{"accepted_with_warnings"} for _ in MESSY]
    assert by_kind["nil"] == {"nil"} and by_kind["held_late"] == {"held_late"}
    assert by_kind["late"] <= set(GOOD) and by_kind[""] <= set(GOOD)
    assert by_kind.get("corrected", {"accepted"}) <= set(GOOD)
    ordinary = [states[f.name] for f in files[period] if not f.kind]
    assert ordinary.count("accepted") > 0.75 * len(ordinary)


@pytest.mark.parametrize("period", [Q1, Q2], ids=str)
def test_each_wrong_file_is_wrong_in_one_way(files: Any, taken_in: Any, period: Period) -> None:
    batch, _ = taken_in[period]
    names = dict(batch.submissions.select("key", "file_name").iter_rows())
    kinds = {f.name: f.kind for f in files[period]}
    errors = batch.problems.filter(pl.col("severity") == "error").select("key", "code").iter_rows()
    assert sorted((kinds[names[key]], code) for key, code in errors) == [
        ("about", "number_expected"), ("old_plan", "wrong_plan"), ("other_unit", "unit_mismatch"),
        ("upper_above_lower", "numerator_above_denominator"),
    ]  # fmt: skip


def test_the_correction_counts_instead_of_the_file_that_was_returned(files: Any, taken_in: Any) -> None:
    unit = next(f.unit_code for f in files[Q2] if f.kind == "corrected")
    rows = taken_in[Q2][1].filter(pl.col("unit_code") == unit).sort("sequence")
    assert rows["state"].to_list() in (["returned", "accepted"], ["returned", "accepted_with_warnings"])


def test_what_was_read_is_what_the_generator_meant(plan: Plan, files: Any, taken_in: Any) -> None:
    values, forms = DemoValues(plan, 2023), Forms(plan, Q1)
    kinds = {f.unit_code: f.kind for f in files[Q1]}
    batch, decided = taken_in[Q1]
    cells = batch.cells.join(decided.filter(pl.col("state").is_in(GOOD[:2])).select("key"), on="key", how="semi")
    for (unit,), rows in cells.group_by("unit_code"):
        meant = values.answers(str(unit), [c for c, _ in forms.cells[str(unit)]], Q1)
        for row in rows.iter_rows(named=True):
            answer = meant.get((row["indicator_code"], row["part"]), {})
            numbers = [answer.get(n) for n in ("value", "numerator", "denominator")]
            assert [row[n] for n in ("value", "numerator", "denominator")] == numbers, (kinds[str(unit)], row)


@pytest.mark.parametrize("period", [Q1, Q2], ids=str)
def test_values_are_within_sense(plan: Plan, taken_in: Any, period: Period) -> None:
    cells = taken_in[period][0].cells.filter(pl.col("status") == "reported")
    good = taken_in[period][1].filter(pl.col("state").is_in(GOOD)).select("key")
    cells = cells.join(good, on="key", how="semi")
    assert cells.filter(pl.col("numerator") > pl.col("denominator")).is_empty()
    assert cells.select((pl.col("value") < 0).any(), (pl.col("denominator") <= 0).any()).row(0) == (False, False)
    whole = [i.code for i in plan.indicators if "万" not in i.measure]
    numbers = cells.filter(pl.col("indicator_code").is_in(whole))["value"].drop_nulls()
    assert (numbers == numbers.round()).all()


def test_the_second_quarter_continues_the_first(plan: Plan) -> None:
    values = DemoValues(plan, 2023)
    for unit in plan.units["unit_code"]:
        for code, role in Forms(plan, Q1).cells.get(unit, []):
            indicator = plan.leaves[code]
            before = {k: a.get("value") for k, a in values.answers(unit, [code], Q1).items()}
            after = {k: a.get("value") for k, a in values.answers(unit, [code], Q2).items()}
            if indicator.method.kind in ("milestones", "checklist") and before and after:
                assert all(after[k] >= before[k] for k in before), (unit, code, role)
            if indicator.accumulation == "flow" and indicator.reported == "increment":
                assert all((v or 0) >= 0 for v in after.values())


def test_classes_and_units_differ_and_grades_spread(plan: Plan, taken_in: Any) -> None:
    rows = []
    for period in (Q1, Q2):
        batch, decided = taken_in[period]
        last = decided.filter(pl.col("state").is_in(GOOD)).sort("sequence").unique("unit_code", keep="last")
        rows.append(batch.cells.join(last.select("key"), on="key", how="semi"))
        items = pl.concat([office_items(plan, p) for p in (Q1, Q2) if p <= period])
        inputs = Inputs(pl.concat(rows), items=items, adjustments=office_adjustments(plan, period))
        results = score(plan, inputs, period, detail="totals").results
        reporting = results.filter(pl.col("unit_code").is_in(last["unit_code"]) & (pl.col("class_size") >= 8))
        medians = reporting.group_by("class_code").agg(pl.col("total").median())["total"]
        assert medians.min() > 60 and medians.max() < 97  # type: ignore[operator]
        assert medians.n_unique() == len(medians)
        grades = results.group_by("grade").len()
        assert set(grades["grade"]) == {"A", "B", "C", "D"} and (grades["len"] >= 5).all()
        assert results["total"].n_unique() > 0.9 * len(results)


def test_everything_says_that_it_is_an_example(taken_in: Any) -> None:
    batch, decided = taken_in[Q1]
    read = decided.filter(pl.col("state").is_in(GOOD))["key"]
    assert set(batch.persons["name"].drop_nulls()) == {"示例填报人"}
    assert set(batch.persons["phone"].drop_nulls()) == {"000-0000000"}
    explained = batch.submissions.filter(pl.col("key").is_in(read))["explanation"]
    assert explained.str.starts_with("示例数据").all()


@pytest.mark.parametrize("period", [Q1, Q2], ids=str)
def test_the_office_has_its_facts_with_documents(plan: Plan, period: Period) -> None:
    items = office_items(plan, period)
    assert items.schema == {c: t for c, t in columns_of(Items).items() if c != "recorded_at"}
    assert items.equals(office_items(plan, period)) and not items.equals(office_items(plan, period, seed=1))
    assert set(items["indicator_code"]) == {"X-2", "X-3", "X-4", "X-5"}
    assert items["item_id"].is_unique().all() and items["document_no"].is_unique().all()
    assert items["title"].str.contains("示例数据").all()
    days = items["happened_on"].str.to_date()
    assert period.first_day <= days.min() and days.max() <= period.last_day  # type: ignore[operator]
    found = items.filter(pl.col("indicator_code") == "X-4").pivot(on="kind", index="unit_code", values="count")
    assert found.filter(pl.col("rectified") > pl.col("found")).is_empty() and found.height >= 10


def test_a_few_bonuses_and_one_without_its_document(plan: Plan) -> None:
    rows = office_adjustments(plan, Q1)
    assert rows.schema == {c: t for c, t in columns_of(Adjustments).items() if c != "recorded_at"}
    assert rows.height == 5 and rows["document_no"].null_count() == 1
    assert rows["unit_code"].is_unique().all() and (rows["value"] > 0).all()


def test_a_small_plan_has_nobody_odd(tmp_path: Path) -> None:
    example = load_plan(PLANS / "example-2023")
    files = list(demo_files(example, Q1))
    assert [f.kind for f in files] == [""] * len(files)
    paths = write_submissions(example, Q1, tmp_path)
    assert read_files(paths, example, period=Q1).problems.filter(pl.col("severity") == "error").is_empty()
    assert office_items(example, Q1).is_empty()
