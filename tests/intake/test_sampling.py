"""Signs of risk and the drawing of samples, in small tables."""

from typing import Any

import polars as pl
import pytest

from intake.risk_signs import SIGNS, risk_signs
from intake.sampling import draw_sample
from schemas.folder import Plan, load_plan
from schemas.plan import RiskSign, Sampling
from tests.intake.corpus import FOLDER

PLAN = load_plan(FOLDER / "plan")
NUMBERS = ("value", "numerator", "denominator")
COLUMNS = {**dict.fromkeys(("unit_code", "indicator_code", "period", "part", "status", "evidence", "note"), pl.String),
           **dict.fromkeys(NUMBERS, pl.Float64)}  # fmt: skip
NAMES = dict(PLAN.units.select("unit_code", "name").iter_rows())


def cells(table: str) -> pl.DataFrame:
    """A text table: unit | code | period | value, optionally part, numerator, denominator, evidence, note, status."""
    lines = [[c.strip() for c in line.split("|")] for line in table.strip().splitlines() if line.strip()]
    rows: list[dict[str, Any]] = []
    for line in lines[1:]:
        row: dict[str, Any] = dict(zip(lines[0], line, strict=True))
        row |= {n: float(row[n]) if row.get(n) else None for n in NUMBERS}
        row |= {"unit_code": row["unit"], "indicator_code": row["code"], "period": row.get("period") or "2023Q4"}
        rows.append({"part": "", "status": "reported", **{n: v or None for n, v in row.items() if n not in NUMBERS},
                     **{n: row[n] for n in NUMBERS}})  # fmt: skip
    return pl.DataFrame([{n: r.get(n) if n != "part" else r.get(n) or "" for n in COLUMNS} for r in rows], COLUMNS)


def signs(now: str, before: str = "unit|code|value\n", plan: Plan = PLAN) -> dict[str, list[str]]:
    found = risk_signs(plan, cells(now), cells(before))
    return {
        sign: sorted(f"{u} {c}" for u, c in found.filter(pl.col("sign") == sign)
                     .select("unit_code", "indicator_code").unique().iter_rows())
        for sign in found["sign"].unique().sort()
    }  # fmt: skip


PAST = """
    unit | code | period | value
    C-01 | A2   | 2023Q1 | 20
    C-01 | A2   | 2023Q2 | 22
    C-01 | A2   | 2023Q3 | 21
    C-02 | A2   | 2023Q3 | 15
    S-01 | A2   | 2023Q3 | 3
"""


@pytest.mark.parametrize(
    ("unit", "value", "flagged"),
    [
        ("C-01", 30, False),
        ("C-01", 73, True),
        ("C-01", 7, True),
        ("C-02", 31, False),
        ("C-02", 47, True),
        ("C-02", 4, True),
        ("S-01", 8, False),
        ("S-02", 999, False),
    ],
)
def test_an_outlier_is_far_from_the_units_own_history(unit: str, value: int, flagged: bool) -> None:
    """Six usual deviations from three values and more; a threefold jump where there are fewer; nothing without any."""
    found = signs(f"unit|code|value\n{unit}|A2|{value}", PAST)
    assert found == ({"outlier": [f"{unit} A2"]} if flagged else {})


def test_round_numbers_are_a_sign_where_a_unit_has_many_of_them() -> None:
    found = signs("""
        unit | code | value | numerator | denominator
        C-01 | A1   | 80    |           |
        C-01 | A2   | 1200  |           |
        C-01 | A3   |       | 150       | 200
        C-01 | A5   | 37    |           |
        C-02 | A1   | 81    |           |
        C-02 | A2   | 1200  |           |
        C-02 | A3   |       | 177       | 200
        S-01 | A1   | 8     |           |
    """)
    assert found == {"round_numbers": ["C-01 A1", "C-01 A2", "C-01 A3"]}


def test_the_same_odd_value_at_two_units_is_a_sign_but_not_a_round_or_a_small_one() -> None:
    found = signs("""
        unit | code | value
        C-01 | A1   | 1237
        C-02 | A1   | 1237
        S-01 | A1   | 1238
        C-01 | A2   | 5000
        C-02 | A2   | 5000
        C-01 | A4   | 47
        C-02 | A4   | 47
    """)
    assert found == {"identical_value": ["C-01 A1", "C-02 A1"]}


