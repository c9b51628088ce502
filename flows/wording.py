"""What the command line says about what was done: states, counts and remedies, in Chinese or English."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from schemas.periods import Period
from scorecards.numbers import counted

if TYPE_CHECKING:
    from flows.assess import Assessed
    from flows.export import Exported
    from flows.ingest import Ingested

STATES = {
    "accepted": ("接收", "accepted"),
    "accepted_with_warnings": ("接收(有提示)", "accepted with warnings"),
    "nil": ("零报告", "nil return"),
    "held_late": ("逾期待准", "held, too late"),
    "returned": ("退回", "returned"),
    "refused": ("拒收", "refused"),
    "unchanged": ("以前已收到,未变", "received before, unchanged"),
    "excluded": ("不计入", "excluded"),
    "superseded": ("已被替代", "superseded"),
    "received": ("已收到", "received"),
    "not_reported": ("未报送", "not reported"),
}
"""What a submission is, or a unit that sent none."""
PLACES = {
    "templates": ("空白工作簿", "blank workbooks"),
    "inbox": ("收到的填报", "submissions"),
    "ranking": ("排名表", "ranking"),
    "bulletin": ("通报网页", "bulletin page"),
    "scorecards": ("成绩单", "scorecards"),
    "notice": ("通报", "bulletin as an official document"),
    "rectification": ("整改通知单", "rectification sheets"),
    "data": ("数据", "data"),
    "manifest": ("清单", "manifest"),
    "checks": ("质量检查", "quality gate"),
}
PROBLEMS_SHOWN = 8
HELD_SHOWN = 5
RECORDED = (
    (r"批次 (?=[0-9a-f]{16}\b)", "run "),
    (r"申诉成立 (?=\S+/A\d)", "appeal granted "),
    (r"经决定继续:(?=.*\((公示期到|申诉未答复))", "decided to go on: "),
    (r"\((?=(公示期到 \d{4}|申诉未答复 )[^)]*\)$)", " ("),
    (r"公示期到 (?=\d{4}-)", "notice period until "),
    (r"、(?=申诉未答复 |\S+/A\d+[、)])", ", "),
    (r"申诉未答复 (?=\S+/A\d)", "not answered: "),
)
"""What is recorded in Chinese beside the reasons that people gave, and its English; the record itself never changes."""


def state_word(state: str, lang: str) -> str:
    """Return a state in words."""
    return STATES[state][0 if lang == "zh" else 1]


def recorded_words(reason: str | None, lang: str) -> str:
    """Return a recorded reason; in English, what the program added to it is put into English."""
    text = reason or ""
    for pattern, english in RECORDED if lang == "en" else ():
        text = re.sub(pattern, english, text)
    return text


def ingest_lines(done: "Ingested", lang: str) -> tuple[list[str], list[str]]:
    """Return what to print: the counts and each late file; and the sentences on what is wrong."""
    zh = lang == "zh"
    counts = [f"{state_word(s, lang)} {done.counts[s]}" for s in STATES if s in done.counts]
    join, end = (",", "。") if zh else (", ", ".")
    lines = [(f"收到 {len(done.outcomes)} 份:" if zh else f"{len(done.outcomes)} received: ") + join.join(counts) + end]
    late = [o for o in done.outcomes if o.late_days and o.state not in ("returned", "refused", "unchanged")]
    for o in late:
        held = o.state == "held_late" and o.submission_id
        admit = f"  kaohe admit {o.submission_id} --reason …" if held else ""
        said = (
            f"  {o.file_name}:迟报 {o.late_days} 天,"
            if zh
            else f"  {o.file_name}: {counted(o.late_days, 'day')} late, "
        )
        lines.append(f"{said}{state_word(o.state, lang)}{admit}")
    complaints: list[str] = []
    for outcome in done.faulty:
        complaints += outcome.problems[:PROBLEMS_SHOWN]
        more = len(outcome.problems) - PROBLEMS_SHOWN
        if more > 0:
            complaints.append(f"  {outcome.file_name}:另有 {more} 处" if zh else f"  {outcome.file_name}: {more} more")
        if outcome.answer:
            complaints.append(
                f"  {outcome.file_name}:{state_word(outcome.state, lang)},标注稿 {outcome.answer}"
                if zh
                else f"  {outcome.file_name}: {state_word(outcome.state, lang)}, marked copy {outcome.answer}"
            )
    return lines, complaints


def assess_lines(period: Period, done: "Assessed", lang: str) -> list[str]:
    """Return the run, whether it is new, who did not report, and the gate's remarks."""
    zh = lang == "zh"
    if done.new:
        first = (
            f"{period}:已计分 {done.units} 个单位,批次 {done.run_id}。"
            if zh
            else f"{period}: {done.units} units scored, run {done.run_id}."
        )
    else:
        first = (
            f"{period}:数据和规则都没有变化,仍是批次 {done.run_id},未写入任何内容。"
            if zh
            else f"{period}: nothing has changed; it is still run {done.run_id}, and nothing was written."
        )
    lines = [first]
    if done.unreported:
        names = "、".join(done.unreported) if zh else ", ".join(done.unreported)
        lines.append(
            f"  未报送 {len(done.unreported)} 个:{names}" if zh else f"  {len(done.unreported)} did not report: {names}"
        )
    if done.held:
        lines.append(f"  {held_words(done.held, lang)}")
    head = "  质量检查提示:" if zh else "  gate: "
    return lines + [f"{head}{line}" for line in done.remarks[lang]]


def held_words(held: Sequence[str], lang: str) -> str:
    """Return how many reports came too late and wait, which, and the command that lets them count."""
    shown, more = held[:HELD_SHOWN], len(held) > HELD_SHOWN
    if lang == "zh":
        listed = "、".join(shown) + ("……" if more else "")
        return f"逾期待准 {len(held)} 份:{listed};准予用 kaohe admit 编号 --reason 原因"
    what, let = ("report is", "it") if len(held) == 1 else ("reports are", "them")
    listed = ", ".join(shown) + (", …" if more else "")
    return f"{len(held)} {what} held, too late: {listed}; kaohe admit SUBMISSION --reason WHY lets {let} count"


def export_lines(done: "Exported", lang: str) -> list[str]:
    """Return where the documents are."""
    zh = lang == "zh"
    head = f"{done.period} 批次 {done.run_id} 的文件:" if zh else f"Documents of {done.period}, run {done.run_id}:"
    return [head, *(f"  {place_word(name, lang)}: {path}" for name, path in done.places.items())]


def place_word(name: str, lang: str) -> str:
    """Return what lies at a place, in words."""
    return PLACES[name][0 if lang == "zh" else 1]
