"""What a cell says: a number, yes or no, or blank; each repair is named, and what is not certain is refused."""

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_MULTIPLES = {"亿": 1e8, "万": 1e4, "千": 1e3, "百": 1e2}
_BLANK_MARKS = frozenset({"/", "\\", "-", "--", "—", "——", "–", "…", "*"})
_YES = frozenset(
    {
        "是",
        "有",
        "√",
        "✓",
        "✔",
        "☑",
        "y",
        "yes",
        "true",
        "1",
        "已完成",
        "完成",
        "已实现",
        "实现",
        "已开展",
        "达标",
        "对",
    }
)
_NO = frozenset(
    {"否", "无", "×", "✗", "✘", "☐", "x", "n", "no", "false", "0", "未完成", "没有", "未实现", "未开展", "未达标", "错"}
)
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_NUMBERS = re.compile(r"\d+(?:[.,]\d+)*")
_DATE = re.compile(r"\d{4}[-/.年]\d{1,2}(月|[-/.月]\d{1,2}日?)?|\d{1,2}月\d{1,2}日?")
_AND_MEASURE = re.compile(r"(?P<number>[+-]?[\d.,]+)(?P<multiple>[亿万千百])?(?P<measure>\D{0,12})")
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_APART = re.compile(r"\d\s+\d")
_SPACED = re.compile(r"[+-]?\d{1,3}(\s\d{3})+(\.\d+)?")
_ABOUT = re.compile(r"[约近余多超逾+><≥≤~?]|左右|上下|以上|以下|以内|大概|about", re.IGNORECASE)
_SPACE = re.compile(r"[\s\u200b\ufeff]+")
_NOTE_MARK = re.compile("[²³¹⁰-⁹₀-₉①-⓿❶-➓㉑-㉟㊱-㊿¼-¾⅐-ↈ]")
"""Footnote marks and fractions: normal width would make 1200① 12001."""
LARGEST = 1e15


@dataclass(frozen=True)
class Reading:
    """A number and the repairs that led to it; or a refusal; or neither, where the cell is blank."""

    value: float | None = None
    repairs: tuple[str, ...] = ()
    refusal: str | None = None
    expected: str = ""


BLANK = Reading()


def shown(value: float | None) -> str:
    """Return a number as people write it: no exponent, no superfluous zeros."""
    if value is None:
        return ""
    return f"{value:.0f}" if value == int(value) and abs(value) < LARGEST else f"{value:.10g}"


def raw_text(value: Any) -> str | None:
    """Return the text of a cell as it stood there; None for a blank one."""
    if value is None:
        return None
    if isinstance(value, dict):
        return str(value.get("date", ""))
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return shown(value) if math.isfinite(value) else str(value)
    text = str(value).strip()
    return text or None


def read_number(value: Any, measure: str = "", *, percent_cell: bool = False) -> Reading:
    """Read one number in its unit of measure. ``percent_cell``: the cell shows its number as a percentage."""
    if value is None:
        return BLANK
    if isinstance(value, bool):
        return Reading(refusal="number_expected", expected="50")
    if isinstance(value, dict):
        return Reading(refusal="date_for_number")
    if isinstance(value, int | float):
        return _from_number(float(value), measure, percent_cell)
    return _from_text(str(value), measure)


def _from_number(value: float, measure: str, percent_cell: bool) -> Reading:
    if not math.isfinite(value):
        return Reading(refusal="number_expected", expected="50")
    if abs(value) > LARGEST:
        return Reading(refusal="number_too_large")
    if not percent_cell:
        return Reading(value)
    if _is_percent(measure):
        return Reading(_clean(value * 100), ("read_percent",))
    return Reading(refusal="percent_unexpected", expected=measure)


