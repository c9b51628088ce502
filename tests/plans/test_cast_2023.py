"""The shipped plan against the notice it rests on: tasks, bodies, reporters, groups, units and the load on each unit.

``notice_tasks.txt`` holds the notice's own lines (section headings, first sentences, 主责部门, 协作部门);
``notice_indicators.csv`` what was extracted from its text. Read as plain YAML and CSV, so that nothing of ours vouches
for itself.
"""

import csv
import re
from collections import Counter, defaultdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
PLAN = HERE.parents[1] / "data" / "plans" / "cast-2023"
GROUPS = {"各全国学会": "society", "地方科协": "city", "机关各部门": "dept", "各直属单位": "affiliate"}
PARTY_COMMITTEE = "科技社团党委"  # no department of the organs: reports like an affiliate where a task names it


@cache
def plan() -> dict[str, Any]:
    return yaml.safe_load((PLAN / "plan.yaml").read_text(encoding="utf-8"))


@cache
def indicators() -> dict[str, dict[str, Any]]:
    leaves = yaml.safe_load((PLAN / "indicators.yaml").read_text(encoding="utf-8"))
    return {leaf["code"]: leaf for leaf in leaves}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def units() -> dict[str, str]:
    return {row["unit_code"]: row["class_code"] for row in rows(PLAN / "units.csv")}


@cache
def bodies() -> dict[str, tuple[str, str]]:
    return {row["body"]: (row["target_kind"], row["target_code"]) for row in rows(PLAN / "bodies.csv")}


@cache
def extracted() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in rows(HERE / "notice_indicators.csv")}


@cache
def notice() -> dict[str, dict[str, Any]]:
    """Return the notice's tasks by our code: title, section, lead, partners."""
    tasks: dict[str, dict[str, Any]] = {}
    section, task = "", {}
    for line in (HERE / "notice_tasks.txt").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"(\d+)\.(.+)。$", line):
            task = {"title": match[2], "section": section}
            tasks[f"T{int(match[1]):02d}"] = task
        elif match := re.match(r"(主责|协作)部门:(.+?)[;。]?$", line):
            task["lead" if match[1] == "主责" else "partners"] = re.split("[、,]", match[2])
        else:
            section = line.split("、", 1)[1]
    return tasks


@cache
def nodes() -> dict[str, dict[str, Any]]:
    return {node["code"]: node for node in plan()["tree"]}


@cache
def assigned() -> dict[str, dict[str, set[str]]]:
    """Return the units that must report an indicator, by indicator and period, groups and exceptions applied."""
    cells: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for code, leaf in indicators().items():
        for quarter in asked_in(leaf):
            cells[code][quarter] |= {unit for unit, group in units().items() if group in leaf["assigned_to"]}
    for row in rows(PLAN / "assignments.csv"):
        for quarter in asked_in(indicators()[row["indicator_code"]]):
            if row["period"] in ("", "2023", quarter):
                change = set.add if row["state"] == "assigned" else set.discard
                change(cells[row["indicator_code"]][quarter], row["unit_code"])
    return cells


def asked_in(leaf: dict[str, Any]) -> list[str]:
    positions = leaf.get("asked_in") or {"quarter": [1, 2, 3, 4], "half_year": [2, 4], "year": [4]}[leaf["frequency"]]
    return [f"2023Q{position}" for position in positions]


def reporters(code: str) -> set[str]:
    return set().union(*assigned()[code].values())


def single_rows(code: str, role: str) -> set[str]:
    found = [r for r in rows(PLAN / "assignments.csv") if (r["indicator_code"], r["role"]) == (code, role)]
    return {row["unit_code"] for row in found}


def test_the_notice_has_29_tasks_in_7_sections() -> None:
    assert list(notice()) == [f"T{number:02d}" for number in range(1, 30)]
    assert len({task["section"] for task in notice().values()}) == 7


def test_the_plan_has_exactly_the_notices_tasks() -> None:
    assert [code for code in nodes() if code.startswith("T")] == list(notice())


@pytest.mark.parametrize("code", [f"T{number:02d}" for number in range(1, 30)])
def test_task_has_title_section_lead_and_partners_of_the_notice(code: str) -> None:
    node, task = nodes()[code], notice()[code]
    assert node["title"]["zh"] == task["title"]
    assert nodes()[node["parent"]]["title"]["zh"] == task["section"]
    assert node["lead"] == task["lead"]
    assert node["partners"] == task["partners"]
    assert node["title"]["en"]


def test_the_indicators_are_the_84_and_6_that_were_extracted() -> None:
    assert list(indicators()) == list(extracted())
    assert Counter("X" if code.startswith("X") else "T" for code in indicators()) == {"T": 84, "X": 6}
    for code, leaf in indicators().items():
        row = extracted()[code]
        assert leaf["title"]["zh"] == row["title"], code
        assert leaf["measure"] == row["measure"], code
        assert leaf["method"]["kind"] == row["method"], code
        assert leaf["accumulation"] == (row["accumulation"] or "flow"), code
        assert leaf.get("scope", "unit") == row["scope"], code
        assert leaf["parent"] == (code.split("-")[0] if code.startswith("T") else "S8"), code
        assert leaf["source"] and leaf["title"]["en"], code


