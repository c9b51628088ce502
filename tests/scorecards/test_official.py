"""Official documents: GB/T 9704-2012's measures, the same bytes each time, nothing said that the results do not say."""

import re
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import docx
import polars as pl
import pypdf
import pytest
from pydantic import TypeAdapter

from schemas.asked import asked
from schemas.folder import Plan, load_plan
from schemas.methods import Method
from schemas.periods import parse_period
from schemas.plan import Documents
from schemas.tables import Findings, columns_of
from scorecards.edition import Edition
from scorecards.notice import class_notice, notice
from scorecards.official import Official, Paragraph, Table, annex_labels, ordinal
from scorecards.official_docx import official_docx
from scorecards.official_pdf import TEMPLATE, official_pdf
from scorecards.pdf import Compiler, PageError, make_compiler
from scorecards.rectification import rectification_sheet, units_with_findings
from scorecards.rulebook import MethodWords, rule_book
from scorecards.rulebook_parts import parts_rule

DAY = "2023-04-20"


@pytest.fixture(scope="module")
def setter() -> Compiler:
    return make_compiler(template=TEMPLATE)


@pytest.fixture(scope="module")
def issued(big: tuple[Edition, Edition]) -> tuple[Edition, Edition]:
    """The two editions of a plan that names issuer, addressee and number; one finding closed, one carried over."""
    said = Documents.model_validate(
        {"issuer": "示例省科协考核办公室", "addressee": "各被考核单位", "number": "示例考〔{year}〕{no}号"}
    )
    file = big[1].plan.file.model_copy(update={"documents": said})
    plan = replace(big[1].plan, file=file)
    rows = [
        {"finding_id": "F1", "state": "open", "due_on": "2023-04-01", "closed_on": None, "period": "2023Q1"},
        {"finding_id": "F2", "state": "closed", "due_on": "2023-05-01", "closed_on": "2023-04-11", "period": "2023Q2"},
    ]
    same = {
        "unit_code": "U003",
        "title": "台账不全",
        "demand": "补齐台账",
        "found_on": "2023-03-01",
        "node_code": "T01",
    }
    ledger = pl.DataFrame([r | same for r in rows], schema=columns_of(Findings))
    return replace(big[0], plan=plan), replace(big[1], plan=plan, findings=ledger)


def text_of(content: bytes) -> str:
    return "\n".join(p.extract_text() for p in pypdf.PdfReader(BytesIO(content)).pages)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_the_word_file_has_the_standards_measures(issued: tuple[Edition, Edition]) -> None:
    content = official_docx(notice(issued), DAY)
    word = docx.Document(BytesIO(content))
    section = word.sections[0]
    assert [round(m.mm) for m in (section.page_width, section.page_height) if m is not None] == [210, 297]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(m.mm, 1) for m in margins if m is not None] == [37.0, 35.0, 28.0, 26.0]
    assert word.settings.odd_and_even_pages_header_footer
    with zipfile.ZipFile(BytesIO(content)) as file:
        body = file.read("word/document.xml").decode()
        feet = [file.read(n).decode() for n in file.namelist() if "footer" in n and n.endswith(".xml")]
    assert 'w:type="lines" w:linePitch="579"' in body
    assert 'w:eastAsia="方正小标宋简体"' in body and 'w:eastAsia="仿宋_GB2312"' in body
    assert {re.findall(r'<w:jc w:val="(\w+)"', f)[0] for f in feet} == {"left", "right"}
    assert all("— " in f and " PAGE " in f for f in feet)
    assert sum(issued[1].run_id in f for f in feet) == 1 and issued[1].run_id not in body, "below the first page's text"
    body_runs = re.findall(r'仿宋_GB2312"/><w:spacing w:val="-5"/><w:sz w:val="32"/>', body)
    assert len(body_runs) > 10


def test_what_the_notice_says(issued: tuple[Edition, Edition], setter: Compiler) -> None:
    document = notice(issued)
    text = squeezed(text_of(official_pdf(setter, document, DAY)))
    for part in (
        "示例省科协考核办公室", "示例考〔2023〕2号", "各被考核单位：", "一、总体情况", "（一）机关部室",
        "附件：1.各类别排名2.整改台账",
        "2023年4月20日", "台账不全（上期转来）", "逾期", "已销号",
    ):  # fmt: skip
        assert part in text, part
    units = issued[1].results.height
    assert f"共考核{units}个单位" in text
    assert all(squeezed(name) in text for name in issued[1].ranking["name"])
    assert "20字" not in text and issued[1].run_id in text