def test_a_report_that_is_half_anothers_is_a_sign() -> None:
    """Four equal small numbers of two units are; three are not, and neither is what everybody reports."""

    def report(unit: str, *values: int) -> str:
        return "".join(f"{unit}|{code}|{value}\n" for code, value in zip(("A1", "A2", "A4", "A5"), values, strict=True))

    def alike(*reports: str) -> dict[str, list[str]]:
        return signs("unit|code|value\n" + "".join(reports))

    found = alike(report("C-01", 17, 23, 31, 96), report("C-02", 17, 23, 31, 96), report("S-01", 17, 24, 32, 95))
    assert found == {"identical_value": [f"{u} {c}" for u in ("C-01", "C-02") for c in ("A1", "A2", "A4", "A5")]}
    assert alike(report("C-01", 17, 23, 31, 96), report("C-02", 17, 23, 31, 97)) == {}
    assert alike(*(report(f"U{n}", 17, 23, 31, 96) for n in range(6))) == {}


def test_what_many_units_share_by_chance_is_no_sign() -> None:
    """Of 900 units, several have the same three digits by chance; three with the same four are more than that."""

    def flagged(value: str) -> int:
        rows = [f"U{n:03}|A2|{101 + n}" for n in range(897)] + [f"V{n}|A2|{value}" for n in range(3)]
        return len(signs("unit|code|value\n" + "\n".join(rows)).get("identical_value", []))

    assert flagged("127") == 0
    assert flagged("127.3") == 3


def test_the_same_words_and_the_same_evidence() -> None:
    found = signs("""
        unit | code | value | note                          | evidence
        C-01 | A1   | 11    | 组织开展了形式多样的宣讲活动  | 江科协〔2023〕5号;照片 1.jpg
        C-02 | A1   | 12    | 组织开展了形式多样的 宣讲活动 | 山科协〔2023〕9号
        S-01 | A1   | 13    | 按计划完成                    | 江科协〔2023〕5号
        S-02 | A1   | 14    | 按计划完成                    | 无
        C-02 | A2   | 15    |                               | 山科协〔2023〕9号
    """)
    assert found == {
        "identical_text": ["C-01 A1", "C-02 A1"],
        "evidence_used_twice": ["C-01 A1", "S-01 A1"],
        "evidence_reused": ["C-02 A1", "C-02 A2"],
    }


def test_a_common_notice_is_no_sign() -> None:
    rows = "\n".join(f"U{n}|A1|{n}|省科协〔2023〕1号" for n in range(6))
    assert signs(f"unit|code|value|evidence\n{rows}") == {}


def test_evidence_of_an_earlier_period_is_a_sign_for_what_adds_up_and_for_other_units() -> None:
    stock = next(i.code for i in PLAN.indicators if i.accumulation == "stock" and i.method.kind == "attainment")
    flow = next(i.code for i in PLAN.indicators if i.accumulation == "flow")
    before = f"unit|code|period|value|evidence\nC-01|{flow}|2023Q1|5|a-2023-1.pdf\nC-01|{stock}|2023Q1|5|b-2023-2.pdf"
    now = (
        "unit|code|value|evidence\n"
        f"C-01|{flow}|6|a-2023-1.pdf\nC-01|{stock}|5|b-2023-2.pdf\nC-02|{stock}|7|B-2023-2.PDF"
    )
    found = signs(now, before)
    assert found["evidence_claimed_before"] == sorted([f"C-01 {flow}", f"C-02 {stock}"])


def test_every_sign_says_what_was_seen_in_both_languages() -> None:
    found = risk_signs(PLAN, cells("unit|code|value\nC-01|A2|1237\nC-02|A2|1237"), cells(PAST))
    said = {(r["unit_code"], r["sign"]): (r["zh"], r["en"]) for r in found.to_dicts()}
    assert said["C-01", "outlier"] == ("本期1237,以往3期中位数21", "1237 now, median of 3 earlier periods 21")
    zh, en = said["C-02", "identical_value"]
    assert zh == f"填报1237,与{NAMES['C-01']}相同" and en == f"1237 reported, the same as {NAMES['C-01']}"


def test_files_of_equal_content_are_evidence_used_twice() -> None:
    shared = pl.DataFrame(
        {"unit_code": ["C-01"], "indicator_code": ["A1"], "file_name": ["照片.jpg"], "others": ["C-02"]}
    )
    found = risk_signs(PLAN, cells("unit|code|value\nC-01|A1|5\nC-02|A1|6"), None, shared)
    assert found.select("unit_code", "sign", "zh").rows() == [
        ("C-01", "evidence_used_twice", f"佐证文件“照片.jpg”与{NAMES['C-02']}报送的内容相同")
    ]


# ── the drawing ──

