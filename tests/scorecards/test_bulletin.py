"""The HTML bulletin: all units inside, nothing fetched, and a browser that sorts, filters and drills down."""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from schemas.base import Text
from schemas.tables import Findings, columns_of
from scorecards.bulletin import bulletin_html
from scorecards.derivation import set_line
from scorecards.edition import Edition
from scorecards.questions import red_running

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--window-size=1500,1100",
)  # fmt: skip


@pytest.fixture(scope="module")
def shown(big: tuple[Edition, Edition]) -> tuple[Edition, Edition]:
    """The two editions, the later one with a derivation of every score and a ledger of findings."""
    first, last = big
    units = last.results["unit_code"].to_list()
    rows: list[tuple[str, str | None, list[str], list[str]]] = []
    for unit, node in last.scores.select("unit_code", "node_code").iter_rows():
        said = f" = 100 × {len(rows)} / 20 = {5 * len(rows)}"
        place = f"  · 2023Q2 {len(rows)} ← 表(修订).xlsx 填报表!G{len(rows)}"
        zh, en = f"目标完成率:100 × 完成值 / 目标值{said}", f"attainment: 100 × value / target{said}"
        rows.append((unit, node, [zh, "参数:目标值 20(方案的方法参数)", place], [en, "parameters: target 20", place]))
    for n, unit in enumerate(units):
        rows.append((unit, None, [f"基础分:指标体系得分 → {n}"], [f"base: score of the tree → {n}"]))
    lines = pl.DataFrame(rows, schema=["unit_code", "node_code", "zh", "en"], orient="row")
    open_one = {"unit_code": units[3], "node_code": "T01", "title": "<b>台账不全", "demand": "补齐", "state": "open"}
    open_one |= {"finding_id": "F1", "period": "2023Q1", "found_on": "2023-02-01", "due_on": "2023-03-31"}
    ledger = pl.DataFrame([open_one], schema=columns_of(Findings))
    return first, replace(last, derivation=lines, findings=ledger)


@pytest.fixture(scope="module")
def html(shown: tuple[Edition, Edition]) -> str:
    return bulletin_html(shown).decode()


def data_of(html: str) -> dict[str, Any]:
    packed = re.search(r'<script type="application/octet-stream" id="data">([^<]*)</script>', html)
    assert packed
    data: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    return data


def test_all_units_and_totals_of_all_periods_are_inside(html: str, big: tuple[Edition, Edition]) -> None:
    data = data_of(html)
    assert {u[0] for u in data["units"]} == set(big[1].results["unit_code"])
    for edition, period in zip(big, data["periods"], strict=True):
        totals = {data["units"][r[0]][0]: r[5] for r in period["results"]}
        assert totals == dict(zip(edition.results["unit_code"], edition.results["total"], strict=True))
        assert (period["run"], period["audit"]) == (edition.run_id, edition.audit_head)


def test_it_refers_to_nothing_outside(html: str) -> None:
    without_data = re.sub(r'(id="data">)[^<]*', r"\1", html)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|<link|<img|<iframe|fetch\(", without_data)
    assert not re.search(r"""\s(on\w+|style)=["']""", without_data)


def test_the_policy_allows_exactly_its_own_script_and_style(html: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    for tag in ("script", "style"):
        content = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert len(content) == 1
        digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert "default-src 'none'" in policy[1]


def test_names_cannot_break_out_of_the_page(example: Edition) -> None:
    titled = example.plan.file.model_copy(update={"title": Text(zh="{{data}}</title><script>x")})
    html = bulletin_html(replace(example, plan=replace(example.plan, file=titled))).decode()
    assert html.count("<script") == 2
    assert "<title>{{data}}&lt;/title&gt;&lt;script&gt;x" in html


def test_same_input_same_bytes(html: str, shown: tuple[Edition, Edition]) -> None:
    assert bulletin_html(list(shown)).decode() == html


def test_every_score_of_its_own_period_is_derived(html: str, shown: tuple[Edition, Edition]) -> None:
    first, last = data_of(html)["periods"]
    assert first["why"] is None
    heads, lines = last["why"]["heads"], last["why"]["lines"]
    assert sum(len(nodes) for nodes in lines.values()) == shown[1].scores.height + shown[1].results.height
    assert len(heads) < 10, "what many lines share is kept once"
    head, tail = lines["0"]["-1"][0]
    assert heads[head][0] + tail == f"基础分：指标体系得分{tail}"
    assert any(h == ["参数：目标值 20（方案的方法参数）", "parameters: target 20"] for h in heads)


def test_the_derivation_costs_little_space(html: str, big: tuple[Edition, Edition]) -> None:
    assert len(html) < 2.2 * len(bulletin_html(big))


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("参数:封顶 120(方案的方法参数);保底 0", "参数：封顶 120（方案的方法参数）；保底 0"),
        ("目标完成率:100 × (2 − 完成值 / 目标值)", "目标完成率：100 × (2 − 完成值 / 目标值)"),
        ("完成值:(3 + 4) / 5 = 1.4 场", "完成值：(3 + 4) / 5 = 1.4 场"),
        ("  · 2023Q1 5 ← 表(修订),新.xlsx 表!G5", "  · 2023Q1 5 ← 表(修订),新.xlsx 表!G5"),
    ],
)
def test_formulas_and_file_names_keep_their_characters(line: str, printed: str) -> None:
    assert set_line(line) == printed