def _from_text(original: str, measure: str) -> Reading:
    if _NOTE_MARK.search(original):
        return _refused(unicodedata.normalize("NFKC", _NOTE_MARK.sub("", original)).strip())
    normal = unicodedata.normalize("NFKC", original).replace("−", "-").strip()
    if _APART.search(normal) and not _SPACED.fullmatch(normal):
        return Reading(refusal="two_numbers")
    text = _SPACE.sub("", normal)
    if not text:
        return BLANK
    if text in _BLANK_MARKS:
        return Reading(repairs=("read_blank_mark",))
    if text.startswith("#") and text.rstrip("!?").upper() in _EXCEL_ERRORS:
        return Reading(refusal="excel_error")
    repairs = ("read_full_width",) if text != original.strip() else ()
    if _PLAIN.fullmatch(text):
        return _checked(float(text), repairs or ("read_text_number",))
    if _GROUPED.fullmatch(text):
        return _checked(float(text.replace(",", "")), (*repairs, "read_separators"))
    if text.endswith("%"):
        return _percent(text[:-1], measure, repairs)
    found = None if _ABOUT.search(text) else _AND_MEASURE.fullmatch(text)
    number = _number_in(found["number"]) if found else None
    if found and number is not None and not _DATE.fullmatch(text):
        return _with_measure(number, found["multiple"], found["measure"], measure, repairs)
    return _numeral(text, measure) or _refused(text)


_EXCEL_ERRORS = frozenset({"#DIV/0", "#N/A", "#NAME", "#NULL", "#NUM", "#REF", "#VALUE"})


def _number_in(text: str) -> float | None:
    if _PLAIN.fullmatch(text):
        return float(text)
    return float(text.replace(",", "")) if _GROUPED.fullmatch(text) else None


def _clean(value: float) -> float:
    """Undo binary noise of a scaling: 0.29 × 100 is 29, not 28.999999999999996."""
    return float(f"{value:.15g}")


def _checked(value: float, repairs: tuple[str, ...]) -> Reading:
    if not math.isfinite(value) or abs(value) > LARGEST:
        return Reading(refusal="number_too_large")
    return Reading(value, repairs)


def as_per_cent(value: Any) -> Any:
    """Return a number as the cell shows it that is formatted as a percentage: ``95%`` for 0.95."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{_clean(value * 100):.15g}%" if is_number else value


def normal_width(text: str) -> str:
    """Return the text with full-width digits, letters and signs in normal width."""
    return unicodedata.normalize("NFKC", text)


def _is_percent(measure: str) -> bool:
    return "%" in normal_width(measure)


def _percent(text: str, measure: str, repairs: tuple[str, ...]) -> Reading:
    number = _number_in(text)
    if number is None:
        return _refused(text + "%")
    if not _is_percent(measure):
        return Reading(refusal="percent_unexpected", expected=measure)
    return _checked(number, (*repairs, "read_percent"))


def _with_measure(number: float, multiple: str | None, found: str, measure: str, repairs: tuple[str, ...]) -> Reading:
    """Read ``1.2万人``: the multiple and the measure must fit the row's unit of measure."""
    base, own = _split_measure(measure)
    if found and not measure and not _NUMBERS.search(found):  # a count, with whatever is counted behind it
        return Reading(refusal="number_expected", expected=shown(number))
    if found and found not in _names_of(base):
        return Reading(refusal="other_measure" if not _NUMBERS.search(found) else "two_numbers", expected=measure)
    if not multiple and not found:
        return Reading(refusal="number_expected", expected=shown(number))
    scale = _MULTIPLES[multiple] if multiple else 1.0
    if own != 1 and not multiple and not found:
        return Reading(refusal="other_measure", expected=measure)
    value = _clean(number * scale / own)
    return _checked(value, (*repairs, "read_multiple" if scale != own else "read_measure"))


def in_measure(value: float, said: str, measure: str) -> Reading:
    """Read a bare number whose unit of measure stands elsewhere: in the heading, or in the row's own column."""
    if same_measure(said, measure):
        return Reading(value)
    base, scale = _split_measure(said)
    if "%" in base or _is_percent(measure):
        return Reading(refusal="percent_unexpected" if "%" in base else "other_measure", expected=measure)
    multiple = next((sign for sign, worth in _MULTIPLES.items() if worth == scale), None)
    return _with_measure(value, multiple, base, measure, ())


def same_measure(said: str, measure: str) -> bool:
    """Say whether two words are the same unit of measure."""
    return _PER_CENT.get(key_text(said), key_text(said)) == key_text(measure)


_PER_CENT = dict.fromkeys(("百分比", "百分数", "百分点", "percent", "percentage", "pct"), "%")


