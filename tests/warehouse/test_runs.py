"""A run is stored once, beside all others, and comes back as it was."""

from pathlib import Path

import polars as pl
import pytest

from schemas.errors import UserError
from schemas.tables import Results, Scores, columns_of
from tests.warehouse.tables import OFFICE, count_rows, send, writing
from warehouse import (
    Warehouse,
    add_publication,
    latest_run,
    load_run,
    period_history,
    period_state,
    publications,
    read_warehouse,
    run_id_of,
    run_inputs,
    runs,
    save_run,
    scoring_inputs,
    set_period_state,
    verify_rows,
)

PLAN = {"plan_hash": "p", "registry_hash": "r", "rules_hash": "s"}


def results(total: float) -> pl.DataFrame:
    row = {"unit_code": "HB-WH", "class_code": "city", "base": total, "bonus": 0.0, "deduction": 0.0, "total": total,
           "rank": 1.0, "class_size": 1, "grade": "A", "reason_code": None}  # fmt: skip
    return pl.DataFrame([row], schema={n: t for n, t in columns_of(Results).items() if n != "run_id"})


def scores(total: float) -> pl.DataFrame:
    rows = [{"unit_code": "HB-WH", "node_code": node, "level": level, "score": total, "weight_pct": 100.0}
            for node, level in (("root", 0), ("S2", 1), ("S1", 1))]  # fmt: skip
    return pl.DataFrame(rows, schema={n: t for n, t in columns_of(Scores).items() if n != "run_id"})


def score(warehouse: Warehouse, total: float = 80.0, period: str = "2023Q1") -> tuple[str, bool]:
    """Store a run of what is recorded, as the flow does."""
    inputs = scoring_inputs(warehouse, [period])
    hashes = PLAN | {f"{name}_hash": value for name, value in inputs.hashes.items()}
    return save_run(
        warehouse, period=period, hashes=hashes, results=results(total), scores=scores(total), counted=inputs.used,
        actor=OFFICE, reason="季度计分", as_of=inputs.as_of_at,
    )  # fmt: skip


def test_the_same_inputs_are_stored_once(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, "unit|period|file|state|T07-1\nHB-WH|2023Q1|a|accepted|22")
        run_id, new = score(warehouse)
        assert new
    before, file = count_rows(path), path.read_bytes()
    with writing(path) as warehouse:
        assert score(warehouse) == (run_id, False)
    assert count_rows(path) == before
    assert path.read_bytes() == file


def test_changed_inputs_make_a_run_beside_the_old_one(path: Path) -> None:
    with writing(path) as warehouse:
        send(warehouse, "unit|period|file|state|T07-1\nHB-WH|2023Q1|a|accepted|22")
        first, _ = score(warehouse, 80)
        send(warehouse, "unit|period|file|state|T07-1\nHB-WH|2023Q1|b|accepted|23")
        second, new = score(warehouse, 81)
    with read_warehouse(path) as warehouse:
        assert new
        assert runs(warehouse, "2023Q1")["run_id"].to_list() == [first, second]
        assert latest_run(warehouse, "2023Q1") == second
        assert latest_run(warehouse, "2023Q2") is None
        for run_id, total, counted in ((first, 80.0, "HB-WH/2023Q1/1"), (second, 81.0, "HB-WH/2023Q1/2")):
            run, found_results, found_scores = load_run(warehouse, run_id)
            assert run["units"] == 1
            assert found_results.equals(results(total))
            assert found_scores.equals(scores(total))
            assert run_inputs(warehouse, run_id)["input_id"].to_list() == [counted]


def test_the_same_inputs_with_another_result_are_a_defect_that_shows(path: Path) -> None:
    with writing(path) as warehouse:
        score(warehouse, 80)
        with pytest.raises(RuntimeError, match="another result"):
            score(warehouse, 81)


@pytest.mark.parametrize("part", ["period", "plan_hash", "registry_hash", "measurements_hash", "items_hash",
                                  "verifications_hash", "adjustments_hash", "rules_hash"])  # fmt: skip
def test_the_runs_id_depends_on_every_input(part: str) -> None:
    hashes = dict.fromkeys(
        ("plan_hash", "registry_hash", "measurements_hash", "items_hash", "verifications_hash", "adjustments_hash",
         "rules_hash"), "x",
    )  # fmt: skip
    first = run_id_of("2023Q1", hashes)
    assert len(first) == 16
    assert first == run_id_of("2023Q1", dict(reversed(hashes.items())))
    assert first != (run_id_of("2023Q2", hashes) if part == "period" else run_id_of("2023Q1", hashes | {part: "y"}))


def test_a_score_changed_by_sql_is_named(path: Path) -> None:
    def changed() -> set[str]:
        return {d.subject for d in verify_rows(warehouse) if d.table == "runs"}

    with writing(path) as warehouse:
        first, _ = score(warehouse, 80)
        second, _ = score(warehouse, 90, "2023Q2")
        assert changed() == set()
        warehouse.write("UPDATE scores SET score = 99 WHERE run_id = $run_id AND node_code = 'S1'", run_id=second)
        assert changed() == {second}
        warehouse.write("UPDATE results SET grade = 'B' WHERE run_id = $run_id", run_id=first)
        assert changed() == {first, second}


def test_an_unknown_run_is_a_sentence(path: Path) -> None:
    with writing(path) as warehouse, pytest.raises(UserError, match="没有计分批次“nothing”"):
        load_run(warehouse, "nothing")


def test_a_period_is_open_until_it_is_said_otherwise(path: Path) -> None:
    with writing(path) as warehouse:
        assert period_state(warehouse, "2023Q1") == "open"
        assert set_period_state(warehouse, "2023Q1", "closed", OFFICE)
        assert not set_period_state(warehouse, "2023Q1", "closed", OFFICE, "再次")
        closed = period_history(warehouse, "2023Q1")["recorded_at"][0]
        set_period_state(warehouse, "2023Q1", "scored", OFFICE)
        assert period_state(warehouse, "2023Q1") == "scored"
        assert period_state(warehouse, "2023Q1", as_of=closed) == "closed"
        with pytest.raises(UserError, match="没有周期状态"):
            set_period_state(warehouse, "2023Q1", "done", OFFICE)


def test_a_second_publication_is_a_new_edition_and_the_old_one_stays(path: Path) -> None:
    with writing(path) as warehouse:
        run_id, _ = score(warehouse)
        ids = [
            add_publication(warehouse, "2023Q1", run_id, package_path="out", package_hash=text, actor=OFFICE)
            for text in ("h1", "h2")
        ]
        assert ids == ["2023Q1/1", "2023Q1/2"]
        assert publications(warehouse, "2023Q1")["package_hash"].to_list() == ["h1", "h2"]
        assert publications(warehouse, "2023Q2").is_empty()
        with pytest.raises(UserError, match="不属于 2023Q2"):
            add_publication(warehouse, "2023Q2", run_id, package_path="out", package_hash="h", actor=OFFICE)
