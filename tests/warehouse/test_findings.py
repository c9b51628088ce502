"""Findings and samples in the warehouse: appended, continued by allowed steps only, audited like everything else."""

import re
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from schemas.errors import UserError
from schemas.tables import SpotChecks, columns_of
from tests.warehouse.tables import OFFICE, cells, shown, writing
from warehouse import (
    Warehouse,
    add_findings,
    add_sample,
    events,
    findings,
    now,
    read_warehouse,
    spot_checks,
    structure,
    verify_events,
    verify_rows,
)

FACTS: dict[str, Any] = {
    "unit_code": "HB-WH", "period": "2023Q1", "found_on": "2023-03-01", "title": "档案不全", "due_on": "2023-04-01",
    "state": "open",
}  # fmt: skip
PROOF = {"proof": "武科协〔2023〕8号", "closed_on": "2023-03-20"}


def enter(warehouse: Warehouse, **changes: Any) -> list[str]:
    return add_findings(warehouse, pl.DataFrame([FACTS | changes]), actor=OFFICE)


def test_a_finding_gets_a_number_and_is_continued_not_overwritten(path: Path) -> None:
    with writing(path) as warehouse:
        assert enter(warehouse) == ["HB-WH/2023Q1/F1"]
        assert enter(warehouse) == [], "the same again changes nothing"
        assert enter(warehouse, title="经费超支") == ["HB-WH/2023Q1/F2"]
        before = now()
        assert enter(warehouse, state="submitted", progress="已补齐") == ["HB-WH/2023Q1/F1"]
        assert enter(warehouse, state="closed", progress="已补齐", **PROOF) == ["HB-WH/2023Q1/F1"]
        assert shown(findings(warehouse), "finding_id", "title", "state", "progress", "closed_on") == cells("""
            finding_id      | title    | state  | progress | closed_on
            HB-WH/2023Q1/F1 | 档案不全 | closed | 已补齐   | 2023-03-20
            HB-WH/2023Q1/F2 | 经费超支 | open   |          |
        """)
        assert findings(warehouse, before)["state"].to_list() == ["open", "open"]
        assert warehouse.value("SELECT count(*) FROM findings") == 4
        assert events(warehouse)["action"].to_list() == ["finding_recorded"] * 4
        assert verify_rows(warehouse) == [] and verify_events(warehouse) is None


@pytest.mark.parametrize(
    ("first", "then", "fault"),
    [
        ({}, {"state": "closed", "closed_on": "2023-03-20"}, "销号须有佐证"),
        ({}, {"state": "closed", "proof": "a.pdf"}, "销号须写明销号日期"),
        ({}, {"state": "closed", "proof": "a.pdf", "closed_on": "2023-02-01"}, "早于发现日期"),
        ({}, {"closed_on": "2023-03-20"}, "状态却不是"),
        ({}, {"due_on": "2023-05-01"}, "由 2023-04-01 改为 2023-05-01 须写明理由"),
        ({}, {"due_on": "2023-02-01", "reason": "提前"}, "期限早于发现日期"),
        ({}, {"state": "withdrawn"}, "须写明理由"),
        ({}, {"state": "perhaps"}, "没有状态"),
        ({"state": "submitted"}, {"state": "open"}, "现为“待销号”,不能改为“未整改”"),
        ({"state": "submitted"}, {"state": "rectifying"}, "改为“整改中”须写明理由"),
        ({"state": "closed", **PROOF}, {"state": "open"}, "可以改为:整改中"),
        ({"state": "closed", **PROOF}, {"state": "rectifying"}, "须写明理由"),
    ],
)
def test_a_step_that_may_not_follow_is_refused_and_nothing_stored(
    path: Path, first: dict[str, Any], then: dict[str, Any], fault: str
) -> None:
    with writing(path) as warehouse:
        enter(warehouse, **first)
    with pytest.raises(UserError, match=fault) as error, writing(path) as warehouse:
        enter(warehouse, **then)
    assert "HB-WH/2023Q1/F1“档案不全”" in error.value.zh
    with read_warehouse(path) as warehouse:
        assert warehouse.value("SELECT count(*) FROM findings") == 1


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({}, {"due_on": "2023-05-01", "reason": "汛期"}),
        ({"state": "submitted"}, {"state": "rectifying", "reason": "佐证不足,退回"}),
        ({"state": "closed", **PROOF}, {"state": "rectifying", "reason": "问题反弹"}),
        ({}, {"state": "withdrawn", "reason": "重复登记"}),
    ],
)
def test_with_a_reason_it_may(path: Path, first: dict[str, Any], then: dict[str, Any]) -> None:
    with writing(path) as warehouse:
        enter(warehouse, **first)
        assert enter(warehouse, **then) == ["HB-WH/2023Q1/F1"]
        assert findings(warehouse)["first_due_on"].to_list() == ["2023-04-01"]
        assert events(warehouse)["reason"][-1] == then["reason"]