MANY = cells(
    "unit|code|value\n" + "\n".join(f"U{n:02}|{c}|{n + 1}" for n in range(20) for c in ("A1", "A2", "A4", "A5"))
)
RISKS = pl.DataFrame(
    [("U03", "A1", "", "evidence_used_twice", "佐证共用", "shared"), ("U03", "A1", "", "outlier", "偏离", "far"),
     ("U05", "A2", "", "outlier", "偏离", "far"), ("U07", "A4", "", "round_numbers", "整百", "round")],
    schema=["unit_code", "indicator_code", "part", "sign", "zh", "en"], orient="row",
)  # fmt: skip


def with_rules(**rules: Any) -> Plan:
    from dataclasses import replace

    chosen = PLAN.file.intake.model_copy(update={"spot_checks": Sampling(**rules)})
    return replace(PLAN, file=PLAN.file.model_copy(update={"intake": chosen}))


def draw(share: float = 0.1, seed: str = "2023", **rules: Any) -> pl.DataFrame:
    return draw_sample(with_rules(**rules), MANY, RISKS, share=share, seed=seed)


def test_the_riskiest_cells_are_drawn_and_a_part_by_lot() -> None:
    found = draw()
    assert found.height == 8, "a tenth of 80"
    risky = found.filter(pl.col("drawn_by") == "risk")
    assert risky.select("unit_code", "points", "signs", "why_zh").rows() == [
        ("U03", 5.0, "evidence_used_twice|outlier", "佐证共用;偏离"), ("U05", 2.0, "outlier", "偏离"),
        ("U07", 1.0, "round_numbers", "整百"),
    ]  # fmt: skip
    assert found.filter(pl.col("drawn_by") == "random")["why_zh"].str.contains(r"^随机抽取\(77个中的第\d签\)").all()


def test_where_risks_abound_the_lot_keeps_its_part() -> None:
    everything = MANY.select(
        "unit_code", "indicator_code", "part", sign=pl.lit("outlier"), zh=pl.lit("z"), en=pl.lit("e")
    )
    found = draw_sample(with_rules(random=0.3), MANY, everything, share=0.25, seed="x")
    assert dict(found["drawn_by"].value_counts().iter_rows()) == {"risk": 14, "random": 6}
    assert found.filter(pl.col("drawn_by") == "random")["why_zh"].str.contains("另有:z").all()


def test_the_same_seed_draws_the_same_and_another_seed_another_lot() -> None:
    assert draw().equals(draw())
    shuffled = draw_sample(with_rules(), MANY.sample(fraction=1, shuffle=True, seed=1), RISKS, share=0.1, seed="2023")
    assert shuffled.equals(draw())
    assert not draw(seed="2024").equals(draw())


def test_nobody_can_feel_safe() -> None:
    """Over many seeds, every unit is drawn about equally often."""
    times = dict.fromkeys((f"U{n:02}" for n in range(20)), 0)
    for seed in range(100):
        for unit in draw_sample(PLAN, MANY, RISKS.clear(), share=0.1, seed=str(seed))["unit_code"]:
            times[unit] += 1
    assert sum(times.values()) == 800 and min(times.values()) > 15 and max(times.values()) < 70


def test_the_plan_sets_points_and_the_least_of_every_unit() -> None:
    found = draw(points={"round_numbers": 9.0, "outlier": 0.0})
    assert dict(found.filter(pl.col("drawn_by") == "risk").select("unit_code", "points").iter_rows()) == {
        "U07": 9.0, "U03": 3.0,
    }  # fmt: skip
    everyone = draw(at_least_per_unit=1)
    assert everyone["unit_code"].n_unique() == 20 and everyone.height >= 20


@pytest.mark.parametrize(("share", "height"), [(0.0001, 1), (0.1, 8), (0.105, 9), (1.0, 80)])
def test_the_share_is_rounded_up(share: float, height: int) -> None:
    assert draw(share).height == height


def test_nil_returns_are_claims_and_blanks_are_not() -> None:
    rows = cells("unit|code|value|status\nC-01|A1||nil\nC-01|A2||missing\nC-02|A1|5|reported")
    found = draw_sample(PLAN, rows, RISKS.clear(), share=1.0, seed="x")
    assert found.select("unit_code", "indicator_code").rows() == [("C-01", "A1"), ("C-02", "A1")]
    assert draw_sample(PLAN, rows.clear(), RISKS.clear(), share=1.0, seed="x").is_empty()


def test_the_plans_words_for_signs_are_these() -> None:
    assert set(RiskSign.__args__) == set(SIGNS)  # type: ignore[attr-defined]
