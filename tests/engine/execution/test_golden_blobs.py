"""Cases stored by earlier releases load and go to their end."""

from __future__ import annotations

import zlib
from decimal import Decimal
from pathlib import Path

import pytest
from tests.engine.execution import golden_inner
from tests.engine.execution.golden_cases import FOLDER, WAY, finish, read
from tests.engine.execution.lab import Lab

from laufzettel.engine.model import codec

ALL = sorted(file for file in FOLDER.glob("*/*.txt") if file.name != "definition.txt")
INNER = [file for file in ALL if file.parent.name.endswith(golden_inner.ENDING)]
BLOBS = [file for file in ALL if file not in INNER]


@pytest.mark.parametrize("file", BLOBS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_stored_case_loads_and_goes_to_its_end(file: Path) -> None:
    definition = codec.from_json(zlib.decompress(read(file.parent / "definition.txt")))
    case = Lab(definition, blob=read(file))

    finish(case)

    assert case.end == "end"
    assert case.variables["answer"] == "ja"
    assert case.variables["total"] == Decimal(42)
    assert case.variables["result"] == Decimal(21)
    assert case.variables["bad"] == Decimal(42)


def test_each_release_has_a_blob_for_every_wait() -> None:
    releases = {file.parent.name for file in BLOBS}

    assert "0.1" in releases
    for release in releases:
        found = {file.stem.rpartition("_")[2] for file in (FOLDER / release).glob("?_*.txt")}
        assert found == {*WAY.split(), "held"}


@pytest.mark.parametrize("file", INNER, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_stored_case_with_something_inside_loads_and_goes_to_its_end(file: Path) -> None:
    definition = codec.from_json(zlib.decompress(read(file.parent / "definition.txt")))
    case = Lab(definition, blob=read(file))

    golden_inner.finish(case)

    assert case.end == "end"


def test_each_release_has_a_blob_for_every_wait_inside() -> None:
    found = [file.stem.partition("_before_")[2] for file in INNER if "_before_" in file.stem]

    assert found == golden_inner.WAY.split()
