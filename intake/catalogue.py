"""Every check of intake: stable code, layer, severity, wording with remedy. Data; the guide is written from it.

Wordings may name {value}, {expected}, {column}, {title} (the indicator with its part) and {unit}. A plan changes
severities under ``intake: checks:``.
"""

# ruff: noqa: E501  -- wordings stand on one line each

import sys
from dataclasses import dataclass
from typing import Literal

from schemas.folder import Plan

Layer = Literal["file", "structure", "row", "across_rows", "across_periods"]
LAYERS: dict[Layer, tuple[str, str]] = {
    "file": ("文件", "file"),
    "structure": ("结构", "structure"),
    "row": ("单元格", "row"),
    "across_rows": ("行间", "across rows"),
    "across_periods": ("跨期、跨单位", "across periods and units"),
}


@dataclass(frozen=True)
class Check:
    """One check. ``severity``: error returns the file, warning does not, off is silent until the plan asks for it."""

    code: str
    layer: Layer
    severity: Literal["error", "warning", "off"]
    zh: str
    en: str


_F: Layer = "file"
_S: Layer = "structure"
_R: Layer = "row"
_A: Layer = "across_rows"
_P: Layer = "across_periods"

_ALL = (
    # ── the file ──
    Check("empty_file", _F, "error", "文件是空的。请重新保存后再报送。", "The file is empty. Save it again and send it."),
    Check("file_too_big", _F, "error", "文件过大({value})。请删除多余内容,佐证材料另附。",
          "The file is too large ({value}). Remove what is not needed; send evidence beside it."),
    Check("unreadable_file", _F, "error", "文件无法读取({value})。请用原模板重新填写并另存为 .xlsx。",
          "The file cannot be read ({value}). Fill the template again and save it as .xlsx."),
    Check("encrypted_file", _F, "error", "文件设有打开密码。请取消密码后再报送。", "The file is encrypted. Remove the password and send it again."),
    Check("archive_bomb", _F, "error", "文件解压后异常庞大({value}),已拒收。请用原模板重新填写。",
          "Unpacked, the file is abnormally large ({value}); refused. Fill the template again."),
    Check("too_many_cells", _F, "error", "表格范围异常({value})。请删除远处的多余单元格,或用原模板重新填写。",
          "The table is abnormally large ({value}). Delete stray cells far out, or fill the template again."),
    Check("entities_found", _F, "error", "文件含外部实体声明({value}),已拒收。请用原模板重新填写。",
          "The file declares entities ({value}); refused. Fill the template again."),
    Check("macros_found", _F, "error", "文件含宏。请另存为不含宏的 .xlsx 再报送。", "The file holds macros. Save it as .xlsx without macros."),
    Check("parser_gave_up", _F, "error", "读取文件超出限制({value}),已中止。请用原模板重新填写。",
          "Reading the file exceeded the limits ({value}). Fill the template again."),
    Check("foreign_file", _F, "error", "这不是填报表({value})。请使用下发的填报工作簿,或有“单位代码、考核周期、指标代码、本期填报值”各列的 CSV、JSON、Parquet 文件。",
          "This is no form ({value}). Use the workbook that was sent out, or CSV, JSON or Parquet with the columns unit_code, "
          "period, indicator_code and value."),
    Check("packed_files", _F, "error", "这是压缩包({value}),不是填报表。请解压后收取其中的填报表;佐证材料的压缩包须与填报表同名,放在一起。",
          "This is an archive ({value}), no form. Unpack it and take in the forms in it; a zip of evidence has the form's name and lies beside it."),
    Check("foreign_register", _F, "error", "这不是台账工作簿({value})。请用 kaohe item --write 写出的工作簿填写,不要改动标题行。",
          "This is no register workbook ({value}). Fill the one that kaohe item --write makes; leave its headings as they are."),
    Check("foreign_review", _F, "error", "这不是核验表({value})。请用 kaohe review write 写出的工作簿填写,不要改动标题行。",
          "This is no review workbook ({value}). Fill the one that kaohe review write makes; leave its headings as they are."),
    Check("form_book", _F, "error", "这是单位填报表,不用这个命令收取。请运行 kaohe ingest {value}。",
          "This is a unit's form. Take it in with kaohe ingest {value}."),
    Check("review_book", _F, "error", "这是核验表,不是填报表或台账。填好核验结论后请运行 kaohe review take {value}。",
          "This is a review workbook. Once the verdicts are filled in, run kaohe review take {value}."),
    Check("register_book", _F, "error", "这是考核办的台账工作簿,不是填报表或核验表。请运行 kaohe item {value}。",
          "This is a register workbook of the office. Take it in with kaohe item {value}."),
    Check("plan_book", _F, "error", "这是考核方案工作簿。请运行 kaohe plan check {value} 检查,再用 kaohe plan convert 转成方案文件夹。",
          "This is a plan workbook. Run kaohe plan check {value}, then kaohe plan convert to make a plan folder of it."),
    Check("result_book", _F, "error", "这是系统生成的结果文件(排名表、成绩单或变动说明),其中的得分不是填报值。请报送填好的填报工作簿。",
          "This is a result that Kaohe wrote (ranking, scorecard or diff); scores are no reported values. Send the filled form."),
    Check("external_links", _F, "warning", "文件含指向其他工作簿的链接;未打开链接,采用文件中保存的值。",
          "The file links to other workbooks; the links were not followed, the stored values are used."),
    Check("old_format", _F, "warning", "旧版 .xls 格式,已读取;无法识别公式单元格和百分比格式(显示为95%的单元格读作0.95)。请核对,并尽量另存为 .xlsx。",
          "Old .xls format, read; formula cells and percentage formats cannot be told (a cell that shows 95% reads 0.95). Check it, and prefer .xlsx."),
    Check("text_encoding", _F, "warning", "文件不是 UTF-8 编码,已按 GB18030/UTF-16 读取。请核对中文。",
          "The file is not UTF-8; read as GB18030/UTF-16. Check the Chinese text."),
    Check("quote_open", _F, "error", "从第{value}行起,有一个引号(\")没有配对,其后的内容无法分行。请补上或删去这个引号再报送。",
          "From line {value} on, a quotation mark (\") lacks its second one, so the rows after it cannot be told apart. Add or delete it."),
    Check("evidence_refused", _F, "error", "佐证材料“{value}”无法使用({expected})。请重新打包或改用文件夹,去掉密码,再一并报送。",
          "The evidence '{value}' cannot be used ({expected}). Pack it again without a password, or send a folder."),
    Check("evidence_unlinked", _F, "warning", "佐证文件“{value}”没有对应的指标,已存档。请以指标代码作文件名开头,或在“佐证材料”列写明文件名。",
          "Evidence '{value}' belongs to no indicator; it is kept. Begin its name with the indicator's code, or name it in the form."),
    # ── its structure ──
    Check("meta_edited", _S, "error", "隐藏的模板信息(单位、周期、版本、行号)已被改动或损坏。请用下发的原模板重新填写。",
          "The hidden facts of the template (unit, period, version, rows) were changed or damaged. Fill the original template."),
    Check("column_missing", _S, "error", "缺少列“{value}”。请恢复模板的列,或补上这一列。", "Column '{value}' is missing. Restore the template's columns."),
    Check("column_ignored", _S, "warning", "不认识的列“{value}”,未读取。", "Unknown column '{value}', not read."),
    Check("column_unclear", _S, "error", "列“{value}”是“{expected}”的一列,但看不出填的是什么。请把填报值一列的标题写成指标代码(有分项的写“代码/分项”),删去其他列。",
          "Column '{value}' belongs to '{expected}', but what it holds cannot be told. Head the reported values with the indicator's code (CODE/part where "
          "there are parts) and delete other columns."),
    Check("column_twice", _S, "error", "有不止一列可作“{expected}”(另一列标题是“{value}”),数值不一致,分不清以哪一列为准。请只保留一列。",
          "More than one column may be '{expected}' (another is headed '{value}'), and they differ. Keep one."),
    Check("heading_renamed", _S, "warning", "列标题“{value}”按“{expected}”读取。", "Heading '{value}' was read as '{expected}'."),
    Check("wrong_plan", _S, "error", "该文件属于考核方案“{value}”,不是“{expected}”。请使用本方案的模板。",
          "The file belongs to plan '{value}', not '{expected}'. Use this plan's template."),
    Check("older_plan", _S, "warning", "该文件由本方案的另一版本生成;已按现行版本检查。", "The file was made from another version of the plan; checked against the present one."),
    Check("older_template", _S, "warning", "该文件是旧版模板({value}),已读取;现行版本为{expected}。",
          "The file is an older template ({value}), read; the present one is {expected}."),
    Check("unknown_unit", _S, "error", "不认识的单位“{value}”。请填写方案中的单位代码或全称。{expected}",
          "Unknown unit '{value}'. Write a unit code or name of the plan. {expected}"),
    Check("unit_by_alias", _S, "warning", "单位“{value}”按“{expected}”读取。", "Unit '{value}' was read as '{expected}'."),
    Check("unit_from_above", _S, "warning", "单位一栏空白,按上方合并的单元格读作“{expected}”。", "The unit is blank; taken from above as '{expected}'."),
    Check("unit_contradicted", _S, "error", "单位代码属于“{expected}”,单位名称却是“{value}”。请核对是哪个单位。",
          "The unit code is that of '{expected}', but the unit's name says '{value}'. Check which unit it is."),
    Check("unit_mismatch", _S, "error", "表内单位是“{value}”,而该文件是为“{expected}”生成的。请使用本单位的模板。",
          "The sheet says unit '{value}', but the file was made for '{expected}'. Use your own unit's template."),
    Check("unknown_period", _S, "error", "不认识的考核周期“{value}”。应为{expected}。", "Unknown period '{value}'. Expected {expected}."),
    Check("period_mismatch", _S, "error", "表内周期是“{value}”,而该文件是为“{expected}”生成的。请使用当期模板。",
          "The sheet says period '{value}', but the file was made for '{expected}'. Use this period's template."),
    Check("other_period", _S, "error", "该文件的周期是{value},现在收的是{expected}。请使用当期模板。",
          "The file is for {value}; {expected} is being collected. Use this period's template."),
    Check("nothing_asked", _S, "error", "本期没有要求单位“{value}”填报任何指标。请与考核办核对。", "Nothing is asked of unit '{value}' in this period. Ask the office."),
    Check("unit_merged", _S, "error", "本单位的有效期到{value}为止,由“{expected}”承接,本期由后者填报。请转告承接单位;如单位名录有误,请与考核办核对。",
          "This unit is valid until {value}; its successor '{expected}' reports in this period. Ask the successor to; where the registry is wrong, ask the office."),
    Check("unit_closed", _S, "error", "本单位的有效期到{value}为止,本期不再填报。如单位名录有误,请与考核办核对。",
          "This unit is valid until {value} and no longer reports. Where the registry is wrong, ask the office."),
    Check("unit_not_yet", _S, "error", "本单位自{value}起参加考核,本期不填报。如单位名录有误,请与考核办核对。",
          "This unit takes part from {value} on and does not report in this period. Where the registry is wrong, ask the office."),
    Check("no_rows", _S, "error", "表中没有任何指标行。请使用原模板填写。", "There are no indicator rows. Fill the template."),
    Check("other_sheet", _S, "warning", "工作表“{value}”未读取,只读取填报表。", "Sheet '{value}' was not read; only the form is."),
    Check("second_form", _S, "error", "工作表“{value}”也填有指标值,与“{expected}”不同,分不清以哪张为准。请删去不用的一张;另一单位的表请另存为一个文件。",
          "Sheet '{value}' holds indicator values too, other than those of '{expected}'; which counts cannot be told. Delete one; send another unit's form as a "
          "file of its own."),
    Check("too_many_problems", _S, "error", "问题过多,只列出前{expected}个(共{value}个)。", "Too many problems; the first {expected} of {value} are listed."),
    # ── one row ──
    Check("unknown_indicator", _R, "error", "不认识的指标代码“{value}”。{expected}", "Unknown indicator code '{value}'. {expected}"),
    Check("code_by_title", _R, "warning", "缺少指标代码,按指标名称读作“{expected}”。", "No indicator code; read by its title as '{expected}'."),
    Check("row_shifted", _R, "error", "这一行有{value}格,标题只有{expected}格,各列已错位,未读取。数字中的千位逗号请去掉,或给含逗号的格加上引号。",
          "This row has {value} cells under {expected} headings, so its columns are shifted; it was not read. Take separators out of numbers, or put "
          "cells that hold the delimiter into quotation marks."),
    Check("code_rewritten", _R, "warning", "指标代码“{value}”像是被表格软件改写的,读作“{expected}”。请把代码列的格式设为“文本”。",
          "Indicator code '{value}' looks rewritten by a spreadsheet program; read as '{expected}'. Set the column's format to Text."),
    Check("code_unclear", _R, "error", "指标代码“{value}”可能是{expected}:表格软件会去掉代码开头或末尾的0。请把代码列的格式设为“文本”后重填代码。",
          "Indicator code '{value}' may be any of {expected}: spreadsheet programs drop zeros. Set the column's format to Text and write the code again."),
    Check("title_mismatch", _R, "error", "指标代码“{value}”与指标名称“{expected}”不是同一个指标,这一行可能错位。请核对,并恢复模板中的代码和名称。",
          "Code '{value}' and title '{expected}' are two different indicators; the row may be shifted. Check it, and restore the template's code and title."),
    Check("indicator_not_asked", _R, "error", "“{title}”本期不由该单位填报。请清空这一行。", "'{title}' is not asked of this unit in this period. Clear the row."),
    Check("part_unknown", _R, "error", "“{title}”没有分项“{value}”。应为{expected}。", "'{title}' has no part '{value}'. Expected {expected}."),
    Check("part_missing", _R, "error", "“{title}”须按分项填报({expected})。", "'{title}' is reported by parts ({expected})."),
    Check("number_expected", _R, "error", "{column}“{value}”不是数字。请填写数字,例如 {expected}。", "{column} '{value}' is no number. Write a number, such as {expected}."),
    Check("two_numbers", _R, "error", "{column}“{value}”不止一个数字。请只填一个数字。", "{column} '{value}' holds more than one number. Write one."),
    Check("date_for_number", _R, "error", "{column}“{value}”是日期。请填写数字(先把单元格格式改为“常规”)。",
          "{column} '{value}' is a date. Write a number (set the cell's format to General first)."),
    Check("other_measure", _R, "error", "{column}“{value}”的单位与计量单位“{expected}”不符。请换算后只填数字。",
          "{column} '{value}' is in another unit of measure than '{expected}'. Convert it and write the number only."),
    Check("percent_unexpected", _R, "error", "{column}“{value}”是百分数,而计量单位是“{expected}”。请填写数量。",
          "{column} '{value}' is a percentage, but the unit of measure is '{expected}'. Write the quantity."),
    Check("yes_no_expected", _R, "error", "{column}“{value}”应为“是”或“否”。", "{column} '{value}' should be yes or no."),
    Check("ratio_expected", _R, "error", "“{title}”请填写分子和分母,不能只填比率“{value}”。", "'{title}' takes numerator and denominator, not the rate '{value}' alone."),
    Check("excel_error", _R, "error", "{column}是公式错误“{value}”。请改填数字。", "{column} is the formula error '{value}'. Write the number."),
    Check("number_too_large", _R, "error", "{column}“{value}”超出可能范围。请核对位数。", "{column} '{value}' is beyond any possible size. Check the digits."),
    Check("negative_not_allowed", _R, "error", "{column}“{value}”不能为负数。请核对。", "{column} '{value}' cannot be negative. Check it."),
    Check("whole_number_expected", _R, "error", "{column}“{value}”应为整数。", "{column} '{value}' should be a whole number."),
    Check("out_of_range", _R, "error", "{column}“{value}”超出范围,应在{expected}。", "{column} '{value}' is out of range; expected {expected}."),
    Check("denominator_zero", _R, "error", "“{title}”的分母为0。请填写实际分母;确无对象的,在备注写“零报告”并清空分子分母。",
          "The denominator of '{title}' is 0. Write the true one; where there is nothing to count, clear both and write 'nil' in the note."),
    Check("numerator_above_denominator", _R, "error", "“{title}”的分子{value}大于分母{expected}。请核对。",
          "The numerator of '{title}', {value}, is above the denominator {expected}. Check both."),
    Check("half_a_ratio", _R, "error", "“{title}”的分子、分母只填了一个。请补齐。", "Only one of numerator and denominator of '{title}' is given. Fill both."),
    Check("self_score_out_of_range", _R, "warning", "自评分“{value}”应在0到100之间,未采用。", "Self-assessed score '{value}' should lie between 0 and 100; not used."),
    Check("missing_value", _R, "warning", "“{title}”未填报,按缺报处理。确为0请填0,确无发生请在备注写“零报告”。",
          "'{title}' is blank and counts as not reported. Write 0 for zero, 'nil' in the note where there was nothing."),
    Check("nil_not_allowed", _R, "warning", "“{title}”不适用零报告,按规则处理。请填写实际情况。", "'{title}' does not allow a nil return. Report what is the case."),
    Check("nil_with_value", _R, "error", "“{title}”写了零报告,却填有“{value}”。请二选一。", "'{title}' says nil but holds '{value}'. Keep one of the two."),
    Check("status_with_value", _R, "error", "“{title}”写的是“{expected}”,却填有“{value}”。请二选一。",
          "'{title}' says '{expected}' but holds '{value}'. Keep one of the two."),
    Check("not_applicable_claimed", _R, "warning", "“{title}”写了不适用;不适用须由考核办在任务分解中批准,暂按缺报处理。",
          "'{title}' says not applicable; that is granted by the office only. Counted as not reported for now."),
    Check("evidence_missing", _R, "warning", "“{title}”须附佐证材料。请在“佐证材料”列填写文件名或文号。", "'{title}' needs evidence. Name a file or document number."),
    Check("evidence_file_missing", _R, "off", "“{title}”须随表报送佐证文件。请放入与填报文件同名的 .evidence 文件夹或 zip。",
          "'{title}' needs a file of evidence. Put it into a folder NAME.evidence or a zip NAME.zip beside the form."),
    Check("evidence_not_received", _R, "warning", "“{title}”列出的佐证文件“{value}”没有随表收到。请补充,或更正文件名。",
          "The evidence file '{value}' named for '{title}' did not come with the form. Add it, or correct its name."),
    Check("share_suspected", _R, "warning", "“{title}”计量单位为%,填报值为{value}。是否想填{expected}?", "'{title}' is in %, the value is {value}. Was {expected} meant?"),
    Check("formula_value", _R, "warning", "{column}是公式,采用了文件中保存的结果“{value}”。请核对。", "{column} is a formula; its stored result '{value}' is used. Check it."),
    Check("formula_not_calculated", _R, "error", "{column}是公式但没有结果。请填写数字。", "{column} is a formula without a result. Write the number."),
    Check("read_full_width", _R, "warning", "{column}“{value}”含全角或多余字符,读作{expected}。", "{column} '{value}' holds full-width or stray characters; read as {expected}."),
    Check("read_separators", _R, "warning", "{column}“{value}”含千位分隔符,读作{expected}。", "{column} '{value}' has thousands separators; read as {expected}."),
    Check("read_multiple", _R, "warning", "{column}“{value}”按计量单位读作{expected}。", "{column} '{value}' was read as {expected} in the row's unit of measure."),
    Check("read_measure", _R, "warning", "{column}“{value}”带有计量单位,读作{expected}。", "{column} '{value}' names its unit of measure; read as {expected}."),
    Check("read_percent", _R, "warning", "{column}“{value}”读作百分数{expected}。", "{column} '{value}' was read as {expected} per cent."),
    Check("read_text_number", _R, "off", "{column}是文本格式的数字,读作{expected}。", "{column} is a number kept as text; read as {expected}."),
    Check("read_numeral", _R, "warning", "{column}“{value}”是中文数字,读作{expected}。", "{column} '{value}' is a Chinese numeral; read as {expected}."),
    Check("read_word", _R, "off", "{column}“{value}”读作{expected}。", "{column} '{value}' was read as {expected}."),
    Check("read_blank_mark", _R, "warning", "{column}“{value}”按空白处理。", "{column} '{value}' was taken as blank."),
    Check("rate_differs", _R, "warning", "“{title}”填有比率{value},与分子、分母算得的{expected}不符;以分子、分母为准。请核对。",
          "'{title}' has the rate {value}, but numerator and denominator give {expected}, which counts. Check them."),
    Check("read_ratio", _R, "warning", "“{value}”读作分子和分母 {expected}。", "'{value}' was read as numerator and denominator {expected}."),
    Check("read_merged", _R, "warning", "合并单元格:指标代码取自上方,读作“{expected}”。", "Merged cells: the indicator code was taken from above, '{expected}'."),
    # ── one row of a register or of a review ──
    Check("entry_missing", _R, "error", "{column}未填。请补填。", "{column} is blank. Fill it in."),
    Check("date_expected", _R, "error", "{column}“{value}”不是日期。请写成 {expected}。", "{column} '{value}' is no date. Write it as {expected}."),
    Check("choice_expected", _R, "error", "{column}“{value}”不在可选范围。应为{expected}。", "{column} '{value}' is not one of {expected}."),
    Check("item_not_taken", _R, "error", "指标“{value}”由单位填报,不取自台账。请核对指标。", "Indicator '{value}' is reported by the units, not taken from the register."),
    Check("document_missing", _R, "warning", "加分没有文号,不予计分。请补填依据文件。", "A bonus without a document does not count. Name the document."),
    Check("entry_twice", _R, "error", "编号或内容“{value}”重复。请只保留一行。", "'{value}' stands here twice. Keep one row."),
    Check("verdict_with_value", _R, "error", "只有“调整”才填核定值,这里填有{value}。", "Only an adjustment takes a value that counts; found {value}."),
    Check("verdict_wrong_column", _R, "error", "“{title}”不用{column},这里填有{value}。比率填核定分子和分母,其他填核定值。",
          "'{title}' takes no {column}; found {value}. A rate takes numerator and denominator, all else the value."),
    Check("verdict_without_report", _R, "error", "该单位本期没有计入的“{title}”填报,不能核验。请核对单位、指标、分项和周期。",
          "No report of '{title}' counts for this unit and period, so there is nothing to verify. Check unit, indicator, part and period."),
    Check("reported_anew", _R, "error", "“{title}”在写出核验表之后改报为{expected}(表中是{value})。请重新写出核验表再核验。",
          "'{title}' was reported anew since this workbook was written: {expected}, not {value}. Write the workbook again."),
    # ── across rows ──
    Check("nothing_filled", _A, "error", "表中没有填写任何内容。请填写;本期确无发生的,在表末“零报告”选“是”。",
          "Nothing is filled in. Fill the form; where there was nothing at all to report, choose yes in the nil box."),
    Check("duplicate_row", _A, "error", "“{title}”填报了不止一次。请只保留一行。", "'{title}' is reported more than once. Keep one row."),
    Check("indicator_left_out", _A, "warning", "表中缺少本期应填的“{title}”,按缺报处理。", "'{title}' is asked but not in the table; counted as not reported."),
    Check("nil_return_with_values", _A, "error", "选了零报告,却填有{value}个值。请二选一。", "The nil box is ticked, yet {value} values are given. Keep one of the two."),
    Check("parts_blank", _A, "warning", "“{title}”有分项空白({value}),整个指标将按缺报处理。没有的请填0或选“否”。",
          "Parts of '{title}' are blank ({value}), so all of it counts as not reported. Write 0 or no where there was nothing."),
    Check("milestone_skipped", _A, "warning", "“{title}”已完成,而前一节点“{expected}”未完成。请核对。", "'{title}' is reached but the stage before it, '{expected}', is not. Check it."),
    Check("identical_values", _A, "warning", "全部{expected}个数值都是{value}。请核对是否误填。", "All {expected} values are {value}. Check whether that is meant."),
    Check("evidence_reused", _A, "warning", "佐证材料“{value}”用于不止一个指标。请核对。", "Evidence '{value}' is used for more than one indicator. Check it."),
    # ── across periods and units ──
    Check("year_to_date_below_previous", _P, "error", "“{title}”填年初以来累计,{value}小于上期累计{expected}。是否误填了本期新增?",
          "'{title}' is year to date; {value} is below the last one, {expected}. Was the period's own number written?"),
    Check("slip_of_ten", _P, "warning", "“{title}”的{value}约为上期{expected}的10的整数次倍。请核对计量单位和位数。",
          "'{title}', {value}, is about a power of ten times the last value {expected}. Check unit of measure and digits."),
    Check("far_above_target", _P, "warning", "“{title}”的{value}超过本期应完成{expected}的十倍。请核对计量单位和位数。",
          "'{title}', {value}, is more than ten times the target due, {expected}. Check unit of measure and digits."),
    Check("year_to_date_suspected", _P, "warning", "“{title}”填本期新增,{value}不小于以前各期之和{expected}。是否误填了累计数?",
          "'{title}' takes the period's own number; {value} is at least the sum so far, {expected}. Was the year to date written?"),
    Check("stage_lost", _P, "warning", "“{title}”上期已完成,本期报未完成。请核对。", "'{title}' was reached last time and is not now. Check it."),
    Check("outlier_own_history", _P, "warning", "“{title}”的{value}明显偏离本单位以往数值(中位数{expected})。请核对。",
          "'{title}', {value}, is far from this unit's history (median {expected}). Check it."),
    Check("evidence_used_twice", _P, "warning", "佐证材料“{value}”也被其他单位使用({expected})。请核对。", "Evidence '{value}' is also used by other units ({expected}). Check it."),
    Check("same_batch_twice", _P, "error", "同一批中有本单位本期的多个文件。请只报送一个。", "One batch holds several files of this unit and period. Send one."),
)  # fmt: skip

