"""The small tables that documents share: order, lights, points out of full marks, gains, what a unit may see."""

from dataclasses import replace
from io import BytesIO

import polars as pl
import pytest
from xlsxwriter import Workbook

from schemas.plan import Lights
from scorecards.audience import others_seen, shown_statistics
from scorecards.edition import Edition
from scorecards.gains import nearest_gains
from scorecards.lights import LIGHTS, light_of
from scorecards.numbers import fixed, plain
from scorecards.sheet_styles import Styles, legend
from scorecards.statistics import class_means, class_statistics
from scorecards.typeset import typeset


@pytest.mark.parametrize(
    ("score", "reason", "indicator", "light"),
    [
        (90.0, None, True, "green"), (89.99, None, True, "yellow"), (60.0, None, True, "yellow"),
        (59.99, None, True, "red"), (0.0, "nil", True, "red"), (None, "not_reported", True, "unknown"),
        (100.0, "imputed", True, "unknown"), (95.0, "imputed", False, "green"), (None, "not_applicable", True, "none"),
        (None, "not_due", True, "none"), (None, None, False, "unknown"),
    ],
)  # fmt: skip
def test_unknown_is_never_green(score: float | None, reason: str | None, indicator: bool, light: str) -> None:
    schema = {"score": pl.Float64, "reason_code": pl.String, "is_indicator": pl.Boolean}
    row = pl.DataFrame([(score, reason, indicator)], schema=schema, orient="row")
    assert row.select(light=light_of(Lights()))["light"].to_list() == [light]


def test_every_light_has_a_shape_and_a_word_of_its_own() -> None:
    for field in ("shape", "zh", "en"):
        assert len({getattr(light, field) for light in LIGHTS.values()}) == len(LIGHTS)


def test_where_the_lowest_is_best_numbers_and_legend_turn_too(example: Edition) -> None:
    file = example.plan.file.model_copy(update={"lights": Lights(green=10, yellow=40)})
    edition = replace(example, plan=replace(example.plan, file=file))
    assert legend(edition).split("　")[:3] == ["● 绿 正常 ≤10", "▲ 黄 预警 10–40", "■ 红 滞后 >40"]
    assert Styles(Workbook(BytesIO()), edition).lit == '[<=10.0]"● "0.0;[<=40.0]"▲ "0.0;"■ "0.0'
    assert legend(example).startswith("● 绿 正常 ≥90　▲ 黄 预警 60–90　■ 红 滞后 <60")


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [(80.845, 2, "80.85"), (0.125, 2, "0.13"), (1234567.0, 0, "1,234,567"), (-0.001, 2, "0.00"), (None, 2, "—")],
)
def test_numbers_are_decimal_half_up(number: float | None, places: int, text: str) -> None:
    assert fixed(number, places) == text


def test_plain_numbers_carry_no_empty_decimals() -> None:
    assert [plain(x) for x in (30000000.0, 12.5, 0.0, 100.0)] == ["30,000,000", "12.5", "0", "100"]


def test_points_are_score_times_effective_weight_of_full_marks(example: Edition) -> None:
    wuhan = example.cells_of["HB-WH"]
    rows = {r["node_code"]: (r["points"], r["full"]) for r in wuhan.iter_rows(named=True)}
    assert rows["T09-1"] == (pytest.approx(16.2), pytest.approx(18.0))
    assert rows["S2"] == (pytest.approx(19.7333333), 40.0)


def test_rows_stand_in_reading_order(example: Edition) -> None:
    codes = ["ROOT", "S1", "T07-1", "T09-1", "S2", "T18-1", "T22-1", "T99-1"]
    assert example.cells_of["HB-WH"]["node_code"].to_list() == codes


def test_ranking_puts_the_unranked_last_and_says_the_change(big: tuple[Edition, Edition], example: Edition) -> None:
    assert example.ranking["unit_code"].to_list() == ["HB-WH", "HB-JZ", "HB-XH-001"]
    row = big[1].ranking.row(0, named=True)
    before = big[0].results.filter(pl.col("unit_code") == row["unit_code"])["rank"].item()
    assert row["change"] == before - row["rank"]


def test_gains_name_what_a_clamped_section_hides(example: Edition) -> None:
    """S1 stands at 100 already: raising T09-1 from 90 gains nothing. T18-1 lacks 2/3 of 16 points, T22-1 80 % of 12."""
    gains = nearest_gains(example, "HB-WH")
    assert [(g.node_code, round(g.points, 2), g.exact) for g in gains] == [("T18-1", 10.67, True), ("T22-1", 9.6, True)]
    assert [(g.node_code, g.points) for g in nearest_gains(example, "HB-JZ")] == [("T07-1", 70.0), ("T09-1", 30.0)]
    assert nearest_gains(example, "HB-XH-001") == []


def test_statistics_of_a_class(example: Edition) -> None:
    city, society = class_statistics(example)
    assert (city.units, city.ranked, city.mean, city.best, city.first) == (2, 2, 39.865, 79.73, ("HB-WH",))
    assert city.grades == {"C": 1, "D": 1}
    assert (society.units, society.ranked, society.mean, society.first) == (1, 0, None, ())
    assert class_means(example)["city", "S1"] == 50.0


def test_a_unit_sees_itself_and_no_class_too_small_to_hide_in(example: Edition, big: tuple[Edition, Edition]) -> None:
    assert shown_statistics(example) == {}
    assert len(shown_statistics(big[1])) == 7
    assert others_seen(big[1], "U010").is_empty()


def test_the_plan_may_show_ranks_or_totals_of_the_others(example: Edition) -> None:
    from schemas.plan import Editions

    def seeing(what: str) -> pl.DataFrame:
        file = example.plan.file.model_copy(update={"editions": Editions(unit_sees=what)})  # type: ignore[arg-type]
        return others_seen(replace(example, plan=replace(example.plan, file=file)), "HB-WH")

    assert seeing("ranks")["total"].to_list() == [None, None]
    assert seeing("totals")["total"].to_list() == [79.73, 0.0]


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("体系,助力(示例):一", "体系，助力（示例）：一"),
        ("智慧科协2.0", "智慧科协2.0"),
        ("a, b (c)", "a, b (c)"),
        ("方案(2023年)", "方案（2023年）"),
    ],
)
def test_chinese_punctuation_is_printed_full_width(given: str, printed: str) -> None:
    assert typeset(given) == printed
    assert typeset(given, "en") == given
