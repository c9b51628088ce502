"""Sheet 折算: the results on the scale and in the form of the parent organisation's assessment."""

from xlsxwriter.workbook import Workbook

from scorecards.edition import Edition
from scorecards.rulebook_words import conversion_rule
from scorecards.sheet_styles import Styles, height_for, set_up_page, write_title
from scorecards.typeset import typeset

WIDTHS = (8, 26, 36, 30, 10, 14, 12, 12)


def write_conversions(book: Workbook, edition: Edition, styles: Styles) -> None:
    """Write one row per unit and conversion, in order of class and rank; nothing where the plan converts nothing."""
    table = edition.converted
    if table is None or table.is_empty():
        return
    zh = edition.lang == "zh"
    sheet = book.add_worksheet("折算" if zh else "Conversion")
    set_up_page(sheet, edition)
    top = write_title(sheet, edition, styles, "折算为上级考核得分" if zh else "On the scale of the parent's assessment")
    heads = [edition.word(k) for k in ("rank", "class", "unit")]
    heads += ["考核指标", "满分", "考核得分", "等次", "折算得分"] if zh else [
        "Indicator", "Full marks", "Score", "Grade", "Mark",
    ]  # fmt: skip
    for column, (head, width) in enumerate(zip(heads, WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(top, column, head, styles.head)
    ranks = {r["unit_code"]: r for r in edition.ranking.iter_rows(named=True)}
    order = {unit: n for n, unit in enumerate(ranks)}
    rules = {c.code: c for c in edition.plan.file.conversions}
    places = {code: n for n, code in enumerate(rules)}
    rows = sorted(table.to_dicts(), key=lambda r: (places[r["conversion_code"]], order[r["unit_code"]]))
    for row, line in enumerate(rows, top + 1):
        unit, one = ranks[line["unit_code"]], rules[line["conversion_code"]]
        title = typeset(one.title.get(edition.lang), edition.lang)
        texts = [edition.class_title(unit["class_code"]), unit["name"], title]
        numbers = [unit["rank"], line["full_marks"], line["score"], line["mark"]]
        for column, text in zip((1, 2, 3, 6), [*texts, edition.grade_title(line["grade"])], strict=True):
            sheet.write_string(row, column, text, styles.text)
        for column, number in zip((0, 4, 5, 7), numbers, strict=True):
            form = styles.get(num_format="0." + "0" * one.places if column == 7 and one.places else "General")
            if number is None:
                sheet.write_string(row, column, "—", styles.centre)
            else:
                sheet.write_number(row, column, number, form)
        sheet.set_row(row, height_for(list(zip(texts, WIDTHS[1:4], strict=True))))
    sheet.freeze_panes(top + 1, 3)
    sheet.autofilter(top, 0, top + len(rows), len(heads) - 1)
    sheet.repeat_rows(top)
    for number, one in enumerate(edition.plan.file.conversions):
        of = edition.node_title(one.node) if one.node else edition.word("total")
        text = f"{typeset(one.title.get(edition.lang), edition.lang)}：{conversion_rule(one, of, edition)}"
        sheet.write_string(top + len(rows) + 2 + number, 0, text, styles.plain())
