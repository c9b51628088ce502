"""Signs that a reported cell deserves a second look: data on each sign, and one function that finds it in whole tables.

A sign is no proof of anything: it decides where reviewers look first, and says why.
"""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from intake.evidence import BETWEEN
from intake.form import answer_kind
from schemas.folder import Plan

CELL = ("unit_code", "indicator_code", "part")
LEAST = 10
"""Numbers below it coincide, and are round, by chance."""
HISTORY = 3
"""Earlier values from which a median and a usual deviation can be told; with fewer, only a jump."""
SPREADS = 6.0
"""How many usual deviations from its own median make an outlier; the deviation is at least a tenth of the median."""
JUMP = 3.0
"""How many times the last value, or how small a part of it, is a jump."""
ROUND_SHARE = 0.5
ROUND_COUNT = 3
"""A unit is asked about its round numbers where at least so many, and this share of its numbers, are round."""
DIGITS = 3
"""Significant digits from which an equal value at two units is looked at."""
ALIKE_COUNT, ALIKE_SHARE, ALIKE_BOUND = 4, 0.5, 20
"""So many numbers and this share of a report, equal to another unit's, are too many; what more units have is common."""
TEXT_LENGTH = 10
"""Characters from which an equal remark is more than a phrase."""
COMMON_SHARE = 0.2
COMMON_COUNT = 5
"""What more than this share of the units, and more than so many, have alike came from one source, such as a notice."""
NAMED = 3


@dataclass(frozen=True)
class Sign:
    """One sign: its points of risk unless the plan says otherwise, and its words."""

    points: float
    zh: str
    en: str


SIGNS: dict[str, Sign] = {
    "evidence_used_twice": Sign(3.0, "佐证多单位共用", "evidence shared by units"),
    "evidence_claimed_before": Sign(2.0, "佐证以前用过", "evidence claimed before"),
    "evidence_reused": Sign(1.0, "佐证重复用于多项指标", "evidence for several indicators"),
    "outlier": Sign(2.0, "偏离自身历史", "outlier of its own history"),
    "identical_text": Sign(2.0, "文字雷同", "identical text"),
    "identical_value": Sign(2.0, "数值雷同", "identical value"),
    "round_numbers": Sign(1.0, "整十整百数偏多", "many round numbers"),
}
FOUND = {**dict.fromkeys(CELL, pl.String), "sign": pl.String, "zh": pl.String, "en": pl.String}
Finder = Callable[[Plan, pl.DataFrame, pl.DataFrame], pl.DataFrame]


