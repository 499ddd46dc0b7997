"""A founded town whose invoices are described, not read from files."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.simulation.world import World

#: Returns a sample of the generator as UBL, some of it changed.
Written = Callable[..., bytes]


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    """The generator of the sample invoices."""
    folder = str(Path(__file__).resolve().parents[2] / "examples")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module("make_invoices")


@pytest.fixture(scope="session")
def written(generator: ModuleType) -> Written:
    """Writes the invoice of 18.432,60 EUR with other terms; ``net`` makes it one position."""

    def write(*, net: str = "", description: str = "", **terms: Any) -> bytes:
        sample = replace(generator.samples.GOOD, **{"attachments": (), **terms})
        if net:
            made = importlib.import_module("sample_invoices.town_model")
            sample = replace(sample, items=(made.item("Leistung", net, description=description),))
        data: bytes = generator.as_ubl(sample)
        return data

    return write


@pytest.fixture
def town(migrated_url: str, tmp_path: Path) -> Iterator[World]:
    """A founded town on SQLite and on PostgreSQL; it is Monday, 23.11.2026, 8 o'clock."""
    world = World(folder=tmp_path / "town", url=migrated_url).found()
    yield world
    world.die()
