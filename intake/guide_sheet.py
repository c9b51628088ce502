"""The first sheet of the unit workbook: how to fill it."""

import math
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
        "7. 佐证材料填文件名、文号或链接;文件放入与本文件同名的 .evidence 文件夹或 zip,以指标代码开头命名,一并报送。",
        "8. 不要改动指标代码,不要增删列,不要改动本文件的隐藏表。",
        "9. 填好后原样发回本文件;有问题的文件会标出单元格和改法后退回。",
        "10. 右侧三列随填随算:分值、预估得分、空白失分;仅供参考,以考核办计分为准。",
        "各列说明:",
    ),
    "en": (
        "1. Fill the yellow cells of the form only; grey cells are locked.",
        "2. Numbers are in the row's unit of measure, without the unit; no 'about 50', no '5-6'.",
        "3. Blank means not reported, not 0. Write 0 for zero; write 'nil' in the note where there was nothing.",
        "4. Where there is nothing at all to report, choose yes in the nil box below the rows.",
        "5. For rates fill numerator and denominator.",
        "6. Indicators marked year to date take the sum since 1 January; the others the period's own number.",
        "7. Evidence: file name, document number or link; files go into a folder NAME.evidence or a zip beside it.",
        "8. Leave codes, columns and the hidden sheet as they are.",
        "9. Send this very file back; a file with problems returns with the cells marked and the remedy.",
        "10. Three columns follow as you type: points, provisional score, cost of a blank; the office's score counts.",
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
        wide = sum(1 + (ord(c) > 0x2E7F) for c in text)
        sheet.set_row(n, 6 + 14 * math.ceil(wide / 98))
    for n, column in enumerate((c for c in COLUMNS if c.hint_zh), len(_RULES[lang]) + 1):
        sheet.write_string(n, 0, column.heading(lang), styles.label)
        sheet.write_string(n, 1, column.hint(lang), styles.text)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.protect()