def test_leaderships_questions_are_inside(html: str) -> None:
    data = data_of(html)
    first, last = data["periods"]
    assert first["improved"] is None and first["open"] is None and first["red"] == []
    assert len(last["improved"]) == len(data["units"]) and last["red"]
    assert [(o[4], o[5], o[8], o[9]) for o in last["open"]] == [("F1", "<b>台账不全", 20, True)]


def test_one_edition_alone(example: Edition) -> None:
    data = data_of(bulletin_html(example).decode())
    assert [p["code"] for p in data["periods"]] == ["2023Q1"]
    assert data["periods"][0]["gains"]["0"][0][1] == pytest.approx(10.666667)


@pytest.fixture(scope="module")
def browser(
    html: str, tmp_path_factory: pytest.TempPathFactory, needs_tool: Callable[[str], str]
) -> Iterator[webdriver.Chrome]:
    folder = tmp_path_factory.mktemp("browser")
    page = folder / "bulletin.html"
    page.write_text(html, encoding="utf-8")
    options = webdriver.ChromeOptions()
    options.binary_location = needs_tool("chromium")
    for flag in (*FLAGS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(needs_tool("chromedriver")))
    try:
        open_page(driver, page)
        yield driver
    finally:
        driver.quit()


def open_page(driver: webdriver.Chrome, page: Path) -> None:
    driver.get(page.as_uri())
    WebDriverWait(driver, 20).until(lambda d: d.find_element(By.TAG_NAME, "body").get_attribute("data-ready") == "yes")


def column(driver: webdriver.Chrome, key: str) -> list[str]:
    """Text of one column of the ranking, by the key of its heading."""
    script = (
        "const heads = [...document.querySelectorAll('#ranking thead button')].map((b) => b.dataset.sort);"
        "const n = heads.indexOf(arguments[0]);"
        "return [...document.querySelectorAll('#ranking tbody tr')].map((r) => r.cells[n].innerText.trim());"
    )
    found: list[str] = driver.execute_script(script, key)
    return found


@pytest.fixture
def page(browser: webdriver.Chrome) -> webdriver.Chrome:
    browser.refresh()
    WebDriverWait(browser, 20).until(lambda d: d.find_element(By.TAG_NAME, "body").get_attribute("data-ready") == "yes")
    return browser


@pytest.mark.browser
def test_it_sorts(page: webdriver.Chrome) -> None:
    page.find_element(By.CSS_SELECTOR, '[data-sort="total"]').click()
    totals = [float(t) for t in column(page, "total")]
    assert len(totals) == 130
    assert totals == sorted(totals, reverse=True)
    page.find_element(By.CSS_SELECTOR, '[data-sort="total"]').send_keys(Keys.ENTER)
    assert [float(t) for t in column(page, "total")] == sorted(totals)
    head = page.find_element(By.XPATH, '//th[.//button[@data-sort="total"]]')
    assert head.get_attribute("aria-sort") == "ascending"


@pytest.mark.browser
def test_it_filters_by_class_grade_and_text(page: webdriver.Chrome) -> None:
    Select(page.find_element(By.ID, "class")).select_by_visible_text("高校科协")
    assert set(column(page, "class")) == {"高校科协"}
    Select(page.find_element(By.ID, "grade")).select_by_visible_text("良好")
    assert set(column(page, "grade")) == {"良好"}
    page.find_element(By.ID, "clear").click()
    assert len(column(page, "name")) == 130
    page.find_element(By.ID, "text").send_keys("研究院国际合作")
    assert column(page, "name") == ["=示例研究院国际合作与科技服务发展中心（港澳台办公室）科学技术协会委员会"]
    assert "1" in page.find_element(By.ID, "count").text