def test_a_corrected_edition_says_what_it_replaces_and_who_did_not_report(issued: tuple[Edition, Edition]) -> None:
    """A unit is silent where nothing came that it was asked now, whatever stands from earlier or from the office."""
    now = issued[1]
    wanted = asked(now.plan, now.period).filter(pl.col("unit_code") == "U003")["indicator_code"]
    leaf = pl.col("node_code").is_in(wanted.implode()) & (pl.col("unit_code") == "U003")
    silent = now.scores.with_columns(
        value=pl.when(leaf).then(None).otherwise("value"),
        reason_code=pl.when(leaf).then(pl.lit("not_reported")).otherwise("reason_code"),
    )
    said = "本次公布为第 2 版,替代 2023-05-01 公布的第 1 版。"
    marked = replace(now, scores=silent, replaces=said, correction="更正原因:核减。")
    texts = [b.text for b in notice([issued[0], marked]).blocks if isinstance(b, Paragraph)]
    assert any("替代2023-05-01公布的第1版。更正原因" in squeezed(t) for t in texts)
    name = now.ranking.filter(pl.col("unit_code") == "U003")["name"][0]
    assert any("未报送的单位" in t and name in t for t in texts)
    one = wanted[0]
    heard = silent.with_columns(
        reason_code=pl.when((pl.col("node_code") != one) | (pl.col("unit_code") != "U003")).then("reason_code")
    )
    texts = [b.text for b in notice([issued[0], replace(now, scores=heard)]).blocks if isinstance(b, Paragraph)]
    assert not any("未报送的单位" in t and name in t for t in texts)


def test_word_and_pdf_say_the_same(issued: tuple[Edition, Edition], setter: Compiler) -> None:
    document = notice(issued)
    with zipfile.ZipFile(BytesIO(official_docx(document, DAY))) as file:
        word = squeezed(re.sub("<[^>]+>", "", file.read("word/document.xml").decode()))
    pdf = squeezed(text_of(official_pdf(setter, document, DAY)))
    for block in document.blocks:
        if isinstance(block, Paragraph):
            assert squeezed(block.text) in word
        if isinstance(block, Table):
            assert all(squeezed(c) in pdf for row in block.rows for c in row[:2])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_same_document_is_the_same_bytes(issued: tuple[Edition, Edition], setter: Compiler, lang: str) -> None:
    editions = [replace(e, lang=lang) for e in issued]
    documents = [notice(editions), rectification_sheet(editions[1], "U003")]
    for document in documents:
        assert official_docx(document, DAY) == official_docx(document, DAY)
        assert official_pdf(setter, document, DAY) == official_pdf(setter, document, DAY)


def test_a_class_has_a_bulletin_of_its_own(issued: tuple[Edition, Edition], setter: Compiler) -> None:
    document = class_notice(issued, "university")
    assert document.title.endswith("高校科协考核情况的通报")
    text = squeezed(text_of(official_pdf(setter, document, DAY)))
    units = issued[1].ranking_of["university"]
    assert f"共考核{units.height}个单位，分1个类别" in text
    others = issued[1].ranking_of["society"]["name"]
    assert all(squeezed(n) in text for n in units["name"]) and not any(squeezed(n) in text for n in others)


@pytest.mark.parametrize(
    ("units", "places", "said"),
    [(2, [1.0, 2.0], 1), (3, [1.0, 1.0, 3.0], 2), (4, [1.0, 2.0, 3.0, 4.0], 3)],
)
def test_the_last_of_a_small_class_is_not_among_its_first(
    issued: tuple[Edition, Edition], units: int, places: list[float], said: int
) -> None:
    now = issued[1]
    ranked = (pl.col("class_code") == "university") & pl.col("rank").is_not_null()
    few = now.results.filter(ranked).sort("rank").head(units).with_columns(rank=pl.Series(places))
    names = {code: now.unit_name(code) for code in few["unit_code"]}
    document = class_notice([replace(now, results=few, previous=None)], "university")
    [text] = [b.text for b in document.blocks if isinstance(b, Paragraph) and f"参加排名 {units} 个单位" in b.text]
    first = text.partition("名：")[2].partition("。")[0]
    assert [name in first for name in names.values()] == [n < said for n in range(units)]
    assert ("第 1 名" if units <= 3 else "前 3 名") in text


def test_without_an_issuer_there_is_no_head_and_no_signature(big: tuple[Edition, Edition]) -> None:
    document = notice(big)
    assert (document.mark, document.signed, document.number) == ("", "", "")
    assert document.date_text == "2023年4月20日"


def test_the_rectification_sheet_leaves_room_for_the_answer(issued: tuple[Edition, Edition]) -> None:
    assert units_with_findings(issued[1]) == ["U003"]
    sheet = rectification_sheet(issued[1], "U003")
    tables = [b for b in sheet.blocks if isinstance(b, Table)]
    assert [len(t.rows) for t in tables] == [1, 1, 1]
    assert tables[0].rows[0][0] == "台账不全（上期转来）"
    assert tables[1].rows[0] == ("台账不全", "", "", "")
    assert tables[2].rows[0][2] == "2023-04-11"
    assert sheet.addressee == issued[1].unit_name("U003")
    assert units_with_findings(issued[0]) == []


