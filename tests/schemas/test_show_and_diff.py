"""What `kaohe plan show` and `kaohe plan diff` say."""

from pathlib import Path

import pytest

from schemas.diff import diff
from schemas.errors import UserError
from schemas.folder import load_plan
from schemas.show import defaults, show
from schemas.weights import effective_weights
from tests.schemas.folders import BASE, altered

PLANS = Path(__file__).parents[2] / "data" / "plans"
LANGS = ("zh", "en")


def test_the_tree_is_shown_with_weights_for_each_class() -> None:
    text = show(load_plan(PLANS / "example-2023"))
    city, society = text.split("类别 society")
    # T18-1 is 40 of S2's 40: 16 of the total; for societies S2 is 50, and T99-1's 30 leave the denominator: 50 x 40/70.
    assert "T18-1 科普资源“六进”实现项数    40   16.00  checklist items=[机关" in city
    assert "T18-1 科普资源“六进”实现项数    40   28.57  checklist items=[机关" in society
    assert "T99-1 投诉件数                  30       –  goalposts worst=20 best=0" in society
    assert "S2 科普                           50   50.00  missing=exclude min_coverage=0.5 min_count=1" in society


def test_one_class_in_english() -> None:
    text = show(load_plan(PLANS / "example-2023"), "city", "en")
    assert "Class city Local associations  (2 units)" in text
    assert "society" not in text
    assert "Training coverage" in text and "quarterly" in text


def test_defaults_in_force_are_shown_and_written_settings_are_not() -> None:
    plan = load_plan(PLANS / "example-2023")
    assert ("limits.smallest_relative_group", "3") in defaults(plan)
    assert "rank.ties" not in dict(defaults(plan))
    assert "  limits.smallest_relative_group: 3\n" in show(plan)


def test_an_unknown_class_is_told() -> None:
    with pytest.raises(UserError, match="No class 'town'"):
        show(load_plan(PLANS / "example-2023"), "town")


@pytest.mark.parametrize("class_code", load_plan(PLANS / "cast-2023").classes())
def test_effective_weights_of_the_leaves_add_up_to_the_whole(class_code: str) -> None:
    plan = load_plan(PLANS / "cast-2023")
    weights = effective_weights(plan, class_code)
    assert sum(w for code, w in weights.items() if code in plan.leaves) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("file", "change", "told"),
    [
        ("plan.yaml", "weight: 60 → weight: 55", "Changed node S1 weight: 60.0 → 55.0"),
        ("plan.yaml", "floor: 80 → floor: 75", "Changed grade B floor: 80.0 → 75.0"),
        ("plan.yaml", "[0, 105] → [0, 110]", "Changed plan total.clamp: 0.0, 105.0 → 0.0, 110.0"),
        ("plan.yaml", "code: S2, → code: S3,", "Removed node S2: 科普"),
        ("indicators.yaml", "cap: 120 → cap: 110", "Changed indicator A1 method.cap: 120.0 → 110.0"),
        ("indicators.yaml", "title: 投诉 → title: 投诉件数", "Indicator B3 is not comparable: title changed."),
        ("targets.csv", "target,80 → target,90", "Changed target A1 C1 2023 target value: 80 → 90"),
        ("targets.csv", "B3,,society,,worst,10⏎ → ", "Removed target B3 society worst: 10"),
        ("units.csv", "荆州市科协,city → 荆州市科协,society", "Changed unit C2 2023-01-01 class_code: city → society"),
        ("units.csv", "X4,示例学会四 → X5,示例学会五", "Added unit X5: 示例学会五, society"),
        ("assignments.csv", "lead → partner", "Changed assignment A1 C1 2023 role: lead → partner"),
        ("holidays.csv", "2023-04-05,holiday,清明节⏎ → ", "Removed holiday 2023-04-05: holiday"),
        ("bodies.csv", "unit,C1 → unit,C2", "Changed body 宣传部 target_code: C1 → C2"),
    ],
)
def test_a_change_is_named(file: str, change: str, told: str, tmp_path: Path) -> None:
    also = " && indicators.yaml: parent: S2 ⇒ parent: S3" if "code: S3" in change else ""
    changes = diff(load_plan(BASE), load_plan(altered(tmp_path, file, change + also)))
    assert told in [c.text("en") for c in changes]
    assert all(c.text("zh") for c in changes)


def test_nothing_changed_nothing_said() -> None:
    assert diff(load_plan(BASE), load_plan(BASE)) == []


def test_english_titles_may_be_added_without_breaking_comparison(tmp_path: Path) -> None:
    changed = altered(tmp_path, "indicators.yaml", "title: 投诉 → title: {zh: 投诉, en: Complaints}")
    assert [c.kind for c in diff(load_plan(BASE), load_plan(changed))] == ["changed"]


def test_what_came_or_went_is_named_in_the_language_asked_for(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    english = "title: 投诉 → title: {zh: 投诉, en: Complaints}"
    old = load_plan(altered(tmp_path / "old", "indicators.yaml", english))
    new = load_plan(altered(tmp_path, "indicators.yaml", "code: B3 → code: B8"))
    said = {lang: [c.text(lang) for c in diff(old, new) if c.code == "B3" and c.area == "indicator"] for lang in LANGS}
    assert said == {"zh": ["删除 指标 B3:投诉"], "en": ["Removed indicator B3: Complaints"]}
