"""The same inputs give the same run; changed inputs a new one beside it; a failed gate stops with its name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

import flows.gate
from flows.assess import assess_period
from flows.export import export_run, newest_run
from flows.gate import Verdict
from flows.ingest import ingest_batch
from flows.inputs import late_adjustments, load_inputs, system_items
from flows.period import take_step
from flows.settings import Settings
from flows.wording import assess_lines
from schemas.errors import PlanError, UserError
from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from tests.flows.forms import change_value, first
from warehouse import load_run, now, period_state, read_warehouse, runs

Q1 = parse_period("2023Q1")
IN_TIME = datetime(2023, 4, 5, tzinfo=UTC)
Rows = Callable[[], dict[str, int]]


@pytest.fixture
def taken(settings: Settings, plan: Plan, inbox: Path) -> Path:
    ingest_batch(settings, plan, [inbox], Q1, received_at=IN_TIME)
    return inbox


def test_a_second_assess_writes_nothing(settings: Settings, plan: Plan, taken: Path, rows: Rows) -> None:
    first_run = assess_period(settings, plan, Q1, reason="first")
    assert first_run.new and first_run.units == 3 and not first_run.unreported
    before = rows()
    again = assess_period(settings, plan, Q1, reason="again")
    assert again == replace(first_run, new=False)
    assert rows() == before


def test_what_passed_the_gate_and_is_stored_is_not_judged_again(
    settings: Settings, plan: Plan, taken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []
    monkeypatch.setattr(flows.gate, "judge", lambda *a, **k: judged.append(a[0]) or Verdict((), (), (), 0))
    stored = assess_period(settings, plan, Q1)
    assert assess_period(settings, plan, Q1) == replace(stored, new=False)
    assert judged == ["before-scoring"]
    answer = settings.checks / "2023Q1" / "before-scoring" / "answer.json"
    for unknown in (b"", answer.read_bytes().replace(stored.run_id.encode(), b"another")):
        answer.write_bytes(unknown)
        assert assess_period(settings, plan, Q1) == replace(stored, new=False)
    assert judged == ["before-scoring"] * 3
    take_step(settings, Q1, "close")
    assert not assess_period(settings, plan, Q1).new and judged == ["before-scoring"] * 4
    with read_warehouse(settings.warehouse) as warehouse:
        assert period_state(warehouse, "2023Q1") == "scored"


def test_a_report_held_meanwhile_is_told(settings: Settings, plan: Plan, inbox: Path) -> None:
    late, *others = sorted(inbox.glob("*.xlsx"))
    ingest_batch(settings, plan, others, Q1, received_at=IN_TIME)
    done = assess_period(settings, plan, Q1, despite=["completeness"], reason="trial")
    assert done.held == [] and len(done.unreported) == 1
    ingest_batch(settings, plan, [late], Q1, received_at=datetime(2023, 9, 1, tzinfo=UTC))
    again = assess_period(settings, plan, Q1, despite=["completeness"], reason="trial")
    held = f"{again.unreported[0]}/2023Q1/1"
    assert again.held == [held] and again.run_id == done.run_id
    assert f"  1 report is held, too late: {held}; kaohe admit" in "\n".join(assess_lines(Q1, again, "en"))


def test_a_correction_held_meanwhile_is_told_and_the_first_report_counts(
    settings: Settings, plan: Plan, taken: Path
) -> None:
    done = assess_period(settings, plan, Q1)
    path = change_value(first(taken), lambda value: value + 1)
    ingest_batch(settings, plan, [path], Q1, received_at=datetime(2023, 9, 1, tzinfo=UTC))
    again = assess_period(settings, plan, Q1)
    assert done.held == [] and again.run_id == done.run_id and again.unreported == []
    (held,) = again.held
    assert held.endswith("/2023Q1/2")
    assert "kaohe admit" in "\n".join(assess_lines(Q1, again, "en"))


def test_what_was_let_pass_is_judged_each_time(settings: Settings, plan: Plan, inbox: Path) -> None:
    for path in sorted(inbox.glob("*.xlsx"))[1:]:
        path.unlink()
    ingest_batch(settings, plan, [inbox], Q1, received_at=IN_TIME)
    done = assess_period(settings, plan, Q1, despite=["completeness"], reason="trial")
    assert assess_period(settings, plan, Q1, despite=["completeness"], reason="trial") == replace(done, new=False)
    with pytest.raises(UserError, match="--despite completeness"):
        assess_period(settings, plan, Q1)


def test_one_corrected_workbook_makes_a_second_run_beside_the_first(
    settings: Settings, plan: Plan, taken: Path
) -> None:
    old = assess_period(settings, plan, Q1)
    known = now().replace(tzinfo=UTC)
    done = ingest_batch(settings, plan, [change_value(first(taken), lambda _: 0)], Q1, received_at=IN_TIME)
    assert not done.faulty, done.faulty
    new = assess_period(settings, plan, Q1)
    assert new.new and new.run_id != old.run_id and newest_run(settings, Q1) == new.run_id
    with read_warehouse(settings.warehouse) as warehouse:
        assert runs(warehouse, "2023Q1")["run_id"].to_list() == [old.run_id, new.run_id]
        both = [load_run(warehouse, r.run_id)[1] for r in (old, new)]
    assert not both[0].equals(both[1])
    assert assess_period(settings, plan, Q1, as_of=known).run_id == old.run_id


def test_who_did_not_report_is_named_and_loses_points(settings: Settings, plan: Plan, inbox: Path) -> None:
    absent = first(inbox)
    absent.unlink()
    ingest_batch(settings, plan, [inbox], Q1, received_at=IN_TIME)
    done = assess_period(settings, plan, Q1, despite=["completeness"], reason="trial")
    assert len(done.unreported) == 1
    with read_warehouse(settings.warehouse) as warehouse:
        run, results, _ = load_run(warehouse, done.run_id)
    row = results.filter(pl.col("unit_code") == done.unreported[0]).row(0, named=True)
    assert (row["base"], row["deduction"], row["total"]) == (0.0, 10.0, 0.0)
    assert run["reason"].startswith("trial")


def test_a_failed_gate_stops_the_run_with_its_name(settings: Settings, plan: Plan, inbox: Path, rows: Rows) -> None:
    for path in sorted(inbox.glob("*.xlsx"))[1:]:
        path.unlink()
    ingest_batch(settings, plan, [inbox], Q1, received_at=IN_TIME)
    before = rows()
    with pytest.raises(UserError) as error:
        assess_period(settings, plan, Q1)
    assert "completeness" in error.value.zh and "--despite completeness" in error.value.zh
    assert rows() == before
    assert (settings.checks / "2023Q1" / "before-scoring" / "index.html").is_file()
    with pytest.raises(UserError, match="--reason"):
        assess_period(settings, plan, Q1, despite=["completeness"])


def test_days_late_become_an_adjustment_where_the_plan_has_a_rule(settings: Settings, plan: Plan, inbox: Path) -> None:
    ingest_batch(settings, plan, [inbox], Q1, received_at=datetime(2023, 4, 21, 9, tzinfo=UTC))
    recorded = load_inputs(settings, plan, Q1)
    late = recorded.inputs.adjustments
    assert late is not None
    assert late["kind"].to_list() == ["late"] * 3 and late["value"].unique().to_list() == [4.0]  # due on 17 April
    done = assess_period(settings, plan, Q1)
    with read_warehouse(settings.warehouse) as warehouse:
        results = load_run(warehouse, done.run_id)[1]
    assert results["deduction"].to_list() == [2.0] * 3


def test_the_system_supplies_days_late_and_missing_reports(root: Path) -> None:
    cast = load_plan(root / "data" / "plans" / "cast-2023")
    counting = pl.DataFrame(
        {"unit_code": ["HB-WH", "HB-YC"], "period": ["2023Q1", "2023Q1"], "late_days": [3, 0]},
    )
    items = system_items(cast, Q1, counting).filter(pl.col("unit_code").is_in(["HB-WH", "HB-YC", "HB-XY"]))
    assert items.select("unit_code", "indicator_code", "kind", "count").rows() == [
        ("HB-WH", "X-1", "late_day", 3.0),
        ("HB-XY", "X-1", "not_reported", 1.0),
    ]
    assert late_adjustments(cast, Q1, counting).is_empty()  # X-1 takes it; the plan has no other penalty


def test_nothing_stored_is_a_sentence(settings: Settings, plan: Plan) -> None:
    with pytest.raises(UserError, match="kaohe ingest"):
        assess_period(settings, plan, Q1)


def test_the_same_run_gives_the_same_bytes(settings: Settings, plan: Plan, taken: Path, tmp_path: Path) -> None:
    run = assess_period(settings, plan, Q1)
    done = export_run(settings, plan, run.run_id, full=True)
    once = {p.relative_to(done.folder): p.read_bytes() for p in sorted(done.folder.rglob("*")) if p.is_file()}
    assert {p.suffix for p in once} == {".xlsx", ".html", ".pdf", ".docx", ".csv", ".parquet", ".json"}
    assert len(once) == done.files and all(p.exists() for p in done.places.values())
    again = export_run(settings, plan, run.run_id, tmp_path / "again", full=True)
    assert {p.relative_to(again.folder): p.read_bytes() for p in sorted(again.folder.rglob("*")) if p.is_file()} == once
    assert [p.name for p in done.folder.parent.iterdir()] == [run.run_id]


def test_a_run_keeps_the_plan_it_was_scored_by(settings: Settings, plan: Plan, taken: Path, tmp_path: Path) -> None:
    import shutil
    from dataclasses import replace

    old = assess_period(settings, plan, Q1)
    before = export_run(settings, plan, old.run_id)
    page = before.places["bulletin"].read_bytes()
    changed = tmp_path / "changed"
    shutil.copytree(settings.plan_folder, changed)
    text = (changed / "plan.yaml").read_text(encoding="utf-8")
    (changed / "plan.yaml").write_text(text.replace("zh: 人才", "zh: 人才工作"), encoding="utf-8")
    newer = replace(settings, plan_folder=changed)
    after = assess_period(newer, load_plan(changed), Q1)
    assert after.new and after.run_id != old.run_id
    assert export_run(newer, load_plan(changed), old.run_id).places["bulletin"].read_bytes() == page


def test_an_unknown_run_is_a_sentence(settings: Settings, plan: Plan, taken: Path) -> None:
    with pytest.raises(UserError, match="kaohe assess 2023Q1"):
        newest_run(settings, Q1)
    with pytest.raises(UserError, match="没有计分批次"):
        export_run(settings, plan, "0123456789abcdef")


def test_a_plan_with_errors_is_not_scored(settings: Settings, plan: Plan) -> None:
    """The linter's errors stop an assessment, as they stop `kaohe score`: here a weight that no longer fits."""
    first_leaf, *others = plan.indicators
    wrong = replace(plan, indicators=(first_leaf.model_copy(update={"weight": 1.0}), *others))
    with pytest.raises(PlanError, match="weights_sum"):
        assess_period(settings, wrong, Q1)
