"""Great Expectations' Data Docs without its CDNs: foreign scripts, styles and pictures out, a small style of ours in."""

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
_STYLE = """<meta charset="utf-8"><style>
body{font:15px/1.5 "Noto Sans CJK SC","Microsoft YaHei",system-ui,sans-serif;max-width:76em;margin:1.5em auto;padding:0 1em;
color:#1b1b1b;background:#fff}
table{border-collapse:collapse;width:100%;margin:.5em 0}th,td{border:1px solid #c8c8c8;padding:.3em .6em;text-align:left;
vertical-align:top;overflow-wrap:anywhere}th{background:#f1f3f5}
h1,h2,h3,h4,h5{margin:1em 0 .3em}ul{padding-left:1.2em}a{color:#0b4f8a}
.modal,.ge-walkthrough-modal,#ge-cta-footer,.btn-group,.card.mb-3,.collapse:not(.show) .popover{display:none}
.alert{background:#f1f3f5;padding:.4em .8em;margin:.8em 0}.badge-info,.badge-secondary{background:#e4e9ee;padding:0 .4em}
.fa-check-circle::before,.text-success::before{content:"✔ ";color:#1a7f37}
.fa-times,.fa-times-circle::before{color:#b3261e}.text-danger::before,.fa-times::before{content:"✘ ";color:#b3261e}
.fa-exclamation-triangle::before{content:"▲ ";color:#8a6100}
</style>"""


def build_docs(context: Any, folder: Path) -> Path:
    """Write the pages of a context's validations into a folder, anew; return the index page."""
    temporary = folder.with_name(f".{folder.name}-new")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    place = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(temporary)}
    for name in list(context.get_data_docs_sites() if hasattr(context, "get_data_docs_sites") else []):
        context.delete_data_docs_site(name)
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False},
        "store_backend": place,
    }
    context.add_data_docs_site(folder.name, site)
    context.build_data_docs(site_names=[folder.name])
    shutil.rmtree(temporary / "static", ignore_errors=True)
    for page in temporary.rglob("*.html"):
        page.write_text(offline(page.read_text(encoding="utf-8")), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    temporary.replace(folder)
    return folder / "index.html"


def offline(page: str) -> str:
    """Return a page that asks nobody for anything."""
    for pattern in _DROPPED:
        page = pattern.sub("", page)
    page = _FAR.sub("", page)
    return page.replace("</head>", f"{_STYLE}</head>", 1)