def test_weights_of_siblings_sum_to_100_or_are_left_out() -> None:
    by_parent: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in [*nodes().values(), *indicators().values()]:
        if "parent" in item:
            by_parent[item["parent"]].append(item)
    for parent, children in by_parent.items():
        given = [child for child in children if "weight" in child]
        assert len(given) in (0, len(children)), parent
        for group in plan()["classes"]:
            total = sum(child.get("weight_by_class", {}).get(group, child["weight"]) for child in given)
            assert not given or total == 100, (parent, group)


def test_milestone_weights_sum_to_100_and_the_first_stage_is_due_when_first_asked() -> None:
    for code, leaf in indicators().items():
        if leaf["method"]["kind"] == "milestones":
            stages = leaf["method"]["stages"]
            assert sum(stage["weight"] for stage in stages) == 100, code
            assert min(stage["due"] for stage in stages) <= int(asked_in(leaf)[0][-1]), code
            assert max(stage["due"] for stage in stages) <= int(asked_in(leaf)[-1][-1]), code


def test_every_body_of_the_notice_is_mapped_and_marked_as_an_example() -> None:
    named = {body for task in notice().values() for body in (*task["lead"], *task["partners"])}
    assert named == set(bodies())
    for row in rows(PLAN / "bodies.csv"):
        known = units() if row["target_kind"] == "unit" else plan()["classes"]
        assert row["target_code"] in known and "示例" in row["note"], row
    assert {body: bodies()[body] for body in GROUPS} == {body: ("class", group) for body, group in GROUPS.items()}


@pytest.mark.parametrize("code", sorted(code for code in extracted() if code.startswith("T")))
def test_exactly_the_extracted_reporters_are_asked(code: str) -> None:
    """LEAD, AFF and DEP are single units in assignments.csv with their role; SOC and LOC are whole classes."""
    task, roles = notice()[code.split("-")[0]], set(extracted()[code]["reported_by"].split())
    lead = {bodies()[body][1] for body in task["lead"]} if "LEAD" in roles else set()
    partners: set[str] = set()
    for body in task["partners"]:
        kind, target = bodies()[body]
        group = target if kind == "class" else "affiliate" if body == PARTY_COMMITTEE else units()[target]
        if ("AFF" in roles and group == "affiliate") or ("DEP" in roles and group == "dept"):
            partners |= {target} if kind == "unit" else {unit for unit, own in units().items() if own == target}
    assert single_rows(code, "lead") == lead
    assert single_rows(code, "partner") == partners - lead
    whole = {group for role, group in (("SOC", "society"), ("LOC", "city")) if role in roles}
    assert set(indicators()[code]["assigned_to"]) & {"society", "city", "dept", "affiliate"} == whole


def test_headquarters_indicators_are_asked_of_no_society_local_or_basic_association() -> None:
    headquarters = [code for code, leaf in indicators().items() if leaf.get("scope") == "hq"]
    assert len(headquarters) == 16
    for code in headquarters:
        assert {units()[unit] for unit in reporters(code)} <= {"dept", "affiliate"}, code


def test_local_associations_are_absent_from_tasks_14_and_15() -> None:
    for code in ("T14", "T15"):
        assert "地方科协" not in nodes()[code]["partners"]
    for code in (code for code in indicators() if code[:3] in ("T14", "T15")):
        assert "city" not in {units()[unit] for unit in reporters(code)}, code


def test_groups_of_departments_and_affiliates_are_expanded() -> None:
    for code in ("T29-1", "T29-2"):
        wanted = {unit for unit, group in units().items() if group in ("dept", "affiliate")}
        assert single_rows(code, "lead") | single_rows(code, "partner") == wanted, code


def test_basic_associations_have_an_example_subset() -> None:
    for group in ("university", "enterprise", "institute"):
        own = [code for code, leaf in indicators().items() if group in leaf["assigned_to"] and code.startswith("T")]
        assert 8 <= len(own) <= 12, group


def test_cross_cutting_indicators_are_asked_of_every_class() -> None:
    for code in (code for code in indicators() if code.startswith("X")):
        assert set(indicators()[code]["assigned_to"]) == set(plan()["classes"]), code


def test_lateness_costs_points_in_one_place_only() -> None:
    assert set(indicators()["X-1"]["method"]["per_case"]) == {"late_day", "not_reported"}
    assert not {"late", "not_reported"} & set(plan()["adjustments"])


def load() -> Counter[tuple[str, str]]:
    cells: Counter[tuple[str, str]] = Counter()
    for code, leaf in indicators().items():
        if leaf.get("owner", "unit") == "unit":
            cells.update((unit, quarter) for quarter, asked in assigned()[code].items() for unit in asked)
    return cells


