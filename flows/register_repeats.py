"""Entries of the register that look like a correction written without the number of what they correct."""

from collections.abc import Iterable, Iterator

import polars as pl

ITEM_ALIKE = ("unit_code", "indicator_code", "period", "happened_on", "kind", "rater", "title", "document_no")
ADJUSTMENT_ALIKE = ("unit_code", "period", "kind", "code", "reason", "document_no")


def repeats(new: pl.DataFrame, stored: pl.DataFrame, number: str, alike: Iterable[str], lang: str) -> Iterator[str]:
    """Yield a sentence for each new entry that is like a recorded one but for its count, mark or points.

    Both would count. ``number``: the column of their numbers. A recorded entry that the workbook repeats is meant, and
    one that was withdrawn counts no more.
    """
    columns = list(alike)
    fresh = new.join(stored, on=number, how="anti").filter(pl.col("state") == "valid")
    before = stored.join(new, on=number, how="anti").filter(pl.col("state") == "valid")
    same = fresh.join(before.select(number, *columns), on=columns, nulls_equal=True, suffix="_before")
    for row in same.sort(number).iter_rows(named=True):
        entry, earlier, own = f"{row['unit_code']} {row['period']} {row['kind']}", row[f"{number}_before"], row[number]
        if lang == "zh":
            said = f"与已登记的 {earlier} 相同,只是数值不同,两条都会计入。"
            yield f"{entry}:{said}如为更正,请在编号列写 {earlier} 后重新录入,并撤销 {own}。"
        else:
            said = f"like {earlier}, which is recorded, but for its number; both count."
            yield f"{entry}: {said} To correct it, write {earlier} as its number, withdraw {own}, and take it in again."