@pytest.mark.browser
def test_it_drills_down_to_value_target_weight_and_reason(page: webdriver.Chrome, big: tuple[Edition, Edition]) -> None:
    first = page.find_element(By.CSS_SELECTOR, "#ranking [data-unit]")
    name = first.text
    first.send_keys(Keys.ENTER)
    detail = page.find_element(By.ID, "detail")
    assert name in detail.text
    page.find_element(By.ID, "open").click()
    unit = next(u for u, n in big[1].unit_names.items() if n == name)
    rows = [r.text for r in page.find_elements(By.CSS_SELECTOR, "#tree tr.leaf")]
    leaves = big[1].cells_of[unit].filter(is_indicator=True)
    asked = leaves.filter(leaves["reason_code"].is_null() | (leaves["reason_code"] != "not_assigned"))
    assert len(rows) == asked.height
    assert all(title in "\n".join(rows) for title in asked["title"])
    page.find_element(By.TAG_NAME, "body").send_keys(Keys.ESCAPE)
    assert not detail.is_displayed()
    assert page.switch_to.active_element.text == name


@pytest.mark.browser
def test_it_switches_language_and_period_without_a_complaint_in_the_console(page: webdriver.Chrome) -> None:
    page.find_element(By.ID, "lang").click()
    assert "Assessment bulletin" in page.find_element(By.TAG_NAME, "h1").text
    Select(page.find_element(By.ID, "period")).select_by_index(0)
    assert "Q1 2023" in page.find_element(By.TAG_NAME, "h1").text
    assert page.get_log("browser") == []
    assert page.execute_script("return performance.getEntriesByType('resource').length") == 0


@pytest.mark.browser
def test_it_shows_how_a_score_comes_about(page: webdriver.Chrome) -> None:
    page.find_element(By.CSS_SELECTOR, "#ranking [data-unit]").click()
    page.find_element(By.CSS_SELECTOR, "#why-total summary").click()
    assert "基础分：指标体系得分 → " in page.find_element(By.ID, "why-total").text
    page.find_element(By.ID, "open").click()
    asking = page.find_element(By.CSS_SELECTOR, "#tree tr.leaf [data-why]")
    node = asking.get_attribute("data-why")
    asking.send_keys(Keys.ENTER)
    derived = page.find_element(By.ID, f"why-{node}").text
    assert "目标完成率：100 × 完成值 / 目标值 = 100 × " in derived
    assert "← 表(修订).xlsx 填报表!G" in derived
    assert "权重 " in derived and "占总分 " in derived
    assert page.switch_to.active_element.get_attribute("aria-expanded") == "true"
    page.find_element(By.ID, "lang").click()
    assert "attainment: 100 × value / target" in page.find_element(By.ID, f"why-{node}").text
    page.find_element(By.CSS_SELECTOR, f'[data-why="{node}"]').click()
    assert not page.find_elements(By.ID, f"why-{node}")
    Select(page.find_element(By.ID, "period")).select_by_index(0)
    assert not page.find_elements(By.CSS_SELECTOR, "#tree [data-why]")
    assert "that period's own bulletin" in page.find_element(By.ID, "detail").text
    assert page.get_log("browser") == []


@pytest.mark.browser
def test_it_answers_leaderships_questions(page: webdriver.Chrome, shown: tuple[Edition, Edition]) -> None:
    ask, answer = Select(page.find_element(By.ID, "question")), page.find_element(By.ID, "answer")
    expected = red_running(shown).filter(pl.col("level") == 0)
    assert len(page.find_elements(By.CSS_SELECTOR, "#answer tbody tr")) == expected.height
    ask.select_by_value("improved")
    assert len(page.find_elements(By.CSS_SELECTOR, "#answer tbody tr")) == shown[1].results.height
    Select(page.find_element(By.ID, "class")).select_by_visible_text("高校科协")
    assert "高校科协" in answer.text and "全省学会" not in answer.text
    page.find_element(By.ID, "clear").click()
    ask.select_by_value("open")
    assert "<b>台账不全（上期转来）" in answer.text and "逾期" in answer.text
    answer.find_element(By.CSS_SELECTOR, "[data-unit]").click()
    assert page.find_element(By.ID, "detail").is_displayed()
    ask.select_by_value("breaks")
    assert answer.text == ""
    assert page.get_log("browser") == []
