"""The list of problems as a sheet of the workbook that goes back to the unit."""

from collections.abc import Mapping, Sequence
from typing import Any

from intake.report import Row

_HEADS = {
    "zh": ("序号", "级别", "工作表", "单元格", "指标", "填报内容", "应为", "问题和改法", "代码"),
    "en": ("No.", "Severity", "Sheet", "Cell", "Indicator", "Found", "Expected", "Problem and remedy", "Code"),
}
_WIDTHS = (5, 7, 10, 8, 10, 16, 16, 70, 24)
_LEVELS = {"zh": {"error": "错误", "warning": "提示"}, "en": {"error": "error", "warning": "warning"}}


def write_problems(
    sheet: Any, styles: Any, problems: Sequence[Row], places: Mapping[tuple[str, str, str], str], title: str, lang: str
) -> None:
    """Write one row per problem. ``places``: link target of indicator, part and column in the form beside it."""
    sheet.merge_range(0, 0, 0, len(_WIDTHS) - 1, title, styles.title)
    sheet.set_row(0, 30)
    for n, (head, width) in enumerate(zip(_HEADS[lang], _WIDTHS, strict=True)):
        sheet.set_column(n, n, width)
        sheet.write_string(2, n, head, styles.head)
    errors = sum(p["severity"] == "error" for p in problems)
    zh = f"{errors}处错误,{len(problems) - errors}处提示。错误改正后请重新报送本文件;提示请核对。"
    en = f"{errors} errors, {len(problems) - errors} warnings. Correct the errors and send this file again."
    sheet.merge_range(1, 0, 1, len(_WIDTHS) - 1, zh if lang == "zh" else en, styles.legend)
    for at, problem in enumerate(problems, 3):
        message = problem["message_zh" if lang == "zh" else "message_en"]
        words = (
            _LEVELS[lang][problem["severity"]], problem["sheet"], problem["cell"], problem["indicator_code"],
            problem["value"], problem["expected"], message, problem["code"],
        )  # fmt: skip
        sheet.set_row(at, 16.0 * (1 + len(message) // 38))
        sheet.write_number(at, 0, at - 2, styles.text)
        for n, word in enumerate(words, 1):
            sheet.write_string(at, n, word or "", styles.plain_mark(problem["severity"]) if n == 1 else styles.text)
        target = places.get((problem["indicator_code"], problem["part"] or "", problem["field"] or "value"))
        if target:
            sheet.write_url(at, 3, f"internal:{target}", styles.link, problem["cell"] or target.rpartition("!")[2])
    sheet.freeze_panes(3, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(2)
