"""What a flow run shows in Prefect's UI: problems, the ranking, and where the documents are. No person's data."""

from pathlib import Path

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from flows.export import Exported
from flows.ingest import Ingested
from flows.wording import state_word
from schemas.periods import Period

SHOWN = 200


def tell_problems(period: Period, done: Ingested) -> None:
    """Leave a page with the counts by state and every problem of what was returned or refused."""
    counts = "\n".join(f"| {state_word(s, 'zh')} | {n} |" for s, n in done.counts.items())
    problems = [f"- {_plain(p)}" for o in done.faulty for p in o.problems][:SHOWN]
    text = f"# {period} 收取情况\n\n| 状态 | 份数 |\n|---|---|\n{counts}\n\n## 退回和拒收\n\n" + (
        "\n".join(problems) or "无"
    )
    create_markdown_artifact(text, key=f"problems-{_key(period)}", description=f"{period} 填报问题")


def tell_ranking(period: Period, done: Exported) -> None:
    """Leave the ranking as a table."""
    create_table_artifact(done.ranking, key=f"ranking-{_key(period)}", description=f"{period} 排名(批次 {done.run_id})")


def tell_documents(period: Period, done: Exported) -> None:
    """Leave a link to the folder of the documents."""
    create_link_artifact(
        done.folder.as_uri(),
        link_text=str(done.folder),
        key=f"documents-{_key(period)}",
        description=f"{period} 文件(批次 {done.run_id})",
    )


def tell_reminders(period: Period, text: str, folder: Path) -> None:
    """Leave a page with the reminders, and where their files are."""
    plain = "\n\n".join(_plain(line) for line in text.splitlines() if line) or "全部已报送。"
    page = f"# {period} 催报\n\n{plain}\n\n{folder}"
    create_markdown_artifact(page, key=f"reminders-{_key(period)}", description=f"{period} 催报清单")


def _key(period: Period) -> str:
    return str(period).lower()


def _plain(text: str) -> str:
    """Keep what a unit wrote from acting as Markdown or HTML."""
    for mark in "\\`*_[]<>|":
        text = text.replace(mark, f"\\{mark}" if mark not in "<>" else {"<": "&lt;", ">": "&gt;"}[mark])
    return text.replace("\n", " ")