CATALOGUE: dict[str, Check] = {check.code: check for check in _ALL}


def severity(plan: Plan, code: str) -> str:
    """Return ``error``, ``warning`` or ``off``: the plan's word, else the catalogue's."""
    chosen = plan.file.intake.checks.get(code)
    return chosen.severity if chosen and chosen.severity else CATALOGUE[code].severity


def parameter(plan: Plan, code: str, name: str, default: float) -> float:
    """Return a check's parameter: the plan's, else the default."""
    chosen = plan.file.intake.checks.get(code)
    return chosen.parameters.get(name, default) if chosen else default


def catalogue_page() -> str:
    """Return the guide's page on checks, as Markdown; ``docs/checks.md`` is this text."""
    names = {"error": "错误 error", "warning": "提示 warning", "off": "关闭 off"}
    lines = [
        "# 报送检查 · Checks of intake",
        "",
        "由 `intake/catalogue.py` 生成,请勿手改。Generated from `intake/catalogue.py`; do not edit.",
        "",
        "错误使文件退回,提示不退回。方案可在 `plan.yaml` 的 `intake: checks:` 中改为 `error`、`warning` 或 `off`。",
        "Errors return the file, warnings do not. A plan changes this under `intake: checks:`.",
    ]
    for layer, (zh, en) in LAYERS.items():
        lines += [
            "",
            f"## {zh} · {en} (`{layer}`)",
            "",
            "| code | 级别 severity | 说明 | message |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| `{c.code}` | {names[c.severity]} | {c.zh} | {c.en} |" for c in CATALOGUE.values() if c.layer == layer
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(catalogue_page())