def risk_signs(
    plan: Plan, cells: pl.DataFrame, earlier: pl.DataFrame | None = None, shared_files: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return every sign found: unit_code, indicator_code, part, sign, and in words (zh, en) what was seen.

    ``cells``: one period's measurements that count. ``earlier``: those of earlier periods. ``shared_files``: evidence
    files of equal content at several units: unit_code, indicator_code, file_name, others (codes joined by |).
    Sorted by cell and sign.
    """
    now = _prepared(plan, cells)
    past = _prepared(plan, cells.clear() if earlier is None else earlier)
    found = [find(plan, now, past) for find in FINDERS]
    if shared_files is not None and not shared_files.is_empty():
        found.append(_shared_files(plan, now, shared_files))
    rows = pl.concat([f.select(pl.col(n).cast(t) for n, t in FOUND.items()) for f in found])
    return rows.unique([*CELL, "sign"], keep="first", maintain_order=True).sort(*CELL, "sign")


def _prepared(plan: Plan, cells: pl.DataFrame) -> pl.DataFrame:
    """Add ``number`` (what was counted), ``level`` (what history is compared by) and the unit's name."""
    kinds = {code: answer_kind(leaf) for code, leaf in plan.leaves.items()}
    names = dict(plan.units.select("unit_code", "name").iter_rows())
    kind = pl.col("indicator_code").replace_strict(kinds, default="yes_no", return_dtype=pl.String)
    rate = pl.when(pl.col("denominator") > 0).then(pl.col("numerator") / pl.col("denominator") * 100)
    return (
        cells.filter(pl.col("status") == "reported")
        .with_columns(kind=kind, part=pl.col("part").fill_null(""))
        .with_columns(
            number=pl.when(pl.col("kind") == "number").then("value").when(pl.col("kind") == "ratio").then("numerator"),
            level=pl.when(pl.col("kind") == "number").then("value").when(pl.col("kind") == "ratio").then(rate),
            name=pl.col("unit_code").replace_strict(names, default=pl.col("unit_code"), return_dtype=pl.String),
        )
    )


def _text(number: str) -> pl.Expr:
    """Return a number as people write it."""
    return pl.col(number).round(2).cast(pl.String).str.strip_suffix(".0")


def _plain(text: str) -> pl.Expr:
    """Return a text for comparison: normal width, no spaces, lower case."""
    return pl.col(text).str.normalize("NFKC").str.replace_all(r"[\s\u200b\ufeff]+", "").str.to_lowercase()


def _found(rows: pl.DataFrame, sign: str, zh: pl.Expr, en: pl.Expr) -> pl.DataFrame:
    return rows.select(*CELL, sign=pl.lit(sign), zh=zh, en=en)


def outliers(plan: Plan, now: pl.DataFrame, past: pl.DataFrame) -> pl.DataFrame:
    """Find values far from what the unit itself reported before; year-to-date values grow and are left out."""
    growing = [i.code for i in plan.indicators if i.accumulation == "flow" and i.reported == "year_to_date"]
    past = past.filter(pl.col("level").is_not_null()).sort("period")
    usual = past.with_columns(middle=pl.col("level").median().over(CELL)).group_by(CELL).agg(
        pl.col("middle").first(), last=pl.col("level").last(), count=pl.len(),
        usual=(pl.col("level") - pl.col("middle")).abs().median(),
    )  # fmt: skip
    rows = now.filter(pl.col("level").is_not_null() & ~pl.col("indicator_code").is_in(growing)).join(usual, on=CELL)
    spread = pl.max_horizontal("usual", pl.col("middle").abs() * 0.1, pl.lit(1e-9))
    far = (pl.col("count") >= HISTORY) & ((pl.col("level") - pl.col("middle")).abs() > SPREADS * spread)
    high, low = pl.max_horizontal("level", "last"), pl.min_horizontal("level", "last")
    jump = (pl.col("count") < HISTORY) & (high >= LEAST) & (high > JUMP * low)
    known = rows.filter(far | jump).with_columns(jump=pl.col("count") < HISTORY)
    value, middle, last = _text("level"), _text("middle"), _text("last")
    return _found(
        known, "outlier",
        pl.when("jump").then(pl.format("本期{},上期{}", value, last))
        .otherwise(pl.format("本期{},以往{}期中位数{}", value, "count", middle)),
        pl.when("jump").then(pl.format("{} now, {} last time", value, last))
        .otherwise(pl.format("{} now, median of {} earlier periods {}", value, "count", middle)),
    )  # fmt: skip


def round_numbers(plan: Plan, now: pl.DataFrame, past: pl.DataFrame) -> pl.DataFrame:
    """Find the round numbers (tens below 100, then two significant digits at most) of units that report many of them.

    By chance one number in ten is round, or fewer.
    """
    rows = now.filter(pl.col("number") >= LEAST).with_columns(digits=_significant("number"))
    rows = rows.with_columns(round=pl.col("digits") <= pl.when(pl.col("number") < 100).then(1).otherwise(2))
    rows = rows.with_columns(count=pl.len().over("unit_code"), rounded=pl.col("round").sum().over("unit_code"))
    many = rows.filter("round", pl.col("rounded") >= pl.max_horizontal(ROUND_COUNT, pl.col("count") * ROUND_SHARE))
    number = _text("number")
    return _found(
        many, "round_numbers",
        pl.format("填报{};该单位{}个数中{}个是整十整百数", number, "count", "rounded"),
        pl.format("{} reported; {} of the unit's {} numbers are round", number, "rounded", "count"),
    )  # fmt: skip


def _significant(number: str) -> pl.Expr:
    """Return the significant digits of a positive number, to six decimals: 1200 and 0.12 have two."""
    scaled = (pl.col(number) * 1e6).round().clip(0, 9e18).cast(pl.Int64).cast(pl.String)
    return scaled.str.strip_chars_end("0").str.len_chars()


def identical_values(plan: Plan, now: pl.DataFrame, past: pl.DataFrame) -> pl.DataFrame:
    """Find values of three and more significant digits that more units report alike than chance explains.

    Of n units with values of d significant digits, n / (9·10^(d−1)) share a given one by chance; three deviations more
    and one are still taken for chance. Round targets that everyone just meets have fewer digits.
    """
    rows = now.filter(pl.col("number") >= LEAST).with_columns(digits=_significant("number"))
    chance = pl.len().over("indicator_code", "part") / (9.0 * pl.lit(10.0).pow(pl.col("digits") - 1))
    rows = rows.with_columns(chance=chance).filter(pl.col("digits") >= DIGITS)
    same = ["indicator_code", "part", "number"]
    alike = _alike(rows, same, "name").filter(pl.col("units") > pl.col("chance") + 3 * pl.col("chance").sqrt() + 1)
    number = _text("number")
    return _found(
        alike, "identical_value", pl.format("填报{},与{}相同", number, "others"),
        pl.format("{} reported, the same as {}", number, "others"),
    )  # fmt: skip


def identical_reports(plan: Plan, now: pl.DataFrame, past: pl.DataFrame) -> pl.DataFrame:
    """Find numbers that a unit shares with another one with which it shares many: as if one had copied from the other.

    Many are ``ALIKE_COUNT`` and ``ALIKE_SHARE`` of the shorter report. Values that a fifth of the units, or more than
    ``ALIKE_BOUND`` of them, report are left out: targets that everyone just meets, and small numbers in large classes.
    """
    same = ["indicator_code", "part", "number"]
    rows = now.filter(pl.col("number") >= LEAST).select(*CELL, "number", "name")
    bound = max(COMMON_COUNT, min(ALIKE_BOUND, int(COMMON_SHARE * now["unit_code"].n_unique())))
    rare = rows.filter(pl.len().over(same).is_between(2, bound))
    others = rare.select(*same, other="unit_code", others="name")
    pairs = rare.join(others, on=same).filter(pl.col("unit_code") != pl.col("other"))
    numbers = rows.group_by("unit_code").agg(numbers=pl.len())
    counts = pairs.group_by("unit_code", "other").agg(alike=pl.len())
    counts = counts.join(numbers, on="unit_code").join(numbers, left_on="other", right_on="unit_code", suffix="_other")
    shorter = pl.min_horizontal("numbers", "numbers_other")
    many = counts.filter(pl.col("alike") >= pl.max_horizontal(ALIKE_COUNT, shorter * ALIKE_SHARE))
    found = pairs.join(many.select("unit_code", "other", "alike"), on=["unit_code", "other"])
    found = found.sort("alike", "other", descending=[True, False]).unique(CELL, keep="first", maintain_order=True)
    number = _text("number")
    return _found(
        found, "identical_value", pl.format("填报{},与{}共有{}个数相同", number, "others", "alike"),
        pl.format("{} reported; {} reports {} numbers alike", number, "others", "alike"),
    )  # fmt: skip


def identical_texts(plan: Plan, now: pl.DataFrame, past: pl.DataFrame) -> pl.DataFrame:
    """Find remarks that several units give word by word; what a fifth of the units say was handed out to them."""
    rows = now.with_columns(plain=_plain("note")).filter(pl.col("plain").str.len_chars() >= TEXT_LENGTH)
    alike = _uncommon(_alike(rows, ["indicator_code", "plain"], "name"), now)
    short = pl.col("note").str.slice(0, 20)
    return _found(
        alike, "identical_text", pl.format("备注“{}”与{}相同", short, "others"),
        pl.format("remark '{}' is the same as that of {}", short, "others"),
    )  # fmt: skip


def evidence_used_twice(plan: Plan, now: pl.DataFrame, past: pl.DataFrame) -> pl.DataFrame:
    """Find evidence that several units name; what a fifth of the units name is a common document."""
    alike = _uncommon(_alike(_documents(now), ["document"], "name"), now)
    return _found(
        alike, "evidence_used_twice", pl.format("佐证“{}”也被{}使用", "named", "others"),
        pl.format("evidence '{}' is also used by {}", "named", "others"),
    )  # fmt: skip


def evidence_reused(plan: Plan, now: pl.DataFrame, past: pl.DataFrame) -> pl.DataFrame:
    """Find evidence that a unit names for several of its indicators."""
    alike = _alike(_documents(now), ["unit_code", "document"], "indicator_code")
    return _found(
        alike, "evidence_reused", pl.format("佐证“{}”也用于{}", "named", "others"),
        pl.format("evidence '{}' also serves {}", "named", "others"),
    )  # fmt: skip


def evidence_claimed_before(plan: Plan, now: pl.DataFrame, past: pl.DataFrame) -> pl.DataFrame:
    """Find evidence of an earlier period, claimed again: by another unit, or by the same one for what adds up."""
    flows = [i.code for i in plan.indicators if i.accumulation == "flow"]
    before = _documents(past).select("document", "period", then="unit_code", before="name")
    rows = _documents(now).join(before.sort("period", "then"), on="document", suffix="_then", maintain_order="left")
    again = rows.filter((pl.col("then") != pl.col("unit_code")) | pl.col("indicator_code").is_in(flows))
    again = again.unique([*CELL, "document"], keep="first", maintain_order=True)
    return _found(
        again, "evidence_claimed_before", pl.format("佐证“{}”{}已由{}用过", "named", "period_then", "before"),
        pl.format("evidence '{}' was claimed in {} by {}", "named", "period_then", "before"),
    )  # fmt: skip


def _shared_files(plan: Plan, now: pl.DataFrame, shared: pl.DataFrame) -> pl.DataFrame:
    names = dict(plan.units.select("unit_code", "name").iter_rows())
    units = pl.col("others").str.split("|").list.eval(pl.element().replace(names)).list.head(NAMED).list.join("、")
    rows = now.join(shared.with_columns(others=units).select(*CELL[:2], "file_name", "others"), on=CELL[:2])
    return _found(
        rows, "evidence_used_twice", pl.format("佐证文件“{}”与{}报送的内容相同", "file_name", "others"),
        pl.format("evidence file '{}' has the same content as one of {}", "file_name", "others"),
    )  # fmt: skip


def _documents(rows: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each document that a cell names: long enough, with a digit in it."""
    cut = pl.col("evidence").str.replace_all(BETWEEN, "\n").str.split("\n")
    documents = rows.with_columns(named=cut).explode("named").with_columns(document=_plain("named"))
    documents = documents.filter(pl.col("document").str.contains(r"\d"), pl.col("document").str.len_chars() >= 6)
    return documents.unique([*CELL, "document"], keep="first", maintain_order=True)


def _alike(rows: pl.DataFrame, same: list[str], whose: str) -> pl.DataFrame:
    """Return the rows that agree in ``same`` with others: ``units`` (how many of them) and ``others`` in words."""
    groups = rows.group_by(same).agg(pl.col(whose).unique().sort().alias("every"))
    groups = groups.filter(pl.col("every").list.len() > 1)
    own = pl.concat_list(pl.col(whose))
    joined = rows.join(groups, on=same, maintain_order="left").with_columns(
        units=pl.col("every").list.len(), rest=pl.col("every").list.set_difference(own).list.sort()
    )
    more = pl.col("rest").list.len() > NAMED
    named = pl.col("rest").list.head(NAMED).list.join("、")
    return joined.with_columns(others=pl.when(more).then(named + "…").otherwise(named))


def _uncommon(alike: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    bound = max(COMMON_COUNT, COMMON_SHARE * now["unit_code"].n_unique())
    return alike.filter(pl.col("units") <= bound)


FINDERS: tuple[Finder, ...] = (
    outliers, round_numbers, identical_reports, identical_values, identical_texts, evidence_used_twice, evidence_reused,
    evidence_claimed_before,
)  # fmt: skip
