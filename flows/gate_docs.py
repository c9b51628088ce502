"""Great Expectations' Data Docs without its CDNs: foreign scripts and styles out, a small style of ours in."""

import re
import shutil
from pathlib import Path
from typing import Any

_DROPPED = (
    re.compile(r"<script\b.*?</script>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<link\b[^>]*>", re.IGNORECASE),
    re.compile(r"<img\b[^>]*>", re.IGNORECASE),
    re.compile(r"<footer\b.*?</footer>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<form\b.*?</form>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE),
)
_FAR = re.compile(r"""\s(?:href|src|action)=(["'])https?://[^"']*\1""", re.IGNORECASE)
_STYLE = Path(__file__).with_name("gate_docs.css")


def build_docs(context: Any, folder: Path) -> Path:
    """Write the pages of a context's validations into a folder, anew; return the index page."""
    temporary = folder.with_name(f".{folder.name}-new")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    place = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(temporary)}
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False},
        "store_backend": place,
    }
    context.add_data_docs_site(folder.name, site)
    context.build_data_docs(site_names=[folder.name])
    shutil.rmtree(temporary / "static", ignore_errors=True)
    style = _STYLE.read_text(encoding="utf-8")
    for page in temporary.rglob("*.html"):
        page.write_text(offline(page.read_text(encoding="utf-8"), style), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    temporary.replace(folder)
    return folder / "index.html"


def offline(page: str, style: str) -> str:
    """Return a page that asks nobody for anything, with a style of ours."""
    for pattern in _DROPPED:
        page = pattern.sub("", page)
    page = _FAR.sub("", page)
    return page.replace("</head>", f'<meta charset="utf-8"><style>{style}</style></head>', 1)