def is_measure(word: str, measure: str) -> bool:
    """Say whether a word is the unit of measure, a name like it, or a multiple of it: 万人次 where 人次 is asked."""
    return same_measure(word, measure) or _split_measure(word)[0] in _names_of(_split_measure(measure)[0])


def _split_measure(measure: str) -> tuple[str, float]:
    """Return the bare unit of measure and its multiple: 万人 is 10,000 of 人; 项(共6项) is 项."""
    bare = re.sub(r"[((].*?[))]", "", unicodedata.normalize("NFKC", measure)).strip()
    for sign, scale in _MULTIPLES.items():
        if bare.startswith(sign) and len(bare) > 1:
            return bare[1:], scale
    return bare, 1.0


def _names_of(base: str) -> set[str]:
    alike = {
        "次": {"场次", "次数", "件", "篇", "项", "个", "份"},
        "人次": {"人"},
        "人": {"名", "位"},
        "场": {"场次"},
        "家": {"个"},
    }
    return {base, *re.split(r"[/、]", base), *alike.get(base, set())} - {""}


def _numeral(text: str, measure: str) -> Reading | None:
    """Read 二十三 or 十场; None where it is no plain Chinese numeral below ten thousand."""
    base, own = _split_measure(measure)
    bare = next(
        (text.removesuffix(n) for n in sorted(_names_of(base), key=len, reverse=True) if text.endswith(n)), text
    )
    if own != 1 or not bare or not re.fullmatch(r"[零〇一二两三四五六七八九十百千]+", bare):
        return None
    total, digit = 0, 0
    places = {"十": 10, "百": 100, "千": 1000}
    last = 10_000
    for sign in bare:
        if sign in places:
            if places[sign] >= last:
                return None
            total, digit, last = total + (digit or 1) * places[sign], 0, places[sign]
        elif digit:
            return None
        else:
            digit = _DIGITS[sign]
    return Reading(float(total + digit), ("read_numeral",))


def _refused(text: str) -> Reading:
    numbers = _NUMBERS.findall(text)
    if _DATE.fullmatch(text):
        return Reading(refusal="date_for_number")
    if len(numbers) > 1:
        return Reading(refusal="two_numbers")
    example = numbers[0].replace(",", "") if numbers and _PLAIN.fullmatch(numbers[0]) else "50"
    return Reading(refusal="number_expected", expected=example)


def read_yes_no(value: Any) -> Reading:
    """Read yes (1) or no (0) in any of the ways people write it."""
    if value is None:
        return BLANK
    if isinstance(value, dict):
        return Reading(refusal="yes_no_expected")
    if isinstance(value, bool | int | float):
        return Reading(float(value)) if value in (0, 1) else Reading(refusal="yes_no_expected")
    text = _SPACE.sub("", unicodedata.normalize("NFKC", str(value))).lower()
    if not text:
        return BLANK
    if text in _BLANK_MARKS:
        return Reading(repairs=("read_blank_mark",))
    if as_number(text) in (0.0, 1.0):  # 1.0, as tables of numbers are written
        return Reading(as_number(text))
    for words, number in ((_YES, 1.0), (_NO, 0.0)):
        if text in words:
            usual = text in ("是", "否", "yes", "no", "1", "0")
            return Reading(number, () if usual else ("read_word",))
    return Reading(refusal="yes_no_expected")


def is_yes(value: Any) -> bool:
    """Say whether a box is ticked."""
    return read_yes_no(value).value == 1.0


def key_text(value: Any) -> str:
    """Return a heading, code or name for comparison: normal width, no spaces, lower case."""
    if isinstance(value, str):
        return _short_key(value) if len(value) <= _SHORT else _key(value)
    return _key(raw_text(value) or "")


def _key(text: str) -> str:
    return _SPACE.sub("", unicodedata.normalize("NFKC", text.strip())).lower()


def as_number(value: Any) -> float | None:
    """Return what a spreadsheet program takes a code for: 100000 for ``1E5``, 1.1 for ``1.10``; None for no number."""
    if isinstance(value, int | float):
        return None if isinstance(value, bool) else float(value)
    text = key_text(value)
    return float(text) if _PLAIN.fullmatch(text) else None


_SHORT = 100
_short_key = lru_cache(maxsize=10_000)(_key)
"""A form's codes, titles and words are the same in file after file."""
