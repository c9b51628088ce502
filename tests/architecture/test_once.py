"""Rules that stood in several places once, and then differed: each stands in one module."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "scoring", "warehouse", "intake", "scorecards", "flows")
ONCE = {
    "which year is made of its quarters' scores": (r'[!=]= "rescore_year_to_date"', "schemas/asked.py"),
    "how a verdict replaces a value": (r"""["']verdict["']\) != ["']accepted["']""", "scoring/values.py"),
    "what an inline script or style is allowed by": (r"'sha256-", "scorecards/inline.py"),
    "whether an archived file is what its name says": (r"!= sha256_of\(path\)", "flows/archived.py"),
}


def modules_with(pattern: str) -> list[str]:
    paths = [p for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py"))]
    return [p.relative_to(ROOT).as_posix() for p in paths if re.search(pattern, p.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("pattern", "module"), ONCE.values(), ids=ONCE)
def test_the_rule_stands_in_one_module(pattern: str, module: str) -> None:
    assert modules_with(pattern) == [module]
