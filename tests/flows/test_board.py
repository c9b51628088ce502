"""The standing board: every unit asked, its state and light, by class; as table, page, CSV and JSON."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.board import Board, board_csv, board_html, board_json, board_lines, make_board
from flows.ingest import ingest_batch
from flows.inputs import load_inputs
from flows.settings import Settings
from flows.summary import summary_csv, summary_json, summary_lines, summary_rows
from schemas.folder import Plan
from schemas.periods import parse_period
from schemas.plan import Intake
from schemas.text_table import width_of
from tests.flows.forms import change_value, first
from warehouse import read_warehouse, scoring_inputs, set_state, status

Q1 = parse_period("2023Q1")
IN_TIME, LATE = (datetime(2023, 4, d, 2, tzinfo=UTC) for d in (5, 20))


@pytest.fixture
def books(inbox: Path) -> dict[str, Path]:
    """The three workbooks by unit code."""
    found = {}
    for path in inbox.glob("*.xlsx"):
        found["HB-WH" if "武汉" in path.name else "HB-JZ" if "荆州" in path.name else "HB-XH-001"] = path
    return found


def lights(board: Board) -> dict[str, tuple[str, str]]:
    return {r["unit_code"]: (r["light"], r["word"]) for r in board.rows}


def test_lights_follow_the_calendar(settings: Settings, plan: Plan, books: dict[str, Path]) -> None:
    """Due on 17 April; yellow at the due day, red two days after it. What is not due yet is grey, never green."""
    ingest_batch(settings, plan, [books["HB-WH"]], Q1, received_at=IN_TIME)
    change_value(books["HB-JZ"], lambda _: "约50")
    ingest_batch(settings, plan, [books["HB-JZ"]], Q1, received_at=IN_TIME)
    assert lights(make_board(settings, plan, Q1)) == {
        "HB-WH": ("green", "in_time"), "HB-JZ": ("red", "returned"), "HB-XH-001": ("red", "overdue"),
    }  # fmt: skip


def test_what_was_recorded_only_later_does_not_count_and_is_said(
    settings: Settings, plan: Plan, books: dict[str, Path]
) -> None:
    ingest_batch(settings, plan, list(books.values())[:2], Q1, received_at=IN_TIME)
    board = make_board(settings, plan, Q1, datetime(2023, 4, 10, tzinfo=UTC))
    assert {word for _, word in lights(board).values()} == {"waiting"} and board.unknown_then == 2
    assert "有 2 个单位的文件当时已收到" in board_lines(board)[1]
    assert "2 units had sent files" in board_lines(replace(board, lang="en"))[1]
    assert make_board(settings, plan, Q1, datetime(2023, 4, 1, tzinfo=UTC)).unknown_then == 0
    assert make_board(settings, plan, Q1).unknown_then == 0


def test_days_of_a_unit_that_is_silent(
    settings: Settings, plan: Plan, books: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import warehouse.clock as clock

    monkeypatch.setattr(clock, "wall_clock", lambda: datetime(2023, 4, 5, 3))
    monkeypatch.setattr(clock, "_last", datetime.min)
    ingest_batch(settings, plan, [books["HB-WH"]], Q1, received_at=IN_TIME)
    days = {16: ("unknown", "waiting", 0), 17: ("yellow", "due", 0), 18: ("yellow", "overdue", 1)}
    for day, expected in {**days, 19: ("red", "overdue", 2)}.items():
        board = make_board(settings, plan, Q1, datetime(2023, 4, day, 2, tzinfo=UTC))
        row = next(r for r in board.rows if r["unit_code"] == "HB-XH-001")
        assert (row["light"], row["word"], row["overdue_days"]) == expected


def test_a_late_correction_does_not_make_a_punctual_unit_late(
    settings: Settings, plan: Plan, books: dict[str, Path]
) -> None:
    """docs/decisions/0006: the first submission that was neither returned nor excluded decides."""
    path = books["HB-WH"]
    ingest_batch(settings, plan, [path], Q1, received_at=IN_TIME)
    ingest_batch(settings, plan, [change_value(path, lambda v: v + 1)], Q1, received_at=LATE)
    with read_warehouse(settings.warehouse) as warehouse:

        def days(rule: str) -> list[tuple[int, int]]:
            return scoring_inputs(warehouse, ["2023Q1"], None, rule).submissions.select("revision", "late_days").rows()

        assert (days("first"), days("counting")) == ([(2, 0)], [(2, 3)])
        assert status(warehouse, plan.units, "2023Q1").filter(unit_code="HB-WH")["late_days"].to_list() == [0]
    assert lights(make_board(settings, plan, Q1))["HB-WH"] == ("green", "in_time")
    strict = plan.file.model_copy(update={"intake": Intake.model_validate({"punctuality": "counting"})})
    for chosen, late in ((plan, []), (replace(plan, file=strict), [3.0])):
        assert load_inputs(settings, chosen, Q1).inputs.adjustments["value"].to_list() == late  # type: ignore[index]


def test_a_returned_or_excluded_first_file_saves_no_date(
    settings: Settings, plan: Plan, books: dict[str, Path]
) -> None:
    from warehouse import open_warehouse

    path, other = books["HB-WH"], books["HB-JZ"]
    change_value(path, lambda _: "约50")
    ingest_batch(settings, plan, [path, other], Q1, received_at=IN_TIME)
    change_value(path, lambda _: 5, was="约50")
    ingest_batch(settings, plan, [path, change_value(other, lambda v: v + 1)], Q1, received_at=LATE)
    with open_warehouse(settings.warehouse) as warehouse:
        set_state(warehouse, "HB-JZ/2023Q1/1", "excluded", "空表", "office")
    with read_warehouse(settings.warehouse) as warehouse:
        rows = scoring_inputs(warehouse, ["2023Q1"]).submissions
    assert dict(rows.select("unit_code", "late_days").iter_rows()) == {"HB-WH": 3, "HB-JZ": 3}


@pytest.fixture
def board(settings: Settings, plan: Plan, books: dict[str, Path]) -> Board:
    """One in time, one late, one returned with a name that would be a formula."""
    change_value(books["HB-JZ"], lambda _: "约50")
    ingest_batch(settings, plan, [books["HB-WH"], books["HB-JZ"]], Q1, received_at=IN_TIME)
    ingest_batch(settings, plan, [books["HB-XH-001"]], Q1, received_at=LATE)
    return make_board(settings, plan, Q1)


def test_the_table_is_by_class_and_aligned(board: Board) -> None:
    lines = board_lines(board)
    assert "应报 3 个单位" in lines[0] and "截止 2023-04-17" in lines[0]
    assert [re.split(r" {2,}", line.strip()) for line in lines[1:5]] == [
        ["类别", "应报", "按时", "迟报", "退回", "逾期待准", "未报", "报送率%"],
        ["市州科协", "2", "1", "0", "1", "0", "0", "50.0"], ["全省学会", "1", "0", "1", "0", "0", "0", "100.0"],
        ["合计", "3", "1", "1", "1", "0", "0", "66.7"],
    ]  # fmt: skip
    assert len({width_of(line) for line in lines[1:5]}) == 1
    text = "\n".join(lines[5:])
    assert "■ 退回待改" in text and "■ 迟报" in text and "武汉" not in text
    assert "● 按时" in "\n".join(board_lines(board, everyone=True))


def test_files_say_the_same(board: Board) -> None:
    rows = list(csv.DictReader(io.StringIO(board_csv(board).decode("utf-8-sig"))))
    assert [r["单位代码"] for r in rows] == ["HB-JZ", "HB-WH", "HB-XH-001"]
    content = json.loads(board_json(board))
    assert [(u["state"][:8], u["late_days"]) for u in content["units"]] == [
        ("returned", 0), ("accepted", 0), ("accepted", 3),
    ]  # fmt: skip
    page = board_html(board).decode()
    assert not re.search(r"https?://", page) and "Content-Security-Policy" in page
    for word in ("■ 退回待改", "■ 迟报", "● 按时", "武汉市科协", "市州科协"):
        assert word in page


@pytest.mark.browser
def test_the_page_sorts_and_filters_without_a_network(
    board: Board, tmp_path: Path, needs_tool: Callable[[str], str]
) -> None:
    from selenium import webdriver
    from selenium.webdriver.common.by import By

    needs_tool("chromium")
    path = tmp_path / "board.html"
    path.write_bytes(board_html(board))
    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1400,900"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})  # type: ignore[no-untyped-call]
    driver = webdriver.Chrome(options=options)
    try:
        driver.get(path.as_uri())

        def shown() -> list[str]:
            rows = driver.find_elements(By.CSS_SELECTOR, "#units tbody tr:not([hidden])")
            return [r.find_element(By.CSS_SELECTOR, "td:nth-child(2)").text.split()[-1] for r in rows]

        assert shown() == ["HB-JZ", "HB-WH", "HB-XH-001"]
        driver.find_element(By.CSS_SELECTOR, "#units th:nth-child(5) button").click()
        driver.find_element(By.CSS_SELECTOR, "#units th:nth-child(5) button").click()
        assert shown()[0] == "HB-XH-001"
        driver.find_element(By.ID, "open").click()
        assert sorted(shown()) == ["HB-JZ", "HB-XH-001"]
        driver.find_element(By.ID, "text").send_keys("荆州")
        assert shown() == ["HB-JZ"]
        assert not [e for e in driver.get_log("browser") if e["level"] == "SEVERE"]  # type: ignore[no-untyped-call]
    finally:
        driver.quit()


def test_the_summary_of_a_batch(settings: Settings, plan: Plan, books: dict[str, Path]) -> None:
    change_value(books["HB-JZ"], lambda _: "约50")
    (first(books["HB-WH"].parent).parent / "=x.png").write_bytes(b"\x89PNG" + bytes(20))
    done = ingest_batch(settings, plan, [first(books["HB-WH"].parent).parent], Q1, received_at=IN_TIME)
    rows = summary_rows(done, plan, "zh")
    assert len(rows) == 4 and {r["state"] for r in rows} >= {"returned", "refused"}
    table = list(csv.DictReader(io.StringIO(summary_csv(rows, "zh").decode("utf-8-sig"))))
    assert {r["文件"] for r in table} >= {"'=x.png"}
    returned = next(r for r in table if r["状态"] == "退回")
    assert (returned["单位"], returned["错误"]) == ("荆州市科协", "1") and Path(returned["标注稿"]).is_file()
    content = json.loads(summary_json(rows, done.counts))
    assert content["counts"] == done.counts and any("约50" in p for f in content["files"] for p in f["problems"])
    assert "退回" in "\n".join(summary_lines(rows, "zh"))