def test_findings_are_set_in_chinese_punctuation(issued: tuple[Edition, Edition]) -> None:
    now, text = issued[1], pl.lit("材料不全,部分不符(见附件)")
    assert now.findings is not None
    findings = now.findings.with_columns(text.alias(n) for n in ("title", "demand", "progress", "proof"))
    written = replace(now, findings=findings)
    said = [c for b in rectification_sheet(written, "U003").blocks if isinstance(b, Table) for r in b.rows for c in r]
    assert sum("材料不全，部分不符（见附件）" in c for c in said) >= 5 and not any("," in c for c in said)


def test_the_small_print_has_no_page_to_itself(issued: tuple[Edition, Edition], setter: Compiler) -> None:
    """However long the body is, the last page holds more than the line that names the run."""
    document = rectification_sheet(issued[1], "U003")
    for lines in range(24):
        longer = replace(document, blocks=[*document.blocks, *[Paragraph("补充。")] * lines])
        pages = [p.extract_text() for p in pypdf.PdfReader(BytesIO(official_pdf(setter, longer, DAY))).pages]
        assert "2023年4月20日" in squeezed(pages[-1]), lines


def test_what_announces_a_table_is_not_parted_from_it(setter: Compiler) -> None:
    table = Table(("部分", "单位数"), [("人才", "3"), ("科普", "3")], (1, 1))
    for lines in range(8, 24):
        body = [*[Paragraph("正文。")] * lines, Paragraph("情况如下表。", keep=True), table]
        pages = pypdf.PdfReader(BytesIO(official_pdf(setter, Official("通报", body), DAY))).pages
        announced = [squeezed(p.extract_text()) for p in pages if "如下表" in p.extract_text()]
        assert "人才" in announced[0], lines
    xml = zipfile.ZipFile(BytesIO(official_docx(Official("通报", body), DAY))).read("word/document.xml").decode()
    assert re.search(r"<w:keepNext/>(?:(?!</w:p>).)*情况如下表", xml)


def test_a_missing_glyph_is_named(setter: Compiler) -> None:
    document = Official("标题", [Paragraph("\U00013000")])
    with pytest.raises(PageError, match=r"13000|\U00013000"):
        official_pdf(setter, document, DAY)


def test_text_cannot_break_out_of_the_word_file() -> None:
    document = Official("<标题> & \x01", [Paragraph("a</w:t><w:br/>"), Table(("<", "&"), [("</w:p>", '"')], (1, 1))])
    word = docx.Document(BytesIO(official_docx(document, DAY)))
    assert "a</w:t><w:br/>" in [p.text for p in word.paragraphs]
    assert word.tables[0].cell(1, 0).text == "</w:p>"


def test_numbers_of_headings() -> None:
    assert [ordinal(n) for n in (1, 10, 11, 20, 21, 99)] == ["一", "十", "十一", "二十", "二十一", "九十九"]
    assert [a.label for a in annex_labels(["a"], "zh")] == ["附件"]
    assert [a.label for a in annex_labels(["a", "b"], "zh")] == ["附件1", "附件2"]


METHOD: TypeAdapter[Method] = TypeAdapter(Method)


# ── the rule book ──
@pytest.fixture(scope="module")
def cast(root: Path) -> Plan:
    return load_plan(root / "data/plans/example-2023")


def book(plan: Plan, lang: str = "zh") -> Official:
    edition = Edition(plan, parse_period("2023Q1"), "", pl.DataFrame(), pl.DataFrame(), lang=lang)
    words = {c: MethodWords("目标完成率", "100 × 完成值 / 目标值", "") for c in plan.leaves}
    return rule_book(edition, words, {"target": "目标值"})


def test_the_rule_book_says_what_the_plan_sets(cast: Plan, setter: Compiler) -> None:
    text = squeezed(text_of(official_pdf(setter, book(cast), DAY)))
    for part in (
        "考核办法", "总分不低于90；不超过本类参加排名单位的30%", "整份未报送扣10分", "迟报每天扣0.5分，最多3分",
        "加分须有文件依据；合计不超过5分；基础分达到80分方可加分", "直接定为最低等次", "第10个工作日",
        "公示10天，有异议的可在此期间申诉", "已报权重低于50%不计分", "全年累计数重新计分",
        "得分率不低于90为绿灯", cast.hash[:16],
        "采用3分、市领导批示5分、省领导批示50分", "要件：机关、企业、乡村、社区、校园、军营",
        "考核周期：2023年第一季度、", "T07-1院士专家地方行活动场次", "2023目标值80",
    ):  # fmt: skip
        assert part in text, part
    assert all(squeezed(i.title.get("zh")) in text for i in cast.indicators)
    assert "target" not in text and "society" not in text, "words, not codes"