def test_everything_wrong_is_told_at_once(path: Path) -> None:
    rows = [FACTS | {"due_on": "2023-01-01"}, FACTS | {"title": "b", "closed_on": "2023-04-01"}]
    with pytest.raises(UserError) as error, writing(path) as warehouse:
        add_findings(warehouse, pl.DataFrame(rows), actor=OFFICE)
    assert error.value.zh.count("\n") == 1
    with pytest.raises(UserError, match="只保留一行"), writing(path) as warehouse:
        add_findings(warehouse, pl.DataFrame([FACTS, FACTS]), actor=OFFICE)


def test_a_warehouse_of_the_first_structure_gets_the_tables_that_came_later(path: Path) -> None:
    with writing(path):
        pass
    later = [re.findall('CREATE TABLE "(.*?)"', text)[0] for step in structure.MIGRATIONS for text in step.statements]
    assert {"findings", "spot_checks"} <= set(later)
    with duckdb.connect(str(path)) as connection:
        for table in later:
            connection.execute(f'DROP TABLE "{table}"')
        connection.execute(f"UPDATE schema_version SET version = {structure.FIRST_VERSION}")
    with writing(path) as warehouse:
        assert enter(warehouse) == ["HB-WH/2023Q1/F1"]
        assert structure.differences(warehouse.connection) == []


def drawn(*units: str) -> pl.DataFrame:
    about = {"indicator_code": "T07-1", "period": "2023Q1", "part": "", "drawn_by": "random", "points": 0.0,
             "signs": None, "why_zh": "随机", "why_en": "by lot"}  # fmt: skip
    schema = {n: t for n, t in columns_of(SpotChecks).items() if n not in ("sample_id", "recorded_at")}
    return pl.DataFrame([{"unit_code": unit, **about} for unit in units], schema=schema)


def test_a_sample_is_stored_once(path: Path) -> None:
    with writing(path) as warehouse:
        assert add_sample(warehouse, "2023Q1", drawn("A", "B"), {"share": 0.1, "seed": "x"}, actor=OFFICE) == (
            "2023Q1/S1", True,
        )  # fmt: skip
        assert add_sample(warehouse, "2023Q1", drawn("A", "B"), {"share": 0.1, "seed": "x"}, actor=OFFICE) == (
            "2023Q1/S1", False,
        )  # fmt: skip
        again = add_sample(warehouse, "2023Q1", drawn("C"), {"share": 0.1, "seed": "y"}, actor=OFFICE, reason="再抽")
        assert again == ("2023Q1/S2", True)
        assert spot_checks(warehouse, "2023Q1")["sample_id"].to_list() == ["2023Q1/S1", "2023Q1/S1", "2023Q1/S2"]
        assert spot_checks(warehouse, "2023Q2").is_empty()
        assert verify_rows(warehouse) == []


@pytest.mark.parametrize(
    ("change", "table", "kind"),
    [
        ("UPDATE findings SET state = 'open'", "findings", "changed"),
        ("UPDATE findings SET due_on = '2024-01-01' WHERE state = 'open'", "findings", "changed"),
        ("DELETE FROM findings", "findings", "absent"),
        ("UPDATE spot_checks SET unit_code = 'Z'", "spot_checks", "changed"),
        ("DELETE FROM spot_checks", "spot_checks", "absent"),
    ],
)
def test_what_sql_changes_is_found(path: Path, change: str, table: str, kind: str) -> None:
    with writing(path) as warehouse:
        enter(warehouse)
        enter(warehouse, state="closed", **PROOF)
        add_sample(warehouse, "2023Q1", drawn("A"), {"seed": "x"}, actor=OFFICE)
    with duckdb.connect(str(path)) as connection:
        connection.execute(change)
    with read_warehouse(path) as warehouse:
        first = verify_rows(warehouse)[0]
    assert (first.table, first.kind) == (table, kind)
