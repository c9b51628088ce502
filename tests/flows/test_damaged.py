"""Bytes of a zip, and of a file's name, that are spoilt."""

import os
import random
import zipfile
from pathlib import Path

import pytest

from flows.evidence import _bundle
from flows.ingest import ingest_batch
from flows.settings import Settings
from schemas.folder import Plan
from schemas.periods import parse_period
from tests.flows.forms import first


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_zip_is_refused_whatever_byte_is_spoilt(method: int, settings: Settings, tmp_path: Path) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    path, chance, refused = tmp_path / "a.zip", random.Random(method), 0
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.pdf", bytes(chance.randrange(256) for _ in range(2_000)) + b"abc" * 2_000)
    whole = path.read_bytes()
    for _ in range(150):
        spoilt = bytearray(whole)
        for _ in range(chance.choice((1, 2, 5))):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        path.write_bytes(spoilt)
        refused += bool(_bundle(settings, [path]).refused)
    assert refused > 50


def test_a_name_in_gbk_is_read_as_such(settings: Settings, plan: Plan, inbox: Path) -> None:
    path = first(inbox).rename(inbox / os.fsdecode("武汉.xlsx".encode("gbk")))
    done = ingest_batch(settings, plan, [path], parse_period("2023Q1"))
    assert [o.file_name for o in done.outcomes] == ["武汉.xlsx"]