def test_the_rule_book_says_what_each_part_counts(cast: Plan) -> None:
    def said(kind: str, lang: str = "zh", **method: object) -> str:
        leaf = next(iter(cast.leaves.values()))
        return parts_rule(leaf.model_copy(update={"method": METHOD.validate_python({"kind": kind, **method})}), lang)

    assert said("points", per_item=2) == "每项 2 分"
    assert said("points", per_item={"a": 5, "b": 1}, cap_by_kind={"a": 20}) == "a 5 分、b 1 分、a合计不超过 20 分"
    assert said("deductions", per_case={"late_day": 10, "not_reported": 100}) == "迟报一天扣 10 分、未报送扣 100 分"
    assert said("deductions", "en", per_case=2.5) == "each case costs 2.5 points"
    stages = [{"code": "立项", "weight": 40, "due": 1}, {"code": "验收", "weight": 60, "due": 4}]
    assert said("milestones", stages=stages) == "节点:立项(第 1 期前) 40、验收(第 4 期前) 60"
    assert said("checklist", "en", items={"x": 1, "y": 2}) == "items: x 1, y 2"
    assert said("panel", groups={"专家": 0.7, "群众": 0.3}) == "评委组:专家 0.7、群众 0.3"
    assert said("attainment") == ""


@pytest.mark.parametrize(
    ("scheme", "part"),
    [
        ("case-minimum", "分母不足 20 的记 30 分"),
        ("logistic-exchange", "分母不足 25 的视为不适用"),
        ("item-points", "折成的分值保留 2 位小数"),
        ("us-aqi", "数值先保留 1 位小数；得分保留 0 位小数"),
        ("half-stars", "四舍五入到0.5的倍数"),
    ],
)
def test_the_rule_book_says_what_an_indicator_does_otherwise(root: Path, scheme: str, part: str) -> None:
    blocks = book(load_plan(root / "tests/schemes" / scheme)).blocks
    cells = [text for b in blocks if isinstance(b, Table) for row in b.rows for text in row]
    assert any(part in text for text in [*cells, *(b.text for b in blocks if isinstance(b, Paragraph))])


def test_weights_in_the_rule_book_sum_to_the_total(cast: Plan) -> None:
    table = next(b for b in book(cast).blocks if isinstance(b, Table) and b.caption == "权重")
    sections = [r for r in table.rows if r[0].startswith("　") and not r[0].startswith("　　")]
    for column in (1, 2):
        assert sum(float(r[column]) for r in sections if r[column] != "－") == pytest.approx(100)


def test_the_rule_book_in_english(cast: Plan, setter: Compiler) -> None:
    text = squeezed(text_of(official_pdf(setter, book(cast, "en"), DAY)))
    assert "totalofatleast90" in text and "eachdaylatecosts0.5points" in text
    assert re.search(r"costs?\d+(\.\d+)?(?!\d|\.\d|point)", text) is None, "a number of points without its unit"


@pytest.mark.parametrize(("within", "zh", "en"), [
    ("class", "同一类别内按总分", "within the class;"),
    ("all", "全部单位一起按总分", "among all units;"),
    ("region", "region 相同的单位之间按总分", "among units of the same region;"),
])  # fmt: skip
def test_the_rule_book_says_among_whom_units_are_ranked(cast: Plan, within: str, zh: str, en: str) -> None:
    rank = cast.file.rank.model_copy(update={"within": within})
    plan = replace(cast, file=cast.file.model_copy(update={"rank": rank}))
    chinese, english = (
        " ".join(b.text for b in book(plan, lang).blocks if hasattr(b, "text")) for lang in ("zh", "en")
    )
    assert zh in chinese and en in english
    alone = within == "class"
    assert ("本类参加排名" in chinese) == alone and ("class's ranked" in english) == alone, "of whom quotas are shares"


def test_no_column_is_narrower_than_its_longest_word() -> None:
    heads = ("Rank", "Unit", "Total", "Grade", "Remark")
    rows = [("1", "Ministry of Agriculture and Livestock", "92.25", "Outstanding", "considerably improved")]
    table = Table(heads, rows, (4, 60, 10, 6, 20))
    page = 156 * 72 / 25.4
    widths = table.fitted
    assert sum(widths) == pytest.approx(page)
    for column, width in enumerate(widths):
        words = [w for row in (heads, *rows) for w in row[column].split()]
        assert width >= max(map(len, words)) * 10.5 * 0.6
    roomy = Table(("类别", "单位"), [("示例省科协", "三")], (75, 25))
    assert roomy.fitted == pytest.approx([page * 0.75, page * 0.25])
    crowded = Table(heads, [("x" * 60, "y" * 60, "z", "z", "z")], (20,) * 5)
    assert sum(crowded.fitted) == pytest.approx(page)
