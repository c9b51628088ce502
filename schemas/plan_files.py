"""Which files are a plan, and the hash that names it; reading it is ``schemas.folder``'s."""

import hashlib
from pathlib import Path

from schemas.csv_file import PLAN_TABLES

HOLIDAYS = "holidays.csv"


def plan_files(folder: Path, holidays: str = HOLIDAYS) -> dict[str, bytes]:
    """Return the bytes of every file that belongs to the plan, by name; ``holidays`` is its calendar's file of them."""
    names = {"plan.yaml", "indicators.yaml", *PLAN_TABLES, holidays}
    return {n: (folder / n).read_bytes() for n in sorted(names) if (folder / n).is_file()}


def plan_hash(folder: Path, holidays: str = HOLIDAYS) -> str:
    """Return the SHA-256 over names and contents of the plan's files (line endings unified)."""
    return files_hash(plan_files(folder, holidays))


def files_hash(files: dict[str, bytes]) -> str:
    """Return the hash of a plan from its files, as ``plan_files`` gives them."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        content = content.replace(b"\r\n", b"\n")
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