def test_no_unit_is_asked_for_more_than_15_indicators_in_a_quarter() -> None:
    assert plan()["limits"]["cells_per_unit"] == 15
    assert {cell: count for cell, count in load().items() if count > 15} == {}


def test_every_unit_has_something_to_report_in_every_quarter() -> None:
    wanted = {(unit, f"2023Q{number}") for unit in units() for number in (1, 2, 3, 4)}
    assert wanted - set(load()) == set()


def test_every_target_that_a_method_needs_is_given_and_positive() -> None:
    given = {(r["indicator_code"], r["class_code"], r["name"]): float(r["value"]) for r in rows(PLAN / "targets.csv")}
    assert all(float(row["value"]) > 0 and "示例" in row["note"] for row in rows(PLAN / "targets.csv"))
    for code, leaf in indicators().items():
        kind = leaf["method"]["kind"]
        names = {"attainment": ["target"], "growth": ["target", "baseline"]}.get(kind, [])
        for group in {units()[unit] for unit in reporters(code)}:
            assert all((code, group, name) in given for name in names), (code, group)


def test_every_row_points_at_something_that_exists_and_no_row_is_twice() -> None:
    for row in rows(PLAN / "assignments.csv"):
        assert row["indicator_code"] in indicators() and row["unit_code"] in units(), row
        assert row["role"] in ("lead", "partner"), row
    keys = [(r["indicator_code"], r["unit_code"], r["period"]) for r in rows(PLAN / "assignments.csv")]
    assert len(keys) == len(set(keys))
    targets = rows(PLAN / "targets.csv")
    for row in targets:
        assert row["indicator_code"] in indicators(), row
        assert bool(row["unit_code"]) != bool(row["class_code"]), row
    keys_of_targets = [(r["indicator_code"], r["unit_code"], r["class_code"], r["name"]) for r in targets]
    assert len(keys_of_targets) == len(set(keys_of_targets))


def test_units_per_class() -> None:
    codes = [row["unit_code"] for row in rows(PLAN / "units.csv")]
    assert len(codes) == len(set(codes))
    counts = Counter(units().values())
    assert set(counts) == set(plan()["classes"])
    assert counts["city"] == 17
    assert (counts["dept"], counts["affiliate"]) == (10, 14)
    assert counts["society"] >= 30
    assert (counts["university"], counts["enterprise"], counts["institute"]) == (12, 8, 6)
    real = {"city"}
    assert all("示例" in row["note"] for row in rows(PLAN / "units.csv") if row["class_code"] not in real)


def test_local_associations_bear_their_real_names() -> None:
    cities = (
        "武汉市 黄石市 十堰市 宜昌市 襄阳市 鄂州市 荆门市 孝感市 荆州市 黄冈市 咸宁市 随州市 恩施州 "
        "仙桃市 潜江市 天门市 神农架林区"
    )
    found = [row for row in rows(PLAN / "units.csv") if row["class_code"] == "city"]
    assert [row["name"] for row in found] == [f"{city}科协" for city in cities.split()]
    full = [row["aliases"].split("|")[0] for row in found]
    assert full[0] == "武汉市科学技术协会" and full[12] == "恩施土家族苗族自治州科学技术协会"


def test_holidays_fall_as_the_state_council_announced() -> None:
    """Days off per year by its notices, and make-up days only on Saturdays and Sundays."""
    days = {date.fromisoformat(row["date"]): row["kind"] for row in rows(PLAN / "holidays.csv")}
    assert len(days) == len(rows(PLAN / "holidays.csv"))
    assert all(day.weekday() >= 5 for day, kind in days.items() if kind == "workday")
    off = Counter((day.year, kind) for day, kind in days.items())
    assert off == {(2023, "holiday"): 26, (2023, "workday"): 7, (2024, "holiday"): 28, (2024, "workday"): 8}


@pytest.mark.parametrize(("first", "due"), [("2023-04-01", "2023-04-17"), ("2023-07-01", "2023-07-14")])
def test_ten_working_days_after_the_quarter(first: str, due: str) -> None:
    days = {date.fromisoformat(row["date"]): row["kind"] for row in rows(PLAN / "holidays.csv")}
    day, left = date.fromisoformat(first), plan()["calendar"]["due"]["working_days_after_period"]
    while True:
        left -= days.get(day, "holiday" if day.weekday() >= 5 else "workday") == "workday"
        if left == 0:
            break
        day = date.fromordinal(day.toordinal() + 1)
    assert day == date.fromisoformat(due)


def test_what_the_notice_does_not_give_is_marked_as_an_example() -> None:
    text = (PLAN / "plan.yaml").read_text(encoding="utf-8")
    assert "示例" in plan()["note"]["zh"]
    for line in text.splitlines():
        if line.strip().startswith(("weight:", "weight_by_class:")):
            assert "# 示例" in line, line
