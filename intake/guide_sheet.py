"""The first sheet of the unit workbook: how to fill it."""

from typing import Any

from intake.form import COLUMNS

_RULES = {
    "zh": (
        "1. 只填“填报表”中黄色单元格;灰色单元格无需填写,已锁定。",
        "2. 数字按“计量单位”填写,不带单位;不写“约50”“5-6”。",
        "3. 空白表示未报,不等于0。确为0请填0;本期确无发生,请在该行备注写“零报告”。",
        "4. 全部指标均无发生时,在表末“零报告”选“是”,其余留空。",
        "5. 覆盖率、达标率填分子和分母,系统计算比率。",
        "6. 标明“累计”的指标填年初至本期末的累计数,其余填本期新增。",
        "7. 佐证材料填文件名、文号或链接。",
        "8. 不要改动指标代码,不要增删列,不要改动本文件的隐藏表。",
        "9. 填好后原样发回本文件;有问题的文件会标出单元格和改法后退回。",
        "各列说明:",
    ),
    "en": (
        "1. Fill the yellow cells of the form only; grey cells are locked.",
        "2. Numbers are in the row's unit of measure, without the unit; no 'about 50', no '5-6'.",
        "3. Blank means not reported, not 0. Write 0 for zero; write 'nil' in the note where there was nothing.",
        "4. Where there is nothing at all to report, choose yes in the nil box below the rows.",
        "5. For rates fill numerator and denominator.",
        "6. Indicators marked year to date take the sum since 1 January; the others the period's own number.",
        "7. Evidence: file name, document number or link.",
        "8. Leave codes, columns and the hidden sheet as they are.",
        "9. Send this very file back; a file with problems returns with the cells marked and the remedy.",
        "Columns:",
    ),
}


def write_guide(sheet: Any, styles: Any, title: str, lang: str) -> None:
    """Write the instructions."""
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 80)
    sheet.merge_range(0, 0, 0, 1, title, styles.title)
    sheet.set_row(0, 30)
    for n, text in enumerate(_RULES[lang], 1):
        sheet.merge_range(n, 0, n, 1, text, styles.text)
        sheet.set_row(n, 20)
    for n, column in enumerate((c for c in COLUMNS if c.hint_zh), len(_RULES[lang]) + 1):
        sheet.write_string(n, 0, column.heading(lang), styles.label)
        sheet.write_string(n, 1, column.hint(lang), styles.text)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.protect()
