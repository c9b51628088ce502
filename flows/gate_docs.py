"""The gate's pages: an index of ours over the Data Docs of Great Expectations, without their CDNs."""

import logging
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.files import whole_folder

if TYPE_CHECKING:
    from flows.gate import Failure, Rule

_DROPPED = (
    re.compile(r"<script\b.*?</script>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<link\b[^>]*>", re.IGNORECASE),
    re.compile(r"<img\b[^>]*>", re.IGNORECASE),
    re.compile(r"<footer\b.*?</footer>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<form\b.*?</form>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE),
)
_FAR = re.compile(r"""\s(?:href|src|action)=(["'])https?://[^"']*\1""", re.IGNORECASE)
BUILDER = "great_expectations.render.renderer.site_builder"
_STYLE = Path(__file__).with_name("gate_docs.css")
_WORDS = {
    None: ("passed", "✔ 通过 passed"),
    "warning": ("warned", "▲ 提示 warning"),
    "critical": ("failed", "✘ 不通过 failed"),
}


def build_docs(context: Any, folder: Path, rules: Sequence["Rule"], failures: Sequence["Failure"]) -> Path:
    """Write the pages of a gate into a folder, anew; return the index page."""
    with whole_folder(folder) as fresh:
        _write_pages(context, fresh, folder.name, rules, failures)
    return folder / "index.html"


def _write_pages(context: Any, fresh: Path, name: str, rules: Sequence["Rule"], failures: Sequence["Failure"]) -> None:
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(fresh)},
    }
    context.add_data_docs_site(name, site)
    with _heard(BUILDER) as said:
        context.build_data_docs(site_names=[name], build_index=False)
    if said:
        raise RuntimeError(f"the pages of the gate {name} could not be written: {said[0]}")
    shutil.rmtree(fresh / "static", ignore_errors=True)
    style = _STYLE.read_text(encoding="utf-8")
    for page in fresh.rglob("*.html"):
        page.write_text(offline(page.read_text(encoding="utf-8"), style), encoding="utf-8")
    (fresh / "index.html").write_text(_index(fresh, name, style, rules, failures), encoding="utf-8")


@contextmanager
def _heard(name: str) -> Iterator[list[str]]:
    """Yield what a logger says of errors, instead of letting it tell the user: Great Expectations goes on after one."""
    said: list[str] = []
    logger = logging.getLogger(name)

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    listener, passed_on = Listener(logging.ERROR), logger.propagate
    logger.addHandler(listener)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(listener)
        logger.propagate = passed_on


def offline(page: str, style: str) -> str:
    """Return a page that asks nobody for anything, with a style of ours."""
    for pattern in _DROPPED:
        page = pattern.sub("", page)
    page = _FAR.sub("", page)
    return page.replace("</head>", f"{_head(style)}</head>", 1)


def _head(style: str) -> str:
    """Return what every page's head says; nothing runs, also what Great Expectations lets through of a text's marks."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}"><style>{style}</style>'


def _example(failure: "Failure", example: str) -> str:
    """Return an example in both languages, or once where they are the same."""
    return escape(" · ".join(dict.fromkeys(failure.said(example, lang) for lang in ("zh", "en"))))


def _index(folder: Path, gate: str, style: str, rules: Sequence["Rule"], failures: Sequence["Failure"]) -> str:
    """Return the table of rules; Great Expectations' own index is drawn by scripts from elsewhere."""
    failed = {f.rule.name: f for f in failures}
    rows = []
    for rule in rules:
        failure = failed.get(rule.name)
        css, word = _WORDS[failure.rule.severity if failure else None]
        examples = "<br>".join(_example(failure, example) for example in failure.examples) if failure else ""
        count = failure.count if failure else 0
        pages = sorted(
            p.relative_to(folder).as_posix() for p in folder.glob(f"validations/{gate}/{rule.name}/**/*.html")
        )
        name = f'<a href="{escape(pages[0])}">{rule.name}</a>' if pages else rule.name
        words = f"{escape(rule.zh)}<br>{escape(rule.en)}"
        cells = [name, words, str(rule.frame.height), str(count), examples]
        rows.append(f'<tr><td class="{css}">{word}</td>' + "".join(f"<td>{c}</td>" for c in cells) + "</tr>")
    heads = ("结果 result", "规则 rule", "要求 what must hold", "检查 checked", "不符 failed", "例 examples")
    head = "".join(f"<th>{h}</th>" for h in heads)
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head>{_head(style)}<title>质量检查 {gate}</title></head>'
        f"<body><h1>质量检查 Quality gate: {gate}</h1>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></body></html>\n"
    )
